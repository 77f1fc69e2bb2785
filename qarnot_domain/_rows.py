"""What a listing said of an object, kept as it came: a member is read when it is asked for.

Of the many objects in a listing mostly few members are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from ._clock import Clock
from ._codecs import Wire
from ._pages import Head, Pages, heads
from ._snapshot import (
    ABSENT,
    DEFAULT_UPDATE_CACHE_TIME,
    UNREADABLE,
    Member,
    Snapshot,
    unreadable,
)
from .states import State

if TYPE_CHECKING:
    from ._sending import Origin


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
        self.fresh_until = origin.asked_at + DEFAULT_UPDATE_CACHE_TIME
        """Until when, for objects of which the user said nothing else."""
        self.pages = pages
        self.is_part = is_part
        self._shapes: list[tuple[str, ...]] = []
        """The names of the members of packed objects; mostly the same for all."""

    def packed(self, wire: Wire) -> Head | bytes:
        """As MessagePack: a JSON object takes several times the memory of its text.

        What MessagePack cannot hold, such as a number of more than 64 bits, stays as it is, without
        the other objects of the answer.
        """
        names = tuple(wire)
        if names not in self._shapes:
            self._shapes.append(names)
        try:
            return _PACK((self._shapes.index(names), *wire.values()))
        except (OverflowError, ValueError):
            (head,) = heads([wire])
            return head

    def unpacked(self, packed: bytes) -> Wire:
        shape, *values = _UNPACK(packed)
        return dict(zip(self._shapes[shape], values))  # noqa: B905 - `strict` takes twice as long


_PACK: Final = msgspec.msgpack.Encoder().encode
_UNPACK: Final[Callable[[bytes], list[Any]]] = msgspec.msgpack.Decoder().decode


class Row(msgspec.Struct, eq=False, gc=False):
    """What a listing said of one object."""

    listing: Listing
    held: Head | bytes
    """What of it was read, with where the rest is; or all of it, packed."""

    @property
    def wire(self) -> Wire:
        """The JSON object, not to be changed.

        Raises:
            ValueError: it is none.
        """
        held = self.held
        return self.listing.unpacked(held) if isinstance(held, bytes) else held.wire

    @property
    def uuid(self) -> str:
        held = self.held
        return cast("str", self.wire["uuid"] if isinstance(held, bytes) else held.uuid)

    def is_fresh(self, max_age: float) -> bool:
        listing = self.listing
        return listing.clock.monotonic() < listing.fetched_at + max_age

    def at_hand(self, member: str) -> Any:  # noqa: ANN401 - JSON, or `ABSENT`
        """What was said of a member, by its name in JSON, if it is fresh and read already.

        `ABSENT` otherwise.
        """
        listing, held = self.listing, self.held
        # Not called as a method, which would take longer to look up.
        monotonic = listing.clock.monotonic
        # Compared and not `isinstance`, which takes as long as the rest of it.
        if type(held) is not bytes and monotonic() < listing.fresh_until:
            return getattr(held, member, ABSENT)
        return ABSENT

    def read(self, member: Member, max_age: float) -> object:
        """The value of a member.

        `ABSENT` if the listing says only part, without it, or if it is older than that, unless it
        is a final state.

        Raises:
            MalformedResponseException: it cannot be read.
        """
        is_fresh = self.is_fresh(max_age)
        try:
            said = self._said(member.wire)
            if said is ABSENT:
                if self.listing.is_part:
                    return ABSENT
                said = None
            value = member.codec.read(said)
        except UNREADABLE as error:
            if is_fresh:
                # Without its cause, whose words are the server's own.
                raise self.listing.origin.unreadable(unreadable(member, error)) from None
            return ABSENT
        if is_fresh or (isinstance(value, State) and value.is_final):
            return value
        return ABSENT

    def _said(self, member: str) -> Any:  # noqa: ANN401 - JSON, or `ABSENT`
        held = self.held
        said = _NOT_READ if isinstance(held, bytes) else getattr(held, member, _NOT_READ)
        if said is _NOT_READ:
            self.listing.pages.learn(member)
            return self.wire.get(member, ABSENT)
        return said

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
        held = self.held
        if not isinstance(held, bytes):
            with suppress(*UNREADABLE):
                self.held = self.listing.packed(held.wire)

    def __repr__(self) -> str:
        """Without what the server said: tracebacks that show locals would show it."""
        return object.__repr__(self)


_NOT_READ: Final = object()
