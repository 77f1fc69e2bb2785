"""Tasks: creation and its rules, the life of a task, dependencies, output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Driver

ABSENT = "7c9b1f0e-2d64-4b52-9a53-0f1f7a1c2b3d"
WHOLE_LIFE = ["Submitted", "FullyDispatched", "FullyExecuting", "UploadingResults"]
FAILING = {"constants": [{"key": "EMULATOR_OUTCOME", "value": "failure"}]}


def lasting(text: str) -> dict[str, Any]:
    """The constant that makes a task execute for a while."""
    return {"constants": [{"key": "EMULATOR_EXECUTION_TIME", "value": text}]}


def test_a_task_goes_through_its_states_to_success(cloud: Driver) -> None:
    """With one instance there is nothing partial."""
    uuid = cloud.create_task()
    assert cloud.states(f"/tasks/{uuid}", seconds=4) == [*WHOLE_LIFE, "Success"]
    task = cloud.task(uuid)
    assert task["progress"] == 100.0
    assert task["endDate"] == task["stateTransitionTime"] == "2026-01-01T00:00:02Z"
    assert task["previousState"] == "UploadingResults"
    assert task["errors"] == []
    assert [i["state"] for i in task["completedInstances"]] == ["success"]


def test_several_instances_come_and_start_one_after_the_other(cloud: Driver) -> None:
    """So a task of several passes through the partial states."""
    uuid = cloud.create_task(instanceCount=3)
    assert cloud.states(f"/tasks/{uuid}", seconds=4) == [
        "Submitted",
        "PartiallyDispatched",
        "FullyDispatched",
        "PartiallyExecuting",
        "FullyExecuting",
        "UploadingResults",
        "Success",
    ]
    status = cloud.task(uuid)["status"]
    assert status["succeededRange"] == status["executedRange"] == "0-2"


def test_a_task_can_ask_to_fail(cloud: Driver) -> None:
    """It executes like any other, then has errors and failed instances."""
    uuid = cloud.create_task(**FAILING)
    assert cloud.states(f"/tasks/{uuid}", seconds=4) == [*WHOLE_LIFE, "Failure"]
    task = cloud.task(uuid)
    assert set(task["errors"][0]) == {"code", "message", "debug"}
    assert [i["state"] for i in task["completedInstances"]] == ["failure"]
    assert task["status"]["failedRange"] == "0"
    assert cloud.get(f"/tasks/{uuid}/stderr").body == b"[0] failed\n"


def test_a_task_can_ask_for_some_of_its_instances_to_fail(cloud: Driver) -> None:
    """They do, the others succeed, and the task is a failure that only they are retried of."""
    failing = [{"key": "EMULATOR_FAILING_INSTANCES", "value": "0,2-3,9"}]
    uuid = cloud.create_task(advancedRanges="1-4", constants=failing)
    cloud.advance(60)
    task = cloud.task(uuid)
    assert task["state"] == "Failure"
    assert task["status"]["succeededRange"] == "1,4"
    assert task["status"]["failedRange"] == task["status"]["failedOnlyRange"] == "2-3"
    assert task["status"]["executedRange"] == "1-4"
    ends = {i["instanceId"]: (i["state"], i["error"]) for i in task["completedInstances"]}
    assert {i: state for i, (state, _) in ends.items()} == {
        1: "success",
        2: "failure",
        3: "failure",
        4: "success",
    }
    assert task["errors"] == [ends[2][1], ends[3][1]]
    assert "Instance 2" in task["errors"][0]["message"]
    assert cloud.get(f"/tasks/{uuid}/stderr").body == b"[2] failed\n[3] failed\n"
    assert cloud.get(f"/tasks/{uuid}/stdout/4").body == b"[4] started\n[4] done\n"
    copy = cloud.post(f"/tasks/{uuid}/retry", {}).json()["uuid"]
    assert cloud.task(copy)["advancedRanges"] == "2-3"


def test_instances_that_a_task_does_not_have_cannot_fail(cloud: Driver) -> None:
    """A copy of the others succeeds."""
    failing = [{"key": "EMULATOR_FAILING_INSTANCES", "value": "5"}]
    uuid = cloud.create_task(constants=failing)
    cloud.advance(60)
    assert cloud.task(uuid)["state"] == "Success"


def running(cloud: Driver, uuid: str) -> list[tuple[int, str, float, float]]:
    """Number, phase, progress and seconds of each running instance of a task."""
    info = cloud.task(uuid)["status"]["runningInstancesInfo"]
    return [
        (i["instanceId"], i["phase"], i["progress"], i["executionTimeSec"])
        for i in (info or {"perRunningInstanceInfo": []})["perRunningInstanceInfo"]
    ]


def test_the_status_tells_how_far_each_instance_is(cloud: Driver) -> None:
    """While they execute and while their results are uploaded, and no longer."""
    uuid = cloud.create_task(instanceCount=2, **lasting("9.8"))
    cloud.advance(0.9)
    assert running(cloud, uuid) == [(i, "execution", 0.0, 0.0) for i in range(2)]
    cloud.advance(5)
    assert running(cloud, uuid) == [(i, "execution", 50.0, 5.0) for i in range(2)]
    cores = cloud.task(uuid)["status"]["runningInstancesInfo"]["runningCoreCountByCpuModel"]
    assert cores == [{"model": "Emulated CPU", "core": 4, "runningCoreCount": 8}]
    cloud.advance(5.2)
    assert cloud.task(uuid)["state"] == "UploadingResults"
    assert running(cloud, uuid) == [(i, "upload", 100.0, 10.0) for i in range(2)]
    cloud.advance(1)
    assert running(cloud, uuid) == []


def test_the_status_tells_of_the_instances_of_the_present_wave(cloud: Driver) -> None:
    """Those of a wave that is over have ended."""
    pool = cloud.create_pool(instanceCount=2)
    uuid = cloud.create_task(poolUuid=pool, instanceCount=3, **lasting("10"))
    # 0.7 s until the pool runs, and the same until the task does.
    cloud.advance(1.4 + 2.5)
    assert running(cloud, uuid) == [(0, "execution", 25.0, 2.5), (1, "execution", 25.0, 2.5)]
    cloud.advance(10)
    assert running(cloud, uuid) == [(2, "execution", 25.0, 2.5)]


def test_all_instances_or_some_are_to_fail_but_not_both(cloud: Driver) -> None:
    """A 400 says that the two constants exclude each other."""
    both = {"EMULATOR_OUTCOME": "failure", "EMULATOR_FAILING_INSTANCES": "0"}
    constants = [{"key": key, "value": value} for key, value in both.items()]
    body = {"name": "n", "profile": "p", "instanceCount": 1, "constants": constants}
    assert cloud.post("/tasks", body).json()["errors"] == {
        "constants.EMULATOR_FAILING_INSTANCES": ["excludes EMULATOR_OUTCOME"]
    }


@pytest.mark.parametrize("text", ["00:10:00", "600", "600.0"])
def test_a_task_can_ask_how_long_to_execute(cloud: Driver, text: str) -> None:
    """A time span or seconds, and its progress tells how much of that is over."""
    uuid = cloud.create_task(**lasting(text))
    cloud.advance(0.7 + 300)
    task = cloud.task(uuid)
    assert task["state"] == "FullyExecuting"
    assert task["progress"] == 50.0
    assert task["executionTime"] == "00:05:00"
    assert task["runningInstanceCount"] == 1
    cloud.advance(299.9)
    assert cloud.task(uuid)["state"] == "FullyExecuting"
    cloud.advance(0.1)
    assert cloud.task(uuid)["state"] == "UploadingResults"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("EMULATOR_EXECUTION_TIME", "soon"),
        ("EMULATOR_OUTCOME", "maybe"),
        ("EMULATOR_FAILING_INSTANCES", "all"),
    ],
)
def test_a_conduct_that_makes_no_sense_is_refused(cloud: Driver, key: str, value: str) -> None:
    """Rather than quietly replaced by another."""
    body = {"name": "n", "profile": "p", "instanceCount": 1}
    response = cloud.post("/tasks", {**body, "constants": [{"key": key, "value": value}]})
    assert list(response.json()["errors"]) == [f"constants.{key}"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"name"}),
        ({"name": "n", "profile": "p"}, {"instanceCount"}),
        (
            {"name": "n", "profile": "p", "instanceCount": 1, "advancedRanges": "1"},
            {"instanceCount"},
        ),
        ({"name": "n", "instanceCount": 1}, {"profile"}),
        ({"name": "n", "profile": "p", "instanceCount": 2049}, {"instanceCount"}),
        ({"name": "n", "profile": "p", "advancedRanges": "5-2"}, {"advancedRanges"}),
        ({"name": "n", "profile": "p", "advancedRanges": "a"}, {"advancedRanges"}),
        ({"name": "n", "profile": "p", "advancedRanges": "0-5000"}, {"advancedRanges"}),
        ({"name": "n", "profile": "p", "instanceCount": 1, "jobUuid": ABSENT}, {"jobUuid"}),
        ({"name": "n", "instanceCount": 1, "poolUuid": ABSENT}, {"poolUuid"}),
        (
            {"name": "n", "profile": "p", "instanceCount": 1, "tags": ["t"] * 10},
            {"tags"},
        ),
        (
            {
                "name": "n",
                "profile": "p",
                "instanceCount": 1,
                "constants": [{"key": "a b", "value": ""}],
            },
            {"constants[0].key"},
        ),
        (
            {
                "name": "n",
                "profile": "p",
                "instanceCount": 1,
                "resourceBuckets": ["b"],
                "advancedResourceBuckets": [{"bucketName": "b"}],
            },
            {"resourceBuckets"},
        ),
        (
            {
                "name": "n",
                "profile": "p",
                "instanceCount": 1,
                "targetedReservationName": "r",
                "schedulingType": "flex",
            },
            {"schedulingType"},
        ),
        (
            {
                "name": "n",
                "profile": "p",
                "instanceCount": 1,
                "hardwareConstraints": [{"discriminator": "?"}],
            },
            {"hardwareConstraints[0].discriminator"},
        ),
    ],
)
def test_a_task_against_the_rules_is_refused_by_name(
    cloud: Driver, body: dict[str, Any], named: set[str]
) -> None:
    """A missing job or pool too is a 400 here, not a 404."""
    response = cloud.post("/tasks", body)
    assert response.status == 400
    assert set(response.json()["errors"]) == named
    assert cloud.read("/tasks") == []


def test_instances_can_be_given_as_ranges(cloud: Driver) -> None:
    """They keep their numbers."""
    uuid = cloud.create_task(advancedRanges="0-2,4-5,17")
    cloud.advance(10)
    task = cloud.task(uuid)
    assert (task["instanceCount"], task["totalInstanceCount"]) == (0, 6)
    assert task["advancedRanges"] == "0-2,4-5,17"
    assert [i["instanceId"] for i in task["completedInstances"]] == [0, 1, 2, 4, 5, 17]
    assert task["status"]["succeededRange"] == "0-2,4-5,17"


def test_the_number_of_an_instance_may_be_as_large_as_an_integer(cloud: Driver) -> None:
    """Of 32 bits, and no larger."""
    largest = 2**31 - 1
    uuid = cloud.create_task(advancedRanges=f"{largest - 1}-{largest}")
    assert cloud.get(f"/tasks/{uuid}/stdout/{largest}").status == 200
    body = {"name": "n", "profile": "p", "advancedRanges": f"{largest + 1}"}
    assert list(cloud.post("/tasks", body).json()["errors"]) == ["advancedRanges"]


def test_pascal_case_is_read_at_every_depth(cloud: Driver) -> None:
    """As the C# SDK sends it; the user's own label names keep their case."""
    response = cloud.post(
        "/tasks",
        {
            "Name": "n",
            "Profile": "p",
            "InstanceCount": 1,
            "Constants": [{"Key": "K", "Value": "v"}],
            "HardwareConstraints": [
                {"Discriminator": "minimumcorehardwareconstraint", "CoreCount": 4}
            ],
            "Labels": {"Team": "Blue"},
            "SchedulingType": "FLEX",
        },
    )
    task = cloud.task(response.json()["uuid"])
    assert task["constants"] == [{"key": "K", "value": "v"}]
    assert task["hardwareConstraints"] == [
        {"discriminator": "MinimumCoreHardwareConstraint", "coreCount": 4}
    ]
    assert task["labels"] == {"Team": "Blue"}
    assert task["schedulingType"] == "flex"


