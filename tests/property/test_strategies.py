"""The strategies are what they claim: in range, in form, and able to reach the corners."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from qarnot_domain._retry import Outcome, Policy
from qarnot_domain._retry import Phase as SendingPhase

from . import strategies as s

T = TypeVar("T")


def reached(strategy: st.SearchStrategy[T], corner: Callable[[T], object]) -> bool:
    """Whether the strategy gives a value for which this holds, the simplest or not."""
    # Without shrinking, which can take long and adds nothing here.
    effort = settings(max_examples=20_000, phases=[Phase.generate], database=None)
    try:
        find(strategy, lambda value: bool(corner(value)), settings=effort)
    except NoSuchExample:
        return False
    return True


@given(s.durations())
def test_durations_are_in_range(duration: timedelta) -> None:
    """A duration is at most the longest time span, either way."""
    assert abs(duration) <= s.LONGEST


@given(s.spelled_time_spans(most_days=99, most_digits=3, most_leading_zeros=1, negative=False))
def test_spelled_time_spans_keep_to_their_limits(spelling: s.Spelling) -> None:
    """Days, digits, zeros and sign are those asked for."""
    form = r"(0?\d{1,2}\.)?([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?"
    assert re.fullmatch(form, spelling.text, re.ASCII)
    assert 0 <= spelling.ticks < 100 * 86_400 * s.TICKS_PER_SECOND


@pytest.mark.parametrize(
    "corner",
    [
        lambda spelling: spelling.text == "00:00:00",
        lambda spelling: spelling.text.startswith("-") and spelling.ticks == 0,
        lambda spelling: spelling.text.startswith("-0"),
        lambda spelling: re.match(r"0+[1-9]\d*\.\d\d:", spelling.text),
        lambda spelling: re.search(r":\d\d\.\d{7}$", spelling.text),
        lambda spelling: abs(spelling.ticks) > 10**18,
        lambda spelling: spelling.ticks % 10 == 5,
    ],
)
def test_spelled_time_spans_reach_the_corners(corner: Any) -> None:
    """Zero, a minus before zero, leading zeros, a seventh digit and huge spans all come up."""
    assert reached(s.spelled_time_spans(), corner)


@given(s.spelled_time_spans())
def test_spelled_time_spans_are_all_within_dot_net(spelling: s.Spelling) -> None:
    """Every spelling means a duration that .NET holds."""
    assert abs(spelling.ticks) <= s.MOST_TICKS


@given(s.spelled_dates())
def test_spelled_dates_mean_their_moment(spelled: tuple[str, datetime]) -> None:
    """The text has the moment's own digits, to the second and in its fraction."""
    text, moment = spelled
    assert moment.tzinfo is UTC
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|\+00:00)?", text, re.ASCII)
    assert text[:19] == moment.replace(tzinfo=None, microsecond=0).isoformat()
    fraction = text[20:].rstrip("Z").removesuffix("+00:00") if "." in text else ""
    assert int(fraction.ljust(6, "0")[:6]) == moment.microsecond


@given(s.json_values())
def test_json_values_are_json(value: Any) -> None:
    """They survive being written and read."""
    assert json.loads(json.dumps(value)) == value


@given(s.shortnames(longest=5), s.shortnames(longest=1), s.shortnames())
def test_shortnames_are_dns_labels(short: str, shortest: str, any_length: str) -> None:
    """They have the form and the length of a label."""
    for label, longest in ((short, 5), (shortest, 1), (any_length, 63)):
        assert 1 <= len(label) <= longest
        assert set(label) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert label.strip("-") == label


@given(s.names(longest=3), s.tags(most=2, longest=4))
def test_names_and_tags_keep_to_their_limits(name: str, tags: list[str]) -> None:
    """They are as long and as many as asked for, and can be sent."""
    assert 1 <= len(name) <= 3
    assert len(tags) == len(set(tags)) <= 2
    assert all(len(tag) <= 4 for tag in tags)
    json.dumps([name, tags], ensure_ascii=False).encode()


@given(s.canonical_spans(), s.canonical_dates())
def test_canonical_texts_have_one_form(span: str, date: str) -> None:
    """No leading zeros of the days, a fraction of 7 digits or none, dates in whole seconds."""
    assert re.fullmatch(r"([1-9]\d*\.)?\d\d:\d\d:\d\d(\.\d{7})?", span, re.ASCII)
    assert not span.endswith(".0000000")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", date, re.ASCII)


