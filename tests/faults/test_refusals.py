"""What a refusal may look like: its body, its phrases, its `Retry-After`, where it points."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    Job,
    MaxJobException,
    MaxPoolException,
    MaxTaskException,
    NotEnoughCreditsException,
    Pool,
    QarnotException,
    QarnotGenericException,
    ServerException,
    Task,
    TooManyRequestsException,
    UnauthorizedException,
)
from qarnot_domain._retry import Kind
from qarnot_domain.exceptions import error_for

from ..unit.driving import PROFILE, ActingClock
from ..unit.wire import WireServer, http
from .laboratory import OPERATIONS, as_json, connect, outcome, polite

Error = type[QarnotException]

SAID = "Bad authentication token"

SHAPES: dict[str, tuple[Any, str]] = {
    "a message": ({"message": SAID}, SAID),
    "an error": ({"error": SAID}, SAID),
    "an error in an envelope": ({"error": {"message": SAID, "code": 401}, "data": {}}, SAID),
    "problem details": ({"type": "about:blank", "title": "No", "detail": SAID}, SAID),
    "problem details with errors": (
        {"title": "No.", "errors": {"token": ["is bad", "is old"]}},
        "No: token: is bad, is old",
    ),
    "a list": (
        [{"message": SAID}, {"message": SAID}, {"message": "and more"}],
        f"{SAID}; and more",
    ),
    "a JSON text": (SAID, SAID),
    "a text": (SAID.encode(), SAID),
    "HTML": (b"<html><head><title>Who are\n you?</title></head></html>", "Who are you?"),
    "HTML without a title": (b"<html><p>No.</p></html>", "Unauthorized"),
    "nothing": (b"", "Unauthorized"),
    "an empty object": ({}, "Unauthorized"),
    "null": (None, "Unauthorized"),
    "a null message": ({"message": None}, "Unauthorized"),
    "a number for a message": ({"message": 401}, "Unauthorized"),
    "a list for a message": ({"message": [SAID]}, "Unauthorized"),
    "a list for errors": ({"errors": ["token"]}, "Unauthorized"),
    "a number": (401, "Unauthorized"),
    "JSON that breaks off": (b'{"message": "Bad', '{"message": "Bad'),
    "bytes that are no text": (b"\xff\xfe\xfa", "\ufffd\ufffd\ufffd"),
    "control characters": (b"\x1b[31mBad\r\n\x00token", "[31mBad token"),
    "a lone surrogate": (b'{"message": "Bad \\ud800 token"}', "Bad ? token"),
    "a message of 100,000 letters": ({"message": "x" * 100_000}, "x" * 500 + "…"),
    "nesting without end": (b"[" * 100_000, "[" * 500 + "…"),
}


@pytest.mark.parametrize(("body", "said"), SHAPES.values(), ids=SHAPES)
def test_401_says_what_its_body_says(body: Any, said: str) -> None:
    """It is an `UnauthorizedException` with the server's words in one line, or the status's."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with WireServer(http("401 No", raw)) as server, connect(server.url) as connection:
        errors = [outcome(kind, connection) for kind in OPERATIONS]
    assert [(type(error), error and error.message) for error in errors] == [
        (UnauthorizedException, said)
    ] * len(OPERATIONS)
    assert server.begun == len(OPERATIONS)


def draft(connection: Connection, kind: str) -> Job | Task | Pool:
    """A new object of a kind."""
    if kind == "job":
        return connection.create_job("n")
    if kind == "task":
        return connection.create_task("n", PROFILE)
    return connection.create_pool("n", PROFILE)


PHRASES: dict[str, tuple[str, str, str, type[QarnotException]]] = {
    "jobs": ("job", "403 No", "Maximum number of jobs reached", MaxJobException),
    "tasks": ("task", "403 No", "Maximum number of tasks reached", MaxTaskException),
    "pools": ("pool", "403 No", "Maximum number of pools reached", MaxPoolException),
    "in capitals": ("job", "403 No", "MAXIMUM NUMBER OF JOBS REACHED (5)", MaxJobException),
    "any other": ("job", "403 No", "Maximum number of buckets reached", UnauthorizedException),
    "under another status": (
        "job",
        "402 No",
        "Maximum number of jobs reached",
        NotEnoughCreditsException,
    ),
    "credits": ("task", "402 No", "Not enough credits", NotEnoughCreditsException),
    "hardware": ("task", "402 No", "No such hardware constraint", QarnotGenericException),
}


@pytest.mark.parametrize(("kind", "status", "phrase", "error"), PHRASES.values(), ids=PHRASES)
def test_creation_is_refused_by_a_phrase(
    kind: str, status: str, phrase: str, error: type[QarnotException]
) -> None:
    """The documented words of a 402 or 403 choose the exception, raised after one request."""
    with (
        WireServer(as_json({"message": phrase}, status)) as server,
        connect(server.url) as connection,
    ):
        made = draft(connection, kind)
        with pytest.raises(QarnotException) as caught:
            made.submit()
    assert type(caught.value) is error
    assert caught.value.message == phrase
    assert server.begun == 1
    made.name = "still a draft"


