"""The retry decision: a pure function of what was tried and how it ended.

The policy and its reasons: docs/adr/0006-submit-once-and-retry.md. Nothing here sleeps, reads a
clock or keeps state, except `Quota`, which counts.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from enum import Enum
from typing import Final, Literal, NamedTuple

MAX_WAIT: Final = timedelta(seconds=60)
"""The upper bound of one back-off wait; a longer `Retry-After` is still honoured."""

_LARGEST_EXPONENT: Final = 30

_REPEATABLE_STATUSES: Final = frozenset({408, 429, 500, 502, 503, 504})


class Kind(Enum):
    """What repeating an operation would do."""

    READ = "read"
    """Changes nothing: may be repeated."""
    IDEMPOTENT_WRITE = "idempotent write"
    """Twice is the same as once: may be repeated."""
    CONSUMING_READ = "consuming read"
    """What it answered is gone: never repeated once it may have been sent."""
    UNKEYED_CREATE = "unkeyed create"
    """Twice costs twice: never repeated once it may have been accepted."""
    KEYED_CREATE = "keyed create"
    """A creation with a shortname: when in doubt, looked up before it is repeated."""


class Phase(Enum):
    """How far an attempt that failed came."""

    NOT_SENT = "not sent"
    """No connection was made, so the server knows nothing of it."""
    UNTRUSTED = "not trusted"
    """The server's certificate is not accepted: nothing was sent, nor would be another time."""
    LOST = "answer lost"
    """It may have been received, and no complete answer came back."""
    UNREADABLE = "unreadable"
    """The server answered with success, and with a body that is not what the API documents."""
    ANSWERED = "answered"
    """The server answered with a status that is not a success."""


class Outcome(NamedTuple):
    """How one attempt failed."""

    phase: Phase
    status: int | None = None
    retry_after: timedelta | None = None


class Policy(NamedTuple):
    """The caps of a connection, all finite."""

    retry_count: int
    retry_wait: timedelta
    deadline: timedelta


class Decision(NamedTuple):
    """What to do after a failed attempt.

    `repeat`: try again after `wait`. `look-up`: after `wait`, look on the server whether the
    creation took effect, and repeat it if not. `give-up`: raise. `unknown`: raise that the
    creation may have taken effect, and that it must not be repeated.
    """

    action: Literal["repeat", "look-up", "give-up", "unknown"]
    wait: timedelta = timedelta(0)
    cost: int = 0


def decide(
    kind: Kind,
    attempt: int,
    outcome: Outcome,
    policy: Policy,
    *,
    elapsed: timedelta,
    quota: int,
    jitter: float,
) -> Decision:
    """What to do after an attempt failed.

    Args:
        kind: what repeating the operation would do.
        attempt: how many attempts were made, this one included (≥ 1).
        outcome: how this one failed.
        policy: the caps.
        elapsed: the time since the operation began.
        quota: how much of the connection's retry quota is left.
        jitter: a random number in [0, 1] that spreads the wait.
    """
    in_doubt = kind in _CREATES and may_have_taken_effect(outcome)
    looked_up = in_doubt and kind is Kind.KEYED_CREATE
    cost = _cost(outcome, looked_up=looked_up)
    wait = _wait(attempt, outcome.retry_after, policy, jitter)
    if (
        not (looked_up or _may_repeat(kind, outcome))
        or attempt > policy.retry_count
        or cost > quota
        or elapsed >= policy.deadline
        or wait > policy.deadline - elapsed
    ):
        return Decision("unknown" if in_doubt else "give-up")
    return Decision("look-up" if in_doubt else "repeat", wait, cost)


def _cost(outcome: Outcome, *, looked_up: bool) -> int:
    """What a retry takes from the quota."""
    if looked_up:
        # It is sent again only after a look-up, and a server that answers one is not down.
        return 0
    return Quota.THROTTLED if outcome.status == 429 else Quota.FAILED


_CREATES: Final = frozenset({Kind.UNKEYED_CREATE, Kind.KEYED_CREATE})


def may_have_taken_effect(outcome: Outcome) -> bool:
    """Whether the server may have done what it was asked although the attempt failed."""
    if outcome.phase is Phase.ANSWERED:
        return (outcome.status or 0) >= 500 and not _refused_for_now(outcome)
    return outcome.phase not in (Phase.NOT_SENT, Phase.UNTRUSTED)


def _may_repeat(kind: Kind, outcome: Outcome) -> bool:
    if outcome.phase is Phase.NOT_SENT:
        return True
    if kind is Kind.CONSUMING_READ:
        return False
    if kind in _CREATES:
        return _refused_for_now(outcome)
    return outcome.phase is Phase.LOST or outcome.status in _REPEATABLE_STATUSES


def _refused_for_now(outcome: Outcome) -> bool:
    """Whether the server said that it did nothing, and to come back."""
    return outcome.status == 429 or (outcome.status == 503 and outcome.retry_after is not None)


def _wait(attempt: int, retry_after: timedelta | None, policy: Policy, jitter: float) -> timedelta:
    """Full-jitter exponential back-off, and never less than the server asked for."""
    doublings = min(attempt - 1, _LARGEST_EXPONENT)
    longest = min(MAX_WAIT.total_seconds(), policy.retry_wait.total_seconds() * 2.0**doublings)
    return max(timedelta(seconds=longest * jitter), retry_after or timedelta(0))


class Quota:
    """How many retries a connection may still make, so that an outage is never amplified.

    As in the AWS SDKs: 500 tokens, 14 a retry, 5 when throttled; a success after retries gives
    back what the last one took, any other success gives one.
    """

    FULL: Final = 500
    FAILED: Final = 14
    THROTTLED: Final = 5

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.left = self.FULL

    def take(self, amount: int) -> None:
        with self._lock:
            self.left = max(0, self.left - amount)

    def give_back(self, amount: int) -> None:
        with self._lock:
            self.left = min(self.FULL, self.left + max(1, amount))
