"""Where an exchange breaks off, and how: what is below HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

How: TypeAlias = Literal["drop", "reset", "hang"]
"""The connection is closed, it is reset, or nothing more comes until somebody lets it."""

Point: TypeAlias = Literal["before", "after", "mid-headers", "before-body", "mid-body"]
"""How far an exchange has come: before or after its effect, or with a part of the answer sent."""

EarlyPoint: TypeAlias = Literal["connect", "mid-request"]
"""How far it has come before all of the request is there: to a connection, or to its headers."""

Phase: TypeAlias = EarlyPoint | Literal["request"]
"""What there is of a request when it is decided what it meets; in the end, all of it."""

_EARLY_POINTS: Final = get_args(EarlyPoint)

POINTS: Final[dict[How, tuple[str, ...]]] = {
    "drop": get_args(Point),
    "reset": (*_EARLY_POINTS, *get_args(Point)),
    "hang": get_args(Point),
}
"""Where it can happen."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where an exchange breaks off, and how."""

    how: How
    at: Point | EarlyPoint

    @property
    def phase(self) -> Phase:
        """What there has to be of a request for it to meet this."""
        match self.at:
            case "connect" | "mid-request" as early:
                return early
            case _:
                return "request"

    @property
    def is_unanswered(self) -> bool:
        """Whether not a byte of an answer is ever sent."""
        return self.how != "hang" and self.at in (*_EARLY_POINTS, "before", "after")

    @property
    def needs_body(self) -> bool:
        """Whether only an answer with a body can break off there."""
        return self.at in ("before-body", "mid-body")

    def sent_of(self, answer: bytes) -> int:
        """How many bytes of an answer have been sent by then."""
        head, separator, body = answer.partition(b"\r\n\r\n")
        headers = len(head) + len(separator)
        lengths: dict[str, int] = {
            "mid-headers": headers // 2,
            "before-body": headers,
            "mid-body": headers + len(body) // 2,
        }
        return lengths.get(self.at, 0)
