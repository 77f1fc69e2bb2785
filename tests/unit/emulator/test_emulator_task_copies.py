"""New tasks made of others: clone, retry, recover and resume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Driver, Json

FAILING = [{"key": "EMULATOR_OUTCOME", "value": "failure"}]
COPIES = ["retry", "recover", "resume", "clone"]
MEMBERS_OF_ITS_OWN = {
    "uuid",
    "shortname",
    "state",
    "previousState",
    "stateTransitionTime",
    "previousStateTransitionTime",
    "creationDate",
    "lastModified",
    "endDate",
    "wallTime",
    "executionTime",
    "progress",
    "status",
    "errors",
    "completedInstances",
}


def copy(cloud: Driver, task: str, how: str, **changes: Json) -> str:
    """The uuid of a copy of a task."""
    response = cloud.post(f"/tasks/{task}/{how}", changes)
    assert response.status == 200, response
    uuid: str = response.json()["uuid"]
    assert response.header("location") == f"/tasks/{uuid}"
    return uuid


def ended(cloud: Driver, end: str, **members: Json) -> str:
    """The uuid of a task that has ended so."""
    constants = FAILING if end == "Failure" else []
    task = cloud.create_task(constants=constants, **members)
    if end == "Cancelled":
        cloud.post(f"/tasks/{task}/abort")
    cloud.advance(10)
    assert cloud.task(task)["state"] == end
    return task


@pytest.mark.parametrize(
    ("how", "ends"),
    [
        ("clone", ["Success", "Failure", "Cancelled"]),
        ("retry", ["Failure"]),
        ("recover", ["Failure", "Cancelled"]),
        ("resume", ["Cancelled"]),
    ],
)
@pytest.mark.parametrize("end", ["Success", "Failure", "Cancelled"])
def test_what_ended_so_runs_again(cloud: Driver, how: str, ends: list[str], end: str) -> None:
    """In a new task; 400 where nothing ended so, and the first one stays as it was."""
    task = ended(cloud, end, instanceCount=2)
    before = cloud.task(task)
    response = cloud.post(f"/tasks/{task}/{how}", {})
    assert response.status == (200 if end in ends else 400)
    assert len(cloud.read("/tasks")) == (2 if end in ends else 1)
    assert cloud.task(task) == before
    if end in ends:
        uuid = response.json()["uuid"]
        expected = "Failure" if end == "Failure" else "Success"
        assert cloud.states(f"/tasks/{uuid}", seconds=5)[-1] == expected


@pytest.mark.parametrize("how", ["retry", "recover", "resume"])
def test_instances_run_again_only_once_their_task_has_ended(cloud: Driver, how: str) -> None:
    """400 before that."""
    task = cloud.create_task(constants=FAILING)
    for seconds in (0, 1):
        cloud.advance(seconds)
        assert cloud.post(f"/tasks/{task}/{how}", {}).status == 400


def test_a_task_that_runs_can_be_cloned(cloud: Driver) -> None:
    """The clone begins at the beginning."""
    task = cloud.create_task()
    cloud.advance(1)
    assert cloud.task(copy(cloud, task, "clone"))["state"] == "Submitted"


@pytest.mark.parametrize(
    "members",
    [
        {"instanceCount": 3, "resourceBuckets": ["in"], "labels": {"K": "v"}, "tags": ["t"]},
        {
            "advancedRanges": "1-2,7",
            "hardwareConstraints": [{"discriminator": "GpuHardwareConstraint"}],
            "retrySettings": {"maxTotalRetries": 2},
            "completionTimeToLive": "01:00:00",
            "autoDeleteOnCompletion": True,
            "schedulingType": "onDemand",
            "constants": [{"key": "QARNOT_SECRET__X", "value": "hidden"}],
        },
    ],
)
def test_a_clone_is_like_the_first_but_for_its_life(cloud: Driver, members: Json) -> None:
    """And for its shortname."""
    task = cloud.create_task(shortname="first", **members)
    cloud.advance(10)
    clone = copy(cloud, "first", "clone")
    before, after = cloud.task(task), cloud.task(clone)
    assert after["shortname"] == clone
    for name in before.keys() - MEMBERS_OF_ITS_OWN:
        assert after[name] == before[name], name


def test_members_of_the_body_take_the_place_of_those_of_the_first(cloud: Driver) -> None:
    """Null ones do not, and names are read in any case."""
    task = cloud.create_task(tags=["a"], labels={"K": "v"}, constants=FAILING)
    cloud.advance(10)
    uuid = copy(cloud, task, "retry", Name="again", shortname="s", tags=None, constants=[])
    cloud.advance(10)
    read = cloud.task("s")
    assert read["uuid"] == uuid
    assert (read["name"], read["tags"], read["labels"]) == ("again", ["a"], {"K": "v"})
    assert read["state"] == "Success"


@pytest.mark.parametrize(
    ("first", "change", "count", "ranges", "total"),
    [
        ({"instanceCount": 3}, {"advancedRanges": "5-6"}, 0, "5-6", 2),
        ({"advancedRanges": "5-6"}, {"instanceCount": 3}, 3, None, 3),
        ({"advancedRanges": "5-6"}, {"instanceCount": 0}, 0, "5-6", 2),
        ({"instanceCount": 3}, {"instanceCount": 1}, 1, None, 1),
    ],
)
def test_one_way_to_give_instances_replaces_the_other(
    cloud: Driver, first: Json, change: Json, count: int, ranges: str | None, total: int
) -> None:
    """Of which the first task has one, and a copy too; 0 is what the C# SDK sends for none."""
    read = cloud.task(copy(cloud, cloud.create_task(**first), "clone", **change))
    given = (read["instanceCount"], read["advancedRanges"], read["totalInstanceCount"])
    assert given == (count, ranges, total)


