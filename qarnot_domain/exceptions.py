"""What the library raises about the API, and the pure mapping from an HTTP answer to it.

Every failure of the API, the network or the server is a `QarnotException`; the names of the
official SDK keep their meaning, and everything without an official name is also a
`QarnotGenericException`. Wrong arguments are `TypeError` or `ValueError`, and assigning what can
no longer change is an `AttributeError`; neither sends anything.

Sources: the error bodies of `openapi/qarnot-compute.yaml` (`ErrorMessage`, `ErrorText`,
`ErrorEnvelope`, `ProblemDetails`) and the exceptions of the official Python SDK's reference.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, timedelta
from http import HTTPStatus
from typing import Final, Literal, NamedTuple
from urllib.parse import quote

ResourceName = Literal["job", "task", "task instance", "pool", "pool instance", "profile", "bucket"]
"""What an operation is about: decides which exception a 404 becomes."""


class Attempt(NamedTuple):
    """One request that was sent, or tried, for an operation that then failed."""

    reason: str
    """Why the attempt did not succeed, in a few words."""
    waited: timedelta
    """How long the library waited after it, before the next one (zero after the last)."""


class QarnotException(Exception):
    """The root of everything the library raises about the API.

    Attributes:
        message: the server's own words, or what went wrong when there was no server to say it.
        operation: the operation of the API that failed, such as `createJob`, or `None` when it
            did not come to one.
        status_code: the HTTP status, or `None` when no answer was read.
        method: the HTTP method of the request, or `None` when no request was made.
        url: the URL of the request, without secrets, or `None`.
        retry_after: how long the server asked to wait (`Retry-After`), or `None`.
        history: the attempts made, oldest first.
    """

    def __init__(
        self,
        message: str = "",
        *,
        operation: str | None = None,
        status_code: int | None = None,
        method: str | None = None,
        url: str | None = None,
        retry_after: timedelta | None = None,
        history: tuple[Attempt, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.status_code = status_code
        self.method = method
        self.url = url
        self.retry_after = retry_after
        self.history = history

    @property
    def attempts(self) -> int:
        """How many times the request was tried."""
        return len(self.history)

    def __str__(self) -> str:
        details = []
        if self.method and self.url:
            details.append(f"{self.method} {self.url}")
        if self.status_code is not None:
            details.append(f"status {self.status_code}")
        if self.attempts > 1:
            details.append(f"{self.attempts} attempts")
        said = f"{self.operation}: {self.message}" if self.operation else self.message
        return f"{said} ({', '.join(details)})" if details else said


class QarnotGenericException(QarnotException):
    """A failure without a name of its own, and the parent of those the official SDK lacks."""


class UnauthorizedException(QarnotException):
    """401 or 403: the token is not accepted, or does not allow this."""


class NotEnoughCreditsException(QarnotException):
    """402: the account has not enough credits."""


class MaxJobException(QarnotException):
    """403: the account's maximum number of jobs is reached."""


class MaxTaskException(QarnotException):
    """403: the account's maximum number of tasks is reached."""


class MaxPoolException(QarnotException):
    """403: the account's maximum number of pools is reached."""


class MissingJobException(QarnotException):
    """404 on a job: it does not exist (any more)."""


class MissingTaskException(QarnotException):
    """404 on a task: it does not exist (any more)."""


class MissingPoolException(QarnotException):
    """404 on a pool: it does not exist (any more)."""


class MissingTaskInstanceException(MissingTaskException):
    """404 on an instance of a task: there is no such instance, or no such task (any more)."""


class MissingPoolInstanceException(MissingPoolException):
    """404 on an instance of a pool: there is no such instance, or no such pool (any more)."""


class MissingProfileException(QarnotException):
    """404 on a profile: there is none of this name."""


class MissingBucketException(QarnotException):
    """404 when creating a task or a pool: a bucket it names does not exist."""


class ConnectionFailedException(QarnotGenericException):
    """No usable answer came: refused, unreachable, TLS not trusted, reset or cut short."""


class TimeoutException(QarnotGenericException):
    """The server did not answer in time."""


