"""`Task`: waiting for its end, and running it to its end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    MissingTaskException,
    QarnotGenericException,
    ServerException,
    Task,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator

from ..driving import LONG, PROFILE, ActingClock, connect, follow, operations


def task_of(connection: Connection, **constants: str) -> Task:
    """A draft with these constants."""
    task = connection.create_task("n", PROFILE)
    task.constants = constants
    return task


def started(connection: Connection, **constants: str) -> Task:
    """A submitted task with these constants."""
    task = task_of(connection, **constants)
    task.submit()
    return task


# --- wait ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "state"), [("success", "Success"), ("failure", "Failure")])
@pytest.mark.parametrize("auto_update", [True, False])
def test_wait_is_true_when_it_is_final(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    outcome: str,
    state: str,
    auto_update: bool,
) -> None:
    """It returns once the task ended, however, and everything is known then."""
    task = task_of(qarnot_connection, EMULATOR_OUTCOME=outcome)
    task.auto_update = auto_update
    task.submit()
    assert task.wait() is True
    sent = len(qarnot_emulator.requests)
    assert (task.state, bool(task.errors)) == (state, outcome == "failure")
    assert len(task.completed_instances) == 1
    assert len(qarnot_emulator.requests) == sent


def test_wait_for_a_task_of_an_odd_id(qarnot_connection: Connection) -> None:
    """An id that is no uuid is the server's to judge."""
    task = Task.from_json(qarnot_connection, {"uuid": "odd-id", "name": "n", "state": "Submitted"})
    with pytest.raises(MissingTaskException):
        task.wait()


@pytest.mark.parametrize("state", ["Success", "Failure", "Cancelled"])
def test_wait_ends_in_every_final_state(
    qarnot_connection: Connection, qarnot_emulator: Emulator, state: str
) -> None:
    """A task that is over already is not waited for."""
    task = started(qarnot_connection, **LONG)
    qarnot_emulator.set_state(str(task.uuid), state)
    began = qarnot_emulator.clock.monotonic()
    assert task.wait() is True
    assert qarnot_emulator.clock.monotonic() == began


@pytest.mark.parametrize(
    "state",
    [
        "Submitted",
        "PartiallyDispatched",
        "FullyDispatched",
        "PartiallyExecuting",
        "FullyExecuting",
        "UploadingResults",
        "PendingCancel",
        "PendingDelete",
        "Hibernating",
        "",
    ],
)
def test_wait_goes_on_in_every_other_state(
    qarnot_connection: Connection, qarnot_emulator: Emulator, state: str
) -> None:
    """A task that is being cancelled or deleted is not over, nor is one in an unknown state."""
    task = started(qarnot_connection, **LONG)
    qarnot_emulator.set_state(str(task.uuid), state)
    assert task.wait(10) is False


@pytest.mark.parametrize("timeout", [0, 1, 7.5, timedelta(seconds=7.5)])
def test_wait_is_false_when_the_time_is_up(
    qarnot_connection: Connection, qarnot_emulator: Emulator, timeout: Any
) -> None:
    """It takes just as long as it was given, and looks a last time when that is over."""
    task = started(qarnot_connection, **LONG)
    began = qarnot_emulator.clock.monotonic()
    assert task.wait(timeout) is False
    seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
    assert qarnot_emulator.clock.monotonic() - began == pytest.approx(seconds)


def test_wait_sees_what_ends_just_when_the_time_is_up(qarnot_emulator: Emulator) -> None:
    """The last look is at the end of the time, not before it."""
    ended: list[Task] = []

    def end_at_four_seconds(seconds: float) -> None:
        if sum(clock.slept) >= 4:
            qarnot_emulator.set_state(str(ended[0].uuid), "Success")

    clock = ActingClock(end_at_four_seconds)
    with connect(qarnot_emulator, clock=clock) as connection:
        ended.append(started(connection, **LONG))
        assert ended[0].wait(4) is True


def test_wait_is_one_small_request_per_poll(qarnot_emulator: Emulator) -> None:
    """Each poll asks for one summary, and the whole task is asked for at the end."""
    clock = follow(qarnot_emulator)
    with connect(qarnot_emulator, clock=clock) as connection:
        task = started(connection, EMULATOR_EXECUTION_TIME="20")
        sent = len(qarnot_emulator.requests)
        assert task.wait() is True
    *polls, last = qarnot_emulator.requests[sent:]
    assert (last.operation, len(polls)) == ("retrieveTask", len(clock.slept) + 1)
    assert {poll.operation for poll in polls} == {"paginateTaskSummaries"}
    assert polls[0].body == {
        "maximumResults": 1,
        "filter": {"operator": "Equal", "field": "Uuid", "value": task.uuid},
    }
    assert clock.slept[:3] == [0.25, 0.375, 0.5625]
    assert clock.slept == sorted(clock.slept)
    assert max(clock.slept) == task.update_cache_time


