"""`Task` and `Pool`: what its instances write, all of it and what is new."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from qarnot_domain import (
    Connection,
    MalformedResponseException,
    Pool,
    QarnotException,
    QarnotGenericException,
    Task,
    TooManyRequestsException,
)
from qarnot_domain.emulator import Emulator

from ..driving import operations, sent_by
from .kind import each
from .kinds import EXECUTIONS, AnyExecution

Way = tuple[str, int | None]
"""A method, and the instance that it is asked about or `None` for all of them."""

WAYS: Final[dict[Way, tuple[str, str]]] = {
    ("stdout", None): ("retrieve", "Stdout"),
    ("stdout", 1): ("retrieve", "InstanceStdout"),
    ("stderr", None): ("retrieve", "Stderr"),
    ("stderr", 1): ("retrieve", "InstanceStderr"),
    ("fresh_stdout", None): ("consume", "Stdout"),
    ("fresh_stdout", 1): ("consume", "InstanceStdout"),
    ("fresh_stderr", None): ("consume", "Stderr"),
    ("fresh_stderr", 1): ("consume", "InstanceStderr"),
}
"""The operation of each way to read an output."""

OUTPUTS = ("stdout", "stderr", "fresh_stdout", "fresh_stderr")
FRESH = tuple(way for way in WAYS if way[0].startswith("fresh_"))
WHOLE = tuple(way for way in WAYS if not way[0].startswith("fresh_"))


def read(writer: Task | Pool, way: Way) -> str:
    """What the output gives."""
    output, instance = way
    text: str = getattr(writer, output)(*() if instance is None else (instance,))
    return text


@pytest.mark.parametrize("way", WAYS)
@each(EXECUTIONS)
def test_output_is_one_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, way: Way
) -> None:
    """Each way to read an output is its own operation; only what is fresh is consumed by it."""
    made = kind.executing(qarnot_connection, qarnot_emulator)
    whole = {None: "[0] started\n[1] started\n", 1: "[1] started\n"}[way[1]]
    text = whole if way[0].endswith("stdout") else ""
    sent = len(qarnot_emulator.requests)
    assert read(made, way) == text
    assert operations(qarnot_emulator)[sent:] == [kind.operation(*WAYS[way])]
    assert read(made, way) == ("" if way in FRESH else text)


@pytest.mark.parametrize("way", WAYS)
@each(EXECUTIONS)
def test_output_of_a_draft(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, way: Way
) -> None:
    """What is not submitted writes nothing, and has nobody to ask."""
    draft = kind.draft(qarnot_connection)
    with pytest.raises(QarnotGenericException, match="not submitted"):
        read(draft, way)
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize(
    ("instance", "error"),
    [
        (-1, ValueError),
        (2**31, ValueError),
        (True, TypeError),
        (1.0, TypeError),
        ("1", TypeError),
    ],
)
@each(EXECUTIONS)
def test_bad_instance_is_refused(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: AnyExecution,
    output: str,
    instance: Any,
    error: type[Exception],
) -> None:
    """A number that no instance has is refused by the argument's name before anything is sent."""
    made = kind.submitted(qarnot_connection)
    with pytest.raises(error, match=r"^instanceId\b"):
        getattr(made, output)(instance)
    assert operations(qarnot_emulator) == [kind.created]


@pytest.mark.parametrize("output", OUTPUTS)
@each(EXECUTIONS)
def test_missing_instance(qarnot_connection: Connection, kind: AnyExecution, output: str) -> None:
    """An instance that it does not have is missing, which is a kind of it being missing."""
    made = kind.submitted(qarnot_connection)
    with pytest.raises(kind.missing_instance) as caught:
        getattr(made, output)(7)
    assert (caught.value.status_code, isinstance(caught.value, kind.missing)) == (404, True)


@pytest.mark.parametrize("output", OUTPUTS)
@each(EXECUTIONS)
def test_output_of_one_that_is_gone(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, output: str
) -> None:
    """Without an instance it is the whole that is missing."""
    made = kind.submitted(qarnot_connection)
    made.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    with pytest.raises(kind.missing) as caught:
        getattr(made, output)()
    assert type(caught.value) is kind.missing


