"""What a user does that reads an answer, and all that can be read of what comes of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from qarnot_domain import Connection, Job, Pool, Task

PROFILE: Final = "docker-batch"


@attrs.frozen
class Call:
    """One use of a connection, which makes one request."""

    name: str
    use: Callable[[Connection], object]


def _submit_tasks(connection: Connection) -> None:
    drafts = [connection.create_task(name, PROFILE) for name in ("a", "b", "c")]
    connection.submit_tasks(drafts)


def _submit(make: Callable[[Connection], Job | Task | Pool]) -> Callable[[Connection], object]:
    def submit(connection: Connection) -> object:
        made = make(connection)
        made.submit()
        return made.uuid

    return submit


CALLS: Final = (
    Call("retrieveJob", lambda c: c.retrieve_job("fuzzed")),
    Call("retrieveTask", lambda c: c.retrieve_task("fuzzed")),
    Call("retrievePool", lambda c: c.retrieve_pool("fuzzed")),
    Call("paginateJobs", lambda c: c.jobs_page().page_data),
    Call("paginateTasks", lambda c: c.tasks_page().page_data),
    Call("paginateTaskSummaries", lambda c: c.tasks_page(summary=True).page_data),
    Call("paginatePools", lambda c: c.pools_page().page_data),
    Call("paginatePoolSummaries", lambda c: c.pools_page(summary=True).page_data),
    Call("listJobTasks", lambda c: Job.from_json(c, {"uuid": "fuzzed"}).tasks),
    Call("retrieveTaskStdout", lambda c: Task.from_json(c, {"uuid": "fuzzed"}).stdout()),
    Call("listHardwareConstraints", lambda c: c.hardware_constraints_page().page_data),
    Call("retrieveUserComputingQuotas", lambda c: c.get_user_computing_quotas()),
    Call("retrieveUserInfo", lambda c: c.user_info),
    Call("listProfiles", lambda c: c.profiles_names()),
    Call("retrieveProfile", lambda c: c.retrieve_profile(PROFILE)),
    Call("createJob", _submit(lambda c: c.create_job("fuzzed"))),
    Call("createTasks", _submit_tasks),
    Call("createPool", _submit(lambda c: c.create_pool("fuzzed", PROFILE))),
)


def read_all(found: object) -> None:
    """Read every member of what came, however deep, write it as JSON and show it."""
    if isinstance(found, list | tuple):
        for one in found:
            read_all(one)
    elif isinstance(found, Mapping):
        read_all(tuple(found.values()))
    elif isinstance(found, Job | Task | Pool):
        found.auto_update = False
        read_all([getattr(found, name) for name in _MEMBERS[type(found)]])
        _show(found)
    elif attrs.has(kind := type(found)):
        read_all([getattr(found, field.name) for field in attrs.fields(kind)])
        _show(found)


def _show(found: Any) -> None:
    repr(found)
    if hasattr(found, "to_json"):
        found.to_json()


_ASK_THE_SERVER: Final = {"tasks", "jobs", "pool"}

_MEMBERS: Final = {
    kind: [
        name
        for name, member in inspect.getmembers(kind)
        if not name.startswith("_") and not callable(member) and name not in _ASK_THE_SERVER
    ]
    for kind in (Job, Task, Pool)
}
