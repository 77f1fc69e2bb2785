"""What a task says, by its constants, of what is to become of it here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from qarnot_domain.emulator._ranges import parse_ranges
from qarnot_domain.emulator._shapes import Faults, fault
from qarnot_domain.timespan import TimeSpan

EXECUTION_TIME_CONSTANT: Final = "EMULATOR_EXECUTION_TIME"
"""How long a task executes: a time span, or seconds as a number."""
TIME_LIMIT_CONSTANT: Final = "EMULATOR_TIME_LIMIT"
"""How long each instance may really execute, in the same form."""
OUTCOME_CONSTANT: Final = "EMULATOR_OUTCOME"
"""How all instances end: `success` or `failure`."""
FAILING_INSTANCES_CONSTANT: Final = "EMULATOR_FAILING_INSTANCES"
"""Which instances fail, as ranges; the others succeed."""

DEFAULT_EXECUTION_TIME: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Conduct:
    """What becomes of a task, if nobody stops it."""

    execution_time: timedelta
    failing: frozenset[int]
    time_limit: timedelta | None


def read_conduct(
    constants: Mapping[str, str], instance_ids: Sequence[int], faults: Faults
) -> Conduct:
    """The conduct that constants ask for; what is wrong with them goes to `faults`."""
    execution_time = _duration(constants, EXECUTION_TIME_CONSTANT, faults)
    return Conduct(
        DEFAULT_EXECUTION_TIME if execution_time is None else execution_time,
        _failing(constants, instance_ids, faults),
        _duration(constants, TIME_LIMIT_CONSTANT, faults),
    )


def _failing(
    constants: Mapping[str, str], instance_ids: Sequence[int], faults: Faults
) -> frozenset[int]:
    outcome, failing = constants.get(OUTCOME_CONSTANT), constants.get(FAILING_INSTANCES_CONSTANT)
    if failing is not None:
        path = f"constants.{FAILING_INSTANCES_CONSTANT}"
        if outcome is not None:
            fault(faults, path, f"excludes {OUTCOME_CONSTANT}")
        # Others may be named: the instances of a copy are some of those of the first task.
        return frozenset(instance_ids).intersection(parse_ranges(failing, path, faults))
    if outcome is not None and outcome.lower() not in ("success", "failure"):
        fault(faults, f"constants.{OUTCOME_CONSTANT}", "must be success or failure")
    return frozenset(instance_ids if (outcome or "").lower() == "failure" else ())


def _duration(constants: Mapping[str, str], name: str, faults: Faults) -> timedelta | None:
    text = constants.get(name)
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{1,9}(\.\d+)?", text, re.ASCII):
            return timedelta(seconds=float(text))
        duration = TimeSpan(text).timedelta
    except ValueError:
        duration = timedelta(-1)
    if duration < timedelta(0):
        fault(faults, f"constants.{name}", "must be a time span or seconds")
    return duration
