"""What becomes of a task where nothing really executes: as its constants say, or by chance."""

from __future__ import annotations

import random
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


@dataclass(frozen=True, slots=True)
class Chances:
    """What becomes of tasks that do not say it. What makes no sense is a `ValueError`."""

    shortest: timedelta = DEFAULT_EXECUTION_TIME
    longest: timedelta = DEFAULT_EXECUTION_TIME
    """Within which each task executes, to a millisecond."""
    failure_rate: float = 0.0
    """How likely each instance is to fail."""

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.shortest <= self.longest:
            raise ValueError(
                "execution_times: a shortest, from 0, and a longest that is no shorter, not "
                f"{self.shortest} and {self.longest}"
            )
        if not 0 <= self.failure_rate <= 1:
            raise ValueError(f"failure_rate: is from 0 to 1, not {self.failure_rate}")

    def draw(self, uuid: str, instance_ids: Sequence[int]) -> Conduct:
        """The conduct of a task: the same each time for a uuid, which comes from the seed."""
        # A generator of its own: uuids stay the same whatever the chances are.
        generator = random.Random(uuid)  # noqa: S311 - it is there to repeat
        part = generator.random()
        milliseconds = (self.longest - self.shortest) * part // timedelta(milliseconds=1)
        failing = (i for i in instance_ids if generator.random() < self.failure_rate)
        return Conduct(self.shortest + timedelta(milliseconds=milliseconds), frozenset(failing))


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a task says by its constants; `None` for what it leaves to chance."""

    execution_time: timedelta | None
    failing: frozenset[int] | None
    time_limit: timedelta | None

    def or_else(self, drawn: Conduct) -> Conduct:
        """What is said, and of the rest what was drawn."""
        return Conduct(
            drawn.execution_time if self.execution_time is None else self.execution_time,
            drawn.failing if self.failing is None else self.failing,
        )


def read_wishes(
    constants: Mapping[str, str], instance_ids: Sequence[int], faults: Faults
) -> Wishes:
    """What constants say; what is wrong with them goes to `faults`."""
    return Wishes(
        _duration(constants, EXECUTION_TIME_CONSTANT, faults),
        _failing(constants, instance_ids, faults),
        _duration(constants, TIME_LIMIT_CONSTANT, faults),
    )


def _failing(
    constants: Mapping[str, str], instance_ids: Sequence[int], faults: Faults
) -> frozenset[int] | None:
    outcome, failing = constants.get(OUTCOME_CONSTANT), constants.get(FAILING_INSTANCES_CONSTANT)
    if failing is not None:
        path = f"constants.{FAILING_INSTANCES_CONSTANT}"
        if outcome is not None:
            fault(faults, path, f"excludes {OUTCOME_CONSTANT}")
        # Others may be named: the instances of a copy are some of those of the first task.
        return frozenset(instance_ids).intersection(parse_ranges(failing, path, faults))
    if outcome is None:
        return None
    if outcome.lower() not in ("success", "failure"):
        fault(faults, f"constants.{OUTCOME_CONSTANT}", "must be success or failure")
    return frozenset(instance_ids if outcome.lower() == "failure" else ())


def _duration(constants: Mapping[str, str], name: str, faults: Faults) -> timedelta | None:
    text = constants.get(name)
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        fault(faults, f"constants.{name}", str(error))
        return None


def parse_duration(text: str) -> timedelta:
    """What a time span, or a number of seconds, stands for; a `ValueError` if it is neither."""
    try:
        if re.fullmatch(r"\d{1,9}(\.\d+)?", text, re.ASCII):
            return timedelta(seconds=float(text))
        duration = TimeSpan(text).timedelta
    except ValueError:
        duration = timedelta(-1)
    if duration < timedelta(0):
        raise ValueError("must be a time span or seconds")
    return duration