def test_secret_constants_read_back_masked(cloud: Driver) -> None:
    """Their values can only be written."""
    uuid = cloud.create_task(constants=[{"key": "QARNOT_SECRET__X", "value": "hidden"}])
    assert b"hidden" not in cloud.get(f"/tasks/{uuid}").body
    assert cloud.task(uuid)["constants"][0]["key"] == "QARNOT_SECRET__X"


def test_a_task_too_many_is_refused(driver_class: type[Driver]) -> None:
    """A finished one with auto-delete makes room."""
    cloud = driver_class(max_tasks=1)
    cloud.create_task(autoDeleteOnCompletion=True)
    response = cloud.post("/tasks", {"name": "n", "profile": "p", "instanceCount": 1})
    assert response.status == 403
    assert response.json() == {"message": "Maximum number of tasks reached"}
    cloud.advance(10)
    cloud.create_task()


def test_several_tasks_are_created_at_once(cloud: Driver) -> None:
    """Answered in their order, 200 when all are created."""
    bodies = [{"name": name, "profile": "p", "instanceCount": 1} for name in "abc"]
    response = cloud.post("/tasks", bodies)
    assert response.status == 200
    assert response.header("location") is None
    assert [cloud.task(r["uuid"])["name"] for r in response.json()] == ["a", "b", "c"]


