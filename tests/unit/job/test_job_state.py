"""`Job`: its state, the one before, and its dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qarnot_domain import Connection, Job, JobState, ServerException
from qarnot_domain.emulator import Emulator

from ..driving import JOB_PAYLOAD, connect, operations, submitted
from .members import DATES, EXPECTED, answered, assign_refused

# --- state ------------------------------------------------------------------------------------


def test_state_before_submission_is_unsubmitted(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A draft is `UnSubmitted`, which is a `JobState`, and no request is needed to know."""
    state = qarnot_connection.create_job("n").state
    assert (JobState, "UnSubmitted", JobState.UNSUBMITTED) == (type(state), str(state), state)
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize("word", ["Active", "Terminating", "Completed", "Deleting"])
def test_state_is_the_servers_word(
    qarnot_connection: Connection, qarnot_emulator: Emulator, word: str
) -> None:
    """Each documented state is a `JobState` equal to the server's text."""
    job = submitted(qarnot_connection)
    qarnot_emulator.set_state(str(job.uuid), word)
    assert (JobState, word) == (type(job.state), job.state)


@pytest.mark.parametrize("word", ["Hibernating", "active", "", "État", "Completed "])
def test_state_not_known_is_given_as_it_came(
    qarnot_connection: Connection, qarnot_emulator: Emulator, word: str
) -> None:
    """A state that no document knows is kept to the letter, never an error, never final."""
    job = submitted(qarnot_connection)
    qarnot_emulator.set_state(str(job.uuid), word)
    assert (JobState, word, False) == (type(job.state), str(job.state), job.state.is_final)


