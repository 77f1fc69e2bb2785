"""What the tests of `Task` and `Pool` share: their members, what they may be, how they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from qarnot_domain import (
    BucketPrefixFiltering,
    CompletedInstance,
    CpuModelHardware,
    Filtering,
    ForcedConstant,
    ForcedConstantAccess,
    ForcedNetworkRule,
    GpuHardware,
    MinimumCoreHardware,
    PrefixResourcesTransformation,
    Privileges,
    ResourcesBucket,
    ResourcesTransformation,
    RetrySettings,
    SchedulingType,
    SecretAccessRightByPrefix,
    SecretAccessRightBySecret,
    SecretsAccessRights,
    Status,
    TaskDependencies,
    TaskError,
    TaskState,
    TimeSpan,
)

from ..driving import JOB_UUID, POOL_UUID, PROFILE

TASK_UUID: Final = "77777777-8888-4777-8666-abcdefabcdef"
PROJECT_UUID: Final = "33333333-4444-4555-8666-777777777777"


class Same:
    """As set."""


SAME: Final = Same()


class Setting(NamedTuple):
    """A member that users set."""

    wire: str
    """Its name in the document."""
    value: Any
    """A value unlike its default."""
    sent: Any
    """That value as the document writes it."""
    kept: Any = SAME
    """What it reads as in the draft."""
    said: Any = SAME
    """What it reads as once the emulator has said it; by default as in the draft."""
    along: Mapping[str, Any] = {}
    """Other members that must be set for it to be allowed."""

    @property
    def in_draft(self) -> Any:
        """What the draft's member is equal to."""
        return self.value if self.kept is SAME else self.kept

    @property
    def on_server(self) -> Any:
        """What the submitted object's member is equal to."""
        return self.in_draft if self.said is SAME else self.said


BUCKET: Final = ResourcesBucket(
    "scenes",
    Filtering(BucketPrefixFiltering("trailer/")),
    ResourcesTransformation(PrefixResourcesTransformation("trailer/")),
    3600,
)
RULE: Final = ForcedNetworkRule(
    True, "tcp", port="8080", to="payload", public_port="443", to_qbox=False, to_payload=True
)

