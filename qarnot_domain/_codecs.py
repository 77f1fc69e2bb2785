"""One kind of value at a time, between what users write, what the library keeps, and JSON.

A codec checks what a user assigns (`_checks`), reads what the API answered, and writes what is
sent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from operator import eq
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from . import _checks as checks
from ._words import Word
from .states import State
from .timespan import TimeSpan

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
"""A decoded JSON value."""

Wire = Mapping[str, Json]
"""A JSON object as the API sends or takes it."""

ZERO_UUID: Final = "00000000-0000-0000-0000-000000000000"
"""What the C# SDK sends, and the API then answers, for "none"."""

G = TypeVar("G")
S = TypeVar("S")
StateT = TypeVar("StateT", bound=State)
WordT = TypeVar("WordT", bound=Word)


def unchanged(value: G) -> G:
    return value


class Codec(Generic[G]):
    """How one kind of value is read from JSON, written to it, and shown to users."""

    __slots__ = ("read", "show", "write")

    def __init__(
        self,
        read: Callable[[Json], G],
        write: Callable[[G], Json],
        *,
        show: Callable[[G], G] = unchanged,
    ) -> None:
        """Take the functions.

        Args:
            read: JSON value, null included -> value as kept; raises `ValueError`.
            write: value as kept -> JSON value.
            show: value as kept -> value handed out: a copy where a user could change it.
        """
        self.read: Final = read
        self.write: Final = write
        self.show: Final = show


class SettableCodec(Codec[G], Generic[G, S]):
    """A codec of values that users assign; what may be assigned is an `S`."""

    __slots__ = ("check", "same")

    def __init__(
        self,
        read: Callable[[Json], G],
        write: Callable[[G], Json],
        *,
        show: Callable[[G], G] = unchanged,
        check: Callable[[str, S], G],
        same: Callable[[G, G], bool] = eq,
    ) -> None:
        """Take the functions.

        Args:
            read: see `Codec`, as for all but the last two.
            write: see there.
            show: see there.
            check: (member, value) -> value as kept; raises `TypeError` or `ValueError`.
            same: (value sent, value the server says) -> whether the second is the first, as
                servers write.
        """
        super().__init__(read, write, show=show)
        self.check: Final = check
        self.same: Final = same

    def with_same(self, same: Callable[[G, G], bool]) -> SettableCodec[G, S]:
        """The same but for what the server may say instead of what was sent."""
        return SettableCodec(self.read, self.write, show=self.show, check=self.check, same=same)


# --- reading what the API answers ----------------------------------------------------------


def read_text(value: Json) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a text that is not empty, not {value!r}")
    return value


def read_optional_text(value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f"expected a text or null, not {value!r}")


def read_optional_uuid(value: Json) -> str | None:
    """What names another object, or nothing: null, the zero uuid or no text at all."""
    uuid = read_optional_text(value)
    # It becomes part of a URL.
    return None if uuid in (None, "", ZERO_UUID) else checks.check_id("it", uuid)


def _read_boolean(value: Json) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise ValueError(f"expected true or false, not {value!r}")


def read_optional_duration(value: Json) -> TimeSpan | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"expected a time span, not {value!r}")
    return _time_span(value)


@lru_cache(maxsize=256)
def _time_span(text: str) -> TimeSpan:
    """Most objects of a list have the same few."""
    return TimeSpan(text)


def _read_duration(value: Json) -> TimeSpan:
    return read_optional_duration(value) or TimeSpan.ZERO


def chosen_if_none(sent: G, said: G) -> bool:
    """What was left to the server may be anything."""
    return sent is None or sent == said


def _same_duration(sent: TimeSpan | None, said: TimeSpan | None) -> bool:
    """The API says zero for none, or null for zero."""
    return (sent or TimeSpan.ZERO) == (said or TimeSpan.ZERO)


