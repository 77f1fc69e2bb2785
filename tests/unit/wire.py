"""A server that is no API: it notes what comes over the wire and misbehaves as it is told."""

from __future__ import annotations

import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import Enum, auto
from io import BufferedReader
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, cast


class Received(NamedTuple):
    """One request as it came."""

    line: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    connection: int
    """The number of the TCP connection it came on."""

    def __repr__(self) -> str:
        # Not the headers: the token is among them.
        return f"{self.line!r} with {self.body!r}"


class Act(Enum):
    """What a server does besides sending bytes; the connection ends with each but the first two."""

    READ_LINE = auto()
    """Read the first line of the request."""
    READ = auto()
    """Read the request, or the rest of it."""
    HANG = auto()
    """Keep the connection open, without a word, until the server stops."""
    CLOSE = auto()
    """Close the connection as HTTP does."""
    RESET = auto()
    """Close it with a TCP reset."""


Stream = Callable[[], Iterable[bytes]]
"""Gives what to send piece by piece, for as long as the client listens."""

Step = bytes | Act | Stream

Answer = bytes | tuple[Step, ...] | Callable[[Received], "Answer"]
"""What to do with one request: steps are taken as they are, and a function decides.

Bytes answer it; those that begin with `!` are sent without it, and the connection is closed.
"""

SILENCE: Final = (Act.READ, Act.HANG)
"""No answer: the connection stays open until the server stops."""

_TLS_HANDSHAKE: Final = b"\x16"
"""How a client begins that wants encryption, which is not to be had here."""


def http(
    status: str = "200 OK",
    body: bytes = b"{}",
    *,
    content_type: str = "application/json",
    headers: str = "",
    length: int | None = None,
) -> bytes:
    """The bytes of an answer."""
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {size}\r\n"
    return f"{head}{headers}\r\n".encode() + body


def secured(connection: socket.socket, tls: ssl.SSLContext | None) -> socket.socket:
    """What a client connected to, over TLS if there is to be any; the handshake is to come."""
    if tls is None:
        return connection
    return tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)


class WireServer:
    """Answers each request with the next of the given answers, the last one for all that follow.

    Its port refuses connections before the `with` statement and after it. With `tls` it serves over
    TLS.
    """

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        """The requests that were read to their end, oldest first."""
        self.begun = 0
        """How many requests began to arrive."""
        self.connections = 0
        self._answers = answers
        self._tls = tls
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._closed = threading.Semaphore(0)
        wire = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with wire._lock:
                    wire.connections += 1
                    number = wire.connections
                    wire._open.append(self.connection)
                with suppress(OSError):
                    if isinstance(self.request, ssl.SSLSocket):
                        self.request.do_handshake()
                    while wire._serve(self, number):
                        pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            request_queue_size = 64

            def get_request(self) -> tuple[socket.socket, Any]:
                connection, address = super().get_request()
                return secured(connection, tls), address

            def shutdown_request(self, request: Any) -> None:
                super().shutdown_request(request)
                wire._closed.release()

        self._open: list[socket.socket] = []
        self._server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.server_bind()
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.002}
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._server.server_activate()
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        # Waits for all that are being served, so that what was noted is all that came.
        self._server.server_close()

    def wait_for_close(self) -> None:
        """Wait until the server has closed one more connection."""
        assert self._closed.acquire(timeout=30)

    def _serve(self, handler: socketserver.StreamRequestHandler, number: int) -> bool:
        """Answer one request; whether another may follow on this connection."""
        begins = cast(BufferedReader, handler.rfile).peek(1)[:1]
        if begins == _TLS_HANDSHAKE:
            handler.wfile.write(b"no TLS here")
        if begins in (b"", _TLS_HANDSHAKE):
            return False
        with self._lock:
            self.begun += 1
            answer, *rest = self._answers
            self._answers = tuple(rest) or self._answers
        return _Exchange(self, handler, number).answer(answer)

    def _note(self, received: Received) -> None:
        with self._lock:
            self.received.append(received)


class _Exchange:
    """One request and what becomes of it."""

    def __init__(
        self, wire: WireServer, handler: socketserver.StreamRequestHandler, number: int
    ) -> None:
        self._wire = wire
        self._handler = handler
        self._number = number
        self._line = ""
        self._received: Received | None = None

    def answer(self, answer: Answer) -> bool:
        """Whether another request may follow on this connection."""
        while callable(answer):
            answer = answer(self._read())
        if isinstance(answer, bytes):
            end = (Act.CLOSE,) if answer.startswith(b"!") else ()
            answer = (Act.READ, answer.removeprefix(b"!"), *end)
        return all(map(self._take, answer))

    def _take(self, step: Step) -> bool:
        """Take one step; whether another may follow."""
        if isinstance(step, bytes):
            self._handler.wfile.write(step)
        elif not isinstance(step, Act):
            for piece in step():
                self._handler.wfile.write(piece)
        elif step is Act.READ_LINE:
            self._read_line()
        elif step is Act.READ:
            self._read()
        else:
            self._end(step)
            return False
        return True

    def _end(self, act: Act) -> None:
        if act is Act.HANG:
            self._wire._stopped.wait()
        if act is Act.RESET:
            at_once = struct.pack("ii", 1, 0)
            self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            # Not by way of the handler, which would say an orderly goodbye first.
            self._handler.connection.close()

    def _read_line(self) -> str:
        self._line = self._line or self._handler.rfile.readline().decode("latin-1").strip()
        return self._line

    def _read(self) -> Received:
        if self._received is None:
            line = self._read_line()
            headers: dict[str, str] = {}
            while field := self._handler.rfile.readline().decode("latin-1").strip():
                name, _, value = field.partition(":")
                headers[name.lower()] = value.strip()
            body = self._handler.rfile.read(int(headers.get("content-length", "0")))
            self._received = Received(line, headers, body, self._number)
            self._wire._note(self._received)
        return self._received
