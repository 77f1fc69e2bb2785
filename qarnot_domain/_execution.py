"""What tasks and pools have in common: both run containers, and say how that goes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final

from . import _codecs as codecs
from ._codecs import Wire
from ._fields import Committable, ServerField, SubmitOnce
from ._gateway import Executing, Stream
from ._resource import Resource
from .bucket import RESOURCE_BUCKETS, RESOURCES, ResourcesBucket
from .execution_settings import (
    FORCED_CONSTANTS,
    NETWORK_RULES,
    PRIVILEGES,
    SCHEDULING_TYPE,
    SECRETS_ACCESS_RIGHTS,
    ForcedConstant,
    ForcedNetworkRule,
    Privileges,
    SchedulingType,
    SecretsAccessRights,
)
from .hardware_constraint import HARDWARE_CONSTRAINTS, HardwareConstraint
from .status import ERRORS, STATUS, Status, TaskError
from .timespan import TimeSpan

_LARGEST_UINT32: Final = 2**32 - 1


class Constants(MutableMapping[str, str]):
    """The constants of a task or pool: setting or deleting one sets the member anew."""

    def __init__(self, owner: Execution) -> None:
        self._owner = owner
        # Asked for once: however many constants there are, they are of the same moment.
        self._constants = owner._constants

    def __getitem__(self, name: str) -> str:
        return self._constants[name]

    def __setitem__(self, name: str, value: str) -> None:
        self._set({**self._constants, name: value})

    def __delitem__(self, name: str) -> None:
        rest = dict(self._constants)
        del rest[name]
        self._set(rest)

    def _set(self, constants: Mapping[str, str]) -> None:
        self._owner.constants = constants
        self._constants = constants

    def __iter__(self) -> Iterator[str]:
        return iter(self._constants)

    def __len__(self) -> int:
        return len(self._constants)

    def __repr__(self) -> str:
        """Without the values, which may be passwords."""
        return f"Constants({', '.join(self)})"


class Execution(Resource):
    """What runs containers: a task or a pool."""

    __slots__ = ()

    _executing: ClassVar[Executing]

    forced_constants: SubmitOnce[Mapping[str, ForcedConstant], Mapping[str, ForcedConstant]] = (
        SubmitOnce("forcedConstants", FORCED_CONSTANTS, MappingProxyType({}))
    )
    """Constants of the profile given another value, by name; settable until submission."""

    constraints: SubmitOnce[Mapping[str, str], Mapping[str, str]] = SubmitOnce(
        "constraints", codecs.CONSTRAINTS, MappingProxyType({})
    )
    """Constraints on where it runs, by name, for administrators; settable until submission."""

    forced_network_rules: SubmitOnce[list[ForcedNetworkRule], Iterable[ForcedNetworkRule]] = (
        SubmitOnce("forcedNetworkRules", NETWORK_RULES, [])
    )
    """Rules of its network; settable until submission."""

    hardware_constraints: SubmitOnce[list[HardwareConstraint], Iterable[HardwareConstraint]] = (
        SubmitOnce("hardwareConstraints", HARDWARE_CONSTRAINTS, [])
    )
    """What its machines must have; settable until submission, and not for a task in a pool."""

    secrets_access_rights: SubmitOnce[SecretsAccessRights | None, SecretsAccessRights | None] = (
        SubmitOnce("secretsAccessRights", SECRETS_ACCESS_RIGHTS, None)
    )
    """Which secrets it may read, or `None`; settable until submission."""

    labels: SubmitOnce[Mapping[str, str], Mapping[str, str]] = SubmitOnce(
        "labels", codecs.LABELS, MappingProxyType({})
    )
    """Custom texts by name; settable until submission."""

    resources: SubmitOnce[list[ResourcesBucket], Iterable[ResourcesBucket | str]] = SubmitOnce(
        "advancedResourceBuckets", RESOURCES, []
    )
    """The buckets it takes its input from, at most 100, set as `ResourcesBucket`s or names.

    Settable until submission; excludes `resource_buckets`.
    """

    resource_buckets: SubmitOnce[list[str], Iterable[str]] = SubmitOnce(
        "resourceBuckets", RESOURCE_BUCKETS, []
    )
    """The names of the buckets it takes its input from whole, at most 100; excludes `resources`."""

    scheduling_type: SubmitOnce[SchedulingType | None, str | None] = SubmitOnce(
        "schedulingType", SCHEDULING_TYPE, None
    )
    """How it gets its machines, a `SchedulingType`; `None` for the account's default.

    Settable until submission, also as text.
    """

    targeted_reserved_machine_key: SubmitOnce[str | None, str | None] = SubmitOnce(
        "targetedReservedMachineKey", codecs.ANY_TEXT, None
    )
    """The key of the reserved machines to use; needs `SchedulingType.RESERVED`. Deprecated."""

    targeted_reservation_name: SubmitOnce[str | None, str | None] = SubmitOnce(
        "targetedReservationName", codecs.ANY_TEXT, None
    )
    """The name of the reservation to use; needs `SchedulingType.RESERVED`."""

    default_resources_cache_ttl_sec: SubmitOnce[int | None, int | None] = SubmitOnce(
        "defaultResourcesCacheTTLSec", codecs.COUNT, None
    )
    """How long its input may be cached, in seconds; `None` for the server's default, 90 days."""

    privileges: SubmitOnce[Privileges | None, Privileges | None] = SubmitOnce(
        "privileges", PRIVILEGES, None
    )
    """What its containers may know of the account; `None` for the server's default."""

    max_time_queue_seconds: SubmitOnce[int | None, int | None] = SubmitOnce(
        "maxTimeQueueSeconds", codecs.optional(codecs.integer(most=_LARGEST_UINT32)), None
    )
    """How long it may wait for machines, in seconds, 0 to 4294967295, or `None` for ever."""

    project_uuid: SubmitOnce[str | None, str | None] = SubmitOnce(
        "projectUuid", codecs.OPTIONAL_UUID, None
    )
    """The uuid of the project it is billed to; `None` for the account's default."""

    errors: ServerField[list[TaskError]] = ServerField("errors", ERRORS, [])
    """Why it failed: a list of `TaskError`, empty if it did not."""

    status: ServerField[Status | None] = ServerField("status", STATUS, None)
    """How far its instances are, or `None` before any runs."""

    running_instance_count: ServerField[int | None] = ServerField(
        "runningInstanceCount", codecs.REPORTED_INTEGER, None
    )
    """How many instances run, or `None`."""

    running_core_count: ServerField[int | None] = ServerField(
        "runningCoreCount", codecs.REPORTED_INTEGER, None
    )
    """How many cores they use, or `None`."""

    execution_time: ServerField[TimeSpan | None] = ServerField(
        "executionTime", codecs.SPAN_SAID, None
    )
    """How long its instances have run, all together, as a `TimeSpan`, or `None`."""

    wall_time: ServerField[TimeSpan | None] = ServerField("wallTime", codecs.SPAN_SAID, None)
    """The time since its creation, until its end if it has ended, or `None`."""

    end_date: ServerField[datetime | None] = ServerField("endDate", codecs.DATE, None)
    """When it ended: an aware `datetime` in UTC, or `None` while it has not."""

    _constants: Committable[Mapping[str, str], Mapping[str, str]]

    @property
    def constants(self) -> Constants:
        """Its constants, such as `DOCKER_CMD`: texts by name, at most 150 (50 for a pool).

        Settable whole (`task.constants = {...}`) or one at a time
        (`task.constants["DOCKER_CMD"] = ...`), with the same checks: until submission, and after
        it for `commit` to send.
        """
        return Constants(self)

    @constants.setter
    def constants(self, value: Mapping[str, str]) -> None:
        self._constants = value

    def _check_draft(self) -> None:
        self._exclude("resource_buckets", "resources")
        targets = ("targeted_reserved_machine_key", "targeted_reservation_name")
        for target in targets:
            if (
                self._own.draft[target]
                and self._own.draft["scheduling_type"] != SchedulingType.RESERVED
            ):
                raise ValueError(
                    f"{target} needs scheduling_type {SchedulingType.RESERVED!r}, "
                    f"not {self._own.draft['scheduling_type']!r}"
                )

    def _exclude(self, one: str, other: str) -> None:
        """Raise `ValueError` when both members hold something."""
        if self._own.draft[one] and self._own.draft[other]:
            raise ValueError(f"{one} and {other} exclude each other: empty one of them")

    def commit(self) -> None:
        """Send the members that were set since submission; does nothing when none was.

        Raises:
            ValueError: a constant would go out as the server masks it, and be lost; ways for a pool
                to scale exclude each other, or contradict themselves.
            MissingTaskException, MissingPoolException: it is gone.
            UnauthorizedException, QarnotGenericException: it is not submitted, or the server
                refused or failed; the members stay as they were set.
        """
        own = self._own
        with own.lock:
            cache = self._bound("commit")
            staged = own.staged
            if not staged:
                return
            known = cache.value.values
            self._refuse_masked(known, staged)
            self._check_update({**self._initial, **known}, staged)
            members = [member for member in self._members if member.name in staged]
            try:
                self._send_update(
                    cache.value.uuid, {m.wire: m.codec.write(staged[m.name]) for m in members}
                )
            except BaseException:
                # Its answer may be all that was lost.
                cache.expire()
                raise
            cache.replace(cache.value.with_values(staged))
            own.given.update(staged)
            own.staged = MappingProxyType({})

    def _check_update(self, known: Mapping[str, object], staged: Mapping[str, object]) -> None:
        """Raise `ValueError` for staged members that exclude others, staged or known."""

    @property
    def _secrets(self) -> Mapping[str, object]:
        """The constants as this program gave them, where the server masks them."""
        given = self._own.given.get("constants")
        return given if isinstance(given, Mapping) else {}

    def _refuse_masked(self, known: Mapping[str, object], staged: Mapping[str, object]) -> None:
        said, given = known.get("constants"), staged.get("constants")
        if isinstance(said, Mapping) and isinstance(given, Mapping):
            for name, value in given.items():
                is_theirs = said.get(name) == value and self._secrets.get(name) != value
                if codecs.is_masked(name) and is_theirs:
                    raise ValueError(
                        f"constants: {name} is known only as the server masks it; set it anew"
                    )

    def update_resources(self) -> None:
        """Take in what was added to its buckets since it started.

        Raises:
            InvalidRequestException: it is not running.
            MissingTaskException, MissingPoolException: it is gone.
            UnauthorizedException, QarnotGenericException: it is not submitted, or the server
                refused or failed.
        """
        self._resync(self._identified("update_resources"))

    # --- output --------------------------------------------------------------------------------

    def stdout(self, instanceId: int | None = None) -> str:  # noqa: N803  (the official name)
        """What its instances wrote to their standard output, as much as the server keeps.

        Args:
            instanceId: of this instance alone; by default of all.

        Raises:
            TypeError, ValueError: `instanceId` is not an int ≥ 0.
            MissingTaskException, MissingPoolException: it is gone.
            MissingTaskInstanceException, MissingPoolInstanceException: it, or the instance, is.
            UnauthorizedException, QarnotGenericException: it is not submitted, or the server
                refused or failed.
        """
        return self._output("stdout", instanceId, fresh=False)

    def stderr(self, instanceId: int | None = None) -> str:  # noqa: N803  (the official name)
        """As `stdout`, of the standard error."""
        return self._output("stderr", instanceId, fresh=False)

    def fresh_stdout(self, instanceId: int | None = None) -> str:  # noqa: N803
        """What came to `stdout` since it was last asked for like this, by anyone.

        Asking consumes it: a request whose answer is lost is not repeated, and what it held is
        only in `stdout`. Arguments and errors are those of `stdout`.
        """
        return self._output("stdout", instanceId, fresh=True)

    def fresh_stderr(self, instanceId: int | None = None) -> str:  # noqa: N803
        """As `fresh_stdout`, of the standard error."""
        return self._output("stderr", instanceId, fresh=True)

    def _output(self, stream: Stream, instance: int | None, *, fresh: bool) -> str:
        if instance is not None:
            _INSTANCE_ID.check("instanceId", instance)
        uuid = self._identified(stream)
        gateway = self._connection._gateway
        return gateway.output(self._executing, stream, uuid, instance, fresh=fresh)

    @abstractmethod
    def _send_update(self, uuid: str, wire: Wire) -> None:
        """Send what `commit` changes."""

    @abstractmethod
    def _resync(self, uuid: str) -> None:
        """Send `update_resources`."""


_INSTANCE_ID: Final = codecs.integer()
