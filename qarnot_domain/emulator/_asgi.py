"""The emulated cloud as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from qarnot_domain._clock import Clock
from qarnot_domain.emulator._gate import Gate, answer_to
from qarnot_domain.emulator._http import MAX_BODY_BYTES, Dropped, Held, Reply, Request, Response

GATE: Final = "qarnot_domain.gate"
"""The extension of the ASGI scope by which a server lets the application at the connection."""


def create_app(
    handle: Callable[[Request], Reply], resets: Callable[[Request], bool], clock: Clock
) -> ASGIApp:
    """The application. Routing is the core's: it knows the service's own 404 and 405.

    Args:
        handle: the core.
        resets: whether the connection is to be reset when no more than the headers of a request
            have been read.
        clock: on which answers are held back that are to come late.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        gate: Gate = scope["extensions"][GATE]
        http = HttpRequest(scope, receive)
        request = _without_body(http)
        if resets(request):
            gate.reset()
            await _until_closed(receive)
            return
        try:
            request = replace(request, body=await _read_body(http))
        except ClientDisconnect:
            return
        reply = handle(request)
        hold = None
        if isinstance(reply, Held):
            hold = reply.hold
            reply = await answer_to(hold) or Dropped()
        if reply.delay:
            await _pass(clock, reply.delay)
        if isinstance(reply, Dropped):
            gate.keep()
            gate.write(reply.data)
            gate.close()
            await gate.deliver(reply.breaks, hold)
            await _until_closed(receive)
            return
        if reply.breaks is not None:
            gate.keep()
        await _http(reply)(scope, receive, send)
        if reply.breaks is not None:
            await gate.deliver(reply.breaks, hold)

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


def _without_body(http: HttpRequest) -> Request:
    query = http.scope["query_string"].decode("latin-1")
    return Request(
        method=http.method,
        # Raw: the core decodes each segment, so that an encoded slash stays within its own.
        path=http.scope["raw_path"].decode("latin-1"),
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in http.headers.items()},
    )


async def _read_body(http: HttpRequest) -> bytes:
    """The body; of one that is too large only the beginning, which is enough to refuse it."""
    body = bytearray()
    async for part in http.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            break
    return bytes(body)


def _http(response: Response) -> HttpResponse:
    http = HttpResponse(response.body, response.status)
    for name, value in response.headers:
        http.headers[name] = value
    return http


async def _until_closed(receive: Receive) -> None:
    """Wait until the server has noticed: it would answer itself if nothing else did."""
    message: dict[str, Any] = {}
    while message.get("type") != "http.disconnect":
        message = dict(await receive())
