"""How the number of a pool's slots follows its work (schemas `Scaling`, `ElasticProperty`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time
from typing import Final

from . import _checks as checks
from . import _codecs as codecs
from ._codecs import SettableCodec
from ._values import Tagged, Value, all_of, member, value
from ._words import Known, Word

_LARGEST_INT64: Final = 2**63 - 1
_SLOTS: Final = codecs.integer(most=_LARGEST_INT64)


class ElasticProperty(Value):
    """The older way to let a pool grow and shrink; `Scaling` can do more."""

    is_elastic: bool = member(codecs.BOOLEAN)
    min_total_slots: int = member(codecs.integer(), default=0)
    max_total_slots: int = member(codecs.integer(), default=1)
    min_idle_slots: int = member(codecs.integer(), default=0)
    resize_period: int = member(codecs.integer(), default=90)
    """How often the pool is resized, in seconds."""
    ramp_resize_factor: float = member(codecs.number(most=1.0), default=1.0)
    """How fast it is resized: 0 to 1."""
    min_idle_time_seconds: int = member(codecs.integer(), default=0)


class DayOfWeek(Word):
    """A day of the week, a `str` in any case of letters."""

    __slots__ = ()

    SUNDAY = Known("sunday")
    MONDAY = Known("monday")
    TUESDAY = Known("tuesday")
    WEDNESDAY = Known("wednesday")
    THURSDAY = Known("thursday")
    FRIDAY = Known("friday")
    SATURDAY = Known("saturday")


_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,7}))?")


def _check_time(member: str, given: time | str) -> str:
    if isinstance(given, time):
        if given.tzinfo is not None:
            raise ValueError(f"{member} must be a time without zone, which is UTC, not {given!r}")
        return given.isoformat()
    if not isinstance(given, str):
        raise TypeError(f"{member} must be a time or text, not {type(given).__name__}")
    if not _TIME.fullmatch(given):
        raise ValueError(f"{member} must look like '19:30:00', not {given!r}")
    return given


_TIME_OF_DAY: Final[SettableCodec[str, time | str]] = SettableCodec(
    codecs.read_string, codecs.unchanged, check=_check_time
)


class TimePeriodSpecification(Tagged, tag="type"):
    """When a scaling policy may be used: `TimePeriodAlways` or `TimePeriodWeeklyRecurring`.

    A kind that this version of the library does not know is read and written as it is.
    """


class TimePeriodAlways(TimePeriodSpecification, kind="Always"):
    """At any time."""

    name: str | None = member(codecs.text(shortest=0), default=None)


class TimePeriodWeeklyRecurring(TimePeriodSpecification, kind="Weekly"):
    """On some days of the week, between two times of the day in UTC."""

    days: Sequence[str] = member(all_of(codecs.word(DayOfWeek)))
    """`DayOfWeek`s; also settable as text."""
    start_time_utc: time | str = member(_TIME_OF_DAY)
    """Kept as text, as the API writes it: `19:30:00`."""
    end_time_utc: time | str = member(_TIME_OF_DAY)
    name: str | None = member(codecs.text(shortest=0), default=None)


class ScalingPolicy(Tagged, tag="type"):
    """A rule for the number of slots: `FixedScalingPolicy` or `ManagedTasksQueueScalingPolicy`.

    A kind that this version of the library does not know is read and written as it is.
    """


_PERIODS: Final = all_of(value(TimePeriodSpecification))


class FixedScalingPolicy(ScalingPolicy, kind="Fixed"):
    """Always so many slots."""

    slots_count: int = member(_SLOTS)
    name: str = member(codecs.text())
    """Unique among the policies of a pool."""
    enabled_periods: Sequence[TimePeriodSpecification] = member(_PERIODS)


class ManagedTasksQueueScalingPolicy(ScalingPolicy, kind="ManagedTasksQueue"):
    """As many slots as the queued tasks need, within bounds; `None` is the server's choice."""

    name: str = member(codecs.text())
    """Unique among the policies of a pool."""
    enabled_periods: Sequence[TimePeriodSpecification] = member(_PERIODS)
    min_total_slots: int | None = member(_SLOTS, default=None)
    max_total_slots: int | None = member(_SLOTS, default=None)
    min_idle_slots: int | None = member(_SLOTS, default=None)
    min_idle_time_seconds: int | None = member(_SLOTS, default=None)
    scaling_factor: float | None = member(codecs.number(), default=None)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        least, most = self.min_total_slots, self.max_total_slots
        if least is not None and most is not None and least > most:
            raise ValueError(f"min_total_slots {least} must not exceed max_total_slots {most}")


class Scaling(Value):
    """The policies of a pool in order: the first whose period matches is active."""

    policies: Sequence[ScalingPolicy] = member(all_of(value(ScalingPolicy)))
    active_policy_name: str | None = member(codecs.TEXT_SAID, default=None)
    """Which one is active, as the server says."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        names = [getattr(policy, "name", None) for policy in self.policies]
        for name in names:
            if name is not None and names.count(name) > 1:
                raise ValueError(f"policies: the name {name!r} is given twice")


SCALING: Final = codecs.optional(value(Scaling))
ELASTIC_PROPERTY: Final = codecs.optional(value(ElasticProperty))


class PreparationTask(Value):
    """What prepares a pool's nodes (schema `PreparationTask`)."""

    command_line: str = member(codecs.text())


_PREPARATION: Final = codecs.optional(value(PreparationTask))


def _check_preparation(member: str, command: str | None) -> PreparationTask | None:
    if command is None:
        return None
    return PreparationTask(checks.check_text(member, command, longest=checks.LARGEST_INT32))


PREPARATION: Final[SettableCodec[PreparationTask | None, str | None]] = SettableCodec(
    _PREPARATION.read, _PREPARATION.write, check=_check_preparation, same=_PREPARATION.same
)
"""The command line that prepares a pool's nodes."""
