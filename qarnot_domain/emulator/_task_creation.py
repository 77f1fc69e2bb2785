"""From the body of a task's creation to the task: its form and its rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from qarnot_domain.emulator import _creation, _lifecycle, _settings
from qarnot_domain.emulator._conduct import read_wishes
from qarnot_domain.emulator._http import invalid
from qarnot_domain.emulator._ranges import MAX_INSTANCES, parse_ranges
from qarnot_domain.emulator._shapes import (
    REGEX_LONGEST,
    Boolean,
    Choice,
    Faults,
    Integer,
    Items,
    Object,
    Shape,
    Text,
    Uuid,
    fault,
)
from qarnot_domain.emulator._small_shapes import (
    CONSTANT,
    RETRY_SETTINGS,
)
from qarnot_domain.emulator._store import Dependency, Job, Store, Task
from qarnot_domain.states import TaskState

MAX_TASK_CONSTANTS: Final = 150

_REGEX: Final = Text(longest=REGEX_LONGEST)
_DEPENDENCIES: Final = Object(
    {
        "dependsOn": Items(Uuid()),
        "advancedDependsOn": Items(
            Object(
                {
                    "taskUuid": Uuid(),
                    "taskFinalStateCondition": Items(Choice(tuple(_lifecycle.CONDITIONS.values()))),
                },
                required=("taskUuid",),
            )
        ),
    }
)

SETTINGS: Final[dict[str, Shape]] = {
    **_settings.SHAPES,
    "resultBucket": Text(),
    "resultsBucket": Text(),
    "resultsBucketPrefix": Text(),
    "resultsCacheTTLSec": Integer(least=0),
    "snapshotWhitelist": _REGEX,
    "snapshotBlacklist": _REGEX,
    "resultsWhitelist": _REGEX,
    "resultsBlacklist": _REGEX,
    "snapshotBucket": Text(),
    "snapshotBucketPrefix": Text(),
    "maxRetriesPerInstance": Integer(least=0),
    "retrySettings": RETRY_SETTINGS,
    "waitForPoolResourcesSynchronization": Boolean(),
    "uploadResultsOnCancellation": Boolean(),
    "priority": Integer(),
}
"""The members of a task that are checked, kept and given back, without effect here."""

_MEMBERS: Final[dict[str, Shape]] = {
    **SETTINGS,
    **_creation.MEMBERS,
    "profile": Text(),
    "poolUuid": Uuid(),
    "jobUuid": Uuid(),
    "instanceCount": Integer(least=0, most=MAX_INSTANCES),
    "advancedRanges": Text(),
    "constants": Items(CONSTANT, most=MAX_TASK_CONSTANTS),
    "snapshotInterval": Integer(),
    "dependencies": _DEPENDENCIES,
}
TASK_CREATE: Final = Object(_MEMBERS, required=("name",))
TASK_OVERRIDE: Final = Object(_MEMBERS)


def create_task(store: Store, document: Mapping[str, Any], now: datetime) -> Task:
    """The task that a body in normal form describes, not yet in the store, or a refusal."""
    faults: Faults = {}
    instance_ids = _instance_ids(document, faults)
    job = store.jobs.get(document["jobUuid"])
    pool_uuid = _check_place(store, document, job, faults)
    dependencies = _dependencies(store, document["dependencies"], job, faults)
    constants = {entry["key"]: entry["value"] for entry in document["constants"] or []}
    wishes = read_wishes(constants, instance_ids, faults)
    _check_exclusions(document, pool_uuid, faults)
    if faults:
        raise invalid(faults)
    admitted = _creation.admit(store, store.tasks, store.limits.max_tasks, document, now)
    conduct = wishes.or_else(store.chances.draw(admitted["uuid"], instance_ids))
    return Task(
        **admitted,
        state=TaskState.SUBMITTED,
        profile=document["profile"] or None,
        pool_uuid=pool_uuid,
        job_uuid=document["jobUuid"],
        instance_count=document["instanceCount"] or 0,
        advanced_ranges=document["advancedRanges"],
        instance_ids=instance_ids,
        constants=document["constants"] or [],
        dependencies=dependencies,
        has_advanced_dependencies=bool((document["dependencies"] or {}).get("advancedDependsOn")),
        execution_time=conduct.execution_time,
        time_limit=wishes.time_limit,
        failing=conduct.failing,
        wave_size=len(instance_ids),
        settings={name: document[name] for name in SETTINGS},
    )


def describe_task(task: Task) -> dict[str, Any]:
    """The body in normal form that creates another task like one, but for the shortname."""
    return {
        **_creation.describe(task),
        **task.settings,
        "profile": task.profile,
        "poolUuid": task.pool_uuid,
        "jobUuid": task.job_uuid,
        "instanceCount": task.instance_count,
        "advancedRanges": task.advanced_ranges,
        "constants": task.constants,
        "dependencies": _describe_dependencies(task),
    }


def _describe_dependencies(task: Task) -> dict[str, Any]:
    if not task.has_advanced_dependencies:
        return {"dependsOn": [dependency.task_uuid for dependency in task.dependencies]}
    entries = [
        {
            "taskUuid": dependency.task_uuid,
            "taskFinalStateCondition": sorted(dependency.accepted),
        }
        for dependency in task.dependencies
    ]
    return {"advancedDependsOn": entries}


def _instance_ids(document: Mapping[str, Any], faults: Faults) -> tuple[int, ...]:
    # The C# SDK sends 0 instances with ranges.
    count, ranges = document["instanceCount"] or None, document["advancedRanges"]
    if (count is None) == (ranges is None):
        fault(faults, "instanceCount", "exactly one of instanceCount and advancedRanges is needed")
        return ()
    return (
        tuple(range(count or 0))
        if ranges is None
        else parse_ranges(ranges, "advancedRanges", faults)
    )


def _check_place(
    store: Store, document: Mapping[str, Any], job: Job | None, faults: Faults
) -> str | None:
    """Where the task runs: the uuid of its pool, its job's if it has none itself."""
    pool_uuid: str | None = document["poolUuid"]
    if document["jobUuid"] is not None:
        if job is None:
            fault(faults, "jobUuid", "there is no such job")
            return None
        if not _lifecycle.accepts_tasks(job):
            fault(faults, "jobUuid", f"the job accepts no more tasks: it is {job.state}")
        if job.pool_uuid is not None:
            if pool_uuid not in (None, job.pool_uuid):
                fault(faults, "poolUuid", "a task runs in the pool of its job")
            pool_uuid = job.pool_uuid
    if pool_uuid is not None:
        pool = store.pools.get(pool_uuid)
        if pool is None:
            fault(faults, "poolUuid", "there is no such pool")
        elif not _lifecycle.is_open(pool):
            fault(faults, "poolUuid", "the pool is closed")
    if bool(document["profile"]) == (pool_uuid is not None):
        fault(faults, "profile", "a task has either a profile or a pool")
    return pool_uuid


