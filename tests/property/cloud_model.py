"""The cloud as a model of a few rules, tenth of a second by tenth: nothing of the emulator's.

The emulator goes from event to event; this goes through every tick and looks at everything in it.
So it is slow, and says nothing about how things are found: what it says is what is to be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Step: TypeAlias = tuple[str, int | None, int | None]
"""A state, how many ticks it lasts (`None`: until something happens), and the wave in it."""

FINAL = {
    "jobs": ("Completed",),
    "tasks": ("Success", "Failure", "Cancelled"),
    "pools": ("Closed",),
}
CONDITIONS = {"Success": "success", "Failure": "failure", "Cancelled": "cancelled"}
GONE = "gone"


@dataclass(eq=False)
class Thing:
    """A job, task or pool: what it is to become next, and what it was made with."""

    kind: str
    uuid: str
    number: int
    name: str
    tags: list[str]
    created: int
    auto_delete: bool
    time_to_live: int
    state: str
    steps: list[Step] = field(default_factory=list)
    due: int | None = None
    ended: int | None = None

    @property
    def is_final(self) -> bool:
        return self.state in FINAL[self.kind]


@dataclass(eq=False)
class Job(Thing):
    pool: Pool | None = None
    wall_time: int | None = None
    uses_dependencies: bool = False


@dataclass(eq=False)
class Task(Thing):
    job: Job | None = None
    pool: Pool | None = None
    instances: int = 1
    time: int = 10
    failing: frozenset[int] = frozenset()
    waits_for: list[tuple[Task, frozenset[str]]] = field(default_factory=list)
    ends_seen: dict[str, str] = field(default_factory=dict)
    is_held: bool = True
    size: int = 1
    wave: int | None = None
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)
    consumed: int = 0

    @property
    def wave_ids(self) -> range:
        start = (self.wave or 0) * self.size
        return range(start, min(start + self.size, self.instances))

    def plan(self) -> list[Step]:
        """Its life from where nothing holds it any more."""
        waves = -(-self.instances // self.size)
        outcome = "Failure" if self.failing else "Success"
        end: list[Step] = [("UploadingResults", 3, None), (outcome, None, None)]
        if waves > 1:
            partial: list[Step] = [
                ("PartiallyExecuting", self.time, wave) for wave in range(waves - 1)
            ]
            last: Step = ("FullyExecuting", self.time, waves - 1)
            return [("Submitted", 4, None), ("PartiallyDispatched", 3, None), *partial, last, *end]
        if self.instances > 1:
            several: list[Step] = [
                ("PartiallyDispatched", 2, None),
                ("FullyDispatched", 3, None),
                ("PartiallyExecuting", 2, 0),
            ]
            return [("Submitted", 4, None), *several, ("FullyExecuting", self.time, 0), *end]
        one: list[Step] = [("FullyDispatched", 3, None), ("FullyExecuting", self.time, 0)]
        return [("Submitted", 4, None), *one, *end]


@dataclass(eq=False)
class Pool(Thing):
    slots_per_node: int = 1
    nodes: int = 1
    """How many instances it is to have."""
    elastic: tuple[int, int] | None = None
    """The bounds of its slots, if it follows its queue."""
    queue: list[Task] = field(default_factory=list)
    running: list[Task] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.state in ("Submitted", "FullyDispatched", "FullyExecuting")

    @property
    def slots_in_use(self) -> int:
        return sum(len(task.wave_ids) for task in self.running)

    @property
    def waiting_or_running(self) -> int:
        return sum(t.instances - (t.wave or 0) * t.size for t in (*self.queue, *self.running))

    @property
    def target(self) -> int:
        if not self.is_open:
            return 0
        if self.elastic is None:
            return self.nodes
        least, most = self.elastic
        return -(-max(least, min(self.waiting_or_running, most)) // self.slots_per_node)

    @property
    def running_nodes(self) -> int:
        if self.state != "FullyExecuting":
            return 0
        return max(self.target, -(-self.slots_in_use // self.slots_per_node))


class Model:
    """Everything there is."""

    def __init__(self, limits: dict[str, int]) -> None:
        self.now = 0
        self.limits = limits
        self.credits = True
        self.things: list[Thing] = []
        self._count = 0

    def all(self, kind: str) -> list[Any]:
        return [thing for thing in self.things if thing.kind == kind]

    def tasks_of(self, place: Thing) -> Iterator[Task]:
        for task in self.all("tasks"):
            if place in (task.job, task.pool):
                yield task

    # What clients do.

    def admit(self, kind: str) -> int:
        """What a creation of the right form is answered; makes room for it."""
        if not self.credits:
            return 402
        if len(self.all(kind)) >= self.limits[kind]:
            may_go = [t for t in self.all(kind) if t.auto_delete and t.ended is not None]
            if not may_go:
                return 403
            self.remove(min(may_go, key=lambda thing: (thing.ended, thing.number)))
        return 200

    def number(self) -> int:
        self._count += 1
        return self._count

    def add(self, thing: Thing) -> None:
        self.things.append(thing)
        if isinstance(thing, Task):
            for other, _ in thing.waits_for:
                if other.is_final:
                    thing.ends_seen[other.uuid] = CONDITIONS[other.state]
        elif isinstance(thing, Pool):
            steps: list[Step] = [("Submitted", 4, None), ("FullyDispatched", 3, None)]
            self.follow(thing, [*steps, ("FullyExecuting", None, None)])
        self.settle()

    def abort(self, task: Task) -> int:
        if task.is_final:
            return 403
        if task.state not in ("PendingCancel", "PendingDelete"):
            self.follow(task, [("PendingCancel", 5, None), ("Cancelled", None, None)])
            self.settle()
        return 200

    def delete_task(self, task: Task) -> None:
        if task.is_final:
            self.remove(task)
        elif task.state != "PendingDelete":
            self.follow(task, [("PendingDelete", 10, None), (GONE, None, None)])
        self.settle()

    def restart(self, task: Task) -> int:
        if not task.is_final:
            return 403
        if task.job is not None and task.job.state != "Active":
            return 403
        if task.pool is not None and not (task.pool in self.things and task.pool.is_open):
            return 403
        task.is_held, task.wave = True, None
        self.follow(task, [("Submitted", None, None)])
        self.settle()
        return 200

    def terminate(self, job: Job) -> None:
        if job.state == "Active":
            self.follow(job, [("Terminating", 10, None), ("Completed", None, None)])
            for task in self.tasks_of(job):
                self.abort(task)

    def delete_job(self, job: Job, *, force: bool) -> int:
        unfinished = [task for task in self.tasks_of(job) if not task.is_final]
        if unfinished and not force:
            return 403
        if job.state != "Deleting":
            for task in unfinished:
                self.delete_task(task)
            self.follow(job, [("Deleting", 10, None), (GONE, None, None)])
        return 200

    def close(self, pool: Pool) -> int:
        if not pool.is_open:
            return 403
        self.follow(pool, [("Closing", 10, None), ("Closed", None, None)])
        for task in self.tasks_of(pool):
            self.abort(task)
        return 200

    def delete_pool(self, pool: Pool) -> None:
        if pool.is_final:
            self.remove(pool)
        elif pool.state != "PendingDelete":
            self.follow(pool, [("PendingDelete", 10, None), (GONE, None, None)])
            for task in self.tasks_of(pool):
                self.abort(task)

    # What happens by itself.

    def advance(self, ticks: int) -> None:
        for _ in range(ticks):
            self.now += 1
            self.tick()

    def tick(self) -> None:
        for job in self.all("jobs"):
            if job.wall_time is not None and job.created + job.wall_time == self.now:
                self.terminate(job)
        for thing in list(self.things):
            if thing in self.things and thing.due == self.now:
                self.follow(thing, thing.steps)
            lives_on = thing.time_to_live or None
            if thing.ended is not None and lives_on and thing.ended + lives_on == self.now:
                self.remove(thing)
        self.settle()

    def follow(self, thing: Thing, steps: list[Step]) -> None:
        """Take the first of some steps; the others are to come."""
        (thing.state, ticks, wave), thing.steps = steps[0], steps[1:]
        thing.due = None if ticks is None else self.now + ticks
        thing.ended = self.now if thing.is_final else None
        if isinstance(thing, Task):
            self.write(thing, wave)
            if thing.is_final:
                self.tell(thing, CONDITIONS[thing.state])
                self.leave_pool(thing)
            elif thing.state.startswith("Pending") and thing.pool and thing in thing.pool.queue:
                thing.pool.queue.remove(thing)
        if thing.state == GONE:
            if isinstance(thing, Task):
                self.tell(thing, "cancelled")
            self.remove(thing)

    def write(self, task: Task, wave: int | None) -> None:
        """What the instances of a wave say at its beginning and at its end."""
        is_stopped = task.state in ("PendingCancel", "PendingDelete", *FINAL["tasks"], GONE)
        if task.wave is not None and wave != task.wave and not is_stopped:
            for i in task.wave_ids:
                has_failed = i in task.failing
                into = task.stderr if has_failed else task.stdout
                into.append(f"[{i}] {'failed' if has_failed else 'done'}\n")
        if wave is not None and wave != task.wave:
            task.wave = wave
            task.stdout.extend(f"[{i}] started\n" for i in task.wave_ids)

    def tell(self, ended: Task, how: str) -> None:
        for task in self.all("tasks"):
            if any(other is ended for other, _ in task.waits_for):
                task.ends_seen[ended.uuid] = how

    def leave_pool(self, task: Task) -> None:
        if task.pool is not None:
            for group in (task.pool.queue, task.pool.running):
                if task in group:
                    group.remove(task)

    def remove(self, thing: Thing) -> None:
        if thing not in self.things:
            return
        self.things.remove(thing)
        if isinstance(thing, Job):
            for task in list(self.tasks_of(thing)):
                self.remove(task)
        elif isinstance(thing, Task):
            self.leave_pool(thing)

    def settle(self) -> None:
        """What follows at once: from ends to what waited for them, and from free slots."""
        while any([self.consider(task) for task in self.all("tasks")]):  # noqa: C419 - each of them
            pass
        for pool in self.all("pools"):
            self.dispatch(pool)

    def consider(self, task: Task) -> bool:
        """Whether what a task waits for has changed anything for it."""
        is_queued = task.pool is not None and task in task.pool.queue
        if not task.is_held or task.state != "Submitted" or is_queued:
            return False
        seen = [(task.ends_seen.get(other.uuid), accepted) for other, accepted in task.waits_for]
        if any(end is not None and end not in accepted for end, accepted in seen):
            self.follow(task, [("Cancelled", None, None)])
        elif any(end is None for end, _ in seen):
            return False
        elif task.pool is not None and task.pool in self.things:
            task.pool.queue.append(task)
        else:
            self.let_go(task, task.instances)
        return True

    def dispatch(self, pool: Pool) -> None:
        """Slots to those who wait, in their order, out of those that the pool is to have."""
        if pool.state != "FullyExecuting":
            return
        while pool.queue:
            capacity = pool.target * pool.slots_per_node
            wanted = min(pool.queue[0].instances, capacity)
            if not wanted or pool.slots_in_use + wanted > capacity:
                return
            task = pool.queue.pop(0)
            pool.running.append(task)
            self.let_go(task, wanted)

    def let_go(self, task: Task, size: int) -> None:
        task.is_held, task.size = False, size
        self.follow(task, task.plan())