# --- a bad network ------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WHOLE)
@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": "before"}, {"drop": "after"}])
@each(EXECUTIONS)
def test_output_is_asked_for_again(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: AnyExecution,
    way: Way,
    fault: dict[str, Any],
) -> None:
    """Reading changes nothing, so a failure is met by another request."""
    made = kind.submitted(qarnot_connection, instancecount=2)
    operation = kind.operation(*WAYS[way])
    qarnot_emulator.fail_next(operation, times=2, **fault)
    assert sent_by(qarnot_emulator, lambda: read(made, way)) == [(operation, None)] * 3


@pytest.mark.parametrize("way", FRESH)
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502},
        {"status": 503},
        {"status": 504},
        {"drop": "before"},
        {"drop": "after"},
        {"status": 200, "body": "{", "headers": {"Content-Type": "application/json"}},
    ],
)
@each(EXECUTIONS)
def test_fresh_output_is_never_asked_for_again(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: AnyExecution,
    way: Way,
    fault: dict[str, Any],
) -> None:
    """What a lost answer held is consumed, and asking again would hide that."""
    made = kind.submitted(qarnot_connection, instancecount=2)
    operation = kind.operation(*WAYS[way])
    qarnot_emulator.fail_next(operation, **fault)
    with pytest.raises(QarnotException) as caught:
        read(made, way)
    assert operations(qarnot_emulator) == [kind.created, operation]
    assert caught.value.attempts == 1


@each(EXECUTIONS)
def test_fresh_output_that_was_not_served(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """Not even a server that says to come back is asked again; what it kept comes when it is."""
    made = kind.executing(qarnot_connection, qarnot_emulator)
    qarnot_emulator.fail_next(kind.operation("consume", "Stdout"), status=429, retry_after=1)
    with pytest.raises(TooManyRequestsException):
        made.fresh_stdout()
    assert made.fresh_stdout() == made.stdout() != ""


@each(EXECUTIONS)
def test_lost_fresh_output_is_still_in_the_whole(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """What was consumed by a request whose answer was lost does not come again as new."""
    made = kind.executing(qarnot_connection, qarnot_emulator)
    qarnot_emulator.fail_next(kind.operation("consume", "Stdout"), drop="after")
    with pytest.raises(QarnotGenericException):
        made.fresh_stdout()
    assert made.fresh_stdout() == ""
    assert "[0] started" in made.stdout()


# --- what it is sent as -------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain; charset=utf-8", "é\n", "é\n"),
        ("text/plain", "é\n", "é\n"),
        ("text/plain", '"é"', '"é"'),
        ("text/plain", "", ""),
        ("text/plain", b"\xff ok\n", "\ufffd ok\n"),
        ("application/json", '"a\\n\\u00e9"', "a\né"),
        ("application/json; charset=utf-8", '"é"', "é"),
        ("application/json", '""', ""),
    ],
)
@each(EXECUTIONS)
def test_output_is_a_text_however_it_is_sent(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: AnyExecution,
    way: Way,
    content_type: str,
    body: str | bytes,
    text: str,
) -> None:
    """Plain text is taken as it is, JSON is decoded, and what is no text is made one."""
    made = kind.submitted(qarnot_connection, instancecount=2)
    operation = kind.operation(*WAYS[way])
    headers = {"Content-Type": content_type}
    qarnot_emulator.fail_next(operation, status=200, body=body, headers=headers)
    assert read(made, way) == text


@pytest.mark.parametrize("body", ["{", "", "3", "null", '["a"]'])
@each(EXECUTIONS)
def test_output_that_is_no_text(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, body: str
) -> None:
    """JSON that holds no text is not an output."""
    made = kind.submitted(qarnot_connection)
    operation = kind.operation("retrieve", "Stdout")
    headers = {"Content-Type": "application/json"}
    qarnot_emulator.fail_next(operation, status=200, body=body, headers=headers)
    with pytest.raises(MalformedResponseException):
        made.stdout()
