"""`Task`: what its instances write, all of it and what is new."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    MalformedResponseException,
    MissingTaskException,
    MissingTaskInstanceException,
    QarnotException,
    QarnotGenericException,
    Task,
    TooManyRequestsException,
)
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE, operations

OPERATIONS = {
    ("stdout", None): "retrieveTaskStdout",
    ("stdout", 1): "retrieveTaskInstanceStdout",
    ("stderr", None): "retrieveTaskStderr",
    ("stderr", 1): "retrieveTaskInstanceStderr",
    ("fresh_stdout", None): "consumeTaskStdout",
    ("fresh_stdout", 1): "consumeTaskInstanceStdout",
    ("fresh_stderr", None): "consumeTaskStderr",
    ("fresh_stderr", 1): "consumeTaskInstanceStderr",
}
"""The operation of each way to read an output: of all instances, or of one."""

OUTPUTS = ("stdout", "stderr", "fresh_stdout", "fresh_stderr")
FRESH = tuple(way for way in OPERATIONS if way[0].startswith("fresh_"))
WHOLE = tuple(way for way in OPERATIONS if not way[0].startswith("fresh_"))


def submitted_task(connection: Connection, outcome: str = "success") -> Task:
    """A task of two instances that executes for a second."""
    task = connection.create_task("n", PROFILE, 2)
    task.constants = {"EMULATOR_OUTCOME": outcome}
    task.submit()
    return task


def read(task: Task, way: tuple[str, int | None]) -> str:
    """What the output gives."""
    output, instance = way
    method: Callable[..., str] = getattr(task, output)
    return method() if instance is None else method(instance)


def test_output_of_all_instances_and_of_one(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The whole is that of all instances together, and asking changes nothing."""
    task = submitted_task(qarnot_connection, "failure")
    assert (task.stdout(), task.stderr(), task.stdout(1)) == ("", "", "")
    qarnot_emulator.advance(timedelta(minutes=1))
    for _ in range(2):
        assert task.stdout() == "[0] started\n[1] started\n"
        assert task.stderr() == "[0] failed\n[1] failed\n"
        assert (task.stdout(1), task.stdout(instanceId=0)) == ("[1] started\n", "[0] started\n")
        assert (task.stderr(1), task.stderr(instanceId=0)) == ("[1] failed\n", "[0] failed\n")


def test_fresh_output_is_given_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Each call gives what came since the last one, while the whole stays."""
    task = submitted_task(qarnot_connection)
    qarnot_emulator.advance(timedelta(seconds=1.5))
    assert task.fresh_stdout() == "[0] started\n[1] started\n"
    assert task.fresh_stdout() == ""
    qarnot_emulator.advance(timedelta(minutes=1))
    assert task.fresh_stdout() == "[0] done\n[1] done\n"
    assert task.stdout() == "[0] started\n[1] started\n[0] done\n[1] done\n"
    assert (task.fresh_stdout(1), task.fresh_stdout(1)) == ("[1] started\n[1] done\n", "")
    assert (task.stderr(), task.fresh_stderr()) == ("", "")


@pytest.mark.parametrize("way", OPERATIONS)
def test_output_is_one_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator, way: tuple[str, int | None]
) -> None:
    """Each way to read an output is its own operation, and nothing else is sent."""
    task = submitted_task(qarnot_connection)
    read(task, way)
    assert operations(qarnot_emulator) == ["createTasks", OPERATIONS[way]]


@pytest.mark.parametrize("way", OPERATIONS)
def test_output_of_a_draft(
    qarnot_connection: Connection, qarnot_emulator: Emulator, way: tuple[str, int | None]
) -> None:
    """What is not submitted writes nothing, and has nobody to ask."""
    task = qarnot_connection.create_task("n", PROFILE)
    with pytest.raises(QarnotGenericException, match="not submitted"):
        read(task, way)
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
def test_bad_instance_is_refused(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    output: str,
    instance: Any,
    error: type[Exception],
) -> None:
    """A number that no instance has is refused by the argument's name before anything is sent."""
    task = submitted_task(qarnot_connection)
    with pytest.raises(error, match=r"^instanceId\b"):
        getattr(task, output)(instance)
    assert operations(qarnot_emulator) == ["createTasks"]


