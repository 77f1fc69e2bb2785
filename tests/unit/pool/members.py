"""What the tests of `Pool` share: its members, what they may be, how they are sent."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any, Final

from qarnot_domain import (
    ElasticProperty,
    FixedScalingPolicy,
    ManagedTasksQueueScalingPolicy,
    MultiSlotsSettings,
    PoolState,
    RetrySettings,
    Scaling,
    Status,
    TaskError,
    TimePeriodAlways,
    TimePeriodWeeklyRecurring,
    TimeSpan,
)

from ..driving import POOL_UUID, PROFILE
from ..task.members import DEFAULTS, EXECUTION, STATUS, Setting

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

POOL: Final[dict[str, Setting]] = {
    **EXECUTION,
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
"""The members of a pool."""

COMMITTABLE: Final = ("constants", "tags", "elastic_property", "scaling")
"""The members of a pool that `commit` sends."""

POOL_DEFAULTS: Final[dict[str, Any]] = {
    **DEFAULTS,
    "profile": "",
    "instancecount": 1,
    **dict.fromkeys(
        name for name in POOL if name not in (*DEFAULTS, "profile", "instancecount", "name")
    ),
    "state": PoolState.UNSUBMITTED,
    "target_running_instance_count": None,
    "queued_or_running_task_instances_count": None,
    "total_slot_capacity": None,
    "pool_usage": None,
}
"""What the members of a pool are in a draft, but for its name."""

POOL_PAYLOAD: Final[dict[str, Any]] = {
    **{setting.wire: setting.sent for setting in POOL.values()},
    "scaling": {**SCALING_WIRE, "activePolicyName": "otherwise"},
    "uuid": POOL_UUID,
    "name": "name on the server",
    "shortname": "shortname-on-the-server",
    "profile": PROFILE,
    "state": "Closing",
    "previousState": "FullyExecuting",
    "instanceCount": 3,
    "errors": [{"code": "C", "message": "failed"}],
    "status": STATUS,
    "runningInstanceCount": 4,
    "runningCoreCount": 64,
    "targetRunningInstanceCount": 5,
    "queuedOrRunningTaskInstancesCount": 6,
    "totalSlotCapacity": 8,
    "poolUsage": 0.375,
    "executionTime": "8.00:00:00",
    "wallTime": "1.00:00:00",
    "stateTransitionTime": "2026-02-03T04:05:06Z",
    "previousStateTransitionTime": "2026-02-03T04:05:05Z",
    "lastModified": "2026-02-03T04:05:07Z",
    "creationDate": "2026-02-03T04:05:04Z",
    "endDate": "2026-02-03T04:05:08Z",
}
"""A pool as the API gives it, with every member, each unlike its default."""

POOL_SAID: Final[dict[str, Any]] = {
    **{name: setting.in_draft for name, setting in POOL.items()},
    "scaling": SCALING_SAID,
    "name": "name on the server",
    "shortname": "shortname-on-the-server",
    "profile": PROFILE,
    "uuid": POOL_UUID,
    "state": PoolState.CLOSING,
    "previous_state": "FullyExecuting",
    "instancecount": 3,
    "errors": [TaskError.from_json({"code": "C", "message": "failed"})],
    "status": Status.from_json(STATUS),
    "running_instance_count": 4,
    "running_core_count": 64,
    "target_running_instance_count": 5,
    "queued_or_running_task_instances_count": 6,
    "total_slot_capacity": 8,
    "pool_usage": 0.375,
    "execution_time": TimeSpan("8.00:00:00"),
    "wall_time": TimeSpan("1.00:00:00"),
    "state_transition_time": datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    "previous_state_transition_time": datetime(2026, 2, 3, 4, 5, 5, tzinfo=UTC),
    "last_modified": datetime(2026, 2, 3, 4, 5, 7, tzinfo=UTC),
    "creation_date": datetime(2026, 2, 3, 4, 5, 4, tzinfo=UTC),
    "end_date": datetime(2026, 2, 3, 4, 5, 8, tzinfo=UTC),
}
"""What the members are for `POOL_PAYLOAD`."""
