"""Pools: creation, life, change, copies, and what belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Driver, Json


FIXED = {"type": "Fixed", "name": "f", "slotsCount": 5, "enabledPeriods": []}


def test_a_pool_runs_after_a_short_while(cloud: Driver) -> None:
    """And stays so until it is closed."""
    pool = cloud.create_pool(shortname="p")
    url = f"/pools/{pool}"
    assert cloud.states(url, seconds=60, every=0.1) == [
        "Submitted",
        "FullyDispatched",
        "FullyExecuting",
    ]
    assert cloud.read("/pools/p")["runningInstanceCount"] == 2


def test_closing_a_pool_cancels_its_tasks(cloud: Driver) -> None:
    """Closing at once, then Closed; closing it again is a 403."""
    pool = cloud.create_pool()
    task = cloud.create_task(poolUuid=pool)
    cloud.advance(1.5)
    assert cloud.task(task)["state"] == "FullyExecuting"
    assert cloud.read(f"/pools/{pool}")["poolUsage"] == 0.5
    assert cloud.post(f"/pools/{pool}/close").status == 200
    assert cloud.states(f"/pools/{pool}", seconds=2) == ["Closing", "Closed"]
    assert cloud.task(task)["state"] == "Cancelled"
    assert cloud.post(f"/pools/{pool}/close").status == 403


def test_a_pool_is_deleted_running_or_not(cloud: Driver) -> None:
    """A closed one at once, a running one after a while of PendingDelete, with no task running."""
    closed, running = cloud.create_pool(), cloud.create_pool()
    task = cloud.create_task(poolUuid=running)
    cloud.post(f"/pools/{closed}/close")
    cloud.advance(2)
    cloud.delete(f"/pools/{closed}")
    assert cloud.get(f"/pools/{closed}").status == 404
    cloud.delete(f"/pools/{running}")
    assert cloud.states(f"/pools/{running}", seconds=2) == ["PendingDelete", "gone"]
    assert cloud.task(task)["state"] == "Cancelled"


def test_settings_of_a_pool_read_back(cloud: Driver) -> None:
    """Scaling policies and the rest, in the documented spelling."""
    policy = {"Type": "fixed", "name": "f", "slotsCount": 4, "enabledPeriods": [{"type": "Always"}]}
    pool = cloud.create_pool(scaling={"policies": [policy]}, tags=["t"], labels={"K": "v"})
    read = cloud.read(f"/pools/{pool}")
    assert read["scaling"]["policies"][0]["type"] == "Fixed"
    assert read["scaling"]["policies"][0]["slotsCount"] == 4
    assert read["tags"] == ["t"]
    assert read["labels"] == {"K": "v"}
    assert [p["uuid"] for p in cloud.read("/pools?tag=t")] == [pool]


def test_a_pool_too_many_is_refused(driver_class: type[Driver]) -> None:
    """With the documented words."""
    cloud = driver_class(max_pools=0)
    response = cloud.post("/pools", {"name": "n", "profile": "p"})
    assert response.status == 403
    assert response.json() == {"message": "Maximum number of pools reached"}


def test_a_closed_pool_with_auto_delete_makes_room(driver_class: type[Driver]) -> None:
    """When the quota is reached, and no sooner."""
    cloud = driver_class(max_pools=1)
    first = cloud.create_pool(autoDeleteOnCompletion=True)
    cloud.post(f"/pools/{first}/close")
    cloud.advance(60)
    assert cloud.pool(first)["state"] == "Closed"
    cloud.create_pool()
    assert cloud.get(f"/pools/{first}").status == 404


def test_the_time_to_live_of_a_pool_counts_from_its_end(cloud: Driver) -> None:
    """It is gone that long after it closed, however long it was open."""
    pool = cloud.create_pool(completionTimeToLive="00:01:00")
    cloud.advance(3600)
    cloud.post(f"/pools/{pool}/close")
    cloud.advance(1 + 59)
    assert cloud.pool(pool)["state"] == "Closed"
    cloud.advance(1)
    assert cloud.get(f"/pools/{pool}").status == 404


@pytest.mark.parametrize("body", [{"name": "n"}, {"profile": "p"}, {"name": "n", "profile": ""}])
def test_a_pool_needs_a_name_and_a_profile(cloud: Driver, body: dict[str, str]) -> None:
    """A 400 without."""
    assert cloud.post("/pools", body).status == 400


def test_a_pool_has_one_form_of_buckets(cloud: Driver) -> None:
    """A 400 names them."""
    buckets = {"resourceBuckets": ["b"], "advancedResourceBuckets": [{"bucketName": "b"}]}
    response = cloud.post("/pools", {"name": "n", "profile": "p", **buckets})
    assert list(response.json()["errors"]) == ["resourceBuckets"]


def test_pools_come_in_pages(cloud: Driver) -> None:
    """As jobs and tasks do."""
    pools = [cloud.create_pool() for _ in range(3)]
    page = cloud.post("/pools/paginate", {"maximumResults": 2}).json()
    assert [pool["uuid"] for pool in page["data"]] == pools[:2]
    assert page["isTruncated"] is True


@pytest.mark.parametrize(
    ("method", "suffix"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/close"),
        ("POST", "/clone"),
        ("GET", "/jobs"),
        ("GET", "/tasks"),
        ("GET", "/scaling"),
        ("PUT", "/scaling"),
        ("GET", "/stdout"),
        ("POST", "/stdout"),
        ("GET", "/stderr"),
        ("POST", "/stderr"),
    ],
)
def test_a_pool_that_is_not_there_is_404(cloud: Driver, method: str, suffix: str) -> None:
    """On every operation on one pool."""
    assert cloud.send(method, f"/pools/absent{suffix}", {"policies": []}).status == 404


def test_pool_summaries_are_pools_without_the_heavy_members(cloud: Driver) -> None:
    """Every member of a summary has the same value in the whole pool."""
    uuid = cloud.create_pool(tags=["a"], taskDefaultWaitForPoolResourcesSynchronization=True)
    cloud.create_pool()
    cloud.create_task(poolUuid=uuid)
    cloud.advance(1)
    [summary] = cloud.read("/pools/summaries?tag=a")
    whole = cloud.pool(uuid)
    assert set(summary) < set(whole)
    assert summary == {name: whole[name] for name in summary}


def test_pool_summaries_come_in_pages(cloud: Driver) -> None:
    """The same pools as in pages of whole ones, in short."""
    for name in "abc":
        cloud.create_pool(name=name)
    request = {"maximumResults": 2, "orderBy": "name", "orderType": "DESC"}
    page = cloud.post("/pools/summaries/paginate", request).json()
    assert [pool["name"] for pool in page["data"]] == ["c", "b"]
    assert (page["total"], page["isTruncated"]) == (3, True)
    rest = cloud.post("/pools/summaries/paginate", {**request, "token": page["nextToken"]}).json()
    assert [pool["name"] for pool in rest["data"]] == ["a"]
    assert set(rest["data"][0]) == set(cloud.read("/pools/summaries")[0])


def test_pools_are_searched(cloud: Driver) -> None:
    """By any of their members, those that change as tasks run included."""
    busy, idle = cloud.create_pool(name="busy"), cloud.create_pool(name="idle")
    cloud.create_task(poolUuid=busy)
    cloud.advance(1.5)
    for field, found in (("poolUsage", [busy]), ("totalSlotCapacity", [busy, idle])):
        condition = {"operator": "GreaterThan", "field": field, "value": 0}
        pools = cloud.post("/pools/search", {"filter": condition}).json()
        assert [pool["uuid"] for pool in pools] == found
    request = {"select": {"fields": ["Name", "TotalSlotCapacity"]}, "maximumResults": 1}
    assert cloud.post("/pools/search", request).json() == [
        {"uuid": busy, "name": "busy", "totalSlotCapacity": 2}
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("RunningCoreCount", 8),
        ("ExecutionTime", "00:00:02"),
        ("WallTime", "00:00:01.7"),
        ("AutoDeleteOnCompletion", False),
        ("CompletionTimeToLive", "00:00:00"),
        ("TargetRunningInstanceCount", 2),
        ("RunningInstanceCount", 2),
        ("queuedOrRunningTaskInstancesCount", 0),
        ("ElasticProperty.IsElastic", False),
        ("ElasticProperty.MinIdleSlots", 3),
        ("ElasticProperty.ResizePeriod", 90),
        ("DefaultResourcesCacheTTLSec", 7_776_000),
    ],
)
def test_pools_are_searched_by_what_they_show(cloud: Driver, field: str, value: Json) -> None:
    """Also by what they were not given."""
    cloud.create_pool(elasticProperty={"minIdleSlots": 3})
    cloud.advance(1.7)
    condition = {"operator": "Equal", "field": field, "value": value}
    assert len(cloud.post("/pools/search", {"filter": condition}).json()) == 1


@pytest.mark.parametrize("field", ["Constants.Value", "Scaling", "Labels.K", "SchedulingType"])
def test_some_members_of_pools_cannot_be_searched(cloud: Driver, field: str) -> None:
    """They are refused by their place."""
    condition = {"operator": "Equal", "field": field, "value": "x"}
    response = cloud.post("/pools/search", {"filter": condition})
    assert list(response.json()["errors"]) == ["filter.field"]


def test_members_that_the_official_sdk_reads_are_never_null(cloud: Driver) -> None:
    """It would crash on them."""
    pool = cloud.pool(cloud.create_pool())
    assert pool["multiSlotsSettings"] == {"slotsPerNode": 1}
    named = ("elasticProperty", "privileges", "defaultRetrySettings", "secretsAccessRights")
    assert all(isinstance(pool[name], dict) for name in named)


def test_the_official_sdk_may_send_its_whole_elastic_property(cloud: Driver) -> None:
    """Its resize factor is 1, which the other sources exclude."""
    pool = cloud.create_pool(elasticProperty={"isElastic": False, "rampResizeFactor": 1})
    assert cloud.pool(pool)["elasticProperty"]["rampResizeFactor"] == 1


SIZE = (
    "targetRunningInstanceCount",
    "runningInstanceCount",
    "runningCoreCount",
    "totalSlotCapacity",
)


@pytest.mark.parametrize(
    ("change", "what_follows"),
    [
        ({"tags": ["b"]}, ()),
        ({"constants": []}, ()),
        ({"elasticProperty": {"isElastic": False, "maxTotalSlots": 3}}, ()),
        ({"elasticProperty": {"isElastic": True, "minTotalSlots": 1}}, SIZE),
        ({"scaling": {"policies": []}}, ()),
        ({"scaling": {"policies": [FIXED]}}, SIZE),
    ],
)
def test_only_the_members_given_change(
    cloud: Driver, change: dict[str, Any], what_follows: tuple[str, ...]
) -> None:
    """And what follows from them; what else a whole pool holds is ignored, as is null."""
    url = f"/pools/{cloud.create_pool(tags=['a'], constants=[{'key': 'K', 'value': 'v'}])}"
    cloud.advance(1)
    before = cloud.read(url)
    rest = {"Name": "other", "instanceCount": 9, "tags": None, "constants": None, "scaling": None}
    response = cloud.put(url, {**rest, **change})
    assert (response.status, response.body) == (200, b"")
    after = cloud.read(url)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {*change, *what_follows, "lastModified"}
    [(name, value)] = change.items()
    if isinstance(value, dict):
        assert {member: after[name][member] for member in value} == value
    else:
        assert after[name] == value


def test_a_wrong_update_changes_nothing(cloud: Driver) -> None:
    """It is refused as a whole, by name."""
    pool = cloud.create_pool(tags=["a"])
    policies = [{"type": "Fixed", "name": "f", "slotsCount": -1, "enabledPeriods": []}]
    response = cloud.put(f"/pools/{pool}", {"tags": ["b"], "scaling": {"policies": policies}})
    assert list(response.json()["errors"]) == ["scaling.policies[0].slotsCount"]
    assert cloud.pool(pool)["tags"] == ["a"]


def test_secret_constants_of_a_pool_read_back_masked(cloud: Driver) -> None:
    """Their values can only be written."""
    pool = cloud.create_pool(constants=[{"key": "QARNOT_SECRET__X", "value": "hidden"}])
    assert b"hidden" not in cloud.get(f"/pools/{pool}").body
    assert cloud.pool(pool)["constants"][0]["key"] == "QARNOT_SECRET__X"


def test_a_running_pool_takes_in_new_resources(cloud: Driver) -> None:
    """400 before it runs, and once it is closed."""
    pool = cloud.create_pool()
    assert cloud.patch(f"/pools/{pool}").status == 400
    cloud.advance(1)
    assert cloud.patch(f"/pools/{pool}").status == 200
    cloud.post(f"/pools/{pool}/close")
    assert cloud.patch(f"/pools/{pool}").status == 400


def test_jobs_and_tasks_of_a_pool_are_listed(cloud: Driver) -> None:
    """Its own, whole, in the order of their creation; those of its jobs among the tasks."""
    pool, other = cloud.create_pool(shortname="p"), cloud.create_pool()
    jobs = [cloud.create_job(poolUuid=pool) for _ in range(2)]
    inherited = cloud.create_task(jobUuid=jobs[0], profile=None)
    own = cloud.create_task(poolUuid=pool)
    cloud.create_job(poolUuid=other)
    cloud.create_job()
    cloud.create_task(poolUuid=other)
    cloud.create_task()
    assert cloud.read("/pools/p/jobs") == [cloud.job(uuid) for uuid in jobs]
    assert cloud.read("/pools/p/tasks") == [cloud.task(uuid) for uuid in (inherited, own)]


def test_a_copy_of_a_pool_differs_in_what_was_given(cloud: Driver) -> None:
    """All else but its shortname and its life is as in the first one, closed or not."""
    members = {
        "shortname": "first",
        "instanceCount": 3,
        "tags": ["t"],
        "labels": {"K": "v"},
        "resourceBuckets": ["in"],
        "autoDeleteOnCompletion": True,
        "completionTimeToLive": "00:01:00",
        "constants": [{"key": "QARNOT_SECRET__X", "value": "hidden"}],
    }
    first = cloud.create_pool(**members)
    cloud.post(f"/pools/{first}/close")
    cloud.advance(10)
    body = {"Name": "second", "labels": None, "advancedResourceBuckets": [{"bucketName": "b"}]}
    response = cloud.post("/pools/first/clone", body)
    second = response.json()["uuid"]
    assert response.header("location") == f"/pools/{second}"
    assert cloud.states(f"/pools/{second}", seconds=1)[-1] == "FullyExecuting"
    before, after = cloud.pool(first), cloud.pool(second)
    assert (after["name"], after["shortname"]) == ("second", second)
    assert [bucket["bucketName"] for bucket in after["advancedResourceBuckets"]] == ["b"]
    assert after["resourceBuckets"] == []
    for name in ("profile", "instanceCount", "tags", "labels", "constants", "completionTimeToLive"):
        assert after[name] == before[name], name


@pytest.mark.parametrize(
    ("body", "status"), [({"shortname": "first"}, 400), ({"name": ""}, 400), ([], 400)]
)
def test_a_copy_is_refused_as_a_creation_is(
    cloud: Driver, body: dict[str, str], status: int
) -> None:
    """A shortname in use, for one."""
    cloud.create_pool(shortname="first")
    assert cloud.post("/pools/first/clone", body).status == status
    assert len(cloud.read("/pools")) == 1
