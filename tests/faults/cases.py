"""What the server does wrong, and how an operation of each kind then ends: the data."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Final

import attrs

from qarnot_domain import (
    ConflictException,
    ConnectionFailedException,
    InvalidRequestException,
    MalformedResponseException,
    MissingJobException,
    MissingPoolException,
    MissingTaskException,
    NotEnoughCreditsException,
    QarnotException,
    QarnotGenericException,
    ServerException,
    SubmissionUnknownException,
    TimeoutException,
    TooManyRequestsException,
    UnauthorizedException,
)
from qarnot_domain._retry import Kind

from ..unit.driving import JOB_PAYLOAD
from ..unit.wire import SILENCE, Act, Answer, Stream, http
from .laboratory import CLOCK, OPERATIONS, TOKEN, as_json

Error = type[QarnotException]


@attrs.frozen
class End:
    """How an operation ends: after so many requests, with success or with an exception."""

    requests: int
    error: Error | None = None


Ends = Mapping[Kind, End]


@attrs.frozen
class Fault:
    """Something that a server does wrong."""

    title: str
    answer: Answer = attrs.field(repr=False)  # The token is in some.
    says: str
    """The reason, in the words of the exception."""


@attrs.frozen
class Group:
    """Faults after which an operation of each kind ends alike, with one retry allowed."""

    title: str
    always: Ends
    """While the server does wrong each time."""
    once: Ends
    """When it does so once, and nothing of it took effect."""
    faults: Sequence[Fault]
    patience: float = 30.0
    """How many seconds the client waits for data."""

    @property
    def is_slow(self) -> bool:
        """Whether the client has to lose its patience."""
        return self.patience < 30


_UNKNOWN: Final = SubmissionUnknownException


def _each(*ends: End) -> Ends:
    """The ends by kind: one for all, or one for each."""
    return dict(zip(OPERATIONS, ends * (len(OPERATIONS) // len(ends)), strict=True))


def _lost(title: str, error: Error, faults: Sequence[Fault], patience: float = 30.0) -> Group:
    """Nobody knows how far the request came."""
    again, failed = End(2), End(1, error)
    unknown = End(1, _UNKNOWN)
    return Group(
        title,
        _each(End(2, error), End(2, error), failed, End(3, _UNKNOWN), unknown),
        _each(again, again, failed, End(3), unknown),
        faults,
        patience,
    )


def _in_vain(title: str, ends: Sequence[End], faults: Sequence[Fault]) -> Group:
    """Not repeated, but what was to be created may be there."""
    unknown = End(1, _UNKNOWN)
    return Group(
        title, _each(*ends, End(2, _UNKNOWN), unknown), _each(*ends, End(3), unknown), faults
    )


def _refused(title: str, errors: Sequence[Error], faults: Sequence[Fault]) -> Group:
    """Nothing was done, and nothing will be."""
    ends = _each(*(End(1, error) for error in errors))
    return Group(title, ends, ends, faults)


def _for_now(title: str, error: Error, faults: Sequence[Fault]) -> Group:
    """Nothing was done, and it may be tried again."""
    failed = End(1, error)
    twice = End(2, error)
    return Group(
        title,
        _each(twice, twice, failed, twice, twice),
        _each(End(2), End(2), failed, End(2), End(2)),
        faults,
    )


def _status(status: int, words: str) -> Fault:
    return Fault(str(status), http(f"{status} Status", b""), words)


def _slowly(piece: bytes) -> Stream:
    """Send a piece each twenty seconds of the client's clock, without end."""

    def stream() -> Iterator[bytes]:
        while True:
            CLOCK.sleep(20)
            yield piece

    return stream


_MEGABYTE: Final = b" " * 10**6


def megabytes() -> Iterator[bytes]:
    """200 of them."""
    return repeat(_MEGABYTE, 200)


def _chunks() -> Iterator[bytes]:
    return repeat(b"%x\r\n%b\r\n" % (len(_MEGABYTE), _MEGABYTE), 200)


