"""`python -m tests.cli.reference` writes docs/cli.md, from the program itself."""

from __future__ import annotations

import inspect
import io
import os
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from unittest.mock import patch

from qarnot_domain import Connection, Job, Task
from qarnot_domain.cli import main
from qarnot_domain.cli._app import COMMANDS
from qarnot_domain.cli._describe import settable
from qarnot_domain.cli._outcome import MEANINGS
from qarnot_domain.emulator import Emulator, ManualClock

from .official import COMPARED
from .terminal import on_terminal

PAGE: Final = Path(__file__).parents[2] / "docs" / "cli.md"

_WIDTH: Final = 100

_INTRODUCTION: Final = """\
# The command line

`qarnot-job` does from a shell what the library does from Python. It comes with the extra `cli`;
with `emulator` too, all of this page can be tried without an account:

```text
pip install '.[cli,emulator]'
qarnot-job emulator
```

The last one serves an emulated cloud and prints two lines to paste into another terminal. There,
from a description to a finished job:

```text
echo '{"name": "first", "tasks": [{"name": "hello", "profile": "docker-batch",
      "constants": {"DOCKER_CMD": "echo hello"}}]}' | qarnot-job create --file - --wait
```

This page is written by the tests (`python -m tests.cli.reference`), from the program itself: the
helps, the tables and the screens are what it prints.

## What holds for all commands

- A command acts on what was named and on nothing more. An id is a uuid or a shortname; one that
  matches nothing is an error, and so are conditions that nothing meets. Several ids are dealt with
  one by one, and each failure is told.
- `terminate` and `delete` ask first. Where there is no terminal to ask on they refuse, unless there
  is `--yes`.
- Results go to standard output; questions, progress, notes and errors to standard error. An error
  is one line, perhaps with a hint; `--debug` shows the traceback.
- On a terminal, tables fit its width: long names are cut, and what matters least is left out. In a
  pipe they are whole. `--quiet` prints uuids alone, for the next command:
  `qarnot-job delete $(qarnot-job list --quiet --tag old)`.
- No option takes the token, because every user of a machine can read its command lines: it is in
  `QARNOT_CLIENT_TOKEN`, in a file (`--config`, `--token-file`), and in no output.
- Jobs and tasks that are given no shortname get one of the form `job-<32 digits>`, so that they are
  created exactly once even if the answer is lost
  ([ADR 6](adr/0006-submit-once-and-retry.md)).
- `abort` and `infos` are other names of `terminate` and `info`. `python -m qarnot_domain` is
  `qarnot-job doctor`.
"""

_JSON: Final = """\
## JSON

`--output json` prints an array, `--output jsonl` the same objects, one a line. Names are those of
the members in Python; dates are in ISO 8601 and UTC, durations `[d.]hh:mm:ss`, and what is not
known is null. Members may be added in later versions; none is renamed or taken away without a line
in the changelog. The objects are:

- `create`, `list`, `info`: a job, as below; `create` and `info` with `tasks`, the number of its
  tasks by state.
- `tasks`: a task, as below.
- `wait`, `create --wait`: `uuid`, `name`, `shortname` and `state` of a job; `result`, which is
  `succeeded`, `failed` or `unfinished`; `tasks`, their number by state; `failed_tasks`, each with
  `uuid`, `name`, `shortname`, `state` and `errors`.
- `terminate`, `delete`: `uuid`, `name` and `shortname` of a job; `result`, which is `terminated`,
  `deleted` or `failed`; `error`, its text or null.
- `doctor`: `name` and `value` of what was looked at; `origin`, where a setting comes from;
  `problem`, or null.
"""

_DESCRIPTION: Final = """\
## Describing a job

`qarnot-job create --file` takes a JSON object: the members of a job that can be set, and `tasks`, a
list of objects with the members of a task that can be set. Members are called as in Python.

```json
{
  "name": "nightly",
  "shortname": "nightly-2026-01-31",
  "use_dependencies": true,
  "max_wall_time": "02:00:00",
  "tags": ["weather"],
  "tasks": [
    {
      "name": "fetch",
      "profile": "docker-batch",
      "constants": {"DOCKER_CMD": "echo fetched"},
      "retry_settings": {"max_per_instance_retries": 2}
    },
    {
      "name": "render",
      "profile": "docker-batch",
      "advanced_range": "0-99",
      "constants": {"DOCKER_CMD": "echo frame"},
      "hardware_constraints": [
        {"discriminator": "MinimumCoreHardwareConstraint", "core_count": 8}
      ],
      "dependencies": ["fetch"]
    },
    {
      "name": "alarm",
      "profile": "docker-batch",
      "constants": {"DOCKER_CMD": "echo failed"},
      "dependencies": [{"task": "render", "task_final_state_condition": ["failure"]}]
    }
  ]
}
```

It is read strictly, and checked whole before anything is sent: what is not known, given twice or of
the wrong type is an error that says where it stands. `pool` is a uuid or a shortname. A dependency
is the name or shortname of another task of the description, the uuid of one that exists, or an
object that says in which final states. Values with members of their own are objects, as
`RetrySettings` and `HardwareConstraint` above; resources may be names alone.
"""