def test_one_kind_of_place_and_of_input_replaces_the_other(cloud: Driver) -> None:
    """A profile the pool, a pool the profile, one form of buckets the other."""
    pool = cloud.create_pool()
    alone = cloud.create_task(resourceBuckets=["in"])
    moved = copy(
        cloud, alone, "clone", poolUuid=pool, advancedResourceBuckets=[{"bucketName": "b"}]
    )
    read = cloud.task(moved)
    assert (read["poolUuid"], read["profile"], read["resourceBuckets"]) == (pool, None, [])
    read = cloud.task(copy(cloud, moved, "clone", profile="p"))
    assert (read["poolUuid"], read["profile"]) == (None, "p")


def test_instances_that_run_again_keep_their_numbers(cloud: Driver) -> None:
    """As ranges, whichever way the first task gave them."""
    for members, ranges in (({"instanceCount": 3}, "0-2"), ({"advancedRanges": "4,7-8"}, "4,7-8")):
        task = ended(cloud, "Failure", **members)
        read = cloud.task(copy(cloud, task, "retry"))
        assert (read["advancedRanges"], read["instanceCount"]) == (ranges, 0)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("success", {"retry": None, "resume": "2-4", "recover": "2-4"}),
        ("failure", {"retry": "0-1", "resume": "2-4", "recover": "0-4"}),
    ],
)
def test_of_a_task_cancelled_between_waves_each_takes_its_own(
    cloud: Driver, outcome: str, expected: dict[str, str | None]
) -> None:
    """The instances of the first wave have ended by themselves, the rest were cancelled."""
    pool = cloud.create_pool(instanceCount=2)
    cloud.advance(1)
    constants = [
        {"key": "EMULATOR_OUTCOME", "value": outcome},
        {"key": "EMULATOR_EXECUTION_TIME", "value": "10"},
    ]
    task = cloud.create_task(poolUuid=pool, instanceCount=5, constants=constants)
    cloud.advance(15)
    done = "succeededRange" if outcome == "success" else "failedRange"
    status = cloud.task(task)["status"]
    assert (status[done], status["executedRange"], status["cancelledRange"]) == ("0-1", "0-1", "")
    completed = cloud.task(task)["completedInstances"]
    assert [(i["instanceId"], i["state"]) for i in completed] == [(0, outcome), (1, outcome)]
    cloud.post(f"/tasks/{task}/abort")
    cloud.advance(1)
    status = cloud.task(task)["status"]
    assert (status[done], status["cancelledRange"]) == ("0-1", "2-4")
    for how, ranges in expected.items():
        response = cloud.post(f"/tasks/{task}/{how}", {})
        if ranges is None:
            assert response.status == 400
        else:
            assert cloud.task(response.json()["uuid"])["advancedRanges"] == ranges


