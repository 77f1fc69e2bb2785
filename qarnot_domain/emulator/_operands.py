"""The values that filters compare fields with: JSON, read as whatever kind of value a field has."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from qarnot_domain.timespan import TimeSpan

Comparison: TypeAlias = Callable[[Any, Any], bool]
Test: TypeAlias = Callable[[object], bool]

ORDERINGS: Final[dict[str, Comparison]] = {
    "lessthan": operator.lt,
    "lessthanorequal": operator.le,
    "greaterthan": operator.gt,
    "greaterthanorequal": operator.ge,
}
"""The operators of filters that need an order, in lower case."""

_LISTS: Final = (list, tuple)


class _Readings(dict[type[object], Any]):
    """A value as fields of some kind would have it, read once for each kind."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self._value = value

    def __missing__(self, kind: type[object]) -> Any:  # noqa: ANN401 - of that kind, or `None`
        self[kind] = reading = _read(kind, self._value)
        return reading


def comparison(compare: Comparison, value: object) -> Test:
    """Whether a field compares so with a value; never if they cannot be compared."""
    readings = _Readings(value)

    def test(actual: object) -> bool:
        wanted = readings[type(actual)]
        return wanted is not None and compare(actual, wanted)

    return test


def equality(value: object) -> Test:
    """Whether a field has a value; a field that is a list has each of its items."""
    if value is None:
        return lambda actual: actual is None
    is_one = comparison(operator.eq, value)

    def test(actual: object) -> bool:
        return any(map(is_one, actual)) if isinstance(actual, _LISTS) else is_one(actual)

    return test


def membership(values: Sequence[object]) -> Test:
    """Whether a field has one of some values."""
    # A text equals nothing but texts, so these need not be tried one by one.
    texts = frozenset(value for value in values if isinstance(value, str))
    tests: list[Test] = []

    def test(actual: object) -> bool:
        if isinstance(actual, str):
            return actual in texts
        if not tests:
            tests.extend(map(equality, values))
        return any(is_one(actual) for is_one in tests)

    return test


def found_by(search: Callable[[str], object]) -> Test:
    """Whether something is found in a text; in a list, in any of its items."""

    def test(actual: object) -> bool:
        if isinstance(actual, _LISTS):
            return any(map(test, actual))
        return isinstance(actual, str) and search(actual) is not None

    return test


def items_of(value: object) -> Sequence[object]:
    """The items of a list, or the value as the only one."""
    return value if isinstance(value, _LISTS) else (value,)


def _read(kind: type[object], value: object) -> object:
    """A value as a field of some kind would have it; `None` if no such field has it."""
    for base, read in _READERS:
        if issubclass(kind, base):
            return read(value)
    return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _boolean(value: object) -> bool | None:
    if isinstance(value, str):
        return value.lower() == "true"
    return value if isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _moment(value: object) -> datetime | None:
    """A date as a filter may give it; the fields are dates to the microsecond."""
    if not isinstance(value, str):
        return None
    try:
        # Python reads six digits of a fraction; the C# SDK writes seven.
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _duration(value: object) -> timedelta | None:
    try:
        return TimeSpan(value).timedelta if isinstance(value, str) else None
    except ValueError:
        return None


_READERS: Final[tuple[tuple[type[object], Callable[[object], object]], ...]] = (
    # A boolean is a number to Python, so it comes first.
    (bool, _boolean),
    (int, _number),
    (float, _number),
    (datetime, _moment),
    (timedelta, _duration),
    (str, _text),
)