def read_date(value: Json) -> datetime | None:
    """A date in UTC; `None` for null and for the year 1, which the API writes for "not set".

    The API writes 0 to 7 digits of fraction (a `datetime` keeps 6) and sometimes no zone, which
    then is UTC.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"expected a date, not {value!r}")
    date = datetime.fromisoformat(value)
    if date.year == 1:
        return None
    if date.tzinfo is UTC:
        return date
    try:
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"the date {value!r} is out of range") from None


def _write_date(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat().replace("+00:00", "Z")


def read_string(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a text, not {value!r}")
    return value


def _read_tags(value: Json) -> list[str]:
    return [read_string(tag) for tag in read_list(value)]


def read_object(value: Json) -> Wire:
    if not isinstance(value, Mapping):
        raise ValueError(f"expected an object, not {value!r}")
    return value


def read_list(value: Json) -> Sequence[Json]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"expected a list, not {value!r}")
    return value


def read_integer(value: Json) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f"expected a whole number, not {value!r}")


def read_number(value: Json) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise ValueError(f"expected a number, not {value!r}")


def _read_constants(value: Json) -> Mapping[str, str]:
    constants: dict[str, str] = {}
    for item in map(read_object, read_list(value)):
        constants[read_text(item.get("key"))] = read_optional_text(item.get("value")) or ""
    return MappingProxyType(constants)


def _read_labels(value: Json) -> Mapping[str, str]:
    labels = {} if value is None else read_object(value)
    return MappingProxyType({name: read_string(label) for name, label in labels.items()})


_MASKED: Final = "QARNOT_SECRET__"
"""How the names of the constants begin that the API masks when they are read back."""


def is_masked(name: str) -> bool:
    """Whether the API masks the constant of this name when it is read back."""
    return name.startswith(_MASKED)


def _same_constants(sent: Mapping[str, str], said: Mapping[str, str]) -> bool:
    return sent.keys() == said.keys() and all(
        is_masked(name) or said[name] == value for name, value in sent.items()
    )


def _write_constants(constants: Mapping[str, str]) -> Json:
    return [{"key": name, "value": value} for name, value in constants.items()]


def _read_word(value: Json, *, kind: type[WordT]) -> WordT:
    return kind.read(read_string(value))


# --- the codecs ----------------------------------------------------------------------------


def _read_text_or_none(value: Json) -> str:
    if isinstance(value, str):
        return value
    return read_optional_text(value) or ""


def text(*, longest: int = checks.LARGEST_INT32, shortest: int = 1) -> SettableCodec[str, str]:
    return SettableCodec(
        _read_text_or_none,
        unchanged,
        check=partial(checks.check_text, longest=longest, shortest=shortest),
    )


def tags(*, most: int) -> SettableCodec[list[str], Iterable[str]]:
    return SettableCodec(_read_tags, list, show=list, check=partial(checks.check_tags, most=most))


_MOST_STATES: Final = 256
"""How many different states are kept: what servers say is not trusted to be few."""


def state(kind: type[StateT]) -> Codec[StateT]:
    states: dict[str, StateT] = {}

    def read(value: Json) -> StateT:
        try:
            return states[value]  # type: ignore[index]  # else a KeyError or TypeError
        except (KeyError, TypeError):
            read = kind(read_optional_text(value) or "")
        # One object for all that are in it.
        if len(states) < _MOST_STATES:
            states[str(read)] = read
        return read

    return Codec(read, str)


def constants(*, most: int | None) -> SettableCodec[Mapping[str, str], Mapping[str, str]]:
    return SettableCodec(
        _read_constants,
        _write_constants,
        check=partial(checks.check_constants, most=most),
        same=_same_constants,
    )


def optional(codec: SettableCodec[G, S]) -> SettableCodec[G | None, S | None]:
    """As the codec given, or nothing: `None` in Python, null on the wire."""
    return SettableCodec(
        lambda value: None if value is None else codec.read(value),
        lambda value: None if value is None else codec.write(value),
        show=lambda value: None if value is None else codec.show(value),
        check=lambda member, value: None if value is None else codec.check(member, value),
        same=lambda sent, said: sent is None or (said is not None and codec.same(sent, said)),
    )


def unsaid(codec: SettableCodec[G, S]) -> SettableCodec[G, S]:
    """As the codec given, for what the API does not say back as it was given."""
    return codec.with_same(lambda _sent, _said: True)


def reported(codec: Codec[G]) -> Codec[G | None]:
    """As the codec given, or nothing, and only the server's to say."""
    return Codec(
        lambda value: None if value is None else codec.read(value),
        lambda value: None if value is None else codec.write(value),
        show=lambda value: None if value is None else codec.show(value),
    )


