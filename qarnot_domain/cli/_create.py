"""`qarnot-job create`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qarnot_domain.cli._command import command
from qarnot_domain.cli._outcome import Code, Complaint
from qarnot_domain.cli._print import print_objects
from qarnot_domain.cli._session import Session, is_terminal, usage
from qarnot_domain.cli._wait import timeout_option
from qarnot_domain.cli._watch import wait_for
from qarnot_domain.exceptions import BulkSubmissionException

if TYPE_CHECKING:
    from qarnot_domain import Job
    from qarnot_domain._codecs import Json
    from qarnot_domain.cli._describe import Plan


@command("create")
@click.option(
    "-f",
    "--file",
    metavar="FILE",
    help="A JSON description of the job and its tasks; - for standard input. Options given beside "
    "it win.",
)
@click.option("-n", "--name", metavar="TEXT", help="Its name.")
@click.option(
    "-s", "--shortname", metavar="LABEL", help="A unique DNS label, usable in place of the uuid."
)
@click.option("--pool", metavar="ID", help="The uuid or shortname of the pool it runs in.")
@click.option(
    "-d",
    "--use-dependencies/--no-use-dependencies",
    default=None,
    help="Whether its tasks may depend on each other.",
)
@click.option(
    "--max-wall-time",
    metavar="[D.]HH:MM:SS",
    help="How long it may run before it is terminated.",
)
@click.option(
    "--completion-ttl",
    metavar="[D.]HH:MM:SS",
    help="How long it is kept once it is finished.",
)
@click.option(
    "--auto-delete/--no-auto-delete",
    default=None,
    help="Whether it may be deleted once it is finished and the quota of jobs is reached.",
)
@click.option("--tag", "tags", multiple=True, metavar="TEXT", help="A tag; repeat it for several.")
@click.option("--wait", is_flag=True, help="Wait for it, as qarnot-job wait does.")
@timeout_option
def create_command(
    session: Session,
    file: str | None,
    wait: bool,
    timeout: float | None,
    **given: Any,  # noqa: ANN401
) -> None:
    """Create a job, with its tasks.

    All of it is checked before anything is sent. Without a description, the job has no tasks.
    """
    from qarnot_domain.cli._describe import Plan, read

    if timeout is not None and not wait:
        raise Complaint(Code.USAGE, "--timeout is for --wait")
    source = "standard input" if file == "-" else file
    options = {name: value for name, value in given.items() if value not in (None, ())}
    if "tags" in options:
        options["tags"] = list(options["tags"])
    with session.connection() as connection:
        with usage(source):
            described = {} if file is None else read(_text(file))
            plan = Plan.of(connection, {**described, **options})
        _submit(session, plan)
        job = plan.job
        job.update(flushcache=True)
        if wait and session.code is Code.DONE:
            ident = job.shortname or str(job.uuid)
            wait_for(session, connection, {ident: job}, timeout)
        else:
            _print(session, job)


def _text(file: str) -> str:
    try:
        if file != "-":
            return Path(file).read_text(encoding="utf-8-sig")
        if is_terminal(sys.stdin):
            click.echo("Reading a description from the terminal; Ctrl-D ends it.", err=True)
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except OSError as error:
        raise ValueError(error.strerror) from None


def _submit(session: Session, plan: Plan) -> None:
    job = plan.job
    job.submit()
    if not plan.described:
        return
    tasks = plan.tasks(job)
    try:
        plan.connection.submit_tasks(tasks)
    except BulkSubmissionException as error:
        for index, failure in error.errors.items():
            session.complain(failure, f"task {tasks[index].name!r}")
        ident = job.shortname or job.uuid
        session.note(
            f"The job was created, and {len(tasks) - len(error.errors)} of its {len(tasks)} tasks. "
            f"To end it: qarnot-job terminate {ident}"
        )


def _print(session: Session, job: Job) -> None:
    from qarnot_domain.cli._plain import members
    from qarnot_domain.cli._tables import counts, jobs_table

    job.auto_update = False
    tasks: Json = dict(counts(task.state for task in job.tasks))
    print_objects(session.options, [{**members(job), "tasks": tasks}], lambda: jobs_table([job]))
