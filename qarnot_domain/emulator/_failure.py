"""What a request meets instead of its answer, or what becomes of its answer."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final, Literal, TypeAlias

from qarnot_domain.emulator._alteration import Alteration
from qarnot_domain.emulator._break import POINTS, Break, EarlyPoint, How, Phase, Point
from qarnot_domain.emulator._http import (
    HTML_TYPE,
    TEXT_TYPE,
    Answer,
    Dropped,
    Json,
    Response,
    error_body,
    json_response,
)

DEFAULT_STATUS: Final = 503

MAX_DELAY: Final = timedelta(days=1)
MAX_SIZE: Final = 1_000_000_000

At: TypeAlias = Literal["before", "after"]
"""Whether a made-up answer comes before the request takes effect, so that it has none, or after."""

_BODILESS: Final = (204, 304)
_FRAMING: Final = ("content-length", "transfer-encoding")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_MESSAGES: Final = {
    401: "Bad authentication token",
    402: "Not enough credits",
    429: "Too many requests",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What happens to a request. What makes no sense is a `ValueError` that names the argument.

    Its members are the arguments of `Emulator.fail_next`, which says what each of them does.
    The answer is made up if anything of it is given, or nothing else is; it is the cloud's own,
    altered and delivered as is said, otherwise.
    """

    status: int | None = None
    retry_after: float | str | None = None
    body: Json | bytes = None
    headers: Mapping[str, str] | None = None
    html: bool | None = None
    at: At | None = None
    raw: bytes | None = None
    drop: Point | None = None
    reset: Point | EarlyPoint | None = None
    hang: Point | None = None
    delay: timedelta | float | None = None
    size: int | None = None
    broken: bool | None = None
    nulls: bool | None = None
    state: str | None = None
    extra: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        self._check_values()
        self._check_raw()
        self._check_json()
        self._check_headers()
        self._check_combinations()

    @property
    def breaks(self) -> Break | None:
        """Where the exchange breaks off, if it does."""
        return next(iter(self._breaks), None)

    @property
    def phase(self) -> Phase:
        """What there has to be of a request for it to meet this."""
        return "request" if self.breaks is None else self.breaks.phase

    @property
    def takes_effect(self) -> bool:
        """Whether the request does what it asks for."""
        if self.breaks is not None and self.breaks.is_unanswered:
            return self.breaks.at == "after"
        return self.at == "after" or not self._is_made_up

    def reply(self, own: Response | None) -> Answer:
        """What the client gets, given the cloud's own answer if the request took effect."""
        breaks = self.breaks
        if breaks is not None and breaks.is_unanswered:
            return Dropped(self._seconds, breaks=breaks)
        if self.raw is not None:
            return Dropped(self._seconds, self.raw, breaks)
        response = self._made_up() if self._is_made_up or own is None else self._altered(own)
        if self.broken:
            # A text that ends so is never JSON, whatever it was.
            response = replace(response, body=response.body[: len(response.body) // 2] + b"{")
        if self.size is not None:
            # Blanks at the end: JSON stays what it was.
            response = replace(response, body=response.body.ljust(self.size))
        if breaks is not None and breaks.needs_body:
            # Even a body without a byte is promised to have one.
            response = replace(response, body=response.body or b" ")
        return replace(response, delay=self._seconds, breaks=breaks)

    @property
    def _breaks(self) -> list[Break]:
        """As they are given; there can be only one."""
        given: dict[How, Point | EarlyPoint | None] = {
            "drop": self.drop,
            "reset": self.reset,
            "hang": self.hang,
        }
        return [Break(how, point) for how, point in given.items() if point is not None]

    @property
    def _seconds(self) -> float:
        if isinstance(self.delay, timedelta):
            return self.delay.total_seconds()
        return self.delay or 0.0

    @property
    def _answer(self) -> dict[str, object]:
        """What is given of a made-up answer."""
        given = {
            "status": self.status,
            "retry_after": self.retry_after,
            "body": self.body,
            "headers": self.headers or None,
            "html": self.html or None,
            "raw": self.raw,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def _alterations(self) -> dict[str, object]:
        given = {"nulls": self.nulls or None, "state": self.state, "extra": self.extra}
        return {name: value for name, value in given.items() if value is not None}

    @property
    def _is_made_up(self) -> bool:
        is_own = (
            self._alterations
            or self.breaks is not None
            or self.delay is not None
            or self.size is not None
            or self.broken
        )
        return bool(self._answer) or not is_own

    def _altered(self, own: Response) -> Response:
        if not self._alterations:
            return own
        return Alteration(bool(self.nulls), self.state, self.extra).apply(own)

    def _made_up(self) -> Response:
        """An answer with a body of the documented shape unless it is given another."""
        status = DEFAULT_STATUS if self.status is None else self.status
        headers = {name.lower(): value for name, value in (self.headers or {}).items()}
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        if status in _BODILESS:
            return Response(status, b"", tuple(headers.items()))
        answer = self._with_body(status)
        return replace(answer, headers=tuple({**dict(answer.headers), **headers}.items()))

    def _with_body(self, status: int) -> Response:
        if self.html:
            return Response(status, _page(status), (("content-type", HTML_TYPE),))
        if isinstance(self.body, str | bytes):
            raw = self.body.encode("utf-8") if isinstance(self.body, str) else self.body
            return Response(status, raw, (("content-type", TEXT_TYPE),))
        body = error_body(status, _message(status)) if self.body is None else self.body
        return json_response(body, status)

    def _check_values(self) -> None:
        if self.status is not None and not 200 <= self.status <= 599:
            raise ValueError(f"status: an answer's is from 200 to 599, not {self.status}")
        for breaks in self._breaks:
            points = POINTS[breaks.how]
            if breaks.at not in points:
                raise ValueError(f"{breaks.how}: is one of {', '.join(points)}, not {breaks.at!r}")
        if self.at not in (None, "before", "after"):
            raise ValueError(f"at: is 'before' or 'after', not {self.at!r}")
        if not (math.isfinite(self._seconds) and 0 <= self._seconds <= MAX_DELAY.total_seconds()):
            raise ValueError(f"delay: is from 0 s to a day, not {self.delay}")
        if self.size is not None and not 1 <= self.size <= MAX_SIZE:
            raise ValueError(f"size: is from 1 to {MAX_SIZE} bytes, not {self.size}")
        if self.state == "":
            raise ValueError("state: must not be empty")
        if self.extra is not None and not self.extra:
            raise ValueError("extra: must have a member")

    def _check_raw(self) -> None:
        if not isinstance(self.raw, bytes | None):
            raise TypeError(f"raw: must be bytes, not {type(self.raw).__name__}")
        if self.raw == b"":
            raise ValueError("raw: must have a byte; an answer without one is drop='after'")

    def _check_json(self) -> None:
        body = None if isinstance(self.body, bytes) else self.body
        for name, value in (("body", body), ("extra", self.extra)):
            try:
                json.dumps(value, allow_nan=False)
            except (TypeError, ValueError, RecursionError) as error:
                raise ValueError(f"{name}: must be JSON ({error})") from error

    def _check_headers(self) -> None:
        for name, value in (self.headers or {}).items():
            if _HEADER_NAME.fullmatch(name) is None or _HEADER_VALUE.fullmatch(value) is None:
                raise ValueError(f"headers: {name!r} cannot be sent as a header")
            if name.lower() in _FRAMING:
                raise ValueError(f"headers: {name} is the server's own; see raw")
        if _HEADER_VALUE.fullmatch(str(self.retry_after)) is None:
            raise ValueError("retry_after: cannot be sent as a header")

    def _check_combinations(self) -> None:
        of_body = [name for name in ("size", "broken") if getattr(self, name)]
        objections = (
            *self._objections_to_breaks(of_body),
            *self._objections_to_answer(of_body),
            *self._objections_to_body(of_body),
        )
        for name, reason in objections:
            raise ValueError(f"{name}: {reason}")

    def _objections_to_breaks(self, of_body: list[str]) -> Iterator[tuple[str, str]]:
        for other in self._breaks[1:]:
            yield other.how, f"excludes {self._breaks[0].how}"
        if self.breaks is None or not self.breaks.is_unanswered:
            return
        given = f"{self.breaks.how}={self.breaks.at!r}"
        for name in (*self._answer, *self._alterations, *of_body):
            yield name, f"there is no answer with {given}"
        if self.at is not None:
            yield "at", f"{given} already says it"
        if self.delay is not None and self.phase != "request":
            yield "delay", f"nothing can be late with {given}"

    def _objections_to_answer(self, of_body: list[str]) -> Iterator[tuple[str, str]]:
        if self.raw is not None:
            for name in (*(name for name in self._answer if name != "raw"), *of_body):
                yield name, "excludes raw"
        for name in self._alterations if self._answer else ():
            yield name, f"is of the cloud's own answer: it excludes {', '.join(self._answer)}"
        if self.at == "before" and not self._is_made_up:
            yield "at", "the cloud has an answer of its own only after the effect"
        if self.html and self.body is not None:
            yield "html", "excludes body"

    def _objections_to_body(self, of_body: list[str]) -> Iterator[tuple[str, str]]:
        if self.status not in _BODILESS:
            return
        given = {**self._answer, **dict.fromkeys(of_body, True)}
        for name in ("body", "html", "size", "broken"):
            if name in given:
                yield name, f"an answer of status {self.status} has none"
        if self.breaks is not None and self.breaks.needs_body:
            yield self.breaks.how, f"an answer of status {self.status} has no body"


def _page(status: int) -> bytes:
    """What a proxy in front of the service would say."""
    title = f"{status} {_phrase(status)}"
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title></head>"
        f"<body><h1>{title}</h1></body></html>\n"
    ).encode("ascii")


def _message(status: int) -> str:
    return _MESSAGES.get(status) or _phrase(status)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
