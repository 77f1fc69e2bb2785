"""`Job`, member by member: each row of the contract has a test named after it.

A row's tests are called `test_<row>_…`; `test_each_row_has_a_test` proves that none is missing.
"""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    InvalidRequestException,
    Job,
    JobState,
    MalformedResponseException,
    MaxJobException,
    MissingJobException,
    NotEnoughCreditsException,
    Pool,
    QarnotException,
    QarnotGenericException,
    ServerException,
    Task,
    TaskState,
    TimeSpan,
    TooManyRequestsException,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator, ManualClock

from .driving import (
    JOB_PAYLOAD,
    JOB_UUID,
    POOL_UUID,
    PROFILE,
    UNSET_DATE,
    ZERO_UUID,
    add_task,
    connect,
    in_step,
    operations,
    submitted,
)

ROWS = (
    "constructor",
    "auto_update",
    "update_cache_time",
    "state",
    "tasks",
    "use_dependencies",
    "uuid",
    "name",
    "shortname",
    "creation_date",
    "max_wall_time",
    "pool",
    "from_json",
    "submit",
    "update",
    "terminate",
    "delete",
    "auto_delete",
    "completion_ttl",
    "tags",
    "state_transition_time",
    "previous_state",
    "previous_state_transition_time",
    "last_modified",
    "repr",
    "eq_hash",
    "wait",
)

LOCKABLE: dict[str, tuple[Any, Any]] = {
    "name": ("first", "second"),
    "shortname": ("first-one", "second-one"),
    "pool": (None, POOL_UUID),
    "use_dependencies": (True, False),
    "max_wall_time": ("01:00:00", "02:00:00"),
    "auto_delete": (True, False),
    "completion_ttl": ("01:00:00", "02:00:00"),
    "tags": (["first"], ["second"]),
}
"""Each member that is locked by submission: a value before it, another one after it."""

NOT_ALLOWED: dict[str, tuple[Any, ...]] = {
    "name": ("", 3),
    "shortname": ("Not A Label", 3),
    "pool": ("not a uuid", 3),
    "use_dependencies": ("yes",),
    "max_wall_time": ("24:00:00", 3),
    "auto_delete": (None,),
    "completion_ttl": ("-00:00:01", 3),
    "tags": ("plain text", [3]),
}

SERVER_MEMBERS = (
    *LOCKABLE,
    "state",
    "creation_date",
    "state_transition_time",
    "previous_state",
    "previous_state_transition_time",
    "last_modified",
)
"""Each member that reflects the server once the job is submitted."""

DATES = {
    "creation_date": "creationDate",
    "state_transition_time": "stateTransitionTime",
    "previous_state_transition_time": "previousStateTransitionTime",
    "last_modified": "lastModified",
}

EXPECTED: dict[str, Any] = {
    "name": "name on the server",
    "shortname": "shortname-on-the-server",
    "use_dependencies": True,
    "max_wall_time": "3.10:07:06",
    "auto_delete": True,
    "completion_ttl": "02:00:00",
    "tags": ["b", "a"],
    "state": "Terminating",
    "previous_state": "Active",
    "creation_date": datetime(2026, 2, 3, 4, 5, 4, tzinfo=UTC),
    "previous_state_transition_time": datetime(2026, 2, 3, 4, 5, 5, tzinfo=UTC),
    "state_transition_time": datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    "last_modified": datetime(2026, 2, 3, 4, 5, 7, tzinfo=UTC),
}
"""What the members are for `JOB_PAYLOAD`, but for the pool."""


def answered(emulator: Emulator, job: Job, **members: Any) -> None:
    """Let the next retrieval of the job be answered with these members."""
    payload = {**JOB_PAYLOAD, "uuid": job.uuid, **members}
    emulator.fail_next("retrieveJob", status=200, body=payload)


def assign_refused(job: Job, member: str, value: object, error: type[Exception]) -> str:
    """What the refusal of an assignment says; it must leave the member as it was."""
    before = getattr(job, member)
    with pytest.raises(error) as caught:
        setattr(job, member, value)
    assert before == getattr(job, member)
    return str(caught.value)


def own_clock(emulator: Emulator) -> tuple[Connection, ManualClock]:
    """A connection on a clock of its own that starts at zero, so that ages are exact."""
    clock = ManualClock()
    return connect(emulator, clock=clock), clock


# --- the rows -------------------------------------------------------------------------------


def test_each_row_has_a_test() -> None:
    """Each row of the contract has at least one test, counted for the longest row it names."""
    tested = {
        max((row for row in ROWS if name.startswith(f"test_{row}_")), key=len, default="")
        for name in globals()
    }
    assert set(ROWS) <= tested


# --- Job(connection, name, pool=None, shortname=None, use_dependencies=False) ------------------


def test_constructor_sends_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Making a job, by the class or by `create_job`, sends nothing."""
    Job(qarnot_connection, "one")
    qarnot_connection.create_job("two", POOL_UUID, "short", True)
    assert qarnot_emulator.requests == []


def test_constructor_takes_the_arguments_in_the_documented_order(
    qarnot_connection: Connection,
) -> None:
    """The arguments are name, pool, shortname and use_dependencies, in this order."""
    made = (
        Job(qarnot_connection, "n", POOL_UUID, "s", True),
        qarnot_connection.create_job("n", POOL_UUID, "s", True),
        qarnot_connection.create_job(
            name="n", pool=POOL_UUID, shortname="s", use_dependencies=True
        ),
    )
    for job in made:
        assert job.pool is not None
        assert (
            job.name,
            job.pool.uuid,
            job.shortname,
            job.use_dependencies,
        ) == ("n", POOL_UUID, "s", True)


def test_constructor_defaults(qarnot_connection: Connection) -> None:
    """A new job has the documented defaults."""
    job = Job(qarnot_connection, "n")
    assert {
        member: getattr(job, member)
        for member in (*SERVER_MEMBERS, "uuid", "tasks", "auto_update", "update_cache_time")
    } == {
        "uuid": None,
        "name": "n",
        "shortname": None,
        "pool": None,
        "use_dependencies": False,
        "state": "UnSubmitted",
        "max_wall_time": None,
        "auto_delete": False,
        "completion_ttl": "00:00:00",
        "tags": [],
        "tasks": [],
        "creation_date": None,
        "state_transition_time": None,
        "previous_state": None,
        "previous_state_transition_time": None,
        "last_modified": None,
        "auto_update": True,
        "update_cache_time": 5,
    }


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"name": ""}, ValueError, "name"),
        ({"name": None}, TypeError, "name"),
        ({"pool": "banana"}, ValueError, "pool"),
        ({"pool": 1}, TypeError, "pool"),
        ({"shortname": "Upper"}, ValueError, "shortname"),
        ({"shortname": b"bytes"}, TypeError, "shortname"),
        ({"use_dependencies": 1}, TypeError, "use_dependencies"),
    ],
)
def test_constructor_refuses_what_the_setters_refuse(
    qarnot_connection: Connection,
    arguments: dict[str, Any],
    error: type[Exception],
    named: str,
) -> None:
    """An argument that is not allowed is refused at once, by its name."""
    with pytest.raises(error, match=rf"^{named}\b"):
        qarnot_connection.create_job(**{"name": "n", **arguments})


# --- auto_update ------------------------------------------------------------------------------


def test_auto_update_is_on_by_default(qarnot_connection: Connection) -> None:
    """A job refreshes by itself unless told otherwise, before and after submission."""
    job = qarnot_connection.create_job("n")
    assert job.auto_update is True
    job.submit()
    assert job.auto_update is True
    assert qarnot_connection.retrieve_job(str(job.uuid)).auto_update is True


@pytest.mark.parametrize("value", [0, 1, "false", None, [], 1.0])
def test_auto_update_takes_only_a_bool(qarnot_connection: Connection, value: object) -> None:
    """Anything but a `bool` is a `TypeError` that names the member."""
    job = qarnot_connection.create_job("n")
    assert "auto_update" in assign_refused(job, "auto_update", value, TypeError)


def test_auto_update_can_be_set_at_any_time(qarnot_connection: Connection) -> None:
    """It is the client's own, so submission and deletion do not lock it."""
    job = qarnot_connection.create_job("n")
    job.auto_update = False
    job.submit()
    assert job.auto_update is False
    job.auto_update = True
    job.delete()
    job.auto_update = False
    assert job.auto_update is False


