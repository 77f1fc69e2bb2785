"""Failures on demand: rules that the next matching requests meet instead of their answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Literal, TypeAlias

from qarnot_domain.emulator._http import TEXT_TYPE, Json, Response, error_body, json_response

DEFAULT_STATUS: Final = 503

Drop: TypeAlias = Literal["before", "after"]
"""When the connection is dropped: before the request takes effect, or after."""

_BODILESS: Final = (204, 304)
_MESSAGES: Final = {
    401: "Bad authentication token",
    402: "Not enough credits",
    429: "Too many requests",
}


@dataclass(slots=True)
class FaultRule:
    """What happens to the next `remaining` requests for an operation, or for any."""

    operation: str | None = None
    remaining: int = 1
    status: int | None = None
    retry_after: float | str | None = None
    body: Json | bytes = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    drop: Drop | None = None

    def __post_init__(self) -> None:
        if self.remaining < 1:
            raise ValueError(f"a fault happens at least once, not {self.remaining} times")
        if self.status is not None and not 200 <= self.status <= 599:
            raise ValueError(f"an answer's status is from 200 to 599, not {self.status}")
        if self.drop not in (None, "before", "after"):
            raise ValueError(f"drop is 'before' or 'after', not {self.drop!r}")
        is_answer = (
            self.status is not None
            or self.retry_after is not None
            or self.body is not None
            or self.headers
        )
        if self.drop is not None and is_answer:
            raise ValueError("a dropped connection has no answer: give either drop or an answer")

    def response(self) -> Response:
        """The failing answer: a body of the documented shape unless the rule brings its own."""
        status = DEFAULT_STATUS if self.status is None else self.status
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        if status in _BODILESS:
            return Response(status, b"", tuple(headers.items()))
        if isinstance(self.body, str | bytes):
            raw = self.body.encode("utf-8") if isinstance(self.body, str) else self.body
            return Response(status, raw, tuple({"content-type": TEXT_TYPE, **headers}.items()))
        body = error_body(status, _message(status)) if self.body is None else self.body
        answer = json_response(body, status)
        return Response(status, answer.body, tuple({**dict(answer.headers), **headers}.items()))


class Faults:
    """The rules in force, oldest first."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []

    def add(self, rule: FaultRule) -> None:
        """Put a rule in force behind those that already are."""
        self._rules.append(rule)

    def take(self, operation: str) -> FaultRule | None:
        """Use up one turn of the first rule for an operation, if there is one."""
        for rule in self._rules:
            if rule.operation in (None, operation):
                rule.remaining -= 1
                if rule.remaining == 0:
                    self._rules.remove(rule)
                return rule
        return None


def _message(status: int) -> str:
    try:
        return _MESSAGES.get(status, HTTPStatus(status).phrase)
    except ValueError:
        return f"Status {status}"
