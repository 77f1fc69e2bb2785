"""Jobs, tasks and pools by the official SDK, or with the import alone changed, by ours.

    python same.py {qarnot|qarnot_domain} {act}

Prints what it saw as JSON, which is to be the same with both. The cluster and the token come from
the environment. Time is the emulator's, which stands still while this runs: hence several acts,
between which the test moves it. What the two call differently by design is in one place, with the
row of docs/migration.md that says so.
"""

import importlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

NAME, ACT = sys.argv[1:]

Sdk: TypeAlias = Any
"""A module or an object of either SDK."""

sdk: Sdk = importlib.import_module(NAME)
exceptions: Sdk = importlib.import_module(f"{NAME}.exceptions")
dependency: Sdk = importlib.import_module(f"{NAME}.dependency")
hardware: Sdk = importlib.import_module(f"{NAME}.hardware_constraint")

# --- what differs by design -------------------------------------------------------------------

if NAME == "qarnot":
    RetrySettings: Sdk = importlib.import_module("qarnot.retry_settings").RetrySettings
    # "`AdvancedDependency` takes `TaskFinalStateSuccess()` and its likes"
    SUCCESS: Sdk = dependency.TaskFinalStateSuccess()
    FAILURE: Sdk = dependency.TaskFinalStateFailure()
else:
    RetrySettings = sdk.RetrySettings
    SUCCESS, FAILURE = dependency.TaskFinalState.SUCCESS, dependency.TaskFinalState.FAILURE


def date(value: Sdk) -> str | None:
    """A date without its zone: "`creation_date` is a text …, a `datetime` without a zone"."""
    text = str(value).replace("T", " ")[:19]
    # "a date that is not set is in the year 1": here it is `None`.
    return None if text in ("None", "0001-01-01 00:00:00") else text


def texts(words: Iterable[Sdk] | None) -> list[str]:
    """Words of the API, which are objects there: "words of the API are text, open to new ones"."""
    return sorted(str(word) for word in words or ())


# --- what both see ----------------------------------------------------------------------------


def job_seen(job: Sdk) -> dict[str, Any]:
    """What is known of a job."""
    job.update(True)
    return {
        "uuid": job.uuid,
        "name": job.name,
        "shortname": job.shortname,
        "state": job.state,
        "previous_state": job.previous_state,
        "use_dependencies": job.use_dependencies,
        "max_wall_time": str(job.max_wall_time),
        "creation_date": date(job.creation_date),
        "tags": job.tags,
        "auto_delete": job.auto_delete,
        "completion_ttl": str(job.completion_ttl),
        "tasks": [[task.name, task.uuid, task.state] for task in job.tasks],
    }


def dependencies_seen(dependencies: Sdk) -> dict[str, Any]:
    """What a task waits for, and how far that is."""
    return {
        "depends_on": list(dependencies.depends_on),
        "state": str(dependencies.state),
        "advanced": [
            {
                "task_uuid": one.task_uuid,
                "task_final_state_condition": texts(one.task_final_state_condition),
                "actual_final_state": str(one.actual_final_state),
                "state": str(one.state),
            }
            for one in dependencies.advanced_depends_on
        ],
    }


def task_seen(task: Sdk) -> dict[str, Any]:
    """What is known of a task."""
    task.update(True)
    return {
        "uuid": task.uuid,
        "name": task.name,
        "shortname": task.shortname,
        "profile": task.profile,
        "state": task.state,
        "previous_state": task.previous_state,
        "instancecount": task.instancecount,
        "advanced_range": task.advanced_range,
        "running_instance_count": task.running_instance_count,
        "running_core_count": task.running_core_count,
        "progress": task.progress,
        "execution_time": str(task.execution_time),
        "wall_time": str(task.wall_time),
        "creation_date": date(task.creation_date),
        "end_date": date(task.end_date),
        "constants": dict(task.constants),
        "tags": task.tags,
        "labels": dict(task.labels),
        "auto_delete": task.auto_delete,
        "completion_ttl": str(task.completion_ttl),
        "results_whitelist": task.results_whitelist,
        "hardware_constraints": [type(one).__name__ for one in task.hardware_constraints],
        "retry_settings": {k: v for k, v in task.retry_settings.to_json().items() if v is not None},
        "dependencies": dependencies_seen(task.dependencies),
        "errors": [[error.code, error.message] for error in task.errors],
        "completed_instances": [
            [one.instance_id, one.state, one.exec_time_sec] for one in task.completed_instances
        ],
        "succeeded": task.status and task.status.succeeded_range,
        "failed": task.status and task.status.failed_range,
        "running": [
            [one.instance_id, one.phase, one.progress, one.cpu_model, one.active_forward]
            for one in running_instances(task)
        ],
    }


def running_instances(task: Sdk) -> list[Any]:
    """What a task says of each instance that runs."""
    info = task.status and task.status.running_instances_info
    return list(info.per_running_instance_info) if info else []


