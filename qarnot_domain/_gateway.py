"""The only caller of generated operations: sends, retries, and raises nothing but our exceptions.

Each method is one operation of the document and returns what the generated client parsed.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Generic, TypeVar

import attrs
from qarnot_api import Client
from qarnot_api.api.jobs import (
    create_job,
    delete_job,
    list_job_tasks,
    paginate_jobs,
    retrieve_job,
    terminate_job,
)
from qarnot_api.api.pools import create_pool, delete_pool, paginate_pools, retrieve_pool
from qarnot_api.api.tasks import create_tasks, delete_task, paginate_tasks, retrieve_task
from qarnot_api.models import (
    Created,
    Job,
    JobCreate,
    JobPage,
    PageRequest,
    Pool,
    PoolCreate,
    PoolPage,
    Task,
    TaskCreate,
    TaskPage,
)
from qarnot_api.types import UNSET, Response

from ._clock import Clock
from ._codecs import check_id
from ._retry import Decision, Kind, Outcome, Phase, Policy, Quota, decide, may_have_taken_effect
from ._transport import Exchange, Failure, Lost, NotSent, Refused, Transport, recording
from .config import Settings
from .exceptions import (
    Attempt,
    ConnectionFailedException,
    MalformedResponseException,
    QarnotException,
    QarnotGenericException,
    ResourceName,
    SubmissionUnknownException,
    TimeoutException,
    error_for,
    redact,
)

logger = logging.getLogger("qarnot_domain")

T = TypeVar("T")

# What generated parsing raises on a body that is not what the document says.
_PARSING: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@attrs.frozen
class Operation:
    """An operation of the document, as far as failures are concerned."""

    name: str
    """Its operationId."""
    kind: Kind
    resource: ResourceName | None = None
    """What is missing when it answers 404."""


_CREATE_JOB: Final = Operation("createJob", Kind.UNKEYED_CREATE, "pool")
_RETRIEVE_JOB: Final = Operation("retrieveJob", Kind.READ, "job")
_DELETE_JOB: Final = Operation("deleteJob", Kind.IDEMPOTENT_WRITE, "job")
_TERMINATE_JOB: Final = Operation("terminateJob", Kind.IDEMPOTENT_WRITE, "job")
_LIST_JOB_TASKS: Final = Operation("listJobTasks", Kind.READ, "job")
_PAGINATE_JOBS: Final = Operation("paginateJobs", Kind.READ)
_CREATE_TASKS: Final = Operation("createTasks", Kind.UNKEYED_CREATE, "bucket")
_RETRIEVE_TASK: Final = Operation("retrieveTask", Kind.READ, "task")
_DELETE_TASK: Final = Operation("deleteTask", Kind.IDEMPOTENT_WRITE, "task")
_PAGINATE_TASKS: Final = Operation("paginateTasks", Kind.READ)
_CREATE_POOL: Final = Operation("createPool", Kind.UNKEYED_CREATE, "bucket")
_RETRIEVE_POOL: Final = Operation("retrievePool", Kind.READ, "pool")
_DELETE_POOL: Final = Operation("deletePool", Kind.IDEMPOTENT_WRITE, "pool")
_PAGINATE_POOLS: Final = Operation("paginatePools", Kind.READ)


@attrs.frozen
class Answer(Generic[T]):
    """What an operation answered, and when by the server's own clock (`None` if it did not say)."""

    parsed: T
    date: datetime | None


class Tries:
    """The attempts made for one thing the user asked for, over one or more requests."""

    def __init__(self, clock: Clock, quota: Quota, *, keyed: bool) -> None:
        self._quota = quota
        self.keyed = keyed
        """Whether what is created has a shortname to look it up by."""
        self._clock = clock
        self._began = clock.monotonic()
        self._history: list[Attempt] = []
        self.cost = 0
        self.in_doubt = False
        """Whether an attempt may have taken effect although it failed."""
        self.may_look_up = False
        """Whether the last attempt was a creation in doubt that the policy allows to resolve."""

    @property
    def count(self) -> int:
        return len(self._history)

    @property
    def elapsed(self) -> timedelta:
        return timedelta(seconds=self._clock.monotonic() - self._began)

    @property
    def history(self) -> tuple[Attempt, ...]:
        return tuple(self._history)

    def succeed(self) -> None:
        """Give back what the last retry took of the connection's quota."""
        self._quota.give_back(self.cost)

    def note(self, outcome: Outcome, attempt: Attempt) -> None:
        self._history.append(attempt)
        self.in_doubt = self.in_doubt or may_have_taken_effect(outcome)


