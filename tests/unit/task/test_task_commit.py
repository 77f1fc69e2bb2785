"""`Task`: the members that can be set after submission, and sending them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    MissingTaskException,
    QarnotGenericException,
    Task,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE, connect, operations
from .members import COMMITTABLE, TASK

SECRET = "QARNOT_SECRET__PASSWORD"


def running(connection: Connection, **constants: str) -> Task:
    """A submitted task of which everything is known."""
    task = connection.create_task("n", PROFILE)
    task.constants = constants
    task.submit()
    task.update()
    return task


def sent_by(emulator: Emulator, action: Any) -> list[tuple[str | None, Any]]:
    """The operations and bodies that an action sends."""
    before = len(emulator.requests)
    action()
    return [(request.operation, request.body) for request in emulator.requests[before:]]


@pytest.mark.parametrize("member", COMMITTABLE)
def test_member_set_after_submission_reads_back_at_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """Setting it sends nothing, and no update takes it back."""
    setting = TASK[member]
    task = running(qarnot_connection)
    assert sent_by(qarnot_emulator, lambda: setattr(task, member, setting.value)) == []
    assert sent_by(qarnot_emulator, lambda: getattr(task, member)) == []
    assert getattr(task, member) == setting.in_draft
    task.update(flushcache=True)
    assert getattr(task, member) == setting.in_draft
    other = qarnot_connection.retrieve_task(str(task.uuid))
    assert getattr(other, member) == type(setting.in_draft)()


@pytest.mark.parametrize("auto_update", [True, False])
@pytest.mark.parametrize("members", [("tags",), ("constants",), ("tags", "constants")])
def test_commit_sends_what_was_set(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    members: tuple[str, ...],
    auto_update: bool,
) -> None:
    """One request carries exactly the members that were set, and a second commit none."""
    task = running(qarnot_connection)
    task.auto_update = auto_update
    for member in members:
        setattr(task, member, TASK[member].value)
    body = {TASK[member].wire: TASK[member].sent for member in members}
    assert sent_by(qarnot_emulator, task.commit) == [("updateTask", body)]
    assert sent_by(qarnot_emulator, task.commit) == []
    other = qarnot_connection.retrieve_task(str(task.uuid))
    for member in COMMITTABLE:
        assert getattr(task, member) == getattr(other, member)
    assert {member: getattr(other, member) for member in members} == {
        member: TASK[member].in_draft for member in members
    }


def test_commit_is_followed_by_a_read(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What was known before a commit no longer serves reads, unless updates are off."""
    task = running(qarnot_connection)
    task.tags = ["a"]
    task.commit()
    assert sent_by(qarnot_emulator, lambda: task.state) == [("retrieveTask", None)]
    task.auto_update = False
    task.tags = ["b"]
    task.commit()
    assert sent_by(qarnot_emulator, lambda: task.tags) == []
    assert task.tags == ["b"]


def test_commit_without_changes_sends_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What was set before submission is nothing to commit."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.tags = ["a"]
    task.submit()
    assert sent_by(qarnot_emulator, task.commit) == []


@pytest.mark.parametrize("auto_update", [True, False])
def test_commit_of_a_draft(
    qarnot_connection: Connection, qarnot_emulator: Emulator, auto_update: bool
) -> None:
    """There is nothing on the server to change yet."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.auto_update = auto_update
    task.tags = ["a"]
    with pytest.raises(QarnotGenericException, match=r"commit.*not submitted"):
        task.commit()
    assert (qarnot_emulator.requests, task.tags) == ([], ["a"])


@pytest.mark.parametrize("member", COMMITTABLE)
def test_member_can_be_emptied(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """Nothing is something to commit."""
    setting = TASK[member]
    task = qarnot_connection.create_task("n", PROFILE)
    setattr(task, member, setting.value)
    task.submit()
    setattr(task, member, type(setting.in_draft)())
    assert sent_by(qarnot_emulator, task.commit) == [("updateTask", {setting.wire: []})]
    task.update(flushcache=True)
    assert getattr(task, member) == type(setting.in_draft)()


def test_constants_are_set_one_at_a_time(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """As with the official SDK, an item can be set or deleted, before submission and after."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.constants["DOCKER_CMD"] = "true"
    task.constants["GONE"] = "soon"
    del task.constants["GONE"]
    assert task.constants == {"DOCKER_CMD": "true"}
    task.submit()
    assert qarnot_emulator.requests[-1].body["constants"] == [
        {"key": "DOCKER_CMD", "value": "true"}
    ]
    task.constants["MORE"] = "1"
    task.constants.update(DOCKER_CMD="false")
    assert task.constants.pop("MORE") == "1"
    assert task.constants == {"DOCKER_CMD": "false"}
    assert operations(qarnot_emulator) == ["createTasks", "retrieveTask"]
    task.commit()
    assert qarnot_emulator.requests[-1].body == {
        "constants": [{"key": "DOCKER_CMD", "value": "false"}]
    }


