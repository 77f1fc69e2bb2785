"""`TimeSpan`: the API's time-span text, both ways. Round trips over the whole range: properties."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import TimeSpan

ACCEPTED = [
    ("00:00:00", "00:00:00", timedelta(0)),
    ("0.00:00:00", "00:00:00", timedelta(0)),
    ("00:00:00.0000000", "00:00:00", timedelta(0)),
    ("-00:00:00", "00:00:00", timedelta(0)),
    ("23:59:59", "23:59:59", timedelta(days=1) - timedelta(seconds=1)),
    ("3.10:07:06", "3.10:07:06", timedelta(days=3, hours=10, minutes=7, seconds=6)),
    ("003.10:07:06", "3.10:07:06", timedelta(days=3, hours=10, minutes=7, seconds=6)),
    ("10.00:00:00", "10.00:00:00", timedelta(days=10)),
    ("365.00:00:00", "365.00:00:00", timedelta(days=365)),
    (
        "1.03:16:50.5000000",
        "1.03:16:50.5000000",
        timedelta(days=1, hours=3, minutes=16, seconds=50, milliseconds=500),
    ),
    ("00:00:01.5", "00:00:01.5000000", timedelta(milliseconds=1500)),
    ("00:00:01.05", "00:00:01.0500000", timedelta(milliseconds=1050)),
    ("00:00:25.1000003", "00:00:25.1000003", timedelta(seconds=25, milliseconds=100)),
    ("00:00:00.000001", "00:00:00.0000010", timedelta(microseconds=1)),
    ("-00:00:01", "-00:00:01", -timedelta(seconds=1)),
    ("-1.00:00:01", "-1.00:00:01", -timedelta(days=1, seconds=1)),
    ("-00:00:00.5", "-00:00:00.5000000", -timedelta(milliseconds=500)),
]
"""Text given, canonical text, duration."""


def pickled(value: object) -> object:
    """The value after a round trip through `pickle`."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own bytes


@pytest.mark.parametrize(("text", "canonical", "duration"), ACCEPTED)
def test_text_is_read_and_made_canonical(text: str, canonical: str, duration: timedelta) -> None:
    """Every accepted text becomes its canonical form, and the duration it means."""
    span = TimeSpan(text)
    assert str(span) == canonical
    assert span.timedelta == duration
    assert TimeSpan(span) == span


@pytest.mark.parametrize(("text", "canonical", "duration"), ACCEPTED)
def test_timedelta_gives_the_same_text(text: str, canonical: str, duration: timedelta) -> None:
    """A `timedelta` becomes the canonical text, unless that has a digit it cannot hold."""
    assert TimeSpan(duration).timedelta == duration
    if "1000003" not in canonical:
        assert TimeSpan(duration) == canonical


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(days=2, hours=33, minutes=66, seconds=66), "3.10:07:06"),
        (timedelta(microseconds=1), "00:00:00.0000010"),
        (timedelta(microseconds=-1), "-00:00:00.0000010"),
        (timedelta(milliseconds=1500), "00:00:01.5000000"),
        (timedelta(seconds=-1), "-00:00:01"),
        (timedelta(days=12), "12.00:00:00"),
        (timedelta(days=10675199, hours=2, minutes=48, seconds=5), "10675199.02:48:05"),
        (
            -timedelta(days=10675199, hours=2, minutes=48, seconds=5, microseconds=477580),
            "-10675199.02:48:05.4775800",
        ),
    ],
)
def test_timedelta_is_written_as_the_api_writes_it(duration: timedelta, text: str) -> None:
    """Days only when not zero, a fraction only when not zero and then with 7 digits, a sign."""
    assert TimeSpan(duration) == text