def test_several_tasks_of_which_some_are_refused_are_a_207(cloud: Driver) -> None:
    """Each with its own status; the good ones are created."""
    good = {"name": "n", "shortname": "x", "profile": "p", "instanceCount": 1}
    response = cloud.post("/tasks", [good, good, {"name": ""}])
    assert response.status == 207
    assert [r["statusCode"] for r in response.json()] == [200, 400, 400]
    assert "shortname-uniqueness" in response.json()[1]["message"]
    assert [r["uuid"] is None for r in response.json()] == [False, True, True]


@pytest.mark.parametrize(
    ("credits", "expected"), [(None, 400), (0, 400)], ids=["one reason", "two reasons"]
)
def test_several_tasks_all_refused_have_the_status_of_the_error(
    cloud: Driver, credits: float | None, expected: int
) -> None:
    """400 when they are refused for different reasons."""
    cloud.emulator.credits = credits
    good = {"name": "n", "profile": "p", "instanceCount": 1}
    bodies = [{"name": ""}] if credits is None else [{"name": ""}, good]
    response = cloud.post("/tasks", bodies)
    assert response.status == expected
    assert len(response.json()) == len(bodies)


def test_a_task_of_a_job_with_a_pool_inherits_the_pool(cloud: Driver) -> None:
    """It names neither profile nor pool, and is refused if it names another."""
    pool, other = cloud.create_pool(), cloud.create_pool()
    job = cloud.create_job(poolUuid=pool)
    body = {"name": "n", "instanceCount": 1, "jobUuid": job}
    uuid = cloud.post("/tasks", body).json()["uuid"]
    assert cloud.task(uuid)["poolUuid"] == pool
    for wrong in ({"profile": "p"}, {"poolUuid": other}):
        assert cloud.post("/tasks", {**body, **wrong}).status == 400


