"""The examples of the document, each served as an answer and read by the library."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qarnot_domain import Connection, TimeSpan
from qarnot_domain.emulator import Emulator, ManualClock

from ..unit.driving import connect
from .answers import DOCUMENT, SHOWN, USED, USES, Use, documented


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """An emulator, made to answer with the examples."""
    with Emulator(clock=ManualClock()) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def connection(server: Emulator) -> Iterator[Connection]:
    """A connection that gives up at once."""
    with connect(server, retry_count=0) as connection:
        yield connection


def test_every_operation_is_used() -> None:
    """No operation that the library sends goes without its answers being read here."""
    assert {use.operation for use in USES} == USED


@pytest.mark.parametrize("use", USES, ids=lambda use: use.operation)
def test_an_example_is_read(server: Emulator, connection: Connection, use: Use) -> None:
    """Each answer shown is read to its last member, or is the documented exception."""
    for one in (one for one in SHOWN if one.operation == use.operation):
        server.reset()
        server.fail_next(
            one.operation,
            status=one.status,
            body=one.body,
            headers={"Content-Type": one.media_type} if one.media_type else None,
        )
        came_to = use(connection)
        assert server.faults[0].remaining == 0, f"{one.name} was not served"
        assert came_to == documented(one, of_many=use.of_many), one


def test_an_example_of_a_time_span_is_one() -> None:
    """What the document shows of time spans is written as the library writes it, or read as it."""
    for example in DOCUMENT["components"]["schemas"]["TimeSpan"]["examples"]:
        assert TimeSpan(example) == example
