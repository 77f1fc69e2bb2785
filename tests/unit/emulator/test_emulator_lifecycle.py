"""The simulation as a whole: what happens depends on the clock, not on who looks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from qarnot_domain.emulator import _steps

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Driver

# An execution of no length is never seen, so UploadingResults may follow what comes before it.
ALLOWED = {
    "Submitted": {"PartiallyDispatched", "FullyDispatched", "PendingCancel", "Cancelled"},
    "PartiallyDispatched": {
        "FullyDispatched",
        # In a pool with too few slots for all instances at once.
        "PartiallyExecuting",
        "UploadingResults",
        "PendingCancel",
    },
    "FullyDispatched": {
        "PartiallyExecuting",
        "FullyExecuting",
        "UploadingResults",
        "PendingCancel",
    },
    "PartiallyExecuting": {"FullyExecuting", "UploadingResults", "PendingCancel"},
    "FullyExecuting": {"UploadingResults", "PendingCancel"},
    "UploadingResults": {"Success", "Failure", "PendingCancel"},
    "PendingCancel": {"Cancelled"},
}

FOLLOWING_THE_QUEUE = {
    "type": "ManagedTasksQueue",
    "name": "queue",
    "enabledPeriods": [{"type": "Always"}],
    "maxTotalSlots": 4,
}
AFTER_A_WHILE = {
    "type": "Fixed",
    "name": "fixed",
    "slotsCount": 2,
    "enabledPeriods": [
        {
            "type": "Weekly",
            "days": ["thursday"],
            "startTimeUtc": "00:00:06",
            "endTimeUtc": "23:59:59",
        }
    ],
}

TASKS = st.fixed_dictionaries(
    {
        "instances": st.integers(1, 3),
        "seconds": st.sampled_from(["0", "0.5", "3", "00:00:07"]),
        "outcome": st.sampled_from(["success", "failure"]),
        "waits_for": st.lists(st.integers(0, 5), max_size=2),
        "condition": st.sampled_from([None, ["success"], ["failure", "cancelled"]]),
        "delay": st.sampled_from([0, 0.3, 2]),
    }
)
SCENARIOS = st.fixed_dictionaries(
    {
        "wall_time": st.sampled_from([None, "00:00:05", "00:01:00"]),
        "time_to_live": st.sampled_from(["00:00:00", "00:00:04"]),
        "pool": st.sampled_from(
            [
                None,
                {"instanceCount": 1},
                {"instanceCount": 2},
                {"scaling": {"policies": [FOLLOWING_THE_QUEUE]}},
                {"scaling": {"policies": [AFTER_A_WHILE]}},
            ]
        ),
        "tasks": st.lists(TASKS, min_size=1, max_size=6),
        "terminate_after": st.sampled_from([None, 0, 4]),
    }
)


def play(cloud: Driver, scenario: dict[str, Any]) -> tuple[str, list[str]]:
    """Create what a scenario describes, at its own pace."""
    runs: dict[str, Any] = {"profile": "p"}
    job_members: dict[str, Any] = {
        "useDependencies": True,
        "maxWallTime": scenario["wall_time"],
        "completionTimeToLive": scenario["time_to_live"],
    }
    if scenario["pool"] is not None:
        runs, job_members["poolUuid"] = {}, cloud.create_pool(**scenario["pool"])
    job = cloud.create_job(**job_members)
    tasks: list[str] = []
    for task in scenario["tasks"]:
        cloud.advance(task["delay"])
        entries = [
            {"taskUuid": tasks[i % len(tasks)], "taskFinalStateCondition": task["condition"]}
            for i in (task["waits_for"] if tasks else [])
        ]
        body = {
            "name": "n",
            "jobUuid": job,
            "instanceCount": task["instances"],
            "dependencies": {"advancedDependsOn": entries},
            "constants": [
                {"key": "EMULATOR_EXECUTION_TIME", "value": task["seconds"]},
                {"key": "EMULATOR_OUTCOME", "value": task["outcome"]},
            ],
            **runs,
        }
        response = cloud.post("/tasks", body)
        # The wall time may have ended the job meanwhile.
        if response.status == 200:
            tasks.append(response.json()["uuid"])
    if scenario["terminate_after"] is not None:
        cloud.advance(scenario["terminate_after"])
        cloud.post(f"/jobs/{job}/terminate")
    return job, tasks


def everything(cloud: Driver, job: str) -> bytes:
    """All that a client can see of a job, in one text."""
    return b"\n".join(
        cloud.get(url).body for url in (f"/jobs/{job}", f"/jobs/{job}/tasks", "/info", "/pools")
    )


@given(scenario=SCENARIOS, steps=st.lists(st.integers(0, 4000), max_size=25))
def test_how_often_one_looks_changes_nothing(
    driver_class: type[Driver], scenario: dict[str, Any], steps: list[int]
) -> None:
    """One cloud is polled again and again, the other looked at once: they answer the same."""
    polled, left_alone = driver_class(), driver_class()
    job, _ = play(polled, scenario)
    assert play(left_alone, scenario)[0] == job
    for milliseconds in steps:
        polled.advance(milliseconds / 1000)
        everything(polled, job)
    # The same additions in the same order: clocks of floats agree to the last bit.
    for milliseconds in steps:
        left_alone.advance(milliseconds / 1000)
    assert everything(polled, job) == everything(left_alone, job)


@given(scenario=SCENARIOS)
def test_tasks_only_take_documented_steps_and_all_end(
    driver_class: type[Driver], scenario: dict[str, Any]
) -> None:
    """And none outlives the end of its job."""
    cloud = driver_class()
    job, tasks = play(cloud, scenario)
    seen: dict[str, list[str]] = {task: [] for task in tasks}
    for _ in range(1800):
        response = cloud.get(f"/jobs/{job}/tasks")
        if response.status == 404:
            break
        listed = response.json()
        assert all(pool["poolUsage"] <= 1 for pool in cloud.read("/pools"))
        for task in listed:
            if seen[task["uuid"]][-1:] != [task["state"]]:
                seen[task["uuid"]].append(task["state"])
        if cloud.job(job)["state"] == "Completed":
            assert all(task["state"] in ("Success", "Failure", "Cancelled") for task in listed)
        if all(task["state"] in ("Success", "Failure", "Cancelled") for task in listed):
            break
        cloud.advance(0.1)
    for states in seen.values():
        assert all(after in ALLOWED[before] for before, after in itertools.pairwise(states))
        assert not states or states[-1] in ("Success", "Failure", "Cancelled")


def test_transition_times_are_those_of_the_events(cloud: Driver) -> None:
    """Not of the request that first saw them, however late it comes."""
    task = cloud.create_task(
        constants=[{"key": "EMULATOR_EXECUTION_TIME", "value": "10"}],
    )
    cloud.advance(3600)
    read = cloud.task(task)
    assert read["endDate"] == read["stateTransitionTime"] == "2026-01-01T00:00:11Z"
    assert read["previousStateTransitionTime"] == "2026-01-01T00:00:10.7000000Z"
    assert read["executionTime"] == "00:00:10"
    assert read["wallTime"] == "00:00:11"


def test_a_completed_job_holds_no_running_task() -> None:
    """Tasks are cancelled faster than their job completes."""
    assert _steps.CANCEL_DELAY < _steps.TERMINATION_DELAY
