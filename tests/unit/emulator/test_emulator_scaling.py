"""How large pools are, and how tasks get their slots."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from qarnot_domain.emulator import _scaling

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Driver, Json

ALWAYS = [{"type": "Always"}]
HOUR = 3600
DAY = 24 * HOUR


def fixed(name: str, slots: int, periods: Json = ALWAYS) -> dict[str, Any]:
    """A policy of a fixed number of slots."""
    return {"type": "Fixed", "name": name, "slotsCount": slots, "enabledPeriods": periods}


def queue(name: str, **bounds: int) -> dict[str, Any]:
    """A policy that follows the queue."""
    return {"type": "ManagedTasksQueue", "name": name, "enabledPeriods": ALWAYS, **bounds}


def weekly(days: str, start: str, end: str) -> list[dict[str, Any]]:
    """One weekly period."""
    return [
        {"type": "Weekly", "days": days.split(), "startTimeUtc": start, "endTimeUtc": end},
    ]


def scaled(cloud: Driver, *policies: Json, **members: Json) -> str:
    """The uuid of a new pool with policies; its own number of instances is to have no effect."""
    return cloud.create_pool(instanceCount=7, scaling={"policies": policies}, **members)


def lasting(seconds: float) -> list[dict[str, str]]:
    """The constants of a task that executes for a while."""
    return [{"key": "EMULATOR_EXECUTION_TIME", "value": str(seconds)}]


def size(cloud: Driver, pool: str) -> tuple[int, int, int]:
    """How many instances a pool should have, has, and how many slots these are."""
    read = cloud.pool(pool)
    names = ("targetRunningInstanceCount", "runningInstanceCount", "totalSlotCapacity")
    target, running, slots = (read[name] for name in names)
    assert read["runningCoreCount"] == 4 * running
    return target, running, slots


# --- the size of a pool


def test_a_pool_has_the_size_it_asks_for_once_it_runs_and_until_it_closes(cloud: Driver) -> None:
    """Before, that is what it should have only."""
    pool = cloud.create_pool(instanceCount=3)
    assert size(cloud, pool) == (3, 0, 0)
    cloud.advance(1)
    assert size(cloud, pool) == (3, 3, 3)
    cloud.post(f"/pools/{pool}/close")
    assert size(cloud, pool) == (0, 0, 0)


def test_each_instance_has_the_slots_that_were_asked_for(cloud: Driver) -> None:
    """Scaling counts slots: there are as many instances as these take."""
    settings = {"multiSlotsSettings": {"slotsPerNode": 2}}
    own, by_policy = cloud.create_pool(**settings), scaled(cloud, fixed("f", 5), **settings)
    cloud.advance(1)
    assert size(cloud, own) == (2, 2, 4)
    assert size(cloud, by_policy) == (3, 3, 6)


def test_a_pool_gets_no_more_instances_than_there_are(cloud: Driver) -> None:
    """Numbers of 64 bits are valid in a policy."""
    pools = [scaled(cloud, fixed("f", 2**63 - 1)), cloud.create_pool(instanceCount=2**31 - 1)]
    cloud.advance(1)
    for pool in pools:
        assert size(cloud, pool)[1] == _scaling.MAX_INSTANCES


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0, "otherwise"),
        (8 - 1e-4, "otherwise"),
        (8, "day"),
        (18 - 1e-4, "day"),
        (18, "otherwise"),
        (24 + 9, "otherwise"),
        (24 * 7 + 9, "day"),
    ],
)
def test_the_first_policy_whose_period_has_come_is_active(
    cloud: Driver, hours: float, expected: str
) -> None:
    """A period holds from its start until before its end, on its days; the epoch is a Thursday."""
    policies = [
        fixed("day", 4, weekly("thursday", "08:00:00", "18:00:00")),
        fixed("otherwise", 1),
        fixed("never", 9),
    ]
    pool = scaled(cloud, *policies)
    cloud.advance(1)
    cloud.advance(hours * HOUR - 1 if hours else 0)
    assert cloud.pool(pool)["scaling"]["activePolicyName"] == expected
    assert cloud.read(f"/pools/{pool}/scaling")["activePolicyName"] == expected
    assert size(cloud, pool)[1] == (4 if expected == "day" else 1)


@pytest.mark.parametrize(
    ("period", "hours", "is_active"),
    [
        (weekly("thursday", "00:00:00", "23:59:59.9999999"), 24 - 1e-9, True),
        (weekly("thursday", "00:00:00", "23:59:59.9999999"), 24, False),
        (weekly("wednesday", "22:00:00", "06:00:00"), 5, True),
        (weekly("wednesday", "22:00:00", "06:00:00"), 6, False),
        (weekly("thursday", "22:00:00", "06:00:00"), 5, False),
        (weekly("thursday friday", "22:00:00", "06:00:00"), 48, True),
        (weekly("thursday", "08:00:00", "08:00:00"), 7, False),
        (weekly("thursday", "08:00:00", "08:00:00"), 24 + 7, True),
        (weekly("", "00:00:00", "23:00:00"), 1, False),
        ([], 1, False),
        ([*weekly("friday", "00:00:00", "01:00:00"), *ALWAYS], 1, True),
    ],
)
def test_a_period_may_last_into_the_next_day(
    cloud: Driver, period: Json, hours: float, is_active: bool
) -> None:
    """A period that ends no later than it starts does; without a period a policy never holds."""
    pool = scaled(cloud, fixed("f", 2, period))
    cloud.advance(hours * HOUR)
    active = cloud.pool(pool)["scaling"]["activePolicyName"]
    assert active == ("f" if is_active else None)
    assert size(cloud, pool)[1] == (2 if is_active else 0)


def test_periods_are_in_utc_wherever_the_epoch_is(driver_class: type[Driver]) -> None:
    """At ten in the morning two hours east of it, eight o'clock has just come."""
    epoch = datetime(2026, 1, 1, 10, tzinfo=timezone(timedelta(hours=2)))
    cloud = driver_class(epoch=epoch)
    pool = scaled(cloud, fixed("f", 2, weekly("thursday", "08:00:00", "09:00:00")))
    assert cloud.pool(pool)["scaling"]["activePolicyName"] == "f"
    cloud.advance(HOUR)
    assert cloud.pool(pool)["scaling"]["activePolicyName"] is None


