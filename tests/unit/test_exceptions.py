"""What the library raises: the table from an HTTP answer to an exception, and what it says."""

from __future__ import annotations

import inspect
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from html import escape
from typing import Any, Final
from urllib.parse import quote

import pytest

import qarnot_domain
from qarnot_domain import exceptions
from qarnot_domain.exceptions import (
    Attempt,
    BulkSubmissionException,
    ConflictException,
    ConnectionFailedException,
    InvalidRequestException,
    MalformedResponseException,
    MaxJobException,
    MaxPoolException,
    MaxTaskException,
    MissingBucketException,
    MissingJobException,
    MissingPoolException,
    MissingPoolInstanceException,
    MissingProfileException,
    MissingTaskException,
    MissingTaskInstanceException,
    NotEnoughCreditsException,
    QarnotException,
    QarnotGenericException,
    ServerException,
    SubmissionUnknownException,
    TimeoutException,
    TooManyRequestsException,
    UnauthorizedException,
    error_for,
    redact,
)

SECRET = "a-token-that-nobody-may-see"

OFFICIAL = (
    UnauthorizedException,
    NotEnoughCreditsException,
    MaxJobException,
    MaxTaskException,
    MaxPoolException,
    MissingJobException,
    MissingTaskException,
    MissingTaskInstanceException,
    MissingPoolException,
    MissingPoolInstanceException,
    MissingProfileException,
    MissingBucketException,
)
"""Names of the official SDK, besides `QarnotException` and `QarnotGenericException`."""

OURS = (
    ConnectionFailedException,
    TimeoutException,
    MalformedResponseException,
    SubmissionUnknownException,
    BulkSubmissionException,
    InvalidRequestException,
    ConflictException,
    TooManyRequestsException,
    ServerException,
)
"""Names that the official SDK lacks."""


