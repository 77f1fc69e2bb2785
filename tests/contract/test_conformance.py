"""The conformance table of retrying and submitting once: `qarnot_domain/emulator/conformance.json`.

It is data, for clients in any language; this is our own client, held to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import pytest

from qarnot_domain import (
    ConflictException,
    Connection,
    InvalidRequestException,
    MissingJobException,
    MissingPoolException,
    MissingTaskException,
    NotEnoughCreditsException,
    QarnotException,
    SubmissionUnknownException,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator, ManualClock

from ..compare.table import KINDS, OFFICIAL, PAGE, TABLE, Case, cases, page

TIMEOUT: Final = 0.7
"""Seconds that the client waits for an answer where one never comes."""

OUTCOMES: Final[dict[str, tuple[type[QarnotException], ...]]] = {
    "invalid": (InvalidRequestException,),
    "unauthorized": (UnauthorizedException,),
    "no credits": (NotEnoughCreditsException,),
    "missing": (MissingJobException, MissingTaskException, MissingPoolException),
    "conflict": (ConflictException,),
    "unknown": (SubmissionUnknownException,),
    "failed": (QarnotException,),
}
"""What the words of the table are here; of several that fit, the first."""


def _task_output(connection: Connection) -> Callable[[], object]:
    task = connection.create_task("n", "docker-batch")
    task.submit()
    return task.fresh_stdout


def _retrieval(connection: Connection) -> Callable[[], object]:
    job = connection.create_job("n")
    job.submit()
    return lambda: connection.retrieve_job(str(job.uuid))


def _termination(connection: Connection) -> Callable[[], object]:
    job = connection.create_job("n")
    job.submit()
    return job.terminate


Act = Callable[[], object]

USES: Final[dict[str, Callable[[Connection], Act]]] = {
    "read": _retrieval,
    "idempotent write": _termination,
    "consuming read": _task_output,
    "unkeyed create": lambda connection: connection.create_job("new").submit,
    "keyed create": lambda connection: connection.create_job("new", shortname="new").submit,
}
"""What is prepared for each kind of operation, and then done."""


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """The emulator, on a clock of its own: waiting for an answer takes real time."""
    with Emulator(clock=ManualClock()) as emulator:
        yield emulator


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_client_does_what_the_table_says(server: Emulator, case: Case) -> None:
    """So many requests, that outcome, so many effects and look-ups, and no shorter a wait."""
    server.reset()
    clock = ManualClock()
    with Connection(
        cluster_url=server.url,
        client_token=server.token,
        cluster_timeout=TIMEOUT if any("hang" in name for name in case.meets) else 30,
        clock=clock,
    ) as connection:
        act = USES[case.kind](connection)
        before = len(server.requests)
        jobs = len(connection.jobs()) if "create" in case.kind else 0
        case.arm(server)
        outcome = outcome_of(act)
        requests = [request.operation for request in server.requests[before:]]
        server.clear_faults()
        found: dict[str, Any] = {
            "outcome": outcome,
            "requests": requests.count(case.operation),
        }
        if "create" in case.kind:
            found["effects"] = len(connection.jobs()) - jobs
            found["look_ups"] = requests.count("retrieveJob")
    expected = {name: value for name, value in case.expected.items() if name != "least_wait"}
    assert found == {**dict.fromkeys(found, 0), **expected}
    least = timedelta(seconds=case.expected.get("least_wait", 0))
    assert timedelta(seconds=clock.monotonic()) >= least


def outcome_of(act: Callable[[], object]) -> str:
    """What it comes to, in the words of the table."""
    try:
        act()
    except QarnotException as error:
        return next(word for word, kinds in OUTCOMES.items() if isinstance(error, kinds))
    return "success"


def test_table_is_whole() -> None:
    """Every case says what each kind of operation does, by words that are explained."""
    used = {name for case in TABLE["cases"] for name in case["meets"]}
    assert used == set(TABLE["instructions"])
    for case in TABLE["cases"]:
        assert tuple(case["expect"]) == KINDS == tuple(USES) == tuple(TABLE["operations"])
        outcomes = {expected["outcome"] for expected in case["expect"].values()}
        assert outcomes <= {"success", *OUTCOMES}


def test_page_shows_the_table() -> None:
    """docs/conformance.md is made of the table and of what the official SDK did when compared."""
    assert PAGE.read_text("utf-8") == page(json.loads(OFFICIAL.read_text("utf-8")))
