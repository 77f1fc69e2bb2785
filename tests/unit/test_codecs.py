"""The kinds of values that members hold."""

from __future__ import annotations

import pytest

from qarnot_domain import Connection
from qarnot_domain.emulator import Emulator

from .driving import PROFILE


def test_ranges_can_be_taken_back(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Setting `None` means no ranges: none are sent."""
    task = qarnot_connection.create_task("n", PROFILE, "0-2,4")
    task.advanced_range = None
    task.instancecount = 2
    task.submit()
    assert "advancedRanges" not in qarnot_emulator.requests[-1].body


@pytest.mark.parametrize("value", [3, b"0-2", ["0-2"], True])
def test_ranges_take_only_text(qarnot_connection: Connection, value: object) -> None:
    """What is not text is a `TypeError` that names the member, and changes nothing."""
    task = qarnot_connection.create_task("n", PROFILE, "0-2,4")
    with pytest.raises(TypeError, match=r"^advanced_range\b"):
        setattr(task, "advanced_range", value)  # noqa: B010 - not what its type allows
    assert task.advanced_range == "0-2,4"