def test_a_pool_counts_how_long_its_instances_ran(cloud: Driver) -> None:
    """All together, whatever its size was meanwhile."""
    pool = scaled(cloud, fixed("f", 2))
    cloud.advance(10.7)
    assert cloud.pool(pool)["executionTime"] == "00:00:20"
    cloud.put(f"/pools/{pool}/scaling", {"policies": [fixed("f", 1)]})
    cloud.advance(5)
    assert cloud.pool(pool)["executionTime"] == "00:00:25"
    cloud.post(f"/pools/{pool}/close")
    cloud.advance(5)
    assert cloud.pool(pool)["executionTime"] == "00:00:25"


def test_a_pool_without_any_policy_sizes_itself(cloud: Driver) -> None:
    """By its own number, as without scaling."""
    pool = scaled(cloud)
    assert cloud.read(f"/pools/{pool}/scaling") == {"policies": [], "activePolicyName": None}
    assert size(cloud, pool)[0] == 7


def test_a_pool_without_scaling_has_no_policies(cloud: Driver) -> None:
    """An empty list, where the pool itself reads null."""
    pool = cloud.create_pool()
    assert cloud.read(f"/pools/{pool}/scaling") == {"policies": [], "activePolicyName": None}
    assert cloud.pool(pool)["scaling"] is None


@pytest.mark.parametrize(
    "members",
    [
        {"scaling": {"policies": [queue("q", minTotalSlots=1, maxTotalSlots=4, minIdleSlots=1)]}},
        {
            "elasticProperty": {
                "isElastic": True,
                "minTotalSlots": 1,
                "maxTotalSlots": 4,
                "minIdleSlots": 1,
            }
        },
    ],
    ids=["scaling", "elastic"],
)
def test_a_pool_follows_its_queue_within_bounds(cloud: Driver, members: dict[str, Any]) -> None:
    """A slot for each instance that waits or runs, and the idle ones asked for."""
    pool = cloud.create_pool(**members)
    cloud.advance(1)
    assert size(cloud, pool) == (1, 1, 1)
    first = cloud.create_task(poolUuid=pool, instanceCount=2, constants=lasting(60))
    assert size(cloud, pool) == (3, 3, 3)
    second = cloud.create_task(poolUuid=pool, instanceCount=5, constants=lasting(60))
    assert size(cloud, pool) == (4, 4, 4)
    cloud.post(f"/tasks/{second}/abort")
    assert size(cloud, pool) == (3, 3, 3)
    cloud.post(f"/tasks/{first}/abort")
    cloud.advance(1)
    assert size(cloud, pool) == (1, 1, 1)


