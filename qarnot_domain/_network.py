"""Network connections that keep to a deadline.

A timeout bounds each wait for data and not their sum: a server that says a byte now and then would
be listened to for ever. Here every wait ends with the deadline of the operation at the latest.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

Wait = Callable[[], float]
"""How many seconds the next wait of the current thread may take; `TimeoutError` if none at all."""

T = TypeVar("T")


class _Socket(Protocol):
    """What a stream needs of a socket."""

    def settimeout(self, seconds: float, /) -> None: ...
    def sendall(self, data: ReadableBuffer, /) -> None: ...
    def recv_into(self, buffer: WriteableBuffer, /) -> int: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...


class Stream:
    """A connection whose every wait is bounded."""

    def __init__(self, sock: _Socket, wait: Wait) -> None:
        self._sock = sock
        self._wait = wait
        self.has_ended = False
        """Whether the other side said that nothing more comes."""

    def sendall(self, data: ReadableBuffer) -> None:
        self._sock.settimeout(self._wait())
        self._sock.sendall(data)

    def recv_into(self, buffer: WriteableBuffer) -> int:
        self._sock.settimeout(self._wait())
        size = self._sock.recv_into(buffer)
        self.has_ended = size == 0
        return size

    def makefile(self, _mode: str) -> BufferedReader:
        """What reads from it, as `http.client` asks for it; closing that leaves it open."""
        return BufferedReader(_Reader(self))

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._sock.close()

    def secured(self, context: ssl.SSLContext, host: str) -> Stream:
        """The connection over TLS to this host through this one, which is closed if it fails."""
        try:
            if isinstance(self._sock, socket.socket) and not isinstance(self._sock, ssl.SSLSocket):
                self._sock.settimeout(self._wait())
                return Stream(context.wrap_socket(self._sock, server_hostname=host), self._wait)
            return Stream(_Within(self, context, host), self._wait)
        except BaseException:
            self.close()
            raise


class _Reader(RawIOBase):
    """What reads from a stream."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._stream.recv_into(buffer)


def connect(host: str, port: int, wait: Wait) -> Stream:
    """A connection over TCP."""
    return over(socket.create_connection((host, port), wait()), wait)


def over(sock: socket.socket, wait: Wait) -> Stream:
    """A connection that is there already."""
    # The end of a request must not wait for what acknowledges its beginning.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Stream(sock, wait)


def is_readable(stream: Stream) -> bool:
    """Whether there is something to read at once, be it the end."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(stream, select.POLLIN)
        return bool(poll.poll(0))
    # On Windows.
    return bool(select.select([stream], [], [], 0)[0])


_PIECE: Final = 65_536


class _Within:
    """TLS within TLS, for a server behind a proxy that speaks it too; `ssl` has no socket for it.

    Each wait is one of the stream around it, and bounded there.
    """

    def __init__(self, around: Stream, context: ssl.SSLContext, host: str) -> None:
        self._around = around
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._to_send, server_hostname=host)
        self._do(self._tls.do_handshake)

    def settimeout(self, seconds: float) -> None:
        """Do nothing: see the class."""

    def sendall(self, data: ReadableBuffer) -> None:
        self._do(lambda: self._tls.write(data))

    def recv_into(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        try:
            # Typed as what it gives without a buffer.
            return cast("int", self._do(lambda: self._tls.read(len(view), view)))
        except ssl.SSLEOFError:
            # As sockets have it: what was said in full is told by HTTP.
            return 0

    def fileno(self) -> int:
        return self._around.fileno()

    def close(self) -> None:
        self._around.close()

    def _do(self, step: Callable[[], T]) -> T:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._send()
                self._receive()
            else:
                self._send()
                return done

    def _send(self) -> None:
        if waiting := self._to_send.read():
            self._around.sendall(waiting)

    def _receive(self) -> None:
        piece = bytearray(_PIECE)
        if size := self._around.recv_into(piece):
            self._received.write(memoryview(piece)[:size])
        else:
            self._received.write_eof()
