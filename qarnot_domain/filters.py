"""Conditions on jobs, tasks and pools that read like Python and become the API's filter trees.

A field compared with a value is a condition; conditions are joined with `&` and `|`, each in
parentheses. What a field can be compared with, and how, is in its type.

>>> (JobFields.state == JobState.ACTIVE) & JobFields.tags.any_of("a", "b")
(JobFields.state == 'Active') & ((JobFields.tags.contains('a')) | (JobFields.tags.contains('b')))

Source: the schema `Filter` of the API's document (`openapi/qarnot-compute.yaml`), in the
operations `paginateJobs`, `paginateTasks` and `paginatePools`.
"""

from __future__ import annotations

import math
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, ClassVar, Final, Generic, Never, Self, TypeVar

import attrs

from ._checks import check_boolean, check_duration, check_text, check_uuid
from ._codecs import DATE, Json
from .states import JobState, PoolState, State, TaskState

K = TypeVar("K", bound="Fields")
V = TypeVar("V")

_OPERATORS: Final = {
    "==": "Equal",
    "!=": "NotEqual",
    "<": "LessThan",
    "<=": "LessThanOrEqual",
    ">": "GreaterThan",
    ">=": "GreaterThanOrEqual",
    "matches": "Like",
    "is_in": "In",
    "is_not_in": "NotIn",
    # Equal on a list member means "contains".
    "contains": "Equal",
}
"""How a condition is written here -> how the API says it."""


# --- conditions ----------------------------------------------------------------------------


@attrs.frozen
class Condition(ABC, Generic[K]):
    """What the jobs, tasks or pools that are asked for have in common (schema `Filter`).

    Made by comparing fields, never changed, equal to and hashed as any other of the same
    comparisons in the same order. It is neither true nor false: `and`, `or`, `not` and
    `a < x < b` raise `TypeError`.
    """

    kind: type[K]
    """Of what it is a condition: `JobFields`, `TaskFields` or `PoolFields`."""

    @abstractmethod
    def to_json(self) -> dict[str, Json]:
        """The wire form: a filter tree."""

    def __and__(self, other: Condition[K]) -> Condition[K]:
        return self._joined("And", other)

    def __or__(self, other: Condition[K]) -> Condition[K]:
        return self._joined("Or", other)

    def __bool__(self) -> Never:
        raise TypeError(
            "a condition is neither true nor false: write (a) & (b) for 'a and b', (a) | (b) for "
            "'a or b', the opposite comparison for 'not a', (a < x) & (x < b) for 'a < x < b'"
        )

    def _joined(self, operator: str, other: object) -> Condition[K]:
        if not isinstance(other, Condition):
            raise TypeError(f"a condition is joined with another, not {type(other).__name__}")
        if other.kind is not self.kind:
            raise TypeError(
                f"a condition on {self.kind.__name__} cannot be joined with one on "
                f"{other.kind.__name__}"
            )
        return _Group(self.kind, operator, (*self._parts(operator), *other._parts(operator)))

    def _parts(self, operator: str) -> tuple[Condition[K], ...]:  # noqa: ARG002 - of groups
        return (self,)


@attrs.frozen
class _Leaf(Condition[K]):
    """One comparison (schemas `ValueFilter` and `ValuesFilter`)."""

    name: str
    wire: str
    verb: str
    value: Json
    """Several values are a tuple."""

    def to_json(self) -> dict[str, Json]:
        leaf: dict[str, Json] = {"operator": _OPERATORS[self.verb], "field": self.wire}
        if isinstance(self.value, tuple):
            return {**leaf, "values": list(self.value)}
        return {**leaf, "value": self.value}

    def __repr__(self) -> str:
        field = f"{self.kind.__name__}.{self.name}"
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        if self.verb.isidentifier():
            return f"{field}.{self.verb}({value!r})"
        return f"{field} {self.verb} {value!r}"


