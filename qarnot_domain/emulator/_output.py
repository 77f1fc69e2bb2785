"""What the instances of tasks and pools write: reading it is the same for both."""

from __future__ import annotations

import re

from qarnot_domain.emulator._http import Refusal, Response, text_response
from qarnot_domain.emulator._router import Call
from qarnot_domain.emulator._store import Instanced, Output


def retrieve(call: Call, writer: Instanced, output: Output) -> Response:
    """Answer what a stream holds, of the instance that the path names or of all together."""
    return text_response(output.read(_instance_id(call, writer)))


def consume(call: Call, writer: Instanced, output: Output) -> Response:
    """Answer what a stream got since it was last consumed, of the same instance or of all."""
    return text_response(output.consume(_instance_id(call, writer)))


def _instance_id(call: Call, writer: Instanced) -> int | None:
    text = call.parameters.get("instanceId")
    if text is None:
        return None
    if re.fullmatch(r"\d{1,10}", text, re.ASCII) and int(text) in writer.instance_ids:
        return int(text)
    raise Refusal(404, f"No such instance: {text}")
