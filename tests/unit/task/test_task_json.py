"""`Task`: from the API's JSON and back, whole or in part."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    HardwareConstraint,
    MissingTaskException,
    SchedulingType,
    Task,
    TaskDependencies,
    TaskState,
)
from qarnot_domain.emulator import Emulator

from ..driving import JOB_UUID, POOL_UUID, PROFILE, UNSET_DATE, ZERO_UUID, operations
from .members import TASK_DEFAULTS, TASK_PAYLOAD, TASK_SAID, TASK_UUID

SUMMARY: dict[str, Any] = {
    "uuid": TASK_UUID,
    "name": "in short",
    "state": "FullyExecuting",
    "progress": 42.5,
}
"""Part of a task."""


@pytest.fixture(name="task")
def _task(qarnot_connection: Connection, qarnot_emulator: Emulator) -> Task:
    """A task on the server with tags, of which nothing was read."""
    made = qarnot_connection.create_task("in full", PROFILE)
    made.tags = ["a"]
    made.submit()
    qarnot_emulator.advance(timedelta(minutes=1))
    return made


def part_of(task: Task, connection: Connection, **members: Any) -> Task:
    """The same task, of which no more than these members is known."""
    payload = {"uuid": task.uuid, **members}
    return Task.from_json(connection, payload, is_summary=True)


# --- whole --------------------------------------------------------------------------------------


def test_payload_has_every_member() -> None:
    """The payload of these tests leaves out nothing that a task has."""
    assert set(TASK_PAYLOAD) == {"uuid", *(member.wire for member in Task._members)}


def test_from_json_reads_every_member(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task from the API's JSON has every member of it, and gives the JSON back."""
    task = Task.from_json(qarnot_connection, TASK_PAYLOAD)
    assert {name: getattr(task, name) for name in TASK_SAID} == TASK_SAID
    assert task.pool is not None
    assert task.pool.uuid == POOL_UUID
    assert task.to_json() == TASK_PAYLOAD
    assert json.loads(json.dumps(task.to_json())) == TASK_PAYLOAD
    assert qarnot_emulator.requests == []


def test_from_json_keeps_what_it_does_not_know(qarnot_connection: Connection) -> None:
    """Members of a newer API are in the wire form, those within members included."""
    later = {"later": {"list": [1]}}
    payload = {
        **TASK_PAYLOAD,
        **later,
        "status": {**TASK_PAYLOAD["status"], **later},
        "retrySettings": {**TASK_PAYLOAD["retrySettings"], **later},
        "hardwareConstraints": [{"discriminator": "LiquidCooled", "litres": 3}],
        "forcedConstants": [{**TASK_PAYLOAD["forcedConstants"][0], **later}],
    }
    task = Task.from_json(qarnot_connection, payload)
    assert task.to_json() == payload
    assert task.hardware_constraints == [
        HardwareConstraint.from_json({"discriminator": "LiquidCooled", "litres": 3})
    ]
    task.to_json()["later"]["list"].append(2)  # type: ignore[index,call-overload,union-attr]
    task.to_json()["status"]["later"]["list"].append(2)  # type: ignore[index,call-overload,union-attr]
    assert task.to_json() == payload


def test_from_json_keeps_what_it_does_not_know_of_dependencies(
    qarnot_connection: Connection,
) -> None:
    """Members of a newer API within the dependencies are in the wire form too."""
    dependencies: dict[str, Any] = {
        "advancedDependsOn": [{"taskUuid": JOB_UUID, "later": 1, "taskFinalStateCondition": []}],
        "state": "waiting",
        "later": 1,
    }
    task = Task.from_json(qarnot_connection, {**TASK_PAYLOAD, "dependencies": dependencies})
    assert task.to_json()["dependencies"] == dependencies


def test_from_json_keeps_what_it_does_not_know_of_the_cluster(
    qarnot_connection: Connection,
) -> None:
    """Members of a newer API beside the number of cores are in the wire form too."""
    cluster = {"clusterCoresCount": 16, "later": 1}
    task = Task.from_json(qarnot_connection, {**TASK_PAYLOAD, "clusterInfo": cluster})
    assert task.to_json()["clusterInfo"] == cluster


def test_from_json_tolerates_null_everywhere(qarnot_connection: Connection) -> None:
    """Only the uuid is needed; the vendor's own examples have nulls in all other places."""
    defaults = {**TASK_DEFAULTS, "name": "", "state": ""}
    for payload in ({}, dict.fromkeys(TASK_PAYLOAD)):
        task = Task.from_json(qarnot_connection, {**payload, "uuid": TASK_UUID})
        assert {name: getattr(task, name) for name in defaults} == defaults
        assert (task.uuid, task.job_uuid, task.state.is_final) == (TASK_UUID, None, False)


