"""The only caller of generated operations. What leaves here is what they parsed, or our exceptions.

Each method is one operation of the document, the outputs of tasks and pools excepted, which are
one table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, Literal, Protocol, TypeVar

from qarnot_api import Client
from qarnot_api.api.general import (
    list_hardware_constraints,
    list_profiles,
    retrieve_organization_computing_quotas,
    retrieve_profile,
    retrieve_user_computing_quotas,
    retrieve_user_info,
    search_cpu_model_constraints,
)
from qarnot_api.api.jobs import (
    create_job,
    delete_job,
    list_job_tasks,
    paginate_jobs,
    retrieve_job,
    terminate_job,
)
from qarnot_api.api.pools import (
    close_pool,
    consume_pool_instance_stderr,
    consume_pool_instance_stdout,
    consume_pool_stderr,
    consume_pool_stdout,
    create_pool,
    delete_pool,
    list_pool_jobs,
    list_pool_tasks,
    paginate_pool_summaries,
    paginate_pools,
    resync_pool,
    retrieve_pool,
    retrieve_pool_instance_stderr,
    retrieve_pool_instance_stdout,
    retrieve_pool_stderr,
    retrieve_pool_stdout,
    update_pool,
)
from qarnot_api.api.tasks import (
    abort_task,
    consume_task_instance_stderr,
    consume_task_instance_stdout,
    consume_task_stderr,
    consume_task_stdout,
    create_tasks,
    delete_task,
    paginate_task_summaries,
    paginate_tasks,
    resync_task,
    retrieve_task,
    retrieve_task_instance_stderr,
    retrieve_task_instance_stdout,
    retrieve_task_stderr,
    retrieve_task_stdout,
    search_tasks,
    update_task,
)
from qarnot_api.models import (
    BulkTaskResponse,
    Created,
    DataDetail,
    HardwareConstraintPage,
    Job,
    JobCreate,
    JobPage,
    OrganizationComputingQuotasDetail,
    PageRequest,
    Pool,
    PoolCreate,
    PoolPage,
    PoolSummaryPage,
    PoolUpdate,
    Profile,
    ReportedHardwareConstraint,
    Task,
    TaskCreate,
    TaskPage,
    TaskProjection,
    TaskSummaryPage,
    TaskUpdate,
    UserComputingQuotas,
    UserInfo,
)
from qarnot_api.types import UNSET, Response

from ._checks import check_id
from ._clock import Clock
from ._retry import Kind
from ._sending import Answer, Operation, Sender, Tries, unknown_outcome
from ._transport import Refused, Transport
from .config import Settings
from .exceptions import QarnotException, ResourceName

T = TypeVar("T")

Executing = Literal["task", "pool"]
Stream = Literal["stdout", "stderr"]


class _Call(Protocol[T]):
    """A generated operation that lacks nothing but the client."""

    def __call__(self, *, client: Client) -> Response[T]: ...


class _Whole(Protocol):
    def __call__(self, uuid: str, *, client: Client) -> Response[str]: ...


class _OfInstance(Protocol):
    def __call__(self, uuid: str, instance_id: int, *, client: Client) -> Response[str]: ...


_OUTPUTS: Final[Mapping[tuple[Executing, Stream, bool], tuple[_Whole, _OfInstance]]] = {
    ("task", "stdout", False): (
        retrieve_task_stdout.sync_detailed,
        retrieve_task_instance_stdout.sync_detailed,
    ),
    ("task", "stdout", True): (
        consume_task_stdout.sync_detailed,
        consume_task_instance_stdout.sync_detailed,
    ),
    ("task", "stderr", False): (
        retrieve_task_stderr.sync_detailed,
        retrieve_task_instance_stderr.sync_detailed,
    ),
    ("task", "stderr", True): (
        consume_task_stderr.sync_detailed,
        consume_task_instance_stderr.sync_detailed,
    ),
    ("pool", "stdout", False): (
        retrieve_pool_stdout.sync_detailed,
        retrieve_pool_instance_stdout.sync_detailed,
    ),
    ("pool", "stdout", True): (
        consume_pool_stdout.sync_detailed,
        consume_pool_instance_stdout.sync_detailed,
    ),
    ("pool", "stderr", False): (
        retrieve_pool_stderr.sync_detailed,
        retrieve_pool_instance_stderr.sync_detailed,
    ),
    ("pool", "stderr", True): (
        consume_pool_stderr.sync_detailed,
        consume_pool_instance_stderr.sync_detailed,
    ),
}
"""What reads an output, consuming it or not: the whole of it, and that of one instance."""


_MISSING: Final[Mapping[Executing, ResourceName]] = {"task": "task", "pool": "pool"}
_MISSING_INSTANCE: Final[Mapping[Executing, ResourceName]] = {
    "task": "task instance",
    "pool": "pool instance",
}


class Gateway:
    """Every operation the domain layer uses, over one transport. Safe from several threads."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._token = settings.client_token
        self._api = Client(base_url=settings.cluster_url)
        self._sender = Sender(settings, clock)
        self._transport = Transport(settings, self._api.set_httpx_client)

    @property
    def clock(self) -> Clock:
        return self._sender.clock

    def close(self) -> None:
        self._sender.closed = True
        self._transport.close()

    def check_id(self, member: str, value: object) -> str:
        """A part of a URL, and not the token by somebody's mistake.

        The HTTP library and every server on the way log it.
        """
        if value == self._token.reveal():
            raise ValueError(
                f"{member} must be a uuid or a shortname, and this is the client_token"
            )
        return check_id(member, value)

    def tries(self, *, keyed: bool = False) -> Tries:
        """A fresh count of attempts; `keyed` for the creation of something with a shortname."""
        return self._sender.tries(keyed=keyed)

    # --- jobs --------------------------------------------------------------------------------

    def create_job(self, body: JobCreate, tries: Tries) -> Created:
        return self._create(
            "createJob", "pool", partial(create_job.sync_detailed, body=body), tries
        )

    def retrieve_job(self, uuid: str) -> Answer[Job]:
        return self._read("retrieveJob", "job", partial(retrieve_job.sync_detailed, uuid))

    def delete_job(self, uuid: str, *, force: bool) -> None:
        # Left out rather than `false`, which the official C# and Go SDKs never send either.
        forced = True if force else UNSET
        self._delete("deleteJob", "job", partial(delete_job.sync_detailed, uuid, force=forced))

    def terminate_job(self, uuid: str) -> None:
        self._write("terminateJob", "job", partial(terminate_job.sync_detailed, uuid))

    def list_job_tasks(self, uuid: str) -> Answer[list[Task | None]]:
        return self._read("listJobTasks", "job", partial(list_job_tasks.sync_detailed, uuid))

    def paginate_jobs(self, body: PageRequest) -> Answer[JobPage]:
        return self._read("paginateJobs", None, partial(paginate_jobs.sync_detailed, body=body))

    # --- tasks -------------------------------------------------------------------------------

    def create_task(self, body: TaskCreate, tries: Tries) -> Created:
        return self._create(
            "createTasks", "bucket", partial(create_tasks.sync_detailed, body=body), tries
        )

    def create_tasks(
        self, bodies: Sequence[TaskCreate], tries: Tries
    ) -> list[str | QarnotException]:
        """Create several at once: for each its uuid, or why it was refused."""
        operation = Operation("createTasks", _creation(tries), "bucket")

        def send() -> list[str | QarnotException]:
            response = create_tasks.sync_detailed(client=self._api, body=list(bodies))
            return self._outcomes(operation, response.parsed, len(bodies))

        try:
            return self._sender.send(operation, send, tries).parsed
        except QarnotException as error:
            if not isinstance(error.__cause__, Refused):
                raise
            # When all are refused the reasons come under the status of an error.
            try:
                return self._outcomes(operation, json.loads(error.__cause__.body), len(bodies))
            except (ValueError, TypeError, KeyError, RecursionError):
                raise error from error.__cause__

    def _outcomes(
        self, operation: Operation, answered: object, number: int
    ) -> list[str | QarnotException]:
        if not isinstance(answered, list) or len(answered) != number:
            raise TypeError(f"not a list of {number} answers")
        items = [
            item if isinstance(item, BulkTaskResponse) else BulkTaskResponse.from_dict(item)
            for item in answered
        ]
        return [self._outcome(operation, item) for item in items]

    def _outcome(self, operation: Operation, item: BulkTaskResponse) -> str | QarnotException:
        if not isinstance(item.status_code, int):
            raise TypeError(f"an item's statusCode is {item.status_code!r}")
        if 200 <= item.status_code < 300:
            return self.check_id("uuid", item.uuid)
        body = json.dumps({"message": item.message or None}).encode()
        error = self._sender.refusal(operation, item.status_code, body)
        return error if 400 <= item.status_code < 500 else unknown_outcome(operation, error)

    def retrieve_task(self, uuid: str) -> Answer[Task]:
        return self._read("retrieveTask", "task", partial(retrieve_task.sync_detailed, uuid))

    def delete_task(self, uuid: str) -> None:
        self._delete("deleteTask", "task", partial(delete_task.sync_detailed, uuid))

    def update_task(self, uuid: str, body: TaskUpdate) -> None:
        self._write("updateTask", "task", partial(update_task.sync_detailed, uuid, body=body))

    def resync_task(self, uuid: str) -> None:
        self._write("resyncTask", "task", partial(resync_task.sync_detailed, uuid))

    def abort_task(self, uuid: str) -> None:
        self._write("abortTask", "task", partial(abort_task.sync_detailed, uuid))

    def paginate_tasks(self, body: PageRequest) -> Answer[TaskPage]:
        return self._read("paginateTasks", None, partial(paginate_tasks.sync_detailed, body=body))

    def paginate_task_summaries(self, body: PageRequest) -> Answer[TaskSummaryPage]:
        return self._read(
            "paginateTaskSummaries", None, partial(paginate_task_summaries.sync_detailed, body=body)
        )

    def search_tasks(self, body: DataDetail) -> Answer[list[TaskProjection | None]]:
        return self._read("searchTasks", None, partial(search_tasks.sync_detailed, body=body))

    # --- pools -------------------------------------------------------------------------------

    def create_pool(self, body: PoolCreate, tries: Tries) -> Created:
        return self._create(
            "createPool", "bucket", partial(create_pool.sync_detailed, body=body), tries
        )

    def retrieve_pool(self, uuid: str) -> Answer[Pool]:
        return self._read("retrievePool", "pool", partial(retrieve_pool.sync_detailed, uuid))

    def delete_pool(self, uuid: str) -> None:
        self._delete("deletePool", "pool", partial(delete_pool.sync_detailed, uuid))

    def update_pool(self, uuid: str, body: PoolUpdate) -> None:
        self._write("updatePool", "pool", partial(update_pool.sync_detailed, uuid, body=body))

    def resync_pool(self, uuid: str) -> None:
        self._write("resyncPool", "pool", partial(resync_pool.sync_detailed, uuid))

    def close_pool(self, uuid: str) -> None:
        self._write("closePool", "pool", partial(close_pool.sync_detailed, uuid))

    def list_pool_jobs(self, uuid: str) -> Answer[list[Job | None]]:
        return self._read("listPoolJobs", "pool", partial(list_pool_jobs.sync_detailed, uuid))

    def list_pool_tasks(self, uuid: str) -> Answer[list[Task | None]]:
        return self._read("listPoolTasks", "pool", partial(list_pool_tasks.sync_detailed, uuid))

    def paginate_pools(self, body: PageRequest) -> Answer[PoolPage]:
        return self._read("paginatePools", None, partial(paginate_pools.sync_detailed, body=body))

    def paginate_pool_summaries(self, body: PageRequest) -> Answer[PoolSummaryPage]:
        return self._read(
            "paginatePoolSummaries", None, partial(paginate_pool_summaries.sync_detailed, body=body)
        )

    # --- outputs -----------------------------------------------------------------------------

    def output(
        self, of: Executing, stream: Stream, uuid: str, instance: int | None, *, fresh: bool
    ) -> str:
        """What a task or pool wrote: all that is kept, or, `fresh`, what was not consumed yet."""
        whole, of_instance = _OUTPUTS[of, stream, fresh]
        kind, verb = (Kind.CONSUMING_READ, "consume") if fresh else (Kind.READ, "retrieve")
        read: _Call[str] = partial(whole, uuid)
        part, missing = "", _MISSING[of]
        if instance is not None:
            read = partial(of_instance, uuid, instance)
            part, missing = "Instance", _MISSING_INSTANCE[of]
        operation = Operation(f"{verb}{of.title()}{part}{stream.title()}", kind, missing)
        return self._sender.send(operation, lambda: _text(read(client=self._api))).parsed

    # --- account -----------------------------------------------------------------------------

    def retrieve_user_info(self) -> Answer[UserInfo]:
        return self._read("retrieveUserInfo", None, retrieve_user_info.sync_detailed)

    def retrieve_user_computing_quotas(self) -> Answer[UserComputingQuotas]:
        return self._read(
            "retrieveUserComputingQuotas", None, retrieve_user_computing_quotas.sync_detailed
        )

    def retrieve_organization_computing_quotas(self) -> Answer[OrganizationComputingQuotasDetail]:
        return self._read(
            "retrieveOrganizationComputingQuotas",
            None,
            retrieve_organization_computing_quotas.sync_detailed,
        )

    def list_profiles(self) -> Answer[list[str | None]]:
        return self._read("listProfiles", None, list_profiles.sync_detailed)

    def retrieve_profile(self, name: str) -> Answer[Profile]:
        return self._read(
            "retrieveProfile", "profile", partial(retrieve_profile.sync_detailed, name)
        )

    def list_hardware_constraints(self, limit: int, offset: int) -> Answer[HardwareConstraintPage]:
        return self._read(
            "listHardwareConstraints",
            None,
            partial(list_hardware_constraints.sync_detailed, limit=limit, offset=offset),
        )

    def search_cpu_model_constraints(
        self, cpu_model: str
    ) -> Answer[list[ReportedHardwareConstraint | None]]:
        return self._read(
            "searchCpuModelConstraints",
            None,
            partial(search_cpu_model_constraints.sync_detailed, cpu_model=cpu_model),
        )

    # --- the four ways to send ---------------------------------------------------------------

    def _create(self, name: str, missing: ResourceName, call: _Call[T], tries: Tries) -> Created:
        """Send the creation of one object; `tries.keyed` says whether it has a shortname."""

        def send() -> Created:
            created = call(client=self._api).parsed
            if not isinstance(created, Created):
                raise TypeError("not one object was created but a list")
            self.check_id("uuid", created.uuid)
            return created

        return self._sender.send(Operation(name, _creation(tries), missing), send, tries).parsed

    def _read(self, name: str, missing: ResourceName | None, call: _Call[T]) -> Answer[T]:
        """Send an operation whose answer has a body."""

        def send() -> T:
            response = call(client=self._api)
            if response.parsed is None:
                raise ValueError(f"no body with status {int(response.status_code)}")
            # Generated code reads a list as an object, and an object as a list, if it can.
            begins = b"[" if isinstance(response.parsed, list) else b"{"
            if not response.content.lstrip().startswith(begins):
                raise ValueError(f"expected {begins.decode()!r} at its beginning")
            return response.parsed

        return self._sender.send(Operation(name, Kind.READ, missing), send)

    def _write(
        self,
        name: str,
        missing: ResourceName,
        call: _Call[object],
        tries: Tries | None = None,
    ) -> None:
        """Send an operation that may be repeated and whose answer says nothing."""
        self._sender.send(
            Operation(name, Kind.IDEMPOTENT_WRITE, missing),
            lambda: call(client=self._api),
            tries,
        )

    def _delete(self, name: str, missing: ResourceName, call: _Call[object]) -> None:
        """Send a deletion; repeated after a lost answer, finding nothing left is its success."""
        tries = self.tries()
        try:
            self._write(name, missing, call, tries)
        except QarnotException as error:
            if error.status_code != 404 or not tries.in_doubt:
                raise


def _creation(tries: Tries) -> Kind:
    return Kind.KEYED_CREATE if tries.keyed else Kind.UNKEYED_CREATE


def _text(response: Response[str]) -> str:
    """The output in an answer: some servers send it as a JSON text."""
    content_type = response.headers.get("content-type", "")
    if "html" in content_type:
        raise ValueError("expected the output, not a page of HTML")
    if "json" in content_type:
        text = json.loads(response.content)
        if not isinstance(text, str):
            raise ValueError(f"expected a text, not {type(text).__name__}")
        return text
    return response.parsed or ""