@given(s.job_payloads())
def test_job_payloads_have_every_member(payload: dict[str, Any]) -> None:
    """A payload has all members, none null, and is JSON."""
    assert set(payload) == {"uuid", *s.JOB_MEMBERS}
    assert None not in payload.values()
    assert json.loads(json.dumps(payload)) == payload


@given(s.sparse_job_payloads())
def test_sparse_job_payloads_always_have_a_uuid(payload: dict[str, Any]) -> None:
    """Whatever else is missing, the uuid is there."""
    assert payload["uuid"]


@pytest.mark.parametrize(
    "corner",
    [
        lambda payload: "name" not in payload,
        lambda payload: payload.get("tags", ...) is None,
        lambda payload: set(payload) - {"uuid", *s.JOB_MEMBERS},
        lambda payload: payload.get("state") not in {None, "Active", "Terminating", "Completed"},
    ],
)
def test_sparse_job_payloads_reach_the_corners(corner: Callable[[dict[str, Any]], object]) -> None:
    """Members come up absent, null and unknown, and states nobody knows."""
    assert reached(s.sparse_job_payloads(), corner)


def test_reached_can_say_no() -> None:
    """What a strategy never gives is not reached."""
    assert not reached(st.integers(0, 3), lambda value: value > 3)


@given(s.statuses(least=300, most=500), s.statuses())
def test_statuses_keep_to_their_limits(limited: int, any_status: int) -> None:
    """They are within the bounds asked for."""
    assert 300 <= limited <= 500
    assert 100 <= any_status <= 999


@given(s.words())
def test_words_are_on_one_line(said: str) -> None:
    """They are what a sentence may be: not empty, nothing to clean away."""
    assert said
    assert " ".join(said.split()) == said
    assert len(said) <= 60


@pytest.mark.parametrize(
    "corner",
    [
        lambda body: b"needle" in body and body.startswith(b"{"),
        lambda body: b"needle" in body and body.startswith(b"<html>"),
        lambda body: b"needle" in body and len(body) > 600,
        lambda body: b"n\0e\0e\0d\0l\0e\0" in body,
        lambda body: b"\xff" in body,
        lambda body: body == b"",
    ],
)
def test_bodies_reach_the_corners(corner: Callable[[bytes], object]) -> None:
    """JSON, HTML, long texts, other encodings, mere bytes and nothing at all come up."""
    assert reached(s.bodies(holding="needle"), corner)


@given(s.secrets())
def test_secrets_can_be_tokens(secret: str) -> None:
    """They can be sent in a header and are long."""
    assert len(secret) >= 16
    assert secret.isascii()
    assert secret.isprintable()
    assert not any(character.isspace() for character in secret)


@given(s.outcomes(), s.policies(), s.spans_of_time())
def test_situations_are_possible(outcome: Outcome, policy: Policy, elapsed: timedelta) -> None:
    """Only an answer has a status, and nothing is negative."""
    assert (outcome.status is not None) == (outcome.phase is SendingPhase.ANSWERED)
    assert outcome.retry_after is None or outcome.retry_after >= timedelta(0)
    assert policy.retry_count >= 0
    assert min(policy.retry_wait, policy.deadline, elapsed) >= timedelta(0)


@given(s.damaged(st.just("01:02:03")))
def test_damaged_is_never_far_off(text: str) -> None:
    """A damaged text differs by one character at most."""
    assert 7 <= len(text) <= 9


@given(s.spelled_ranges())
def test_spelled_ranges_mean_their_instances(ranges: s.Ranges) -> None:
    """The text is of the documented form, and read part by part it is exactly its instances."""
    assert re.fullmatch(r"\d{1,10}(-\d{1,10})?(,\d{1,10}(-\d{1,10})?)*", ranges.text, re.ASCII)
    ends = [part.partition("-") for part in ranges.text.split(",")]
    meant = {n for first, _, last in ends for n in range(int(first), int(last or first) + 1)}
    assert meant == ranges.instances
    assert max(meant) <= s.LARGEST_INSTANCE


