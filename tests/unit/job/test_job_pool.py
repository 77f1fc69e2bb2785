"""`Job`: the pool it runs in."""

from __future__ import annotations

import pytest

from qarnot_domain import Connection, Job, Pool
from qarnot_domain.emulator import Emulator

from ..driving import JOB_PAYLOAD, POOL_UUID, PROFILE, ZERO_UUID, operations, submitted
from .members import assign_refused, check_locked_by_submission


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


@pytest.mark.parametrize("value", [None, "", ZERO_UUID])
def test_pool_of_the_server_may_be_null_or_zero(
    qarnot_connection: Connection, value: str | None
) -> None:
    """Null, no text and the zero uuid of the C# SDK all mean no pool."""
    assert Job.from_json(qarnot_connection, {**JOB_PAYLOAD, "poolUuid": value}).pool is None


def test_pool_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be set until submission, and never after."""
    check_locked_by_submission("pool", qarnot_connection, qarnot_emulator)