def test_a_queue_without_bounds_gets_nothing(cloud: Driver) -> None:
    """What is left out is 0."""
    pool = scaled(cloud, queue("q"))
    cloud.create_task(poolUuid=pool)
    cloud.advance(10)
    assert size(cloud, pool) == (0, 0, 0)
    assert cloud.pool(pool)["poolUsage"] == 0


def test_an_elastic_pool_that_is_not_does_not_stretch(cloud: Driver) -> None:
    """As the official SDK sends it with every pool."""
    elastic = {"isElastic": False, "minTotalSlots": 0, "maxTotalSlots": 1}
    assert size(cloud, cloud.create_pool(elasticProperty=elastic))[0] == 2


def test_scaling_goes_before_elasticity(cloud: Driver) -> None:
    """The one is obsolete."""
    elastic = {"isElastic": True, "minTotalSlots": 3, "maxTotalSlots": 3}
    assert size(cloud, scaled(cloud, fixed("f", 5), elasticProperty=elastic))[0] == 5


# --- the policies


def test_policies_are_replaced_and_take_effect_at_once(cloud: Driver) -> None:
    """The answer is an empty object; what was planned for the old ones is off."""
    pool = scaled(cloud, fixed("old", 1, weekly("thursday", "00:00:00", "10:00:00")))
    cloud.advance(1)
    url = f"/pools/{pool}/scaling"
    response = cloud.put(url, {"policies": [fixed("new", 3)]})
    assert (response.status, response.json()) == (200, {})
    read = cloud.read(url)
    assert [policy["name"] for policy in read["policies"]] == ["new"]
    assert read["activePolicyName"] == "new"
    assert size(cloud, pool)[1] == 3
    assert cloud.pool(pool)["lastModified"] == "2026-01-01T00:00:01Z"
    cloud.advance(DAY)
    assert size(cloud, pool)[1] == 3


@pytest.mark.parametrize(
    ("policies", "named"),
    [
        ([fixed("a", 1), fixed("a", 2)], {"policies[1]"}),
        ([queue("a", minTotalSlots=2, maxTotalSlots=1)], {"policies[0]"}),
        (
            [fixed("a", 1), queue("a", minTotalSlots=2, maxTotalSlots=1), fixed("a", 1)],
            {"policies[1]", "policies[2]"},
        ),
        ([fixed("", 1)], {"policies[0].name"}),
        (
            [{"type": "Fixed"}],
            {"policies[0].name", "policies[0].slotsCount", "policies[0].enabledPeriods"},
        ),
        ([{"type": "Magic"}], {"policies[0].type"}),
        (
            [fixed("a", 1, weekly("someday", "8", "25:00:00"))],
            {
                "policies[0].enabledPeriods[0].days[0]",
                "policies[0].enabledPeriods[0].startTimeUtc",
                "policies[0].enabledPeriods[0].endTimeUtc",
            },
        ),
        (
            [fixed("a", 1, [{**weekly("", "08:00:00", "09:00:00")[0], "days": [7, -1, True]}])],
            {f"policies[0].enabledPeriods[0].days[{index}]" for index in range(3)},
        ),
    ],
)
def test_policies_that_make_no_sense_are_refused_by_place(
    cloud: Driver, policies: Json, named: set[str]
) -> None:
    """Checked, put or created alike; the pool that was there keeps what it had."""
    pool = scaled(cloud, fixed("f", 1))
    body = {"policies": policies}
    for response in (
        cloud.post("/sanity-checks/pools/scaling", body),
        cloud.put(f"/pools/{pool}/scaling", body),
    ):
        assert response.status == 400
        assert set(response.json()["errors"]) == named
    within = {f"scaling.{name}" for name in named}
    creation = {"name": "n", "profile": "p", "scaling": body}
    for response in (
        cloud.post("/pools", creation),
        cloud.put(f"/pools/{pool}", {"scaling": body}),
        cloud.post(f"/pools/{pool}/clone", {"scaling": body}),
    ):
        assert set(response.json()["errors"]) == within
    assert cloud.read(f"/pools/{pool}/scaling")["policies"][0]["name"] == "f"


