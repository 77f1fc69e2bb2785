"""Descriptions of jobs with their tasks, as JSON: read strictly, built whole before any is sent.

A member is called as in Python: those of `Job` and `Task` that can be set. Whatever is not known,
given twice, or of the wrong type is an error that names where it stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import attrs

from qarnot_domain import (
    AdvancedDependency,
    BucketPrefixFiltering,
    Filtering,
    ForcedConstant,
    ForcedNetworkRule,
    HardwareConstraint,
    Job,
    PrefixResourcesTransformation,
    Privileges,
    ResourcesBucket,
    ResourcesTransformation,
    RetrySettings,
    SecretAccessRightByPrefix,
    SecretAccessRightBySecret,
    SecretsAccessRights,
    Task,
)
from qarnot_domain._fields import SubmitOnce
from qarnot_domain._values import Tagged, Value

if TYPE_CHECKING:
    from qarnot_domain import Connection

_TASKS: Final = "tasks"
_DEPENDENCIES: Final = "dependencies"
_PLACEHOLDER: Final = "00000000-0000-4000-8000-000000000000"
"""The uuid of the job that tasks are tried in before theirs exists."""


def settable(kind: type[Job | Task]) -> list[str]:
    """The members that a description may give, the name first."""
    return [
        member.name
        for member in kind._members
        if isinstance(member, SubmitOnce) and member.name != "job"
    ]


@contextmanager
def _placed(where: str) -> Generator[None]:
    """Say where it stands, of a member that the library refuses."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from error


# --- reading the text ---------------------------------------------------------------------------


def read(text: str) -> dict[str, Any]:
    """The members of a description.

    Raises:
        ValueError: it is no JSON object, or gives a member twice.
    """
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"it is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return _object(value, "the description")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"the member {name!r} is given twice")
        members[name] = value
    return members


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{where} must be an object, not {_kind_of(value)}")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{where} must be a list, not {_kind_of(value)}")
    return value


def _kind_of(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        type(None): "null",
    }
    return names.get(type(value), "a number")


def _refuse_unknown(given: Mapping[str, object], allowed: Sequence[str], where: str) -> None:
    for name in given:
        if name not in allowed:
            raise ValueError(f"{where} has no member {name!r}; there are: {', '.join(allowed)}")


# --- building what it describes -----------------------------------------------------------------


@attrs.frozen
class Plan:
    """A job to submit, and the tasks to submit in it then."""

    connection: Connection
    job: Job
    described: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, connection: Connection, members: Mapping[str, Any]) -> Plan:
        """What a description asks for, checked as far as can be without the server.

        Only a pool that is named by its shortname is asked for.

        Raises:
            TypeError, ValueError: something in it that cannot be; the message says where.
        """
        _refuse_unknown(members, [*settable(Job), _TASKS], "a job")
        job = _new_job(connection, members)
        described = tuple(
            _task_members(item, f"tasks[{index}]")
            for index, item in enumerate(_list(members.get(_TASKS, []), _TASKS))
        )
        plan = cls(connection, job, described)
        plan._try_out()
        return plan

    def _try_out(self) -> None:
        """Build the tasks as in a job that is submitted: then all can be checked."""
        stand_in = Job.from_json(self.connection, {**self.job.to_json(), "uuid": _PLACEHOLDER})
        stand_in.auto_update = False
        for where, task in zip(self._places(), self.tasks(stand_in), strict=True):
            with _placed(where):
                task._check_draft()

    def tasks(self, job: Job) -> list[Task]:
        """The tasks, new, in this job."""
        tasks = []
        for where, members in zip(self._places(), self.described, strict=True):
            with _placed(where):
                tasks.append(_task(self.connection, job, members))
        known = _by_name(tasks)
        for where, members, task in zip(self._places(), self.described, tasks, strict=True):
            if members.get(_DEPENDENCIES) is not None:
                with _placed(where):
                    task.dependencies = _dependencies(members[_DEPENDENCIES], known)
        return tasks

    def _places(self) -> Iterator[str]:
        for index, members in enumerate(self.described):
            yield f"tasks[{index}] {members['name']!r}"


def _new_job(connection: Connection, members: Mapping[str, Any]) -> Job:
    if "name" not in members:
        raise ValueError("a job needs a name: give --name, or the member name in the description")
    job = Job(connection, members["name"])
    for name in settable(Job):
        if name in members:
            _assign(job, name, _pool(connection, name, members[name]))
    return job


def _task_members(item: object, where: str) -> dict[str, Any]:
    members = _object(item, where)
    _refuse_unknown(members, settable(Task), where)
    if "name" not in members:
        raise ValueError(f"{where} needs a name")
    return members


def _task(connection: Connection, job: Job, members: Mapping[str, Any]) -> Task:
    task = Task(connection, members["name"], job=job)
    if members.get("advanced_range") is not None:
        task.instancecount = None
    for name in settable(Task):
        if name in members and name != _DEPENDENCIES:
            value = _pool(connection, name, members[name])
            _assign(task, name, _BUILDERS[name](value, name) if name in _BUILDERS else value)
    return task