@attrs.frozen
class _Group(Condition[K]):
    """Conditions of which all or any must hold (schema `LogicalFilter`), none such a group too."""

    operator: str
    conditions: tuple[Condition[K], ...]

    def to_json(self) -> dict[str, Json]:
        filters = [condition.to_json() for condition in self.conditions]
        return {"operator": self.operator, "filters": filters}

    def __repr__(self) -> str:
        sign = " & " if self.operator == "And" else " | "
        return sign.join(f"({condition!r})" for condition in self.conditions)

    def _parts(self, operator: str) -> tuple[Condition[K], ...]:
        return self.conditions if operator == self.operator else (self,)


# --- checking texts ------------------------------------------------------------------------

Check = Callable[[str, str], str]
"""(field, text) -> text as it is sent; raises `TypeError` or `ValueError`."""


def _text(field: str, value: object, check: Check) -> str:
    text = check_text(field, value, shortest=0, longest=sys.maxsize)
    # Of an enumeration or a state, the mere text.
    return str.__str__(check(field, text))


def _any_text(field: str, value: str) -> str:  # noqa: ARG001 - a `Check`
    return value


def _check_pattern(field: str, value: str) -> str:
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{field} must match a regular expression: {error}") from None
    return value


def _state_of(kind: type[State]) -> Check:
    def check(field: str, value: str) -> str:
        if isinstance(value, State) and not isinstance(value, kind):
            raise TypeError(
                f"{field} must be a {kind.__name__} or text, not {type(value).__name__}"
            )
        return value

    return check


# --- kinds of fields -----------------------------------------------------------------------


class Field(ABC, Generic[K]):
    """A member that the API can filter on; its class says how.

    Every comparison raises `TypeError` for a value of the wrong type and `ValueError` for one
    that cannot be, both naming the field.
    """

    kind: type[K]
    """Of what it is a member: `JobFields`, `TaskFields` or `PoolFields`."""
    name: str
    """Its name in this library, such as `creation_date`."""
    wire: str
    """Its name in filters of the API, such as `CreationDate`."""

    def __init__(self, wire: str) -> None:
        self.wire = wire

    def __set_name__(self, owner: type[K], name: str) -> None:
        self.kind = owner
        self.name = name

    def __repr__(self) -> str:
        return f"{self.kind.__name__}.{self.name}"

    def __bool__(self) -> Never:
        raise TypeError(f"{self!r} is a field, not a condition: compare it with something")

    def _condition(self, verb: str, value: Json) -> Condition[K]:
        return _Leaf(self.kind, self.name, self.wire, verb, value)


class _EqualField(Field[K], Generic[K, V]):
    """A field that a value can be equal to."""

    # A comparison that is a condition cannot be the `bool` that `object` promises.
    def __eq__(self, other: V) -> Condition[K]:  # type: ignore[override]
        return self._condition("==", self._write(other))

    def __ne__(self, other: V) -> Condition[K]:  # type: ignore[override]  # as above
        return self._condition("!=", self._write(other))

    def __hash__(self) -> int:
        return object.__hash__(self)

    @abstractmethod
    def _write(self, value: V) -> Json: ...


class _ChosenField(_EqualField[K, V], Generic[K, V]):
    """A field that can also be one of several values."""

    def is_in(self, values: Iterable[V]) -> Condition[K]:
        """Whether it is one of these.

        Raises:
            TypeError: not a list, or one that holds a value of the wrong type.
            ValueError: an empty list, or a value that cannot be.
        """
        return self._condition("is_in", self._several(values))

    def is_not_in(self, values: Iterable[V]) -> Condition[K]:
        """Whether it is none of these; raises as `is_in`."""
        return self._condition("is_not_in", self._several(values))

    def _several(self, values: Iterable[V]) -> tuple[Json, ...]:
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise TypeError(f"{self!r} must be one of a list, not {type(values).__name__}")
        written = tuple(map(self._write, values))
        if not written:
            raise ValueError(f"{self!r} must be one of at least one value")
        return written