def _bomb() -> bytes:
    """512 MB as gzip, in an instant: each piece but the first is the same one; the sum is wrong."""
    compressor = zlib.compressobj(wbits=zlib.MAX_WBITS + 16)

    def piece() -> bytes:
        return compressor.compress(_MEGABYTE) + compressor.flush(zlib.Z_FULL_FLUSH)

    return piece() + piece() * 511 + compressor.flush()


_OK: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_CHUNKED: Final = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_BEGUN: Final = http(body=b'{"uu', length=10**9)
_GZIP: Final = "Content-Encoding: gzip\r\n"
_BROTLI: Final = "Content-Encoding: br\r\n"
_PACKED: Final = "the answer could not be decompressed"
_BROKE: Final = "the connection broke before the answer was complete"
_LATE: Final = "no answer in time"
_UNREAD: Final = "the answer cannot be read"
_JOB: Final = json.dumps(JOB_PAYLOAD).encode()
_PAGE: Final = gzip.compress(_JOB, mtime=0)

LARGE: Final[Mapping[str, Answer]] = {
    "200 MB": (Act.READ, http(body=b"", length=200 * 10**6), megabytes),
    "200 MB, their length not said": (Act.READ, _OK, b"\r\n", megabytes),
    "200 MB in chunks": (Act.READ, _CHUNKED, _chunks),
    "512 MB as gzip": http(body=_bomb(), headers=_GZIP),
}
"""Answers that are larger than they may be, by default too."""

_NOBODY: Final = End(2, ConnectionFailedException)
_MALFORMED: Final = End(1, MalformedResponseException)
_TIMEOUT: Final = End(1, TimeoutException)
_FAILURE: Final = End(1, ServerException)
_SLOW: Final = End(1, QarnotGenericException)

NO_SERVER: Final = Group(
    "No connection is made",
    _each(_NOBODY),
    _each(End(2)),
    [Fault("the port is closed", b"", "no connection")],
)

