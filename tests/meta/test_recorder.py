"""The recorder that holds every answer of every emulator in the suite to the document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qarnot_domain.emulator._http import Response

from ..recorder import Recorder

JSON = (("content-type", "application/json"),)
JOB: dict[str, Any] = {
    "uuid": "11111111-2222-4333-8444-555555555555",
    "name": "n",
    "shortname": "s",
    "poolUuid": None,
    "state": "Active",
    "previousState": None,
    "useDependencies": False,
    "stateTransitionTime": None,
    "previousStateTransitionTime": None,
    "lastModified": None,
    "creationDate": "2026-01-01T00:00:00Z",
    "maxWallTime": None,
    "tags": [],
    "autoDeleteOnCompletion": False,
    "completionTimeToLive": None,
}


def recorded(response: Response) -> Recorder:
    """A recorder that saw this answer to `retrieveJob`."""
    recorder = Recorder()
    recorder("retrieveJob", response)
    return recorder


def test_an_answer_as_documented_is_counted() -> None:
    """It is no violation."""
    recorder = recorded(Response(200, json.dumps(JOB).encode(), JSON))
    assert (recorder.valid, recorder.violations) == ({"retrieveJob": 1}, [])


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Response(200, json.dumps({**JOB, "state": "Resting"}).encode(), JSON), "Resting"),
        (Response(200, json.dumps({**JOB, "uuid": "no"}).encode(), JSON), "uuid"),
        (Response(200, json.dumps({"uuid": JOB["uuid"]}).encode(), JSON), "name"),
        (Response(200, b"[]", JSON), "object"),
        (Response(200, b"text", (("content-type", "text/plain"),)), "text/plain"),
        (Response(418, b"{}", JSON), "status"),
    ],
)
def test_an_answer_that_is_not_documented_is_a_violation(response: Response, reason: str) -> None:
    """It says which operation answered what, and why that is wrong."""
    recorder = recorded(response)
    assert recorder.valid.total() == 0
    assert len(recorder.violations) == 1
    assert recorder.violations[0].startswith(f"retrieveJob answers {response.status}: ")
    assert reason in recorder.violations[0]