@pytest.mark.parametrize(
    "policies",
    [
        [],
        [fixed("a", 0), queue("b"), queue("c", minTotalSlots=3), queue("d", maxTotalSlots=0)],
        [queue("a", minTotalSlots=3, maxTotalSlots=3), fixed("b", 1, [])],
    ],
)
def test_good_policies_pass_the_check_and_change_nothing(cloud: Driver, policies: Json) -> None:
    """An empty answer."""
    response = cloud.post("/sanity-checks/pools/scaling", {"policies": policies})
    assert (response.status, response.body) == (200, b"")


@pytest.mark.parametrize("body", [{}, [], {"policies": None}, {"policies": {}}])
def test_scaling_needs_its_policies(cloud: Driver, body: Json) -> None:
    """A 400 without a list of them."""
    assert cloud.post("/sanity-checks/pools/scaling", body).status == 400


# --- the slots


def test_tasks_wait_for_slots_in_their_order(cloud: Driver) -> None:
    """The first that does not fit holds back those behind it, even if they would."""
    pool = cloud.create_pool(instanceCount=2)
    tasks = [
        cloud.create_task(poolUuid=pool, instanceCount=count, constants=lasting(10))
        for count in (1, 2, 1)
    ]
    cloud.advance(5)
    states = [cloud.task(task)["state"] for task in tasks]
    assert states == ["FullyExecuting", "Submitted", "Submitted"]
    read = cloud.pool(pool)
    assert (read["queuedOrRunningTaskInstancesCount"], read["poolUsage"]) == (4, 0.5)
    cloud.advance(10)
    states = [cloud.task(task)["state"] for task in tasks]
    assert states == ["Success", "FullyExecuting", "Submitted"]
    read = cloud.pool(pool)
    assert (read["queuedOrRunningTaskInstancesCount"], read["poolUsage"]) == (3, 1.0)
    cloud.advance(60)
    assert {cloud.task(task)["state"] for task in tasks} == {"Success"}
    read = cloud.pool(pool)
    assert (read["queuedOrRunningTaskInstancesCount"], read["poolUsage"]) == (0, 0.0)


def test_a_task_takes_its_slots_when_another_gives_them_back(cloud: Driver) -> None:
    """At that moment, however late anybody looks."""
    pool = cloud.create_pool(instanceCount=1)
    first = cloud.create_task(poolUuid=pool, constants=lasting(10))
    second = cloud.create_task(poolUuid=pool, constants=lasting(10))
    cloud.advance(HOUR)
    # 0.7 s until the pool runs; then twice 0.7 s to start, 10 s to execute and 0.3 s to upload.
    assert cloud.task(first)["endDate"] == "2026-01-01T00:00:11.7000000Z"
    assert cloud.task(second)["endDate"] == "2026-01-01T00:00:22.7000000Z"


def test_a_task_with_more_instances_than_slots_runs_in_waves(cloud: Driver) -> None:
    """As many at a time as there are slots; it is FullyExecuting in the last wave."""
    pool = cloud.create_pool(instanceCount=2)
    cloud.advance(1)
    task = cloud.create_task(poolUuid=pool, instanceCount=5, constants=lasting(10))
    url = f"/tasks/{task}"
    assert cloud.states(url, seconds=0.7) == [
        "Submitted",
        "PartiallyDispatched",
        "PartiallyExecuting",
    ]
    seen = []
    # To the middle of the first wave.
    cloud.advance(4.9)
    for _ in range(3):
        read = cloud.task(task)
        pool_read = cloud.pool(pool)
        seen.append(
            (
                read["state"],
                read["runningInstanceCount"],
                read["status"]["startedOnceRange"],
                round(read["progress"]),
                pool_read["poolUsage"],
                pool_read["queuedOrRunningTaskInstancesCount"],
                read["executionTime"],
            )
        )
        cloud.advance(10)
    assert seen == [
        ("PartiallyExecuting", 2, "0-1", 17, 1.0, 5, "00:00:10"),
        ("PartiallyExecuting", 2, "0-3", 50, 1.0, 3, "00:00:30"),
        ("FullyExecuting", 1, "0-4", 83, 0.5, 1, "00:00:45"),
    ]
    read = cloud.task(task)
    assert read["state"] == "Success"
    assert read["executionTime"] == "00:00:50"
    assert {i["execTimeSec"] for i in read["completedInstances"]} == {10.0}


