"""Tasks: one container command each, run on a number of instances."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from . import _checks as checks
from . import _codecs as codecs
from ._codecs import Json, SettableCodec, Wire
from ._execution import Execution
from ._fields import Committable, ServerField, StateField, SubmitOnce
from ._in_pool import POOL_UUID, InPool
from ._listing import Query, equal
from ._progress import check_progress, following
from ._resource import Resource
from ._seconds import seconds
from ._sending import Answer, Tries
from ._wait import resumable, wait_until
from .dependency import (
    DEPENDENCIES,
    AdvancedDependency,
    Dependencies,
    TaskDependencies,
    uuid_of,
)
from .exceptions import MissingTaskException, UnauthorizedException
from .execution_settings import RETRY_SETTINGS, RetrySettings
from .pool import Pool
from .states import TaskState
from .status import CLUSTER_INFO, COMPLETED_INSTANCES, ClusterInfo, CompletedInstance

if TYPE_CHECKING:
    from .connection import Connection
    from .job import Job

_MOST_TAGS: Final = 9
_MOST_CONSTANTS: Final = 150
_LONGEST_PATTERN: Final = 2047

_PATTERN: Final = codecs.optional(codecs.text(shortest=0, longest=_LONGEST_PATTERN))
_PRIORITY: Final = codecs.optional(
    codecs.integer(least=-checks.LARGEST_INT32 - 1, most=checks.LARGEST_INT32)
)


def _check_job(member: str, value: Job | str | None) -> Job | str | None:
    if isinstance(value, Resource) and value._kind == "job":
        if value.uuid is None:
            raise ValueError(f"{member}: the job {value.name!r} is not submitted yet")
        return value
    if value is None or isinstance(value, str):
        return codecs.OPTIONAL_UUID.check(member, value)
    raise TypeError(f"{member} must be a Job, a uuid or None, not {type(value).__name__}")


_JOB: Final[SettableCodec[Job | str | None, Job | str | None]] = SettableCodec(
    codecs.read_optional_uuid,
    uuid_of,
    check=_check_job,
    same=lambda sent, said: uuid_of(sent) == uuid_of(said),
)


class Task(InPool, Execution):
    """A task of the API (operations `createTasks`, `retrieveTask`, `abortTask`, `deleteTask`).

    Get one from `Connection.create_task`, `Connection.retrieve_task`, `Connection.tasks` or
    `Job.tasks`. Creating a `Task` sends nothing; `submit()` does, once, after checking that its
    members go together. Afterwards only `tags` and `constants` can be set, for `commit()`.

    Args:
        connection: the cluster to run it on.
        name: text of 1 to 2047 characters.
        profile_or_pool: the profile its instances run, or the submitted `Pool` they run in;
            leave it out in a job that has a pool.
        instancecount_or_range: how many instances (an int, 1 to 2048), or which, as text like
            `"0-2,4-5,17"`; default 1.
        shortname: a DNS label, unique on the cluster; the server's default is the uuid.
        job: the submitted `Job` to put it in, or its uuid; default none.

    Raises:
        TypeError, ValueError: an argument that is not allowed; the message names it.
    """

    __slots__ = ()

    _kind = "task"
    _executing = "task"
    _missing = MissingTaskException
    _born = TaskState.SUBMITTED
    _deleting = TaskState.PENDING_DELETE

    profile: SubmitOnce[str | None, str | None] = SubmitOnce(
        "profile", codecs.optional(codecs.NAME), None
    )
    """The profile its instances run: text or `None`, settable until submission."""

    instancecount: SubmitOnce[int | None, int | None] = SubmitOnce(
        "instanceCount",
        codecs.optional(codecs.integer(least=1, most=checks.MOST_INSTANCES)),
        None,
    )
    """How many instances run: an int, 1 to 2048, or `None` with a range.

    Settable until submission.
    """

    advanced_range: SubmitOnce[str | None, str | None] = SubmitOnce(
        "advancedRanges", codecs.optional(codecs.RANGES), None
    )
    """Which instances run, as text like `"0-2,4-5,17"`, at most 2048 of them, or `None`.

    Settable until submission; then set `instancecount` to `None`.
    """

    dependencies: SubmitOnce[TaskDependencies, Dependencies] = SubmitOnce(
        "dependencies", DEPENDENCIES, TaskDependencies()
    )
    """What it waits for, a `TaskDependencies`; settable until submission.

    Set it to a list of tasks or uuids, each of which must end, or of `AdvancedDependency`, which
    say how. The job must use dependencies. A task not submitted yet can be waited for by one that
    is submitted later, or together with it by `Connection.submit_tasks`; none can wait for itself.
    """

    tags: Committable[list[str], Iterable[str]] = Committable(
        "tags", codecs.tags(most=_MOST_TAGS), []
    )
    """Custom tags, at most 9; settable until submission, and after it for `commit`."""

    state: StateField[TaskState] = StateField(
        "state", codecs.state(TaskState), TaskState.UNSUBMITTED
    )
    """Its state, a `TaskState`; `UnSubmitted` before submission.

    Once it is final it is not asked for again: `update` tells that it was deleted since.
    """

    results: SubmitOnce[str | None, str | None] = SubmitOnce("resultBucket", codecs.ANY_TEXT, None)
    """The name of the bucket its results go to, made if it is not there; or `None`."""

    results_bucket: SubmitOnce[str | None, str | None] = SubmitOnce(
        "resultsBucket", codecs.ANY_TEXT, None
    )
    """Another way to name the bucket its results go to, together with a prefix; or `None`."""

    results_bucket_prefix: SubmitOnce[str | None, str | None] = SubmitOnce(
        "resultsBucketPrefix", codecs.ANY_TEXT, None
    )
    """What the paths of its results begin with in `results_bucket`, or `None`."""

    results_cache_ttl_sec: SubmitOnce[int | None, int | None] = SubmitOnce(
        "resultsCacheTTLSec", codecs.COUNT, None
    )
    """How long its results may be cached, in seconds, or `None`."""

    results_whitelist: SubmitOnce[str | None, str | None] = SubmitOnce(
        "resultsWhitelist", _PATTERN, None
    )
    """A regular expression for the files that are results, at most 2047 characters, or `None`."""

    results_blacklist: SubmitOnce[str | None, str | None] = SubmitOnce(
        "resultsBlacklist", _PATTERN, None
    )
    """A regular expression for the files that are not, at most 2047 characters, or `None`."""

    snapshot_whitelist: SubmitOnce[str | None, str | None] = SubmitOnce(
        "snapshotWhitelist", _PATTERN, None
    )
    """As `results_whitelist`, for snapshots."""

    snapshot_blacklist: SubmitOnce[str | None, str | None] = SubmitOnce(
        "snapshotBlacklist", _PATTERN, None
    )
    """As `results_blacklist`, for snapshots."""

    snapshot_bucket: SubmitOnce[str | None, str | None] = SubmitOnce(
        "snapshotBucket", codecs.ANY_TEXT, None
    )
    """The name of the bucket its snapshots go to, or `None`."""

    snapshot_bucket_prefix: SubmitOnce[str | None, str | None] = SubmitOnce(
        "snapshotBucketPrefix", codecs.ANY_TEXT, None
    )
    """What the paths of its snapshots begin with, or `None`."""

    snapshot_interval: SubmitOnce[int | None, int | None] = SubmitOnce(
        "snapshotInterval", codecs.unsaid(codecs.COUNT), None
    )
    """Deprecated by the API, which resets it to 0."""

    max_retries_per_instance: SubmitOnce[int | None, int | None] = SubmitOnce(
        "maxRetriesPerInstance", codecs.COUNT, None
    )
    """Deprecated by the API: see `retry_settings`."""

    retry_settings: SubmitOnce[RetrySettings | None, RetrySettings | None] = SubmitOnce(
        "retrySettings", RETRY_SETTINGS, None
    )
    """How often failed instances run again, or `None` for the server's default."""

    wait_for_pool_resources_synchronization: SubmitOnce[bool | None, bool | None] = SubmitOnce(
        "waitForPoolResourcesSynchronization", codecs.FLAG, None
    )
    """Whether it waits until its pool has its input; `None` for the pool's default."""

    upload_results_on_cancellation: SubmitOnce[bool | None, bool | None] = SubmitOnce(
        "uploadResultsOnCancellation", codecs.FLAG, None
    )
    """Whether what it has is kept when it is cancelled; `None` for the server's default."""

    priority: SubmitOnce[int | None, int | None] = SubmitOnce(
        "priority", codecs.unsaid(_PRIORITY), None
    )
    """Its priority, for administrators; the API does not say it back, so then `None`."""

    completed_instances: ServerField[list[CompletedInstance]] = ServerField(
        "completedInstances", COMPLETED_INSTANCES, []
    )
    """Its instances that have ended: a list of `CompletedInstance`."""

    progress: ServerField[float | None] = ServerField("progress", codecs.REPORTED_NUMBER, None)
    """How much of it is done, in percent, or `None`."""

    total_instance_count: ServerField[int | None] = ServerField(
        "totalInstanceCount", codecs.REPORTED_INTEGER, None
    )
    """How many instances it has, those of a range included, or `None`."""

    results_count: ServerField[int | None] = ServerField(
        "resultsCount", codecs.REPORTED_INTEGER, None
    )
    """How many files its results are, or `None`."""

    credits: ServerField[float | None] = ServerField("credits", codecs.REPORTED_NUMBER, None)
    """What it has cost, or `None`."""

    _cluster_info: ServerField[ClusterInfo | None] = ServerField(
        "clusterInfo", CLUSTER_INFO, None, name="cluster_cores_count"
    )
    _pool_uuid: SubmitOnce[str | None, Pool | str | None] = SubmitOnce(
        # A task of a job with a pool inherits it.
        "poolUuid",
        SettableCodec(
            POOL_UUID.read, POOL_UUID.write, check=POOL_UUID.check, same=codecs.chosen_if_none
        ),
        None,
        name="pool",
    )
    _constants: Committable[Mapping[str, str], Mapping[str, str]] = Committable(
        "constants",
        codecs.constants(most=_MOST_CONSTANTS),
        MappingProxyType({}),
        name="constants",
    )
    _job: SubmitOnce[Job | str | None, Job | str | None] = SubmitOnce(
        "jobUuid", _JOB, None, name="job"
    )

    def __init__(
        self,
        connection: Connection,
        name: str,
        profile_or_pool: str | Pool | None = None,
        instancecount_or_range: int | str = 1,
        shortname: str | None = None,
        job: Job | str | None = None,
    ) -> None:
        super().__init__(connection, name, shortname)
        if isinstance(profile_or_pool, Pool):
            self.pool = profile_or_pool
        else:
            self.profile = profile_or_pool
        if isinstance(instancecount_or_range, str):
            self.advanced_range = instancecount_or_range
        else:
            self.instancecount = instancecount_or_range
        self._job = job

    @property
    def job_uuid(self) -> str | None:
        """The uuid of the job it is in, or `None`."""
        return uuid_of(self._job)

    @property
    def cluster_cores_count(self) -> int | None:
        """How many cores its cluster has, or `None`."""
        info = self._cluster_info
        return None if info is None else info.cluster_cores_count

    # --- dependencies ------------------------------------------------------------------------

    def set_task_dependencies_from_tasks(self, tasks: Iterable[Task]) -> None:
        """Add tasks to `dependencies`; the official SDK's name.

        Raises:
            AttributeError: it is already submitted.
            TypeError, ValueError: something else than tasks, or it has conditions on others.
        """
        self._await(tasks)

    def set_task_dependencies_from_uuids(self, uuids: Iterable[str]) -> None:
        """Add uuids of tasks to `dependencies`; the official SDK's name. Raises as above."""
        self._await(uuids)

    def set_task_advanced_dependencies(self, dependencies: Iterable[AdvancedDependency]) -> None:
        """Add tasks with conditions to `dependencies`; the official SDK's name. Raises as above."""
        self._await(dependencies)

    def _await(self, more: Iterable[Task | str | AdvancedDependency]) -> None:
        present, added = self.dependencies, DEPENDENCIES.check("dependencies", more)
        self.dependencies = [
            *present.tasks,
            *added.tasks,
            *present.advanced_depends_on,
            *added.advanced_depends_on,
        ]

    def remove_task_dependency(self, uuid: str) -> None:
        """Remove a task from `dependencies`, if it is there.

        Raises:
            AttributeError: it is already submitted.
            TypeError, ValueError: `uuid` is no uuid.
        """
        uuid = checks.check_uuid("uuid", uuid)
        present = self.dependencies
        self.dependencies = TaskDependencies(
            tuple(task for task in present.tasks if uuid not in (task, uuid_of(task))),
            tuple(one for one in present.advanced_depends_on if one.task_uuid != uuid),
        )

    def clear_task_dependencies(self) -> None:
        """Wait for nothing; `AttributeError` after submission."""
        self.dependencies = None

    def _checked(self, member: SubmitOnce[object, object], value: object) -> object:
        checked = super()._checked(member, value)
        if isinstance(checked, TaskDependencies):
            self._refuse_cycle(checked)
        return checked

    def _refuse_cycle(self, dependencies: TaskDependencies) -> None:
        """Raise `ValueError` if it would wait for itself, however indirectly."""
        awaited = [task for task in dependencies.awaited if isinstance(task, Task)]
        if self in awaited:
            raise ValueError(f"dependencies: the task {self.name!r} would wait for itself")
        # What nothing waits for is in no circle, and so a long chain is built in linear time.
        seen, ahead = set(awaited), list(awaited) if self._own.is_awaited else []
        while ahead:
            for task in ahead.pop()._awaited_drafts():
                if task is self:
                    raise ValueError(
                        f"dependencies: the task {self.name!r} would wait for itself, by others"
                    )
                if task not in seen:
                    seen.add(task)
                    ahead.append(task)
        for task in awaited:
            task._own.is_awaited = True

    def _awaited_drafts(self) -> list[Task]:
        """The tasks it waits for that are not submitted yet."""
        dependencies = self._own.draft["dependencies"]
        if not isinstance(dependencies, TaskDependencies):
            return []
        return [
            task for task in dependencies.awaited if isinstance(task, Task) and task.uuid is None
        ]

    # --- submission --------------------------------------------------------------------------

    def _check_draft(self) -> None:
        super()._check_draft()
        self._exclude("instancecount", "advanced_range")
        if not self._own.draft["instancecount"] and not self._own.draft["advanced_range"]:
            raise ValueError("either instancecount or advanced_range is needed")
        self._exclude("profile", "pool")
        self._check_place()
        self._check_dependencies()

    def _check_place(self) -> None:
        """Refuse a place to run that the job does not leave open."""
        place = self._own.draft["profile"] or self._own.draft["pool"]
        pool_of_job = self._known_of_job("pool", without_job=None)
        if place is None and pool_of_job is None:
            raise ValueError("either profile or pool is needed, as the job has no pool")
        if place is not None and isinstance(pool_of_job, str):
            raise ValueError(
                f"profile and pool must be left out, not {place!r}: the task runs in the pool of "
                f"its job {self._known_of_job('name', without_job=None)!r}"
            )
        in_pool = self._own.draft["pool"] is not None or isinstance(pool_of_job, str)
        if in_pool and self._own.draft["hardware_constraints"]:
            raise ValueError("hardware_constraints are the pool's for a task that runs in one")

    def _check_dependencies(self) -> None:
        if self._own.draft["dependencies"]:
            uses = self._known_of_job("use_dependencies", without_job=False)
            if uses is False:
                raise ValueError(
                    "dependencies need a job that was created with use_dependencies, and the task "
                    "is in none"
                )

    def _known_of_job(self, name: str, *, without_job: object) -> object:
        """What is known of a member of its job; `...` when nothing is, as of one given by uuid."""
        job = self._own.draft["job"]
        if job is None:
            return without_job
        return job._peek(name, ...) if isinstance(job, Resource) else ...

    def _prepare(self) -> dict[str, Json]:
        for task in self._awaited_drafts():
            raise ValueError(
                f"dependencies: the task {task.name!r} is not submitted yet; submit it before, or "
                "both with Connection.submit_tasks"
            )
        return super()._prepare()

    # --- life --------------------------------------------------------------------------------

    def abort(self) -> None:
        """Abort it on the server; the next read of `state` shows the server's word.

        Raises:
            MissingTaskException: it is gone.
            UnauthorizedException: it does not run, or the token does not allow this.
            QarnotGenericException: it is not submitted, or the server failed.
        """
        cache = self._bound("abort")
        try:
            self._connection._gateway.abort_task(cache.value.uuid)
        finally:
            # Also after a failure: its answer may be all that was lost.
            cache.expire()

    def delete(self) -> None:
        """Delete it on the server, aborting it first if it runs; nothing before submission.

        Raises:
            MissingTaskException: it is gone already.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
        """
        self._delete(self._connection._gateway.delete_task)

    def wait(
        self,
        timeout: float | timedelta | None = None,
        progress: bool | Callable[[Mapping[str, int]], None] = False,
    ) -> bool:
        """Wait until it is final: `Success`, `Failure` or `Cancelled`.

        One small request per poll (operation `paginateTaskSummaries`), at intervals that grow
        from a quarter of a second to `update_cache_time`, and one for the whole task at the end.
        Interrupted by Ctrl-C, the task goes on: wait for it again, from anywhere.

        Args:
            timeout: how long at most, in seconds or as a `timedelta`; `None` for ever.
            progress: `True` for a live line in a notebook, or on the terminal (which needs the
                extra `progress`), or a function called at each poll with `{state: 1}`.

        Returns:
            `True` when it is final; `False` when the time is up.

        Raises:
            TypeError, ValueError: `timeout` is not a duration ≥ 0.
            MissingTaskException: it was deleted.
            QarnotGenericException: it is not submitted, or as `update`.
        """
        limit = None if timeout is None else seconds("timeout", timeout)
        uuid = self._identified("wait")
        itself = Query(equal("Uuid", uuid), maximum=1)

        def is_final(_last: bool) -> bool:
            found = self._connection._tasks.page(None, itself, summary=True).page_data
            if not found:
                self.update(flushcache=True)
            state = TaskState(str((found[0] if found else self)._peek("state")))
            report({str(state): 1})
            if state.is_final:
                self.update(flushcache=True)
            return state.is_final

        with (
            following(progress, str(self._peek("name"))) as report,
            resumable(f"connection.retrieve_task({uuid!r}).wait()"),
        ):
            return wait_until(
                is_final,
                self._connection.clock,
                timeout=limit,
                longest_pause=self.update_cache_time,
            )

    def run(
        self,
        *,
        job_timeout: float | timedelta | None = None,
        progress: bool | Callable[[Mapping[str, int]], None] = False,
    ) -> bool:
        """Submit it, wait for it, and abort it if the time is up before it is final.

        Args:
            job_timeout: how long at most, in seconds or as a `timedelta`; `None` for ever.
            progress: as for `wait`.

        Returns:
            `True` when it is final; `False` when it was aborted.

        Raises:
            QarnotException: as `submit`, `wait` and `abort`.
        """
        limit = None if job_timeout is None else seconds("job_timeout", job_timeout)
        check_progress(progress)
        self.submit()
        if self.wait(limit, progress):
            return True
        try:
            self.abort()
        except UnauthorizedException:
            # What ended in between cannot be aborted, and need not be.
            self.update(flushcache=True)
            if not self.state.is_final:
                raise
            return True
        return False

    def _create(self, wire: Wire, tries: Tries) -> str:
        return self._connection._gateway.create_task(wire, tries)

    @staticmethod
    def _retrieve(connection: Connection, uuid: str) -> Answer[Wire]:
        return connection._gateway.retrieve_task(uuid)

    def _send_update(self, uuid: str, wire: Wire) -> None:
        self._connection._gateway.update_task(uuid, wire)

    def _resync(self, uuid: str) -> None:
        self._connection._gateway.resync_task(uuid)
