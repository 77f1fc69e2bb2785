"""Take a change of the API in, step by step; run it again after each step.

    python -m openapi.update AGAINST [--since REPORT]

It compares, says which edits our document wants, regenerates the client, names what the domain
layer is to expose, runs the contract tests, and writes the consumer record. It stops where somebody
has to do something, and says what; what a step makes itself, it makes.

Exit status: 0 all is taken in; 1 there is something to do; 2 it cannot go on.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import yaml

from openapi.consumer import GATEWAY, RECORD, missing_operations
from openapi.diff import ROOT, Consumer, DocumentError, Linked, compare, load
from openapi.diff.__main__ import known
from openapi.regenerate import (
    DOCUMENT,
    INPUTS,
    LOCK,
    RegenerationError,
    regenerate,
    sha256,
)

FACTS: Final = (
    "tests/contract/test_document.py",
    "tests/contract/test_spec_and_domain.py::test_every_value_is_held_to_the_document",
    "tests/unit/emulator/test_emulator_document.py",
    "tests/unit/test_states.py",
    "tests/unit/test_filters.py::test_fields_are_those_of_the_document",
    "tests/unit/executions/test_execution_members.py::test_every_member_is_looked_at",
    "tests/property/test_convert.py::test_payloads_have_every_member",
    "tests/meta/test_regeneration.py::test_an_answer_may_leave_out_anything",
    "tests/meta/test_regeneration.py::test_an_answer_may_be_null_anywhere",
)
"""What holds the places at which the same is written again: by hand, or made by their own rules."""

CONTRACT: Final = (
    "tests/contract",
    # The official SDK has an environment of its own, and does not follow the document.
    "--ignore=tests/contract/test_official_sdk.py",
    "--ignore=tests/contract/test_document.py",
    *("-m", "not check", "-n", "auto"),
)
"""What holds the emulator, and the library against it, to the document."""

TESTING: Final = (*("pytest", "-q", "-rfE", "--no-header", "--tb=no"), *("-p", "no:cacheprovider"))

TESTS_TIMEOUT_S: Final = 900

MOST_REASONS: Final = 9
"""How many cases of one test are told."""

WHAT_TO_EDIT: Final = """
Make those that are true, in your own words, with their sources and an example. What is not to be
taken in: keep `python -m openapi.diff AGAINST --json` as a file, and give it as --since."""

WHERE_NAMED: Final = ("qarnot_domain", "tests", "docs", "README.md")
"""Where a path of the API may be written again."""

TO_DO: Final = 1
STUCK: Final = 2


def update(root: Path, against: str, since: Path | None = None) -> int:
    """Go as far as it goes; the exit status."""
    taking = _Taking(root, against, since)
    for number, (title, step) in enumerate(taking.steps(), start=1):
        print(f"\n{number}. {title}\n", flush=True)
        if not step():
            print(f"\nTo do. Then run this again: python -m openapi.update {against}")
            return TO_DO
    print("\nAll is taken in.")
    return 0


class _Taking:
    """The way of one change; each step says whether the next can follow."""

    def __init__(self, root: Path, against: str, since: Path | None) -> None:
        self._root = root
        self._ours = load(root / DOCUMENT)
        report = compare(load(against), self._ours, Consumer.read(root / RECORD))
        self._report = report.without(known(since)) if since is not None else report

    def steps(self) -> tuple[tuple[str, Callable[[], bool]], ...]:
        """Title and step, in order."""
        return (
            ("What differs", self._compared),
            ("The edits that our document wants", self._edited),
            ("The generated client", self._generated),
            ("What the domain layer is to expose", self._exposed),
            ("What is written again, and has to follow", self._repeated),
            ("The contract tests", self._kept),
            ("The record of what is used", self._recorded),
        )

    def _compared(self) -> bool:
        print(self._report.text(), end="")
        return True

    def _edited(self) -> bool:
        wanted = self._report.differences
        lines = line_numbers(self._root / DOCUMENT) if wanted else {}
        for one in wanted:
            print(f"{DOCUMENT}:{_line(lines, one.difference.near or '')}: {edit(one)}")
            if one.difference.kind in _GOES and one.difference.before is not None:
                print(f"    where else it is named: {search(one.difference.before)}")
        print(WHAT_TO_EDIT if wanted else "None.")
        return not wanted

    def _generated(self) -> bool:
        if is_current(self._root):
            print("It is what the document gives.")
        else:
            regenerate(self._root)
        return True

    def _exposed(self) -> bool:
        lines = missing_operations(self._root, dict(self._ours.root))
        if lines:
            print("\n".join(lines))
            print(f"Keep the operationId in the document, or change it in {GATEWAY} too.")
            return False
        return _process(self._root, "openapi.domain").returncode == 0

    def _repeated(self) -> bool:
        return self._passes(FACTS, "All is as the document has it.")

    def _kept(self) -> bool:
        return self._passes(CONTRACT, "They pass.")

    def _passes(self, tests: Sequence[str], said: str) -> bool:
        done = _process(self._root, *TESTING, *tests, is_shown=False)
        is_good = done.returncode == 0
        lines = done.stdout.splitlines()
        print(said if is_good else "\n".join([*failures(lines)] or lines[-20:]), flush=True)
        return is_good

    def _recorded(self) -> bool:
        if _process(self._root, "openapi.consumer").returncode != 0:
            return False
        print(f"{RECORD} is written.")
        return True


# --- what they need -------------------------------------------------------------------------------


def _process(
    root: Path, *arguments: str, is_shown: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a module of the project on its sources, whatever is installed."""
    inherited = os.environ  # noqa: TID251 (handed to a program, not read as settings)
    path = os.pathsep.join([str(root), str(root / "generated")])
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=root,
        # pytest cuts the reason of a failure to the width of the terminal.
        env={**inherited, "PYTHONPATH": path, "COLUMNS": "1000"},
        stdout=None if is_shown else subprocess.PIPE,
        stderr=None if is_shown else subprocess.STDOUT,
        text=True,
        timeout=TESTS_TIMEOUT_S,
        check=False,
    )


