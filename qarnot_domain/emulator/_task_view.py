"""A task as the API gives it: whole, or in summary."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from qarnot_domain.emulator import _lifecycle, _settings, _steps, _wire
from qarnot_domain.emulator._instances import ends_of
from qarnot_domain.emulator._machine import (
    CLOCK_GHZ,
    CORES_PER_INSTANCE,
    CPU_MODEL,
    SPECIFICATION_KEY,
)
from qarnot_domain.emulator._ranges import format_ranges
from qarnot_domain.emulator._resource_view import view_identity, view_keeping, wall_time
from qarnot_domain.emulator._running_view import view_running_instances
from qarnot_domain.emulator._store import Task
from qarnot_domain.states import TaskState

SECRET_PREFIX: Final = "QARNOT_SECRET__"  # noqa: S105 - the name of a constant
"""Constants with this prefix are write-only."""
MASK: Final = "*****"

FAILURE_CODE: Final = "EMULATED_FAILURE"
EXECUTION_FAILURE_CODE: Final = "EXECUTION_FAILURE"

SNAPSHOT_INTERVAL: Final = 0
"""Deprecated: the service takes any value and goes back to this one."""
RESULTS_COUNT: Final = 0
"""There are no files here."""

_DEFAULTS: Final[dict[str, Any]] = {
    **_settings.DEFAULTS,
    "retrySettings": _settings.RETRY_DEFAULTS,
}
_IN_SUMMARY: Final = ("waitForPoolResourcesSynchronization",)
_NOT_READ_BACK: Final = ("priority", "maxRetriesPerInstance", *_IN_SUMMARY)


def view_summary(task: Task, now: datetime) -> dict[str, Any]:
    """A task without its heavy members."""
    return {
        **view_identity(task),
        "profile": task.profile,
        "poolUuid": task.pool_uuid,
        "jobUuid": task.job_uuid,
        "progress": progress(task, now),
        "runningInstanceCount": running_instances(task),
        "runningCoreCount": running_cores(task),
        "clusterInfo": None,
        "executionTime": _wire.span(execution_time(task, now)),
        "wallTime": _wire.span(wall_time(task, now)),
        "totalInstanceCount": len(task.instance_ids),
        "instanceCount": task.instance_count,
        "maxRetriesPerInstance": task.settings["maxRetriesPerInstance"] or 0,
        "advancedRanges": task.advanced_ranges,
        "endDate": _wire.date(task.end_date),
        "waitForPoolResourcesSynchronization": task.settings["waitForPoolResourcesSynchronization"],
    }


def view_task(task: Task, now: datetime) -> dict[str, Any]:
    """A whole task."""
    settings = {
        name: read_setting(task, name) for name in task.settings if name not in _NOT_READ_BACK
    }
    return {
        **view_summary(task, now),
        **view_keeping(task),
        **settings,
        "errors": _errors(task),
        "completedInstances": _completed_instances(task, now),
        "status": _status(task, now),
        "snapshotInterval": SNAPSHOT_INTERVAL,
        "resultsCount": RESULTS_COUNT,
        "constants": view_constants(task.constants),
        "dependencies": view_dependencies(task),
    }


def read_setting(task: Task, name: str) -> object:
    """A setting as it reads back."""
    value = task.settings[name]
    return _DEFAULTS.get(name) if value is None else value


def running_instances(task: Task) -> int:
    """How many of a task's instances execute, or wait for a processor to do so."""
    if not _lifecycle.is_executing(task):
        return 0
    return len(task.wave_ids) if task.run is None else len(task.run.left)


def running_cores(task: Task) -> int:
    """How many cores these instances use."""
    return running_instances(task) * CORES_PER_INSTANCE


def execution_time(task: Task, now: datetime) -> timedelta:
    """How long the instances of a task have executed, all together."""
    if task.run is not None:
        ended = sum((end.execution_time for end in task.ends.values()), timedelta(0))
        others = [i for i in task.wave_ids if i not in task.ends]
        return ended + len(others) * ((task.execution_end or now) - task.run.start)
    earlier = task.wave * task.wave_size
    in_this_wave = _elapsed(task, now) - task.wave * task.execution_time
    return task.execution_time * earlier + in_this_wave * len(task.wave_ids)


def _elapsed(task: Task, now: datetime) -> timedelta:
    """The time since a task's first instance started, until the last one stopped."""
    if task.execution_start is None:
        return timedelta(0)
    return (task.execution_end or now) - task.execution_start


def progress(task: Task, now: datetime) -> float:
    """Percent of the execution that is done."""
    if task.execution_start is None:
        return 0.0
    if task.run is not None:
        return round(100.0 * len(task.ends) / len(task.instance_ids), 2)
    planned = _steps.planned_execution(task)
    done = _elapsed(task, now) / planned if planned else 1.0
    return round(100.0 * min(1.0, done), 2)


def _errors(task: Task) -> list[dict[str, str | None]]:
    if task.state != TaskState.FAILURE:
        return []
    return [_error(task, instance_id) for instance_id in ends_of(task).failed]