@pytest.mark.parametrize("output", OUTPUTS)
def test_missing_instance(
    qarnot_connection: Connection, qarnot_emulator: Emulator, output: str
) -> None:
    """An instance that the task does not have is missing, which is a kind of missing task."""
    task = submitted_task(qarnot_connection)
    with pytest.raises(MissingTaskInstanceException) as caught:
        getattr(task, output)(7)
    assert (caught.value.status_code, isinstance(caught.value, MissingTaskException)) == (404, True)


@pytest.mark.parametrize("output", OUTPUTS)
def test_output_of_a_task_that_is_gone(
    qarnot_connection: Connection, qarnot_emulator: Emulator, output: str
) -> None:
    """Without an instance it is the task that is missing."""
    task = submitted_task(qarnot_connection)
    task.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    with pytest.raises(MissingTaskException) as caught:
        getattr(task, output)()
    assert type(caught.value) is MissingTaskException


# --- a bad network ------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WHOLE)
@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": "before"}, {"drop": "after"}])
def test_output_is_asked_for_again(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    way: tuple[str, int | None],
    fault: dict[str, Any],
) -> None:
    """Reading changes nothing, so a failure is met by another request."""
    task = submitted_task(qarnot_connection)
    qarnot_emulator.fail_next(OPERATIONS[way], times=2, **fault)
    read(task, way)
    assert operations(qarnot_emulator) == ["createTasks", *[OPERATIONS[way]] * 3]


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
def test_fresh_output_is_never_asked_for_again(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    way: tuple[str, int | None],
    fault: dict[str, Any],
) -> None:
    """What a lost answer held is consumed, and asking again would hide that."""
    task = submitted_task(qarnot_connection)
    qarnot_emulator.fail_next(OPERATIONS[way], **fault)
    with pytest.raises(QarnotException) as caught:
        read(task, way)
    assert operations(qarnot_emulator) == ["createTasks", OPERATIONS[way]]
    assert caught.value.attempts == 1


def test_fresh_output_that_was_not_served(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Not even a server that says to come back is asked again; what it kept comes when it is."""
    task = submitted_task(qarnot_connection)
    qarnot_emulator.advance(timedelta(minutes=1))
    qarnot_emulator.fail_next("consumeTaskStdout", status=429, retry_after=1)
    with pytest.raises(TooManyRequestsException):
        task.fresh_stdout()
    assert task.fresh_stdout() == task.stdout()


def test_lost_fresh_output_is_still_in_the_whole(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What was consumed by a request whose answer was lost does not come again as new."""
    task = submitted_task(qarnot_connection)
    qarnot_emulator.advance(timedelta(minutes=1))
    qarnot_emulator.fail_next("consumeTaskStdout", drop="after")
    with pytest.raises(QarnotGenericException):
        task.fresh_stdout()
    assert task.fresh_stdout() == ""
    assert "[0] started" in task.stdout()


# --- what it is sent as -------------------------------------------------------------------------


@pytest.mark.parametrize("way", OPERATIONS)
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
def test_output_is_a_text_however_it_is_sent(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    way: tuple[str, int | None],
    content_type: str,
    body: str | bytes,
    text: str,
) -> None:
    """Plain text is taken as it is, JSON is decoded, and what is no text is made one."""
    task = submitted_task(qarnot_connection)
    qarnot_emulator.fail_next(
        OPERATIONS[way], status=200, body=body, headers={"Content-Type": content_type}
    )
    assert read(task, way) == text


@pytest.mark.parametrize("body", ["{", "", "3", "null", '["a"]'])
def test_output_that_is_no_text(
    qarnot_connection: Connection, qarnot_emulator: Emulator, body: str
) -> None:
    """JSON that holds no text is not an output."""
    task = submitted_task(qarnot_connection)
    headers = {"Content-Type": "application/json"}
    qarnot_emulator.fail_next("retrieveTaskStdout", status=200, body=body, headers=headers)
    with pytest.raises(MalformedResponseException):
        task.stdout()
