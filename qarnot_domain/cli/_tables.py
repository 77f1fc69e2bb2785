"""The tables that show jobs and tasks, as rows of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qarnot_domain._progress import age
from qarnot_domain.cli._print import Column, Table

if TYPE_CHECKING:
    from qarnot_domain import Job, Task


def jobs_table(jobs: Iterable[Job]) -> Table:
    """A line for each job."""
    return Table(
        (
            Column("NAME", shrinks=True),
            Column("STATE"),
            Column("ID"),
            Column("CREATED (UTC)", rank=1),
            Column("TAGS", rank=2, shrinks=True, least=8),
        ),
        [
            (
                job.name,
                job.state,
                job.shortname or str(job.uuid),
                moment(job.creation_date),
                ", ".join(job.tags),
            )
            for job in jobs
        ],
    )


def tasks_table(tasks: Iterable[tuple[str, Task]]) -> Table:
    """A line for each task, with the id of its job where there are several."""
    listed = list(tasks)
    several = len({job for job, _ in listed}) > 1
    columns = (
        Column("NAME", shrinks=True),
        Column("STATE"),
        Column("DONE", rank=2),
        Column("INSTANCES", rank=3),
        Column("ID", rank=1),
        *((Column("JOB", rank=4),) if several else ()),
    )
    return Table(
        columns,
        [
            (
                task.name,
                task.state,
                "" if task.progress is None else f"{task.progress:.0f} %",
                str(task.total_instance_count or task.instancecount or ""),
                task.shortname or str(task.uuid),
                *((job,) if several else ()),
            )
            for job, task in listed
        ],
    )


def sheet(members: Mapping[str, object]) -> Table:
    """A line for each member of one object."""
    return Table(
        (Column("MEMBER"), Column("VALUE", wraps=True)),
        [(name, _cell(value)) for name, value in members.items()],
    )


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {item}" for name, item in value.items()) or "-"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "-"
    return str(value)


def moment(date: datetime | None) -> str:
    """A date for people, to the minute."""
    return "-" if date is None else date.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def counts(states: Iterable[str]) -> dict[str, int]:
    """How many are in which state, in the order of a task's life."""
    counted = Counter(map(str, states))
    return {state: counted[state] for state in sorted(counted, key=age)}
