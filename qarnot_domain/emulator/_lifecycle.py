"""What happens in the cloud as time passes: a discrete-event simulation over the store.

Each change of state is an event with a moment of its own, and what follows from it is scheduled
from that moment, never from when somebody asked. So what a client sees depends on the clock alone:
not on how often, or when, it looked.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from qarnot_domain.emulator import _wire
from qarnot_domain.emulator._store import Dependency, Event, Job, Pool, Resource, Store, Task
from qarnot_domain.states import JobState, PoolState, TaskState

DISPATCH_DELAY: Final = timedelta(milliseconds=400)
"""From `Submitted` to the first dispatched state, once nothing holds the task or pool back."""
START_DELAY: Final = timedelta(milliseconds=300)
"""From `FullyDispatched` to the first executing state."""
PARTIAL_DELAY: Final = timedelta(milliseconds=200)
"""How long a task of several instances stays in each `Partially…` state."""
DEFAULT_EXECUTION_TIME: Final = timedelta(seconds=1)
"""In `FullyExecuting`, unless the task asks for another time."""
UPLOAD_DELAY: Final = timedelta(milliseconds=300)
"""From `UploadingResults` to the final state."""
CANCEL_DELAY: Final = timedelta(milliseconds=500)
"""From `PendingCancel` to `Cancelled`."""
TERMINATION_DELAY: Final = timedelta(seconds=1)
"""From `Terminating` to `Completed`; longer than `CANCEL_DELAY`, so tasks end before their job."""
CLOSING_DELAY: Final = timedelta(seconds=1)
"""From `Closing` to `Closed`."""
DELETION_DELAY: Final = timedelta(seconds=1)
"""From `Deleting` or `PendingDelete` to being gone (404)."""

CONDITIONS: Final = {
    TaskState.SUCCESS: "success",
    TaskState.FAILURE: "failure",
    TaskState.CANCELLED: "cancelled",
}
"""The final states of tasks, and how conditions of dependencies spell them."""

SIMPLE_DEPENDENCY_ACCEPTS: Final = frozenset(CONDITIONS.values())
"""Policy: the end of a simple dependency lets its dependents start, whatever the end is.

No source says what a failed simple dependency does. The service's words are that a task starts
"only once the listed tasks are complete", and an advanced dependency without a condition accepts
any final state; a simple dependency is read as just that.
"""

WAITING: Final = "waiting"
FULFILLED: Final = "dependencyConditionsFulfilled"
NOT_FULFILLED: Final = "dependencyConditionsNotFulfilled"

_ADVANCE: Final = "advance"
_CONSIDER: Final = "consider"
_EXPIRE_WALL_TIME: Final = "expire wall time"
_REMOVE: Final = "remove"

# Not the library's `is_final`: for a client a job being deleted is over, here it has yet to go.
_FINAL_STATES: Final[dict[type[Resource], tuple[str, ...]]] = {
    Job: (JobState.COMPLETED,),
    Task: tuple(CONDITIONS),
    Pool: (PoolState.CLOSED, PoolState.FAILURE),
}
_ENDING_JOB: Final = (JobState.TERMINATING, JobState.COMPLETED, JobState.DELETING)
_ENDING_POOL: Final = (
    PoolState.CLOSING,
    PoolState.CLOSED,
    PoolState.PENDING_DELETE,
    PoolState.FAILURE,
)


class _Step(NamedTuple):
    """The state that follows, and how long the present one lasts."""

    state: str
    after: timedelta


def accepts_tasks(job: Job) -> bool:
    """Whether tasks can still be added to a job."""
    return job.state not in _ENDING_JOB


def is_open(pool: Pool) -> bool:
    """Whether jobs and tasks can still be sent to a pool."""
    return pool.state not in _ENDING_POOL


def is_final(resource: Resource) -> bool:
    """Whether an object has ended and is there only to be looked at."""
    return resource.state in _FINAL_STATES[type(resource)]


def is_executing(task: Task) -> bool:
    """Whether instances of a task are executing."""
    return task.state in (TaskState.PARTIALLY_EXECUTING, TaskState.FULLY_EXECUTING)


def planned_execution(task: Task) -> timedelta:
    """How long a task will have executed, if nobody stops it, from its first instance's start."""
    return task.execution_time + (PARTIAL_DELAY if _has_several_instances(task) else timedelta(0))


