"""The values inside tasks and pools: frozen, equal by what they hold, checked, read and written."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

import attrs
import pytest

import qarnot_domain
from qarnot_domain import (
    AdvancedDependency,
    BucketPrefixFiltering,
    CompletedInstance,
    Connection,
    CpuModelHardware,
    DayOfWeek,
    DependencyState,
    ElasticProperty,
    Filtering,
    FixedScalingPolicy,
    ForcedConstant,
    ForcedConstantAccess,
    ForcedNetworkRule,
    GpuHardware,
    HardwareConstraint,
    InvalidRequestException,
    ManagedTasksQueueScalingPolicy,
    MaximumCoreHardware,
    MaximumRamCoreRatioHardware,
    MaximumRamHardware,
    MinimumCoreHardware,
    MinimumRamCoreRatioHardware,
    MinimumRamHardware,
    MultiSlotsSettings,
    NoGpuHardware,
    NoSSDHardware,
    PrefixResourcesTransformation,
    Privileges,
    ResourcesBucket,
    ResourcesTransformation,
    RetrySettings,
    RunningCoreCountByCpuModel,
    Scaling,
    ScalingPolicy,
    SchedulingType,
    SecretAccessRightByPrefix,
    SecretAccessRightBySecret,
    SecretsAccessRights,
    SpecificHardware,
    SSDHardware,
    Status,
    TaskDependencies,
    TaskFinalState,
    TimePeriodAlways,
    TimePeriodSpecification,
    TimePeriodWeeklyRecurring,
    TimeSpan,
)
from qarnot_domain._values import Tagged, Value
from qarnot_domain.emulator import Emulator

from .driving import PROFILE

UUID = "77777777-8888-4777-8666-abcdefabcdef"
ALWAYS = TimePeriodAlways("always")
WEEKLY = TimePeriodWeeklyRecurring([DayOfWeek.MONDAY], "07:30:00", "19:00:00.5", "week")
FIXED = FixedScalingPolicy(16, "fixed", [WEEKLY])
QUEUE = ManagedTasksQueueScalingPolicy("queue", [ALWAYS], 0, 32, 1, 90, 0.2)

ALWAYS_WIRE: dict[str, Any] = {"type": "Always", "name": "always"}
WEEKLY_WIRE: dict[str, Any] = {
    "type": "Weekly",
    "name": "week",
    "days": ["monday"],
    "startTimeUtc": "07:30:00",
    "endTimeUtc": "19:00:00.5",
}
FIXED_WIRE: dict[str, Any] = {
    "type": "Fixed",
    "name": "fixed",
    "enabledPeriods": [WEEKLY_WIRE],
    "slotsCount": 16,
}
QUEUE_WIRE: dict[str, Any] = {
    "type": "ManagedTasksQueue",
    "name": "queue",
    "enabledPeriods": [ALWAYS_WIRE],
    "minTotalSlots": 0,
    "maxTotalSlots": 32,
    "minIdleSlots": 1,
    "minIdleTimeSeconds": 90,
    "scalingFactor": 0.2,
}

MADE: dict[str, tuple[Callable[[], Value], dict[str, Any]]] = {
    "AdvancedDependency": (
        lambda: AdvancedDependency(UUID, ["success", "cancelled"]),
        {"taskUuid": UUID, "taskFinalStateCondition": ["success", "cancelled"]},
    ),
    "BucketPrefixFiltering": (lambda: BucketPrefixFiltering("a/"), {"prefix": "a/"}),
    "CpuModelHardware": (
        lambda: CpuModelHardware("AMD"),
        {"discriminator": "CpuModelHardwareConstraint", "cpuModel": "AMD"},
    ),
    "ElasticProperty": (
        lambda: ElasticProperty(False, 1, 2, 3, 4, 0.5, 6),
        {
            "isElastic": False,
            "minTotalSlots": 1,
            "maxTotalSlots": 2,
            "minIdleSlots": 3,
            "resizePeriod": 4,
            "rampResizeFactor": 0.5,
            "minIdleTimeSeconds": 6,
        },
    ),
    "Filtering": (
        lambda: Filtering(BucketPrefixFiltering("a/")),
        {"prefixFiltering": {"prefix": "a/"}},
    ),
    "FixedScalingPolicy": (lambda: FixedScalingPolicy(16, "fixed", [WEEKLY]), FIXED_WIRE),
    "ForcedConstant": (
        lambda: ForcedConstant("x", False, ForcedConstantAccess.READ_WRITE),
        {"forcedValue": "x", "forceExportInEnvironment": False, "access": "readWrite"},
    ),
    "ForcedNetworkRule": (
        lambda: ForcedNetworkRule(
            *(False, "tcp", "1", "to", "host", "2", "by", "3", "why", True, False, "me", "web")
        ),
        {
            "inbound": False,
            "proto": "tcp",
            "port": "1",
            "to": "to",
            "publicHost": "host",
            "publicPort": "2",
            "forwarder": "by",
            "priority": "3",
            "description": "why",
            "toQBox": True,
            "toPayload": False,
            "name": "me",
            "applicationType": "web",
        },
    ),
    "GpuHardware": (GpuHardware, {"discriminator": "GpuHardwareConstraint"}),
    "ManagedTasksQueueScalingPolicy": (
        lambda: ManagedTasksQueueScalingPolicy("queue", [ALWAYS], 0, 32, 1, 90, 0.2),
        QUEUE_WIRE,
    ),
    "MaximumCoreHardware": (
        lambda: MaximumCoreHardware(0),
        {"discriminator": "MaximumCoreHardwareConstraint", "coreCount": 0},
    ),
    "MaximumRamCoreRatioHardware": (
        lambda: MaximumRamCoreRatioHardware(8),
        {"discriminator": "MaximumRamCoreRatioHardwareConstraint", "maximumMemoryGBCoreRatio": 8},
    ),
    "MaximumRamHardware": (
        lambda: MaximumRamHardware(128000.5),
        {"discriminator": "MaximumRamHardwareConstraint", "maximumMemoryMB": 128000.5},
    ),
    "MinimumCoreHardware": (
        lambda: MinimumCoreHardware(16),
        {"discriminator": "MinimumCoreHardwareConstraint", "coreCount": 16},
    ),
    "MinimumRamCoreRatioHardware": (
        lambda: MinimumRamCoreRatioHardware(1.5),
        {
            "discriminator": "MinimumRamCoreRatioHardwareConstraint",
            "minimumMemoryGBCoreRatio": 1.5,
        },
    ),
    "MinimumRamHardware": (
        lambda: MinimumRamHardware(0.0),
        {"discriminator": "MinimumRamHardwareConstraint", "minimumMemoryMB": 0.0},
    ),
    "MultiSlotsSettings": (lambda: MultiSlotsSettings(2**32 - 1), {"slotsPerNode": 2**32 - 1}),
    "NoGpuHardware": (NoGpuHardware, {"discriminator": "NoGpuHardwareConstraint"}),
    "NoSSDHardware": (NoSSDHardware, {"discriminator": "NoSSDHardwareConstraint"}),
    "PrefixResourcesTransformation": (
        lambda: PrefixResourcesTransformation(""),
        {"prefix": ""},
    ),
    "Privileges": (
        lambda: Privileges(False),
        {"exportApiAndStorageCredentialsInEnvironment": False},
    ),
    "ResourcesBucket": (
        lambda: ResourcesBucket(
            "b",
            Filtering(BucketPrefixFiltering("a/")),
            ResourcesTransformation(PrefixResourcesTransformation("a/")),
            0,
        ),
        {
            "bucketName": "b",
            "filtering": {"prefixFiltering": {"prefix": "a/"}},
            "resourcesTransformation": {"stripPrefix": {"prefix": "a/"}},
            "cacheTTLSec": 0,
        },
    ),
    "ResourcesTransformation": (
        lambda: ResourcesTransformation(PrefixResourcesTransformation("a/")),
        {"stripPrefix": {"prefix": "a/"}},
    ),
    "RetrySettings": (
        lambda: RetrySettings(3, 0),
        {"maxTotalRetries": 3, "maxPerInstanceRetries": 0},
    ),
    "SSDHardware": (SSDHardware, {"discriminator": "SSDHardwareConstraint"}),
    "Scaling": (lambda: Scaling([FIXED, QUEUE]), {"policies": [FIXED_WIRE, QUEUE_WIRE]}),
    "SecretAccessRightByPrefix": (lambda: SecretAccessRightByPrefix("a/"), {"prefix": "a/"}),
    "SecretAccessRightBySecret": (lambda: SecretAccessRightBySecret("a"), {"key": "a"}),
    "SecretsAccessRights": (
        lambda: SecretsAccessRights(
            [SecretAccessRightBySecret("a")], [SecretAccessRightByPrefix("b")]
        ),
        {"bySecret": [{"key": "a"}], "byPrefix": [{"prefix": "b"}]},
    ),
    "SpecificHardware": (
        lambda: SpecificHardware("28c-128g"),
        {"discriminator": "SpecificHardwareConstraint", "specificationKey": "28c-128g"},
    ),
    "TaskDependencies": (
        lambda: TaskDependencies([UUID], [AdvancedDependency(UUID, ["success"])]),
        {
            "dependsOn": [UUID],
            "advancedDependsOn": [{"taskUuid": UUID, "taskFinalStateCondition": ["success"]}],
        },
    ),
    "TimePeriodAlways": (lambda: TimePeriodAlways("always"), ALWAYS_WIRE),
    "TimePeriodWeeklyRecurring": (
        lambda: TimePeriodWeeklyRecurring(["monday"], time(7, 30), "19:00:00.5", "week"),
        WEEKLY_WIRE,
    ),
}
"""Every value that users make, with each member given in the order of declaration, and its JSON."""

UNKNOWN: dict[type[Tagged], dict[str, Any]] = {
    HardwareConstraint: {"discriminator": "LiquidCooled", "litres": {"least": [3]}},
    ScalingPolicy: {"type": "Tidal", "name": "tides", "enabledPeriods": [ALWAYS_WIRE]},
    TimePeriodSpecification: {"type": "Lunar", "phase": 1},
}
"""A kind that is not known here, of each value that has several kinds."""


def kind_of(name: str) -> type[Value]:
    """The value class of this public name."""
    kind: type[Value] = getattr(qarnot_domain, name)
    return kind


# --- every value --------------------------------------------------------------------------------


def test_every_value_that_users_make_is_looked_at() -> None:
    """The table of these tests leaves out no public value but those that only the server says."""
    public = {
        name
        for name in qarnot_domain.__all__
        if isinstance(kind := getattr(qarnot_domain, name), type) and issubclass(kind, Value)
    }
    said = {
        name
        for name in public
        if kind_of(name).__module__ in ("qarnot_domain.status", "qarnot_domain.account")
    }
    assert public - said == set(MADE) | {kind.__name__ for kind in UNKNOWN}


@pytest.mark.parametrize("name", MADE)
def test_value_is_written_as_the_document_says(name: str) -> None:
    """Each member goes out under its own name, and nothing else does."""
    make, wire = MADE[name]
    assert make().to_json() == wire


@pytest.mark.parametrize("name", MADE)
def test_value_reads_back_equal(name: str) -> None:
    """Read from its own JSON, as itself or as one of several kinds, it is the same value."""
    make, wire = MADE[name]
    kind = kind_of(name)
    for reader in (kind, *(base for base in kind.__mro__ if base in UNKNOWN)):
        read = reader.from_json(wire)
        assert (type(read), read, read.to_json()) == (kind, make(), wire)


@pytest.mark.parametrize("name", MADE)
def test_value_is_equal_by_what_it_holds(name: str) -> None:
    """Two made alike are one in a set, and another member or class makes another value."""
    make, wire = MADE[name]
    first, second = make(), make()
    assert first is not second
    assert (first, hash(first), repr(first)) == (second, hash(second), repr(second))
    assert len({first, second}) == 1
    later = kind_of(name).from_json({**wire, "later": {"list": [1]}})
    same = kind_of(name).from_json({**wire, "later": {"list": [1]}})
    other = kind_of(name).from_json({**wire, "later": {"list": [2]}})
    assert (later, hash(later)) == (same, hash(same))
    assert [first == later, later == other, first == wire, first == None] == [False] * 4  # noqa: E711 - how it compares is the question
    assert later.to_json() == {**wire, "later": {"list": [1]}}


@pytest.mark.parametrize("name", MADE)
def test_value_is_frozen(name: str) -> None:
    """No member can be set, added or deleted, and what it was made of is a copy."""
    value = MADE[name][0]()
    for member in (*(own.name for own in value._members), "later"):
        with pytest.raises(AttributeError):
            setattr(value, member, None)
    for member in (own.name for own in value._members):
        with pytest.raises(AttributeError):
            delattr(value, member)
    assert value == MADE[name][0]()


@pytest.mark.parametrize("name", MADE)
def test_value_shares_nothing_with_json(name: str) -> None:
    """Changing the JSON that it was read from, or that it gave, changes nothing of it."""
    wire = {**copy.deepcopy(MADE[name][1]), "later": {"list": [1]}}
    value = kind_of(name).from_json(wire)
    before = copy.deepcopy(wire)
    for given in (wire, value.to_json()):
        given["later"]["list"].append(2)  # type: ignore[index,call-overload,union-attr]
        for member in given.values():
            if isinstance(member, list):
                member.clear()
    assert value.to_json() == before


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("is_read", [False, True])
def test_value_can_be_copied(name: str, is_read: bool) -> None:
    """A copy, or what another process gets, is equal, whether it was made or read."""
    make, wire = MADE[name]
    value = kind_of(name).from_json({**wire, "later": {"list": [1]}}) if is_read else make()
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - pickled one line before


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("spell", [str.upper, str.lower, str.title])
def test_member_is_read_in_any_case_of_its_letters(name: str, spell: Callable[[str], str]) -> None:
    """The API's own samples differ in that, and what is written is the document's spelling."""
    make, wire = MADE[name]
    tag = {"discriminator", "type"} if issubclass(kind_of(name), Tagged) else set()
    spelled = {key if key in tag else spell(key): value for key, value in wire.items()}
    assert kind_of(name).from_json(spelled) == make()


@pytest.mark.parametrize("name", MADE)
def test_null_is_read_as_nothing(name: str) -> None:
    """A member that may be left out may be null, which is the same."""
    kind, wire = kind_of(name), MADE[name][1]
    needed = {own.wire for own in kind._members if own.default is attrs.NOTHING}
    needed |= {kind._tag} if issubclass(kind, Tagged) else set()
    least = {member: value for member, value in wire.items() if member in needed}
    absent = kind.from_json(least)
    assert kind.from_json({**dict.fromkeys(wire), **least}) == absent
    assert kind.from_json(absent.to_json()) == absent


@pytest.mark.parametrize("payload", [None, [], "x", 3, True])
@pytest.mark.parametrize("kind", [RetrySettings, HardwareConstraint, GpuHardware, Status])
def test_what_is_no_object_cannot_be_read(kind: type[Value], payload: Any) -> None:
    """It is a `ValueError`, as with everything that cannot be read."""
    with pytest.raises(ValueError, match="object"):
        kind.from_json(payload)


# --- making -------------------------------------------------------------------------------------


def test_defaults() -> None:
    """What is not given is left to the server, or has the documented default."""
    assert ResourcesBucket("b").to_json() == {"bucketName": "b"}
    assert AdvancedDependency(UUID) == AdvancedDependency.from_json({"taskUuid": UUID})
    assert ElasticProperty(True) == ElasticProperty(True, 0, 1, 0, 90, 1.0, 0)
    for kind in (
        Filtering,
        ForcedConstant,
        MultiSlotsSettings,
        Privileges,
        RetrySettings,
        SecretsAccessRights,
        TaskDependencies,
    ):
        assert [value for value in kind().to_json().values() if value != []] == []
    policy = ManagedTasksQueueScalingPolicy("a", [ALWAYS])
    assert policy.to_json() == {
        "type": "ManagedTasksQueue",
        "name": "a",
        "enabledPeriods": [ALWAYS_WIRE],
    }


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (Scaling([]), {"policies": []}),
        (FixedScalingPolicy(16, "fixed", []), {**FIXED_WIRE, "enabledPeriods": []}),
        (
            TimePeriodWeeklyRecurring([], "07:30:00", "19:00:00.5", "week"),
            {**WEEKLY_WIRE, "days": []},
        ),
    ],
)
def test_required_list_is_written_although_empty(value: Value, wire: dict[str, Any]) -> None:
    """The document requires the member, whatever it holds."""
    assert value.to_json() == wire


def test_none_is_the_default() -> None:
    """`None` for a member that may be left out is as if it were."""
    assert ElasticProperty(True, None, None) == ElasticProperty(True)  # type: ignore[arg-type]
    assert RetrySettings(None, 1) == RetrySettings(max_per_instance_retries=1)
    assert AdvancedDependency(UUID, None) == AdvancedDependency(UUID)  # type: ignore[arg-type]


def test_lists_are_kept_as_tuples() -> None:
    """Any iterable is taken, once, and cannot be changed afterwards."""
    periods: list[TimePeriodSpecification] = [ALWAYS]
    policy = FixedScalingPolicy(1, "a", periods)
    periods.clear()
    assert policy.enabled_periods == (ALWAYS,)
    days = TimePeriodWeeklyRecurring(iter(["monday"]), "00:00:00", "01:00:00").days  # type: ignore[arg-type]
    assert days == (DayOfWeek.MONDAY,)


@pytest.mark.parametrize(
    ("kind", "arguments", "error", "named"),
    [
        (AdvancedDependency, ["banana"], ValueError, "task"),
        (AdvancedDependency, [3], TypeError, "task"),
        (AdvancedDependency, [None], TypeError, "task"),
        (AdvancedDependency, [UUID, "success"], TypeError, "task_final_state_condition"),
        (AdvancedDependency, [UUID, ["lost"]], ValueError, "task_final_state_condition"),
        (AdvancedDependency, [UUID, [3]], TypeError, "task_final_state_condition"),
        (BucketPrefixFiltering, [3], TypeError, "prefix"),
        (BucketPrefixFiltering, [None], TypeError, "prefix"),
        (BucketPrefixFiltering, ["\ud800"], ValueError, "prefix"),
        (CpuModelHardware, [""], ValueError, "cpu_model"),
        (ElasticProperty, [1], TypeError, "is_elastic"),
        (ElasticProperty, [True, -1], ValueError, "min_total_slots"),
        (ElasticProperty, [True, 0, 2**31], ValueError, "max_total_slots"),
        (ElasticProperty, [True, 0, 1, 1.5], TypeError, "min_idle_slots"),
        (ElasticProperty, [True, 0, 1, 0, -1], ValueError, "resize_period"),
        (ElasticProperty, [None], TypeError, "is_elastic"),
        (ElasticProperty, [True, 0, 1, 0, 90, 1.1], ValueError, "ramp_resize_factor"),
        (ElasticProperty, [True, 0, 1, 0, 90, 2], ValueError, "ramp_resize_factor"),
        (ElasticProperty, [True, 0, 1, 0, 90, -0.1], ValueError, "ramp_resize_factor"),
        (ElasticProperty, [True, 0, 1, 0, 90, float("nan")], ValueError, "ramp_resize_factor"),
        (ElasticProperty, [True, 0, 1, 0, 90, "0.4"], TypeError, "ramp_resize_factor"),
        (ElasticProperty, [True, 0, 1, 0, 90, True], TypeError, "ramp_resize_factor"),
        (ElasticProperty, [True, 0, 1, 0, 90, 0.4, -1], ValueError, "min_idle_time_seconds"),
        (Filtering, [{"prefix": "a/"}], TypeError, "prefix_filtering"),
        (Filtering, [PrefixResourcesTransformation("a/")], TypeError, "prefix_filtering"),
        (FixedScalingPolicy, [-1, "a", []], ValueError, "slots_count"),
        (FixedScalingPolicy, [2**63, "a", []], ValueError, "slots_count"),
        (FixedScalingPolicy, [1, "", []], ValueError, "name"),
        (FixedScalingPolicy, [1, None, []], TypeError, "name"),
        (FixedScalingPolicy, [1, "a", ALWAYS], TypeError, "enabled_periods"),
        (FixedScalingPolicy, [1, "a", ["Always"]], TypeError, "enabled_periods"),
        (FixedScalingPolicy, [1, "a", None], TypeError, "enabled_periods"),
        (ForcedConstant, [3], TypeError, "forced_value"),
        (ForcedConstant, ["x", 1], TypeError, "force_export_in_environment"),
        (ForcedConstant, ["x", True, "all"], ValueError, "access"),
        (ForcedNetworkRule, [1, "tcp"], TypeError, "inbound"),
        (ForcedNetworkRule, [None, "tcp"], TypeError, "inbound"),
        (ForcedNetworkRule, [True, ""], ValueError, "proto"),
        (ForcedNetworkRule, [True, "tcp", 8080], TypeError, "port"),
        (ManagedTasksQueueScalingPolicy, ["", []], ValueError, "name"),
        (ManagedTasksQueueScalingPolicy, ["a", [], -1], ValueError, "min_total_slots"),
        (ManagedTasksQueueScalingPolicy, ["a", [], 0, 2**63], ValueError, "max_total_slots"),
        (ManagedTasksQueueScalingPolicy, ["a", [], 3, 2], ValueError, "min_total_slots"),
        (ManagedTasksQueueScalingPolicy, ["a", [], 0, 1, "1"], TypeError, "min_idle_slots"),
        (
            ManagedTasksQueueScalingPolicy,
            ["a", [], 0, 1, 1, 1.5],
            TypeError,
            "min_idle_time_seconds",
        ),
        (
            ManagedTasksQueueScalingPolicy,
            ["a", [], 0, 1, 1, 1, float("inf")],
            ValueError,
            "scaling_factor",
        ),
        (MaximumCoreHardware, ["4"], TypeError, "core_count"),
        (MaximumRamCoreRatioHardware, [-1], ValueError, "maximum_memory_gb_core_ratio"),
        (MaximumRamHardware, [True], TypeError, "maximum_memory_mb"),
        (MinimumCoreHardware, [-1], ValueError, "core_count"),
        (MinimumCoreHardware, [2**31], ValueError, "core_count"),
        (MinimumCoreHardware, [None], TypeError, "core_count"),
        (MinimumRamCoreRatioHardware, ["1"], TypeError, "minimum_memory_gb_core_ratio"),
        (MinimumRamHardware, [float("nan")], ValueError, "minimum_memory_mb"),
        (MultiSlotsSettings, [2**32], ValueError, "slots_per_node"),
        (PrefixResourcesTransformation, [3], TypeError, "prefix"),
        (Privileges, ["yes"], TypeError, "export_api_and_storage_credentials_in_environment"),
        (ResourcesBucket, [""], ValueError, "bucket_name"),
        (ResourcesBucket, [None], TypeError, "bucket_name"),
        (ResourcesBucket, ["b", "a/"], TypeError, "filtering"),
        (ResourcesBucket, ["b", None, "a/"], TypeError, "resources_transformation"),
        (ResourcesBucket, ["b", None, None, -1], ValueError, "cache_ttl_sec"),
        (ResourcesTransformation, ["a/"], TypeError, "strip_prefix"),
        (RetrySettings, [-1], ValueError, "max_total_retries"),
        (RetrySettings, [1, 2**31], ValueError, "max_per_instance_retries"),
        (Scaling, [FIXED], TypeError, "policies"),
        (Scaling, [None], TypeError, "policies"),
        (Scaling, [[{"type": "Fixed"}]], TypeError, "policies"),
        (
            Scaling,
            [[FIXED, ManagedTasksQueueScalingPolicy("fixed", [])]],
            ValueError,
            "policies",
        ),
        (SecretAccessRightBySecret, [""], ValueError, "key"),
        (SecretAccessRightByPrefix, [3], TypeError, "prefix"),
        (SecretsAccessRights, [["licence"]], TypeError, "by_secret"),
        (SecretsAccessRights, [[], [SecretAccessRightBySecret("a")]], TypeError, "by_prefix"),
        (SpecificHardware, [""], ValueError, "specification_key"),
        (TaskDependencies, [["banana"]], ValueError, "tasks"),
        (TaskDependencies, [UUID], TypeError, "tasks"),
        (TaskDependencies, [[], [UUID]], TypeError, "advanced_depends_on"),
        (TimePeriodAlways, [3], TypeError, "name"),
        (TimePeriodWeeklyRecurring, ["monday", "00:00:00", "01:00:00"], TypeError, "days"),
        (TimePeriodWeeklyRecurring, [["someday"], "00:00:00", "01:00:00"], ValueError, "days"),
        (TimePeriodWeeklyRecurring, [[], "7:30:00", "01:00:00"], ValueError, "start_time_utc"),
        (TimePeriodWeeklyRecurring, [[], "24:00:00", "01:00:00"], ValueError, "start_time_utc"),
        (TimePeriodWeeklyRecurring, [[], 7, "01:00:00"], TypeError, "start_time_utc"),
        (TimePeriodWeeklyRecurring, [[], "00:00:00", "01:00:00Z"], ValueError, "end_time_utc"),
        (TimePeriodWeeklyRecurring, [[], "00:00:00", time(1, tzinfo=UTC)], ValueError, "end_time"),
        (TimePeriodWeeklyRecurring, [[], "00:00:00", None], TypeError, "end_time_utc"),
    ],
)
def test_argument_that_is_not_allowed(
    kind: type[Value], arguments: list[Any], error: type[Exception], named: str
) -> None:
    """It is refused at once, by its member's name."""
    with pytest.raises(error, match=rf"^{named}"):
        kind(*arguments)


