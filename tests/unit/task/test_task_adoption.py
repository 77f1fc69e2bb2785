"""`Task`: finding itself when the answer to its submission was lost."""

from __future__ import annotations

import pytest

from qarnot_domain import AdvancedDependency, Connection, Job, Pool
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE, add_task, submitted
from .members import TASK


@pytest.mark.parametrize("advanced", [False, True])
def test_adoption_of_a_task_with_dependencies(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job, advanced: bool
) -> None:
    """However the server writes them, what it waits for is what was sent."""
    first = add_task(job, qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, 3, "mine", job)
    task.dependencies = [AdvancedDependency(first)] if advanced else [first]
    TASK.lose_the_answer(task, qarnot_emulator)
    assert job.tasks == [first, task]


def test_adoption_of_a_task_in_a_pool(
    qarnot_connection: Connection, qarnot_emulator: Emulator, pool: Pool
) -> None:
    """Its own pool is no difference."""
    task = qarnot_connection.create_task("n", pool, shortname="mine")
    TASK.lose_the_answer(task, qarnot_emulator)
    assert pool.tasks == [task]


def test_adoption_of_a_task_in_a_job_with_a_pool(
    qarnot_connection: Connection, qarnot_emulator: Emulator, pool: Pool
) -> None:
    """The API gives the pool that the task has from its job: that is no difference."""
    job = submitted(qarnot_connection, pool=pool)
    task = qarnot_connection.create_task("n", shortname="mine", job=job)
    TASK.lose_the_answer(task, qarnot_emulator)
    assert job.tasks == [task]
