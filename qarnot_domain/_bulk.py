"""Submitting many jobs or tasks: each exactly once, each with its own outcome.

Tasks go in few requests. The API creates jobs one by one, so these go several at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeVar

from ._codecs import Wire
from ._sending import Tries
from .exceptions import (
    BulkSubmissionException,
    ConflictException,
    InvalidRequestException,
    MissingPoolException,
    QarnotException,
    QarnotGenericException,
    SubmissionUnknownException,
)

if TYPE_CHECKING:
    from .connection import Connection
    from .job import Job
    from .task import Task

_LARGEST_BATCH: Final = 250
"""How many tasks one request creates."""

_AT_A_TIME: Final = 32
"""How many jobs are on their way to the server at once."""

_OF_ONE_JOB: Final = (ConflictException, InvalidRequestException, MissingPoolException)
"""The errors that say nothing about the other jobs."""

SubmittedT = TypeVar("SubmittedT", "Job", "Task")


def submit_jobs(connection: Connection, jobs: Iterable[Job]) -> None:
    """See `Connection.submit_jobs`."""
    given = _given(connection, jobs, connection._jobs.kind)
    bulk = _Jobs()
    with ThreadPoolExecutor(_AT_A_TIME) as threads:
        try:
            list(threads.map(bulk.submit, dict.fromkeys(given)))
        finally:
            bulk.stop()
    _raise_any(given, bulk.errors)


class _Jobs:
    """The state of one submission of jobs, each in any thread."""

    def __init__(self) -> None:
        self.errors: dict[Job, QarnotException] = {}
        self._broken: QarnotException | None = None
        """Why one failed as any other would: no other is sent after it."""
        self._stopped = False
        self._under_way = 0
        self._ended = threading.Condition()

    def submit(self, job: Job) -> None:
        with self._ended:
            if self._stopped:
                return
            self._under_way += 1
        try:
            self._submit(job)
        except QarnotException as error:
            self.errors[job] = error
        finally:
            with self._ended:
                self._under_way -= 1
                self._ended.notify_all()

    def _submit(self, job: Job) -> None:
        if not job._may_submit():
            return
        if self._broken is not None:
            raise _not_sent(self._broken)
        try:
            job.submit()
        except _OF_ONE_JOB:
            raise
        except QarnotException as error:
            self._broken = error
            raise

    def stop(self) -> None:
        """Begin no more and wait for those under way.

        The executor would not wait for a thread while whose start the user interrupted it.
        """
        with self._ended:
            self._stopped = True
            self._ended.wait_for(lambda: self._under_way == 0)


def submit_tasks(connection: Connection, tasks: Iterable[Task]) -> None:
    """See `Connection.submit_tasks`."""
    given = _given(connection, tasks, connection._tasks.kind)
    # Whether one is being sent, or in doubt, is known only under its lock.
    unsubmitted = [task for task in dict.fromkeys(given) if task.uuid is None or task._is_deleted]
    for task in unsubmitted:
        if task.uuid is None:
            task._check_draft()
    waves = list(_waves(unsubmitted))
    bulk = _Tasks(connection)
    for wave in waves:
        for batch in _batches(wave, all_named=connection.client_shortnames):
            bulk.submit(batch)
    _raise_any(given, bulk.errors)


def _given(
    connection: Connection, objects: Iterable[SubmittedT], kind: type[SubmittedT]
) -> list[SubmittedT]:
    """What the user gave; `TypeError` or `ValueError` if it is not all of this connection's."""
    given = list(objects)
    for one in given:
        if not isinstance(one, kind):
            raise TypeError(f"{kind._kind}s must be {kind._kind}s, not {type(one).__name__}")
        if one._connection is not connection:
            raise ValueError(f"{kind._kind}s: {one.name!r} is of another connection")
    return given


def _waves(drafts: Sequence[Task]) -> Iterator[list[Task]]:
    """The tasks in their order, those that wait for others among them in a later wave."""
    position = {task: index for index, task in enumerate(drafts)}
    sorter: TopologicalSorter[Task] = TopologicalSorter()
    for task in drafts:
        awaited = task._awaited_drafts()
        for other in awaited:
            if other not in position:
                raise ValueError(
                    f"dependencies: {task.name!r} waits for {other.name!r}, which is not submitted "
                    "and not among the tasks"
                )
        sorter.add(task, *awaited)
    try:
        sorter.prepare()
    except CycleError as error:
        names = " → ".join(repr(task.name) for task in error.args[1])
        raise ValueError(f"dependencies: tasks wait for one another: {names}") from None
    while sorter.is_active():
        wave = sorted(sorter.get_ready(), key=position.__getitem__)
        yield wave
        sorter.done(*wave)