def test_from_json_reads_the_apis_ways_to_say_none(qarnot_connection: Connection) -> None:
    """A uuid of zeros and a date in the year 1 stand for none."""
    payload = {
        **TASK_PAYLOAD,
        "poolUuid": ZERO_UUID,
        "jobUuid": ZERO_UUID,
        "projectUuid": ZERO_UUID,
        "endDate": UNSET_DATE,
        "lastModified": UNSET_DATE,
        "dependencies": {"dependsOn": None, "advancedDependsOn": None, "state": None},
        "clusterInfo": {"clusterCoresCount": None},
        "constants": [{"key": "EMPTY", "value": None}],
    }
    task = Task.from_json(qarnot_connection, payload)
    assert (task.pool, task.job_uuid, task.project_uuid) == (None, None, None)
    assert (task.end_date, task.last_modified) == (None, None)
    assert (task.dependencies, task.cluster_cores_count) == (TaskDependencies(), None)
    assert task.constants == {"EMPTY": ""}


def test_words_are_read_in_any_case_and_kept_if_unknown(qarnot_connection: Connection) -> None:
    """What the server calls by a word is that word, and what is new is kept as it came."""
    for said, read in (("ONDEMAND", SchedulingType.ON_DEMAND), ("Spot", "Spot")):
        task = Task.from_json(qarnot_connection, {**TASK_PAYLOAD, "schedulingType": said})
        assert (task.scheduling_type, type(task.scheduling_type)) == (read, SchedulingType)
        assert task.to_json()["schedulingType"] == read


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("uuid", None),
        ("uuid", ""),
        ("uuid", ".."),
        ("uuid", 3),
        ("constants", {"A": "1"}),
        ("constants", ["A"]),
        ("constants", [{"key": None, "value": "x"}]),
        ("constants", [{"key": "A", "value": 3}]),
        ("dependencies", []),
        ("dependencies", False),
        ("dependencies", "x"),
        ("dependencies", {"dependsOn": "x"}),
        ("dependencies", {"dependsOn": [3]}),
        ("dependencies", {"advancedDependsOn": [{"taskUuid": None}]}),
        ("dependencies", {"state": 3}),
        ("errors", {}),
        ("errors", [3]),
        ("errors", [{"code": 3}]),
        ("status", []),
        ("status", {"timestamp": "soon"}),
        ("completedInstances", [{"instanceId": "0"}]),
        ("clusterInfo", {"clusterCoresCount": "16"}),
        ("clusterInfo", []),
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
        ("advancedRanges", 3),
        ("priority", "1"),
        ("progress", "42"),
        ("credits", False),
        ("retrySettings", "never"),
        ("state", 3),
        ("tags", "x"),
    ],
)
def test_from_json_names_what_cannot_be_read(
    qarnot_connection: Connection, member: str, value: Any
) -> None:
    """A payload that cannot be a task is a `ValueError` that begins with the member's name."""
    with pytest.raises(ValueError, match=f"^{member}: "):
        Task.from_json(qarnot_connection, {**TASK_PAYLOAD, member: value})


@pytest.mark.parametrize("payload", [None, [], "x", 3])
def test_from_json_of_something_else(qarnot_connection: Connection, payload: Any) -> None:
    """What is no object cannot be a task."""
    with pytest.raises(ValueError, match="object"):
        Task.from_json(qarnot_connection, payload)


