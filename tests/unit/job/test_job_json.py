"""`Job`: from the API's JSON and back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qarnot_domain import Connection, Job
from qarnot_domain.emulator import Emulator

from ..driving import JOB_PAYLOAD, UNSET_DATE, operations, submitted
from .members import DATES, LOCKABLE, SERVER_MEMBERS, assign_refused


def test_from_json_and_a_refresh_give_the_same_types(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A retrieved, a listed and a refreshed job have equal members of equal types."""
    made = submitted(
        qarnot_connection, max_wall_time="01:00:00", tags=["t"], completion_ttl="02:00:00"
    )
    retrieved = qarnot_connection.retrieve_job(str(made.uuid))
    (listed,) = qarnot_connection.jobs()
    for member in SERVER_MEMBERS:
        values = [getattr(job, member) for job in (made, retrieved, listed)]
        assert [values[0]] * 3 == values
        assert len(set(map(type, values))) == 1


def test_from_json_counts_as_just_retrieved(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What the payload says is fresh for the cache time, then asked for."""
    made = submitted(qarnot_connection)
    job = Job.from_json(qarnot_connection, {**JOB_PAYLOAD, "uuid": made.uuid})
    assert job.name == "name on the server"
    assert operations(qarnot_emulator) == ["createJob"]
    qarnot_emulator.advance(timedelta(seconds=5))
    assert job.name == "job"
    assert operations(qarnot_emulator) == ["createJob", "retrieveJob"]


def test_from_json_is_submitted(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A job from JSON is on the server: submitting it sends nothing, and it is locked."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    job.submit()
    for member in LOCKABLE:
        assign_refused(job, member, LOCKABLE[member][1], AttributeError)
    assert qarnot_emulator.requests == []


def test_from_json_without_a_uuid_is_no_job(qarnot_connection: Connection) -> None:
    """Without a uuid there is no job, and the message begins with what is missing."""
    payload = {name: value for name, value in JOB_PAYLOAD.items() if name != "uuid"}
    with pytest.raises(ValueError, match=r"^uuid: expected"):
        Job.from_json(qarnot_connection, payload)


def test_from_json_takes_what_to_json_gives_of_a_submitted_job(
    qarnot_connection: Connection,
) -> None:
    """`to_json` of a job just submitted, and of one just read, makes an equal job again."""
    job = submitted(qarnot_connection, tags=["t"], max_wall_time="01:00:00")
    for _ in range(2):
        again = Job.from_json(qarnot_connection, job.to_json())
        assert (job, job.to_json()) == (again, again.to_json())
        job.update()


def test_from_json_reads_the_year_one_as_no_date(qarnot_connection: Connection) -> None:
    """The API's sentinel is `None`, and stays so through `to_json`."""
    dates = dict.fromkeys(DATES.values(), UNSET_DATE)
    job = Job.from_json(qarnot_connection, {**JOB_PAYLOAD, **dates})
    again = Job.from_json(qarnot_connection, job.to_json())
    for member in DATES:
        assert getattr(job, member) is None
        assert getattr(again, member) is None