@pytest.mark.parametrize(
    "corner",
    [
        lambda ranges: len(ranges.instances) > 2048,
        lambda ranges: 1900 < len(ranges.instances) <= 2048,
        lambda ranges: len(ranges.instances) == 1,
        lambda ranges: max(ranges.instances) == s.LARGEST_INSTANCE,
        lambda ranges: re.search(r"(^|,)0\d", ranges.text),
        lambda ranges: re.search(r"(^|,)(\d+)-\2(,|$)", ranges.text),
        lambda ranges: re.search(r"(^|,)(\d+)(,|$)", ranges.text),
    ],
)
def test_spelled_ranges_reach_the_corners(corner: Callable[[s.Ranges], object]) -> None:
    """Too many, just not too many, one, the last there is, and every way to write one come up."""
    assert reached(s.spelled_ranges(), corner)


def test_spelled_ranges_overlap() -> None:
    """Parts that have instances in common come up, so that counting them twice would show."""

    def overlaps(ranges: s.Ranges) -> bool:
        ends = [part.partition("-") for part in ranges.text.split(",")]
        return sum(int(last or first) - int(first) + 1 for first, _, last in ends) > len(
            ranges.instances
        )

    assert reached(s.spelled_ranges(), overlaps)


@given(s.waits(5, most_awaited=2))
def test_waits_are_among_the_tasks(waits: s.Waits) -> None:
    """Each number is one of the tasks, and none is awaited twice."""
    assert {waits.task, *waits.awaited} <= set(range(5))
    assert len(set(waits.awaited)) == len(waits.awaited) <= 2


@pytest.mark.parametrize(
    "corner",
    [
        lambda waits: waits.task in waits.awaited,
        lambda waits: waits.awaited == (),
        lambda waits: waits.advanced and len(waits.awaited) > 1,
    ],
)
def test_waits_reach_the_corners(corner: Callable[[s.Waits], object]) -> None:
    """A task that waits for itself, for nothing, and for several come up."""
    assert reached(s.waits(3), corner)


@given(s.described("RetrySettings"), s.described("Task", most_unknown=0))
def test_described_are_of_their_schema(settings: dict[str, Any], task: dict[str, Any]) -> None:
    """Required members are there, numbers within their bounds, and all of it is JSON."""
    for member in ("maxTotalRetries", "maxPerInstanceRetries"):
        assert settings.get(member) is None or 0 <= settings[member] < 2**31
    schemas = s.schemas()
    required = {name for part in schemas["Task"]["allOf"] for name in part.get("required", ())}
    assert required <= set(task) <= set(schemas["TaskProjection"]["properties"])
    assert json.loads(json.dumps(task)) == task


@pytest.mark.parametrize(
    ("schema", "corner"),
    [
        ("RetrySettings", lambda wire: wire == {}),
        ("RetrySettings", lambda wire: wire.get("maxTotalRetries", ...) is None),
        ("RetrySettings", lambda wire: wire.get("maxTotalRetries") == 0),
        ("RetrySettings", lambda wire: len(wire) == 3),
        ("ForcedConstant", lambda wire: wire.get("access") == "readWrite"),
        ("ForcedConstant", lambda wire: (wire.get("access") or "readOnly")[:4] != "read"),
        ("ReportedHardwareConstraint", lambda wire: "minimumMemoryMB" in wire),
        (
            "ReportedHardwareConstraint",
            lambda wire: not wire["discriminator"].endswith("HardwareConstraint"),
        ),
        ("Scaling", lambda wire: {policy["type"] for policy in wire["policies"]} > {"Fixed"}),
        ("WeeklyScalingPeriod", lambda wire: "." in wire["startTimeUtc"]),
        ("Labels", lambda wire: len(wire) > 1),
    ],
)
def test_described_reach_the_corners(schema: str, corner: Callable[[Any], object]) -> None:
    """Absent, null, unknown and newer members and words come up, and every kind of a union."""
    assert reached(s.described(schema), corner)


@pytest.mark.parametrize(
    ("whole", "part", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"a": 1, "b": None, "c": [], "d": {}}, True),
        ({"a": None}, {"a": {"b": []}}, True),
        ({"a": None}, {"a": {"b": [None]}}, False),
        ({"a": 1}, {"a": 1, "b": False}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, True),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"runningCoresCount": 1}, {"runningCoreCount": 1}, True),
    ],
)
def test_holds_compares_what_is_said(whole: Any, part: Any, expected: bool) -> None:
    """One value holds another if nothing that it says is missing or different."""
    assert s.holds(whole, part) == expected
