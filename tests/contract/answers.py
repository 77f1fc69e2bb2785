"""Each answer that the document shows an example of, and each use of the library that reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import yaml
from attrs import frozen

from qarnot_domain import (
    BulkSubmissionException,
    ConflictException,
    Connection,
    InvalidRequestException,
    Job,
    MaxJobException,
    MaxTaskException,
    MissingBucketException,
    MissingJobException,
    MissingPoolException,
    MissingPoolInstanceException,
    MissingProfileException,
    MissingTaskException,
    MissingTaskInstanceException,
    NotEnoughCreditsException,
    Pool,
    QarnotException,
    QarnotGenericException,
    ServerException,
    SubmissionUnknownException,
    Task,
    TooManyRequestsException,
    UnauthorizedException,
)

from ..fuzz.calls import read_all

ROOT: Final = Path(__file__).parents[2]
PROFILE: Final = "docker-batch"

DOCUMENT: Final[dict[str, Any]] = yaml.load(
    (ROOT / "openapi" / "qarnot-compute.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
)
USED: Final = frozenset(
    json.loads((ROOT / "openapi" / "consumer.json").read_text(encoding="utf-8"))["operations"]
)
"""The operations that the library sends, by the record of them."""


@frozen
class Shown:
    """One example of one answer of an operation, or its lack of a body."""

    operation: str
    status: int
    media_type: str
    name: str
    value: object

    @property
    def body(self) -> bytes:
        """As a server sends it."""
        if not self.media_type:
            return b""
        is_text = self.media_type.startswith("text/")
        return (str(self.value) if is_text else json.dumps(self.value)).encode()


def _shown() -> Iterator[Shown]:
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and operation.get("operationId") in USED:
                for status, answer in operation["responses"].items():
                    content = _resolved(answer).get("content", {"": {"examples": {"nothing": {}}}})
                    for media_type, media in content.items():
                        for name, example in media["examples"].items():
                            yield Shown(
                                operation["operationId"],
                                int(status),
                                media_type,
                                name,
                                _resolved(example).get("value"),
                            )


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    _, _, kind, name = node["$ref"].split("/")
    found: dict[str, Any] = DOCUMENT["components"][kind][name]
    return found


SHOWN: Final = tuple(_shown())
"""Every example of an answer of the operations that the library sends."""


@frozen
class Use:
    """One use of the library that sends one operation, and reads all of its answer."""

    operation: str
    act: Callable[[Connection], object]
    of_many: bool = False
    """Whether it sends an array where it could send an object."""

    def __call__(self, connection: Connection) -> list[type[QarnotException]]:
        """Do it; the kinds of what it raises, for a bulk of its parts."""
        try:
            read_all(self.act(connection))
        except BulkSubmissionException as error:
            return [type(one) for one in error.errors.values()]
        except QarnotException as error:
            return [type(error)]
        return []


def _job(connection: Connection) -> Job:
    return Job.from_json(connection, DOCUMENT["components"]["examples"]["JobInPool"]["value"])


def _task(connection: Connection) -> Task:
    return Task.from_json(connection, DOCUMENT["components"]["examples"]["TaskRunning"]["value"])


def _pool(connection: Connection) -> Pool:
    return Pool.from_json(connection, DOCUMENT["components"]["examples"]["PoolRunning"]["value"])


def _submitted(made: Job | Task | Pool) -> object:
    made.submit()
    return made.uuid


def _submitted_together(connection: Connection) -> object:
    tasks = [connection.create_task(name, PROFILE) for name in ("a", "b")]
    connection.submit_tasks(tasks)
    return [task.uuid for task in tasks]


def _committed(made: Task | Pool) -> None:
    made.tags = ["changed"]
    made.commit()


def _outputs(kind: str, get: Callable[[Connection], Task | Pool]) -> Iterator[Use]:
    def output(method: str, instance: int | None, connection: Connection) -> object:
        return getattr(get(connection), method)(instance)

    for verb, prefix in (("retrieve", ""), ("consume", "fresh_")):
        for stream in ("stdout", "stderr"):
            for instance, infix in ((None, ""), (0, "Instance")):
                operation = f"{verb}{kind}{infix}{stream.title()}"
                yield Use(operation, partial(output, prefix + stream, instance))


USES: Final = (
    Use("retrieveUserInfo", lambda c: c.user_info),
    Use("retrieveUserComputingQuotas", lambda c: c.get_user_computing_quotas()),
    Use("retrieveOrganizationComputingQuotas", lambda c: c.get_organization_computing_quotas()),
    Use("listProfiles", lambda c: c.profiles_names()),
    Use("retrieveProfile", lambda c: c.retrieve_profile(PROFILE)),
    Use("listHardwareConstraints", lambda c: c.hardware_constraints_page().page_data),
    Use("searchCpuModelConstraints", lambda c: c.search_cpu_model_constraints("a")),
    Use("createJob", lambda c: _submitted(c.create_job("a"))),
    Use("retrieveJob", lambda c: c.retrieve_job(str(_job(c).uuid))),
    Use("paginateJobs", lambda c: c.jobs_page().page_data),
    Use("listJobTasks", lambda c: _job(c).tasks),
    Use("searchTasks", lambda c: _job(c).wait(timeout=0, progress=lambda _counts: None)),
    Use("terminateJob", lambda c: _job(c).terminate()),
    Use("deleteJob", lambda c: _job(c).delete(forceAbort=True)),
    Use("createTasks", lambda c: _submitted(c.create_task("a", PROFILE))),
    Use("createTasks", _submitted_together, of_many=True),
    Use("retrieveTask", lambda c: c.retrieve_task(str(_task(c).uuid))),
    Use("paginateTasks", lambda c: c.tasks_page(summary=False).page_data),
    Use("paginateTaskSummaries", lambda c: c.tasks_page(summary=True).page_data),
    Use("updateTask", lambda c: _committed(_task(c))),
    Use("resyncTask", lambda c: _task(c).update_resources()),
    Use("abortTask", lambda c: _task(c).abort()),
    Use("deleteTask", lambda c: _task(c).delete()),
    Use("createPool", lambda c: _submitted(c.create_pool("a", PROFILE))),
    Use("retrievePool", lambda c: c.retrieve_pool(str(_pool(c).uuid))),
    Use("paginatePools", lambda c: c.pools_page(summary=False).page_data),
    Use("paginatePoolSummaries", lambda c: c.pools_page(summary=True).page_data),
    Use("listPoolJobs", lambda c: _pool(c).jobs),
    Use("listPoolTasks", lambda c: _pool(c).tasks),
    Use("updatePool", lambda c: _committed(_pool(c))),
    Use("resyncPool", lambda c: _pool(c).update_resources()),
    Use("closePool", lambda c: _pool(c).close()),
    Use("deletePool", lambda c: _pool(c).delete()),
    *_outputs("Task", _task),
    *_outputs("Pool", _pool),
)
"""At least one of each operation that the library sends."""


# --- what is documented of a refusal

_REFUSALS: Final[dict[int, type[QarnotException]]] = {
    400: InvalidRequestException,
    401: UnauthorizedException,
    402: NotEnoughCreditsException,
    403: UnauthorizedException,
    409: ConflictException,
    429: TooManyRequestsException,
    503: ServerException,
}
_MISSING: Final[tuple[tuple[str, type[QarnotException]], ...]] = (
    ("createJob", MissingPoolException),
    ("create", MissingBucketException),
    ("TaskInstance", MissingTaskInstanceException),
    ("PoolInstance", MissingPoolInstanceException),
    ("Profile", MissingProfileException),
    ("Pool", MissingPoolException),
    ("Job", MissingJobException),
    ("Task", MissingTaskException),
    ("", QarnotGenericException),
)
"""A part of an operationId, and what its 404 is; the first that fits."""


def refusal(
    operation: str, status: int, said: str, *, says_when: bool = False
) -> list[type[QarnotException]]:
    """What the library documents of a refusal.

    Args:
        operation: what was asked for.
        status: of the answer.
        said: what is in its body.
        says_when: whether it has `Retry-After`, and so took no effect.
    """
    if status == 404 and operation == "searchCpuModelConstraints":
        return []  # there is none of that name
    if status == 404:
        return [next(kind for part, kind in _MISSING if part in operation)]
    if status == 403 and "Maximum number of jobs reached" in said:
        return [MaxJobException]
    if status == 403 and "Maximum number of tasks reached" in said:
        return [MaxTaskException]
    if status == 503 and operation.startswith("create") and not says_when:
        return [SubmissionUnknownException]
    return [_REFUSALS[status]]


def documented(
    one: Shown, *, of_many: bool, says_when: bool = False
) -> list[type[QarnotException]]:
    """What a use comes to that meets an answer: nothing but success, or these."""
    parts: object = one.value if one.operation == "createTasks" else None
    if isinstance(parts, list) and of_many:
        return [
            kind
            for part in parts
            if part["statusCode"] >= 300
            for kind in refusal(one.operation, part["statusCode"], part["message"])
        ]
    each = 1 + of_many
    if one.status < 300:
        # An answer for the other kind of creation says nothing of this one.
        is_for_other = one.operation == "createTasks" and isinstance(parts, list) != of_many
        return [SubmissionUnknownException for _ in range(each) if is_for_other]
    return refusal(one.operation, one.status, str(one.value), says_when=says_when) * each