class _OrderedField(_ChosenField[K, V], Generic[K, V]):
    """A field that can also be less or more than a value."""

    def __lt__(self, other: V) -> Condition[K]:
        return self._condition("<", self._write(other))

    def __le__(self, other: V) -> Condition[K]:
        return self._condition("<=", self._write(other))

    def __gt__(self, other: V) -> Condition[K]:
        return self._condition(">", self._write(other))

    def __ge__(self, other: V) -> Condition[K]:
        return self._condition(">=", self._write(other))


class FlagField(_EqualField[K, bool]):
    """A field that is true or false: `==` and `!=` with a `bool`."""

    def _write(self, value: bool) -> Json:
        return check_boolean(repr(self), value)


class NumberField(_OrderedField[K, float]):
    """A number: `==`, `!=`, `<`, `<=`, `>`, `>=`, `is_in`, `is_not_in`, with `int` or `float`."""

    def _write(self, value: float) -> Json:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{self!r} must be a number, not {type(value).__name__}")
        if not abs(value) < math.inf:
            raise ValueError(f"{self!r} must be a finite number, not {value}")
        return value


class DateField(_OrderedField[K, datetime]):
    """A date: `==`, `!=`, `<`, `<=`, `>`, `>=`, `is_in`, `is_not_in`, with an aware `datetime`."""

    def _write(self, value: datetime) -> Json:
        if not isinstance(value, datetime):
            raise TypeError(f"{self!r} must be a datetime, not {type(value).__name__}")
        if value.utcoffset() is None:
            raise ValueError(f"{self!r} must be a datetime with a time zone, not {value}")
        try:
            return DATE.write(value.astimezone(UTC))
        except OverflowError:
            raise ValueError(f"{self!r}: the date {value} is out of range") from None


class DurationField(_OrderedField[K, str | timedelta]):
    """A duration: `==`, `!=`, `<`, `<=`, `>`, `>=`, `is_in`, `is_not_in`.

    It is compared with a `timedelta`, or with a text `d.hh:mm:ss` or `hh:mm:ss`, ≥ 0.
    """

    def _write(self, value: str | timedelta) -> Json:
        return str(check_duration(repr(self), value))


class TextField(_ChosenField[K, str]):
    """A text, a state or a uuid: `==`, `!=`, `is_in`, `is_not_in`, `matches`, with text."""

    def __init__(self, wire: str, check: Check = _any_text) -> None:
        super().__init__(wire)
        self._check = check

    def matches(self, pattern: str) -> Condition[K]:
        """Whether this regular expression is found somewhere in it.

        Raises:
            TypeError: not a text.
            ValueError: not a regular expression.
        """
        text = _text(repr(self), pattern, _check_pattern)
        # Some clients write /pattern/, so a server may take these slashes for no part of it.
        if text.startswith("/") and text.endswith("/"):
            text = f"(?:{text})"
        return self._condition("matches", text)

    def _write(self, value: str) -> Json:
        return _text(repr(self), value, self._check)


class OptionalTextField(TextField[K]):
    """A `TextField` that may be null: `==` and `!=` also take `None`.

    The uuid of a job or pool that is not submitted is `None` as well.
    """

    def __eq__(self, other: str | None) -> Condition[K]:  # type: ignore[override]  # as above
        return self._condition("==", None) if other is None else super().__eq__(other)

    def __ne__(self, other: str | None) -> Condition[K]:  # type: ignore[override]  # as above
        return self._condition("!=", None) if other is None else super().__ne__(other)

    def __hash__(self) -> int:
        return object.__hash__(self)


