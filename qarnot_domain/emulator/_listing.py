"""Lists, searches and pages: the same for jobs, tasks and pools."""

from __future__ import annotations

import base64
import binascii
import bisect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from qarnot_domain.emulator import _wire
from qarnot_domain.emulator._filters import Accessor, FilterCompiler, Predicate
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
from qarnot_domain.emulator._store import Resource

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
class Catalogue(Generic[R]):
    """What can be asked about one kind of object."""

    fields: Mapping[str, Accessor[R]]
    """The fields to filter on and to select, by their documented name."""
    orders: Mapping[str, Callable[[R], str]]
    """The fields to sort by, by their documented name, each as text that sorts the same way."""


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

ORDERS: Final[Mapping[str, Callable[[Resource], str]]] = {
    "creationDate": lambda resource: _wire.sortable(resource.creation_date),
    "name": lambda resource: resource.name,
    "state": lambda resource: resource.state,
}
"""What any object can be sorted by."""


def tagged(call: Call, resources: Iterable[R]) -> list[R]:
    """The objects with any of the tags in the query; all of them when it names none."""
    tags = set(call.request.query_values("tag"))
    return [item for item in resources if not tags or not tags.isdisjoint(item.tags)]


def search(
    call: Call,
    catalogue: Catalogue[R],
    resources: Iterable[R],
    view: Callable[[R], dict[str, Any]],
) -> Response:
    """Answer a search: a bare array, of whole objects or of selected members."""
    faults: Faults = {}
    document = SEARCH_REQUEST.read(call.json(), "", faults)
    matches = _predicate(catalogue, document["filter"], faults)
    selected = _selection(catalogue, document["select"], faults)
    if faults:
        raise invalid(faults)
    found = [item for item in resources if matches(item)]
    documents = [view(item) for item in found[: document["maximumResults"]]]
    if selected is not None:
        documents = [{k: v for k, v in one.items() if k in selected} for one in documents]
    return json_response(documents)


def paginate(
    call: Call,
    catalogue: Catalogue[R],
    resources: Iterable[R],
    view: Callable[[R], dict[str, Any]],
) -> Response:
    """Answer a request for a page.

    A token holds the order and the sort key of the last object given, not a position: objects
    added or removed meanwhile make nothing appear twice or be left out.
    """
    faults: Faults = {}
    document = PAGE_REQUEST.read(call.json(), "", faults)
    matches = _predicate(catalogue, document["filter"], faults)
    cursor = _cursor(catalogue, document, faults)
    if faults:
        raise invalid(faults)
    key = catalogue.orders[cursor.order]
    keyed = sorted(
        ((key(item), item.sequence, item) for item in resources if matches(item)),
        key=lambda entry: entry[:2],
        reverse=cursor.is_descending,
    )
    start = cursor.start(keyed)
    size = min(document["maximumResults"] or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
    page = keyed[start : start + size]
    is_truncated = start + size < len(keyed)
    return json_response(
        {
            "data": [view(item) for _, _, item in page],
            "count": len(page),
            "total": len(keyed),
            "isTruncated": is_truncated,
            "nextToken": cursor.after(page[-1]) if is_truncated else None,
        }
    )


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a page starts."""

    order: str
    is_descending: bool
    last: tuple[str, int] | None = None
    """The sort key and the sequence of the last object of the page before."""

    def start(self, keyed: list[tuple[str, int, Any]]) -> int:
        if self.last is None:
            return 0
        if self.is_descending:
            ascending = keyed[::-1]
            return len(keyed) - bisect.bisect_left(ascending, self.last, key=lambda e: e[:2])
        return bisect.bisect_right(keyed, self.last, key=lambda e: e[:2])

    def after(self, entry: tuple[str, int, Any]) -> str:
        content = [self.order, self.is_descending, entry[0], entry[1]]
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


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


def _predicate(catalogue: Catalogue[R], tree: object, faults: Faults) -> Predicate[R]:
    if tree is None:
        return lambda _item: True
    accessors = {name.lower(): accessor for name, accessor in catalogue.fields.items()}
    return FilterCompiler(accessors, faults).compile(tree)


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