def listed(
    codec: SettableCodec[G, S], *, most: int | None = None
) -> SettableCodec[list[G], Iterable[S]]:
    """A list of what the codec given reads; an empty one is not sent."""
    return SettableCodec(
        lambda value: [codec.read(item) for item in read_list(value)],
        lambda values: [codec.write(item) for item in values] or None,
        show=list,
        check=partial(checks.check_list, item=codec.check, most=most),
    )


def all_reported(codec: Codec[G]) -> Codec[list[G]]:
    """A list of what the codec given reads, only the server's to say."""
    return Codec(
        lambda value: [codec.read(item) for item in read_list(value)],
        lambda values: [codec.write(item) for item in values],
        show=list,
    )


def mapping(
    codec: SettableCodec[G, S],
) -> Callable[[str, Mapping[str, S]], Mapping[str, G]]:
    """What checks a mapping of text to what the codec given reads."""
    return partial(checks.check_mapping, item=codec.check)


def integer(*, least: int = 0, most: int = checks.LARGEST_INT32) -> SettableCodec[int, int]:
    return SettableCodec(
        read_integer, unchanged, check=partial(checks.check_integer, least=least, most=most)
    )


def number(*, least: float = 0.0, most: float = math.inf) -> SettableCodec[float, float]:
    return SettableCodec(
        read_number, unchanged, check=partial(checks.check_number, least=least, most=most)
    )


def word(kind: type[WordT]) -> SettableCodec[WordT, str]:
    return SettableCodec(
        partial(_read_word, kind=kind), str, check=partial(checks.check_word, kind=kind)
    )


SHORTNAME: Final[SettableCodec[str | None, str | None]] = SettableCodec(
    read_optional_text, unchanged, check=checks.check_shortname
)
BOOLEAN: Final[SettableCodec[bool, bool]] = SettableCodec(
    _read_boolean, unchanged, check=checks.check_boolean
)
_SPAN: Final[SettableCodec[TimeSpan, str | timedelta]] = SettableCodec(
    _read_duration,
    unchanged,
    check=checks.check_duration,
)
OPTIONAL_DURATION: Final = optional(_SPAN).with_same(_same_duration)
DURATION: Final[SettableCodec[TimeSpan, str | timedelta | None]] = SettableCodec(
    _read_duration, unchanged, check=checks.check_duration_or_none
)
TEXT_SAID: Final[Codec[str]] = Codec(read_string, unchanged)
INTEGER_SAID: Final[Codec[int]] = Codec(read_integer, unchanged)
NUMBER_SAID: Final[Codec[float]] = Codec(read_number, unchanged)
SPAN_SAID: Final[Codec[TimeSpan | None]] = Codec(read_optional_duration, unchanged)
REPORTED_INTEGER: Final = reported(INTEGER_SAID)
REPORTED_NUMBER: Final = reported(NUMBER_SAID)
DATE: Final[Codec[datetime | None]] = Codec(read_date, _write_date)
OPTIONAL_TEXT: Final[Codec[str | None]] = Codec(read_optional_text, unchanged)
NAME: Final = text(longest=checks.LONGEST_NAME)
ANY_TEXT: Final = optional(text(shortest=0))
COUNT: Final = optional(integer())
FLAG: Final = optional(BOOLEAN)
UUID_TEXT: Final[SettableCodec[str, str]] = SettableCodec(
    read_string, unchanged, check=checks.check_uuid
)
OPTIONAL_UUID: Final[SettableCodec[str | None, str | None]] = SettableCodec(
    read_optional_uuid, unchanged, check=checks.check_uuid_or_none, same=chosen_if_none
)
CONSTRAINTS: Final = constants(most=None)
RANGES: Final[SettableCodec[str, str]] = SettableCodec(
    read_string, unchanged, check=checks.check_ranges
)
LABELS: Final[SettableCodec[Mapping[str, str], Mapping[str, str]]] = SettableCodec(
    _read_labels,
    lambda labels: dict(labels) or None,
    show=dict,
    check=mapping(text(shortest=0)),
)