def test_constant_set_alone_is_checked_at_once(qarnot_connection: Connection) -> None:
    """One that is not allowed is refused where it is set, changes nothing, and shows no value."""
    task = qarnot_connection.create_task("n", PROFILE)
    for _ in range(2):
        task.constants = {"A": "1"}
        with pytest.raises(ValueError, match="constants"):
            task.constants["not a name"] = "1"
        with pytest.raises(KeyError):
            del task.constants["B"]
        assert dict(task.constants) == {"A": "1"}
        assert repr(task.constants) == "Constants(A)"
        task.submit()


def test_constants_are_read_in_one_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A mapping is one member: however many constants there are, reading them asks once."""
    task = running(qarnot_connection, A="1", B="2", C="3")
    task.update_cache_time = 0
    assert sent_by(qarnot_emulator, lambda: dict(task.constants)) == [("retrieveTask", None)]
    assert sent_by(qarnot_emulator, lambda: task.constants == {"A": "1"}) == [
        ("retrieveTask", None)
    ]


@pytest.mark.parametrize(
    ("member", "value"),
    [("tags", [str(n) for n in range(10)]), ("tags", "text"), ("constants", {"": "1"})],
)
def test_value_that_is_not_allowed_after_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str, value: Any
) -> None:
    """The checks are those of a draft, and what was set before stays to be committed."""
    task = running(qarnot_connection)
    setattr(task, member, TASK[member].value)
    with pytest.raises((TypeError, ValueError), match=rf"^{member}\b"):
        setattr(task, member, value)
    assert getattr(task, member) == TASK[member].in_draft
    assert sent_by(qarnot_emulator, task.commit) == [
        ("updateTask", {TASK[member].wire: TASK[member].sent})
    ]


# --- failing ------------------------------------------------------------------------------------


def test_commit_that_is_refused_keeps_what_was_set(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be sent again when the reason is gone."""
    task = running(qarnot_connection)
    task.tags = ["a"]
    qarnot_emulator.fail_next("updateTask", status=403)
    with pytest.raises(UnauthorizedException):
        task.commit()
    assert task.tags == ["a"]
    task.update(flushcache=True)
    assert task.tags == ["a"]
    assert sent_by(qarnot_emulator, task.commit) == [("updateTask", {"tags": ["a"]})]


def test_commit_whose_answer_is_lost_for_good(qarnot_emulator: Emulator) -> None:
    """What was set stays set, and everything else is asked for again."""
    with connect(qarnot_emulator, retry_count=0) as connection:
        task = running(connection)
        task.tags = ["a"]
        qarnot_emulator.fail_next("updateTask", drop="after")
        with pytest.raises(QarnotGenericException):
            task.commit()
        assert sent_by(qarnot_emulator, lambda: task.state) == [("retrieveTask", None)]
        assert task.tags == ["a"]
        assert connection.retrieve_task(str(task.uuid)).tags == ["a"]
        assert sent_by(qarnot_emulator, task.commit) == [("updateTask", {"tags": ["a"]})]


