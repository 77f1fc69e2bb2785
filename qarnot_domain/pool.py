"""Pools: nodes kept ready, in which jobs and tasks run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Generic, Self, TypeVar, cast, overload

from . import _codecs as codecs
from ._codecs import SettableCodec, Wire
from ._execution import Execution
from ._fields import Committable, Explained, ServerField, StateField, SubmitOnce
from ._sending import Answer, Tries
from .exceptions import MissingPoolException
from .execution_settings import (
    MULTI_SLOTS_SETTINGS,
    RETRY_SETTINGS,
    MultiSlotsSettings,
    RetrySettings,
)
from .scaling import (
    ELASTIC_PROPERTY,
    PREPARATION,
    SCALING,
    ElasticProperty,
    PreparationTask,
    Scaling,
)
from .states import PoolState

if TYPE_CHECKING:
    from .connection import Connection
    from .job import Job
    from .task import Task

_MOST_TAGS: Final = 10
_MOST_CONSTANTS: Final = 50

_NODES: Final[SettableCodec[int, int]] = SettableCodec(
    lambda value: 0 if value is None else codecs.read_integer(value),
    codecs.unchanged,
    check=codecs.integer().check,
)

T = TypeVar("T")


class _Elastic(Explained, Generic[T]):
    """One member of `Pool.elastic_property`, by the official SDK's name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __set_name__(self, owner: type, name: str) -> None:
        super().__set_name__(owner, name)
        self._public_name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Pool, owner: type) -> T: ...
    def __get__(self, instance: Pool | None, owner: type) -> Self | T:
        if instance is None:
            return self
        return cast(T, getattr(instance.elastic_property or _NOT_ELASTIC, self._name))

    def __set__(self, instance: Pool, value: T) -> None:
        present = instance.elastic_property or _NOT_ELASTIC
        present._check_member(self._name, value, shown_as=self._public_name)
        instance.elastic_property = present._with(self._name, value)


_NOT_ELASTIC: Final = ElasticProperty(is_elastic=False)

_TAKEN_AWAY: Final[Wire] = {"scaling": {"policies": []}, "elasticProperty": {"isElastic": False}}
"""What is sent for a way to scale that is set to `None` after submission."""


def _check_size(values: Mapping[str, object]) -> None:
    """Raise `ValueError` for ways to scale that exclude each other, or contradict themselves."""
    elastic = values["elastic_property"]
    if not isinstance(elastic, ElasticProperty) or not elastic.is_elastic:
        return
    scaling = values["scaling"]
    if isinstance(scaling, Scaling) and scaling.policies:
        raise ValueError("elastic_property and scaling exclude each other: empty one of them")
    if elastic.min_total_slots > elastic.max_total_slots:
        raise ValueError(
            f"elastic_minimum_slots {elastic.min_total_slots} must not exceed "
            f"elastic_maximum_slots {elastic.max_total_slots}"
        )


