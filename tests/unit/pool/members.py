"""What the tests know of pools: their own members, what they may be, how they are sent."""

from __future__ import annotations

from datetime import time
from typing import Any, Final

from qarnot_domain import (
    Connection,
    ElasticProperty,
    FixedScalingPolicy,
    ManagedTasksQueueScalingPolicy,
    MissingPoolException,
    MissingPoolInstanceException,
    MultiSlotsSettings,
    Pool,
    PoolState,
    RetrySettings,
    Scaling,
    TimePeriodAlways,
    TimePeriodWeeklyRecurring,
    TimeSpan,
)

from ..driving import POOL_UUID, PROFILE
from ..executions import members as common
from ..executions.kind import Ending, ExecutionKind, Setting

ELASTIC: Final = ElasticProperty(True, 1, 8, 2, 60, 0.25, 30)

SCALING: Final = Scaling(
    [
        FixedScalingPolicy(
            slots_count=16,
            name="working hours",
            enabled_periods=[TimePeriodWeeklyRecurring(["monday", "FRIDAY"], "07:30:00", time(19))],
        ),
        ManagedTasksQueueScalingPolicy(
            "otherwise",
            [TimePeriodAlways("always")],
            max_total_slots=32,
            min_idle_time_seconds=90,
            scaling_factor=0.2,
        ),
    ]
)
SCALING_WIRE: Final[dict[str, Any]] = {
    "policies": [
        {
            "type": "Fixed",
            "name": "working hours",
            "slotsCount": 16,
            "enabledPeriods": [
                {
                    "type": "Weekly",
                    "days": ["monday", "friday"],
                    "startTimeUtc": "07:30:00",
                    "endTimeUtc": "19:00:00",
                }
            ],
        },
        {
            "type": "ManagedTasksQueue",
            "name": "otherwise",
            "enabledPeriods": [{"type": "Always", "name": "always"}],
            "maxTotalSlots": 32,
            "minIdleTimeSeconds": 90,
            "scalingFactor": 0.2,
        },
    ]
}
SCALING_SAID: Final = Scaling.from_json({**SCALING_WIRE, "activePolicyName": "otherwise"})
"""At the emulator's first moment, early on a Thursday."""

NOT_ELASTIC: Final = ElasticProperty(False, 0, 0, 0, 90, 0.4, 90)
"""What the emulator says of a pool that was told nothing."""

_SETTINGS: Final[dict[str, Setting]] = {
    **common.SETTINGS,
    "profile": Setting("profile", "other", "other"),
    "instancecount": Setting("instanceCount", 0, 0),
    "elastic_property": Setting(
        "elasticProperty",
        ELASTIC,
        {
            "isElastic": True,
            "minTotalSlots": 1,
            "maxTotalSlots": 8,
            "minIdleSlots": 2,
            "resizePeriod": 60,
            "rampResizeFactor": 0.25,
            "minIdleTimeSeconds": 30,
        },
    ),
    "scaling": Setting("scaling", SCALING, SCALING_WIRE, said=SCALING_SAID),
    "preparation_command_line": Setting(
        "preparationTask", "prepare.sh", {"commandLine": "prepare.sh"}
    ),
    "tasks_default_wait_for_pool_resources_synchronization": Setting(
        "taskDefaultWaitForPoolResourcesSynchronization", False, False
    ),
    "default_retry_settings": Setting(
        "defaultRetrySettings",
        RetrySettings(max_per_instance_retries=2),
        {"maxPerInstanceRetries": 2},
    ),
    "multi_slots_settings": Setting(
        "multiSlotsSettings", MultiSlotsSettings(2), {"slotsPerNode": 2}
    ),
}

_PAYLOAD: Final[dict[str, Any]] = {
    **{setting.wire: setting.sent for setting in _SETTINGS.values()},
    **common.PAYLOAD,
    "scaling": {**SCALING_WIRE, "activePolicyName": "otherwise"},
    "uuid": POOL_UUID,
    "state": "Closing",
    "targetRunningInstanceCount": 5,
    "queuedOrRunningTaskInstancesCount": 6,
    "totalSlotCapacity": 8,
    "poolUsage": 0.375,
    "executionTime": "8.00:00:00",
    "wallTime": "1.00:00:00",
}

UNKNOWN_POLICY: Final[dict[str, Any]] = {
    "type": "Tidal",
    "name": "tides",
    "enabledPeriods": [{"type": "Lunar"}],
}
_POLICY_IN_PART: Final[dict[str, Any]] = {
    **SCALING_WIRE["policies"][0],
    **common.LATER,
    "enabledPeriods": [{"type": "Lunar", "phase": 1}],
}

