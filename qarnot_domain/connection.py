"""The connection to a cluster: where objects are created, retrieved and listed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cached_property, partial
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar

from . import config
from ._clock import Clock, SystemClock
from ._gateway import Gateway
from ._resource import Resource
from ._secret import unseen
from .job import Job

if TYPE_CHECKING:
    # Loaded when first used: lists, tasks, pools and accounts take longer than all the rest.
    from ._account import Account
    from ._listing import Collection, OffsetPage, Page
    from .account import (
        OrganizationComputingQuotasDetails,
        Profile,
        UserComputingQuotas,
        UserInfo,
    )
    from .filters import Condition, JobFields, PoolFields, TaskFields
    from .hardware_constraint import CpuModelHardware, HardwareConstraint
    from .pool import Pool
    from .task import Task

R = TypeVar("R", bound=Resource)


class Connection:
    """A connection to a cluster: Qarnot's own, or the emulator.

    Building one sends nothing. Each setting is taken from its argument, else from `fileconf`,
    else from the environment, else it has a default. Usable from several threads, and as a
    context manager that closes it.

    Args:
        fileconf: path of an ini file with sections `cluster` (`url`, `unsafe`, `timeout`,
            `custom_certificate`) and `client` (`token`), or a mapping of these argument names.
        client_token: the API token (environment: `QARNOT_CLIENT_TOKEN`).
        cluster_url: the API's URL (`QARNOT_CLUSTER_URL`); default `https://api.qarnot.com`.
        cluster_unsafe: do not verify the server's certificate, and allow plain `http` to other
            hosts than this one (`QARNOT_CLUSTER_UNSAFE`); default `False`.
        cluster_timeout: how long one request may stay without progress, in seconds or as a
            `timedelta` (`QARNOT_CLUSTER_TIMEOUT`); default 30 s.
        retry_count: how many times a request that may be repeated is repeated; default 5.
        retry_wait: upper bound of the first wait between attempts, doubling each time, in seconds
            or as a `timedelta`; default 1 s. A server's `Retry-After` is never undercut.
        cluster_custom_certificate: path of a CA file or folder to trust instead of the usual
            (`SSL_CERT_FILE`, `SSL_CERT_DIR`); verified with even if the environment alone says
            `cluster_unsafe`.
        deadline: how long one operation may take, with all its attempts, waits and answers, in
            seconds or as a `timedelta`; default 5 minutes.
        max_response_bytes: how large one answer may be, decompressed; default 100 MB. One that is
            larger is a `MalformedResponseException`, and takes no more memory than that.
        client_shortnames: give every object without a shortname a generated one, so that a lost
            answer to its creation is always resolved; default `False`.
        clock: what measures and sleeps, for tests; default the machine's monotonic clock.

    Raises:
        QarnotGenericException: no token is given anywhere.
        TypeError, ValueError: a setting that is not allowed; the message names it.
    """

    def __init__(
        self,
        fileconf: config.FileConf | None = None,
        client_token: str | None = None,
        cluster_url: str | None = None,
        cluster_unsafe: bool | None = None,
        cluster_timeout: float | timedelta | None = None,
        retry_count: int = config.DEFAULT_RETRY_COUNT,
        retry_wait: float | timedelta = config.DEFAULT_RETRY_WAIT,
        cluster_custom_certificate: str | os.PathLike[str] | None = None,
        *,
        deadline: float | timedelta = config.DEFAULT_DEADLINE,
        max_response_bytes: int = config.DEFAULT_MAX_RESPONSE_BYTES,
        client_shortnames: bool = False,
        clock: Clock | None = None,
    ) -> None:
        source = config.seal_source(fileconf)
        token = config.seal("client_token", client_token)
        url = config.seal("cluster_url", cluster_url)
        # From here on nothing that a traceback may show holds the token.
        del fileconf, client_token, cluster_url
        self._settings = config.load(
            source,
            client_token=token,
            cluster_url=url,
            cluster_unsafe=cluster_unsafe,
            cluster_timeout=cluster_timeout,
            retry_count=retry_count,
            retry_wait=retry_wait,
            cluster_custom_certificate=cluster_custom_certificate,
            deadline=deadline,
            max_response_bytes=max_response_bytes,
            client_shortnames=client_shortnames,
        )
        self._gateway = Gateway(self._settings, clock or SystemClock())

    @cached_property
    def _jobs(self) -> Collection[Job]:
        from ._listing import Collection
        from .filters import JobFields

        return Collection(self, Job, self._gateway.paginate_jobs, JobFields)

    @cached_property
    def _tasks(self) -> Collection[Task]:
        from ._listing import Collection
        from .filters import TaskFields
        from .task import Task

        gateway = self._gateway
        return Collection(
            self, Task, gateway.paginate_tasks, TaskFields, gateway.paginate_task_summaries
        )

    @cached_property
    def _pools(self) -> Collection[Pool]:
        from ._listing import Collection
        from .filters import PoolFields
        from .pool import Pool

        gateway = self._gateway
        return Collection(
            self, Pool, gateway.paginate_pools, PoolFields, gateway.paginate_pool_summaries
        )

    @cached_property
    def _account(self) -> Account:
        from ._account import Account

        return Account(self._gateway)

    def _retrieve(self, kind: type[R], uuid: str) -> R:
        """The object of this kind and this uuid or shortname."""
        answer = kind._retrieve(self, self._gateway.check_id("uuid", uuid))
        return answer.read(partial(kind._read, self, answer.origin.asked_at))

    @property
    def cluster_url(self) -> str:
        """The URL of the API."""
        return self._settings.cluster_url

    @property
    def client_shortnames(self) -> bool:
        """Whether objects without a shortname get a generated one on submission."""
        return self._settings.client_shortnames

    @property
    def clock(self) -> Clock:
        """What measures the age of what is known, and sleeps between attempts."""
        return self._gateway.clock

    def close(self) -> None:
        """Close its network connections; using it afterwards raises `QarnotGenericException`."""
        self._gateway.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Connection cannot be pickled or copied: it holds the token and open connections; "
            "make another from the same settings"
        )

    def __repr__(self) -> str:
        # A traceback shows it half built when a setting is refused.
        settings = getattr(self, "_settings", None)
        return f"Connection({'' if settings is None else f'cluster_url={self.cluster_url!r}'})"

    # --- jobs ----------------------------------------------------------------------------

    def create_job(
        self,
        name: str,
        pool: Pool | str | None = None,
        shortname: str | None = None,
        use_dependencies: bool = False,
    ) -> Job:
        """A new job, not yet submitted; sends nothing. See `Job` for arguments and errors."""
        return Job(self, name, pool, shortname, use_dependencies)

    def submit_jobs(self, jobs: Iterable[Job]) -> None:
        """Submit many jobs, 32 at a time (operation `createJob`, one request each).

        Each is submitted exactly once, as by `Job.submit`; one that is submitted already is left
        as it is. They may reach the server in any order. A job that is refused does not keep the
        others from being submitted; after a failure that is not about one job alone, such as a
        quota that is reached or a connection that breaks, no more are sent.

        Raises:
            TypeError, ValueError: something else than jobs of this connection; nothing was sent.
            BulkSubmissionException: some were not submitted, or may not have been; `errors` says
                which, and why.
        """
        from ._bulk import submit_jobs

        submit_jobs(self, jobs)

    @unseen
    def retrieve_job(self, uuid: str) -> Job:
        """The job of this uuid or shortname (operation `retrieveJob`).

        Raises:
            MissingJobException: there is none.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: not a text, or an empty one.
        """
        return self._retrieve(Job, uuid)

    def jobs(
        self,
        tags: Iterable[str] | None = None,
        tags_intersect: Iterable[str] | None = None,
        *,
        where: Condition[JobFields] | None = None,
        order_by: str | None = None,
    ) -> list[Job]:
        """The jobs of the account, all pages at once (operation `paginateJobs`).

        Args:
            tags: only those with any of these tags.
            tags_intersect: only those with all of these tags.
            where: only those that meet this condition, such as
                `(JobFields.state == "Active") & JobFields.name.matches("^sweep-")`.
            order_by: the member to sort by, with `-` before it for descending, such as
                `"-creation_date"`.

        Raises:
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: an argument that is not allowed; the message names it.
        """
        query = self._jobs.query(tags, tags_intersect, where, order_by)
        return self._jobs.all_at_once(query)

    def all_jobs(
        self,
        tags: Iterable[str] | None = None,
        tags_intersect: Iterable[str] | None = None,
        *,
        where: Condition[JobFields] | None = None,
        order_by: str | None = None,
    ) -> Iterator[Job]:
        """As `jobs`, asking for each page when it is needed."""
        query = self._jobs.query(tags, tags_intersect, where, order_by)
        return self._jobs.all(query)

    def jobs_page(
        self,
        token: str | None = None,
        maximum: int | None = None,
        tags: Iterable[str] | None = None,
        tags_intersect: Iterable[str] | None = None,
        *,
        where: Condition[JobFields] | None = None,
        order_by: str | None = None,
    ) -> Page[Job]:
        """One page of `jobs`, whose other arguments and errors it shares.

        `token` is the `next_token` of the page before, `None` for the first; `maximum` is how many
        it holds at most, ≥ 1, `None` for the server's default.
        """
        query = self._jobs.query(tags, tags_intersect, where, order_by, maximum)
        return self._jobs.page(token, query)

    # --- tasks ---------------------------------------------------------------------------

    def create_task(
        self,
        name: str,
        profile_or_pool: str | Pool | None = None,
        instancecount_or_range: int | str = 1,
        shortname: str | None = None,
        job: Job | str | None = None,
    ) -> Task:
        """A new task, not yet submitted; sends nothing. See `Task` for arguments and errors."""
        return self._tasks.kind(self, name, profile_or_pool, instancecount_or_range, shortname, job)

    def submit_tasks(self, tasks: Iterable[Task]) -> None:
        """Submit many tasks, hundreds with one request (operation `createTasks`).

        In their order, but each after those among them that it depends on. Each is submitted
        exactly once, as by `Task.submit`; one that is submitted already is left as it is. A task
        that is refused does not keep the others from being submitted, but for those that depend on
        it.

        Raises:
            TypeError, ValueError: something else than tasks of this connection, or a task whose
                members do not go together, or that depends on a draft that is not among them, or
                on itself; nothing was sent.
            BulkSubmissionException: some were not submitted, or may not have been; `errors` says
                which, and why.
        """
        from ._bulk import submit_tasks

        submit_tasks(self, tasks)

    @unseen
    def retrieve_task(self, uuid: str) -> Task:
        """The task of this uuid or shortname (operation `retrieveTask`).

        Raises:
            MissingTaskException: there is none.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: not a text, or an empty one.
        """
        return self._retrieve(self._tasks.kind, uuid)

    def tasks(
        self,
        tags: Iterable[str] | None = None,
        summary: bool = True,
        tags_intersect: Iterable[str] | None = None,
        *,
        where: Condition[TaskFields] | None = None,
        order_by: str | None = None,
    ) -> list[Task]:
        """The tasks of the account, all pages at once.

        Operation `paginateTaskSummaries`, or `paginateTasks` without `summary`.

        Args:
            tags: only those with any of these tags.
            tags_intersect: only those with all of these tags.
            summary: ask for the members that a summary has; the others are asked for, task by
                task, when they are read.
            where: only those that meet this condition, such as
                `(TaskFields.state == "Success") & TaskFields.name.matches("^sweep-")`.
            order_by: the member to sort by, with `-` before it for descending, such as
                `"-creation_date"`.

        Raises:
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: an argument that is not allowed; the message names it.
        """
        query = self._tasks.query(tags, tags_intersect, where, order_by)
        return self._tasks.all_at_once(query, summary=summary)

    def all_tasks(
        self,
        summary: bool = True,
        tags: Iterable[str] | None = None,
        tags_intersect: Iterable[str] | None = None,
        *,
        where: Condition[TaskFields] | None = None,
        order_by: str | None = None,
    ) -> Iterator[Task]:
        """As `tasks`, asking for each page when it is needed."""
        query = self._tasks.query(tags, tags_intersect, where, order_by)
        return self._tasks.all(query, summary=summary)

    def tasks_page(
        self,
        token: str | None = None,
        maximum: int | None = None,
        summary: bool = True,
        tags: Iterable[str] | None = None,
        tags_intersect: Iterable[str] | None = None,
        *,
        where: Condition[TaskFields] | None = None,
        order_by: str | None = None,
    ) -> Page[Task]:
        """One page of `tasks`, whose other arguments and errors it shares.

        `token` is the `next_token` of the page before, `None` for the first; `maximum` is how many
        it holds at most, ≥ 1, `None` for the server's default.
        """
        query = self._tasks.query(tags, tags_intersect, where, order_by, maximum)
        return self._tasks.page(token, query, summary=summary)

    # --- pools ---------------------------------------------------------------------------

    def create_pool(
        self, name: str, profile: str, instancecount: int = 1, shortname: str | None = None
    ) -> Pool:
        """A new pool, not yet submitted; sends nothing. See `Pool` for arguments and errors."""
        return self._pools.kind(self, name, profile, instancecount, shortname)

    def create_elastic_pool(
        self,
        name: str,
        profile: str,
        minimum_total_slots: int = 0,
        maximum_total_slots: int = 1,
        minimum_idle_slots: int = 0,
        minimum_idle_time_seconds: int = 0,
        resize_factor: float = 1.0,
        resize_period: int = 90,
        shortname: str | None = None,
    ) -> Pool:
        """A new elastic pool, not yet submitted; sends nothing.

        See `Pool` and `Pool.setup_elastic` for arguments and errors.
        """
        pool = self._pools.kind(self, name, profile, shortname=shortname)
        pool.setup_elastic(
            minimum_total_slots,
            maximum_total_slots,
            minimum_idle_slots,
            minimum_idle_time_seconds,
            resize_factor,
            resize_period,
        )
        return pool

    @unseen
    def retrieve_pool(self, uuid: str) -> Pool:
        """The pool of this uuid or shortname (operation `retrievePool`).

        Raises:
            MissingPoolException: there is none.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: not a text, or an empty one.
        """
        return self._retrieve(self._pools.kind, uuid)

    def pools(
        self,
        summary: bool = True,
        tags_intersect: Iterable[str] | None = None,
        tags: Iterable[str] | None = None,
        *,
        where: Condition[PoolFields] | None = None,
        order_by: str | None = None,
    ) -> list[Pool]:
        """The pools of the account, all pages at once.

        Operation `paginatePoolSummaries`, or `paginatePools` without `summary`.

        Args:
            tags: only those with any of these tags.
            tags_intersect: only those with all of these tags.
            summary: ask for the members that a summary has; the others are asked for, pool by
                pool, when they are read.
            where: only those that meet this condition, such as
                `(PoolFields.state == "FullyExecuting") & PoolFields.name.matches("^sweep-")`.
            order_by: the member to sort by, with `-` before it for descending, such as
                `"-creation_date"`.

        Raises:
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: an argument that is not allowed; the message names it.
        """
        query = self._pools.query(tags, tags_intersect, where, order_by)
        return self._pools.all_at_once(query, summary=summary)

    def all_pools(
        self,
        summary: bool = True,
        tags: Iterable[str] | None = None,
        tags_intersect: Iterable[str] | None = None,
        *,
        where: Condition[PoolFields] | None = None,
        order_by: str | None = None,
    ) -> Iterator[Pool]:
        """As `pools`, asking for each page when it is needed."""
        query = self._pools.query(tags, tags_intersect, where, order_by)
        return self._pools.all(query, summary=summary)

    def pools_page(
        self,
        token: str | None = None,
        maximum: int | None = None,
        summary: bool = True,
        tags: Iterable[str] | None = None,
        tags_intersect: Iterable[str] | None = None,
        *,
        where: Condition[PoolFields] | None = None,
        order_by: str | None = None,
    ) -> Page[Pool]:
        """One page of `pools`, whose other arguments and errors it shares.

        `token` is the `next_token` of the page before, `None` for the first; `maximum` is how many
        it holds at most, ≥ 1, `None` for the server's default.
        """
        query = self._pools.query(tags, tags_intersect, where, order_by, maximum)
        return self._pools.page(token, query, summary=summary)

    # --- many at once --------------------------------------------------------------------------

    def refresh(self, objects: Iterable[Job | Task | Pool]) -> list[Job | Task | Pool]:
        """Bring many jobs, tasks and pools up to date, up to a thousand of a kind with one request.

        Those not submitted yet, and those deleted by this program, stay as they are.

        Returns:
            Those that the server does not have any more, which stay as they are.

        Raises:
            TypeError, ValueError: something else than jobs, tasks and pools of this connection.
            UnauthorizedException, QarnotGenericException: the server refused or failed; what was
                asked for before is up to date.
        """
        given = list(objects)
        for one in given:
            if not isinstance(one, Resource):
                raise TypeError(f"objects must be jobs, tasks and pools, not {type(one).__name__}")
            if one._connection is not self:
                raise ValueError(f"objects: {one!r} is of another connection")
        gone: list[Job | Task | Pool] = []
        for kind in ("job", "task", "pool"):
            if alike := [one for one in given if one._kind == kind]:
                gone += getattr(self, f"_{kind}s").refresh(alike)
        return gone

    # --- the account ---------------------------------------------------------------------------

    @property
    def user_info(self) -> UserInfo:
        """The account, its quotas and what it uses, one request (`retrieveUserInfo`) each time.

        Raises:
            UnauthorizedException, QarnotGenericException: the server refused or failed.
        """
        return self._account.user_info()

    def get_user_computing_quotas(self) -> UserComputingQuotas:
        """What the user may run and runs (operation `retrieveUserComputingQuotas`).

        Raises:
            UnauthorizedException, QarnotGenericException: the server refused or failed.
        """
        return self._account.user_quotas()

    def get_organization_computing_quotas(self) -> OrganizationComputingQuotasDetails:
        """What the user's organization may run and runs, user by user.

        Operation `retrieveOrganizationComputingQuotas`.

        Raises:
            UnauthorizedException, QarnotGenericException: the user has no organization, or the
                server refused or failed.
        """
        return self._account.organization_quotas()

    def profiles_names(self) -> list[str]:
        """The names of the profiles the account may run (operation `listProfiles`).

        Raises:
            UnauthorizedException, QarnotGenericException: the server refused or failed.
        """
        return self._account.profile_names()

    def profiles(self) -> list[Profile]:
        """The profiles the account may run: a request for their names, and one for each.

        Raises:
            UnauthorizedException, QarnotGenericException: the server refused or failed.
        """
        return [self._account.profile(name) for name in self._account.profile_names()]

    @unseen
    def retrieve_profile(self, name: str) -> Profile:
        """The profile of this name (operation `retrieveProfile`).

        Raises:
            MissingProfileException: there is none.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: not a text, or an empty one.
        """
        return self._account.profile(name)

    @unseen
    def profile_details(self, profile_name: str) -> Profile | None:
        """As `retrieve_profile`, but `None` when there is none."""
        return self._account.profile_or_none(profile_name)

    def hardware_constraints(self) -> Iterator[HardwareConstraint]:
        """What tasks and pools may ask of machines, asking for each page when it is needed.

        Operation `listHardwareConstraints`. A kind not known here is a `HardwareConstraint` that
        holds it as it came.

        Raises:
            UnauthorizedException, QarnotGenericException: the server refused or failed.
        """
        return self._account.hardware_constraints()

    def hardware_constraints_page(
        self, limit: int = 50, offset: int = 0
    ) -> OffsetPage[HardwareConstraint]:
        """One page of `hardware_constraints`.

        Args:
            limit: how many at most, 1 to 50.
            offset: how many to leave out first, ≥ 0.

        Raises:
            TypeError, ValueError: an argument that is not allowed.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
        """
        return self._account.hardware_constraints_page(limit, offset)

    def search_cpu_model_constraints(self, cpu_model: str) -> list[CpuModelHardware]:
        """The processors whose model holds this text, the best match first, or none.

        Operation `searchCpuModelConstraints`.

        Raises:
            TypeError, ValueError: not a text, or an empty one.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
        """
        return self._account.cpu_models(cpu_model)
