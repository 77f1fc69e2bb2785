"""What is remembered of the requests that came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

MAX_RECORDED: Final = 100_000
"""How many requests are kept on record: a served emulator may run for long."""


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request that reached the emulator. Its headers are not kept: the token is in them."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    operation: str | None
    """The operationId in the document; `None` for a path or method that it does not have."""
    status: int | None
    """The status of the answer; `None` when the connection was dropped instead."""
    body: Any
    """The JSON that was sent, decoded; `None` when there was none."""