class TextsField(Field[K]):
    """A list of texts: `contains`, `any_of`, `all_of`, with text."""

    def __init__(self, wire: str, check: Check = _any_text) -> None:
        super().__init__(wire)
        self._check = check

    # That of `object` would quietly be `False`; `!=` comes here too.
    def __eq__(self, other: object) -> bool:
        raise TypeError(f"{self!r} is a list: use contains, any_of or all_of")

    def __hash__(self) -> int:
        return object.__hash__(self)

    def contains(self, value: str) -> Condition[K]:
        """Whether this is among them.

        Raises:
            TypeError: not a text.
            ValueError: a text that cannot be.
        """
        return self._condition("contains", _text(repr(self), value, self._check))

    def any_of(self, *values: str) -> Condition[K]:
        """Whether at least one of these is among them.

        Raises:
            TypeError: a value that is not a text; a list of them is none.
            ValueError: no value at all, or one that cannot be.
        """
        return reduce(or_, self._each(values))

    def all_of(self, *values: str) -> Condition[K]:
        """Whether each of these is among them; raises as `any_of`."""
        return reduce(and_, self._each(values))

    def _each(self, values: tuple[str, ...]) -> list[Condition[K]]:
        if not values:
            raise ValueError(f"{self!r} must be compared with at least one value")
        return [self.contains(value) for value in values]


# --- the fields ----------------------------------------------------------------------------


class _Known(type):
    """Refuses a name that is no field with the names of those that are."""

    if not TYPE_CHECKING:  # It would make a type checker believe in any name.

        def __getattr__(cls, name: str) -> Never:
            raise AttributeError(cls._unknown(name))

    def _unknown(cls, name: object) -> str:
        known = (name for name, field in vars(cls).items() if isinstance(field, Field))
        return f"{cls.__name__} has no {name!r}: the API filters on {', '.join(known)}"


class Fields(metaclass=_Known):
    """The fields of one kind of object, as class attributes named as its members."""

    _sortable: ClassVar[tuple[str, ...]]

    @classmethod
    def named(cls, name: str) -> Field[Self]:
        """The field of this name, for names that are not known when the code is written.

        Raises:
            ValueError: there is none; the message lists those there are.
        """
        field = vars(cls).get(name)
        if not isinstance(field, Field):
            raise ValueError(cls._unknown(name))
        return field

    @classmethod
    def order(cls, text: str) -> tuple[str, str]:
        """What a page request says as `orderBy` and `orderType` (schema `PageRequest`).

        Args:
            text: the name of a field to sort by, such as `creation_date`; with a `-` before it,
                from the highest to the lowest.

        Raises:
            TypeError: not a text.
            ValueError: not a field that the API sorts by; the message lists those it does.
        """
        if not isinstance(text, str):
            raise TypeError(f"an order must be text, not {type(text).__name__}")
        name = text.removeprefix("-")
        if name not in cls._sortable:
            raise ValueError(
                f"{cls.__name__} cannot be sorted by {name!r}: "
                f"the API sorts by {', '.join(cls._sortable)}"
            )
        wire = cls.named(name).wire
        return wire[0].lower() + wire[1:], "ASC" if name == text else "DESC"


class JobFields(Fields):
    """What jobs can be filtered by (operation `paginateJobs`): members of `Job`."""

    _sortable = ("creation_date", "name", "state")

    uuid: Final[TextField[JobFields]] = TextField("Uuid", check_uuid)
    name: Final[TextField[JobFields]] = TextField("Name")
    shortname: Final[TextField[JobFields]] = TextField("Shortname")
    pool_uuid: Final[OptionalTextField[JobFields]] = OptionalTextField("PoolUuid", check_uuid)
    state: Final[TextField[JobFields]] = TextField("State", _state_of(JobState))
    previous_state: Final[OptionalTextField[JobFields]] = OptionalTextField(
        "PreviousState", _state_of(JobState)
    )
    state_transition_time: Final[DateField[JobFields]] = DateField("StateTransitionTime")
    previous_state_transition_time: Final[DateField[JobFields]] = DateField(
        "PreviousStateTransitionTime"
    )
    creation_date: Final[DateField[JobFields]] = DateField("CreationDate")
    last_modified: Final[DateField[JobFields]] = DateField("LastModified")
    tags: Final[TextsField[JobFields]] = TextsField("Tags")
    use_dependencies: Final[FlagField[JobFields]] = FlagField("UseDependencies")


