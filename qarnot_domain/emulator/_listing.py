"""Lists, searches and pages: the same for jobs, tasks and pools."""

from __future__ import annotations

import base64
import binascii
import bisect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from qarnot_domain.emulator import _wire
from qarnot_domain.emulator._filters import Accessor, Filter, FilterCompiler
from qarnot_domain.emulator._http import Response, invalid, json_response
from qarnot_domain.emulator._router import Call
from qarnot_domain.emulator._shapes import (
    Anything,
    Choice,
    Faults,
    Integer,
    Items,
    Object,
    Text,
    fault,
)
from qarnot_domain.emulator._store import Collection, Resource, SortKey

R = TypeVar("R", bound=Resource)

DEFAULT_PAGE_SIZE: Final = 20
"""When `maximumResults` is not given; the real default is not documented."""
MAX_PAGE_SIZE: Final = 50
"""More is quietly cut to this; the real cap is not documented."""
DEFAULT_ORDER: Final = "creationDate"

PAGE_REQUEST: Final = Object(
    {
        "token": Text(),
        "filter": Anything(),
        "maximumResults": Integer(least=1),
        "orderBy": Text(),
        "orderType": Choice(("ASC", "DESC")),
    }
)
SEARCH_REQUEST: Final = Object(
    {
        "select": Object({"fields": Items(Text(shortest=1))}, required=("fields",)),
        "filter": Anything(),
        "maximumResults": Integer(least=1),
    }
)


# No slots: Python 3.11 cannot make a generic, frozen dataclass with them.
@dataclass(frozen=True)
class Order(Generic[R]):
    """A way to sort objects; those that it takes for equal are in the order of creation."""

    key: Callable[[R], str]
    """What it sorts by, as text that sorts the same way."""
    member: SortKey | None = None
    """The member of the objects that it follows, if collections are kept sorted by that."""


ORDERS: Final[Mapping[str, Order[Any]]] = {
    # The dates do not go back from one creation to the next.
    DEFAULT_ORDER: Order(lambda item: _wire.sortable(item.creation_date), "sequence"),
    "name": Order(lambda item: item.name, "name"),
    "state": Order(lambda item: item.state, "state"),
}
"""How objects of every kind can be sorted, by the documented name of the field."""


@dataclass(frozen=True)
class Catalogue(Generic[R]):
    """What can be asked about one kind of object."""

    fields: Mapping[str, Accessor[R]]
    """The fields to filter on and to select, by their documented name."""
    orders: Mapping[str, Order[R]]
    """The fields to sort by, by their documented name."""


FIELDS: Final[Mapping[str, Accessor[Resource]]] = {
    "uuid": lambda resource: resource.uuid,
    "name": lambda resource: resource.name,
    "shortname": lambda resource: resource.shortname,
    "state": lambda resource: resource.state,
    "previousState": lambda resource: resource.previous_state,
    "stateTransitionTime": lambda resource: resource.state_transition_time,
    "previousStateTransitionTime": lambda resource: resource.previous_state_transition_time,
    "creationDate": lambda resource: _wire.whole(resource.creation_date),
    "lastModified": lambda resource: resource.last_modified,
    "tags": lambda resource: resource.tags,
}
"""The fields of any object."""


def tagged(call: Call, resources: Iterable[R]) -> list[R]:
    """The objects with any of the tags in the query; all of them when it names none."""
    tags = set(call.request.query_values("tag"))
    return [item for item in resources if not tags or not tags.isdisjoint(item.tags)]


def search(
    call: Call,
    catalogue: Catalogue[R],
    resources: Collection[R],
    view: Callable[[R], dict[str, Any]],
) -> Response:
    """Answer a search: a bare array, of whole objects or of selected members."""
    faults: Faults = {}
    document = SEARCH_REQUEST.read(call.json(), "", faults)
    condition = _condition(catalogue, resources, document["filter"], faults)
    selected = _selection(catalogue, document["select"], faults)
    if faults:
        raise invalid(faults)
    found = _matching(resources, condition, ORDERS[DEFAULT_ORDER])
    documents = [view(item) for item in islice(found, document["maximumResults"])]
    if selected is not None:
        documents = [{k: v for k, v in one.items() if k in selected} for one in documents]
    return json_response(documents)


