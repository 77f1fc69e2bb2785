"""From the body of a pool's creation to the pool: its form and its rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from qarnot_domain.emulator import _creation, _scaling, _settings
from qarnot_domain.emulator._http import invalid
from qarnot_domain.emulator._shapes import (
    UINT32_MAX,
    Boolean,
    Integer,
    Items,
    Object,
    Shape,
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

MAX_POOL_CONSTANTS: Final = 50
TAGS: Final = Items(_creation.TAG, most=10)

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
    **_creation.MEMBERS,
    "name": Text(shortest=1),
    "profile": Text(shortest=1),
    "instanceCount": Integer(least=0),
    "tags": TAGS,
}
POOL_CREATE: Final = Object(_MEMBERS, required=("name", "profile"))
POOL_OVERRIDE: Final = Object(_MEMBERS)


def create_pool(store: Store, document: Mapping[str, Any], now: datetime) -> Pool:
    """The pool that a body in normal form describes, not yet in the store, or a refusal."""
    if document["resourceBuckets"] and document["advancedResourceBuckets"]:
        raise invalid({"resourceBuckets": ["excludes advancedResourceBuckets"]})
    if document["scaling"] is not None:
        _scaling.require_sensible(document["scaling"], "scaling.policies")
    admitted = _creation.admit(store, store.pools, store.limits.max_pools, document, now)
    return Pool(
        **admitted,
        state=PoolState.SUBMITTED,
        resized_at=now,
        instance_ids=range(0),
        profile=document["profile"],
        instance_count=document["instanceCount"] or 0,
        settings={name: document[name] for name in SETTINGS},
    )


def describe_pool(pool: Pool) -> dict[str, Any]:
    """The body in normal form that creates another pool like one, but for the shortname."""
    return {
        **_creation.describe(pool),
        **pool.settings,
        "profile": pool.profile,
        "instanceCount": pool.instance_count,
    }
