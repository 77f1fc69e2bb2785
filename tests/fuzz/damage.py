"""Damage to an answer: to its JSON, its bytes, or its head. All chance comes from one seed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any, Final

_JUNK: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    -0.0,
    2**31,
    2**63,
    10**400,
    float("nan"),
    float("inf"),
    float("-inf"),
    "",
    " ",
    "\x00",
    "\ud800",
    "é" * 300,
    "00000000-0000-0000-0000-000000000000",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.9999999+14:00",
    "0001-01-01T00:00:00+23:59",
    "2026-02-30T25:61:61",
    "99999999.23:59:59.9999999",
    "-1.00:00:00",
    "Success",
    "../..",
    [],
    [[]],
    [None],
    [1, "two", {"three": 3}],
    {},
    {"": ""},
    {"key": None, "value": None},
    {"type": "Unknown"},
    {"discriminator": "NoSuchHardwareConstraint"},
)
"""Values of every type and at every edge, some of which no JSON text should hold."""

_DEEP: Final = 3000
_MOST_CHANGES: Final = 4


def damaged(answer: Any, chance: random.Random) -> bytes:
    """The body of an answer after some damage."""
    document = copy.deepcopy(answer)
    for _ in range(chance.randint(1, _MOST_CHANGES)):
        document = _altered(document, chance)
    body = json.dumps(document).encode()
    if chance.random() < 0.2:
        body = chance.choice(_TO_BYTES)(body, chance)
    return body


def sent(status: int, body: bytes, chance: random.Random) -> bytes:
    """The answer as it is sent, one in ten after some damage to its head."""
    head = (
        f"HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\n"
        "Date: Mon, 23 Nov 2026 00:00:00 GMT\r\nConnection: close\r\n"
    ).encode()
    if chance.random() < 0.5:
        head += b"Content-Length: %d\r\n\r\n" % len(body)
    else:
        head += b"Transfer-Encoding: chunked\r\n\r\n"
        body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    if chance.random() < 0.1:
        head = chance.choice((_cut, _flipped, _inserted, _twice))(head, chance)
    return head + body


def _altered(document: Any, chance: random.Random) -> Any:
    places = list(_places(document))
    if not places or chance.random() < 0.02:
        return copy.deepcopy(chance.choice(_JUNK))
    holder, key = chance.choice(places)
    what = chance.random()
    if what < 0.6:
        holder[key] = copy.deepcopy(chance.choice(_JUNK))
    elif what < 0.75:
        del holder[key]
    elif what < 0.9:
        other, other_key = chance.choice(places)
        if isinstance(other, dict) == isinstance(other_key, str):
            holder[key] = copy.deepcopy(other[other_key])
    elif isinstance(holder, list):
        holder.extend(copy.deepcopy(holder))
    else:
        holder[key] = [copy.deepcopy(holder[key])]
    return document


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Every member and item, however deep, by what holds it."""
    found: list[tuple[Any, Any]] = []
    ahead = [document]
    while ahead:
        holder = ahead.pop()
        if isinstance(holder, dict):
            keys: list[Any] = list(holder)
        elif isinstance(holder, list):
            keys = list(range(len(holder)))
        else:
            continue
        found += [(holder, key) for key in keys]
        ahead += [holder[key] for key in keys]
    return found


def _cut(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def _flipped(body: bytes, chance: random.Random) -> bytes:
    flipped = bytearray(body or b"0")
    flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _inserted(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + chance.randbytes(chance.randint(1, 8)) + body[at:]


def _twice(body: bytes, _chance: random.Random) -> bytes:
    return body + body


def _deep(_body: bytes, chance: random.Random) -> bytes:
    return chance.choice((b"[" * _DEEP, b'{"data":' * _DEEP, b"[" * _DEEP + b"]" * _DEEP))


def _wide(_body: bytes, chance: random.Random) -> bytes:
    return chance.choice((b"\xff\xfe{}", b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"<html>", b""))


_TO_BYTES: Final[tuple[Callable[[bytes, random.Random], bytes], ...]] = (
    _cut,
    _flipped,
    _inserted,
    _twice,
    _deep,
    _wide,
)
