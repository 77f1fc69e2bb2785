"""Logs at every level: the token is in none of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from qarnot_domain import Connection, QarnotException
from qarnot_domain.emulator import Emulator

from ..unit.driving import ActingClock, add_task, connect, submitted
from ..unit.wire import WireServer, http

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Log everything, and check afterwards that there is much of it and no token in it."""
    caplog.set_level(logging.DEBUG)
    yield
    records = caplog.get_records("call")
    assert {"qarnot_domain"} <= {r.name for r in records}
    shown = "\n".join(f"{record.getMessage()} {vars(record)!r}" for record in records)
    assert (shown.count(TOKEN), shown.count(Emulator().token)) == (0, 0)


@pytest.mark.usefixtures("logged")
def test_requests_are_logged_without_the_token(qarnot_emulator: Emulator) -> None:
    """Neither a success nor a repetition nor a refusal logs what was sent in its header."""

    def said() -> dict[str, str]:
        return {"message": f"bad {qarnot_emulator.token}"}

    with connect(qarnot_emulator) as connection:
        qarnot_emulator.fail_next("createJob", status=429, body=said())
        job = submitted(connection)
        add_task(job, connection)
        qarnot_emulator.fail_next("retrieveJob", drop="before")
        assert job.state == "Active"
        qarnot_emulator.fail_next("retrieveJob", status=401, body=said())
        with pytest.raises(QarnotException):
            job.update(flushcache=True)
        assert job.wait()
    with connect(qarnot_emulator, client_token=TOKEN) as other, pytest.raises(QarnotException):
        other.jobs()


ANSWERS: dict[str, bytes] = {
    "header": http(headers=f"X-Echo: {TOKEN}\r\n"),
    "cookie": http(headers=f"Set-Cookie: {TOKEN}={TOKEN}\r\n"),
    "challenge": http("401 No", headers=f'WWW-Authenticate: Basic realm="{TOKEN}"\r\n'),
    "reason": http(f"403 {TOKEN}"),
    "redirect": http("302 Found", headers=f"Location: https://{TOKEN}.test/%{TOKEN}\r\n"),
    "half-a-body": b"!" + http(headers=f"X-Echo: {TOKEN}\r\n", length=100),
    "retried": http("503 Busy", TOKEN.encode(), headers="Retry-After: 1\r\n"),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.usefixtures("logged")
def test_answer_that_repeats_the_token_is_logged_without_it(answer: str) -> None:
    """What a server says, in its headers too, is redacted."""
    with (
        WireServer(ANSWERS[answer]) as server,
        Connection(
            cluster_url=server.url, client_token=TOKEN, retry_count=1, clock=ActingClock()
        ) as connection,
        pytest.raises(QarnotException),
    ):
        connection.retrieve_job("x")
