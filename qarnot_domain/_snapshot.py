"""What the server said of an object at one moment: read whole, or kept as it came until asked.

An object that was asked for alone is read whole, so that a broken answer is told at once. Of the
many in a listing mostly few members are read, so each is read when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from copy import deepcopy
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, cast

import attrs
import msgspec
from msgspec import UNSET

from ._cache import NEVER
from ._clock import Clock
from ._codecs import Codec, Json, Wire
from ._pages import Head, Pages
from .states import State

if TYPE_CHECKING:
    from ._sending import Origin

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


def final_state(values: Mapping[str, object]) -> State | None:
    state = values.get("state")
    return state if isinstance(state, State) and state.is_final else None


@attrs.frozen
class Snapshot:
    """The members of an object: never changed, only replaced."""

    uuid: str
    values: Mapping[str, object] = attrs.field(repr=False)
    """Member name -> value; in part of an object, those it lacks are not there."""
    extra: Wire = attrs.field(default=MappingProxyType({}), repr=False)
    """What the server said and no member reads, as it came."""
    final: State | None = attrs.field(
        init=False, default=attrs.Factory(lambda self: final_state(self.values), takes_self=True)
    )
    """The state, if it is one in which nothing runs any more."""

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
        return attrs.evolve(self, values={**self.values, **values})


def unreadable(member: Member, error: Exception) -> ValueError:
    return ValueError(f"{member.wire}: {error}")


class _NoClock:
    """For what is never fresh, whatever the time is."""

    # A builtin: what else there is takes longer to ask.
    monotonic = float


class Unsaid:
    """In place of what the server says, as long as it was not asked: of a draft."""

    __slots__ = ()

    # Never fresh: what reads a member then asks its object.
    clock = _NoClock()
    fetched_at = NEVER
    max_age = 0.0
    value = Snapshot("", MappingProxyType({}))


UNSAID: Final = Unsaid()


class Row(msgspec.Struct, gc=False):
    """What a listing said of one object."""

    listing: Listing
    held: Head | Wire | bytes
    """What of it was read, with its source; all of it; or that packed."""

    # As `Unsaid`.
    clock = UNSAID.clock
    fetched_at = UNSAID.fetched_at
    max_age = UNSAID.max_age
    value = UNSAID.value

    @property
    def wire(self) -> Wire:
        """The JSON object, not to be changed.

        Raises:
            ValueError: it is none.
        """
        held = self.held
        if isinstance(held, bytes):
            return self.listing.unpacked(held)
        return held.wire if isinstance(held, Head) else held

    @property
    def uuid(self) -> str:
        held = self.held
        return cast("str", held.uuid if isinstance(held, Head) else self.wire["uuid"])

    def is_fresh(self, max_age: float) -> bool:
        listing = self.listing
        return listing.clock.monotonic() - listing.fetched_at < max_age

    def read(self, member: Member, max_age: float = DEFAULT_UPDATE_CACHE_TIME) -> object:
        """The value of a member.

        `ABSENT` if the listing says only part, without it, or if it is older than that, unless it
        is a final state.

        Raises:
            MalformedResponseException: it cannot be read.
        """
        listing, held = self.listing, self.held
        # As `is_fresh`, without its call: whatever is read of a list comes here.
        is_fresh = listing.clock.monotonic() - listing.fetched_at < max_age
        try:
            # Compared and not `isinstance`, which takes as long as the rest of it.
            kind = type(held)
            is_head = kind is not bytes and kind is not dict
            said = getattr(held, member.wire, ABSENT) if is_head else ABSENT
            if said is ABSENT:
                listing.pages.learn(member.wire)
                said = self.wire.get(member.wire, UNSET)
            if said is UNSET:
                if listing.is_part:
                    return ABSENT
                said = None
            value = member.codec.read(said)  # type: ignore[arg-type]  # as `Head` has it
        except UNREADABLE as error:
            if is_fresh:
                # Without its cause, whose words are the server's own.
                raise listing.origin.unreadable(unreadable(member, error)) from None
            return ABSENT
        if is_fresh or (isinstance(value, State) and value.is_final):
            return value
        return ABSENT

    def snapshot(self, members: Iterable[Member], uuid: str) -> Snapshot:
        """All members, of the object that this uuid is kept of.

        Raises:
            MalformedResponseException: one cannot be read.
        """
        try:
            return Snapshot.read(members, uuid, self.wire, is_part=self.listing.is_part)
        except UNREADABLE as error:
            raise self.listing.origin.unreadable(error) from None

    def readable(self, members: Iterable[Member]) -> Snapshot:
        """Those members that can be read, which then are part of an object."""
        values: dict[str, object] = {}
        with suppress(*UNREADABLE):
            wire = self.wire
            for member in members:
                if member.wire in wire or not self.listing.is_part:
                    with suppress(*UNREADABLE):
                        values[member.name] = member.codec.read(wire.get(member.wire))
        return Snapshot(self.uuid, values)

    def pack(self) -> None:
        """Keep it in a fraction of the memory, to be unpacked by each read."""
        if not isinstance(self.held, bytes):
            with suppress(*UNREADABLE):
                self.held = self.listing.packed(self.wire)

    def __repr__(self) -> str:
        """Without what the server said: tracebacks that show locals would show it."""
        return object.__repr__(self)


class Listing:
    """What the objects of one answer have in common."""

    def __init__(
        self, origin: Origin, clock: Clock, pages: Pages, *, is_part: bool = False
    ) -> None:
        """Describe an answer.

        Args:
            origin: where it came from.
            clock: that of its connection.
            pages: what reads the next one.
            is_part: it says only part of each object: summaries.
        """
        self.origin = origin
        self.clock = clock
        self.fetched_at = origin.asked_at
        self.pages = pages
        self.is_part = is_part
        self._shapes: list[tuple[str, ...]] = []
        """The names of the members of packed objects; mostly the same for all."""

    def packed(self, wire: Wire) -> Wire | bytes:
        """As MessagePack: a JSON object takes several times the memory of its text.

        What MessagePack cannot hold, such as a number of more than 64 bits, stays as it is.
        """
        names = tuple(wire)
        if names not in self._shapes:
            self._shapes.append(names)
        try:
            return _PACK((self._shapes.index(names), *wire.values()))
        except (OverflowError, ValueError):
            return wire

    def unpacked(self, packed: bytes) -> Wire:
        shape, *values = _UNPACK(packed)
        return dict(zip(self._shapes[shape], values))  # noqa: B905 - `strict` takes twice as long


_PACK: Final = msgspec.msgpack.Encoder().encode
_UNPACK: Final[Callable[[bytes], list[Any]]] = msgspec.msgpack.Decoder().decode
