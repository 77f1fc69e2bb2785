"""The operations on pools."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from qarnot_domain.emulator import _creation, _lifecycle, _listing, _task_view, _wire
from qarnot_domain.emulator._filters import Accessor
from qarnot_domain.emulator._http import Refusal, Response, invalid, json_response
from qarnot_domain.emulator._router import Call, Route
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
    Texts,
    Uuid,
    read_body,
)
from qarnot_domain.emulator._small_shapes import (
    CONSTANT,
    ELASTIC_PROPERTY,
    FORCED_CONSTANT,
    FORCED_NETWORK_RULE,
    HARDWARE_CONSTRAINT,
    PRIVILEGES,
    RESOURCES_BUCKET,
    RETRY_SETTINGS,
    SCALING,
    SCHEDULING_TYPE,
    SECRETS_ACCESS_RIGHTS,
)
from qarnot_domain.emulator._store import Pool, Store
from qarnot_domain.states import PoolState
from qarnot_domain.timespan import TimeSpan

MAX_POOL_CONSTANTS: Final = 50

SETTINGS: Final[dict[str, Shape]] = {
    "projectUuid": Uuid(),
    "elasticProperty": ELASTIC_PROPERTY,
    "scaling": SCALING,
    "constants": Items(CONSTANT, most=MAX_POOL_CONSTANTS),
    "constraints": Items(CONSTANT),
    "forcedConstants": Items(FORCED_CONSTANT),
    "forcedNetworkRules": Items(FORCED_NETWORK_RULE),
    "hardwareConstraints": Items(HARDWARE_CONSTRAINT),
    "secretsAccessRights": SECRETS_ACCESS_RIGHTS,
    "labels": Texts(),
    "resourceBuckets": Items(Text(shortest=1), most=100),
    "advancedResourceBuckets": Items(RESOURCES_BUCKET, most=100),
    "preparationTask": Object({"commandLine": Text()}, required=("commandLine",)),
    "taskDefaultWaitForPoolResourcesSynchronization": Boolean(),
    "schedulingType": SCHEDULING_TYPE,
    "targetedReservedMachineKey": Text(),
    "targetedReservationName": Text(),
    "defaultResourcesCacheTTLSec": Integer(least=0),
    "privileges": PRIVILEGES,
    "defaultRetrySettings": RETRY_SETTINGS,
    "maxTimeQueueSeconds": Integer(least=0, most=UINT32_MAX),
    "multiSlotsSettings": Object({"slotsPerNode": Integer(least=0, most=UINT32_MAX)}),
}
"""The members of a pool that are checked, kept and given back, without effect here."""

POOL_CREATE: Final = Object(
    {
        **SETTINGS,
        "name": Text(shortest=1),
        "profile": Text(shortest=1),
        "shortname": SHORTNAME,
        "instanceCount": Integer(least=0),
        "tags": Items(Text(longest=511), most=10),
        "autoDeleteOnCompletion": Boolean(),
        "completionTimeToLive": Span(),
    },
    required=("name", "profile"),
)

_DEFAULTS: Final[dict[str, Any]] = {
    "elasticProperty": {
        "isElastic": False,
        "minTotalSlots": 0,
        "maxTotalSlots": 0,
        "minIdleSlots": 0,
        "resizePeriod": 90,
        "rampResizeFactor": 0.4,
        "minIdleTimeSeconds": 90,
    },
    "constants": [],
    "constraints": [],
    "forcedConstants": [],
    "forcedNetworkRules": [],
    "hardwareConstraints": [],
    "secretsAccessRights": {"bySecret": [], "byPrefix": []},
    "labels": {},
    "resourceBuckets": [],
    "advancedResourceBuckets": [],
    "schedulingType": "flex",
    "defaultResourcesCacheTTLSec": 7_776_000,
    "privileges": {"exportApiAndStorageCredentialsInEnvironment": False},
    "defaultRetrySettings": {"maxTotalRetries": None, "maxPerInstanceRetries": None},
}
"""What an unset member reads back as; null would crash the official SDK on most of these."""


def _setting(name: str) -> Accessor[Pool]:
    return lambda pool: pool.settings[name]


CATALOGUE: Final = _listing.Catalogue[Pool](
    fields={
        **{name: _setting(name) for name in SETTINGS},
        "uuid": lambda pool: pool.uuid,
        "name": lambda pool: pool.name,
        "shortname": lambda pool: pool.shortname,
        "profile": lambda pool: pool.profile,
        "state": lambda pool: pool.state,
        "previousState": lambda pool: pool.previous_state,
        "stateTransitionTime": lambda pool: pool.state_transition_time,
        "previousStateTransitionTime": lambda pool: pool.previous_state_transition_time,
        "creationDate": lambda pool: pool.creation_date,
        "lastModified": lambda pool: pool.last_modified,
        "endDate": lambda pool: pool.end_date,
        "instanceCount": lambda pool: pool.instance_count,
        "tags": lambda pool: pool.tags,
    },
    orders={
        "creationDate": lambda pool: _wire.sortable(pool.creation_date),
        "name": lambda pool: pool.name,
        "state": lambda pool: pool.state,
    },
)


def view_pool(store: Store, pool: Pool, now: datetime) -> dict[str, Any]:
    """A whole pool."""
    is_running = pool.state == PoolState.FULLY_EXECUTING
    running = pool.instance_count if is_running else 0
    tasks = [t for t in store.tasks_of_pool.of(pool.uuid) if not _lifecycle.is_final(t)]
    busy = sum(_task_view.running_instances(task) for task in tasks)
    settings = {
        name: _DEFAULTS.get(name) if value is None else value
        for name, value in pool.settings.items()
    }
    elastic: dict[str, Any] = pool.settings["elasticProperty"] or {}
    asked = {name: value for name, value in elastic.items() if value is not None}
    settings["elasticProperty"] = {**_DEFAULTS["elasticProperty"], **asked}
    if pool.settings["scaling"] is not None:
        settings["scaling"] = {**pool.settings["scaling"], "activePolicyName": None}
    return {
        "uuid": pool.uuid,
        "name": pool.name,
        "shortname": pool.shortname,
        "profile": pool.profile,
        "state": pool.state,
        "previousState": pool.previous_state,
        "instanceCount": pool.instance_count,
        "targetRunningInstanceCount": pool.instance_count if _lifecycle.is_open(pool) else 0,
        "stateTransitionTime": _wire.date(pool.state_transition_time),
        "previousStateTransitionTime": _wire.date(pool.previous_state_transition_time),
        "creationDate": _wire.date(pool.creation_date),
        "lastModified": _wire.date(pool.last_modified),
        "endDate": _wire.date(pool.end_date),
        "runningInstanceCount": running,
        "runningCoreCount": running * _task_view.CORES_PER_INSTANCE,
        "queuedOrRunningTaskInstancesCount": sum(len(task.instance_ids) for task in tasks),
        "executionTime": _wire.span(timedelta(0)),
        "wallTime": _wire.span((pool.end_date or now) - pool.creation_date),
        **settings,
        "errors": [],
        "tags": pool.tags,
        "status": None,
        "totalSlotCapacity": running,
        "poolUsage": min(1.0, busy / running) if running else 0.0,
        "autoDeleteOnCompletion": pool.auto_delete_on_completion,
        "completionTimeToLive": pool.completion_time_to_live,
    }


def list_pools(call: Call) -> Response:
    pools = _listing.tagged(call, call.store.pools)
    return json_response([view_pool(call.store, pool, call.now) for pool in pools])


def create_pool(call: Call) -> Response:
    store = call.store
    document = read_body(POOL_CREATE, call.json())
    if document["resourceBuckets"] and document["advancedResourceBuckets"]:
        raise invalid({"resourceBuckets": ["excludes advancedResourceBuckets"]})
    _creation.require_free_shortname(store.pools, "pool", document["shortname"])
    _creation.require_credits(store)
    _creation.require_room(store, store.pools, "pool", store.limits.max_pools)
    uuid = store.new_uuid()
    pool = Pool(
        uuid=uuid,
        shortname=document["shortname"] or uuid,
        name=document["name"],
        sequence=store.next_sequence(),
        creation_date=call.now,
        tags=document["tags"] or [],
        auto_delete_on_completion=bool(document["autoDeleteOnCompletion"]),
        completion_time_to_live=document["completionTimeToLive"] or TimeSpan.ZERO,
        state=PoolState.SUBMITTED,
        last_modified=call.now,
        profile=document["profile"],
        instance_count=document["instanceCount"] or 0,
        settings={name: document[name] for name in SETTINGS},
    )
    call.lifecycle.open_pool(pool)
    return _creation.created(pool, "pools")


def retrieve_pool(call: Call) -> Response:
    return json_response(view_pool(call.store, _pool(call), call.now))


def delete_pool(call: Call) -> Response:
    call.lifecycle.delete_pool(_pool(call), call.now)
    return Response()


def close_pool(call: Call) -> Response:
    pool = _pool(call)
    if not _lifecycle.is_open(pool):
        raise Refusal(403, f"The pool cannot be closed: it is not running but {pool.state}")
    call.lifecycle.close_pool(pool, call.now)
    return Response()


def paginate_pools(call: Call) -> Response:
    return _listing.paginate(
        call,
        CATALOGUE,
        call.store.pools,
        lambda pool: view_pool(call.store, pool, call.now),
    )


ROUTES: Final = (
    Route("listPools", "GET", "/pools", list_pools),
    Route("createPool", "POST", "/pools", create_pool),
    Route("retrievePool", "GET", "/pools/{uuid}", retrieve_pool),
    Route("deletePool", "DELETE", "/pools/{uuid}", delete_pool),
    Route("closePool", "POST", "/pools/{uuid}/close", close_pool),
    Route("paginatePools", "POST", "/pools/paginate", paginate_pools),
)


def _pool(call: Call) -> Pool:
    pool = call.store.pools.find(call.parameters["uuid"])
    if pool is None:
        raise Refusal(404, f"No such pool: {call.parameters['uuid']}")
    return pool
