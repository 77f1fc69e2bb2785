"""An emulator that executes, a client of it, and a look at the process table."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from qarnot_domain import Connection, Job, Task
from qarnot_domain._clock import SystemClock
from qarnot_domain.emulator import Emulator


class FastClock(SystemClock):
    """The machine's clock, ten times as fast."""

    def monotonic(self) -> float:
        return 10 * super().monotonic()

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 10)


class Runaway:
    """A command that never ends, and starts processes that try to get away from it."""

    PROCESSES = 5

    def __init__(self, folder: Path) -> None:
        self.mark = f"0.{secrets.randbelow(10**18):018}"
        """Something that `sleep` takes for a number."""
        self._ready = folder / f"ready{self.mark}"
        os.mkfifo(self._ready)
        # Not the last command: the shell would become it, and for a moment look like nothing.
        stay = f"echo ready > {self._ready}; sleep 1000 {self.mark}; :"
        self.command = "\n".join(
            [
                f"sh -c '{stay}' &",
                f"setsid sh -c '{stay}' &",
                f"(setsid sh -c \"setsid sh -c '{stay}' &\" &)",
                # It carries no mark, but it still has its parent.
                f"setsid env -i sh -c '{stay}' &",
                stay,
            ]
        )

    def wait_until_it_runs(self) -> None:
        """Return once each of its processes is there."""
        # Also open for writing, so that it does not end between two of them.
        with self._ready.open("r+b", buffering=0) as ready:
            for _ in range(self.PROCESSES):
                assert ready.readline() == b"ready\n"
        assert len(self.processes()) >= self.PROCESSES

    def processes(self) -> list[str]:
        """What of it is in the process table."""
        return processes_with(self.mark)


def processes_with(mark: str) -> list[str]:
    """The command lines of the processes with a text in them, or in their environments."""
    found: list[str] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line, environment = (folder / name for name in ("cmdline", "environ"))
            words = line.read_bytes()
            has_mark = mark.encode() in words + environment.read_bytes()
        except OSError:
            continue
        if has_mark:
            found.append(words.replace(b"\0", b" ").decode())
    return found


Start: TypeAlias = Callable[..., Task]


def _executing(max_processes: int) -> Iterator[Emulator]:
    """A served emulator that executes; nothing that has its folders is left after it."""
    with Emulator(clock=FastClock(), execute=True, max_processes=max_processes) as emulator:
        assert emulator._executor is not None
        folder = emulator._executor._root.name
        yield emulator
    assert processes_with(folder) == []


@pytest.fixture
def cloud() -> Iterator[Emulator]:
    """A served emulator that executes up to four commands at once."""
    yield from _executing(max_processes=4)


@pytest.fixture
def one_at_a_time() -> Iterator[Emulator]:
    """A served emulator that executes one command after the other."""
    yield from _executing(max_processes=1)


@pytest.fixture
def runaway(tmp_path: Path) -> Iterator[Runaway]:
    """A command that never ends; nothing of it is left after the test."""
    command = Runaway(tmp_path)
    yield command
    assert command.processes() == []


@pytest.fixture
def connect() -> Iterator[Callable[[Emulator], Connection]]:
    """Makes connections that are closed after the test."""
    connections: list[Connection] = []

    def connected(cloud: Emulator) -> Connection:
        connection = Connection(cluster_url=cloud.url, client_token=cloud.token, clock=cloud.clock)
        connections.append(connection)
        return connection

    yield connected
    for connection in connections:
        connection.close()


@pytest.fixture
def connection(cloud: Emulator, connect: Callable[[Emulator], Connection]) -> Connection:
    """A connection to `cloud`."""
    return connect(cloud)


@pytest.fixture
def start() -> Start:
    """Submits a task that executes a command."""

    def started(
        connection: Connection,
        command: str,
        instances: int | str = 1,
        job: Job | None = None,
        **constants: str,
    ) -> Task:
        task = connection.create_task("task", "docker-batch", instances, job=job)
        task.constants = {"DOCKER_CMD": command, **constants}
        task.submit()
        return task

    return started