class MalformedResponseException(QarnotGenericException):
    """The server answered with success and a body that is not what the API documents."""


class SubmissionUnknownException(QarnotGenericException):
    """A creation was sent, its answer was lost, and nothing can tell whether it took effect.

    Nothing was sent again, because a second creation is a second bill. Look for the object
    (`Connection.jobs(...)`) before creating another; give objects a `shortname`, or the
    connection `client_shortnames=True`, and the library finds out by itself.
    """


class BulkSubmissionException(QarnotGenericException):
    """Some of many jobs or tasks were not submitted, or may not have been; the others were.

    Those that were not can be submitted again, but for those whose error is
    `SubmissionUnknownException`.

    Attributes:
        errors: why, by the position in what was given to `Connection.submit_jobs` or
            `submit_tasks`.
    """

    errors: Mapping[int, QarnotException] = {}


class InvalidRequestException(QarnotGenericException):
    """400: the server refused the request.

    Attributes:
        errors: the server's reasons by field, empty when it gave none.
    """

    errors: Mapping[str, tuple[str, ...]] = {}


class ConflictException(QarnotGenericException):
    """409, or a shortname already taken by another object."""


class TooManyRequestsException(QarnotGenericException):
    """429: the rate limit was reached and did not clear in time; see `retry_after`."""


class ServerException(QarnotGenericException):
    """5xx: the server, or something in front of it, failed."""


_BY_STATUS: Final[Mapping[int, type[QarnotException]]] = {
    400: InvalidRequestException,
    401: UnauthorizedException,
    402: NotEnoughCreditsException,
    403: UnauthorizedException,
    409: ConflictException,
    429: TooManyRequestsException,
}

_MISSING: Final[Mapping[ResourceName, type[QarnotException]]] = {
    "job": MissingJobException,
    "task": MissingTaskException,
    "pool": MissingPoolException,
    "task instance": MissingTaskInstanceException,
    "pool instance": MissingPoolInstanceException,
    "profile": MissingProfileException,
    "bucket": MissingBucketException,
}

# The API tells these apart by their words alone (official Python SDK: job, task and pool modules).
_BY_PHRASE: Final[tuple[tuple[int, str, type[QarnotException]], ...]] = (
    (403, "maximum number of jobs reached", MaxJobException),
    (403, "maximum number of tasks reached", MaxTaskException),
    (403, "maximum number of pools reached", MaxPoolException),
    (402, "hardware constraint", QarnotGenericException),
)


def error_for(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    operation: str | None = None,
    resource: ResourceName | None = None,
    method: str | None = None,
    url: str | None = None,
    secret: str = "",
) -> QarnotException:
    """The exception for an HTTP answer that is not a success. Pure, and never fails itself.

    Args:
        status: the HTTP status, any integer.
        headers: the answer's headers, in any case.
        body: the answer's body, whatever it is.
        operation: the operation it answers, kept on the exception.
        resource: what a 404 of this operation says is missing, `None` when nothing named.
        method: the request's HTTP method, kept on the exception.
        url: the request's URL, kept on the exception.
        secret: a text that must not appear in the exception, however the server repeats it.

    Returns:
        Exactly one exception of this module, not raised.
    """
    fields = {name.lower(): value for name, value in headers.items()}
    try:
        value = _json(body)
        words = _message(value)
    except (ValueError, RecursionError):
        value, words = None, _text(body, secret)
    said = _clean(words, secret) or _phrase(status)
    error_type = _type_for(status, said, resource)
    error = error_type(
        in_short(said, secret),
        operation=operation,
        status_code=status,
        method=method,
        url=None if url is None else redact(url, secret),
        retry_after=_retry_after(fields),
    )
    if isinstance(error, InvalidRequestException):
        error.errors = {
            _clean(name, secret): tuple(_clean(reason, secret) for reason in reasons)
            for name, reasons in _field_errors(value).items()
        }
    return error


def _type_for(status: int, message: str, resource: ResourceName | None) -> type[QarnotException]:
    for with_status, phrase, by_phrase in _BY_PHRASE:
        if status == with_status and phrase in message.lower():
            return by_phrase
    if status == 404 and resource is not None:
        return _MISSING[resource]
    if 500 <= status <= 599:
        return ServerException
    return _BY_STATUS.get(status, QarnotGenericException)


