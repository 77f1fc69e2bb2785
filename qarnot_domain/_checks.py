"""What users may assign: each check takes the member's name and the value, and gives what is kept.

`TypeError` for the wrong type and `ValueError` for a value that is not allowed, both naming the
member. The limits are those of the document (`openapi/qarnot-compute.yaml`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final, TypeVar

from ._words import Word
from .timespan import TimeSpan

G = TypeVar("G")
S = TypeVar("S")
WordT = TypeVar("WordT", bound=Word)

LONGEST_NAME: Final = 2047
LARGEST_INT32: Final = 2**31 - 1
MOST_INSTANCES: Final = 2048


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


# Like the other patterns here a text, which `re` compiles when it is first used, and not at start.
_DNS_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"


def check_shortname(member: str, value: str | None) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{member} must be text or None, not {type(value).__name__}")
    if not re.fullmatch(_DNS_LABEL, value):
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


def check_duration_or_none(member: str, value: str | timedelta | None) -> TimeSpan:
    return TimeSpan.ZERO if value is None else check_duration(member, value)


_LONGEST_TAG: Final = 511


def check_tags(member: str, value: object, *, most: int) -> list[str]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{member} must be a list of text, not {type(value).__name__}")
    kept = list(dict.fromkeys(check_tag(member, tag) for tag in value))
    if len(kept) > most:
        raise ValueError(f"{member} must be at most {most} different tags, not {len(kept)}")
    return kept


def check_tag(member: str, tag: object) -> str:
    if not isinstance(tag, str):
        raise TypeError(f"{member} must be a list of text, but holds {type(tag).__name__}")
    if len(tag) > _LONGEST_TAG:
        raise ValueError(f"{member}: a tag is at most {_LONGEST_TAG} characters, not {len(tag)}")
    return _encodable(member, tag)


def check_uuid(member: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{member} must be a uuid, not {type(value).__name__}")
    # Here, since it takes a while to load, and few programs give a uuid to check.
    from uuid import UUID

    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError(f"{member} must be a uuid, not {value!r}") from None


def check_uuid_or_none(member: str, value: str | None) -> str | None:
    return None if value is None else check_uuid(member, value)


def check_integer(member: str, value: int, *, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{member} must be an int, not {type(value).__name__}")
    if not least <= value <= most:
        raise ValueError(f"{member} must be {least} to {most}, not {value}")
    return value


def check_count(member: str, value: int) -> int:
    return check_integer(member, value, least=1, most=LARGEST_INT32)


def check_number(member: str, value: float, *, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{member} must be a number, not {type(value).__name__}")
    if not least <= value <= most or math.isinf(value):
        raise ValueError(f"{member} must be a number from {least:g} to {most:g}, not {value!r}")
    return value


_RANGE: Final = r"([0-9]{1,10})(?:-([0-9]{1,10}))?"


def check_ranges(member: str, value: str) -> str:
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
    match = re.fullmatch(_RANGE, part)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not first <= last <= LARGEST_INT32:
        raise ValueError(f"{member} must look like '0-2,4-5,17', not {value!r}")
    return first, last


def check_list(
    member: str, value: Iterable[S], *, item: Callable[[str, S], G], most: int | None
) -> list[G]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise TypeError(f"{member} must be a list, not {type(value).__name__}")
    kept = [item(f"{member}[{index}]", one) for index, one in enumerate(value)]
    if most is not None and len(kept) > most:
        raise ValueError(f"{member} must be at most {most}, not {len(kept)}")
    return kept


def check_mapping(
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


def check_word(member: str, value: str, *, kind: type[WordT]) -> WordT:
    if not isinstance(value, str):
        raise TypeError(f"{member} must be text, not {type(value).__name__}")
    word = kind.read(value)
    if word not in kind.known():
        raise ValueError(f"{member} must be one of {', '.join(kind.known())}, not {value!r}")
    return word


_CONSTANT_NAME: Final = r"[a-zA-Z0-9_.-]{1,2048}"
_LONGEST_CONSTANT: Final = 2048


def check_constants(member: str, value: object, *, most: int | None) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{member} must be a mapping of text to text, not {type(value).__name__}")
    for name, constant in value.items():
        if not isinstance(name, str) or not isinstance(constant, str):
            raise TypeError(f"{member} must map text to text; {name!r} does not")
        if not re.fullmatch(_CONSTANT_NAME, name):
            raise ValueError(f"{member}: a name is 1 to 2048 of a-z A-Z 0-9 _ - . , not {name!r}")
        if len(constant) > _LONGEST_CONSTANT:
            raise ValueError(
                f"{member}: {name} is at most {_LONGEST_CONSTANT} characters, not {len(constant)}"
            )
        _encodable(f"{member}: {name}", constant)
    if most is not None and len(value) > most:
        raise ValueError(f"{member} must be at most {most}, not {len(value)}")
    return MappingProxyType(dict(value))