EXECUTION: Final[dict[str, Setting]] = {
    "name": Setting("name", "other name", "other name"),
    "shortname": Setting("shortname", "a-short-name", "a-short-name"),
    "auto_delete": Setting("autoDeleteOnCompletion", True, True),
    "completion_ttl": Setting(
        "completionTimeToLive", "0.01:00:00", "01:00:00", TimeSpan("01:00:00")
    ),
    "tags": Setting("tags", ["b", "a", "b"], ["b", "a"], ["b", "a"]),
    "constants": Setting(
        "constants",
        {"DOCKER_CMD": "echo 'ünï'", "a.b-c_1": ""},
        [{"key": "DOCKER_CMD", "value": "echo 'ünï'"}, {"key": "a.b-c_1", "value": ""}],
    ),
    "constraints": Setting("constraints", {"a.b": "1"}, [{"key": "a.b", "value": "1"}]),
    "forced_constants": Setting(
        "forcedConstants",
        {"DOCKER_REPO": ForcedConstant("example/render", True, ForcedConstantAccess.READ_ONLY)},
        [
            {
                "constantName": "DOCKER_REPO",
                "forcedValue": "example/render",
                "forceExportInEnvironment": True,
                "access": "readOnly",
            }
        ],
    ),
    "forced_network_rules": Setting(
        "forcedNetworkRules",
        [RULE],
        [
            {
                "inbound": True,
                "proto": "tcp",
                "port": "8080",
                "to": "payload",
                "publicPort": "443",
                "toQBox": False,
                "toPayload": True,
            }
        ],
    ),
    "hardware_constraints": Setting(
        "hardwareConstraints",
        [MinimumCoreHardware(16), CpuModelHardware("AMD Ryzen"), GpuHardware()],
        [
            {"discriminator": "MinimumCoreHardwareConstraint", "coreCount": 16},
            {"discriminator": "CpuModelHardwareConstraint", "cpuModel": "AMD Ryzen"},
            {"discriminator": "GpuHardwareConstraint"},
        ],
    ),
    "secrets_access_rights": Setting(
        "secretsAccessRights",
        SecretsAccessRights(
            [SecretAccessRightBySecret("licence")], [SecretAccessRightByPrefix("shared/")]
        ),
        {"bySecret": [{"key": "licence"}], "byPrefix": [{"prefix": "shared/"}]},
    ),
    "labels": Setting(
        "labels", {"team": "rendering", "note": ""}, {"team": "rendering", "note": ""}
    ),
    "resources": Setting(
        "advancedResourceBuckets",
        [BUCKET, "plain"],
        [
            {
                "bucketName": "scenes",
                "filtering": {"prefixFiltering": {"prefix": "trailer/"}},
                "resourcesTransformation": {"stripPrefix": {"prefix": "trailer/"}},
                "cacheTTLSec": 3600,
            },
            {"bucketName": "plain"},
        ],
        [BUCKET, ResourcesBucket("plain")],
    ),
    "resource_buckets": Setting("resourceBuckets", ("b", "a"), ["b", "a"], ["b", "a"]),
    "scheduling_type": Setting("schedulingType", "ONDEMAND", "onDemand", SchedulingType.ON_DEMAND),
    "targeted_reserved_machine_key": Setting(
        "targetedReservedMachineKey", "rack-1", "rack-1", along={"scheduling_type": "reserved"}
    ),
    "targeted_reservation_name": Setting(
        "targetedReservationName", "spring", "spring", along={"scheduling_type": "reserved"}
    ),
    "default_resources_cache_ttl_sec": Setting("defaultResourcesCacheTTLSec", 0, 0),
    "privileges": Setting(
        "privileges",
        Privileges(True),
        {"exportApiAndStorageCredentialsInEnvironment": True},
    ),
    "max_time_queue_seconds": Setting("maxTimeQueueSeconds", 2**32 - 1, 2**32 - 1),
    "project_uuid": Setting("projectUuid", PROJECT_UUID.upper(), PROJECT_UUID, PROJECT_UUID),
}
"""The members that tasks and pools have in common."""

