"""The official SDK against the emulator: it must not be able to tell it from the cloud.

Nor may a script be able to tell the official SDK from ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from qarnot_domain.emulator import Emulator, ManualClock

PYTHON_VARIABLE: Final = "QARNOT_OFFICIAL_SDK_PYTHON"
SCRIPTS: Final = Path(__file__).parent / "official_sdk"
TOKEN: Final = "t0ken-of-the-contract-test"

# Read as this module is imported, before the fixture that hides all QARNOT_ variables from tests.
_PYTHON: Final = os.environ.get(PYTHON_VARIABLE)  # noqa: TID251
_PATH: Final = os.environ.get("PYTHONPATH", "")  # noqa: TID251
"""Where our own package is looked for, as in this process."""


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


def play(cloud: Emulator, command: list[str], **environment: str) -> dict[str, Any]:
    """Run one act of a script and give what it saw, having made sure it kept the token quiet."""
    result = subprocess.run(
        command,
        env={"QARNOT_CLUSTER_URL": cloud.url, "QARNOT_CLIENT_TOKEN": cloud.token, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert TOKEN not in result.stdout + result.stderr
    assert result.returncode == 0, result.stderr
    seen: dict[str, Any] = json.loads(result.stdout)
    return seen


def play_jobs(python: str, cloud: Emulator, act: str) -> dict[str, Any]:
    """What the official SDK saw in one act of its own script."""
    return play(cloud, [python, "-I", str(SCRIPTS / "jobs.py"), act])


def play_both(
    python: str, acts: Mapping[str, timedelta]
) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """What the official SDK and ours saw in each act of the same script, on clouds that are alike.

    After each act the time of both moves on.
    """
    script = str(SCRIPTS / "same.py")
    seen = {}
    with (
        Emulator(clock=ManualClock(), token=TOKEN) as theirs,
        Emulator(clock=ManualClock(), token=TOKEN) as ours,
    ):
        for act, pause in acts.items():
            seen[act] = (
                play(theirs, [python, "-I", script, "qarnot", act]),
                play(ours, [sys.executable, "-P", script, "qarnot_domain", act], PYTHONPATH=_PATH),
            )
            for cloud in (theirs, ours):
                assert None not in {request.operation for request in cloud.requests}
                cloud.advance(pause)
    return seen


def states(tasks: list[dict[str, Any]]) -> dict[str, str]:
    """The state of each task, by name."""
    return {task["name"]: task["state"] for task in tasks}


def test_the_official_sdk_takes_jobs_through_their_life(python: str, cloud: Emulator) -> None:
    """Creates, submits, retrieves, lists, terminates and deletes jobs, and reads their tasks."""
    begun = play_jobs(python, cloud, "begin")
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
    ended = play_jobs(python, cloud, "end")
    assert ended["job"]["state"] == "Completed"
    assert ended["tasks"] == ["Cancelled", "Cancelled"]
    assert ended["listed"] == [uuid]

    cloud.advance(timedelta(minutes=1))
    gone = play_jobs(python, cloud, "gone")
    assert gone["retrieved"][0] == "MissingJobException"
    assert gone["listed"] == []


def test_the_requests_of_the_official_sdk_are_answered_as_it_expects(
    python: str, cloud: Emulator
) -> None:
    """Its own spelling of paths, queries and bodies; nothing it sends is unknown here."""
    play_jobs(python, cloud, "begin")
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


def test_the_same_script_sees_the_same_jobs_and_tasks_with_both(python: str) -> None:
    """Jobs, tasks, dependencies, states and outputs, whichever SDK is imported."""
    minute = timedelta(minutes=1)
    acts = {
        "begin": timedelta(seconds=15),
        "run": minute,
        "end": minute,
        "gone": minute,
        "nothing": minute,
    }
    played = play_both(python, acts)
    for theirs, ours in played.values():
        assert theirs == ours
    # That they see the same must not be because there is nothing to see.
    begun, running, ended = (played[act][0] for act in ("begin", "run", "end"))
    assert begun["all tags"] == ["first"]
    assert states(begun["bulk"]) == {
        "bulk 0": "PendingCancel",
        "bulk 1": "Submitted",
        "bulk 2": "Submitted",
    }
    assert "[0]" in running["output"]["stdout"]
    assert [phase for task in running["tasks"] for _, phase, *_ in task["running"]] != []
    assert states(ended["tasks"]) == {
        "first": "Success",
        "ranged": "Failure",
        "after": "Success",
        "later": "Success",
        "consoled": "Success",
        "dropped": "Cancelled",
        "bulk 0": "Cancelled",
        "bulk 1": "Success",
        "bulk 2": "Success",
    }
    assert ended["job"]["state"] == "Terminating"
    assert played["nothing"][0]["job"] == "MissingJobException"


def test_the_same_script_sees_the_same_pools_with_both(python: str) -> None:
    """Pools, what is in them, and their end, whichever SDK is imported."""
    minute = timedelta(minutes=1)
    acts = {
        "open_pool": timedelta(seconds=6),
        "use_pool": minute,
        "close_pool": minute,
        "delete_pool": minute,
        "no_pool": minute,
    }
    played = play_both(python, acts)
    for theirs, ours in played.values():
        assert theirs == ours
    assert played["open_pool"][0]["any tag"] == ["farm"]
    assert played["use_pool"][0]["pool"]["state"] == "FullyExecuting"
    assert states(played["close_pool"][0]["tasks"]) == {
        "in the job": "Success",
        "direct": "Success",
    }
    assert played["delete_pool"][0]["pool"]["state"] == "Closed"
    assert played["no_pool"][0]["pool"] == "MissingPoolException"