PAGE = b"<!DOCTYPE html>\n<html><head><title>Something &amp; nothing</title></head></html>"


def test_html_page_under_any_status() -> None:
    """From 300 on the exception is that of the status, and the page's title is its message."""
    # 304 has no body.
    statuses = [*range(300, 304), *range(305, 600), 600, 999]
    pages = [http(f"{status} Odd", PAGE, content_type="text/html") for status in statuses]
    with WireServer(*pages) as server, connect(server.url, retry_count=0) as connection:
        for status in statuses:
            error = outcome(Kind.READ, connection)
            assert error is not None
            assert type(error) is type(error_for(status, {}, b"", resource="job"))
            assert (error.status_code, error.message) == (status, "Something & nothing")
    assert server.begun == len(statuses)


DATE = "Date: Wed, 21 Oct 2026 07:28:00 GMT\r\n"

WAITS: dict[str, tuple[str, str, float | None]] = {
    "in seconds": ("7", "", 7.0),
    "in fractions": ("0.25", "", 0.25),
    "up to the deadline": ("299", "", 299.0),
    "beyond the deadline": ("301", "", None),
    "as a date, by the server's clock": ("Wed, 21 Oct 2026 07:29:30 GMT", DATE, 90.0),
    "as a date in the past": ("Wed, 21 Oct 2015 07:28:00 GMT", DATE, 0.0),
    "as a date beyond the deadline": ("Wed, 21 Oct 2099 07:28:00 GMT", DATE, None),
    "as a date, the server's clock unknown": ("Wed, 21 Oct 2099 07:28:00 GMT", "", 0.0),
    "as a date that is none": ("Wed, 99 Oct 2026 99:99:99 GMT", DATE, 0.0),
    "as a date of an absurd zone": (f"Wed, 21 Oct 2026 07:28:00 +{'9' * 30}", DATE, 0.0),
    "negative": ("-3", "", 0.0),
    "zero": ("0", "", 0.0),
    "not a number": ("nan", "", 0.0),
    "in words": ("soon", "", 0.0),
    "empty": ("", "", 0.0),
    "without end": ("inf", "", None),
    "of 400 digits": ("9" * 400, "", None),
    "too large for a float": ("1e999", "", None),
}


@pytest.mark.parametrize(("header", "date", "wait"), WAITS.values(), ids=WAITS)
@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        pytest.param(Kind.READ, "503 Busy", ServerException, id="503 to a read"),
        pytest.param(
            Kind.UNKEYED_CREATE, "429 Slow", TooManyRequestsException, id="429 to a creation"
        ),
    ],
)
def test_retry_after(
    header: str, date: str, wait: float | None, kind: Kind, status: str, error: Error
) -> None:
    """The client waits as long as it says, or its own back-off; beyond the deadline not at all."""
    clock = ActingClock()
    answer = http(status, b"", headers=f"Retry-After: {header}\r\n{date}")
    with WireServer(answer, polite) as server, connect(server.url, clock=clock) as connection:
        came = outcome(kind, connection)
    if wait is None:
        assert (type(came), clock.slept, server.begun) == (error, [], 1)
        assert came is not None
        assert came.retry_after is not None
        assert came.retry_after > timedelta(minutes=5)
    else:
        (slept,) = clock.slept
        assert wait <= slept <= max(wait, 1.0)
        assert (came, server.begun) == (None, 2)


REDIRECTS = (300, 301, 302, 305, 307, 308)


@pytest.mark.parametrize("status", REDIRECTS)
def test_redirect_to_another_host_is_never_followed(status: int) -> None:
    """It is an error after one request, and the other host hears nothing, nor of the token."""
    with WireServer(polite) as other:
        location = f"Location: {other.url}/jobs\r\n"
        with (
            WireServer(http(f"{status} Go", b"", headers=location)) as server,
            connect(server.url) as connection,
        ):
            for kind in OPERATIONS:
                error = outcome(kind, connection)
                assert error is not None
                assert error.status_code == status
    assert other.connections == 0
    assert server.begun == len(OPERATIONS)


def test_bulk_refusal_of_the_wrong_shape() -> None:
    """A creation of many that is refused with something else than a list is refused as a whole."""
    with WireServer(as_json([3, None], "400 No")) as server, connect(server.url) as connection:
        tasks = [connection.create_task("n", PROFILE) for _ in range(2)]
        with pytest.raises(QarnotException):
            connection.submit_tasks(tasks)
    assert server.begun == 1