def test_an_ending_job_accepts_no_more_tasks(cloud: Driver) -> None:
    """400, as for a job that is not there."""
    job = cloud.create_job()
    cloud.post(f"/jobs/{job}/terminate")
    body = {"name": "n", "profile": "p", "instanceCount": 1, "jobUuid": job}
    assert list(cloud.post("/tasks", body).json()["errors"]) == ["jobUuid"]


def test_dependencies_need_a_job_that_uses_them(cloud: Driver) -> None:
    """And must be tasks of that same job."""
    plain, using = cloud.create_job(), cloud.create_job(useDependencies=True)
    task = cloud.create_task(jobUuid=plain)
    elsewhere = cloud.create_task(jobUuid=using)
    body = {"name": "n", "profile": "p", "instanceCount": 1}
    for job, dependency in ((plain, task), (using, task), (None, elsewhere), (using, ABSENT)):
        refused = {**body, "jobUuid": job, "dependencies": {"dependsOn": [dependency]}}
        assert list(cloud.post("/tasks", refused).json()["errors"]) == ["dependencies"]


def test_a_task_waits_for_its_simple_dependencies(cloud: Driver) -> None:
    """It is dispatched only once all of them have ended."""
    job = cloud.create_job(useDependencies=True)
    slow = cloud.create_task(jobUuid=job, **lasting("60"))
    quick = cloud.create_task(jobUuid=job)
    last = cloud.create_task(jobUuid=job, dependencies={"dependsOn": [slow, quick]})
    cloud.advance(60.9)
    assert cloud.task(last)["state"] == "Submitted"
    assert cloud.task(last)["dependencies"]["state"] == "waiting"
    cloud.advance(0.1)
    assert cloud.task(slow)["state"] == "Success"
    assert cloud.task(last)["dependencies"] == {
        "dependsOn": [slow, quick],
        "advancedDependsOn": None,
        "state": "dependencyConditionsFulfilled",
    }
    assert cloud.states(f"/tasks/{last}", seconds=3)[-1] == "Success"


