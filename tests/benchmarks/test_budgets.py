"""What an operation may take, counted rather than timed, so that no machine's mood decides.

The budgets are in `budgets.json`: requests sent, and calls of Python functions in the thread that
asks. Where fewer are taken than nine tenths of a budget, it is to be lowered.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

import pytest

from qarnot_domain import Connection, Job
from qarnot_domain.emulator import Emulator

pytestmark = pytest.mark.check

BUDGETS: Final[dict[str, dict[str, int]]] = json.loads(
    Path(__file__).with_name("budgets.json").read_text(encoding="utf-8")
)
MANY: Final = 100


def counted(action: Callable[[], object]) -> int:
    """How many Python functions are called."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(None)
    return calls


def actions(connection: Connection) -> dict[str, Callable[[], object]]:
    """What is counted, by its name."""
    job = connection.create_job("first")
    job.submit()
    assert job.state == "Active"
    payload = job.to_json()
    many = [connection.create_job(f"one-{index}") for index in range(MANY)]
    for one in many:
        one.submit()
    (listed, *_) = connection.jobs_page(maximum=MANY // 2).page_data
    return {
        "retrieve_job": lambda: connection.retrieve_job(str(job.uuid)),
        "create_and_submit": lambda: connection.create_job("second").submit(),
        "state, fresh": lambda: job.state,
        "state of a list, fresh": lambda: listed.state,
        "from_json": lambda: Job.from_json(connection, payload),
        f"refresh of {MANY}": lambda: connection.refresh(many),
        f"page of {MANY // 2}": lambda: connection.jobs_page(maximum=MANY // 2),
    }


@pytest.mark.parametrize("name", BUDGETS)
def test_operation_keeps_to_its_budget(
    name: str, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Neither more requests nor more calls than are granted, and not many fewer calls."""
    action = actions(qarnot_connection)[name]
    action()
    sent = len(qarnot_emulator.requests)
    calls = counted(action)
    budget = BUDGETS[name]
    assert len(qarnot_emulator.requests) - sent == budget["requests"]
    assert 0.9 * budget["calls"] <= calls <= budget["calls"], calls
