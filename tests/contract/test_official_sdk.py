"""The official SDK against the emulator: it must not be able to tell it from the cloud."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from qarnot_domain.emulator import Emulator, ManualClock

PYTHON_VARIABLE: Final = "QARNOT_OFFICIAL_SDK_PYTHON"
SCRIPT: Final = Path(__file__).parent / "official_sdk" / "jobs.py"
TOKEN: Final = "t0ken-of-the-contract-test"

# Read as this module is imported, before the fixture that hides all QARNOT_ variables from tests.
_PYTHON: Final = os.environ.get(PYTHON_VARIABLE)  # noqa: TID251


@pytest.fixture
def python() -> str:
    """The interpreter of the environment that holds the official SDK; without it the test fails."""
    if _PYTHON is None:
        pytest.fail(f"{PYTHON_VARIABLE} is not set; `make test` makes that environment and sets it")
    # Not resolved: following the link would leave the virtual environment.
    python = Path.cwd() / _PYTHON
    if not python.exists():
        pytest.fail(f"{PYTHON_VARIABLE} names {python}, which is not there; run `make test`")
    return str(python)


@pytest.fixture
def cloud() -> Iterator[Emulator]:
    """A cloud whose time the test moves."""
    with Emulator(clock=ManualClock(), token=TOKEN) as emulator:
        yield emulator


def play(python: str, cloud: Emulator, act: str) -> dict[str, Any]:
    """Run one act of the script and give what it saw, having made sure it kept the token quiet."""
    result = subprocess.run(
        [python, "-I", str(SCRIPT), act],
        env={"QARNOT_CLUSTER_URL": cloud.url, "QARNOT_CLIENT_TOKEN": cloud.token},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert TOKEN not in result.stdout + result.stderr
    assert result.returncode == 0, result.stderr
    seen: dict[str, Any] = json.loads(result.stdout)
    return seen


def test_the_official_sdk_takes_jobs_through_their_life(python: str, cloud: Emulator) -> None:
    """Creates, submits, retrieves, lists, terminates and deletes jobs, and reads their tasks."""
    begun = play(python, cloud, "begin")
    uuid = begun["job"]["uuid"]
    assert begun["version"] == "2.23.0"
    assert begun["job"] == {
        "uuid": uuid,
        "name": "official",
        "shortname": "official-1",
        "state": "Active",
        "use_dependencies": True,
        "max_wall_time": "1.02:00:00",
        "creation_date": "2026-01-01 00:00:00",
    }
    assert begun["retrieved"]["state"] == "Active"
    assert begun["retrieved"]["max_wall_time"] == "1 day, 2:00:00"
    assert begun["by_shortname"] == uuid
    assert begun["listed"] == [uuid, begun["forced"]]
    assert begun["by_tag"] == [uuid]
    assert begun["by_all_tags"] == []
    assert begun["tasks"] == [["task of official", "Submitted"], ["dependent", "Submitted"]]
    name, message = begun["refused_deletion"]
    assert name == "UnauthorizedException"
    assert "force" in message
    assert begun["terminated"] == "Terminating"

    cloud.advance(timedelta(minutes=1))
    ended = play(python, cloud, "end")
    assert ended["job"]["state"] == "Completed"
    assert ended["tasks"] == ["Cancelled", "Cancelled"]
    assert ended["listed"] == [uuid]

    cloud.advance(timedelta(minutes=1))
    gone = play(python, cloud, "gone")
    assert gone["retrieved"][0] == "MissingJobException"
    assert gone["listed"] == []


def test_the_requests_of_the_official_sdk_are_answered_as_it_expects(
    python: str, cloud: Emulator
) -> None:
    """Its own spelling of paths, queries and bodies; nothing it sends is unknown here."""
    play(python, cloud, "begin")
    requests = cloud.requests
    assert TOKEN not in repr(requests)
    assert None not in {request.operation for request in requests}
    created = next(request for request in requests if request.operation == "createJob")
    assert (created.method, created.path, created.status) == ("POST", "/jobs/", 200)
    assert created.body == {
        "name": "official",
        "poolUuid": None,
        "shortname": "official-1",
        "state": "",
        "tags": ["contract", "sdk"],
        "useDependencies": True,
        "maxWallTime": "1.02:00:00",
        "autoDeleteOnCompletion": False,
        "completionTimeToLive": "00:00:00",
    }
    deleted = [request for request in requests if request.operation == "deleteJob"]
    assert [(request.query, request.status) for request in deleted] == [
        ((("force", "False"),), 403),
        ((("force", "True"),), 200),
    ]
    paged = [request.body for request in requests if request.operation == "paginateJobs"]
    assert paged[0] == {"filter": None, "token": None, "maximumResults": None}
