"""Jobs: what groups tasks, limits how long they run, and lets them depend on each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from . import _checks as checks
from . import _codecs as codecs
from ._codecs import Wire
from ._fields import StateField, SubmitOnce
from ._in_pool import POOL_UUID, InPool
from ._sending import Answer, Tries
from .exceptions import MissingJobException
from .states import JobState
from .timespan import TimeSpan

if TYPE_CHECKING:
    from .connection import Connection
    from .pool import Pool
    from .task import Task

_MOST_TAGS: Final = 9


class Job(InPool):
    """A job of the API (operations `createJob`, `retrieveJob`, `terminateJob`, `deleteJob`).

    Get one from `Connection.create_job`, `Connection.retrieve_job` or `Connection.jobs`. Creating
    a `Job` sends nothing; `submit()` does, once. Until then its members can be set; afterwards
    setting one raises `AttributeError`, because the API cannot change a job, and reading one asks
    the server when what is known is older than `update_cache_time`.

    Args:
        connection: the cluster to run it on.
        name: text of 1 to 2047 characters.
        pool: a submitted `Pool`, or a pool's uuid, in which its tasks run; default none.
        shortname: a DNS label, unique on the cluster; the server's default is the uuid.
        use_dependencies: whether its tasks may depend on each other; default `False`.

    Raises:
        TypeError, ValueError: an argument that is not allowed; the message names it.
    """

    __slots__ = ()

    _kind = "job"
    _missing = MissingJobException
    _born = JobState.ACTIVE
    _deleting = JobState.DELETING

    state: StateField[JobState] = StateField("state", codecs.state(JobState), JobState.UNSUBMITTED)
    """Its state, a `JobState`; `UnSubmitted` before submission.

    A state that this version of the library does not know is given as it came.
    Once it is final it is not asked for again: `update` tells that the job was deleted since.
    """

    use_dependencies: SubmitOnce[bool, bool] = SubmitOnce("useDependencies", codecs.BOOLEAN, False)
    """Whether its tasks may depend on each other: `bool`, settable until submission."""

    max_wall_time: SubmitOnce[TimeSpan | None, str | timedelta | None] = SubmitOnce(
        "maxWallTime", codecs.OPTIONAL_DURATION, None
    )
    """How long it may run in real time before it is terminated, as a `TimeSpan`, or `None`.

    Settable until submission, to a `timedelta`, a text `d.hh:mm:ss` or `hh:mm:ss`, or `None`.
    """

    tags: SubmitOnce[list[str], Iterable[str]] = SubmitOnce(
        "tags", codecs.tags(most=_MOST_TAGS), []
    )
    """Custom tags: a list of at most 9 texts of at most 511 characters, without repetition.

    Settable until submission. The list handed out is a copy: set the member to change it.
    """

    _pool_uuid: SubmitOnce[str | None, Pool | str | None] = SubmitOnce(
        "poolUuid", POOL_UUID, None, name="pool"
    )

    def __init__(
        self,
        connection: Connection,
        name: str,
        pool: Pool | str | None = None,
        shortname: str | None = None,
        use_dependencies: bool = False,
    ) -> None:
        super().__init__(connection, name, shortname)
        self.pool = pool
        self.use_dependencies = use_dependencies

    @property
    def tasks(self) -> list[Task]:
        """The tasks submitted in this job, one request (`listJobTasks`) each time it is read.

        An empty list before submission. Raises as `update` does.
        """
        uuid = self.uuid
        if uuid is None:
            return []
        return self._connection._tasks.listed(self._connection._gateway.list_job_tasks(uuid))

    def terminate(self) -> None:
        """Terminate it on the server, aborting what still runs; does nothing before submission.

        The next read of `state` shows the server's word.

        Raises:
            MissingJobException: it is gone.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
        """
        uuid = self.uuid
        if uuid is not None:
            try:
                self._connection._gateway.terminate_job(uuid)
            finally:
                # Also after a failure: its answer may be all that was lost.
                self._bound("terminate").expire()

    def delete(self, forceAbort: bool = False) -> None:  # noqa: N803  (the official SDK's name)
        """Delete it on the server; does nothing before submission.

        Afterwards `state` is `Deleting`, `uuid` stays readable, every member stays locked and
        `submit()` raises.

        Args:
            forceAbort: abort the tasks that still run, instead of refusing.

        Raises:
            UnauthorizedException: tasks still run, or the token does not allow this.
            MissingJobException: it is gone already.
            QarnotGenericException: any other failure.
        """
        force = checks.check_boolean("forceAbort", forceAbort)
        self._delete(partial(self._connection._gateway.delete_job, force=force))

    def wait(
        self,
        timeout: float | timedelta | None = None,
        progress: bool | Callable[[Mapping[str, int]], None] = False,
    ) -> bool:
        """Wait until every task submitted in it is final, or it is final itself.

        One small request per poll however many tasks, at intervals that grow from a quarter of a
        second to `update_cache_time`: every fourth asks after the job, the others for one task
        that is not final (and the first after a job of which nothing fresh is known). With
        `progress`, a poll asks for the states of all its tasks instead. When all have ended, one
        request more asks whether the job is still there. A job does not complete by itself when
        its tasks end, so it is usually still `Active` afterwards. Interrupted by
        Ctrl-C, the job goes on: wait for it again, from anywhere.

        Args:
            timeout: how long at most, in seconds or as a `timedelta`; `None` for ever.
            progress: `True` for a live line in a notebook, or on the terminal (which needs the
                extra `progress`), or a function called at each poll with the number of tasks by
                state.

        Returns:
            `True` when all is final, at once when there are no tasks; `False` when the time is up.

        Raises:
            TypeError, ValueError: `timeout` is not a duration ≥ 0.
            MissingJobException: it was deleted meanwhile.
            QarnotGenericException: it is not submitted, or as `update`.
        """
        # Here, since what it takes need not be loaded for a first job.
        from ._watch import wait_for

        return wait_for(self, timeout, progress)

    def _create(self, wire: Wire, tries: Tries) -> str:
        return self._connection._gateway.create_job(wire, tries)

    @staticmethod
    def _retrieve(connection: Connection, uuid: str) -> Answer[Wire]:
        return connection._gateway.retrieve_job(uuid)
