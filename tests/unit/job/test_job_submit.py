"""`Job`: its submission."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    InvalidRequestException,
    MaxJobException,
    MissingJobException,
    NotEnoughCreditsException,
    QarnotException,
    QarnotGenericException,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator

from ..driving import JOB_UUID, POOL_UUID, PROFILE, connect, in_step, operations, submitted


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
