"""A server that is no API: it notes what comes over the wire and answers with given bytes."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from types import TracebackType
from typing import Any, Final, NamedTuple, Self


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


SILENCE: Final = None
"""No answer: the connection stays open until the server stops."""


TLS_HANDSHAKE = b"\x16"
"""How a client begins that wants encryption, which is not to be had here."""


class WireServer:
    """Answers each request with the next of the given answers, the last one for all that follow.

    An answer that begins with `!` is sent without it, and the connection closed. With `tls` it
    serves over TLS.
    """

    def __init__(self, *answers: bytes | None, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self._answers = list(answers)
        self._tls = tls
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        wire = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with wire._lock:
                    wire.connections += 1
                    number = wire.connections
                try:
                    if isinstance(self.request, ssl.SSLSocket):
                        self.request.do_handshake()
                    while wire._serve(self, number):
                        pass
                except (ConnectionError, ssl.SSLError):
                    return

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def get_request(self) -> tuple[socket.socket, Any]:
                connection, address = super().get_request()
                if tls is not None:
                    connection = tls.wrap_socket(
                        connection, server_side=True, do_handshake_on_connect=False
                    )
                return connection, address

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
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
        self._server.server_close()

    def _serve(self, handler: socketserver.StreamRequestHandler, number: int) -> bool:
        """Answer one request; whether another may follow on this connection."""
        if not self._tls and handler.connection.recv(1, socket.MSG_PEEK) == TLS_HANDSHAKE:
            handler.wfile.write(b"no TLS here")
            return False
        line = handler.rfile.readline().decode("latin-1").strip()
        if not line:
            return False
        headers: dict[str, str] = {}
        while field := handler.rfile.readline().decode("latin-1").strip():
            name, _, value = field.partition(":")
            headers[name.lower()] = value.strip()
        body = handler.rfile.read(int(headers.get("content-length", "0")))
        with self._lock:
            self.received.append(Received(line, headers, body, number))
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer is None:
            self._stopped.wait()
            return False
        handler.wfile.write(answer.removeprefix(b"!"))
        handler.wfile.flush()
        return not answer.startswith(b"!")
