"""What each thread does, over and over."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from qarnot_domain import BulkSubmissionException, Connection, Job, QarnotException, Task

from .ledger import Fate, Ledger, entry

Step = Callable[[Connection, Ledger, random.Random, str], None]

PROFILE = "docker-batch"
_TASKS_AT_MOST = 5
_LONGEST_WAIT = 5.0


def create(connection: Connection, ledger: Ledger, chance: random.Random, name: str) -> None:
    """Create a job, every other one with a shortname."""
    job = connection.create_job(name, shortname=name if chance.random() < 0.5 else None)
    ledger.add([entry(job, _submit(job))])


def live(connection: Connection, ledger: Ledger, chance: random.Random, name: str) -> None:
    """The life of a job: created, given tasks, waited for, refreshed, most often deleted."""
    job = connection.create_job(name, shortname=name if chance.random() < 0.5 else None)
    failed = _submit(job)
    if job.uuid is None:
        ledger.add([entry(job, failed)])
        return
    tasks = [
        _task(connection, job, f"{name}-{number}", chance)
        for number in range(chance.randint(0, _TASKS_AT_MOST))
    ]
    errors = _submit_all(connection, tasks)
    uses: tuple[Callable[[], object], ...] = (
        lambda: job.wait(_LONGEST_WAIT),
        lambda: connection.refresh([job, *tasks]),
        lambda: job.tasks,
        lambda: [task.fresh_stdout() for task in tasks if task.uuid is not None],
    )
    for use in uses:
        _outlive(use)
    fate: Fate = "there"
    if chance.random() < 0.8:
        fate = "deleted" if _outlive(lambda: job.delete(forceAbort=True)) else "unknown"
    ledger.add([entry(job, None, fate)])
    ledger.add(
        entry(task, errors.get(index), fate if task.uuid is not None else "there")
        for index, task in enumerate(tasks)
    )


def _task(connection: Connection, job: Job, name: str, chance: random.Random) -> Task:
    shortname = name if chance.random() < 0.5 else None
    task = connection.create_task(name, PROFILE, job=job, shortname=shortname)
    task.constants = {"EMULATOR_EXECUTION_TIME": "0.05"}
    return task


def _submit(job: Job) -> QarnotException | None:
    try:
        job.submit()
    except QarnotException as error:
        return error
    return None


def _submit_all(connection: Connection, tasks: Sequence[Task]) -> dict[int, QarnotException]:
    try:
        connection.submit_tasks(tasks)
    except BulkSubmissionException as error:
        return dict(error.errors)
    return {}


def _outlive(use: Callable[[], object]) -> bool:
    """Whether it came out well; anything else than our own exceptions is a defect."""
    try:
        use()
    except QarnotException:
        return False
    return True
