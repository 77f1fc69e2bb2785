"""The operations on tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from qarnot_domain.emulator import (
    _creation,
    _lifecycle,
    _listing,
    _output,
    _settings,
    _task_view,
    _wire,
)
from qarnot_domain.emulator._filters import Accessor
from qarnot_domain.emulator._http import Refusal, Response, json_response
from qarnot_domain.emulator._instances import require_running
from qarnot_domain.emulator._resource_view import wall_time
from qarnot_domain.emulator._router import Call, Route
from qarnot_domain.emulator._shapes import Items, Object, read_body
from qarnot_domain.emulator._small_shapes import CONSTANT
from qarnot_domain.emulator._store import Task
from qarnot_domain.emulator._task_creation import (
    MAX_TASK_CONSTANTS,
    SETTINGS,
    TASK_CREATE,
    create_task,
)

TASK_UPDATE: Final = Object(
    {
        "constraints": Items(CONSTANT),
        "constants": Items(CONSTANT, most=MAX_TASK_CONSTANTS),
        "tags": _creation.TAGS,
    }
)

_NOT_FILTERABLE: Final = (*_settings.NOT_FILTERABLE, "maxRetriesPerInstance", "priority")


def _setting(name: str) -> Accessor[Task]:
    return lambda task: _task_view.read_setting(task, name)


def _catalogue(now: datetime) -> _listing.Catalogue[Task]:
    """What can be asked about tasks; some of it changes as they execute."""
    return _listing.Catalogue(
        fields={
            **_listing.FIELDS,
            **{name: _setting(name) for name in SETTINGS if name not in _NOT_FILTERABLE},
            "profile": lambda task: task.profile,
            "poolUuid": lambda task: task.pool_uuid,
            "jobUuid": lambda task: task.job_uuid,
            "endDate": lambda task: task.end_date,
            "progress": lambda task: _task_view.progress(task, now),
            "executionTime": lambda task: _task_view.execution_time(task, now),
            "wallTime": lambda task: wall_time(task, now),
            "runningInstanceCount": _task_view.running_instances,
            "runningCoreCount": _task_view.running_cores,
            "resultsCount": lambda _task: _task_view.RESULTS_COUNT,
            "snapshotInterval": lambda _task: _task_view.SNAPSHOT_INTERVAL,
            "instanceCount": lambda task: task.instance_count,
            "totalInstanceCount": lambda task: len(task.instance_ids),
            "advancedRanges": lambda task: task.advanced_ranges,
            "constants": lambda task: _task_view.view_constants(task.constants),
            "dependencies": _task_view.view_dependencies,
            "autoDeleteOnCompletion": lambda task: task.auto_delete_on_completion,
            "completionTimeToLive": lambda task: task.completion_time_to_live.timedelta,
        },
        orders={
            **_listing.ORDERS,
            "executionTime": _listing.Order(
                lambda task: _wire.sortable_span(_task_view.execution_time(task, now))
            ),
        },
    )


def find_task(call: Call) -> Task:
    """The task that the path names, or a 404."""
    return call.find(call.store.tasks)


def list_tasks(call: Call) -> Response:
    tasks = _listing.tagged(call, call.store.tasks)
    return json_response([_task_view.view_task(task, call.now) for task in tasks])


def list_task_summaries(call: Call) -> Response:
    tasks = _listing.tagged(call, call.store.tasks)
    return json_response([_task_view.view_summary(task, call.now) for task in tasks])


def create_tasks(call: Call) -> Response:
    """One task, or several at once when the body is a list."""
    body = call.json()
    if isinstance(body, list):
        bodies: list[object] = body
        return _create_several(call, bodies)
    return _creation.created(submit(call, read_body(TASK_CREATE, body)))


def retrieve_task(call: Call) -> Response:
    return json_response(_task_view.view_task(find_task(call), call.now))


def update_task(call: Call) -> Response:
    task = find_task(call)
    if _lifecycle.is_final(task):
        raise Refusal(403, f"The task cannot be updated: it is not running but {task.state}")
    document = read_body(TASK_UPDATE, call.json())
    if document["constants"] is not None:
        task.constants = document["constants"]
    if document["constraints"] is not None:
        task.settings["constraints"] = document["constraints"]
    if document["tags"] is not None:
        task.tags = document["tags"]
    task.last_modified = call.now
    return Response()


def resync_task(call: Call) -> Response:
    """Nothing to bring: there are no files here."""
    require_running(find_task(call))
    return Response()


def restart_task(call: Call) -> Response:
    """Run an ended task anew, as the same task: a guess, as no source says what this does."""
    task = find_task(call)
    if not _lifecycle.is_final(task):
        raise Refusal(403, f"The task cannot be restarted: it is still {task.state}")
    job, pool = call.store.jobs.get(task.job_uuid), call.store.pools.get(task.pool_uuid)
    if job is not None and not _lifecycle.accepts_tasks(job):
        raise Refusal(403, f"The task cannot be restarted: its job is {job.state}")
    if task.pool_uuid is not None and (pool is None or not _lifecycle.is_open(pool)):
        raise Refusal(403, "The task cannot be restarted: its pool is closed")
    call.lifecycle.restart_task(task, call.now)
    return Response()


def delete_task(call: Call) -> Response:
    call.lifecycle.delete_task(find_task(call), call.now)
    return Response()


def abort_task(call: Call) -> Response:
    task = find_task(call)
    if _lifecycle.is_final(task):
        raise Refusal(403, f"The task cannot be aborted: it is not running but {task.state}")
    call.lifecycle.abort_task(task, call.now)
    return Response()


def search_tasks(call: Call) -> Response:
    return _listing.search(call, _catalogue(call.now), call.store.tasks, _whole(call))


def paginate_tasks(call: Call) -> Response:
    return _listing.paginate(call, _catalogue(call.now), call.store.tasks, _whole(call))


def paginate_task_summaries(call: Call) -> Response:
    return _listing.paginate(
        call,
        _catalogue(call.now),
        call.store.tasks,
        lambda task: _task_view.view_summary(task, call.now),
    )


ROUTES: Final = (
    Route("listTasks", "GET", "/tasks", list_tasks),
    Route("createTasks", "POST", "/tasks", create_tasks),
    Route("listTaskSummaries", "GET", "/tasks/summaries", list_task_summaries),
    Route("retrieveTask", "GET", "/tasks/{uuid}", retrieve_task),
    Route("updateTask", "PUT", "/tasks/{uuid}", update_task),
    Route("resyncTask", "PATCH", "/tasks/{uuid}", resync_task),
    Route("deleteTask", "DELETE", "/tasks/{uuid}", delete_task),
    Route("abortTask", "POST", "/tasks/{uuid}/abort", abort_task),
    Route("restartTask", "POST", "/tasks/{uuid}/restart", restart_task),
    Route("searchTasks", "POST", "/tasks/search", search_tasks),
    Route("paginateTasks", "POST", "/tasks/paginate", paginate_tasks),
    Route("paginateTaskSummaries", "POST", "/tasks/summaries/paginate", paginate_task_summaries),
    *_output.routes("Task", find_task),
)


def _whole(call: Call) -> Callable[[Task], dict[str, Any]]:
    return lambda task: _task_view.view_task(task, call.now)


def submit(call: Call, document: Mapping[str, Any]) -> Task:
    """The new task that a body in normal form describes, on its way, or a refusal."""
    task = create_task(call.store, document, call.now)
    call.lifecycle.submit_task(task)
    return task


def _create_several(call: Call, bodies: list[object]) -> Response:
    """Each on its own, answered in the order of the request."""
    results = [_create_one_of_several(call, body) for body in bodies]
    statuses = {result["statusCode"] for result in results}
    if len(statuses) <= 1:
        return json_response(results, *statuses)
    # All refused, for different reasons: the vendor's examples answer 400 as a whole.
    return json_response(results, 207 if 200 in statuses else 400)


def _create_one_of_several(call: Call, body: object) -> dict[str, Any]:
    try:
        task = submit(call, read_body(TASK_CREATE, body))
    except Refusal as refusal:
        return {"statusCode": refusal.status, "uuid": None, "message": refusal.message}
    return {"statusCode": 200, "uuid": task.uuid, "message": None}
