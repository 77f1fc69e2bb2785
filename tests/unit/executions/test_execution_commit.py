"""`Task` and `Pool`: the members that can be set after submission, and sending them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    InvalidRequestException,
    QarnotGenericException,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator

from ..driving import SECRET, connect, operations, sent_by
from .kind import each, read
from .kinds import EXECUTIONS, AnyExecution


@each(EXECUTIONS, "member", of=lambda kind: kind.committable)
def test_member_set_after_submission_reads_back_at_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, member: str
) -> None:
    """Setting it sends nothing, and no update takes it back."""
    setting = kind.settings[member]
    made = kind.known(qarnot_connection)
    assert sent_by(qarnot_emulator, lambda: setattr(made, member, setting.value)) == []
    assert sent_by(qarnot_emulator, lambda: getattr(made, member)) == []
    assert getattr(made, member) == setting.in_draft
    made.update(flushcache=True)
    assert getattr(made, member) == setting.in_draft
    other = kind.retrieve(qarnot_connection, str(made.uuid))
    assert getattr(other, member) == kind.committable[member]


def _alone_and_with_tags(kind: AnyExecution) -> list[tuple[str, ...]]:
    alone = [(name,) for name in kind.committable]
    return [*alone, *((name, "tags") for name in kind.committable if name != "tags")]


@pytest.mark.parametrize("auto_update", [True, False])
@each(EXECUTIONS, "members", of=_alone_and_with_tags)
def test_commit_sends_what_was_set(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: AnyExecution,
    members: tuple[str, ...],
    auto_update: bool,
) -> None:
    """One request carries exactly the members that were set, and a second commit none."""
    made = kind.known(qarnot_connection)
    made.auto_update = auto_update
    settings = {member: kind.settings[member] for member in members}
    for member, setting in settings.items():
        setattr(made, member, setting.value)
    body = {setting.wire: setting.sent for setting in settings.values()}
    assert sent_by(qarnot_emulator, made.commit) == [(kind.operation("update"), body)]
    assert sent_by(qarnot_emulator, made.commit) == []
    on_server = {name: setting.on_server for name, setting in settings.items()}
    kept = {name: setting.in_draft for name, setting in settings.items()}
    assert read(made, kind.committable) == {
        **kind.committable,
        **(on_server if auto_update else kept),
    }
    other = kind.retrieve(qarnot_connection, str(made.uuid))
    assert read(other, kind.committable) == {**kind.committable, **on_server}


@each(EXECUTIONS)
def test_commit_is_followed_by_a_read(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """What was known before a commit no longer serves reads, unless updates are off."""
    made = kind.known(qarnot_connection)
    made.tags = ["a"]
    made.commit()
    assert sent_by(qarnot_emulator, lambda: made.state) == [(kind.operation("retrieve"), None)]
    made.auto_update = False
    made.tags = ["b"]
    made.commit()
    assert sent_by(qarnot_emulator, lambda: made.tags) == []
    assert made.tags == ["b"]


@each(EXECUTIONS)
def test_commit_without_changes_sends_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """What was set before submission is nothing to commit."""
    made = kind.submitted(qarnot_connection, tags=["a"])
    assert sent_by(qarnot_emulator, made.commit) == []


@pytest.mark.parametrize("member", ["constants", "tags"])
@each(EXECUTIONS)
def test_member_can_be_emptied(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, member: str
) -> None:
    """Nothing is something to commit."""
    setting, empty = kind.settings[member], kind.committable[member]
    made = kind.submitted(qarnot_connection, **{member: setting.value})
    setattr(made, member, empty)
    sent = sent_by(qarnot_emulator, made.commit)
    assert sent == [(kind.operation("update"), {setting.wire: []})]
    made.update(flushcache=True)
    assert getattr(made, member) == empty


def _refused(kind: AnyExecution) -> list[tuple[str, Any, type[Exception]]]:
    return [row for row in kind.refused if row[0] in kind.committable]


@each(EXECUTIONS, "member", "value", "error", of=_refused)
def test_value_that_is_not_allowed_after_submission(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: AnyExecution,
    member: str,
    value: Any,
    error: type[Exception],
) -> None:
    """The checks are those of a draft, and what was set before stays to be committed."""
    setting = kind.settings[member]
    made = kind.known(qarnot_connection)
    setattr(made, member, setting.value)
    with pytest.raises(error, match=rf"^{member}\b"):
        setattr(made, member, value)
    assert getattr(made, member) == setting.in_draft
    body = {setting.wire: setting.sent}
    assert sent_by(qarnot_emulator, made.commit) == [(kind.operation("update"), body)]


# --- constants, one at a time -------------------------------------------------------------------


@each(EXECUTIONS)
def test_constants_are_set_one_at_a_time(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """As with the official SDK, an item can be set or deleted, before submission and after."""
    made = kind.draft(qarnot_connection)
    made.constants["DOCKER_CMD"] = "true"
    made.constants["GONE"] = "soon"
    assert len(made.constants) == 2
    del made.constants["GONE"]
    assert made.constants == {"DOCKER_CMD": "true"}
    made.submit()
    assert qarnot_emulator.requests[-1].body["constants"] == [
        {"key": "DOCKER_CMD", "value": "true"}
    ]
    made.constants.update(MORE="1", DOCKER_CMD="false")
    assert made.constants.pop("MORE") == "1"
    assert made.constants == {"DOCKER_CMD": "false"}
    assert operations(qarnot_emulator) == [kind.created, kind.operation("retrieve")]
    made.commit()
    assert qarnot_emulator.requests[-1].body == {
        "constants": [{"key": "DOCKER_CMD", "value": "false"}]
    }


@each(EXECUTIONS)
def test_constant_set_alone_is_checked_at_once(
    qarnot_connection: Connection, kind: AnyExecution
) -> None:
    """One that is not allowed is refused where it is set, changes nothing, and shows no value."""
    made = kind.draft(qarnot_connection)
    for _ in range(2):
        made.constants = {"A": "1"}
        with pytest.raises(ValueError, match="constants"):
            made.constants["not a name"] = "1"
        with pytest.raises(KeyError):
            del made.constants["B"]
        assert dict(made.constants) == {"A": "1"}
        assert repr(made.constants) == "Constants(A)"
        made.submit()


@each(EXECUTIONS)
def test_constants_are_read_in_one_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """A mapping is one member: however many constants there are, reading them asks once."""
    made = kind.known(qarnot_connection, constants={"A": "1", "B": "2", "C": "3"})
    made.update_cache_time = 0
    one = [(kind.operation("retrieve"), None)]
    assert sent_by(qarnot_emulator, lambda: dict(made.constants)) == one
    assert sent_by(qarnot_emulator, lambda: made.constants == {"A": "1"}) == one


# --- failing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error"), [(400, InvalidRequestException), (403, UnauthorizedException)]
)
@each(EXECUTIONS)
def test_commit_that_is_refused_keeps_what_was_set(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: AnyExecution,
    status: int,
    error: type[Exception],
) -> None:
    """It can be sent again when the reason is gone, with what was set meanwhile."""
    made = kind.known(qarnot_connection)
    made.tags = ["a"]
    made.constants = {"A": "1"}
    qarnot_emulator.fail_next(kind.operation("update"), status=status)
    with pytest.raises(error):
        made.commit()
    assert made.tags == ["a"]
    made.update(flushcache=True)
    assert made.tags == ["a"]
    made.constants = {"A": "2"}
    body = {"tags": ["a"], "constants": [{"key": "A", "value": "2"}]}
    assert sent_by(qarnot_emulator, made.commit) == [(kind.operation("update"), body)]


@each(EXECUTIONS)
def test_commit_whose_answer_is_lost_for_good(
    qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """What was set stays set, and everything else is asked for again."""
    update, retrieve = kind.operation("update"), kind.operation("retrieve")
    with connect(qarnot_emulator, retry_count=0) as connection:
        made = kind.known(connection)
        made.tags = ["a"]
        qarnot_emulator.fail_next(update, drop="after")
        with pytest.raises(QarnotGenericException):
            made.commit()
        assert sent_by(qarnot_emulator, lambda: made.state) == [(retrieve, None)]
        assert made.tags == ["a"]
        assert kind.retrieve(connection, str(made.uuid)).tags == ["a"]
        assert sent_by(qarnot_emulator, made.commit) == [(update, {"tags": ["a"]})]


@pytest.mark.parametrize("drop", ["before", "after"])
@each(EXECUTIONS)
def test_commit_is_sent_again_after_a_lost_answer(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, drop: Any
) -> None:
    """Setting members to the same twice is the same as once."""
    made = kind.known(qarnot_connection)
    made.tags = ["a"]
    qarnot_emulator.fail_next(kind.operation("update"), drop=drop)
    body = {"tags": ["a"]}
    assert sent_by(qarnot_emulator, made.commit) == [(kind.operation("update"), body)] * 2
    assert sent_by(qarnot_emulator, made.commit) == []


@each(EXECUTIONS)
def test_commit_to_one_that_is_gone(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """It is missing like any other that is not there."""
    made = kind.known(qarnot_connection)
    kind.retrieve(qarnot_connection, str(made.uuid)).delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    made.tags = ["a"]
    with pytest.raises(kind.missing):
        made.commit()


# --- secrets ------------------------------------------------------------------------------------


@each(EXECUTIONS)
def test_secret_that_is_known_only_masked_is_not_committed(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """Sending the mask would lose the secret, so the constant has to be set anew, or removed."""
    made = kind.known(qarnot_connection, constants={SECRET: "hidden", "A": "1"})
    assert made.constants[SECRET] == "*****"
    made.constants["A"] = "2"

    def commit_refused() -> None:
        with pytest.raises(ValueError, match=rf"^constants\b.*{SECRET}"):
            made.commit()

    assert sent_by(qarnot_emulator, commit_refused) == []
    assert made.constants == {SECRET: "*****", "A": "2"}
    made.constants[SECRET] = "hidden"
    body = {"constants": [{"key": SECRET, "value": "hidden"}, {"key": "A", "value": "2"}]}
    assert sent_by(qarnot_emulator, made.commit) == [(kind.operation("update"), body)]
    assert made.constants == {SECRET: "*****", "A": "2"}
    made.update(flushcache=True)
    made.constants = {"A": "3"}
    made.commit()
    assert made.constants == {"A": "3"}


@each(EXECUTIONS)
def test_other_members_are_committed_beside_a_masked_secret(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """Tags do not touch the constants."""
    made = kind.known(qarnot_connection, constants={SECRET: "hidden"})
    made.tags = ["a"]
    body = {"tags": ["a"]}
    assert sent_by(qarnot_emulator, made.commit) == [(kind.operation("update"), body)]


@pytest.mark.parametrize("auto_update", [True, False])
@each(EXECUTIONS)
def test_secret_that_was_just_set(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: AnyExecution,
    auto_update: bool,
) -> None:
    """The secret that was submitted is the user's own word, not the server's mask."""
    made = kind.draft(qarnot_connection)
    made.auto_update = auto_update
    made.constants = {SECRET: "hidden"}
    made.submit()
    made.constants = {SECRET: "hidden", "A": "1"}
    body = {"constants": [{"key": SECRET, "value": "hidden"}, {"key": "A", "value": "1"}]}
    assert sent_by(qarnot_emulator, made.commit) == [(kind.operation("update"), body)]


@each(EXECUTIONS)
def test_secret_that_was_just_set_after_a_commit(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """Nor is the secret that was committed before."""
    made = kind.known(qarnot_connection)
    for value in ("1", "2"):
        made.constants = {SECRET: "hidden", "A": value}
        body = {"constants": [{"key": SECRET, "value": "hidden"}, {"key": "A", "value": value}]}
        assert sent_by(qarnot_emulator, made.commit) == [(kind.operation("update"), body)]


@each(EXECUTIONS)
def test_error_of_a_secret_constant_does_not_show_it(
    qarnot_connection: Connection, kind: AnyExecution
) -> None:
    """A constant's value may be a password: no message and no `repr` shows it."""
    made = kind.draft(qarnot_connection)
    password = "a-password-that-nobody-may-see"
    for value in ({"A": password * 100}, {"A": password + "\ud800"}):
        with pytest.raises(ValueError, match="constants") as caught:
            made.constants = value
        assert password not in str(caught.value)
    made.constants = {SECRET: password}
    for _ in range(2):
        assert password not in f"{made!r} {made} {made._repr_html_()} {made.constants!r}"
        made.submit()
