"""What creating a job, a task or a pool has in common: the account's means and the names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from qarnot_domain.emulator._http import Refusal, Response, json_response
from qarnot_domain.emulator._shapes import (
    NAME,
    SHORTNAME,
    Boolean,
    Items,
    Shape,
    Span,
    Text,
    shortname_taken,
)
from qarnot_domain.emulator._store import Collection, Resource, Store
from qarnot_domain.timespan import TimeSpan

R = TypeVar("R", bound=Resource)

TAG: Final = Text(longest=511)
TAGS: Final = Items(TAG, most=9)

MEMBERS: Final[dict[str, Shape]] = {
    "name": NAME,
    "shortname": SHORTNAME,
    "tags": TAGS,
    "autoDeleteOnCompletion": Boolean(),
    "completionTimeToLive": Span(),
}
"""The members of a body that any object can be created with."""

_EXCLUSIVE: Final = (
    ("instanceCount", "advancedRanges"),
    ("resourceBuckets", "advancedResourceBuckets"),
    ("profile", "poolUuid"),
)


def admit(
    store: Store,
    collection: Collection[R],
    limit: int,
    document: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """What any object begins with that a body in normal form describes, or a refusal."""
    _require_free_shortname(collection, document["shortname"])
    if store.credits is not None and store.credits <= 0:
        raise Refusal(402, "Not enough credits")
    _require_room(store, collection, limit)
    uuid = store.new_uuid()
    return {
        "uuid": uuid,
        "shortname": document["shortname"] or uuid,
        "name": document["name"],
        "sequence": store.next_sequence(),
        "creation_date": now,
        "last_modified": now,
        "tags": document["tags"] or [],
        "auto_delete_on_completion": bool(document["autoDeleteOnCompletion"]),
        "completion_time_to_live": document["completionTimeToLive"] or TimeSpan.ZERO,
    }


def describe(resource: Resource) -> dict[str, Any]:
    """The same as a body in normal form, but for the shortname: the next one needs its own."""
    return {
        "shortname": None,
        "name": resource.name,
        "tags": resource.tags,
        "autoDeleteOnCompletion": resource.auto_delete_on_completion,
        "completionTimeToLive": resource.completion_time_to_live,
    }


def _require_free_shortname(collection: Collection[R], shortname: str | None) -> None:
    if shortname is not None and collection.find(shortname) is not None:
        raise shortname_taken(collection.kind, shortname)


def _require_room(store: Store, collection: Collection[R], limit: int) -> None:
    """Refuse one object too many, after removing those that are finished and may go for it."""
    excess = len(collection) + 1 - limit
    if excess <= 0:
        return
    leaving = collection.first_to_leave(excess)
    if len(leaving) < excess:
        raise Refusal(403, f"Maximum number of {collection.kind}s reached")
    for resource in leaving:
        store.remove(resource)


def overridden(described: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a creation with the members that were given in place of those described.

    Of two members that exclude each other, the one that is given takes the place of both.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    replaced = {other for pair in _EXCLUSIVE for other in pair if not given.keys().isdisjoint(pair)}
    return {**described, **dict.fromkeys(replaced & described.keys()), **given}


def created(resource: Resource) -> Response:
    """The answer to a creation."""
    location = f"/{resource.kind}s/{resource.uuid}"
    return json_response({"uuid": resource.uuid}, headers=(("location", location),))
