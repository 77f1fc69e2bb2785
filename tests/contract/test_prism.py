"""A server that nobody here wrote, made by Prism from the document alone, read by the library."""

from __future__ import annotations

import socket
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Final

import pytest

from qarnot_domain import Connection, Job, JobFields, Pool, QarnotException, Task, TaskFields
from qarnot_domain.emulator import ManualClock

OPENAPI: Final = Path(__file__).parents[2] / "openapi"
UUID: Final = "7c9b1f0e-2d64-4b52-9a53-0f1f7a1c2b3d"

pytestmark = pytest.mark.check


@contextmanager
def prism(*arguments: str) -> Iterator[str]:
    """Serve the document; the URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = str(OPENAPI / "node_modules" / ".bin" / "prism")
    with subprocess.Popen(
        [command, "mock", "--port", port, *arguments, "qarnot-compute.yaml"],
        cwd=OPENAPI,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = next((line for line in process.stdout if "is listening on" in line), None)
            assert said is not None, "Prism ended before it served"
            # What it says of requests must not fill the pipe.
            Thread(target=process.stdout.read, daemon=True).start()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def read(thing: object) -> object:
    """Read every public member of an object, or of each in a list."""
    if isinstance(thing, list):
        return [read(one) for one in thing]
    for name in dir(type(thing)) if isinstance(thing, Job | Task | Pool) else ():
        if not name.startswith("_") and not callable(getattr(type(thing), name)):
            getattr(thing, name)
    return repr(thing)


def submitted(draft: Job | Task | Pool) -> object:
    """Submit and read it."""
    draft.submit()
    return read(draft)


def output(get: Callable[[], Task | Pool], stream: str, instance: int | None) -> object:
    """Read an output."""
    return getattr(get(), stream)(instance)


def calls(connection: Connection) -> dict[str, Callable[[], object]]:
    """Each call of the domain layer that makes a request, by the name of what it does."""

    def job() -> Job:
        return connection.retrieve_job(UUID)

    def task() -> Task:
        return connection.retrieve_task(UUID)

    def pool() -> Pool:
        return connection.retrieve_pool(UUID)

    def changed(one: Task | Pool) -> None:
        one.tags = ["changed"]
        one.commit()

    made: dict[str, Callable[[], object]] = {
        "account": lambda: connection.user_info,
        "quotas": connection.get_user_computing_quotas,
        "quotas of the organization": connection.get_organization_computing_quotas,
        "profiles": connection.profiles,
        "profile": lambda: connection.retrieve_profile("docker-batch"),
        "hardware": connection.hardware_constraints_page,
        "processors": lambda: connection.search_cpu_model_constraints("a"),
        "jobs": lambda: read(list(connection.jobs_page(maximum=5).page_data)),
        "jobs by a condition": lambda: connection.jobs_page(where=JobFields.name == "a"),
        "tasks": lambda: read(list(connection.tasks_page(summary=False).page_data)),
        "summaries of tasks": lambda: read(list(connection.tasks_page().page_data)),
        "tasks by a condition": lambda: connection.tasks_page(where=TaskFields.name == "a"),
        "pools": lambda: read(list(connection.pools_page(summary=False).page_data)),
        "summaries of pools": lambda: read(list(connection.pools_page().page_data)),
        "a job": lambda: read(job()),
        "a task": lambda: read(task()),
        "a pool": lambda: read(pool()),
        "make a job": lambda: submitted(connection.create_job("a")),
        "make a task": lambda: submitted(connection.create_task("a", "docker-batch")),
        "make a pool": lambda: submitted(connection.create_pool("a", "docker-batch")),
        "tasks of a job": lambda: read(job().tasks),
        "terminate": lambda: job().terminate(),
        "delete a job": lambda: job().delete(forceAbort=True),
        "abort": lambda: task().abort(),
        "delete a task": lambda: task().delete(),
        "change a task": lambda: changed(task()),
        "resources of a task": lambda: task().update_resources(),
        "jobs of a pool": lambda: read(pool().jobs),
        "tasks of a pool": lambda: read(pool().tasks),
        "close": lambda: pool().close(),
        "delete a pool": lambda: pool().delete(),
        "change a pool": lambda: changed(pool()),
        "resources of a pool": lambda: pool().update_resources(),
    }
    for kind, get in (("task", task), ("pool", pool)):
        for stream in ("stdout", "stderr", "fresh_stdout", "fresh_stderr"):
            for instance in (None, 0):
                name = f"{stream} of a {kind}, {instance}"
                made[name] = partial(output, get, stream, instance)
    return made


@pytest.mark.parametrize(
    ("mode", "rounds"), [((), 1), (("--dynamic", "--seed", "qarnot"), 5)], ids=["static", "dynamic"]
)
def test_every_call_reads_what_the_document_allows(
    mode: tuple[str, ...], rounds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each call succeeds or raises a documented exception; each example is read."""
    outcomes: Counter[str] = Counter()
    refused: list[str] = []
    with (
        prism(*mode) as url,
        Connection(
            cluster_url=url, client_token="any", retry_count=0, clock=ManualClock()
        ) as connection,
    ):
        made = calls(connection)
        for _ in range(rounds):
            for name, call in made.items():
                try:
                    call()
                except QarnotException as error:
                    outcomes[type(error).__name__] += 1
                    refused.append(f"{name}: {type(error).__name__}: {error}")
                else:
                    outcomes["success"] += 1
    with capsys.disabled():
        print(f"\nPrism {' '.join(mode)}: {len(made)} calls, {rounds} times: {dict(outcomes)}")  # noqa: T201

    assert outcomes.total() == rounds * len(made)
    # Prism remembers nothing: what it answers may be about another object than was asked for. The
    # document's pattern of time spans takes more days than there can be, which Prism then makes.
    assert outcomes.keys() <= {
        "success",
        "MalformedResponseException",
        "SubmissionUnknownException",
    }, refused
    assert mode or all("it is not about" in one for one in refused), refused
