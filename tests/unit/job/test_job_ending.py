"""`Job`: its termination and its deletion."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    JobState,
    MissingJobException,
    QarnotGenericException,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator

from ..driving import add_task, connect, operations, submitted
from .members import SERVER_MEMBERS, answered

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
            job.update()


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
