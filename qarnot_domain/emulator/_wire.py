"""How the service writes dates and durations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from qarnot_domain.timespan import TimeSpan

UNSET_DATE = "0001-01-01T00:00:00Z"
"""What the service writes where there is no date yet."""


def date(moment: datetime | None) -> str:
    """A date as the service writes it: with seven digits of a fraction unless that is zero."""
    if moment is None:
        return UNSET_DATE
    utc = moment.astimezone(UTC)
    # Faster than a format, and lists are full of dates.
    return utc.isoformat().removesuffix("+00:00") + ("0Z" if utc.microsecond else "Z")


def whole(moment: datetime) -> datetime:
    """The second of a date of creation, which is all that can be seen of it.

    The official Python SDK fails on a seventh digit there, and works with the service.
    """
    return moment.replace(microsecond=0)


def http_date(moment: datetime) -> str:
    """The `Date` header."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def span(duration: timedelta) -> TimeSpan:
    """A duration as the service writes it."""
    return TimeSpan(duration)


def later(moment: datetime, by: timedelta) -> datetime | None:
    """`moment` moved forward; `None` past the calendar's end, as a span may be 29,000 years."""
    try:
        return moment + by
    except OverflowError:
        return None


def sortable(moment: datetime) -> str:
    """A date as text that sorts as the date does, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def sortable_span(duration: timedelta) -> str:
    """A duration that is not negative as text that sorts as it does."""
    return f"{duration // timedelta(microseconds=1):020}"
