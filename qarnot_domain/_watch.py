"""Waiting for a job: what is asked while its tasks run, and when it is done."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from . import _convert as convert
from ._codecs import Wire
from ._listing import Query, combined, equal
from ._progress import Report, following
from ._seconds import seconds
from ._wait import resumable, wait_until
from .states import JobState, TaskState

if TYPE_CHECKING:
    from .job import Job

_JOB_TURN: Final = 4
"""Every how manieth poll asks after the job: it ends with its tasks, but the server may differ."""


def wait_for(job: Job, timeout: float | timedelta | None, progress: bool | Report) -> bool:
    """See `Job.wait`."""
    limit = None if timeout is None else seconds("timeout", timeout)
    uuid = job._identified("wait")
    with (
        following(progress, str(job._peek("name"))) as report,
        resumable(f"connection.retrieve_job({uuid!r}).wait()"),
    ):
        return wait_until(
            _Watch(job, uuid, None if progress is False else report),
            job._connection.clock,
            timeout=limit,
            longest_pause=job.update_cache_time,
        )


class _Watch:
    """Asks whether a job is done: one request a call, and one more at first and at the end."""

    def __init__(self, job: Job, uuid: str, report: Report | None) -> None:
        self._job = job
        self._report = report
        self._counts: Counter[str] = Counter()
        self._polls = 0
        self._its_tasks = equal("JobUuid", uuid)
        unfinished: Wire = {"operator": "NotIn", "field": "State", "values": TaskState.final()}
        self._unfinished = Query(combined("And", [self._its_tasks, unfinished]), maximum=1)

    def __call__(self, last: bool) -> bool:
        first = self._polls == 0
        asks_job = self._polls % _JOB_TURN == _JOB_TURN - 1 and not last
        self._polls += 1
        if (first or asks_job) and self._job_is_final(flushcache=asks_job):
            return True
        done = False
        if not asks_job:
            # The server may cut the list of states short, so the end is never read from it alone.
            done = (self._report is None or self._all_final()) and not self._any_unfinished()
            if done and not first:
                # The tasks are gone, too, where somebody has deleted the job meanwhile.
                self._job_is_final(flushcache=True)
        if self._report is not None:
            self._report(self._counts)
        return done

    def _job_is_final(self, *, flushcache: bool) -> bool:
        if not self._job._is_deleted:
            self._job.update(flushcache)
        return JobState(str(self._job._peek("state"))).is_final

    def _any_unfinished(self) -> bool:
        tasks = self._job._connection._tasks
        return bool(tasks.page(None, self._unfinished, summary=True).page_data)

    def _all_final(self) -> bool:
        """Count the tasks by state."""
        detail: Wire = {"select": {"fields": ["State"]}, "filter": self._its_tasks}
        found = self._job._connection._gateway.search_tasks(detail)
        states = [TaskState(str(wire.get("state"))) for wire in found.read(convert.wires)]
        self._counts = Counter(map(str, states))
        return all(state.is_final for state in states)
