"""A process that emulates a cloud with many jobs, so that what it takes is the emulator's alone.

It prints what `Report` says as a line of JSON, serves until its input ends.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from qarnot_domain.emulator import Emulator, Request, Response
from tests.benchmarks.measuring import seconds_of
from tests.soak.gauges import resident

FINISHED_EVERY: Final = 50
"""Each job of that number has ended, and may go when a new one needs its place."""
TAGGED: Final = 100
"""How many jobs have the same tag."""


@dataclass(frozen=True, slots=True)
class Report:
    """Where the emulator is, and what its jobs took."""

    url: str
    token: str
    seconds: float
    """How long all jobs took to create, in process."""
    memory_before: float
    """The resident memory of the process without jobs, in MB."""
    memory_after: float
    """The same with them, and with the record of the requests that made them."""
    saves: list[float]
    """How many seconds the state file took to write, each time."""
    loads: list[float]
    """How many seconds an emulator took to be made of it."""


@contextmanager
def emulator_with(jobs: int, *, limit: int, saves: int = 0) -> Iterator[Report]:
    """An emulator in a process of its own, with that many jobs where there is room for `limit`."""
    command = [sys.executable, "-m", __name__, str(jobs), str(limit), str(saves)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Report(**json.loads(process.stdout.readline()))
        process.stdin.close()


def name_of(index: int) -> str:
    """The name of a job, which begins as those of its hundred do."""
    return f"job-{index:06}"


def shortname_of(index: int) -> str:
    """The shortname of a job."""
    return f"the-job-{index:06}"


def tag_of(index: int, jobs: int) -> str:
    """The tag of a job, which others all over the list have too."""
    return f"group-{index % max(1, jobs // TAGGED)}"


def _create(emulator: Emulator, jobs: int) -> None:
    for index in range(jobs):
        is_to_end = index % FINISHED_EVERY == 0
        body = {
            "name": name_of(index),
            "shortname": shortname_of(index),
            "tags": ["benchmark", tag_of(index, jobs)],
            "autoDeleteOnCompletion": is_to_end,
        }
        _send(emulator, "/jobs", body)
        if is_to_end:
            _send(emulator, f"/jobs/{shortname_of(index)}/terminate")
    emulator.advance(timedelta(minutes=1))


def _send(emulator: Emulator, path: str, body: Any = None) -> None:
    content = b"" if body is None else json.dumps(body).encode()
    reply = emulator.handle(
        Request("POST", path, headers={"authorization": emulator.token}, body=content)
    )
    assert isinstance(reply, Response)
    assert reply.status == 200, reply


def _memory() -> float:
    gc.collect()
    return resident(os.getpid())


def main() -> None:
    """Create the jobs, and serve them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", type=int)
    parser.add_argument("limit", type=int)
    parser.add_argument("saves", type=int)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        file = Path(folder, "state.json")
        emulator = Emulator(max_jobs=options.limit, state_file=file)
        emulator.start()
        before = _memory()
        creation = seconds_of(lambda: _create(emulator, options.jobs))
        after = _memory()
        report = Report(
            url=emulator.url,
            token=emulator.token,
            seconds=creation,
            memory_before=before,
            memory_after=after,
            saves=[seconds_of(emulator.save) for _ in range(options.saves)],
            loads=[seconds_of(lambda: Emulator(state_file=file)) for _ in range(options.saves)],
        )
        sys.stdout.write(json.dumps(asdict(report)) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        emulator.stop()


if __name__ == "__main__":
    main()
