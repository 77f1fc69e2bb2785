"""What is remembered of the requests that came."""

from __future__ import annotations

import json
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
    """The status of the answer; `None` when there was none, or none when it began to hang."""
    content: bytes
    """The body as it was sent."""

    @property
    def body(self) -> Any:  # noqa: ANN401 - it is JSON
        """The JSON that was sent, decoded anew each time; `None` when there was none."""
        # Not kept: decoded, 100,000 requests take twice the memory, and most are never looked at.
        try:
            return json.loads(self.content) if self.content else None
        except (ValueError, RecursionError):
            return None
