"""Clocks: monotonic, and driven by hand where tests need it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from qarnot_domain._clock import SystemClock
from qarnot_domain.emulator import ManualClock


def test_manual_clock_stands_still() -> None:
    """It starts at zero and moves only when told to."""
    clock = ManualClock()
    assert [clock.monotonic() for _ in range(3)] == [0.0, 0.0, 0.0]


def test_manual_clock_moves_by_what_it_is_told() -> None:
    """Advancing and sleeping both move it by exactly that much."""
    clock = ManualClock()
    clock.advance(timedelta(seconds=2))
    clock.sleep(0.5)
    assert clock.monotonic() == 2.5
    clock.sleep(0)
    clock.advance(timedelta(0))
    clock.advance(1.5)
    assert clock.monotonic() == 4.0


def test_clock_is_advanced_by_a_duration_alone() -> None:
    """A text is refused by the name of the argument, and moves nothing."""
    clock = ManualClock()
    with pytest.raises(TypeError, match=r"^by must be a number of seconds or a timedelta, not str"):
        clock.advance("00:01:00")  # type: ignore[arg-type]  # the point of the test
    assert clock.monotonic() == 0


@pytest.mark.parametrize("seconds", [1e-7, 1e-9, 1e-12])
def test_manual_clock_passes_every_sleep_however_short(seconds: float) -> None:
    """After a sleep that much has passed: a loop that waits for a moment ends."""
    clock = ManualClock()
    clock.sleep(seconds)
    assert clock.monotonic() >= seconds


@pytest.mark.parametrize("clock", [ManualClock(), SystemClock()])
def test_clocks_never_go_back(clock: ManualClock | SystemClock) -> None:
    """A negative duration is refused and moves nothing."""
    before = clock.monotonic()
    with pytest.raises(ValueError, match="by must be 0"):
        clock.advance(timedelta(microseconds=-1))
    assert clock.monotonic() >= before


def test_system_clock_can_be_advanced() -> None:
    """What it was advanced by is added to the machine's own time."""
    clock = SystemClock()
    before = clock.monotonic()
    clock.advance(timedelta(days=1))
    assert clock.monotonic() - before >= 86_400


def test_manual_clock_loses_nothing_between_threads() -> None:
    """Every move by every thread counts."""
    clock = ManualClock()

    def sleep_often() -> None:
        for _ in range(500):
            clock.sleep(0.25)

    with ThreadPoolExecutor(8) as threads:
        for _ in range(8):
            threads.submit(sleep_often)
    assert clock.monotonic() == 1000.0
