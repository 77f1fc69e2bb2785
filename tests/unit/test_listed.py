"""Objects of a listing are like any other: stale after a while, refreshed, changed, deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import Connection, Job, MissingJobException
from qarnot_domain.emulator import Emulator

from .driving import PROFILE, add_task, operations, submitted


def listed(connection: Connection, *, packed: bool) -> Job:
    """The only job there is, as a listing gives it."""
    (job,) = connection.jobs()
    for _ in range(3 if packed else 0):
        connection.jobs(tags=["none has it"])
    return job


@pytest.fixture(params=[False, True], ids=["open", "packed"])
def job(request: pytest.FixtureRequest, qarnot_connection: Connection) -> Job:
    """A job from a listing: from one just read, or from an earlier one."""
    submitted(qarnot_connection, "a", tags=["b"])
    return listed(qarnot_connection, packed=request.param)


def test_members_are_read_without_a_request(job: Job, qarnot_emulator: Emulator) -> None:
    """A job of a list has all its members while it is fresh."""
    sent = len(qarnot_emulator.requests)
    assert (job.name, job.tags, job.state, job.pool) == ("a", ["b"], "Active", None)
    job.update()
    assert job.to_json()["name"] == "a"
    assert len(qarnot_emulator.requests) == sent


def test_stale_member_is_asked_for(job: Job, qarnot_emulator: Emulator) -> None:
    """After `update_cache_time`, which can be set before."""
    sent = len(qarnot_emulator.requests)
    job.update_cache_time = 60
    qarnot_emulator.advance(timedelta(seconds=59))
    assert job.name == "a"
    assert len(qarnot_emulator.requests) == sent
    qarnot_emulator.advance(timedelta(seconds=1))
    assert job.name == "a"
    assert operations(qarnot_emulator)[sent:] == ["retrieveJob"]
    assert job.update_cache_time == 60
    qarnot_emulator.advance(timedelta(seconds=59))
    assert job.tags == ["b"]
    assert len(qarnot_emulator.requests) == sent + 1


def test_what_earlier_answers_said_is_packed(qarnot_connection: Connection) -> None:
    """That of the two before is kept as it came (docs/adr/0018-lists-are-read-when-asked.md)."""
    submitted(qarnot_connection, "a", tags=["b"])
    jobs = [qarnot_connection.jobs()[0] for _ in range(4)]
    rows = [job._row for job in jobs]
    assert [isinstance(row and row.held, bytes) for row in rows] == [True, True, False, False]
    assert [job.tags for job in jobs] == [["b"]] * 4


def test_packing_keeps_what_was_set(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What a job of a list has of its own stays while others are listed."""
    submitted(qarnot_connection, "a")
    job = listed(qarnot_connection, packed=False)
    job.update_cache_time = 60
    listed(qarnot_connection, packed=True)
    sent = len(qarnot_emulator.requests)
    qarnot_emulator.advance(timedelta(seconds=59))
    assert (job.name, job.update_cache_time) == ("a", 60)
    assert len(qarnot_emulator.requests) == sent


def test_auto_update_can_be_switched_off(job: Job, qarnot_emulator: Emulator) -> None:
    """Then members give what was listed, however old."""
    sent = len(qarnot_emulator.requests)
    job.auto_update = False
    qarnot_emulator.advance(timedelta(days=1))
    assert (job.name, job.state) == ("a", "Active")
    assert len(qarnot_emulator.requests) == sent
    job.terminate()
    job.update()
    assert job.state == "Terminating"


def test_update_asks(job: Job, qarnot_emulator: Emulator) -> None:
    """At once with `flushcache`, otherwise when it is stale."""
    sent = len(qarnot_emulator.requests)
    job.update(flushcache=True)
    qarnot_emulator.advance(timedelta(seconds=5))
    job.update()
    assert operations(qarnot_emulator)[sent:] == ["retrieveJob"] * 2


def test_refresh_brings_it_up_to_date(
    job: Job, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """With the others of the list, by one request."""
    qarnot_connection.retrieve_job(str(job.uuid)).terminate()
    sent = len(qarnot_emulator.requests)
    assert qarnot_connection.refresh([job]) == []
    assert job.state in ("Terminating", "Completed")
    assert len(qarnot_emulator.requests) == sent + 1


def test_delete_keeps_what_was_listed(job: Job) -> None:
    """It is `Deleting`, locked, and gone."""
    job.delete()
    assert (job.name, job.state) == ("a", "Deleting")
    with pytest.raises(MissingJobException):
        job.submit()


def test_member_cannot_be_set(job: Job) -> None:
    """A listed job was submitted."""
    with pytest.raises(AttributeError, match="already submitted"):
        job.name = "b"


def test_it_is_the_same_job(job: Job, qarnot_connection: Connection) -> None:
    """In sets, and beside the one retrieved."""
    its = qarnot_connection.retrieve_job(str(job.uuid))
    assert {job, its} == {job} == {its}


@pytest.mark.parametrize("packed", [False, True])
def test_listed_task_is_committed(
    qarnot_connection: Connection, qarnot_emulator: Emulator, packed: bool
) -> None:
    """What is set of a task of a list goes out, beside what was listed."""
    task = add_task(submitted(qarnot_connection), qarnot_connection, A_CONSTANT="1")
    (found,) = qarnot_connection.tasks(summary=False)
    for _ in range(3 if packed else 0):
        qarnot_connection.tasks(tags=["none has it"], summary=False)
    found.tags = ["c"]
    assert found.tags == ["c"]
    found.commit()
    task.update(flushcache=True)
    assert (task.tags, dict(task.constants)) == (["c"], {"A_CONSTANT": "1"})


@pytest.mark.parametrize("retrieve", [True, False], ids=["retrieved", "listed"])
def test_final_state_is_not_asked_for_again(
    qarnot_connection: Connection, qarnot_emulator: Emulator, retrieve: bool
) -> None:
    """Nothing but a deletion can follow; an update, and any other member, asks the server."""
    job = submitted(qarnot_connection)
    job.terminate()
    qarnot_emulator.advance(timedelta(minutes=1))
    found = (
        qarnot_connection.retrieve_job(str(job.uuid))
        if retrieve
        else listed(qarnot_connection, packed=False)
    )
    assert found.state == "Completed"
    sent = len(qarnot_emulator.requests)
    qarnot_emulator.advance(timedelta(minutes=1))
    assert found.state == "Completed"
    assert operations(qarnot_emulator)[sent:] == []
    assert found.name == "job"
    assert operations(qarnot_emulator)[sent:] == ["retrieveJob"]
    qarnot_connection.retrieve_job(str(job.uuid)).delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    with pytest.raises(MissingJobException):
        found.update()


@pytest.mark.parametrize("make", ["job", "task", "pool"])
def test_slip_of_the_pen_is_told(qarnot_connection: Connection, make: str) -> None:
    """What is no member cannot be set, so nothing that the user gave is lost in silence."""
    arguments = () if make == "job" else (PROFILE,)
    made: Any = getattr(qarnot_connection, f"create_{make}")("a", *arguments)
    with pytest.raises(AttributeError, match="max_wall_tiem"):
        made.max_wall_tiem = "01:00:00"
