"""One kind of value at a time, between what users write, what the library keeps, and JSON.

A codec checks what a user assigns (`TypeError` for the wrong type, `ValueError` for a value that
is not allowed, both naming the member), reads what the API answered, and writes what is sent.
The limits are those of the document (`openapi/qarnot-compute.yaml`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import eq
from types import MappingProxyType
from typing import Final, Generic, TypeVar
from uuid import UUID

import attrs

from ._words import Word
from .states import State
from .timespan import TimeSpan

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
"""A decoded JSON value."""

Wire = Mapping[str, Json]
"""A JSON object as the API sends or takes it."""

ZERO_UUID: Final = "00000000-0000-0000-0000-000000000000"
"""What the C# SDK sends, and the API then answers, for "none"."""

LONGEST_NAME: Final = 2047
LARGEST_INT32: Final = 2**31 - 1
MOST_INSTANCES: Final = 2048

G = TypeVar("G")
S = TypeVar("S")
StateT = TypeVar("StateT", bound=State)
WordT = TypeVar("WordT", bound=Word)


def unchanged(value: G) -> G:
    return value


@attrs.frozen
class Codec(Generic[G]):
    """How one kind of value is read from JSON, written to it, and shown to users."""

    read: Callable[[Json], G]
    """JSON value, null included -> value as kept; raises `ValueError`."""
    write: Callable[[G], Json]
    """Value as kept -> JSON value."""
    show: Callable[[G], G] = attrs.field(default=unchanged, kw_only=True)
    """Value as kept -> value handed out: a copy where a user could change it."""


@attrs.frozen
class SettableCodec(Codec[G], Generic[G, S]):
    """A codec of values that users assign; what may be assigned is an `S`."""

    check: Callable[[str, S], G] = attrs.field(kw_only=True)
    """(member, value) -> value as kept; raises `TypeError` or `ValueError`."""
    same: Callable[[G, G], bool] = attrs.field(default=eq, kw_only=True)
    """(value sent, value the server says) -> whether the second is the first, as servers write."""


# --- checking what users assign ------------------------------------------------------------


def check_text(member: str, value: object, *, longest: int, shortest: int = 1) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{member} must be text, not {type(value).__name__}")
    if not shortest <= len(value) <= longest:
        raise ValueError(f"{member} must be {shortest} to {longest} characters, not {len(value)}")
    return _encodable(member, value)


