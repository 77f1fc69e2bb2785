"""The operations on what the instances of tasks and pools write, the same for both."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias, get_args

from qarnot_domain.emulator._http import Refusal, Response, text_response
from qarnot_domain.emulator._router import Call, Handler, Route
from qarnot_domain.emulator._runs import Stream
from qarnot_domain.emulator._store import Instanced, Output

Find: TypeAlias = Callable[[Call], Instanced]
Reading: TypeAlias = Callable[[Output, "int | None"], str]

_READINGS: Final[tuple[tuple[str, str, Reading], ...]] = (
    ("retrieve", "GET", Output.read),
    ("consume", "POST", Output.consume),
)
_SCOPES: Final = (("", ""), ("Instance", "/{instanceId}"))
"""All instances together, or one."""


def routes(kind: str, find: Find) -> tuple[Route, ...]:
    """The operations on the output of one kind of object.

    Args:
        kind: `Task` or `Pool`.
        find: gives the object that the path names, or a 404.
    """
    return tuple(
        Route(
            f"{verb}{kind}{scope}{stream.capitalize()}",
            method,
            f"/{kind.lower()}s/{{uuid}}/{stream}{suffix}",
            _handler(find, stream, reading),
        )
        for stream in get_args(Stream)
        for scope, suffix in _SCOPES
        for verb, method, reading in _READINGS
    )


def _handler(find: Find, stream: Stream, reading: Reading) -> Handler:
    def handle(call: Call) -> Response:
        writer = find(call)
        return text_response(reading(writer.output(stream), _instance_id(call, writer)))

    return handle


def _instance_id(call: Call, writer: Instanced) -> int | None:
    text = call.parameters.get("instanceId")
    if text is None:
        return None
    if re.fullmatch(r"\d{1,10}", text, re.ASCII) and int(text) in writer.instance_ids:
        return int(text)
    raise Refusal(404, f"No such instance: {text}")
