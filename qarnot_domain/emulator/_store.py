"""The state of the emulated cloud: plain values and the indexes to find them."""

from __future__ import annotations

import bisect
import random
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from operator import attrgetter
from typing import Any, ClassVar, Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from qarnot_domain.emulator._conduct import Chances
from qarnot_domain.emulator._runs import InstanceEnd, Run, Stream
from qarnot_domain.states import TaskState
from qarnot_domain.timespan import TimeSpan


@dataclass(frozen=True, slots=True)
class Limits:
    """How many objects of each kind the account may hold at once."""

    max_jobs: int = 1_000
    max_tasks: int = 10_000
    max_pools: int = 100


@dataclass(slots=True, kw_only=True)
class Resource:
    """What jobs, tasks and pools have in common."""

    kind: ClassVar[str]
    """What it is called in messages, and in the plural in paths."""

    uuid: str
    shortname: str
    name: str
    sequence: int
    """The order of creation among all objects: breaks ties between equal dates."""
    creation_date: datetime
    tags: list[str]
    auto_delete_on_completion: bool
    completion_time_to_live: TimeSpan
    state: str
    last_modified: datetime
    previous_state: str | None = None
    state_transition_time: datetime | None = None
    previous_state_transition_time: datetime | None = None
    end_date: datetime | None = None
    """When it reached the final state that it is in; `None` in any other."""
    generation: int = 0
    """How many states it has left behind: tells an event that it comes too late."""

    def enter(self, state: str, at: datetime, *, is_final: bool) -> None:
        """Pass to another state at a moment."""
        self.previous_state = self.state
        self.previous_state_transition_time = self.state_transition_time
        self.state = state
        self.state_transition_time = at
        self.last_modified = at
        self.end_date = at if is_final else None
        self.generation += 1


OUTPUT_LIMIT: Final = 1_048_576
"""How many characters of a stream are kept, of all instances together."""


@dataclass(slots=True)
class Output:
    """What the instances of a task or pool have written on one of their streams.

    The service keeps a circular buffer of unknown size; here it is one of `OUTPUT_LIMIT`, in which
    the oldest lines are overwritten, whole. That the lines of one instance read the same on their
    own as within the whole is a guess.
    """

    lines: deque[tuple[int, str]] = field(default_factory=deque[tuple[int, str]])
    """Each with the instance it is from, in the order they were written."""
    size: int = 0
    """How many characters they have."""
    overwritten: int = 0
    """How many lines there were before them."""
    consumed: dict[int | None, int] = field(default_factory=dict["int | None", int])
    """How many lines the consuming reads of each instance, and of the whole, are past."""

    def write(self, instance_id: int, text: str) -> None:
        """Add one line of an instance; one that is too long by itself keeps its end."""
        line = f"[{instance_id}] {text}\n"[-OUTPUT_LIMIT:]
        self.lines.append((instance_id, line))
        self.size += len(line)
        while self.size > OUTPUT_LIMIT:
            _, oldest = self.lines.popleft()
            self.size -= len(oldest)
            self.overwritten += 1

    def read(self, instance_id: int | None = None) -> str:
        """The text of one instance, or of all together."""
        return self._since(0, instance_id)

    def consume(self, instance_id: int | None = None) -> str:
        """The text of one instance, or of all, since it was last consumed in the same way."""
        fresh = self._since(self.consumed.get(instance_id, 0), instance_id)
        self.consumed[instance_id] = self.overwritten + len(self.lines)
        return fresh

    def tail(self, length: int) -> str:
        """The last characters of all instances together."""
        last: list[str] = []
        for _, text in reversed(self.lines):
            if length <= 0:
                break
            last.append(text[-length:])
            length -= len(text)
        return "".join(reversed(last))

    def _since(self, start: int, instance_id: int | None) -> str:
        written = islice(self.lines, max(0, start - self.overwritten), None)
        return "".join(text for writer, text in written if instance_id in (None, writer))


