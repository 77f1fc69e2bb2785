"""The retry decision: a table of what each kind of operation does after each kind of failure."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from qarnot_domain._retry import MAX_WAIT, Decision, Kind, Outcome, Phase, Policy, Quota, decide

POLICY = Policy(retry_count=5, retry_wait=timedelta(seconds=1), deadline=timedelta(minutes=5))
SECOND = timedelta(seconds=1)

NOT_SENT = Outcome(Phase.NOT_SENT)
UNTRUSTED = Outcome(Phase.UNTRUSTED)
LOST = Outcome(Phase.LOST)
UNREADABLE = Outcome(Phase.UNREADABLE)
LATER = timedelta(seconds=7)


def answered(status: int, retry_after: timedelta | None = None) -> Outcome:
    """The server answered with this status."""
    return Outcome(Phase.ANSWERED, status, retry_after)


def after(
    kind: Kind,
    outcome: Outcome,
    *,
    attempt: int = 1,
    policy: Policy = POLICY,
    elapsed: timedelta = timedelta(0),
    quota: int = Quota.FULL,
    jitter: float = 0.5,
) -> Decision:
    """The decision in a situation that is ordinary but for what is given."""
    return decide(kind, attempt, outcome, policy, elapsed=elapsed, quota=quota, jitter=jitter)


NOT_CONSUMING = tuple(kind for kind in Kind if kind is not Kind.CONSUMING_READ)
REPEATABLE = (408, 429, 500, 502, 503, 504)
FOR_GOOD = (301, 302, 304, 400, 401, 402, 403, 404, 409, 410, 418, 422, 499)

TABLE: list[tuple[Kind, Outcome, str]] = [
    *((kind, NOT_SENT, "repeat") for kind in Kind),
    *((kind, UNTRUSTED, "give-up") for kind in Kind),
    *((kind, answered(429), "repeat") for kind in NOT_CONSUMING),
    *((kind, answered(503, LATER), "repeat") for kind in NOT_CONSUMING),
    (Kind.CONSUMING_READ, answered(429), "give-up"),
    (Kind.CONSUMING_READ, answered(503, LATER), "give-up"),
    *((kind, answered(status), "give-up") for kind in Kind for status in FOR_GOOD),
    *(
        (kind, answered(status), "repeat")
        for kind in (Kind.READ, Kind.IDEMPOTENT_WRITE)
        for status in REPEATABLE
    ),
    *(
        (kind, answered(status), "give-up")
        for kind in (Kind.READ, Kind.IDEMPOTENT_WRITE, Kind.CONSUMING_READ)
        for status in (501, 505, 520, 599)
    ),
    *((Kind.CONSUMING_READ, answered(status), "give-up") for status in (408, 500, 502, 503, 504)),
    *(
        (Kind.UNKEYED_CREATE, answered(status, wait), "unknown")
        for status in (500, 501, 502, 504, 520, 599)
        for wait in (None, LATER)
    ),
    *(
        (Kind.KEYED_CREATE, answered(status, wait), "look-up")
        for status in (500, 501, 502, 504, 520, 599)
        for wait in (None, LATER)
    ),
    (Kind.READ, LOST, "repeat"),
    (Kind.IDEMPOTENT_WRITE, LOST, "repeat"),
    (Kind.CONSUMING_READ, LOST, "give-up"),
    (Kind.UNKEYED_CREATE, LOST, "unknown"),
    (Kind.KEYED_CREATE, LOST, "look-up"),
    (Kind.READ, UNREADABLE, "give-up"),
    (Kind.IDEMPOTENT_WRITE, UNREADABLE, "give-up"),
    (Kind.CONSUMING_READ, UNREADABLE, "give-up"),
    (Kind.UNKEYED_CREATE, UNREADABLE, "unknown"),
    (Kind.KEYED_CREATE, UNREADABLE, "look-up"),
    (Kind.UNKEYED_CREATE, answered(503), "unknown"),
    (Kind.KEYED_CREATE, answered(503), "look-up"),
    (Kind.UNKEYED_CREATE, answered(503, timedelta(0)), "repeat"),
    (Kind.UNKEYED_CREATE, answered(408), "give-up"),
    (Kind.KEYED_CREATE, answered(408), "give-up"),
]


@pytest.mark.parametrize(("kind", "outcome", "action"), TABLE)
def test_action_by_kind_and_outcome(kind: Kind, outcome: Outcome, action: str) -> None:
    """Each kind of operation does this after its first failure of that kind."""
    assert after(kind, outcome).action == action


EXHAUSTED = [
    {"attempt": 6},
    {"attempt": 1, "policy": Policy(0, SECOND, timedelta(minutes=5))},
    {"elapsed": timedelta(minutes=5)},
    {"elapsed": timedelta(days=1)},
]


@pytest.mark.parametrize(("kind", "outcome", "action"), TABLE)
@pytest.mark.parametrize("situation", EXHAUSTED)
def test_nothing_is_sent_when_the_means_are_used_up(
    kind: Kind, outcome: Outcome, action: str, situation: dict[str, object]
) -> None:
    """Without attempts or time it gives up, and what was in doubt stays unknown."""
    decision = after(kind, outcome, **situation)  # type: ignore[arg-type]
    in_doubt = action in ("look-up", "unknown")
    assert decision == Decision("unknown" if in_doubt else "give-up")


@pytest.mark.parametrize(("kind", "outcome", "action"), TABLE)
@pytest.mark.parametrize("quota", [0, 4])
def test_nothing_but_a_look_up_is_sent_without_quota(
    kind: Kind, outcome: Outcome, action: str, quota: int
) -> None:
    """Without quota it gives up, but for what can be looked up: that takes nothing from it."""
    decision = after(kind, outcome, quota=quota)
    assert decision.action == ("give-up" if action == "repeat" else action)
    assert decision.cost == 0


@pytest.mark.parametrize("attempt", [1, 2, 3, 4, 5])
def test_attempts_up_to_the_count_are_repeated(attempt: int) -> None:
    """`retry_count` is the number of repetitions, so attempts are one more."""
    assert after(Kind.READ, LOST, attempt=attempt).action == "repeat"
    assert after(Kind.READ, LOST, attempt=6).action == "give-up"


@pytest.mark.parametrize(
    ("attempt", "jitter", "seconds"),
    [
        (1, 0.0, 0.0),
        (1, 0.5, 0.5),
        (1, 1.0, 1.0),
        (2, 1.0, 2.0),
        (3, 1.0, 4.0),
        (5, 0.25, 4.0),
        (7, 1.0, 60.0),
        (40, 0.5, 30.0),
        (10**9, 1.0, 60.0),
    ],
)
def test_wait_doubles_up_to_a_minute_and_is_spread(
    attempt: int, jitter: float, seconds: float
) -> None:
    """The wait is the jitter's share of the doubled bound, and a minute at most."""
    policy = Policy(10**10, SECOND, timedelta(hours=1))
    decision = after(Kind.READ, LOST, attempt=attempt, jitter=jitter, policy=policy)
    assert decision == Decision("repeat", timedelta(seconds=seconds), Quota.FAILED)
    assert decision.wait <= MAX_WAIT


