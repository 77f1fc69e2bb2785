"""Durations as the Qarnot API writes them: .NET's constant ("c") time-span format.

Source: the members `maxWallTime`, `completionTimeToLive`, `wallTime` and `executionTime` of the
API's document (`openapi/qarnot-compute.yaml`, schema `TimeSpan`).
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import ClassVar, Self

_TICKS_PER_MICROSECOND = 10
_TICKS_PER_SECOND = 1_000_000 * _TICKS_PER_MICROSECOND
_MAX_TICKS = 2**63 - 1

_FORM = re.compile(
    r"(?P<sign>-)?"
    r"(?:(?P<days>0*[0-9]{1,8})\.)?"
    r"(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9]):(?P<seconds>[0-5][0-9])"
    r"(?:\.(?P<fraction>[0-9]{1,7}))?"
)


class TimeSpan(str):
    """A duration in the API's text form, always canonical; equal to, and usable as, that text.

    The form is `[-][d.]hh:mm:ss[.fffffff]`: days only when they are not zero, the fraction only
    when it is not zero and then with its 7 digits of 100 ns. The range is .NET's, up to
    `10675199.02:48:05.4775807` either way.

    Args:
        value: a `datetime.timedelta`, or a text in the form above (days and fraction optional,
            1 to 7 digits of fraction, leading zeros of the days ignored).

    Raises:
        TypeError: the value is neither a `timedelta` nor a text.
        ValueError: the text has another form, or the duration is out of range.

    >>> TimeSpan(timedelta(days=2, hours=33, minutes=66, seconds=66))
    TimeSpan('3.10:07:06')
    >>> TimeSpan("0.00:00:01.5").timedelta
    datetime.timedelta(seconds=1, microseconds=500000)
    """

    __slots__ = ()

    MAX: ClassVar[TimeSpan]
    """The longest duration of the API, `10675199.02:48:05.4775807`."""

    ZERO: ClassVar[TimeSpan]
    """`00:00:00`."""

    def __new__(cls, value: str | timedelta) -> Self:
        """Read the value; the class says what it may be."""
        if isinstance(value, timedelta):
            ticks = _ticks_of_timedelta(value)
        elif isinstance(value, str):
            ticks = _ticks_of_text(value)
        else:
            raise TypeError(
                f"a time span is a timedelta or a text like 'd.hh:mm:ss' or 'hh:mm:ss', "
                f"not {type(value).__name__}"
            )
        if not -_MAX_TICKS - 1 <= ticks <= _MAX_TICKS:
            raise ValueError(
                f"the time span {value!s} is out of range: "
                "at most 10675199.02:48:05.4775807 either way"
            )
        return super().__new__(cls, _canonical(ticks))

    @property
    def timedelta(self) -> timedelta:
        """The same duration as a `datetime.timedelta`.

        A `timedelta` counts microseconds: a 7th digit (100 ns) rounds to the nearest
        microsecond, half to even. The text keeps it.
        """
        microseconds, rest = divmod(_ticks_of_text(self), _TICKS_PER_MICROSECOND)
        half = _TICKS_PER_MICROSECOND // 2
        if rest > half or (rest == half and microseconds % 2):
            microseconds += 1
        return timedelta(microseconds=microseconds)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        return str.__str__(self)


def _ticks_of_timedelta(value: timedelta) -> int:
    seconds = value.days * 86_400 + value.seconds
    return seconds * _TICKS_PER_SECOND + value.microseconds * _TICKS_PER_MICROSECOND


def _ticks_of_text(text: str) -> int:
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{str(text)!r} is not a time span: write 'd.hh:mm:ss' or 'hh:mm:ss' "
            "(hours 00-23, minutes and seconds 00-59, up to 7 digits of fraction)"
        )
    hours = int(match["days"] or 0) * 24 + int(match["hours"])
    seconds = (hours * 60 + int(match["minutes"])) * 60 + int(match["seconds"])
    fraction = int((match["fraction"] or "").ljust(7, "0"))
    ticks = seconds * _TICKS_PER_SECOND + fraction
    return -ticks if match["sign"] else ticks


def _canonical(ticks: int) -> str:
    seconds, fraction = divmod(abs(ticks), _TICKS_PER_SECOND)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return (
        ("-" if ticks < 0 else "")
        + (f"{days}." if days else "")
        + f"{hour:02}:{minute:02}:{second:02}"
        + (f".{fraction:07}" if fraction else "")
    )


TimeSpan.MAX = TimeSpan("10675199.02:48:05.4775807")
TimeSpan.ZERO = TimeSpan("00:00:00")
