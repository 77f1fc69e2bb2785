"""What hangs: a request, or the rest of its answer, until somebody lets it go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

A = TypeVar("A")


class Hold(Generic[A]):
    """One request that hangs. Safe from several threads.

    Args:
        perform: has the request take effect and answers it; called once, before the first byte of
            the answer is let go.
    """

    def __init__(self, perform: Callable[[], A]) -> None:
        self._perform = perform
        self._lock = threading.Lock()
        self._notify: Callable[[], None] = _nobody
        self._allowed = 0
        self.answer: A | None = None
        """`None` as long as the request has had no effect."""
        self.is_let_go: bool = False
        """Whether it ever was, if only by a few bytes."""
        self.is_free: bool = False
        """Whether all that is left may go."""
        self.is_over: bool = False
        """Whether nothing hangs any more: all has gone, or the rest never will."""

    def perform(self) -> None:
        """Have the request take effect, if it has not yet."""
        if self.answer is None:
            self.answer = self._perform()

    def let_go(self, count: int | None) -> None:
        """Let so many more bytes of the answer go, or all of them."""
        self.perform()
        with self._lock:
            self.is_let_go = True
            if count is None:
                self.is_free = True
            else:
                self._allowed += count
        self._notify()

    def take(self, most: int) -> int:
        """How many bytes may go now, of those that there are."""
        with self._lock:
            if self.is_free:
                return most
            taken = min(most, self._allowed)
            self._allowed -= taken
            return taken

    def end(self) -> None:
        """Hang no more; what has not gone by now never will."""
        self.is_over = True
        self._notify()

    def watch(self, notify: Callable[[], None]) -> None:
        """Have somebody told of each change, from whatever thread it comes, and once to begin."""
        self._notify = notify
        notify()


def _nobody() -> None:
    """Nobody waits before the server has got to it."""