class TaskFields(Fields):
    """What tasks can be filtered by (operation `paginateTasks`): members of `Task`."""

    _sortable = ("creation_date", "execution_time", "name", "state")

    uuid: Final[TextField[TaskFields]] = TextField("Uuid", check_uuid)
    name: Final[TextField[TaskFields]] = TextField("Name")
    shortname: Final[TextField[TaskFields]] = TextField("Shortname")
    profile: Final[OptionalTextField[TaskFields]] = OptionalTextField("Profile")
    pool_uuid: Final[OptionalTextField[TaskFields]] = OptionalTextField("PoolUuid", check_uuid)
    job_uuid: Final[OptionalTextField[TaskFields]] = OptionalTextField("JobUuid", check_uuid)
    state: Final[TextField[TaskFields]] = TextField("State", _state_of(TaskState))
    previous_state: Final[OptionalTextField[TaskFields]] = OptionalTextField(
        "PreviousState", _state_of(TaskState)
    )
    state_transition_time: Final[DateField[TaskFields]] = DateField("StateTransitionTime")
    previous_state_transition_time: Final[DateField[TaskFields]] = DateField(
        "PreviousStateTransitionTime"
    )
    creation_date: Final[DateField[TaskFields]] = DateField("CreationDate")
    last_modified: Final[DateField[TaskFields]] = DateField("LastModified")
    end_date: Final[DateField[TaskFields]] = DateField("EndDate")
    tags: Final[TextsField[TaskFields]] = TextsField("Tags")
    dependencies: Final[TextsField[TaskFields]] = TextsField("Dependencies.DependsOn", check_uuid)
    instancecount: Final[NumberField[TaskFields]] = NumberField("InstanceCount")
    advanced_range: Final[OptionalTextField[TaskFields]] = OptionalTextField("AdvancedRanges")
    total_instance_count: Final[NumberField[TaskFields]] = NumberField("TotalInstanceCount")
    running_instance_count: Final[NumberField[TaskFields]] = NumberField("RunningInstanceCount")
    running_core_count: Final[NumberField[TaskFields]] = NumberField("RunningCoreCount")
    progress: Final[NumberField[TaskFields]] = NumberField("Progress")
    execution_time: Final[DurationField[TaskFields]] = DurationField("ExecutionTime")
    wall_time: Final[DurationField[TaskFields]] = DurationField("WallTime")
    auto_delete: Final[FlagField[TaskFields]] = FlagField("AutoDeleteOnCompletion")
    completion_ttl: Final[DurationField[TaskFields]] = DurationField("CompletionTimeToLive")
    wait_for_pool_resources_synchronization: Final[FlagField[TaskFields]] = FlagField(
        "WaitForPoolResourcesSynchronization"
    )
    upload_results_on_cancellation: Final[FlagField[TaskFields]] = FlagField(
        "UploadResultsOnCancellation"
    )
    results: Final[OptionalTextField[TaskFields]] = OptionalTextField("ResultBucket")
    results_bucket: Final[OptionalTextField[TaskFields]] = OptionalTextField("ResultsBucket")
    results_bucket_prefix: Final[OptionalTextField[TaskFields]] = OptionalTextField(
        "ResultsBucketPrefix"
    )
    results_cache_ttl_sec: Final[NumberField[TaskFields]] = NumberField("ResultsCacheTTLSec")
    results_count: Final[NumberField[TaskFields]] = NumberField("ResultsCount")
    results_whitelist: Final[OptionalTextField[TaskFields]] = OptionalTextField("ResultsWhitelist")
    results_blacklist: Final[OptionalTextField[TaskFields]] = OptionalTextField("ResultsBlacklist")
    snapshot_interval: Final[NumberField[TaskFields]] = NumberField("SnapshotInterval")
    snapshot_whitelist: Final[OptionalTextField[TaskFields]] = OptionalTextField(
        "SnapshotWhitelist"
    )
    snapshot_blacklist: Final[OptionalTextField[TaskFields]] = OptionalTextField(
        "SnapshotBlacklist"
    )
    snapshot_bucket: Final[OptionalTextField[TaskFields]] = OptionalTextField("SnapshotBucket")
    snapshot_bucket_prefix: Final[OptionalTextField[TaskFields]] = OptionalTextField(
        "SnapshotBucketPrefix"
    )
    default_resources_cache_ttl_sec: Final[NumberField[TaskFields]] = NumberField(
        "DefaultResourcesCacheTTLSec"
    )
    max_time_queue_seconds: Final[NumberField[TaskFields]] = NumberField("MaxTimeQueueSeconds")
    project_uuid: Final[OptionalTextField[TaskFields]] = OptionalTextField(
        "ProjectUuid", check_uuid
    )
    credits: Final[NumberField[TaskFields]] = NumberField("Credits")


