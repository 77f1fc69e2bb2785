"""The instances of a task that run, one by one, as its status tells of them.

Where nothing really executes they all run alike. What nobody measures here reads 0: the use of
processors, memory and network.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from qarnot_domain.emulator import _lifecycle, _steps, _wire
from qarnot_domain.emulator._machine import (
    CLOCK_GHZ,
    CORES_PER_INSTANCE,
    CPU_MODEL,
    MEMORY_MB,
    SPECIFICATION_KEY,
)
from qarnot_domain.emulator._store import Task
from qarnot_domain.states import TaskState

_UNMEASURED: Final = dict.fromkeys(
    (
        "averageCpuUsage",
        "clusterPowerIndicator",
        "averageMemoryUsage",
        "averageNetworkInKbps",
        "averageNetworkOutKbps",
        "totalNetworkInKbps",
        "totalNetworkOutKbps",
    ),
    0.0,
)


def view_running_instances(task: Task, now: datetime) -> dict[str, Any] | None:
    """What the running instances do, together and one by one; nothing where none runs."""
    instances = list(_instances(task, now))
    if not instances:
        return None
    return {
        "perRunningInstanceInfo": instances,
        "snapshotResults": [],
        "timestamp": _wire.date(now),
        "averageFrequencyGHz": CLOCK_GHZ,
        "maxFrequencyGHz": CLOCK_GHZ,
        "minFrequencyGHz": CLOCK_GHZ,
        "averageMaxFrequencyGHz": CLOCK_GHZ,
        **_UNMEASURED,
        "runningCoreCountByCpuModel": [
            {
                "model": CPU_MODEL,
                "core": CORES_PER_INSTANCE,
                "runningCoreCount": CORES_PER_INSTANCE * len(instances),
            }
        ],
    }


def _instances(task: Task, now: datetime) -> Iterator[dict[str, Any]]:
    if task.state == TaskState.UPLOADING_RESULTS:
        for instance_id in task.wave_ids:
            yield _instance(instance_id, "upload", _executed(task, instance_id, now), 100.0)
    elif _lifecycle.is_executing(task):
        for instance_id in task.wave_ids if task.run is None else sorted(task.run.left):
            executed = _executed(task, instance_id, now)
            yield _instance(instance_id, "execution", executed, _progress(task, executed))


def _executed(task: Task, instance_id: int, now: datetime) -> timedelta:
    """How long an instance of the present wave has executed."""
    end = task.ends.get(instance_id)
    if end is not None:
        return end.execution_time
    if task.run is not None:
        return now - task.run.start
    start = task.execution_start or now
    return (task.execution_end or now) - start - task.wave * task.execution_time


def _progress(task: Task, executed: timedelta) -> float:
    """Percent of an instance that is done; how much of a real command is, nobody knows."""
    planned = _steps.planned_execution(task) / task.wave_count
    if task.run is not None or not planned:
        return 0.0
    return round(100.0 * min(1.0, executed / planned), 2)


def _instance(instance_id: int, phase: str, executed: timedelta, progress: float) -> dict[str, Any]:
    seconds = executed.total_seconds()
    return {
        "phase": phase,
        "instanceId": instance_id,
        "maxFrequencyGHz": CLOCK_GHZ,
        "currentFrequencyGHz": CLOCK_GHZ,
        "cpuUsage": 0.0,
        "maxMemoryMB": MEMORY_MB,
        "currentMemoryMB": 0,
        "memoryUsage": 0.0,
        "networkInKbps": 0.0,
        "networkOutKbps": 0.0,
        "progress": progress,
        "executionTimeSec": seconds,
        "executionTimeGHz": seconds * CLOCK_GHZ,
        "specificationKey": SPECIFICATION_KEY,
        "cpuModel": CPU_MODEL,
        "coreCount": CORES_PER_INSTANCE,
        "executionAttemptCount": 1,
        "clockRatio": 1.0,
        "activeForwards": [],
        "vpnConnections": [],
    }