def state_of_dependencies(dependencies: Iterable[Dependency]) -> str:
    """How far some dependencies are, in the words of the API."""
    ends = [(d.actual_final_state, d.accepted) for d in dependencies]
    # One that ended otherwise than accepted is enough, even while others still run.
    if any(end is not None and end not in accepted for end, accepted in ends):
        return NOT_FULFILLED
    return WAITING if any(end is None for end, _ in ends) else FULFILLED


class Lifecycle:
    """Moves the objects of a store through their states."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def settle(self, now: datetime) -> None:
        """Let everything happen that is due by `now`, in the order of time."""
        events = self._store.events
        while events and events[0].at <= now:
            event = heapq.heappop(events)
            resource = self._store.get(event.uuid)
            if resource is not None and event.generation in (None, resource.generation):
                self._happen(event, resource)

    # What clients start.

    def open_job(self, job: Job) -> None:
        """Add a new job to the store; its wall time runs from its creation."""
        self._store.jobs.add(job)
        if job.max_wall_time is not None and job.max_wall_time.timedelta > timedelta(0):
            self._schedule(_EXPIRE_WALL_TIME, job, job.creation_date, job.max_wall_time.timedelta)

    def open_pool(self, pool: Pool) -> None:
        """Add a new pool to the store."""
        self._store.pools.add(pool)
        self._schedule_step(pool, pool.creation_date)

    def submit_task(self, task: Task) -> None:
        """Add a new task to the store; its dependencies may already have ended."""
        for dependency in task.dependencies:
            ended = self._store.tasks.get(dependency.task_uuid)
            if ended is not None:
                dependency.actual_final_state = CONDITIONS.get(TaskState(ended.state))
        self._store.add_task(task)
        self._consider(task, task.creation_date)

    def terminate_job(self, job: Job, at: datetime) -> None:
        """Cancel what is left of a job, then complete it; nothing if it already ends."""
        if job.state in _ENDING_JOB:
            return
        self._enter(job, JobState.TERMINATING, at)
        for task in self.unfinished_tasks(job):
            self.abort_task(task, at)

    def delete_job(self, job: Job, at: datetime) -> None:
        """Delete a job with all its tasks, running or not."""
        if job.state == JobState.DELETING:
            return
        for task in self.unfinished_tasks(job):
            self.delete_task(task, at)
        self._enter(job, JobState.DELETING, at)
        self._schedule(_REMOVE, job, at, DELETION_DELAY)

    def unfinished_tasks(self, job: Job) -> list[Task]:
        """The tasks of a job that have not ended."""
        return [task for task in self._store.tasks_of_job.of(job.uuid) if not is_final(task)]

    def abort_task(self, task: Task, at: datetime) -> None:
        """Cancel a task that has not ended; nothing if that is already under way."""
        if task.state not in (TaskState.PENDING_CANCEL, TaskState.PENDING_DELETE):
            self._enter(task, TaskState.PENDING_CANCEL, at)

    def delete_task(self, task: Task, at: datetime) -> None:
        """Remove an ended task at once, any other after a short while."""
        if is_final(task):
            self._store.remove(task)
        elif task.state != TaskState.PENDING_DELETE:
            self._enter(task, TaskState.PENDING_DELETE, at)
            self._schedule(_REMOVE, task, at, DELETION_DELAY)

    def close_pool(self, pool: Pool, at: datetime) -> None:
        """Close a pool. Its tasks are cancelled: nothing is left to run them."""
        if pool.state in _ENDING_POOL:
            return
        self._enter(pool, PoolState.CLOSING, at)
        self._cancel_tasks(pool, at)

    def delete_pool(self, pool: Pool, at: datetime) -> None:
        """Remove a closed pool at once, any other after a short while."""
        if is_final(pool):
            self._store.remove(pool)
        elif pool.state != PoolState.PENDING_DELETE:
            self._enter(pool, PoolState.PENDING_DELETE, at)
            self._schedule(_REMOVE, pool, at, DELETION_DELAY)
            self._cancel_tasks(pool, at)

    def force_state(self, resource: Resource, state: str, at: datetime) -> None:
        """Put an object in a state, known or not; what was due to happen to it no longer will."""
        self._enter(resource, state, at, schedule=False)

    # What happens by itself.

    def _happen(self, event: Event, resource: Resource) -> None:
        if event.action == _REMOVE:
            if isinstance(resource, Task) and not is_final(resource):
                self._notify_dependents(resource, TaskState.CANCELLED, event.at)
            self._store.remove(resource)
        elif event.action == _ADVANCE:
            step = self._next_step(resource)
            if step is not None:
                self._enter(resource, step.state, event.at)
        elif event.action == _CONSIDER and isinstance(resource, Task):
            self._consider(resource, event.at)
        elif event.action == _EXPIRE_WALL_TIME and isinstance(resource, Job):
            self.terminate_job(resource, event.at)

    def _enter(
        self, resource: Resource, state: str, at: datetime, *, schedule: bool = True
    ) -> None:
        resource.enter(state, at)
        if isinstance(resource, Task):
            self._work(resource, at)
        if isinstance(resource, Pool) and state == PoolState.FULLY_EXECUTING:
            for task in self._store.tasks_of_pool.of(resource.uuid):
                self._schedule(_CONSIDER, task, at)
        if is_final(resource):
            self._finish(resource, at)
        elif schedule:
            self._schedule_step(resource, at)

    def _work(self, task: Task, at: datetime) -> None:
        """What a task does on entering its state: its times and its output."""
        if is_executing(task) and task.execution_start is None:
            task.execution_start = at
            task.stdout.text += "".join(f"[{i}] started\n" for i in task.instance_ids)
        has_stopped = task.execution_start is not None and not is_executing(task)
        if has_stopped and task.execution_end is None:
            task.execution_end = at
            self._write_end(task)

    def _write_end(self, task: Task) -> None:
        if task.state != TaskState.UPLOADING_RESULTS:
            return
        if task.outcome == TaskState.SUCCESS:
            task.stdout.text += "".join(f"[{i}] done\n" for i in task.instance_ids)
        else:
            task.stderr.text += "".join(f"[{i}] failed\n" for i in task.instance_ids)

    def _finish(self, resource: Resource, at: datetime) -> None:
        resource.end_date = at
        time_to_live = resource.completion_time_to_live.timedelta
        if time_to_live > timedelta(0):
            self._schedule(_REMOVE, resource, at, time_to_live)
        if isinstance(resource, Task):
            self._notify_dependents(resource, resource.state, at)

    def _notify_dependents(self, ended: Task, state: str, at: datetime) -> None:
        for dependent in self._store.dependents.of(ended.uuid):
            for dependency in dependent.dependencies:
                if dependency.task_uuid == ended.uuid:
                    dependency.actual_final_state = CONDITIONS.get(TaskState(state))
            # As an event of the same moment, not a call: a long chain must not nest.
            self._schedule(_CONSIDER, dependent, at)

    def _consider(self, task: Task, at: datetime) -> None:
        """Queue a task, or cancel it, if what it waits for allows."""
        if task.is_queued or task.state != TaskState.SUBMITTED:
            return
        progress = state_of_dependencies(task.dependencies)
        if progress == NOT_FULFILLED:
            self._enter(task, TaskState.CANCELLED, at)
        elif progress == FULFILLED and self._has_machines(task):
            task.is_queued = True
            self._schedule_step(task, at)

    def _has_machines(self, task: Task) -> bool:
        pool = self._store.pools.get(task.pool_uuid)
        return pool is None or pool.state == PoolState.FULLY_EXECUTING

    def _cancel_tasks(self, pool: Pool, at: datetime) -> None:
        for task in self._store.tasks_of_pool.of(pool.uuid):
            if not is_final(task):
                self.abort_task(task, at)

    # When things happen.

    def _schedule(
        self, action: str, resource: Resource, at: datetime, after: timedelta = timedelta(0)
    ) -> None:
        moment = _wire.later(at, after)
        if moment is None:
            return
        follows_state = action in (_ADVANCE, _REMOVE)
        generation = resource.generation if follows_state else None
        order = self._store.next_sequence()
        heapq.heappush(self._store.events, Event(moment, order, action, resource.uuid, generation))

    def _schedule_step(self, resource: Resource, at: datetime) -> None:
        step = self._next_step(resource)
        if step is not None:
            self._schedule(_ADVANCE, resource, at, step.after)

    def _next_step(self, resource: Resource) -> _Step | None:
        if isinstance(resource, Task):
            return _next_step_of_task(resource)
        if isinstance(resource, Pool):
            return _POOL_STEPS.get(resource.state)
        return _JOB_STEPS.get(resource.state)


_JOB_STEPS: Final[dict[str, _Step]] = {
    JobState.TERMINATING: _Step(JobState.COMPLETED, TERMINATION_DELAY),
}

_POOL_STEPS: Final[dict[str, _Step]] = {
    PoolState.SUBMITTED: _Step(PoolState.FULLY_DISPATCHED, DISPATCH_DELAY),
    PoolState.FULLY_DISPATCHED: _Step(PoolState.FULLY_EXECUTING, START_DELAY),
    PoolState.CLOSING: _Step(PoolState.CLOSED, CLOSING_DELAY),
}

_DISPATCHED: Final = _Step(TaskState.FULLY_DISPATCHED, DISPATCH_DELAY)
_EXECUTING: Final = _Step(TaskState.FULLY_EXECUTING, START_DELAY)

_ONE_INSTANCE_STEPS: Final[dict[str, _Step]] = {
    TaskState.SUBMITTED: _DISPATCHED,
    TaskState.FULLY_DISPATCHED: _EXECUTING,
    TaskState.PENDING_CANCEL: _Step(TaskState.CANCELLED, CANCEL_DELAY),
}

_SEVERAL_INSTANCES_STEPS: Final[dict[str, _Step]] = {
    **_ONE_INSTANCE_STEPS,
    TaskState.SUBMITTED: _Step(TaskState.PARTIALLY_DISPATCHED, DISPATCH_DELAY),
    TaskState.PARTIALLY_DISPATCHED: _Step(TaskState.FULLY_DISPATCHED, PARTIAL_DELAY),
    TaskState.FULLY_DISPATCHED: _Step(TaskState.PARTIALLY_EXECUTING, START_DELAY),
    TaskState.PARTIALLY_EXECUTING: _Step(TaskState.FULLY_EXECUTING, PARTIAL_DELAY),
}


def _next_step_of_task(task: Task) -> _Step | None:
    if task.state == TaskState.FULLY_EXECUTING:
        return _Step(TaskState.UPLOADING_RESULTS, task.execution_time)
    if task.state == TaskState.UPLOADING_RESULTS:
        return _Step(task.outcome, UPLOAD_DELAY)
    steps = _SEVERAL_INSTANCES_STEPS if _has_several_instances(task) else _ONE_INSTANCE_STEPS
    return steps.get(task.state)


def _has_several_instances(task: Task) -> bool:
    return len(task.instance_ids) > 1
