"""`Task`: its life on the server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qarnot_domain import Connection, TaskError, TaskState, UnauthorizedException
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE, add_task, submitted
from .members import TASK


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
    task = TASK.executing(qarnot_connection, qarnot_emulator)
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


def test_commit_to_a_task_that_has_ended(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The server's refusal is an exception, and what was set is still what is read."""
    task = TASK.known(qarnot_connection)
    qarnot_emulator.set_state(str(task.uuid), "Success")
    task.tags = ["a"]
    with pytest.raises(UnauthorizedException):
        task.commit()
    assert (task.tags, task.state) == (["a"], "Success")
