"""What the tests of `Job` share: its members, what they are allowed to be, what locks them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from qarnot_domain import Connection, Job, JobState, MissingJobException, TimeSpan
from qarnot_domain.emulator import Emulator, ManualClock

from ..driving import JOB_PAYLOAD, JOB_UUID, POOL_UUID, connect
from ..executions.kind import Kind

LOCKABLE: dict[str, tuple[Any, Any]] = {
    "name": ("first", "second"),
    "shortname": ("first-one", "second-one"),
    "pool": (None, POOL_UUID),
    "use_dependencies": (True, False),
    "max_wall_time": ("01:00:00", "02:00:00"),
    "auto_delete": (True, False),
    "completion_ttl": ("01:00:00", "02:00:00"),
    "tags": (["first"], ["second"]),
}
"""Each member that is locked by submission: a value before it, another one after it."""

NOT_ALLOWED: dict[str, tuple[Any, ...]] = {
    "name": ("", 3),
    "shortname": ("Not A Label", 3),
    "pool": ("not a uuid", 3),
    "use_dependencies": ("yes",),
    "max_wall_time": ("24:00:00", 3),
    "auto_delete": (None,),
    "completion_ttl": ("-00:00:01", 3),
    "tags": ("plain text", [3]),
}

SERVER_MEMBERS = (
    *LOCKABLE,
    "state",
    "creation_date",
    "state_transition_time",
    "previous_state",
    "previous_state_transition_time",
    "last_modified",
)
"""Each member that reflects the server once the job is submitted."""

DATES = {
    "creation_date": "creationDate",
    "state_transition_time": "stateTransitionTime",
    "previous_state_transition_time": "previousStateTransitionTime",
    "last_modified": "lastModified",
}

EXPECTED: dict[str, Any] = {
    "name": "name on the server",
    "shortname": "shortname-on-the-server",
    "use_dependencies": True,
    "max_wall_time": "3.10:07:06",
    "auto_delete": True,
    "completion_ttl": "02:00:00",
    "tags": ["b", "a"],
    "state": "Terminating",
    "previous_state": "Active",
    "creation_date": datetime(2026, 2, 3, 4, 5, 4, tzinfo=UTC),
    "previous_state_transition_time": datetime(2026, 2, 3, 4, 5, 5, tzinfo=UTC),
    "state_transition_time": datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    "last_modified": datetime(2026, 2, 3, 4, 5, 7, tzinfo=UTC),
}
"""What the members are for `JOB_PAYLOAD`, but for the pool."""

JOB: Final = Kind[Job](
    cls=Job,
    create=Connection.create_job,
    created="createJob",
    retrieve=Connection.retrieve_job,
    missing=MissingJobException,
    arguments={"name": "n"},
    bad_arguments=(
        ("name", {"name": ""}, ValueError),
        ("name", {"name": None}, TypeError),
        ("pool", {"pool": "banana"}, ValueError),
        ("pool", {"pool": 1}, TypeError),
        ("shortname", {"shortname": "Upper"}, ValueError),
        ("shortname", {"shortname": b"bytes"}, TypeError),
        ("use_dependencies", {"use_dependencies": 1}, TypeError),
    ),
    born="Active",
    given={"name": "n", "use_dependencies": False},
    body={"name": "n", "useDependencies": False},
    defaults={
        "shortname": None,
        "pool": None,
        "use_dependencies": False,
        "state": JobState.UNSUBMITTED,
        "max_wall_time": None,
        "auto_delete": False,
        "completion_ttl": TimeSpan.ZERO,
        "tags": [],
        "creation_date": None,
        "state_transition_time": None,
        "previous_state": None,
        "previous_state_transition_time": None,
        "last_modified": None,
    },
    unsaid={"name": "", "state": ""},
    payload=JOB_PAYLOAD,
    said={**EXPECTED, "uuid": JOB_UUID, "pool.uuid": POOL_UUID},
    unreadable=(
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
    ),
)


def answered(emulator: Emulator, job: Job, **members: Any) -> None:
    """Let the next retrieval of the job be answered with these members."""
    payload = {**JOB_PAYLOAD, "uuid": job.uuid, **members}
    emulator.fail_next("retrieveJob", status=200, body=payload)


def assign_refused(job: Job, member: str, value: object, error: type[Exception]) -> str:
    """What the refusal of an assignment says; it must leave the member as it was."""
    before = getattr(job, member)
    with pytest.raises(error) as caught:
        setattr(job, member, value)
    assert before == getattr(job, member)
    return str(caught.value)


def own_clock(emulator: Emulator) -> tuple[Connection, ManualClock]:
    """A connection on a clock of its own that starts at zero, so that ages are exact."""
    clock = ManualClock()
    return connect(emulator, clock=clock), clock


def check_locked(job: Job, member: str, emulator: Emulator) -> None:
    """Assigning the member raises as the contract says, changes nothing and sends nothing."""
    before = getattr(job, member)
    sent = len(emulator.requests)
    for value in (LOCKABLE[member][1], *NOT_ALLOWED[member]):
        with pytest.raises(AttributeError) as caught:
            setattr(job, member, value)
        assert member in str(caught.value)
        assert "job is already submitted" in str(caught.value)
    assert sent == len(emulator.requests)
    assert before == getattr(job, member)


def check_locked_by_submission(member: str, connection: Connection, emulator: Emulator) -> None:
    """The member can be set until submission, and never after, whatever happens to the job."""
    job = connection.create_job("n")
    first, _ = LOCKABLE[member]
    setattr(job, member, LOCKABLE[member][1])
    setattr(job, member, first)
    job.submit()
    job.update()
    assert first == getattr(job, member)
    check_locked(job, member, emulator)
    job.terminate()
    check_locked(job, member, emulator)
    job.delete()
    check_locked(job, member, emulator)
    check_locked(connection.retrieve_job(str(job.uuid)), member, emulator)
    emulator.advance(timedelta(minutes=1))
    check_locked(job, member, emulator)
