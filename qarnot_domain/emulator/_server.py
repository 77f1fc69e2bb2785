"""The application served on loopback, by uvicorn in a thread of its own."""

from __future__ import annotations

import ipaddress
import socket
import threading
from asyncio import AbstractEventLoop, BaseTransport, Transport
from collections.abc import Callable
from typing import Any, Final, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from qarnot_domain.emulator._asgi import GATE
from qarnot_domain.emulator._gate import Gate

DEFAULT_HOST: Final = "127.0.0.1"
KEEP_ALIVE_SECONDS: Final = 75
GRACE_SECONDS: Final = 1
"""How long requests in flight may take to finish when the server stops."""


class ServerFailedError(RuntimeError):
    """The server thread ended before it was ready."""


def reserve(host: str, port: int) -> socket.socket:
    """A socket bound on loopback, which refuses connections until it listens.

    A `ValueError` for any other host.

    Made by hand with IPPROTO_TCP: asyncio sets TCP_NODELAY only on sockets that say they are TCP,
    and without it each request on a kept-alive connection takes 44 ms instead of 0.3.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError as error:
        raise ValueError(f"{host!r} is not an address of this machine's loopback") from error
    if not address.is_loopback:
        raise ValueError(f"the emulator has no security: it only serves on loopback, not {host}")
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((str(address), port))
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """The base URL of what is served on a socket."""
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class ServerThread:
    """Serves an application until stopped. It can be started once.

    Args:
        app: the application.
        listener: a socket that listens.
        resets: asked for each connection whether to reset it at once.
    """

    def __init__(self, app: ASGIApp, listener: socket.socket, resets: Callable[[], bool]) -> None:
        self._listener = listener
        self._server = _Server(
            uvicorn.Config(
                app,
                http=_protocol(resets),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                # The core dates its answers itself, by the emulated clock.
                date_header=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._thread = threading.Thread(target=self._run, name="qarnot-emulator", daemon=True)

    def start(self) -> None:
        """Return once requests are answered."""
        self._thread.start()
        self._server.settled.wait()
        if not self._server.started:
            raise ServerFailedError("the emulator's server did not start; see the log")

    def stop(self) -> None:
        """Return once the port is closed and the thread is gone."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._listener])
        finally:
            self._listener.close()
            self._server.settled.set()


class _Server(uvicorn.Server):
    """Tells another thread when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.settled.set()


def _protocol(resets: Callable[[], bool]) -> type[H11Protocol]:
    """HTTP behind a gate, which the application gets at: ASGI has no word for what it does."""

    class Protocol(H11Protocol):
        def __init__(
            self,
            config: uvicorn.Config,
            server_state: ServerState,
            app_state: dict[str, Any],
            _loop: AbstractEventLoop | None = None,
        ) -> None:
            super().__init__(config, server_state, app_state, _loop)
            serve = self.app

            async def app(scope: Scope, receive: Receive, send: Send) -> None:
                scope.setdefault("extensions", {})[GATE] = self.transport
                await serve(scope, receive, send)

            self.app = app

        def connection_made(self, transport: BaseTransport) -> None:
            gate = Gate(cast("Transport", transport))
            super().connection_made(cast("Transport", gate))
            if resets():
                gate.reset()

    return Protocol
