"""`Task`, as far as it exists: made, submitted in a job or a pool, watched, listed, deleted.

What it shares with `Job` (the draft, the cache, the lock) is one code; `test_job.py` proves it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    InvalidRequestException,
    Job,
    MissingTaskException,
    Pool,
    QarnotException,
    SubmissionUnknownException,
    Task,
    TaskError,
    TaskState,
    TimeSpan,
)
from qarnot_domain.emulator import Emulator

from .driving import JOB_UUID, POOL_UUID, PROFILE, add_task, operations, submitted

TASK_UUID = "77777777-8888-4777-8666-abcdefabcdef"

TASK_PAYLOAD: dict[str, Any] = {
    "uuid": TASK_UUID,
    "name": "name on the server",
    "shortname": "shortname-on-the-server",
    "profile": PROFILE,
    "poolUuid": POOL_UUID,
    "jobUuid": JOB_UUID,
    "state": "Failure",
    "previousState": "FullyExecuting",
    "instanceCount": 3,
    "advancedRanges": None,
    "constants": [{"key": "DOCKER_CMD", "value": "echo"}, {"key": "EMPTY", "value": None}],
    "dependencies": {"dependsOn": [JOB_UUID], "advancedDependsOn": None},
    "tags": ["b", "a"],
    "errors": [{"code": "C", "message": "failed", "debug": None}],
    "stateTransitionTime": "2026-02-03T04:05:06Z",
    "previousStateTransitionTime": "2026-02-03T04:05:05Z",
    "lastModified": "2026-02-03T04:05:07Z",
    "creationDate": "2026-02-03T04:05:04Z",
    "autoDeleteOnCompletion": True,
    "completionTimeToLive": "02:00:00",
}

LOCKABLE: dict[str, Any] = {
    "name": "other",
    "shortname": "other",
    "profile": "other",
    "pool": POOL_UUID,
    "instance_count": 2,
    "advanced_range": "0-3",
    "constants": {"A": "1"},
    "dependencies": [TASK_UUID],
    "tags": ["t"],
    "auto_delete": True,
    "completion_ttl": "01:00:00",
}


@pytest.fixture
def pool(qarnot_connection: Connection) -> Pool:
    """A submitted pool."""
    made = qarnot_connection.create_pool("p", PROFILE)
    made.submit()
    return made


# --- making -------------------------------------------------------------------------------------


def test_making_a_task_sends_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A new task is a draft with the documented defaults."""
    task = qarnot_connection.create_task("n", PROFILE)
    assert (type(task), task.name, task.profile, task.instance_count) == (Task, "n", PROFILE, 1)
    assert (task.uuid, task.shortname, task.advanced_range) == (None, None, None)
    assert (task.pool, task.job_uuid, task.errors, task.dependencies) == (None, None, [], [])
    assert (dict(task.constants), task.tags, task.creation_date) == ({}, [], None)
    assert (TaskState, "UnSubmitted") == (type(task.state), task.state)
    assert qarnot_emulator.requests == []


def test_making_a_task_in_a_pool(qarnot_connection: Connection, pool: Pool) -> None:
    """A `Pool` in the profile's place is the pool it runs in."""
    task = qarnot_connection.create_task("n", pool)
    assert (task.profile, task.pool) == (None, pool)


def test_making_a_task_with_a_range(qarnot_connection: Connection) -> None:
    """A text in the count's place is a range of instances, and then there is no count."""
    task = qarnot_connection.create_task("n", PROFILE, "0-2,4-5,17")
    assert (task.instance_count, task.advanced_range) == (None, "0-2,4-5,17")


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"name": ""}, ValueError, "name"),
        ({"profile_or_pool": 3}, TypeError, "profile"),
        ({"profile_or_pool": ""}, ValueError, "profile"),
        ({"instancecount_or_range": 0}, ValueError, "instance_count"),
        ({"instancecount_or_range": True}, TypeError, "instance_count"),
        ({"instancecount_or_range": 1.5}, TypeError, "instance_count"),
        ({"instancecount_or_range": "3-"}, ValueError, "advanced_range"),
        ({"instancecount_or_range": ""}, ValueError, "advanced_range"),
        ({"shortname": "Not A Label"}, ValueError, "shortname"),
        ({"job": "banana"}, ValueError, "job"),
        ({"job": 3}, TypeError, "job"),
    ],
)
def test_bad_argument_is_refused_by_name(
    qarnot_connection: Connection, arguments: dict[str, Any], error: type[Exception], named: str
) -> None:
    """An argument that is not allowed is refused at once, by its member's name."""
    with pytest.raises(error, match=rf"^{named}\b"):
        qarnot_connection.create_task(**{"name": "n", "profile_or_pool": PROFILE, **arguments})


