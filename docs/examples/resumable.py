"""A batch that survives being killed: start it again, and it does what is left, and nothing twice.

    python -m qarnot_domain.emulator --execute       in another terminal; paste its export lines
    python docs/examples/resumable.py results/       as often as it takes

It keeps no books of its own. The job and each task have shortnames, which are unique on the
cluster, so what was submitted is found there; a result is a file that is there whole or not at all.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from qarnot_domain import Connection, Job, MissingJobException, QarnotException, Task

PROGRAM = "import sys; n = int(sys.argv[1]); print(n, all(n % d for d in range(2, n)))"
"""What each task runs: whether a number is prime."""
FIRST = 1_000_003


def found_or_created(connection: Connection, name: str) -> Job:
    """The job of this batch, which an earlier run may have submitted."""
    try:
        return connection.retrieve_job(name)
    except MissingJobException:
        job = connection.create_job(name, shortname=name)
        job.submit()
        return job


def submit_what_is_left(connection: Connection, job: Job, name: str, total: int) -> list[Task]:
    """All tasks of the batch, those submitted that no earlier run did."""
    tasks = {task.name: task for task in job.tasks}
    for number in range(total):
        item = f"{name}-{number}"
        if item in tasks:
            continue
        task = connection.create_task(item, "docker-batch", job=job, shortname=item)
        task.constants["DOCKER_CMD"] = shlex.join(
            [sys.executable, "-c", PROGRAM, str(FIRST + 2 * number)]
        )
        task.submit()
        tasks[item] = task
        print(f"submitted {item}", flush=True)
    return list(tasks.values())


def keep(task: Task, folder: Path) -> None:
    """Write the result of a task, unless an earlier run did."""
    target = folder / f"{task.name}.txt"
    if target.exists():
        return
    if task.state != "Success":
        raise SystemExit(f"{task.name}: {task.state}\n{task.stderr()}")
    partial = target.with_suffix(".partial")
    partial.write_text(task.stdout().partition("] ")[2], encoding="utf-8")
    os.replace(partial, target)  # noqa: PTH105  (whole, or not at all)
    print(f"kept {task.name}", flush=True)


def main() -> None:
    """Do what is left of the batch."""
    parser = argparse.ArgumentParser(description="A batch that survives being killed.")
    parser.add_argument("folder", type=Path, help="where the results go")
    parser.add_argument("--name", default="primes", help="the same one goes on with the same batch")
    parser.add_argument("--total", type=int, default=12)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with Connection() as connection:
        job = found_or_created(connection, options.name)
        tasks = submit_what_is_left(connection, job, options.name, options.total)
        job.wait()
        connection.refresh(tasks)
        for task in tasks:
            keep(task, options.folder)
    print(f"{len(tasks)} results", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (QarnotException, ValueError) as error:
        raise SystemExit(f"resumable: {error}") from error
