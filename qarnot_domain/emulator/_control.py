"""Driving the emulator over HTTP, under a prefix that no operation of the API uses.

For programs that cannot call Python: other languages, and the official SDK in its own environment.
Its requests need the same token as any other, and are not among those on record.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeAlias

from qarnot_domain._clock import AdvanceableClock, SystemClock
from qarnot_domain.emulator import _wire
from qarnot_domain.emulator._break import POINTS
from qarnot_domain.emulator._cloud import Cloud
from qarnot_domain.emulator._failure import MAX_SIZE, Failure
from qarnot_domain.emulator._faults import Fault
from qarnot_domain.emulator._http import (
    Refusal,
    Request,
    Response,
    invalid,
    json_response,
    unknown_path,
    wrong_method,
)
from qarnot_domain.emulator._matching import Matching
from qarnot_domain.emulator._record import RecordedRequest
from qarnot_domain.emulator._router import decoded_body
from qarnot_domain.emulator._shapes import (
    Anything,
    Boolean,
    Choice,
    Faults,
    Integer,
    Number,
    Object,
    Shape,
    Text,
    Texts,
    fault,
    read_body,
)

PREFIX: Final = "_emulator"

_RAW_ENCODING: Final = "latin-1"

MAX_ADVANCE: Final = timedelta(days=36_500)


class _NumberOrText:
    """What the header may be: seconds, or a date."""

    def read(self, value: object, path: str, faults: Faults) -> object:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            fault(faults, path, "must be a number or text")
        return value


class _Bytes:
    """Text of which each character is a byte: JSON has nothing for bytes."""

    def read(self, value: object, path: str, faults: Faults) -> object:
        try:
            return str(Text().read(value, path, faults)).encode(_RAW_ENCODING)
        except UnicodeEncodeError:
            fault(faults, path, "must be of characters up to U+00FF, each for a byte")
            return None


class _AnyObject:
    """An object with members of any names."""

    def read(self, value: object, path: str, faults: Faults) -> object:
        if not isinstance(value, dict):
            fault(faults, path, "must be an object")
        return value


_MATCHING: Final[dict[str, Shape]] = {
    "operation": Text(),
    "times": Integer(),
    "nth": Integer(),
    "probability": Number(),
}
_FAILURE: Final[dict[str, Shape]] = {
    "status": Integer(),
    "retry_after": _NumberOrText(),
    "body": Anything(),
    "headers": Texts(),
    "html": Boolean(),
    "at": Choice(("before", "after")),
    "raw": _Bytes(),
    **{how: Choice(points) for how, points in POINTS.items()},
    "delay": Number(),
    "size": Integer(most=MAX_SIZE),
    "broken": Boolean(),
    "nulls": Boolean(),
    "state": Text(),
    "extra": _AnyObject(),
}
_ADVANCE: Final = Object(
    {"seconds": Number(least=0, most=MAX_ADVANCE.total_seconds())}, required=("seconds",)
)
_SHOWN_OF_REQUESTS: Final = ("method", "path", "query", "operation", "status", "body")

_RELEASE: Final = Object({"count": Integer(least=1)})

Handler: TypeAlias = Callable[[Request], Response]


def is_control(request: Request) -> bool:
    """Whether a request is about the emulator itself."""
    return request.path.strip("/").split("/")[0] == PREFIX


class Control:
    """Answers the requests under the prefix.

    Args:
        cloud: what they are about.
        clock: the clock of the cloud.
    """

    def __init__(self, cloud: Cloud, clock: AdvanceableClock) -> None:
        self._cloud = cloud
        self._clock = clock
        self._handlers: dict[str, dict[str, Handler]] = {
            "faults": {
                "GET": self._list_faults,
                "POST": self._add_fault,
                "DELETE": self._clear_faults,
            },
            "overview": {"GET": self._overview},
            "release": {"POST": self._release},
            "requests": {"GET": self._list_requests},
            "reset": {"POST": self._reset},
            "advance": {"POST": self._advance},
        }

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        try:
            self._cloud.authenticate(request)
            return self._handler(request)(request)
        except Refusal as refusal:
            return refusal.response()

    def _handler(self, request: Request) -> Handler:
        _, _, name = request.path.strip("/").partition("/")
        handlers = self._handlers.get(name)
        if handlers is None:
            raise unknown_path(request)
        handler = handlers.get(request.method)
        if handler is None:
            raise wrong_method(request, handlers)
        return handler

    def _list_faults(self, _request: Request) -> Response:
        return json_response([_view(fault) for fault in self._cloud.faults])

    def _add_fault(self, request: Request) -> Response:
        rule = _read_rule(decoded_body(request))
        try:
            matching = Matching(**{name: rule[name] for name in _MATCHING if name in rule})
            failure = Failure(**{name: rule[name] for name in _FAILURE if name in rule})
            return json_response(_view(self._cloud.add_fault(matching, failure)))
        except ValueError as error:
            raise Refusal(400, str(error)) from error

    def _clear_faults(self, _request: Request) -> Response:
        self._cloud.clear_faults()
        return Response(204)

    def _release(self, request: Request) -> Response:
        """Let go what hangs now: waiting for it would keep it from coming."""
        body = decoded_body(request) if request.body else {}
        return json_response({"released": self._cloud.let_go(read_body(_RELEASE, body)["count"])})

    def _list_requests(self, _request: Request) -> Response:
        return json_response([_view_request(request) for request in self._cloud.requests])

    def _overview(self, _request: Request) -> Response:
        return json_response(self._cloud.overview())

    def _reset(self, _request: Request) -> Response:
        self._cloud.reset()
        return Response(204)

    def _advance(self, request: Request) -> Response:
        seconds = read_body(_ADVANCE, decoded_body(request))["seconds"]
        if isinstance(self._clock, SystemClock):
            raise Refusal(409, "This emulator is on the machine's clock, which moves by itself")
        self._clock.advance(timedelta(seconds=seconds))
        return json_response({"now": _wire.date(self._cloud.now)})


def _read_rule(body: object) -> dict[str, Any]:
    """The members that were sent; null is a value too: `times` without end."""
    if not isinstance(body, dict):
        raise invalid({"body": ["must be an object"]})
    sent: dict[str, object] = body
    shapes = {**_MATCHING, **_FAILURE}
    faults: Faults = {}
    rule: dict[str, Any] = {}
    for name, value in sent.items():
        shape = shapes.get(name)
        if shape is None:
            # Ignored, a misspelt one would be a fault that never happens.
            fault(faults, name, f"is unknown; there are {', '.join(shapes)}")
        else:
            rule[name] = None if value is None else shape.read(value, name, faults)
    if faults:
        raise invalid(faults)
    return rule


def _view(fault: Fault) -> dict[str, Any]:
    return {
        "rule": {
            name: _jsonable(value, _RAW_ENCODING if name == "raw" else "utf-8")
            for part in (fault.matching, fault.failure)
            for name, value in _members(part).items()
        },
        "remaining": fault.remaining,
        "calls": fault.calls,
        "met": [_view_request(request) for request in fault.met],
    }


def _view_request(request: RecordedRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in _SHOWN_OF_REQUESTS}


def _members(part: Matching | Failure) -> dict[str, Any]:
    return {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}


def _jsonable(value: object, encoding: str) -> Any:  # noqa: ANN401 - it is JSON
    if isinstance(value, bytes):
        return value.decode(encoding, "replace")
    return value.total_seconds() if isinstance(value, timedelta) else value
