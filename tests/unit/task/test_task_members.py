"""`Task`: making it, how many instances it has, and where it runs."""

from __future__ import annotations

from typing import Any

import pytest

from qarnot_domain import Connection, Pool
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE, sent_by, submitted

# --- making -------------------------------------------------------------------------------------


def test_making_a_task_with_every_argument(qarnot_connection: Connection) -> None:
    """Arguments are the members of their names, in the official SDK's order."""
    job = submitted(qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, 3, "short", job)
    assert (task.name, task.profile, task.instancecount) == ("n", PROFILE, 3)
    assert (task.shortname, task.job_uuid, task.advanced_range) == ("short", job.uuid, None)


def test_making_a_task_with_its_name_alone(qarnot_connection: Connection) -> None:
    """It says by itself neither what it runs nor where."""
    task = qarnot_connection.create_task("n")
    assert (task.name, task.profile, task.pool, task.job_uuid) == ("n", None, None, None)
    assert (task.instancecount, task.advanced_range) == (1, None)


def test_making_a_task_in_a_pool(qarnot_connection: Connection, pool: Pool) -> None:
    """A `Pool` in the profile's place is the pool it runs in."""
    task = qarnot_connection.create_task("n", pool)
    assert (task.profile, task.pool) == (None, pool)


def test_making_a_task_with_a_range(qarnot_connection: Connection) -> None:
    """A text in the count's place is a range of instances, and then there is no count."""
    task = qarnot_connection.create_task("n", PROFILE, "0-2,4-5,17")
    assert (task.instancecount, task.advanced_range) == (None, "0-2,4-5,17")


def test_draft_of_a_job_or_a_pool_is_refused(qarnot_connection: Connection) -> None:
    """A task cannot go where nothing is yet."""
    with pytest.raises(ValueError, match=r"job.*not submitted"):
        qarnot_connection.create_task("n", PROFILE, job=qarnot_connection.create_job("j"))
    with pytest.raises(ValueError, match=r"pool.*not submitted"):
        qarnot_connection.create_task("n", qarnot_connection.create_pool("p", PROFILE))


def test_something_else_than_a_job_is_refused(qarnot_connection: Connection, pool: Pool) -> None:
    """A pool is no job, and a job is no pool."""
    other: Any = pool
    with pytest.raises(TypeError, match=r"^job\b"):
        qarnot_connection.create_task("n", PROFILE, job=other)
    other = submitted(qarnot_connection)
    with pytest.raises(TypeError, match=r"^pool\b"):
        qarnot_connection.create_task("n", PROFILE).pool = other


# --- how many -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "0-0",
        "0-2047",
        "0-1023,1024-2047",
        "0-2047,5,7-9",
        "5-9,0-3,7-12",
        "007",
        "999999999",
        "2147483647",
        ",".join(str(n) for n in range(0, 4096, 2)),
    ],
)
def test_range_that_is_allowed(qarnot_connection: Connection, value: str) -> None:
    """Ranges are in any order and may overlap, and at most 2048 instances are in them."""
    task = qarnot_connection.create_task("n", PROFILE, value)
    task.submit()
    task.update()
    assert (task.advanced_range, task.instancecount) == (value, 0)


def test_summary_says_how_many_instances(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Those of a range included, and nothing is asked for."""
    qarnot_connection.create_task("n", PROFILE, "0-2").submit()
    [part] = qarnot_connection.tasks()
    assert sent_by(qarnot_emulator, lambda: part.total_instance_count) == []
    assert part.total_instance_count == 3


# --- where it is ----------------------------------------------------------------------------------


def test_submitting_in_a_job(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """The task is one request, with what the user gave, and then one of the job's."""
    job = submitted(qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, "0-2", job=job)
    body = {"name": "n", "profile": PROFILE, "advancedRanges": "0-2", "jobUuid": job.uuid}
    assert task.to_json() == body
    assert sent_by(qarnot_emulator, task.submit) == [("createTasks", body)]
    assert (task.state, task.job_uuid) == ("Submitted", job.uuid)
    assert job.tasks == [task]


@pytest.mark.parametrize("as_uuid", [True, False])
def test_job_is_given_as_a_job_or_a_uuid(qarnot_connection: Connection, as_uuid: bool) -> None:
    """Both mean the same."""
    job = submitted(qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, job=job.uuid if as_uuid else job)
    assert task.job_uuid == job.uuid
    task.submit()
    task.update()
    assert task.job_uuid == job.uuid


@pytest.mark.parametrize("as_uuid", [True, False])
def test_submitting_in_a_pool(
    qarnot_connection: Connection, qarnot_emulator: Emulator, pool: Pool, as_uuid: bool
) -> None:
    """A task of a pool sends the pool and no profile."""
    task = qarnot_connection.create_task("n")
    task.pool = str(pool.uuid).upper() if as_uuid else pool
    task.submit()
    assert qarnot_emulator.requests[-1].body == {
        "name": "n",
        "poolUuid": pool.uuid,
        "instanceCount": 1,
    }
    assert task.pool == pool
    assert pool.tasks == [task]


def test_submitting_in_a_job_with_a_pool(qarnot_connection: Connection, pool: Pool) -> None:
    """In a job that has a pool a task says neither profile nor pool, and gets the job's."""
    job = submitted(qarnot_connection, pool=pool)
    task = qarnot_connection.create_task("n", job=job)
    task.submit()
    assert (task.pool, task.job_uuid) == (pool, job.uuid)
