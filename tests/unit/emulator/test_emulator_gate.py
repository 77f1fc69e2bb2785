"""What breaks below HTTP: what a client of bare TCP sees, and what the library makes of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

import httpx
import pytest

from qarnot_domain import (
    Connection,
    ConnectionFailedException,
    SubmissionUnknownException,
    TimeoutException,
)
from qarnot_domain.emulator import Emulator, ManualClock
from qarnot_domain.emulator._http import Held, Reply, Request, Response

from ..driving import ActingClock, connect, operations

if TYPE_CHECKING:
    from qarnot_domain.emulator._break import Point

JOB: Final = b'{"name": "n"}'
GARBAGE: Final = b"\x16\x03\x01 no HTTP at all"


class RawClient:
    """A TCP connection of a client that knows nothing of HTTP."""

    def __init__(self, emulator: Emulator) -> None:
        url = urlsplit(emulator.url)
        self._token = emulator.token
        self._socket = socket.create_connection((url.hostname, url.port))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def send(self, line: str, body: bytes = b"", *, length: int | None = None) -> None:
        """Send a request, of which more of the body may be promised than there is."""
        size = len(body) if length is None else length
        head = f"{line} HTTP/1.1\r\nHost: h\r\nAuthorization: {self._token}\r\n"
        self._socket.sendall(f"{head}Content-Length: {size}\r\n\r\n".encode() + body)

    def create_job(self) -> None:
        self.send("POST /jobs", JOB)

    def read(self, count: int) -> bytes:
        """So many bytes, or those there are before the end."""
        data = b""
        while len(data) < count and (more := self._socket.recv(count - len(data))):
            data += more
        return data

    def read_answer(self) -> bytes:
        """A whole answer."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.read(1)
        length = next(
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        return head + self.read(length)

    def read_to_the_end(self) -> tuple[bytes, str]:
        """All that comes, and how it ends."""
        data = b""
        try:
            while more := self._socket.recv(65536):
                data += more
        except ConnectionResetError:
            return data, "reset"
        return data, "closed"

    def has_more(self) -> bool:
        """Whether there is anything more to read at this moment."""
        self._socket.setblocking(False)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        finally:
            self._socket.setblocking(True)
        return True


@pytest.fixture
def served(qarnot_emulator: Emulator) -> Emulator:
    """The one that all tests share: to start and stop one for each takes longer than they do."""
    return qarnot_emulator


@pytest.fixture(autouse=True)
def _no_complaint_of_the_server(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What breaks here is meant to: the server does not stumble over it."""
    yield
    assert [record for record in caplog.get_records("call") if "uvicorn" in record.name] == []


@pytest.fixture
def raw(served: Emulator) -> Iterator[RawClient]:
    """A connection to the served emulator."""
    with RawClient(served) as client:
        yield client


@pytest.fixture
def whole(served: Emulator) -> bytes:
    """The answer to the first creation of a job: time stands still, and its uuid is the seed's."""
    with RawClient(served) as client:
        client.create_job()
        answer = client.read_answer()
    served.reset()
    return answer


def handle(emulator: Emulator, method: str, body: bytes = b"") -> Reply:
    """What a request about jobs is answered in process."""
    return emulator.handle(Request(method, "/jobs", (), {"authorization": emulator.token}, body))


def jobs(emulator: Emulator) -> int:
    """How many jobs there are."""
    answer = handle(emulator, "GET")
    assert isinstance(answer, Response)
    return len(answer.json())


def sent_at(point: str, answer: bytes) -> int:
    """How many bytes of an answer have gone at a point."""
    headers = answer.index(b"\r\n\r\n") + 4
    body = len(answer) - headers
    parts = {"mid-headers": headers // 2, "before-body": headers, "mid-body": headers + body // 2}
    return parts.get(point, 0)


POINTS: Final = ("before", "after", "mid-headers", "before-body", "mid-body")


# --- what a client of bare TCP sees ---------------------------------------------------------------


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(("how", "end"), [("drop", "closed"), ("reset", "reset")])
def test_an_exchange_breaks_off_where_it_is_told_to(
    served: Emulator, raw: RawClient, whole: bytes, how: str, end: str, point: Point
) -> None:
    """By a close or a reset, after exactly so much of the answer, with the effect or without it."""
    break_off: dict[str, Any] = {how: point}
    served.fail_next("createJob", **break_off)
    raw.create_job()
    assert raw.read_to_the_end() == (whole[: sent_at(point, whole)], end)
    assert jobs(served) == (0 if point == "before" else 1)
    assert [fault.remaining for fault in served.faults] == [0]


def test_a_request_can_be_reset_before_its_body_is_read(served: Emulator, raw: RawClient) -> None:
    """When only its headers have come; it is on record, and what comes later never counts."""
    served.fail_next("createJob", reset="mid-request")
    served.fail_next("createJob", status=500)
    raw.send("POST /jobs", JOB[:5], length=len(JOB))
    assert raw.read_to_the_end() == (b"", "reset")
    assert jobs(served) == 0
    early, late = served.faults
    assert [request.operation for request in early.met] == ["createJob"]
    assert (early.remaining, late.calls) == (0, 0)


def test_a_request_is_read_unless_it_is_the_one_to_be_reset(
    served: Emulator, raw: RawClient
) -> None:
    """Those for other operations, and for none, do not count."""
    served.fail_next("createJob", reset="mid-request", nth=2)
    for line in ("GET /nowhere", "GET /jobs", "POST /jobs"):
        raw.send(line, JOB)
        raw.read_answer()
    assert [fault.calls for fault in served.faults] == [1]
    raw.create_job()
    assert raw.read_to_the_end() == (b"", "reset")


def test_a_connection_can_be_reset_as_soon_as_it_is_made(served: Emulator) -> None:
    """Before it brought any request: the rule counts connections, here the second."""
    served.fail_next(reset="connect", nth=2)
    with RawClient(served) as first, RawClient(served) as second, RawClient(served) as third:
        assert second.read_to_the_end() == (b"", "reset")
        for client in (first, third):
            client.create_job()
            client.read_answer()
    (fault,) = served.faults
    assert (fault.remaining, fault.met) == (0, ())


def test_any_bytes_can_take_the_place_of_an_answer(served: Emulator, raw: RawClient) -> None:
    """As they are; then the connection closes, and the request had no effect."""
    served.fail_next("createJob", raw=GARBAGE)
    raw.create_job()
    assert raw.read_to_the_end() == (GARBAGE, "closed")
    assert jobs(served) == 0
    assert served.requests[0].status is None


def test_bytes_in_place_of_an_answer_can_come_after_the_effect(
    served: Emulator, raw: RawClient
) -> None:
    """And break off too."""
    served.fail_next("createJob", raw=b"HTTP/1.1 200 OK\r\n\r\n{{{{", at="after", reset="mid-body")
    raw.create_job()
    assert raw.read_to_the_end() == (b"HTTP/1.1 200 OK\r\n\r\n{{", "reset")
    assert jobs(served) == 1


@pytest.mark.parametrize("point", POINTS)
def test_an_answer_hangs_until_it_is_released(
    served: Emulator, raw: RawClient, whole: bytes, point: Point
) -> None:
    """After exactly so much of it, while others are answered; then the connection goes on."""
    served.fail_next("createJob", hang=point)
    raw.create_job()
    sent = sent_at(point, whole)
    assert raw.read(sent) == whole[:sent]
    with RawClient(served) as other:
        other.send("GET /jobs")
        other.read_answer()
    assert not raw.has_more()
    served.release()
    assert raw.read(len(whole) - sent) == whole[sent:]
    raw.create_job()
    raw.read_answer()
    assert jobs(served) == 2


@pytest.mark.parametrize(("point", "is_done"), [("before", False), ("after", True)])
def test_a_request_hangs_before_or_after_its_effect(
    served: Emulator, point: Point, is_done: bool
) -> None:
    """If before, it takes effect when it is released."""
    served.fail_next("createJob", hang=point)
    assert isinstance(handle(served, "POST", JOB), Held)
    assert jobs(served) == is_done
    served.release()
    assert jobs(served) == 1


def test_a_request_takes_effect_though_nobody_waits_any_more(served: Emulator) -> None:
    """It lands late, as one that was held up on its way: its effect is there after the release."""
    served.fail_next("createJob", hang="before")
    with RawClient(served) as client:
        client.create_job()
    served.release()
    assert jobs(served) == 1


def test_an_answer_drips_byte_by_byte(served: Emulator, raw: RawClient, whole: bytes) -> None:
    """As many bytes as are released, and not one more; the next answer comes as usual."""
    served.fail_next("createJob", hang="after")
    raw.create_job()
    for position in range(len(whole)):
        assert not raw.has_more()
        served.release(1)
        assert raw.read(1) == whole[position : position + 1]
    raw.create_job()
    raw.read_answer()
    assert jobs(served) == 2


def test_the_next_answer_waits_for_the_one_that_hangs(
    served: Emulator, raw: RawClient, whole: bytes
) -> None:
    """On the same connection, where a request came before the one ahead was answered."""
    served.fail_next("createJob", hang="mid-headers")
    raw.create_job()
    raw.create_job()
    while jobs(served) < 2:
        pass
    served.release()
    assert raw.read_answer() == whole
    assert len(raw.read_answer()) == len(whole)


def test_bytes_in_place_of_an_answer_hang_too(served: Emulator, raw: RawClient) -> None:
    """Even before a body that they do not have; the connection closes when they are released."""
    served.fail_next(raw=b"HTTP/1.1 200 OK\r\n\r\n", hang="before-body")
    raw.send("GET /jobs")
    assert raw.read(19) == b"HTTP/1.1 200 OK\r\n\r\n"
    assert not raw.has_more()
    served.release()
    assert raw.read_to_the_end() == (b"", "closed")


def test_all_that_hangs_is_released_at_once(served: Emulator) -> None:
    """Of several connections."""
    served.fail_next("createJob", hang="before-body", times=3)
    with ExitStack() as stack:
        clients = [stack.enter_context(RawClient(served)) for _ in range(3)]
        for client in clients:
            client.create_job()
            client.read(len(b"HTTP/1.1 200"))
        served.release()
        for client in clients:
            client.read(1)


def test_release_waits_until_something_hangs(served: Emulator, raw: RawClient) -> None:
    """So a test has to know no moment; each release is for those that hang then."""
    served.fail_next("createJob", hang="after", times=2)
    with ThreadPoolExecutor(1) as thread:
        for _ in range(2):
            released = thread.submit(served.release)
            raw.create_job()
            raw.read_answer()
            released.result()


def test_nothing_is_released_twice(served: Emulator) -> None:
    """What was let go for good hangs no more, though its answer may still be on its way."""
    served.fail_next(hang="after")
    handle(served, "GET")
    served.release()
    with pytest.raises(RuntimeError, match="nothing hangs"):
        served.release()


def test_nothing_is_released_if_nothing_can_hang(served: Emulator) -> None:
    """That is an error, rather than to wait forever; so is less than a byte."""
    served.fail_next(status=500)
    with pytest.raises(RuntimeError, match="nothing hangs"):
        served.release()
    with pytest.raises(ValueError, match=r"^count: "):
        served.release(0)


@pytest.mark.parametrize("point", ["before", "after", "mid-body"])
@pytest.mark.parametrize("end", [Emulator.clear_faults, Emulator.reset])
def test_what_hangs_is_dropped_with_its_fault(
    served: Emulator,
    raw: RawClient,
    whole: bytes,
    end: Callable[[Emulator], None],
    point: Point,
) -> None:
    """When faults are cleared or the cloud is reset; a request without effect never has any."""
    served.fail_next("createJob", hang=point)
    raw.create_job()
    while not served.requests:
        pass
    end(served)
    assert raw.read_to_the_end() == (whole[: sent_at(point, whole)], "closed")
    assert jobs(served) == (0 if point == "before" or end is Emulator.reset else 1)


def test_nobody_waits_for_what_can_hang_no_more(served: Emulator) -> None:
    """A release that waits fails when the faults are cleared."""
    served.fail_next(hang="after")
    with ThreadPoolExecutor(1) as thread:
        released = thread.submit(served.release)
        served.clear_faults()
        with pytest.raises(RuntimeError, match="nothing hangs"):
            released.result()


def test_stopping_does_not_wait_for_what_hangs() -> None:
    """It is dropped, and leaves no thread behind."""
    before = set(threading.enumerate())
    with ExitStack() as stack:
        with Emulator(clock=ManualClock()) as emulator:
            client = stack.enter_context(RawClient(emulator))
            emulator.fail_next(hang="mid-headers")
            client.send("GET /jobs")
            client.read(1)
        assert client.read_to_the_end()[1] == "closed"
    assert set(threading.enumerate()) == before


def test_what_begins_to_hang_as_the_server_stops_is_dropped(served: Emulator) -> None:
    """It would keep the server from stopping."""
    served.fail_next(hang="after")
    with served._cloud.hanging_up():
        reply = handle(served, "GET")
    assert isinstance(reply, Held)
    assert reply.hold.is_over


def test_connections_are_refused_for_a_while(served: Emulator, raw: RawClient) -> None:
    """New ones; those there are close. Then the same address serves, and nothing is lost."""
    raw.create_job()
    raw.read_answer()
    url = served.url
    with served.refusing():
        assert raw.read_to_the_end() == (b"", "closed")
        with pytest.raises(ConnectionRefusedError):
            RawClient(served)
    assert served.url == url
    with RawClient(served) as client:
        client.create_job()
        client.read_answer()
    assert jobs(served) == 2


def test_an_emulator_that_does_not_serve_has_nothing_to_refuse() -> None:
    """It says so."""
    with pytest.raises(RuntimeError, match="does not serve"), Emulator().refusing():
        pass


def test_requests_on_one_connection_are_told_apart(served: Emulator, raw: RawClient) -> None:
    """The third on a connection that is kept alive breaks off, and those before it do not."""
    served.fail_next("createJob", nth=3, drop="mid-body")
    for _ in range(2):
        raw.create_job()
        raw.read_answer()
    raw.create_job()
    assert raw.read_to_the_end()[1] == "closed"
    assert jobs(served) == 3


# --- over HTTP ------------------------------------------------------------------------------------


def test_what_breaks_below_http_is_ordered_over_http(
    served: Emulator, http: httpx.Client, raw: RawClient
) -> None:
    """In the same JSON as other faults, bytes as text; what hangs now is released so too."""
    for rule in (
        {"operation": "createJob", "reset": "after"},
        {"operation": "listJobs", "raw": "\u00ff\u0000"},
        {"operation": "listTasks", "hang": "after"},
    ):
        read_back = http.post("/_emulator/faults", json=rule).json()["rule"]
        assert {name: read_back[name] for name in rule} == rule
    assert http.post("/_emulator/release").json() == {"released": 0}
    with RawClient(served) as client:
        client.create_job()
        assert client.read_to_the_end() == (b"", "reset")
    with RawClient(served) as client:
        client.send("GET /jobs")
        assert client.read_to_the_end() == (b"\xff\x00", "closed")
    raw.send("GET /tasks")
    while not http.post("/_emulator/release", json={"count": 4}).json()["released"]:
        pass
    assert raw.read(4) == b"HTTP"
    assert not raw.has_more()
    assert http.post("/_emulator/release").json() == {"released": 1}
    assert raw.read(9) == b"/1.1 200 "
    assert http.post("/_emulator/release", json={"count": 0}).status_code == 400


# --- what the library makes of it -----------------------------------------------------------------

LOST: Final[list[dict[str, Any]]] = [
    *({"drop": point} for point in POINTS),
    *({"reset": point} for point in ("mid-request", *POINTS)),
    {"raw": GARBAGE},
    {"raw": b"HTTP/1.1 200 OK\r\nContent-"},
    {"raw": b"HTTP/1.1 2OO OK\r\n\r\n"},
]
AT_ONCE: Final[dict[str, Any]] = {"reset": "connect"}
HUNG: Final[list[dict[str, Any]]] = [{"hang": point} for point in POINTS]


def as_text(fault: dict[str, Any]) -> str:
    """A fault, to name a test by."""
    return " ".join(f"{name} {value!r}" for name, value in fault.items())


@pytest.fixture
def once(served: Emulator) -> Iterator[Connection]:
    """A connection that tries nothing twice."""
    with connect(served, retry_count=0) as connection:
        yield connection


@pytest.fixture
def hasty(served: Emulator) -> Iterator[Connection]:
    """One that does not wait for long either."""
    with connect(served, retry_count=0, cluster_timeout=0.1) as connection:
        yield connection


@pytest.mark.parametrize("fault", [*LOST, AT_ONCE], ids=as_text)
def test_a_read_without_a_whole_answer_fails(
    served: Emulator, once: Connection, fault: dict[str, Any]
) -> None:
    """By a failed connection; the next read makes another one."""
    served.fail_next(**fault)
    with pytest.raises(ConnectionFailedException, match=r"^paginateJobs: "):
        once.jobs()
    assert once.jobs() == []


@pytest.mark.parametrize("fault", HUNG, ids=as_text)
def test_a_read_that_hangs_times_out(
    served: Emulator, hasty: Connection, fault: dict[str, Any]
) -> None:
    """However much of the answer came before."""
    served.fail_next(**fault)
    with pytest.raises(TimeoutException, match=r"^paginateJobs: "):
        hasty.jobs()


@pytest.mark.parametrize("fault", LOST, ids=as_text)
def test_a_creation_without_a_whole_answer_is_in_doubt(
    served: Emulator, once: Connection, fault: dict[str, Any]
) -> None:
    """Whether it took effect or not."""
    served.fail_next(**fault)
    with pytest.raises(SubmissionUnknownException):
        once.create_job("n").submit()


@pytest.mark.parametrize("fault", HUNG, ids=as_text)
def test_a_creation_that_hangs_is_in_doubt(
    served: Emulator, hasty: Connection, fault: dict[str, Any]
) -> None:
    """Whether it took effect or not."""
    served.fail_next(**fault)
    with pytest.raises(SubmissionUnknownException):
        hasty.create_job("n").submit()


def test_a_creation_on_a_connection_that_is_reset_at_once_fails(
    served: Emulator, once: Connection
) -> None:
    """In doubt or not: that depends on whether a byte of it left before the reset came."""
    served.fail_next(**AT_ONCE)
    with pytest.raises((ConnectionFailedException, SubmissionUnknownException)):
        once.create_job("n").submit()
    assert jobs(served) == 0


def test_a_creation_that_is_refused_a_connection_is_not_in_doubt(
    served: Emulator, once: Connection
) -> None:
    """It has not been sent."""
    with served.refusing(), pytest.raises(ConnectionFailedException, match="refused"):
        once.create_job("n").submit()
    assert operations(served) == []


def test_the_library_waits_for_what_drips(served: Emulator) -> None:
    """As long as something comes in time."""
    with connect(served) as connection, ThreadPoolExecutor(1) as thread:
        served.fail_next("createJob", hang="after")
        job = connection.create_job("n")
        submitted = thread.submit(job.submit)
        for _ in range(20):
            served.release(5)
        served.release()
        submitted.result()
        assert job.state == "Active"


def test_a_creation_that_lands_late_is_found(served: Emulator) -> None:
    """It timed out, took effect before it was looked up, and is the only one."""
    served.fail_next("createJob", hang="before")
    with ExitStack() as hanging:
        hanging.callback(served.release)
        clock = ActingClock(lambda _seconds: hanging.close())
        with connect(served, clock=clock, cluster_timeout=0.25) as connection:
            connection.create_job("n", shortname="once").submit()
    assert jobs(served) == 1
    assert operations(served)[:2] == ["createJob", "retrieveJob"]


def test_the_library_connects_again_once_nobody_refuses(served: Emulator) -> None:
    """Kept connections are gone, the first attempt is refused, the second is not."""
    with ExitStack() as refusing:
        clock = ActingClock(lambda _seconds: refusing.close())
        with connect(served, clock=clock) as connection:
            connection.jobs()
            refusing.enter_context(served.refusing())
            connection.create_job("n").submit()
    assert len(clock.slept) == 1
    assert jobs(served) == 1
