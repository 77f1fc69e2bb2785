"""`qarnot-job wait`: how it goes on, how it ends, and how to go on waiting."""

from __future__ import annotations

import pytest

from qarnot_domain import Connection, JobFields
from qarnot_domain.emulator import ManualClock

from .driving import Shell


def test_success_is_code_0(shell: Shell) -> None:
    """With a line at each change where no terminal is, and the result at the end."""
    shell.job("good", "success", "success")
    ran = shell("wait", "good")
    assert ran.code == 0
    lines = ran.err.splitlines()
    assert lines[0] == "good: 0/2  Submitted 2"
    assert lines[-1] == "good: 2/2  Success 2"
    assert len(lines) == len(set(lines))
    assert ran.out.splitlines()[1].split()[:2] == ["good", "succeeded"]


def test_failure_is_code_1_and_says_which_tasks(shell: Shell) -> None:
    """Each that did not succeed, with the reason that the server gives."""
    shell.job("bad", "success", "failure")
    ran = shell("wait", "bad", "-o", "json")
    assert ran.code == 1
    assert "bad: task task-1 ended in Failure: Instance 0 failed" in ran.err
    (result,) = ran.json
    assert (result["result"], result["tasks"]) == ("failed", {"Success": 1, "Failure": 1})
    assert [task["name"] for task in result["failed_tasks"]] == ["task-1"]


def test_many_failures_are_told_in_part(shell: Shell) -> None:
    """Ten of them, how many more, and the command that lists all."""
    shell.job("worse", *["failure"] * 12)
    ran = shell("wait", "worse")
    assert "worse: and 2 more: qarnot-job tasks worse --state Failure" in ran.err


def test_terminated_job_has_failed(shell: Shell) -> None:
    """A task that was cancelled did not succeed."""
    shell.job("stopped", "success")
    shell("terminate", "stopped", "--yes")
    assert shell("wait", "stopped").code == 1


def test_several_at_once(shell: Shell) -> None:
    """All are waited for together; the code is that of the first that did not succeed."""
    shell.job("one", "success")
    shell.job("two", "failure")
    shell.job("none")
    ran = shell("wait", "one", "two", "none", "-o", "json")
    assert ran.code == 1
    assert [job["result"] for job in ran.json] == ["succeeded", "failed", "succeeded"]
    assert "none: it has no tasks" in ran.err


def test_time_that_is_up_is_code_124(shell: Shell) -> None:
    """The jobs go on, and how to wait for them again is said."""
    uuid = shell.job("slow", "success")
    shell.job("quick")
    began = shell.cloud.clock.monotonic()
    ran = shell("wait", "slow", "quick", "--timeout", "0.5", "-o", "json")
    assert ran.code == 124
    assert shell.cloud.clock.monotonic() - began == pytest.approx(0.5)
    assert [job["result"] for job in ran.json] == ["unfinished", "succeeded"]
    assert "qarnot-job wait slow\n" in ran.err
    assert shell("wait", uuid).code == 0


def test_timeout_of_zero_looks_once(shell: Shell) -> None:
    """A way to ask, in a script, whether a job has ended."""
    shell.job("still", "success")
    assert shell("wait", "still", "--timeout", "0").code == 124


def test_interrupted_is_code_130(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C stops the waiting and nothing else, and how to resume is said."""
    shell.job("resumed", "success")

    def interrupted(_clock: ManualClock, _seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ManualClock, "sleep", interrupted)
        ran = shell("wait", "resumed")
    assert ran.code == 130
    assert ran.err.endswith(
        "Error: interrupted\nHint: the jobs go on; to wait again: qarnot-job wait resumed\n"
    )
    assert shell("wait", "resumed").code == 0


def test_server_that_fails_is_code_5(shell: Shell) -> None:
    """After the library's retries; the jobs go on."""
    shell.job("cut-off", "success")
    shell.cloud.fail_next("searchTasks", status=503, times=None)
    ran = shell("wait", "cut-off", "--retry-count", "1")
    assert ran.code == 5
    assert "qarnot-job wait cut-off" in ran.err


def test_job_that_goes_is_told_and_the_others_waited_for(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that is deleted meanwhile is code 4."""
    shell.job("gone", "success")
    shell.job("stays", "success")
    sleep = ManualClock.sleep

    def delete_and_sleep(clock: ManualClock, seconds: float) -> None:
        with Connection(cluster_url=shell.cloud.url, client_token=shell.cloud.token) as other:
            for job in other.jobs(where=JobFields.shortname == "gone"):
                job.delete(forceAbort=True)
        sleep(clock, seconds)

    monkeypatch.setattr(ManualClock, "sleep", delete_and_sleep)
    ran = shell("wait", "gone", "stays", "-o", "json")
    assert ran.code == 4
    assert "gone" in ran.err
    assert [(job["shortname"], job["result"]) for job in ran.json] == [("stays", "succeeded")]


def test_quiet_wait_says_nothing(shell: Shell) -> None:
    """But the uuid, as every command, and by its code how it went."""
    uuid = shell.job("hush", "failure")
    assert shell("wait", "hush", "-q") == (1, f"{uuid}\n", "")
