"""The emulated cloud as an ASGI application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from qarnot_domain.emulator._cloud import Cloud
from qarnot_domain.emulator._http import Dropped, Request

DISCONNECT: Final = "qarnot_domain.disconnect"
"""The extension of the ASGI scope by which a server lets the application close the connection."""


def create_app(cloud: Cloud) -> ASGIApp:
    """The application. Routing is the core's: it knows the service's own 404 and 405."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        try:
            request = await _read(http)
        except ClientDisconnect:
            return
        reply = cloud.handle(request)
        if isinstance(reply, Dropped):
            await _disconnect(scope, receive)
            return
        answer = HttpResponse(reply.body, reply.status)
        for name, value in reply.headers:
            answer.headers[name] = value
        await answer(scope, receive, send)

    return serve


async def _read(http: HttpRequest) -> Request:
    query = http.scope["query_string"].decode("latin-1")
    return Request(
        method=http.method,
        # Raw: the core decodes each segment, so that an encoded slash stays within its own.
        path=http.scope["raw_path"].decode("latin-1"),
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in http.headers.items()},
        body=await http.body(),
    )


async def _disconnect(scope: Scope, receive: Receive) -> None:
    """Close the connection with not a byte sent, and wait until the server has noticed."""
    close: Callable[[], None] = scope["extensions"][DISCONNECT]
    close()
    message: dict[str, Any] = {}
    while message.get("type") != "http.disconnect":
        message = dict(await receive())
