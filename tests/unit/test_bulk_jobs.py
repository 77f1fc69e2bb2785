"""`Connection.submit_jobs`: several at a time, each job exactly once, each with its own outcome."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

from qarnot_domain import (
    BulkSubmissionException,
    Connection,
    ConnectionFailedException,
    InvalidRequestException,
    Job,
    MaxJobException,
    MissingJobException,
    MissingPoolException,
    QarnotException,
    QarnotGenericException,
    ServerException,
    SubmissionUnknownException,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator

from .driving import POOL_UUID, PROFILE, ActingClock, connect, operations

AT_A_TIME = 32


def drafts(connection: Connection, number: int, *, keyed: bool = False) -> list[Job]:
    """So many drafts, `keyed` by a shortname each."""
    return [
        connection.create_job(f"job {n}", shortname=f"short-{n}" if keyed else None)
        for n in range(number)
    ]


def check_each_once(connection: Connection, jobs: list[Job]) -> None:
    """Each job is there once, bound to the uuid of its own, and nothing else is there."""
    there = {job.uuid: job.name for job in connection.jobs()}
    # As they are known here: what the server says by these uuids would prove nothing.
    assert there == {job.uuid: job.to_json()["name"] for job in jobs}
    assert len(there) == len(jobs)


def failing(connection: Connection, jobs: list[Any]) -> BulkSubmissionException:
    """What a submission raises that cannot succeed as a whole."""
    with pytest.raises(BulkSubmissionException) as caught:
        connection.submit_jobs(jobs)
    return caught.value


def kinds(failure: BulkSubmissionException) -> dict[int, type[QarnotException]]:
    """The type of each error, by position."""
    return {position: type(error) for position, error in failure.errors.items()}


@pytest.mark.parametrize("number", [0, 1, AT_A_TIME + 1, 200])
def test_each_job_is_one_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator, number: int
) -> None:
    """However many there are, each is created once and bound to the uuid of its own."""
    jobs = drafts(qarnot_connection, number)
    qarnot_connection.submit_jobs(iter(jobs))
    assert operations(qarnot_emulator) == ["createJob"] * number
    check_each_once(qarnot_connection, jobs)


def test_several_are_on_their_way_at_once(qarnot_emulator: Emulator) -> None:
    """The second is sent before the first is done with, as many as 32 of them."""
    at_once = threading.Barrier(AT_A_TIME)

    def meet(_seconds: float) -> None:
        at_once.wait(timeout=30)

    # Each failed attempt is waited after, which here takes all of them to be there.
    clock = ActingClock(meet)
    qarnot_emulator.fail_next("createJob", status=429, times=AT_A_TIME)
    with connect(qarnot_emulator, clock=clock) as connection:
        jobs = drafts(connection, AT_A_TIME)
        connection.submit_jobs(jobs)
        check_each_once(connection, jobs)


def test_submitted_jobs_are_left_alone(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What is submitted already is not sent, and the same job twice is sent once."""
    jobs = drafts(qarnot_connection, 3)
    jobs[1].submit()
    uuid = jobs[1].uuid
    qarnot_connection.submit_jobs([*jobs, *jobs])
    assert operations(qarnot_emulator) == ["createJob"] * 3
    assert jobs[1].uuid == uuid
    check_each_once(qarnot_connection, jobs)


@pytest.mark.parametrize("stray", [None, "job", 3])
def test_something_else_than_a_job_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator, stray: Any
) -> None:
    """Nothing is sent then."""
    with pytest.raises(TypeError, match=f"jobs must be jobs, not {type(stray).__name__}"):
        qarnot_connection.submit_jobs([qarnot_connection.create_job("n"), stray])
    assert qarnot_emulator.requests == []


def test_task_is_no_job(qarnot_connection: Connection) -> None:
    """Tasks have a bulk of their own."""
    stray: Any = qarnot_connection.create_task("n", PROFILE)
    with pytest.raises(TypeError, match="jobs must be jobs, not Task"):
        qarnot_connection.submit_jobs([stray])