def said(body: object, status: int = 400, **arguments: Any) -> str:
    """The message for a body: bytes as they are, anything else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_for(status, {}, raw, **arguments).message


# --- the tree -----------------------------------------------------------------------------------


def all_exceptions() -> list[type[BaseException]]:
    """Every exception class of the module."""
    return [
        member
        for _, member in inspect.getmembers(exceptions, inspect.isclass)
        if issubclass(member, BaseException) and member.__module__ == exceptions.__name__
    ]


@pytest.mark.parametrize("error", all_exceptions())
def test_every_exception_has_the_one_root_and_is_public(error: type[BaseException]) -> None:
    """`except QarnotException` catches everything, and each can be imported from the package."""
    assert issubclass(error, QarnotException)
    assert getattr(qarnot_domain, error.__name__) is error
    assert error.__name__ in qarnot_domain.__all__


@pytest.mark.parametrize("error", OURS)
def test_what_has_no_official_name_is_generic(error: type[QarnotException]) -> None:
    """Code written for the official SDK catches it as `QarnotGenericException`."""
    assert issubclass(error, QarnotGenericException)


@pytest.mark.parametrize("error", OFFICIAL)
def test_what_has_an_official_name_is_not_generic(error: type[QarnotException]) -> None:
    """An official name is told apart from the generic failure, as in the official SDK."""
    assert not issubclass(error, QarnotGenericException)


def test_the_tree_has_no_other_members() -> None:
    """Whoever adds an exception says here whether it has an official name."""
    roots = {QarnotException, QarnotGenericException}
    assert set(all_exceptions()) == {*roots, *OFFICIAL, *OURS}


@pytest.mark.parametrize(
    ("error", "parent"),
    [
        (MissingTaskInstanceException, MissingTaskException),
        (MissingPoolInstanceException, MissingPoolException),
    ],
)
def test_missing_instance_is_below_what_it_is_an_instance_of(
    error: type[QarnotException], parent: type[QarnotException]
) -> None:
    """The API answers alike when the whole is gone, and `except` for that catches both."""
    assert error.__bases__ == (parent,)


def test_none_is_a_builtin_by_another_name() -> None:
    """A failure of the API is neither an `OSError` nor a `ValueError` to anybody."""
    for error in all_exceptions():
        assert not issubclass(error, (OSError, ValueError, TypeError, LookupError))


# --- status and resource --------------------------------------------------------------------------

BY_STATUS = [
    (300, QarnotGenericException),
    (302, QarnotGenericException),
    (400, InvalidRequestException),
    (401, UnauthorizedException),
    (402, NotEnoughCreditsException),
    (403, UnauthorizedException),
    (404, QarnotGenericException),
    (405, QarnotGenericException),
    (408, QarnotGenericException),
    (409, ConflictException),
    (418, QarnotGenericException),
    (422, QarnotGenericException),
    (429, TooManyRequestsException),
    (499, QarnotGenericException),
    (500, ServerException),
    (502, ServerException),
    (503, ServerException),
    (504, ServerException),
    (520, ServerException),
    (599, ServerException),
    (600, QarnotGenericException),
    (999, QarnotGenericException),
]


@pytest.mark.parametrize(("status", "error"), BY_STATUS)
@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'{"message": "words"}', b"<html>", b"\xff"])
def test_status_decides_the_exception(
    status: int, error: type[QarnotException], body: bytes
) -> None:
    """Each status has one exception, whatever the body is, and keeps its number."""
    made = error_for(status, {}, body)
    assert (type(made), made.status_code) == (error, status)
    assert made.message


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        ("job", MissingJobException),
        ("task", MissingTaskException),
        ("pool", MissingPoolException),
        ("task instance", MissingTaskInstanceException),
        ("pool instance", MissingPoolInstanceException),
        ("profile", MissingProfileException),
        ("bucket", MissingBucketException),
        (None, QarnotGenericException),
    ],
)
def test_404_says_what_is_missing(resource: Any, error: type[QarnotException]) -> None:
    """A 404 is the missing resource's own exception."""
    assert type(error_for(404, {}, b"", resource=resource)) is error


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("Maximum number of jobs reached", MaxJobException),
        ("maximum number of tasks reached (limit 5).", MaxTaskException),
        ("Error: MAXIMUM NUMBER OF POOLS REACHED", MaxPoolException),
        ("Maximum number of  jobs\nreached", MaxJobException),
        ("The job still has tasks", UnauthorizedException),
    ],
)
@pytest.mark.parametrize(
    "shape",
    [
        lambda words: {"message": words},
        lambda words: {"error": words},
        lambda words: {"error": {"message": words, "code": 403}, "data": {}},
        lambda words: {"title": "Forbidden", "status": 403, "detail": words},
        lambda words: {"Message": words},
        lambda words: words,
    ],
)
def test_403_whose_words_say_the_maximum_is_reached(
    words: str, error: type[QarnotException], shape: Any
) -> None:
    """A quota is told by the server's words, in any shape, case and spacing."""
    made = error_for(403, {}, json.dumps(shape(words)).encode())
    assert type(made) is error


@pytest.mark.parametrize("status", [400, 401, 402, 500])
def test_quota_words_count_only_with_403(status: int) -> None:
    """The same words with another status are not a quota."""
    made = error_for(status, {}, b'{"message": "maximum number of jobs reached"}')
    assert not isinstance(made, (MaxJobException, MaxTaskException, MaxPoolException))


@pytest.mark.parametrize(
    "words", ["Hardware constraints not available", "no such hardware constraint"]
)
def test_402_about_hardware_is_not_about_credits(words: str) -> None:
    """A hardware constraint that the account may not use is no matter of money."""
    made = error_for(402, {}, json.dumps({"message": words}).encode())
    assert type(made) is QarnotGenericException


# --- the message ----------------------------------------------------------------------------------