def test_draft_of_a_job_or_a_pool_is_refused(qarnot_connection: Connection) -> None:
    """A task cannot go where nothing is yet."""
    with pytest.raises(ValueError, match=r"job.*not submitted"):
        qarnot_connection.create_task("n", PROFILE, job=qarnot_connection.create_job("j"))
    with pytest.raises(ValueError, match=r"pool.*not submitted"):
        qarnot_connection.create_task("n", qarnot_connection.create_pool("p", PROFILE))


# --- submitting ---------------------------------------------------------------------------------


def test_submitting_in_a_job(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """The task is one request, and then one of the job's."""
    job = submitted(qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, 2, job=job)
    task.submit()
    assert qarnot_emulator.requests[-1].body == {
        "name": "n",
        "profile": PROFILE,
        "instanceCount": 2,
        "jobUuid": job.uuid,
        "constants": [],
        "tags": [],
        "autoDeleteOnCompletion": False,
        "completionTimeToLive": "00:00:00",
    }
    assert (task.state, task.job_uuid) == ("Submitted", job.uuid)
    assert job.tasks == [task]


@pytest.mark.parametrize("as_uuid", [True, False])
def test_job_is_given_as_a_job_or_a_uuid(qarnot_connection: Connection, as_uuid: bool) -> None:
    """Both mean the same."""
    job = submitted(qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, job=job.uuid if as_uuid else job)
    assert task.job_uuid == job.uuid


def test_submitting_in_a_pool(
    qarnot_connection: Connection, qarnot_emulator: Emulator, pool: Pool
) -> None:
    """A task of a pool sends the pool and no profile."""
    task = qarnot_connection.create_task("n", pool)
    task.submit()
    body = qarnot_emulator.requests[-1].body
    assert (body["poolUuid"], "profile" in body) == (pool.uuid, False)
    assert task.pool == pool


def test_submitting_in_a_job_with_a_pool(qarnot_connection: Connection, pool: Pool) -> None:
    """In a job that has a pool a task says neither profile nor pool, and gets the job's."""
    job = submitted(qarnot_connection, pool=pool)
    task = qarnot_connection.create_task("n", job=job)
    task.submit()
    assert (task.pool, task.job_uuid) == (pool, job.uuid)


def test_submitting_twice_is_one_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The second call does nothing (the official SDK creates a second task)."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.submit()
    task.submit()
    assert operations(qarnot_emulator) == ["createTasks"]


def test_submitting_a_range(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A range goes out without a count."""
    task = qarnot_connection.create_task("n", PROFILE, "0-2,4")
    task.submit()
    body = qarnot_emulator.requests[-1].body
    assert (body["advancedRanges"], "instanceCount" in body) == ("0-2,4", False)
    assert task.advanced_range == "0-2,4"


@pytest.mark.parametrize("member", LOCKABLE)
def test_member_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """Each member can be set until submission and never after, deletion included."""
    task = qarnot_connection.create_task("n", PROFILE)
    setattr(task, member, LOCKABLE[member])
    draft = qarnot_connection.create_task("n", PROFILE)
    draft.submit()
    draft.update()
    for _ in range(2):
        sent = len(qarnot_emulator.requests)
        before = getattr(draft, member)
        with pytest.raises(AttributeError, match=rf"{member}.*task is already submitted"):
            setattr(draft, member, LOCKABLE[member])
        assert getattr(draft, member) == before
        assert len(qarnot_emulator.requests) == sent
        draft.delete()


# --- constants ------------------------------------------------------------------------------------


def test_constants_are_sent_and_read_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A mapping goes out as keys and values, and comes back as a mapping."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.constants = {"DOCKER_CMD": "echo 'ünï'", "a.b-c_1": ""}
    task.submit()
    assert qarnot_emulator.requests[-1].body["constants"] == [
        {"key": "DOCKER_CMD", "value": "echo 'ünï'"},
        {"key": "a.b-c_1", "value": ""},
    ]
    assert task.constants == {"DOCKER_CMD": "echo 'ünï'", "a.b-c_1": ""}


def test_constants_are_a_copy(qarnot_connection: Connection) -> None:
    """Changing the mapping that was set changes nothing behind the setter's back."""
    task = qarnot_connection.create_task("n", PROFILE)
    given = {"A": "1"}
    task.constants = given
    given["B"] = "2"
    assert task.constants == {"A": "1"}
    assert qarnot_connection.create_task("m", PROFILE).constants == {}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ([("A", "1")], TypeError),
        (None, TypeError),
        ("A=1", TypeError),
        ({"A": 1}, TypeError),
        ({1: "A"}, TypeError),
        ({"A": None}, TypeError),
        ({"": "1"}, ValueError),
        ({"with space": "1"}, ValueError),
        ({"é": "1"}, ValueError),
        ({"A\n": "1"}, ValueError),
        ({"A": "x" * 2049}, ValueError),
        ({"x" * 2049: "1"}, ValueError),
        ({"A": "\ud800"}, ValueError),
        ({f"K{n}": "" for n in range(151)}, ValueError),
    ],
)
def test_constants_that_are_not_allowed(
    qarnot_connection: Connection, value: Any, error: type[Exception]
) -> None:
    """What the API would refuse is refused by name and changes nothing."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.constants = {"kept": "yes"}
    with pytest.raises(error, match="constants"):
        task.constants = value
    assert task.constants == {"kept": "yes"}


def test_constants_as_many_as_the_document_allows(qarnot_connection: Connection) -> None:
    """A hundred and fifty are accepted here and by the server."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.constants = {f"K{n}": "x" * 2048 for n in range(150)}
    task.submit()
    assert len(task.constants) == 150


