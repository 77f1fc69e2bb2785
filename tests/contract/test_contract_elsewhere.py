"""`make contract` against a server that is not on loopback, as far as it can tell."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

import pytest
import trustme

from qarnot_domain import Connection, Job, Pool, Task
from qarnot_domain.emulator import Emulator

from .live.target import TOKEN, URL

ROOT: Final = Path(__file__).parents[2]
SCHEMATHESIS: Final = ROOT / ".venv-contract" / "bin" / "st"
HOST: Final = "127.0.0.2"
"""On loopback, but only the loopback that everybody knows counts as such."""

pytestmark = pytest.mark.check


class Gate:
    """TLS in front of a port of this machine, at an address that nobody takes for it.

    Args:
        port: where it leads.
        tls: its certificate.
    """

    def __init__(self, port: int, tls: ssl.SSLContext) -> None:
        self._inner = port
        self._tls = tls
        self._serving = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._serving.wait(timeout=10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._pass, HOST, 0, ssl=self._tls) as server:
            self.port: int = server.sockets[0].getsockname()[1]
            self._serving.set()
            await self._end.wait()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._inner)
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()


@pytest.fixture
def cloud() -> Iterator[Emulator]:
    """The emulator that is elsewhere."""
    with Emulator(max_pools=1_000) as cloud:
        yield cloud


@pytest.fixture
def environment(cloud: Emulator, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What a run is told of it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(tls)
    with Gate(urlsplit(cloud.url).port or 0, tls) as gate:
        yield {
            **os.environ,  # noqa: TID251 - passed on
            URL: f"https://{HOST}:{gate.port}",
            TOKEN: cloud.token,
            "SSL_CERT_FILE": str(tmp_path / "authority.pem"),
        }


@contextmanager
def started(
    environment: dict[str, str], report: Path, *arguments: str, examples: int
) -> Iterator[subprocess.Popen[str]]:
    """A run that was started, in a process group of its own."""
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.contract.live", "--st", str(SCHEMATHESIS)),
            *("--examples", str(examples), "--report", str(report), *arguments),
        ],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        try:
            yield run
        finally:
            with suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)


def left(cloud: Emulator) -> list[Job | Task | Pool]:
    """What is on the server once its deletions are done."""
    cloud.clear_faults()
    cloud.advance(timedelta(minutes=5))
    return there(cloud)


def there(cloud: Emulator) -> list[Job | Task | Pool]:
    """What is on the server."""
    with Connection(cluster_url=cloud.url, client_token=cloud.token) as connection:
        return [*connection.jobs(), *connection.tasks(), *connection.pools()]


@pytest.mark.timeout(300)
def test_it_is_only_read_unless_said(
    cloud: Emulator, environment: dict[str, str], tmp_path: Path
) -> None:
    """Flows and random requests ask for nothing that could change something there."""
    with started(environment, tmp_path / "report", examples=2) as run:
        said = run.communicate()[0]

    assert run.returncode == 0, said
    assert "read-only, 4 flows passed and 0 did not" in said
    sent = {(one.method, one.operation) for one in cloud.requests if one.method != "GET"}
    assert sent == {
        ("POST", operation)
        for operation in (
            *("searchJobs", "searchTasks", "searchPools", "checkPoolScaling"),
            *("paginateJobs", "paginateTasks", "paginateTaskSummaries"),
            *("paginatePools", "paginatePoolSummaries"),
        )
    }


@pytest.mark.timeout(600)
def test_nothing_is_left_of_a_server_that_fails(
    cloud: Emulator, environment: dict[str, str], tmp_path: Path
) -> None:
    """What was made is removed by its uuid, or by its tag where the answer did not tell it."""
    cloud.fail_next("retrieveTask", times=None, status=500)
    for operation in ("createJob", "createTasks", "createPool"):
        for nth in (1, 5, 25):
            cloud.fail_next(operation, nth=nth, drop="after")
            cloud.fail_next(operation, nth=nth + 1, status=200, body={"uuid": 7}, at="after")
    for operation in ("deleteJob", "deleteTask", "deletePool"):
        cloud.fail_next(operation, nth=2, status=503, retry_after=0)
    only = ("--only", "^create(Job|Tasks|Pool)$")
    with started(environment, tmp_path / "report", "--writes", *only, examples=1) as run:
        said = run.communicate()[0]

    assert run.returncode == 1, said
    remaining = [fault.remaining for fault in cloud.faults if fault.remaining is not None]
    assert left(cloud) == []
    assert remaining == [0] * 21
    assert "could not be removed" not in said
    assert cloud.token not in said


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("number", "how"),
    [(3, signal.SIGTERM), (30, signal.SIGINT)],
    ids=["flows are cancelled", "Ctrl-C ends random requests"],
)
def test_nothing_is_left_of_a_run_that_was_stopped(
    cloud: Emulator,
    environment: dict[str, str],
    tmp_path: Path,
    number: int,
    how: signal.Signals,
) -> None:
    """What was made until then is removed before the run ends."""
    cloud.fail_next("createTasks", nth=number, hang="after")
    only = ("--only", "^(createTasks|retrieveJob)$")
    with started(environment, tmp_path / "report", "--writes", *only, examples=1) as run:
        cloud.release()
        assert there(cloud) != []
        if how is signal.SIGINT:
            os.killpg(run.pid, how)
        else:
            run.send_signal(how)
        said = run.communicate()[0]

    assert run.returncode == 130, said
    made = sum(one.operation == "createTasks" for one in cloud.requests)
    assert number <= made < number + 50
    assert left(cloud) == []
