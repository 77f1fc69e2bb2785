"""What the API and its users can say, as Hypothesis strategies.

Each takes the limits it keeps to as keyword arguments; the defaults are the document's. What they
claim is itself tested, in `test_strategies.py`.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import yaml
from hypothesis import strategies as st

from qarnot_domain._retry import Kind, Outcome, Phase, Policy
from qarnot_domain.filters import (
    DateField,
    DurationField,
    Field,
    Fields,
    FlagField,
    NumberField,
    TextField,
    TextsField,
)

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


# --- filters --------------------------------------------------------------------------------------


class Comparison(NamedTuple):
    """A field, how it is compared, and with what: one value, or several."""

    field: Field[Any]
    way: str
    value: Any


class Junction(NamedTuple):
    """Two expressions and how they are joined: `&` or `|`."""

    way: str
    left: Expression
    right: Expression


Expression: TypeAlias = Comparison | Junction

_MEMBERSHIP: Final = ("is_in", "is_not_in")
_SEVERAL: Final = (*_MEMBERSHIP, "any_of", "all_of")

WAYS: Final[dict[type[Field[Any]], tuple[str, ...]]] = {
    FlagField: ("==", "!="),
    TextField: ("==", "!=", *_MEMBERSHIP, "matches"),
    NumberField: ("==", "!=", "<", "<=", ">", ">=", *_MEMBERSHIP),
    DateField: ("==", "!=", "<", "<=", ">", ">=", *_MEMBERSHIP),
    DurationField: ("==", "!=", "<", "<=", ">", ">=", *_MEMBERSHIP),
    TextsField: ("contains", "any_of", "all_of"),
}
"""How each kind of field can be compared."""


def fields_of(kind: type[Fields]) -> list[Field[Any]]:
    """Every field of a kind, in the order of declaration."""
    return [field for field in vars(kind).values() if isinstance(field, Field)]


def field_values(field: Field[Any]) -> Strategy[Any]:
    """What a field can be compared with, by its kind."""
    if isinstance(field, FlagField):
        return st.booleans()
    if isinstance(field, NumberField):
        return st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    if isinstance(field, DateField):
        offsets = durations(shortest=timedelta(hours=-23), longest=timedelta(hours=23))
        return st.datetimes(
            min_value=datetime(1, 1, 2),  # noqa: DTZ001 - made aware by the strategy
            max_value=datetime(9999, 12, 30),  # noqa: DTZ001 - made aware by the strategy
            timezones=offsets.map(timezone),
        )
    if isinstance(field, DurationField):
        spelled = spelled_time_spans(negative=False).map(lambda spelling: spelling.text)
        return durations(shortest=timedelta(0)) | spelled
    if field.name == "dependencies" or field.name.endswith("uuid"):
        return uuids()
    return st.text(alphabet=SENDABLE, max_size=20)


def patterns(text: str) -> Strategy[str]:
    """Regular expressions of which most are found in this text."""
    return st.sampled_from(
        (
            re.escape(text),
            f"^{re.escape(text[:1])}",
            f"{re.escape(text[-1:])}$",
            f"/{re.escape(text)}/",
            "[a-m]",
            "",
        )
    )


@st.composite
def comparisons(
    draw: st.DrawFn, fields: Strategy[Field[Any]], values: Strategy[Any] | None = None
) -> Comparison:
    """Any comparison that one of the fields allows, with these values or with any of its kind."""
    field = draw(fields)
    [ways] = (ways for kind, ways in WAYS.items() if isinstance(field, kind))
    way = draw(st.sampled_from(ways))
    single = field_values(field) if values is None else values
    if way in _SEVERAL:
        return Comparison(field, way, draw(st.lists(single, min_size=1, max_size=3)))
    if way == "matches":
        return Comparison(field, way, draw(single.flatmap(patterns)))
    return Comparison(field, way, draw(single))


def expressions(leaves: Strategy[Comparison], *, most_leaves: int = 8) -> Strategy[Expression]:
    """Comparisons joined by `&` and `|` in any way."""
    expression: Strategy[Expression] = st.recursive(
        leaves,
        lambda inner: st.builds(Junction, st.sampled_from("&|"), inner, inner),
        max_leaves=most_leaves,
    )
    return expression


# --- what the document describes ------------------------------------------------------------------

DOCUMENT: Final = Path(__file__).parents[2] / "openapi" / "qarnot-compute.yaml"


@cache
def schemas() -> dict[str, Any]:
    """The schemas of the document, by name."""
    document = yaml.load(DOCUMENT.read_text(encoding="utf-8"), yaml.CSafeLoader)
    found: dict[str, Any] = document["components"]["schemas"]
    return found


_INTEGERS: Final = {"int32": 2**31 - 1, "int64": 2**63 - 1}
_PLAIN: Final[dict[str, Strategy[Any]]] = {"null": st.none(), "boolean": st.booleans()}


def described(schema: str | Mapping[str, Any], *, most_unknown: int = 1) -> Strategy[Any]:
    """What a schema of the document, given whole or by its name, allows in answers.

    Members that may be missing are, nulls are where they may be, enumerations have words that are
    not in the document yet, and objects up to `most_unknown` members that are not; dates and time
    spans are in canonical form.
    """
    if isinstance(schema, str):
        return _named(schema, most_unknown)
    again = partial(described, most_unknown=most_unknown)
    if "$ref" in schema:
        return again(schema["$ref"].rpartition("/")[2])
    if "oneOf" in schema:
        return st.one_of([again(one) for one in schema["oneOf"]])
    if "allOf" in schema:
        return again(_joined(schema["allOf"]))
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_of_kind(kind, schema, most_unknown) for kind in kinds])


def _joined(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Several descriptions of one object as one."""
    whole: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    for part in parts:
        known = schemas()[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        one = _joined(known["allOf"]) if "allOf" in known else known
        whole["properties"] |= one.get("properties", {})
        whole["required"] += one.get("required", [])
    return whole


@cache
def _named(name: str, most_unknown: int) -> Strategy[Any]:
    return described(schemas()[name], most_unknown=most_unknown)


def _of_kind(kind: str, schema: Mapping[str, Any], most_unknown: int) -> Strategy[Any]:
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "integer":
        most = _INTEGERS[schema.get("format", "int64")]
        return st.integers(schema.get("minimum", -most - 1), schema.get("maximum", most))
    if kind == "number":
        return st.floats(
            schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False
        )
    if kind == "string":
        return _texts(schema)
    if kind == "array":
        item = described(schema["items"], most_unknown=most_unknown)
        return st.lists(item, min_size=schema.get("minItems", 0), max_size=3)
    return _objects(schema, most_unknown)


def _texts(schema: Mapping[str, Any]) -> Strategy[str]:
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | st.text(string.ascii_letters, min_size=1)
    formats = {"uuid": uuids, "date-time": canonical_dates, "time-span": canonical_spans}
    if schema.get("format") in formats:
        return formats[schema["format"]]()
    if "pattern" in schema:
        return st.from_regex(schema["pattern"].replace("$", r"\Z"))
    text = st.text(SENDABLE, min_size=schema.get("minLength", 0), max_size=20)
    unlike = schema.get("not", {}).get("enum", ())
    return text.filter(lambda value: value not in unlike)


def _objects(schema: Mapping[str, Any], most_unknown: int) -> Strategy[dict[str, Any]]:
    members = {
        name: described(member, most_unknown=most_unknown)
        for name, member in schema.get("properties", {}).items()
    }
    required = {name: members.pop(name) for name in schema.get("required", ()) if name in members}
    known = st.fixed_dictionaries(required, optional=members)
    further = schema.get("additionalProperties", True)
    taken = {name.lower() for name in schema.get("properties", {})}
    names = st.text(SENDABLE, max_size=10).filter(lambda name: name.lower() not in taken)
    if isinstance(further, Mapping):
        unknown = st.dictionaries(names, described(further), max_size=3)
    else:
        # A closed object is closed for senders: a newer service may say more.
        unknown = st.dictionaries(names, json_values(most_leaves=3), max_size=most_unknown)
    return st.builds(lambda one, other: {**one, **other}, known, unknown)


_ALSO: Final = {"runningCoreCount": "runningCoresCount"}
"""Members that some schemas have under two names, of which one is enough."""


def holds(whole: Any, part: Any) -> bool:
    """Whether a JSON value has all that another one says; null and what is empty say nothing."""
    if _says_nothing(part):
        return True
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(
            holds(whole[name], value) if name in whole else _ALSO.get(name) in whole
            for name, value in part.items()
            if not _says_nothing(value)
        )
    if isinstance(part, list) and isinstance(whole, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part and (type(whole) is bool) == (type(part) is bool))


def _says_nothing(value: Any) -> bool:
    return value in (None, []) or (
        isinstance(value, Mapping) and all(map(_says_nothing, value.values()))
    )


# --- instances ------------------------------------------------------------------------------------

LARGEST_INSTANCE: Final = 2**31 - 1


class Ranges(NamedTuple):
    """A text that names instances, and which these are."""

    text: str
    instances: frozenset[int]


@st.composite
def spelled_ranges(
    draw: st.DrawFn, *, most_parts: int = 6, longest: int = 1000, largest: int = LARGEST_INSTANCE
) -> Ranges:
    """Ranges in any order, near each other or far apart, that may touch, overlap and repeat."""
    parts: list[str] = []
    instances: set[int] = set()
    for first in draw(
        st.lists(st.integers(0, 3000) | st.integers(0, largest), min_size=1, max_size=most_parts)
    ):
        last = min(largest, first + draw(st.integers(0, longest - 1) | st.just(0)))
        zeros = "0" * draw(st.integers(0, 10 - len(str(last)))) if draw(st.booleans()) else ""
        alone = first == last and draw(st.booleans())
        parts.append(f"{zeros}{first}" if alone else f"{first}-{zeros}{last}")
        instances.update(range(first, last + 1))
    return Ranges(",".join(parts), frozenset(instances))


def range_like(*, longest: int = 30) -> Strategy[str]:
    """Texts made of what ranges are made of, seldom ranges themselves."""
    return st.text("0123456789,-- \n", max_size=longest) | st.text(max_size=longest)


# --- dependencies ---------------------------------------------------------------------------------


class Waits(NamedTuple):
    """That one of several tasks is to wait for others."""

    task: int
    awaited: tuple[int, ...]
    advanced: bool


def waits(tasks: int, *, most_awaited: int = 3) -> Strategy[Waits]:
    """Any task waiting for any others, itself included."""
    number = st.integers(0, tasks - 1)
    awaited = st.lists(number, max_size=most_awaited, unique=True).map(tuple)
    return st.builds(Waits, number, awaited, st.booleans())