@pytest.mark.parametrize("member", SERVER_MEMBERS)
def test_auto_update_off_sends_nothing_when_a_member_is_read(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """When off, a member read gives the value last known, however old, and sends nothing."""
    job = submitted(qarnot_connection)
    known = getattr(job, member)
    job.auto_update = False
    answered(qarnot_emulator, job)
    qarnot_emulator.advance(timedelta(days=1))
    sent = len(qarnot_emulator.requests)
    assert known == getattr(job, member)
    assert sent == len(qarnot_emulator.requests)


def test_auto_update_off_right_after_submission_shows_what_was_sent(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """When off and never refreshed, the members are those sent, in the state jobs are born in."""
    job = qarnot_connection.create_job("n", POOL_UUID, "short")
    job.pool = None
    job.max_wall_time = TimeSpan("01:00:00")
    job.auto_update = False
    job.submit()
    assert (
        job.name,
        job.shortname,
        job.max_wall_time,
        job.state,
        job.pool,
    ) == ("n", "short", "01:00:00", "Active", None)
    assert operations(qarnot_emulator) == ["createJob"]


def test_auto_update_off_right_after_submission_knows_the_default_shortname(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """When off and never refreshed, the shortname that was not given is known to be the uuid."""
    job = qarnot_connection.create_job("n")
    job.auto_update = False
    job.submit()
    assert job.shortname == job.uuid
    assert operations(qarnot_emulator) == ["createJob"]


def test_auto_update_off_leaves_refreshing_to_update(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """When off, `update()` still refreshes."""
    job = submitted(qarnot_connection)
    assert job.state == "Active"
    job.auto_update = False
    qarnot_emulator.set_state(str(job.uuid), "Completed")
    qarnot_emulator.advance(timedelta(seconds=5))
    assert job.state == "Active"
    job.update()
    assert job.state == "Completed"


def test_auto_update_on_again_refreshes_what_is_stale(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Switched on again, the next read of what is stale asks the server."""
    job = submitted(qarnot_connection)
    job.auto_update = False
    qarnot_emulator.set_state(str(job.uuid), "Completed")
    qarnot_emulator.advance(timedelta(seconds=5))
    assert job.state == "Active"
    job.auto_update = True
    assert job.state == "Completed"


# --- update_cache_time ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0.0),
        (7, 7.0),
        (0.25, 0.25),
        (timedelta(minutes=2), 120.0),
        (timedelta(0), 0.0),
        (timedelta(microseconds=1), 1e-6),
    ],
)
def test_update_cache_time_takes_seconds_or_a_timedelta(
    qarnot_connection: Connection, value: float | timedelta, expected: float
) -> None:
    """It is set to an int, a float or a `timedelta`, and read in seconds."""
    job = qarnot_connection.create_job("n")
    job.update_cache_time = value
    assert expected == job.update_cache_time


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (True, TypeError),
        (False, TypeError),
        ("5", TypeError),
        (None, TypeError),
        (5j, TypeError),
        (-1, ValueError),
        (-1e-9, ValueError),
        (timedelta(microseconds=-1), ValueError),
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        (10**400, ValueError),
    ],
)
def test_update_cache_time_refuses_what_is_not_a_duration(
    qarnot_connection: Connection, value: object, error: type[Exception]
) -> None:
    """A negative number, NaN, a bool or a text is refused by name and changes nothing."""
    job = qarnot_connection.create_job("n")
    assert "update_cache_time" in assign_refused(job, "update_cache_time", value, error)


def test_update_cache_time_is_the_age_at_which_what_is_known_is_stale(
    qarnot_emulator: Emulator,
) -> None:
    """One microsecond before the cache time a read sends nothing; exactly at it, one request."""
    connection, clock = own_clock(qarnot_emulator)
    with connection:
        job = submitted(connection)
        job.update()
        qarnot_emulator.set_state(str(job.uuid), "Completed")
        clock.advance(timedelta(seconds=5) - timedelta(microseconds=1))
        assert job.state == "Active"
        assert operations(qarnot_emulator) == ["createJob", "retrieveJob"]
        clock.advance(timedelta(microseconds=1))
        assert clock.monotonic() == 5.0
        assert job.state == "Completed"
        assert operations(qarnot_emulator) == ["createJob", "retrieveJob", "retrieveJob"]


def test_update_cache_time_counts_from_the_request_not_from_the_last_read(
    qarnot_emulator: Emulator,
) -> None:
    """Reading what is fresh does not make it younger."""
    connection, clock = own_clock(qarnot_emulator)
    with connection:
        job = submitted(connection)
        for _ in range(10):
            assert job.name == "job"
            clock.advance(timedelta(seconds=1))
        assert job.name == "job"
        # At 0, 5 and 10 seconds.
        assert operations(qarnot_emulator).count("retrieveJob") == 3


def test_update_cache_time_of_zero_asks_each_time(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """With 0 nothing is ever fresh: each read is a request."""
    job = submitted(qarnot_connection)
    job.update_cache_time = 0
    for _ in range(3):
        assert job.state == "Active"
    assert operations(qarnot_emulator).count("retrieveJob") == 3


def test_update_cache_time_applies_at_once_to_what_is_known(qarnot_emulator: Emulator) -> None:
    """Changing it makes what is known stale, or fresh again, from the next read on."""
    connection, clock = own_clock(qarnot_emulator)
    with connection:
        job = submitted(connection)
        job.update()
        clock.advance(timedelta(seconds=3))
        job.update_cache_time = 3
        assert job.name == "job"
        assert operations(qarnot_emulator).count("retrieveJob") == 2
        clock.advance(timedelta(seconds=3))
        job.update_cache_time = timedelta(hours=1)
        assert job.name == "job"
        assert operations(qarnot_emulator).count("retrieveJob") == 2


def test_update_cache_time_set_before_submission_is_kept(qarnot_emulator: Emulator) -> None:
    """A value set on a draft counts once it is submitted."""
    connection, clock = own_clock(qarnot_emulator)
    with connection:
        job = submitted(connection, update_cache_time=60)
        job.update()
        clock.advance(timedelta(seconds=59))
        assert (job.update_cache_time, job.state) == (60, "Active")
        assert operations(qarnot_emulator).count("retrieveJob") == 1


def test_update_cache_time_ignores_the_wall_clock() -> None:
    """A server whose dates jump a century ahead makes nothing stale: only this clock counts."""
    servers_clock = ManualClock()
    with Emulator(clock=servers_clock) as emulator:
        connection, clock = own_clock(emulator)
        with connection:
            job = submitted(connection)
            job.update()
            clock.advance(timedelta(seconds=4))
            servers_clock.advance(timedelta(days=36525))
            assert job.state == "Active"
            assert operations(emulator).count("retrieveJob") == 1
            clock.advance(timedelta(seconds=1))
            assert job.state == "Active"
            assert operations(emulator).count("retrieveJob") == 2


# --- state ------------------------------------------------------------------------------------


def test_state_before_submission_is_unsubmitted(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A draft is `UnSubmitted`, which is a `JobState`, and no request is needed to know."""
    state = qarnot_connection.create_job("n").state
    assert (JobState, "UnSubmitted", JobState.UNSUBMITTED) == (type(state), str(state), state)
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize("word", ["Active", "Terminating", "Completed", "Deleting"])
def test_state_is_the_servers_word(
    qarnot_connection: Connection, qarnot_emulator: Emulator, word: str
) -> None:
    """Each documented state is a `JobState` equal to the server's text."""
    job = submitted(qarnot_connection)
    qarnot_emulator.set_state(str(job.uuid), word)
    assert (JobState, word) == (type(job.state), job.state)


@pytest.mark.parametrize("word", ["Hibernating", "active", "", "État", "Completed "])
def test_state_not_known_is_given_as_it_came(
    qarnot_connection: Connection, qarnot_emulator: Emulator, word: str
) -> None:
    """A state that no document knows is kept to the letter, never an error, never final."""
    job = submitted(qarnot_connection)
    qarnot_emulator.set_state(str(job.uuid), word)
    assert (JobState, word, False) == (type(job.state), str(job.state), job.state.is_final)


def test_state_refreshes_when_stale(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A read of a stale state is one request; of a fresh one, none."""
    job = submitted(qarnot_connection)
    assert job.state == "Active"
    qarnot_emulator.set_state(str(job.uuid), "Terminating")
    assert job.state == "Active"
    assert operations(qarnot_emulator).count("retrieveJob") == 1
    qarnot_emulator.advance(timedelta(seconds=5))
    assert job.state == "Terminating"
    assert job.state == "Terminating"
    assert operations(qarnot_emulator).count("retrieveJob") == 2


def test_state_that_cannot_be_refreshed_stays_what_it_was(qarnot_emulator: Emulator) -> None:
    """A failed refresh raises and leaves the old snapshot, which the next success replaces."""
    with connect(qarnot_emulator, retry_count=0) as connection:
        job = submitted(connection)
        assert job.state == "Active"
        qarnot_emulator.advance(timedelta(seconds=5))
        qarnot_emulator.set_state(str(job.uuid), "Completed")
        qarnot_emulator.fail_next("retrieveJob", status=500)
        with pytest.raises(ServerException):
            assert job.state
        job.auto_update = False
        assert (job.state, job.name) == ("Active", "job")
        job.auto_update = True
        assert job.state == "Completed"


def test_state_is_read_only(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Nobody but the server sets the state."""
    job = qarnot_connection.create_job("n")
    assert "state" in assign_refused(job, "state", "Active", AttributeError)
    job.submit()
    assert "state" in assign_refused(job, "state", "Completed", AttributeError)


# --- tasks ------------------------------------------------------------------------------------


def test_tasks_before_submission_is_an_empty_list(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A draft has no tasks, and no request is needed to know."""
    assert qarnot_connection.create_job("n").tasks == []
    assert qarnot_emulator.requests == []


def test_tasks_are_those_submitted_in_the_job(qarnot_connection: Connection) -> None:
    """They are `Task` objects, equal to those submitted, without those of other jobs."""
    job, other = submitted(qarnot_connection), submitted(qarnot_connection)
    assert job.tasks == []
    mine = [add_task(job, qarnot_connection, name) for name in ("a", "b")]
    add_task(other, qarnot_connection)
    tasks = job.tasks
    assert (mine, ["a", "b"], [Task, Task]) == (
        tasks,
        [task.name for task in tasks],
        [type(task) for task in tasks],
    )


def test_tasks_can_be_used(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A task of the list refreshes and deletes itself (the official SDK's cannot)."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    (task,) = job.tasks
    task.update(flushcache=True)
    qarnot_emulator.advance(timedelta(minutes=1))
    assert task.state == "Success"
    task.delete()
    assert job.tasks == []


def test_tasks_is_one_request_each_time(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Reading the tasks is one request, however many there are and however fresh the job is."""
    job = submitted(qarnot_connection)
    for _ in range(3):
        add_task(job, qarnot_connection)
    before = operations(qarnot_emulator)
    for _ in range(2):
        assert [task.state for task in job.tasks] == ["Submitted"] * 3
    assert [*before, "listJobTasks", "listJobTasks"] == operations(qarnot_emulator)


def test_tasks_of_a_job_that_is_gone(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Asking for the tasks of a job the server lost is a `MissingJobException`."""
    job = submitted(qarnot_connection)
    job.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    with pytest.raises(MissingJobException):
        assert job.tasks


def test_tasks_cannot_be_set(qarnot_connection: Connection) -> None:
    """Tasks get into a job by their own submission alone."""
    assign_refused(qarnot_connection.create_job("n"), "tasks", [], AttributeError)


# --- what is locked by submission ---------------------------------------------------------------


def check_locked(job: Job, member: str, emulator: Emulator) -> None:
    """Assigning the member raises as the contract says, changes nothing and sends nothing."""
    before = getattr(job, member)
    sent = len(emulator.requests)
    for value in (LOCKABLE[member][1], *NOT_ALLOWED[member]):
        with pytest.raises(AttributeError) as caught:
            setattr(job, member, value)
        assert member in str(caught.value)
        assert "job is already submitted" in str(caught.value)
    assert sent == len(emulator.requests)
    assert before == getattr(job, member)


def check_locked_by_submission(member: str, connection: Connection, emulator: Emulator) -> None:
    """The member can be set until submission, and never after, whatever happens to the job."""
    job = connection.create_job("n")
    first, _ = LOCKABLE[member]
    setattr(job, member, LOCKABLE[member][1])
    setattr(job, member, first)
    job.submit()
    job.update()
    assert first == getattr(job, member)
    check_locked(job, member, emulator)
    job.terminate()
    check_locked(job, member, emulator)
    job.delete()
    check_locked(job, member, emulator)
    check_locked(connection.retrieve_job(str(job.uuid)), member, emulator)
    emulator.advance(timedelta(minutes=1))
    check_locked(job, member, emulator)


# --- use_dependencies -------------------------------------------------------------------------


def test_use_dependencies_is_sent_and_read_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is `False` unless set, goes out as `useDependencies`, and comes back."""
    job = qarnot_connection.create_job("n")
    assert job.use_dependencies is False
    job.use_dependencies = True
    job.submit()
    assert qarnot_emulator.requests[-1].body["useDependencies"] is True
    assert job.use_dependencies is True


def test_use_dependencies_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("use_dependencies", qarnot_connection, qarnot_emulator)


@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_use_dependencies_takes_only_a_bool(qarnot_connection: Connection, value: object) -> None:
    """Anything but a `bool` is a `TypeError` that names the member."""
    job = qarnot_connection.create_job("n")
    assert "use_dependencies" in assign_refused(job, "use_dependencies", value, TypeError)


# --- uuid -------------------------------------------------------------------------------------


def test_uuid_is_set_on_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is `None` before submission and the server's after, without another request."""
    job = qarnot_connection.create_job("n")
    assert job.uuid is None
    job.submit()
    assert operations(qarnot_emulator) == ["createJob"]
    assert [job.uuid] == [found.uuid for found in qarnot_connection.jobs()]


def test_uuid_is_read_only(qarnot_connection: Connection) -> None:
    """It cannot be set, before or after submission."""
    job = qarnot_connection.create_job("n")
    assign_refused(job, "uuid", JOB_UUID, AttributeError)
    job.submit()
    assign_refused(job, "uuid", JOB_UUID, AttributeError)


def test_uuid_stays_after_deletion(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A deleted job keeps its uuid (the official SDK clears it, which unlocks everything)."""
    job = submitted(qarnot_connection)
    uuid = job.uuid
    job.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    assert uuid is not None
    assert uuid == job.uuid


# --- name -------------------------------------------------------------------------------------


def test_name_is_sent_and_read_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The name last set goes out and comes back, whatever characters it holds."""
    job = qarnot_connection.create_job("first")
    job.name = 'ünï ©ødé \N{SLICE OF PIZZA}\n"quoted"'
    job.submit()
    assert job.name == qarnot_emulator.requests[0].body["name"]
    assert job.name == 'ünï ©ødé \N{SLICE OF PIZZA}\n"quoted"'


def test_name_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("name", qarnot_connection, qarnot_emulator)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("", ValueError),
        ("x" * 2048, ValueError),
        ("lone surrogate \ud800", ValueError),
        (None, TypeError),
        (3, TypeError),
        (b"bytes", TypeError),
    ],
)
def test_name_must_be_text_that_is_not_empty(
    qarnot_connection: Connection, value: object, error: type[Exception]
) -> None:
    """An empty or endless name, or none at all, is refused by name and changes nothing."""
    job = qarnot_connection.create_job("n")
    assert "name" in assign_refused(job, "name", value, error)


def test_name_may_be_as_long_as_the_document_allows(qarnot_connection: Connection) -> None:
    """A name of 2047 characters is accepted here and by the server."""
    job = submitted(qarnot_connection, name="x" * 2047)
    assert job.name == "x" * 2047


# --- shortname --------------------------------------------------------------------------------


def test_shortname_defaults_to_the_uuid(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Without one, none is sent, and once submitted it is the uuid."""
    job = qarnot_connection.create_job("n")
    assert job.shortname is None
    job.submit()
    assert "shortname" not in qarnot_emulator.requests[0].body
    assert job.uuid == job.shortname


def test_shortname_is_sent_and_finds_the_job(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The one given goes out, comes back, and retrieves the job."""
    job = submitted(qarnot_connection, shortname="my-job-1")
    assert qarnot_emulator.requests[0].body["shortname"] == "my-job-1"
    assert job.shortname == "my-job-1"
    assert job == qarnot_connection.retrieve_job("my-job-1")


def test_shortname_can_be_taken_back(qarnot_connection: Connection) -> None:
    """Setting `None` means none is given."""
    job = qarnot_connection.create_job("n", shortname="mine")
    job.shortname = None
    assert job.shortname is None


def test_shortname_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("shortname", qarnot_connection, qarnot_emulator)


@pytest.mark.parametrize("label", ["a", "0", "a-b", "a--b", "0a", "x" * 63, "1-2-3"])
def test_shortname_may_be_any_dns_label(qarnot_connection: Connection, label: str) -> None:
    """Every DNS label of RFC 1123 is accepted as it is."""
    job = qarnot_connection.create_job("n", shortname=label)
    assert label == job.shortname


@pytest.mark.parametrize(
    "label",
    [
        "",
        "-",
        "-a",
        "a-",
        "A",
        "my_job",
        "a.b",
        "a b",
        " a",
        "a\n",
        "é",
        "x" * 64,
        "\N{FULLWIDTH DIGIT ONE}",
        "a/b",
        "\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_shortname_that_is_no_dns_label_is_refused(
    qarnot_connection: Connection, label: str
) -> None:
    """What is no DNS label is a `ValueError` that names the member and shows the value."""
    job = qarnot_connection.create_job("n", shortname="mine")
    message = assign_refused(job, "shortname", label, ValueError)
    assert "shortname" in message
    assert repr(label) in message


@pytest.mark.parametrize("value", [3, b"mine", ["mine"]])
def test_shortname_takes_only_text(qarnot_connection: Connection, value: object) -> None:
    """What is not text is a `TypeError` that names the member."""
    job = qarnot_connection.create_job("n")
    assert "shortname" in assign_refused(job, "shortname", value, TypeError)


def test_shortname_is_unique(qarnot_connection: Connection) -> None:
    """A second job of a shortname is refused, with the server's reason, and is no second job."""
    submitted(qarnot_connection, shortname="mine")
    second = qarnot_connection.create_job("second", shortname="mine")
    with pytest.raises(InvalidRequestException, match="shortname") as caught:
        second.submit()
    assert list(caught.value.errors) == ["shortname"]
    assert len(qarnot_connection.jobs()) == 1
    second.shortname = "other"
    second.submit()
    assert len(qarnot_connection.jobs()) == 2


# --- dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-07-12T17:48:41Z", datetime(2021, 7, 12, 17, 48, 41, tzinfo=UTC)),
        ("2021-07-12T17:48:41", datetime(2021, 7, 12, 17, 48, 41, tzinfo=UTC)),
        ("2021-07-12T17:48:41+00:00", datetime(2021, 7, 12, 17, 48, 41, tzinfo=UTC)),
        ("2021-07-12T19:48:41+02:00", datetime(2021, 7, 12, 17, 48, 41, tzinfo=UTC)),
        ("2014-12-24T15:10:54.8659219Z", datetime(2014, 12, 24, 15, 10, 54, 865921, tzinfo=UTC)),
        ("2014-12-24T15:10:54.865921987Z", datetime(2014, 12, 24, 15, 10, 54, 865921, tzinfo=UTC)),
        ("2026-03-26T09:53:57.414Z", datetime(2026, 3, 26, 9, 53, 57, 414000, tzinfo=UTC)),
        ("2026-03-26T09:53:57.4Z", datetime(2026, 3, 26, 9, 53, 57, 400000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("member", DATES)
def test_creation_date_and_the_other_dates_are_aware_and_in_utc(
    qarnot_connection: Connection, member: str, text: str | None, expected: datetime | None
) -> None:
    """Every form of date the API writes is read as an aware `datetime` in UTC, or `None`."""
    job = Job.from_json(qarnot_connection, {**JOB_PAYLOAD, DATES[member]: text})
    value = getattr(job, member)
    assert expected == value
    assert value is None or value.tzinfo is UTC


@pytest.mark.parametrize("text", ["yesterday", "2021-13-01T00:00:00Z", "", 20210101, True, {}])
@pytest.mark.parametrize("member", DATES)
def test_creation_date_and_the_other_dates_that_cannot_be_read(
    qarnot_connection: Connection, member: str, text: object
) -> None:
    """What is no date is a `ValueError` that names the member of the JSON."""
    with pytest.raises(ValueError, match=f"^{DATES[member]}: "):
        Job.from_json(qarnot_connection, {**JOB_PAYLOAD, DATES[member]: text})  # type: ignore[dict-item]


def test_creation_date_comes_with_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is `None` before submission and the server's date after."""
    job = qarnot_connection.create_job("n")
    assert job.creation_date is None
    job.submit()
    answered(qarnot_emulator, job)
    assert EXPECTED["creation_date"] == job.creation_date


def check_read_only_date(member: str, connection: Connection, emulator: Emulator) -> None:
    """The member cannot be set, is `None` in a draft, and is refreshed when stale."""
    job = connection.create_job("n")
    assert getattr(job, member) is None
    assert member in assign_refused(job, member, datetime(2026, 1, 1, tzinfo=UTC), AttributeError)
    assert emulator.requests == []
    job.submit()
    job.update()
    answered(emulator, job)
    emulator.advance(timedelta(seconds=5))
    sent = len(emulator.requests)
    assert EXPECTED[member] == getattr(job, member)
    assert sent + 1 == len(emulator.requests)
    assert member in assign_refused(job, member, None, AttributeError)


def test_creation_date_is_read_only(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Only the server sets it."""
    check_read_only_date("creation_date", qarnot_connection, qarnot_emulator)


def test_state_transition_time_is_read_only_and_refreshed(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Only the server sets it, and a stale one is asked for again."""
    check_read_only_date("state_transition_time", qarnot_connection, qarnot_emulator)


def test_previous_state_transition_time_is_read_only_and_refreshed(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Only the server sets it, and a stale one is asked for again."""
    check_read_only_date("previous_state_transition_time", qarnot_connection, qarnot_emulator)


def test_last_modified_is_read_only_and_refreshed(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Only the server sets it, and a stale one is asked for again."""
    check_read_only_date("last_modified", qarnot_connection, qarnot_emulator)


def test_previous_state_is_read_only_and_refreshed(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is the server's text or `None`, cannot be set, and a stale one is asked for again."""
    job = qarnot_connection.create_job("n")
    assert job.previous_state is None
    assert "previous_state" in assign_refused(job, "previous_state", "x", AttributeError)
    job.submit()
    seen = [job.previous_state]
    for state in ("Terminating", "Hibernating", "Completed"):
        qarnot_emulator.set_state(str(job.uuid), state)
    seen.append(job.previous_state)
    qarnot_emulator.advance(timedelta(seconds=5))
    seen.append(job.previous_state)
    assert seen == [None, None, "Hibernating"]
    assert "previous_state" in assign_refused(job, "previous_state", "x", AttributeError)


def test_previous_state_and_transition_times_follow_the_jobs_life(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """After a transition they tell what was before and when both began."""
    job = submitted(qarnot_connection)
    born = job.creation_date
    assert born is not None
    qarnot_emulator.advance(timedelta(minutes=1))
    job.terminate()
    assert (job.state, job.previous_state) == ("Terminating", "Active")
    assert job.state_transition_time is not None
    assert timedelta(minutes=1) == job.state_transition_time - born
    assert job.previous_state_transition_time in (None, born)


# --- max_wall_time ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3.10:07:06", "3.10:07:06"),
        ("10:07:06", "10:07:06"),
        ("0.10:07:06", "10:07:06"),
        ("365.00:00:00", "365.00:00:00"),
        ("1.03:16:50.5", "1.03:16:50.5000000"),
        ("00:00:00", "00:00:00"),
        (timedelta(days=2, hours=33, minutes=66, seconds=66), "3.10:07:06"),
        (timedelta(milliseconds=1500), "00:00:01.5000000"),
        (timedelta(microseconds=1), "00:00:00.0000010"),
        (TimeSpan("01:00:00"), "01:00:00"),
    ],
)
def test_max_wall_time_takes_a_text_or_a_timedelta(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    value: str | timedelta,
    expected: str,
) -> None:
    """It is kept, sent and read back as a canonical `TimeSpan`."""
    job = qarnot_connection.create_job("n")
    job.max_wall_time = value
    assert (TimeSpan, expected) == (type(job.max_wall_time), job.max_wall_time)
    job.submit()
    assert expected == qarnot_emulator.requests[0].body["maxWallTime"]
    assert (TimeSpan, expected) == (type(job.max_wall_time), job.max_wall_time)


def test_max_wall_time_is_none_unless_given(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is `None` unless set, can be taken back, and then is not sent."""
    job = qarnot_connection.create_job("n")
    assert job.max_wall_time is None
    job.max_wall_time = "01:00:00"
    job.max_wall_time = None
    assert job.max_wall_time is None
    job.submit()
    assert "maxWallTime" not in qarnot_emulator.requests[0].body
    assert job.max_wall_time is None


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("banana", ValueError),
        ("24:00:00", ValueError),
        ("1:2:3", ValueError),
        ("10.00:00:00abc", ValueError),
        ("", ValueError),
        (" 01:00:00", ValueError),
        ("01:00:00\n", ValueError),
        ("\N{FULLWIDTH DIGIT ZERO}1:00:00", ValueError),
        ("-00:00:01", ValueError),
        (timedelta(microseconds=-1), ValueError),
        (timedelta.max, ValueError),
        ("10675199.02:48:05.4775808", ValueError),
        (3600, TypeError),
        (1.5, TypeError),
        (b"01:00:00", TypeError),
        (True, TypeError),
    ],
)
def test_max_wall_time_refuses_what_is_no_duration(
    qarnot_connection: Connection, value: object, error: type[Exception]
) -> None:
    """What is no duration of a job is refused by name and changes nothing."""
    job = qarnot_connection.create_job("n")
    job.max_wall_time = "01:00:00"
    assert "max_wall_time" in assign_refused(job, "max_wall_time", value, error)


def test_max_wall_time_may_be_the_longest_there_is(qarnot_connection: Connection) -> None:
    """The longest duration of the API is accepted."""
    job = submitted(qarnot_connection, max_wall_time="10675199.02:48:05.4775807")
    assert job.max_wall_time == TimeSpan.MAX


def test_max_wall_time_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("max_wall_time", qarnot_connection, qarnot_emulator)


# --- pool -------------------------------------------------------------------------------------


def test_pool_is_none_when_there_is_none(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Without a pool it is `None`, before and after submission, and no pool is asked for."""
    job = qarnot_connection.create_job("n")
    assert job.pool is None
    job.submit()
    assert job.pool is None
    assert operations(qarnot_emulator) == ["createJob", "retrieveJob"]
    assert "poolUuid" not in qarnot_emulator.requests[0].body


@pytest.mark.parametrize("as_uuid", [True, False])
def test_pool_is_set_with_a_pool_or_a_uuid(
    qarnot_connection: Connection, qarnot_emulator: Emulator, as_uuid: bool
) -> None:
    """A submitted `Pool` or its uuid is sent as `poolUuid` and read back as a usable `Pool`."""
    pool = qarnot_connection.create_pool("p", PROFILE)
    pool.submit()
    job = qarnot_connection.create_job("n")
    job.pool = pool.uuid if as_uuid else pool
    assert pool == job.pool
    job.submit()
    assert pool.uuid == qarnot_emulator.requests[-1].body["poolUuid"]
    found = job.pool
    assert isinstance(found, Pool)
    assert (pool, "p") == (found, found.name)


def test_pool_read_sends_no_request_about_the_pool(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The pool object is made without asking for it."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    assert job.pool is not None
    assert job.pool.uuid == POOL_UUID
    assert qarnot_emulator.requests == []


def test_pool_not_yet_submitted_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A pool without a uuid cannot be a job's: `ValueError`, by name, and nothing changes."""
    pool = qarnot_connection.create_pool("p", PROFILE)
    job = qarnot_connection.create_job("n", POOL_UUID)
    assert "pool" in assign_refused(job, "pool", pool, ValueError)
    with pytest.raises(ValueError, match="pool"):
        qarnot_connection.create_job("n", pool)
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize(
    ("value", "error"),
    [("", ValueError), ("banana", ValueError), (3, TypeError), (b"x", TypeError), ([], TypeError)],
)
def test_pool_takes_only_a_pool_a_uuid_or_none(
    qarnot_connection: Connection, value: object, error: type[Exception]
) -> None:
    """Anything else is refused by name and changes nothing."""
    job = qarnot_connection.create_job("n", POOL_UUID)
    assert "pool" in assign_refused(job, "pool", value, error)


def test_pool_is_not_a_job_or_a_task(qarnot_connection: Connection) -> None:
    """Another kind of object is not taken for a pool, although it has a uuid."""
    job = qarnot_connection.create_job("n")
    assert "pool" in assign_refused(job, "pool", submitted(qarnot_connection), TypeError)


def test_pool_can_be_taken_back(qarnot_connection: Connection) -> None:
    """Setting `None` means no pool."""
    job = qarnot_connection.create_job("n", POOL_UUID)
    job.pool = None
    assert job.pool is None


@pytest.mark.parametrize("value", [None, ZERO_UUID])
def test_pool_of_the_server_may_be_null_or_zero(
    qarnot_connection: Connection, value: str | None
) -> None:
    """Null and the zero uuid of the C# SDK both mean no pool."""
    assert Job.from_json(qarnot_connection, {**JOB_PAYLOAD, "poolUuid": value}).pool is None


def test_pool_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("pool", qarnot_connection, qarnot_emulator)


# --- from_json and to_json --------------------------------------------------------------------


def test_from_json_reads_every_member(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A job from the API's JSON has every member of it, tags and transitions included."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    assert (Job, JOB_UUID) == (type(job), job.uuid)
    assert {member: getattr(job, member) for member in EXPECTED} == EXPECTED
    assert job.pool is not None
    assert job.pool.uuid == POOL_UUID
    assert qarnot_emulator.requests == []


def test_from_json_and_a_refresh_give_the_same_types(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A retrieved, a listed and a refreshed job have equal members of equal types."""
    made = submitted(
        qarnot_connection, max_wall_time="01:00:00", tags=["t"], completion_ttl="02:00:00"
    )
    retrieved = qarnot_connection.retrieve_job(str(made.uuid))
    (listed,) = qarnot_connection.jobs()
    for member in SERVER_MEMBERS:
        values = [getattr(job, member) for job in (made, retrieved, listed)]
        assert [values[0]] * 3 == values
        assert len(set(map(type, values))) == 1


def test_from_json_counts_as_just_retrieved(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What the payload says is fresh for the cache time, then asked for."""
    made = submitted(qarnot_connection)
    job = Job.from_json(qarnot_connection, {**JOB_PAYLOAD, "uuid": made.uuid})
    assert job.name == "name on the server"
    assert operations(qarnot_emulator) == ["createJob"]
    qarnot_emulator.advance(timedelta(seconds=5))
    assert job.name == "job"
    assert operations(qarnot_emulator) == ["createJob", "retrieveJob"]


def test_from_json_is_submitted(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A job from JSON is on the server: submitting it sends nothing, and it is locked."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    job.submit()
    for member in LOCKABLE:
        assign_refused(job, member, LOCKABLE[member][1], AttributeError)
    assert qarnot_emulator.requests == []


def test_from_json_ignores_and_keeps_what_it_does_not_know(qarnot_connection: Connection) -> None:
    """Members of a later API change nothing, and `to_json` gives them back."""
    extra: dict[str, Any] = {"billing": {"class": ["gold", None, 1.5]}, "name2": None}
    job = Job.from_json(qarnot_connection, {**JOB_PAYLOAD, **extra})
    assert {member: getattr(job, member) for member in EXPECTED} == EXPECTED
    assert {**JOB_PAYLOAD, **extra} == job.to_json()


def test_from_json_needs_only_the_uuid(qarnot_connection: Connection) -> None:
    """Every other member may be absent, or null, and then has its default."""
    nothing = {"uuid": JOB_UUID}
    for payload in (nothing, dict.fromkeys(JOB_PAYLOAD, None) | nothing):
        job = Job.from_json(qarnot_connection, payload)
        assert (
            job.uuid,
            job.pool,
            job.max_wall_time,
            job.tags,
            job.use_dependencies,
            job.auto_delete,
            job.completion_ttl,
            job.creation_date,
        ) == (JOB_UUID, None, None, [], False, False, "00:00:00", None)
        assert not job.state.is_final


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("uuid", None),
        ("uuid", ""),
        ("uuid", 3),
        ("name", 3),
        ("name", ["n"]),
        ("shortname", {}),
        ("poolUuid", 3),
        ("state", 3),
        ("state", {}),
        ("previousState", []),
        ("useDependencies", "true"),
        ("useDependencies", 1),
        ("autoDeleteOnCompletion", "no"),
        ("maxWallTime", 3600),
        ("maxWallTime", "banana"),
        ("maxWallTime", "24:00:00"),
        ("completionTimeToLive", ""),
        ("tags", "plain text"),
        ("tags", [3]),
        ("tags", [None]),
        ("tags", {"a": 1}),
    ],
)
def test_from_json_names_what_cannot_be_read(
    qarnot_connection: Connection, member: str, value: Any
) -> None:
    """A payload that cannot be a job is a `ValueError` that begins with the member's name."""
    with pytest.raises(ValueError, match=f"^{member}: "):
        Job.from_json(qarnot_connection, {**JOB_PAYLOAD, member: value})


def test_from_json_without_a_uuid_is_no_job(qarnot_connection: Connection) -> None:
    """Without a uuid there is no job."""
    payload = {name: value for name, value in JOB_PAYLOAD.items() if name != "uuid"}
    with pytest.raises(ValueError, match="uuid"):
        Job.from_json(qarnot_connection, payload)


@pytest.mark.parametrize("payload", [None, [], "job", 3, [("uuid", JOB_UUID)]])
def test_from_json_takes_only_an_object(qarnot_connection: Connection, payload: Any) -> None:
    """What is no JSON object is a `ValueError`, not some other failure."""
    with pytest.raises(ValueError, match="object"):
        Job.from_json(qarnot_connection, payload)


def test_from_json_and_to_json_round_trip(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The wire form comes back as it was, is JSON, and makes an equal job again."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    wire = job.to_json()
    assert wire == JOB_PAYLOAD
    assert json.loads(json.dumps(wire)) == JOB_PAYLOAD
    again = Job.from_json(qarnot_connection, wire)
    assert (job, wire) == (again, again.to_json())
    assert qarnot_emulator.requests == []


def test_from_json_takes_what_to_json_gives_of_a_submitted_job(
    qarnot_connection: Connection,
) -> None:
    """`to_json` of a job just submitted, and of one just read, makes an equal job again."""
    job = submitted(qarnot_connection, tags=["t"], max_wall_time="01:00:00")
    for _ in range(2):
        again = Job.from_json(qarnot_connection, job.to_json())
        assert (job, job.to_json()) == (again, again.to_json())
        job.update()


def test_from_json_reads_the_year_one_as_no_date(qarnot_connection: Connection) -> None:
    """The API's sentinel is `None`, and stays so through `to_json`."""
    dates = dict.fromkeys(DATES.values(), UNSET_DATE)
    job = Job.from_json(qarnot_connection, {**JOB_PAYLOAD, **dates})
    again = Job.from_json(qarnot_connection, job.to_json())
    for member in DATES:
        assert getattr(job, member) is None
        assert getattr(again, member) is None


def test_from_json_keeps_its_own_copy(qarnot_connection: Connection) -> None:
    """Changing the payload, or what `to_json` gave, changes no snapshot."""
    payload = copy.deepcopy({**JOB_PAYLOAD, "later": {"list": [1]}})
    expected = copy.deepcopy(payload)
    job = Job.from_json(qarnot_connection, payload)
    for exposed in (payload, job.to_json(), job.to_json()):
        exposed["tags"].append("behind the back")  # type: ignore[union-attr]
        exposed["later"]["list"].append(2)  # type: ignore[index,call-overload,union-attr]
        exposed["name"] = "behind the back"
    assert expected == job.to_json()
    assert job.tags == ["b", "a"]


def test_from_json_to_json_of_a_draft_is_what_is_sent(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Before submission `to_json` gives the body of the creation, and no more."""
    job = qarnot_connection.create_job("n", shortname="s")
    job.tags = ["t"]
    wire = job.to_json()
    assert qarnot_emulator.requests == []
    job.submit()
    assert wire == qarnot_emulator.requests[0].body


# --- submit -----------------------------------------------------------------------------------


def test_submit_is_one_request(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Submission is the `POST` alone; the first read of a member fetches the rest, once."""
    job = qarnot_connection.create_job("n")
    assert job.submit() is None  # type: ignore[func-returns-value]
    assert [(r.method, r.path) for r in qarnot_emulator.requests] == [("POST", "/jobs")]
    assert job.creation_date is not None
    assert job.state == "Active"
    assert job.last_modified is not None
    assert operations(qarnot_emulator) == ["createJob", "retrieveJob"]


def test_submit_sends_every_member(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The body has each member the user set, by its name on the wire, and nothing else."""
    pool = qarnot_connection.create_pool("p", PROFILE)
    pool.submit()
    job = qarnot_connection.create_job("n", pool, "short", True)
    job.max_wall_time = timedelta(hours=1)
    job.auto_delete = True
    job.completion_ttl = "2.00:00:00"
    job.tags = ["b", "a"]
    job.submit()
    assert {
        "name": "n",
        "shortname": "short",
        "poolUuid": pool.uuid,
        "useDependencies": True,
        "maxWallTime": "01:00:00",
        "autoDeleteOnCompletion": True,
        "completionTimeToLive": "2.00:00:00",
        "tags": ["b", "a"],
    } == qarnot_emulator.requests[-1].body


def test_submit_never_sends_a_state(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The client's own `UnSubmitted` does not go out (the official SDK sends an empty state)."""
    submitted(qarnot_connection)
    assert "state" not in qarnot_emulator.requests[0].body


def test_submit_again_does_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A second call sends nothing and changes nothing."""
    job = submitted(qarnot_connection)
    uuid = job.uuid
    job.submit()
    assert uuid == job.uuid
    assert operations(qarnot_emulator) == ["createJob"]


@pytest.mark.parametrize("threads", [2, 8])
def test_submit_from_several_threads_is_one_post(
    qarnot_connection: Connection, qarnot_emulator: Emulator, threads: int
) -> None:
    """However many threads submit at the same moment, the server gets one creation."""
    for _ in range(5):
        job = qarnot_connection.create_job("n")
        sent = len(qarnot_emulator.requests)
        assert [None] * threads == in_step(threads, job.submit)
        assert sent + 1 == len(qarnot_emulator.requests)
        assert job.uuid is not None


def test_submit_over_the_quota_is_a_max_job_exception(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The quota of jobs has an exception of its own; when there is room, `submit` succeeds."""
    qarnot_emulator.set_limits(max_jobs=0)
    job = qarnot_connection.create_job("n")
    with pytest.raises(MaxJobException, match="Maximum number of jobs reached") as caught:
        job.submit()
    assert (
        caught.value.status_code,
        caught.value.method,
        caught.value.attempts,
    ) == (403, "POST", 1)
    qarnot_emulator.set_limits(max_jobs=1)
    job.submit()
    assert job.uuid is not None


def test_submit_without_credits_is_a_not_enough_credits_exception(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """An empty account has an exception of its own; with credits, `submit` succeeds."""
    qarnot_emulator.credits = 0
    job = qarnot_connection.create_job("n")
    with pytest.raises(NotEnoughCreditsException) as caught:
        job.submit()
    assert caught.value.status_code == 402
    assert (job.state, job.uuid) == ("UnSubmitted", None)
    qarnot_emulator.credits = 1
    job.submit()
    assert job.state == "Active"


def test_submit_with_a_bad_token_is_an_unauthorized_exception(qarnot_emulator: Emulator) -> None:
    """A token that is not accepted has an exception with the server's words."""
    with connect(qarnot_emulator, client_token="not-the-token-of-the-emulator") as connection:
        job = connection.create_job("n")
        with pytest.raises(UnauthorizedException, match="Bad authentication token") as caught:
            job.submit()
        assert caught.value.status_code == 401
        assert job.uuid is None


def test_submit_that_is_refused_leaves_a_draft(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """After a refusal every member can be set, nothing was lost, and `submit` sends again."""
    qarnot_emulator.fail_next("createJob", status=400, body={"message": "no"})
    job = qarnot_connection.create_job("n", shortname="mine")
    job.tags = ["kept"]
    with pytest.raises(InvalidRequestException, match="no"):
        job.submit()
    assert (job.state, job.tags, job.uuid) == ("UnSubmitted", ["kept"], None)
    job.name = "better"
    job.submit()
    assert (job.name, job.tags) == ("better", ["kept"])
    assert len(qarnot_connection.jobs()) == 1


def test_submit_after_delete_raises(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A deleted job is not created a second time, neither at once nor when it is gone."""
    job = submitted(qarnot_connection)
    job.delete()
    for _ in range(2):
        with pytest.raises(QarnotException, match="deleted"):
            job.submit()
        qarnot_emulator.advance(timedelta(minutes=1))
    assert operations(qarnot_emulator).count("createJob") == 1


def test_submit_after_delete_of_a_retrieved_job_raises(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """So it is for a job that was retrieved (the official SDK makes a second job of it)."""
    made = submitted(qarnot_connection)
    job = qarnot_connection.retrieve_job(str(made.uuid))
    job.delete()
    with pytest.raises(QarnotException, match="deleted"):
        job.submit()
    assert operations(qarnot_emulator).count("createJob") == 1


@pytest.mark.parametrize("body", [{}, {"uuid": None}, {"uuid": ""}, [], "text", b"", b"<html>"])
def test_submit_answered_without_a_uuid_raises(
    qarnot_connection: Connection, qarnot_emulator: Emulator, body: Any
) -> None:
    """A success without a uuid is a failure (the official SDK returns as if all were well)."""
    qarnot_emulator.fail_next("createJob", status=200, body=body)
    job = qarnot_connection.create_job("n")
    with pytest.raises(QarnotGenericException):
        job.submit()
    assert job.uuid is None
    assert operations(qarnot_emulator) == ["createJob"]


@pytest.mark.parametrize("status", [201, 202])
def test_submit_takes_any_success(
    qarnot_connection: Connection, qarnot_emulator: Emulator, status: int
) -> None:
    """Another 2xx with a uuid means the same as 200."""
    qarnot_emulator.fail_next("createJob", status=status, body={"uuid": JOB_UUID})
    assert submitted(qarnot_connection).uuid == JOB_UUID


def test_submit_in_a_pool_that_does_not_exist(qarnot_connection: Connection) -> None:
    """The server's refusal of the pool is told in its own words."""
    job = qarnot_connection.create_job("n", POOL_UUID)
    with pytest.raises(QarnotException, match=POOL_UUID) as caught:
        job.submit()
    assert not isinstance(caught.value, MissingJobException)
    assert job.uuid is None


# --- update -----------------------------------------------------------------------------------


def test_update_before_submission_does_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A draft has nothing to bring up to date, flushing or not."""
    job = qarnot_connection.create_job("n")
    job.update()
    job.update(flushcache=True)
    assert job.name == "n"
    assert qarnot_emulator.requests == []


def test_update_is_served_from_what_is_fresh(qarnot_emulator: Emulator) -> None:
    """It sends nothing while what is known is fresh, and one request when it is stale."""
    connection, clock = own_clock(qarnot_emulator)
    with connection:
        job = submitted(connection)
        job.update()
        clock.advance(timedelta(seconds=4.9))
        job.update()
        job.update(False)
        assert operations(qarnot_emulator) == ["createJob", "retrieveJob"]
        clock.advance(timedelta(seconds=0.2))
        job.update()
        assert operations(qarnot_emulator) == ["createJob", "retrieveJob", "retrieveJob"]


def test_update_with_flushcache_asks_each_time(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """`flushcache=True` asks however fresh what is known is, and what it brings is fresh."""
    job = submitted(qarnot_connection)
    job.update(True)
    qarnot_emulator.set_state(str(job.uuid), "Completed")
    assert job.state == "Active"
    job.update(flushcache=True)
    assert job.state == "Completed"
    assert operations(qarnot_emulator).count("retrieveJob") == 2


@pytest.mark.parametrize("value", [1, "yes", None])
def test_update_takes_only_a_bool(qarnot_connection: Connection, value: Any) -> None:
    """What is no bool is refused by name."""
    with pytest.raises(TypeError, match="flushcache"):
        submitted(qarnot_connection).update(value)


def test_update_refreshes_every_member(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Each member of the server's is brought up to date, auto_delete and ttl included."""
    job = submitted(qarnot_connection)
    job.update()
    answered(qarnot_emulator, job)
    job.update(flushcache=True)
    job.auto_update = False
    assert {member: getattr(job, member) for member in EXPECTED} == EXPECTED
    assert job.pool is not None
    assert job.pool.uuid == POOL_UUID


@pytest.mark.parametrize("member", SERVER_MEMBERS)
def test_update_happens_by_itself_for_each_member(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """Whichever member is read when stale, all of them are refreshed by one request."""
    job = submitted(qarnot_connection)
    job.update()
    answered(qarnot_emulator, job)
    qarnot_emulator.advance(timedelta(seconds=5))
    sent = len(qarnot_emulator.requests)
    assert getattr(job, member) in (EXPECTED.get(member), job.pool)
    assert {name: getattr(job, name) for name in EXPECTED} == EXPECTED
    assert sent + 1 == len(qarnot_emulator.requests)


def test_update_of_a_job_that_is_gone_is_a_missing_job_exception(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A job that somebody else deleted is missing, and what was known stays."""
    job = submitted(qarnot_connection)
    job.update()
    qarnot_connection.retrieve_job(str(job.uuid)).delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    with pytest.raises(MissingJobException) as caught:
        job.update()
    assert (caught.value.status_code, caught.value.method) == (404, "GET")
    job.auto_update = False
    assert (job.state, job.name) == ("Active", "job")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 401}, UnauthorizedException),
        ({"status": 403}, UnauthorizedException),
        ({"status": 404}, MissingJobException),
        ({"status": 418}, QarnotGenericException),
        ({"status": 429}, TooManyRequestsException),
        ({"status": 500}, ServerException),
        ({"status": 520}, QarnotGenericException),
        ({"status": 302, "headers": {"Location": "/jobs"}}, QarnotGenericException),
        ({"status": 304}, QarnotGenericException),
        ({"status": 204}, MalformedResponseException),
        ({"status": 200, "body": b""}, MalformedResponseException),
        ({"status": 200, "body": b"<html>"}, MalformedResponseException),
        ({"status": 200, "body": []}, MalformedResponseException),
        ({"status": 200, "body": b"null"}, MalformedResponseException),
        ({"status": 200, "body": b"[1"}, MalformedResponseException),
        ({"status": 200, "body": b'{"uuid": "\xff"}'}, MalformedResponseException),
        ({"status": 200, "body": {"name": "n"}}, MalformedResponseException),
        ({"status": 200, "body": {**JOB_PAYLOAD, "tags": 3}}, MalformedResponseException),
        ({"status": 200, "body": JOB_PAYLOAD}, MalformedResponseException),
        ({"drop": "before"}, QarnotGenericException),
        ({"drop": "after"}, QarnotGenericException),
    ],
)
def test_update_that_fails_leaves_what_was_known(
    qarnot_emulator: Emulator, fault: dict[str, Any], error: type[Exception]
) -> None:
    """Each failure is its documented exception, and the old snapshot stays, still stale."""
    with connect(qarnot_emulator, retry_count=0) as connection:
        job = submitted(connection, tags=["t"])
        job.update()
        known = job.to_json()
        qarnot_emulator.advance(timedelta(seconds=5))
        qarnot_emulator.fail_next("retrieveJob", **fault)
        with pytest.raises(error):
            job.update()
        assert known == job.to_json()
        sent = len(qarnot_emulator.requests)
        assert job.tags == ["t"]
        assert sent + 1 == len(qarnot_emulator.requests)


def test_update_takes_an_answer_by_any_spelling_of_the_uuid(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A uuid in capitals is the same uuid."""
    job = submitted(qarnot_connection)
    answered(qarnot_emulator, job, uuid=str(job.uuid).upper())
    job.update()
    assert job.state == "Terminating"


@pytest.mark.parametrize(
    "read",
    [
        lambda job: job.state,
        lambda job: job.tags,
        lambda job: job.update(),
        lambda job: job.auto_delete,
    ],
)
def test_update_is_shared_by_threads(
    qarnot_connection: Connection, qarnot_emulator: Emulator, read: Callable[[Job], object]
) -> None:
    """Eight threads that find the same job stale at the same moment send one request."""
    job = submitted(qarnot_connection)
    for round_ in range(1, 6):
        outcomes = in_step(8, lambda: read(job))
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert round_ == operations(qarnot_emulator).count("retrieveJob")
        qarnot_emulator.advance(timedelta(seconds=5))


def test_update_is_one_snapshot_for_all_threads(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What threads read at the same moment is of one answer."""
    job = submitted(qarnot_connection)
    outcomes = in_step(8, lambda: (job.state, job.state_transition_time, job.last_modified))
    assert [outcomes[0]] * 8 == outcomes


# --- terminate --------------------------------------------------------------------------------


def test_terminate_before_submission_does_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """There is nothing to terminate in a draft, which can still be submitted."""
    job = qarnot_connection.create_job("n")
    job.terminate()
    assert qarnot_emulator.requests == []
    job.submit()
    assert job.state == "Active"


def test_terminate_shows_the_servers_word(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is one request, after which the next read of the state asks, however fresh it was."""
    job = submitted(qarnot_connection)
    assert job.state == "Active"
    job.terminate()
    assert operations(qarnot_emulator) == ["createJob", "retrieveJob", "terminateJob"]
    assert job.state == "Terminating"
    qarnot_emulator.advance(timedelta(seconds=5))
    assert job.state == "Completed"
    assert operations(qarnot_emulator).count("retrieveJob") == 3


def test_terminate_does_not_guess_the_state(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """If the server still says `Active`, so does the job (the official SDK says otherwise)."""
    job = submitted(qarnot_connection)
    job.terminate()
    answered(qarnot_emulator, job, state="Active")
    assert job.state == "Active"


def test_terminate_aborts_the_tasks(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What still runs in the job is aborted."""
    job = submitted(qarnot_connection)
    task = add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME="01:00:00")
    job.terminate()
    qarnot_emulator.advance(timedelta(minutes=1))
    assert (job.state, task.state) == ("Completed", "Cancelled")


def test_terminate_of_a_job_that_is_gone_is_a_missing_job_exception(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A job the server lost cannot be terminated."""
    job = submitted(qarnot_connection)
    job.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    with pytest.raises(MissingJobException):
        job.terminate()


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, UnauthorizedException), (403, UnauthorizedException), (418, QarnotGenericException)],
)
def test_terminate_that_is_refused_raises(
    qarnot_connection: Connection, qarnot_emulator: Emulator, status: int, error: type[Exception]
) -> None:
    """A refusal is its documented exception, and the state stays the server's."""
    job = submitted(qarnot_connection)
    qarnot_emulator.fail_next("terminateJob", status=status)
    with pytest.raises(error):
        job.terminate()
    assert job.state == "Active"


def test_terminate_whose_answer_is_lost_shows_the_servers_word(qarnot_emulator: Emulator) -> None:
    """Even when the answer is lost, the next read of the state asks the server."""
    with connect(qarnot_emulator, retry_count=0) as connection:
        job = submitted(connection)
        assert job.state == "Active"
        qarnot_emulator.fail_next("terminateJob", drop="after")
        with pytest.raises(QarnotGenericException):
            job.terminate()
        assert job.state == "Terminating"


def test_terminate_is_repeated_when_the_server_fails(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Terminating twice is the same as once, so a 503 and a lost answer are tried again."""
    job = submitted(qarnot_connection)
    qarnot_emulator.fail_next("terminateJob", status=503)
    qarnot_emulator.fail_next("terminateJob", drop="after")
    job.terminate()
    assert operations(qarnot_emulator).count("terminateJob") == 3
    qarnot_emulator.advance(timedelta(minutes=1))
    assert job.state == "Completed"


# --- delete -----------------------------------------------------------------------------------


def test_delete_before_submission_does_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """There is nothing to delete in a draft, which can still be submitted."""
    job = qarnot_connection.create_job("n")
    job.delete()
    job.delete(forceAbort=True)
    assert qarnot_emulator.requests == []
    assert job.state == "UnSubmitted"
    job.submit()
    assert job.state == "Active"


def test_delete_leaves_the_job_deleting(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Afterwards it is `Deleting` for good, known without a request, and the server lost it."""
    job = submitted(qarnot_connection)
    uuid = str(job.uuid)
    job.delete()
    sent = len(qarnot_emulator.requests)
    for _ in range(2):
        assert (JobState.DELETING, uuid, "job") == (job.state, job.uuid, job.name)
        qarnot_emulator.advance(timedelta(minutes=1))
    assert sent == len(qarnot_emulator.requests)
    with pytest.raises(MissingJobException):
        qarnot_connection.retrieve_job(uuid)


def test_delete_is_one_request(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """It is one `DELETE` of the job's path, with `force=true` only when asked for."""
    for force, query in ((False, ()), (True, (("force", "true"),))):
        job = submitted(qarnot_connection)
        sent = len(qarnot_emulator.requests)
        job.delete(forceAbort=force)
        (request,) = qarnot_emulator.requests[sent:]
        assert ("DELETE", f"/jobs/{job.uuid}", query) == (
            request.method,
            request.path,
            request.query,
        )


def test_delete_with_running_tasks_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """While tasks run it is an `UnauthorizedException`, and the job goes on as it was."""
    job = submitted(qarnot_connection)
    task = add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME="01:00:00")
    with pytest.raises(UnauthorizedException, match="not finished") as caught:
        job.delete()
    assert caught.value.status_code == 403
    assert (job.state, task.state.is_final) == ("Active", False)
    job.submit()
    assert operations(qarnot_emulator).count("createJob") == 1


def test_delete_with_force_aborts_the_tasks(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """`forceAbort=True` deletes the job with what still runs in it."""
    job = submitted(qarnot_connection)
    task = add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME="01:00:00")
    job.delete(forceAbort=True)
    qarnot_emulator.advance(timedelta(minutes=1))
    assert qarnot_connection.jobs() == []
    assert qarnot_connection.tasks() == []
    assert task.to_json()["state"] == "Submitted"


@pytest.mark.parametrize("value", [1, "true", None])
def test_delete_takes_only_a_bool(
    qarnot_connection: Connection, qarnot_emulator: Emulator, value: Any
) -> None:
    """What is no bool is refused by name, and nothing is sent."""
    job = submitted(qarnot_connection)
    with pytest.raises(TypeError, match="forceAbort"):
        job.delete(value)
    assert operations(qarnot_emulator) == ["createJob"]


def test_delete_of_a_job_that_is_gone_is_a_missing_job_exception(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Deleting what somebody else deleted is told so."""
    job = submitted(qarnot_connection)
    other = qarnot_connection.retrieve_job(str(job.uuid))
    other.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    for deleted in (job, other):
        with pytest.raises(MissingJobException):
            deleted.delete()


def test_delete_then_update_tells_that_it_is_gone(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """An explicit update of a deleted job asks the server, and its state stays `Deleting`."""
    job = submitted(qarnot_connection)
    job.delete()
    job.update(flushcache=True)
    assert job.state == "Deleting"
    qarnot_emulator.advance(timedelta(minutes=1))
    with pytest.raises(MissingJobException):
        job.update(flushcache=True)
    assert job.state == "Deleting"


def test_delete_whose_answer_is_lost_is_repeated(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A repeated deletion that finds nothing left was a success."""
    job = submitted(qarnot_connection)
    qarnot_emulator.fail_next("deleteJob", drop="after")
    qarnot_emulator.fail_next("deleteJob", status=404)
    job.delete()
    assert operations(qarnot_emulator).count("deleteJob") == 2
    assert job.state == "Deleting"


def test_delete_whose_answer_is_lost_for_good_shows_the_servers_word(
    qarnot_emulator: Emulator,
) -> None:
    """When no answer comes at all, the next read of the state asks the server."""
    with connect(qarnot_emulator, retry_count=0) as connection:
        job = submitted(connection)
        assert job.state == "Active"
        qarnot_emulator.fail_next("deleteJob", drop="after")
        with pytest.raises(QarnotGenericException):
            job.delete()
        assert job.state == "Deleting"
        qarnot_emulator.advance(timedelta(minutes=1))
        with pytest.raises(MissingJobException):
            assert job.state


@pytest.mark.parametrize("first", [{"status": 429}, {"status": 503, "retry_after": 1}])
def test_delete_refused_by_404_after_a_refusal_is_still_missing(
    qarnot_connection: Connection, qarnot_emulator: Emulator, first: dict[str, Any]
) -> None:
    """A 404 after a refusal that says come back is nobody's doing here: it was gone before."""
    job = submitted(qarnot_connection)
    qarnot_emulator.fail_next("deleteJob", **first)
    qarnot_emulator.fail_next("deleteJob", status=404)
    with pytest.raises(MissingJobException):
        job.delete()


def test_delete_leaves_no_member_that_asks_the_server(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Every member stays readable after deletion, without a request, in any cache setting."""
    job = submitted(qarnot_connection, tags=["t"])
    job.update()
    job.update_cache_time = 0
    job.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    sent = len(qarnot_emulator.requests)
    assert (job.name, job.tags, job.state) == ("job", ["t"], "Deleting")
    for member in SERVER_MEMBERS:
        getattr(job, member)
    assert sent == len(qarnot_emulator.requests)


# --- auto_delete ------------------------------------------------------------------------------


def test_auto_delete_is_sent_and_read_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is `False` unless set, goes out as `autoDeleteOnCompletion`, and comes back."""
    job = qarnot_connection.create_job("n")
    assert job.auto_delete is False
    job.auto_delete = True
    job.submit()
    assert qarnot_emulator.requests[0].body["autoDeleteOnCompletion"] is True
    assert job.auto_delete is True
    assert qarnot_connection.retrieve_job(str(job.uuid)).auto_delete is True


def test_auto_delete_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("auto_delete", qarnot_connection, qarnot_emulator)


@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_auto_delete_takes_only_a_bool(qarnot_connection: Connection, value: object) -> None:
    """Anything but a `bool` is a `TypeError` that names the member."""
    job = qarnot_connection.create_job("n")
    assert "auto_delete" in assign_refused(job, "auto_delete", value, TypeError)


# --- completion_ttl ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("02:00:00", "02:00:00"),
        ("1.00:00:00", "1.00:00:00"),
        (timedelta(days=12), "12.00:00:00"),
        (timedelta(0), "00:00:00"),
    ],
)
def test_completion_ttl_takes_a_text_or_a_timedelta(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    value: str | timedelta,
    expected: str,
) -> None:
    """It is kept, sent as `completionTimeToLive` and read back as a canonical `TimeSpan`."""
    job = qarnot_connection.create_job("n")
    job.completion_ttl = value
    job.submit()
    assert expected == qarnot_emulator.requests[0].body["completionTimeToLive"]
    assert (TimeSpan, expected) == (type(job.completion_ttl), job.completion_ttl)


def test_completion_ttl_is_zero_unless_given(qarnot_connection: Connection) -> None:
    """It is `00:00:00` unless set, as a `TimeSpan`, before and after submission."""
    job = qarnot_connection.create_job("n")
    assert (TimeSpan, "00:00:00") == (type(job.completion_ttl), job.completion_ttl)
    assert timedelta(0) == job.completion_ttl.timedelta
    job.submit()
    assert (TimeSpan, "00:00:00") == (type(job.completion_ttl), job.completion_ttl)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("banana", ValueError),
        ("", ValueError),
        ("24:00:00", ValueError),
        (timedelta(seconds=-1), ValueError),
        (timedelta.max, ValueError),
        (60, TypeError),
        (False, TypeError),
    ],
)
def test_completion_ttl_refuses_what_is_no_duration(
    qarnot_connection: Connection, value: object, error: type[Exception]
) -> None:
    """What is no duration of a job is refused by name and changes nothing."""
    job = qarnot_connection.create_job("n")
    job.completion_ttl = "01:00:00"
    assert "completion_ttl" in assign_refused(job, "completion_ttl", value, error)


def test_completion_ttl_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("completion_ttl", qarnot_connection, qarnot_emulator)


def test_completion_ttl_deletes_the_job_when_it_is_over(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The server removes a job that long after it is finished."""
    job = submitted(qarnot_connection, completion_ttl="01:00:00")
    job.terminate()
    qarnot_emulator.advance(timedelta(minutes=59))
    assert job.state == "Completed"
    qarnot_emulator.advance(timedelta(minutes=2))
    with pytest.raises(MissingJobException):
        assert job.state


# --- tags -------------------------------------------------------------------------------------


def test_tags_are_sent_and_read_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """They keep their order, go out and come back, and find the job."""
    job = qarnot_connection.create_job("n")
    job.tags = ["b", "a", "ünï, ©"]
    assert job.tags == ["b", "a", "ünï, ©"]
    job.submit()
    assert qarnot_emulator.requests[0].body["tags"] == ["b", "a", "ünï, ©"]
    assert job.tags == ["b", "a", "ünï, ©"]
    assert qarnot_connection.retrieve_job(str(job.uuid)).tags == ["b", "a", "ünï, ©"]
    assert [job] == qarnot_connection.jobs(tags=["ünï, ©"])


def test_tags_that_repeat_are_kept_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A repeated tag is kept at its first place and sent once."""
    job = qarnot_connection.create_job("n")
    job.tags = ["b", "a", "b", "c", "a"]
    assert job.tags == ["b", "a", "c"]
    job.submit()
    assert qarnot_emulator.requests[0].body["tags"] == ["b", "a", "c"]


@pytest.mark.parametrize(
    "value", [("b", "a"), {"b": 1, "a": 2}, iter(["b", "a"]), (t for t in ["b", "a"])]
)
def test_tags_may_be_any_iterable_of_text(
    qarnot_connection: Connection, value: Iterable[str]
) -> None:
    """What is not a list is read once, and the member is a list."""
    job = qarnot_connection.create_job("n")
    job.tags = value
    assert (list, ["b", "a"]) == (type(job.tags), job.tags)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("plain text", TypeError),
        (b"bytes", TypeError),
        (3, TypeError),
        (None, TypeError),
        (["a", 3], TypeError),
        (["a", None], TypeError),
        ([b"a"], TypeError),
        ([["a"]], TypeError),
        ([str(n) for n in range(10)], ValueError),
        (["x" * 512], ValueError),
        (["\ud800"], ValueError),
    ],
)
def test_tags_refuse_what_is_no_list_of_text(
    qarnot_connection: Connection, value: object, error: type[Exception]
) -> None:
    """A plain text or an item that is no text is refused by name and changes nothing."""
    job = qarnot_connection.create_job("n")
    job.tags = ["kept"]
    assert "tags" in assign_refused(job, "tags", value, error)


def test_tags_list_is_a_copy_both_ways(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Changing the list set or the list got changes nothing behind the setter's back."""
    job = qarnot_connection.create_job("n")
    job.tags.append("default changed")
    assert job.tags == []
    assert qarnot_connection.create_job("other").tags == []
    given = ["a"]
    job.tags = given
    given.append("b")
    job.tags.append("c")
    assert job.tags == ["a"]
    job.submit()
    assert qarnot_emulator.requests[0].body["tags"] == ["a"]
    job.tags.append("d")
    assert job.tags == ["a"]


def test_tags_refresh_when_stale(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Stale tags are asked for again."""
    job = submitted(qarnot_connection, tags=["a"])
    assert job.tags == ["a"]
    answered(qarnot_emulator, job)
    assert job.tags == ["a"]
    qarnot_emulator.advance(timedelta(seconds=5))
    assert job.tags == ["b", "a"]


def test_tags_are_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """They can be set until submission, and never after (the official SDK loses them silently)."""
    check_locked_by_submission("tags", qarnot_connection, qarnot_emulator)


def test_tags_may_be_as_many_and_as_long_as_the_document_allows(
    qarnot_connection: Connection,
) -> None:
    """Nine tags of 511 characters are accepted here and by the server."""
    tags = [str(n) * 511 for n in range(1, 10)]
    assert tags == submitted(qarnot_connection, tags=tags).tags


# --- repr and str -----------------------------------------------------------------------------


def test_repr_shows_what_the_contract_says(qarnot_connection: Connection) -> None:
    """It shows name, shortname, uuid, pool, state and tags."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    for shown in (repr(job), str(job)):
        assert shown.startswith("Job(")
        for expected in (
            "name='name on the server'",
            "shortname='shortname-on-the-server'",
            f"uuid='{JOB_UUID}'",
            POOL_UUID,
            "Terminating",
            "['b', 'a']",
        ):
            assert expected in shown


def test_repr_sends_nothing(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Showing a job never sends a request, as a draft, stale, deleted or gone."""
    job = qarnot_connection.create_job("n")

    def show() -> None:
        sent = len(qarnot_emulator.requests)
        for text in (repr(job), str(job), job._repr_html_(), f"{job}"):
            assert str(job.uuid) in text
        assert sent == len(qarnot_emulator.requests)

    show()
    job.submit()
    show()
    job.update()
    qarnot_emulator.advance(timedelta(minutes=1))
    show()
    job.delete()
    show()
    qarnot_emulator.advance(timedelta(minutes=1))
    show()


def test_repr_never_shows_the_token(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The token is in no form of showing a job or what hangs on it."""
    job = submitted(qarnot_connection)
    for text in (repr(job), str(job), job._repr_html_(), repr(job.tags), repr(job.pool)):
        assert qarnot_emulator.token not in text


def test_repr_in_a_notebook_is_escaped(qarnot_connection: Connection) -> None:
    """Names and tags cannot bring markup into a notebook."""
    job = qarnot_connection.create_job("<script>alert(1)</script>")
    job.tags = ["<b>&"]
    shown = job._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "&lt;b&gt;&amp;" in shown


# --- equality and hash ------------------------------------------------------------------------


def test_eq_hash_of_two_objects_for_one_job(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Two objects for the same uuid on the same cluster are equal and hash alike."""
    job = submitted(qarnot_connection)
    with connect(qarnot_emulator) as other_connection:
        others = [
            qarnot_connection.retrieve_job(str(job.uuid)),
            other_connection.retrieve_job(str(job.uuid)),
            Job.from_json(qarnot_connection, {**JOB_PAYLOAD, "uuid": job.uuid}),
        ]
    for other in others:
        assert job == other
        assert hash(job) == hash(other)
    assert {job} == {job, *others}


def test_eq_hash_of_a_uuid_in_capitals(qarnot_connection: Connection) -> None:
    """The case of a uuid makes no other job."""
    lower = Job.from_json(qarnot_connection, {"uuid": JOB_UUID})
    upper = Job.from_json(qarnot_connection, {"uuid": JOB_UUID.upper()})
    assert lower == upper
    assert hash(lower) == hash(upper)


def test_eq_hash_of_drafts(qarnot_connection: Connection) -> None:
    """A job that is not submitted equals itself and nothing else."""
    job, twin = qarnot_connection.create_job("n"), qarnot_connection.create_job("n")
    itself = job
    assert job == itself
    assert job != twin
    assert job != submitted(qarnot_connection, "n")
    assert len({job, twin}) == 2


def test_eq_hash_of_other_jobs_clusters_and_kinds(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Another uuid, another cluster or another kind of object is not equal."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    with Connection(cluster_url="https://elsewhere.test", client_token="x") as elsewhere:
        others: list[object] = [
            Job.from_json(qarnot_connection, {**JOB_PAYLOAD, "uuid": POOL_UUID}),
            Job.from_json(elsewhere, JOB_PAYLOAD),
            Pool.from_json(qarnot_connection, {"uuid": JOB_UUID, "name": "n", "profile": "p"}),
            JOB_UUID,
            None,
        ]
    for other in others:
        assert job != other


def test_eq_hash_stays_when_a_job_is_submitted(qarnot_connection: Connection) -> None:
    """A job put in a set as a draft is still found there once submitted and deleted."""
    job = qarnot_connection.create_job("n")
    jobs = {job}
    job.submit()
    assert job in jobs
    job.delete()
    assert job in jobs


def test_eq_hash_sends_nothing(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Comparing and hashing never ask the server."""
    job = submitted(qarnot_connection)
    assert {job: "found"}[job] == "found"
    assert job != qarnot_connection.create_job("n")
    assert operations(qarnot_emulator) == ["createJob"]


# --- wait -------------------------------------------------------------------------------------


def test_wait_is_true_when_every_task_is_final(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It returns once all tasks ended, however they ended, while the job stays active."""
    job = submitted(qarnot_connection)
    for outcome, seconds in (("success", 1), ("failure", 20), ("success", 3)):
        add_task(
            job,
            qarnot_connection,
            EMULATOR_OUTCOME=outcome,
            EMULATOR_EXECUTION_TIME=str(seconds),
        )
    assert job.wait() is True
    assert [task.state for task in job.tasks] == ["Success", "Failure", "Success"]
    job.update(flushcache=True)
    assert job.state == "Active"


def test_wait_is_true_at_once_without_tasks(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """With no task submitted in it there is nothing to wait for."""
    clock = qarnot_emulator.clock
    job = submitted(qarnot_connection)
    began = clock.monotonic()
    assert job.wait() is True
    assert began == clock.monotonic()


@pytest.mark.parametrize("end", ["complete", "delete"])
def test_wait_is_true_when_the_job_is_final(
    qarnot_connection: Connection, qarnot_emulator: Emulator, end: str
) -> None:
    """A job that is completed or deleted is final, whatever its tasks are."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME="01:00:00")
    if end == "delete":
        job.delete(forceAbort=True)
    else:
        qarnot_emulator.set_state(str(job.uuid), "Completed")
    sent = len(qarnot_emulator.requests)
    assert job.wait(timeout=10) is True
    assert len(qarnot_emulator.requests) <= sent + 2


@pytest.mark.parametrize("auto_update", [True, False])
def test_wait_is_true_when_the_job_becomes_final_meanwhile(
    qarnot_connection: Connection, qarnot_emulator: Emulator, auto_update: bool
) -> None:
    """A job that becomes final while a task never does ends the wait."""
    job = submitted(qarnot_connection)
    task = add_task(job, qarnot_connection)
    qarnot_emulator.set_state(str(task.uuid), "Hibernating")
    assert job.state == "Active"
    job.auto_update = auto_update
    polls: list[int] = []

    def at_each_poll(counts: object) -> None:
        polls.append(1)
        if len(polls) == 3:
            qarnot_emulator.set_state(str(job.uuid), "Completed")

    assert job.wait(timeout=600, progress=at_each_poll) is True


@pytest.mark.parametrize("timeout", [10, 10.0, timedelta(seconds=10)])
def test_wait_is_false_when_the_time_is_up(
    qarnot_emulator: Emulator, timeout: float | timedelta
) -> None:
    """It gives up when the time is up, neither earlier nor later, having looked a last time."""
    connection, clock = own_clock(qarnot_emulator)
    with connection:
        job = submitted(connection)
        add_task(job, connection)
        began = clock.monotonic()
        assert job.wait(timeout) is False
        assert pytest.approx(clock.monotonic() - began) == 10.0
        assert operations(qarnot_emulator)[-1] == "listJobTasks"


@pytest.mark.parametrize("timeout", [1.0, 1.1, 1.5, 2.5, 4.0, 5.5, 10.0, 21.0, 30.0])
def test_wait_sees_what_ends_just_when_the_time_is_up(
    qarnot_connection: Connection, qarnot_emulator: Emulator, timeout: float
) -> None:
    """The last look is at the tasks: one that ends with the time, or just before it, counts."""
    job = submitted(qarnot_connection)
    # Everything but the execution takes the emulator a second.
    execution = TimeSpan(timedelta(seconds=timeout - 1))
    task = add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME=str(execution))
    finished = job.wait(timeout + 0.001)
    assert task.state == "Success"
    assert finished is True


def test_wait_of_zero_looks_once(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A time of zero asks and does not wait."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    began = qarnot_emulator.clock.monotonic()
    assert job.wait(0) is False
    assert began == qarnot_emulator.clock.monotonic()
    assert operations(qarnot_emulator).count("listJobTasks") == 1
    qarnot_emulator.advance(timedelta(minutes=1))
    assert job.wait(0) is True


def test_wait_never_takes_an_unknown_state_for_final(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task in a state not known, or on its way to an end, is waited for."""
    job = submitted(qarnot_connection)
    task = add_task(job, qarnot_connection)
    for state in ("Hibernating", "PendingCancel", "PendingDelete", "success"):
        qarnot_emulator.set_state(str(task.uuid), state)
        assert job.wait(0) is False
    qarnot_emulator.set_state(str(task.uuid), "Success")
    assert job.wait(0) is True


def test_wait_is_one_request_per_poll(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """However many tasks, a poll is one request, and polls are no denser than four a second."""
    job = submitted(qarnot_connection)
    for _ in range(10):
        add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME="00:01:00")
    polls: list[object] = []
    sent = len(qarnot_emulator.requests)
    assert job.wait(progress=polls.append) is True
    # The state once, before the first poll.
    assert len(qarnot_emulator.requests) - sent <= len(polls) + 1
    assert 5 <= len(polls) <= 4 * 62


def test_wait_reports_the_number_of_tasks_by_state(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A function given as `progress` gets the counts of each poll, the last ones included."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection, EMULATOR_OUTCOME="failure")
    add_task(job, qarnot_connection)
    reports: list[dict[str, int]] = []
    assert job.wait(progress=lambda counts: reports.append(dict(counts))) is True
    assert reports[0] == {"Submitted": 2}
    assert reports[-1] == {"Failure": 1, "Success": 1}
    assert {2} == {sum(report.values()) for report in reports}
    assert {str} == {type(state) for report in reports for state in report}


def test_wait_shows_a_line_on_the_terminal(
    qarnot_connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """With `progress=True` the job's name and how far it is are shown on standard error."""
    pytest.importorskip("rich")
    job = submitted(qarnot_connection, "my [bold]job[/bold]")
    add_task(job, qarnot_connection)
    assert job.wait(progress=True) is True
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "my [bold]job[/bold]" in captured.err
    assert "1/1" in captured.err


def test_wait_with_a_line_needs_the_extra(
    qarnot_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without rich, `progress=True` says what to install, before it waits for anything."""
    monkeypatch.setitem(sys.modules, "rich.console", None)
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    with pytest.raises(ModuleNotFoundError, match=r"qarnot-domain\[progress\]"):
        job.wait(progress=True)


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"timeout": -1}, ValueError, "timeout"),
        ({"timeout": timedelta(seconds=-1)}, ValueError, "timeout"),
        ({"timeout": float("nan")}, ValueError, "timeout"),
        ({"timeout": "10"}, TypeError, "timeout"),
        ({"timeout": True}, TypeError, "timeout"),
        ({"progress": 1}, TypeError, "progress"),
        ({"progress": None}, TypeError, "progress"),
    ],
)
@pytest.mark.parametrize("state", ["Active", "Completed"])
def test_wait_refuses_bad_arguments(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    state: str,
    arguments: dict[str, Any],
    error: type[Exception],
    named: str,
) -> None:
    """A bad argument is refused by name whatever the job's state is."""
    job = submitted(qarnot_connection)
    qarnot_emulator.set_state(str(job.uuid), state)
    with pytest.raises(error, match=named):
        job.wait(**arguments)


def test_wait_before_submission_raises(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """There is nothing to wait for in a draft, and waiting for ever would be worse."""
    with pytest.raises(QarnotGenericException, match="not submitted"):
        qarnot_connection.create_job("n").wait()
    assert qarnot_emulator.requests == []


def test_wait_for_a_job_deleted_meanwhile_raises(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A job that somebody else deletes meanwhile is a `MissingJobException`."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME="01:00:00")
    other = qarnot_connection.retrieve_job(str(job.uuid))
    with pytest.raises(MissingJobException):
        job.wait(progress=lambda counts: None if other.state == "Deleting" else other.delete(True))


def test_wait_outlives_a_failing_server(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A poll is a read: a 503 now and then does not end the wait."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    qarnot_emulator.fail_next("listJobTasks", times=3)
    assert job.wait() is True


# --- the messages -----------------------------------------------------------------------------


def test_repr_of_states_is_for_developers(qarnot_connection: Connection) -> None:
    """A state shows its kind in a `repr` and only its text when printed."""
    job = submitted(qarnot_connection)
    assert (f"{job.state}", repr(job.state)) == ("Active", "JobState('Active')")
    assert re.search(r"state=\S*Active", repr(job))
    assert TaskState.SUCCESS.is_final


def test_wait_asks_after_the_job_at_every_fourth_poll(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The others, and the last, are for its tasks."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME="01:00:00")
    job.update()
    sent = len(qarnot_emulator.requests)
    assert job.wait(timeout=60) is False
    asked = [request.operation for request in qarnot_emulator.requests[sent:]]
    assert len(asked) > 12
    for number, operation in enumerate(asked[:-1], 1):
        assert operation == ("retrieveJob" if number % 4 == 0 else "listJobTasks")
    assert asked[-1] == "listJobTasks"
