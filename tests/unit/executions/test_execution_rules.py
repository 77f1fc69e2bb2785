"""`Task` and `Pool`: what goes together and what does not, refused before anything is sent."""

from __future__ import annotations

import pytest

from qarnot_domain import Connection
from qarnot_domain.emulator import Emulator

from ..driving import refused
from .kind import each
from .kinds import EXECUTIONS, AnyExecution


@pytest.mark.parametrize("emptied", ["resources", "resource_buckets"])
@each(EXECUTIONS)
def test_resources_exclude_resource_buckets(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, emptied: str
) -> None:
    """Its input is said in one of the two ways."""
    made = kind.draft(qarnot_connection)
    for member in ("resources", "resource_buckets"):
        setattr(made, member, kind.settings[member].value)
    message = refused(made, qarnot_emulator)
    assert ("resources" in message, "resource_buckets" in message) == (True, True)
    setattr(made, emptied, [])
    made.submit()
    for member in ("resources", "resource_buckets"):
        expected = [] if member == emptied else kind.settings[member].on_server
        assert getattr(made, member) == expected


@pytest.mark.parametrize("target", ["targeted_reserved_machine_key", "targeted_reservation_name"])
@pytest.mark.parametrize("scheduling_type", [None, "flex", "onDemand"])
@each(EXECUTIONS)
def test_target_needs_reserved_scheduling(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: AnyExecution,
    target: str,
    scheduling_type: str | None,
) -> None:
    """Only reserved machines can be named."""
    made = kind.draft(qarnot_connection)
    setattr(made, target, "rack-1")
    made.scheduling_type = scheduling_type
    message = refused(made, qarnot_emulator)
    assert (target in message, "scheduling_type" in message) == (True, True)
    made.scheduling_type = "RESERVED"
    made.submit()
    assert getattr(made, target) == "rack-1"
