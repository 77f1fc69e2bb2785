"""What request bodies look like, as tables: reading, checking and normalising in one pass.

A shape reads a JSON value as the service does: member names in any case, unknown members ignored,
null the same as absent. What is wrong is collected per field instead of raised, so that one answer
names every fault. What comes out uses the documented names only.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from qarnot_domain.emulator._http import Refusal, invalid
from qarnot_domain.timespan import TimeSpan

Faults: TypeAlias = dict[str, list[str]]

INT32_MAX = 2**31 - 1
UINT32_MAX = 2**32 - 1
INT64_MAX = 2**63 - 1
ZERO_UUID = str(uuid.UUID(int=0))


class Shape(Protocol):
    """Reads one non-null JSON value."""

    def read(self, value: object, path: str, faults: Faults, /) -> object:
        """The normalised value; what is wrong goes to `faults` under `path`."""
        ...


def fault(faults: Faults, path: str, reason: str) -> None:
    """Note one more reason why a field is refused."""
    faults.setdefault(path or "body", []).append(reason)


def read_body(shape: Object, body: object) -> dict[str, Any]:
    """The body in normal form, or a 400 with every reason."""
    faults: Faults = {}
    document = shape.read(body, "", faults)
    if faults:
        raise invalid(faults)
    return document


def insensitive(value: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a JSON object by lower-case name; of two that differ by case the last wins."""
    return {name.lower(): member for name, member in value.items()}


@dataclass(frozen=True, slots=True)
class Text:
    """Text within a length, and of a form if a pattern is given."""

    shortest: int = 0
    longest: int | None = None
    pattern: re.Pattern[str] | None = None
    form: str = ""
    """The pattern in words."""

    def read(self, value: object, path: str, faults: Faults) -> object:
        if not isinstance(value, str):
            fault(faults, path, "must be text")
        elif len(value) < self.shortest:
            fault(faults, path, "must not be empty")
        elif self.longest is not None and len(value) > self.longest:
            fault(faults, path, f"must have at most {self.longest} characters")
        elif self.pattern is not None and self.pattern.fullmatch(value) is None:
            fault(faults, path, f"must be {self.form}")
        return value


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words, in any case; the documented spelling comes out."""

    words: tuple[str, ...]
    numbered: tuple[str, ...] = ()
    """The words that numbers from 0 stand for."""

    def read(self, value: object, path: str, faults: Faults) -> object:
        if type(value) is int and 0 <= value < len(self.numbered):
            return self.numbered[value]
        for word in self.words:
            if isinstance(value, str) and value.lower() == word.lower():
                return word
        fault(faults, path, f"must be one of {', '.join(self.words)}")
        return value


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    def read(self, value: object, path: str, faults: Faults) -> object:
        if not isinstance(value, bool):
            fault(faults, path, "must be true or false")
        return value


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number within bounds."""

    least: int = -INT32_MAX - 1
    most: int = INT32_MAX

    def read(self, value: object, path: str, faults: Faults) -> object:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            fault(faults, path, "must be a whole number")
        elif not self.least <= value <= self.most:
            fault(faults, path, f"must be between {self.least} and {self.most}")
        return value


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds."""

    least: float | None = None
    most: float | None = None

    def read(self, value: object, path: str, faults: Faults) -> object:
        if not isinstance(value, int | float) or isinstance(value, bool):
            fault(faults, path, "must be a number")
        elif isinstance(value, float) and not math.isfinite(value):
            # 1e999 is JSON, but reads as infinity, which cannot be written back.
            fault(faults, path, "is too large")
        elif self.least is not None and value < self.least:
            fault(faults, path, f"must be at least {self.least}")
        elif self.most is not None and value > self.most:
            fault(faults, path, f"must be at most {self.most}")
        return value


@dataclass(frozen=True, slots=True)
class Uuid:
    """A uuid, lower-cased; all zeros is what the C# SDK sends for none."""

    def read(self, value: object, path: str, faults: Faults) -> object:
        try:
            normal = str(uuid.UUID(value)) if isinstance(value, str) else None
        except ValueError:
            normal = None
        if normal is None:
            fault(faults, path, "must be a uuid")
        return None if normal == ZERO_UUID else normal


