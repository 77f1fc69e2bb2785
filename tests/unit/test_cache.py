"""`Cached`: one value with an age, refreshed by one caller for all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest

from qarnot_domain._cache import NEVER, Cached
from qarnot_domain.emulator import ManualClock

TIMEOUT = 30


class Source:
    """Gives 1, 2, 3…; can be made to wait at a gate, and to fail."""

    def __init__(self) -> None:
        self.fetched = 0
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()
        self.failures: list[BaseException] = []

    def fetch(self) -> int:
        self.fetched += 1
        value = self.fetched
        failure = self.failures.pop(0) if self.failures else None
        self.entered.release()
        assert self.gate.wait(TIMEOUT)
        if failure is not None:
            raise failure
        return value

    def wait_until_entered(self) -> None:
        assert self.entered.acquire(timeout=TIMEOUT)


class Parts:
    """A cache, its source and its clock."""

    def __init__(self, *, fresh: bool = False, max_age: float = 5.0) -> None:
        self.clock = ManualClock()
        self.source = Source()
        self.cached = Cached(
            self.source.fetch, self.clock, max_age, 0, self.clock.monotonic() if fresh else NEVER
        )


def started(threads: ThreadPoolExecutor, call: Callable[[], int]) -> Future[int]:
    """The call in another thread, which is at least about to begin."""
    running = threading.Event()

    def run() -> int:
        running.set()
        return call()

    future = threads.submit(run)
    assert running.wait(TIMEOUT)
    return future


def test_initial_value_serves_while_fresh() -> None:
    """A fresh initial value is served without a fetch; a stale one is fetched first."""
    fresh, stale = Parts(fresh=True), Parts(fresh=False)
    assert (fresh.cached.get(), fresh.source.fetched) == (0, 0)
    assert (stale.cached.value, stale.cached.get(), stale.source.fetched) == (0, 1, 1)


def test_age_equal_to_the_maximum_is_stale() -> None:
    """Just below the maximum age the value is served; at it, fetched."""
    parts = Parts(fresh=True)
    parts.clock.advance(timedelta(seconds=5) - timedelta(microseconds=1))
    assert parts.cached.get() == 0
    parts.clock.advance(timedelta(microseconds=1))
    assert parts.clock.monotonic() == 5.0
    assert parts.cached.get() == 1


def test_maximum_age_of_zero_always_fetches() -> None:
    """With zero nothing is ever fresh."""
    parts = Parts(fresh=True, max_age=0)
    assert [parts.cached.get() for _ in range(3)] == [1, 2, 3]


def test_maximum_age_can_be_changed() -> None:
    """A change counts from the next read on."""
    parts = Parts(fresh=True)
    parts.clock.advance(timedelta(seconds=3))
    parts.cached.max_age = 3
    assert parts.cached.get() == 1
    parts.clock.advance(timedelta(seconds=4))
    parts.cached.max_age = 60
    assert parts.cached.get() == 1


def test_refresh_fetches_whatever_the_age() -> None:
    """`refresh` fetches, and what it brings is fresh."""
    parts = Parts(fresh=True)
    assert (parts.cached.refresh(), parts.cached.get(), parts.source.fetched) == (1, 1, 1)


def test_value_never_fetches() -> None:
    """`value` is what is known, however old."""
    parts = Parts()
    parts.clock.advance(timedelta(days=1))
    assert (parts.cached.value, parts.source.fetched) == (0, 0)


def test_age_counts_from_the_beginning_of_the_fetch() -> None:
    """A fetch that takes three seconds brings a value that is three seconds old."""
    clock = ManualClock()
    fetches: list[float] = []

    def fetch() -> int:
        fetches.append(clock.monotonic())
        clock.advance(timedelta(seconds=3))
        return len(fetches)

    cached = Cached(fetch, clock, 5.0, 0)
    assert cached.get() == 1
    clock.advance(timedelta(seconds=1.5))
    assert cached.get() == 1
    clock.advance(timedelta(seconds=0.5))
    assert cached.get() == 2
    assert fetches == [0.0, 5.0]


def test_failed_fetch_raises_and_keeps_the_value() -> None:
    """The failure is raised, the old value stays as old as it was, the next read tries again."""
    parts = Parts(fresh=True)
    parts.clock.advance(timedelta(seconds=5))
    parts.source.failures = [ValueError("down")]
    with pytest.raises(ValueError, match="down"):
        parts.cached.get()
    assert parts.cached.value == 0
    assert parts.cached.get() == 2


def test_failed_refresh_does_not_age_the_value() -> None:
    """A fresh value stays fresh when an explicit refresh fails."""
    parts = Parts(fresh=True)
    parts.source.failures = [ValueError("down")]
    with pytest.raises(ValueError, match="down"):
        parts.cached.refresh()
    assert (parts.cached.get(), parts.source.fetched) == (0, 1)


@pytest.mark.parametrize("method", ["get", "refresh"])
def test_concurrent_callers_share_one_fetch(method: str) -> None:
    """Callers that come while a fetch is under way get its value."""
    parts = Parts()
    call: Callable[[], int] = getattr(parts.cached, method)
    parts.source.gate.clear()
    with ThreadPoolExecutor(8) as threads:
        leader = threads.submit(call)
        parts.source.wait_until_entered()
        followers = [started(threads, call) for _ in range(7)]
        parts.source.gate.set()
        assert leader.result(TIMEOUT) == 1
        values = [follower.result(TIMEOUT) for follower in followers]
    # A follower of `refresh` that came only after the fetch had landed made one of its own.
    assert min(values) >= 1
    if method == "get":
        assert (values, parts.source.fetched) == ([1] * 7, 1)


def test_concurrent_callers_share_one_failure() -> None:
    """Callers that share a fetch share how it fails, and the next one fetches anew."""
    parts = Parts()
    parts.source.failures = [ValueError("down")]
    parts.source.gate.clear()
    with ThreadPoolExecutor(2) as threads:
        leader = threads.submit(parts.cached.get)
        parts.source.wait_until_entered()
        follower = started(threads, parts.cached.get)
        parts.source.gate.set()
        with pytest.raises(ValueError, match="down"):
            leader.result(TIMEOUT)
        outcome = follower.exception(TIMEOUT) or follower.result(TIMEOUT)
    # It joined the fetch that failed, or came just after it and made its own.
    assert isinstance(outcome, ValueError) or outcome == 2
    parts.cached.get()
    assert parts.source.fetched == 2


def test_interrupted_leader_does_not_interrupt_the_others() -> None:
    """Ctrl-C in the thread that fetches is its own affair: another caller fetches again."""
    parts = Parts()
    parts.source.failures = [KeyboardInterrupt()]
    parts.source.gate.clear()
    interrupted: list[BaseException] = []

    def lead() -> None:
        try:
            parts.cached.get()
        except KeyboardInterrupt as error:
            interrupted.append(error)

    with ThreadPoolExecutor(2) as threads:
        leader = threads.submit(lead)
        parts.source.wait_until_entered()
        follower = started(threads, parts.cached.get)
        parts.source.gate.set()
        leader.result(TIMEOUT)
        assert follower.result(TIMEOUT) == 2
    assert [type(error) for error in interrupted] == [KeyboardInterrupt]
    assert parts.cached.get() == 2


def test_interrupted_fetch_leaves_the_value() -> None:
    """Ctrl-C passes through, the value stays, and the next read fetches."""
    parts = Parts()
    parts.source.failures = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        parts.cached.get()
    assert parts.cached.value == 0
    assert parts.cached.get() == 2


def test_expire_makes_the_value_stale() -> None:
    """After `expire` the value is still known, and the next read fetches."""
    parts = Parts(fresh=True)
    parts.cached.expire()
    assert (parts.cached.value, parts.cached.get()) == (0, 1)


def test_expire_during_a_fetch_makes_its_value_stale() -> None:
    """What a fetch brings that began before `expire` is not taken for news."""
    parts = Parts()
    parts.source.gate.clear()
    with ThreadPoolExecutor(1) as threads:
        leader = threads.submit(parts.cached.get)
        parts.source.wait_until_entered()
        parts.cached.expire()
        parts.source.gate.set()
        assert leader.result(TIMEOUT) == 1
    assert parts.cached.get() == 2


def test_caller_after_expire_does_not_join_the_fetch_before_it() -> None:
    """A read after `expire` starts a fetch of its own while the old one is still under way."""
    parts = Parts()
    parts.source.gate.clear()
    with ThreadPoolExecutor(2) as threads:
        old = threads.submit(parts.cached.get)
        parts.source.wait_until_entered()
        parts.cached.expire()
        new = threads.submit(parts.cached.get)
        parts.source.wait_until_entered()
        parts.source.gate.set()
        assert (old.result(TIMEOUT), new.result(TIMEOUT)) == (1, 2)
    assert (parts.cached.get(), parts.source.fetched) == (2, 2)


def test_replace_puts_a_value() -> None:
    """A value put by hand is known at once and counts as stale."""
    parts = Parts(fresh=True)
    parts.cached.replace(100)
    assert (parts.cached.value, parts.cached.get()) == (100, 1)


def test_replace_during_a_fetch_drops_what_it_brings() -> None:
    """A fetch that began before does not overwrite the value put."""
    parts = Parts()
    parts.source.gate.clear()
    with ThreadPoolExecutor(1) as threads:
        leader = threads.submit(parts.cached.get)
        parts.source.wait_until_entered()
        parts.cached.replace(100)
        parts.source.gate.set()
        leader.result(TIMEOUT)
    assert parts.cached.value == 100


def test_failure_after_expire_leaves_the_newer_fetch_alone() -> None:
    """An old fetch that fails late does not cancel the one that follows it."""
    parts = Parts()
    parts.source.failures = [ValueError("old")]
    parts.source.gate.clear()
    with ThreadPoolExecutor(2) as threads:
        old = threads.submit(parts.cached.get)
        parts.source.wait_until_entered()
        parts.cached.expire()
        new = threads.submit(parts.cached.get)
        parts.source.wait_until_entered()
        parts.source.gate.set()
        assert isinstance(old.exception(TIMEOUT), ValueError)
        assert new.result(TIMEOUT) == 2
    assert (parts.cached.get(), parts.source.fetched) == (2, 2)


@pytest.mark.parametrize("began", [0, 1, 7, 1000])
@pytest.mark.parametrize(("age", "fetched"), [(0, 1), (4.5, 1), (5, 2), (5.5, 2), (1000, 2)])
def test_age_counts_from_the_fetch_wherever_the_clock_stands(
    began: float, age: float, fetched: int
) -> None:
    """A fetched value serves for less than the maximum age, and never again after it."""
    parts = Parts()
    parts.clock.advance(timedelta(seconds=began))
    assert parts.cached.get() == 1
    parts.clock.advance(timedelta(seconds=age))
    assert (parts.cached.get(), parts.source.fetched) == (fetched, fetched)


def test_overtaken_caller_does_not_fetch_again() -> None:
    """A caller that found the value stale takes the one that another fetched meanwhile."""
    others: list[Callable[[], int]] = []

    class OvertakingClock(ManualClock):
        def monotonic(self) -> float:
            if others:
                others.pop()()
            return super().monotonic()

    clock, source = OvertakingClock(), Source()
    cached = Cached(source.fetch, clock, 5.0, 0, clock.monotonic())
    clock.advance(timedelta(seconds=5))
    others.append(cached.refresh)
    assert (cached.get(), source.fetched) == (1, 1)
