"""The filter trees of search and paging: from their JSON to a test of one object."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeAlias, TypeVar

from qarnot_domain.emulator._shapes import Faults, fault, insensitive
from qarnot_domain.timespan import TimeSpan

T = TypeVar("T")

Accessor: TypeAlias = Callable[[T], object]
Predicate: TypeAlias = Callable[[T], bool]
Test: TypeAlias = Callable[[object], bool]

MAX_DEPTH: Final = 64
"""How deep a filter tree may be; deeper is refused rather than left to exhaust the stack."""

_GROUPS: Final = ("and", "or")
_SINGLE: Final = (
    "equal",
    "notequal",
    "lessthan",
    "lessthanorequal",
    "greaterthan",
    "greaterthanorequal",
    "like",
)
_MULTIPLE: Final = ("in", "notin")


class FilterCompiler(Generic[T]):
    """Turns filter trees over one kind of object into predicates.

    Args:
        accessors: how to read each filterable field, by lower-case name.
        faults: where the reasons for refusing a tree go.
    """

    def __init__(self, accessors: Mapping[str, Accessor[T]], faults: Faults) -> None:
        self._accessors = accessors
        self._faults = faults

    def compile(self, node: object, path: str = "filter", depth: int = 1) -> Predicate[T]:
        """The predicate for a node; after a fault, one that must not be used."""
        if not isinstance(node, dict) or depth > MAX_DEPTH:
            reason = "must be an object" if depth <= MAX_DEPTH else "is nested too deeply"
            return self._refuse(path, reason)
        members = insensitive(node)
        operator = members.get("operator")
        operator = operator.lower() if isinstance(operator, str) else ""
        if operator in _GROUPS:
            return self._group(operator, members.get("filters"), path, depth)
        if operator in _SINGLE or operator in _MULTIPLE:
            return self._leaf(operator, members, path)
        return self._refuse(f"{path}.operator", "is not a known operator")

    def _group(self, operator: str, filters: object, path: str, depth: int) -> Predicate[T]:
        if not isinstance(filters, list):
            return self._refuse(f"{path}.filters", "must be a list")
        nodes: list[object] = filters
        parts = [
            self.compile(node, f"{path}.filters[{index}]", depth + 1)
            for index, node in enumerate(nodes)
        ]
        if operator == "and":
            return lambda item: all(part(item) for part in parts)
        return lambda item: any(part(item) for part in parts)

    def _leaf(self, operator: str, members: Mapping[str, Any], path: str) -> Predicate[T]:
        read = self._accessor(members.get("field"), path)
        test = self._test(operator, members, path)
        if read is None or test is None:
            return _never
        return lambda item: test(read(item))

    def _accessor(self, name: object, path: str) -> Accessor[T] | None:
        if not isinstance(name, str):
            fault(self._faults, f"{path}.field", "must be text")
            return None
        first, *rest = name.lower().split(".")
        accessor = self._accessors.get(first)
        if accessor is None:
            fault(self._faults, f"{path}.field", f"{name!r} is not a field to filter on")
            return None
        return (lambda item: _walk(accessor(item), rest)) if rest else accessor

    def _test(self, operator: str, members: Mapping[str, Any], path: str) -> Test | None:
        if operator in _MULTIPLE:
            return self._membership(operator, members.get("values"), path)
        if "value" not in members:
            fault(self._faults, f"{path}.value", "is required")
            return None
        value: object = members["value"]
        if isinstance(value, dict | list):
            fault(self._faults, f"{path}.value", "must be a single value")
            return None
        if operator == "like":
            return self._like(value, path)
        return _comparison(operator, value)

    def _membership(self, operator: str, values: object, path: str) -> Test | None:
        if not isinstance(values, list):
            fault(self._faults, f"{path}.values", "must be a list")
            return None
        wanted: list[object] = values
        is_in = operator == "in"
        return lambda actual: any(_equal(actual, value) for value in wanted) == is_in

    def _like(self, value: object, path: str) -> Test | None:
        pattern = value if isinstance(value, str) else ""
        # The official command line writes /pattern/, the SDKs' documentation the bare pattern.
        if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
            pattern = pattern[1:-1]
        try:
            expression = re.compile(pattern)
        except (re.error, OverflowError, RecursionError):
            fault(self._faults, f"{path}.value", "must be a regular expression")
            return None
        return lambda actual: any(
            isinstance(text, str) and expression.search(text) is not None for text in _each(actual)
        )

    def _refuse(self, path: str, reason: str) -> Predicate[T]:
        fault(self._faults, path, reason)
        return _never


_ORDERINGS: Final[dict[str, tuple[int, ...]]] = {
    "lessthan": (-1,),
    "lessthanorequal": (-1, 0),
    "greaterthan": (1,),
    "greaterthanorequal": (1, 0),
}


def _comparison(operator: str, value: object) -> Test:
    if operator == "equal":
        return lambda actual: _equal(actual, value)
    if operator == "notequal":
        return lambda actual: not _equal(actual, value)
    signs = _ORDERINGS[operator]
    return lambda actual: _compare(actual, value) in signs


def _never(_item: object) -> bool:
    return False


def _each(value: object) -> list[object]:
    return list[object](value) if isinstance(value, list | tuple) else [value]


def _walk(value: object, names: list[str]) -> object:
    """The value under dotted names, in any case; through a list, the values of all its items."""
    for name in names:
        found = [insensitive(item).get(name) for item in _each(value) if isinstance(item, dict)]
        value = found if isinstance(value, list) else (found[0] if found else None)
    return value


def _equal(actual: object, value: object) -> bool:
    """Whether a field has a value; a field that is a list has each of its items."""
    if value is None:
        return actual is None
    return any(_compare(item, value) == 0 for item in _each(actual))


def _compare(actual: object, value: object) -> int | None:
    """-1, 0 or 1; `None` when the two cannot be compared. The value may come as text."""
    if isinstance(actual, bool):
        wanted = value.lower() == "true" if isinstance(value, str) else value
        return (actual > wanted) - (actual < wanted) if isinstance(wanted, bool) else None
    if isinstance(actual, int | float):
        number = _number(value)
        return None if number is None else (actual > number) - (actual < number)
    if isinstance(actual, datetime):
        moment = _moment(value)
        return None if moment is None else (actual > moment) - (actual < moment)
    if isinstance(actual, timedelta):
        duration = _duration(value)
        return None if duration is None else (actual > duration) - (actual < duration)
    if isinstance(actual, str) and isinstance(value, str):
        return (actual > value) - (actual < value)
    return None


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
