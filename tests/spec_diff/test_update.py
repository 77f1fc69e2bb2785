"""The guided way to take a change in: what it says before anything has to be generated."""

from __future__ import annotations

import copy
import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from openapi.diff import ROOT
from openapi.diff.__main__ import main as compare
from openapi.regenerate import DOCUMENT
from openapi.update import failures, is_current, line_numbers, main, search

from .seeds import SEEDS
from .table import ours


@pytest.fixture(name="tomorrow")
def _tomorrow(tmp_path: Path) -> str:
    """A document with a new member, a new state and a renamed operation."""
    changed: Any = copy.deepcopy(ours().document.root)
    for seed in SEEDS:
        if seed.title in {
            "a new optional member of jobs to create",
            "jobs have a new state",
            "an operation is renamed",
        }:
            seed.make(changed)
    (tmp_path / "tomorrow.json").write_text(json.dumps(changed), "utf-8")
    return str(tmp_path / "tomorrow.json")


def test_edits_are_said_with_their_lines(tomorrow: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each names the line of our document, and the way stops there."""
    assert main([tomorrow]) == 1
    said = capsys.readouterr().out
    lines = (ROOT / DOCUMENT).read_text("utf-8").splitlines()
    renaming = "POST /jobs/{uuid}/terminate → POST /jobs/{uuid}/stop"
    for begins, edit in (
        ("    JobCreate:", "JobCreate.priority: add priority: integer (int32), optional"),
        ("    JobState:", "JobState: values: new: Paused"),
        ("  /jobs/{uuid}/terminate:", f"{renaming}; keep the operationId terminateJob"),
    ):
        (line,) = (line for line in said.splitlines() if line.endswith(edit))
        number = int(line.removeprefix(f"{DOCUMENT}:").partition(":")[0])
        assert lines[number - 1] == begins
    assert "3. The generated client" not in said


def test_what_names_a_path_that_moved_can_be_searched() -> None:
    """The command finds the path as a template, filled in and by its end, and no other path."""
    command = search("POST /jobs/{uuid}/terminate")
    pattern = re.compile(shlex.split(command)[2])
    assert pattern.search('("post", "/jobs/{uuid}/terminate"): "terminateJob"')
    assert pattern.search('send: "POST /jobs/${job:upper}/terminate", status: 200')
    assert pattern.search('self.act("POST", job, "/terminate")')
    assert not pattern.search('"/jobs/{uuid}/terminated"')
    assert not pattern.search('"/jobs/{uuid}/tasks", "x/terminate"')
    assert re.search(shlex.split(search("GET /tasks/{uuid}"))[2], "/tasks/x?select=name")
    found = subprocess.run(
        shlex.split(command), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "qarnot_domain/emulator/_jobs.py:" in found.stdout


def test_failed_tests_are_told_with_their_reasons() -> None:
    """Each test once, each reason once; what pytest says besides is left out."""
    said = [
        "..FF [100%]",
        "FAILED tests/b.py::test_x[1] - AssertionError: TABLE: new: a",
        "FAILED tests/b.py::test_x[2] - AssertionError: TABLE: new: a",
        "FAILED tests/b.py::test_x[3] - KeyError: 'b'",
        *(f"FAILED tests/a.py::test_y[{n}] - AssertionError: {n:02}" for n in range(11)),
        "ERROR tests/c.py",
        "16 failed in 0.1s",
    ]
    assert list(failures(said)) == [
        "tests/a.py::test_y",
        *(f"    {n:02}" for n in range(9)),
        "    and 2 more",
        "tests/b.py::test_x",
        "    KeyError: 'b'",
        "    TABLE: new: a",
        "tests/c.py",
        "    see its own output",
    ]


def test_what_is_known_is_not_asked_for(
    tomorrow: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A report of what is not to be taken in takes its differences out of the next comparison."""
    compare([tomorrow, "--json"])
    (tmp_path / "known.json").write_text(capsys.readouterr().out, "utf-8")
    assert compare([tomorrow, "--since", str(tmp_path / "known.json")]) == 0


def test_a_document_that_cannot_be_read_stops_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The reason goes to standard error, with a status of its own."""
    assert main(["/nowhere/tomorrow.yaml"]) == 2
    assert "/nowhere/tomorrow.yaml" in capsys.readouterr().err


def test_the_client_in_the_repository_is_current() -> None:
    """What is checked in was made from the document that is checked in."""
    assert is_current(ROOT)


def test_a_client_of_another_document_is_not(tmp_path: Path) -> None:
    """Nor is one without a lock."""
    assert not is_current(tmp_path)


def test_lines_are_those_of_the_keys(tmp_path: Path) -> None:
    """Members, items and escaped keys are found at the line on which they begin."""
    (tmp_path / "a.yaml").write_text("a:\n  /b~c:\n    - 1\n    - x: 2\n", "utf-8")
    assert line_numbers(tmp_path / "a.yaml") == {
        "#/a": 1,
        "#/a/~1b~0c": 2,
        "#/a/~1b~0c/0": 3,
        "#/a/~1b~0c/1": 4,
        "#/a/~1b~0c/1/x": 4,
    }
