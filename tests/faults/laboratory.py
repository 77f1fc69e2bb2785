"""The laboratory: an operation of each kind, done by a user, against a server that misbehaves."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from qarnot_domain import Connection, Job, QarnotException, SubmissionUnknownException, Task
from qarnot_domain._retry import Kind

from ..unit.driving import JOB_PAYLOAD, JOB_UUID, ActingClock
from ..unit.wire import Received, http

TOKEN: Final = "a-token-that-nobody-may-see"

SHORTNAME: Final = "mine"

LARGEST: Final = 10**6
"""How many bytes an answer may have."""

CLOCK: Final = ActingClock()
"""The clock of every client here; it only goes forward, so that they can share it."""

NO_CERTIFICATES: Final = Path(__file__).parent
"""A folder without any: loading the usual ones takes longer than all else that a test does."""


def connect(url: str, **settings: Any) -> Connection:
    """A connection to a server, which retries once, on a clock driven by hand."""
    given: dict[str, Any] = {
        "cluster_url": url,
        "client_token": TOKEN,
        "clock": CLOCK,
        "cluster_custom_certificate": NO_CERTIFICATES,
        "retry_count": 1,
        "max_response_bytes": LARGEST,
    }
    return Connection(**{**given, **settings})


@attrs.frozen
class Operation:
    """Something a user does that sends one operation of the API."""

    name: str
    """Its operationId."""
    prepare: Callable[[Connection], Callable[[], object]]
    """Gives what does it; sends nothing."""


def a_job(connection: Connection) -> Job:
    """A job that is on the server."""
    return Job.from_json(connection, JOB_PAYLOAD)


def a_task(connection: Connection) -> Task:
    """A task that is on the server."""
    return Task.from_json(connection, {"uuid": JOB_UUID}, is_summary=True)


OPERATIONS: Final[Mapping[Kind, Operation]] = {
    Kind.READ: Operation("retrieveJob", lambda one: lambda: one.retrieve_job(JOB_UUID)),
    Kind.IDEMPOTENT_WRITE: Operation("terminateJob", lambda one: a_job(one).terminate),
    Kind.CONSUMING_READ: Operation("consumeTaskStdout", lambda one: a_task(one).fresh_stdout),
    Kind.KEYED_CREATE: Operation(
        "createJob", lambda one: one.create_job("n", shortname=SHORTNAME).submit
    ),
    Kind.UNKEYED_CREATE: Operation("createJob", lambda one: one.create_job("n").submit),
}


def as_json(value: object, status: str = "200 OK", **arguments: Any) -> bytes:
    """The bytes of an answer with this JSON."""
    return http(status, json.dumps(value).encode(), **arguments)


def polite(received: Received) -> bytes:
    """What the API answers; nothing of the shortname is there."""
    method, path, _ = received.line.split()
    return {
        ("POST", "/jobs"): as_json({"uuid": JOB_UUID}),
        ("GET", f"/jobs/{SHORTNAME}"): as_json({"message": "no such job"}, "404 Not Found"),
        ("GET", f"/jobs/{JOB_UUID}"): as_json(JOB_PAYLOAD),
        ("POST", f"/jobs/{JOB_UUID}/terminate"): http(body=b""),
        ("POST", f"/tasks/{JOB_UUID}/stdout"): http(body=b"fresh", content_type="text/plain"),
        ("POST", "/jobs/paginate"): as_json({"data": [JOB_PAYLOAD], "isTruncated": False}),
    }[method, path]


def outcome(kind: Kind, connection: Connection) -> QarnotException | None:
    """The exception in which the operation of this kind ends, held to what all promise."""
    act = OPERATIONS[kind].prepare(connection)
    try:
        act()
    except QarnotException as error:
        hold_to_promises(error, OPERATIONS[kind].name)
        hold_to_state(act, error)
        return error
    return None


def hold_to_promises(error: QarnotException, operation: str) -> None:
    """What the user is told names the operation, in one line, and never the token."""
    said = str(error)
    assert said.startswith(f"{operation}: ")
    assert said == " ".join(said.split())
    assert len(said) < 2000
    assert TOKEN not in "".join(traceback.format_exception(error)) + repr(vars(error))
    assert error.operation == operation
    assert error.attempts >= 1


def hold_to_state(act: Callable[[], object], error: QarnotException) -> None:
    """What may be on the server is locked and never sent again; anything else is a draft."""
    made = getattr(act, "__self__", None)
    if not isinstance(made, Job) or act != made.submit:
        return
    assert made.uuid is None
    if isinstance(error, SubmissionUnknownException):
        with pytest.raises(SubmissionUnknownException):
            act()
        with pytest.raises(AttributeError, match="name"):
            made.name = "other"
    else:
        made.name = "still a draft"
