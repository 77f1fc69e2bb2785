"""`qarnot-job info`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from qarnot_domain.cli._command import command
from qarnot_domain.cli._print import print_objects, print_table
from qarnot_domain.cli._select import Conditions, selected, selecting
from qarnot_domain.cli._session import Session

if TYPE_CHECKING:
    from qarnot_domain._codecs import Json


@command("info")
@selecting
def info_command(
    session: Session,
    ids: tuple[str, ...],
    everything: bool,
    **given: Any,  # noqa: ANN401
) -> None:
    """Show all that is known of jobs, and how many of their tasks are in which state.

    ID is a uuid or a shortname.
    """
    from qarnot_domain.cli._plain import members
    from qarnot_domain.cli._tables import counts, sheet

    with session.connection() as connection:
        jobs = selected(session, connection, ids, Conditions(**given), everything=everything)
        objects: list[dict[str, Json]] = []
        for job in jobs.values():
            job.auto_update = False
            tasks: Json = dict(counts(task.state for task in job.tasks))
            objects.append({**members(job), "tasks": tasks})
        options = session.options
        if options.output == "table" and not options.quiet:
            for index, one in enumerate(objects):
                if index:
                    click.echo()
                print_table(options, sheet(one))
        else:
            print_objects(options, objects, lambda: sheet({}))
