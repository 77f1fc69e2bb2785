"""Tasks whose commands really run: what they are given, and what becomes of what they do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from qarnot_domain import Connection, Task
from qarnot_domain._secret import Secret
from qarnot_domain.emulator import EMULATOR_TOKEN, Emulator, ManualClock
from qarnot_domain.emulator._http import Request, Response
from qarnot_domain.emulator._store import OUTPUT_LIMIT

if TYPE_CHECKING:
    from .conftest import Runaway, Start

Connect: TypeAlias = Callable[[Emulator], Connection]


def post(cloud: Emulator, task: Task, operation: str) -> Response:
    """The answer to an operation that the client has no method for."""
    headers = {"authorization": cloud.token}
    reply = cloud.handle(Request("POST", f"/tasks/{task.uuid}/{operation}", (), headers, b"{}"))
    assert isinstance(reply, Response)
    return reply


def test_a_job_of_six_tasks_computes_the_right_answer(
    connection: Connection, tmp_path: Path
) -> None:
    """Numbers are dealt out, squared by six instances of three tasks, added up and told."""
    job = connection.create_job("sum of squares", use_dependencies=True)
    job.submit()
    commands = {
        "deal": 'set -e; for n in $(seq 1 60); do echo $n >> "$SHARED/in.$((n % 3))"; done',
        **{
            f"square {part}": (
                f'set -e; while read n; do [ $((n / 3 % INSTANCE_COUNT)) -ne "$INSTANCE_ID" ] || '
                f'echo $((n * n)); done < "$SHARED/in.{part}" > mine; '
                f'mv mine "$SHARED/out.{part}.$INSTANCE_ID"; wc -l < "$SHARED/out.{part}.'
                f'$INSTANCE_ID"'
            )
            for part in range(3)
        },
        "add": (
            'set -e; for p in 0 1 2; do for i in 0 1; do cat "$SHARED/out.$p.$i"; done; done '
            '> all; t=0; while read n; do t=$((t + n)); done < all; echo $t > "$SHARED/total"'
        ),
        "tell": 'set -e; echo "the sum is $(cat "$SHARED/total")"',
    }
    tasks = {
        name: connection.create_task(
            name, "docker-batch", 2 if name.startswith("square") else 1, job=job
        )
        for name in commands
    }
    squares = [tasks[f"square {part}"] for part in range(3)]
    for square in squares:
        square.dependencies = [tasks["deal"]]
    tasks["add"].dependencies = squares
    tasks["tell"].dependencies = [tasks["add"]]
    for name, command in commands.items():
        tasks[name].constants = {"DOCKER_CMD": command, "SHARED": str(tmp_path)}
    connection.submit_tasks(list(tasks.values()))
    assert job.wait(timeout=600)
    assert {task.state for task in job.tasks} == {"Success"}
    assert tasks["tell"].stdout() == f"[0] the sum is {sum(n * n for n in range(1, 61))}\n"
    for part, square in enumerate(squares):
        for instance in range(2):
            mine = [n for n in range(1, 61) if (n % 3, n // 3 % 2) == (part, instance)]
            assert square.stdout(instance) == f"[{instance}] {len(mine)}\n"
            squared = (tmp_path / f"out.{part}.{instance}").read_text().split()
            assert squared == [str(n * n) for n in mine]


def test_a_command_has_its_documented_environment_and_nothing_else(
    connect: Connect, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The constants and the instance's numbers are there; the token and the user's own are not."""
    monkeypatch.setenv("OF_THE_USER", "private")
    with Emulator(execute=True) as cloud:
        task = start(connect(cloud), "env; echo 'of the shell' >&2", "3,5", GREETING="hello you")
        task.wait()
    with cloud:
        lines = task.stdout(5).splitlines()
        assert task.stderr(5) == "[5] of the shell\n"
    variables = dict(line.removeprefix("[5] ").split("=", 1) for line in lines)
    for name in ("PWD", "OLDPWD", "SHLVL", "_"):
        # The shell's own.
        variables.pop(name, None)
    home = variables.pop("HOME")
    assert home.endswith(f"{task.uuid}/5")
    assert len(variables.pop("QARNOT_EMULATOR_MARK")) == 32
    assert variables == {
        "PATH": os.environ["PATH"],  # noqa: TID251 - passed on as it is
        "INSTANCE_ID": "5",
        "INSTANCE_COUNT": "2",
        "GREETING": "hello you",
        "DOCKER_CMD": "env; echo 'of the shell' >&2",
    }
    assert cloud.token not in "".join(lines)


