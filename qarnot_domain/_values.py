"""Frozen values inside tasks, pools and accounts, each member declared once.

A value is checked when a user makes it, read without checks when the server says it, keeps the
members that this version of the library does not know, and is written as it was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self, TypeVar, cast, dataclass_transform

import attrs

from . import _codecs as codecs
from ._codecs import Codec, Json, SettableCodec, Wire, read_list, read_object

G = TypeVar("G")
S = TypeVar("S")
ValueT = TypeVar("ValueT", bound="Value")

_REQUIRED: Final[Any] = attrs.NOTHING


def member(
    codec: Codec[Any],
    *,
    default: object = _REQUIRED,
    wire: str | None = None,
    also: str | None = None,
    shown: bool = True,
) -> Any:  # noqa: ANN401 - what the annotation beside it says
    """Declare a member of a value.

    Args:
        codec: its kind; unless it is settable, only the server gives the member.
        default: what it is when it is not given, and when the API says null.
        wire: its name in the API's JSON; by default its own in camel case.
        also: another name by which some answers call it.
        shown: whether `repr` shows it.
    """
    metadata = {"codec": codec, "wire": wire, "also": also}
    return attrs.field(default=default, repr=shown, metadata=metadata)


@attrs.frozen
class _Member:
    name: str
    wire: str
    spellings: tuple[str, ...]
    """What answers call it, in lower case: the API's own samples differ in the case of letters."""
    codec: Codec[Any]
    default: object

    @classmethod
    def of(cls, field: attrs.Attribute[Any]) -> Self:
        head, *tail = field.name.split("_")
        wire = field.metadata["wire"] or head + "".join(map(str.capitalize, tail))
        spellings = tuple(str(n).lower() for n in (wire, field.metadata["also"]) if n is not None)
        return cls(field.name, wire, spellings, field.metadata["codec"], field.default)

    def read(self, value: Json) -> object:
        if value is None and self.default is not _REQUIRED:
            return self.default
        try:
            return self.codec.read(value)
        except ValueError as error:
            raise ValueError(f"{self.wire}: {error}") from error


@dataclass_transform(frozen_default=True, field_specifiers=(member,))
class Value:
    """A frozen value of the API."""

    __attrs_attrs__: ClassVar[tuple[attrs.Attribute[Any], ...]]
    _members: ClassVar[tuple[_Member, ...]] = ()
    _extra: Wire = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        attrs.frozen(cls, slots=False, eq=False)
        cls._members = tuple(map(_Member.of, attrs.fields(cls)))

    def __attrs_post_init__(self) -> None:
        for own in self._members:
            value = getattr(self, own.name)
            if value is own.default:
                continue
            if value is None and own.default is not _REQUIRED:
                object.__setattr__(self, own.name, own.default)
            elif not isinstance(own.codec, SettableCodec):
                raise TypeError(f"{own.name} is the server's to say")
            else:
                object.__setattr__(self, own.name, own.codec.check(own.name, value))

    @classmethod
    def _check_member(cls, name: str, value: object, *, shown_as: str) -> None:
        """Raise what making it with this member would, naming the member as users call it."""
        (own,) = (member for member in cls._members if member.name == name)
        if isinstance(own.codec, SettableCodec):
            own.codec.check(shown_as, value)

    @classmethod
    def from_json(cls, payload: Wire) -> Self:
        """The value in the API's JSON; unknown members are kept for `to_json`.

        Raises:
            ValueError: the payload cannot be such a value; the message names the member.
        """
        return cls._read(payload)

    @classmethod
    def _read(cls, payload: Json) -> Self:
        rest = dict(read_object(payload))
        spelled = {name.lower(): name for name in rest}
        members = {}
        for own in cls._members:
            names = [spelled[name] for name in own.spellings if name in spelled]
            said = [rest.pop(name, None) for name in names]
            value = next((one for one in said if one is not None), None)
            members[own.name] = own.read(value)
        # Not before: a traceback that shows a value half made would fail at it.
        made = cls.__new__(cls)
        made.__dict__.update(members, _extra=deepcopy(rest))
        return made

    def to_json(self) -> dict[str, Json]:
        """The wire form, without the members that hold nothing."""
        written = {own.wire: _written(own, getattr(self, own.name)) for own in self._members}
        return deepcopy(dict(self._extra)) | {k: v for k, v in written.items() if v is not None}

    def _with(self, name: str, value: object) -> Self:
        """The value with another member, checked."""
        given: Self = attrs.evolve(cast("Any", self), **{name: value})
        object.__setattr__(given, "_extra", self._extra)
        return given

    def _as_given(self) -> Self:
        """Without what only the server says."""
        said = [own for own in self._members if not isinstance(own.codec, SettableCodec)]
        if not said:
            return self
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__, **{own.name: own.default for own in said})
        return made

    def _is_said_by(self, said: Value) -> bool:
        """Whether what the server says is this; what was left to it may be anything."""
        return type(said) is type(self) and all(
            _is_said(getattr(self, own.name), getattr(said, own.name))
            for own in self._members
            if isinstance(own.codec, SettableCodec)
        )

    def _content(self) -> tuple[object, ...]:
        return tuple(getattr(self, own.name) for own in self._members)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._content() == other._content() and self._extra == other._extra

    def __hash__(self) -> int:
        return hash((type(self), *map(_hashable, self._content())))


