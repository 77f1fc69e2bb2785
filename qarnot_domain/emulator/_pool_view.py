"""A pool as the API gives it: whole, or in summary."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from qarnot_domain.emulator import _scaling, _settings, _task_view, _wire
from qarnot_domain.emulator._machine import CORES_PER_INSTANCE
from qarnot_domain.emulator._resource_view import view_identity, view_keeping, wall_time
from qarnot_domain.emulator._store import Pool

_DEFAULTS: Final[dict[str, Any]] = {
    **_settings.DEFAULTS,
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
    "defaultRetrySettings": _settings.RETRY_DEFAULTS,
    "multiSlotsSettings": {"slotsPerNode": 1},
}


def view_summary(pool: Pool, now: datetime) -> dict[str, Any]:
    """A pool without its heavy members."""
    name = "taskDefaultWaitForPoolResourcesSynchronization"
    return {
        **view_identity(pool),
        "profile": pool.profile,
        "instanceCount": pool.instance_count,
        "targetRunningInstanceCount": pool.target_instances,
        "endDate": _wire.date(pool.end_date),
        "runningInstanceCount": pool.running_instances,
        "runningCoreCount": running_cores(pool),
        "queuedOrRunningTaskInstancesCount": pool.queued_or_running_instances,
        "executionTime": _wire.span(execution_time(pool, now)),
        "wallTime": _wire.span(wall_time(pool, now)),
        name: pool.settings[name],
    }


def view_pool(pool: Pool, now: datetime) -> dict[str, Any]:
    """A whole pool."""
    scaling = None if pool.settings["scaling"] is None else view_scaling(pool, now)
    return {
        **view_summary(pool, now),
        **view_keeping(pool),
        **{name: read_setting(pool, name) for name in pool.settings},
        "constants": _task_view.view_constants(pool.settings["constants"] or []),
        "scaling": scaling,
        "errors": [],
        "status": None,
        "totalSlotCapacity": pool.slot_capacity,
        "poolUsage": usage(pool),
    }


def read_setting(pool: Pool, name: str) -> object:
    """A setting as it reads back."""
    value = pool.settings[name]
    default = _DEFAULTS.get(name)
    if value is None:
        return default
    if name == "elasticProperty":
        return {**_DEFAULTS[name], **{k: v for k, v in value.items() if v is not None}}
    return value


def view_scaling(pool: Pool, now: datetime) -> dict[str, Any]:
    """The scaling policies of a pool, none if it has no scaling, and which one is active."""
    scaling: dict[str, Any] = pool.settings["scaling"] or {"policies": []}
    active = _scaling.active_policy(pool, now)
    return {**scaling, "activePolicyName": None if active is None else active["name"]}


def running_cores(pool: Pool) -> int:
    """How many cores its instances have."""
    return pool.running_instances * CORES_PER_INSTANCE


def execution_time(pool: Pool, now: datetime) -> timedelta:
    """How long its instances have run, all together."""
    return pool.execution_time + pool.running_instances * (now - pool.resized_at)


def usage(pool: Pool) -> float:
    """How much of a pool its tasks use, from 0 to 1."""
    return pool.slots_in_use / pool.slot_capacity if pool.slot_capacity else 0.0
