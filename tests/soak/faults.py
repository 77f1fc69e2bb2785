"""What goes wrong, as the emulator's `/_emulator/faults` takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

Rule = dict[str, Any]

_ANYTHING: Final[Sequence[Rule]] = (
    {"status": 500},
    {"status": 502, "html": True},
    {"status": 503},
    {"status": 503, "retry_after": 0.01},
    {"status": 504, "at": "after"},
    {"status": 429, "retry_after": 0.01},
    {"status": 408},
    {"drop": "before"},
    {"drop": "after"},
    {"drop": "mid-body"},
    {"broken": True},
    {"nulls": True},
    {"state": "Hibernating"},
    {"extra": {"newMember": [1, {"deep": None}]}},
    {"delay": 0.05},
    {"size": 300_000},
)


def of_everything(share: float) -> list[Rule]:
    """All the faults there are, which this share of all requests meets."""
    return [
        {**rule, "times": None, "probability": _chance(share, len(_ANYTHING), earlier)}
        for earlier, rule in enumerate(_ANYTHING)
    ]


def of_creation(lost: float, refused: float) -> list[Rule]:
    """These shares of the creations of jobs take effect unanswered, or are refused with 503."""
    creations: Rule = {"operation": "createJob", "times": None}
    return [
        {**creations, "drop": "after", "probability": lost},
        {**creations, "status": 503, "probability": refused / (1 - lost)},
    ]


def _chance(share: float, rules: int, earlier: int) -> float:
    """The chance of a rule that counts only where those before it did not."""
    each = share / rules
    return each / (1 - earlier * each)
