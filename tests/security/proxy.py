"""A proxy that keeps all that it sees."""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import threading
from types import TracebackType
from typing import Final, Self

_LARGEST_READ: Final = 65_536


class Proxy:
    """Opens a tunnel to a port of this machine, wherever it is asked to lead, or refuses.

    Args:
        port: where each tunnel leads.
        refusal: the answer in place of a tunnel, if there is to be none.
    """

    def __init__(self, port: int, refusal: bytes | None = None) -> None:
        self.heads: list[str] = []
        """What was asked of it, each with its headers."""
        self.seen = b""
        """All that clients sent through its tunnels."""
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                lines = [self.rfile.readline().decode("latin-1")]
                while lines[-1].strip():
                    lines.append(self.rfile.readline().decode("latin-1"))
                proxy.heads.append("".join(lines))
                if refusal is not None:
                    self.wfile.write(refusal)
                    return
                with socket.create_connection(("127.0.0.1", port)) as server:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    # The server may already be gone, or the client give up.
                    with contextlib.suppress(ConnectionError):
                        proxy._pass(self.connection, server)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

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

    def _pass(self, client: socket.socket, server: socket.socket) -> None:
        while True:
            ready, _, _ = select.select([client, server], [], [])
            for one in ready:
                data = one.recv(_LARGEST_READ)
                if not data:
                    return
                if one is client:
                    self.seen += data
                (server if one is client else client).sendall(data)