@dataclass(frozen=True, slots=True)
class Span:
    """A time span that is not negative."""

    def read(self, value: object, path: str, faults: Faults) -> object:
        try:
            span = TimeSpan(value) if isinstance(value, str) else None
        except ValueError:
            span = None
        if span is None or span.startswith("-"):
            fault(faults, path, "must be a time span, d.hh:mm:ss or hh:mm:ss, not negative")
        return span


@dataclass(frozen=True, slots=True)
class Items:
    """A list, none of its items null."""

    shape: Shape
    most: int | None = None

    def read(self, value: object, path: str, faults: Faults) -> object:
        if not isinstance(value, list):
            fault(faults, path, "must be a list")
            return []
        items: list[object] = value
        if self.most is not None and len(items) > self.most:
            fault(faults, path, f"must have at most {self.most} items")
        return [self._item(item, f"{path}[{i}]", faults) for i, item in enumerate(items)]

    def _item(self, value: object, path: str, faults: Faults) -> object:
        if value is None:
            fault(faults, path, "must not be null")
            return None
        return self.shape.read(value, path, faults)


@dataclass(frozen=True, slots=True)
class Texts:
    """A map from text to text; its names are the user's own, so their case is kept."""

    def read(self, value: object, path: str, faults: Faults) -> object:
        if not isinstance(value, dict):
            fault(faults, path, "must be an object")
            return {}
        entries: dict[str, object] = value
        for name, text in entries.items():
            if not isinstance(text, str):
                fault(faults, f"{path}.{name}", "must be text")
        return entries


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value, kept as it is."""

    def read(self, value: object, _path: str, _faults: Faults) -> object:
        return value


@dataclass(frozen=True, slots=True)
class Object:
    """An object with known members; every one comes out, null where nothing was sent."""

    members: Mapping[str, Shape]
    required: tuple[str, ...] = ()

    def read(self, value: object, path: str, faults: Faults) -> dict[str, Any]:
        if not isinstance(value, dict):
            fault(faults, path, "must be an object")
            return dict.fromkeys(self.members)
        sent = insensitive(value)
        document: dict[str, Any] = {}
        for name, shape in self.members.items():
            where = f"{path}.{name}" if path else name
            member = sent.get(name.lower())
            if member is not None:
                document[name] = shape.read(member, where, faults)
                continue
            document[name] = None
            if name in self.required:
                fault(faults, where, "is required")
        return document


@dataclass(frozen=True, slots=True)
class Union:
    """One of several objects, told apart by the text of one member."""

    discriminator: str
    variants: Mapping[str, Object]

    def read(self, value: object, path: str, faults: Faults) -> object:
        tag = Object({self.discriminator: Choice(tuple(self.variants))}, (self.discriminator,))
        known: Faults = {}
        name = tag.read(value, path, known)[self.discriminator]
        if known:
            for where, reasons in known.items():
                faults.setdefault(where, []).extend(reasons)
            return None
        return {self.discriminator: name, **self.variants[name].read(value, path, faults)}


REGEX_LONGEST = 2047
NAME = Text(shortest=1, longest=2047)
SHORTNAME = Text(
    pattern=re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"),
    form="letters, digits and hyphens, with no hyphen at either end",
)


def shortname_taken(kind: str, shortname: str) -> Refusal:
    """The refusal of a second object with a shortname.

    The live service's answer is not known for sure; an example of the vendor's shows a 400 whose
    list of invalid fields names `shortname-uniqueness`.
    """
    reason = f"shortname-uniqueness: a {kind} with the shortname {shortname!r} already exists"
    return invalid({"shortname": [reason]})