@pytest.mark.parametrize("drop", ["before", "after"])
def test_commit_is_sent_again_after_a_lost_answer(
    qarnot_connection: Connection, qarnot_emulator: Emulator, drop: Any
) -> None:
    """Setting members to the same twice is the same as once."""
    task = running(qarnot_connection)
    task.tags = ["a"]
    qarnot_emulator.fail_next("updateTask", drop=drop)
    assert sent_by(qarnot_emulator, task.commit) == [("updateTask", {"tags": ["a"]})] * 2
    assert sent_by(qarnot_emulator, task.commit) == []


def test_commit_to_a_task_that_has_ended(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The server's refusal is an exception, and what was set is still what is read."""
    task = running(qarnot_connection)
    qarnot_emulator.set_state(str(task.uuid), "Success")
    task.tags = ["a"]
    with pytest.raises(UnauthorizedException):
        task.commit()
    assert (task.tags, task.state) == (["a"], "Success")


def test_commit_to_a_task_that_is_gone(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is missing like any other task that is not there."""
    task = running(qarnot_connection)
    qarnot_connection.retrieve_task(str(task.uuid)).delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    task.tags = ["a"]
    with pytest.raises(MissingTaskException):
        task.commit()


# --- secrets ------------------------------------------------------------------------------------


def test_secret_that_is_known_only_masked_is_not_committed(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Sending the mask would lose the secret, so the constant has to be set anew, or removed."""
    task = running(qarnot_connection, **{SECRET: "hidden", "A": "1"})
    assert task.constants[SECRET] == "*****"
    task.constants["A"] = "2"

    def commit_refused() -> None:
        with pytest.raises(ValueError, match=rf"^constants\b.*{SECRET}"):
            task.commit()

    assert sent_by(qarnot_emulator, commit_refused) == []
    assert task.constants == {SECRET: "*****", "A": "2"}
    task.constants[SECRET] = "hidden"
    constants = [{"key": SECRET, "value": "hidden"}, {"key": "A", "value": "2"}]
    assert sent_by(qarnot_emulator, task.commit) == [("updateTask", {"constants": constants})]
    task.update(flushcache=True)
    task.constants = {"A": "3"}
    task.commit()
    assert task.constants == {"A": "3"}


def test_other_members_are_committed_beside_a_masked_secret(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Tags do not touch the constants."""
    task = running(qarnot_connection, **{SECRET: "hidden"})
    task.tags = ["a"]
    assert sent_by(qarnot_emulator, task.commit) == [("updateTask", {"tags": ["a"]})]


@pytest.mark.parametrize("auto_update", [True, False])
def test_secret_that_was_just_set(
    qarnot_connection: Connection, qarnot_emulator: Emulator, auto_update: bool
) -> None:
    """The secret that was submitted is the user's own word, not the server's mask."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.auto_update = auto_update
    task.constants = {SECRET: "hidden"}
    task.submit()
    task.constants = {SECRET: "hidden", "A": "1"}
    constants = [{"key": SECRET, "value": "hidden"}, {"key": "A", "value": "1"}]
    assert sent_by(qarnot_emulator, task.commit) == [("updateTask", {"constants": constants})]


def test_secret_that_was_just_set_after_a_commit(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Nor is the secret that was committed before."""
    task = running(qarnot_connection)
    for value in ("1", "2"):
        task.constants = {SECRET: "hidden", "A": value}
        constants = [{"key": SECRET, "value": "hidden"}, {"key": "A", "value": value}]
        assert sent_by(qarnot_emulator, task.commit) == [("updateTask", {"constants": constants})]


def test_error_of_a_secret_constant_does_not_show_it(qarnot_connection: Connection) -> None:
    """A constant's value may be a password: no message and no `repr` shows it."""
    task = qarnot_connection.create_task("n", PROFILE)
    password = "a-password-that-nobody-may-see"
    for value in ({"A": password * 100}, {"A": password + "\ud800"}):
        with pytest.raises(ValueError, match="constants") as caught:
            task.constants = value
        assert password not in str(caught.value)
    task.constants = {SECRET: password}
    for _ in range(2):
        assert password not in f"{task!r} {task} {task._repr_html_()} {task.constants!r}"
        task.submit()