def test_to_json_of_a_draft_is_its_creation(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A draft is what its submission sends: what was given, and nothing else."""
    task = qarnot_connection.create_task("n", PROFILE, "0-2", job=JOB_UUID)
    task.tags = []
    assert task.to_json() == {
        "name": "n",
        "profile": PROFILE,
        "advancedRanges": "0-2",
        "jobUuid": JOB_UUID,
        "tags": [],
    }
    assert qarnot_emulator.requests == []


# --- in part ------------------------------------------------------------------------------------


def test_member_of_the_summary_needs_no_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What the payload holds is known."""
    task = Task.from_json(qarnot_connection, SUMMARY, is_summary=True)
    assert (task.uuid, task.name, task.state) == (TASK_UUID, "in short", "FullyExecuting")
    assert task.progress == 42.5
    assert task.to_json() == SUMMARY
    assert qarnot_emulator.requests == []


def test_member_that_is_null_in_the_summary_is_known(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Null is what the server said of it."""
    payload = {**SUMMARY, "profile": None, "tags": None}
    task = Task.from_json(qarnot_connection, payload, is_summary=True)
    assert (task.profile, task.tags) == (None, [])
    assert qarnot_emulator.requests == []


def test_member_that_the_summary_lacks_is_asked_for_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator, task: Task
) -> None:
    """The first such member fetches the whole task, which then answers for all of them."""
    part = part_of(task, qarnot_connection, name="in short", state="FullyExecuting")
    assert part.name == "in short"
    sent = len(qarnot_emulator.requests)
    assert part.tags == ["a"]
    assert (part.name, part.state, part.profile) == ("in full", "Success", PROFILE)
    assert len(part.completed_instances) == 1
    assert operations(qarnot_emulator)[sent:] == ["retrieveTask"]
    assert part.to_json() == qarnot_connection.retrieve_task(str(task.uuid)).to_json()


def test_stale_summary_is_fetched_whole(
    qarnot_connection: Connection, qarnot_emulator: Emulator, task: Task
) -> None:
    """What is known of it ages as with any other task."""
    part = part_of(task, qarnot_connection, name="in short")
    qarnot_emulator.advance(timedelta(seconds=10))
    sent = len(qarnot_emulator.requests)
    assert (part.name, part.tags) == ("in full", ["a"])
    assert operations(qarnot_emulator)[sent:] == ["retrieveTask"]


def test_member_that_the_summary_lacks_without_updates(
    qarnot_connection: Connection, qarnot_emulator: Emulator, task: Task
) -> None:
    """With updates off it has its default until `update`, and nothing is sent."""
    part = part_of(task, qarnot_connection, name="in short")
    part.auto_update = False
    sent = len(qarnot_emulator.requests)
    defaults = {**TASK_DEFAULTS, "name": "in short"}
    assert {name: getattr(part, name) for name in defaults} == defaults
    assert operations(qarnot_emulator)[sent:] == []
    part.update(flushcache=True)
    assert (part.tags, part.name, part.state) == (["a"], "in full", TaskState.SUCCESS)


def test_member_of_a_task_that_is_gone(
    qarnot_connection: Connection, qarnot_emulator: Emulator, task: Task
) -> None:
    """What is not known and cannot be asked for is an exception, not a default."""
    part = part_of(task, qarnot_connection, name="in short")
    task.delete()
    with pytest.raises(MissingTaskException):
        assert part.tags
    assert part.name == "in short"


def test_member_of_a_summary_is_committed(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task of which only part is known can be changed, without asking for the rest."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.submit()
    part = part_of(task, qarnot_connection, name="n")
    part.tags = ["b"]
    assert part.tags == ["b"]
    part.commit()
    assert operations(qarnot_emulator) == ["createTasks", "updateTask"]
    assert part.tags == ["b"]


def test_summaries_of_a_list(
    qarnot_connection: Connection, qarnot_emulator: Emulator, task: Task
) -> None:
    """What a list gives is a summary whose other members are asked for when they are read."""
    [part] = qarnot_connection.tasks()
    assert part == task
    sent = len(qarnot_emulator.requests)
    assert (part.name, part.state, part.total_instance_count) == ("in full", "Success", 1)
    assert operations(qarnot_emulator)[sent:] == []
    assert part.tags == ["a"]
    assert operations(qarnot_emulator)[sent:] == ["retrieveTask"]


# --- showing ------------------------------------------------------------------------------------


def test_repr_sends_nothing(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Showing a task never asks the server, and never shows the token."""
    task = Task.from_json(qarnot_connection, TASK_PAYLOAD)
    qarnot_emulator.advance(timedelta(days=1))
    for shown in (repr(task), str(task), task._repr_html_()):
        assert TASK_UUID in shown
        assert "Failure" in shown
        assert qarnot_emulator.token not in shown
    assert qarnot_emulator.requests == []


def test_repr_of_a_summary_shows_what_is_known(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A member that is not known is not shown, rather than shown as its default."""
    task = Task.from_json(qarnot_connection, SUMMARY, is_summary=True)
    assert repr(task) == (
        f"Task(name='in short', uuid='{TASK_UUID}', state=TaskState('FullyExecuting'))"
    )
    assert "tags" not in task._repr_html_()
    assert qarnot_emulator.requests == []


def test_repr_shows_what_was_set(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Of a draft, and of what is not committed yet."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.tags = ["a"]
    assert "tags=['a']" in repr(task)
    task.submit()
    task.tags = ["b"]
    assert "tags=['b']" in repr(task)
    assert operations(qarnot_emulator) == ["createTasks"]