def _encodable(member: str, value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        # Without the text, which may be a password.
        raise ValueError(
            f"{member} holds a lone surrogate, which no text on the wire can"
        ) from None
    return value


def check_id(member: str, value: object) -> str:
    """A uuid or shortname as part of a URL, where `..` would climb and an empty text would list."""
    text = check_text(member, value, longest=LONGEST_NAME)
    if text in (".", "..") or not text.isprintable():
        raise ValueError(f"{member} must be a uuid or a shortname, not {value!r}")
    return text


_DNS_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def check_shortname(member: str, value: str | None) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{member} must be text or None, not {type(value).__name__}")
    if not _DNS_LABEL.fullmatch(value):
        raise ValueError(
            f"{member} {value!r} is not a DNS label: 1 to 63 of a-z, 0-9 and '-', "
            "without '-' at either end"
        )
    return value


def check_boolean(member: str, value: bool) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{member} must be a bool, not {type(value).__name__}")
    return value


def check_duration(member: str, value: str | timedelta) -> TimeSpan:
    try:
        span = TimeSpan(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{member}: {error}") from None
    if span.startswith("-"):
        raise ValueError(f"{member} must not be negative: {str(span)!r}")
    return span


def _check_duration_or_none(member: str, value: str | timedelta | None) -> TimeSpan:
    return TimeSpan.ZERO if value is None else check_duration(member, value)


_LONGEST_TAG: Final = 511


def _check_tags(member: str, value: object, *, most: int) -> list[str]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{member} must be a list of text, not {type(value).__name__}")
    kept = list(dict.fromkeys(_check_tag(member, tag) for tag in value))
    if len(kept) > most:
        raise ValueError(f"{member} must be at most {most} different tags, not {len(kept)}")
    return kept


def _check_tag(member: str, tag: object) -> str:
    if not isinstance(tag, str):
        raise TypeError(f"{member} must be a list of text, but holds {type(tag).__name__}")
    if len(tag) > _LONGEST_TAG:
        raise ValueError(f"{member}: a tag is at most {_LONGEST_TAG} characters, not {len(tag)}")
    return _encodable(member, tag)


def check_uuid(member: str, value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError(f"{member} must be a uuid, not {value!r}") from None


def _check_integer(member: str, value: int, *, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{member} must be an int, not {type(value).__name__}")
    if not least <= value <= most:
        raise ValueError(f"{member} must be {least} to {most}, not {value}")
    return value


def check_count(member: str, value: int) -> int:
    return _check_integer(member, value, least=1, most=LARGEST_INT32)


def _check_number(member: str, value: float, *, least: float, below: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{member} must be a number, not {type(value).__name__}")
    if not least <= value < below:
        raise ValueError(f"{member} must be {least:g} or more and below {below:g}, not {value!r}")
    return value


_RANGE: Final = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?")


def _check_ranges(member: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{member} must be text or None, not {type(value).__name__}")
    number, end = 0, -1
    for first, last in sorted(_parse_range(member, value, part) for part in value.split(",")):
        number += max(0, last - max(first - 1, end))
        end = max(end, last)
    if number > MOST_INSTANCES:
        raise ValueError(f"{member} must be at most {MOST_INSTANCES} instances, not {number}")
    return value


def _parse_range(member: str, value: str, part: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(part)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not first <= last <= LARGEST_INT32:
        raise ValueError(f"{member} must look like '0-2,4-5,17', not {value!r}")
    return first, last


def _check_list(
    member: str, value: Iterable[S], *, item: Callable[[str, S], G], most: int | None
) -> list[G]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise TypeError(f"{member} must be a list, not {type(value).__name__}")
    kept = [item(f"{member}[{index}]", one) for index, one in enumerate(value)]
    if most is not None and len(kept) > most:
        raise ValueError(f"{member} must be at most {most}, not {len(kept)}")
    return kept


def _check_mapping(
    member: str, value: Mapping[str, S], *, item: Callable[[str, S], G]
) -> Mapping[str, G]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{member} must be a mapping, not {type(value).__name__}")
    return MappingProxyType(
        {
            check_text(f"{member}: a name", name, longest=LONGEST_NAME): item(
                f"{member}[{name!r}]", one
            )
            for name, one in value.items()
        }
    )


def _check_word(member: str, value: str, *, kind: type[WordT]) -> WordT:
    if not isinstance(value, str):
        raise TypeError(f"{member} must be text, not {type(value).__name__}")
    word = kind.read(value)
    if word not in kind.known():
        raise ValueError(f"{member} must be one of {', '.join(kind.known())}, not {value!r}")
    return word


_CONSTANT_NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{1,2048}")
_LONGEST_CONSTANT: Final = 2048


def _check_constants(member: str, value: object, *, most: int | None) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{member} must be a mapping of text to text, not {type(value).__name__}")
    for name, constant in value.items():
        if not isinstance(name, str) or not isinstance(constant, str):
            raise TypeError(f"{member} must map text to text; {name!r} does not")
        if not _CONSTANT_NAME.fullmatch(name):
            raise ValueError(f"{member}: a name is 1 to 2048 of a-z A-Z 0-9 _ - . , not {name!r}")
        if len(constant) > _LONGEST_CONSTANT:
            raise ValueError(
                f"{member}: {name} is at most {_LONGEST_CONSTANT} characters, not {len(constant)}"
            )
        _encodable(f"{member}: {name}", constant)
    if most is not None and len(value) > most:
        raise ValueError(f"{member} must be at most {most}, not {len(value)}")
    return MappingProxyType(dict(value))


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
    uuid = read_optional_text(value)
    return None if uuid == ZERO_UUID else uuid


def _read_boolean(value: Json) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise ValueError(f"expected true or false, not {value!r}")


def read_optional_duration(value: Json) -> TimeSpan | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"expected a time span, not {value!r}")
    return TimeSpan(value)


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


def _read_state(state: type[StateT], value: Json) -> StateT:
    return state(read_optional_text(value) or "")


def _read_word(value: Json, *, kind: type[WordT]) -> WordT:
    return kind.read(read_string(value))


# --- the codecs ----------------------------------------------------------------------------


def text(*, longest: int = LARGEST_INT32, shortest: int = 1) -> SettableCodec[str, str]:
    return SettableCodec(
        lambda value: read_optional_text(value) or "",
        unchanged,
        check=partial(check_text, longest=longest, shortest=shortest),
    )


def tags(*, most: int) -> SettableCodec[list[str], Iterable[str]]:
    return SettableCodec(_read_tags, list, show=list, check=partial(_check_tags, most=most))


def state(kind: type[StateT]) -> Codec[StateT]:
    return Codec(partial(_read_state, kind), str)


def constants(*, most: int | None) -> SettableCodec[Mapping[str, str], Mapping[str, str]]:
    return SettableCodec(
        _read_constants,
        _write_constants,
        check=partial(_check_constants, most=most),
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
        check=partial(_check_list, item=codec.check, most=most),
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
    return partial(_check_mapping, item=codec.check)


def integer(*, least: int = 0, most: int = LARGEST_INT32) -> SettableCodec[int, int]:
    return SettableCodec(
        read_integer, unchanged, check=partial(_check_integer, least=least, most=most)
    )


def number(*, least: float = 0.0, below: float = math.inf) -> SettableCodec[float, float]:
    return SettableCodec(
        read_number, unchanged, check=partial(_check_number, least=least, below=below)
    )


def word(kind: type[WordT]) -> SettableCodec[WordT, str]:
    return SettableCodec(partial(_read_word, kind=kind), str, check=partial(_check_word, kind=kind))


SHORTNAME: Final[SettableCodec[str | None, str | None]] = SettableCodec(
    read_optional_text, unchanged, check=check_shortname
)
BOOLEAN: Final[SettableCodec[bool, bool]] = SettableCodec(
    _read_boolean, unchanged, check=check_boolean
)
_SPAN: Final[SettableCodec[TimeSpan, str | timedelta]] = SettableCodec(
    lambda value: read_optional_duration(value) or TimeSpan.ZERO, unchanged, check=check_duration
)
OPTIONAL_DURATION: Final[SettableCodec[TimeSpan | None, str | timedelta | None]] = attrs.evolve(
    optional(_SPAN), same=_same_duration
)
DURATION: Final[SettableCodec[TimeSpan, str | timedelta | None]] = SettableCodec(
    _read_duration, unchanged, check=_check_duration_or_none
)
SPAN_SAID: Final[Codec[TimeSpan | None]] = Codec(read_optional_duration, unchanged)
DATE: Final[Codec[datetime | None]] = Codec(read_date, _write_date)
OPTIONAL_TEXT: Final[Codec[str | None]] = Codec(read_optional_text, unchanged)
NAME: Final = text(longest=LONGEST_NAME)
UUID_TEXT: Final[SettableCodec[str, str]] = SettableCodec(read_string, unchanged, check=check_uuid)
OPTIONAL_UUID: Final[SettableCodec[str | None, str | None]] = attrs.evolve(
    optional(UUID_TEXT), read=read_optional_uuid
)
CONSTRAINTS: Final = constants(most=None)
RANGES: Final[SettableCodec[str, str]] = SettableCodec(read_string, unchanged, check=_check_ranges)
LABELS: Final[SettableCodec[Mapping[str, str], Mapping[str, str]]] = SettableCodec(
    lambda value: MappingProxyType(
        {name: read_string(label) for name, label in read_object(value or {}).items()}
    ),
    lambda labels: dict(labels) or None,
    show=dict,
    check=mapping(text(shortest=0)),
)