WORDS = [
    ({"message": "No such job"}, "No such job"),
    ({"Message": "No such job"}, "No such job"),
    ({"error": "No such job"}, "No such job"),
    ({"error": {"message": "Bad token", "code": 401}, "data": {}}, "Bad token"),
    ({"message": None, "error": "No such job"}, "No such job"),
    ({"message": "", "error": "No such job"}, "No such job"),
    ({"message": " \n ", "error": "No such job"}, "No such job"),
    ({"message": {"message": "nested"}}, "nested"),
    ("just a string", "just a string"),
    (
        {"type": "about:blank", "title": "Invalid", "status": 400, "detail": "The name is empty."},
        "The name is empty.",
    ),
    (
        {"title": "One or more validation errors occurred."},
        "One or more validation errors occurred.",
    ),
    (
        {"title": "Invalid.", "status": 400, "errors": {"name": ["required", "too short"]}},
        "Invalid: name: required, too short",
    ),
    (
        {"title": "Invalid", "errors": {"name": ["required"], "shortname": ["taken"]}},
        "Invalid: name: required; shortname: taken",
    ),
    ({"errors": {"": ["A body is required"]}}, "A body is required"),
    (
        [{"statusCode": 403, "message": "first"}, {"statusCode": 403, "message": "second"}],
        "first; second",
    ),
    ([{"message": "same"}, {"message": "same"}, {"uuid": "x"}], "same"),
    ({"message": "two\r\nlines\tand\x00 more  spaces "}, "two lines and more spaces"),
    ({"message": "line\u2028separator"}, "line separator"),
    ({"message": "\x1b[31mred\x1b[0m"}, "[31mred [0m"),
    ({"message": "ünï ©ødé"}, "ünï ©ødé"),
    ({"message": "lone \ud800 surrogate"}, "lone ? surrogate"),
    (b"plain text", "plain text"),
    (b"<html><head><title>502 Bad Gateway</title></head><body>x</body></html>", "502 Bad Gateway"),
    (b"<!DOCTYPE html><H1 class='x'>Down &amp; out</H1>", "Down & out"),
    ("\N{BYTE ORDER MARK}".encode() + b'{"message": "after a mark"}', "after a mark"),
]


@pytest.mark.parametrize(("body", "message"), WORDS)
def test_message_is_the_servers_words(body: object, message: str) -> None:
    """Whatever shape they come in, the message is the words alone, on one line."""
    assert said(body, 418) == message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n ",
        {},
        [],
        None,
        42,
        True,
        1.5,
        {"message": None},
        {"message": {}},
        {"message": 42},
        {"error": {"message": None}},
        {"error": []},
        {"error": {"code": 3}},
        {"errors": None},
        {"errors": []},
        {"errors": {}},
        [[]],
        [None, 1],
        b"<html><body>nothing to see</body></html>",
        "",
        "   ",
    ],
)
def test_message_without_words_is_the_statuss_own(body: object) -> None:
    """A body without words leaves those of the status, and a status without words its number."""
    assert said(body, 403) == "Forbidden"
    assert "520" in said(body, 520)


@pytest.mark.parametrize("value", [b"42", b"null", b"true", b"1.5"])
def test_message_is_never_a_bare_json_value(value: bytes) -> None:
    """A number or a null is no reason."""
    assert said(value, 500) == "Internal Server Error"


def test_message_of_json_that_is_not_utf_8() -> None:
    """A byte that is no UTF-8 costs one character, not the sentence."""
    assert said(b'{"message": "caf\xe9 is closed"}') == "caf\N{REPLACEMENT CHARACTER} is closed"


def test_message_of_json_that_was_cut_short_has_the_words() -> None:
    """What came of a truncated body is shown."""
    assert "Maximum number of jobs reached" in said(b'{"message": "Maximum number of jobs reached')
    made = error_for(403, {}, b'{"message": "Maximum number of jobs reached", "trace')
    assert isinstance(made, MaxJobException)


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"message":' * 50_000, b"9" * 10_000, b"\x00" * 1000, b"{}" * 100_000],
)
def test_message_of_a_hostile_body(body: bytes) -> None:
    """No body makes the mapping itself fail."""
    assert isinstance(error_for(500, {}, body), ServerException)