def output_seen(task: Sdk) -> dict[str, Any]:
    """What a task or pool wrote, whole and of one instance; the fresh part is consumed."""
    return {
        "stdout": task.stdout(),
        "stderr": task.stderr(),
        "stdout of 0": task.stdout(0),
        "stderr of 0": task.stderr(instanceId=0),
        "fresh stdout": [task.fresh_stdout(), task.fresh_stdout()],
        "fresh stderr": [task.fresh_stderr(), task.fresh_stderr()],
        "fresh stdout of 0": [task.fresh_stdout(0), task.fresh_stdout(0)],
        "fresh stderr of 0": [task.fresh_stderr(instanceId=0), task.fresh_stderr(0)],
    }


def pool_seen(pool: Sdk) -> dict[str, Any]:
    """What is known of a pool."""
    pool.update(True)
    return {
        "uuid": pool.uuid,
        "name": pool.name,
        "shortname": pool.shortname,
        "profile": pool.profile,
        "state": pool.state,
        "previous_state": pool.previous_state,
        "instancecount": pool.instancecount,
        "running_instance_count": pool.running_instance_count,
        "total_slot_capacity": pool.total_slot_capacity,
        "creation_date": date(pool.creation_date),
        "constants": dict(pool.constants),
        "tags": pool.tags,
        "is_elastic": pool.is_elastic,
        "errors": [[error.code, error.message] for error in pool.errors],
    }


def names(found: Iterable[Sdk]) -> list[str]:
    """The names of what a listing gave, in its order."""
    return [one.name for one in found]


def refusal(call: Callable[..., object], *arguments: Sdk) -> str | None:
    """The name of the exception that a call raises; its words are "the server's words, then …"."""
    # "`MissingJobException` and `MaxJobException` are not a `QarnotException`": hence each.
    known = (
        exceptions.MissingJobException,
        exceptions.MissingPoolException,
        exceptions.MissingPoolInstanceException,
        exceptions.MissingTaskException,
        exceptions.MissingTaskInstanceException,
        exceptions.UnauthorizedException,
    )
    try:
        call(*arguments)
    except known as error:
        return type(error).__name__
    return None


# --- jobs and tasks ---------------------------------------------------------------------------


def begin(connection: Sdk) -> dict[str, Any]:
    """Create a job with tasks of all kinds, change one, abort one, list them."""
    # By position: "`create_job(…, useDependencies=…)`".
    job = connection.create_job("sweep", None, "sweep", True)
    job.tags = ["contract", "sweep"]
    job.max_wall_time = "1.02:00:00"
    job.completion_ttl = "10:00:00"
    job.submit()

    first = connection.create_task("first", "docker-batch", 3, "first", job)
    first.constants["DOCKER_CMD"] = "echo hello"
    first.constants["EMULATOR_EXECUTION_TIME"] = "30"
    first.tags = ["one", "two"]
    first.labels = {"team": "blue"}
    first.results_whitelist = r".*\.txt"
    first.hardware_constraints = [hardware.MinimumCoreHardware(4), hardware.SSDHardware()]
    first.retry_settings = RetrySettings(3, 2)
    first.completion_ttl = "02:00:00"
    first.auto_delete = True
    first.submit()
    ranged = connection.create_task("ranged", "docker-batch", "0-1,5", job=job)
    ranged.constants = {"EMULATOR_OUTCOME": "failure", "EMULATOR_EXECUTION_TIME": "10"}
    ranged.tags = ["one"]
    ranged.submit()

    after = connection.create_task("after", "docker-batch", 2, job=job)
    after.set_task_dependencies_from_tasks([first])
    after.submit()
    later = connection.create_task("later", "docker-batch", job=job)
    later.set_task_dependencies_from_uuids([first.uuid, after.uuid])
    later.submit()
    consoled = connection.create_task("consoled", "docker-batch", job=job)
    consoled.set_task_advanced_dependencies(
        [
            dependency.AdvancedDependency(ranged.uuid, [FAILURE]),
            dependency.AdvancedDependency(first.uuid),
        ]
    )
    consoled.submit()
    dropped = connection.create_task("dropped", "docker-batch", job=job)
    dropped.set_task_advanced_dependencies([dependency.AdvancedDependency(ranged.uuid, [SUCCESS])])
    dropped.submit()

    many = [
        connection.create_task(f"bulk {number}", "docker-batch", instances)
        for number, instances in enumerate((1, "2-3", 1))
    ]
    many[2].tags = ["bulk"]
    connection.submit_tasks(many)

    first.tags = ["one", "three"]
    first.constants["EXTRA"] = "1"
    first.commit()
    many[0].abort()

    return {
        "job": job_seen(job),
        "tasks": [task_seen(task) for task in (first, ranged, after, later, consoled, dropped)],
        "bulk": [task_seen(task) for task in many],
        "waited": first.wait(timeout=0),
        "by_shortname": connection.retrieve_task("first").uuid,
        "listed": names(connection.tasks()),
        "listed one by one": names(connection.all_tasks()),
        "whole": names(connection.tasks(summary=False)),
        "any tag": names(connection.tasks(tags=["two", "one", "bulk"])),
        "all tags": names(connection.tasks(tags_intersect=["one", "three"])),
        "no tag": names(connection.tasks(tags=["none"])),
        "page": names(connection.tasks_page(maximum=2).page_data),
        "jobs": names(connection.jobs(tags=["sweep"])),
        "refused": refusal(job.delete),
        "missing": refusal(connection.retrieve_task, "nothing"),
    }


