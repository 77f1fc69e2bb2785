"""The operations on jobs."""

from __future__ import annotations

from typing import Final

from qarnot_domain.emulator import _creation, _lifecycle, _listing
from qarnot_domain.emulator._http import Refusal, Response, invalid, json_response
from qarnot_domain.emulator._job_view import view_job
from qarnot_domain.emulator._router import Call, Route
from qarnot_domain.emulator._shapes import (
    Boolean,
    Object,
    Shape,
    Span,
    Uuid,
    read_body,
)
from qarnot_domain.emulator._store import Job
from qarnot_domain.emulator._task_view import view_task
from qarnot_domain.states import JobState

SETTINGS: Final[dict[str, Shape]] = {
    "useDependencies": Boolean(),
    "maxWallTime": Span(),
}
"""The members of a job that are checked, kept and given back; a new one belongs here."""

JOB_CREATE: Final = Object(
    {**SETTINGS, **_creation.MEMBERS, "poolUuid": Uuid()}, required=("name",)
)

CATALOGUE: Final = _listing.Catalogue[Job](
    fields={
        **_listing.FIELDS,
        "poolUuid": lambda job: job.pool_uuid,
        "useDependencies": lambda job: job.use_dependencies,
    },
    orders=_listing.ORDERS,
)


def list_jobs(call: Call) -> Response:
    return json_response([view_job(job) for job in _listing.tagged(call, call.store.jobs)])


def create_job(call: Call) -> Response:
    store = call.store
    document = read_body(JOB_CREATE, call.json())
    _require_open_pool(call, document["poolUuid"])
    admitted = _creation.admit(store, store.jobs, store.limits.max_jobs, document, call.now)
    job = Job(
        **admitted,
        state=JobState.ACTIVE,
        pool_uuid=document["poolUuid"],
        settings={name: document[name] for name in SETTINGS},
    )
    call.lifecycle.open_job(job)
    return _creation.created(job)


def retrieve_job(call: Call) -> Response:
    return json_response(view_job(_job(call)))


def delete_job(call: Call) -> Response:
    job = _job(call)
    if not _is_forced(call) and call.lifecycle.unfinished_tasks(job):
        raise Refusal(
            403, "The job still has tasks that are not finished; use force to delete it with them"
        )
    call.lifecycle.delete_job(job, call.now)
    return Response()


def terminate_job(call: Call) -> Response:
    call.lifecycle.terminate_job(_job(call), call.now)
    return Response()


def list_job_tasks(call: Call) -> Response:
    tasks = call.store.tasks_of_job.of(_job(call).uuid)
    return json_response([view_task(task, call.now) for task in tasks])


def search_jobs(call: Call) -> Response:
    return _listing.search(call, CATALOGUE, call.store.jobs, view_job)


def paginate_jobs(call: Call) -> Response:
    return _listing.paginate(call, CATALOGUE, call.store.jobs, view_job)


ROUTES: Final = (
    Route("listJobs", "GET", "/jobs", list_jobs),
    Route("createJob", "POST", "/jobs", create_job),
    Route("retrieveJob", "GET", "/jobs/{uuid}", retrieve_job),
    Route("deleteJob", "DELETE", "/jobs/{uuid}", delete_job),
    Route("terminateJob", "POST", "/jobs/{uuid}/terminate", terminate_job),
    Route("listJobTasks", "GET", "/jobs/{uuid}/tasks", list_job_tasks),
    Route("searchJobs", "POST", "/jobs/search", search_jobs),
    Route("paginateJobs", "POST", "/jobs/paginate", paginate_jobs),
)


def _job(call: Call) -> Job:
    return call.find(call.store.jobs)


def _require_open_pool(call: Call, pool_uuid: str | None) -> None:
    if pool_uuid is None:
        return
    pool = call.store.pools.get(pool_uuid)
    if pool is None:
        raise Refusal(404, f"No such pool: {pool_uuid}")
    if not _lifecycle.is_open(pool):
        raise invalid({"poolUuid": ["the pool is closed"]})


def _is_forced(call: Call) -> bool:
    values = call.request.query_values("force")
    if any(value.lower() not in ("true", "false") for value in values):
        raise invalid({"force": ["must be true or false"]})
    return any(value.lower() == "true" for value in values)