def test_a_failed_simple_dependency_lets_the_task_start(cloud: Driver) -> None:
    """The policy of `SIMPLE_DEPENDENCY_ACCEPTS`: complete is complete, whatever the end."""
    job = cloud.create_job(useDependencies=True)
    failed = cloud.create_task(jobUuid=job, **FAILING)
    cancelled = cloud.create_task(jobUuid=job)
    cloud.post(f"/tasks/{cancelled}/abort")
    last = cloud.create_task(jobUuid=job, dependencies={"dependsOn": [failed, cancelled]})
    cloud.advance(10)
    assert cloud.task(last)["state"] == "Success"


@pytest.mark.parametrize(
    ("condition", "outcome", "expected"),
    [
        (["success"], "success", "Success"),
        (["Failure", "cancelled"], "success", "Cancelled"),
        (["failure"], "failure", "Success"),
        ([], "failure", "Success"),
        (None, "failure", "Success"),
    ],
)
def test_an_advanced_dependency_accepts_the_ends_it_names(
    cloud: Driver, condition: list[str] | None, outcome: str, expected: str
) -> None:
    """None named means any; another end cancels the task at once."""
    job = cloud.create_job(useDependencies=True)
    constants = [{"key": "EMULATOR_OUTCOME", "value": outcome}]
    first = cloud.create_task(jobUuid=job, constants=constants)
    entry = {"taskUuid": first, "taskFinalStateCondition": condition}
    second = cloud.create_task(jobUuid=job, dependencies={"advancedDependsOn": [entry]})
    cloud.advance(2)
    dependencies = cloud.task(second)["dependencies"]
    assert dependencies["advancedDependsOn"][0]["actualFinalState"] == outcome
    assert dependencies["state"] == dependencies["advancedDependsOn"][0]["state"]
    assert (cloud.task(second)["state"] == "Cancelled") == (expected == "Cancelled")
    cloud.advance(10)
    assert cloud.task(second)["state"] == expected


def test_one_unfulfilled_condition_cancels_without_waiting_for_the_rest(cloud: Driver) -> None:
    """And that passes on down a chain, at the same moment, however long the chain."""
    job = cloud.create_job(useDependencies=True)
    failing = cloud.create_task(jobUuid=job, **FAILING)
    slow = cloud.create_task(jobUuid=job, **lasting("01:00:00"))
    entries = [
        {"taskUuid": uuid, "taskFinalStateCondition": ["success"]} for uuid in (failing, slow)
    ]
    chain = [cloud.create_task(jobUuid=job, dependencies={"advancedDependsOn": entries})]
    for _ in range(1100):
        entry = {"taskUuid": chain[-1], "taskFinalStateCondition": ["success"]}
        body = {"name": "n", "profile": "p", "instanceCount": 1, "jobUuid": job}
        reply = cloud.reply(
            "POST", "/tasks", {**body, "dependencies": {"advancedDependsOn": [entry]}}
        )
        chain.append(reply.json()["uuid"])  # type: ignore[union-attr]
    cloud.advance(2)
    assert cloud.task(slow)["state"] == "FullyExecuting"
    for uuid in (chain[0], chain[-1]):
        assert cloud.task(uuid)["state"] == "Cancelled"
        assert cloud.task(uuid)["endDate"] == "2026-01-01T00:00:02Z"


