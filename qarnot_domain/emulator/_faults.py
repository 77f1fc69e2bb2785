"""Failures on demand: the rules in force, and which requests met them."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

from qarnot_domain.emulator._break import Phase
from qarnot_domain.emulator._failure import Failure
from qarnot_domain.emulator._matching import Matching
from qarnot_domain.emulator._record import MAX_RECORDED, RecordedRequest


@dataclass(frozen=True, slots=True)
class Fault:
    """How far a rule has been used."""

    matching: Matching
    failure: Failure
    remaining: int | None
    """How many more requests will meet it; 0 for a rule that is used up, `None` for no end."""
    calls: int
    """How many requests have counted, whether they met it or not."""
    met: tuple[RecordedRequest, ...]
    """The requests that met it, oldest first; the last 100,000 of them. A connection is none."""


@dataclass(slots=True)
class Rule:
    """A rule in force."""

    matching: Matching
    failure: Failure
    remaining: int | None
    calls: int = 0
    met: deque[RecordedRequest] = field(
        default_factory=lambda: deque[RecordedRequest](maxlen=MAX_RECORDED)
    )

    def report(self) -> Fault:
        """How far it has been used."""
        return Fault(self.matching, self.failure, self.remaining, self.calls, tuple(self.met))


class Faults:
    """The rules, oldest first, those that are used up included.

    Args:
        seed: where chance comes from: not from where uuids do, so that it does not change them.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - it is there to repeat
        self._rules: list[Rule] = []

    def add(self, matching: Matching, failure: Failure) -> Fault:
        """Put a rule in force behind those that already are."""
        rule = Rule(matching, failure, matching.times)
        self._rules.append(rule)
        return rule.report()

    def clear(self) -> None:
        """Forget all rules."""
        self._rules.clear()

    def report(self) -> list[Fault]:
        """How far each rule has been used."""
        return [rule.report() for rule in self._rules]

    @property
    def may_hold(self) -> bool:
        """Whether a request may yet come to hang."""
        return any(rule.failure.hang is not None and rule.remaining != 0 for rule in self._rules)

    def take(self, phase: Phase, operation: str | None) -> Rule | None:
        """Count a request, and use up one turn of the first rule that it meets in a phase.

        Args:
            phase: how much of it has come.
            operation: what it is for; `None` if that is not known yet.
        """
        taken: Rule | None = None
        for rule in self._rules:
            if rule.failure.phase != phase:
                continue
            if rule.remaining == 0 or not rule.matching.is_for(operation):
                continue
            rule.calls += 1
            if taken is None and self._meets(rule):
                taken = rule
        if taken is not None and taken.remaining is not None:
            taken.remaining -= 1
        return taken

    def _meets(self, rule: Rule) -> bool:
        if not rule.matching.has_come(rule.calls):
            return False
        likelihood = rule.matching.probability
        return likelihood is None or self._random.random() < likelihood
