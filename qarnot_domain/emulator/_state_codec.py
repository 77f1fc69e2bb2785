"""The values of the store as JSON, and back.

What JSON has no word for carries the name of its kind. Only the kinds that are listed here can come
out of a file, whatever is written in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import datetime, timedelta
from functools import cache, partial
from types import UnionType
from typing import Any, Final, TypeAlias

from qarnot_domain.emulator._conduct import Chances
from qarnot_domain.emulator._runs import InstanceEnd, Run
from qarnot_domain.emulator._store import (
    Dependency,
    Event,
    Job,
    Limits,
    Output,
    Pool,
    Snapshot,
    Task,
)
from qarnot_domain.timespan import TimeSpan

KIND: Final = "$"

Json: TypeAlias = Any
Encoded: TypeAlias = dict[str, Json]

_RECORDS: Final[dict[str, type[Any]]] = {
    kind.__name__: kind
    for kind in (
        *(Chances, Dependency, InstanceEnd, Job, Limits, Output, Pool, Run, Snapshot, Task),
    )
}
_INDEXES: Final = ("waiting", "dispatched")
"""Members of a pool that hold tasks, which are stored once, with all others."""


def encode(value: object) -> Json:
    """A value as JSON; a `TypeError` for a kind that no object of the store has."""
    encoder = _encoder(type(value))  # type: ignore[arg-type] # mypy: classes cannot be hashed
    return encoder(value)


def decode(value: Json) -> Any:  # noqa: ANN401 - whatever was encoded
    """The value of a JSON that `encode` made.

    Raises:
        LookupError, TypeError, ValueError: it made no such JSON.
    """
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get(KIND)
    if kind is None:
        return {name: decode(member) for name, member in value.items()}
    record = _RECORDS.get(kind)
    if record is None:
        return _DECODERS[kind](value["value"])
    return record(**{name: decode(member) for name, member in value.items() if name != KIND})


def _encode_dict(value: dict[Any, Any]) -> Encoded:
    # Output counts by instance, or by none; a user may have named something as kinds are marked.
    if KIND in value or not all(isinstance(key, str) for key in value):
        return _encode_tagged("pairs", _encode_items, map(list, value.items()))
    return {key: encode(member) for key, member in value.items()}


def _encode_items(items: Iterable[object]) -> list[Json]:
    return [encode(item) for item in items]


@cache
def _encoder(kind: type[Any]) -> Callable[[Any], Json]:
    """How values of a kind are encoded: there are few kinds, and many values."""
    for base, name, write in _ENCODERS:
        if issubclass(kind, base):
            return write if name is None else partial(_encode_tagged, name, write)
    record = _RECORDS.get(kind.__name__)
    if record is None:
        raise TypeError(f"a {kind.__name__} cannot be kept")
    names = [field.name for field in fields(record) if field.name not in _INDEXES]
    return partial(_encode_record, kind.__name__, names)


def _encode_tagged(name: str, write: Callable[[Any], Json], value: object) -> Encoded:
    return {KIND: name, "value": write(value)}


def _encode_record(name: str, members: Iterable[str], record: object) -> Encoded:
    return {KIND: name, **{member: encode(getattr(record, member)) for member in members}}


_ENCODERS: Final[tuple[tuple[type[Any] | UnionType, str | None, Callable[[Any], Json]], ...]] = (
    # A kind that is also another comes before it.
    (TimeSpan, "span", str),
    (str | bool | int | float | None, None, lambda value: value),
    (dict, None, _encode_dict),
    (list, None, _encode_items),
    (datetime, "date", datetime.isoformat),
    (timedelta, "microseconds", lambda duration: duration // timedelta(microseconds=1)),
    (range, "range", lambda numbers: [numbers.start, numbers.stop]),
    (deque, "deque", _encode_items),
    (frozenset, "set", sorted),
    (Event, "event", _encode_items),
    (tuple, "tuple", _encode_items),
)
"""Which kinds of values there are, how JSON calls them if it has no word of its own, and how."""
_DECODERS: Final[dict[str, Callable[[Json], object]]] = {
    "span": TimeSpan,
    "date": datetime.fromisoformat,
    "microseconds": lambda count: timedelta(microseconds=count),
    "range": lambda ends: range(*ends),
    "deque": lambda items: deque(decode(items)),
    "set": frozenset,
    "tuple": lambda items: tuple(decode(items)),
    "event": lambda items: Event(*decode(items)),
    "pairs": lambda pairs: {decode(key): decode(member) for key, member in pairs},
}
