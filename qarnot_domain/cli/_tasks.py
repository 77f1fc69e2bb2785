"""`qarnot-job tasks`."""

from __future__ import annotations

from functools import reduce
from itertools import islice
from operator import and_
from typing import TYPE_CHECKING

import click

from qarnot_domain.cli._command import command
from qarnot_domain.cli._print import print_objects
from qarnot_domain.cli._select import condition, named, state_option, where_option
from qarnot_domain.cli._session import Session, usage
from qarnot_domain.states import TaskState

if TYPE_CHECKING:
    from qarnot_domain import Task


@command("tasks")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@state_option(TaskState, "tasks")
@where_option("TaskFields", "name=~^render-")
@click.option(
    "--order-by",
    metavar="FIELD",
    default="creation_date",
    show_default=True,
    help="Sort by creation_date, execution_time, name or state; with - before it, from the "
    "highest.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most this many a job.")
def tasks_command(
    session: Session,
    ids: tuple[str, ...],
    state: tuple[str, ...],
    where: tuple[str, ...],
    order_by: str,
    limit: int | None,
) -> None:
    """List the tasks of jobs.

    ID is a uuid or a shortname of a job. As JSON tasks are complete, with errors and constants.
    """
    from qarnot_domain import TaskFields
    from qarnot_domain.cli._plain import members
    from qarnot_domain.cli._tables import tasks_table

    is_table = session.options.output == "table"
    listed: list[tuple[str, Task]] = []
    with session.connection() as connection:
        with usage():
            asked = [condition(TaskFields, text) for text in where]
            asked += [TaskFields.state.is_in(state)] if state else []
        for given, job in named(session, connection, ids).items():
            with usage():
                tasks = connection.all_tasks(
                    summary=is_table,
                    where=reduce(and_, [TaskFields.job_uuid == str(job.uuid), *asked]),
                    order_by=order_by,
                )
            for task in islice(tasks, limit):
                task.auto_update = False
                listed.append((given, task))
        print_objects(
            session.options, [members(task) for _, task in listed], lambda: tasks_table(listed)
        )
