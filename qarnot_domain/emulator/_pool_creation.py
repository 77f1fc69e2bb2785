"""From the body of a pool's creation to the pool: its form and its rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from qarnot_domain.emulator import _creation, _scaling, _settings
from qarnot_domain.emulator._http import invalid
from qarnot_domain.emulator._shapes import (
    SHORTNAME,
    UINT32_MAX,
    Boolean,
    Integer,
    Items,
    Object,
    Shape,
    Span,
    Text,
)
from qarnot_domain.emulator._small_shapes import (
    CONSTANT,
    ELASTIC_PROPERTY,
    RETRY_SETTINGS,
    SCALING,
)
from qarnot_domain.emulator._store import Pool, Store
from qarnot_domain.states import PoolState
from qarnot_domain.timespan import TimeSpan

MAX_POOL_CONSTANTS: Final = 50
TAGS: Final = Items(Text(longest=511), most=10)

SETTINGS: Final[dict[str, Shape]] = {
    **_settings.SHAPES,
    "elasticProperty": ELASTIC_PROPERTY,
    "scaling": SCALING,
    "constants": Items(CONSTANT, most=MAX_POOL_CONSTANTS),
    "preparationTask": Object({"commandLine": Text()}, required=("commandLine",)),
    "taskDefaultWaitForPoolResourcesSynchronization": Boolean(),
    "defaultRetrySettings": RETRY_SETTINGS,
    "multiSlotsSettings": Object({"slotsPerNode": Integer(least=0, most=UINT32_MAX)}),
}
"""The members of a pool that are checked, kept and given back; only those on its size matter."""

_MEMBERS: Final[dict[str, Shape]] = {
    **SETTINGS,
    "name": Text(shortest=1),
    "profile": Text(shortest=1),
    "shortname": SHORTNAME,
    "instanceCount": Integer(least=0),
    "tags": TAGS,
    "autoDeleteOnCompletion": Boolean(),
    "completionTimeToLive": Span(),
}
POOL_CREATE: Final = Object(_MEMBERS, required=("name", "profile"))
POOL_OVERRIDE: Final = Object(_MEMBERS)


def create_pool(store: Store, document: Mapping[str, Any], now: datetime) -> Pool:
    """The pool that a body in normal form describes, not yet in the store, or a refusal."""
    if document["resourceBuckets"] and document["advancedResourceBuckets"]:
        raise invalid({"resourceBuckets": ["excludes advancedResourceBuckets"]})
    if document["scaling"] is not None:
        _scaling.require_sensible(document["scaling"], "scaling.policies")
    _creation.require_free_shortname(store.pools, "pool", document["shortname"])
    _creation.require_credits(store)
    _creation.require_room(store, store.pools, "pool", store.limits.max_pools)
    uuid = store.new_uuid()
    return Pool(
        uuid=uuid,
        shortname=document["shortname"] or uuid,
        name=document["name"],
        sequence=store.next_sequence(),
        creation_date=now,
        tags=document["tags"] or [],
        auto_delete_on_completion=bool(document["autoDeleteOnCompletion"]),
        completion_time_to_live=document["completionTimeToLive"] or TimeSpan.ZERO,
        state=PoolState.SUBMITTED,
        last_modified=now,
        resized_at=now,
        instance_ids=range(0),
        profile=document["profile"],
        instance_count=document["instanceCount"] or 0,
        settings={name: document[name] for name in SETTINGS},
    )


def describe_pool(pool: Pool) -> dict[str, Any]:
    """The body in normal form that creates another pool like one, but for the shortname."""
    return {
        **pool.settings,
        "name": pool.name,
        "profile": pool.profile,
        "shortname": None,
        "instanceCount": pool.instance_count,
        "tags": pool.tags,
        "autoDeleteOnCompletion": pool.auto_delete_on_completion,
        "completionTimeToLive": pool.completion_time_to_live,
    }
