"""One cached value with an age, refreshed by one caller for all. Knows nothing of HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf
from typing import Final, Generic, NamedTuple, TypeVar

from ._clock import Clock

T = TypeVar("T")

NEVER: Final = -inf
"""When what is stale was fetched, and until when it is fresh."""


class Ticket(NamedTuple):
    """When a fetch began, and what the value was then."""

    began: float
    edition: int


class _Flight(Generic[T]):
    """A fetch under way, and what became of it."""

    value: T

    def __init__(self) -> None:
        self.landed = threading.Event()
        self.failure: BaseException | None = None


class Cached(Generic[T]):
    """A value that `fetch` gives, kept for `max_age` seconds on a monotonic clock.

    Its age counts from the moment its fetch began, so it is never older than it says. A fetch
    that fails raises and leaves the value as it was. Callers that need a fetch while one is
    under way share its outcome.
    """

    __slots__ = (
        "_edition",
        "_fetch",
        "_fetched_at",
        "_flight",
        "_lock",
        "_max_age",
        "clock",
        "fresh_until",
        "value",
    )

    value: T
    """The value as it is, whatever its age; not to be set."""
    fresh_until: float
    """Until which time of the clock the value is fresh; not to be set."""

    def __init__(
        self,
        fetch: Callable[[], T],
        clock: Clock,
        max_age: float,
        initial: T,
        fetched_at: float = NEVER,
    ) -> None:
        """Start with `initial`, fetched at that time of the clock."""
        self.clock = clock
        self._max_age = max_age
        self._take(initial, fetched_at)
        self._fetch = fetch
        self._lock = threading.Lock()
        self._flight: _Flight[T] | None = None
        self._edition = 0
        """Counts the occasions after which what was fetched before does not hold any more."""

    def get(self) -> T:
        """The value, fetched anew if it is stale."""
        return self.value if self.is_fresh else self._obtain(even_if_fresh=False)

    @property
    def is_fresh(self) -> bool:
        return self.clock.monotonic() < self.fresh_until

    @property
    def max_age(self) -> float:
        """How long a value serves; a change counts for the one that is there as well."""
        return self._max_age

    @max_age.setter
    def max_age(self, seconds: float) -> None:
        with self._lock:
            self._max_age = seconds
            self._take(self.value, self._fetched_at)

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
                    flight = self._flight = _Flight()
            if leading:
                return self._lead(flight)
            flight.landed.wait()
            if flight.failure is None:
                return flight.value
            if isinstance(flight.failure, Exception):
                raise flight.failure
            # The leader was interrupted (Ctrl-C), which is its own affair: fetch again.

    def expire(self) -> None:
        """Count the value as stale, and what a fetch under way will bring as well."""
        with self._lock:
            self._outdate(self.value)

    def replace(self, value: T) -> None:
        """Put a value that did not come from a fetch; what a fetch under way brings is dropped."""
        with self._lock:
            self._outdate(value)

    def begin(self) -> Ticket:
        """What to take before fetching the value elsewhere, for `offer`."""
        with self._lock:
            return Ticket(self.clock.monotonic(), self._edition)

    def offer(self, value: T, ticket: Ticket) -> None:
        """Take a value fetched elsewhere, unless what is there is newer or it holds no more."""
        with self._lock:
            if ticket.edition == self._edition and self._fetched_at <= ticket.began:
                self._take(value, ticket.began)

    def _take(self, value: T, fetched_at: float) -> None:
        # In this order, for readers take no lock.
        self.value = value
        self._fetched_at = fetched_at
        self.fresh_until = fetched_at + self._max_age

    def _outdate(self, value: T) -> None:
        self._take(value, NEVER)
        self._flight = None
        self._edition += 1

    def _lead(self, flight: _Flight[T]) -> T:
        ticket = self.begin()
        try:
            flight.value = self._fetch()
            self.offer(flight.value, ticket)
        except BaseException as error:
            flight.failure = error
            raise
        finally:
            self._land(flight)
        return flight.value

    def _land(self, flight: _Flight[T]) -> None:
        with self._lock:
            if self._flight is flight:
                self._flight = None
        flight.landed.set()