@pytest.mark.parametrize("name", MADE)
def test_member_too_many(name: str) -> None:
    """A member that a value does not have is refused, as with any function."""
    make: Any = kind_of(name)
    with pytest.raises(TypeError, match="later"):
        make(later=1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Scaling([FIXED], active_policy_name="fixed"),
        lambda: AdvancedDependency(UUID, [], actual_final_state=TaskFinalState.SUCCESS),
        lambda: AdvancedDependency(UUID, [], state=DependencyState.WAITING),
        lambda: TaskDependencies([UUID], state=DependencyState.WAITING),
        lambda: Status(instance_count=1),
        lambda: CompletedInstance(instance_id=0),
    ],
)
def test_member_that_only_the_server_says(make: Callable[[], Value]) -> None:
    """Nobody else can give it, not even in a value of their own."""
    with pytest.raises(TypeError, match="server"):
        make()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (time(7, 30), "07:30:00"),
        (time(1, 2, 3, 40), "01:02:03.000040"),
        ("23:59:59.9999999", "23:59:59.9999999"),
    ],
)
def test_time_of_the_day_is_a_time_or_text(given: time | str, kept: str) -> None:
    """It is kept as the API writes it, with up to seven digits of fraction."""
    period = TimePeriodWeeklyRecurring([], given, given)
    assert (period.start_time_utc, period.end_time_utc) == (kept, kept)


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "payload", "named"),
    [
        (Status, {"instanceCount": "1"}, "instanceCount"),
        (Status, {"timestamp": "soon"}, "timestamp"),
        (Status, {"wallTime": "24:00:00"}, "wallTime"),
        (Status, {"wallTimeSec": True}, "wallTimeSec"),
        (Status, {"executionTimeByCpuModel": {}}, "executionTimeByCpuModel"),
        (Status, {"executionTimeByCpuModel": [{"core": "1"}]}, "executionTimeByCpuModel: core"),
        (Status, {"runningInstancesInfo": []}, "runningInstancesInfo"),
        (CompletedInstance, {"results": [3]}, "results"),
        (CompletedInstance, {"error": "failed"}, "error"),
        (MinimumCoreHardware, {"discriminator": "MinimumCoreHardwareConstraint"}, "coreCount"),
        (Scaling, {"policies": [{"type": "Fixed", "slotsCount": "1"}]}, "policies: slotsCount"),
        (Scaling, {"policies": [FIXED_WIRE | {"enabledPeriods": 3}]}, "policies: enabledPeriods"),
        (ResourcesBucket, {"bucketName": "b", "filtering": "a/"}, "filtering"),
        (AdvancedDependency, {"taskUuid": None}, "taskUuid"),
        (AdvancedDependency, {"taskUuid": UUID, "state": 3}, "state"),
    ],
)
def test_payload_that_cannot_be_read(
    kind: type[Value], payload: dict[str, Any], named: str
) -> None:
    """It is a `ValueError` that begins with the way to the member."""
    with pytest.raises(ValueError, match=rf"^{named}\b"):
        kind.from_json(payload)


