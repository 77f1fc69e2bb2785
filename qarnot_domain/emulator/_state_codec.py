"""The values of the store as JSON, and back.

What JSON has no word for carries the name of its kind. Only the kinds that are listed here can come
out of a file, whatever is written in it.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from qarnot_domain.emulator._conduct import Chances
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
    kind.__name__: kind for kind in (Chances, Dependency, Job, Limits, Output, Pool, Snapshot, Task)
}
_INDEXES: Final = ("waiting", "dispatched")
"""Members of a pool that hold tasks, which are stored once, with all others."""


def encode(value: object) -> Json:
    """A value as JSON; a `TypeError` for a kind that no object of the store has."""
    if isinstance(value, TimeSpan):
        return _tagged("span", str(value))
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dict):
        return _encode_dict(value)
    if isinstance(value, list):
        return [encode(item) for item in value]
    return _encode_object(value)


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


def _tagged(kind: str, value: Json) -> Encoded:
    return {KIND: kind, "value": value}


def _encode_dict(value: dict[Any, Any]) -> Encoded:
    # Output counts by instance, or by none; a user may have named something as kinds are marked.
    if KIND in value or not all(isinstance(key, str) for key in value):
        return _tagged("pairs", [[encode(key), encode(member)] for key, member in value.items()])
    return {key: encode(member) for key, member in value.items()}


def _encode_object(value: object) -> Encoded:
    for kind, (name, write) in _ENCODERS.items():
        if isinstance(value, kind):
            return _tagged(name, write(value))
    if type(value).__name__ in _RECORDS and dataclasses.is_dataclass(value):
        members = {
            field.name: encode(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name not in _INDEXES
        }
        return {KIND: type(value).__name__, **members}
    raise TypeError(f"a {type(value).__name__} cannot be kept")


def _encode_items(items: Iterable[object]) -> list[Json]:
    return [encode(item) for item in items]


_ENCODERS: Final[dict[type[Any], tuple[str, Callable[[Any], Json]]]] = {
    datetime: ("date", datetime.isoformat),
    timedelta: ("microseconds", lambda duration: duration // timedelta(microseconds=1)),
    range: ("range", lambda numbers: [numbers.start, numbers.stop]),
    deque: ("deque", _encode_items),
    frozenset: ("set", sorted),
    # An event is a tuple too, so it comes first.
    Event: ("event", _encode_items),
    tuple: ("tuple", _encode_items),
}
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
