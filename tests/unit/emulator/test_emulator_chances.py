"""Tasks whose length and failures come from the emulator's seed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from qarnot_domain.emulator import Emulator
from qarnot_domain.timespan import TimeSpan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.emulator.conftest import Driver, Json

CHANCES: dict[str, Json] = {
    "execution_times": (timedelta(seconds=10), timedelta(seconds=20)),
    "failure_rate": 0.3,
}


def ends(cloud: Driver, **members: Json) -> list[tuple[str, timedelta, str]]:
    """What became of twelve tasks of three instances: uuid, time of each instance, those failed."""
    uuids = [cloud.create_task(instanceCount=3, **members) for _ in range(12)]
    cloud.advance(3600)
    tasks = [cloud.task(uuid) for uuid in uuids]
    return [
        (
            task["uuid"],
            TimeSpan(task["executionTime"]).timedelta / 3,
            task["status"]["failedRange"],
        )
        for task in tasks
    ]


def test_chance_repeats_with_the_seed(driver_class: type[Driver]) -> None:
    """Equal seeds give equal lengths and failures, and another seed gives others."""
    first, same, other = (
        [end[1:] for end in ends(driver_class(seed=seed, **CHANCES))] for seed in (1, 1, 2)
    )
    assert first == same != other


def test_chance_keeps_within_its_bounds(driver_class: type[Driver]) -> None:
    """Tasks last from the shortest to the longest, each its own, and some instances fail."""
    seen = ends(driver_class(**CHANCES))
    # A task of several instances is partially executing for a moment before.
    times = [time - timedelta(milliseconds=200) for _, time, _ in seen]
    assert all(timedelta(seconds=10) <= time <= timedelta(seconds=20) for time in times)
    assert len(set(times)) > 6
    assert len({failed for _, _, failed in seen}) > 2


def test_chance_changes_no_uuid(driver_class: type[Driver]) -> None:
    """They are those of the seed, whatever else is drawn."""
    with_chances, without = ends(driver_class(**CHANCES)), ends(driver_class())
    assert [uuid for uuid, *_ in with_chances] == [uuid for uuid, *_ in without]


def test_constants_leave_nothing_to_chance(driver_class: type[Driver]) -> None:
    """A task that says how long it takes and how it ends does so."""
    cloud = driver_class(**CHANCES)
    constants = [
        {"key": "EMULATOR_EXECUTION_TIME", "value": "5"},
        {"key": "EMULATOR_OUTCOME", "value": "success"},
    ]
    assert {(time, failed) for _, time, failed in ends(cloud, constants=constants)} == {
        (timedelta(seconds=5.2), "")
    }


@pytest.mark.parametrize(("rate", "failed"), [(0.0, ""), (1, "0-2")])
def test_a_rate_may_be_certain(driver_class: type[Driver], rate: float, failed: str) -> None:
    """No instance fails, or all do."""
    assert {end[2] for end in ends(driver_class(failure_rate=rate))} == {failed}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"failure_rate": -0.1}, "failure_rate: is from 0 to 1, not -0.1"),
        ({"failure_rate": 1.5}, "failure_rate"),
        ({"failure_rate": float("nan")}, "failure_rate"),
        ({"execution_times": (timedelta(2), timedelta(1))}, "execution_times: a shortest, from 0"),
        ({"execution_times": (timedelta(-1), timedelta(1))}, "execution_times"),
    ],
)
def test_chances_that_make_no_sense_are_refused(options: dict[str, Json], message: str) -> None:
    """With the name of the argument."""
    with pytest.raises(ValueError, match=message):
        Emulator(**options)


def test_chances_are_kept_in_the_state_file(driver_class: type[Driver], tmp_path: Path) -> None:
    """What comes after the stop is as it would have been without it."""
    whole = driver_class(**CHANCES)
    ends(whole)
    path = tmp_path / "state.json"
    before = driver_class(state_file=path, **CHANCES)
    ends(before)
    before.emulator.save()
    assert ends(driver_class(state_file=path)) == ends(whole)