def test_each_instance_has_a_folder_until_its_task_is_deleted(
    cloud: Emulator, connection: Connection, start: Start
) -> None:
    """It starts there, alone; another task's folder stays until the emulator stops."""
    tasks = [start(connection, "pwd; ls; touch mine", 2) for _ in range(2)]
    folders: list[Path] = []
    for task in tasks:
        task.wait()
        for instance in range(2):
            (line,) = task.stdout(instance).splitlines()
            folders.append(Path(line.removeprefix(f"[{instance}] ")))
    assert len(set(folders)) == 4
    assert all((folder / "mine").exists() for folder in folders)
    tasks[0].delete()
    # Whatever it takes, the emulator had the time for it.
    start(connection, "true").wait()
    assert [folder.exists() for folder in folders] == [False, False, True, True]
    cloud.stop()
    assert not any(parent.exists() for folder in folders for parent in (folder, folder.parent))


def test_output_is_there_while_a_command_runs(
    connection: Connection, start: Start, runaway: Runaway
) -> None:
    """Lines of both streams can be read, and consumed, before the end."""
    task = start(connection, f"echo one; echo two >&2\n{runaway.command}")
    runaway.wait_until_it_runs()
    # Whatever it takes, the emulator had the time for it.
    start(connection, "true").wait()
    task.update(flushcache=True)
    assert task.state == "FullyExecuting"
    assert (task.stdout(), task.stderr(0)) == ("[0] one\n", "[0] two\n")
    assert (task.fresh_stdout(), task.fresh_stdout()) == ("[0] one\n", "")
    task.abort()
    task.wait()


def test_output_may_be_long_and_need_not_be_text(connection: Connection, start: Start) -> None:
    """Nothing of it is lost, a last line without an end counts, and bad bytes are replaced."""
    task = start(connection, "seq 1 50000; printf 'caf\\303\\251 \\377'")
    task.wait()
    lines = [*map(str, range(1, 50001)), "café \ufffd"]
    assert task.stdout() == "".join(f"[0] {line}\n" for line in lines)


def test_a_line_without_end_is_told_in_pieces(connection: Connection, start: Start) -> None:
    """A command that never ends its line cannot take all memory for it."""
    task = start(connection, "head -c 3000000 /dev/zero | tr '\\0' x")
    task.wait()
    output = task.stdout()
    assert output.endswith("x\n")
    assert 0 < len(output) <= OUTPUT_LIMIT


def test_of_much_output_the_end_is_kept(connection: Connection, start: Start) -> None:
    """Whole lines, up to the limit; the error stream has one of its own."""
    task = start(connection, "echo early; echo kept >&2; seq 1000000 1300000")
    task.wait()
    output = task.stdout()
    lines = output.splitlines()
    assert lines == [f"[0] {number}" for number in range(1_300_001 - len(lines), 1_300_001)]
    assert len(output) <= OUTPUT_LIMIT < len(output) + len("[0] 1000000\n")
    assert task.stderr() == "[0] kept\n"


def test_a_task_fails_if_one_of_its_instances_does(
    cloud: Emulator, connection: Connection, start: Start
) -> None:
    """Each instance is told of as it ended, and only the failed one is retried."""
    task = start(connection, '[ "$INSTANCE_ID" -ne 1 ] || exit 3', 3)
    task.wait()
    assert task.state == "Failure"
    assert [error.message for error in task.errors] == ["Instance 1 ended with exit code 3"]
    ends = {end.instance_id: (end.state, end.error) for end in task.completed_instances}
    assert ends == {0: ("success", None), 1: ("failure", task.errors[0]), 2: ("success", None)}
    assert task.status is not None
    assert task.status.succeeded_range == "0,2"
    assert task.status.failed_range == "1"
    assert task.status.executed_range == "0-2"
    again = connection.retrieve_task(post(cloud, task, "retry").json()["uuid"])
    again.wait()
    assert [end.instance_id for end in again.completed_instances] == [1]


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({}, "Instance 0 did not start: its task has no constant DOCKER_CMD"),
        ({"DOCKER_CMD": "kill -9 $$"}, "Instance 0 was ended by signal 9"),
        ({"DOCKER_CMD": "no-such-command"}, "Instance 0 ended with exit code 127"),
        (
            {"DOCKER_CMD": "true", "NUL": "\0"},
            "Instance 0 did not start: embedded null byte",
        ),
    ],
    ids=["no command", "signal", "unknown command", "impossible environment"],
)
def test_a_failure_says_why(
    connection: Connection, constants: dict[str, str], message: str
) -> None:
    """Also that of a task which has nothing to execute."""
    task = connection.create_task("task", "docker-batch")
    task.constants = constants
    task.submit()
    task.wait()
    assert task.state == "Failure"
    assert [(error.code, error.message) for error in task.errors] == [
        ("EXECUTION_FAILURE", message)
    ]