def _hashable(value: object) -> object:
    return frozenset(value) if isinstance(value, Mapping) else value


def _written(own: _Member, value: object) -> Json:
    return None if value is None else own.codec.write(value)


def _is_said(sent: object, said: object) -> bool:
    if isinstance(sent, Value) and isinstance(said, Value):
        return sent._is_said_by(said)
    return sent is None or sent == said


class Tagged(Value):
    """A value of one of several kinds, told apart by a member; an unknown kind is kept as it is."""

    _tag: ClassVar[str]
    _kind: ClassVar[str | None] = None
    _kinds: ClassVar[dict[str, type[Tagged]]]

    def __init_subclass__(cls, tag: str | None = None, kind: str | None = None) -> None:
        super().__init_subclass__()
        if tag is not None:
            cls._tag, cls._kinds = tag, {}
        if kind is not None:
            cls._kind = kind
            cls._kinds[kind] = cls

    def __attrs_pre_init__(self) -> None:
        if self._kind is None:
            raise TypeError(f"make one of the kinds of {type(self).__name__}, or use its from_json")

    @classmethod
    def _read(cls, payload: Json) -> Self:
        wire = read_object(payload)
        said = wire.get(cls._tag)
        kind = cls._kinds.get(said) if isinstance(said, str) else None
        if cls._kind is not None and kind is not cls:
            raise ValueError(f"expected the {cls._tag} {cls._kind}, not {said!r}")
        if kind is None:
            return super()._read(wire)
        rest = {name: value for name, value in wire.items() if name != cls._tag}
        return cast("Self", kind._read_kind(rest))

    @classmethod
    def _read_kind(cls, wire: Wire) -> Self:
        return super()._read(wire)

    def _is_said_by(self, said: Value) -> bool:
        """As of any value; of a kind not known here nothing is known to be left to the server."""
        return super()._is_said_by(said) if self._kind is not None else self == said

    def to_json(self) -> dict[str, Json]:
        """The wire form, its kind included."""
        written = super().to_json()
        return written if self._kind is None else {self._tag: self._kind, **written}


def said(kind: type[ValueT]) -> Codec[ValueT]:
    """A value of this kind that only the server makes."""
    return Codec(kind._read, kind.to_json)


def value(kind: type[ValueT]) -> SettableCodec[ValueT, ValueT]:
    """A value of this kind that users make."""

    def check(name: str, given: ValueT) -> ValueT:
        if not isinstance(given, kind):
            raise TypeError(f"{name} must be a {kind.__name__}, not {type(given).__name__}")
        return given._as_given()

    return SettableCodec(kind._read, kind.to_json, check=check, same=_is_said)


def all_said(codec: Codec[G]) -> Codec[Sequence[G]]:
    """Several of what the codec given reads, as a tuple: what is frozen stays so."""
    return Codec(
        lambda value: tuple(codec.read(item) for item in read_list(value)),
        lambda values: [codec.write(item) for item in values],
    )


def all_of(codec: SettableCodec[G, S]) -> SettableCodec[Sequence[G], Iterable[S]]:
    """As `all_said`, given by users as any iterable."""
    listed = codecs.listed(codec)
    told = all_said(codec)
    return SettableCodec(
        told.read, told.write, check=lambda name, given: tuple(listed.check(name, given))
    )
