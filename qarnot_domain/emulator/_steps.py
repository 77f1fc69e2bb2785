"""Which state follows which, and how long each lasts, as long as nothing interferes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from qarnot_domain.emulator._store import Pool, Resource, Task
from qarnot_domain.states import JobState, PoolState, TaskState

DISPATCH_DELAY: Final = timedelta(milliseconds=400)
"""From `Submitted` to the first dispatched state, once nothing holds the task or pool back."""
START_DELAY: Final = timedelta(milliseconds=300)
"""From `FullyDispatched` to the first executing state."""
PARTIAL_DELAY: Final = timedelta(milliseconds=200)
"""How long a task of several instances stays in each `Partially…` state."""
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


class Step(NamedTuple):
    """The state that follows, and how long the present one lasts."""

    state: str
    after: timedelta


def next_step(resource: Resource) -> Step | None:
    """What follows by itself, if anything does; between waves, that is the next wave.

    What really executes is over when it is: nothing follows by itself until then.
    """
    if isinstance(resource, Task):
        return _next_step_of_task(resource)
    if isinstance(resource, Pool):
        return _POOL_STEPS.get(resource.state)
    return _JOB_STEPS.get(resource.state)


def is_between_waves(task: Task) -> bool:
    """Whether a task executes in waves, and another one is to come at a planned time."""
    is_partial = task.state == TaskState.PARTIALLY_EXECUTING
    return is_partial and task.wave_count > 1 and task.run is None


def planned_execution(task: Task) -> timedelta:
    """How long a task will have executed, if nobody stops it, from its first instance's start."""
    if task.wave_count > 1:
        return task.execution_time * task.wave_count
    return task.execution_time + (PARTIAL_DELAY if _has_several_instances(task) else timedelta(0))


_JOB_STEPS: Final[dict[str, Step]] = {
    JobState.TERMINATING: Step(JobState.COMPLETED, TERMINATION_DELAY),
}

_POOL_STEPS: Final[dict[str, Step]] = {
    PoolState.SUBMITTED: Step(PoolState.FULLY_DISPATCHED, DISPATCH_DELAY),
    PoolState.FULLY_DISPATCHED: Step(PoolState.FULLY_EXECUTING, START_DELAY),
    PoolState.CLOSING: Step(PoolState.CLOSED, CLOSING_DELAY),
}

_ONE_INSTANCE_STEPS: Final[dict[str, Step]] = {
    TaskState.SUBMITTED: Step(TaskState.FULLY_DISPATCHED, DISPATCH_DELAY),
    TaskState.FULLY_DISPATCHED: Step(TaskState.FULLY_EXECUTING, START_DELAY),
    TaskState.PENDING_CANCEL: Step(TaskState.CANCELLED, CANCEL_DELAY),
}

_SEVERAL_INSTANCES_STEPS: Final[dict[str, Step]] = {
    **_ONE_INSTANCE_STEPS,
    TaskState.SUBMITTED: Step(TaskState.PARTIALLY_DISPATCHED, DISPATCH_DELAY),
    TaskState.PARTIALLY_DISPATCHED: Step(TaskState.FULLY_DISPATCHED, PARTIAL_DELAY),
    TaskState.FULLY_DISPATCHED: Step(TaskState.PARTIALLY_EXECUTING, START_DELAY),
    TaskState.PARTIALLY_EXECUTING: Step(TaskState.FULLY_EXECUTING, PARTIAL_DELAY),
}


_SEVERAL_WAVES_STEPS: Final[dict[str, Step]] = {
    **_ONE_INSTANCE_STEPS,
    TaskState.SUBMITTED: Step(TaskState.PARTIALLY_DISPATCHED, DISPATCH_DELAY),
    TaskState.PARTIALLY_DISPATCHED: Step(TaskState.PARTIALLY_EXECUTING, START_DELAY),
}


def _next_step_of_task(task: Task) -> Step | None:
    if task.state == TaskState.FULLY_EXECUTING:
        if task.run is not None:
            return None
        return Step(TaskState.UPLOADING_RESULTS, task.execution_time)
    if task.state == TaskState.PENDING_CANCEL and task.run is not None and task.run.left:
        return None
    if task.state == TaskState.UPLOADING_RESULTS:
        return Step(task.outcome, UPLOAD_DELAY)
    if task.wave_count > 1:
        return _SEVERAL_WAVES_STEPS.get(task.state)
    steps = _SEVERAL_INSTANCES_STEPS if _has_several_instances(task) else _ONE_INSTANCE_STEPS
    return steps.get(task.state)


def _has_several_instances(task: Task) -> bool:
    return len(task.instance_ids) > 1
