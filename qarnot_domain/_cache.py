"""One cached value with an age, refreshed by one caller for all. Knows nothing of HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from math import inf
from typing import Final, Generic, TypeVar

import attrs

from ._clock import Clock

T = TypeVar("T")

NEVER: Final = -inf
"""When what is stale was fetched."""


@attrs.frozen
class Ticket:
    """When a fetch began, and what the value was then."""

    began: float
    edition: int


class Cached(Generic[T]):
    """A value that `fetch` gives, kept for `max_age` seconds on a monotonic clock.

    Its age counts from the moment its fetch began, so it is never older than it says. A fetch
    that fails raises and leaves the value as it was. Callers that need a fetch while one is
    under way share its outcome.
    """

    __slots__ = (
        "_edition",
        "_fetch",
        "_flight",
        "_lock",
        "clock",
        "fetched_at",
        "max_age",
        "value",
    )

    def __init__(
        self,
        fetch: Callable[[], T],
        clock: Clock,
        max_age: float,
        initial: T,
        fetched_at: float = NEVER,
    ) -> None:
        """Start with `initial`, fetched at that time of the clock."""
        self.max_age = max_age
        self.clock = clock
        self.value = initial
        """The value as it is, whatever its age; only `replace` and `offer` set it."""
        self.fetched_at = fetched_at
        self._fetch = fetch
        self._lock = threading.Lock()
        self._flight: Future[T] | None = None
        self._edition = 0
        """Counts the occasions after which what was fetched before does not hold any more."""

    def get(self) -> T:
        """The value, fetched anew if it is stale."""
        return self.value if self.is_fresh else self._obtain(even_if_fresh=False)

    @property
    def is_fresh(self) -> bool:
        return self.clock.monotonic() - self.fetched_at < self.max_age

    def refresh(self) -> T:
        """The value, fetched anew."""
        return self._obtain(even_if_fresh=True)

    def _obtain(self, *, even_if_fresh: bool) -> T:
        while True:
            with self._lock:
                if not even_if_fresh and self.is_fresh:
                    return self.value
                flight = self._flight
                leading = flight is None
                if flight is None:
                    flight = self._flight = Future()
            if leading:
                return self._lead(flight)
            try:
                return flight.result()
            except CancelledError:
                # The leader was interrupted (Ctrl-C), which is its own affair: fetch again.
                continue

    def expire(self) -> None:
        """Count the value as stale, and what a fetch under way will bring as well."""
        with self._lock:
            self._outdate()

    def replace(self, value: T) -> None:
        """Put a value that did not come from a fetch; what a fetch under way brings is dropped."""
        with self._lock:
            self.value = value
            self._outdate()

    def begin(self) -> Ticket:
        """What to take before fetching the value elsewhere, for `offer`."""
        with self._lock:
            return Ticket(self.clock.monotonic(), self._edition)

    def offer(self, value: T, ticket: Ticket) -> None:
        """Take a value fetched elsewhere, unless what is there is newer or it holds no more."""
        with self._lock:
            if ticket.edition == self._edition and self.fetched_at <= ticket.began:
                self.value = value
                self.fetched_at = ticket.began

    def _outdate(self) -> None:
        self.fetched_at = NEVER
        self._flight = None
        self._edition += 1

    def _lead(self, flight: Future[T]) -> T:
        ticket = self.begin()
        try:
            value = self._fetch()
        except Exception as error:
            self._land(flight)
            flight.set_exception(error)
            raise
        except BaseException:
            self._land(flight)
            flight.cancel()
            raise
        self.offer(value, ticket)
        self._land(flight)
        flight.set_result(value)
        return value

    def _land(self, flight: Future[T]) -> None:
        with self._lock:
            if self._flight is flight:
                self._flight = None
