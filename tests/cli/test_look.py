"""`qarnot-job list`, `info` and `tasks`: reading, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from qarnot_domain import Job, Task

from .driving import Shell


@pytest.fixture
def three(shell: Shell) -> Shell:
    """A cloud with three jobs."""
    shell.job("alpha", "success", tags=["red", "big"])
    shell.job("beta", tags=["red"])
    shell.job("gamma", tags=["blue"])
    shell("terminate", "gamma", "--yes")
    shell.forget()
    return shell


CONDITIONS = [
    ((), "alpha beta gamma"),
    (("--name", "beta"), "beta"),
    (("--name-matches", "^(al|be)"), "alpha beta"),
    (("--tag", "red"), "alpha beta"),
    (("--tag", "red", "--tag", "blue"), "alpha beta gamma"),
    (("--tag-intersect", "red", "--tag-intersect", "big"), "alpha"),
    (("--state", "active"), "alpha beta"),
    (("--state", "Terminating", "--state", "Completed"), "gamma"),
    (("--where", "name=~^g"), "gamma"),
    (("--where", "tags = red", "--where", "name != alpha"), "beta"),
    (("--where", "creation_date>=2026-01-01"), "alpha beta gamma"),
    (("--where", "creation_date<2026-01-01T00:00:00+00:00"), ""),
    (("--where", "use_dependencies=true"), ""),
    (("--where", "pool_uuid=null"), "alpha beta gamma"),
]


@pytest.mark.parametrize(("options", "found"), CONDITIONS, ids=str)
def test_conditions_choose_jobs(three: Shell, options: tuple[str, ...], found: str) -> None:
    """All that are given must hold; nothing found is an empty list and code 0."""
    ran = three("list", "--order-by", "name", "-o", "json", *options)
    assert ran.code == 0
    assert [job["name"] for job in ran.json] == found.split()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--where", "nme=x"), "--where 'nme=x': JobFields has no 'nme': the API filters on uuid"),
        (("--where", "name"), "--where 'name' is no condition: write field, =, and value"),
        (("--where", "name<x"), "--where 'name<x': name cannot be compared by <"),
        (("--where", "tags!=x"), "tags cannot be compared by !="),
        (("--where", "use_dependencies=3"), "must be true or false, not '3'"),
        (("--where", "creation_date>soon"), "--where 'creation_date>soon': "),
        (("--name-matches", "("), "must match a regular expression"),
        (("--order-by", "tags"), "cannot be sorted by 'tags': the API sorts by creation_date"),
        (("--state", "Done"), "'Done' is not one of Active, "),
        (("--limit", "0"), "0 is not in the range x>=1"),
    ],
)
def test_condition_that_cannot_be_sends_nothing(
    three: Shell, options: tuple[str, ...], said: str
) -> None:
    """Its error names the option or the field, and what there is; code 2."""
    ran = three("list", *options)
    assert (ran.code, three.sent()) == (2, [])
    assert said in ran.err


def test_order_and_limit(three: Shell) -> None:
    """The first in an order, without asking for more pages than are needed."""
    ran = three("list", "--order-by", "-name", "--limit", "2", "-o", "jsonl")
    assert [json.loads(line)["name"] for line in ran.out.splitlines()] == ["gamma", "beta"]
    assert three.sent() == ["paginateJobs"]


def test_json_has_the_members_of_a_job(three: Shell) -> None:
    """In `list` and `info` alike, under the names they have in Python; `info` counts the tasks."""
    names = {"uuid", *(member.name for member in Job._members)}
    (listed,) = three("list", "--name", "alpha", "-o", "json").json
    (known,) = three("info", "alpha", "-o", "json").json
    assert listed.keys() == names
    assert known == {**listed, "tasks": {"Submitted": 1}}
    assert listed["creation_date"].endswith("Z")
    assert datetime.fromisoformat(listed["creation_date"]).tzinfo == UTC


def test_json_has_the_members_of_a_task(three: Shell) -> None:
    """Complete, under the names they have in Python."""
    (task,) = three("tasks", "alpha", "-o", "json").json
    assert task.keys() == {"uuid", *(member.name for member in Task._members)}
    assert task["constants"] == {"EMULATOR_OUTCOME": "success"}


def test_quiet_prints_uuids_alone(three: Shell) -> None:
    """What another command takes as its ids."""
    uuids = three("list", "-q", "--tag", "red").out.split()
    ran = three("info", "-o", "json", *uuids)
    assert {job["name"] for job in ran.json} == {"alpha", "beta"}


def test_piped_table_is_whole(three: Shell) -> None:
    """Where no terminal is, lines are aligned and nothing is cut or coloured."""
    name = "a very long name " * 10
    three("create", "-n", name, "-s", "long")
    head, first, *_ = three("list", "--order-by", "name").out.splitlines()
    assert first.startswith(name)
    assert head.index("STATE") == first.index("Active")


def test_empty_list_says_so_beside_the_output(three: Shell) -> None:
    """Nothing is printed that a program would read."""
    ran = three("list", "--name", "nobody")
    assert (ran.code, ran.out, ran.err) == (0, "", "No jobs\n")
    assert three("list", "--name", "nobody", "-o", "json").out == "[]\n"


def test_tasks_of_several_jobs_name_them(three: Shell) -> None:
    """With conditions and an order of their own."""
    three.job("delta", "success", "failure")
    ran = three("tasks", "alpha", "delta", "--order-by", "-name")
    assert [line.split()[0] for line in ran.out.splitlines()] == [
        *("NAME", "task-0", "task-1", "task-0"),
    ]
    assert ran.out.splitlines()[0].split()[-1] == "JOB"
    ran = three("tasks", "delta", "--where", "name=~1$", "--limit", "1", "-q")
    assert len(ran.out.split()) == 1
    assert three("tasks", "delta", "--state", "Failure").out == ""


def test_info_is_a_sheet_for_each_job(three: Shell) -> None:
    """A line for each member, and the number of tasks by state."""
    ran = three("infos", "alpha", "beta")
    sheets = ran.out.split("\n\n")
    assert [sheet.split()[:2] for sheet in sheets] == [["MEMBER", "VALUE"]] * 2
    assert "tags" in sheets[0]
    assert "red, big" in sheets[0]
    assert "Submitted 1" in sheets[0]


def test_names_cannot_move_the_cursor(three: Shell) -> None:
    """What cannot be printed in a name is not: it would act on the terminal."""
    three("create", "-n", "evil\x1b[2J\u202e\nname", "-s", "evil")
    ran = three("list", "--where", "shortname=evil")
    assert ran.out.splitlines()[1].startswith("evil\ufffd[2J\ufffd\ufffdname")


def test_reading_changes_nothing(three: Shell) -> None:
    """None of these commands sends anything but reads."""
    three("list")
    three("info", "--all")
    three("tasks", "alpha")
    assert set(three.sent()) == {
        *("paginateJobs", "listJobTasks", "retrieveJob", "paginateTaskSummaries"),
    }