def is_current(root: Path) -> bool:
    """Whether the generated client was made from the document, overlay and settings as they are."""
    try:
        locked = tomllib.loads((root / LOCK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    hashes = {name: f"sha256:{sha256((root / name).read_bytes())}" for name in INPUTS}
    return locked.get("inputs") == hashes


def edit(one: Linked) -> str:
    """What a difference asks for, in words."""
    difference = one.difference
    match difference.kind:
        case "member added" | "variant added" | "parameter added" | "operation added":
            return f"{one.place}: add {difference.after}"
        case "operation renamed" | "method":
            (operation,) = one.operations
            return f"{difference.change}; keep the operationId {operation.id}"
        case kind if kind.endswith("removed"):
            return f"{one.place}: take it out"
        case kind:
            return f"{one.place}: {kind}: {difference.change}"


_GOES: Final = frozenset({"operation renamed", "operation removed"})
"""The differences after which a path is named in vain."""


def search(operation: str) -> str:
    """The command that finds where the path of an operation is named: filled in, or its end."""
    _, _, path = operation.partition(" ")
    head, brace, end = path.rpartition("}")
    pattern = re.sub(r"\\{\w+\\}", '[^/ "]+', re.escape(f"{head}{brace}"))
    if head and end:
        pattern = f'({pattern}|")'
    return f"grep -rnIE '{pattern}{re.escape(end)}\\b' {' '.join(WHERE_NAMED)}"


def failures(said: Iterable[str]) -> Iterator[str]:
    """What pytest says of tests that failed: each test, and the reasons of its cases."""
    reasons: dict[str, set[str]] = {}
    for line in said:
        outcome, _, rest = line.partition(" ")
        if outcome in ("FAILED", "ERROR"):
            case, _, reason = rest.partition(" - ")
            told = reason.removeprefix("AssertionError: ") or "see its own output"
            reasons.setdefault(case.partition("[")[0], set()).add(told)
    for test, given in sorted(reasons.items()):
        yield test
        first = sorted(given)[:MOST_REASONS]
        yield from (f"    {reason}" for reason in first)
        if len(given) > len(first):
            yield f"    and {len(given) - len(first)} more"


def line_numbers(path: Path) -> dict[str, int]:
    """JSON pointer -> the line of a YAML file at which the node begins, from 1."""
    root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return dict(_lines(root, "#"))


def _lines(node: yaml.Node | None, pointer: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{pointer}/{str(key.value).replace('~', '~0').replace('/', '~1')}"
            yield inner, key.start_mark.line + 1
            yield from _lines(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield f"{pointer}/{index}", value.start_mark.line + 1
            yield from _lines(value, f"{pointer}/{index}")


def _line(lines: dict[str, int], pointer: str) -> int:
    """The line of a node, or of what it would be in."""
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer, 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m openapi.update",
        description="Take a change of the API in, step by step.",
        epilog="Exit status: 0 all is taken in, 1 there is something to do, 2 it cannot go on.",
    )
    parser.add_argument("against", help="a file or http(s) address, JSON or YAML")
    parser.add_argument("--since", type=Path, help="a report of what is not to be taken in")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project (default: this one)")
    options = parser.parse_args(arguments)
    try:
        return update(options.root, options.against, options.since)
    except (DocumentError, RegenerationError, OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return STUCK


if __name__ == "__main__":
    sys.exit(main())
