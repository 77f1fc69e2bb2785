"""The state of the emulated cloud: plain values and the indexes to find them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

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
    """When it reached a final state."""
    generation: int = 0
    """How many states it has left behind: tells an event that it comes too late."""

    def enter(self, state: str, at: datetime) -> None:
        """Pass to another state at a moment."""
        self.previous_state = self.state
        self.previous_state_transition_time = self.state_transition_time
        self.state = state
        self.state_transition_time = at
        self.last_modified = at
        self.generation += 1


@dataclass(slots=True, kw_only=True)
class Job(Resource):
    """A job."""

    pool_uuid: str | None
    use_dependencies: bool
    max_wall_time: TimeSpan | None


@dataclass(slots=True, kw_only=True)
class Pool(Resource):
    """A pool."""

    profile: str
    instance_count: int
    settings: dict[str, Any]
    """Members that are kept and given back, without effect here."""


@dataclass(slots=True)
class Dependency:
    """One task that another waits for."""

    task_uuid: str
    accepted: frozenset[str]
    """The final states, as the API spells them in conditions, that let the dependent start."""
    actual_final_state: str | None = None


@dataclass(slots=True)
class Output:
    """What a task has written on one of its streams."""

    text: str = ""
    consumed: int = 0
    """How many characters a consuming read has already handed out."""

    def consume(self) -> str:
        """The text written since the last consuming read."""
        fresh = self.text[self.consumed :]
        self.consumed = len(self.text)
        return fresh


@dataclass(slots=True, kw_only=True)
class Task(Resource):
    """A task."""

    profile: str | None
    pool_uuid: str | None
    job_uuid: str | None
    instance_count: int
    advanced_ranges: str | None
    instance_ids: tuple[int, ...]
    constants: list[dict[str, str]]
    dependencies: list[Dependency]
    has_advanced_dependencies: bool
    execution_time: timedelta
    """How long its instances will execute."""
    outcome: str
    """The final state it will reach if nobody stops it."""
    settings: dict[str, Any]
    """Members that are kept and given back, without effect here."""
    is_queued: bool = False
    """Whether it has stopped waiting for its dependencies and its pool."""
    execution_start: datetime | None = None
    execution_end: datetime | None = None
    stdout: Output = field(default_factory=Output)
    stderr: Output = field(default_factory=Output)


class Event(NamedTuple):
    """Something that is due at a moment; compares by time, then by the order of scheduling."""

    at: datetime
    order: int
    action: str
    uuid: str
    generation: int | None
    """The generation that its resource must still have; `None` when that does not matter."""


R = TypeVar("R", bound=Resource)


class Collection(Generic[R]):
    """The objects of one kind, in the order of their creation."""

    def __init__(self) -> None:
        self._by_uuid: dict[str, R] = {}
        self._by_shortname: dict[str, R] = {}

    def __len__(self) -> int:
        return len(self._by_uuid)

    def __iter__(self) -> Iterator[R]:
        return iter(self._by_uuid.values())

    def get(self, uuid: str | None) -> R | None:
        """The object with that uuid."""
        return None if uuid is None else self._by_uuid.get(uuid)

    def find(self, uuid_or_shortname: str) -> R | None:
        """The object that a path names: by uuid, in any case, or by shortname."""
        found = self._by_uuid.get(uuid_or_shortname.lower())
        return found or self._by_shortname.get(uuid_or_shortname)

    def add(self, resource: R) -> None:
        """Add an object whose shortname is free."""
        self._by_uuid[resource.uuid] = resource
        self._by_shortname[resource.shortname] = resource

    def discard(self, resource: R) -> None:
        """Forget an object; nothing happens if it is not there."""
        self._by_uuid.pop(resource.uuid, None)
        self._by_shortname.pop(resource.shortname, None)


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

    def __init__(self, *, seed: int, limits: Limits, credits: float | None) -> None:
        self.limits = limits
        self.credits = credits
        self.jobs: Collection[Job] = Collection()
        self.tasks: Collection[Task] = Collection()
        self.pools: Collection[Pool] = Collection()
        self.tasks_of_job = Groups()
        self.tasks_of_pool = Groups()
        self.dependents = Groups()
        """Tasks by the uuid of each task they depend on."""
        self.events: list[Event] = []
        """A heap."""
        self._random = random.Random(seed)  # noqa: S311 - it is there to repeat
        self._sequence = 0

    def new_uuid(self) -> str:
        """A fresh uuid; the same ones in the same order for the same seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def next_sequence(self) -> int:
        """The next number of the one counter that orders objects and events."""
        self._sequence += 1
        return self._sequence

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
        for dependency in task.dependencies:
            self.dependents.discard(dependency.task_uuid, task)
