"""Proxies that keep all that they see."""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import ssl
import struct
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Final, Self

from ..unit.wire import secured

_LARGEST_READ: Final = 65_536


class _Between(ABC):
    """Leads to a port of this machine, wherever it is asked to lead."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.seen = b""
        """All that clients sent through it."""
        self._port = port
        between = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                # The server may already be gone, or the client give up.
                with contextlib.suppress(ConnectionError, ssl.SSLError):
                    between._handle(self)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def get_request(self) -> tuple[socket.socket, Any]:
                connection, address = super().get_request()
                return secured(connection, tls), address

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def address(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @abstractmethod
    def _handle(self, client: socketserver.StreamRequestHandler) -> None:
        """Serve one client."""

    def _lead(self, handler: socketserver.StreamRequestHandler, consent: bytes) -> None:
        """Say that the way is open, and pass on what comes until one side has had enough."""
        client = handler.connection
        with socket.create_connection(("127.0.0.1", self._port)) as server:
            handler.wfile.write(consent)
            while True:
                ready, _, _ = select.select([client, server], [], [])
                for one in ready:
                    data = one.recv(_LARGEST_READ)
                    if not data:
                        return
                    # What is decrypted already is nothing that `select` could tell.
                    while isinstance(one, ssl.SSLSocket) and one.pending():
                        data += one.recv(_LARGEST_READ)
                    if one is client:
                        self.seen += data
                    (server if one is client else client).sendall(data)


class Proxy(_Between):
    """Opens a tunnel by HTTP, or refuses.

    Args:
        port: where each tunnel leads.
        refusal: the answer in place of a tunnel, if there is to be none.
        tls: what it presents, if it speaks TLS itself.
        consent: the answer before a tunnel.
    """

    def __init__(
        self,
        port: int,
        refusal: bytes | None = None,
        tls: ssl.SSLContext | None = None,
        consent: bytes = b"HTTP/1.1 200 OK\r\n\r\n",
    ) -> None:
        super().__init__(port, tls)
        self.heads: list[str] = []
        """What was asked of it, each with its headers."""
        self._refusal = refusal
        self._consent = consent

    def _handle(self, client: socketserver.StreamRequestHandler) -> None:
        lines = [client.rfile.readline().decode("latin-1")]
        while lines[-1].strip():
            lines.append(client.rfile.readline().decode("latin-1"))
        self.heads.append("".join(lines))
        if self._refusal is not None:
            client.wfile.write(self._refusal)
            return
        self._lead(client, self._consent)


_NO_PASSWORD: Final = 0
_PASSWORD: Final = 2


class SocksProxy(_Between):
    """Speaks SOCKS5 (RFC 1928), and asks for a password (RFC 1929) if it has one.

    Args:
        port: where each connection leads.
        password: of whoever comes.
        reply: what it says of each connection; 0 is success.
    """

    def __init__(self, port: int, password: str | None = None, reply: int = 0) -> None:
        super().__init__(port)
        self.asked: list[tuple[str, int]] = []
        """The hosts and ports that were asked for."""
        self.passwords: list[str] = []
        self._password = password
        self._reply = reply

    def _handle(self, client: socketserver.StreamRequestHandler) -> None:
        _, number = client.rfile.read(2)
        methods = client.rfile.read(number)
        method = _NO_PASSWORD if self._password is None else _PASSWORD
        assert method in methods
        client.wfile.write(bytes([5, method]))
        if method == _PASSWORD:
            client.rfile.read(client.rfile.read(2)[1])
            self.passwords.append(client.rfile.read(client.rfile.read(1)[0]).decode())
            client.wfile.write(bytes([1, self.passwords[-1] != self._password]))
        *_, kind, length = client.rfile.read(5)
        assert kind == 3, "a name, which is the proxy's to resolve"
        host = client.rfile.read(length).decode()
        self.asked.append((host, *struct.unpack(">H", client.rfile.read(2))))
        consent = bytes([5, self._reply, 0, 1, 0, 0, 0, 0, 0, 0])
        if self._reply:
            client.wfile.write(consent)
        else:
            self._lead(client, consent)
