"""`Task`: finding itself when the answer to its submission was lost."""

from __future__ import annotations

import pytest

from qarnot_domain import (
    AdvancedDependency,
    Connection,
    Job,
    Pool,
    Privileges,
    SubmissionUnknownException,
    Task,
)
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE, add_task, operations, submitted
from .members import TASK


def lose_the_answer(task: Task, emulator: Emulator) -> None:
    """Submit with the answer lost after the effect; the task must find itself."""
    emulator.fail_next("createTasks", drop="after")
    task.submit()
    assert operations(emulator)[-2:] == ["createTasks", "retrieveTask"]


@pytest.mark.parametrize("member", TASK)
def test_adoption_whatever_is_set(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """A task with this member set is the one that the server then has."""
    task = qarnot_connection.create_task("n", PROFILE, shortname="mine")
    for name, value in {**TASK[member].along, member: TASK[member].value}.items():
        setattr(task, name, value)
    lose_the_answer(task, qarnot_emulator)
    assert qarnot_connection.tasks() == [task]


@pytest.mark.parametrize("advanced", [False, True])
def test_adoption_of_a_task_with_dependencies(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job, advanced: bool
) -> None:
    """However the server writes them, what it waits for is what was sent."""
    first = add_task(job, qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, 3, "mine", job)
    task.dependencies = [AdvancedDependency(first)] if advanced else [first]
    lose_the_answer(task, qarnot_emulator)
    assert job.tasks == [first, task]


def test_adoption_of_a_task_in_a_pool(
    qarnot_connection: Connection, qarnot_emulator: Emulator, pool: Pool
) -> None:
    """Its own pool is no difference."""
    task = qarnot_connection.create_task("n", pool, shortname="mine")
    lose_the_answer(task, qarnot_emulator)
    assert pool.tasks == [task]


def test_adoption_of_a_task_in_a_job_with_a_pool(
    qarnot_connection: Connection, qarnot_emulator: Emulator, pool: Pool
) -> None:
    """The API gives the pool that the task has from its job: that is no difference."""
    job = submitted(qarnot_connection, pool=pool)
    task = qarnot_connection.create_task("n", shortname="mine", job=job)
    lose_the_answer(task, qarnot_emulator)
    assert job.tasks == [task]


def test_adoption_of_a_task_with_a_secret(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The API masks secret constants when it gives them back: that is no difference."""
    task = qarnot_connection.create_task("n", PROFILE, shortname="mine")
    task.constants = {"QARNOT_SECRET__PASSWORD": "x", "A": "1"}
    lose_the_answer(task, qarnot_emulator)
    assert task.constants == {"QARNOT_SECRET__PASSWORD": "*****", "A": "1"}


def test_adoption_of_a_task_that_leaves_privileges_to_the_server(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What was left to the server within a member may be anything."""
    task = qarnot_connection.create_task("n", PROFILE, shortname="mine")
    task.privileges = Privileges()
    twin = qarnot_connection.create_task("n", PROFILE, shortname="twin")
    twin.submit()
    twin.update()
    said = {"exportApiAndStorageCredentialsInEnvironment": False}
    qarnot_emulator.fail_next("createTasks", drop="before")
    qarnot_emulator.fail_next(
        "retrieveTask",
        status=200,
        body={**twin.to_json(), "shortname": "mine", "privileges": said},
    )
    task.submit()
    assert task.uuid == twin.uuid


def test_adoption_of_a_task_with_another_commands_constants_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task of the same name that runs something else is another one."""
    other = qarnot_connection.create_task("n", PROFILE, shortname="mine")
    other.constants = {"DOCKER_CMD": "echo other"}
    other.submit()
    qarnot_emulator.fail_next("createTasks", drop="before")
    task = qarnot_connection.create_task("n", PROFILE, shortname="mine")
    task.constants = {"DOCKER_CMD": "echo mine"}
    with pytest.raises(SubmissionUnknownException, match=str(other.uuid)):
        task.submit()
    assert task.uuid is None