class Pool(Execution):
    """A pool of nodes (operations `createPool`, `retrievePool`, `closePool`, `deletePool`).

    Of a fixed size, elastic (`setup_elastic`), or scaling (`scaling`). Get one from
    `Connection.create_pool`, `Connection.retrieve_pool` or `Connection.pools`. Creating a `Pool`
    sends nothing; `submit()` does, once. Afterwards only `tags`, `constants`, `scaling` and
    `elastic_property` can be set, for `commit()`.

    Args:
        connection: the cluster to run it on.
        name: text of 1 to 2047 characters.
        profile: the profile its nodes run.
        instancecount: how many nodes, ≥ 0, default 1; of no consequence when it scales.
        shortname: a DNS label, unique on the cluster; the server's default is the uuid.

    Raises:
        TypeError, ValueError: an argument that is not allowed.
    """

    __slots__ = ()

    _kind = "pool"
    _executing = "pool"
    _missing = MissingPoolException
    _born = PoolState.SUBMITTED
    _deleting = PoolState.PENDING_DELETE

    profile: SubmitOnce[str, str] = SubmitOnce("profile", codecs.NAME, "")
    """The profile its nodes run: text, settable until submission."""

    instancecount: SubmitOnce[int, int] = SubmitOnce("instanceCount", _NODES, 1)
    """How many nodes it asks for: an int ≥ 0, default 1, settable until submission."""

    tags: Committable[list[str], Iterable[str]] = Committable(
        "tags", codecs.tags(most=_MOST_TAGS), []
    )
    """Custom tags, at most 10; settable until submission, and after it for `commit`."""

    elastic_property: Committable[ElasticProperty | None, ElasticProperty | None] = Committable(
        "elasticProperty", ELASTIC_PROPERTY, None
    )
    """How it grows and shrinks, if it is elastic; excludes `scaling`, which can do more.

    Settable until submission, and after it for `commit`.
    """

    scaling: Committable[Scaling | None, Scaling | None] = Committable("scaling", SCALING, None)
    """How its number of slots follows its work, or `None`.

    Settable until submission, and after it for `commit`.
    """

    tasks_default_wait_for_pool_resources_synchronization: SubmitOnce[bool | None, bool | None] = (
        SubmitOnce("taskDefaultWaitForPoolResourcesSynchronization", codecs.FLAG, None)
    )
    """Whether its tasks wait until it has its input, unless they say so themselves."""

    default_retry_settings: SubmitOnce[RetrySettings | None, RetrySettings | None] = SubmitOnce(
        "defaultRetrySettings", RETRY_SETTINGS, None
    )
    """How often failed instances of its tasks run again, unless the tasks say so themselves."""

    multi_slots_settings: SubmitOnce[MultiSlotsSettings | None, MultiSlotsSettings | None] = (
        SubmitOnce("multiSlotsSettings", MULTI_SLOTS_SETTINGS, None)
    )
    """How its nodes are divided into slots, or `None`; settable until submission."""

    state: StateField[PoolState] = StateField(
        "state", codecs.state(PoolState), PoolState.UNSUBMITTED
    )
    """Its state, a `PoolState`; `UnSubmitted` before submission.

    Once it is final it is not asked for again: `update` tells that it was deleted since.
    """

    target_running_instance_count: ServerField[int | None] = ServerField(
        "targetRunningInstanceCount", codecs.REPORTED_INTEGER, None
    )
    """How many nodes it is on its way to, or `None`."""

    queued_or_running_task_instances_count: ServerField[int | None] = ServerField(
        "queuedOrRunningTaskInstancesCount", codecs.REPORTED_INTEGER, None
    )
    """How many instances of tasks run in it or wait for it, or `None`."""

    total_slot_capacity: ServerField[int | None] = ServerField(
        "totalSlotCapacity", codecs.REPORTED_INTEGER, None
    )
    """How many instances of tasks it can run at a time, or `None`."""

    pool_usage: ServerField[float | None] = ServerField("poolUsage", codecs.REPORTED_NUMBER, None)
    """How much of it is in use, as the API gives it, or `None`."""

    is_elastic: _Elastic[bool] = _Elastic("is_elastic")
    """Whether it is elastic; as those below, a member of `elastic_property`."""
    elastic_minimum_slots: _Elastic[int] = _Elastic("min_total_slots")
    """How many slots it keeps at least, ≥ 0, default 0."""
    elastic_maximum_slots: _Elastic[int] = _Elastic("max_total_slots")
    """How many slots it has at most, ≥ 0, default 1."""
    elastic_minimum_idle_slots: _Elastic[int] = _Elastic("min_idle_slots")
    """How many idle slots it keeps at least, ≥ 0, default 0."""
    elastic_minimum_idle_time: _Elastic[int] = _Elastic("min_idle_time_seconds")
    """How long a slot is idle at least before it is given up, in seconds, ≥ 0, default 0."""
    elastic_resize_factor: _Elastic[float] = _Elastic("ramp_resize_factor")
    """How fast it is resized: 0 to 1, default 1."""
    elastic_resize_period: _Elastic[int] = _Elastic("resize_period")
    """How often it is resized, in seconds, ≥ 0, default 90."""

    _preparation: SubmitOnce[PreparationTask | None, str | None] = SubmitOnce(
        "preparationTask", PREPARATION, None, name="preparation_command_line"
    )
    _constants: Committable[Mapping[str, str], Mapping[str, str]] = Committable(
        "constants",
        codecs.constants(most=_MOST_CONSTANTS),
        MappingProxyType({}),
        name="constants",
    )

    def __init__(
        self,
        connection: Connection,
        name: str,
        profile: str,
        instancecount: int = 1,
        shortname: str | None = None,
    ) -> None:
        super().__init__(connection, name, shortname)
        self.profile = profile
        self.instancecount = instancecount

    @property
    def preparation_command_line(self) -> str | None:
        """The command that prepares each node, or `None`; settable until submission."""
        preparation = self._preparation
        return None if preparation is None else preparation.command_line or None

    @preparation_command_line.setter
    def preparation_command_line(self, command: str | None) -> None:
        self._preparation = command

    def setup_elastic(
        self,
        minimum_total_slots: int = 0,
        maximum_total_slots: int = 1,
        minimum_idle_slots: int = 0,
        minimum_idle_time_seconds: int = 0,
        resize_factor: float = 1.0,
        resize_period: int = 90,
    ) -> None:
        """Make it elastic; as setting `elastic_property`.

        Args:
            minimum_total_slots: how many slots it always has, ≥ 0.
            maximum_total_slots: how many it has at most, ≥ 0.
            minimum_idle_slots: how many it keeps free, ≥ 0.
            minimum_idle_time_seconds: how long a slot is idle before it goes, in seconds, ≥ 0.
            resize_factor: how fast it is resized, 0 to 1.
            resize_period: how often it is resized, in seconds, ≥ 0.

        Raises:
            TypeError, ValueError: an argument that is not allowed.
        """
        self.elastic_property = ElasticProperty(
            is_elastic=True,
            min_total_slots=minimum_total_slots,
            max_total_slots=maximum_total_slots,
            min_idle_slots=minimum_idle_slots,
            min_idle_time_seconds=minimum_idle_time_seconds,
            ramp_resize_factor=resize_factor,
            resize_period=resize_period,
        )

    def _check_draft(self) -> None:
        super()._check_draft()
        _check_size(self._own.draft)

    def _check_update(self, known: Mapping[str, object], staged: Mapping[str, object]) -> None:
        # How a server contradicts itself must not keep other members from being sent.
        if not staged.keys().isdisjoint({"elastic_property", "scaling"}):
            _check_size({**known, **staged})

    @property
    def jobs(self) -> list[Job]:
        """The jobs in it, one request (`listPoolJobs`) each time it is read.

        An empty list before submission. Raises as `update` does.
        """
        uuid = self.uuid
        if uuid is None:
            return []
        return self._connection._jobs.listed(self._connection._gateway.list_pool_jobs(uuid))

    @property
    def tasks(self) -> list[Task]:
        """The tasks in it, one request (`listPoolTasks`) each time it is read.

        An empty list before submission. Raises as `update` does.
        """
        uuid = self.uuid
        if uuid is None:
            return []
        return self._connection._tasks.listed(self._connection._gateway.list_pool_tasks(uuid))

    def close(self) -> None:
        """Close it: it takes no more tasks; the next read of `state` shows the server's word.

        Raises:
            MissingPoolException: it is gone.
            UnauthorizedException: it does not run, or the token does not allow this.
            QarnotGenericException: it is not submitted, or the server failed.
        """
        cache = self._bound("close")
        try:
            self._connection._gateway.close_pool(cache.value.uuid)
        finally:
            # Also after a failure: its answer may be all that was lost.
            cache.expire()

    def delete(self) -> None:
        """Delete it on the server, closing it first if it runs; does nothing before submission.

        Raises:
            MissingPoolException: it is gone already.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
        """
        self._delete(self._connection._gateway.delete_pool)

    def _create(self, wire: Wire, tries: Tries) -> str:
        return self._connection._gateway.create_pool(wire, tries)

    @staticmethod
    def _retrieve(connection: Connection, uuid: str) -> Answer[Wire]:
        return connection._gateway.retrieve_pool(uuid)

    def _send_update(self, uuid: str, wire: Wire) -> None:
        # Null would leave it as it is.
        update = {name: _TAKEN_AWAY.get(name) if v is None else v for name, v in wire.items()}
        self._connection._gateway.update_pool(uuid, update)

    def _resync(self, uuid: str) -> None:
        self._connection._gateway.resync_pool(uuid)