class PoolFields(Fields):
    """What pools can be filtered by (operation `paginatePools`): members of `Pool`."""

    _sortable = ("creation_date", "name", "state")

    uuid: Final[TextField[PoolFields]] = TextField("Uuid", check_uuid)
    name: Final[TextField[PoolFields]] = TextField("Name")
    shortname: Final[TextField[PoolFields]] = TextField("Shortname")
    profile: Final[TextField[PoolFields]] = TextField("Profile")
    state: Final[TextField[PoolFields]] = TextField("State", _state_of(PoolState))
    previous_state: Final[OptionalTextField[PoolFields]] = OptionalTextField(
        "PreviousState", _state_of(PoolState)
    )
    state_transition_time: Final[DateField[PoolFields]] = DateField("StateTransitionTime")
    previous_state_transition_time: Final[DateField[PoolFields]] = DateField(
        "PreviousStateTransitionTime"
    )
    creation_date: Final[DateField[PoolFields]] = DateField("CreationDate")
    last_modified: Final[DateField[PoolFields]] = DateField("LastModified")
    end_date: Final[DateField[PoolFields]] = DateField("EndDate")
    tags: Final[TextsField[PoolFields]] = TextsField("Tags")
    instancecount: Final[NumberField[PoolFields]] = NumberField("InstanceCount")
    target_running_instance_count: Final[NumberField[PoolFields]] = NumberField(
        "TargetRunningInstanceCount"
    )
    running_instance_count: Final[NumberField[PoolFields]] = NumberField("RunningInstanceCount")
    running_core_count: Final[NumberField[PoolFields]] = NumberField("RunningCoreCount")
    queued_or_running_task_instances_count: Final[NumberField[PoolFields]] = NumberField(
        "queuedOrRunningTaskInstancesCount"
    )
    total_slot_capacity: Final[NumberField[PoolFields]] = NumberField("totalSlotCapacity")
    pool_usage: Final[NumberField[PoolFields]] = NumberField("poolUsage")
    execution_time: Final[DurationField[PoolFields]] = DurationField("ExecutionTime")
    wall_time: Final[DurationField[PoolFields]] = DurationField("WallTime")
    auto_delete: Final[FlagField[PoolFields]] = FlagField("AutoDeleteOnCompletion")
    completion_ttl: Final[DurationField[PoolFields]] = DurationField("CompletionTimeToLive")
    is_elastic: Final[FlagField[PoolFields]] = FlagField("ElasticProperty.IsElastic")
    preparation_command_line: Final[OptionalTextField[PoolFields]] = OptionalTextField(
        "PreparationTask.CommandLine"
    )
    tasks_default_wait_for_pool_resources_synchronization: Final[FlagField[PoolFields]] = FlagField(
        "TaskDefaultWaitForPoolResourcesSynchronization"
    )
    default_resources_cache_ttl_sec: Final[NumberField[PoolFields]] = NumberField(
        "DefaultResourcesCacheTTLSec"
    )
    max_time_queue_seconds: Final[NumberField[PoolFields]] = NumberField("MaxTimeQueueSeconds")
    project_uuid: Final[OptionalTextField[PoolFields]] = OptionalTextField(
        "ProjectUuid", check_uuid
    )
