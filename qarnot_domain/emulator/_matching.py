"""Which requests a fault is for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Matching:
    """Which requests a fault is for. What makes no sense is a `ValueError`."""

    operation: str | None = None
    """The operationId of the requests; `None` for any."""
    times: int | None = 1
    """How many of them; `None` for no end of it."""
    nth: int | None = None
    """The first of them to meet it, counted from 1 since the rule came; `None` for the next."""
    probability: float | None = None
    """How likely, above 0 and up to 1, each of them is to meet it; `None` for certain."""

    def __post_init__(self) -> None:
        if self.times is not None and self.times < 1:
            raise ValueError(f"times: a fault happens at least once, not {self.times} times")
        if self.nth is not None and self.nth < 1:
            raise ValueError(f"nth: requests are counted from 1, not {self.nth}")
        if self.probability is not None and not 0 < self.probability <= 1:
            raise ValueError(f"probability: is above 0 and up to 1, not {self.probability}")
        if self.nth is not None and self.probability is not None:
            raise ValueError("probability: a fault is for the nth request or by chance, not both")

    def is_for(self, operation: str | None) -> bool:
        """Whether requests for an operation count."""
        return self.operation in (None, operation)

    def has_come(self, calls: int) -> bool:
        """Whether the turn has come once that many requests counted, the present one included."""
        return self.nth is None or calls >= self.nth