def test_error_of_a_secret_constant_does_not_show_it(qarnot_connection: Connection) -> None:
    """A constant's value may be a password: no message and no `repr` shows it."""
    task = qarnot_connection.create_task("n", PROFILE)
    password = "a-password-that-nobody-may-see"
    for value in ({"A": password * 100}, {"A": password + "\ud800"}):
        with pytest.raises(ValueError, match="constants") as caught:
            task.constants = value
        assert password not in str(caught.value)
    task.constants = {"QARNOT_SECRET__PASSWORD": password}
    assert password not in f"{task!r} {task} {task._repr_html_()}"


# --- dependencies -----------------------------------------------------------------


def test_dependencies_are_tasks_or_uuids(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Both are sent as uuids, in order and once each."""
    job = submitted(qarnot_connection, use_dependencies=True)
    first, second = add_task(job, qarnot_connection), add_task(job, qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, job=job)
    task.dependencies = [second, str(first.uuid), second]
    task.submit()
    uuids = [second.uuid, first.uuid]
    assert qarnot_emulator.requests[-1].body["dependencies"] == {"dependsOn": uuids}
    assert task.dependencies == uuids
    assert task.state == "Submitted"
    qarnot_emulator.advance(timedelta(minutes=1))
    assert task.state == "Success"


def test_dependencies_by_the_official_methods(qarnot_connection: Connection) -> None:
    """The two official methods add to what is there."""
    job = submitted(qarnot_connection, use_dependencies=True)
    first, second = add_task(job, qarnot_connection), add_task(job, qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, job=job)
    task.set_task_dependencies_from_tasks([first])
    task.set_task_dependencies_from_uuids([str(second.uuid)])
    assert task.dependencies == [first.uuid, second.uuid]
    task.submit()
    with pytest.raises(AttributeError, match="dependencies"):
        task.set_task_dependencies_from_tasks([second])


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (TASK_UUID, TypeError),
        (None, TypeError),
        ([3], TypeError),
        (["banana"], ValueError),
        ([None], TypeError),
    ],
)
def test_dependencies_that_are_not_allowed(
    qarnot_connection: Connection, value: Any, error: type[Exception]
) -> None:
    """Anything but a list of tasks and uuids is refused by name and changes nothing."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.dependencies = [TASK_UUID]
    with pytest.raises(error, match="dependencies"):
        task.dependencies = value
    assert task.dependencies == [TASK_UUID]


def test_dependency_on_a_draft_is_refused(qarnot_connection: Connection) -> None:
    """A task without a uuid cannot be depended on, nor can a task alone stand for a list."""
    task = qarnot_connection.create_task("n", PROFILE)
    other = qarnot_connection.create_task("m", PROFILE)
    with pytest.raises(ValueError, match=r"dependencies.*not submitted"):
        task.dependencies = [other]
    single: Any = other
    with pytest.raises(TypeError, match="dependencies"):
        task.dependencies = single


def test_dependencies_need_a_job_that_uses_them(qarnot_connection: Connection) -> None:
    """The server's refusal names the field, and the task stays a draft."""
    job = submitted(qarnot_connection)
    first = add_task(job, qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, job=job)
    task.dependencies = [first]
    with pytest.raises(InvalidRequestException, match="dependencies") as caught:
        task.submit()
    assert "dependencies" in caught.value.errors
    task.dependencies = []
    task.submit()
    assert task.state == "Submitted"


# --- watching -----------------------------------------------------------------------------------


def test_state_follows_the_tasks_life(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Refreshed when stale, it goes through the documented states to a final one."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.submit()
    task.update_cache_time = 0
    seen = []
    while not task.state.is_final:
        seen.append(str(task.state))
        qarnot_emulator.advance(timedelta(milliseconds=100))
    assert task.state == TaskState.SUCCESS
    assert list(dict.fromkeys(seen)) == [
        "Submitted",
        "FullyDispatched",
        "FullyExecuting",
        "UploadingResults",
    ]
    assert (task.previous_state, task.errors) == ("UploadingResults", [])


def test_failed_task_says_why(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Its errors are `TaskError`s, in a list of its own."""
    job = submitted(qarnot_connection)
    task = add_task(job, qarnot_connection, EMULATOR_OUTCOME="failure")
    qarnot_emulator.advance(timedelta(minutes=1))
    assert task.state == "Failure"
    assert task.errors
    assert {type(error) for error in task.errors} == {TaskError}
    assert all(error.message for error in task.errors)
    task.errors.clear()
    assert task.errors


def test_from_json_reads_every_member(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task from the API's JSON has every member of it, and gives the JSON back."""
    task = Task.from_json(qarnot_connection, TASK_PAYLOAD)
    assert {name: getattr(task, name) for name in LOCKABLE if name != "pool"} == {
        "name": "name on the server",
        "shortname": "shortname-on-the-server",
        "profile": PROFILE,
        "instance_count": 3,
        "advanced_range": None,
        "constants": {"DOCKER_CMD": "echo", "EMPTY": ""},
        "dependencies": [JOB_UUID],
        "tags": ["b", "a"],
        "auto_delete": True,
        "completion_ttl": TimeSpan("02:00:00"),
    }
    assert (task.uuid, task.job_uuid, task.state) == (TASK_UUID, JOB_UUID, TaskState.FAILURE)
    assert task.pool is not None
    assert task.pool.uuid == POOL_UUID
    assert task.previous_state == "FullyExecuting"
    assert task.errors == [TaskError("C", "failed", None)]
    assert task.state_transition_time == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    again = Task.from_json(qarnot_connection, task.to_json())
    assert again.to_json() == task.to_json()
    assert qarnot_emulator.requests == []


def test_from_json_tolerates_null_everywhere(qarnot_connection: Connection) -> None:
    """Only the uuid is needed; the vendor's own examples have nulls in all other places."""
    nothing = {"uuid": TASK_UUID}
    for payload in (nothing, dict.fromkeys(TASK_PAYLOAD, None) | nothing):
        task = Task.from_json(qarnot_connection, payload)
        assert (task.uuid, dict(task.constants), task.tags) == (TASK_UUID, {}, [])
        assert (task.errors, task.dependencies, task.pool) == ([], [], None)
        assert not task.state.is_final


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("uuid", None),
        ("constants", {"A": "1"}),
        ("constants", ["A"]),
        ("constants", [{"key": None, "value": "x"}]),
        ("constants", [{"key": "A", "value": 3}]),
        ("dependencies", []),
        ("dependencies", {"dependsOn": "x"}),
        ("dependencies", {"dependsOn": [3]}),
        ("errors", {}),
        ("errors", [3]),
        ("errors", [{"code": 3}]),
        ("instanceCount", "3"),
        ("instanceCount", True),
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


def test_delete_leaves_the_task_deleting(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Afterwards it is on its way out for good, and submitting it again raises."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.delete()
    assert qarnot_emulator.requests == []
    task.submit()
    task.delete()
    sent = len(qarnot_emulator.requests)
    assert (task.state, task.name) == ("PendingDelete", "n")
    assert len(qarnot_emulator.requests) == sent
    with pytest.raises(QarnotException, match="deleted"):
        task.submit()
    qarnot_emulator.advance(timedelta(minutes=1))
    with pytest.raises(MissingTaskException):
        task.update(flushcache=True)
    with pytest.raises(MissingTaskException):
        task.delete()


def test_repr_sends_nothing(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Showing a task never asks the server, and never shows the token."""
    task = Task.from_json(qarnot_connection, TASK_PAYLOAD)
    qarnot_emulator.advance(timedelta(days=1))
    for shown in (repr(task), str(task), task._repr_html_()):
        assert TASK_UUID in shown
        assert "Failure" in shown
        assert qarnot_emulator.token not in shown
    assert qarnot_emulator.requests == []


def test_tasks_jobs_and_pools_are_never_equal(qarnot_connection: Connection) -> None:
    """Objects of different kinds differ whatever their uuids."""
    objects: Iterable[Job | Task | Pool] = (
        Job.from_json(qarnot_connection, {"uuid": TASK_UUID}),
        Task.from_json(qarnot_connection, {"uuid": TASK_UUID}),
        Pool.from_json(qarnot_connection, {"uuid": TASK_UUID}),
    )
    assert len(set(objects)) == 3


# --- adopting what a lost answer left -----------------------------------------------------------


def lose_the_answer(task: Task, emulator: Emulator) -> None:
    """Submit with the answer lost after the effect; the task must find itself."""
    emulator.fail_next("createTasks", drop="after")
    task.submit()
    assert operations(emulator).count("createTasks") == 1


def test_adoption_of_a_task_with_everything(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task with each member set finds itself after a lost answer."""
    job = submitted(qarnot_connection, use_dependencies=True)
    first = add_task(job, qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, 3, "mine", job)
    task.constants = {"A": "1", "B": ""}
    task.tags = ["b", "a"]
    task.dependencies = [first]
    task.completion_ttl = "01:00:00"
    task.auto_delete = True
    qarnot_emulator.fail_next("createTasks", drop="after")
    task.submit()
    assert job.tasks == [first, task]


def test_adoption_of_a_task_with_a_range(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The API gives 0 as the count of a task with ranges: that is no difference."""
    task = qarnot_connection.create_task("n", PROFILE, "0-2,4", "mine")
    lose_the_answer(task, qarnot_emulator)
    assert qarnot_connection.tasks() == [task]


def test_adoption_of_a_task_in_a_job_with_a_pool(
    qarnot_connection: Connection, qarnot_emulator: Emulator, pool: Pool
) -> None:
    """The API gives the pool that the task has from its job: that is no difference."""
    job = submitted(qarnot_connection, pool=pool)
    task = qarnot_connection.create_task("n", shortname="mine", job=job)
    lose_the_answer(task, qarnot_emulator)
    assert job.tasks == [task]


def test_adoption_of_a_task_with_a_secret(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The API masks secret constants when it gives them back: that is no difference."""
    task = qarnot_connection.create_task("n", PROFILE, shortname="mine")
    task.constants = {"QARNOT_SECRET__PASSWORD": "x", "A": "1"}
    twin = qarnot_connection.create_task("n", PROFILE, shortname="twin")
    twin.constants = {"A": "1"}
    twin.submit()
    twin.update()
    masked = [
        {"key": "A", "value": "1"},
        {"key": "QARNOT_SECRET__PASSWORD", "value": "*****"},
    ]
    qarnot_emulator.fail_next("createTasks", drop="before")
    qarnot_emulator.fail_next(
        "retrieveTask",
        status=200,
        body={**twin.to_json(), "shortname": "mine", "constants": masked},
    )
    task.submit()
    assert task.uuid == twin.uuid


def test_adoption_of_a_task_with_another_commands_constants_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task of the same name that runs something else is another one."""
    other = qarnot_connection.create_task("n", PROFILE, shortname="mine")
    other.constants = {"DOCKER_CMD": "echo other"}
    other.submit()
    qarnot_emulator.fail_next("createTasks", drop="before")
    task = qarnot_connection.create_task("n", PROFILE, shortname="mine")
    task.constants = {"DOCKER_CMD": "echo mine"}
    with pytest.raises(SubmissionUnknownException, match=str(other.uuid)):
        task.submit()
    assert task.uuid is None


def test_constants_are_set_one_at_a_time(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """As with the official SDK, an item can be set or deleted until submission, and is sent."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.constants["DOCKER_CMD"] = "true"
    task.constants["GONE"] = "soon"
    del task.constants["GONE"]
    assert task.constants == {"DOCKER_CMD": "true"}
    task.submit()
    assert qarnot_emulator.requests[-1].body["constants"] == [
        {"key": "DOCKER_CMD", "value": "true"}
    ]
    for change in (
        lambda: task.constants.update(DOCKER_CMD="false"),
        lambda: task.constants.pop("DOCKER_CMD"),
    ):
        with pytest.raises(AttributeError, match="constants cannot be set"):
            change()
    assert task.constants == {"DOCKER_CMD": "true"}


def test_constant_set_alone_is_checked_at_once(qarnot_connection: Connection) -> None:
    """One that is not allowed is refused where it is set, changes nothing, and shows no value."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.constants["A"] = "1"
    with pytest.raises(ValueError, match="constants"):
        task.constants["not a name"] = "1"
    with pytest.raises(KeyError):
        del task.constants["B"]
    assert dict(task.constants) == {"A": "1"}
    assert "1" not in repr(task.constants)
