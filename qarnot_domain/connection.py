"""The connection to a cluster: where objects are created, retrieved and listed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Self

from . import _convert as convert
from . import config
from ._clock import Clock, SystemClock
from ._gateway import Gateway
from ._listing import Collection, Page, tags_condition
from .job import Job
from .pool import Pool
from .task import Task


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
        cluster_custom_certificate: path of a CA file or folder to trust instead of the usual.
        deadline: how long one operation may go on retrying, in seconds or as a `timedelta`;
            default 5 minutes.
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
        client_shortnames: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._settings = config.load(
            fileconf,
            client_token=client_token,
            cluster_url=cluster_url,
            cluster_unsafe=cluster_unsafe,
            cluster_timeout=cluster_timeout,
            retry_count=retry_count,
            retry_wait=retry_wait,
            cluster_custom_certificate=cluster_custom_certificate,
            deadline=deadline,
            client_shortnames=client_shortnames,
        )
        gateway = self._gateway = Gateway(self._settings, clock or SystemClock())
        self._jobs = Collection(
            partial(Job._from_answer, self),
            lambda uuid: convert.wire(gateway.retrieve_job(gateway.check_id(uuid)).parsed),
            lambda *query: convert.wire_page(gateway.paginate_jobs(convert.page_request(*query))),
        )
        self._tasks = Collection(
            partial(Task._from_answer, self),
            lambda uuid: convert.wire(gateway.retrieve_task(gateway.check_id(uuid)).parsed),
            lambda *query: convert.wire_page(gateway.paginate_tasks(convert.page_request(*query))),
        )
        self._pools = Collection(
            partial(Pool._from_answer, self),
            lambda uuid: convert.wire(gateway.retrieve_pool(gateway.check_id(uuid)).parsed),
            lambda *query: convert.wire_page(gateway.paginate_pools(convert.page_request(*query))),
        )

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

    def __repr__(self) -> str:
        return f"Connection(cluster_url={self.cluster_url!r})"

    # --- jobs --------------------------------------------------------------------------------

    def create_job(
        self,
        name: str,
        pool: Pool | str | None = None,
        shortname: str | None = None,
        use_dependencies: bool = False,
    ) -> Job:
        """A new job, not yet submitted; sends nothing. See `Job` for arguments and errors."""
        return Job(self, name, pool, shortname, use_dependencies)

    def retrieve_job(self, uuid: str) -> Job:
        """The job of this uuid or shortname (operation `retrieveJob`).

        Raises:
            MissingJobException: there is none.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: not a text, or an empty one.
        """
        return self._jobs.retrieve(uuid)

    def jobs(
        self, tags: Iterable[str] | None = None, tags_intersect: Iterable[str] | None = None
    ) -> list[Job]:
        """The jobs of the account (operation `paginateJobs`), all pages at once.

        Args:
            tags: only those with any of these tags.
            tags_intersect: only those with all of these tags.

        Raises:
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: tags that are not a list of at least one text.
        """
        return list(self.all_jobs(tags, tags_intersect))

    def all_jobs(
        self, tags: Iterable[str] | None = None, tags_intersect: Iterable[str] | None = None
    ) -> Iterator[Job]:
        """As `jobs`, asking for each page when it is needed."""
        return self._jobs.all(tags_condition(tags, tags_intersect))

    def jobs_page(
        self,
        token: str | None = None,
        maximum: int | None = None,
        tags: Iterable[str] | None = None,
        tags_intersect: Iterable[str] | None = None,
    ) -> Page[Job]:
        """One page of `jobs`.

        Args:
            token: `next_token` of the page before; `None` for the first.
            maximum: how many at most, ≥ 1; `None` for the server's default.
            tags: only those with any of these tags.
            tags_intersect: only those with all of these tags.
        """
        return self._jobs.page(token, maximum, tags_condition(tags, tags_intersect))

    # --- tasks -------------------------------------------------------------------------------

    def create_task(
        self,
        name: str,
        profile_or_pool: str | Pool | None = None,
        instancecount_or_range: int | str = 1,
        shortname: str | None = None,
        job: Job | str | None = None,
    ) -> Task:
        """A new task, not yet submitted; sends nothing. See `Task` for arguments and errors."""
        return Task(self, name, profile_or_pool, instancecount_or_range, shortname, job)

    def retrieve_task(self, uuid: str) -> Task:
        """The task of this uuid or shortname (operation `retrieveTask`).

        Raises:
            MissingTaskException: there is none.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: not a text, or an empty one.
        """
        return self._tasks.retrieve(uuid)

    def tasks(
        self, tags: Iterable[str] | None = None, tags_intersect: Iterable[str] | None = None
    ) -> list[Task]:
        """The tasks of the account (operation `paginateTasks`), all pages at once.

        Args:
            tags: only those with any of these tags.
            tags_intersect: only those with all of these tags.

        Raises:
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: tags that are not a list of at least one text.
        """
        return list(self.all_tasks(tags, tags_intersect))

    def all_tasks(
        self, tags: Iterable[str] | None = None, tags_intersect: Iterable[str] | None = None
    ) -> Iterator[Task]:
        """As `tasks`, asking for each page when it is needed."""
        return self._tasks.all(tags_condition(tags, tags_intersect))

    def tasks_page(
        self,
        token: str | None = None,
        maximum: int | None = None,
        tags: Iterable[str] | None = None,
        tags_intersect: Iterable[str] | None = None,
    ) -> Page[Task]:
        """One page of `tasks`.

        Args:
            token: `next_token` of the page before; `None` for the first.
            maximum: how many at most, ≥ 1; `None` for the server's default.
            tags: only those with any of these tags.
            tags_intersect: only those with all of these tags.
        """
        return self._tasks.page(token, maximum, tags_condition(tags, tags_intersect))

    # --- pools -------------------------------------------------------------------------------

    def create_pool(
        self, name: str, profile: str, instancecount: int = 1, shortname: str | None = None
    ) -> Pool:
        """A new pool, not yet submitted; sends nothing. See `Pool` for arguments and errors."""
        return Pool(self, name, profile, instancecount, shortname)

    def retrieve_pool(self, uuid: str) -> Pool:
        """The pool of this uuid or shortname (operation `retrievePool`).

        Raises:
            MissingPoolException: there is none.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: not a text, or an empty one.
        """
        return self._pools.retrieve(uuid)

    def pools(
        self, tags: Iterable[str] | None = None, tags_intersect: Iterable[str] | None = None
    ) -> list[Pool]:
        """The pools of the account (operation `paginatePools`), all pages at once.

        Args:
            tags: only those with any of these tags.
            tags_intersect: only those with all of these tags.

        Raises:
            UnauthorizedException, QarnotGenericException: the server refused or failed.
            TypeError, ValueError: tags that are not a list of at least one text.
        """
        return list(self.all_pools(tags, tags_intersect))

    def all_pools(
        self, tags: Iterable[str] | None = None, tags_intersect: Iterable[str] | None = None
    ) -> Iterator[Pool]:
        """As `pools`, asking for each page when it is needed."""
        return self._pools.all(tags_condition(tags, tags_intersect))

    def pools_page(
        self,
        token: str | None = None,
        maximum: int | None = None,
        tags: Iterable[str] | None = None,
        tags_intersect: Iterable[str] | None = None,
    ) -> Page[Pool]:
        """One page of `pools`.

        Args:
            token: `next_token` of the page before; `None` for the first.
            maximum: how many at most, ≥ 1; `None` for the server's default.
            tags: only those with any of these tags.
            tags_intersect: only those with all of these tags.
        """
        return self._pools.page(token, maximum, tags_condition(tags, tags_intersect))