def paginate(
    call: Call,
    catalogue: Catalogue[R],
    resources: Collection[R],
    view: Callable[[R], dict[str, Any]],
) -> Response:
    """Answer a request for a page.

    A token holds the order and the sort key of the last object given, not a position: objects
    added or removed meanwhile make nothing appear twice or be left out.
    """
    faults: Faults = {}
    document = PAGE_REQUEST.read(call.json(), "", faults)
    condition = _condition(catalogue, resources, document["filter"], faults)
    cursor = _cursor(catalogue, document, faults)
    if faults:
        raise invalid(faults)
    order = catalogue.orders[cursor.order]
    found = _matching(resources, condition, order)
    size = min(document["maximumResults"] or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
    page, is_truncated = cursor.cut(found, order, size)
    return json_response(
        {
            "data": [view(item) for item in page],
            "count": len(page),
            "total": len(found),
            "isTruncated": is_truncated,
            "nextToken": cursor.after(page[-1], order) if is_truncated else None,
        }
    )


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a page starts."""

    order: str
    is_descending: bool
    last: tuple[str, int] | None = None
    """The place of the last object of the page before."""

    def cut(self, found: Sequence[R], order: Order[R], size: int) -> tuple[Sequence[R], bool]:
        """The page, of objects in ascending order, and whether there are more."""

        def place(item: R) -> tuple[str, int]:
            return _place(item, order)

        if not self.is_descending:
            start = 0 if self.last is None else bisect.bisect_right(found, self.last, key=place)
            return found[start : start + size], start + size < len(found)
        end = len(found) if self.last is None else bisect.bisect_left(found, self.last, key=place)
        return found[max(0, end - size) : end][::-1], end > size

    def after(self, item: R, order: Order[R]) -> str:
        """The token for what comes after an object."""
        content = [self.order, self.is_descending, *_place(item, order)]
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _place(item: R, order: Order[R]) -> tuple[str, int]:
    """Where an object is in an order; no other has the same place."""
    return order.key(item), item.sequence


def _matching(
    resources: Collection[R], condition: Filter[R] | None, order: Order[R]
) -> Sequence[R]:
    """The objects that pass a filter, in ascending order."""
    candidates = None if condition is None else condition.candidates
    if candidates is None and order.member is not None:
        every = resources.sorted_by(order.member)
        return every if condition is None else [i for i in every if condition.matches(i)]
    items: Iterable[R] = resources if candidates is None else candidates
    if condition is not None:
        items = filter(condition.matches, items)
    return sorted(items, key=lambda item: _place(item, order))


def _cursor(catalogue: Catalogue[R], document: Mapping[str, Any], faults: Faults) -> _Cursor:
    token = document["token"]
    # Text only, or a fault was noted; an empty token is what some clients send for none.
    if isinstance(token, str) and token:
        cursor = _decode(catalogue, token)
        if cursor is not None:
            return cursor
        fault(faults, "token", "is not a token of this service")
    asked = document["orderBy"] or DEFAULT_ORDER
    for name in catalogue.orders:
        if isinstance(asked, str) and name.lower() == asked.lower():
            return _Cursor(name, document["orderType"] == "DESC")
    fault(faults, "orderBy", f"must be one of {', '.join(catalogue.orders)}")
    return _Cursor(DEFAULT_ORDER, False)


def _decode(catalogue: Catalogue[R], token: str) -> _Cursor | None:
    try:
        content = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
    match content:
        case [str(order), bool(descending), str(key), int(sequence)] if order in catalogue.orders:
            return _Cursor(order, descending, (key, sequence))
        case _:
            return None


def _condition(
    catalogue: Catalogue[R], resources: Collection[R], tree: object, faults: Faults
) -> Filter[R] | None:
    if tree is None:
        return None
    accessors = {name.lower(): accessor for name, accessor in catalogue.fields.items()}
    lookups = {"uuid": resources.get, "shortname": resources.called}
    return FilterCompiler(accessors, lookups, faults).compile(tree)


def _selection(
    catalogue: Catalogue[R], select: Mapping[str, Any] | None, faults: Faults
) -> set[str] | None:
    """The members to give; the uuid always is, so that a client can tell the objects apart."""
    if select is None:
        return None
    documented = {name.lower(): name for name in catalogue.fields}
    selected = {"uuid"}
    for index, asked in enumerate(select["fields"] or []):
        name = documented.get(str(asked).lower().split(".")[0])
        if name is None:
            fault(faults, f"select.fields[{index}]", f"{asked!r} is not a field to select")
        else:
            selected.add(name)
    return selected
