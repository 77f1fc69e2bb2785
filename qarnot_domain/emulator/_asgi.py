"""The emulated cloud as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from qarnot_domain._clock import Clock
from qarnot_domain.emulator._http import MAX_BODY_BYTES, Dropped, Reply, Request

DISCONNECT: Final = "qarnot_domain.disconnect"
"""The extension of the ASGI scope by which a server lets the application close the connection."""


def create_app(handle: Callable[[Request], Reply], clock: Clock) -> ASGIApp:
    """The application. Routing is the core's: it knows the service's own 404 and 405.

    Args:
        handle: the core.
        clock: on which answers are held back that are to come late.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        try:
            request = await _read(http)
        except ClientDisconnect:
            return
        reply = handle(request)
        if reply.delay:
            await _pass(clock, reply.delay)
        if isinstance(reply, Dropped):
            await _disconnect(scope, receive)
            return
        answer = HttpResponse(reply.body, reply.status)
        for name, value in reply.headers:
            answer.headers[name] = value
        if reply.cut_at is None:
            await answer(scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": answer.status_code,
                "headers": answer.raw_headers,
            }
        )
        part = reply.body[: reply.cut_at]
        await send({"type": "http.response.body", "body": part, "more_body": True})
        await _disconnect(scope, receive)

    return serve


async def _pass(clock: Clock, seconds: float) -> None:
    """Wait on a clock that knows nothing of the event loop, and hold nobody else up."""
    loop = asyncio.get_running_loop()
    passed = asyncio.Event()

    def sleep() -> None:
        clock.sleep(seconds)
        # The server may have stopped meanwhile, and its loop be closed.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(passed.set)

    # A daemon: no exit has to wait for a late answer.
    threading.Thread(target=sleep, name="qarnot-emulator-delay", daemon=True).start()
    await passed.wait()


async def _read(http: HttpRequest) -> Request:
    query = http.scope["query_string"].decode("latin-1")
    return Request(
        method=http.method,
        # Raw: the core decodes each segment, so that an encoded slash stays within its own.
        path=http.scope["raw_path"].decode("latin-1"),
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in http.headers.items()},
        body=await _read_body(http),
    )


async def _read_body(http: HttpRequest) -> bytes:
    """The body; of one that is too large only the beginning, which is enough to refuse it."""
    body = bytearray()
    async for part in http.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            break
    return bytes(body)


async def _disconnect(scope: Scope, receive: Receive) -> None:
    """Close the connection with no more bytes sent, and wait until the server has noticed."""
    close: Callable[[], None] = scope["extensions"][DISCONNECT]
    close()
    message: dict[str, Any] = {}
    while message.get("type") != "http.disconnect":
        message = dict(await receive())
