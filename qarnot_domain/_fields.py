"""The members of a job, task or pool, each declared once: name on the wire, kind, rule.

Three rules exist. What the server decides is read only. What the user decides can be set until the
object is submitted and never after, where the API has no operation that changes it; where it has
one, it can be set again and `commit()` sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Never,
    Protocol,
    Self,
    TypeVar,
    cast,
    overload,
)

from ._codecs import Codec, SettableCodec, unchanged
from ._snapshot import ABSENT, UNREADABLE, CachedSnapshot

G = TypeVar("G")
S = TypeVar("S")


class Beside(Protocol):
    """What an object has beside the answers that are its alone, as far as members are concerned."""

    def at_hand(self, member: str, /) -> Any:  # noqa: ANN401 - JSON, or `ABSENT`
        """What a listing said of a member, by its name in JSON, if nothing else is to be looked at.

        `ABSENT` otherwise.
        """
        ...


class Holder(Protocol):
    """What a member needs of the object it belongs to."""

    _by_name: ClassVar[Mapping[str, ServerField[Any]]]
    """The members of its kind."""

    @property
    def _cached(self) -> CachedSnapshot | None:
        """What the server said of it when it was asked for alone, or changed."""
        ...

    @property
    def _beside(self) -> Beside | None:
        """What there is beside."""
        ...

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


class _Explanation:
    """The docstring of a class of descriptors, and of each descriptor the text below it."""

    def __init__(self, of_class: str | None) -> None:
        self._of_class = of_class

    def __get__(self, instance: Explained | None, owner: type) -> str | None:
        if instance is None:
            return self._of_class
        declared_by, attribute = instance._declared
        return _docstrings(declared_by).get(attribute, self._of_class)

    def __set__(self, instance: Explained, value: object) -> None:
        """Keep it: `property` would set its own."""


class Explained:
    """A descriptor that takes the text below it for its docstring, so that `help` shows it."""

    _declared: tuple[type, str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # Read when it is asked for, which takes the source.
        cls.__doc__ = _Explanation(cls.__doc__)  # type: ignore[assignment]  # it gives a text

    def __set_name__(self, owner: type, name: str) -> None:
        self._declared = owner, name


if TYPE_CHECKING:

    class _Property:
        def __init__(self, read: Callable[[Any], object]) -> None: ...

else:
    # A `__get__` in Python would double what a read takes. Its types are those below.
    _Property = property


class ServerField(Explained, _Property, Generic[G]):
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
        self.initial = initial
        self._given_name = name

    def __set_name__(self, owner: type, name: str) -> None:
        super().__set_name__(owner, name)
        self.name = self._given_name or name
        _Property.__init__(self, self._reader())

    def _reader(self) -> Callable[[Holder], object]:
        """What reads the member of an object.

        One function, for each that it called would cost as much as the rest of it: what is fresh
        it finds itself, all else it leaves to the object.
        """
        name, wire, convert, show = self.name, self.wire, self.codec.read, self.codec.show

        def read(holder: Holder) -> object:
            cached = holder._cached
            if cached is not None:
                # Not called as a method, which would take longer to look up.
                monotonic = cached.clock.monotonic
                try:
                    if monotonic() < cached.fresh_until:
                        return cached.value.values[name]
                except KeyError:
                    """Only part of the object is known, without it."""
            elif (beside := holder._beside) is not None:
                said = beside.at_hand(wire)
                if said is not ABSENT:
                    try:
                        return convert(said)
                    except UNREADABLE:
                        """The object says so in words of its own."""
            return holder._current(self)

        return read if show is unchanged else lambda holder: show(cast("G", read(holder)))

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: Holder, owner: type) -> G: ...
        def __get__(self, instance: Holder | None, owner: type) -> Self | G: ...

    def __set__(self, instance: Holder, value: Never) -> None:
        raise AttributeError(f"{self.name} is read only: only the server sets it")


class StateField(ServerField[G], Generic[G]):
    """The state: once it is final, nothing but a deletion can follow, and nobody is asked."""

    def _reader(self) -> Callable[[Holder], object]:
        return _read_state


def _read_state(holder: Holder) -> object:
    # As other members are read, with a look at whether it is final. It takes nothing from around
    # it, which would be copied at each call.
    cached = holder._cached
    if cached is not None:
        if cached.is_final:
            return cached.state
        monotonic = cached.clock.monotonic
        if monotonic() < cached.state_until:
            return cached.state
    elif (beside := holder._beside) is not None:
        said = beside.at_hand("state")
        if said is not ABSENT:
            try:
                return holder._by_name["state"].codec.read(said)
            except UNREADABLE:
                """The object says so in words of its own."""
    return holder._current(holder._by_name["state"])


class SubmitOnce(ServerField[G], Generic[G, S]):
    """A member that the user sets until submission, and nobody after."""

    def __init__(
        self, wire: str, codec: SettableCodec[G, S], initial: G, *, name: str | None = None
    ) -> None:
        super().__init__(wire, codec, initial, name=name)
        self._settable = codec

    if TYPE_CHECKING:
        # Beside `__set__`, so that type checkers do not take what was set for what is read.
        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: Holder, owner: type) -> G: ...
        def __get__(self, instance: Holder | None, owner: type) -> Self | G: ...

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

    def _reader(self) -> Callable[[Holder], object]:
        """Asks the object, which knows what was set and not sent yet."""
        show = self.codec.show
        return lambda holder: show(cast("G", holder._current(self)))


def members_of(owner: type) -> tuple[ServerField[Any], ...]:
    """The members declared by a class and its bases, in the order of declaration."""
    declared: dict[str, ServerField[Any]] = {}
    for base in reversed(owner.__mro__):
        declared |= {
            name: field for name, field in vars(base).items() if isinstance(field, ServerField)
        }
    return tuple(declared.values())
