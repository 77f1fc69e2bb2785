"""What the server said of an object at one moment: never changed, only replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any, Final, Protocol, Self

from ._cache import NEVER, Cached
from ._codecs import Codec, Json, Wire
from .states import State

DEFAULT_UPDATE_CACHE_TIME: Final = 5.0
"""How long, in seconds, what the server said serves reads before the next one asks again."""

ABSENT: Final = object()
"""What stands for a member of which nothing was said."""

UNREADABLE: Final = (ValueError, TypeError, RecursionError)
"""What reading raises on JSON that is not what the document says."""


class Member(Protocol):
    """A member of an object, as far as reading it is concerned."""

    name: str
    wire: str
    codec: Codec[Any]


class Snapshot:
    """The members of an object, read whole, so that a broken answer is told at once."""

    __slots__ = ("extra", "uuid", "values")

    def __init__(
        self,
        uuid: str,
        values: Mapping[str, object],
        extra: Wire = MappingProxyType({}),
    ) -> None:
        """Take what was read.

        Args:
            uuid: the identifier.
            values: member name -> value; in part of an object, those it lacks are not there.
            extra: what the server said and no member reads, as it came.
        """
        self.uuid: Final = uuid
        self.values: Final = values
        self.extra: Final = extra

    @classmethod
    def read(
        cls, members: Iterable[Member], uuid: str, wire: Wire, *, is_part: bool = False
    ) -> Self:
        """The snapshot in a JSON object, or in part of one.

        Raises:
            ValueError: it cannot be read; the message names the member.
        """
        rest = dict(wire)
        rest.pop("uuid", None)
        take = rest.pop
        values: dict[str, object] = {}
        for member in members:
            if not is_part or member.wire in rest:
                try:
                    values[member.name] = member.codec.read(take(member.wire, None))
                except UNREADABLE as error:
                    raise unreadable(member, error) from error
        return cls(uuid, values, deepcopy(rest) if rest else {})

    def write(self, members: Iterable[Member]) -> dict[str, Json]:
        """The JSON object again."""
        known = {
            member.wire: member.codec.write(self.values[member.name])
            for member in members
            if member.name in self.values
        }
        return {"uuid": self.uuid, **known, **deepcopy(dict(self.extra))}

    def with_values(self, values: Mapping[str, object]) -> Self:
        return type(self)(self.uuid, {**self.values, **values}, self.extra)


class CachedSnapshot(Cached[Snapshot]):
    """The snapshot of an object, and its state apart, since no member is read as often."""

    __slots__ = ("is_final", "state", "state_until")

    state: State | None
    """`None` in part of an object, without it."""
    is_final: bool
    """Whether nothing but a deletion can follow, unless that was called in question."""
    state_until: float
    """As `fresh_until`, but `NEVER` without a state."""

    def _take(self, value: Snapshot, fetched_at: float) -> None:
        state = value.values.get("state")
        self.state = state if isinstance(state, State) else None
        self.is_final = self.state is not None and self.state.is_final and fetched_at > NEVER
        super()._take(value, fetched_at)
        self.state_until = NEVER if self.state is None else self.fresh_until


def unreadable(member: Member, error: Exception) -> ValueError:
    return ValueError(f"{member.wire}: {error}")
