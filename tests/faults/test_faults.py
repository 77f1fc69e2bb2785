"""An operation of each kind against a server that does wrong, each time or once."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from qarnot_domain import QarnotException
from qarnot_domain._retry import Kind

from ..unit.driving import ActingClock
from ..unit.wire import Answer, WireServer
from .cases import GROUPS, NO_SERVER, End, Ends, Fault, Group
from .laboratory import OPERATIONS, connect, outcome, polite


def faults_of(groups: Iterable[Group]) -> pytest.MarkDecorator:
    """Run a test with each fault of these groups."""
    return pytest.mark.parametrize(
        ("group", "fault"),
        [
            pytest.param(group, fault, id=f"{group.title}: {fault.title}")
            for group in groups
            for fault in group.faults
        ],
    )


def hold(ends: Ends, says: str, found: dict[Kind, tuple[int, QarnotException | None]]) -> None:
    """Compare what came with what was to come, and with what is said of it."""
    came = {
        kind: End(number, None if error is None else type(error))
        for kind, (number, error) in found.items()
    }
    assert came == ends
    assert [str(error) for _, error in found.values() if error and says not in str(error)] == []


def run(group: Group, *answers: Answer) -> dict[Kind, tuple[int, QarnotException | None]]:
    """By kind, how many requests an operation took, and how it ended."""

    def of_kind(kind: Kind) -> tuple[int, QarnotException | None]:
        with WireServer(*answers) as server:
            with connect(server.url, cluster_timeout=group.patience) as connection:
                error = outcome(kind, connection)
            return server.begun, error

    with ThreadPoolExecutor(len(OPERATIONS) if group.is_slow else 1) as threads:
        return dict(zip(OPERATIONS, threads.map(of_kind, OPERATIONS), strict=True))


@faults_of(GROUPS)
def test_server_that_always_does_wrong(group: Group, fault: Fault) -> None:
    """Each operation ends as the table says, and says which it was and why it failed."""
    hold(group.always, fault.says, run(group, fault.answer))


@faults_of(group for group in GROUPS if group.once != group.always)
def test_server_that_does_wrong_once(group: Group, fault: Fault) -> None:
    """What may be repeated succeeds the second time; what may have taken effect is not repeated."""
    hold(group.once, fault.says, run(group, fault.answer, polite))


def test_port_that_is_closed() -> None:
    """Every operation is tried again and then is a failed connection: nothing was sent."""
    (fault,) = NO_SERVER.faults
    found = {}
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        for kind in OPERATIONS:
            with connect(f"http://127.0.0.1:{closed.getsockname()[1]}") as connection:
                error = outcome(kind, connection)
            found[kind] = error.attempts if error else 0, error
    hold(NO_SERVER.always, fault.says, found)


@pytest.mark.parametrize("kind", OPERATIONS)
def test_port_that_opens_in_time(kind: Kind) -> None:
    """Every operation succeeds the second time, one that must not be repeated too."""
    server = WireServer(polite)
    with ExitStack() as stack:

        def open_port(_seconds: float) -> None:
            stack.enter_context(server)

        with connect(server.url, clock=ActingClock(open_port)) as connection:
            assert outcome(kind, connection) is None
    assert server.begun == 1
