"""Waiting, whatever the clock shows when it begins."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qarnot_domain._clock import ManualClock
from qarnot_domain._wait import wait_until

MOST_LOOKS = 100
"""More than a wait of these lengths takes."""


@given(st.floats(0, 1e6), st.floats(0, 100))
@example(2.3, 30.0)
def test_wait_ends_when_the_time_is_up(began: float, timeout: float) -> None:
    """It looks a last time then, and no rounding of times keeps it from coming to that."""
    clock = ManualClock()
    clock.advance(began)
    looks: list[bool] = []

    def look(last: bool) -> bool:
        looks.append(last)
        assert len(looks) < MOST_LOOKS
        return False

    assert not wait_until(look, clock, timeout=timeout, longest_pause=5)
    assert looks.index(True) == len(looks) - 1
    assert clock.monotonic() - began == pytest.approx(timeout, abs=1e-6)
