"""What ends a command that does not end by itself: and then nothing of it is left."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from qarnot_domain import Connection
from qarnot_domain.emulator import Emulator

if TYPE_CHECKING:
    from .conftest import Runaway, Start

Connect: TypeAlias = Callable[[Emulator], Connection]


def test_abort_kills_a_runaway_with_all_it_started(
    connection: Connection, start: Start, runaway: Runaway
) -> None:
    """Nothing of it is left once the task is Cancelled, which its instance is too."""
    task = start(connection, runaway.command)
    runaway.wait_until_it_runs()
    task.abort()
    task.wait()
    assert runaway.processes() == []
    assert task.state == "Cancelled"
    assert task.errors == []
    assert task.status is not None
    assert task.status.cancelled_range == "0"


def test_termination_of_its_job_kills_a_runaway(
    connection: Connection, start: Start, runaway: Runaway
) -> None:
    """Nothing of it is left once the task is Cancelled."""
    job = connection.create_job("job")
    job.submit()
    task = start(connection, runaway.command, job=job)
    runaway.wait_until_it_runs()
    job.terminate()
    task.wait()
    assert runaway.processes() == []
    assert task.state == "Cancelled"


def test_the_end_of_its_jobs_wall_time_kills_a_runaway(
    cloud: Emulator, connection: Connection, start: Start, runaway: Runaway
) -> None:
    """Though it tries to outlive its limit in sessions of its own, nothing of it does."""
    job = connection.create_job("job")
    job.max_wall_time = timedelta(hours=1)
    job.submit()
    task = start(connection, runaway.command, job=job)
    runaway.wait_until_it_runs()
    cloud.advance(timedelta(hours=1))
    task.wait()
    assert runaway.processes() == []
    assert task.state == "Cancelled"


def test_its_own_time_limit_kills_a_runaway(
    cloud: Emulator, connection: Connection, start: Start, runaway: Runaway
) -> None:
    """It fails, and says that it was the limit."""
    task = start(connection, runaway.command, EMULATOR_TIME_LIMIT="01:00:00")
    runaway.wait_until_it_runs()
    cloud.advance(timedelta(hours=1))
    task.wait()
    assert runaway.processes() == []
    assert task.state == "Failure"
    (error,) = task.errors
    assert error.message == "Instance 0 was killed at its time limit of 1:00:00"


def test_what_keeps_to_its_time_limit_succeeds(connection: Connection, start: Start) -> None:
    """A limit changes nothing about a command that ends before it."""
    task = start(connection, "echo done", EMULATOR_TIME_LIMIT="3600")
    task.wait()
    assert (task.state, task.stdout()) == ("Success", "[0] done\n")


def test_stopping_the_emulator_kills_a_runaway(
    cloud: Emulator, connection: Connection, start: Start, runaway: Runaway
) -> None:
    """Nothing of it is left when `stop` returns; served again, its task begins anew."""
    task = start(connection, runaway.command)
    runaway.wait_until_it_runs()
    cloud.stop()
    assert runaway.processes() == []
    cloud.start()
    runaway.wait_until_it_runs()
    assert task.state == "FullyExecuting"
    task.abort()
    task.wait()
    assert (task.state, runaway.processes()) == ("Cancelled", [])


@pytest.mark.parametrize("way", ["delete", "reset"])
def test_what_is_forgotten_is_killed(
    one_at_a_time: Emulator, connect: Connect, start: Start, runaway: Runaway, way: str
) -> None:
    """Its place is free for another once nothing of it is left."""
    connection = connect(one_at_a_time)
    task = start(connection, runaway.command)
    runaway.wait_until_it_runs()
    if way == "delete":
        task.delete()
    else:
        one_at_a_time.reset()
    after = start(connection, "true")
    after.wait()
    assert runaway.processes() == []
    assert after.state == "Success"


def test_what_a_successful_command_leaves_behind_is_killed(
    connection: Connection, start: Start, runaway: Runaway
) -> None:
    """As a container's processes end with its first one, before the task is Success."""
    leave = f"(setsid sh -c 'setsid sleep 1000 {runaway.mark} &' &)\necho done"
    task = start(connection, leave, 2)
    task.wait()
    assert runaway.processes() == []
    assert task.state == "Success"
    assert task.stdout(1) == "[1] done\n"


def test_what_waits_for_a_processor_never_starts_once_aborted(
    one_at_a_time: Emulator, connect: Connect, start: Start, runaway: Runaway, tmp_path: Path
) -> None:
    """It is cancelled like one that runs."""
    connection = connect(one_at_a_time)
    first = start(connection, runaway.command)
    runaway.wait_until_it_runs()
    second = start(connection, 'touch "$SHARED/ran"', SHARED=str(tmp_path))
    one_at_a_time.advance(timedelta(seconds=1))
    second.update(flushcache=True)
    assert second.state == "FullyExecuting"
    second.abort()
    second.wait()
    assert second.state == "Cancelled"
    first.abort()
    first.wait()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_program_kills_what_runs_when_it_is_told_to_stop(
    start: Start, runaway: Runaway, number: signal.Signals
) -> None:
    """With `--execute` it says what that means, and prints the token that it made up."""
    with subprocess.Popen(
        [sys.executable, "-m", "qarnot_domain.emulator", "--execute", "--max-processes", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        url, token = (program.stdout.readline().strip().split("=", 1)[1] for _ in range(2))
        with Connection(cluster_url=url, client_token=token) as connection:
            start(connection, runaway.command)
            runaway.wait_until_it_runs()
        program.send_signal(number)
        _, errors = program.communicate()
    assert program.returncode == 0
    assert "with all your rights" in errors
    assert runaway.processes() == []


FORGETFUL = """
import sys
from qarnot_domain import Connection
from qarnot_domain.emulator import Emulator

cloud = Emulator(execute=True)
cloud.start()
with Connection(cluster_url=cloud.url, client_token=cloud.token) as connection:
    task = connection.create_task("task", "docker-batch")
    task.constants = {"DOCKER_CMD": sys.argv[1]}
    task.submit()
sys.stdin.readline()
"""


def test_a_program_that_forgets_to_stop_leaves_nothing_behind(runaway: Runaway) -> None:
    """Its end is the emulator's too."""
    with subprocess.Popen(
        [sys.executable, "-c", FORGETFUL, runaway.command], stdin=subprocess.PIPE
    ) as program:
        runaway.wait_until_it_runs()
        program.communicate(b"\n")
    assert program.returncode == 0
    assert runaway.processes() == []
