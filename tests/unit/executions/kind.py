"""What the tests of several kinds of objects need to know of each: how to get one, what it holds.

A test that is true of more than one kind is written once and run for each, by `each`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from operator import attrgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar

import attrs
import pytest

from qarnot_domain import Connection, Pool, QarnotException, Task
from qarnot_domain._resource import Resource
from qarnot_domain.emulator import Emulator

from ..driving import LONG, operations

R_co = TypeVar("R_co", bound=Resource, covariant=True)
E_co = TypeVar("E_co", bound=Task | Pool, covariant=True)
K = TypeVar("K", bound="Kind[Resource]")


class Same:
    """As set."""


SAME: Final = Same()


class Setting(NamedTuple):
    """A member that users set."""

    wire: str
    """Its name in the document."""
    value: Any
    """A value unlike its default."""
    sent: Any
    """That value as the document writes it."""
    kept: Any = SAME
    """What it reads as in the draft."""
    said: Any = SAME
    """What it reads as once the emulator has said it; by default as in the draft."""
    along: Mapping[str, Any] = {}
    """Other members that must be set for it to be allowed."""

    @property
    def in_draft(self) -> Any:
        """What the draft's member is equal to."""
        return self.value if self.kept is SAME else self.kept

    @property
    def on_server(self) -> Any:
        """What the submitted object's member is equal to."""
        return self.in_draft if self.said is SAME else self.said


class Ending(NamedTuple):
    """What makes it end, and the states that follow."""

    action: str
    """The method that does it; its operation has the same verb."""
    during: str
    """The state at once."""
    after: str
    """The state once it has ended."""


@attrs.frozen(kw_only=True, repr=False)
class Kind(Generic[R_co]):
    """Jobs, tasks or pools.

    Members are named by what follows their object in Python, as in `"tags"` or `"pool.uuid"`.
    """

    cls: type[R_co]
    create: Callable[..., R_co]
    created: str
    """The operation that creates one."""
    retrieve: Callable[[Connection, str], R_co]
    missing: type[QarnotException]
    arguments: Mapping[str, Any]
    """What it cannot be created and submitted without."""
    bad_arguments: tuple[tuple[str, Mapping[str, Any], type[Exception]], ...]
    """Members, arguments of its constructor that they refuse, and how."""
    born: str
    """The state in which the API creates one."""
    given: Mapping[str, Any]
    """The members of `draft` that are not left to the server."""
    body: Mapping[str, Any]
    """What the submission of `draft` sends."""
    defaults: Mapping[str, Any]
    """What the members are in a draft, but for the name."""
    derived: Mapping[str, Any] = {}
    """What is read from the members, in a draft."""
    unsaid: Mapping[str, Any]
    """What the members are that the server leaves out, where that is not the default."""
    constructed: frozenset[str] = frozenset()
    """The members that only its constructor sets, and that are read by another name."""
    payload: Mapping[str, Any]
    """One as the API gives it, with every member, each unlike its default."""
    said: Mapping[str, Any]
    """What the members are for the payload."""
    unreadable: tuple[tuple[str, Any], ...]
    """Members of the payload, and what they cannot be."""

    def __repr__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What users call it."""
        return self.cls.__name__.lower()

    def operation(self, verb: str, what: str = "") -> str:
        """The operation that does this with one, or with a part of one."""
        return f"{verb}{self.cls.__name__}{what}"

    def draft(self, connection: Connection, **arguments: Any) -> R_co:
        """One that can be submitted."""
        return self.create(connection, **{**self.arguments, **arguments})

    def submitted(self, connection: Connection, **members: Any) -> R_co:
        """One on the server, of which nothing has been read since."""
        made = self.draft(connection)
        for member, value in members.items():
            setattr(made, member, value)
        made.submit()
        return made

    def known(self, connection: Connection, **members: Any) -> R_co:
        """One on the server, of which everything is known."""
        made = self.submitted(connection, **members)
        made.update()
        return made

    def part(self, connection: Connection, uuid: str | None, **members: Any) -> R_co:
        """The one of this uuid, of which no more than these members is known."""
        return self.cls.from_json(connection, {"uuid": uuid, **members}, is_summary=True)


@attrs.frozen(kw_only=True, repr=False)
class ExecutionKind(Kind[E_co]):
    """Tasks or pools."""

    missing_instance: type[QarnotException]
    listed: Callable[[Connection], list[E_co]]
    settings: Mapping[str, Setting]
    """The members that can be set on their own."""
    related: Mapping[str, Any] = {}
    """The members that hold other objects, each with a value that a draft takes."""
    committable: Mapping[str, Any]
    """The members that `commit` sends, each as the server has it when it was told nothing."""
    read_only: tuple[str, ...]
    """The properties that are no members and cannot be set, but for the uuid."""
    refused: tuple[tuple[str, Any, type[Exception]], ...]
    """Members, values that they refuse, and how."""
    limits: tuple[tuple[str, Any], ...]
    """Members, and values that the document just allows."""
    newer: tuple[tuple[str, Any], ...]
    """Members of the payload, with something of a newer API within."""
    none_said: tuple[tuple[str, Any, str, Any], ...]
    """Members of the payload, the API's ways to say none, the members and what they then are."""
    ending: Ending
    """How what runs is made to end."""
    for_submitted: tuple[str, ...]
    """The methods that make no sense for a draft."""

    @property
    def locked(self) -> Mapping[str, Any]:
        """The members that submission locks, each with a value that is allowed before."""
        settings = {name: setting.value for name, setting in self.settings.items()}
        return {
            name: value
            for name, value in {**settings, **self.related}.items()
            if name not in self.committable
        }

    def prepared(self, connection: Connection, member: str, **arguments: Any) -> E_co:
        """A draft with this member set, and what it needs."""
        made = self.draft(connection, **arguments)
        setting = self.settings[member]
        for name, value in {**setting.along, member: setting.value}.items():
            setattr(made, name, value)
        return made

    def executing(self, connection: Connection, emulator: Emulator) -> E_co:
        """One of two instances that execute for an hour, and do by now."""
        made = self.submitted(connection, instancecount=2, constants=LONG)
        emulator.advance(timedelta(minutes=1))
        assert made.state == "FullyExecuting"
        return made

    def lose_the_answer(self, draft: Task | Pool, emulator: Emulator) -> None:
        """Submit it with the answer lost after the effect; it must find itself."""
        emulator.fail_next(self.created, drop="after")
        draft.submit()
        assert operations(emulator)[-2:] == [self.created, self.operation("retrieve")]


def read(resource: Resource, members: Iterable[str]) -> dict[str, Any]:
    """What these members are now."""
    return {member: attrgetter(member)(resource) for member in members}


def each(
    kinds: Iterable[K], *names: str, of: Callable[[K], Iterable[Any]] | None = None
) -> pytest.MarkDecorator:
    """Run a test for each kind, or for each row of a table that each kind has.

    Args:
        kinds: what the test's `kind` is.
        names: what the test calls the columns of the table.
        of: the table of a kind; its rows are tuples if it has several columns.
    """
    if of is None:
        rows = [(kind,) for kind in kinds]
    else:
        rows = [(kind, *(row if names[1:] else (row,))) for kind in kinds for row in of(kind)]
    return pytest.mark.parametrize(("kind", *names), rows, ids=_name)


def _name(value: object) -> str | None:
    return value.name if isinstance(value, Kind) else None
