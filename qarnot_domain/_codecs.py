"""One kind of value at a time, between what users write, what the library keeps, and JSON.

A codec checks what a user assigns (`TypeError` for the wrong type, `ValueError` for a value that
is not allowed, both naming the member), reads what the API answered, and writes what is sent.
The limits are those of the document (`openapi/qarnot-compute.yaml`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import eq
from types import MappingProxyType
from typing import Final, Generic, TypeVar
from uuid import UUID

import attrs

from .states import State
from .timespan import TimeSpan

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
"""A decoded JSON value."""

Wire = Mapping[str, Json]
"""A JSON object as the API sends or takes it."""

ZERO_UUID: Final = "00000000-0000-0000-0000-000000000000"
"""What the C# SDK sends, and the API then answers, for "none"."""

LONGEST_NAME: Final = 2047
_LARGEST_INT32: Final = 2**31 - 1

G = TypeVar("G")
S = TypeVar("S")
StateT = TypeVar("StateT", bound=State)


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


def check_text(member: str, value: object, *, longest: int) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{member} must be text, not {type(value).__name__}")
    if not 1 <= len(value) <= longest:
        raise ValueError(f"{member} must be 1 to {longest} characters, not {len(value)}")
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


def _check_optional_duration(member: str, value: str | timedelta | None) -> TimeSpan | None:
    return None if value is None else check_duration(member, value)


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


def check_optional_uuid(member: str, value: str | None) -> str | None:
    return None if value is None else check_uuid(member, value)


def _check_optional_name(member: str, value: str | None) -> str | None:
    return None if value is None else check_text(member, value, longest=LONGEST_NAME)


def check_count(member: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{member} must be an int, not {type(value).__name__}")
    if not 1 <= value <= _LARGEST_INT32:
        raise ValueError(f"{member} must be 1 to {_LARGEST_INT32}, not {value}")
    return value


def _check_optional_count(member: str, value: int | None) -> int | None:
    return None if value is None else check_count(member, value)


_RANGES: Final = re.compile(r"[0-9]{1,10}(-[0-9]{1,10})?(,[0-9]{1,10}(-[0-9]{1,10})?)*")


def _check_optional_ranges(member: str, value: str | None) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{member} must be text or None, not {type(value).__name__}")
    if not _RANGES.fullmatch(value):
        raise ValueError(f"{member} must look like '0-2,4-5,17', not {value!r}")
    return value


_CONSTANT_NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{1,2048}")
_LONGEST_CONSTANT: Final = 2048


def _check_constants(member: str, value: object, *, most: int) -> Mapping[str, str]:
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
    if len(value) > most:
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


def _read_tag(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a text, not {value!r}")
    return value


def _read_tags(value: Json) -> list[str]:
    return [_read_tag(tag) for tag in read_list(value)]


def read_list(value: Json) -> Sequence[Json]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"expected a list, not {value!r}")
    return value


def read_optional_count(value: Json) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError(f"expected a whole number, not {value!r}")


def _read_constants(value: Json) -> Mapping[str, str]:
    constants: dict[str, str] = {}
    for item in read_list(value):
        if not isinstance(item, Mapping):
            raise ValueError(f"expected a key and a value, not {item!r}")
        constants[read_text(item.get("key"))] = read_optional_text(item.get("value")) or ""
    return MappingProxyType(constants)


_MASKED: Final = "QARNOT_SECRET__"
"""How the names of the constants begin that the API masks when they are read back."""


def _same_constants(sent: Mapping[str, str], said: Mapping[str, str]) -> bool:
    return sent.keys() == said.keys() and all(
        name.startswith(_MASKED) or said[name] == value for name, value in sent.items()
    )


def _write_constants(constants: Mapping[str, str]) -> Json:
    return [{"key": name, "value": value} for name, value in constants.items()]


def _read_state(state: type[StateT], value: Json) -> StateT:
    if value is None:
        return state("")
    if not isinstance(value, str):
        raise ValueError(f"expected a state, not {value!r}")
    return state(value)


# --- the codecs ----------------------------------------------------------------------------


def text(*, longest: int) -> SettableCodec[str, str]:
    return SettableCodec(
        lambda value: read_optional_text(value) or "",
        unchanged,
        check=partial(check_text, longest=longest),
    )


def tags(*, most: int) -> SettableCodec[list[str], Iterable[str]]:
    return SettableCodec(_read_tags, list, show=list, check=partial(_check_tags, most=most))


def state(kind: type[StateT]) -> Codec[StateT]:
    return Codec(partial(_read_state, kind), str)


def constants(*, most: int) -> SettableCodec[Mapping[str, str], Mapping[str, str]]:
    return SettableCodec(
        _read_constants,
        _write_constants,
        check=partial(_check_constants, most=most),
        same=_same_constants,
    )


SHORTNAME: Final[SettableCodec[str | None, str | None]] = SettableCodec(
    read_optional_text, unchanged, check=check_shortname
)
BOOLEAN: Final[SettableCodec[bool, bool]] = SettableCodec(
    _read_boolean, unchanged, check=check_boolean
)
OPTIONAL_DURATION: Final[SettableCodec[TimeSpan | None, str | timedelta | None]] = SettableCodec(
    read_optional_duration,
    unchanged,
    check=_check_optional_duration,
    same=_same_duration,
)
DURATION: Final[SettableCodec[TimeSpan, str | timedelta | None]] = SettableCodec(
    _read_duration, unchanged, check=_check_duration_or_none
)
DATE: Final[Codec[datetime | None]] = Codec(read_date, _write_date)
OPTIONAL_TEXT: Final[Codec[str | None]] = Codec(read_optional_text, unchanged)
NAME: Final = text(longest=LONGEST_NAME)
OPTIONAL_NAME: Final[SettableCodec[str | None, str | None]] = SettableCodec(
    read_optional_text, unchanged, check=_check_optional_name
)
INSTANCE_COUNT: Final[SettableCodec[int, int]] = SettableCodec(
    lambda value: read_optional_count(value) or 0, unchanged, check=check_count
)
OPTIONAL_INSTANCE_COUNT: Final[SettableCodec[int | None, int | None]] = SettableCodec(
    read_optional_count, unchanged, check=_check_optional_count, same=chosen_if_none
)
OPTIONAL_RANGES: Final[SettableCodec[str | None, str | None]] = SettableCodec(
    read_optional_text, unchanged, check=_check_optional_ranges
)