def test_the_instances_of_a_wave_write_when_it_comes_and_goes(cloud: Driver) -> None:
    """Each starts when one before it has ended."""
    pool = cloud.create_pool(instanceCount=1)
    task = cloud.create_task(poolUuid=pool, instanceCount=2, constants=lasting(10))
    cloud.advance(2)
    stdout = f"/tasks/{task}/stdout"
    assert cloud.get(stdout).body == b"[0] started\n"
    assert cloud.get(f"{stdout}/1").body == b""
    cloud.advance(10)
    assert cloud.get(stdout).body == b"[0] started\n[0] done\n[1] started\n"
    cloud.advance(10)
    assert cloud.get(f"{stdout}/1").body == b"[1] started\n[1] done\n"


def test_the_last_wave_leaves_slots_to_others(cloud: Driver) -> None:
    """What it does not need itself."""
    pool = cloud.create_pool(instanceCount=2)
    cloud.advance(1)
    cloud.create_task(poolUuid=pool, instanceCount=3, constants=lasting(10))
    other = cloud.create_task(poolUuid=pool, constants=lasting(10))
    cloud.advance(10.6)
    assert cloud.task(other)["state"] == "Submitted"
    cloud.advance(1)
    assert cloud.task(other)["state"] == "FullyExecuting"


@pytest.mark.parametrize("method", ["abort", "delete"])
def test_a_task_that_is_stopped_gives_its_slots_back(cloud: Driver, method: str) -> None:
    """Once it is over, not as soon as it is asked."""
    pool = cloud.create_pool(instanceCount=1)
    first = cloud.create_task(poolUuid=pool, constants=lasting(HOUR))
    second = cloud.create_task(poolUuid=pool)
    cloud.advance(5)
    if method == "abort":
        cloud.post(f"/tasks/{first}/abort")
    else:
        cloud.delete(f"/tasks/{first}")
    assert cloud.pool(pool)["poolUsage"] == 1.0
    assert cloud.task(second)["state"] == "Submitted"
    cloud.advance(5)
    assert cloud.task(second)["state"] == "Success"


@pytest.mark.parametrize("method", ["abort", "delete"])
def test_a_task_that_is_stopped_while_it_waits_holds_nobody_back(
    cloud: Driver, method: str
) -> None:
    """It leaves the queue at once."""
    pool = cloud.create_pool(instanceCount=2)
    cloud.advance(1)
    cloud.create_task(poolUuid=pool, constants=lasting(HOUR))
    large = cloud.create_task(poolUuid=pool, instanceCount=2)
    small = cloud.create_task(poolUuid=pool, constants=lasting(HOUR))
    cloud.advance(5)
    assert cloud.task(small)["state"] == "Submitted"
    if method == "abort":
        cloud.post(f"/tasks/{large}/abort")
    else:
        cloud.delete(f"/tasks/{large}")
    cloud.advance(1)
    assert cloud.task(small)["state"] == "FullyExecuting"
    assert cloud.pool(pool)["queuedOrRunningTaskInstancesCount"] == 2


def test_a_task_that_waits_for_others_is_not_in_the_queue(cloud: Driver) -> None:
    """It holds no one back, and a pool that follows its queue has no slot for it."""
    pool = scaled(cloud, queue("q", maxTotalSlots=9))
    job = cloud.create_job(poolUuid=pool, useDependencies=True)
    first = cloud.create_task(jobUuid=job, profile=None, constants=lasting(10))
    dependencies = {"dependsOn": [first]}
    second = cloud.create_task(jobUuid=job, profile=None, dependencies=dependencies)
    cloud.advance(5)
    assert size(cloud, pool) == (1, 1, 1)
    assert cloud.pool(pool)["queuedOrRunningTaskInstancesCount"] == 1
    cloud.advance(60)
    assert cloud.task(second)["state"] == "Success"
    assert size(cloud, pool) == (0, 0, 0)


def test_no_task_loses_the_slots_it_has(cloud: Driver) -> None:
    """A pool that shrinks keeps the instances that are in use until they no longer are."""
    pool = scaled(cloud, fixed("f", 2))
    tasks = [
        cloud.create_task(poolUuid=pool, constants=lasting(seconds)) for seconds in (10, 20, 20)
    ]
    cloud.advance(5)
    cloud.put(f"/pools/{pool}/scaling", {"policies": [fixed("f", 1)]})
    assert size(cloud, pool) == (1, 2, 2)
    assert cloud.pool(pool)["poolUsage"] == 1.0
    cloud.advance(10)
    states = [cloud.task(task)["state"] for task in tasks]
    assert states == ["Success", "FullyExecuting", "Submitted"]
    assert size(cloud, pool) == (1, 1, 1)
    cloud.advance(60)
    assert cloud.task(tasks[2])["state"] == "Success"


