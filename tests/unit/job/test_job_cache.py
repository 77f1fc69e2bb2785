"""`Job`: when what is known of it is stale, and how it is refreshed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    Job,
    MalformedResponseException,
    MissingJobException,
    QarnotGenericException,
    ServerException,
    TimeSpan,
    TooManyRequestsException,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator, ManualClock

from ..driving import JOB_PAYLOAD, POOL_UUID, connect, in_step, operations, submitted
from .members import EXPECTED, SERVER_MEMBERS, answered, assign_refused, own_clock

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


def test_update_takes_what_an_answer_leaves_out_for_its_default(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A whole answer without a member says that it has its default: nobody asks again."""
    job = submitted(qarnot_connection, tags=["t"], auto_delete=True)
    qarnot_emulator.fail_next("retrieveJob", status=200, body={"uuid": job.uuid})
    sent = len(qarnot_emulator.requests)
    assert (job.tags, job.auto_delete, job.max_wall_time) == ([], False, None)
    assert len(qarnot_emulator.requests) == sent + 1


@pytest.mark.parametrize("other", ["0" * 8, "f" * 8])
def test_update_refuses_an_answer_about_another_job(
    qarnot_connection: Connection, qarnot_emulator: Emulator, other: str
) -> None:
    """An answer whose uuid is not the job's is no answer, wherever that uuid sorts."""
    job = submitted(qarnot_connection)
    answered(qarnot_emulator, job, uuid=other + str(job.uuid)[8:])
    with pytest.raises(MalformedResponseException, match=str(job.uuid)):
        job.update()


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
