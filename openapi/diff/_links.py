"""Ties differences to the generated operation and the domain member that they touch.

What the domain layer uses is read from the consumer record; `openapi/consumer.py` writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ._document import DocumentError, as_object, texts
from ._findings import Difference
from ._operations import Operation

EVERY_OPERATION: Final = "every operation"


@dataclass(frozen=True)
class Consumer:
    """What the domain layer uses of our document."""

    operations: Mapping[str, tuple[str, ...]]
    """operationId -> the public calls that send it."""
    members: Mapping[str, str]
    """`Job.maxWallTime` -> `Job.max_wall_time`."""
    values: Mapping[str, str]
    """Enumeration -> the class that knows its words."""

    @classmethod
    def read(cls, path: Path) -> Consumer:
        """The record in a file.

        Raises:
            DocumentError: it cannot be read.
        """
        try:
            content = as_object(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise DocumentError(f"{path}: {error}") from error
        operations, members, values = (
            as_object(content.get(key)) for key in ("operations", "members", "values")
        )
        return cls(
            {name: tuple(texts(callers)) for name, callers in operations.items()},
            {wire: str(name) for wire, name in members.items()},
            {schema: str(name) for schema, name in values.items()},
        )

    def reads(self, place: str, *, is_new: bool) -> bool:
        """Whether it reads or writes what is at a place; what is new, if it uses its schema."""
        schema, _, member = _plain(place).partition(".")
        uses_schema = any(wire.startswith(f"{schema}.") for wire in self.members)
        if not member or not uses_schema:
            return True
        return is_new or f"{schema}.{member}" in self.members


@dataclass(frozen=True)
class OperationLink:
    """An operation that a difference concerns."""

    title: str
    id: str | None
    generated: str | None
    """The generated module."""
    callers: tuple[str, ...]
    """The public calls of the domain layer that send it."""


@dataclass(frozen=True)
class Linked:
    """A difference, and what of ours it touches."""

    difference: Difference
    operations: tuple[OperationLink, ...]
    members: tuple[tuple[str, str], ...]
    """Place in the document, and name in the domain layer."""
    is_used: bool
    """Whether the domain layer uses what it is about."""

    @property
    def place(self) -> str:
        """Where it is, for a person: what the domain layer shows before what it does not."""
        difference = self.difference
        if len(difference.sites) > 1 and difference.component is not None:
            return difference.component
        wires = [wire for wire, _ in self.members if wire in difference.places]
        return next(iter(wires), difference.place)


def link(difference: Difference, ours: Mapping[str, Operation], consumer: Consumer) -> Linked:
    """Tie a difference; `ours` is our operations by title."""
    operations = tuple(_operation(title, ours, consumer) for title in difference.operations)
    is_new = difference.before is None and difference.kind == "member added"
    members = {}
    for place in difference.places:
        name = consumer.members.get(_plain(place))
        if name is not None:
            members[place] = name
    known_as = consumer.values.get(difference.component or "")
    if known_as is not None and difference.kind == "values":
        members = {difference.component or "": known_as}
    is_called = EVERY_OPERATION in difference.operations or any(one.callers for one in operations)
    is_read = any(consumer.reads(place, is_new=is_new) for place in difference.places)
    shown_first = sorted(members.items(), key=lambda pair: (_is_part(pair[0], pair[1]), pair))
    return Linked(difference, operations, tuple(shown_first), is_called and is_read)


def _operation(title: str, ours: Mapping[str, Operation], consumer: Consumer) -> OperationLink:
    known = ours.get(title)
    if known is None or known.id is None:
        return OperationLink(title, None, None, ())
    generated = f"qarnot_api.api.{known.tag or 'default'}.{_snake(known.id)}"
    return OperationLink(title, known.id, generated, consumer.operations.get(known.id, ()))


def _plain(place: str) -> str:
    """A place without what is inside its lists and maps."""
    return re.sub(r"(\[\]|\{\}).*", "", place)


def _is_part(place: str, name: str) -> bool:
    """Whether a place is in a schema that is only part of a domain object."""
    return place.partition(".")[0] != name.partition(".")[0]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
