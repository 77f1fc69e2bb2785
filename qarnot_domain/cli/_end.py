"""`qarnot-job terminate` and `qarnot-job delete`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from qarnot_domain.cli._command import command
from qarnot_domain.cli._print import Column, Table, print_objects, printable
from qarnot_domain.cli._select import Conditions, each, selected, selecting
from qarnot_domain.cli._session import Session

if TYPE_CHECKING:
    from qarnot_domain import Job

_yes = click.option("-y", "--yes", is_flag=True, help="Do not ask.")

_MOST_SHOWN = 10
"""How many jobs a question names."""


@command("terminate")
@selecting
@_yes
def terminate_command(
    session: Session,
    ids: tuple[str, ...],
    everything: bool,
    yes: bool,
    **given: Any,  # noqa: ANN401
) -> None:
    """Terminate jobs: the tasks that still run are aborted.

    ID is a uuid or a shortname. Another name of this command is abort.
    """
    _end(
        session, ids, Conditions(**given), everything, yes, "terminate", lambda job: job.terminate()
    )


@command("delete")
@selecting
@click.option(
    "--force-abort",
    is_flag=True,
    help="Abort the tasks that still run, for which a job is otherwise not deleted.",
)
@_yes
def delete_command(
    session: Session,
    ids: tuple[str, ...],
    everything: bool,
    force_abort: bool,
    yes: bool,
    **given: Any,  # noqa: ANN401
) -> None:
    """Delete jobs. This cannot be undone.

    ID is a uuid or a shortname.
    """
    _end(
        session,
        ids,
        Conditions(**given),
        everything,
        yes,
        "delete",
        lambda job: job.delete(forceAbort=force_abort),
    )


def _end(
    session: Session,
    ids: tuple[str, ...],
    conditions: Conditions,
    everything: bool,
    yes: bool,
    verb: str,
    act: Callable[[Job], None],
) -> None:
    with session.connection() as connection:
        jobs = selected(session, connection, ids, conditions, everything=everything)
        for job in jobs.values():
            job.auto_update = False
        if jobs:
            session.confirm(_question(verb, list(jobs.values())), yes=yes)
        done = f"{verb}d"
        results = [
            {
                "uuid": job.uuid,
                "name": job.name,
                "shortname": job.shortname,
                "result": "failed" if error else done,
                "error": None if error is None else str(error),
            }
            for _, job, error in each(session, jobs, act)
        ]
        shown = [
            one for one in results if one["error"] is None or session.options.output != "table"
        ]
        print_objects(
            session.options,
            shown,
            lambda: Table(
                (Column("NAME", shrinks=True), Column("RESULT"), Column("ID")),
                [(str(one["name"]), done, str(one["shortname"] or one["uuid"])) for one in shown],
            ),
        )


def _question(verb: str, jobs: list[Job]) -> str:
    if len(jobs) == 1:
        return f"{verb.capitalize()} {_label(jobs[0])}?"
    labels = [f"  {_label(job)}\n" for job in jobs[:_MOST_SHOWN]]
    more = len(jobs) - len(labels)
    rest = f"  and {more} more\n" if more else ""
    return f"{''.join(labels)}{rest}{verb.capitalize()} these {len(jobs)} jobs?"


def _label(job: Job) -> str:
    ident = job.shortname or job.uuid
    return printable(f"{job.name} ({ident}, {job.state})")