GROUPS: Final = (
    _lost(
        "The answer is lost",
        ConnectionFailedException,
        [
            Fault("reset before the request is read", (Act.RESET,), _BROKE),
            Fault("reset while the request is read", (Act.READ_LINE, Act.RESET), _BROKE),
            Fault("reset after the request", (Act.READ, Act.RESET), _BROKE),
            Fault("reset amid the headers", (Act.READ, _OK, Act.RESET), _BROKE),
            Fault("reset amid the body", (Act.READ, _BEGUN, Act.RESET), _BROKE),
            Fault("closed before the request is read", (Act.CLOSE,), _BROKE),
            Fault("closed after the request", b"!", _BROKE),
            Fault("closed amid the status line", b"!HTTP/1.1 2", _BROKE),
            Fault("closed amid the headers", b"!" + _OK, _BROKE),
            Fault("closed amid the body", b"!" + _BEGUN, _BROKE),
            Fault("closed amid the chunks", b"!" + _CHUNKED + b'4\r\n{"uu\r\n', _BROKE),
            Fault("a chunk of no size", b"!" + _CHUNKED + b"zz\r\n{}\r\n", _BROKE),
            Fault("a chunk of negative size", b"!" + _CHUNKED + b"-2\r\n{}\r\n", _BROKE),
            Fault("a chunk of absurd size", b"!" + _CHUNKED + b"f" * 30 + b"\r\n{}", _BROKE),
            Fault("a chunk beyond its size", b"!" + _CHUNKED + b"1\r\n{}\r\n", _BROKE),
            Fault("two lengths", b"!" + _OK + b"Content-Length: 2, 3\r\n\r\n{}", _BROKE),
            Fault("a negative length", b"!" + _OK + b"Content-Length: -2\r\n\r\n{}", _BROKE),
            Fault(
                "an absurd length",
                b"!" + _OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n{}",
                _BROKE,
            ),
            Fault("a transfer coding", b"!" + _OK + b"Transfer-Encoding: gzip\r\n\r\n", _BROKE),
            Fault(
                "two transfer codings",
                b"!" + _OK + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
                _BROKE,
            ),
            Fault("another protocol", b"!220 mail.example ESMTP\r\n", _BROKE),
            Fault("the token", b"!" + TOKEN.encode() + b"\r\n\r\n", _BROKE),
            Fault("a switch of protocol", b"!HTTP/1.1 101 Switch\r\n\r\n", _BROKE),
            Fault("no status", b"!HTTP/1.1 \r\n\r\n", _BROKE),
            Fault("a status of two digits", b"!" + http("99 Odd"), _BROKE),
            Fault("a status of four digits", b"!" + http("2000 OK"), _BROKE),
            Fault("a header without a name", b"!" + _OK + b": x\r\n\r\n", _BROKE),
            Fault(
                "headers without end",
                (Act.READ, _OK, lambda: repeat(b"X: " + b"x" * 9000 + b"\r\n", 1000)),
                _BROKE,
            ),
            Fault("gzip that is none", http(headers=_GZIP), _PACKED),
            Fault("gzip that breaks off", http(body=_PAGE[:-9], headers=_GZIP), _PACKED),
            Fault("gzip and more", http(body=_PAGE + b"{}", headers=_GZIP), _PACKED),
            Fault("gzip in gzip", http(body=_PAGE, headers=f"{_GZIP}{_GZIP}"), _PACKED),
            Fault("a compression that was not asked for", http(headers=_BROTLI), _PACKED),
        ],
    ),
    _lost(
        "The server hangs",
        TimeoutException,
        [
            Fault("before the headers", SILENCE, _LATE),
            Fault(
                "between headers and body", (Act.READ, http(body=b"", length=9), Act.HANG), _LATE
            ),
            Fault("amid the body", (Act.READ, _BEGUN, Act.HANG), _LATE),
        ],
        patience=0.4,
    ),
    Group(
        "The server goes on for longer than the deadline",
        _each(_TIMEOUT, _TIMEOUT, _TIMEOUT, End(2, _UNKNOWN), End(1, _UNKNOWN)),
        _each(_TIMEOUT, _TIMEOUT, _TIMEOUT, End(2, _UNKNOWN), End(1, _UNKNOWN)),
        [
            Fault(
                "with interim answers, such as 100 and 103",
                (Act.READ, _slowly(b"HTTP/1.1 103 Early Hints\r\n\r\n")),
                _LATE,
            ),
            Fault("with the headers, byte by byte", (Act.READ, _OK, _slowly(b"x")), _LATE),
            Fault("with the body, byte by byte", (Act.READ, _BEGUN, _slowly(b" ")), _LATE),
            Fault("with chunks", (Act.READ, _CHUNKED, _slowly(b"1\r\n \r\n")), _LATE),
        ],
    ),
    _in_vain(
        "A success with a body that cannot be read",
        [_MALFORMED, End(1), _MALFORMED],
        [
            Fault("nothing", http(body=b""), _UNREAD),
            Fault("202 and nothing", http("202 Accepted", b""), _UNREAD),
            Fault("a part, with 206", http("206 Partial Content", _JOB[:9]), _UNREAD),
            Fault("cut short, its length not said", b"!" + _OK + b"\r\n" + _JOB[:9], _UNREAD),
            Fault("HTML", http(body=b"<h1>Welcome</h1>", content_type="text/html"), _UNREAD),
            Fault("null", http(body=b"null"), _UNREAD),
            Fault("a number", http(body=b"3"), _UNREAD),
            Fault("true", http(body=b"true"), _UNREAD),
            Fault("a list", http(body=b"[]"), _UNREAD),
            Fault("a list of what was asked for", http(body=b"[" + _JOB + b"]"), _UNREAD),
            Fault("an empty object", http(body=b"{}"), _UNREAD),
            Fault("null for the uuid", as_json({"uuid": None}), _UNREAD),
            Fault("a number for the uuid", as_json({"uuid": 3}), _UNREAD),
            Fault("no text for the uuid", as_json({"uuid": ""}), _UNREAD),
            Fault("a path for the uuid", as_json({"uuid": ".."}), _UNREAD),
            Fault("a lone surrogate for the uuid", as_json({"uuid": "\ud800"}), _UNREAD),
            Fault("NaN", http(body=b"NaN"), _UNREAD),
            Fault("an object and more", http(body=_JOB + b"{}"), _UNREAD),
            Fault("lists in lists without end", http(body=b"[" * 100_000), _UNREAD),
            Fault("objects in objects without end", http(body=b'{"uuid":' * 100_000), _UNREAD),
            Fault("a number of 5000 digits", http(body=b'{"uuid":' + b"9" * 5000 + b"}"), _UNREAD),
            Fault("bytes that are not UTF-8", http(body=b'{"uuid": "\xff"}'), _UNREAD),
            Fault("the token", http(body=json.dumps([TOKEN]).encode()), _UNREAD),
        ],
    ),
    _in_vain(
        "A success that is larger than it may be",
        [_MALFORMED, _MALFORMED, _MALFORMED],
        [
            Fault(title, answer, "the answer is not read to its end: it is larger than")
            for title, answer in LARGE.items()
        ],
    ),
    _in_vain(
        "A success with a text, which an output may be",
        [_MALFORMED, End(1), End(1)],
        [
            Fault("204, which has no body", b"HTTP/1.1 204 No Content\r\n\r\n", _UNREAD),
        ],
    ),
    _for_now(
        "The server asks to come back",
        TooManyRequestsException,
        [_status(429, "Too Many Requests")],
    ),
    _for_now(
        "The server asks to come back at a time it says",
        ServerException,
        [
            Fault(
                "503 with Retry-After",
                http("503 Busy", b"", headers="Retry-After: 3\r\n"),
                "Service Unavailable",
            )
        ],
    ),
    _lost(
        "The server fails",
        ServerException,
        [
            _status(500, "Internal Server Error"),
            _status(502, "Bad Gateway"),
            _status(503, "Service Unavailable"),
            _status(504, "Gateway Timeout"),
            Fault("502 with the token", http("502 Bad", TOKEN.encode()), "[redacted]"),
        ],
    ),
    _in_vain(
        "The server fails for good",
        [_FAILURE, _FAILURE, _FAILURE],
        [
            _status(501, "Not Implemented"),
            _status(505, "HTTP Version Not Supported"),
            _status(520, "the server answered 520 without a reason"),
            _status(599, "the server answered 599 without a reason"),
        ],
    ),
    _in_vain(
        "A status beyond all classes",
        [_SLOW, _SLOW, _SLOW],
        [_status(600, "the server answered 600 without a reason"), _status(999, "answered 999")],
    ),
    Group(
        "The server waited in vain for the request",
        _each(End(2, QarnotGenericException), End(2, QarnotGenericException), _SLOW, _SLOW, _SLOW),
        _each(End(2), End(2), _SLOW, _SLOW, _SLOW),
        [_status(408, "Request Timeout")],
    ),
    _refused(
        "Nothing is there",
        [
            MissingJobException,
            MissingJobException,
            MissingTaskException,
            MissingPoolException,
            MissingPoolException,
        ],
        [_status(404, "Not Found")],
    ),
    _refused("400", [InvalidRequestException], [_status(400, "Bad Request")]),
    _refused(
        "The token does not allow it",
        [UnauthorizedException],
        [
            _status(401, "Unauthorized"),
            _status(403, "Forbidden"),
            Fault("403 with the token", as_json({"message": f"{TOKEN}?"}, "403 No"), "[redacted]?"),
        ],
    ),
    _refused("No credits", [NotEnoughCreditsException], [_status(402, "Payment Required")]),
    _refused("A conflict", [ConflictException], [_status(409, "Conflict")]),
    _refused(
        "Anything else",
        [QarnotGenericException],
        [
            _status(300, "Multiple Choices"),
            _status(301, "Moved Permanently"),
            _status(302, "Found"),
            _status(304, "Not Modified"),
            _status(307, "Temporary Redirect"),
            _status(308, "Permanent Redirect"),
            _status(405, "Method Not Allowed"),
            _status(410, "Gone"),
            _status(413, "Request Entity Too Large"),
            _status(414, "Request-URI Too Long"),
            _status(418, "I'm a Teapot"),
            _status(422, "Unprocessable Entity"),
            _status(451, "Unavailable For Legal Reasons"),
            _status(499, "the server answered 499 without a reason"),
        ],
    ),
)