def test_job_of_another_connection_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Nothing is sent, by neither connection."""
    with connect(qarnot_emulator) as other, pytest.raises(ValueError, match="another connection"):
        qarnot_connection.submit_jobs([other.create_job("n")])
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, InvalidRequestException), (404, MissingPoolException)],
)
def test_refused_job_does_not_keep_the_others_from_being_submitted(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    status: int,
    error: type[QarnotException],
) -> None:
    """What is wrong with one says nothing about the others."""
    jobs = drafts(qarnot_connection, 100)
    jobs[50].pool = POOL_UUID
    qarnot_emulator.fail_next("createJob", status=status)
    failure = failing(qarnot_connection, jobs)
    assert sorted(kinds(failure).values(), key=str) == sorted(
        [error, MissingPoolException], key=str
    )
    assert 50 in failure.errors
    check_each_once(qarnot_connection, [job for job in jobs if job.uuid is not None])
    assert len(qarnot_connection.jobs()) == 98


def test_failure_says_how_many_and_why(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The message is of jobs, and has the server's words."""
    qarnot_emulator.fail_next("createJob", status=400, body={"message": "no such day"})
    failure = failing(qarnot_connection, drafts(qarnot_connection, 2))
    assert "1 of 2 jobs were not submitted" in failure.message
    assert "no such day" in failure.message


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, UnauthorizedException), (500, SubmissionUnknownException)],
)
def test_failure_of_all_stops_the_rest(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    status: int,
    error: type[QarnotException],
) -> None:
    """Once a request failed as any other would, no more are begun, and each says so."""
    jobs = drafts(qarnot_connection, 300)
    qarnot_emulator.fail_next("createJob", status=status, times=None)
    failure = failing(qarnot_connection, jobs)
    sent = len(qarnot_emulator.requests)
    assert sent <= AT_A_TIME
    found = kinds(failure)
    assert list(found) == list(range(300))
    assert list(found.values()).count(error) == sent
    assert list(found.values()).count(QarnotGenericException) == 300 - sent
    assert "not sent, because sending others failed" in failure.errors[299].message


def test_jobs_over_the_quota_are_told(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """As many as there is room for are there, and the rest can be submitted once there is more."""
    qarnot_emulator.set_limits(max_jobs=5)
    jobs = drafts(qarnot_connection, 100)
    failure = failing(qarnot_connection, jobs)
    assert MaxJobException in kinds(failure).values()
    assert len([job for job in jobs if job.uuid is not None]) == 5
    qarnot_emulator.set_limits(max_jobs=1000)
    qarnot_connection.submit_jobs(jobs)
    check_each_once(qarnot_connection, jobs)


def test_no_connection_leaves_drafts(qarnot_emulator: Emulator) -> None:
    """A server that cannot be reached has none of them, and each can be submitted later."""
    with connect(qarnot_emulator, cluster_url="http://127.0.0.1:1", retry_count=0) as connection:
        jobs = drafts(connection, 40)
        failure = failing(connection, jobs)
    assert ConnectionFailedException in kinds(failure).values()
    assert {job.state for job in jobs} == {"UnSubmitted"}


def test_lost_answers_with_shortnames_are_resolved(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Each job whose answer is lost is looked up, and is there once."""
    qarnot_emulator.fail_next("createJob", drop="after", times=10)
    jobs = drafts(qarnot_connection, 40, keyed=True)
    qarnot_connection.submit_jobs(jobs)
    check_each_once(qarnot_connection, jobs)


def test_job_in_doubt_or_deleted_does_not_keep_the_others_from_being_submitted(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Each says again what became of it, and is not created again."""
    unknown, deleted, free = drafts(qarnot_connection, 3)
    qarnot_emulator.fail_next("createJob", drop="before")
    with pytest.raises(SubmissionUnknownException):
        unknown.submit()
    deleted.submit()
    deleted.delete()
    failure = failing(qarnot_connection, [unknown, deleted, free])
    assert kinds(failure) == {0: SubmissionUnknownException, 1: MissingJobException}
    assert free.uuid is not None


def test_interrupted_submission_begins_no_more(qarnot_emulator: Emulator) -> None:
    """Ctrl-C waits for what is on its way, whose outcome is known, and leaves the rest drafts."""
    interrupted = threading.Event()

    def interrupt(_seconds: float) -> None:
        if not interrupted.is_set():
            interrupted.set()
            signal.raise_signal(signal.SIGINT)

    # The first attempts fail, and while they are waited after the user interrupts.
    qarnot_emulator.fail_next("createJob", status=429, times=AT_A_TIME)
    with connect(qarnot_emulator, clock=ActingClock(interrupt)) as connection:
        jobs = drafts(connection, 300)
        with pytest.raises(KeyboardInterrupt):
            connection.submit_jobs(jobs)
        submitted = [job for job in jobs if job.uuid is not None]
        assert len(submitted) < 300
        check_each_once(connection, submitted)
        # Some may be left, where few had begun when the user interrupted.
        qarnot_emulator.clear_faults()
        connection.submit_jobs(jobs)
        check_each_once(connection, jobs)


def test_server_that_fails_says_so_in_each_error(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The cause of an unknown outcome is what the server answered."""
    qarnot_emulator.fail_next("createJob", status=500)
    failure = failing(qarnot_connection, drafts(qarnot_connection, 1))
    assert isinstance(failure.errors[0].__cause__, ServerException)