@dataclass(slots=True, kw_only=True)
class Instanced(Resource):
    """What tasks and pools have in common: instances, and what these write."""

    instance_ids: Sequence[int]
    stdout: Output = field(default_factory=Output)
    stderr: Output = field(default_factory=Output)

    def output(self, stream: Stream) -> Output:
        """What its instances wrote on one of their streams."""
        return self.stdout if stream == "stdout" else self.stderr


@dataclass(slots=True, kw_only=True)
class Job(Resource):
    """A job."""

    kind: ClassVar[str] = "job"

    pool_uuid: str | None
    settings: dict[str, Any]
    """Members that are kept and given back."""

    @property
    def use_dependencies(self) -> bool:
        """Whether its tasks may depend on each other."""
        return bool(self.settings["useDependencies"])

    @property
    def max_wall_time(self) -> TimeSpan | None:
        """How long it may run."""
        span: TimeSpan | None = self.settings["maxWallTime"]
        return span


@dataclass(slots=True)
class Dependency:
    """One task that another waits for."""

    task_uuid: str
    accepted: frozenset[str]
    """The final states, as the API spells them in conditions, that let the dependent start."""
    actual_final_state: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An upload of what a task has made so far."""

    id: str
    trigger_date: datetime
    config: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Task(Instanced):
    """A task."""

    kind: ClassVar[str] = "task"

    profile: str | None
    pool_uuid: str | None
    job_uuid: str | None
    instance_count: int
    advanced_ranges: str | None
    constants: list[dict[str, str]]
    dependencies: list[Dependency]
    has_advanced_dependencies: bool
    execution_time: timedelta
    """How long its instances will execute; not asked when they really do."""
    time_limit: timedelta | None
    """The longest that each instance may execute when it really does."""
    failing: frozenset[int]
    """The instances that will fail if nobody stops it; when it really executes, how that goes
    decides."""
    wave_size: int
    """How many of its instances can execute at once: all, unless its pool has fewer slots."""
    settings: dict[str, Any]
    """Members that are kept and given back, without effect here."""
    is_held_back: bool = True
    """Whether it still waits for its dependencies, or for slots of its pool."""
    slots: int = 0
    """How many slots of its pool it has."""
    wave: int = 0
    """Which of its waves of instances is the present one, from 0."""
    execution_start: datetime | None = None
    execution_end: datetime | None = None
    run: Run | None = None
    """What of it really executes or last did; `None` where nothing really does, or not yet."""
    ends: dict[int, InstanceEnd] = field(default_factory=dict[int, InstanceEnd])
    """How the instances ended that really executed, by their number."""
    snapshots: dict[str, Snapshot] = field(default_factory=dict[str, Snapshot])
    """By their id."""

    @property
    def outcome(self) -> str:
        """The final state it will reach if nobody stops it."""
        return TaskState.FAILURE if self.failing else TaskState.SUCCESS

    @property
    def wave_count(self) -> int:
        """How many waves it takes for all instances to execute."""
        return -(-len(self.instance_ids) // self.wave_size)

    @property
    def wave_ids(self) -> Sequence[int]:
        """The instances of the present wave."""
        start = self.wave * self.wave_size
        return self.instance_ids[start : start + self.wave_size]


@dataclass(slots=True, kw_only=True)
class Pool(Instanced):
    """A pool: as many instances as it is given, each with slots for instances of tasks."""

    kind: ClassVar[str] = "pool"

    profile: str
    instance_count: int
    """As asked for; its scaling may want another."""
    settings: dict[str, Any]
    """Members that are kept and given back."""
    target_instances: int = 0
    """How many instances it should have."""
    running_instances: int = 0
    resized_at: datetime
    """Since when that many run."""
    execution_time: timedelta = timedelta(0)
    """How long its instances had run by then, all together."""
    next_rescaling: datetime | None = None
    """When its size has to be thought over, even if nothing happens until then."""
    waiting: dict[str, Task] = field(default_factory=dict[str, Task])
    """The tasks that wait for slots, by uuid, in the order they came."""
    dispatched: dict[str, Task] = field(default_factory=dict[str, Task])
    """The tasks that have slots."""

    @property
    def slots_per_node(self) -> int:
        """How many slots each instance has."""
        return (self.settings["multiSlotsSettings"] or {}).get("slotsPerNode") or 1

    @property
    def slot_capacity(self) -> int:
        """How many slots there are."""
        return self.running_instances * self.slots_per_node

    @property
    def slots_in_use(self) -> int:
        """How many slots its tasks have."""
        return sum(task.slots for task in self.dispatched.values())

    @property
    def queued_or_running_instances(self) -> int:
        """How many instances of tasks wait for slots or have them, or will after others."""
        tasks = (*self.waiting.values(), *self.dispatched.values())
        return sum(len(task.instance_ids) - task.wave * task.wave_size for task in tasks)


class Event(NamedTuple):
    """Something that is due at a moment; compares by time, then by the order of scheduling."""

    at: datetime
    order: int
    action: str
    uuid: str
    generation: int | None
    """The generation that its resource must still have; `None` when that does not matter."""


R = TypeVar("R", bound=Resource)

SortKey: TypeAlias = Literal["sequence", "name", "state"]
"""Members of objects by which they are kept sorted; of these, only the state ever changes."""


class Collection(Generic[R]):
    """The objects of one kind, in the order of their creation."""

    def __init__(self, kind: type[R]) -> None:
        self.kind = kind.kind
        self._by_uuid: dict[str, R] = {}
        self._by_shortname: dict[str, R] = {}
        self._sorted: dict[SortKey, Sequence[R]] = {}
        """As they were asked for, until something changes that."""
        self._leaving: list[R] = []
        """Those that have ended and may go when others need their place, the first to end first."""

    def __len__(self) -> int:
        return len(self._by_uuid)

    def __iter__(self) -> Iterator[R]:
        return iter(self._by_uuid.values())

    def __reversed__(self) -> Iterator[R]:
        return reversed(self._by_uuid.values())

    def get(self, uuid: str | None) -> R | None:
        """The object with that uuid."""
        return None if uuid is None else self._by_uuid.get(uuid)

    def called(self, shortname: str) -> R | None:
        """The object with that shortname."""
        return self._by_shortname.get(shortname)

    def find(self, uuid_or_shortname: str) -> R | None:
        """The object that a path names: by uuid, in any case, or by shortname."""
        return self.get(uuid_or_shortname.lower()) or self.called(uuid_or_shortname)

    def sorted_by(self, key: SortKey) -> Sequence[R]:
        """All objects by a member of theirs, those with equal ones in the order of creation."""
        found = self._sorted.get(key)
        if found is None:
            found = self._sorted[key] = sorted(self, key=attrgetter(key))
        return found

    def first_to_leave(self, count: int) -> Sequence[R]:
        """Those that have ended and may go when others need their place, the first to end first."""
        return self._leaving[:count]

    def add(self, resource: R) -> None:
        """Add an object whose shortname is free."""
        self._by_uuid[resource.uuid] = resource
        self._by_shortname[resource.shortname] = resource
        self._sorted.clear()
        self._note_end(resource)

    def enter(self, resource: R, state: str, at: datetime, *, is_final: bool) -> None:
        """Let one of the objects pass to another state."""
        self._forget_end(resource)
        resource.enter(state, at, is_final=is_final)
        self._sorted.pop("state", None)
        self._note_end(resource)

    def discard(self, resource: R) -> None:
        """Forget an object; nothing happens if it is not there."""
        if self._by_uuid.pop(resource.uuid, None) is None:
            return
        del self._by_shortname[resource.shortname]
        self._sorted.clear()
        self._forget_end(resource)

    def _note_end(self, resource: R) -> None:
        if _may_leave(resource):
            bisect.insort(self._leaving, resource, key=_end)

    def _forget_end(self, resource: R) -> None:
        if _may_leave(resource):
            del self._leaving[bisect.bisect_left(self._leaving, _end(resource), key=_end)]


def _may_leave(resource: Resource) -> bool:
    return resource.auto_delete_on_completion and resource.end_date is not None


def _end(resource: Resource) -> tuple[datetime | None, int]:
    return resource.end_date, resource.sequence


class Groups:
    """Tasks by something they have in common, in the order they came."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, Task]] = {}

    def of(self, key: str) -> list[Task]:
        """The tasks under a key, as a list of its own: safe to change the store meanwhile."""
        return list(self._groups.get(key, {}).values())

    def add(self, key: str, task: Task) -> None:
        """Put a task under a key."""
        self._groups.setdefault(key, {})[task.uuid] = task

    def discard(self, key: str, task: Task) -> None:
        """Take a task from under a key."""
        group = self._groups.get(key)
        if group is not None:
            group.pop(task.uuid, None)
            if not group:
                del self._groups[key]


