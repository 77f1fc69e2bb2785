"""`Task`: its life on the server, and what changes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qarnot_domain import (
    Connection,
    InvalidRequestException,
    MissingTaskException,
    QarnotException,
    QarnotGenericException,
    Task,
    TaskError,
    TaskState,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE, add_task, connect, operations, submitted

LONG = {"EMULATOR_EXECUTION_TIME": "01:00:00"}


def running(connection: Connection, emulator: Emulator) -> Task:
    """A task that executes for an hour, and does by now."""
    task = connection.create_task("n", PROFILE, 2)
    task.constants = LONG
    task.submit()
    emulator.advance(timedelta(minutes=1))
    assert task.state == "FullyExecuting"
    return task


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


def test_running_task_says_how_far_it_is(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Its figures are those of its instances that run."""
    task = running(qarnot_connection, qarnot_emulator)
    assert (task.running_instance_count, task.running_core_count) == (2, 8)
    assert (task.total_instance_count, task.instancecount) == (2, 2)
    assert (task.end_date, task.completed_instances) == (None, [])
    assert task.wall_time is not None
    assert task.wall_time.timedelta == timedelta(minutes=1)
    assert task.execution_time is not None
    assert task.status is not None
    assert task.status.execution_time == task.execution_time
    assert task.status.started_once_range == "0-1"
    assert task.progress == task.status.execution_progress


def test_ended_task_says_how_it_ended(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Each instance has its own figures, and the task its end."""
    task = qarnot_connection.create_task("n", PROFILE, 2)
    task.submit()
    qarnot_emulator.advance(timedelta(minutes=1))
    assert [(one.instance_id, one.state) for one in task.completed_instances] == [
        (0, "success"),
        (1, "success"),
    ]
    assert isinstance(task.end_date, datetime)
    assert task.end_date.tzinfo is UTC
    assert (task.progress, task.results_count, task.credits) == (100.0, 0, None)
    assert task.status is not None
    assert task.status.succeeded_range == "0-1"


def test_failed_task_says_why(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Its errors are `TaskError`s, in a list of its own."""
    job = submitted(qarnot_connection)
    task = add_task(job, qarnot_connection, EMULATOR_OUTCOME="failure")
    qarnot_emulator.advance(timedelta(minutes=1))
    assert task.state == "Failure"
    [error] = task.errors
    assert (type(error), bool(error.message)) == (TaskError, True)
    assert [one.error for one in task.completed_instances] == [error]
    task.errors.clear()
    task.completed_instances.clear()
    assert (task.errors, len(task.completed_instances)) == ([error], 1)


# --- abort --------------------------------------------------------------------------------------


def test_abort(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """The next read of the state shows the server's word, however fresh what was known is."""
    task = running(qarnot_connection, qarnot_emulator)
    task.abort()
    assert task.state == "PendingCancel"
    assert operations(qarnot_emulator)[-2:] == ["abortTask", "retrieveTask"]
    qarnot_emulator.advance(timedelta(minutes=1))
    assert task.state == "Cancelled"


def test_abort_of_a_task_that_has_ended(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The server refuses it, and the next read asks after the state."""
    task = running(qarnot_connection, qarnot_emulator)
    qarnot_emulator.set_state(str(task.uuid), "Success")
    with pytest.raises(UnauthorizedException):
        task.abort()
    assert task.state == "Success"


def test_abort_whose_answer_is_lost_for_good(qarnot_emulator: Emulator) -> None:
    """The server may have aborted it, so the next read asks."""
    with connect(qarnot_emulator, retry_count=0) as connection:
        task = running(connection, qarnot_emulator)
        qarnot_emulator.fail_next("abortTask", drop="after")
        with pytest.raises(QarnotGenericException):
            task.abort()
        assert task.state == "PendingCancel"


def test_abort_of_a_task_that_is_gone(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is missing."""
    task = running(qarnot_connection, qarnot_emulator)
    task.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    with pytest.raises(MissingTaskException):
        task.abort()


@pytest.mark.parametrize("action", ["abort", "update_resources", "commit", "wait"])
@pytest.mark.parametrize("auto_update", [True, False])
def test_action_on_a_draft(
    qarnot_connection: Connection, qarnot_emulator: Emulator, action: str, auto_update: bool
) -> None:
    """What is not submitted can be neither changed nor waited for, and nothing is sent."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.auto_update = auto_update
    with pytest.raises(QarnotGenericException, match=rf"^{action}: .*not submitted"):
        getattr(task, action)()
    assert (qarnot_emulator.requests, task.state) == ([], "UnSubmitted")


# --- resources ----------------------------------------------------------------------------------


def test_update_resources(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A running task takes in what is new in its buckets, by one request."""
    task = running(qarnot_connection, qarnot_emulator)
    task.update_resources()
    assert operations(qarnot_emulator)[-1] == "resyncTask"


def test_update_resources_of_a_task_that_does_not_run(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The server refuses what makes no sense."""
    task = running(qarnot_connection, qarnot_emulator)
    qarnot_emulator.set_state(str(task.uuid), "Success")
    with pytest.raises(InvalidRequestException):
        task.update_resources()
    task.delete()
    with pytest.raises(MissingTaskException):
        task.update_resources()


# --- delete -------------------------------------------------------------------------------------


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
