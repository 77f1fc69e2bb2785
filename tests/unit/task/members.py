"""What the tests know of tasks: their own members, what they may be, how they are sent."""

from __future__ import annotations

from typing import Any, Final

from qarnot_domain import (
    CompletedInstance,
    Connection,
    MissingTaskException,
    MissingTaskInstanceException,
    RetrySettings,
    Task,
    TaskDependencies,
    TaskState,
    TimeSpan,
)

from ..driving import JOB_UUID, POOL_UUID, PROFILE, ZERO_UUID
from ..executions import members as common
from ..executions.kind import Ending, ExecutionKind, Setting

TASK_UUID: Final = "77777777-8888-4777-8666-abcdefabcdef"

_SETTINGS: Final[dict[str, Setting]] = {
    **common.SETTINGS,
    "profile": Setting("profile", "other", "other"),
    "instancecount": Setting("instanceCount", 2048, 2048),
    "advanced_range": Setting(
        "advancedRanges", "0-2,4-5,17", "0-2,4-5,17", along={"instancecount": None}
    ),
    "results": Setting("resultBucket", "frames", "frames"),
    "results_bucket": Setting("resultsBucket", "frames", "frames"),
    "results_bucket_prefix": Setting("resultsBucketPrefix", "out/", "out/"),
    "results_cache_ttl_sec": Setting("resultsCacheTTLSec", 0, 0),
    "results_whitelist": Setting("resultsWhitelist", r".*\.exr", r".*\.exr"),
    "results_blacklist": Setting("resultsBlacklist", r".*\.tmp", r".*\.tmp"),
    "snapshot_whitelist": Setting("snapshotWhitelist", r".*\.exr", r".*\.exr"),
    "snapshot_blacklist": Setting("snapshotBlacklist", r".*\.tmp", r".*\.tmp"),
    "snapshot_bucket": Setting("snapshotBucket", "previews", "previews"),
    "snapshot_bucket_prefix": Setting("snapshotBucketPrefix", "early/", "early/"),
    "snapshot_interval": Setting("snapshotInterval", 60, 60, said=0),
    "max_retries_per_instance": Setting("maxRetriesPerInstance", 3, 3),
    "retry_settings": Setting(
        "retrySettings",
        RetrySettings(3, 1),
        {"maxTotalRetries": 3, "maxPerInstanceRetries": 1},
    ),
    "wait_for_pool_resources_synchronization": Setting(
        "waitForPoolResourcesSynchronization", False, False
    ),
    "upload_results_on_cancellation": Setting("uploadResultsOnCancellation", True, True),
    "priority": Setting("priority", -1, -1, said=None),
}

_COMPLETED: Final[dict[str, Any]] = {
    "instanceId": 0,
    "state": "success",
    "results": ["frame-000.exr"],
}

_PAYLOAD: Final[dict[str, Any]] = {
    **{setting.wire: setting.sent for setting in _SETTINGS.values()},
    **common.PAYLOAD,
    "uuid": TASK_UUID,
    "poolUuid": POOL_UUID,
    "jobUuid": JOB_UUID,
    "state": "Failure",
    "dependencies": {"dependsOn": [JOB_UUID], "state": "waiting"},
    "completedInstances": [_COMPLETED],
    "progress": 42.5,
    "totalInstanceCount": 6,
    "resultsCount": 2,
    "clusterInfo": {"clusterCoresCount": 16},
    "credits": 0.25,
    "executionTime": "1.03:16:50.5000000",
    "wallTime": "00:25:00.1000003",
}