def test_message_of_an_endless_text_is_cut() -> None:
    """A page of text is not a message, nor is a text in JSON as long."""
    assert len(said(b"x" * 1_000_000)) < 1000
    assert len(said({"message": "x" * 1_000_000})) < 1000
    assert len(said(b"<title>" + b"x" * 1_000_000)) < 1000


@pytest.mark.parametrize("form", ["{}", "<title>{}</title>"])
def test_message_is_cut_only_where_that_makes_it_shorter(form: str) -> None:
    """A text that is not JSON is shown whole, or shorter than it is and marked as cut."""
    for length in range(1, 2000):
        text = "x" * length
        message = said(form.format(text).encode())
        assert message == text or (message.endswith("…") and len(message) <= length)
        assert text.startswith(message.removesuffix("…"))


def test_field_errors_are_kept_by_field() -> None:
    """A 400 with reasons by field has them in `errors`."""
    body = {
        "title": "Invalid",
        "errors": {"name": ["is required"], "shortname": "taken", "$.tags": [1, None]},
    }
    made = error_for(400, {}, json.dumps(body).encode())
    assert isinstance(made, InvalidRequestException)
    assert made.errors == {
        "name": ("is required",),
        "shortname": ("taken",),
        "$.tags": ("1", "None"),
    }


def test_field_errors_are_empty_when_there_are_none() -> None:
    """A 400 without reasons by field has an empty `errors`, which is nobody else's."""
    made = error_for(400, {}, b'{"message": "no"}')
    assert isinstance(made, InvalidRequestException)
    assert made.errors == {}
    assert InvalidRequestException("other").errors == {}


def test_bulk_errors_are_empty_unless_given() -> None:
    """A bulk exception that nobody filled has an empty `errors`, which is nobody else's."""
    failure = BulkSubmissionException("2 of 3")
    failure.errors = {1: MaxTaskException("full")}
    assert list(failure.errors) == [1]
    assert BulkSubmissionException("other").errors == {}


# --- str, attributes ------------------------------------------------------------------------------


def test_str_is_one_sentence_with_where_it_happened() -> None:
    """It has the operation, the words, the request, the status, and the attempts if several."""
    error = QarnotException(
        "No such job",
        operation="retrieveJob",
        status_code=404,
        method="GET",
        url="https://api.test/jobs/x",
        history=(Attempt("a", timedelta(seconds=1)), Attempt("b", timedelta(0))),
    )
    where = "GET https://api.test/jobs/x, status 404"
    assert str(error) == f"retrieveJob: No such job ({where}, 2 attempts)"
    error.history = error.history[1:]
    assert str(error) == f"retrieveJob: No such job ({where})"
    error.operation = None
    assert str(error) == f"No such job ({where})"


def test_str_of_a_bare_exception_is_its_message() -> None:
    """An exception made with a message alone says that message, as any other."""
    assert str(QarnotException("words")) == "words"
    assert str(QarnotException()) == ""
    assert QarnotException("words").args == ("words",)


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"operation": "retrieveJob"},
        {"method": "GET"},
        {"url": "https://api.test/"},
        {"status_code": 404},
        {"method": "GET", "url": "https://api.test/"},
        {"method": "GET", "status_code": 404},
        {"url": "https://api.test/", "status_code": 404},
    ],
)
def test_str_does_not_show_what_is_not_known(known: dict[str, Any]) -> None:
    """What is `None` leaves no trace in the sentence."""
    assert "None" not in str(QarnotException("words", **known))


def test_attributes_have_defaults() -> None:
    """Whatever is not known is `None`, and no attempt was made."""
    error = MissingJobException("gone")
    assert (error.message, error.status_code, error.method, error.url) == ("gone", None, None, None)
    assert (error.retry_after, error.history, error.attempts) == (None, (), 0)
    assert error.operation is None


def test_attributes_are_those_of_the_request() -> None:
    """The exception for an answer keeps the request's operation, method and URL."""
    request = {"operation": "retrieveJob", "method": "GET", "url": "https://api.test/jobs/x"}
    error = error_for(404, {}, b"", resource="job", **request)
    assert {name: getattr(error, name) for name in request} == request


