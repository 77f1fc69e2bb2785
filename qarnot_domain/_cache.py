"""One cached value with an age, refreshed by one caller for all. Knows nothing of HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Generic, TypeVar

import attrs

from ._clock import Clock

T = TypeVar("T")


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
        "_clock",
        "_edition",
        "_fetch",
        "_fetched_at",
        "_flight",
        "_lock",
        "_value",
        "max_age",
    )

    def __init__(
        self, fetch: Callable[[], T], clock: Clock, max_age: float, initial: T, *, fresh: bool
    ) -> None:
        """Start with `initial`, which counts as just fetched if `fresh`, else as stale."""
        self.max_age = max_age
        self._fetch = fetch
        self._clock = clock
        self._value = initial
        self._fetched_at = clock.monotonic() if fresh else None
        self._lock = threading.Lock()
        self._flight: Future[T] | None = None
        self._edition = 0
        """Counts the occasions after which what was fetched before does not hold any more."""

    @property
    def value(self) -> T:
        """The value as it is, whatever its age."""
        return self._value

    def get(self) -> T:
        """The value, fetched anew if it is stale."""
        # As `_is_fresh`, without its call: each read of a member comes here.
        fetched_at = self._fetched_at
        if fetched_at is not None and self._clock.monotonic() - fetched_at < self.max_age:
            return self._value
        return self._obtain(even_if_fresh=False)

    def refresh(self) -> T:
        """The value, fetched anew."""
        return self._obtain(even_if_fresh=True)

    def _obtain(self, *, even_if_fresh: bool) -> T:
        while True:
            with self._lock:
                if not even_if_fresh and self._is_fresh():
                    return self._value
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
            self._value = value
            self._outdate()

    def begin(self) -> Ticket:
        """What to take before fetching the value elsewhere, for `offer`."""
        with self._lock:
            return Ticket(self._clock.monotonic(), self._edition)

    def offer(self, value: T, ticket: Ticket) -> None:
        """Take a value fetched elsewhere, unless what is there is newer or it holds no more."""
        with self._lock:
            is_newer = self._fetched_at is None or self._fetched_at <= ticket.began
            if ticket.edition == self._edition and is_newer:
                self._value = value
                self._fetched_at = ticket.began

    def _outdate(self) -> None:
        self._fetched_at = None
        self._flight = None
        self._edition += 1

    def _is_fresh(self) -> bool:
        fetched_at = self._fetched_at
        return fetched_at is not None and self._clock.monotonic() - fetched_at < self.max_age

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