TASK: Final = ExecutionKind[Task](
    cls=Task,
    create=Connection.create_task,
    created="createTasks",
    retrieve=Connection.retrieve_task,
    listed=Connection.tasks,
    missing=MissingTaskException,
    missing_instance=MissingTaskInstanceException,
    arguments={"name": "n", "profile_or_pool": PROFILE},
    bad_arguments=(
        ("name", {"name": ""}, ValueError),
        ("profile", {"profile_or_pool": 3}, TypeError),
        ("profile", {"profile_or_pool": ""}, ValueError),
        ("instancecount", {"instancecount_or_range": 0}, ValueError),
        ("instancecount", {"instancecount_or_range": True}, TypeError),
        ("instancecount", {"instancecount_or_range": 1.5}, TypeError),
        ("advanced_range", {"instancecount_or_range": "3-"}, ValueError),
        ("advanced_range", {"instancecount_or_range": ""}, ValueError),
        ("shortname", {"shortname": "Not A Label"}, ValueError),
        ("job", {"job": "banana"}, ValueError),
        ("job", {"job": 3}, TypeError),
    ),
    born="Submitted",
    given={"name": "n", "profile": PROFILE, "instancecount": 1},
    body={"name": "n", "profile": PROFILE, "instanceCount": 1},
    defaults={
        **dict.fromkeys(name for name in _SETTINGS if name != "name"),
        **common.DEFAULTS,
        "state": TaskState.UNSUBMITTED,
        "dependencies": TaskDependencies(),
        "pool": None,
        "completed_instances": [],
        "progress": None,
        "total_instance_count": None,
        "results_count": None,
        "cluster_cores_count": None,
        "credits": None,
    },
    derived={"job_uuid": None},
    unsaid={"name": "", "state": ""},
    constructed=frozenset({"job"}),
    payload=_PAYLOAD,
    said={
        **{name: setting.in_draft for name, setting in _SETTINGS.items()},
        **common.SAID,
        "uuid": TASK_UUID,
        "pool.uuid": POOL_UUID,
        "job_uuid": JOB_UUID,
        "state": TaskState.FAILURE,
        "dependencies": TaskDependencies.from_json({"dependsOn": [JOB_UUID], "state": "waiting"}),
        "completed_instances": [CompletedInstance.from_json(_COMPLETED)],
        "progress": 42.5,
        "total_instance_count": 6,
        "results_count": 2,
        "cluster_cores_count": 16,
        "credits": 0.25,
        "execution_time": TimeSpan("1.03:16:50.5"),
        "wall_time": TimeSpan("00:25:00.1000003"),
    },
    settings=_SETTINGS,
    related={"pool": POOL_UUID, "dependencies": [TASK_UUID]},
    committable={"constants": {}, "tags": []},
    read_only=("job_uuid",),
    refused=(
        *common.REFUSED,
        ("tags", [str(n) for n in range(10)], ValueError),
        ("instancecount", 0, ValueError),
        ("instancecount", -1, ValueError),
        ("instancecount", 2049, ValueError),
        ("instancecount", True, TypeError),
        ("instancecount", 1.0, TypeError),
        ("instancecount", "1", TypeError),
        ("advanced_range", 3, TypeError),
        ("advanced_range", "", ValueError),
        ("advanced_range", "5-3", ValueError),
        ("advanced_range", "3-", ValueError),
        ("advanced_range", "-3", ValueError),
        ("advanced_range", "0,,1", ValueError),
        ("advanced_range", "0-2, 4", ValueError),
        ("advanced_range", "1\n", ValueError),
        ("advanced_range", "\u0661", ValueError),
        ("advanced_range", "0-2048", ValueError),
        ("advanced_range", "0-2147483647", ValueError),
        ("advanced_range", "2147483648", ValueError),
        ("advanced_range", "99999999999", ValueError),
        *(
            (f"{kind}_{way}list", value, error)
            for kind in ("results", "snapshot")
            for way in ("white", "black")
            for value, error in (("x" * 2048, ValueError), (3, TypeError))
        ),
        *(
            (name, value, error)
            for name in ("results_cache_ttl_sec", "snapshot_interval", "max_retries_per_instance")
            for value, error in ((-1, ValueError), (2**31, ValueError), ("1", TypeError))
        ),
        *(
            (name, 3, TypeError)
            for name in (
                "results",
                "results_bucket",
                "results_bucket_prefix",
                "snapshot_bucket",
                "snapshot_bucket_prefix",
            )
        ),
        ("results", common.LONE_SURROGATE, ValueError),
        ("retry_settings", {"maxTotalRetries": 1}, TypeError),
        ("retry_settings", 3, TypeError),
        ("wait_for_pool_resources_synchronization", "yes", TypeError),
        ("upload_results_on_cancellation", 1, TypeError),
        ("priority", 2**31, ValueError),
        ("priority", -(2**31) - 1, ValueError),
        ("priority", True, TypeError),
        ("pool", "banana", ValueError),
        ("pool", 3, TypeError),
    ),
    limits=(
        *common.LIMITS,
        ("tags", ["x" * 511, *(str(n) for n in range(8))]),
        ("constants", {f"K{n}": "x" * 2048 for n in range(150)}),
        ("results_whitelist", "x" * 2047),
        ("results_blacklist", "x" * 2047),
        ("snapshot_whitelist", "x" * 2047),
        ("snapshot_blacklist", "x" * 2047),
        ("results_cache_ttl_sec", 2**31 - 1),
        ("instancecount", 1),
    ),
    newer=(
        *common.NEWER,
        ("retrySettings", {**_PAYLOAD["retrySettings"], **common.LATER}),
        (
            "dependencies",
            {
                "advancedDependsOn": [
                    {"taskUuid": JOB_UUID, "later": 1, "taskFinalStateCondition": []}
                ],
                "state": "waiting",
                **common.LATER,
            },
        ),
        ("clusterInfo", {"clusterCoresCount": 16, **common.LATER}),
    ),
    none_said=(
        *common.NONE_SAID,
        ("poolUuid", ZERO_UUID, "pool", None),
        ("jobUuid", ZERO_UUID, "job_uuid", None),
        (
            "dependencies",
            {"dependsOn": None, "advancedDependsOn": None, "state": None},
            "dependencies",
            TaskDependencies(),
        ),
        ("clusterInfo", {"clusterCoresCount": None}, "cluster_cores_count", None),
    ),
    unreadable=(
        *common.UNREADABLE,
        ("dependencies", []),
        ("dependencies", False),
        ("dependencies", "x"),
        ("dependencies", {"dependsOn": "x"}),
        ("dependencies", {"dependsOn": [3]}),
        ("dependencies", {"advancedDependsOn": [{"taskUuid": None}]}),
        ("dependencies", {"state": 3}),
        ("completedInstances", [{"instanceId": "0"}]),
        ("clusterInfo", {"clusterCoresCount": "16"}),
        ("clusterInfo", []),
        ("advancedRanges", 3),
        ("priority", "1"),
        ("progress", "42"),
        ("credits", False),
        ("retrySettings", "never"),
    ),
    ending=Ending("abort", "PendingCancel", "Cancelled"),
    for_submitted=("abort", "update_resources", "commit", "wait"),
)
