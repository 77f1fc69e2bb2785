"""From the API's JSON to a job and back: nothing is lost, and what cannot be a job says why."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qarnot_domain import Connection, Job, JobState, TimeSpan
from tests.apart import apart

from . import strategies as s

MEMBERS = {
    "name": "name",
    "shortname": "shortname",
    "state": "state",
    "previous_state": "previousState",
    "use_dependencies": "useDependencies",
    "max_wall_time": "maxWallTime",
    "tags": "tags",
    "auto_delete": "autoDeleteOnCompletion",
    "completion_ttl": "completionTimeToLive",
}
"""Each member that reads the same as its JSON."""

DATES = {
    "state_transition_time": "stateTransitionTime",
    "previous_state_transition_time": "previousStateTransitionTime",
    "last_modified": "lastModified",
    "creation_date": "creationDate",
}


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    """A connection over which nothing is sent."""
    with Connection(client_token="unused", cluster_url="https://cluster.test") as made:
        yield made


def test_payloads_have_every_member() -> None:
    """No member of a job is left out of what is tried below."""
    odd = apart((member.wire for member in Job._members), s.JOB_MEMBERS, "declared")
    assert not odd, f"JOB_MEMBERS of tests/property/strategies.py: {odd}"


@given(payload=s.job_payloads(), unknown=s.unknown_members())
def test_whole_payload_comes_back_as_it_was(
    connection: Connection, payload: dict[str, Any], unknown: dict[str, Any]
) -> None:
    """With every member in canonical form `to_json` gives the payload, unknown members too."""
    wire = {**payload, **unknown}
    job = Job.from_json(connection, wire)
    assert job.to_json() == wire
    assert json.loads(json.dumps(job.to_json())) == wire


@given(payload=s.sparse_job_payloads())
def test_wire_form_is_stable(connection: Connection, payload: dict[str, Any]) -> None:
    """Snapshot to wire to snapshot to wire: after the first pass nothing changes any more."""
    job = Job.from_json(connection, payload)
    wire = job.to_json()
    again = Job.from_json(connection, wire)
    assert again.to_json() == wire
    assert again == job
    assert {name: wire[name] for name in payload if payload[name] is not None} == {
        name: value for name, value in payload.items() if value is not None
    }


@given(payload=s.job_payloads())
def test_members_are_those_of_the_payload(connection: Connection, payload: dict[str, Any]) -> None:
    """Each member reads as its JSON, in its documented type, whatever the state is called."""
    job = Job.from_json(connection, payload)
    for member, name in MEMBERS.items():
        assert getattr(job, member) == payload[name]
    for member, name in DATES.items():
        assert getattr(job, member) == datetime.fromisoformat(payload[name])
        assert getattr(job, member).tzinfo is UTC
    assert (type(job.state), type(job.max_wall_time)) == (JobState, TimeSpan)
    assert job.pool is not None
    assert (job.uuid, job.pool.uuid) == (payload["uuid"], payload["poolUuid"])


@given(payload=s.job_payloads(), names=st.sets(st.sampled_from(sorted(s.JOB_MEMBERS))))
def test_absent_and_null_read_alike(
    connection: Connection, payload: dict[str, Any], names: set[str]
) -> None:
    """A member that is missing and one that is null are the same to the reader."""
    absent = {name: value for name, value in payload.items() if name not in names}
    null = payload | dict.fromkeys(names)
    jobs = Job.from_json(connection, absent), Job.from_json(connection, null)
    assert jobs[0].to_json() == jobs[1].to_json()
    for member in (*MEMBERS, *DATES, "pool"):
        assert getattr(jobs[0], member) == getattr(jobs[1], member)


@given(spelled=s.spelled_dates(), member=st.sampled_from(sorted(DATES)))
def test_every_form_of_date_is_its_moment(
    connection: Connection, spelled: tuple[str, datetime], member: str
) -> None:
    """With 0 to 9 digits, with and without a zone, a date is its moment in UTC."""
    text, moment = spelled
    job = Job.from_json(connection, {"uuid": "x", DATES[member]: text})
    assert getattr(job, member) == moment
    again = Job.from_json(connection, job.to_json())
    assert getattr(again, member) == moment


@given(
    payload=s.job_payloads(),
    name=st.sampled_from(["uuid", *sorted(s.JOB_MEMBERS)]),
    value=s.json_values(),
)
@example(payload={"uuid": "x"}, name="poolUuid", value="\x1f")
@example(payload={"uuid": "x"}, name="poolUuid", value="")
def test_one_wrong_member_is_named(
    connection: Connection, payload: dict[str, Any], name: str, value: Any
) -> None:
    """A member with any other value is read, or is a `ValueError` that begins with its name."""
    try:
        job = Job.from_json(connection, {**payload, name: value})
    except ValueError as error:
        refusal = str(error)
    else:
        json.dumps(job.to_json())
        for member in (*MEMBERS, *DATES, "pool", "uuid"):
            getattr(job, member)
        return
    assert refusal.startswith(f"{name}: ")


@given(payload=s.json_values())
def test_any_json_is_a_job_or_a_value_error(connection: Connection, payload: Any) -> None:
    """Whatever JSON it is given, it makes a job or says that it cannot, and nothing else."""
    job = None
    with contextlib.suppress(ValueError):
        job = Job.from_json(connection, payload)
    assert job is None or job.uuid == payload["uuid"]


@given(
    name=s.names(),
    shortname=st.none() | s.shortnames(),
    tags=s.tags(),
    wall_time=st.none() | s.spelled_time_spans(negative=False).map(lambda spelling: spelling.text),
    flags=st.tuples(st.booleans(), st.booleans()),
)
def test_draft_writes_what_was_set(
    connection: Connection,
    name: str,
    shortname: str | None,
    tags: list[str],
    wall_time: str | None,
    flags: tuple[bool, bool],
) -> None:
    """What users set is what the creation holds; what they left out is absent, never null."""
    job = connection.create_job(name, shortname=shortname, use_dependencies=flags[0])
    job.tags = tags
    job.max_wall_time = wall_time
    job.auto_delete = flags[1]
    expected: dict[str, Any] = {
        "name": name,
        "tags": tags,
        "useDependencies": flags[0],
        "autoDeleteOnCompletion": flags[1],
    }
    if shortname is not None:
        expected["shortname"] = shortname
    if wall_time is not None:
        expected["maxWallTime"] = str(TimeSpan(wall_time))
    assert job.to_json() == expected
    assert (job.name, job.shortname, job.tags, job.max_wall_time) == (
        name,
        shortname,
        tags,
        None if wall_time is None else TimeSpan(wall_time),
    )