_IN_HTML: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}
)
"""As `html.escape` spells them, which takes a while to load, and all that is sent comes by here."""


def redact(text: str, secret: str) -> str:
    """The text without the secret, however it is spelled in URLs, JSON, HTML or a `repr`."""
    if not secret:
        return text
    spellings = {
        secret,
        quote(secret, safe=""),
        quote(secret),
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        secret.translate(_IN_HTML),
    }
    # The longest first: one may be part of another.
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, "[redacted]")
    return text


def _json(body: bytes) -> object:
    """The decoded body; `ValueError` or `RecursionError` if it is no JSON."""
    try:
        value: object = json.loads(body)
    except UnicodeDecodeError:
        value = json.loads(body.decode("utf-8", errors="replace"))
    return value


def _message(value: object) -> str:
    """The server's words in a decoded JSON body of any shape, or an empty text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(dict.fromkeys(filter(None, map(_item_message, value))))
    return _item_message(value)


def _item_message(value: object) -> str:
    if not isinstance(value, dict):
        return ""
    members = {str(name).lower(): member for name, member in value.items()}
    for said in (members.get("message"), members.get("error")):
        words = said.get("message") if isinstance(said, dict) else said
        if isinstance(words, str) and words.strip():
            return words
    reasons = [
        f"{name}: {', '.join(texts)}" if name else ", ".join(texts)
        for name, texts in _field_errors(value).items()
    ]
    summary = next(
        (text for text in (members.get("detail"), members.get("title")) if _is_words(text)), ""
    )
    summary = str(summary)
    if not reasons:
        return summary
    return ": ".join(filter(None, (summary.rstrip(" .:"), "; ".join(reasons))))


def _is_words(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _field_errors(value: object) -> dict[str, tuple[str, ...]]:
    errors = value.get("errors") if isinstance(value, dict) else None
    if not isinstance(errors, dict):
        return {}
    return {
        str(name): tuple(map(str, texts)) if isinstance(texts, list) else (str(texts),)
        for name, texts in errors.items()
    }


_LONGEST_READ = 65_536
_LONGEST_SHOWN = 500
_TITLE = r"<(?:title|h1)\b[^>]*>([^<]*)"


def _text(body: bytes, secret: str) -> str:
    """The words of a body that is not JSON: an HTML page's title, or the text's beginning."""
    text = body[:_LONGEST_READ].decode("utf-8", errors="replace").strip()
    if text.startswith("<"):
        # Here, where only a server in trouble leads, since it takes a while to load.
        from html import unescape

        title = re.search(_TITLE, text, re.IGNORECASE)
        text = unescape(title[1]) if title else ""
    # The secret goes before the cut, which could leave a part of it that no longer matches.
    return in_short(text, secret)


def in_short(text: str, secret: str) -> str:
    """The text as one line that any terminal or log can hold, cut where it is long."""
    words = _clean(text, secret)
    return words if len(words) <= _LONGEST_SHOWN else words[:_LONGEST_SHOWN] + "…"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"the server answered {status} without a reason"


def _clean(text: str, secret: str) -> str:
    """One line that any terminal or log can hold, without the secret."""
    printable = text.encode("utf-8", "replace").decode("utf-8")
    line = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", printable).split())
    return redact(line, secret)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """`Retry-After` in seconds (fractions too) or as a date counted from the server's `Date`."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        return _until(text, headers.get("date", ""))
    if math.isnan(seconds):
        return None
    try:
        return timedelta(seconds=max(0.0, seconds))
    except OverflowError:
        return timedelta.max


def _until(date: str, now: str) -> timedelta | None:
    # Here, where hardly anybody comes, since it takes a while to load.
    from email.utils import parsedate_to_datetime

    try:
        moments = [parsedate_to_datetime(text) for text in (date, now)]
        later, earlier = (m if m.tzinfo else m.replace(tzinfo=UTC) for m in moments)
        return max(timedelta(0), later - earlier)
    except (ValueError, TypeError, OverflowError):
        return None
