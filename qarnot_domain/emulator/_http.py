"""Requests and answers as plain values: all that the core knows of HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from qarnot_domain.emulator._break import Break
from qarnot_domain.emulator._hold import Hold

Json: TypeAlias = Mapping[str, Any] | Sequence[Any] | str | int | float | bool | None

Decoded: TypeAlias = Any
"""What came out of a JSON text: anything."""

JSON_TYPE = "application/json; charset=utf-8"
PROBLEM_TYPE = "application/problem+json; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"

MAX_BODY_BYTES: Final = 30_000_000
"""The largest body that is taken. The service's bound is not known; this one is the default of
ASP.NET Core, which its errors look like."""

ERROR_TITLES = {400: "One or more validation errors occurred."}


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it came."""

    method: str
    path: str
    """Still percent-encoded, without the query."""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Names in lower case. Not in the repr: the token is among them."""
    body: bytes = b""

    def query_values(self, name: str) -> list[str]:
        """Each value given for a query parameter; names are case-insensitive, as on the service."""
        return [value for key, value in self.query if key.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class Response:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    """How many seconds it is held back, on the emulator's clock."""
    breaks: Break | None = None
    """Where it breaks off, if it does."""

    def json(self) -> Decoded:
        """The body decoded, for tests and for the in-process adapter."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """The first value of a header, if it is there."""
        return next((v for key, v in self.headers if key.lower() == name.lower()), None)


_JSON_TYPES: Final = ("application/json", "application/json-patch+json", "text/json")
_JSON_SUFFIX: Final = re.compile(r"application/[^;]*\+json")


def require_readable(request: Request) -> None:
    """Refuse a body that is too large, or says that it is of another type than JSON.

    One that does not say is taken for JSON: what the service does with it is not known.
    """
    if len(request.body) > MAX_BODY_BYTES:
        raise Refusal(413, f"The body is larger than {MAX_BODY_BYTES} bytes")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = media_type in _JSON_TYPES or _JSON_SUFFIX.fullmatch(media_type) is not None
    if request.body and media_type and not is_json:
        raise Refusal(415, f"A body must be of the type application/json, not {media_type}")


@dataclass(frozen=True, slots=True)
class Dropped:
    """No answer: the connection is closed or reset, without a byte unless there is `data`."""

    delay: float = 0.0
    """How many seconds later, on the emulator's clock."""
    data: bytes = b""
    """What is sent in place of an answer."""
    breaks: Break | None = None
    """Where that breaks off, if it does."""


@dataclass(frozen=True, slots=True)
class Held:
    """A request that hangs: its answer, or the rest of it, comes after `Emulator.release`."""

    hold: Hold[Answer]


Answer: TypeAlias = Response | Dropped
Reply: TypeAlias = Answer | Held


class Refusal(Exception):
    """A handler's way to refuse a request; becomes one of the documented error bodies."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Mapping[str, Sequence[str]] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers

    def response(self) -> Response:
        """The answer that carries this refusal."""
        if self.errors is not None:
            problem = {
                "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
                "title": ERROR_TITLES.get(self.status),
                "status": self.status,
                "detail": self.message,
                "instance": None,
                "errors": {name: list(reasons) for name, reasons in self.errors.items()},
            }
            return json_response(problem, self.status, self.headers, content_type=PROBLEM_TYPE)
        return json_response(error_body(self.status, self.message), self.status, self.headers)


def error_body(status: int, message: str) -> Json:
    """The documented body for an error: 401 has a shape of its own."""
    if status == 401:
        return {"error": {"message": message, "code": 401}, "data": {}}
    return {"message": message}


def invalid(errors: Mapping[str, Sequence[str]]) -> Refusal:
    """A 400 with the reasons of each field, and all of them in the detail, for those who log it."""
    reasons = "; ".join(f"{name}: {', '.join(texts)}" for name, texts in errors.items())
    return Refusal(400, f"Invalid fields: {reasons}", errors=errors)


def unknown_path(request: Request) -> Refusal:
    """A 404 for a path that is none."""
    return Refusal(404, f"There is nothing at {request.path}")


def wrong_method(request: Request, methods: Iterable[str]) -> Refusal:
    """A 405 that says which methods the path has."""
    allowed = ", ".join(sorted(methods))
    message = f"{request.method} is not possible here; use {allowed}"
    return Refusal(405, message, headers=(("allow", allowed),))


def json_response(
    value: Json,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (),
    *,
    content_type: str = JSON_TYPE,
) -> Response:
    """An answer with a JSON body."""
    # ASCII only: a lone surrogate that a client sent could not be encoded otherwise.
    body = json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    return Response(status, body, (("content-type", content_type), *headers))


def text_response(text: str) -> Response:
    """An answer with a plain text body."""
    return Response(200, text.encode("utf-8"), (("content-type", TEXT_TYPE),))
