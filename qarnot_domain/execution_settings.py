"""How a task or pool runs, besides what it runs: retries, privileges, scheduling, secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from . import _codecs as codecs
from ._codecs import Json, SettableCodec, Wire
from ._values import Value, all_of, member, value
from ._words import Known, Word


class SchedulingType(Word):
    """How instances get their machines (schema `SchedulingType`): a `str`, in any case of letters.

    A type that this version of the library does not know is kept as it came.
    """

    __slots__ = ()

    FLEX = Known("flex")
    """Interruptible, the API's default."""
    ON_DEMAND = Known("onDemand")
    RESERVED = Known("reserved")
    """On the account's own machines; the only one in which a target can be named."""


class RetrySettings(Value):
    """How often failed instances run again; both 0 or `None`: never, and the stricter one wins."""

    max_total_retries: int | None = member(codecs.integer(), default=None)
    """Retries of all instances together, ≥ 0."""
    max_per_instance_retries: int | None = member(codecs.integer(), default=None)
    """Retries of each instance, ≥ 0."""


class Privileges(Value):
    """What the container may know (schema `Privileges`)."""

    export_api_and_storage_credentials_in_environment: bool | None = member(
        codecs.BOOLEAN, default=None
    )
    """Whether the account's credentials are in its environment; `None` leaves it to the pool."""


class MultiSlotsSettings(Value):
    """How a pool's nodes are divided (schema `MultiSlotsSettings`)."""

    slots_per_node: int | None = member(codecs.integer(most=2**32 - 1), default=None)
    """How many instances a node runs at a time, 0 to 4294967295."""


class ForcedConstantAccess(Word):
    """Whether tasks may change a forced constant."""

    __slots__ = ()

    READ_ONLY = Known("readOnly")
    READ_WRITE = Known("readWrite")


class ForcedConstant(Value):
    """A constant that the profile's own value gives way to; its name is the key it is kept by."""

    forced_value: str | None = member(codecs.text(shortest=0), default=None, shown=False)
    force_export_in_environment: bool | None = member(codecs.BOOLEAN, default=None)
    access: str | None = member(codecs.word(ForcedConstantAccess), default=None)
    """A `ForcedConstantAccess`; also settable as text, `readOnly` or `readWrite`."""


class ForcedNetworkRule(Value):
    """A rule of the network of instances (schema `ForcedNetworkRule`)."""

    inbound: bool = member(codecs.BOOLEAN)
    """Whether it is for traffic that comes in."""
    proto: str = member(codecs.text())
    """The protocol, such as `tcp` or `udp`."""
    port: str | None = member(codecs.text(shortest=0), default=None)
    to: str | None = member(codecs.text(shortest=0), default=None)
    public_host: str | None = member(codecs.text(shortest=0), default=None)
    public_port: str | None = member(codecs.text(shortest=0), default=None)
    forwarder: str | None = member(codecs.text(shortest=0), default=None)
    priority: str | None = member(codecs.text(shortest=0), default=None)
    description: str | None = member(codecs.text(shortest=0), default=None)
    to_qbox: bool | None = member(codecs.BOOLEAN, default=None, wire="toQBox")
    to_payload: bool | None = member(codecs.BOOLEAN, default=None)
    name: str | None = member(codecs.text(shortest=0), default=None)
    application_type: str | None = member(codecs.text(shortest=0), default=None)


class SecretAccessRightBySecret(Value):
    """The right to read one secret."""

    key: str = member(codecs.text())


class SecretAccessRightByPrefix(Value):
    """The right to read every secret whose key begins with a text."""

    prefix: str = member(codecs.text(shortest=0))


class SecretsAccessRights(Value):
    """Which of the account's secrets the container may read (schema `SecretsAccessRights`)."""

    by_secret: Sequence[SecretAccessRightBySecret] = member(
        all_of(value(SecretAccessRightBySecret)), default=()
    )
    by_prefix: Sequence[SecretAccessRightByPrefix] = member(
        all_of(value(SecretAccessRightByPrefix)), default=()
    )


# --- as members of tasks and pools ---------------------------------------------------------


def _read_forced_constants(value: Json) -> Mapping[str, ForcedConstant]:
    constants: dict[str, ForcedConstant] = {}
    for wire in map(codecs.read_object, codecs.read_list(value)):
        rest = dict(wire)
        name = codecs.read_text(rest.pop("constantName", None))
        constants[name] = ForcedConstant.from_json(rest)
    return MappingProxyType(constants)


def _write_forced_constants(constants: Mapping[str, ForcedConstant]) -> Json:
    written: list[Wire] = [
        {"constantName": name, **constant.to_json()} for name, constant in constants.items()
    ]
    return written or None


FORCED_CONSTANTS: Final[
    SettableCodec[Mapping[str, ForcedConstant], Mapping[str, ForcedConstant]]
] = SettableCodec(
    _read_forced_constants,
    _write_forced_constants,
    check=codecs.mapping(value(ForcedConstant)),
)
NETWORK_RULES: Final = codecs.listed(value(ForcedNetworkRule))
PRIVILEGES: Final = codecs.optional(value(Privileges))
RETRY_SETTINGS: Final = codecs.optional(value(RetrySettings))
SCHEDULING_TYPE: Final[SettableCodec[SchedulingType | None, str | None]] = codecs.optional(
    codecs.word(SchedulingType)
)
SECRETS_ACCESS_RIGHTS: Final = codecs.optional(value(SecretsAccessRights))
MULTI_SLOTS_SETTINGS: Final = codecs.optional(value(MultiSlotsSettings))