def test_no_more_commands_run_at_once_than_may(
    one_at_a_time: Emulator, connect: Connect, start: Start, tmp_path: Path
) -> None:
    """With one at a time, each of eight instances finds itself alone."""
    connection = connect(one_at_a_time)
    alone = 'mkdir "$SHARED/lock" && seq 1 2000 > work && rmdir "$SHARED/lock"'
    tasks = [start(connection, alone, 4, SHARED=str(tmp_path)) for _ in range(2)]
    for task in tasks:
        task.wait()
        assert task.state == "Success"


def test_a_pool_executes_in_waves(connection: Connection) -> None:
    """Three instances on two slots all run, and the task succeeds once."""
    pool = connection.create_pool("pool", "docker-batch", 2)
    pool.submit()
    task = connection.create_task("task", pool, 3)
    task.constants = {"DOCKER_CMD": 'echo "$INSTANCE_ID of $INSTANCE_COUNT"'}
    task.submit()
    task.wait()
    assert task.state == "Success"
    assert sorted(task.stdout().splitlines()) == ["[0] 0 of 3", "[1] 1 of 3", "[2] 2 of 3"]


def test_a_restarted_task_runs_anew(
    cloud: Emulator, connection: Connection, start: Start, tmp_path: Path
) -> None:
    """In an empty folder, and its new end counts."""
    once = 'ls; touch mine; [ -e "$SHARED/there" ] || { touch "$SHARED/there"; exit 1; }'
    task = start(connection, once, SHARED=str(tmp_path))
    task.wait()
    assert task.state == "Failure"
    assert post(cloud, task, "restart").status == 200
    task.update(flushcache=True)
    task.wait()
    assert task.state == "Success"
    assert task.errors == []
    assert task.stdout() == ""


def test_execution_needs_the_time_of_the_machine() -> None:
    """A command takes the time it takes, whatever a hand-driven clock says."""
    with pytest.raises(ValueError, match="machine's clock"):
        Emulator(execute=True, clock=ManualClock())


def test_execution_is_for_loopback_alone() -> None:
    """Nobody else may run commands here."""
    with pytest.raises(ValueError, match="loopback"):
        Emulator(execute=True, host="192.0.2.1").start()


def test_execution_needs_room_for_one_process() -> None:
    """None at all would keep every task waiting."""
    with pytest.raises(ValueError, match="max_processes must be at least 1, not 0"):
        Emulator(execute=True, max_processes=0)


def test_what_is_interrupted_begins_anew_from_the_state_file(
    connect: Connect, start: Start, tmp_path: Path
) -> None:
    """What had ended does not, and what waits for a process or for another task still does."""
    state_file, began, again = (tmp_path / name for name in ("cloud.json", "began", "again"))
    os.mkfifo(began)
    command = (
        f"echo $INSTANCE_ID > {began}; [ $INSTANCE_ID = 0 ] || [ -e {again} ] || exec sleep 1000"
    )
    with began.open("r+b", buffering=0) as beginnings:
        with Emulator(execute=True, max_processes=2, state_file=state_file) as cloud:
            connection = connect(cloud)
            job = connection.create_job("job", use_dependencies=True)
            job.submit()
            first = start(connection, command, 4, job=job)
            second = connection.create_task("then", "docker-batch", 1, job=job)
            second.constants = {"DOCKER_CMD": "echo then"}
            second.set_task_dependencies_from_tasks([first])
            second.submit()
            assert {beginnings.readline() for _ in range(3)} == {b"0\n", b"1\n", b"2\n"}
        with pytest.raises(ValueError, match=r"were executing: go on with execute=True"):
            Emulator(state_file=state_file)
        again.touch()
        with Emulator(execute=True, max_processes=2, state_file=state_file) as cloud:
            connection = connect(cloud)
            second = connection.retrieve_task(str(second.uuid))
            second.wait()
            assert {beginnings.readline() for _ in range(3)} == {b"1\n", b"2\n", b"3\n"}
            assert connection.retrieve_task(str(first.uuid)).state == "Success"
            assert (second.state, second.stdout()) == ("Success", "[0] then\n")


def test_who_may_run_commands_has_a_token_that_nobody_guesses() -> None:
    """Unlike that of other emulators, which is known; one of your own is taken as it is."""
    tokens = {Secret(Emulator(execute=True).token) for _ in range(2)}
    assert len(tokens) == 2
    assert Secret(EMULATOR_TOKEN) not in tokens
    assert Emulator(execute=True, token="mine").token == "mine"


def test_commands_do_not_run_by_default(connect: Connect, start: Start, tmp_path: Path) -> None:
    """An emulator that was not told to execute only says that it did."""
    with Emulator() as cloud:
        task = start(connect(cloud), 'touch "$SHARED/ran"', SHARED=str(tmp_path))
        task.wait()
        assert task.stdout() == "[0] started\n[0] done\n"
    assert not (tmp_path / "ran").exists()
