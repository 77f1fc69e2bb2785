"""The retry decision in every situation: bounded, and never a second creation by accident."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from qarnot_domain._retry import (
    MAX_WAIT,
    Decision,
    Kind,
    Outcome,
    Phase,
    Policy,
    Quota,
    decide,
)

from . import strategies as s

ATTEMPTS = st.integers(1, 12) | st.integers(1, 10**18)
JITTER = st.floats(0, 1)
QUOTA = st.integers(0, Quota.FULL)
ZERO = timedelta(0)
CREATES = (Kind.UNKEYED_CREATE, Kind.KEYED_CREATE)


def may_have_taken_effect(outcome: Outcome) -> bool:
    """Whether a creation that failed so may be on the server, in the words of the design."""
    if outcome.phase in (Phase.NOT_SENT, Phase.UNTRUSTED):
        return False
    if outcome.phase in (Phase.LOST, Phase.UNREADABLE):
        return True
    assert outcome.status is not None
    says_come_back = outcome.status == 503 and outcome.retry_after is not None
    return outcome.status >= 500 and not (says_come_back or outcome.status > 599)


situations = given(
    kind=s.kinds(),
    attempt=ATTEMPTS,
    outcome=s.outcomes(),
    policy=s.policies(),
    elapsed=s.spans_of_time(),
    quota=QUOTA,
    jitter=JITTER,
)


def decided(
    kind: Kind,
    attempt: int,
    outcome: Outcome,
    policy: Policy,
    elapsed: timedelta,
    quota: int,
    jitter: float,
) -> Decision:
    """The decision, which is the same however often it is asked for."""
    first, second = (
        decide(kind, attempt, outcome, policy, elapsed=elapsed, quota=quota, jitter=jitter)
        for _ in range(2)
    )
    assert first == second
    return first


@situations
def test_creation_in_doubt_is_never_just_sent_again(
    kind: Kind,
    attempt: int,
    outcome: Outcome,
    policy: Policy,
    elapsed: timedelta,
    quota: int,
    jitter: float,
) -> None:
    """What may have taken effect is looked up if it can be, and else stays unknown."""
    decision = decided(kind, attempt, outcome, policy, elapsed, quota, jitter)
    if kind in CREATES and may_have_taken_effect(outcome):
        allowed = {"unknown"} if kind is Kind.UNKEYED_CREATE else {"unknown", "look-up"}
        assert decision.action in allowed
    elif kind not in CREATES:
        assert decision.action in {"repeat", "give-up"}


@situations
def test_consuming_read_is_repeated_only_if_it_was_not_served(
    kind: Kind,
    attempt: int,
    outcome: Outcome,
    policy: Policy,
    elapsed: timedelta,
    quota: int,
    jitter: float,
) -> None:
    """What a consuming read answered is gone, so it is sent again only where there was none."""
    decision = decided(Kind.CONSUMING_READ, attempt, outcome, policy, elapsed, quota, jitter)
    if outcome.phase in (Phase.LOST, Phase.UNREADABLE):
        assert decision.action == "give-up"
    if decision.action == "repeat" and outcome.phase is Phase.ANSWERED:
        assert outcome.status in {429, 503}


@situations
def test_answer_that_cannot_be_read_is_not_asked_for_again(
    kind: Kind,
    attempt: int,
    outcome: Outcome,
    policy: Policy,
    elapsed: timedelta,
    quota: int,
    jitter: float,
) -> None:
    """The server served it, and would serve the same again."""
    unreadable = Outcome(Phase.UNREADABLE)
    decision = decided(kind, attempt, unreadable, policy, elapsed, quota, jitter)
    assert decision.action != "repeat"


@situations
def test_everything_is_bounded(
    kind: Kind,
    attempt: int,
    outcome: Outcome,
    policy: Policy,
    elapsed: timedelta,
    quota: int,
    jitter: float,
) -> None:
    """Attempts, waits, time and cost stay within the policy, and `Retry-After` is not undercut."""
    decision = decided(kind, attempt, outcome, policy, elapsed, quota, jitter)
    if decision.action in {"give-up", "unknown"}:
        assert (decision.wait, decision.cost) == (ZERO, 0)
        return
    asked = outcome.retry_after or ZERO
    assert attempt <= policy.retry_count
    assert asked <= decision.wait <= max(asked, MAX_WAIT)
    assert elapsed < policy.deadline
    assert decision.wait <= policy.deadline - elapsed
    assert decision.cost <= quota
    assert (decision.cost == 0) is (decision.action == "look-up")


@given(
    kind=s.kinds(),
    failures=st.lists(s.outcomes(), min_size=40, max_size=40),
    policy=s.policies(),
    jitter=JITTER,
)
def test_operation_that_always_fails_ends(
    kind: Kind, failures: list[Outcome], policy: Policy, jitter: float
) -> None:
    """However it fails: at most `retry_count + 1` attempts, within the deadline and the quota."""
    quota, elapsed = Quota(), ZERO
    for attempt, outcome in enumerate(failures, start=1):
        decision = decide(
            kind, attempt, outcome, policy, elapsed=elapsed, quota=quota.left, jitter=jitter
        )
        if decision.action in {"give-up", "unknown"}:
            break
        quota.take(decision.cost)
        elapsed += decision.wait
        assert attempt <= policy.retry_count
    assert elapsed <= policy.deadline
    assert quota.left >= 0


@given(s.kinds(), s.outcomes(), s.policies(), JITTER, JITTER)
def test_more_jitter_never_waits_less(
    kind: Kind, outcome: Outcome, policy: Policy, one: float, other: float
) -> None:
    """The random number spreads the wait evenly: it decides nothing else, if there is time."""
    endless = Policy(policy.retry_count, policy.retry_wait, timedelta.max)
    less, more = (
        decide(kind, 1, outcome, endless, elapsed=ZERO, quota=Quota.FULL, jitter=jitter)
        for jitter in sorted((one, other))
    )
    assert less.action == more.action
    assert less.wait <= more.wait


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1000))))
def test_quota_stays_within_its_bounds(steps: list[tuple[bool, int]]) -> None:
    """Whatever is taken and given back, it is never negative and never more than full."""
    quota = Quota()
    for is_success, amount in steps:
        before = quota.left
        if is_success:
            quota.give_back(amount)
            assert quota.left == min(Quota.FULL, before + max(1, amount))
        else:
            quota.take(amount)
            assert quota.left == max(0, before - amount)