class Gateway:
    """Every operation the domain layer uses, over one transport. Safe from several threads."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.clock = clock
        self._token = settings.client_token
        self._policy = Policy(settings.retry_count, settings.retry_wait, settings.deadline)
        self._quota = Quota()
        self._closed = False
        self._api = Client(base_url=settings.cluster_url)
        self._transport = Transport(settings, self._api.set_httpx_client)

    def close(self) -> None:
        self._closed = True
        self._transport.close()

    def check_id(self, uuid: str) -> str:
        """A uuid or shortname given by the user, and not the token by mistake.

        The token would stand in the URL, which the HTTP library and every server on the way log.
        """
        if uuid == self._token:
            raise ValueError("uuid must be a uuid or a shortname, and this is the client_token")
        return check_id("uuid", uuid)

    def tries(self, *, keyed: bool = False) -> Tries:
        """A fresh count of attempts; `keyed` for the creation of something with a shortname."""
        return Tries(self.clock, self._quota, keyed=keyed)

    def create_job(self, body: JobCreate, tries: Tries) -> Created:
        return self._create(
            _CREATE_JOB, lambda: create_job.sync_detailed(client=self._api, body=body), tries
        )

    def retrieve_job(self, uuid: str) -> Answer[Job]:
        return self._read(_RETRIEVE_JOB, lambda: retrieve_job.sync_detailed(uuid, client=self._api))

    def delete_job(self, uuid: str, *, force: bool) -> None:
        # Left out rather than `false`, which the official C# and Go SDKs never send either.
        forced = True if force else UNSET
        self._delete(
            _DELETE_JOB, lambda: delete_job.sync_detailed(uuid, client=self._api, force=forced)
        )

    def terminate_job(self, uuid: str) -> None:
        self._send(_TERMINATE_JOB, lambda: terminate_job.sync_detailed(uuid, client=self._api))

    def list_job_tasks(self, uuid: str) -> Sequence[Task | None]:
        return self._read(
            _LIST_JOB_TASKS, lambda: list_job_tasks.sync_detailed(uuid, client=self._api)
        ).parsed

    def paginate_jobs(self, body: PageRequest) -> JobPage:
        return self._read(
            _PAGINATE_JOBS, lambda: paginate_jobs.sync_detailed(client=self._api, body=body)
        ).parsed

    def create_task(self, body: TaskCreate, tries: Tries) -> Created:
        return self._create(
            _CREATE_TASKS, lambda: create_tasks.sync_detailed(client=self._api, body=body), tries
        )

    def retrieve_task(self, uuid: str) -> Answer[Task]:
        return self._read(
            _RETRIEVE_TASK, lambda: retrieve_task.sync_detailed(uuid, client=self._api)
        )

    def delete_task(self, uuid: str) -> None:
        self._delete(_DELETE_TASK, lambda: delete_task.sync_detailed(uuid, client=self._api))

    def paginate_tasks(self, body: PageRequest) -> TaskPage:
        return self._read(
            _PAGINATE_TASKS, lambda: paginate_tasks.sync_detailed(client=self._api, body=body)
        ).parsed

    def create_pool(self, body: PoolCreate, tries: Tries) -> Created:
        return self._create(
            _CREATE_POOL, lambda: create_pool.sync_detailed(client=self._api, body=body), tries
        )

    def retrieve_pool(self, uuid: str) -> Answer[Pool]:
        return self._read(
            _RETRIEVE_POOL, lambda: retrieve_pool.sync_detailed(uuid, client=self._api)
        )

    def delete_pool(self, uuid: str) -> None:
        self._delete(_DELETE_POOL, lambda: delete_pool.sync_detailed(uuid, client=self._api))

    def paginate_pools(self, body: PageRequest) -> PoolPage:
        return self._read(
            _PAGINATE_POOLS, lambda: paginate_pools.sync_detailed(client=self._api, body=body)
        ).parsed

    def _create(
        self, operation: Operation, send: Callable[[], Response[T]], tries: Tries
    ) -> Created:
        """Send the creation of one object; `tries.keyed` says whether it has a shortname."""

        def send_for_uuid() -> Created:
            created = send().parsed
            if not isinstance(created, Created):
                raise TypeError("not one object was created but a list")
            check_id("uuid", created.uuid)
            return created

        kind = Kind.KEYED_CREATE if tries.keyed else Kind.UNKEYED_CREATE
        return self._send(attrs.evolve(operation, kind=kind), send_for_uuid, tries)

    def _read(self, operation: Operation, send: Callable[[], Response[T]]) -> Answer[T]:
        """Send an operation whose answer has a body."""

        def send_for_body() -> Answer[T]:
            response = send()
            if response.parsed is None:
                raise ValueError(f"no body with status {int(response.status_code)}")
            return Answer(response.parsed, _date(response.headers.get("date", "")))

        return self._send(operation, send_for_body)

    def _delete(self, operation: Operation, send: Callable[[], object]) -> None:
        """Send a deletion; repeated after a lost answer, finding nothing left is its success."""
        tries = self.tries()
        try:
            self._send(operation, send, tries)
        except QarnotException as error:
            if error.status_code != 404 or not tries.in_doubt:
                raise

    def _send(self, operation: Operation, send: Callable[[], T], tries: Tries | None = None) -> T:
        """Send an operation as often as its kind and the connection's policy allow."""
        if self._closed:
            raise QarnotGenericException(f"{operation.name}: the connection is closed")
        tries = tries or self.tries()
        while True:
            exchange = Exchange()
            try:
                with recording(exchange):
                    try:
                        result = send()
                    except _PARSING as error:
                        raise _Malformed(_reason(error)) from error
            except Failure as failure:
                self._after(operation, failure, exchange, tries)
            else:
                tries.succeed()
                return result

    def _after(
        self, operation: Operation, failure: Failure, exchange: Exchange, tries: Tries
    ) -> None:
        """Wait until the next attempt, or raise what the user is told."""
        error = self._exception(operation, failure, exchange)
        outcome = _outcome(failure, error)
        decision = decide(
            operation.kind,
            tries.count + 1,
            outcome,
            self._policy,
            elapsed=tries.elapsed,
            quota=self._quota.left,
            jitter=random.random(),  # noqa: S311  (spreads load, keeps no secret)
        )
        tries.note(outcome, Attempt(error.message, decision.wait))
        tries.may_look_up = decision.action == "look-up"
        error.history = tries.history
        if decision.action in ("repeat", "look-up"):
            self._wait(operation, decision, error, tries)
        if decision.action == "give-up":
            raise error from failure
        if decision.action != "repeat":
            raise _unknown(operation, error) from error

    def _wait(
        self, operation: Operation, decision: Decision, error: QarnotException, tries: Tries
    ) -> None:
        tries.cost = decision.cost
        self._quota.take(decision.cost)
        logger.info(
            "%s: attempt %d failed (%s), %s in %.2f s",
            operation.name,
            tries.count,
            error.message,
            decision.action,
            decision.wait.total_seconds(),
        )
        self.clock.sleep(decision.wait.total_seconds())

    def _exception(
        self, operation: Operation, failure: Failure, exchange: Exchange
    ) -> QarnotException:
        if isinstance(failure, Refused):
            return error_for(
                failure.status,
                failure.headers,
                failure.body,
                resource=operation.resource,
                method=exchange.method,
                url=exchange.url,
                secret=self._token,
            )
        error_type: type[QarnotException] = ConnectionFailedException
        if isinstance(failure, _Malformed):
            error_type = MalformedResponseException
        elif isinstance(failure, Lost) and failure.timed_out:
            error_type = TimeoutException
        reason = redact(failure.reason, self._token)
        url = redact(exchange.url or "", self._token) or None
        return error_type(f"{operation.name}: {reason}", method=exchange.method, url=url)


class _Malformed(Failure):
    """The answer was a success that the generated client could not read."""


def _reason(error: Exception) -> str:
    what = f"lacks {error}" if isinstance(error, KeyError) else f"cannot be read: {error}"
    return f"the answer {what}"


def _outcome(failure: Failure, error: QarnotException) -> Outcome:
    if isinstance(failure, NotSent):
        return Outcome(Phase.NOT_SENT)
    if isinstance(failure, Refused):
        return Outcome(Phase.ANSWERED, failure.status, error.retry_after)
    return Outcome(Phase.UNREADABLE if isinstance(failure, _Malformed) else Phase.LOST)


def _unknown(operation: Operation, error: QarnotException) -> SubmissionUnknownException:
    return SubmissionUnknownException(
        f"{operation.name}: it is unknown whether this took effect, so it was not sent again; "
        f"look for it before creating another: {error.message}",
        status_code=error.status_code,
        method=error.method,
        url=error.url,
        retry_after=error.retry_after,
        history=error.history,
    )


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