def test_what_only_the_server_says_is_read() -> None:
    """It is there, and equal values hold the same of it."""
    scaling = Scaling.from_json({"policies": [FIXED_WIRE], "activePolicyName": "fixed"})
    assert (scaling.active_policy_name, scaling == Scaling([FIXED])) == ("fixed", False)
    dependency = AdvancedDependency.from_json(
        {
            "taskUuid": UUID,
            "taskFinalStateCondition": ["SUCCESS", "Failure"],
            "actualFinalState": "Cancelled",
            "state": "DependencyConditionsNotFulfilled",
        }
    )
    assert dependency.task_final_state_condition == ("success", "failure")
    assert dependency.actual_final_state == TaskFinalState.CANCELLED
    assert dependency.state == DependencyState.CONDITIONS_NOT_FULFILLED


def test_key_spelled_in_another_case() -> None:
    """The API's own specification writes `runningCorecount`, and the service may."""
    for spelling in ("runningCoreCount", "runningCorecount", "RunningCoreCount"):
        read = RunningCoreCountByCpuModel.from_json({spelling: 64})
        assert (read.running_core_count, read.to_json()) == (64, {"runningCoreCount": 64})
    both = RunningCoreCountByCpuModel.from_json({"runningCorecount": 64, "core": None})
    assert both == RunningCoreCountByCpuModel.from_json({"runningCoreCount": 64})