def _assign(one: Job | Task, name: str, value: object) -> None:
    setattr(one, name, value)


def _pool(connection: Connection, name: str, value: object) -> object:
    """The same value, but of a pool that is named by its shortname the uuid."""
    if name != "pool" or not isinstance(value, str) or _is_uuid(value):
        return value
    return connection.retrieve_pool(value)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


# --- dependencies ---------------------------------------------------------------------------------


def _by_name(tasks: Sequence[Task]) -> dict[str, list[Task]]:
    known: dict[str, list[Task]] = {}
    for task in tasks:
        for name in {task.name, task.shortname} - {None}:
            known.setdefault(str(name), []).append(task)
    return known


def _dependencies(
    value: object, known: Mapping[str, list[Task]]
) -> list[Task | str | AdvancedDependency]:
    return [
        _dependency(item, f"{_DEPENDENCIES}[{index}]", known)
        for index, item in enumerate(_list(value, _DEPENDENCIES))
    ]


def _dependency(
    item: object, where: str, known: Mapping[str, list[Task]]
) -> Task | str | AdvancedDependency:
    if isinstance(item, str):
        return _referred(item, where, known)
    members = _object(item, where)
    allowed = ("task", "task_final_state_condition")
    _refuse_unknown(members, allowed, where)
    if not isinstance(members.get("task"), str):
        raise TypeError(f"{where} needs a task: a name, a shortname or a uuid")
    return AdvancedDependency(
        _referred(members["task"], where, known),
        _list(members.get("task_final_state_condition", []), f"{where}.{allowed[1]}"),
    )


def _referred(text: str, where: str, known: Mapping[str, list[Task]]) -> Task | str:
    """The task of the description that is meant, or the uuid of one that exists."""
    tasks = known.get(text, [])
    if len(tasks) > 1:
        raise ValueError(f"{where}: {text!r} is the name of {len(tasks)} tasks; use a shortname")
    if tasks:
        return tasks[0]
    if _is_uuid(text):
        return text
    raise ValueError(f"{where}: no task of this description is called {text!r}")


# --- values with members of their own -------------------------------------------------------------


Builder = Callable[[Any, str], object]


def _value(kind: type[Value]) -> Builder:
    """What builds a value of this kind from an object; null stays what it is."""

    def build(given: object, where: str) -> object:
        return None if given is None else _built(kind, _object(given, where), where)

    return build


def _values(kind: type[Value], *, or_text: bool = False) -> Builder:
    def build(given: object, where: str) -> object:
        return [
            item
            if or_text and isinstance(item, str)
            else _built(kind, _object(item, f"{where}[{index}]"), f"{where}[{index}]")
            for index, item in enumerate(_list(given, where))
        ]

    return build


def _named_values(kind: type[Value]) -> Builder:
    def build(given: object, where: str) -> object:
        return {
            name: _built(kind, _object(item, f"{where}.{name}"), f"{where}.{name}")
            for name, item in _object(given, where).items()
        }

    return build


_BUILDERS: Final[Mapping[str, Builder]] = {
    "by_prefix": _values(SecretAccessRightByPrefix),
    "by_secret": _values(SecretAccessRightBySecret),
    "filtering": _value(Filtering),
    "forced_constants": _named_values(ForcedConstant),
    "forced_network_rules": _values(ForcedNetworkRule),
    "hardware_constraints": _values(HardwareConstraint),
    "prefix_filtering": _value(BucketPrefixFiltering),
    "privileges": _value(Privileges),
    "resources": _values(ResourcesBucket, or_text=True),
    "resources_transformation": _value(ResourcesTransformation),
    "retry_settings": _value(RetrySettings),
    "secrets_access_rights": _value(SecretsAccessRights),
    "strip_prefix": _value(PrefixResourcesTransformation),
}
"""How members that are objects, or lists of them, are built, in tasks and in such objects."""


def _built(kind: type[Value], given: Mapping[str, Any], where: str) -> Value:
    members = dict(given)
    if issubclass(kind, Tagged):
        tag = members.pop(kind._tag, None)
        if tag not in kind._kinds:
            raise ValueError(f"{where}.{kind._tag} must be one of: {', '.join(kind._kinds)}")
        kind = kind._kinds[tag]
    fields = {field.name: field for field in attrs.fields(kind)}
    _refuse_unknown(members, list(fields), where)
    for name, field in fields.items():
        if field.default is attrs.NOTHING and name not in members:
            raise ValueError(f"{where} needs the member {name!r}")
    built = {
        name: _BUILDERS[name](value, f"{where}.{name}") if name in _BUILDERS else value
        for name, value in members.items()
    }
    with _placed(where):
        return kind(**built)
