"""Names and ids in URLs: whatever they hold, they stay one part of the path, or nothing is sent."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote

import pytest

from qarnot_domain import (
    Connection,
    Job,
    MalformedResponseException,
    Pool,
    QarnotException,
    Task,
    _gateway,
)
from qarnot_domain._document import Document

from ..unit.driving import ActingClock
from ..unit.wire import WireServer, http
from .showing import everything_shown

TOKEN = "a-token-that-nobody-may-see"


def client(url: str) -> Connection:
    """A connection that gives up at once."""
    return Connection(cluster_url=url, client_token=TOKEN, retry_count=0, clock=ActingClock())


def job(connection: Connection, uuid: str) -> Job:
    """A job that somebody says is called so."""
    return Job.from_json(connection, {"uuid": uuid})


def task(connection: Connection, uuid: str) -> Task:
    """A task that somebody says is called so."""
    return Task.from_json(connection, {"uuid": uuid})


def pool(connection: Connection, uuid: str) -> Pool:
    """A pool that somebody says is called so."""
    return Pool.from_json(connection, {"uuid": uuid})


def commit(changed: Task | Pool) -> None:
    """Change something, and send it."""
    changed.tags = ["a"]
    changed.commit()


OPERATIONS: Final[dict[str, Callable[[Connection, str], object]]] = {
    "retrieveProfile": lambda c, name: c.retrieve_profile(name),
    "retrieveJob": lambda c, name: c.retrieve_job(name),
    "deleteJob": lambda c, name: job(c, name).delete(),
    "terminateJob": lambda c, name: job(c, name).terminate(),
    "listJobTasks": lambda c, name: job(c, name).tasks,
    "retrieveTask": lambda c, name: c.retrieve_task(name),
    "updateTask": lambda c, name: commit(task(c, name)),
    "resyncTask": lambda c, name: task(c, name).update_resources(),
    "deleteTask": lambda c, name: task(c, name).delete(),
    "abortTask": lambda c, name: task(c, name).abort(),
    "retrieveTaskStdout": lambda c, name: task(c, name).stdout(),
    "consumeTaskStdout": lambda c, name: task(c, name).fresh_stdout(),
    "retrieveTaskInstanceStdout": lambda c, name: task(c, name).stdout(3),
    "consumeTaskInstanceStdout": lambda c, name: task(c, name).fresh_stdout(3),
    "retrieveTaskStderr": lambda c, name: task(c, name).stderr(),
    "consumeTaskStderr": lambda c, name: task(c, name).fresh_stderr(),
    "retrieveTaskInstanceStderr": lambda c, name: task(c, name).stderr(3),
    "consumeTaskInstanceStderr": lambda c, name: task(c, name).fresh_stderr(3),
    "retrievePool": lambda c, name: c.retrieve_pool(name),
    "updatePool": lambda c, name: commit(pool(c, name)),
    "resyncPool": lambda c, name: pool(c, name).update_resources(),
    "deletePool": lambda c, name: pool(c, name).delete(),
    "closePool": lambda c, name: pool(c, name).close(),
    "listPoolJobs": lambda c, name: pool(c, name).jobs,
    "listPoolTasks": lambda c, name: pool(c, name).tasks,
    "retrievePoolStdout": lambda c, name: pool(c, name).stdout(),
    "consumePoolStdout": lambda c, name: pool(c, name).fresh_stdout(),
    "retrievePoolInstanceStdout": lambda c, name: pool(c, name).stdout(3),
    "consumePoolInstanceStdout": lambda c, name: pool(c, name).fresh_stdout(3),
    "retrievePoolStderr": lambda c, name: pool(c, name).stderr(),
    "consumePoolStderr": lambda c, name: pool(c, name).fresh_stderr(),
    "retrievePoolInstanceStderr": lambda c, name: pool(c, name).stderr(3),
    "consumePoolInstanceStderr": lambda c, name: pool(c, name).fresh_stderr(3),
}
"""What sends each operation that has a name or an id in its path."""

TEMPLATES: Final[dict[str, str]] = {
    operation.id: f"{operation.method.upper()} {operation.path}"
    for operation in Document.shipped().operations
    if "{uuid}" in operation.path or "{name}" in operation.path
}
"""The method and path of each such operation of the document."""

each_operation = pytest.mark.parametrize("operation", OPERATIONS)


def test_every_operation_that_is_sent_is_tried() -> None:
    """The table above has each operation of the gateway that has a name or an id in its path."""
    source = inspect.getsource(_gateway)
    sent = {name for name in TEMPLATES if f'"{name}"' in source or name.endswith(("out", "err"))}
    assert sent == set(OPERATIONS)


NAMES: Final = (
    "../jobs",
    "..\\jobs",
    "a/../../b",
    "/",
    "//other.test/x",
    "x?force=true",
    "x#fragment",
    "%2e%2e",
    "..%2f..%2f",
    "%00",
    "a;b=c&d=e",
    "https://other.test/x",
    "a b",
    "...",
    ". ",
    "\N{LATIN SMALL LETTER E WITH ACUTE}",
    "\N{FULLWIDTH SOLIDUS}\N{ONE DOT LEADER}",
)


@each_operation
def test_name_stays_one_part_of_the_path(operation: str) -> None:
    """Decoded, the part is the name to the letter; the rest of the request is the document's."""
    with WireServer(http("400 Bad Request")) as server, client(server.url) as connection:
        for name in NAMES:
            with contextlib.suppress(QarnotException):
                OPERATIONS[operation](connection, name)
    template = TEMPLATES[operation].replace("{instanceId}", "3").split("/")
    (place,) = (i for i, part in enumerate(template) if part in ("{uuid}", "{name}"))
    for name, request in zip(NAMES, server.received, strict=True):
        method, path, _ = request.line.split(" ")
        parts = f"{method} {path}".split("/")
        assert unquote(parts[place]) == name
        parts[place] = template[place]
        assert parts == template


