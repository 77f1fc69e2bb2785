"""The mapping from an answer to an exception: one for any answer, which never shows the token."""

from __future__ import annotations

import json
import pickle
from datetime import timedelta
from typing import Any, get_args

from hypothesis import example, given
from hypothesis import strategies as st

from qarnot_domain import exceptions
from qarnot_domain.exceptions import (
    InvalidRequestException,
    MaxJobException,
    MaxPoolException,
    MaxTaskException,
    NotEnoughCreditsException,
    QarnotException,
    QarnotGenericException,
    ResourceName,
    ServerException,
    TooManyRequestsException,
    UnauthorizedException,
    error_for,
)

from . import strategies as s

RESOURCES = st.sampled_from((None, *get_args(ResourceName)))

BY_STATUS: dict[int, tuple[type[QarnotException], ...]] = {
    400: (InvalidRequestException,),
    401: (UnauthorizedException,),
    402: (NotEnoughCreditsException, QarnotGenericException),
    403: (UnauthorizedException, MaxJobException, MaxTaskException, MaxPoolException),
    409: (exceptions.ConflictException,),
    429: (TooManyRequestsException,),
}
MISSING = {
    None: QarnotGenericException,
    "job": exceptions.MissingJobException,
    "task": exceptions.MissingTaskException,
    "pool": exceptions.MissingPoolException,
    "profile": exceptions.MissingProfileException,
    "bucket": exceptions.MissingBucketException,
    "task instance": exceptions.MissingTaskInstanceException,
    "pool instance": exceptions.MissingPoolInstanceException,
}


@given(s.statuses(), s.headers(), s.bodies(), RESOURCES)
@example(403, {}, b'{"message": "maximum number of jobs reached"}', "job")
@example(500, {}, b"[" * 10_000, None)
def test_any_answer_is_one_documented_exception(
    status: int, headers: dict[str, str], body: bytes, resource: ResourceName | None
) -> None:
    """Its type is the status's own, its attributes those of the request, its text one line."""
    error = error_for(
        status, headers, body, resource=resource, method="GET", url="https://api.test/jobs/x"
    )
    if status == 404:
        assert type(error) is MISSING[resource]
    elif 500 <= status <= 599:
        assert type(error) is ServerException
    else:
        assert type(error) in BY_STATUS.get(status, (QarnotGenericException,))
    assert error.status_code == status
    assert (error.method, error.url) == ("GET", "https://api.test/jobs/x")
    assert error.message
    assert len(str(error).splitlines()) == 1
    assert str(status) in str(error)
    str(error).encode("utf-8")
    assert error.retry_after is None or error.retry_after >= timedelta(0)
    assert (error.history, error.attempts) == ((), 0)


@given(s.statuses(), s.secrets().flatmap(lambda t: st.tuples(st.just(t), s.bodies(holding=t))))
def test_no_text_of_the_exception_has_the_token(status: int, said: tuple[str, bytes]) -> None:
    """Wherever the server repeats the token, it does not get out."""
    secret, body = said
    error = error_for(
        status,
        {"X-Echo": secret, "Retry-After": secret},
        body,
        method="GET",
        url=f"https://api.test/jobs/{secret}",
        secret=secret,
    )
    shown = [str(error), error.message, str(error.url), *map(str, error.args)]
    if isinstance(error, InvalidRequestException):
        shown += [*error.errors, *(reason for texts in error.errors.values() for reason in texts)]
    for text in shown:
        assert secret not in text


@given(s.statuses(), s.words().flatmap(lambda w: st.tuples(st.just(w), s.error_shapes(st.just(w)))))
def test_servers_words_are_kept(status: int, said: tuple[str, Any]) -> None:
    """In each documented shape, the message is the server's words to the letter."""
    words, shape = said
    assert error_for(status, {}, json.dumps(shape).encode()).message == words


@given(
    s.statuses(),
    s.words(),
    st.dictionaries(s.words(), st.lists(s.words(), min_size=1, max_size=3), min_size=1, max_size=3),
)
def test_reasons_by_field_are_kept(status: int, title: str, errors: dict[str, list[str]]) -> None:
    """Every field and every reason of a validation problem is in the message and in `errors`."""
    error = error_for(status, {}, json.dumps({"title": title, "errors": errors}).encode())
    for field, reasons in errors.items():
        for text in (field, *reasons):
            assert text in error.message
    if isinstance(error, InvalidRequestException):
        assert error.errors == {field: tuple(reasons) for field, reasons in errors.items()}


@given(st.floats(min_value=0, max_value=10**9), st.sampled_from(("Retry-After", "RETRY-AFTER")))
def test_retry_after_in_seconds_is_read_exactly(seconds: float, name: str) -> None:
    """However many digits it has, the time asked for is not rounded to less than a microsecond."""
    retry_after = error_for(429, {name: repr(seconds)}, b"").retry_after
    assert retry_after == timedelta(seconds=seconds)


@given(s.statuses(), s.headers(), s.bodies(), RESOURCES)
def test_every_exception_can_be_pickled(
    status: int, headers: dict[str, str], body: bytes, resource: ResourceName | None
) -> None:
    """It comes out of another process as it went in."""
    error = error_for(status, headers, body, resource=resource)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
