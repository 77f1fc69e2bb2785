"""Waiting for jobs, several at once, and saying what became of them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import attrs

from qarnot_domain.cli._outcome import Code, Complaint, complaint_of, concerns_all
from qarnot_domain.cli._print import Column, Table, print_objects, printable
from qarnot_domain.exceptions import MissingJobException, QarnotException
from qarnot_domain.states import JobState, TaskState

if TYPE_CHECKING:
    from qarnot_domain import Connection, Job, Task
    from qarnot_domain._codecs import Json
    from qarnot_domain._progress import Report
    from qarnot_domain.cli._session import Session

_LONGEST_PAUSE: Final = 5.0
"""Seconds between two looks at the same jobs, at most."""

_MOST_SHOWN: Final = 10
"""How many failed tasks are told one by one."""


@attrs.define(eq=False)
class _Waited:
    job: Job
    counts: dict[str, int] = attrs.field(factory=dict)
    is_over: bool = False
    failed: Sequence[Task] = ()

    @property
    def result(self) -> str:
        if not self.is_over:
            return "unfinished"
        return "failed" if self.failed else "succeeded"


def wait_for(
    session: Session, connection: Connection, jobs: Mapping[str, Job], timeout: float | None
) -> None:
    """Wait until all tasks of all jobs have ended or the time is up, and print what came of it."""
    waited = {given: _Waited(job) for given, job in jobs.items()}
    try:
        with _reporting(session, waited.values()) as reports:
            _until_over(session, connection, waited, reports, timeout)
    except KeyboardInterrupt:
        raise _stopped(waited, Complaint(Code.INTERRUPTED, "interrupted")) from None
    except QarnotException as error:
        raise _stopped(waited, complaint_of(error)) from error
    for given, one in waited.items():
        if one.is_over:
            if not one.counts:
                session.note(f"{given}: it has no tasks")
            one.failed = _failures(connection, one.job)
            _tell_failures(session, given, one.failed)
    print_objects(session.options, list(map(_told, waited.values())), lambda: _table(waited))
    _end(session, waited)


def _stopped(waited: Mapping[str, _Waited], why: Complaint) -> Complaint:
    """The same complaint, with how to go on: the jobs do so by themselves."""
    left = " ".join(given for given, one in waited.items() if not one.is_over)
    return Complaint(why.code, why.line, f"the jobs go on; to wait again: qarnot-job wait {left}")


def _until_over(
    session: Session,
    connection: Connection,
    waited: dict[str, _Waited],
    reports: Mapping[_Waited, Report],
    timeout: float | None,
) -> None:
    from qarnot_domain._wait import wait_until

    def look(one: _Waited) -> None:
        def report(counts: Mapping[str, int]) -> None:
            one.counts = dict(counts)
            reports[one](counts)

        one.is_over = one.job.wait(timeout=0, progress=report)
        if one.is_over:
            # Nothing is left to wait for, either, where somebody has deleted the job meanwhile.
            one.job.update(flushcache=True)
            if one.job.state == JobState.DELETING:
                raise MissingJobException("it is being deleted")

    def all_over(_last: bool) -> bool:
        for given, one in tuple(waited.items()):
            if one.is_over:
                continue
            try:
                look(one)
            except QarnotException as error:
                if concerns_all(error):
                    raise
                session.complain(error, given)
                del waited[given]
        return all(one.is_over for one in waited.values())

    wait_until(all_over, connection.clock, timeout=timeout, longest_pause=_LONGEST_PAUSE)


@contextmanager
def _reporting(session: Session, waited: Iterable[_Waited]) -> Generator[dict[_Waited, Report]]:
    """What tells how each goes on: a live line on a terminal, else a line at each change."""
    import sys

    from qarnot_domain._progress import live_lines
    from qarnot_domain.cli._session import is_terminal

    every = list(waited)
    if session.options.quiet:
        yield {one: lambda _counts: None for one in every}
    elif is_terminal(sys.stderr):
        with live_lines(no_color=session.options.no_color) as line:
            yield {one: line(printable(one.job.name)) for one in every}
    else:
        yield {one: _lines(session, one.job.name) for one in every}


def _lines(session: Session, name: str) -> Report:
    from qarnot_domain._progress import summary

    last: list[str] = []

    def report(counts: Mapping[str, int]) -> None:
        said = f"{printable(name)}: {summary(counts)}"
        if said not in last:
            last[:] = [said]
            session.note(said)

    return report


def _failures(connection: Connection, job: Job) -> list[Task]:
    from qarnot_domain import TaskFields

    bad = (TaskFields.job_uuid == str(job.uuid)) & TaskFields.state.is_in(
        [state for state in TaskState.final() if state != TaskState.SUCCESS]
    )
    tasks = connection.tasks(summary=False, where=bad, order_by="creation_date")
    for task in tasks:
        task.auto_update = False
    return tasks


def _tell_failures(session: Session, given: str, failed: Sequence[Task]) -> None:
    for task in failed[:_MOST_SHOWN]:
        why = next((f": {error.message}" for error in task.errors if error.message), "")
        session.note(printable(f"{given}: task {task.name} ended in {task.state}{why}"))
    if len(failed) > _MOST_SHOWN:
        session.note(
            f"{given}: and {len(failed) - _MOST_SHOWN} more: qarnot-job tasks {given} "
            "--state Failure --state Cancelled"
        )


def _told(one: _Waited) -> dict[str, Json]:
    from qarnot_domain.cli._plain import plain

    return {
        "uuid": one.job.uuid,
        "name": one.job.name,
        "shortname": one.job.shortname,
        "state": str(one.job.state),
        "result": one.result,
        "tasks": {**one.counts},
        "failed_tasks": [
            {
                "uuid": task.uuid,
                "name": task.name,
                "shortname": task.shortname,
                "state": str(task.state),
                "errors": plain(task.errors),
            }
            for task in one.failed
        ],
    }


def _table(waited: Mapping[str, _Waited]) -> Table:
    from qarnot_domain._progress import summary

    return Table(
        (
            Column("NAME", shrinks=True),
            Column("RESULT"),
            Column("TASKS", rank=2, shrinks=True, least=8),
            Column("ID", rank=1),
        ),
        [
            (
                one.job.name,
                one.result,
                summary(one.counts),
                one.job.shortname or str(one.job.uuid),
            )
            for one in waited.values()
        ],
    )


def _end(session: Session, waited: Mapping[str, _Waited]) -> None:
    """Let the exit code tell of the first that did not succeed."""
    codes: dict[str, Code] = {"failed": Code.JOB_FAILED, "unfinished": Code.TIMED_OUT}
    unhappy = [codes[one.result] for one in waited.values() if one.result in codes]
    if unhappy and session.code is Code.DONE:
        session.code = unhappy[0]
    if Code.TIMED_OUT in unhappy:
        hint = _stopped(waited, Complaint(Code.TIMED_OUT, "")).hint
        session.note(f"The time is up: {hint}")
