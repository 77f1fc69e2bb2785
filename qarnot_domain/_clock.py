"""Time as the library sees it: monotonic, injectable, and the only place that sleeps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from ._seconds import seconds


class Clock(Protocol):
    """What the cache, the retries and `Job.wait` need of time."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back, whatever the wall clock does."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return once that many seconds (≥ 0) have passed on this clock."""
        ...


class AdvanceableClock(Clock, Protocol):
    """A clock that a test can also move forward by hand."""

    def advance(self, by: float | timedelta) -> None:
        """Move forward at once, by seconds or a `timedelta`.

        Raises:
            TypeError: neither of them.
            ValueError: a negative duration.
        """
        ...


class SystemClock:
    """The machine's monotonic clock, plus whatever it was advanced by (nothing by default)."""

    def __init__(self) -> None:
        self._advanced = _Advance()
        # Nothing comes between as long as nothing has to be added: each read of a member asks.
        self.monotonic: Callable[[], float] = time.monotonic

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def advance(self, by: float | timedelta) -> None:
        self._advanced.add(seconds("by", by))
        self.monotonic = self._advanced_monotonic

    def _advanced_monotonic(self) -> float:
        return time.monotonic() + self._advanced.seconds


class ManualClock:
    """A clock that stands still until `advance` or `sleep` moves it, so that tests never wait."""

    def __init__(self) -> None:
        self._advanced = _Advance()

    def monotonic(self) -> float:
        return self._advanced.seconds

    def sleep(self, seconds: float) -> None:
        self._advanced.add(seconds)

    def advance(self, by: float | timedelta) -> None:
        self._advanced.add(seconds("by", by))


class _Advance:
    """An amount of time that only grows, safely from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError(f"a clock only moves forward, not by {seconds} s")
        with self._lock:
            self.seconds += seconds
