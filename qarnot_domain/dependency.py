"""What a task waits for: other tasks of its job, perhaps in one of some final states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from . import _checks as checks
from . import _codecs as codecs
from ._codecs import Codec, Json, SettableCodec
from ._values import Value, all_of, member, value
from ._words import Known, Word

if TYPE_CHECKING:
    from .job import Job
    from .task import Task


class TaskFinalState(Word):
    """How a task ended, as dependencies name it: a `str`, in any case of letters."""

    __slots__ = ()

    SUCCESS = Known("success")
    FAILURE = Known("failure")
    CANCELLED = Known("cancelled")


class DependencyState(Word):
    """How far a dependency is; a state not known here is kept as it came."""

    __slots__ = ()

    WAITING = Known("waiting")
    CONDITIONS_FULFILLED = Known("dependencyConditionsFulfilled")
    CONDITIONS_NOT_FULFILLED = Known("dependencyConditionsNotFulfilled")


def uuid_of(one: Task | Job | str | None) -> str | None:
    """The uuid of what is named by itself or by its uuid; `None` while it has none."""
    return one if one is None or isinstance(one, str) else one.uuid


def _key(task: Task | str) -> Task | str:
    """What two ways to name the same task have in common."""
    return uuid_of(task) or task


def _is_task(value: object) -> bool:
    return getattr(type(value), "_kind", None) == "task"


def _check_task(member: str, value: Task | str) -> Task | str:
    if isinstance(value, str):
        return checks.check_uuid(member, value)
    if not _is_task(value):
        raise TypeError(f"{member} must be a Task or a uuid, not {type(value).__name__}")
    return value


_TASK: Final[SettableCodec[Task | str, Task | str]] = SettableCodec(
    codecs.read_text, uuid_of, check=_check_task
)


class AdvancedDependency(Value):
    """A task to wait for, and in which of its final states (schema `AdvancedDependency`).

    When it ends in another one, the task that depends on it is cancelled.

    Args:
        task: the `Task`, or its uuid; a task not submitted yet has to be submitted before, or
            together with, the one that depends on it.
        task_final_state_condition: the final states that are accepted: `success`, `failure`,
            `cancelled`; none, the default, means any.

    Raises:
        TypeError, ValueError: an argument that is not allowed.
    """

    task: Task | str = member(_TASK, wire="taskUuid")
    """The task as it was given: its uuid, where the server said it."""
    task_final_state_condition: Sequence[str] = member(
        all_of(codecs.word(TaskFinalState)), default=()
    )
    """The final states that are accepted, `TaskFinalState`s; empty: any."""
    actual_final_state: TaskFinalState | None = member(
        Codec(codecs.word(TaskFinalState).read, str), default=None
    )
    """How the task ended, as the server says."""
    state: DependencyState | None = member(
        Codec(codecs.word(DependencyState).read, str), default=None
    )
    """How far this dependency is, as the server says."""

    @property
    def task_uuid(self) -> str | None:
        """The uuid of the task, `None` while it is not submitted."""
        return uuid_of(self.task)


class TaskDependencies(Value):
    """What a task waits for, either simply or with conditions (schema `TaskDependencies`)."""

    tasks: Sequence[Task | str] = member(all_of(_TASK), default=(), wire="dependsOn")
    """The tasks to wait for simply, as they were given: uuids, where the server said them."""
    advanced_depends_on: Sequence[AdvancedDependency] = member(
        all_of(value(AdvancedDependency)), default=()
    )
    """The tasks to wait for with conditions on how they end."""
    state: DependencyState | None = member(
        Codec(codecs.word(DependencyState).read, str), default=None
    )
    """How far all of it is, as the server says."""

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The uuids of `tasks`, those not submitted yet left out."""
        return tuple(uuid for uuid in map(uuid_of, self.tasks) if uuid is not None)

    def to_json(self) -> dict[str, Json]:
        """The wire form: without tasks not submitted yet, and without a way that is not used."""
        advanced = [one for one in self.advanced_depends_on if one.task_uuid is not None]
        ways: dict[str, Json] = {
            "dependsOn": list(self.depends_on),
            "advancedDependsOn": [one.to_json() for one in advanced],
        }
        written = {name: value for name, value in super().to_json().items() if name not in ways}
        return written | {name: value for name, value in ways.items() if value}

    @property
    def awaited(self) -> Iterator[Task | str]:
        """Every task waited for, simply or with conditions, as it was given."""
        yield from self.tasks
        yield from (dependency.task for dependency in self.advanced_depends_on)

    def __bool__(self) -> bool:
        """Whether anything is waited for."""
        return bool(self.tasks or self.advanced_depends_on)


Dependencies = TaskDependencies | Iterable["Task | str | AdvancedDependency"] | None
"""What `Task.dependencies` may be set to."""


def _check_dependencies(member: str, value: Dependencies) -> TaskDependencies:
    if isinstance(value, TaskDependencies):
        value = (*value.tasks, *value.advanced_depends_on)
    if value is None:
        return TaskDependencies()
    if isinstance(value, (str, Mapping)) or _is_task(value) or not isinstance(value, Iterable):
        raise TypeError(
            f"{member} must be a list of tasks, uuids or AdvancedDependency, "
            f"not {type(value).__name__}"
        )
    given = list(value)
    advanced = {
        (_key(one.task), frozenset(one.task_final_state_condition)): one._as_given()
        for one in given
        if isinstance(one, AdvancedDependency)
    }
    simple = [
        _check_task(f"{member}[{index}]", one)
        for index, one in enumerate(given)
        if not isinstance(one, AdvancedDependency)
    ]
    if simple and advanced:
        raise ValueError(f"{member} must be all simple or all AdvancedDependency, not both")
    awaited = [key for key, _ in advanced]
    if len(set(awaited)) < len(awaited):
        raise ValueError(f"{member} must name each task once, and names {_twice(awaited)} again")
    return TaskDependencies(
        tuple({_key(task): task for task in simple}.values()), tuple(advanced.values())
    )


def _twice(awaited: list[Task | str]) -> str:
    task = next(one for one in awaited if awaited.count(one) > 1)
    return repr(task if isinstance(task, str) else task.name)


def _read_dependencies(value: Json) -> TaskDependencies:
    return TaskDependencies() if value is None else TaskDependencies._read(value)


def _conditions(dependencies: TaskDependencies) -> set[tuple[str | None, frozenset[str]]]:
    every = frozenset(TaskFinalState.known())
    return {(uuid, every) for uuid in dependencies.depends_on} | {
        (one.task_uuid, frozenset(one.task_final_state_condition) or every)
        for one in dependencies.advanced_depends_on
    }


DEPENDENCIES: Final[SettableCodec[TaskDependencies, Dependencies]] = SettableCodec(
    _read_dependencies,
    lambda dependencies: dependencies.to_json() or None,
    check=_check_dependencies,
    same=lambda sent, said: _conditions(sent) == _conditions(said),
)
"""The dependencies of a task."""