TASK: Final[dict[str, Setting]] = {
    **EXECUTION,
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
"""The members of a task that are set on their own: its pool, job and dependencies need others."""

COMMITTABLE: Final = ("constants", "tags")
"""The members of a task that `commit` sends."""

DEFAULTS: Final[dict[str, Any]] = {
    "shortname": None,
    "auto_delete": False,
    "completion_ttl": TimeSpan.ZERO,
    "creation_date": None,
    "last_modified": None,
    "state_transition_time": None,
    "previous_state_transition_time": None,
    "previous_state": None,
    "tags": [],
    "constants": {},
    "constraints": {},
    "forced_constants": {},
    "forced_network_rules": [],
    "hardware_constraints": [],
    "secrets_access_rights": None,
    "labels": {},
    "resources": [],
    "resource_buckets": [],
    "scheduling_type": None,
    "targeted_reserved_machine_key": None,
    "targeted_reservation_name": None,
    "default_resources_cache_ttl_sec": None,
    "privileges": None,
    "max_time_queue_seconds": None,
    "project_uuid": None,
    "errors": [],
    "status": None,
    "running_instance_count": None,
    "running_core_count": None,
    "execution_time": None,
    "wall_time": None,
    "end_date": None,
}
"""What the members that tasks and pools have in common are in a draft, but for name and state."""

TASK_DEFAULTS: Final[dict[str, Any]] = {
    **DEFAULTS,
    **dict.fromkeys((name for name in TASK if name not in DEFAULTS), None),
    "state": TaskState.UNSUBMITTED,
    "dependencies": TaskDependencies(),
    "pool": None,
    "completed_instances": [],
    "progress": None,
    "total_instance_count": None,
    "results_count": None,
    "cluster_cores_count": None,
    "credits": None,
}
"""What the members of a task are in a draft, but for those that its constructor sets."""

STATUS: Final[dict[str, Any]] = {
    "instanceCount": 4,
    "wallTime": "00:25:00.1000003",
    "executionTimeByCpuModel": [{"model": "AMD Ryzen", "time": 1.5, "core": 16}],
    "executionTimeGhzByCpuModel": [],
    "executionTimeByMachineSpecification": [],
    "executionTimeBySiteAndMachine": [],
    "executionTimeByInstanceId": [],
}
COMPLETED: Final[dict[str, Any]] = {
    "instanceId": 0,
    "state": "success",
    "results": ["frame-000.exr"],
}

TASK_PAYLOAD: Final[dict[str, Any]] = {
    **{setting.wire: setting.sent for setting in TASK.values()},
    "uuid": TASK_UUID,
    "name": "name on the server",
    "shortname": "shortname-on-the-server",
    "profile": PROFILE,
    "poolUuid": POOL_UUID,
    "jobUuid": JOB_UUID,
    "state": "Failure",
    "previousState": "FullyExecuting",
    "instanceCount": 3,
    "dependencies": {"dependsOn": [JOB_UUID], "state": "waiting"},
    "errors": [{"code": "C", "message": "failed"}],
    "status": STATUS,
    "completedInstances": [COMPLETED],
    "progress": 42.5,
    "totalInstanceCount": 6,
    "resultsCount": 2,
    "clusterInfo": {"clusterCoresCount": 16},
    "credits": 0.25,
    "runningInstanceCount": 4,
    "runningCoreCount": 64,
    "executionTime": "1.03:16:50.5000000",
    "wallTime": "00:25:00.1000003",
    "stateTransitionTime": "2026-02-03T04:05:06Z",
    "previousStateTransitionTime": "2026-02-03T04:05:05Z",
    "lastModified": "2026-02-03T04:05:07Z",
    "creationDate": "2026-02-03T04:05:04Z",
    "endDate": "2026-02-03T04:05:08Z",
}
"""A task as the API gives it, with every member, each unlike its default."""

TASK_SAID: Final[dict[str, Any]] = {
    **{name: setting.in_draft for name, setting in TASK.items()},
    "name": "name on the server",
    "shortname": "shortname-on-the-server",
    "profile": PROFILE,
    "uuid": TASK_UUID,
    "job_uuid": JOB_UUID,
    "state": TaskState.FAILURE,
    "previous_state": "FullyExecuting",
    "instancecount": 3,
    "dependencies": TaskDependencies.from_json({"dependsOn": [JOB_UUID], "state": "waiting"}),
    "errors": [TaskError.from_json({"code": "C", "message": "failed"})],
    "status": Status.from_json(STATUS),
    "completed_instances": [CompletedInstance.from_json(COMPLETED)],
    "progress": 42.5,
    "total_instance_count": 6,
    "results_count": 2,
    "cluster_cores_count": 16,
    "credits": 0.25,
    "running_instance_count": 4,
    "running_core_count": 64,
    "execution_time": TimeSpan("1.03:16:50.5"),
    "wall_time": TimeSpan("00:25:00.1000003"),
    "state_transition_time": datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    "previous_state_transition_time": datetime(2026, 2, 3, 4, 5, 5, tzinfo=UTC),
    "last_modified": datetime(2026, 2, 3, 4, 5, 7, tzinfo=UTC),
    "creation_date": datetime(2026, 2, 3, 4, 5, 4, tzinfo=UTC),
    "end_date": datetime(2026, 2, 3, 4, 5, 8, tzinfo=UTC),
}
"""What the members are for `TASK_PAYLOAD`, but for the pool."""

LONE_SURROGATE: Final = "\ud800"

REFUSED: Final[tuple[tuple[str, Any, type[Exception]], ...]] = (
    *((name, 3, TypeError) for name in ("name", "shortname")),
    *((name, "", ValueError) for name in ("name", "shortname")),
    ("name", "x" * 2048, ValueError),
    ("name", LONE_SURROGATE, ValueError),
    ("name", None, TypeError),
    ("profile", "", ValueError),
    ("profile", "x" * 2048, ValueError),
    ("profile", 3, TypeError),
    ("shortname", "Not A Label", ValueError),
    ("shortname", "a" * 64, ValueError),
    ("shortname", "-a", ValueError),
    ("auto_delete", 1, TypeError),
    ("auto_delete", None, TypeError),
    ("completion_ttl", "-00:00:01", ValueError),
    ("completion_ttl", "24:00:00", ValueError),
    ("completion_ttl", 3, TypeError),
    ("tags", "text", TypeError),
    ("tags", None, TypeError),
    ("tags", [3], TypeError),
    ("tags", ["x" * 512], ValueError),
    ("tags", [LONE_SURROGATE], ValueError),
    ("tags", [str(n) for n in range(11)], ValueError),
    ("constants", [("A", "1")], TypeError),
    ("constants", None, TypeError),
    ("constants", "A=1", TypeError),
    ("constants", {"A": 1}, TypeError),
    ("constants", {1: "A"}, TypeError),
    ("constants", {"A": None}, TypeError),
    ("constants", {"": "1"}, ValueError),
    ("constants", {"with space": "1"}, ValueError),
    ("constants", {"é": "1"}, ValueError),
    ("constants", {"A\n": "1"}, ValueError),
    ("constants", {"A": "x" * 2049}, ValueError),
    ("constants", {"x" * 2049: "1"}, ValueError),
    ("constants", {"A": LONE_SURROGATE}, ValueError),
    ("constants", {f"K{n}": "" for n in range(151)}, ValueError),
    ("constraints", {"with space": "1"}, ValueError),
    ("constraints", {"A": 1}, TypeError),
    ("constraints", None, TypeError),
    ("forced_constants", {"A": "1"}, TypeError),
    ("forced_constants", {"": ForcedConstant()}, ValueError),
    ("forced_constants", {1: ForcedConstant()}, TypeError),
    ("forced_constants", [ForcedConstant()], TypeError),
    ("forced_network_rules", [{"inbound": True, "proto": "tcp"}], TypeError),
    ("forced_network_rules", RULE, TypeError),
    ("hardware_constraints", ["GpuHardwareConstraint"], TypeError),
    ("hardware_constraints", GpuHardware(), TypeError),
    ("hardware_constraints", None, TypeError),
    ("secrets_access_rights", ["licence"], TypeError),
    ("labels", ["team"], TypeError),
    ("labels", {"team": 3}, TypeError),
    ("labels", {3: "team"}, TypeError),
    ("labels", {"team": LONE_SURROGATE}, ValueError),
    ("resources", "scenes", TypeError),
    ("resources", [3], TypeError),
    ("resources", [""], ValueError),
    ("resources", [str(n) for n in range(101)], ValueError),
    ("resource_buckets", "scenes", TypeError),
    ("resource_buckets", [BUCKET], TypeError),
    ("resource_buckets", [""], ValueError),
    ("resource_buckets", [str(n) for n in range(101)], ValueError),
    ("scheduling_type", "fast", ValueError),
    ("scheduling_type", "", ValueError),
    ("scheduling_type", 3, TypeError),
    ("targeted_reserved_machine_key", 3, TypeError),
    ("targeted_reservation_name", 3, TypeError),
    ("default_resources_cache_ttl_sec", -1, ValueError),
    ("default_resources_cache_ttl_sec", 2**31, ValueError),
    ("default_resources_cache_ttl_sec", True, TypeError),
    ("privileges", True, TypeError),
    ("max_time_queue_seconds", -1, ValueError),
    ("max_time_queue_seconds", 2**32, ValueError),
    ("max_time_queue_seconds", 1.5, TypeError),
    ("project_uuid", "banana", ValueError),
    ("project_uuid", "", ValueError),
    ("project_uuid", 3, TypeError),
)
"""Members that tasks and pools have in common, values they refuse, and how."""