@pytest.mark.parametrize("advanced", [False, True])
def test_a_copy_waits_for_the_same_tasks(cloud: Driver, *, advanced: bool) -> None:
    """On the same conditions, in the same job."""
    job = cloud.create_job(useDependencies=True)
    slow = [{"key": "EMULATOR_EXECUTION_TIME", "value": "60"}]
    first = cloud.create_task(jobUuid=job, constants=slow)
    entry = {"taskUuid": first, "taskFinalStateCondition": ["success"]}
    dependencies: Json = {"advancedDependsOn": [entry]} if advanced else {"dependsOn": [first]}
    second = cloud.create_task(jobUuid=job, dependencies=dependencies)
    clone = copy(cloud, second, "clone")
    assert cloud.task(clone)["dependencies"] == cloud.task(second)["dependencies"]
    assert cloud.task(clone)["jobUuid"] == job
    cloud.advance(30)
    assert cloud.task(clone)["state"] == "Submitted"
    cloud.advance(60)
    assert cloud.task(clone)["state"] == "Success"


def test_a_copy_of_a_task_in_a_job_with_a_pool_is_too(cloud: Driver) -> None:
    """It inherits the pool as the first one did."""
    pool = cloud.create_pool()
    job = cloud.create_job(poolUuid=pool)
    task = cloud.create_task(jobUuid=job, profile=None)
    read = cloud.task(copy(cloud, task, "clone"))
    assert (read["jobUuid"], read["poolUuid"], read["profile"]) == (job, pool, None)


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize(
    ("body", "status"), [({"shortname": "first"}, 400), ({"tags": 1}, 400), ([], 400), (b"", 400)]
)
def test_a_copy_is_refused_as_a_creation_is(
    cloud: Driver, how: str, body: Json, status: int
) -> None:
    """A shortname in use, a member that is not valid, no object at all."""
    end = "Cancelled" if how == "resume" else "Failure"
    task = ended(cloud, end, shortname="first")
    assert cloud.post(f"/tasks/{task}/{how}", body).status == status
    assert len(cloud.read("/tasks")) == 1


@pytest.mark.parametrize(("limits", "status"), [({"max_tasks": 1}, 403), ({}, 402)])
def test_a_copy_needs_room_and_credits(cloud: Driver, limits: dict[str, int], status: int) -> None:
    """As any task."""
    task = cloud.create_task()
    cloud.emulator.set_limits(**limits)
    cloud.emulator.credits = None if limits else 0
    assert cloud.post(f"/tasks/{task}/clone", {}).status == status


def test_a_task_of_an_ended_job_cannot_be_copied_into_it(cloud: Driver) -> None:
    """The job accepts no more tasks; another one does."""
    job, other = cloud.create_job(), cloud.create_job()
    task = cloud.create_task(jobUuid=job)
    cloud.post(f"/jobs/{job}/terminate")
    cloud.advance(10)
    response = cloud.post(f"/tasks/{task}/resume", {})
    assert list(response.json()["errors"]) == ["jobUuid"]
    read: dict[str, Any] = cloud.task(copy(cloud, task, "resume", jobUuid=other))
    assert read["jobUuid"] == other
