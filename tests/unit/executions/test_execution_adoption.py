"""`Task` and `Pool`: finding itself when the answer to its submission was lost."""

from __future__ import annotations

import pytest

from qarnot_domain import Connection, Privileges, SubmissionUnknownException
from qarnot_domain.emulator import Emulator

from ..driving import SECRET
from .kind import each
from .kinds import EXECUTIONS, AnyExecution


@each(EXECUTIONS, "member", of=lambda kind: kind.settings)
def test_adoption_whatever_is_set(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, member: str
) -> None:
    """What has this member set is what the server then has."""
    made = kind.prepared(qarnot_connection, member, shortname="mine")
    kind.lose_the_answer(made, qarnot_emulator)
    assert kind.listed(qarnot_connection) == [made]


@each(EXECUTIONS)
def test_adoption_of_one_with_a_secret(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """The API masks secret constants when it gives them back: that is no difference."""
    made = kind.draft(qarnot_connection, shortname="mine")
    made.constants = {SECRET: "x", "A": "1"}
    kind.lose_the_answer(made, qarnot_emulator)
    assert made.constants == {SECRET: "*****", "A": "1"}


@each(EXECUTIONS)
def test_adoption_of_one_that_leaves_privileges_to_the_server(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """What was left to the server within a member may be anything."""
    made = kind.draft(qarnot_connection, shortname="mine")
    made.privileges = Privileges()
    twin = kind.known(qarnot_connection, shortname="twin")
    said = {"exportApiAndStorageCredentialsInEnvironment": False}
    qarnot_emulator.fail_next(kind.created, drop="before")
    qarnot_emulator.fail_next(
        kind.operation("retrieve"),
        status=200,
        body={**twin.to_json(), "shortname": "mine", "privileges": said},
    )
    made.submit()
    assert made.uuid == twin.uuid


@each(EXECUTIONS)
def test_adoption_of_another_commands_constants_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """One of the same name that runs something else is another one."""
    other = kind.submitted(
        qarnot_connection, shortname="mine", constants={"DOCKER_CMD": "echo other"}
    )
    qarnot_emulator.fail_next(kind.created, drop="before")
    made = kind.draft(qarnot_connection, shortname="mine")
    made.constants = {"DOCKER_CMD": "echo mine"}
    with pytest.raises(SubmissionUnknownException, match=str(other.uuid)):
        made.submit()
    assert made.uuid is None
