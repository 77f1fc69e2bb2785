"""What users may write against the public names, and the types that come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import assert_type

import qarnot_domain
from qarnot_domain import (
    Attempt,
    ConflictException,
    Connection,
    ConnectionFailedException,
    InvalidRequestException,
    Job,
    JobState,
    MalformedResponseException,
    MaxJobException,
    MaxPoolException,
    MaxTaskException,
    MissingBucketException,
    MissingJobException,
    MissingPoolException,
    MissingProfileException,
    MissingTaskException,
    NotEnoughCreditsException,
    Page,
    Pool,
    PoolState,
    QarnotException,
    QarnotGenericException,
    ServerException,
    SubmissionUnknownException,
    Task,
    TaskError,
    TaskState,
    TimeoutException,
    TimeSpan,
    TooManyRequestsException,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator, ManualClock
from qarnot_domain.testing import qarnot_connection, qarnot_emulator

assert_type(qarnot_domain.__version__, str)


def connections() -> None:
    with Connection("qarnot.ini") as from_file:
        assert_type(from_file, Connection)
    connection = Connection(
        {"cluster_url": "https://api.qarnot.com"},
        client_token="t",
        cluster_timeout=timedelta(seconds=10),
        retry_count=3,
        retry_wait=0.5,
        deadline=60,
        client_shortnames=True,
        clock=ManualClock(),
    )
    assert_type(connection.jobs(tags=["a"], tags_intersect=("b",)), list[Job])
    assert_type(connection.all_jobs(), Iterator[Job])
    assert_type(connection.jobs_page(maximum=10), Page[Job])
    assert_type(connection.jobs_page().page_data, tuple[Job, ...])
    assert_type(connection.retrieve_job("uuid"), Job)
    assert_type(connection.tasks(), list[Task])
    assert_type(connection.all_tasks(), Iterator[Task])
    assert_type(connection.tasks_page(), Page[Task])
    assert_type(connection.retrieve_task("uuid"), Task)
    assert_type(connection.pools(), list[Pool])
    assert_type(connection.all_pools(), Iterator[Pool])
    assert_type(connection.pools_page(), Page[Pool])
    assert_type(connection.retrieve_pool("uuid"), Pool)
    Connection(cluster_timeout="10")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def jobs(connection: Connection, pool: Pool) -> None:
    job = connection.create_job("name", pool, "shortname", True)
    assert_type(job, Job)
    assert_type(job.name, str)
    job.name = "other"
    job.name = 5  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    assert_type(job.shortname, str | None)
    job.shortname = None
    assert_type(job.uuid, str | None)
    job.uuid = "uuid"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert_type(job.state, JobState)
    assert_type(job.state.is_final, bool)
    assert_type(JobState.ACTIVE, JobState)
    assert_type(job.previous_state, str | None)
    assert_type(job.use_dependencies, bool)
    job.use_dependencies = True
    job.max_wall_time = timedelta(hours=1)
    job.max_wall_time = "01:00:00"
    job.max_wall_time = None
    assert_type(job.completion_ttl, TimeSpan)
    job.completion_ttl = TimeSpan("1.00:00:00")
    assert_type(job.completion_ttl.timedelta, timedelta)
    assert_type(job.tags, list[str])
    job.tags = ("a", "b")
    assert_type(job.auto_delete, bool)
    job.auto_delete = True
    assert_type(job.creation_date, datetime | None)
    assert_type(job.last_modified, datetime | None)
    assert_type(job.state_transition_time, datetime | None)
    assert_type(job.previous_state_transition_time, datetime | None)
    assert_type(job.auto_update, bool)
    job.auto_update = False
    assert_type(job.update_cache_time, float)
    job.update_cache_time = timedelta(seconds=1)
    job.pool = pool
    job.pool = "uuid"
    job.pool = None
    assert_type(job.tasks, list[Task])
    job.submit()
    job.update(flushcache=True)
    job.terminate()
    job.delete(forceAbort=True)
    assert_type(job.wait(timeout=timedelta(minutes=1), progress=True), bool)
    assert_type(job.wait(progress=report), bool)
    assert_type(Job.from_json(connection, {"uuid": "u", "tags": ["t"]}), Job)
    assert_type(Job.from_json(connection, job.to_json()), Job)


def report(counts: Mapping[str, int]) -> None:
    print(counts)


def reading(job: Job) -> None:
    """Nothing assigned before, so that no narrowing hides the declared types."""
    assert_type(job.max_wall_time, TimeSpan | None)
    assert_type(job.pool, Pool | None)


def tasks(connection: Connection, job: Job, pool: Pool) -> None:
    task = connection.create_task("name", "profile", 4, None, job)
    assert_type(task, Task)
    Task(connection, "name", pool, "0-3,7")
    task.constants = {"DOCKER_CMD": "true"}
    task.constants["DOCKER_CMD"] = "true"
    assert_type(task.constants["DOCKER_CMD"], str)
    task.dependencies = [task, "uuid"]
    assert_type(task.errors, list[TaskError])
    assert_type(task.errors[0].message, str | None)
    assert_type(task.state, TaskState)


def pools(connection: Connection) -> None:
    pool = connection.create_pool("name", "profile", 2, "shortname")
    assert_type(pool, Pool)
    assert_type(pool.state, PoolState)


def errors(job: Job) -> None:
    try:
        job.submit()
    except InvalidRequestException as error:
        assert_type(error.errors, Mapping[str, tuple[str, ...]])
    except (TooManyRequestsException, ServerException) as error:
        assert_type(error.retry_after, timedelta | None)
    except (
        ConflictException,
        ConnectionFailedException,
        MalformedResponseException,
        SubmissionUnknownException,
        TimeoutException,
        QarnotGenericException,
    ) as error:
        assert_type(error.history, tuple[Attempt, ...])
        assert_type(error.history[0].waited, timedelta)
    except (MaxJobException, MaxPoolException, MaxTaskException, NotEnoughCreditsException):
        pass
    except (MissingBucketException, MissingJobException, MissingPoolException):
        pass
    except (MissingProfileException, MissingTaskException, UnauthorizedException):
        pass
    except QarnotException as error:
        assert_type(error.status_code, int | None)
        assert_type(error.attempts, int)


def emulator() -> None:
    with Emulator(clock=ManualClock(), seed=1) as cloud:
        assert_type(cloud.url, str)
        assert_type(cloud.token, str)
        cloud.advance(timedelta(minutes=1))
    print(qarnot_connection, qarnot_emulator)
