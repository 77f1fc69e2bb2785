"""`TimeSpan` over its whole range: what goes in comes out, in one form, and nothing else fails."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qarnot_domain import TimeSpan

from . import strategies as s

CANONICAL = re.compile(
    r"-?([1-9]\d*\.)?([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.(?!0000000)\d{7})?", re.ASCII
)


def ticks_of(text: str) -> int:
    """The ticks of a time span, read another way than the library does."""
    whole, minutes, seconds = text.removeprefix("-").split(":")
    days, _, hours = whole.rpartition(".")
    total = ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + Fraction(seconds)
    ticks = total * s.TICKS_PER_SECOND
    assert ticks.denominator == 1
    return -ticks.numerator if text.startswith("-") else ticks.numerator


@given(s.durations())
def test_every_timedelta_in_range_comes_back(duration: timedelta) -> None:
    """From a `timedelta` to text and back nothing is lost."""
    assert TimeSpan(duration).timedelta == duration
    assert TimeSpan(str(TimeSpan(duration))).timedelta == duration


@given(s.spelled_time_spans())
def test_every_spelling_means_its_ticks(spelling: s.Spelling) -> None:
    """Each accepted spelling is read to the tick."""
    assert ticks_of(TimeSpan(spelling.text)) == spelling.ticks


@given(s.spelled_time_spans())
def test_text_is_canonical_and_stays_so(spelling: s.Spelling) -> None:
    """There is one text for one duration, whatever the spelling, and reading it changes nothing."""
    span = TimeSpan(spelling.text)
    assert CANONICAL.fullmatch(span)
    assert (span == "00:00:00") == (spelling.ticks == 0)
    assert TimeSpan(span) == span
    assert str(TimeSpan(str(span))) == str(span)


@given(s.spelled_time_spans(), s.spelled_time_spans())
def test_equal_durations_have_equal_texts(one: s.Spelling, other: s.Spelling) -> None:
    """Two spellings are equal exactly if they mean the same ticks."""
    assert (TimeSpan(one.text) == TimeSpan(other.text)) == (one.ticks == other.ticks)


@given(s.spelled_time_spans())
def test_timedelta_is_the_nearest_microsecond_half_to_even(spelling: s.Spelling) -> None:
    """The seventh digit rounds as documented."""
    expected = round(Fraction(spelling.ticks, 10))
    assert TimeSpan(spelling.text).timedelta == timedelta(microseconds=expected)


@given(st.text() | s.damaged(s.spelled_time_spans().map(lambda spelling: spelling.text)))
def test_parser_is_total(text: str) -> None:
    """Any text is a time span, or a `ValueError` that shows it, and nothing else."""
    try:
        span = TimeSpan(text)
    except ValueError as error:
        shown = str(error)
    else:
        assert re.fullmatch(r"-?(\d+\.)?\d\d:\d\d:\d\d(\.\d{1,7})?", text, re.ASCII)
        assert CANONICAL.fullmatch(span)
        return
    assert repr(text) in shown or text in shown


@given(
    st.timedeltas(min_value=s.LONGEST + timedelta(microseconds=1))
    | st.timedeltas(max_value=-s.LONGEST - timedelta(microseconds=1))
)
def test_every_timedelta_out_of_range_is_refused(duration: timedelta) -> None:
    """Beyond .NET's range there is no time span."""
    with pytest.raises(ValueError, match="out of range"):
        TimeSpan(duration)


@given(
    s.json_values().filter(lambda value: not isinstance(value, str))
    | st.binary()
    | st.complex_numbers()
    | st.dates()
)
def test_every_other_type_is_a_type_error(value: Any) -> None:
    """What is neither text nor `timedelta` is a `TypeError`, and nothing else."""
    with pytest.raises(TypeError, match=type(value).__name__):
        TimeSpan(value)
