"""How commands end: codes, errors in one line with a hint, and what is said besides."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qarnot_domain import exceptions
from qarnot_domain.cli._app import ALIASES, COMMANDS
from qarnot_domain.cli._outcome import MEANINGS, Code, complaint_of
from qarnot_domain.emulator import ManualClock

from .driving import Shell

CODES = [
    ({"status": 401, "body": {"message": "who are you"}}, 3),
    ({"status": 403, "body": {"message": "not you"}}, 3),
    ({"status": 402, "body": {"message": "no credits"}}, 3),
    ({"status": 400, "body": {"message": "no"}}, 2),
    ({"status": 500, "times": None}, 5),
    ({"status": 429, "times": None}, 5),
    ({"drop": "before", "times": None}, 5),
    ({"broken": True, "times": None}, 5),
]


@pytest.mark.parametrize(("fault", "code"), CODES, ids=[str(fault) for fault, _ in CODES])
def test_failure_is_a_line_and_a_code(shell: Shell, fault: dict[str, object], code: int) -> None:
    """Never a traceback; at most a hint besides; nothing on standard output."""
    shell.cloud.fail_next("paginateJobs", **fault)  # type: ignore[arg-type]  # one of many
    ran = shell("list", "--retry-count", "1")
    assert (ran.code, ran.out) == (code, "")
    first, *rest = ran.err.splitlines()
    assert first.startswith("Error: ")
    assert len(rest) <= 1
    assert all(line.startswith("Hint: ") for line in rest)


def test_quota_is_code_3(shell: Shell) -> None:
    """And the hint says what makes room."""
    body = {"message": "Maximum number of jobs reached"}
    shell.cloud.fail_next("createJob", status=403, body=body)
    ran = shell("create", "-n", "x")
    assert ran.code == 3
    assert "Hint: delete what is not needed any more" in ran.err


def test_every_exception_has_a_code() -> None:
    """Each of the library's ends a command by a documented code."""

    def below(error: type[exceptions.QarnotException]) -> list[type[exceptions.QarnotException]]:
        return [error, *(one for child in error.__subclasses__() for one in below(child))]

    codes = {complaint_of(error("no")).code for error in below(exceptions.QarnotException)}
    assert codes == {Code.USAGE, Code.NOT_ALLOWED, Code.NOT_FOUND, Code.UNREACHABLE}
    assert set(MEANINGS) == set(Code)


def test_missing_token_says_how_to_give_one(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """And how to do without an account."""
    monkeypatch.delenv("QARNOT_CLIENT_TOKEN")
    ran = shell("list")
    assert ran.code == 2
    assert "QARNOT_CLIENT_TOKEN" in ran.err
    assert "Hint: qarnot-job emulator" in ran.err


def test_token_comes_from_a_file(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Alone in it; a file that cannot be read is named."""
    monkeypatch.delenv("QARNOT_CLIENT_TOKEN")
    (tmp_path / "token").write_text(f"{shell.cloud.token}\n", encoding="utf-8")
    assert shell("--token-file", str(tmp_path / "token"), "list").code == 0
    ran = shell("list", "--token-file", str(tmp_path / "nowhere"))
    assert (ran.code, "nowhere': No such file" in ran.err) == (2, True)


def test_options_stand_before_or_after_the_command(shell: Shell) -> None:
    """What stands after it wins."""
    shell.job("job")
    assert shell("-o", "json", "list").out == shell("list", "-o", "json").out
    assert shell("-o", "json", "list", "-o", "jsonl").out.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["frob"], ["list", "--frob"], ["tasks"], ["-o", "xml", "list"]]
)
def test_usage_error_is_code_2(shell: Shell, arguments: list[str]) -> None:
    """One line, and where to look."""
    ran = shell(*arguments)
    assert ran.code == 2
    assert [line.split(":")[0] for line in ran.err.splitlines()] == ["Error", "Hint"]


def test_traceback_is_shown_to_those_who_ask(shell: Shell) -> None:
    """With --debug, and the token is not in it."""
    shell.cloud.fail_next("paginateJobs", status=400)
    ran = shell("list", "--debug")
    assert "Traceback" in ran.err
    assert "InvalidRequestException" in ran.err
    assert shell.cloud.token not in ran.err


def test_bug_is_a_line_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens, no traceback that nobody asked for; it is code 70."""

    def broken(_clock: ManualClock, _seconds: float) -> None:
        raise RuntimeError("the clock is broken")

    monkeypatch.setattr(ManualClock, "sleep", broken)
    shell.cloud.fail_next("paginateJobs", status=503)
    ran = shell("list")
    assert (ran.code, ran.out) == (70, "")
    assert ran.err == (
        "Error: RuntimeError: the clock is broken\nHint: this is a bug; --debug shows where\n"
    )


def test_verbose_shows_requests_and_retries(shell: Shell) -> None:
    """From the log of the library; without it, neither."""
    shell.cloud.fail_next("paginateJobs", status=503)
    ran = shell("list", "-v")
    assert ran.code == 0
    assert "paginateJobs: attempt 1 failed (Service Unavailable), repeat in" in ran.err
    assert f"paginateJobs: answered: POST {shell.cloud.url}/jobs/paginate\n" in ran.err
    assert shell.cloud.token not in ran.err
    assert shell("list").err == "No jobs\n"


def test_warnings_are_lines(shell: Shell) -> None:
    """Without the place in the source that Python shows with them."""
    ran = shell("list", "--cluster-unsafe")
    assert ran.err.startswith("Warning: cluster_unsafe: the identity of http://")
    assert "Warning" not in shell("list", "--cluster-unsafe", "-q").err


@pytest.mark.parametrize("name", [*COMMANDS, *ALIASES])
def test_every_command_has_help(shell: Shell, name: str) -> None:
    """Also by its other names, and without any request."""
    ran = shell(name, "--help")
    assert ran.code == 0
    assert "qarnot-job" in ran.out
    assert shell.cloud.requests == []


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_the_shell(shell: Shell, name: str) -> None:
    """Which asks the program itself what there is."""
    assert "_QARNOT_JOB_COMPLETE" in shell("completion", name).out


def test_completion_completes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands, options and the words that an option takes."""
    program = "import sys; from qarnot_domain.cli import main; sys.exit(main())"

    def completed(words: str) -> str:
        environment = {
            "_QARNOT_JOB_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )
        return done.stdout

    assert completed("qarnot-job te") == "plain,terminate\n"
    assert "plain,--order-by" in completed("qarnot-job list --o")
    assert completed("qarnot-job list --state te") == "plain,Terminating\n"