@pytest.mark.parametrize("error_type", all_exceptions())
def test_pickling_keeps_everything(error_type: Any) -> None:
    """An exception crosses a process boundary with all its attributes."""
    error = error_type(
        "words",
        operation="retrieveJob",
        status_code=418,
        method="GET",
        url="https://api.test/",
        retry_after=timedelta(seconds=7),
        history=(Attempt("reason", timedelta(seconds=1)),),
    )
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is error_type
    assert str(again) == str(error)
    assert vars(again) == vars(error)
    assert type(again.history[0]) is Attempt


def test_pickling_keeps_the_reasons_by_field() -> None:
    """So it does for the server's reasons by field."""
    error = error_for(400, {}, b'{"errors": {"name": ["required"]}}')
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert again.errors == {"name": ("required",)}


def test_pickling_keeps_the_errors_by_position() -> None:
    """So it does for what went wrong with each of many tasks."""
    error = BulkSubmissionException("1 of 2")
    error.errors = {1: error_for(403, {}, b'{"message": "Maximum number of tasks reached"}')}
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert [(at, type(one), str(one)) for at, one in again.errors.items()] == [
        (1, MaxTaskException, str(error.errors[1]))
    ]


# --- Retry-After ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        ("0.5", 0.5),
        ("1e3", 1000),
        ("-5", 0),
        ("-0.0", 0),
        ("86400", 86400),
    ],
)
def test_retry_after_in_seconds(header: str, seconds: float) -> None:
    """Seconds, with or without a fraction; a time in the past is now."""
    made = error_for(429, {"Retry-After": header}, b"")
    assert made.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
@pytest.mark.parametrize("status", [200, 403, 429, 500, 503])
def test_retry_after_of_any_status_and_spelling(name: str, status: int) -> None:
    """The header counts in any case and with any status."""
    assert error_for(status, {name: "7"}, b"").retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("date", "now", "seconds"),
    [
        ("Fri, 01 Jan 2027 00:01:30 GMT", "Fri, 01 Jan 2027 00:00:00 GMT", 90),
        ("Fri, 01 Jan 2027 01:01:30 +0100", "Fri, 01 Jan 2027 00:00:00 GMT", 90),
        ("Fri, 01 Jan 2027 00:01:30 -0000", "Fri, 01 Jan 2027 00:00:00 GMT", 90),
        ("Thu, 31 Dec 2026 23:00:00 GMT", "Fri, 01 Jan 2027 00:00:00 GMT", 0),
        ("Friday, 01-Jan-27 00:00:10 GMT", "Fri, 01 Jan 2027 00:00:00 GMT", 10),
    ],
)
def test_retry_after_as_a_date(date: str, now: str, seconds: int) -> None:
    """A date counts from the answer's own `Date`, and a past one is now."""
    made = error_for(503, {"Retry-After": date, "Date": now}, b"")
    assert made.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Retry-After": ""},
        {"Retry-After": "soon"},
        {"Retry-After": "nan"},
        {"Retry-After": "7 seconds"},
        {"Retry-After": "Fri, 01 Jan 2027 00:01:30 GMT"},
        {"Retry-After": "Fri, 01 Jan 2027 00:01:30 GMT", "Date": "now"},
        {"Retry-After": "Fri, 99 Jan 2027 00:01:30 GMT", "Date": "Fri, 01 Jan 2027 00:00:00 GMT"},
        {"Retry-After": "Fri, 01 Jan 99999999999 00:00:00 GMT", "Date": "x"},
    ],
)
def test_retry_after_that_cannot_be_read(headers: dict[str, str]) -> None:
    """What says no time says nothing."""
    assert error_for(503, headers, b"").retry_after is None


@pytest.mark.parametrize("header", ["inf", "1e300", "9" * 400, "99999999999999"])
def test_retry_after_of_an_absurd_time_is_longer_than_any_deadline(header: str) -> None:
    """A time that no `timedelta` holds is the longest there is, not an error."""
    assert error_for(429, {"Retry-After": header}, b"").retry_after == timedelta.max