def test_wait_sees_its_own_task(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Another task that ends does not end the wait."""
    task = started(qarnot_connection, **LONG)
    started(qarnot_connection)
    assert task.wait(30) is False


def test_wait_tells_the_state_at_each_poll(qarnot_connection: Connection) -> None:
    """A function is called with the one state of the one task."""
    seen: list[Mapping[str, int]] = []
    assert started(qarnot_connection).wait(progress=seen.append) is True
    assert {tuple(counts.values()) for counts in seen} == {(1,)}
    states = list(dict.fromkeys(str(*counts) for counts in seen))
    assert (states[0], states[-1]) == ("Submitted", "Success")
    assert len(states) > 2


def test_wait_for_a_task_that_is_deleted_meanwhile(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task that is gone never ends, which is said at once."""
    task = started(qarnot_connection, **LONG)
    other = qarnot_connection.retrieve_task(str(task.uuid))

    def delete_it(counts: Mapping[str, int]) -> None:
        other.delete()

    with pytest.raises(MissingTaskException):
        task.wait(3600, progress=delete_it)


def test_wait_for_a_task_that_its_summaries_lack(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A list that lags behind is no reason to say that a task is gone."""
    task = started(qarnot_connection)
    page = {"data": [], "count": 0, "total": 0, "isTruncated": False, "nextToken": None}
    qarnot_emulator.fail_next("paginateTaskSummaries", status=200, body=page)
    assert task.wait() is True


def test_wait_of_a_draft(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """What is not submitted never ends."""
    task = qarnot_connection.create_task("n", PROFILE)
    with pytest.raises(QarnotGenericException, match=r"wait.*not submitted"):
        task.wait()
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"timeout": -1}, ValueError),
        ({"timeout": float("nan")}, ValueError),
        ({"timeout": "10"}, TypeError),
        ({"timeout": True}, TypeError),
        ({"progress": 1}, TypeError),
        ({"progress": "yes"}, TypeError),
    ],
)
def test_wait_refuses_bad_arguments(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    arguments: dict[str, Any],
    error: type[Exception],
) -> None:
    """They are refused by name, before anything is sent, even if the task is over."""
    task = started(qarnot_connection)
    qarnot_emulator.set_state(str(task.uuid), "Success")
    sent = len(qarnot_emulator.requests)
    [name] = arguments
    with pytest.raises(error, match=rf"^{name}\b"):
        task.wait(**arguments)
    assert len(qarnot_emulator.requests) == sent


def test_wait_that_is_interrupted_says_how_to_go_on(qarnot_emulator: Emulator) -> None:
    """Ctrl-C stops the wait and not the task, and the interruption says so."""

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with connect(qarnot_emulator, clock=ActingClock(interrupt)) as connection:
        task = started(connection, **LONG)
        with pytest.raises(KeyboardInterrupt) as caught:
            task.wait()
        [note] = caught.value.__notes__
        assert f"connection.retrieve_task({task.uuid!r}).wait()" in note
        assert "abortTask" not in operations(qarnot_emulator)


def test_wait_survives_a_bad_network(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A poll that fails is sent again, and one that fails for good ends the wait."""
    task = started(qarnot_connection)
    qarnot_emulator.fail_next("paginateTaskSummaries", times=2)
    assert task.wait() is True
    qarnot_emulator.fail_next("paginateTaskSummaries", times=100)
    with pytest.raises(ServerException):
        task.wait()


# --- run ----------------------------------------------------------------------------------------


def test_run_submits_and_waits(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A task that ends in time is not aborted."""
    task = task_of(qarnot_connection, EMULATOR_OUTCOME="failure")
    seen: list[Mapping[str, int]] = []
    assert task.run(progress=seen.append) is True
    assert (task.state, bool(seen)) == ("Failure", True)
    assert "abortTask" not in operations(qarnot_emulator)
    assert task.run() is True
    assert operations(qarnot_emulator).count("createTasks") == 1


def test_run_aborts_what_takes_too_long(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """When the time is up the task is aborted, once."""
    task = task_of(qarnot_connection, **LONG)
    assert task.run(job_timeout=timedelta(minutes=1)) is False
    assert operations(qarnot_emulator).count("abortTask") == 1
    assert task.wait() is True
    assert task.state == "Cancelled"


def test_run_of_a_task_that_ended_in_the_meantime(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What ended between the last look and the abortion was not aborted."""
    task = task_of(qarnot_connection, **LONG)

    def end(counts: Mapping[str, int]) -> None:
        qarnot_emulator.set_state(str(task.uuid), "Success")

    assert task.run(job_timeout=0, progress=end) is True
    assert task.state == "Success"
    assert operations(qarnot_emulator).count("abortTask") == 1


def test_run_that_may_not_abort(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A refusal for another reason than the task's end is raised."""
    task = task_of(qarnot_connection, **LONG)
    qarnot_emulator.fail_next("abortTask", status=403)
    with pytest.raises(UnauthorizedException):
        task.run(job_timeout=1)


def test_run_of_what_is_refused(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Nothing is waited for that could not be submitted."""
    task = qarnot_connection.create_task("n")
    with pytest.raises(ValueError, match="profile"):
        task.run()
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"job_timeout": -1}, ValueError),
        ({"job_timeout": "10"}, TypeError),
        ({"progress": 1}, TypeError),
    ],
)
def test_run_refuses_bad_arguments_before_submitting(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    arguments: dict[str, Any],
    error: type[Exception],
) -> None:
    """A mistake in the call does not cost a task that nobody waits for."""
    task = qarnot_connection.create_task("n", PROFILE)
    [name] = arguments
    with pytest.raises(error, match=rf"^{name}\b"):
        task.run(**arguments)
    assert (task.uuid, qarnot_emulator.requests) == (None, [])