@pytest.mark.parametrize("kind", NOT_CONSUMING)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_never_undercut(kind: Kind, status: int) -> None:
    """The wait is what the server asks for, or the back-off where that is longer."""
    asked = timedelta(seconds=100)
    assert after(kind, answered(status, asked), jitter=0).wait == asked
    short = timedelta(milliseconds=100)
    assert after(kind, answered(status, short), jitter=1).wait == SECOND


def test_retry_after_beyond_the_deadline_gives_up_at_once() -> None:
    """A wait that would end after the deadline is not begun; one that ends with it is."""
    outcome = answered(429, timedelta(seconds=100))
    last = POLICY.deadline - timedelta(seconds=100)
    assert after(Kind.READ, outcome, elapsed=last).action == "repeat"
    later = last + timedelta(microseconds=1)
    assert after(Kind.READ, outcome, elapsed=later) == Decision("give-up")
    assert after(Kind.READ, answered(429, timedelta.max)) == Decision("give-up")


@pytest.mark.parametrize("kind", Kind)
def test_nothing_is_sent_at_the_deadline_even_without_a_wait(kind: Kind) -> None:
    """Once the deadline is reached the time is used up, also for a repetition without a wait."""
    just_before = POLICY.deadline - timedelta(microseconds=1)
    assert after(kind, NOT_SENT, jitter=0, elapsed=just_before).action == "repeat"
    assert after(kind, NOT_SENT, jitter=0, elapsed=POLICY.deadline) == Decision("give-up")


def test_cost_is_less_when_the_server_throttles() -> None:
    """A retry after a 429 takes 5 from the quota, any other 14, giving up nothing."""
    assert after(Kind.READ, answered(429)).cost == 5
    assert after(Kind.READ, answered(503)).cost == 14
    assert after(Kind.READ, LOST).cost == 14
    assert after(Kind.READ, answered(404)).cost == 0


@pytest.mark.parametrize(
    ("outcome", "quota", "action"),
    [
        (answered(429), 5, "repeat"),
        (answered(429), 4, "give-up"),
        (LOST, 14, "repeat"),
        (LOST, 13, "give-up"),
    ],
)
def test_quota_allows_exactly_what_it_holds(outcome: Outcome, quota: int, action: str) -> None:
    """A retry that costs just what is left is made."""
    assert after(Kind.READ, outcome, quota=quota).action == action


def test_quota_is_taken_and_given_back() -> None:
    """It is never below zero or above full; a success gives at least one back."""
    quota = Quota()
    assert quota.left == 500
    quota.give_back(14)
    assert quota.left == 500
    quota.take(14)
    quota.give_back(0)
    assert quota.left == 487
    quota.give_back(14)
    assert quota.left == 500
    quota.take(10_000)
    assert quota.left == 0


def test_quota_loses_nothing_between_threads() -> None:
    """What eight threads take and give back at once adds up."""
    quota = Quota()
    quota.take(250)

    def give_and_take() -> None:
        for _ in range(1000):
            quota.take(5)
            quota.give_back(5)

    with ThreadPoolExecutor(8) as threads:
        for _ in range(8):
            threads.submit(give_and_take)
    assert quota.left == 250
