"""`qarnot-job terminate` and `delete`: what was named, after asking, and nothing more."""

from __future__ import annotations

import pytest

from .driving import Shell


@pytest.fixture
def two(shell: Shell) -> Shell:
    """A cloud with two jobs, one of which has a task that runs."""
    shell.job("busy", "success")
    shell.job("idle")
    shell.forget()
    return shell


def states(shell: Shell) -> dict[str, str]:
    """The state of each job."""
    return {job["name"]: job["state"] for job in shell("list", "-o", "json").json}


@pytest.mark.parametrize("command", ["terminate", "abort", "delete"])
def test_without_a_terminal_it_refuses_to_guess(two: Shell, command: str) -> None:
    """Nothing to ask on and no --yes: code 2, what to add, and nothing was sent but reads."""
    ran = two(command, "idle")
    assert ran.code == 2
    assert "Hint: add --yes" in ran.err
    assert two.sent() == ["retrieveJob"]


def test_terminates_what_was_named(two: Shell) -> None:
    """By uuid or shortname, each once however often it is named, and no other job."""
    (uuid,) = (job["uuid"] for job in two("list", "-o", "json", "--name", "busy").json)
    ran = two("terminate", "busy", uuid, "busy", "-y", "-o", "json")
    assert ran.code == 0
    (result,) = ran.json
    assert (result["uuid"], result["result"], result["error"]) == (uuid, "terminated", None)
    assert two.sent().count("terminateJob") == 1
    assert states(two)["idle"] == "Active"


@pytest.mark.parametrize("command", ["terminate", "delete", "info", "wait", "tasks"])
def test_id_that_matches_nothing_is_an_error(two: Shell, command: str) -> None:
    """Code 4, and no other job is touched, nor any that would be if the id were left out."""
    yes = ["--yes"] if command in ("terminate", "delete") else []
    ran = two(command, "nowhere", *yes)
    assert ran.code == 4
    assert ran.err.startswith("Error: nowhere: ")
    assert "Hint: qarnot-job list" in ran.err
    assert two.sent() == ["retrieveJob"]


@pytest.mark.parametrize("given", ["", " ", ".", "..", "a/b", "?", "%2e"])
def test_id_that_is_none_reaches_nothing(two: Shell, given: str) -> None:
    """However strange, an id acts on no job."""
    ran = two("delete", given, "--yes")
    assert ran.code in (2, 4)
    assert set(two.sent()) <= {"retrieveJob"}
    assert states(two) == {"busy": "Active", "idle": "Active"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "nothing says which jobs"),
        (("idle", "--all"), "several things say which jobs"),
        (("idle", "--name", "busy"), "several things say which jobs"),
        (("--all", "--tag", "x"), "several things say which jobs"),
    ],
)
def test_which_jobs_is_said_in_one_way(two: Shell, options: tuple[str, ...], said: str) -> None:
    """Ids, conditions or --all; else code 2, before anything is sent."""
    ran = two("delete", "--yes", *options)
    assert (ran.code, two.sent()) == (2, [])
    assert said in ran.err


def test_conditions_that_nothing_meets_are_an_error(two: Shell) -> None:
    """Code 4, whereas --all on an empty account is done."""
    assert two("delete", "--name", "nobody", "--yes").code == 4
    assert two("delete", "--all", "--yes", "--force-abort").code == 0


def test_partial_failure_is_told_for_each(two: Shell) -> None:
    """What is refused keeps nothing else from being done; the code is the first failure's."""
    ran = two("delete", "busy", "nowhere", "idle", "--yes", "-o", "json")
    assert ran.code == 4
    assert [(job["name"], job["result"]) for job in ran.json] == [
        ("busy", "failed"),
        ("idle", "deleted"),
    ]
    assert "deleteJob" in ran.json[0]["error"]
    assert two("delete", "busy", "--yes").code == 3
    assert two("delete", "busy", "--yes", "--force-abort").code == 0


def test_failure_that_concerns_all_ends_it(two: Shell) -> None:
    """What another job would meet as well is not tried on it."""
    two.cloud.fail_next("deleteJob", status=401, body={"message": "no"}, times=None)
    ran = two("delete", "busy", "idle", "--yes")
    assert ran.code == 3
    assert "Not tried: 1 more" in ran.err
    assert two.sent().count("deleteJob") == 1
