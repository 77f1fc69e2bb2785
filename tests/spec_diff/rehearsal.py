"""Three invented changes of the API, taken in on a copy of the project, run by run.

    python -m tests.spec_diff.rehearsal    does it, and writes docs/api-change-rehearsal.md

The edits are those that the run before asked for, and no others. It regenerates the client and runs
the contract tests, so it takes a minute.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Any, Final

from openapi.diff import ROOT, load
from openapi.regenerate import DOCUMENT

from .vendor import in_the_manner_of_the_vendor

PAGE: Final = ROOT / "docs" / "api-change-rehearsal.md"

LONGEST_S: Final = 600

TOMORROW: Final = "tomorrow.json"

INTRODUCTION: Final = f"""\
# Taking in a change of the API: a rehearsal

Three invented changes reach us in a new document of the vendor's: jobs get an optional member
`costCentre`, jobs get a state `Suspended`, and the operation that terminates a job moves from
`/jobs/{{uuid}}/terminate` to `/jobs/{{uuid}}/end`. That document, `{TOMORROW}`, is written in the
vendor's manner: without operationIds, with a version prefix and other names.

What follows is what `make update-spec AGAINST={TOMORROW}` says, which runs
`python -m openapi.update {TOMORROW}`, and what somebody then does, until that ends with 0. This
page is written by doing it on a copy of the project (`python -m tests.spec_diff.rehearsal`), and a
test of `make check` does it again and compares. Only the line numbers are left out. The steps in
words: [openapi/README.md](../openapi/README.md#taking-in-a-change-of-the-api).
"""

END: Final = """\
## What is left

`git diff`, a test of what the new member is for, a changelog fragment, and `make check test`. Tests
that are about what moved, and not about the document, are then named by their failing.
"""


@dataclass(frozen=True)
class Edit:
    """A text in a file that is replaced, once."""

    file: str
    before: str
    after: str


@dataclass(frozen=True)
class Everywhere:
    """What the end of a path becomes, wherever the command finds it that the last run gave."""

    end: str


@dataclass(frozen=True)
class Run:
    """What somebody does, and how `make update-spec` then ends."""

    title: str
    says: str
    status: int
    edits: tuple[Edit | Everywhere, ...] = ()


MEMBER: Final = '{ type: [string, "null"], maxLength: 64, description: "Who pays for it. [oas]" }'

RUNS: Final = (
    Run("somebody has the new document", "Nothing is done yet.", 1),
    Run(
        "the document is edited",
        "The facts go into our document, the member with an example. The operationId stays, so no\n"
        "Python of the library changes for the path.",
        1,
        (
            Edit(
                DOCUMENT,
                "description: Whether its tasks may depend on each other; false when left out.\n"
                "        tags:",
                "description: Whether its tasks may depend on each other; false when left out.\n"
                f"        costCentre: {MEMBER}\n"
                "        tags:",
            ),
            Edit(
                DOCUMENT,
                "        useDependencies: { type: boolean }\n        stateTransitionTime",
                "        useDependencies: { type: boolean }\n"
                f"        costCentre: {MEMBER}\n"
                "        stateTransitionTime",
            ),
            Edit(
                DOCUMENT,
                "        useDependencies: true\n        tags: [nightly",
                "        useDependencies: true\n        costCentre: R-17\n        tags: [nightly",
            ),
            Edit(DOCUMENT, "enum: [Active, Terminating,", "enum: [Active, Suspended, Terminating,"),
            Edit(DOCUMENT, "  /jobs/{uuid}/terminate:\n", "  /jobs/{uuid}/end:\n"),
            Everywhere("/end"),
        ),
    ),
    Run(
        "the domain layer exposes what is new",
        "A member that is sent at creation and answered afterwards is one `SubmitOnce`.",
        1,
        (
            Edit(
                "qarnot_domain/job.py",
                "    _pool_uuid: SubmitOnce",
                "    cost_centre: SubmitOnce[str | None, str | None] = SubmitOnce(\n"
                '        "costCentre", codecs.optional(codecs.text(longest=64, shortest=0)), None\n'
                "    )\n"
                '    """Who pays for it: a text of at most 64 characters, or `None`, settable until'
                ' submission."""\n\n'
                "    _pool_uuid: SubmitOnce",
            ),
            Edit(
                "qarnot_domain/states.py",
                '    ACTIVE = Known("Active")\n',
                '    ACTIVE = Known("Active")\n    SUSPENDED = Known("Suspended")\n',
            ),
        ),
    ),
    Run(
        "what is written again follows",
        "The emulator takes the member and gives it back, jobs can be filtered by it, the fact\n"
        "that a test pins is confirmed, and the member gets its rows in the tables of the tests.",
        0,
        (
            Edit(
                "qarnot_domain/emulator/_jobs.py",
                "    Span,\n    Uuid,\n",
                "    Span,\n    Text,\n    Uuid,\n",
            ),
            Edit(
                "qarnot_domain/emulator/_jobs.py",
                '    "maxWallTime": Span(),\n',
                '    "maxWallTime": Span(),\n    "costCentre": Text(longest=64),\n',
            ),
            Edit(
                "qarnot_domain/filters.py",
                'Final[FlagField[JobFields]] = FlagField("UseDependencies")\n',
                'Final[FlagField[JobFields]] = FlagField("UseDependencies")\n'
                "    cost_centre: Final[OptionalTextField[JobFields]] = "
                'OptionalTextField("CostCentre")\n',
            ),
            Edit(
                "tests/contract/test_document.py",
                '    "JobState": "Active Terminating',
                '    "JobState": "Active Suspended Terminating',
            ),
            Edit(
                "tests/unit/driving.py",
                '    "useDependencies": True,\n',
                '    "useDependencies": True,\n    "costCentre": "R-17",\n',
            ),
            Edit(
                "tests/unit/job/members.py",
                '    "max_wall_time": ("01:00:00", "02:00:00"),\n',
                '    "max_wall_time": ("01:00:00", "02:00:00"),\n'
                '    "cost_centre": ("R-17", None),\n',
            ),
            Edit(
                "tests/unit/job/members.py",
                '    "max_wall_time": ("24:00:00", 3),\n',
                '    "max_wall_time": ("24:00:00", 3),\n    "cost_centre": ("r" * 65, 17),\n',
            ),
            Edit(
                "tests/unit/job/members.py",
                '    "max_wall_time": "3.10:07:06",\n',
                '    "max_wall_time": "3.10:07:06",\n    "cost_centre": "R-17",\n',
            ),
            Edit(
                "tests/unit/job/members.py",
                '        "max_wall_time": None,\n',
                '        "max_wall_time": None,\n        "cost_centre": None,\n',
            ),
            Edit(
                "tests/property/strategies.py",
                '    "maxWallTime": canonical_spans(),\n    "tags": tags(),\n',
                '    "maxWallTime": canonical_spans(),\n    "costCentre": names(),\n'
                '    "tags": tags(),\n',
            ),
        ),
    ),
)