def test_a_pool_that_shrinks_gives_no_slots_of_what_is_to_stop(cloud: Driver) -> None:
    """An instance that only stays for a task has other slots, but they are for nobody."""
    pool = scaled(cloud, fixed("n", 4), multiSlotsSettings={"slotsPerNode": 2})
    cloud.advance(1)
    first = cloud.create_task(poolUuid=pool, instanceCount=3, constants=lasting(60))
    cloud.advance(2)
    cloud.put(f"/pools/{pool}/scaling", {"policies": [fixed("n", 2)]})
    second = cloud.create_task(poolUuid=pool, constants=lasting(60))
    assert size(cloud, pool) == (1, 2, 4)
    cloud.advance(30)
    assert cloud.task(second)["state"] == "Submitted"
    cloud.post(f"/tasks/{first}/abort")
    cloud.advance(2)
    assert cloud.task(second)["state"] == "FullyExecuting"
    assert size(cloud, pool) == (1, 1, 2)


def test_an_instance_stays_as_long_as_one_of_its_slots_is_in_use(cloud: Driver) -> None:
    """Three slots are one instance and a half, of two slots each."""
    pool = scaled(cloud, fixed("f", 8), multiSlotsSettings={"slotsPerNode": 2})
    cloud.create_task(poolUuid=pool, instanceCount=3, constants=lasting(10))
    cloud.advance(5)
    cloud.put(f"/pools/{pool}/scaling", {"policies": [fixed("f", 0)]})
    assert size(cloud, pool) == (0, 2, 4)
    assert cloud.pool(pool)["poolUsage"] == 0.75


def test_a_task_stopped_in_a_wave_does_not_pass_to_the_next(cloud: Driver) -> None:
    """Even if that was due before it is over."""
    pool = cloud.create_pool(instanceCount=1)
    task = cloud.create_task(poolUuid=pool, instanceCount=2, constants=lasting(10))
    cloud.advance(1.4 + 9.9)
    cloud.post(f"/tasks/{task}/abort")
    cloud.advance(0.3)
    assert cloud.task(task)["state"] == "PendingCancel"
    cloud.advance(60)
    assert cloud.get(f"/tasks/{task}/stdout").body == b"[0] started\n"


def test_a_task_set_to_a_state_does_not_pass_to_the_next_wave(cloud: Driver) -> None:
    """What was due for it is called off."""
    pool = cloud.create_pool(instanceCount=1)
    task = cloud.create_task(poolUuid=pool, instanceCount=2)
    cloud.advance(1.2)
    cloud.emulator.set_state(task, "PartiallyExecuting")
    cloud.advance(60)
    read = cloud.task(task)
    assert (read["state"], read["status"]["startedOnceRange"]) == ("PartiallyExecuting", "0")


def test_a_task_that_ran_in_waves_can_be_restarted(cloud: Driver) -> None:
    """From its first wave."""
    pool = cloud.create_pool(instanceCount=1)
    task = cloud.create_task(poolUuid=pool, instanceCount=2)
    cloud.advance(10)
    cloud.post(f"/tasks/{task}/restart")
    assert cloud.pool(pool)["queuedOrRunningTaskInstancesCount"] == 2
    cloud.advance(1)
    assert cloud.task(task)["status"]["startedOnceRange"] == "0"
    cloud.advance(10)
    assert cloud.task(task)["executionTime"] == "00:00:02"


def test_a_task_waits_for_the_period_that_brings_slots(cloud: Driver) -> None:
    """It is dispatched when that starts, however late anybody looks."""
    pool = scaled(cloud, fixed("day", 1, weekly("thursday", "08:00:00", "18:00:00")))
    task = cloud.create_task(poolUuid=pool)
    cloud.advance(8 * HOUR - 1)
    assert cloud.task(task)["state"] == "Submitted"
    cloud.advance(DAY)
    assert cloud.task(task)["endDate"] == "2026-01-01T08:00:02Z"


def test_a_closed_pool_no_longer_changes_with_its_periods(cloud: Driver) -> None:
    """It stays without instances."""
    pool = scaled(cloud, fixed("day", 1, weekly("thursday", "08:00:00", "18:00:00")))
    cloud.advance(1)
    cloud.post(f"/pools/{pool}/close")
    cloud.advance(9 * HOUR)
    assert size(cloud, pool) == (0, 0, 0)
    assert cloud.get(f"/pools/{pool}/stdout").body == b""
