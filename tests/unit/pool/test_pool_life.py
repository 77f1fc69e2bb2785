"""`Pool`: its life on the server, what runs in it and what it writes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    InvalidRequestException,
    MissingPoolException,
    MissingPoolInstanceException,
    Pool,
    QarnotException,
    QarnotGenericException,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE, connect, operations, submitted
from .members import POOL

OPERATIONS = {
    ("stdout", None): "retrievePoolStdout",
    ("stdout", 1): "retrievePoolInstanceStdout",
    ("stderr", None): "retrievePoolStderr",
    ("stderr", 1): "retrievePoolInstanceStderr",
    ("fresh_stdout", None): "consumePoolStdout",
    ("fresh_stdout", 1): "consumePoolInstanceStdout",
    ("fresh_stderr", None): "consumePoolStderr",
    ("fresh_stderr", 1): "consumePoolInstanceStderr",
}
"""The operation of each way to read an output: of all instances, or of one."""


def running(connection: Connection, emulator: Emulator) -> Pool:
    """A pool of two nodes that execute by now."""
    pool = connection.create_pool("n", PROFILE, 2)
    pool.submit()
    emulator.advance(timedelta(minutes=1))
    assert pool.state == "FullyExecuting"
    return pool


# --- watching -----------------------------------------------------------------------------------


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
    pool = running(qarnot_connection, qarnot_emulator)
    task = qarnot_connection.create_task("t", pool)
    task.constants = {"EMULATOR_EXECUTION_TIME": "01:00:00"}
    task.submit()
    qarnot_emulator.advance(timedelta(minutes=1))
    assert (pool.running_instance_count, pool.running_core_count) == (2, 8)
    assert (pool.target_running_instance_count, pool.total_slot_capacity) == (2, 2)
    assert (pool.queued_or_running_task_instances_count, pool.pool_usage) == (1, 0.5)
    assert (pool.errors, pool.end_date) == ([], None)
    assert pool.wall_time is not None
    assert pool.wall_time.timedelta == timedelta(minutes=2)


def test_what_runs_in_it(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Its jobs and tasks are one request each time, and those of other pools are not in it."""
    pool = running(qarnot_connection, qarnot_emulator)
    job = submitted(qarnot_connection, pool=pool)
    submitted(qarnot_connection)
    task = qarnot_connection.create_task("t", pool)
    task.submit()
    sent = len(qarnot_emulator.requests)
    assert (pool.jobs, pool.tasks) == ([job], [task])
    assert operations(qarnot_emulator)[sent:] == ["listPoolJobs", "listPoolTasks"]


# --- ending -------------------------------------------------------------------------------------


def test_close(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """The next read of the state shows the server's word, however fresh what was known is."""
    pool = running(qarnot_connection, qarnot_emulator)
    pool.close()
    assert pool.state == "Closing"
    assert operations(qarnot_emulator)[-2:] == ["closePool", "retrievePool"]
    qarnot_emulator.advance(timedelta(minutes=1))
    assert (pool.state, pool.state.is_final) == ("Closed", True)
    with pytest.raises(UnauthorizedException):
        pool.close()


def test_close_whose_answer_is_lost_for_good(qarnot_emulator: Emulator) -> None:
    """The server may have closed it, so the next read asks."""
    with connect(qarnot_emulator, retry_count=0) as connection:
        pool = running(connection, qarnot_emulator)
        qarnot_emulator.fail_next("closePool", drop="after")
        with pytest.raises(QarnotGenericException):
            pool.close()
        assert pool.state == "Closing"


def test_delete_leaves_the_pool_deleting(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Afterwards it is on its way out for good, and submitting it again raises."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.delete()
    assert qarnot_emulator.requests == []
    pool.submit()
    pool.delete()
    assert (pool.state, pool.uuid is None) == ("PendingDelete", False)
    with pytest.raises(QarnotException, match="deleted"):
        pool.submit()
    qarnot_emulator.advance(timedelta(minutes=1))
    for action in (pool.delete, pool.close, pool.update_resources):
        with pytest.raises(MissingPoolException):
            action()
    with pytest.raises(MissingPoolException):
        qarnot_connection.retrieve_pool(str(pool.uuid))


def test_update_resources(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A running pool takes in what is new in its buckets, by one request, and no other does."""
    pool = running(qarnot_connection, qarnot_emulator)
    pool.update_resources()
    assert operations(qarnot_emulator)[-1] == "resyncPool"
    pool.close()
    with pytest.raises(InvalidRequestException):
        pool.update_resources()


# --- output -------------------------------------------------------------------------------------


def read(pool: Pool, way: tuple[str, int | None]) -> str:
    """What the output gives."""
    output, instance = way
    text: str = getattr(pool, output)(*() if instance is None else (instance,))
    return text


@pytest.mark.parametrize("way", OPERATIONS)
def test_output_is_one_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator, way: tuple[str, int | None]
) -> None:
    """Each way to read an output is its own operation, of a pool as of a task."""
    pool = running(qarnot_connection, qarnot_emulator)
    all_of_it = {None: "[0] started\n[1] started\n", 1: "[1] started\n"}[way[1]]
    text = all_of_it if way[0].endswith("stdout") else ""
    assert read(pool, way) == text
    assert operations(qarnot_emulator)[-1] == OPERATIONS[way]
    assert read(pool, way) == ("" if way[0].startswith("fresh_") else text)


@pytest.mark.parametrize("output", ["stdout", "stderr", "fresh_stdout", "fresh_stderr"])
def test_output_that_is_not_there(
    qarnot_connection: Connection, qarnot_emulator: Emulator, output: str
) -> None:
    """A draft has none, an instance may be missing, and so may the pool."""
    draft: Any = getattr(qarnot_connection.create_pool("n", PROFILE), output)
    with pytest.raises(QarnotGenericException, match="not submitted"):
        draft()
    assert qarnot_emulator.requests == []
    pool = running(qarnot_connection, qarnot_emulator)
    with pytest.raises(ValueError, match=r"^instanceId\b"):
        getattr(pool, output)(-1)
    with pytest.raises(MissingPoolInstanceException):
        getattr(pool, output)(7)
    pool.close()
    pool.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    with pytest.raises(MissingPoolException) as caught:
        getattr(pool, output)()
    assert type(caught.value) is MissingPoolException


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": "before"}, {"drop": "after"}])
def test_fresh_output_is_never_asked_for_again(
    qarnot_connection: Connection, qarnot_emulator: Emulator, fault: dict[str, Any]
) -> None:
    """What a lost answer held is consumed, and asking again would hide that."""
    pool = running(qarnot_connection, qarnot_emulator)
    qarnot_emulator.fail_next("consumePoolStdout", **fault)
    with pytest.raises(QarnotException):
        pool.fresh_stdout()
    assert operations(qarnot_emulator).count("consumePoolStdout") == 1


# --- adopting what a lost answer left -------------------------------------------------------------


@pytest.mark.parametrize("member", POOL)
def test_adoption_whatever_is_set(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """A pool with this member set is the one that the server then has."""
    pool = qarnot_connection.create_pool("n", PROFILE, shortname="mine")
    for name, value in {**POOL[member].along, member: POOL[member].value}.items():
        setattr(pool, name, value)
    qarnot_emulator.fail_next("createPool", drop="after")
    pool.submit()
    assert operations(qarnot_emulator) == ["createPool", "retrievePool"]
    assert qarnot_connection.pools() == [pool]
