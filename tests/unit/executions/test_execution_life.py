"""`Task` and `Pool`: what changes their life on the server."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qarnot_domain import (
    Connection,
    InvalidRequestException,
    QarnotException,
    QarnotGenericException,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator

from ..driving import connect, operations, sent_by
from .kind import each
from .kinds import EXECUTIONS, AnyExecution


@pytest.mark.parametrize("auto_update", [True, False])
@each(EXECUTIONS, "action", of=lambda kind: kind.for_submitted)
def test_action_on_a_draft(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: AnyExecution,
    action: str,
    auto_update: bool,
) -> None:
    """What is not submitted can be neither changed nor waited for, and nothing is sent."""
    made = kind.draft(qarnot_connection)
    made.auto_update = auto_update
    made.tags = ["a"]
    with pytest.raises(QarnotGenericException, match=rf"^{action}: .*not submitted"):
        getattr(made, action)()
    assert (made.tags, made.state) == (["a"], "UnSubmitted")
    assert qarnot_emulator.requests == []


# --- ending -------------------------------------------------------------------------------------


@each(EXECUTIONS)
def test_ending_shows_the_servers_word(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """The next read of the state asks for it, however fresh what was known is."""
    ending = kind.ending
    made = kind.executing(qarnot_connection, qarnot_emulator)
    getattr(made, ending.action)()
    assert made.state == ending.during
    expected = [kind.operation(ending.action), kind.operation("retrieve")]
    assert operations(qarnot_emulator)[-2:] == expected
    qarnot_emulator.advance(timedelta(minutes=1))
    assert (made.state, made.state.is_final) == (ending.after, True)
    with pytest.raises(UnauthorizedException):
        getattr(made, ending.action)()


@each(EXECUTIONS)
def test_ending_of_one_that_has_ended(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """The server refuses it, and the next read asks after the state."""
    made = kind.executing(qarnot_connection, qarnot_emulator)
    qarnot_emulator.set_state(str(made.uuid), "Failure")
    with pytest.raises(UnauthorizedException):
        getattr(made, kind.ending.action)()
    assert made.state == "Failure"


@each(EXECUTIONS)
def test_ending_whose_answer_is_lost_for_good(
    qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """The server may have done it, so the next read asks."""
    with connect(qarnot_emulator, retry_count=0) as connection:
        made = kind.executing(connection, qarnot_emulator)
        qarnot_emulator.fail_next(kind.operation(kind.ending.action), drop="after")
        with pytest.raises(QarnotGenericException):
            getattr(made, kind.ending.action)()
        assert made.state == kind.ending.during


# --- resources ----------------------------------------------------------------------------------


@each(EXECUTIONS)
def test_update_resources(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """What runs takes in what is new in its buckets, by one request, and nothing else does."""
    made = kind.executing(qarnot_connection, qarnot_emulator)
    resync = [(kind.operation("resync"), None)]
    assert sent_by(qarnot_emulator, made.update_resources) == resync
    getattr(made, kind.ending.action)()
    with pytest.raises(InvalidRequestException):
        made.update_resources()
    qarnot_emulator.set_state(str(made.uuid), kind.ending.after)
    with pytest.raises(InvalidRequestException):
        made.update_resources()


# --- delete -------------------------------------------------------------------------------------


@each(EXECUTIONS)
def test_delete_leaves_it_deleting(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """Afterwards it is on its way out for good, and submitting it again raises."""
    made = kind.draft(qarnot_connection)
    made.delete()
    assert qarnot_emulator.requests == []
    made.submit()
    uuid = str(made.uuid)
    made.delete()
    sent = len(qarnot_emulator.requests)
    assert (made.state, made.name, made.uuid) == ("PendingDelete", "n", uuid)
    assert len(qarnot_emulator.requests) == sent
    with pytest.raises(QarnotException, match="deleted"):
        made.submit()
    assert len(qarnot_emulator.requests) == sent


@pytest.mark.parametrize("by_itself", [True, False])
@each(EXECUTIONS)
def test_action_on_one_that_is_gone(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: AnyExecution,
    by_itself: bool,
) -> None:
    """It is missing, whatever is asked of it and whoever deleted it."""
    made = kind.executing(qarnot_connection, qarnot_emulator)
    deleted = made if by_itself else kind.retrieve(qarnot_connection, str(made.uuid))
    deleted.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    for action in (
        made.delete,
        made.update_resources,
        getattr(made, kind.ending.action),
        lambda: made.update(flushcache=True),
        lambda: kind.retrieve(qarnot_connection, str(made.uuid)),
    ):
        with pytest.raises(kind.missing):
            action()