def _batches(wave: Sequence[Task], *, all_named: bool) -> Iterator[list[Task]]:
    """Tasks that go in one request: all with a shortname, by which they can be found, or none."""
    for _, run in groupby(wave, key=lambda task: all_named or task.shortname is not None):
        alike = list(run)
        for start in range(0, len(alike), _LARGEST_BATCH):
            yield alike[start : start + _LARGEST_BATCH]


class _Tasks:
    """The state of one submission of tasks."""

    def __init__(self, connection: Connection) -> None:
        self._gateway = connection._gateway
        self.errors: dict[Task, QarnotException] = {}
        self._broken: QarnotException | None = None
        """Why a whole request failed: no other is sent after it."""

    def submit(self, batch: Sequence[Task]) -> None:
        with ExitStack() as locks:
            # In the same order everywhere, so that two threads never wait for each other.
            for task in sorted(batch, key=id):
                locks.enter_context(task._own.lock)
            ready = [task for task in batch if self._is_ready(task)]
            if ready:
                self._send(ready, [task._prepare() for task in ready])

    def _is_ready(self, task: Task) -> bool:
        if self._broken is not None:
            self.errors[task] = _not_sent(self._broken)
            return False
        for other in task._awaited_drafts():
            self.errors[task] = QarnotGenericException(
                f"not sent, because {other.name!r}, which it waits for, was not submitted"
            )
            return False
        try:
            return task._may_submit()
        except QarnotException as error:
            self.errors[task] = error
            return False

    def _send(self, batch: Sequence[Task], wires: Sequence[Wire]) -> None:
        tries = self._gateway.tries(keyed=all("shortname" in wire for wire in wires))
        for task in batch:
            task._own.in_doubt = True
        try:
            outcomes = self._gateway.create_tasks(wires, tries)
        except SubmissionUnknownException as error:
            outcomes = [error] * len(batch)
        except QarnotException as error:
            self._broken = error
            outcomes = [error] * len(batch)
        unknown: list[tuple[Task, Wire, SubmissionUnknownException]] = []
        for task, wire, outcome in zip(batch, wires, outcomes, strict=True):
            if isinstance(outcome, str):
                task._accept(outcome)
            elif isinstance(outcome, SubmissionUnknownException):
                unknown.append((task, wire, outcome))
            else:
                task._own.in_doubt = False
                self.errors[task] = outcome
        for task, wire, lost in unknown:
            self._resolve(task, wire, tries, lost)

    def _resolve(
        self, task: Task, wire: Wire, tries: Tries, lost: SubmissionUnknownException
    ) -> None:
        """Find out whether a task was created although the answer was lost, or create it."""
        if "shortname" not in wire or self._broken is not None:
            self._broken = self.errors[task] = self._broken or lost
            return
        try:
            task._settle(wire, tries.for_one(), lost)
        except SubmissionUnknownException as error:
            self._broken = self.errors[task] = error
        except QarnotException as error:
            self.errors[task] = error


def _not_sent(broken: QarnotException) -> QarnotGenericException:
    return QarnotGenericException(f"not sent, because sending others failed: {broken.message}")


def _raise_any(given: Sequence[SubmittedT], failed: Mapping[SubmittedT, QarnotException]) -> None:
    """Raise what became of those that failed, if any did."""
    if not failed:
        return
    errors = {index: failed[one] for index, one in enumerate(given) if one in failed}
    kind = given[0]._kind
    shown = [f"{given[index].name!r}: {error.message}" for index, error in errors.items()]
    more = f"; and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    failure = BulkSubmissionException(
        f"{len(errors)} of {len(given)} {kind}s were not submitted, or may not have been: "
        f"{'; '.join(shown[:_SHOWN])}{more}"
    )
    failure.errors = errors
    raise failure


_SHOWN: Final = 3
"""How many reasons the message gives; all are on the exception."""
