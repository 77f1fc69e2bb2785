"""Jobs by the official SDK, as one of its users would write it; prints what it saw as JSON.

Runs in a virtual environment of its own, where `qarnot` is the SDK from the registry and nothing
of this project is installed. The cluster and the token come from the environment. Time is the
emulator's, which stands still while this runs: hence three acts, between which the test moves it.
"""

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, TypeAlias

import qarnot  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
from qarnot.exceptions import (  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
    MissingJobException,
    UnauthorizedException,
)

Sdk: TypeAlias = Any
"""An object of the official SDK, which has no types."""


def summary(job: Sdk) -> dict[str, Any]:
    """What the SDK knows of a job."""
    return {
        "uuid": job.uuid,
        "name": job.name,
        "shortname": job.shortname,
        "state": job.state,
        "use_dependencies": job.use_dependencies,
        "max_wall_time": str(job.max_wall_time),
        "creation_date": str(job.creation_date),
    }


def refusal(call: Callable[..., object], *arguments: str) -> list[str] | None:
    """The name of the exception that a call raises, and its message."""
    try:
        call(*arguments)
    except (MissingJobException, UnauthorizedException) as error:
        return [type(error).__name__, str(error)]
    return None


def begin(connection: Sdk) -> dict[str, Any]:
    """Create, submit, retrieve and list jobs, put tasks in one, terminate it, delete another."""
    job = connection.create_job("official", shortname="official-1", useDependencies=True)
    job.tags = ["contract", "sdk"]
    job.max_wall_time = "1.02:00:00"
    job.submit()
    forced = connection.create_job("forced")
    forced.auto_delete = True
    forced.submit()
    for one in (job, forced):
        connection.create_task(f"task of {one.name}", "docker-batch", 2, job=one).submit()
    second = connection.create_task("dependent", "docker-batch", 1, job=job)
    second.set_task_dependencies_from_uuids([job.tasks[0].uuid])
    second.submit()
    seen = {
        "version": version("qarnot"),
        "job": summary(job),
        "forced": forced.uuid,
        "retrieved": summary(connection.retrieve_job(job.uuid)),
        "by_shortname": connection.retrieve_job("official-1").uuid,
        "listed": [one.uuid for one in connection.jobs()],
        "by_tag": [one.uuid for one in connection.jobs(tags=["sdk", "x"])],
        "by_all_tags": [one.uuid for one in connection.jobs(tags_intersect=["sdk", "x"])],
        "tasks": [[task.name, task.state] for task in job.tasks],
        "refused_deletion": refusal(forced.delete),
    }
    forced.delete(forceAbort=True)
    job.terminate()
    job.update(True)
    return {**seen, "terminated": job.state}


def end(connection: Sdk) -> dict[str, Any]:
    """Find the job completed with its tasks cancelled, and delete it."""
    job = connection.retrieve_job("official-1")
    seen = {
        "job": summary(job),
        "tasks": [task.state for task in job.tasks],
        "listed": [one.uuid for one in connection.all_jobs()],
    }
    job.delete()
    return seen


def gone(connection: Sdk) -> dict[str, Any]:
    """Find nothing."""
    return {
        "retrieved": refusal(connection.retrieve_job, "official-1"),
        "listed": [one.uuid for one in connection.jobs()],
    }


ACTS = {"begin": begin, "end": end, "gone": gone}

sys.stdout.write(json.dumps(ACTS[sys.argv[1]](qarnot.Connection(retry_count=0))))