def test_status_reads_its_times() -> None:
    """Times are `TimeSpan`s and moments in UTC, and what never came is nothing."""
    status = Status.from_json(
        {
            "timestamp": "2026-03-14T10:31:00+01:00",
            "lastUpdateTimestamp": "0001-01-01T00:00:00Z",
            "executionTime": "1.03:16:50.5000000",
            "executionTimeByInstanceId": None,
            "runningInstancesInfo": {"perRunningInstanceInfo": [{"activeForwards": [{}]}]},
        }
    )
    assert (status.timestamp, status.last_update_timestamp) == (
        datetime(2026, 3, 14, 9, 31, tzinfo=UTC),
        None,
    )
    assert status.execution_time == TimeSpan("1.03:16:50.5")
    assert (status.execution_time_by_instance_id, status.wall_time) == ((), None)
    assert status.running_instances_info is not None
    [instance] = status.running_instances_info.per_running_instance_info
    assert [forward.application_port for forward in instance.active_forward] == [None]


# --- several kinds ------------------------------------------------------------------------------


@pytest.mark.parametrize("base", UNKNOWN)
def test_unknown_kind_is_kept_as_it_is(base: type[Tagged]) -> None:
    """It is read and written unchanged, equal by what it says, and of no known kind."""
    wire = UNKNOWN[base]
    read = base.from_json(wire)
    assert (type(read), read.to_json()) == (base, wire)
    assert (read, hash(read)) == (base.from_json(wire), hash(base.from_json(wire)))
    assert read != base.from_json({**wire, "more": 1})