def test_simple_and_advanced_dependencies_exclude_each_other(cloud: Driver) -> None:
    """A 400 names them."""
    job = cloud.create_job(useDependencies=True)
    task = cloud.create_task(jobUuid=job)
    both = {"dependsOn": [task], "advancedDependsOn": [{"taskUuid": task}]}
    body = {"name": "n", "profile": "p", "instanceCount": 1, "jobUuid": job, "dependencies": both}
    assert list(cloud.post("/tasks", body).json()["errors"]) == ["dependencies"]


def test_a_task_may_depend_on_one_that_already_ended(cloud: Driver) -> None:
    """It does not wait then."""
    job = cloud.create_job(useDependencies=True)
    first = cloud.create_task(jobUuid=job)
    cloud.advance(10)
    second = cloud.create_task(jobUuid=job, dependencies={"dependsOn": [first]})
    assert cloud.states(f"/tasks/{second}", seconds=3)[-1] == "Success"


def test_deleting_a_task_counts_as_cancelled_for_its_dependents(cloud: Driver) -> None:
    """They do not wait for ever for what is gone."""
    job = cloud.create_job(useDependencies=True)
    first = cloud.create_task(jobUuid=job, **lasting("01:00:00"))
    entry = {"taskUuid": first, "taskFinalStateCondition": ["cancelled"]}
    second = cloud.create_task(jobUuid=job, dependencies={"advancedDependsOn": [entry]})
    cloud.delete(f"/tasks/{first}")
    cloud.advance(10)
    assert cloud.get(f"/tasks/{first}").status == 404
    assert cloud.task(second)["state"] == "Success"


def test_a_task_does_not_wait_for_one_that_it_put_out(driver_class: type[Driver]) -> None:
    """A dependency that had ended counts, even if it had to go to make room for its dependent."""
    cloud = driver_class(max_tasks=1)
    job = cloud.create_job(useDependencies=True)
    first = cloud.create_task(jobUuid=job, autoDeleteOnCompletion=True)
    cloud.advance(10)
    second = cloud.create_task(jobUuid=job, dependencies={"dependsOn": [first]})
    assert cloud.get(f"/tasks/{first}").status == 404
    cloud.advance(10)
    assert cloud.task(second)["state"] == "Success"


@pytest.mark.parametrize("seconds", [0, 1], ids=["queued", "executing"])
def test_an_aborted_task_is_cancelled_after_a_while(cloud: Driver, seconds: int) -> None:
    """PendingCancel, then Cancelled; aborting it again meanwhile does nothing more."""
    uuid = cloud.create_task(**lasting("60"))
    cloud.advance(seconds)
    assert cloud.post(f"/tasks/{uuid}/abort").status == 200
    assert cloud.post(f"/tasks/{uuid}/abort").status == 200
    assert cloud.states(f"/tasks/{uuid}", seconds=70) == ["PendingCancel", "Cancelled"]


def test_an_ended_task_cannot_be_aborted_or_updated(cloud: Driver) -> None:
    """403, as it is not running."""
    uuid = cloud.create_task()
    cloud.advance(10)
    assert cloud.post(f"/tasks/{uuid}/abort").status == 403
    assert cloud.put(f"/tasks/{uuid}", {"tags": []}).status == 403


def test_a_task_is_deleted_running_or_not(cloud: Driver) -> None:
    """An ended one at once, a running one after a while of PendingDelete."""
    ended = cloud.create_task()
    cloud.advance(10)
    running = cloud.create_task()
    cloud.delete(f"/tasks/{ended}")
    assert cloud.get(f"/tasks/{ended}").status == 404
    cloud.delete(f"/tasks/{running}")
    assert cloud.states(f"/tasks/{running}", seconds=2) == ["PendingDelete", "gone"]


def test_a_task_is_removed_its_time_to_live_after_its_end(cloud: Driver) -> None:
    """Not after its creation."""
    uuid = cloud.create_task(completionTimeToLive="00:01:00", **lasting("600"))
    cloud.advance(1 + 600 + 59)
    assert cloud.task(uuid)["state"] == "Success"
    cloud.advance(1)
    assert cloud.get(f"/tasks/{uuid}").status == 404


