"""Answers with many objects: of each the few members that are asked for, the rest when it is.

To read all members of all objects takes three times as long, and most are never asked for. Which
are is learnt from one answer for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, Protocol, cast

import msgspec

from ._codecs import Json, Wire
from ._convert import next_token, parsed_object, wire_page, wires
from ._snapshot import ABSENT


class Source:
    """The objects of one answer, as they came."""

    def __init__(self, text: bytes = b"", listed: Sequence[Wire] | None = None) -> None:
        """Take the text of a page, or its objects."""
        self._text = text
        self._listed = listed
        self._by_uuid: Mapping[str, Wire] | None = None

    def of(self, uuid: str) -> Wire:
        """The JSON object of this uuid; `ValueError` if the answer is no list of objects."""
        if self._by_uuid is None:
            listed = self._listed
            if listed is None:
                listed = wires(_whole(self._text).get("data"))
            self._by_uuid = {str(wire.get("uuid")): wire for wire in listed}
        return self._by_uuid[uuid]


def _whole(text: bytes) -> Wire:
    """A page as a JSON object, in a third of the time that Python takes; `ValueError` if none."""
    try:
        return cast("Wire", msgspec.json.decode(text, type=dict))
    except ValueError:
        # Python also reads what is only nearly JSON: NaN, or half of a surrogate pair in a name.
        return parsed_object(text)


class Head(msgspec.Struct, gc=False):
    """What is read of an object at once: in subclasses also the members asked for."""

    uuid: object = None
    # Whatever a server says of this is replaced.
    source: object = None

    @property
    def wire(self) -> Wire:
        """All of it; `ValueError` if it is no JSON object."""
        return cast("Source", self.source).of(cast("str", self.uuid))

    def __repr__(self) -> str:
        """Without what the server said: tracebacks that show locals would show it."""
        return object.__repr__(self)


class HeadPage(NamedTuple):
    """One page of a listing, and the token of the next one (`None` on the last)."""

    heads: Sequence[Head]
    next_token: str | None


class _Page(Protocol):
    data: list[Head] | None
    nextToken: Json  # noqa: N815 - the API's name
    isTruncated: Json  # noqa: N815


class Said:
    """What a listing answered; no tuple, of which tracebacks that show locals would show all."""

    __slots__ = ("page", "text", "wire")

    def __init__(self, text: bytes, page: _Page | None, wire: Wire) -> None:
        self.text: Final = text
        self.page: Final = page
        """With heads, as long as it is what nearly all are: `None` otherwise."""
        self.wire: Final = wire


_MOST_AT_ONCE: Final = 8
"""How many members are read of each object at most; with more, reading all is faster."""


class Pages:
    """Reads the pages of one kind of objects. Safe from several threads."""

    def __init__(self) -> None:
        # What whoever lists objects nearly always asks for.
        self._members = frozenset({"name", "state"})

    def learn(self, member: str) -> None:
        """Read this member, by its name in JSON, of the objects on later pages at once."""
        if len(self._members) < _MOST_AT_ONCE:
            self._members |= {member}

    def parse(self, text: bytes) -> Said:
        """What an answer says; `ValueError` if it is no JSON object."""
        try:
            return Said(text, _decoder(self._members)(text), {})
        except ValueError:
            return Said(text, None, parsed_object(text))


def heads(listed: Sequence[Wire]) -> Sequence[Head]:
    """Those of objects that are read already."""
    return _from(Source(listed=listed), [Head(wire.get("uuid")) for wire in listed])


def head_page(said: Said) -> HeadPage:
    """The page in an answer; `ValueError` if it is none."""
    if said.page is None:
        page = wire_page(said.wire)
        return HeadPage(heads(page.items), page.next_token)
    token = next_token(said.page.nextToken, said.page.isTruncated)
    return HeadPage(_from(Source(said.text), said.page.data or ()), token)


def _from(source: Source, found: Sequence[Head]) -> Sequence[Head]:
    for head in found:
        head.source = source
    return found


@lru_cache(maxsize=64)
def _decoder(members: frozenset[str]) -> Callable[[bytes], _Page]:
    asked = [(member, object, ABSENT) for member in sorted(members)]
    head: type = msgspec.defstruct("Head", asked, bases=(Head,), gc=False)
    page = msgspec.defstruct(
        "Page",
        [
            ("data", list[head] | None, None),  # type: ignore[valid-type]  # made just above
            ("nextToken", object, None),
            ("isTruncated", object, None),
        ],
    )
    return cast("Callable[[bytes], _Page]", msgspec.json.Decoder(page).decode)
