"""What happens in the cloud as time passes: a discrete-event simulation over the store.

Each change of state is an event with a moment of its own, and what follows from it is scheduled
from that moment, never from when somebody asked. So what a client sees depends on the clock alone:
not on how often, or when, it looked.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from qarnot_domain.emulator import _scaling, _steps, _wire
from qarnot_domain.emulator._runs import InstanceEnd, Run, Stream
from qarnot_domain.emulator._store import (
    Dependency,
    Event,
    Instanced,
    Job,
    Pool,
    Resource,
    Store,
    Task,
)
from qarnot_domain.states import JobState, PoolState, TaskState

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
_NEXT_WAVE: Final = "next wave"
_REMOVE: Final = "remove"
_RESCALE: Final = "rescale"

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


def accepts_tasks(job: Job) -> bool:
    """Whether tasks can still be added to a job."""
    return job.state not in _ENDING_JOB


def is_open(pool: Pool) -> bool:
    """Whether jobs and tasks can still be sent to a pool."""
    return pool.state not in _ENDING_POOL


def is_final(resource: Resource) -> bool:
    """Whether an object has ended and is there only to be looked at."""
    return resource.state in _FINAL_STATES[type(resource)]


def is_executing(instanced: Instanced) -> bool:
    """Whether instances of a task or pool are executing."""
    return instanced.state in (TaskState.PARTIALLY_EXECUTING, TaskState.FULLY_EXECUTING)


def state_of_dependencies(dependencies: Iterable[Dependency]) -> str:
    """How far some dependencies are, in the words of the API."""
    ends = [(d.actual_final_state, d.accepted) for d in dependencies]
    # One that ended otherwise than accepted is enough, even while others still run.
    if any(end is not None and end not in accepted for end, accepted in ends):
        return NOT_FULFILLED
    return WAITING if any(end is None for end, _ in ends) else FULFILLED


class Lifecycle:
    """Moves the objects of a store through their states.

    Args:
        store: holds them.
        executes: whether somebody really executes the runs of the store, and says how they go.
    """

    def __init__(self, store: Store, *, executes: bool) -> None:
        self._store = store
        self._executes = executes

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
        self.rescale_pool(pool, pool.creation_date)

    def submit_task(self, task: Task) -> None:
        """Add a new task to the store; its dependencies may already have ended."""
        self._store.add_task(task)
        self._consider(task, task.creation_date)

    def restart_task(self, task: Task, at: datetime) -> None:
        """Take an ended task back to its beginning; what it wrote stays."""
        task.execution_start = task.execution_end = None
        task.run, task.ends = None, {}
        task.wave = 0
        task.is_held_back = True
        self._enter(task, TaskState.SUBMITTED, at, schedule=False)
        self._consider(task, at)

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
        self._schedule(_REMOVE, job, at, _steps.DELETION_DELAY)

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
            self._schedule(_REMOVE, task, at, _steps.DELETION_DELAY)

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
            self._schedule(_REMOVE, pool, at, _steps.DELETION_DELAY)
            self._cancel_tasks(pool, at)

    def rescale_pool(self, pool: Pool, at: datetime) -> None:
        """Give a pool the size that is due, now and when a period of its scaling comes or goes."""
        self._fit(pool, at)
        pool.next_rescaling = _scaling.next_change(pool, at) if is_open(pool) else None
        if pool.next_rescaling is not None:
            self._schedule(_RESCALE, pool, pool.next_rescaling)

    def force_state(self, resource: Resource, state: str, at: datetime) -> None:
        """Put an object in a state, known or not; what was due to happen to it no longer will."""
        self._enter(resource, state, at, schedule=False)

    # What really executes.

    def instance_wrote(self, run: Run, instance_id: int, stream: Stream, line: str) -> None:
        """Add a line to the output of an instance, unless its task is gone."""
        task = self._store.tasks.get(run.task_uuid)
        if task is not None and task.run is run:
            task.output(stream).write(instance_id, line)

    def instance_ended(self, run: Run, instance_id: int, end: InstanceEnd, at: datetime) -> None:
        """Note how an instance ended; with the last one of a run its task goes on."""
        if self._store.runs.get(run.task_uuid) is not run:
            return
        run.left.remove(instance_id)
        task = self._store.tasks.get(run.task_uuid)
        if task is not None and run.is_wanted:
            task.ends[instance_id] = end
        if run.left:
            return
        del self._store.runs[run.task_uuid]
        if task is None or task.run is not run:
            return
        if run.is_wanted:
            self._go_on(task, at)
        elif task.state == TaskState.PENDING_CANCEL:
            self._schedule_step(task, at)

    def _go_on(self, task: Task, at: datetime) -> None:
        if task.wave + 1 < task.wave_count:
            self._pass_to_next_wave(task, at)
            return
        task.failing = frozenset(i for i, end in task.ends.items() if end.error is not None)
        self._enter(task, TaskState.UPLOADING_RESULTS, at)

    # What happens by itself.

    def _happen(self, event: Event, resource: Resource) -> None:
        if event.action == _REMOVE:
            self._remove(resource, event.at)
        elif event.action == _ADVANCE:
            step = _steps.next_step(resource)
            if step is not None:
                self._enter(resource, step.state, event.at)
        elif event.action == _CONSIDER and isinstance(resource, Task):
            self._consider(resource, event.at)
        elif event.action == _EXPIRE_WALL_TIME and isinstance(resource, Job):
            self.terminate_job(resource, event.at)
        elif event.action == _NEXT_WAVE and isinstance(resource, Task):
            self._pass_to_next_wave(resource, event.at)
        elif event.action == _RESCALE and isinstance(resource, Pool):
            self._rescale_as_planned(resource, event.at)

    def _remove(self, resource: Resource, at: datetime) -> None:
        if isinstance(resource, Task) and not is_final(resource):
            self._notify_dependents(resource, TaskState.CANCELLED, at)
        self._store.remove(resource)
        if isinstance(resource, Task):
            self._fit_pool_of(resource, at)

    def _rescale_as_planned(self, pool: Pool, at: datetime) -> None:
        # Any other moment was planned for a scaling that it no longer has.
        if at == pool.next_rescaling:
            self.rescale_pool(pool, at)

    def _enter(
        self, resource: Resource, state: str, at: datetime, *, schedule: bool = True
    ) -> None:
        final_states = _FINAL_STATES[type(resource)]
        self._store.enter(resource, state, at, is_final=state in final_states)
        if isinstance(resource, Task):
            self._work(resource, at)
            self._give_up_place(resource, at)
        if isinstance(resource, Pool):
            self._fit(resource, at)
        if is_final(resource):
            self._finish(resource, at)
        elif schedule:
            self._schedule_step(resource, at)

    def _work(self, task: Task, at: datetime) -> None:
        """What a task does on entering its state: its times and its output."""
        if is_executing(task) and task.execution_start is None:
            task.execution_start = at
            self._start_wave(task, at)
        has_stopped = task.execution_start is not None and not is_executing(task)
        if has_stopped and task.execution_end is None:
            task.execution_end = at
            if task.run is not None:
                task.run.is_wanted = False
            elif task.state == TaskState.UPLOADING_RESULTS:
                _write_end_of_wave(task)

    def _start_wave(self, task: Task, at: datetime) -> None:
        if not self._executes:
            for instance_id in task.wave_ids:
                task.stdout.write(instance_id, "started")
            return
        task.run = self._store.runs[task.uuid] = Run(
            task_uuid=task.uuid,
            instance_count=len(task.instance_ids),
            constants={constant["key"]: constant["value"] for constant in task.constants},
            time_limit=task.time_limit,
            start=at,
            left=list(task.wave_ids),
        )

    def _pass_to_next_wave(self, task: Task, at: datetime) -> None:
        if task.run is None:
            _write_end_of_wave(task)
        task.wave += 1
        task.slots = len(task.wave_ids)
        self._start_wave(task, at)
        if task.wave + 1 == task.wave_count:
            self._enter(task, TaskState.FULLY_EXECUTING, at)
        else:
            self._schedule_step(task, at)
        self._fit_pool_of(task, at)

    def _finish(self, resource: Resource, at: datetime) -> None:
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
        if not task.is_held_back or task.state != TaskState.SUBMITTED:
            return
        progress = state_of_dependencies(task.dependencies)
        if progress == NOT_FULFILLED:
            self._enter(task, TaskState.CANCELLED, at)
        elif progress == FULFILLED:
            pool = self._store.pools.get(task.pool_uuid)
            if pool is None:
                self._let_go(task, at)
            else:
                pool.waiting[task.uuid] = task
                self._fit(pool, at)

    def _let_go(self, task: Task, at: datetime) -> None:
        task.is_held_back = False
        self._schedule_step(task, at)

    # What happens in pools.

    def _fit(self, pool: Pool, at: datetime) -> None:
        """Give a pool the size that is due, and what is free of it to its tasks."""
        pool.target_instances = _scaling.target_instances(pool, at) if is_open(pool) else 0
        before, running = pool.running_instances, 0
        if is_executing(pool):
            # A task keeps the slots that it has.
            in_use = -(-pool.slots_in_use // pool.slots_per_node)
            running = max(pool.target_instances, in_use)
        for instance_id in range(before, running):
            pool.stdout.write(instance_id, "started")
        for instance_id in range(running, before):
            pool.stdout.write(instance_id, "stopped")
        pool.execution_time += before * (at - pool.resized_at)
        pool.running_instances, pool.resized_at = running, at
        pool.instance_ids = range(max(len(pool.instance_ids), pool.target_instances))
        self._dispatch(pool, at)

    def _dispatch(self, pool: Pool, at: datetime) -> None:
        """Give free slots to the tasks that wait for them, in their order: none overtakes another.

        A task with more instances than the pool has slots takes all of them, and runs in waves.
        """
        if not pool.waiting:
            return
        # What stays only for the tasks on it takes no others, or the pool would never shrink.
        staying = min(pool.running_instances, pool.target_instances)
        capacity = staying * pool.slots_per_node
        free = capacity - pool.slots_in_use
        while pool.waiting:
            task = next(iter(pool.waiting.values()))
            slots = min(len(task.instance_ids), capacity)
            if not 0 < slots <= free:
                return
            free -= slots
            task.slots = task.wave_size = slots
            pool.dispatched[task.uuid] = pool.waiting.pop(task.uuid)
            self._let_go(task, at)

    def _give_up_place(self, task: Task, at: datetime) -> None:
        """Take a task that left its first state from those that wait, an ended one from all."""
        pool = self._store.pools.get(task.pool_uuid)
        if pool is None:
            return
        has_waited = pool.waiting.pop(task.uuid, None) is not None
        has_ended = is_final(task) and pool.dispatched.pop(task.uuid, None) is not None
        if has_waited or has_ended:
            self._fit(pool, at)

    def _fit_pool_of(self, task: Task, at: datetime) -> None:
        pool = self._store.pools.get(task.pool_uuid)
        if pool is not None:
            self._fit(pool, at)

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
        follows_state = action in (_ADVANCE, _NEXT_WAVE, _REMOVE)
        generation = resource.generation if follows_state else None
        order = self._store.next_sequence()
        heapq.heappush(self._store.events, Event(moment, order, action, resource.uuid, generation))

    def _schedule_step(self, resource: Resource, at: datetime) -> None:
        if isinstance(resource, Task) and _steps.is_between_waves(resource):
            self._schedule(_NEXT_WAVE, resource, at, resource.execution_time)
            return
        step = _steps.next_step(resource)
        if step is not None:
            self._schedule(_ADVANCE, resource, at, step.after)


def _write_end_of_wave(task: Task) -> None:
    for instance_id in task.wave_ids:
        if instance_id in task.failing:
            task.stderr.write(instance_id, "failed")
        else:
            task.stdout.write(instance_id, "done")