_COMPARISON: Final = """\
## Beside the official command line

The verbs and options for jobs of the official one (qarnot-cli, from its public README and sources),
and ours.

| official | here | what differs |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return "\n".join((*_parts(), ""))


def _parts() -> Iterator[str]:
    yield _INTRODUCTION
    yield "## Exit codes\n"
    yield from _table(("code", "means"), ((str(int(c)), text) for c, text in MEANINGS.items()))
    yield (
        "With several ids, the code is that of the first failure. 141 is the shell's own, when "
        "whoever\nreads the output stops.\n"
    )
    yield _JSON
    for kind in (Job, Task):
        yield f"### A {kind.__name__.lower()}\n"
        members = ((f"`{m.name}`", _meaning(kind, m.name)) for m in kind._members)
        yield from _table(("member", "is"), (("`uuid`", _meaning(kind, "uuid")), *members))
    yield _DESCRIPTION
    for kind in (Job, Task):
        yield f"### Members of a {kind.__name__.lower()} that can be given\n"
        yield ", ".join(f"`{name}`" for name in settable(kind)) + ".\n"
    yield "## On a terminal\n"
    yield from _screens()
    yield "## Commands\n"
    yield from _block("qarnot-job --help", _help("--help"))
    for name in COMMANDS:
        yield f"### {name}\n"
        yield from _block(f"qarnot-job {name} --help", _help(name, "--help"))
    yield _COMPARISON + "\n".join(f"| {' | '.join(row)} |" for row in COMPARED)


def _table(
    head: tuple[str, ...], rows: Iterator[tuple[str, ...]] | tuple[tuple[str, ...], ...]
) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


_OTHERS: Final = {
    "pool": "The uuid of the pool it runs in, or null.",
    "job": "The uuid of its job, or null.",
}


def _meaning(kind: type[Job | Task], name: str) -> str:
    if name in _OTHERS:
        return _OTHERS[name]
    text = inspect.getdoc(getattr(kind, name)) or ""
    return text.partition("\n\n")[0].replace("\n", " ").replace("`None`", "null")


def _block(command: str, output: str) -> Iterator[str]:
    yield f"```text\n$ {command}\n{output.rstrip()}\n```\n"


def _help(*arguments: str) -> str:
    said = io.StringIO()
    with patch.dict(os.environ, {"COLUMNS": str(_WIDTH)}), redirect_stdout(said):  # noqa: TID251
        main(arguments)
    return said.getvalue()


def _screens() -> Iterator[str]:
    epoch = datetime(2026, 1, 31, 20, tzinfo=UTC)
    with Emulator(clock=ManualClock(), epoch=epoch) as cloud:
        environment = {
            **os.environ,  # noqa: TID251
            "QARNOT_CLUSTER_URL": cloud.url,
            "QARNOT_CLIENT_TOKEN": cloud.token,
            "NO_COLOR": "1",
        }
        _fill(cloud)
        shown = (
            (("list",), 100, ""),
            (("list",), 50, "The same on a narrow one:\n"),
            (("tasks", "render-142"), 80, ""),
            (("wait", "render-142", "nightly"), 100, "A task failed, so the exit code is 1:\n"),
            (("info", "nightly"), 80, ""),
            (("info", "nightli"), 100, "An id that matches nothing, exit code 4:\n"),
            (("terminate", "nightly", "--yes"), 80, ""),
        )
        for arguments, width, text in shown:
            if text:
                yield text
            seen = on_terminal(arguments, environment, width=width)
            yield from _block(f"qarnot-job {' '.join(arguments)}", _steady(seen.text))


def _steady(screen: str) -> str:
    return re.sub(r"127\.0\.0\.1:[0-9]+", "127.0.0.1:8000", screen)


def _fill(cloud: Emulator) -> None:
    with Connection(
        cluster_url=cloud.url, client_token=cloud.token, clock=cloud.clock
    ) as connection:
        nightly = connection.create_job("Weather of the night", shortname="nightly")
        nightly.tags = ["weather", "january"]
        nightly.max_wall_time = timedelta(hours=2)
        nightly.submit()
        cloud.advance(timedelta(minutes=95))
        render = connection.create_job(
            "Rendering of the façade, second try, with all lamps", shortname="render-142"
        )
        render.submit()
        for job, number, outcome in (
            (nightly, 0, "success"),
            (render, 0, "success"),
            (render, 1, "failure"),
            (render, 2, "success"),
        ):
            task = connection.create_task(
                f"frame-{number}",
                "docker-batch",
                shortname=f"{job.shortname}-{number}",
                job=job,
            )
            task.constants = {"EMULATOR_OUTCOME": outcome}
            task.submit()
    cloud.advance(timedelta(minutes=1))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
