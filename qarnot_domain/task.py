"""Tasks: one container command each, run on a number of instances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

import attrs

from . import _codecs as codecs
from . import _convert as convert
from ._codecs import Codec, Json, SettableCodec, Wire
from ._fields import ServerField, SubmitOnce
from ._gateway import Answer, Tries
from ._resource import Resource
from .exceptions import MissingTaskException
from .pool import POOL_UUID, InPool, Pool
from .states import TaskState

if TYPE_CHECKING:
    from .connection import Connection
    from .job import Job

_MOST_TAGS: Final = 9
_MOST_CONSTANTS: Final = 150


@attrs.frozen
class TaskError:
    """Why a task, or one of its instances, failed (schema `TaskError`)."""

    code: str | None
    message: str | None
    debug: str | None

    @classmethod
    def _read(cls, value: Json) -> Self:
        if not isinstance(value, Mapping):
            raise ValueError(f"expected an error object, not {value!r}")
        return cls(
            *(codecs.read_optional_text(value.get(field.name)) for field in attrs.fields(cls))
        )

    def _write(self) -> Json:
        return {"code": self.code, "message": self.message, "debug": self.debug}


def _read_errors(value: Json) -> list[TaskError]:
    return [TaskError._read(item) for item in codecs.read_list(value)]


def _write_errors(errors: list[TaskError]) -> Json:
    return [error._write() for error in errors]


def _check_job(member: str, value: Job | str | None) -> str | None:
    if isinstance(value, Resource) and value._kind == "job":
        if value.uuid is None:
            raise ValueError(f"{member}: the job {value.name!r} is not submitted yet")
        return value.uuid
    if value is None or isinstance(value, str):
        return codecs.check_optional_uuid(member, value)
    raise TypeError(f"{member} must be a Job, a uuid or None, not {type(value).__name__}")


_JOB_UUID: Final[SettableCodec[str | None, Job | str | None]] = SettableCodec(
    codecs.read_optional_uuid, codecs.unchanged, check=_check_job
)


def _check_dependencies(member: str, value: Iterable[Task | str]) -> list[str]:
    if isinstance(value, (str, Task)) or not isinstance(value, Iterable):
        raise TypeError(f"{member} must be a list of tasks or uuids, not {type(value).__name__}")
    return list(dict.fromkeys(_check_dependency(member, item) for item in value))


def _check_dependency(member: str, value: Task | str) -> str:
    if isinstance(value, Task):
        if value.uuid is None:
            raise ValueError(f"{member}: the task {value.name!r} is not submitted yet")
        return value.uuid
    if not isinstance(value, str):
        raise TypeError(f"{member} must hold tasks or uuids, not {type(value).__name__}")
    return codecs.check_uuid(member, value)


def _read_dependencies(value: Json) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, Mapping):
        raise ValueError(f"expected a dependencies object, not {value!r}")
    return [codecs.read_text(uuid) for uuid in codecs.read_list(value.get("dependsOn"))]


def _write_dependencies(uuids: list[str]) -> Json:
    return {"dependsOn": list(uuids)} if uuids else None


class Constants(MutableMapping[str, str]):
    """The constants of a task: a view in which setting or deleting one sets the member anew."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __getitem__(self, name: str) -> str:
        return self._task._constants[name]

    def __setitem__(self, name: str, value: str) -> None:
        self._task.constants = {**self, name: value}

    def __delitem__(self, name: str) -> None:
        rest = dict(self)
        del rest[name]
        self._task.constants = rest

    def __iter__(self) -> Iterator[str]:
        return iter(self._task._constants)

    def __len__(self) -> int:
        return len(self._task._constants)

    def __repr__(self) -> str:
        """Without the values, which may be passwords."""
        return f"Constants({', '.join(self)})"