class Store:
    """Everything the emulated cloud remembers."""

    def __init__(
        self,
        *,
        seed: int,
        limits: Limits,
        credits: float | None,
        organization: str | None,
        chances: Chances,
    ) -> None:
        self.limits = limits
        self.credits = credits
        self.organization = organization
        self.chances = chances
        self.jobs = Collection(Job)
        self.tasks = Collection(Task)
        self.pools = Collection(Pool)
        self._collections: dict[type[Resource], Collection[Any]] = {
            Job: self.jobs,
            Task: self.tasks,
            Pool: self.pools,
        }
        self.tasks_of_job = Groups()
        self.tasks_of_pool = Groups()
        self.dependents = Groups()
        """Tasks by the uuid of each task they depend on."""
        self.events: list[Event] = []
        """A heap."""
        self.runs: dict[str, Run] = {}
        """What really executes, or is about to, or has yet to die, by the uuid of the task."""
        self._random = random.Random(seed)  # noqa: S311 - it is there to repeat
        self._sequence = 0

    def new_uuid(self) -> str:
        """A fresh uuid; the same ones in the same order for the same seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def next_sequence(self) -> int:
        """The next number of the one counter that orders objects and events."""
        self._sequence += 1
        return self._sequence

    @property
    def position(self) -> tuple[Any, int]:
        """How far the uuids and the counter have come; set on another store, it goes on there."""
        return self._random.getstate(), self._sequence

    @position.setter
    def position(self, position: tuple[Any, int]) -> None:
        state, self._sequence = position
        self._random.setstate(state)

    def set_limits(self, **changes: int) -> None:
        """Change some of the limits."""
        self.limits = replace(self.limits, **changes)

    def get(self, uuid: str) -> Resource | None:
        """The object with that uuid, of any kind."""
        return self.jobs.get(uuid) or self.tasks.get(uuid) or self.pools.get(uuid)

    def find(self, uuid_or_shortname: str) -> Resource | None:
        """The object with that uuid or shortname, of any kind."""
        return (
            self.jobs.find(uuid_or_shortname)
            or self.tasks.find(uuid_or_shortname)
            or self.pools.find(uuid_or_shortname)
        )

    def add_task(self, task: Task) -> None:
        """Add a task, under all that it belongs to."""
        self.tasks.add(task)
        if task.job_uuid is not None:
            self.tasks_of_job.add(task.job_uuid, task)
        if task.pool_uuid is not None:
            self.tasks_of_pool.add(task.pool_uuid, task)
        for dependency in task.dependencies:
            self.dependents.add(dependency.task_uuid, task)

    def enter(self, resource: Resource, state: str, at: datetime, *, is_final: bool) -> None:
        """Let an object pass to another state."""
        self._collections[type(resource)].enter(resource, state, at, is_final=is_final)

    def remove(self, resource: Resource) -> None:
        """Forget an object, and with a job its tasks."""
        if isinstance(resource, Job):
            self.jobs.discard(resource)
            for task in self.tasks_of_job.of(resource.uuid):
                self.remove(task)
        elif isinstance(resource, Pool):
            self.pools.discard(resource)
        elif isinstance(resource, Task):
            self._remove_task(resource)

    def _remove_task(self, task: Task) -> None:
        self.tasks.discard(task)
        if task.job_uuid is not None:
            self.tasks_of_job.discard(task.job_uuid, task)
        if task.pool_uuid is not None:
            self.tasks_of_pool.discard(task.pool_uuid, task)
        pool = self.pools.get(task.pool_uuid)
        if pool is not None:
            pool.dispatched.pop(task.uuid, None)
        for dependency in task.dependencies:
            self.dependents.discard(dependency.task_uuid, task)
