"""The filter trees of search and paging: from their JSON to a test of one object."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar

from qarnot_domain.emulator._operands import (
    ORDERINGS,
    Test,
    comparison,
    equality,
    found_by,
    items_of,
    membership,
)
from qarnot_domain.emulator._shapes import Faults, fault, insensitive

T = TypeVar("T")

Accessor: TypeAlias = Callable[[T], object]
Predicate: TypeAlias = Callable[[T], bool]
Lookup: TypeAlias = Callable[[str], T | None]

MAX_DEPTH: Final = 64
"""How deep a filter tree may be; deeper is refused rather than left to exhaust the stack."""

_GROUPS: Final = ("and", "or")
_SINGLE: Final = ("equal", "notequal", *ORDERINGS, "like")
_MULTIPLE: Final = ("in", "notin")


# No slots: Python 3.11 cannot make a generic, frozen dataclass with them.
@dataclass(frozen=True)
class Filter(Generic[T]):
    """A test of one object, and which ones can pass it."""

    matches: Predicate[T]
    candidates: Sequence[T] | None = None
    """All that can pass, in any order and each once; `None` if it can be any."""


class FilterCompiler(Generic[T]):
    """Turns filter trees over one kind of object into filters.

    Args:
        accessors: how to read each filterable field, by lower-case name.
        lookups: how to find the one object whose field has a text, for the fields that allow it.
        faults: where the reasons for refusing a tree go.
    """

    def __init__(
        self,
        accessors: Mapping[str, Accessor[T]],
        lookups: Mapping[str, Lookup[T]],
        faults: Faults,
    ) -> None:
        self._accessors = accessors
        self._lookups = lookups
        self._faults = faults

    def compile(self, node: object, path: str = "filter", depth: int = 1) -> Filter[T]:
        """The filter for a node; after a fault, one that must not be used."""
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

    def _group(self, operator: str, filters: object, path: str, depth: int) -> Filter[T]:
        if not isinstance(filters, list):
            return self._refuse(f"{path}.filters", "must be a list")
        nodes: list[object] = filters
        parts = [
            self.compile(node, f"{path}.filters[{index}]", depth + 1)
            for index, node in enumerate(nodes)
        ]
        tests = [part.matches for part in parts]
        if operator == "and":
            few = [part.candidates for part in parts if part.candidates is not None]
            return Filter(_all_of(tests), min(few, key=len, default=None))
        return Filter(_any_of(tests), _together(parts))

    def _leaf(self, operator: str, members: Mapping[str, Any], path: str) -> Filter[T]:
        read = self._accessor(members.get("field"), path)
        test = self._test(operator, members, path)
        if read is None or test is None:
            return Filter(_never)
        candidates = self._candidates(operator, members)
        return Filter(lambda item: test(read(item)), candidates)

    def _candidates(self, operator: str, members: Mapping[str, Any]) -> Sequence[T] | None:
        """What an equality with texts leaves of a field by which objects are looked up."""
        lookup = self._lookups.get(members["field"].lower())
        values: list[object] | None = None
        if operator == "equal":
            values = [members["value"]]
        elif operator == "in":
            values = members["values"]
        if lookup is None or values is None:
            return None
        found = [lookup(value) for value in values if isinstance(value, str)]
        return _each_once(item for item in found if item is not None)

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
        if operator in ORDERINGS:
            return comparison(ORDERINGS[operator], value)
        return equality(value) if operator == "equal" else _negated(equality(value))

    def _membership(self, operator: str, values: object, path: str) -> Test | None:
        if not isinstance(values, list):
            fault(self._faults, f"{path}.values", "must be a list")
            return None
        test = membership(values)
        return test if operator == "in" else _negated(test)

    def _like(self, value: object, path: str) -> Test | None:
        pattern = value if isinstance(value, str) else ""
        # The official command line writes /pattern/, the SDKs' documentation the bare pattern.
        if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
            pattern = pattern[1:-1]
        try:
            search = re.compile(pattern).search
        except (re.error, OverflowError, RecursionError):
            fault(self._faults, f"{path}.value", "must be a regular expression")
            return None
        return found_by(search)

    def _refuse(self, path: str, reason: str) -> Filter[T]:
        fault(self._faults, path, reason)
        return Filter(_never)


def _together(parts: Iterable[Filter[T]]) -> Sequence[T] | None:
    """What can pass any of some filters."""
    found: list[T] = []
    for part in parts:
        if part.candidates is None:
            return None
        found.extend(part.candidates)
    return _each_once(found)


def _each_once(items: Iterable[T]) -> Sequence[T]:
    return list({id(item): item for item in items}.values())


def _negated(test: Test) -> Test:
    return lambda actual: not test(actual)


def _all_of(tests: Sequence[Predicate[T]]) -> Predicate[T]:
    def is_match(item: T) -> bool:
        # A generator within `all` takes twice as long, for each of perhaps 100,000 objects.
        for test in tests:  # noqa: SIM110
            if not test(item):
                return False
        return True

    return is_match


def _any_of(tests: Sequence[Predicate[T]]) -> Predicate[T]:
    def is_match(item: T) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(item):
                return True
        return False

    return is_match


def _never(_item: object) -> bool:
    return False


def _walk(value: object, names: list[str]) -> object:
    """The value under dotted names, in any case; through a list, the values of all its items."""
    for name in names:
        found = [insensitive(item).get(name) for item in items_of(value) if isinstance(item, dict)]
        value = found if isinstance(value, list) else (found[0] if found else None)
    return value
