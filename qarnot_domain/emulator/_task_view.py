"""A task as the API gives it: whole, or in summary."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from qarnot_domain.emulator import _lifecycle, _wire
from qarnot_domain.emulator._store import Task
from qarnot_domain.states import TaskState

SECRET_PREFIX: Final = "QARNOT_SECRET__"  # noqa: S105 - the name of a constant
"""Constants with this prefix are write-only."""
MASK: Final = "*****"

CORES_PER_INSTANCE: Final = 4
CLOCK_GHZ: Final = 3.0
CPU_MODEL: Final = "Emulated CPU"
SPECIFICATION_KEY: Final = "emulated-4c-16g"
FAILURE_CODE: Final = "EMULATED_FAILURE"

_DEFAULTS: Final[dict[str, Any]] = {
    "resourceBuckets": [],
    "advancedResourceBuckets": [],
    "constraints": [],
    "forcedConstants": [],
    "forcedNetworkRules": [],
    "hardwareConstraints": [],
    "labels": {},
    "secretsAccessRights": {"bySecret": [], "byPrefix": []},
    "retrySettings": {"maxTotalRetries": None, "maxPerInstanceRetries": None},
    "privileges": {"exportApiAndStorageCredentialsInEnvironment": False},
    "schedulingType": "flex",
    "defaultResourcesCacheTTLSec": 7_776_000,
}
"""What an unset member reads back as; null would crash the official SDK on most of these."""

_IN_SUMMARY: Final = ("waitForPoolResourcesSynchronization",)
_NOT_READ_BACK: Final = ("priority", "maxRetriesPerInstance", *_IN_SUMMARY)


def view_summary(task: Task, now: datetime) -> dict[str, Any]:
    """A task without its heavy members."""
    running = running_instances(task)
    return {
        "uuid": task.uuid,
        "name": task.name,
        "shortname": task.shortname,
        "profile": task.profile,
        "poolUuid": task.pool_uuid,
        "jobUuid": task.job_uuid,
        "progress": progress(task, now),
        "runningInstanceCount": running,
        "runningCoreCount": running * CORES_PER_INSTANCE,
        "clusterInfo": None,
        "executionTime": _wire.span(execution_time(task, now)),
        "wallTime": _wire.span(wall_time(task, now)),
        "state": task.state,
        "previousState": task.previous_state,
        "totalInstanceCount": len(task.instance_ids),
        "instanceCount": task.instance_count,
        "maxRetriesPerInstance": task.settings["maxRetriesPerInstance"] or 0,
        "advancedRanges": task.advanced_ranges,
        "stateTransitionTime": _wire.date(task.state_transition_time),
        "previousStateTransitionTime": _wire.date(task.previous_state_transition_time),
        "lastModified": _wire.date(task.last_modified),
        "creationDate": _wire.date(task.creation_date),
        "endDate": _wire.date(task.end_date),
        "waitForPoolResourcesSynchronization": task.settings["waitForPoolResourcesSynchronization"],
    }


def view_task(task: Task, now: datetime) -> dict[str, Any]:
    """A whole task."""
    settings = {
        name: _DEFAULTS.get(name) if value is None else value
        for name, value in task.settings.items()
        if name not in _NOT_READ_BACK
    }
    return {
        **view_summary(task, now),
        **settings,
        "errors": _errors(task),
        "completedInstances": _completed_instances(task, now),
        "status": _status(task, now),
        # Deprecated: the service takes any value and goes back to this one.
        "snapshotInterval": 0,
        "resultsCount": 0,
        "constants": [_masked(constant) for constant in task.constants],
        "tags": task.tags,
        "dependencies": view_dependencies(task),
        "autoDeleteOnCompletion": task.auto_delete_on_completion,
        "completionTimeToLive": task.completion_time_to_live,
    }


def running_instances(task: Task) -> int:
    """How many of a task's instances execute."""
    return len(task.instance_ids) if _lifecycle.is_executing(task) else 0


def wall_time(task: Task, now: datetime) -> timedelta:
    """The time since a task's creation, until its end if it has ended."""
    return (task.end_date or now) - task.creation_date


def execution_time(task: Task, now: datetime) -> timedelta:
    """How long the instances of a task have executed, all together."""
    return _instance_time(task, now) * len(task.instance_ids)


def _instance_time(task: Task, now: datetime) -> timedelta:
    """How long each instance has executed."""
    if task.execution_start is None:
        return timedelta(0)
    return (task.execution_end or now) - task.execution_start


def progress(task: Task, now: datetime) -> float:
    """Percent of the execution that is done."""
    if task.execution_start is None:
        return 0.0
    planned = _lifecycle.planned_execution(task)
    done = _instance_time(task, now) / planned if planned else 1.0
    return round(100.0 * min(1.0, done), 2)


def _errors(task: Task) -> list[dict[str, str | None]]:
    return [_error()] if task.state == TaskState.FAILURE else []


def _error() -> dict[str, str | None]:
    return {
        "code": FAILURE_CODE,
        "message": "The task failed, as its constant EMULATOR_OUTCOME asked",
        "debug": None,
    }


def _completed_instances(task: Task, now: datetime) -> list[dict[str, Any]]:
    if task.state not in (TaskState.SUCCESS, TaskState.FAILURE):
        return []
    seconds = _instance_time(task, now).total_seconds()
    has_failed = task.state == TaskState.FAILURE
    return [
        {
            "results": [],
            "instanceId": instance_id,
            "wallTimeSec": seconds,
            "execTimeSec": seconds,
            "execTimeSecGHz": seconds * CLOCK_GHZ,
            "peakMemoryMB": 0,
            "state": "failure" if has_failed else "success",
            "error": _error() if has_failed else None,
            "specificationKey": SPECIFICATION_KEY,
            "cpuModel": CPU_MODEL,
            "coreCount": CORES_PER_INSTANCE,
            "clockRatio": 1.0,
            "averageGHz": CLOCK_GHZ,
            "executionAttemptCount": 1,
        }
        for instance_id in task.instance_ids
    ]


def _status(task: Task, now: datetime) -> dict[str, Any] | None:
    """How far a task is; nothing before it executes."""
    if task.execution_start is None:
        return None
    execution = execution_time(task, now)
    seconds = execution.total_seconds()
    everything = ranges(task.instance_ids)
    has_failed = task.state == TaskState.FAILURE
    has_succeeded = task.state == TaskState.SUCCESS
    is_uploaded = has_failed or has_succeeded
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
        "succeededRange": everything if has_succeeded else "",
        "executedRange": everything if is_uploaded else "",
        "failedRange": everything if has_failed else "",
        "cancelledRange": everything if task.state == TaskState.CANCELLED else "",
        "failedOnlyRange": everything if has_failed else "",
        "startedOnceRange": everything,
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
        "runningInstancesInfo": None,
    }


def _time(phase: str, duration: timedelta) -> dict[str, Any]:
    return {
        f"{phase}Time": _wire.span(duration),
        f"{phase}TimeSec": duration.total_seconds(),
    }


def ranges(ids: tuple[int, ...]) -> str:
    """Sorted numbers as ranges, such as `0-2,4-5,17`."""
    runs: list[list[int]] = []
    for number in ids:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _masked(constant: dict[str, str]) -> dict[str, str]:
    if constant["key"].startswith(SECRET_PREFIX):
        return {"key": constant["key"], "value": MASK}
    return constant


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