def run(connection: Sdk) -> dict[str, Any]:
    """Find the tasks executing, and read what they wrote so far."""
    first = connection.retrieve_task("first")
    return {
        "job": job_seen(connection.retrieve_job("sweep")),
        "tasks": [task_seen(task) for task in connection.tasks()],
        "output": output_seen(first),
        "missing": refusal(first.stdout, 17),
        "waited": first.wait(timeout=0),
    }


def end(connection: Sdk) -> dict[str, Any]:
    """Find the tasks at their ends, and terminate and delete."""
    job = connection.retrieve_job("sweep")
    tasks = connection.tasks()
    seen = {
        "waited": [task.wait() for task in tasks],
        "tasks": [task_seen(task) for task in tasks],
        "output": [output_seen(task) for task in tasks if task.name in ("first", "after")],
        "of instance 5": next(task.stderr(5) for task in tasks if task.name == "ranged"),
        "aborted": refusal(tasks[0].abort),
    }
    late = connection.create_task("late", "docker-batch", job=job)
    late.submit()
    tasks[-1].delete()
    job.terminate()
    return {**seen, "late": task_seen(late), "job": job_seen(job)}


def gone(connection: Sdk) -> dict[str, Any]:
    """Find the job completed, delete it with its tasks, and find that it is gone."""
    job = connection.retrieve_job("sweep")
    seen = {"job": job_seen(job), "listed": names(connection.tasks())}
    job.delete(forceAbort=True)
    return seen


def nothing(connection: Sdk) -> dict[str, Any]:
    """Find nothing any more of the job."""
    return {
        "job": refusal(connection.retrieve_job, "sweep"),
        "task": refusal(connection.retrieve_task, "first"),
        "listed": names(connection.tasks()),
        "jobs": names(connection.all_jobs()),
    }


# --- pools ------------------------------------------------------------------------------------


def open_pool(connection: Sdk) -> dict[str, Any]:
    """Create a pool with a job and tasks in it."""
    pool = connection.create_pool("farm", "docker-batch", 2, "farm")
    pool.constants = {"DOCKER_REPO": "library/ubuntu"}
    pool.tags = ["contract"]
    pool.submit()
    job = connection.create_job("in the farm", pool)
    job.submit()
    task = connection.create_task("in the job", instancecount_or_range=3, job=job)
    task.constants = {"EMULATOR_EXECUTION_TIME": "10"}
    task.submit()
    direct = connection.create_task("direct", pool)
    direct.submit()
    pool.tags = ["contract", "new"]
    pool.commit()
    return {
        "pool": pool_seen(pool),
        "job": job_seen(job),
        "tasks": [task_seen(one) for one in (task, direct)],
        "pools of them": [one.pool.uuid for one in (job, task, direct)],
        "by_shortname": connection.retrieve_pool("farm").uuid,
        "listed": names(connection.pools()),
        "whole": names(connection.pools(summary=False)),
        "any tag": names(connection.all_pools(tags=["new", "none"])),
        "all tags": names(connection.all_pools(tags_intersect=["new", "none"])),
    }


def use_pool(connection: Sdk) -> dict[str, Any]:
    """Find its tasks executing, on as many nodes as there are."""
    return {
        "pool": pool_seen(connection.retrieve_pool("farm")),
        "tasks": [task_seen(task) for task in connection.tasks()],
    }


def close_pool(connection: Sdk) -> dict[str, Any]:
    """Find them ended, read what the pool wrote, and close it."""
    pool = connection.retrieve_pool("farm")
    tasks = connection.tasks()
    seen = {
        "waited": [task.wait() for task in tasks],
        "tasks": [task_seen(task) for task in tasks],
        "output": output_seen(pool),
        "missing": refusal(pool.stdout, 17),
    }
    pool.close()
    return {**seen, "pool": pool_seen(pool)}


def delete_pool(connection: Sdk) -> dict[str, Any]:
    """Find it closed, and delete it."""
    pool = connection.retrieve_pool("farm")
    seen = {"pool": pool_seen(pool), "closed": refusal(pool.close)}
    pool.delete()
    return seen


def no_pool(connection: Sdk) -> dict[str, Any]:
    """Find that it is gone."""
    return {
        "pool": refusal(connection.retrieve_pool, "farm"),
        "listed": names(connection.pools()),
    }


ACTS: Mapping[str, Callable[[Sdk], dict[str, Any]]] = {
    act.__name__: act
    for act in (
        begin,
        run,
        end,
        gone,
        nothing,
        open_pool,
        use_pool,
        close_pool,
        delete_pool,
        no_pool,
    )
}

sys.stdout.write(json.dumps(ACTS[ACT](sdk.Connection(retry_count=0))))
