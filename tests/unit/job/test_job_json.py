"""`Job`: from the API's JSON and back."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import Connection, Job
from qarnot_domain.emulator import Emulator

from ..driving import JOB_PAYLOAD, JOB_UUID, POOL_UUID, UNSET_DATE, operations, submitted
from .members import DATES, EXPECTED, LOCKABLE, SERVER_MEMBERS, assign_refused


def test_from_json_reads_every_member(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A job from the API's JSON has every member of it, tags and transitions included."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    assert (Job, JOB_UUID) == (type(job), job.uuid)
    assert {member: getattr(job, member) for member in EXPECTED} == EXPECTED
    assert job.pool is not None
    assert job.pool.uuid == POOL_UUID
    assert qarnot_emulator.requests == []


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


def test_from_json_ignores_and_keeps_what_it_does_not_know(qarnot_connection: Connection) -> None:
    """Members of a later API change nothing, and `to_json` gives them back."""
    extra: dict[str, Any] = {"billing": {"class": ["gold", None, 1.5]}, "name2": None}
    job = Job.from_json(qarnot_connection, {**JOB_PAYLOAD, **extra})
    assert {member: getattr(job, member) for member in EXPECTED} == EXPECTED
    assert {**JOB_PAYLOAD, **extra} == job.to_json()


def test_from_json_needs_only_the_uuid(qarnot_connection: Connection) -> None:
    """Every other member may be absent, or null, and then has its default."""
    nothing = {"uuid": JOB_UUID}
    for payload in (nothing, dict.fromkeys(JOB_PAYLOAD, None) | nothing):
        job = Job.from_json(qarnot_connection, payload)
        assert (
            job.uuid,
            job.pool,
            job.max_wall_time,
            job.tags,
            job.use_dependencies,
            job.auto_delete,
            job.completion_ttl,
            job.creation_date,
        ) == (JOB_UUID, None, None, [], False, False, "00:00:00", None)
        assert not job.state.is_final


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("uuid", None),
        ("uuid", ""),
        ("uuid", 3),
        ("name", 3),
        ("name", ["n"]),
        ("shortname", {}),
        ("poolUuid", 3),
        ("state", 3),
        ("state", {}),
        ("previousState", []),
        ("useDependencies", "true"),
        ("useDependencies", 1),
        ("autoDeleteOnCompletion", "no"),
        ("maxWallTime", 3600),
        ("maxWallTime", "banana"),
        ("maxWallTime", "24:00:00"),
        ("completionTimeToLive", ""),
        ("tags", "plain text"),
        ("tags", [3]),
        ("tags", [None]),
        ("tags", {"a": 1}),
    ],
)
def test_from_json_names_what_cannot_be_read(
    qarnot_connection: Connection, member: str, value: Any
) -> None:
    """A payload that cannot be a job is a `ValueError` that begins with the member's name."""
    with pytest.raises(ValueError, match=f"^{member}: "):
        Job.from_json(qarnot_connection, {**JOB_PAYLOAD, member: value})


def test_from_json_without_a_uuid_is_no_job(qarnot_connection: Connection) -> None:
    """Without a uuid there is no job, and the message begins with what is missing."""
    payload = {name: value for name, value in JOB_PAYLOAD.items() if name != "uuid"}
    with pytest.raises(ValueError, match=r"^uuid: expected"):
        Job.from_json(qarnot_connection, payload)


def test_from_json_of_part_of_a_job_asks_for_the_rest_when_it_is_read(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What is there is read as it is; what is not, with one request for all of it."""
    made = submitted(qarnot_connection, use_dependencies=True, tags=["t"])
    sent = len(qarnot_emulator.requests)
    part = Job.from_json(qarnot_connection, {"uuid": made.uuid, "state": "Active"}, is_summary=True)
    assert (part.state, "tags" in repr(part)) == ("Active", False)
    assert len(qarnot_emulator.requests) == sent
    assert (part.use_dependencies, part.tags, part.name) == (True, ["t"], "job")
    assert operations(qarnot_emulator)[sent:] == ["retrieveJob"]


def test_from_json_of_part_of_a_job_has_defaults_for_the_rest_when_reads_send_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """With `auto_update` off a member that is not known has its value of before submission."""
    part = Job.from_json(qarnot_connection, {"uuid": JOB_UUID}, is_summary=True)
    part.auto_update = False
    assert (part.use_dependencies, part.tags, part.max_wall_time) == (False, [], None)
    assert (part.auto_delete, part.completion_ttl, part.state) == (False, "00:00:00", "UnSubmitted")
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize("payload", [None, [], "job", 3, [("uuid", JOB_UUID)]])
def test_from_json_takes_only_an_object(qarnot_connection: Connection, payload: Any) -> None:
    """What is no JSON object is a `ValueError`, not some other failure."""
    with pytest.raises(ValueError, match="object"):
        Job.from_json(qarnot_connection, payload)


def test_from_json_and_to_json_round_trip(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The wire form comes back as it was, is JSON, and makes an equal job again."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    wire = job.to_json()
    assert wire == JOB_PAYLOAD
    assert json.loads(json.dumps(wire)) == JOB_PAYLOAD
    again = Job.from_json(qarnot_connection, wire)
    assert (job, wire) == (again, again.to_json())
    assert qarnot_emulator.requests == []


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


def test_from_json_keeps_its_own_copy(qarnot_connection: Connection) -> None:
    """Changing the payload, or what `to_json` gave, changes no snapshot."""
    payload = copy.deepcopy({**JOB_PAYLOAD, "later": {"list": [1]}})
    expected = copy.deepcopy(payload)
    job = Job.from_json(qarnot_connection, payload)
    for exposed in (payload, job.to_json(), job.to_json()):
        exposed["tags"].append("behind the back")  # type: ignore[union-attr]
        exposed["later"]["list"].append(2)  # type: ignore[index,call-overload,union-attr]
        exposed["name"] = "behind the back"
    assert expected == job.to_json()
    assert job.tags == ["b", "a"]


def test_from_json_to_json_of_a_draft_is_what_is_sent(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Before submission `to_json` gives the body of the creation, and no more."""
    job = qarnot_connection.create_job("n", shortname="s")
    job.tags = ["t"]
    wire = job.to_json()
    assert qarnot_emulator.requests == []
    job.submit()
    assert wire == qarnot_emulator.requests[0].body
