"""Asking again and again until something is done or the time is up."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from ._clock import Clock

_SHORTEST_PAUSE: Final = 0.25
_GROWTH: Final = 1.5


def wait_until(
    done: Callable[[bool], bool], clock: Clock, *, timeout: float | None, longest_pause: float
) -> bool:
    """Whether `done` became true in time.

    Asks at once, then after pauses that grow from a quarter of a second to `longest_pause`, and
    a last time when the time is up.

    Args:
        done: asks the server, once; takes whether it is asked for the last time.
        clock: measures and sleeps.
        timeout: how long to go on, in seconds; `None` for ever.
        longest_pause: the upper bound of a pause, in seconds.
    """
    # Its end, and not how long ago it began: a sleep until then ends there, however it is rounded.
    end = math.inf if timeout is None else clock.monotonic() + timeout
    pause = _SHORTEST_PAUSE
    while True:
        left = end - clock.monotonic()
        if done(left <= 0):
            return True
        if left <= 0:
            return False
        clock.sleep(min(pause, left))
        pause = max(_SHORTEST_PAUSE, min(pause * _GROWTH, longest_pause))


@contextmanager
def resumable(how: str) -> Generator[None]:
    """Say how to go on waiting, when the user stops it."""
    try:
        yield
    except KeyboardInterrupt as stop:
        stop.add_note(f"It goes on without you; to wait for it again: {how}")
        raise
