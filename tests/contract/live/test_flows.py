"""The life of jobs, tasks and pools through the library, each exchange held to the document."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from qarnot_domain import (
    Connection,
    JobFields,
    MissingJobException,
    MissingPoolException,
    MissingTaskException,
    PoolFields,
    Task,
    TaskFields,
)

PROFILE = "docker-batch"
ENDS = ("Success", "Failure", "Cancelled")

writes = pytest.mark.usefixtures("writable")


def unique(kind: str) -> str:
    """A name that no other object has."""
    return f"{kind}-{secrets.token_hex(6)}"


def described(task: Task, tag: str) -> Task:
    """A small task that carries the tag."""
    task.tags = [tag]
    # The second means something to the emulator alone.
    task.constants = {"DOCKER_CMD": "sleep 20", "EMULATOR_EXECUTION_TIME": "00:00:05"}
    return task


def until(connection: Connection, holds: Callable[[], bool]) -> bool:
    """Whether it holds within some minutes, of the clock of the emulator if it is one."""
    for _ in range(600):
        if holds():
            return True
        connection.clock.sleep(1)
    return False


# --- reading


def test_the_account(connection: Connection) -> None:
    """The account, its quotas, the profiles and what machines there are."""
    assert connection.user_info.email
    assert connection.get_user_computing_quotas() is not None
    assert connection.get_organization_computing_quotas() is not None
    assert connection.retrieve_profile(connection.profiles_names()[0]).constants is not None
    assert list(connection.hardware_constraints()) != []
    connection.search_cpu_model_constraints("a")


def test_lists(connection: Connection) -> None:
    """Jobs, tasks and pools, whole, as summaries, by tags and page by page."""
    connection.jobs()
    connection.jobs(tags=["a", "b"])
    connection.jobs_page(maximum=1)
    for summary in (True, False):
        connection.tasks(summary=summary)
        connection.tasks(summary=summary, tags=["a"], tags_intersect=["b", "c"])
        connection.tasks_page(maximum=1, summary=summary)
        connection.pools(summary=summary)
        connection.pools_page(maximum=1, summary=summary)


def test_searches(connection: Connection) -> None:
    """Each kind of object by conditions, sorted."""
    connection.jobs(where=JobFields.name == "none", order_by="-creation_date")
    connection.tasks(where=TaskFields.state == "Success", order_by="name")
    connection.pools(where=PoolFields.name != "none")


def test_what_is_missing(connection: Connection) -> None:
    """An object that is not there is a documented 404."""
    with pytest.raises(MissingJobException):
        connection.retrieve_job(unique("none"))
    with pytest.raises(MissingTaskException):
        connection.retrieve_task(unique("none"))
    with pytest.raises(MissingPoolException):
        connection.retrieve_pool(unique("none"))


# --- writing


@writes
def test_the_life_of_a_job(connection: Connection, tag: str) -> None:
    """Made, found by both its names and its tag, terminated, deleted, and gone."""
    job = connection.create_job("contract", shortname=unique("job"), use_dependencies=True)
    job.tags = [tag]
    job.submit()
    assert job.uuid is not None
    assert job.shortname is not None

    assert connection.retrieve_job(job.shortname) == connection.retrieve_job(job.uuid) == job
    assert job in connection.jobs(tags_intersect=[tag])
    job.terminate()
    job.delete(forceAbort=True)
    assert until(connection, lambda: job not in connection.jobs(tags=[tag]))
    with pytest.raises(MissingJobException):
        connection.retrieve_job(job.uuid)


@writes
def test_tasks_in_a_job(connection: Connection, tag: str) -> None:
    """Many made at once, one after another, listed, waited for, with output of both kinds."""
    job = connection.create_job("contract", use_dependencies=True)
    job.tags = [tag]
    job.submit()
    first = described(connection.create_task("first", PROFILE, job=job), tag)
    second = described(connection.create_task("second", PROFILE, job=job), tag)
    connection.submit_tasks([first])
    second.set_task_dependencies_from_tasks([first])
    connection.submit_tasks([second])

    assert {task.uuid for task in job.tasks} == {first.uuid, second.uuid}
    assert connection.refresh([job, first, second]) == []
    assert first.wait(timeout=600)
    for instance in (None, 0):
        first.stdout(instance)
        first.stderr(instance)
        first.fresh_stdout(instance)
        first.fresh_stderr(instance)
    assert second.wait(timeout=600)
    assert {first.state, second.state} <= set(ENDS)
    job.delete(forceAbort=True)


@writes
def test_the_life_of_a_task(connection: Connection, tag: str) -> None:
    """Made, changed, its resources asked for anew, aborted, and deleted."""
    task = described(connection.create_task("contract", PROFILE, shortname=unique("task")), tag)
    task.submit()
    assert task.uuid is not None

    assert until(connection, lambda: task.state == "FullyExecuting")
    task.tags = [tag, "changed"]
    task.commit()
    task.update_resources()
    assert connection.retrieve_task(task.uuid).tags == [tag, "changed"]
    task.abort()
    assert task.wait(timeout=600)
    task.delete()
    assert until(connection, lambda: task not in connection.tasks(tags=[tag]))
    with pytest.raises(MissingTaskException):
        connection.retrieve_task(task.uuid)


@writes
def test_the_life_of_a_pool(connection: Connection, tag: str) -> None:
    """Made, changed, given a job and a task, read in all ways, closed, and deleted."""
    pool = connection.create_pool("contract", PROFILE, 1, shortname=unique("pool"))
    pool.tags = [tag]
    pool.submit()
    assert pool.uuid is not None
    job = connection.create_job("contract", pool=pool)
    job.tags = [tag]
    job.submit()
    described(connection.create_task("contract", job=job), tag).submit()

    assert until(connection, lambda: pool.state == "FullyExecuting")
    pool.tags = [tag, "changed"]
    pool.commit()
    pool.update_resources()
    assert connection.retrieve_pool(pool.uuid).tags == [tag, "changed"]
    assert [one.uuid for one in pool.jobs] == [job.uuid]
    assert len(pool.tasks) == 1
    for instance in (None, 0):
        pool.stdout(instance)
        pool.stderr(instance)
        pool.fresh_stdout(instance)
        pool.fresh_stderr(instance)
    job.delete(forceAbort=True)
    pool.close()
    pool.delete()


@writes
def test_what_is_taken(connection: Connection, tag: str) -> None:
    """A shortname that another job has is refused as documented."""
    shortname = unique("job")
    first = connection.create_job("contract", shortname=shortname)
    first.tags = [tag]
    first.submit()
    second = connection.create_job("contract", shortname=shortname)
    second.tags = [tag]

    with pytest.raises(Exception, match=r"createJob"):
        second.submit()