def test_state_refreshes_when_stale(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A read of a stale state is one request; of a fresh one, none."""
    job = submitted(qarnot_connection)
    assert job.state == "Active"
    qarnot_emulator.set_state(str(job.uuid), "Terminating")
    assert job.state == "Active"
    assert operations(qarnot_emulator).count("retrieveJob") == 1
    qarnot_emulator.advance(timedelta(seconds=5))
    assert job.state == "Terminating"
    assert job.state == "Terminating"
    assert operations(qarnot_emulator).count("retrieveJob") == 2


def test_state_that_cannot_be_refreshed_stays_what_it_was(qarnot_emulator: Emulator) -> None:
    """A failed refresh raises and leaves the old snapshot, which the next success replaces."""
    with connect(qarnot_emulator, retry_count=0) as connection:
        job = submitted(connection)
        assert job.state == "Active"
        qarnot_emulator.advance(timedelta(seconds=5))
        qarnot_emulator.set_state(str(job.uuid), "Completed")
        qarnot_emulator.fail_next("retrieveJob", status=500)
        with pytest.raises(ServerException):
            assert job.state
        job.auto_update = False
        assert (job.state, job.name) == ("Active", "job")
        job.auto_update = True
        assert job.state == "Completed"


def test_state_is_read_only(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Nobody but the server sets the state."""
    job = qarnot_connection.create_job("n")
    assert "state" in assign_refused(job, "state", "Active", AttributeError)
    job.submit()
    assert "state" in assign_refused(job, "state", "Completed", AttributeError)


# --- dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-07-12T17:48:41Z", datetime(2021, 7, 12, 17, 48, 41, tzinfo=UTC)),
        ("2021-07-12T17:48:41", datetime(2021, 7, 12, 17, 48, 41, tzinfo=UTC)),
        ("2021-07-12T17:48:41+00:00", datetime(2021, 7, 12, 17, 48, 41, tzinfo=UTC)),
        ("2021-07-12T19:48:41+02:00", datetime(2021, 7, 12, 17, 48, 41, tzinfo=UTC)),
        ("2014-12-24T15:10:54.8659219Z", datetime(2014, 12, 24, 15, 10, 54, 865921, tzinfo=UTC)),
        ("2014-12-24T15:10:54.865921987Z", datetime(2014, 12, 24, 15, 10, 54, 865921, tzinfo=UTC)),
        ("2026-03-26T09:53:57.414Z", datetime(2026, 3, 26, 9, 53, 57, 414000, tzinfo=UTC)),
        ("2026-03-26T09:53:57.4Z", datetime(2026, 3, 26, 9, 53, 57, 400000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("member", DATES)
def test_creation_date_and_the_other_dates_are_aware_and_in_utc(
    qarnot_connection: Connection, member: str, text: str | None, expected: datetime | None
) -> None:
    """Every form of date the API writes is read as an aware `datetime` in UTC, or `None`."""
    job = Job.from_json(qarnot_connection, {**JOB_PAYLOAD, DATES[member]: text})
    value = getattr(job, member)
    assert expected == value
    assert value is None or value.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2021-13-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "",
        20210101,
        True,
        {},
    ],
)
@pytest.mark.parametrize("member", DATES)
def test_creation_date_and_the_other_dates_that_cannot_be_read(
    qarnot_connection: Connection, member: str, text: object
) -> None:
    """What is no date is a `ValueError` that names the member of the JSON."""
    with pytest.raises(ValueError, match=f"^{DATES[member]}: "):
        Job.from_json(qarnot_connection, {**JOB_PAYLOAD, DATES[member]: text})  # type: ignore[dict-item]


def test_creation_date_comes_with_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is `None` before submission and the server's date after."""
    job = qarnot_connection.create_job("n")
    assert job.creation_date is None
    job.submit()
    answered(qarnot_emulator, job)
    assert EXPECTED["creation_date"] == job.creation_date


def check_read_only_date(member: str, connection: Connection, emulator: Emulator) -> None:
    """The member cannot be set, is `None` in a draft, and is refreshed when stale."""
    job = connection.create_job("n")
    assert getattr(job, member) is None
    assert member in assign_refused(job, member, datetime(2026, 1, 1, tzinfo=UTC), AttributeError)
    assert emulator.requests == []
    job.submit()
    job.update()
    answered(emulator, job)
    emulator.advance(timedelta(seconds=5))
    sent = len(emulator.requests)
    assert EXPECTED[member] == getattr(job, member)
    assert sent + 1 == len(emulator.requests)
    assert member in assign_refused(job, member, None, AttributeError)


def test_creation_date_is_read_only(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Only the server sets it."""
    check_read_only_date("creation_date", qarnot_connection, qarnot_emulator)


def test_state_transition_time_is_read_only_and_refreshed(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Only the server sets it, and a stale one is asked for again."""
    check_read_only_date("state_transition_time", qarnot_connection, qarnot_emulator)


def test_previous_state_transition_time_is_read_only_and_refreshed(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Only the server sets it, and a stale one is asked for again."""
    check_read_only_date("previous_state_transition_time", qarnot_connection, qarnot_emulator)


def test_last_modified_is_read_only_and_refreshed(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Only the server sets it, and a stale one is asked for again."""
    check_read_only_date("last_modified", qarnot_connection, qarnot_emulator)


def test_previous_state_is_read_only_and_refreshed(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is the server's text or `None`, cannot be set, and a stale one is asked for again."""
    job = qarnot_connection.create_job("n")
    assert job.previous_state is None
    assert "previous_state" in assign_refused(job, "previous_state", "x", AttributeError)
    job.submit()
    seen = [job.previous_state]
    for state in ("Terminating", "Hibernating", "Completed"):
        qarnot_emulator.set_state(str(job.uuid), state)
    seen.append(job.previous_state)
    qarnot_emulator.advance(timedelta(seconds=5))
    seen.append(job.previous_state)
    assert seen == [None, None, "Hibernating"]
    assert "previous_state" in assign_refused(job, "previous_state", "x", AttributeError)


def test_previous_state_and_transition_times_follow_the_jobs_life(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """After a transition they tell what was before and when both began."""
    job = submitted(qarnot_connection)
    born = job.creation_date
    assert born is not None
    qarnot_emulator.advance(timedelta(minutes=1))
    job.terminate()
    assert (job.state, job.previous_state) == ("Terminating", "Active")
    assert job.state_transition_time is not None
    # Of the creation only the second is told.
    since = job.state_transition_time - born
    assert timedelta(minutes=1) <= since < timedelta(minutes=1, seconds=1)
    assert job.previous_state_transition_time in (None, born)
