"""Connections that are kept: which is used, when none is, and what ends one."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from qarnot_domain import Connection, QarnotException, _connections
from qarnot_domain._clock import ManualClock
from qarnot_domain._network import Stream, connect
from qarnot_domain._secret import Secret

from .driving import ActingClock
from .wire import Act, Answer, WireServer, http

EMPTY_PAGE = http(body=b'{"data": [], "isTruncated": false}')


def client(server: WireServer, **settings: object) -> Connection:
    """A connection that gives up at once."""
    given = {"retry_count": 0, "clock": ActingClock(), **settings}
    return Connection(cluster_url=server.url, client_token="t", **given)  # type: ignore[arg-type]  # of several types


ENDS: dict[str, tuple[Answer, int]] = {
    "length": (EMPTY_PAGE, 1),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 1),
    "no body": (b"HTTP/1.1 204 No Content\r\n\r\n", 1),
    "interim": (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + EMPTY_PAGE, 1),
    "kept by HTTP/1.0": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}",
        1,
    ),
    "ended by HTTP/1.0": (b"!HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 2),
    "close": (http(headers="Connection: close\r\n"), 2),
    "the end": (b"!HTTP/1.1 200 OK\r\n\r\n{}", 2),
    "refusal": (http("404 No", headers="X: y\r\n"), 1),
}


@pytest.mark.parametrize("end", ENDS)
def test_connection_is_used_again_where_the_answer_had_an_end(end: str) -> None:
    """And only there: what comes next on it could otherwise be part of the answer before."""
    answer, connections = ENDS[end]
    with WireServer(answer, EMPTY_PAGE) as server, client(server) as connection:
        try:
            connection.jobs()
        except QarnotException:
            """Not every answer is a page."""
        assert connection.jobs() == []
        assert server.connections == connections


def test_what_follows_an_answer_is_not_the_next_one() -> None:
    """A server that answers twice is not believed the second time."""
    twice = EMPTY_PAGE + http("500 Oops")
    with WireServer(twice, EMPTY_PAGE) as server, client(server) as connection:
        assert connection.jobs() == connection.jobs() == []


def test_what_is_said_unasked_ends_a_connection() -> None:
    """Nothing that came before the request can be its answer."""
    said = threading.Event()

    def late() -> list[bytes]:
        said.set()
        return [http("500 Oops")]

    with (
        WireServer((Act.READ, EMPTY_PAGE, late), EMPTY_PAGE) as server,
        client(server) as connection,
    ):
        assert connection.jobs() == []
        assert said.wait(30)
        assert connection.jobs() == []


def test_refusal_before_the_request_is_read_is_heard() -> None:
    """A server may answer and hang up while the request is still on its way."""
    ours, its = socket.socketpair()
    with ours:
        its.sendall(http("413 Too Large"))
        its.close()
        stream = Stream(ours, _wait)
        request = _connections.written("POST", "/jobs", Secret(""), body=b"{}")
        assert _connections.asked(stream, "POST", request).status == 413


def test_connections_are_as_many_as_are_used_at_once() -> None:
    """Threads that take turns share them, and the one used last is used next."""
    with WireServer(EMPTY_PAGE) as server, client(server) as connection:
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(lambda _: connection.jobs(), range(100))) == [[]] * 100
        assert server.connections <= 4
        used = {request.connection for request in server.received}
        for _ in range(5):
            connection.jobs()
        assert len({request.connection for request in server.received[-5:]}) == 1
        assert {request.connection for request in server.received[-5:]} <= used


def test_connection_that_was_idle_for_long_is_not_used() -> None:
    """Something on the way may have forgotten it without a word."""
    clock = ManualClock()
    with WireServer(EMPTY_PAGE) as server, client(server, clock=clock) as connection:
        for seconds, connections in ((0, 1), (90, 1), (90, 1), (90.5, 2), (90, 2)):
            clock.advance(seconds)
            connection.jobs()
            assert server.connections == connections


def test_connection_that_is_needed_no_more_is_closed() -> None:
    """Others are used meanwhile: what was opened for a rush does not stay open for good."""
    clock = ManualClock()
    with WireServer(EMPTY_PAGE) as server:
        connections = _connections.Connections(
            lambda: connect("127.0.0.1", server.port, _wait), clock
        )
        taken = [connections.take(_wait) for _ in range(3)]
        for one in taken:
            assert b"".join(one.ask("GET", _connections.written("GET", "/", Secret(""))).pieces())
            connections.give_back(one)
        clock.advance(60)
        connections.give_back(connections.take(_wait))
        clock.advance(60)
        connections.give_back(connections.take(_wait))
        server.wait_for_close()
        server.wait_for_close()
        connections.close()
        server.wait_for_close()


def test_no_more_connections_than_there_may_be() -> None:
    """Whoever finds all in use waits, and is told if it takes too long: nothing was sent."""
    with WireServer(EMPTY_PAGE) as server:
        connections = _connections.Connections(
            lambda: connect("127.0.0.1", server.port, _wait), ManualClock()
        )
        taken = [connections.take(_wait) for _ in range(_connections._MAX_CONNECTIONS)]
        with pytest.raises(_connections.BusyError):
            connections.take(lambda: 0.01)
        connections.give_back(taken.pop())
        taken.append(connections.take(lambda: 0.01))
        for one in taken:
            connections.give_back(one)
        connections.close()


def _wait() -> float:
    return 30.0


def test_failure_to_connect_takes_no_place() -> None:
    """However often it fails, there are as many connections to be had as before."""

    def fail() -> Stream:
        raise ConnectionRefusedError

    connections = _connections.Connections(fail, ManualClock())
    for _ in range(_connections._MAX_CONNECTIONS + 1):
        with pytest.raises(ConnectionRefusedError):
            connections.take(lambda: 0.01)


def test_closing_lets_what_is_under_way_end() -> None:
    """What another thread is being answered comes to its end, and then its connection does."""
    asked, closed = threading.Event(), threading.Event()

    def answer(_received: object) -> Answer:
        asked.set()
        assert closed.wait(30)
        return EMPTY_PAGE

    with WireServer(answer) as server, ThreadPoolExecutor(1) as threads:
        connection = client(server)
        jobs = threads.submit(connection.jobs)
        assert asked.wait(30)
        connection.close()
        closed.set()
        assert jobs.result() == []
        server.wait_for_close()