def test_constants_and_tags_of_a_task_can_be_updated(cloud: Driver) -> None:
    """What is not given stays; the rest of a whole object sent along is ignored."""
    uuid = cloud.create_task(tags=["a"], constants=[{"key": "K", "value": "v"}])
    cloud.advance(0.5)
    assert cloud.put(f"/tasks/{uuid}", {"name": "other", "Tags": ["b"]}).status == 200
    task = cloud.task(uuid)
    assert (task["name"], task["tags"]) == ("task", ["b"])
    assert task["constants"] == [{"key": "K", "value": "v"}]
    cloud.put(f"/tasks/{uuid}", {"constants": []})
    assert cloud.task(uuid)["constants"] == []


def test_output_is_read_whole_or_consumed(cloud: Driver) -> None:
    """Only the consuming read moves on; it hands out each text once."""
    uuid = cloud.create_task(instanceCount=2)
    stdout = f"/tasks/{uuid}/stdout"
    assert cloud.get(stdout).body == b""
    cloud.advance(1)
    assert cloud.get(stdout).body == cloud.get(stdout).body == b"[0] started\n[1] started\n"
    assert cloud.post(stdout).body == b"[0] started\n[1] started\n"
    assert cloud.post(stdout).body == b""
    cloud.advance(9)
    assert cloud.post(stdout).body == b"[0] done\n[1] done\n"
    assert cloud.get(stdout).header("content-type") == "text/plain; charset=utf-8"
    assert len(cloud.get(stdout).body.splitlines()) == 4
    assert cloud.post(f"/tasks/{uuid}/stderr").body == b""


@pytest.mark.parametrize(
    ("method", "suffix"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/abort"),
        ("POST", "/restart"),
        ("POST", "/retry"),
        ("POST", "/recover"),
        ("POST", "/resume"),
        ("POST", "/clone"),
        ("POST", "/snapshot"),
        ("GET", "/snapshot/1"),
        ("POST", "/snapshot/periodic"),
        ("GET", "/stdout"),
        ("POST", "/stdout"),
        ("GET", "/stderr"),
        ("POST", "/stderr"),
    ],
)
def test_a_task_that_is_not_there_is_404(cloud: Driver, method: str, suffix: str) -> None:
    """On every operation on one task."""
    assert cloud.send(method, f"/tasks/absent{suffix}").status == 404


def test_a_running_task_takes_in_new_resources(cloud: Driver) -> None:
    """400 before it runs, and once it has ended."""
    uuid = cloud.create_task(instanceCount=2)
    for seconds, status in ((0, 400), (0.95, 200), (0.1, 200), (10, 400)):
        cloud.advance(seconds)
        assert cloud.patch(f"/tasks/{uuid}").status == status


def test_a_restarted_task_runs_again_as_the_same_task(cloud: Driver) -> None:
    """From the beginning, whatever its end was; what it wrote before stays."""
    uuid = cloud.create_task(**FAILING)
    assert cloud.post(f"/tasks/{uuid}/restart").status == 403
    cloud.advance(10)
    response = cloud.post(f"/tasks/{uuid}/restart")
    assert (response.status, response.body) == (200, b"")
    task = cloud.task(uuid)
    assert (task["state"], task["previousState"]) == ("Submitted", "Failure")
    assert (task["errors"], task["completedInstances"], task["status"]) == ([], [], None)
    assert task["endDate"] == "0001-01-01T00:00:00Z"
    assert cloud.states(f"/tasks/{uuid}", seconds=4) == [*WHOLE_LIFE, "Failure"]
    task = cloud.task(uuid)
    assert (task["executionTime"], task["endDate"]) == ("00:00:01", "2026-01-01T00:00:12Z")
    assert cloud.get(f"/tasks/{uuid}/stderr").body == b"[0] failed\n[0] failed\n"
    assert cloud.post(f"/tasks/{uuid}/stdout").body == b"[0] started\n[0] started\n"