def tomorrow() -> Any:
    """The document of the vendor after the three changes."""
    changed: Any = copy.deepcopy(load(ROOT / DOCUMENT).root)
    schemas = changed["components"]["schemas"]
    for name in ("JobCreate", "JobProjection"):
        schemas[name]["properties"]["costCentre"] = {"type": ["string", "null"], "maxLength": 64}
    schemas["JobState"]["enum"].insert(1, "Suspended")
    changed["paths"]["/jobs/{uuid}/end"] = changed["paths"].pop("/jobs/{uuid}/terminate")
    return in_the_manner_of_the_vendor(changed)


@dataclass
class Rehearsal:
    """A copy of the project in which the changes are taken in."""

    project: Path
    said: str = field(default="", init=False)
    """What the last run printed."""

    def prepare(self) -> None:
        """Copy the project, and put the new document into it."""
        ignored = shutil.ignore_patterns(
            *("__pycache__", "node_modules", ".*_cache", ".hypothesis"),
            # What is rehearsed is none of the project's own business.
            *(Path(__file__).name, PAGE.name),
        )
        for name in ("openapi", "generated", "qarnot_domain", "tests", "docs"):
            shutil.copytree(ROOT / name, self.project / name, ignore=ignored)
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, self.project / name)
        (self.project / TOMORROW).write_text(json.dumps(tomorrow()), "utf-8")

    def take(self, run: Run) -> Iterator[str]:
        """Make the edits of a run, start it, and tell about both."""
        for edit in run.edits:
            if isinstance(edit, Edit):
                yield from self._edit(edit)
            else:
                yield from self._replace(edit)
        status = self._start()
        if status != run.status:
            raise RuntimeError(f"{run.title}: {status} instead of {run.status}\n{self.said}")
        yield f"```text\n$ python -m openapi.update {TOMORROW}"
        yield f"{self.said}\n$ echo $?\n{status}\n```\n"

    def _edit(self, edit: Edit) -> Iterator[str]:
        file = self.project / edit.file
        text = file.read_text("utf-8")
        if text.count(edit.before) != 1:
            raise RuntimeError(f"{edit.file}: {text.count(edit.before)} times {edit.before}")
        edited = text.replace(edit.before, edit.after)
        file.write_text(edited, "utf-8")
        _, _, *lines = unified_diff(text.splitlines(), edited.splitlines(), lineterm="", n=1)
        yield f"`{edit.file}`:\n\n```diff"
        yield from (line for line in lines if not line.startswith("@@"))
        yield "```\n"

    def _replace(self, edit: Everywhere) -> Iterator[str]:
        found = re.search(r"where else it is named: grep -rnIE '(.+)' (.+)", self.said)
        if found is None:
            raise RuntimeError(f"no run said where a path is named that moved\n{self.said}")
        pattern, places = found.groups()
        for place in places.split():
            for file in _files(self.project / place):
                text = file.read_text("utf-8")
                changed = re.sub(pattern, rf"\g<1>{edit.end}", text)
                if changed != text:
                    file.write_text(changed, "utf-8")
        yield "The emulator and the tests that name the path, as found by the command above:\n"
        yield f"```text\n$ grep -rlIE '{pattern}' {places} |"
        yield f"    xargs sed -i -E 's,{pattern},\\1{edit.end},g'\n```\n"

    def _start(self) -> int:
        inherited = os.environ  # noqa: TID251 (handed to a program, not read as settings)
        path = os.pathsep.join([str(self.project), str(self.project / "generated")])
        done = subprocess.run(
            [sys.executable, "-m", "openapi.update", TOMORROW],
            cwd=self.project,
            env={**inherited, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        self.said = re.sub(r"(\.yaml):\d+:", r"\1:", done.stdout).strip()
        return done.returncode


def _files(place: Path) -> Iterator[Path]:
    """The texts in a folder, or the file itself."""
    for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if file.suffix in (".py", ".md", ".yaml", ".json", ".html"):
            yield file


def page() -> str:
    """The whole page, by doing it."""
    with tempfile.TemporaryDirectory(prefix="qarnot-rehearsal-") as project:
        rehearsal = Rehearsal(Path(project))
        rehearsal.prepare()
        sections = [
            part
            for number, run in enumerate(RUNS, start=1)
            for part in (
                f"## {number}. {run.title.capitalize()}\n\n{run.says}\n",
                *rehearsal.take(run),
            )
        ]
    return "\n".join([INTRODUCTION, *sections, END])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