BAD: Final = (
    "",
    ".",
    "..",
    "a\r\nX-Header: injected",
    "\0",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\N{LINE SEPARATOR}",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "\ud800",
    "a" * 2048,
)


@each_operation
def test_name_that_would_be_another_request_is_refused(operation: str) -> None:
    """It is a `ValueError` before anything is sent."""
    with WireServer(http("400 Bad Request")) as server, client(server.url) as connection:
        for bad in BAD:
            with pytest.raises(ValueError, match=r"uuid|name"):
                OPERATIONS[operation](connection, bad)
        with pytest.raises(ValueError, match="client_token"):
            OPERATIONS[operation](connection, TOKEN)
    assert server.received == []


@pytest.mark.parametrize("instance", ["../3", "3", 3.0, True, -1, 2**31])
def test_instance_is_a_number(instance: Any) -> None:
    """The other variable part of a path is an int in its range, or nothing is sent."""
    with WireServer(http("400 Bad Request")) as server, client(server.url) as connection:
        for of in (task(connection, "x"), pool(connection, "x")):
            for read in (of.stdout, of.stderr, of.fresh_stdout, of.fresh_stderr):
                with pytest.raises((TypeError, ValueError), match="instanceId"):
                    read(instance)
    assert server.received == []


NO_UUIDS: Final = {"dots": "..", "dot": ".", "line-end": "\n"}


@pytest.mark.parametrize("uuid", NO_UUIDS)
@pytest.mark.parametrize("of", [job, task])
def test_pool_that_a_server_names_is_never_another_request(
    of: Callable[[Connection, str], Job | Task], uuid: str
) -> None:
    """A pool's uuid that is none is refused where it is read, and leads nowhere."""
    with client("http://127.0.0.1:9") as connection:
        kind = type(of(connection, "x"))
        with pytest.raises(ValueError, match=r"^poolUuid: it must be a uuid or a shortname"):
            kind.from_json(connection, {"uuid": "x", "poolUuid": NO_UUIDS[uuid]})


def test_pool_that_a_server_calls_by_the_token_leads_nowhere() -> None:
    """It is the server's failure, told without the token, and without locals that hold it."""
    with client("http://127.0.0.1:9") as connection:
        within = Job.from_json(connection, {"uuid": "x", "poolUuid": TOKEN})
        with pytest.raises(MalformedResponseException, match="not a pool") as caught:
            assert within.pool
    assert everything_shown(caught.value).count(TOKEN) == 0


def test_object_that_a_server_calls_by_the_token_is_shown_without_it() -> None:
    """In no member that is shown, whatever the server says of it, a list of tags included."""
    with client("http://127.0.0.1:9") as connection:
        named = Job.from_json(
            connection,
            {"uuid": "x", "name": f"my {TOKEN}", "poolUuid": TOKEN, "tags": ["a", TOKEN]},
        )
        shown = (repr(named), named._repr_html_(), str(list(named.__rich_repr__())))
    for text in shown:
        assert TOKEN not in text
        assert text.count("[redacted]") == 3
