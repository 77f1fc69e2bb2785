"""How much memory an answer may take that is larger than it may be."""

from __future__ import annotations

import tracemalloc

import pytest

from qarnot_domain import MalformedResponseException, QarnotException, ServerException
from qarnot_domain._retry import Kind
from qarnot_domain.config import DEFAULT_MAX_RESPONSE_BYTES

from ..unit.wire import Act, Answer, WireServer, http
from .cases import LARGE, megabytes
from .laboratory import connect, outcome

MEGABYTE = 10**6


def outcome_and_peak(answer: Answer) -> tuple[QarnotException | None, int]:
    """How a read ends with the settings that a user has, and how much memory that took."""
    with (
        WireServer(answer) as server,
        connect(server.url, max_response_bytes=DEFAULT_MAX_RESPONSE_BYTES) as connection,
    ):
        tracemalloc.start()
        try:
            error = outcome(Kind.READ, connection)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    return error, peak


@pytest.mark.parametrize("answer", LARGE.values(), ids=LARGE)
def test_success_that_is_too_large(answer: Answer) -> None:
    """It is a `MalformedResponseException` by default too, and takes no more than 100 MB."""
    error, peak = outcome_and_peak(answer)
    assert type(error) is MalformedResponseException
    assert "larger than 100,000,000 bytes" in error.message
    assert peak < DEFAULT_MAX_RESPONSE_BYTES + 10 * MEGABYTE


def test_failure_with_200_megabytes() -> None:
    """It is the exception of its status, with the words it begins with, and 4 MB are read."""
    page = http("501 No", b"Not today. ", length=200 * MEGABYTE, content_type="text/plain")
    error, peak = outcome_and_peak((Act.READ, page, megabytes))
    assert type(error) is ServerException
    assert error.message == "Not today."
    assert peak < 40 * MEGABYTE
