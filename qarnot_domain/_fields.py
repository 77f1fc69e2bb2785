"""The members of a job, task or pool, each declared once: name on the wire, kind, rule.

Three rules exist. What the server decides is read only. What the user decides can be set until the
object is submitted and never after, where the API has no operation that changes it; where it has
one, it can be set again and `commit()` sends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Generic, Never, Protocol, Self, TypeVar, cast, overload

import attrs

from ._codecs import Codec, Json, SettableCodec, Wire, unchanged

G = TypeVar("G")
S = TypeVar("S")


class Holder(Protocol):
    """What a member needs of the object it belongs to."""

    def _current(self, member: ServerField[Any]) -> object:
        """The member's value now: of the draft before submission, of the server after."""
        ...

    def _assign(self, member: SubmitOnce[Any, Any], value: object) -> None:
        """Refuse because it is submitted, or else check the value and put it into the draft."""
        ...


@cache
def _docstrings(owner: type) -> Mapping[str, str]:
    """The texts below the attributes of a class, which Python itself does not keep."""
    import ast
    import inspect
    import textwrap

    try:
        source = textwrap.dedent(inspect.getsource(owner))
    except (OSError, TypeError):
        return {}
    (declaration,) = ast.parse(source).body
    body = declaration.body if isinstance(declaration, ast.ClassDef) else []
    return {
        member.target.id: inspect.cleandoc(text.value.value)
        for member, text in pairwise(body)
        if isinstance(member, ast.AnnAssign)
        and isinstance(member.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


class Explained:
    """A descriptor that takes the text below it for its docstring, so that `help` shows it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._declared = owner, name

    def _explained(self) -> Self:
        """Itself, as the class gives it: to `help`, mostly, which then reads the docstring."""
        owner, attribute = self._declared
        self.__doc__ = _docstrings(owner).get(attribute, self.__doc__)
        return self


class ServerField(Explained, Generic[G]):
    """A member that only the server sets."""

    name: str
    """What users call it: in messages, in `repr`, and as the key of drafts and snapshots."""

    def __init__(self, wire: str, codec: Codec[G], initial: G, *, name: str | None = None) -> None:
        """Declare a member.

        Args:
            wire: its name in the API's JSON.
            codec: its kind.
            initial: its value before submission.
            name: what users call it; default the attribute's own name, but a private attribute
                that a public property completes gives the property's.
        """
        self.wire = wire
        self.codec = codec
        self._show = None if codec.show is unchanged else codec.show
        self.initial = initial
        self._given_name = name

    def __set_name__(self, owner: type, name: str) -> None:
        super().__set_name__(owner, name)
        self.name = self._given_name or name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: type) -> G: ...
    def __get__(self, instance: Holder | None, owner: type) -> Self | G:
        if instance is None:
            return self._explained()
        value = cast(G, instance._current(self))
        show = self._show
        return value if show is None else show(value)

    def __set__(self, instance: Holder, value: Never) -> None:
        raise AttributeError(f"{self.name} is read only: only the server sets it")


class SubmitOnce(ServerField[G], Generic[G, S]):
    """A member that the user sets until submission, and nobody after."""

    def __init__(
        self, wire: str, codec: SettableCodec[G, S], initial: G, *, name: str | None = None
    ) -> None:
        super().__init__(wire, codec, initial, name=name)
        self._settable = codec

    # Beside `__set__`, so that type checkers do not take what was set for what is read.
    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: type) -> G: ...
    def __get__(self, instance: Holder | None, owner: type) -> Self | G:
        return super().__get__(instance, owner)

    def __set__(self, instance: Holder, value: S) -> None:
        instance._assign(self, value)

    def check(self, value: S) -> G:
        """The value as it is kept; `TypeError` or `ValueError` if it is not allowed."""
        return self._settable.check(self.name, value)

    def same(self, sent: G, said: G) -> bool:
        """Whether what the server says is what was sent, as servers write it."""
        return self._settable.same(sent, said)


class Committable(SubmitOnce[G, S], Generic[G, S]):
    """A member that the user sets until submission, and again after it for `commit()` to send."""


def members_of(owner: type) -> tuple[ServerField[Any], ...]:
    """The members declared by a class and its bases, in the order of declaration."""
    declared: dict[str, ServerField[Any]] = {}
    for base in reversed(owner.__mro__):
        declared |= {
            name: field for name, field in vars(base).items() if isinstance(field, ServerField)
        }
    return tuple(declared.values())


@attrs.frozen
class Snapshot:
    """What the server said of an object at one moment: never changed, only replaced."""

    values: Mapping[str, object]
    """Member name -> value; in part of an object, those it lacks are not there."""
    extra: Wire
    """What the server said and no member reads, as it came."""

    @classmethod
    def read(
        cls, members: Iterable[ServerField[Any]], wire: Wire, *, is_part: bool = False
    ) -> Self:
        """The snapshot in a JSON object, or in part of one.

        Raises:
            ValueError: it cannot be read; the message names the member.
        """
        if not isinstance(wire, Mapping):
            raise ValueError(f"expected an object, not {type(wire).__name__}")
        rest = dict(wire)
        take = rest.pop
        values: dict[str, object] = {}
        for member in members:
            if not is_part or member.wire in rest:
                try:
                    values[member.name] = member.codec.read(take(member.wire, None))
                except (ValueError, TypeError) as error:
                    raise ValueError(f"{member.wire}: {error}") from error
        # Mostly the uuid alone, which nobody can change.
        kept = rest if all(isinstance(one, str) for one in rest.values()) else deepcopy(rest)
        return cls(MappingProxyType(values), MappingProxyType(kept))

    def write(self, members: Iterable[ServerField[Any]]) -> dict[str, Json]:
        """The JSON object again."""
        known = {
            member.wire: member.codec.write(self.values[member.name])
            for member in members
            if member.name in self.values
        }
        return known | deepcopy(dict(self.extra))

    def with_values(self, values: Mapping[str, object]) -> Self:
        return attrs.evolve(self, values=MappingProxyType({**self.values, **values}))