def _error(task: Task, instance_id: int) -> dict[str, str | None]:
    """Why an instance failed."""
    if task.run is None:
        message = f"Instance {instance_id} failed, as the emulator was told to let it"
        return {"code": FAILURE_CODE, "message": message, "debug": None}
    return {
        "code": EXECUTION_FAILURE_CODE,
        "message": task.ends[instance_id].error,
        "debug": None,
    }


def _completed_instances(task: Task, now: datetime) -> list[dict[str, Any]]:
    ends = ends_of(task)
    return [
        *(_completed_instance(task, i, now, error=None) for i in ends.succeeded),
        *(_completed_instance(task, i, now, error=_error(task, i)) for i in ends.failed),
    ]


def _completed_instance(
    task: Task, instance_id: int, now: datetime, *, error: dict[str, str | None] | None
) -> dict[str, Any]:
    seconds = _time_of_instance(task, instance_id, now).total_seconds()
    return {
        "results": [],
        "instanceId": instance_id,
        "wallTimeSec": seconds,
        "execTimeSec": seconds,
        "execTimeSecGHz": seconds * CLOCK_GHZ,
        "peakMemoryMB": 0,
        "state": "success" if error is None else "failure",
        "error": error,
        "specificationKey": SPECIFICATION_KEY,
        "cpuModel": CPU_MODEL,
        "coreCount": CORES_PER_INSTANCE,
        "clockRatio": 1.0,
        "averageGHz": CLOCK_GHZ,
        "executionAttemptCount": 1,
    }


def _time_of_instance(task: Task, instance_id: int, now: datetime) -> timedelta:
    """How long an instance that has ended executed."""
    if task.run is not None:
        return task.ends[instance_id].execution_time
    return task.execution_time if task.wave_count > 1 else _elapsed(task, now)


def _status(task: Task, now: datetime) -> dict[str, Any] | None:
    """How far a task is; nothing before it executes."""
    if task.execution_start is None:
        return None
    execution = execution_time(task, now)
    seconds = execution.total_seconds()
    started = task.wave * task.wave_size + len(task.wave_ids)
    ends = ends_of(task)
    is_uploaded = task.state in (TaskState.SUCCESS, TaskState.FAILURE)
    return {
        "timestamp": _wire.date(now),
        "lastUpdateTimestamp": _wire.date(task.last_modified),
        "downloadProgress": 100.0,
        "executionProgress": progress(task, now),
        "uploadProgress": 100.0 if is_uploaded else 0.0,
        "instanceCount": len(task.instance_ids),
        **_time("download", timedelta(0)),
        **_time("environment", timedelta(0)),
        **_time("execution", execution),
        **_time("upload", timedelta(0)),
        **_time("wall", wall_time(task, now)),
        "succeededRange": format_ranges(ends.succeeded),
        "executedRange": format_ranges(sorted((*ends.succeeded, *ends.failed))),
        "failedRange": format_ranges(ends.failed),
        "cancelledRange": format_ranges(ends.cancelled),
        "failedOnlyRange": format_ranges(ends.failed),
        "startedOnceRange": format_ranges(task.instance_ids[:started]),
        "executionTimeByCpuModel": [
            {
                "model": CPU_MODEL,
                "time": seconds,
                "core": CORES_PER_INSTANCE,
            }
        ],
        "executionTimeGhzByCpuModel": [
            {
                "model": CPU_MODEL,
                "timeGhz": seconds * CLOCK_GHZ,
                "clockRatio": 1.0,
                "core": CORES_PER_INSTANCE,
            }
        ],
        "executionTimeByMachineSpecification": None,
        "executionTimeBySiteAndMachine": None,
        "executionTimeByInstanceId": None,
        "runningInstancesInfo": view_running_instances(task, now),
    }


def _time(phase: str, duration: timedelta) -> dict[str, Any]:
    return {
        f"{phase}Time": _wire.span(duration),
        f"{phase}TimeSec": duration.total_seconds(),
    }


def view_constants(constants: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Constants with the secret ones masked."""
    return [
        {"key": constant["key"], "value": MASK}
        if constant["key"].startswith(SECRET_PREFIX)
        else constant
        for constant in constants
    ]


def view_dependencies(task: Task) -> dict[str, Any]:
    """What a task waits for, and how far that is."""
    if not task.dependencies:
        return {"dependsOn": [], "advancedDependsOn": None, "state": None}
    state = _lifecycle.state_of_dependencies(task.dependencies)
    uuids = [dependency.task_uuid for dependency in task.dependencies]
    if not task.has_advanced_dependencies:
        return {"dependsOn": uuids, "advancedDependsOn": None, "state": state}
    entries = [
        {
            "taskUuid": dependency.task_uuid,
            "taskFinalStateCondition": sorted(dependency.accepted),
            "actualFinalState": dependency.actual_final_state,
            "state": _lifecycle.state_of_dependencies([dependency]),
        }
        for dependency in task.dependencies
    ]
    return {"dependsOn": [], "advancedDependsOn": entries, "state": state}