def _dependencies(
    store: Store, document: Mapping[str, Any] | None, job: Job | None, faults: Faults
) -> list[Dependency]:
    simple = (document or {}).get("dependsOn") or []
    advanced = (document or {}).get("advancedDependsOn") or []
    if not simple and not advanced:
        return []
    if simple and advanced:
        fault(faults, "dependencies", "are either simple or advanced, not both")
    if job is None or not job.use_dependencies:
        fault(faults, "dependencies", "need a job that uses dependencies")
    dependencies = [Dependency(u, _lifecycle.SIMPLE_DEPENDENCY_ACCEPTS) for u in simple]
    for entry in advanced:
        condition = entry["taskFinalStateCondition"] or _lifecycle.CONDITIONS.values()
        dependencies.append(Dependency(entry["taskUuid"], frozenset(condition)))
    for dependency in dependencies:
        task = store.tasks.get(dependency.task_uuid)
        if task is None or job is None or task.job_uuid != job.uuid:
            fault(faults, "dependencies", f"{dependency.task_uuid} is not a task of the job")
        else:
            # Now: it may have to go to make room for this very task.
            dependency.actual_final_state = _lifecycle.CONDITIONS.get(TaskState(task.state))
    return dependencies


def _check_exclusions(document: Mapping[str, Any], pool_uuid: str | None, faults: Faults) -> None:
    if document["resourceBuckets"] and document["advancedResourceBuckets"]:
        fault(faults, "resourceBuckets", "excludes advancedResourceBuckets")
    if document["hardwareConstraints"] and pool_uuid is not None:
        fault(faults, "hardwareConstraints", "are the pool's for a task that runs in one")
    is_targeted = document["targetedReservedMachineKey"] or document["targetedReservationName"]
    if is_targeted and document["schedulingType"] != "reserved":
        fault(faults, "schedulingType", "must be reserved to target a machine or a reservation")