@pytest.mark.parametrize(
    "text",
    [
        "24:00:00",
        "00:60:00",
        "00:00:60",
        "99:99:99",
        "1:2:3",
        "1.2:3",
        "10.00:00:00abc",
        "abc10.00:00:00",
        "00:00:00garbage",
        "",
        " ",
        " 00:00:00",
        "00:00:00 ",
        "00:00:00\n",
        "+00:00:01",
        "--00:00:01",
        "- 00:00:01",
        "1 00:00:00",
        "1d00:00:00",
        "00:00:00.",
        "00:00:00.12345678",
        ".00:00:00",
        "1.00:00",
        "00:00",
        "00:00:00,5",
        "1.-00:00:00",
        "\N{FULLWIDTH DIGIT ZERO}0:00:00",
        "\N{ARABIC-INDIC DIGIT ONE}.00:00:00",
        "00:00:00.\N{SUPERSCRIPT TWO}",
        "P1D",
        "0x1.00:00:00",
        "1_0.00:00:00",
    ],
)
def test_other_text_is_a_value_error(text: str) -> None:
    """Any other text is refused with the value and the two accepted forms in the message."""
    with pytest.raises(ValueError, match="hh:mm:ss") as caught:
        TimeSpan(text)
    assert repr(text) in str(caught.value)
    assert "'d.hh:mm:ss'" in str(caught.value)
    assert "'hh:mm:ss'" in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "10675199.02:48:05.4775808",
        "10675199.02:48:06",
        "-10675199.02:48:05.4775809",
        "10675200.00:00:00",
        "99999999.00:00:00",
        timedelta.max,
        timedelta.min,
        timedelta(days=10675200),
        timedelta(days=10675199, hours=2, minutes=48, seconds=5, microseconds=477581),
    ],
)
def test_beyond_the_longest_is_a_value_error(value: str | timedelta) -> None:
    """A duration that .NET cannot hold is refused, whichever way it comes."""
    with pytest.raises(ValueError, match="out of range"):
        TimeSpan(value)


@pytest.mark.parametrize("text", ["123456789.00:00:00", "9" * 5000 + ".00:00:00"])
def test_endless_days_are_a_value_error(text: str) -> None:
    """However many digits of days there are, the refusal is a `ValueError`."""
    with pytest.raises(ValueError, match="time span"):
        TimeSpan(text)


def test_the_longest_durations_are_accepted() -> None:
    """Both ends of .NET's range are time spans."""
    assert TimeSpan("10675199.02:48:05.4775807") == TimeSpan.MAX
    assert str(TimeSpan("-10675199.02:48:05.4775808")) == "-10675199.02:48:05.4775808"
    assert TimeSpan.ZERO == "00:00:00"


@pytest.mark.parametrize("value", [None, 0, 1.5, True, b"00:00:00", ["00:00:00"], object()])
def test_other_types_are_a_type_error(value: Any) -> None:
    """What is neither text nor a `timedelta` is refused by its type."""
    with pytest.raises(TypeError, match=type(value).__name__):
        TimeSpan(value)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("00:00:00.0000004", 0),
        ("00:00:00.0000005", 0),
        ("00:00:00.0000006", 1),
        ("00:00:00.0000014", 1),
        ("00:00:00.0000015", 2),
        ("00:00:00.0000025", 2),
        ("00:00:00.0000016", 2),
        ("00:00:00.9999999", 1_000_000),
        ("-00:00:00.0000001", 0),
        ("-00:00:00.0000004", 0),
        ("-00:00:00.0000005", 0),
        ("-00:00:00.0000006", -1),
        ("-00:00:00.0000015", -2),
        ("-00:00:00.0000025", -2),
    ],
)
def test_seventh_digit_stays_in_the_text_and_rounds_in_the_timedelta(
    text: str, microseconds: int
) -> None:
    """100 ns round to the nearest microsecond, half to even; the text keeps them."""
    assert str(TimeSpan(text)) == text
    assert TimeSpan(text).timedelta == timedelta(microseconds=microseconds)


def test_it_is_a_text() -> None:
    """It equals, hashes, formats and serialises as its text."""
    span = TimeSpan("3.10:07:06")
    assert isinstance(span, str)
    assert span == "3.10:07:06"
    assert span in {"3.10:07:06", "other"}
    assert json.dumps({"t": span}) == '{"t": "3.10:07:06"}'
    assert (f"{span}", f"{span:>12}", "%s" % span) == ("3.10:07:06", "  3.10:07:06", "3.10:07:06")  # noqa: UP031
    assert type(str(span)) is str


def test_repr_shows_the_kind() -> None:
    """A `repr` makes the same time span again."""
    assert repr(TimeSpan("01:00:00")) == "TimeSpan('01:00:00')"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_copies_are_time_spans(copied: Any) -> None:
    """Copying and pickling keep kind and value."""
    span = TimeSpan("3.10:07:06.1000003")
    assert (type(copied(span)), copied(span)) == (TimeSpan, span)


def test_it_cannot_be_changed() -> None:
    """It has no attributes to set."""
    with pytest.raises(AttributeError):
        TimeSpan("01:00:00").other = 1  # type: ignore[attr-defined]
