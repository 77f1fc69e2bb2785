"""A server that nobody here wrote, made by Prism from the document alone, read by the library."""

from __future__ import annotations

import http.client
import socket
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import pytest

from qarnot_domain import Connection
from qarnot_domain._document import Document
from qarnot_domain.emulator import ManualClock

from ..fuzz.calls import read_all
from .answers import PROFILE, SHOWN, USED, USES, Shown, Use, documented, refusal

OPENAPI: Final = Path(__file__).parents[2] / "openapi"

SEEDS: Final = 10
"""How many answers Prism makes up for each use of the library."""

pytestmark = pytest.mark.check


class Preferring(ThreadingHTTPServer):
    """Passes requests on to Prism, with the header that says which of its answers is wanted."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Passing, self))
        self.prism = f"127.0.0.1:{port}"
        self.prefer: Callable[[str], str] = lambda _operation: ""
        """The value of the header for an operation; empty for none."""
        self.asked: Counter[str] = Counter()
        """How often each operation was asked for."""

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, hop: Preferring, *arguments: object) -> None:
        self._hop = hop
        super().__init__(*arguments)  # type: ignore[arg-type]  # as the server gives them

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        request = Document.shipped().find(self.command, url.path, parse_qsl(url.query), [])
        assert request is not None, self.path
        operation = request.operation.id
        self._hop.asked[operation] += 1
        headers = dict(self.headers.items())
        if preference := self._hop.prefer(operation):
            headers["Prefer"] = preference
        prism = http.client.HTTPConnection(self._hop.prism, timeout=60)
        prism.request(self.command, self.path, body, headers)
        answer = prism.getresponse()
        content = answer.read()
        prism.close()
        self.send_response_only(answer.status)
        for name in ("Content-Type", "Retry-After", "Location"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 - names of http.server

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def prism() -> Iterator[int]:
    """Serve the document; the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = str(OPENAPI / "node_modules" / ".bin" / "prism")
    with subprocess.Popen(
        [command, "mock", "--port", str(port), "qarnot-compute.yaml"],
        cwd=OPENAPI,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = next((line for line in process.stdout if "is listening on" in line), None)
            assert said is not None, "Prism ended before it served"
            # What it says of requests must not fill the pipe.
            Thread(target=process.stdout.read, daemon=True).start()
            yield port
        finally:
            process.kill()


@pytest.fixture(scope="module")
def hop() -> Iterator[Preferring]:
    """The way to Prism."""
    with prism() as port, Preferring(port) as hop:
        thread = Thread(target=hop.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield hop
        hop.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def connection(hop: Preferring) -> Iterator[Connection]:
    """A connection that gives up at once."""
    with Connection(
        cluster_url=hop.url, client_token="any", retry_count=0, clock=ManualClock()
    ) as connection:
        yield connection


def statuses(use: Use) -> dict[int, Shown]:
    """For each status what the document shows, first or for the kind of request that it is."""
    first: dict[int, Shown] = {}
    for one in (one for one in SHOWN if one.operation == use.operation):
        if one.status not in first or (use.of_many and one.name == "many"):
            first[one.status] = one
    return first


def test_what_was_made_is_there(hop: Preferring, connection: Connection) -> None:
    """The examples of the document fit together: what it shows made, it shows read."""
    hop.prefer = lambda _operation: ""
    for draft in (
        connection.create_job("a"),
        connection.create_task("a", PROFILE),
        connection.create_pool("a", PROFILE),
    ):
        draft.submit()
        read_all(draft)
        assert draft.state not in ("", "UnSubmitted")


def test_every_documented_answer_is_read(
    hop: Preferring, connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of each status of each operation, the example is read, or is the documented exception."""
    came_to: Counter[str] = Counter()
    hop.asked.clear()
    for use in USES:
        for status, one in statuses(use).items():
            hop.prefer = preferring(use, status, f"example={one.name}" if one.media_type else "")
            raised = use(connection)
            assert raised == documented(one, of_many=use.of_many, says_when=True), one
            assert raised == [] or status != 200, one
            came_to.update({kind.__name__ for kind in raised} or {"success"})
    assert hop.asked.keys() == USED
    tell(capsys, "static", came_to)


def test_every_answer_made_up_is_read(
    hop: Preferring, connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever Prism makes up is read, or is the documented exception, seed after seed."""
    came_to: Counter[str] = Counter()
    for seed in range(1, SEEDS + 1):
        # OpenAPI cannot say which answer is for one task and which for many, so Prism mixes them.
        for use in (use for use in USES if use.operation != "createTasks"):
            success, *refusals = statuses(use)
            refused = refusals[seed % len(refusals)]
            for status in (success, refused):
                hop.prefer = preferring(use, status, f"dynamic=true, seed={seed}")
                raised = use(connection)
                expected = (
                    [] if status < 300 else refusal(use.operation, status, "", says_when=True)
                )
                assert raised == expected, (use.operation, status, seed)
                came_to.update({kind.__name__ for kind in raised} or {"success"})
    tell(capsys, "dynamic", came_to)


def preferring(use: Use, status: int, how: str) -> Callable[[str], str]:
    """The preference that gives one operation that status, and leaves the others."""
    preference = f"code={status}, {how}".rstrip(", ")
    return lambda operation: preference if operation == use.operation else ""


def tell(capsys: pytest.CaptureFixture[str], mode: str, came_to: Counter[str]) -> None:
    """Print the count."""
    with capsys.disabled():
        print(f"\nPrism, {mode}: {came_to.total()} answers to {len(USES)} uses: {dict(came_to)}")  # noqa: T201
