"""The members that tasks and pools have in common: what they may be, how they are sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from qarnot_domain import (
    BucketPrefixFiltering,
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
    SchedulingType,
    SecretAccessRightByPrefix,
    SecretAccessRightBySecret,
    SecretsAccessRights,
    Status,
    TaskError,
    TimeSpan,
)

from ..driving import PROFILE, UNSET_DATE, ZERO_UUID
from .kind import Setting

PROJECT_UUID: Final = "33333333-4444-4555-8666-777777777777"

BUCKET: Final = ResourcesBucket(
    "scenes",
    Filtering(BucketPrefixFiltering("trailer/")),
    ResourcesTransformation(PrefixResourcesTransformation("trailer/")),
    3600,
)
RULE: Final = ForcedNetworkRule(
    True, "tcp", port="8080", to="payload", public_port="443", to_qbox=False, to_payload=True
)

SETTINGS: Final[dict[str, Setting]] = {
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
"""The members that users set."""

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
"""What the members are in a draft, but for name and state."""

STATUS: Final[dict[str, Any]] = {
    "instanceCount": 4,
    "wallTime": "00:25:00.1000003",
    "executionTimeByCpuModel": [{"model": "AMD Ryzen", "time": 1.5, "core": 16}],
    "executionTimeGhzByCpuModel": [],
    "executionTimeByMachineSpecification": [],
    "executionTimeBySiteAndMachine": [],
    "executionTimeByInstanceId": [],
}
PAYLOAD: Final[dict[str, Any]] = {
    **{setting.wire: setting.sent for setting in SETTINGS.values()},
    "name": "name on the server",
    "shortname": "shortname-on-the-server",
    "profile": PROFILE,
    "previousState": "FullyExecuting",
    "instanceCount": 3,
    "errors": [{"code": "C", "message": "failed"}],
    "status": STATUS,
    "runningInstanceCount": 4,
    "runningCoreCount": 64,
    "stateTransitionTime": "2026-02-03T04:05:06Z",
    "previousStateTransitionTime": "2026-02-03T04:05:05Z",
    "lastModified": "2026-02-03T04:05:07Z",
    "creationDate": "2026-02-03T04:05:04Z",
    "endDate": "2026-02-03T04:05:08Z",
}
"""A task or pool as the API gives it, without what is its own: members unlike their defaults."""

SAID: Final[dict[str, Any]] = {
    **{name: setting.in_draft for name, setting in SETTINGS.items()},
    "name": "name on the server",
    "shortname": "shortname-on-the-server",
    "profile": PROFILE,
    "previous_state": "FullyExecuting",
    "instancecount": 3,
    "errors": [TaskError.from_json({"code": "C", "message": "failed"})],
    "status": Status.from_json(STATUS),
    "running_instance_count": 4,
    "running_core_count": 64,
    "state_transition_time": datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    "previous_state_transition_time": datetime(2026, 2, 3, 4, 5, 5, tzinfo=UTC),
    "last_modified": datetime(2026, 2, 3, 4, 5, 7, tzinfo=UTC),
    "creation_date": datetime(2026, 2, 3, 4, 5, 4, tzinfo=UTC),
    "end_date": datetime(2026, 2, 3, 4, 5, 8, tzinfo=UTC),
}
"""What the members are for `PAYLOAD`."""

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
"""Members, values that they refuse, and how."""

LIMITS: Final[tuple[tuple[str, Any], ...]] = (
    ("name", "x" * 2047),
    ("profile", "x" * 2047),
    ("shortname", "a" * 63),
    ("constants", {"x" * 2048: ""}),
    ("resource_buckets", [str(n) for n in range(100)]),
    ("max_time_queue_seconds", 0),
    ("default_resources_cache_ttl_sec", 2**31 - 1),
    ("scheduling_type", SchedulingType.FLEX),
    ("project_uuid", PROJECT_UUID),
)
"""Members, and values that the document just allows."""

LATER: Final[dict[str, Any]] = {"later": {"list": [1, None, 1.5]}}
"""A member of a newer API."""

NEWER: Final[tuple[tuple[str, Any], ...]] = (
    ("status", {**STATUS, **LATER}),
    ("hardwareConstraints", [{"discriminator": "LiquidCooled", "litres": 3}]),
    ("forcedConstants", [{**PAYLOAD["forcedConstants"][0], **LATER}]),
)
"""Members of the payload, with something of a newer API within."""

NONE_SAID: Final[tuple[tuple[str, Any, str, Any], ...]] = (
    ("projectUuid", ZERO_UUID, "project_uuid", None),
    ("endDate", UNSET_DATE, "end_date", None),
    ("lastModified", UNSET_DATE, "last_modified", None),
    ("constants", [{"key": "EMPTY", "value": None}], "constants", {"EMPTY": ""}),
)
"""Members of the payload, the API's ways to say that there is none, and what that is read as."""

UNREADABLE: Final[tuple[tuple[str, Any], ...]] = (
    ("uuid", None),
    ("uuid", ""),
    ("uuid", ".."),
    ("uuid", 3),
    ("constants", {"A": "1"}),
    ("constants", ["A"]),
    ("constants", [{"key": None, "value": "x"}]),
    ("constants", [{"key": "A", "value": 3}]),
    ("errors", {}),
    ("errors", [3]),
    ("errors", [{"code": 3}]),
    ("status", []),
    ("status", {"timestamp": "soon"}),
    ("labels", {"team": 3}),
    ("labels", []),
    ("forcedConstants", [{"forcedValue": "x"}]),
    ("hardwareConstraints", {}),
    ("hardwareConstraints", ["GpuHardwareConstraint"]),
    ("resourceBuckets", "scenes"),
    ("advancedResourceBuckets", [{"cacheTTLSec": "1"}]),
    ("schedulingType", 3),
    ("executionTime", "soon"),
    ("endDate", "soon"),
    ("instanceCount", "3"),
    ("instanceCount", True),
    ("state", 3),
    ("tags", "x"),
)
"""Members of the payload, and what they cannot be."""
