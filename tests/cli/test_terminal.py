"""`qarnot-job` on terminals: wide and narrow, with colours and without, and piped."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pexpect
import pytest
from rich.cells import cell_len

from ..environment import Environment
from .driving import Shell
from .terminal import PROGRAM, on_terminal

NAME = "Überwachung der Strömung 日本 mit einem Namen, den niemand abkürzt"


@pytest.fixture
def environment(shell: Shell) -> Environment:
    """The environment of the test, which leads to its emulator, without a say in colours."""
    without = ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE")
    return Environment({n: value for n, value in os.environ.items() if n not in without})  # noqa: TID251


@pytest.fixture
def cloud(shell: Shell) -> Shell:
    """Two jobs: one whose tasks have ended, and one with a long name."""
    shell.job("nightly", "success", "failure", tags=["weather"])
    shell("create", "-n", NAME, "-s", "flow")
    shell.cloud.advance(timedelta(minutes=5))
    return shell


COMMANDS = [
    (("list",), 0),
    (("info", "nightly"), 0),
    (("tasks", "nightly"), 0),
    (("wait", "nightly", "flow"), 1),
    (("create", "-n", "new", "-s", "new"), 0),
    (("terminate", "flow", "--yes"), 0),
    (("delete", "flow", "--yes"), 0),
    (("doctor",), 0),
    (("completion", "bash"), 0),
    (("--help",), 0),
    (("wait", "nowhere"), 4),
]


@pytest.mark.check
@pytest.mark.parametrize("no_color", [False, True], ids=["coloured", "NO_COLOR"])
@pytest.mark.parametrize("width", [120, 40])
@pytest.mark.parametrize(("arguments", "code"), COMMANDS, ids=str)
def test_command_on_a_terminal(
    cloud: Shell,
    environment: Environment,
    arguments: tuple[str, ...],
    code: int,
    width: int,
    no_color: bool,
) -> None:
    """It ends as it should, colours are a wish that is heeded, and tables keep to the width."""
    wish = {"NO_COLOR": "1"} if no_color else {}
    seen = on_terminal(arguments, {**environment, **wish}, width=width)
    assert seen.code == code, seen.text
    has_states = arguments[0] in ("list", "info", "tasks", "wait", "create") and code != 4
    assert seen.is_colored == (has_states and not no_color)
    told = ("Error: ", "Hint: ", "nightly: ", "flow: ")
    tables = [line for line in seen.written if not line.startswith(told)]
    # A script is for the shell, and click does not write narrower than 50.
    if arguments[0] not in ("completion", "--help"):
        assert max(map(cell_len, tables)) <= width


@pytest.mark.check
@pytest.mark.parametrize(("arguments", "code"), COMMANDS, ids=str)
def test_command_in_a_pipe(
    cloud: Shell, environment: Environment, arguments: tuple[str, ...], code: int
) -> None:
    """Without anything that controls a terminal, and nothing cut short."""
    done = subprocess.run(
        [sys.executable, *PROGRAM, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert "…" not in done.stdout


@pytest.mark.parametrize("width", [100, 60, 40])
def test_list_fits_any_width(cloud: Shell, environment: Environment, width: int) -> None:
    """Ids and states are whole at any width; names give way, and what matters least goes."""
    seen = on_terminal(("list",), environment, width=width)
    assert seen.text.count("Active") == 2
    assert "nightly" in seen.text
    assert "flow" in seen.text
    assert ("CREATED" in seen.text) == (width >= 60)
    assert max(map(cell_len, seen.lines)) <= width


def test_wait_is_live(cloud: Shell, environment: Environment) -> None:
    """A bar on the terminal moves while the tasks do."""
    cloud.job("live", "success")

    def act(child: pexpect.spawn[str]) -> None:
        child.expect("0/1")
        cloud.cloud.advance(timedelta(minutes=1))

    seen = on_terminal(("wait", "live"), environment, act=act)
    assert (seen.code, seen.is_colored) == (0, True)
    assert seen.lines[0].split() == ["live", "1/1", "━" * 12, "Success", "1"]


def test_ctrl_c_says_how_to_resume(cloud: Shell, environment: Environment) -> None:
    """Code 130, the cursor is shown again, and no traceback."""
    cloud.job("live", "success")

    def act(child: pexpect.spawn[str]) -> None:
        child.expect("0/1")
        child.sendintr()

    seen = on_terminal(("wait", "live"), environment, act=act)
    assert seen.code == 130
    assert seen.lines[-1] == "Hint: the jobs go on; to wait again: qarnot-job wait live"
    assert seen.raw.rindex("\x1b[?25h") > seen.raw.rindex("\x1b[?25l")


@pytest.mark.parametrize(("answer", "code", "state"), [("n", 130, "Active"), ("y", 0, "Deleting")])
def test_delete_asks(
    cloud: Shell, environment: Environment, answer: str, code: int, state: str
) -> None:
    """It names what would go, and does nothing unless the answer is yes."""

    def act(child: pexpect.spawn[str]) -> None:
        child.expect(r"Delete nightly \(nightly, Active\)\? \[y/N\]: ")
        child.sendline(answer)

    seen = on_terminal(("delete", "nightly"), environment, act=act)
    assert seen.code == code
    assert cloud("info", "nightly", "-o", "json").json[0]["state"] == state


def test_emulator_serves_until_ctrl_c(environment: Environment) -> None:
    """It prints the two variables to export, and stops cleanly."""

    def act(child: pexpect.spawn[str]) -> None:
        child.expect("export QARNOT_CLUSTER_URL=http://127.0.0.1:[0-9]+\r\n")
        child.expect("export QARNOT_CLIENT_TOKEN=[^\r]+\r\n")
        child.expect("Ctrl-C stops it")
        child.sendintr()

    seen = on_terminal(("emulator",), environment, act=act)
    assert seen.code == 0
    assert "Traceback" not in seen.text
