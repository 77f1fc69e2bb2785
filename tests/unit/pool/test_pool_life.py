"""`Pool`: its life on the server, and what runs in it."""

from __future__ import annotations

from datetime import timedelta

from qarnot_domain import Connection
from qarnot_domain.emulator import Emulator

from ..driving import LONG, PROFILE, operations, submitted
from .members import POOL


def test_state_follows_the_pools_life(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Refreshed when stale, it comes to execute."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.submit()
    assert pool.state == "Submitted"
    qarnot_emulator.advance(timedelta(minutes=1))
    assert (pool.state, pool.state.is_final) == ("FullyExecuting", False)
    assert operations(qarnot_emulator) == ["createPool", "retrievePool", "retrievePool"]


def test_running_pool_says_how_it_is_used(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Its figures are those of its nodes and of the tasks in it."""
    pool = POOL.executing(qarnot_connection, qarnot_emulator)
    task = qarnot_connection.create_task("t", pool)
    task.constants = LONG
    task.submit()
    qarnot_emulator.advance(timedelta(minutes=1))
    assert (pool.running_instance_count, pool.running_core_count) == (2, 8)
    assert (pool.target_running_instance_count, pool.total_slot_capacity) == (2, 2)
    assert (pool.queued_or_running_task_instances_count, pool.pool_usage) == (1, 0.5)
    assert (pool.errors, pool.end_date) == ([], None)
    assert pool.wall_time is not None
    assert pool.wall_time.timedelta == timedelta(minutes=2)


def test_nothing_runs_in_a_draft(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """And nobody is asked."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    assert (pool.jobs, pool.tasks) == ([], [])
    assert qarnot_emulator.requests == []


def test_what_runs_in_it(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Its jobs and tasks are one request each time, and those of other pools are not in it."""
    pool = POOL.executing(qarnot_connection, qarnot_emulator)
    job = submitted(qarnot_connection, pool=pool)
    submitted(qarnot_connection)
    task = qarnot_connection.create_task("t", pool)
    task.submit()
    sent = len(qarnot_emulator.requests)
    assert (pool.jobs, pool.tasks) == ([job], [task])
    assert operations(qarnot_emulator)[sent:] == ["listPoolJobs", "listPoolTasks"]
