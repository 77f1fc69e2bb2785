"""`Pool`, as far as it exists: made, submitted, watched, listed, deleted.

What it shares with `Job` (the draft, the cache, the lock) is one code; `test_job.py` proves it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    MissingPoolException,
    Pool,
    PoolState,
    QarnotException,
    TimeSpan,
)
from qarnot_domain.emulator import Emulator

from .driving import POOL_UUID, PROFILE, operations

POOL_PAYLOAD: dict[str, Any] = {
    "uuid": POOL_UUID,
    "name": "name on the server",
    "shortname": "shortname-on-the-server",
    "profile": PROFILE,
    "state": "Closing",
    "previousState": "FullyExecuting",
    "instanceCount": 3,
    "tags": ["b", "a"],
    "stateTransitionTime": "2026-02-03T04:05:06Z",
    "previousStateTransitionTime": "2026-02-03T04:05:05Z",
    "lastModified": "2026-02-03T04:05:07Z",
    "creationDate": "2026-02-03T04:05:04Z",
    "autoDeleteOnCompletion": True,
    "completionTimeToLive": "02:00:00",
    "endDate": "0001-01-01T00:00:00Z",
}

LOCKABLE: dict[str, Any] = {
    "name": "other",
    "shortname": "other",
    "profile": "other",
    "instance_count": 2,
    "tags": ["t"],
    "auto_delete": True,
    "completion_ttl": "01:00:00",
}


def test_making_a_pool_sends_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A new pool is a draft with the documented defaults."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    assert (type(pool), pool.name, pool.profile, pool.instance_count) == (Pool, "n", PROFILE, 1)
    assert (pool.uuid, pool.shortname, pool.tags) == (None, None, [])
    assert (type(pool.state), pool.state) == (PoolState, "UnSubmitted")
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"name": ""}, ValueError, "name"),
        ({"profile": ""}, ValueError, "profile"),
        ({"profile": None}, TypeError, "profile"),
        ({"instancecount": 0}, ValueError, "instance_count"),
        ({"instancecount": 2**31}, ValueError, "instance_count"),
        ({"instancecount": True}, TypeError, "instance_count"),
        ({"instancecount": "2"}, TypeError, "instance_count"),
        ({"shortname": "-"}, ValueError, "shortname"),
    ],
)
def test_bad_argument_is_refused_by_name(
    qarnot_connection: Connection, arguments: dict[str, Any], error: type[Exception], named: str
) -> None:
    """An argument that is not allowed is refused at once, by its member's name."""
    with pytest.raises(error, match=rf"^{named}\b"):
        qarnot_connection.create_pool(**{"name": "n", "profile": PROFILE, **arguments})


def test_submitting_sends_every_member(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The pool is one request with what the user set; submitting again does nothing."""
    pool = qarnot_connection.create_pool("n", PROFILE, 3, "short")
    pool.tags = ["b", "a"]
    pool.auto_delete = True
    pool.completion_ttl = timedelta(days=1)
    pool.submit()
    pool.submit()
    assert [request.body for request in qarnot_emulator.requests] == [
        {
            "name": "n",
            "profile": PROFILE,
            "instanceCount": 3,
            "shortname": "short",
            "tags": ["b", "a"],
            "autoDeleteOnCompletion": True,
            "completionTimeToLive": "1.00:00:00",
        }
    ]
    assert (pool.state, pool.instance_count, pool.tags) == ("Submitted", 3, ["b", "a"])
    assert qarnot_connection.retrieve_pool("short") == pool


@pytest.mark.parametrize("member", LOCKABLE)
def test_member_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """Each member can be set until submission and never after, deletion included."""
    draft = qarnot_connection.create_pool("n", PROFILE)
    setattr(draft, member, LOCKABLE[member])
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.submit()
    pool.update()
    for _ in range(2):
        sent = len(qarnot_emulator.requests)
        before = getattr(pool, member)
        with pytest.raises(AttributeError, match=rf"{member}.*pool is already submitted"):
            setattr(pool, member, LOCKABLE[member])
        assert getattr(pool, member) == before
        assert len(qarnot_emulator.requests) == sent
        pool.delete()


def test_state_follows_the_pools_life(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Refreshed when stale, it comes to execute."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.submit()
    assert pool.state == "Submitted"
    qarnot_emulator.advance(timedelta(minutes=1))
    assert (pool.state, pool.state.is_final) == ("FullyExecuting", False)
    assert operations(qarnot_emulator) == ["createPool", "retrievePool", "retrievePool"]


def test_from_json_reads_every_member(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A pool from the API's JSON has every member of it, and gives the JSON back."""
    pool = Pool.from_json(qarnot_connection, POOL_PAYLOAD)
    assert {name: getattr(pool, name) for name in LOCKABLE} == {
        "name": "name on the server",
        "shortname": "shortname-on-the-server",
        "profile": PROFILE,
        "instance_count": 3,
        "tags": ["b", "a"],
        "auto_delete": True,
        "completion_ttl": TimeSpan("02:00:00"),
    }
    assert (pool.uuid, pool.state, pool.previous_state) == (POOL_UUID, "Closing", "FullyExecuting")
    assert pool.creation_date == datetime(2026, 2, 3, 4, 5, 4, tzinfo=UTC)
    assert pool.to_json() == POOL_PAYLOAD
    assert qarnot_emulator.requests == []


def test_from_json_tolerates_null_everywhere(qarnot_connection: Connection) -> None:
    """Only the uuid is needed."""
    nothing = {"uuid": POOL_UUID}
    for payload in (nothing, dict.fromkeys(POOL_PAYLOAD, None) | nothing):
        pool = Pool.from_json(qarnot_connection, payload)
        assert (pool.uuid, pool.tags, pool.creation_date) == (POOL_UUID, [], None)


def test_delete_leaves_the_pool_deleting(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Afterwards it is on its way out for good, and submitting it again raises."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.delete()
    assert qarnot_emulator.requests == []
    pool.submit()
    pool.delete()
    assert (pool.state, pool.uuid is None) == ("PendingDelete", False)
    with pytest.raises(QarnotException, match="deleted"):
        pool.submit()
    qarnot_emulator.advance(timedelta(minutes=1))
    with pytest.raises(MissingPoolException):
        pool.delete()
    with pytest.raises(MissingPoolException):
        qarnot_connection.retrieve_pool(str(pool.uuid))


def test_repr_sends_nothing(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Showing a pool never asks the server, and never shows the token."""
    pool = Pool.from_json(qarnot_connection, POOL_PAYLOAD)
    qarnot_emulator.advance(timedelta(days=1))
    for shown in (repr(pool), str(pool), pool._repr_html_()):
        assert POOL_UUID in shown
        assert "Closing" in shown
        assert qarnot_emulator.token not in shown
    assert qarnot_emulator.requests == []


def test_adoption_of_a_pool_with_everything(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A pool with each member set finds itself after a lost answer."""
    pool = qarnot_connection.create_pool("n", PROFILE, 3, "mine")
    pool.tags = ["b", "a"]
    pool.completion_ttl = "01:00:00"
    pool.auto_delete = True
    qarnot_emulator.fail_next("createPool", drop="after")
    pool.submit()
    assert qarnot_connection.pools() == [pool]
    assert operations(qarnot_emulator).count("createPool") == 1