def test_unknown_kinds_within_values() -> None:
    """A policy of an unknown kind, and a known one with a period of an unknown kind, are kept."""
    periods = [UNKNOWN[TimePeriodSpecification], ALWAYS_WIRE]
    wire: dict[str, Any] = {
        "policies": [UNKNOWN[ScalingPolicy], {**FIXED_WIRE, "enabledPeriods": periods}]
    }
    scaling = Scaling.from_json(wire)
    assert scaling.to_json() == wire
    policy = scaling.policies[1]
    assert isinstance(policy, FixedScalingPolicy)
    assert [type(period) for period in policy.enabled_periods] == [
        TimePeriodSpecification,
        TimePeriodAlways,
    ]
    assert Scaling(scaling.policies) == scaling


@pytest.mark.parametrize("base", UNKNOWN)
def test_unknown_kind_is_sent_as_it_is(
    qarnot_connection: Connection, qarnot_emulator: Emulator, base: type[Tagged]
) -> None:
    """What a newer API accepts can be used before this library knows it."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    value: Any = base.from_json(UNKNOWN[base])
    if base is HardwareConstraint:
        pool.hardware_constraints = [value]
    elif base is ScalingPolicy:
        pool.scaling = Scaling([value])
    else:
        pool.scaling = Scaling([FixedScalingPolicy(1, "a", [value])])
    with pytest.raises(InvalidRequestException):
        pool.submit()
    body = qarnot_emulator.requests[-1].body
    assert json.dumps(UNKNOWN[base], sort_keys=True) in json.dumps(body, sort_keys=True)


@pytest.mark.parametrize("base", UNKNOWN)
def test_kind_must_be_chosen(base: type[Tagged]) -> None:
    """What has several kinds is made as one of them."""
    with pytest.raises(TypeError, match=f"kinds of {base.__name__}"):
        base()


def test_discriminator_is_the_apis_word() -> None:
    """Known or not, a constraint tells its kind."""
    read = HardwareConstraint.from_json(UNKNOWN[HardwareConstraint])
    assert (GpuHardware().discriminator, read.discriminator) == (
        "GpuHardwareConstraint",
        "LiquidCooled",
    )


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (GpuHardware, {"discriminator": "SSDHardwareConstraint"}),
        (MinimumCoreHardware, {"discriminator": "LiquidCooled", "coreCount": 1}),
        (MinimumCoreHardware, {"discriminator": "MaximumCoreHardwareConstraint", "coreCount": 1}),
        (TimePeriodAlways, WEEKLY_WIRE),
        (FixedScalingPolicy, QUEUE_WIRE),
    ],
)
def test_kind_refuses_another_kind(kind: type[Value], payload: dict[str, Any]) -> None:
    """What says that it is of another kind is not read as this one."""
    with pytest.raises(ValueError, match=r"discriminator|type|expected"):
        kind.from_json(payload)


def test_kinds_and_classes_with_the_same_members_differ() -> None:
    """A value is never equal to one of another class."""
    values: list[Value] = [
        MinimumCoreHardware(4),
        MaximumCoreHardware(4),
        GpuHardware(),
        NoGpuHardware(),
        BucketPrefixFiltering("a"),
        PrefixResourcesTransformation("a"),
        SecretAccessRightByPrefix("a"),
    ]
    assert len(set(values)) == len(values)
    assert all((one == other) == (one is other) for one in values for other in values)


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "texts"),
    [
        (SchedulingType.ON_DEMAND, ["onDemand", "ONDEMAND", "ondemand"]),
        (TaskFinalState.SUCCESS, ["success", "Success", "SUCCESS"]),
        (ForcedConstantAccess.READ_ONLY, ["readOnly", "ReadOnly"]),
        (DayOfWeek.SUNDAY, ["sunday", "Sunday"]),
        (DependencyState.WAITING, ["waiting", "Waiting"]),
    ],
)
def test_word_is_read_in_any_case(word: str, texts: list[str]) -> None:
    """It becomes the API's own word, and is equal to it as text."""
    kind: Any = type(word)
    for text in texts:
        assert (kind.read(text), type(kind.read(text))) == (word, type(word))
    assert (kind.read("later"), str(kind.read("LATER"))) == ("later", "LATER")
    assert word in kind.known()


