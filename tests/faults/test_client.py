"""What may befall the client itself."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Callable
from datetime import timedelta

import pytest

from qarnot_domain import (
    Connection,
    Job,
    MissingJobException,
    QarnotException,
    SubmissionUnknownException,
    TimeoutException,
)
from qarnot_domain._retry import Kind
from qarnot_domain.emulator import Emulator, ManualClock

from ..unit.driving import JOB_PAYLOAD, JOB_UUID, ActingClock, follow, in_step, submitted
from ..unit.driving import connect as connect_to_emulator
from ..unit.wire import Act, Received, WireServer, http
from .laboratory import OPERATIONS, as_json, connect, outcome, polite

TURNS = 200


def named_after(received: Received) -> bytes:
    """A job of the name by which it was asked for."""
    name = received.line.split()[1].rpartition("/")[2]
    return as_json({"uuid": JOB_UUID, "name": name})


def crossed(connection: Connection, who: str) -> int:
    """How many of many answers were not for what was asked."""
    asked = [f"{who}-{number}" for number in range(TURNS)]
    return sum(connection.retrieve_job(name).name != name for name in asked)


@pytest.mark.parametrize("kind", OPERATIONS)
def test_connection_that_was_closed_while_idle(kind: Kind) -> None:
    """It is opened again, unnoticed: one request, whatever repeating it would do."""
    with (
        WireServer(lambda received: b"!" + polite(received)) as server,
        connect(server.url, retry_count=0) as connection,
    ):
        connection.retrieve_job(JOB_UUID)
        server.wait_for_close()
        assert outcome(kind, connection) is None
    assert (server.begun, server.connections) == (2, 2)


@pytest.mark.parametrize("kind", [Kind.READ, Kind.IDEMPOTENT_WRITE])
def test_connection_that_is_closed_as_it_is_used(kind: Kind) -> None:
    """What may be repeated is, once, and succeeds; what it was used for before is no failure."""
    with (
        WireServer(polite, (Act.READ_LINE, Act.RESET), polite) as server,
        connect(server.url) as connection,
    ):
        connection.retrieve_job(JOB_UUID)
        assert outcome(kind, connection) is None
    assert server.begun == 3


def test_eight_threads_on_one_connection() -> None:
    """Each of them gets its own answers: 200 requests in each, none crossed."""
    names = iter("abcdefgh")
    with WireServer(named_after) as server, connect(server.url) as connection:
        assert in_step(8, lambda: crossed(connection, next(names))) == [0] * 8
    assert server.begun == 8 * TURNS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_fork_after_use() -> None:
    """Parent and child each get their own answers: 200 requests in each at once, none crossed."""
    with WireServer(named_after) as server, connect(server.url) as connection:
        assert crossed(connection, "before") == 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:  # pragma: no cover - another process
            try:
                os._exit(min(crossed(connection, "child"), 1))
            except BaseException:  # noqa: BLE001 - nothing may get back into pytest from here
                os._exit(2)
        of_parent = crossed(connection, "parent")
        assert (of_parent, os.waitpid(child, 0)[1]) == (0, 0)
    connections = {request.connection for request in server.received}
    assert (server.begun, len(connections)) == (3 * TURNS, 2)


# --- time ------------------------------------------------------------------------------------


def test_machine_that_sleeps_through_the_deadline_before_it_tries_again() -> None:
    """It does not: the operation is a `TimeoutException`."""
    clock = ActingClock(lambda seconds: clock.advance(timedelta(hours=1)))
    with (
        WireServer(http("503 Busy", b""), polite) as server,
        connect(server.url, clock=clock) as connection,
    ):
        assert type(outcome(Kind.READ, connection)) is TimeoutException
    assert server.begun == 1


class WallClock(ManualClock):
    """A clock that goes back by an hour each time it is read, as none should."""

    def monotonic(self) -> float:
        self.hours = getattr(self, "hours", 0) + 1
        return super().monotonic() - 3600.0 * self.hours


@pytest.mark.parametrize("kind", OPERATIONS)
def test_clock_that_jumps_back(kind: Kind) -> None:
    """An operation still succeeds, and one that fails still ends after its attempts."""
    with WireServer(polite) as server, connect(server.url, clock=WallClock()) as connection:
        assert outcome(kind, connection) is None
    with (
        WireServer(http("503 Busy", b"", headers="Retry-After: 1\r\n")) as server,
        connect(server.url, clock=WallClock(), retry_count=3) as connection,
    ):
        assert outcome(kind, connection) is not None
    assert server.begun == (1 if kind is Kind.CONSUMING_READ else 4)


def test_job_is_deleted_between_listing_and_reading(qarnot_emulator: Emulator) -> None:
    """What was listed reads on for as long as it is fresh; then it is a `MissingJobException`."""
    clock = follow(qarnot_emulator)
    with connect_to_emulator(qarnot_emulator, clock=clock) as connection:
        made = submitted(connection)
        (listed,) = connection.jobs()
        made.delete()
        assert listed.state == "Active"
        clock.sleep(3600)
        with pytest.raises(MissingJobException):
            assert listed.state
        assert connection.jobs() == []
        assert connection.refresh([listed]) == [listed]


# --- Ctrl-C ----------------------------------------------------------------------------------


def interrupted(server: WireServer, act: Callable[[], object]) -> None:
    """Do something, and press Ctrl-C once the server has its request and says nothing."""
    before = server.begun

    def press() -> None:
        while len(server.received) == before:
            threading.Event().wait(0.002)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        act()
    thread.join()


def waits_once(received: Received) -> tuple[Act, ...]:
    """No answer, for as long as the test runs."""
    return (Act.READ, Act.HANG)


needs_signals = pytest.mark.skipif(
    not hasattr(signal, "pthread_kill"), reason="this platform has no such signals"
)


@needs_signals
@pytest.mark.parametrize("shortname", [None, "mine"])
def test_interrupt_amid_a_submission(shortname: str | None) -> None:
    """The job is locked and in doubt, and is never sent again; the connection goes on."""
    with (
        WireServer(waits_once, polite) as server,
        connect(server.url) as connection,
    ):
        job = connection.create_job("n", shortname=shortname)
        interrupted(server, job.submit)
        with pytest.raises(SubmissionUnknownException):
            job.submit()
        assert job.uuid is None
        assert connection.retrieve_job(JOB_UUID).uuid == JOB_UUID
    assert [request.line.split()[0] for request in server.received] == ["POST", "GET"]


@needs_signals
def test_interrupt_amid_a_wait() -> None:
    """It says how to go on, the job reads on, and the next wait asks again."""
    with (
        WireServer(waits_once, polite) as server,
        connect(server.url, clock=ActingClock()) as connection,
    ):
        job = Job.from_json(connection, JOB_PAYLOAD)
        interrupted(server, job.wait)
        assert job.name == JOB_PAYLOAD["name"]
        assert connection.retrieve_job(JOB_UUID).uuid == JOB_UUID


@needs_signals
def test_interrupt_amid_paging() -> None:
    """What was listed until then is whole, and the listing can be begun anew."""
    more = as_json({"data": [JOB_PAYLOAD], "isTruncated": True, "nextToken": "more"})
    with (
        WireServer(more, waits_once, polite) as server,
        connect(server.url) as connection,
    ):
        pages = connection.all_jobs()
        first = next(pages)
        interrupted(server, lambda: next(pages))
        assert first.name == JOB_PAYLOAD["name"]
        assert [job.uuid for job in connection.all_jobs()] == [JOB_UUID]
    assert server.begun == 3


def test_connection_is_closed_amid_paging() -> None:
    """The next page is a `QarnotGenericException` that says that it is closed."""
    more = as_json({"data": [JOB_PAYLOAD], "isTruncated": True, "nextToken": "more"})
    with WireServer(more) as server:
        with connect(server.url) as connection:
            pages = connection.all_jobs()
            next(pages)
        with pytest.raises(QarnotException, match="closed"):
            next(pages)
    assert server.begun == 1
