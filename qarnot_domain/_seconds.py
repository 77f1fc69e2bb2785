"""Durations given by users in seconds or as a `timedelta`."""

from __future__ import annotations

import math
from datetime import timedelta


def seconds(name: str, value: float | timedelta, *, positive: bool = False) -> float:
    """A duration in seconds, checked.

    Args:
        name: what the duration is, for the message.
        value: seconds as int or float, or a `timedelta`.
        positive: refuse zero too.

    Raises:
        TypeError: neither a number nor a `timedelta` (`bool` and text are refused).
        ValueError: negative, NaN or infinite, or zero where that makes no sense.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, timedelta)):
        raise TypeError(
            f"{name} must be a number of seconds or a timedelta, not {type(value).__name__}"
        )
    try:
        amount = value.total_seconds() if isinstance(value, timedelta) else float(value)
    except OverflowError:
        amount = math.inf
    if not math.isfinite(amount) or amount < 0 or (positive and amount == 0):
        at_least = "more than 0" if positive else "0 or more"
        raise ValueError(f"{name} must be {at_least} and finite, not {value!r}")
    return amount