POOL: Final = ExecutionKind[Pool](
    cls=Pool,
    create=Connection.create_pool,
    created="createPool",
    retrieve=Connection.retrieve_pool,
    listed=Connection.pools,
    missing=MissingPoolException,
    missing_instance=MissingPoolInstanceException,
    arguments={"name": "n", "profile": PROFILE},
    bad_arguments=(
        ("name", {"name": ""}, ValueError),
        ("profile", {"profile": ""}, ValueError),
        ("profile", {"profile": None}, TypeError),
        ("instancecount", {"instancecount": -1}, ValueError),
        ("instancecount", {"instancecount": 2**31}, ValueError),
        ("instancecount", {"instancecount": True}, TypeError),
        ("instancecount", {"instancecount": "2"}, TypeError),
        ("shortname", {"shortname": "-"}, ValueError),
    ),
    born="Submitted",
    given={"name": "n", "profile": PROFILE, "instancecount": 1},
    body={"name": "n", "profile": PROFILE, "instanceCount": 1},
    defaults={
        **dict.fromkeys(name for name in _SETTINGS if name != "name"),
        **common.DEFAULTS,
        "profile": "",
        "instancecount": 1,
        "state": PoolState.UNSUBMITTED,
        "target_running_instance_count": None,
        "queued_or_running_task_instances_count": None,
        "total_slot_capacity": None,
        "pool_usage": None,
    },
    derived={"is_elastic": False, "elastic_maximum_slots": 1},
    unsaid={"name": "", "state": "", "instancecount": 0},
    payload=_PAYLOAD,
    said={
        **{name: setting.in_draft for name, setting in _SETTINGS.items()},
        **common.SAID,
        "scaling": SCALING_SAID,
        "uuid": POOL_UUID,
        "state": PoolState.CLOSING,
        "target_running_instance_count": 5,
        "queued_or_running_task_instances_count": 6,
        "total_slot_capacity": 8,
        "pool_usage": 0.375,
        "execution_time": TimeSpan("8.00:00:00"),
        "wall_time": TimeSpan("1.00:00:00"),
    },
    settings=_SETTINGS,
    committable={"constants": {}, "tags": [], "elastic_property": NOT_ELASTIC, "scaling": None},
    read_only=("jobs", "tasks"),
    refused=(
        *common.REFUSED,
        ("constants", {f"K{n}": "" for n in range(51)}, ValueError),
        ("profile", None, TypeError),
        ("instancecount", -1, ValueError),
        ("instancecount", 2**31, ValueError),
        ("instancecount", True, TypeError),
        ("instancecount", 1.0, TypeError),
        ("instancecount", "2", TypeError),
        ("instancecount", None, TypeError),
        ("elastic_property", {"isElastic": True}, TypeError),
        ("elastic_property", True, TypeError),
        ("scaling", [FixedScalingPolicy(1, "a", [TimePeriodAlways()])], TypeError),
        ("scaling", [], TypeError),
        ("scaling", {"policies": []}, TypeError),
        ("preparation_command_line", "", ValueError),
        ("preparation_command_line", 3, TypeError),
        ("preparation_command_line", common.LONE_SURROGATE, ValueError),
        ("tasks_default_wait_for_pool_resources_synchronization", "yes", TypeError),
        ("default_retry_settings", 3, TypeError),
        ("multi_slots_settings", 2, TypeError),
    ),
    limits=(
        *common.LIMITS,
        ("tags", ["x" * 511, *(str(n) for n in range(9))]),
        ("constants", {f"K{n}": "x" * 2048 for n in range(50)}),
        ("instancecount", 2**31 - 1),
    ),
    newer=(
        *common.NEWER,
        ("elasticProperty", {**_PAYLOAD["elasticProperty"], **common.LATER}),
        ("multiSlotsSettings", {"slotsPerNode": 2, **common.LATER}),
        ("scaling", {"policies": [UNKNOWN_POLICY, _POLICY_IN_PART], **common.LATER}),
        ("preparationTask", {"commandLine": "prepare.sh", **common.LATER}),
    ),
    none_said=(
        *common.NONE_SAID,
        ("scaling", {"policies": None, "activePolicyName": None}, "scaling", Scaling([])),
        (
            "elasticProperty",
            dict.fromkeys(_PAYLOAD["elasticProperty"]),
            "elastic_property",
            ElasticProperty(is_elastic=False),
        ),
    ),
    unreadable=(
        *common.UNREADABLE,
        ("elasticProperty", []),
        ("elasticProperty", {"isElastic": "yes"}),
        ("scaling", []),
        ("scaling", {"policies": {}}),
        ("scaling", {"policies": [3]}),
        ("scaling", {"policies": [{"type": "Fixed", "slotsCount": "1"}]}),
        ("scaling", {"activePolicyName": 3}),
        ("preparationTask", "prepare.sh"),
        ("preparationTask", {"commandLine": 3}),
        ("multiSlotsSettings", 2),
        ("poolUsage", "0.5"),
    ),
    ending=Ending("close", "Closing", "Closed"),
    for_submitted=("commit", "update_resources", "close"),
)