class Task(InPool):
    """A task of the API (operations `createTasks`, `retrieveTask`, `deleteTask`).

    Get one from `Connection.create_task`, `Connection.retrieve_task`, `Connection.tasks` or
    `Job.tasks`. Creating a `Task` sends nothing; `submit()` does, once.

    Args:
        connection: the cluster to run it on.
        name: text of 1 to 2047 characters.
        profile_or_pool: the profile its instances run, or the submitted `Pool` they run in;
            leave it out in a job that has a pool.
        instancecount_or_range: how many instances (an int ≥ 1), or which, as text like
            `"0-2,4-5,17"`; default 1.
        shortname: a DNS label, unique on the cluster; the server's default is the uuid.
        job: the submitted `Job` to put it in, or its uuid; default none.

    Raises:
        TypeError, ValueError: an argument that is not allowed; the message names it.
    """

    _kind = "task"
    _missing = MissingTaskException
    _born = TaskState.SUBMITTED
    _deleting = TaskState.PENDING_DELETE

    profile: SubmitOnce[str | None, str | None] = SubmitOnce("profile", codecs.OPTIONAL_NAME, None)
    """The profile its instances run: text or `None`, settable until submission."""

    instance_count: SubmitOnce[int | None, int | None] = SubmitOnce(
        "instanceCount", codecs.OPTIONAL_INSTANCE_COUNT, None
    )
    """How many instances run: an int ≥ 1, or `None` with a range; settable until submission."""

    advanced_range: SubmitOnce[str | None, str | None] = SubmitOnce(
        "advancedRanges", codecs.OPTIONAL_RANGES, None
    )
    """Which instances run, as text like `"0-2,4-5,17"`, or `None`; settable until submission."""

    dependencies: SubmitOnce[list[str], Iterable[Task | str]] = SubmitOnce(
        "dependencies",
        SettableCodec(
            _read_dependencies, _write_dependencies, show=list, check=_check_dependencies
        ),
        [],
    )
    """The uuids of the tasks that must end before it starts; set with tasks or uuids.

    Settable until submission; only in a job created with `use_dependencies`.
    """

    tags: SubmitOnce[list[str], Iterable[str]] = SubmitOnce(
        "tags", codecs.tags(most=_MOST_TAGS), []
    )
    """Custom tags, at most 9; settable until submission."""

    state: ServerField[TaskState] = ServerField(
        "state", codecs.state(TaskState), TaskState.UNSUBMITTED
    )
    """Its state, a `TaskState`; `UnSubmitted` before submission."""

    previous_state: ServerField[str | None] = ServerField(
        "previousState", codecs.OPTIONAL_TEXT, None
    )
    """The state before this one, as text, or `None`."""

    errors: ServerField[list[TaskError]] = ServerField(
        "errors", Codec(_read_errors, _write_errors, show=list), []
    )
    """Why it failed: a list of `TaskError`, empty if it did not."""

    _pool_uuid: SubmitOnce[str | None, Pool | str | None] = SubmitOnce(
        # A task of a job with a pool inherits it.
        "poolUuid",
        attrs.evolve(POOL_UUID, same=codecs.chosen_if_none),
        None,
        name="pool",
    )
    _constants: SubmitOnce[Mapping[str, str], Mapping[str, str]] = SubmitOnce(
        "constants",
        codecs.constants(most=_MOST_CONSTANTS),
        MappingProxyType({}),
        name="constants",
    )
    _job_uuid: SubmitOnce[str | None, Job | str | None] = SubmitOnce(
        "jobUuid", _JOB_UUID, None, name="job"
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
            self.instance_count = instancecount_or_range
        self._job_uuid = job

    @property
    def constants(self) -> Constants:
        """Its constants, such as `DOCKER_CMD`: at most 150 texts by name.

        Settable until submission, whole (`task.constants = {...}`) or one at a time
        (`task.constants["DOCKER_CMD"] = ...`), with the same checks; afterwards `AttributeError`.
        """
        return Constants(self)

    @constants.setter
    def constants(self, value: Mapping[str, str]) -> None:
        self._constants = value

    @property
    def job_uuid(self) -> str | None:
        """The uuid of the job it is in, or `None`."""
        return self._job_uuid

    def set_task_dependencies_from_tasks(self, tasks: Iterable[Task]) -> None:
        """Add submitted tasks to `dependencies`; the official SDK's name.

        Raises:
            AttributeError: it is already submitted.
            TypeError, ValueError: something else than submitted tasks.
        """
        self.dependencies = [*self.dependencies, *tasks]

    def set_task_dependencies_from_uuids(self, uuids: Iterable[str]) -> None:
        """Add uuids of tasks to `dependencies`; the official SDK's name. Raises as above."""
        self.dependencies = [*self.dependencies, *uuids]

    def delete(self) -> None:
        """Delete it on the server, aborting it first if it runs; nothing before submission.

        Raises:
            MissingTaskException: it is gone already.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
        """
        self._delete(self._connection._gateway.delete_task)

    def _create(self, wire: Wire, tries: Tries) -> str:
        return self._connection._gateway.create_task(convert.task_create(wire), tries).uuid

    def _retrieve(self, uuid: str) -> Answer[Wire]:
        return convert.wire_answer(self._connection._gateway.retrieve_task(uuid))
