"""Connections that speak HTTP/1.1, kept and used again.

A request is written here. Its answer is read by `http.client`, and held to what that lets pass.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from email.errors import (
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage, HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING, Final, cast

from ._clock import Clock
from ._network import Stream, Wait, is_readable
from ._secret import Secret

if TYPE_CHECKING:
    from socket import socket

_KEEP_ALIVE_SECONDS: Final = 90.0
"""Longer than the cache is fresh, so that polling does not pay for a TLS handshake each time."""

_MAX_CONNECTIONS: Final = 64

_PIECE: Final = 65_536

_BROKEN_HEADERS: Final = (
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)


class BusyError(TimeoutError):
    """All connections that there may be are in use."""


class Request(bytes):
    """A request as it is sent; not shown, for the token is in it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return object.__repr__(self)


def written(
    method: str, target: str, headers: Secret, more: str = "", body: bytes = b""
) -> Request:
    """A request, of parts that are known to hold no line end; headers are as `lines` has them."""
    # Without a variable, which a traceback could show.
    return Request(
        f"{method} {target} HTTP/1.1\r\n{headers.reveal()}{more}\r\n".encode("ascii") + body
    )


def lines(headers: Iterable[tuple[str, str]]) -> str:
    """Headers as they are written."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers)


class Answer(HTTPResponse):
    """An answer that is HTTP to the letter, where it matters where its body ends."""

    is_whole = False
    """Whether it was read to its end."""

    def begin(self) -> None:
        super().begin()
        while self.status // 100 == 1 and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            # An interim answer, of which `http.client` passes over one kind alone.
            self.headers = self.msg = cast("HTTPMessage", None)
            super().begin()
        if problem := self._problem():
            raise HTTPException(problem)

    def _problem(self) -> str | None:
        """What is wrong with where it ends."""
        lengths = set(self.headers.get_all("Content-Length", ()))
        codings = self.headers.get_all("Transfer-Encoding", ())
        if self.status == HTTPStatus.SWITCHING_PROTOCOLS:
            return "the server switched to another protocol"
        if any(isinstance(defect, _BROKEN_HEADERS) for defect in self.headers.defects):
            return "its headers are broken"
        if codings and (len(codings) > 1 or codings[0].lower() != "chunked"):
            return "its Transfer-Encoding was not asked for"
        if len(lengths) > 1 or not all(map(_is_length, lengths)):
            return "its Content-Length is none"
        return None

    def pieces(self) -> Iterator[bytes]:
        """The body as it comes."""
        # Not by `read`, which would read a chunk of the size -1 to the end of memory.
        buffer = bytearray(_PIECE if self.length is None else min(self.length, _PIECE))
        view = memoryview(buffer)
        while size := self.readinto(buffer):
            yield bytes(view[:size])
        if self.length:
            raise IncompleteRead(b"", self.length)
        self.is_whole = True


_MOST_DIGITS: Final = 18


def _is_length(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS


def asked(stream: Stream, method: str, request: Request) -> Answer:
    """The answer to a request, up to its body."""
    # What refuses a request before it is read to its end hangs up on the rest, and has answered.
    with suppress(ConnectionError):
        stream.sendall(request)
    # Typed for sockets, of which it uses what a stream has.
    answer = Answer(cast("socket", stream), method=method)
    answer.begin()
    if stream.has_ended:
        raise HTTPException("it ends amid its headers")
    return answer


class Connection:
    """A connection to a server, for one request at a time."""

    def __init__(self, stream: Stream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._answer: Answer | None = None
        self._idle_since = clock.monotonic()

    def ask(self, method: str, request: Request) -> Answer:
        self._answer = None
        self._answer = asked(self._stream, method, request)
        return self._answer

    def rest(self) -> bool:
        """Whether it can be used again: the last answer was read to its end, and more may come."""
        self._idle_since = self._clock.monotonic()
        answer = self._answer
        return answer is not None and answer.is_whole and not answer.will_close

    @property
    def is_old(self) -> bool:
        return self._clock.monotonic() - self._idle_since > _KEEP_ALIVE_SECONDS

    @property
    def is_usable(self) -> bool:
        """Whether a request can be sent: nothing was said without one, not even good-bye."""
        return not (self.is_old or is_readable(self._stream))

    def close(self) -> None:
        self._stream.close()


class Connections:
    """The connections to one server: what was used last is used next. Safe from several threads."""

    def __init__(self, open_: Callable[[], Stream], clock: Clock) -> None:
        self._open = open_
        self._clock = clock
        self._free = threading.Semaphore(_MAX_CONNECTIONS)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._closed = False

    def take(self, wait: Wait) -> Connection:
        """One that nobody else has, to be given back."""
        if not (self._free.acquire(blocking=False) or self._free.acquire(timeout=wait())):
            raise BusyError
        try:
            return self._kept() or Connection(self._open(), self._clock)
        except BaseException:
            self._free.release()
            raise

    def give_back(self, connection: Connection) -> None:
        useless = [] if connection.rest() else [connection]
        with self._lock:
            if self._closed:
                useless = [connection]
            elif not useless:
                self._idle.append(connection)
            while self._idle and self._idle[0].is_old:
                useless.append(self._idle.pop(0))
        self._free.release()
        for one in useless:
            one.close()

    def close(self) -> None:
        """Close them, those in use as soon as they are given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for one in idle:
            one.close()

    def _kept(self) -> Connection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.is_usable:
                return connection
            connection.close()