def test_a_restarted_task_makes_no_room(driver_class: type[Driver]) -> None:
    """It has not ended any more, until it does again."""
    cloud = driver_class(max_tasks=1)
    task = cloud.create_task(autoDeleteOnCompletion=True)
    cloud.advance(10)
    cloud.post(f"/tasks/{task}/restart")
    body = {"name": "n", "profile": "p", "instanceCount": 1}
    assert cloud.post("/tasks", body).status == 403
    cloud.advance(10)
    assert cloud.post("/tasks", body).status == 200


def test_a_task_forced_out_of_its_end_has_no_end_date(cloud: Driver) -> None:
    """Only what has ended has one."""
    task = cloud.create_task()
    cloud.advance(10)
    cloud.emulator.set_state(task, "FullyExecuting")
    assert cloud.task(task)["endDate"] == "0001-01-01T00:00:00Z"


def test_a_restarted_task_is_not_removed_by_its_earlier_end(cloud: Driver) -> None:
    """Its time to live counts from the new one."""
    uuid = cloud.create_task(completionTimeToLive="00:00:10")
    cloud.advance(3)
    cloud.post(f"/tasks/{uuid}/restart")
    cloud.advance(11)
    assert cloud.task(uuid)["state"] == "Success"
    cloud.advance(1)
    assert cloud.get(f"/tasks/{uuid}").status == 404


def test_a_restarted_task_of_a_pool_waits_for_slots_again(cloud: Driver) -> None:
    """Behind those that are there by then; in a smaller pool it takes more waves."""
    pool = cloud.create_pool(instanceCount=2)
    uuid = cloud.create_task(poolUuid=pool, instanceCount=2)
    cloud.advance(10)
    other = cloud.create_task(poolUuid=pool, **lasting("60"))
    policy = {"type": "Fixed", "name": "f", "slotsCount": 1, "enabledPeriods": [{"type": "Always"}]}
    cloud.put(f"/pools/{pool}/scaling", {"policies": [policy]})
    cloud.post(f"/tasks/{uuid}/restart")
    cloud.advance(60)
    assert cloud.task(uuid)["state"] == "Submitted"
    assert cloud.read(f"/pools/{pool}")["queuedOrRunningTaskInstancesCount"] == 3
    assert cloud.states(f"/tasks/{uuid}", seconds=10) == [
        "Submitted",
        "PartiallyDispatched",
        "PartiallyExecuting",
        "FullyExecuting",
        "UploadingResults",
        "Success",
    ]
    assert cloud.task(other)["state"] == "Success"


def test_a_task_without_a_place_to_run_cannot_be_restarted(cloud: Driver) -> None:
    """403 when its job has ended, or its pool is closed or gone."""
    job, pool = cloud.create_job(), cloud.create_pool()
    in_job, in_pool = cloud.create_task(jobUuid=job), cloud.create_task(poolUuid=pool)
    cloud.advance(10)
    cloud.post(f"/jobs/{job}/terminate")
    cloud.post(f"/pools/{pool}/close")
    for uuid in (in_job, in_pool):
        assert cloud.post(f"/tasks/{uuid}/restart").status == 403
        assert cloud.task(uuid)["state"] == "Success"
    cloud.advance(10)
    cloud.delete(f"/pools/{pool}")
    assert cloud.post(f"/tasks/{in_pool}/restart").status == 403


def test_summaries_are_tasks_without_the_heavy_members(cloud: Driver) -> None:
    """Every member of a summary has the same value in the whole task."""
    uuid = cloud.create_task(tags=["a"])
    cloud.create_task()
    [summary] = cloud.read("/tasks/summaries?tag=a")
    whole = cloud.task(uuid)
    assert set(summary) < set(whole)
    assert summary == {name: whole[name] for name in summary}


def test_a_task_of_a_pool_starts_once_the_pool_runs(cloud: Driver) -> None:
    """It waits while the pool is being put together."""
    pool = cloud.create_pool()
    task = cloud.create_task(poolUuid=pool)
    cloud.advance(0.6)
    assert cloud.task(task)["state"] == "Submitted"
    cloud.advance(0.1)
    assert cloud.read(f"/pools/{pool}")["state"] == "FullyExecuting"
    assert cloud.states(f"/tasks/{task}", seconds=3)[-1] == "Success"
