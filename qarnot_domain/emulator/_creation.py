"""What creating a job, a task or a pool has in common: the account's means and the names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from qarnot_domain.emulator import _lifecycle
from qarnot_domain.emulator._http import Refusal, Response, json_response
from qarnot_domain.emulator._shapes import shortname_taken
from qarnot_domain.emulator._store import Collection, Resource, Store

R = TypeVar("R", bound=Resource)

_EXCLUSIVE: Final = (
    ("instanceCount", "advancedRanges"),
    ("resourceBuckets", "advancedResourceBuckets"),
    ("profile", "poolUuid"),
)


def require_credits(store: Store) -> None:
    """Refuse an account that cannot pay."""
    if store.credits is not None and store.credits <= 0:
        raise Refusal(402, "Not enough credits")


def require_free_shortname(collection: Collection[R], kind: str, shortname: str | None) -> None:
    """Refuse a shortname that an existing object of that kind already answers to."""
    if shortname is not None and collection.find(shortname) is not None:
        raise shortname_taken(kind, shortname)


def require_room(store: Store, collection: Collection[R], kind: str, limit: int) -> None:
    """Refuse one object too many, after removing those that are finished and may go for it."""
    excess = len(collection) + 1 - limit
    if excess <= 0:
        return
    may_go = [r for r in collection if r.auto_delete_on_completion and _lifecycle.is_final(r)]
    if len(may_go) < excess:
        raise Refusal(403, f"Maximum number of {kind}s reached")
    may_go.sort(key=lambda r: (r.end_date or r.last_modified, r.sequence))
    for resource in may_go[:excess]:
        store.remove(resource)


def overridden(described: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a creation with the members that were given in place of those described.

    Of two members that exclude each other, the one that is given takes the place of both.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    replaced = {other for pair in _EXCLUSIVE for other in pair if not given.keys().isdisjoint(pair)}
    return {**described, **dict.fromkeys(replaced & described.keys()), **given}


def created(resource: Resource, folder: str) -> Response:
    """The answer to a creation."""
    location = f"/{folder}/{resource.uuid}"
    return json_response({"uuid": resource.uuid}, headers=(("location", location),))