def test_words_are_set_in_any_case() -> None:
    """As a constant of their class or as text."""
    accesses: list[Any] = ["readOnly", "READONLY", "readonly", ForcedConstantAccess.READ_ONLY]
    for access in accesses:
        assert ForcedConstant("x", access=access).access == ForcedConstantAccess.READ_ONLY
    for state in ("success", "SUCCESS", "Success", TaskFinalState.SUCCESS):
        condition = AdvancedDependency(UUID, [state]).task_final_state_condition
        assert (condition, type(condition[0])) == ((TaskFinalState.SUCCESS,), TaskFinalState)


def test_unknown_words_are_kept_on_reading() -> None:
    """A word of a newer API is read and written as it came, though it cannot be set."""
    wire: dict[str, Any] = {"forcedValue": "x", "access": "writeOnly"}
    assert ForcedConstant.from_json(wire).to_json() == wire
    wire = {"taskUuid": UUID, "taskFinalStateCondition": ["lost"], "actualFinalState": "lost"}
    assert AdvancedDependency.from_json(wire).to_json() == wire


# --- showing ------------------------------------------------------------------------------------


def test_repr_of_a_forced_constant_does_not_show_its_value(
    qarnot_connection: Connection,
) -> None:
    """It may be a password, also where it cannot be used."""
    password = "a-password-that-nobody-may-see"
    constant = ForcedConstant(password, True)
    assert repr(constant) == "ForcedConstant(force_export_in_environment=True, access=None)"
    task = qarnot_connection.create_task("n", PROFILE)
    task.forced_constants = {"A": constant}
    assert password not in f"{constant} {task!r} {task.forced_constants!r}"
    wrong: list[Any] = [password + "\ud800", [password]]
    for value in wrong:
        with pytest.raises((TypeError, ValueError), match="forced_value") as caught:
            ForcedConstant(value)
        assert password not in str(caught.value)


def test_repr_says_how_a_value_is_made() -> None:
    """Every other value shows all its members."""
    assert repr(RetrySettings(3)) == (
        "RetrySettings(max_total_retries=3, max_per_instance_retries=None)"
    )
    assert repr(GpuHardware()) == "GpuHardware()"
