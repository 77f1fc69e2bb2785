"""Durations given by users in seconds or as a `timedelta`."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Final

_SHORTEST: Final = timedelta.resolution.total_seconds()
_LONGEST: Final = timedelta.max.total_seconds() // 1


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
    least = _SHORTEST if positive else 0.0
    if not least <= amount <= _LONGEST:
        raise ValueError(f"{name} must be {least:g} to {_LONGEST:g} seconds, not {value!r}")
    return amount
