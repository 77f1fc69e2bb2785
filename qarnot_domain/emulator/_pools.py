"""The operations on pools."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from qarnot_domain.emulator import (
    _creation,
    _lifecycle,
    _listing,
    _output,
    _pool_creation,
    _pool_view,
    _scaling,
    _settings,
)
from qarnot_domain.emulator._filters import Accessor
from qarnot_domain.emulator._http import Refusal, Response, json_response
from qarnot_domain.emulator._instances import require_running
from qarnot_domain.emulator._job_view import view_job
from qarnot_domain.emulator._pool_creation import POOL_CREATE, POOL_OVERRIDE, SETTINGS, TAGS
from qarnot_domain.emulator._resource_view import wall_time
from qarnot_domain.emulator._router import Call, Route
from qarnot_domain.emulator._shapes import Object, read_body
from qarnot_domain.emulator._small_shapes import SCALING
from qarnot_domain.emulator._store import Pool
from qarnot_domain.emulator._task_view import view_task

_UPDATABLE_SETTINGS: Final = ("constants", "elasticProperty", "scaling")
POOL_UPDATE: Final = Object({name: SETTINGS[name] for name in _UPDATABLE_SETTINGS} | {"tags": TAGS})


_NOT_FILTERABLE: Final = (
    *_settings.NOT_FILTERABLE,
    "constants",
    "constraints",
    "labels",
    "multiSlotsSettings",
    "scaling",
)


def _setting(name: str) -> Accessor[Pool]:
    return lambda pool: _pool_view.read_setting(pool, name)


def _catalogue(now: datetime) -> _listing.Catalogue[Pool]:
    """What can be asked about pools; some of it changes as they run."""
    return _listing.Catalogue(
        fields={
            **_listing.FIELDS,
            **{name: _setting(name) for name in SETTINGS if name not in _NOT_FILTERABLE},
            "profile": lambda pool: pool.profile,
            "endDate": lambda pool: pool.end_date,
            "instanceCount": lambda pool: pool.instance_count,
            "targetRunningInstanceCount": lambda pool: pool.target_instances,
            "runningInstanceCount": lambda pool: pool.running_instances,
            "runningCoreCount": _pool_view.running_cores,
            "queuedOrRunningTaskInstancesCount": lambda pool: pool.queued_or_running_instances,
            "executionTime": lambda pool: _pool_view.execution_time(pool, now),
            "wallTime": lambda pool: wall_time(pool, now),
            "totalSlotCapacity": lambda pool: pool.slot_capacity,
            "poolUsage": _pool_view.usage,
            "autoDeleteOnCompletion": lambda pool: pool.auto_delete_on_completion,
            "completionTimeToLive": lambda pool: pool.completion_time_to_live.timedelta,
        },
        orders=_listing.ORDERS,
    )


def _pool(call: Call) -> Pool:
    return call.find(call.store.pools)


def list_pools(call: Call) -> Response:
    pools = _listing.tagged(call, call.store.pools)
    return json_response([_pool_view.view_pool(pool, call.now) for pool in pools])


def list_pool_summaries(call: Call) -> Response:
    pools = _listing.tagged(call, call.store.pools)
    return json_response([_pool_view.view_summary(pool, call.now) for pool in pools])


def create_pool(call: Call) -> Response:
    return _open(call, read_body(POOL_CREATE, call.json()))


def clone_pool(call: Call) -> Response:
    described = _pool_creation.describe_pool(_pool(call))
    return _open(call, _creation.overridden(described, read_body(POOL_OVERRIDE, call.json())))


def retrieve_pool(call: Call) -> Response:
    return json_response(_pool_view.view_pool(_pool(call), call.now))


def update_pool(call: Call) -> Response:
    pool = _pool(call)
    document = read_body(POOL_UPDATE, call.json())
    if document["scaling"] is not None:
        _scaling.require_sensible(document["scaling"], "scaling.policies")
    if document["tags"] is not None:
        pool.tags = document["tags"]
    for name in _UPDATABLE_SETTINGS:
        if document[name] is not None:
            pool.settings[name] = document[name]
    _take_effect(call, pool)
    return Response()


def resync_pool(call: Call) -> Response:
    """Nothing to bring: there are no files here."""
    require_running(_pool(call))
    return Response()


def delete_pool(call: Call) -> Response:
    call.lifecycle.delete_pool(_pool(call), call.now)
    return Response()


def close_pool(call: Call) -> Response:
    pool = _pool(call)
    if not _lifecycle.is_open(pool):
        raise Refusal(403, f"The pool cannot be closed: it is not running but {pool.state}")
    call.lifecycle.close_pool(pool, call.now)
    return Response()


def list_pool_jobs(call: Call) -> Response:
    pool = _pool(call)
    return json_response([view_job(job) for job in call.store.jobs if job.pool_uuid == pool.uuid])


def list_pool_tasks(call: Call) -> Response:
    tasks = call.store.tasks_of_pool.of(_pool(call).uuid)
    return json_response([view_task(task, call.now) for task in tasks])


def retrieve_scaling(call: Call) -> Response:
    return json_response(_pool_view.view_scaling(_pool(call), call.now))


def update_scaling(call: Call) -> Response:
    pool = _pool(call)
    pool.settings["scaling"] = _read_scaling(call)
    _take_effect(call, pool)
    return json_response({})


def check_scaling(call: Call) -> Response:
    _read_scaling(call)
    return Response()


def search_pools(call: Call) -> Response:
    return _listing.search(call, _catalogue(call.now), call.store.pools, _whole(call))


def paginate_pools(call: Call) -> Response:
    return _listing.paginate(call, _catalogue(call.now), call.store.pools, _whole(call))


def paginate_pool_summaries(call: Call) -> Response:
    return _listing.paginate(
        call,
        _catalogue(call.now),
        call.store.pools,
        lambda pool: _pool_view.view_summary(pool, call.now),
    )


ROUTES: Final = (
    Route("listPools", "GET", "/pools", list_pools),
    Route("createPool", "POST", "/pools", create_pool),
    Route("listPoolSummaries", "GET", "/pools/summaries", list_pool_summaries),
    Route("retrievePool", "GET", "/pools/{uuid}", retrieve_pool),
    Route("updatePool", "PUT", "/pools/{uuid}", update_pool),
    Route("resyncPool", "PATCH", "/pools/{uuid}", resync_pool),
    Route("deletePool", "DELETE", "/pools/{uuid}", delete_pool),
    Route("closePool", "POST", "/pools/{uuid}/close", close_pool),
    Route("clonePool", "POST", "/pools/{uuid}/clone", clone_pool),
    Route("listPoolJobs", "GET", "/pools/{uuid}/jobs", list_pool_jobs),
    Route("listPoolTasks", "GET", "/pools/{uuid}/tasks", list_pool_tasks),
    Route("retrievePoolScaling", "GET", "/pools/{uuid}/scaling", retrieve_scaling),
    Route("updatePoolScaling", "PUT", "/pools/{uuid}/scaling", update_scaling),
    Route("checkPoolScaling", "POST", "/sanity-checks/pools/scaling", check_scaling),
    Route("searchPools", "POST", "/pools/search", search_pools),
    Route("paginatePools", "POST", "/pools/paginate", paginate_pools),
    Route("paginatePoolSummaries", "POST", "/pools/summaries/paginate", paginate_pool_summaries),
    *_output.routes("Pool", _pool),
)


def _whole(call: Call) -> Callable[[Pool], dict[str, Any]]:
    return lambda pool: _pool_view.view_pool(pool, call.now)


def _open(call: Call, document: dict[str, Any]) -> Response:
    pool = _pool_creation.create_pool(call.store, document, call.now)
    call.lifecycle.open_pool(pool)
    return _creation.created(pool)


def _read_scaling(call: Call) -> dict[str, Any]:
    scaling = read_body(SCALING, call.json())
    _scaling.require_sensible(scaling, "policies")
    return scaling


def _take_effect(call: Call, pool: Pool) -> None:
    pool.last_modified = call.now
    call.lifecycle.rescale_pool(pool, call.now)
