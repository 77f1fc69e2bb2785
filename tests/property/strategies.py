"""What the API and its users can say, as Hypothesis strategies.

Each takes the limits it keeps to as keyword arguments; the defaults are the document's. What they
claim is itself tested, in `test_strategies.py`.
"""

from __future__ import annotations

import json
import string
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from qarnot_domain._retry import Kind, Outcome, Phase, Policy

Strategy = st.SearchStrategy

TICKS_PER_SECOND: Final = 10_000_000
MOST_TICKS: Final = 2**63 - 1
"""The longest time span of .NET, in ticks of 100 ns."""

LONGEST: Final = timedelta(microseconds=MOST_TICKS // 10)
"""The longest `timedelta` that is a time span."""

SENDABLE: Final = st.characters(codec="utf-8")
"""Characters that text on the wire can hold: all but lone surrogates."""

VISIBLE: Final = "".join(chr(code) for code in range(0x21, 0x7F))


# --- time ---------------------------------------------------------------------------------------


class Spelling(NamedTuple):
    """A text of the wire form and the ticks it means."""

    text: str
    ticks: int


def durations(
    *, shortest: timedelta = -LONGEST, longest: timedelta = LONGEST
) -> Strategy[timedelta]:
    """Durations that a time span can be, both ends included."""
    return st.timedeltas(min_value=shortest, max_value=longest)


@st.composite
def spelled_time_spans(
    draw: st.DrawFn,
    *,
    most_days: int = 10_675_198,
    most_digits: int = 7,
    most_leading_zeros: int = 4,
    negative: bool = True,
) -> Spelling:
    """Any accepted spelling: sign, days or none, leading zeros, 0 to 7 digits of fraction."""
    sign = draw(st.booleans()) if negative else False
    days = draw(st.none() | st.integers(0, most_days))
    zeros = draw(st.integers(0, most_leading_zeros))
    hours, minutes, seconds = (draw(st.integers(0, top)) for top in (23, 59, 59))
    digits = draw(st.text(alphabet=string.digits, max_size=most_digits))
    text = "-" if sign else ""
    text += "" if days is None else f"{'0' * zeros}{days}."
    text += f"{hours:02}:{minutes:02}:{seconds:02}"
    text += f".{digits}" if digits else ""
    whole = (((days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds
    ticks = whole * TICKS_PER_SECOND + int(digits.ljust(7, "0"))
    return Spelling(text, -ticks if sign else ticks)


@st.composite
def damaged(draw: st.DrawFn, whole: Strategy[str]) -> str:
    """A text with one character replaced, left out, or put in: seldom right, never far off."""
    text = draw(whole)
    position = draw(st.integers(0, len(text)))
    length = draw(st.integers(0, 1))
    put = draw(st.sampled_from("0123456789:.-+ T\n") | st.characters() | st.just(""))
    return text[:position] + put + text[position + length :]


@st.composite
def spelled_dates(draw: st.DrawFn) -> tuple[str, datetime]:
    """A date in one of the forms the API writes, and the moment it means."""
    moment = draw(
        st.datetimes(
            min_value=datetime(2, 1, 2),  # noqa: DTZ001 - made aware below
            max_value=datetime(9999, 12, 30),  # noqa: DTZ001 - made aware below
        )
    ).replace(tzinfo=UTC)
    digits = draw(st.integers(0, 9))
    moment = moment.replace(
        microsecond=moment.microsecond // 10 ** max(0, 6 - digits) * 10 ** max(0, 6 - digits)
    )
    fraction = f"{moment.microsecond:06}" + draw(
        st.text(alphabet=string.digits, min_size=3, max_size=3)
    )
    text = moment.strftime("%Y").rjust(4, "0") + moment.strftime("-%m-%dT%H:%M:%S")
    text += f".{fraction[:digits]}" if digits else ""
    return text + draw(st.sampled_from(("Z", "", "+00:00"))), moment


# --- JSON -----------------------------------------------------------------------------------------


def scalars() -> Strategy[Any]:
    """JSON values without members: null, booleans, numbers that JSON has, texts."""
    return (
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=20)
    )


def json_values(*, most_leaves: int = 8) -> Strategy[Any]:
    """Any JSON value."""
    return st.recursive(
        scalars(),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
        ),
        max_leaves=most_leaves,
    )


# --- jobs -----------------------------------------------------------------------------------------


def uuids() -> Strategy[str]:
    """Identifiers as the API writes them."""
    return st.uuids(version=4).map(str)


def shortnames(*, longest: int = 63) -> Strategy[str]:
    """DNS labels (RFC 1123)."""
    edge = string.ascii_lowercase + string.digits
    return st.from_regex(
        rf"[{edge}]([{edge}-]{{0,{longest - 2}}}[{edge}])?" if longest > 1 else rf"[{edge}]",
        fullmatch=True,
    )


def names(*, longest: int = 2047) -> Strategy[str]:
    """Names of objects: text that can be sent, not empty."""
    return st.text(alphabet=SENDABLE, min_size=1, max_size=min(longest, 50))


def tags(*, most: int = 9, longest: int = 511) -> Strategy[list[str]]:
    """Lists of tags without repetition."""
    tag = st.text(alphabet=SENDABLE, max_size=min(longest, 30))
    return st.lists(tag, max_size=most, unique=True)


def state_words(*known: str) -> Strategy[str]:
    """Words for a state: the known ones, and any other text."""
    return st.sampled_from(known or ("Active",)) | st.text(max_size=20)


def canonical_spans(*, most_days: int = 10_675_198) -> Strategy[str]:
    """Time spans that are not negative, as the API writes them."""

    def canonical(ticks: int) -> str:
        seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
        minutes, second = divmod(seconds, 60)
        hours, minute = divmod(minutes, 60)
        days, hour = divmod(hours, 24)
        text = f"{days}." if days else ""
        text += f"{hour:02}:{minute:02}:{second:02}"
        return text + (f".{fraction:07}" if fraction else "")

    return st.integers(0, most_days * 86_400 * TICKS_PER_SECOND).map(canonical)


def canonical_dates() -> Strategy[str]:
    """Dates as the API writes them, in whole seconds."""
    return st.datetimes(min_value=datetime(1970, 1, 1)).map(  # noqa: DTZ001 - written with its zone
        lambda moment: f"{moment.replace(microsecond=0).isoformat()}Z"
    )


JOB_MEMBERS: Final[dict[str, Strategy[Any]]] = {
    "name": names(),
    "shortname": shortnames(),
    "poolUuid": uuids(),
    "state": state_words("Active", "Terminating", "Completed", "Deleting"),
    "previousState": state_words("Active", "Terminating", "Completed"),
    "useDependencies": st.booleans(),
    "stateTransitionTime": canonical_dates(),
    "previousStateTransitionTime": canonical_dates(),
    "lastModified": canonical_dates(),
    "creationDate": canonical_dates(),
    "maxWallTime": canonical_spans(),
    "tags": tags(),
    "autoDeleteOnCompletion": st.booleans(),
    "completionTimeToLive": canonical_spans(),
}
"""Each member of a job but its uuid, with the values the API gives it."""


def job_payloads() -> Strategy[dict[str, Any]]:
    """Jobs with every member, each in its canonical form."""
    return st.fixed_dictionaries({"uuid": uuids(), **JOB_MEMBERS})


def unknown_members() -> Strategy[dict[str, Any]]:
    """Members that no job has."""
    known = {name.lower() for name in ("uuid", *JOB_MEMBERS)}
    name = st.text(max_size=12).filter(lambda text: text.lower() not in known)
    return st.dictionaries(name, json_values(), max_size=4)


@st.composite
def sparse_job_payloads(draw: st.DrawFn) -> dict[str, Any]:
    """Jobs of which any member may be absent or null, with members nobody knows."""
    payload = draw(job_payloads())
    for name in JOB_MEMBERS:
        fate = draw(st.sampled_from(("kept", "absent", "null")))
        if fate == "absent":
            del payload[name]
        elif fate == "null":
            payload[name] = None
    return {**payload, **draw(unknown_members())}


# --- answers --------------------------------------------------------------------------------------


def statuses(*, least: int = 100, most: int = 999) -> Strategy[int]:
    """HTTP statuses, documented or not."""
    documented = [s for s in (400, 401, 402, 403, 404, 409, 429, 500, 503) if least <= s <= most]
    any_status = st.integers(least, most)
    return st.sampled_from(documented) | any_status if documented else any_status


def words(*, longest: int = 60) -> Strategy[str]:
    """What a server may say: printable words on one line, with a letter in them."""
    word = st.text(alphabet=st.characters(categories=("L", "N", "P")), min_size=1, max_size=12)
    spoken = st.lists(word, min_size=1, max_size=6).map(" ".join)
    return spoken.map(lambda text: f"x{text}"[:longest].strip())


def error_shapes(said: Strategy[str]) -> Strategy[Any]:
    """The documented error bodies around words, decoded."""
    return st.one_of(
        said.map(lambda text: {"message": text}),
        said.map(lambda text: {"Message": text}),
        said.map(lambda text: {"error": text}),
        said.map(lambda text: {"error": {"message": text, "code": 1}, "data": {}}),
        said.map(lambda text: {"type": "about:blank", "title": "No", "status": 1, "detail": text}),
        said,
    )


@st.composite
def bodies(draw: st.DrawFn, *, holding: str = "") -> bytes:
    """Any body: documented, odd, HTML, cut short, in another encoding, or mere bytes.

    The text `holding` is put somewhere into most of them.
    """
    said = st.text(max_size=40).flatmap(
        lambda text: st.integers(0, len(text)).map(lambda at: text[:at] + holding + text[at:])
    )
    text: str = draw(
        st.one_of(
            error_shapes(said).map(json.dumps),
            st.dictionaries(said, st.lists(said, max_size=3), max_size=3).map(
                lambda errors: json.dumps({"title": "No", "errors": errors})
            ),
            st.lists(said.map(lambda one: {"message": one}), max_size=3).map(json.dumps),
            json_values().map(json.dumps),
            said,
            said.map(lambda one: f"<html><title>{one}</title><body>{one}</body></html>"),
            st.integers(0, 2_000).flatmap(lambda n: said.map(lambda one: "x" * n + one)),
        )
    )
    encoding = draw(st.sampled_from(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1")))
    raw = text.encode(encoding, "replace")
    end = draw(st.integers(0, len(raw))) if draw(st.booleans()) else len(raw)
    more = draw(st.just(b"") | st.binary(max_size=8))
    return raw[:end] + more


def header_values() -> Strategy[str]:
    """Values of the headers that matter, and any other."""
    return st.one_of(
        st.integers(-(10**12), 10**12).map(str),
        st.floats().map(str),
        st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT")),
        st.sampled_from(("", "nan", "inf", "1e999", "soon", "Fri, 99 Foo 0000 99:99:99 GMT")),
        st.text(max_size=20),
    )


def headers() -> Strategy[dict[str, str]]:
    """Headers of an answer, in any case."""
    name = st.sampled_from(("Retry-After", "retry-after", "Date", "date", "Content-Type"))
    return st.dictionaries(name | st.text(max_size=10), header_values(), max_size=4)


def secrets(*, shortest: int = 16) -> Strategy[str]:
    """Tokens: visible ASCII, long enough to be in no text by chance."""
    return st.text(alphabet=VISIBLE, min_size=shortest, max_size=64)


# --- retries --------------------------------------------------------------------------------------


def kinds() -> Strategy[Kind]:
    """What repeating an operation would do."""
    return st.sampled_from(list(Kind))


def spans_of_time(*, longest: timedelta = timedelta.max) -> Strategy[timedelta]:
    """Times to wait or that passed: zero, everyday ones, absurd ones."""
    return (
        st.timedeltas(min_value=timedelta(0), max_value=timedelta(minutes=10))
        | st.timedeltas(min_value=timedelta(0), max_value=longest)
        | st.just(longest)
    )


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """How an attempt failed."""
    phase = draw(st.sampled_from(list(Phase)))
    if phase is not Phase.ANSWERED:
        return Outcome(phase)
    retry_after = draw(st.none() | spans_of_time())
    return Outcome(phase, draw(statuses(least=300)), retry_after)


def policies() -> Strategy[Policy]:
    """The caps of a connection, the absurd ones included."""
    return st.builds(
        Policy,
        retry_count=st.integers(0, 10) | st.integers(0, 10**18),
        retry_wait=spans_of_time(),
        deadline=spans_of_time(),
    )