# --- the secret ---------------------------------------------------------------------------


ECHOES: Final[dict[str, bytes]] = {
    "message": json.dumps({"message": f"the token {SECRET} is bad"}).encode(),
    "error": json.dumps({"error": {"message": SECRET}}).encode(),
    "title-and-errors": json.dumps({"title": SECRET, "errors": {SECRET: [SECRET]}}).encode(),
    "text": json.dumps(SECRET).encode(),
    "list": json.dumps([{"message": SECRET}]).encode(),
    "escaped": ("\\u0061" + SECRET[1:]).join(('{"message": "', '"}')).encode(),
    "plain": f"plain {SECRET} text".encode(),
    "page": f"<title>{SECRET}</title>".encode(),
    "page-escaped": f"<title>&#97;{SECRET[1:]}</title>".encode(),
    "across-the-longest-shown": ("x" * 490 + SECRET).encode(),
    "half-across-the-longest-shown": ("x" * (500 - len(SECRET) // 2) + SECRET).encode(),
    "cut-short": f'{{"message": "cut short {SECRET}'.encode(),
    "utf-16": SECRET.encode("utf-16"),
    "message-in-utf-16": json.dumps({"message": SECRET}).encode("utf-16"),
    "not-utf-8": b"\xff" + SECRET.encode(),
}
"""Bodies that repeat the token; tests are given their names, since an argument is shown."""


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_secret_is_in_no_part_of_the_exception(echo: str, status: int) -> None:
    """However the server repeats the token, no text of the exception has it or its beginning."""
    error = error_for(status, {"X-Echo": SECRET}, ECHOES[echo], secret=SECRET)
    for text in (str(error), repr(error), repr(vars(error)), repr(error.args)):
        assert SECRET not in text
        assert SECRET[: len(SECRET) // 2] not in text


def test_secret_is_not_in_the_url() -> None:
    """A URL that holds the token, by some mistake of the caller, is shown without it."""
    error = error_for(
        404, {}, b"", method="GET", url=f"https://api.test/jobs/{SECRET}", secret=SECRET
    )
    assert SECRET not in str(error)
    assert SECRET not in str(error.url)


def test_secret_leaves_the_words_around_it() -> None:
    """The rest of the sentence stays."""
    message = said({"message": f"token {SECRET} is bad"}, secret=SECRET)
    assert message == "token [redacted] is bad"


ODD = "a'b\"c\\d/e&f<g>h%i+j=k"
"""A token of which no other spelling is like another."""


@pytest.mark.parametrize(
    "spell",
    [
        str,
        lambda text: repr(text)[1:-1],
        lambda text: json.dumps(text)[1:-1],
        lambda text: quote(text, safe=""),
        quote,
        escape,
        lambda text: repr({"token": text}),
        lambda text: json.dumps({"token": text}),
    ],
    ids=range(8),
)
def test_secret_is_redacted_however_it_is_spelled(spell: Callable[[str], str]) -> None:
    """As text, in a `repr`, in JSON, in a URL and in HTML."""
    redacted = redact(f"before {spell(ODD)} after", ODD)
    assert redacted.startswith("before ")
    assert redacted.endswith(" after")
    assert not any(
        part in redacted for part in ("a'b", "c\\", "d/e", "f<g", "h%i", "%3Cg", "&lt;g")
    )


# --- imports ---------------------------------------------------------------------------


def test_importing_the_exceptions_does_not_import_the_http_library() -> None:
    """Code that only catches our exceptions need not load the client (checked in a process)."""
    program = (
        "import sys, importlib.util as u, pathlib;"
        "spec = u.spec_from_file_location('e', sys.argv[1]); m = u.module_from_spec(spec);"
        "sys.modules['e'] = m; spec.loader.exec_module(m);"
        "print(sorted({'httpx', 'attrs', 'attr', 'qarnot_api'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, str(exceptions.__file__)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
