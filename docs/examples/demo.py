"""The story of one job, from its creation until it is gone; each step says what holds, or fails.

    python docs/examples/demo.py              on an emulator of the API, on this machine
    python docs/examples/demo.py --cluster    on Qarnot's cluster: costs credits

The second needs QARNOT_CLIENT_TOKEN; the first never sends anything beyond this machine, whatever
the environment says. The exit code is 0 only if every step did what it says.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from qarnot_domain import (
    Connection,
    Job,
    JobState,
    MissingJobException,
    QarnotException,
    Task,
    TaskState,
)
from qarnot_domain.emulator import Emulator

PROFILE = "docker-batch"
SETTLING_TIME = timedelta(minutes=2)
"""How long the cluster may take to complete the job it terminates, and to delete it."""

console = Console(highlight=False)


@dataclass(frozen=True)
class Plan:
    """What one task is to do, and after which others."""

    name: str
    after: tuple[str, ...] = ()
    command: str = "echo done"
    seconds: float = 0.2
    fails: bool = False

    @property
    def outcome(self) -> str:
        """The state in which the task is to end."""
        return TaskState.FAILURE if self.fails else TaskState.SUCCESS

    def constants(self, *, emulated: bool) -> dict[str, str]:
        """The constants of the task."""
        constants = {"DOCKER_CMD": self.command}
        if emulated:
            # It runs no commands, so it is told how long each takes and how it ends.
            constants["EMULATOR_EXECUTION_TIME"] = str(self.seconds)
            constants["EMULATOR_OUTCOME"] = "failure" if self.fails else "success"
        return constants


PLANS = (
    Plan("fetch"),
    *(Plan(f"simulate-{n}", after=("fetch",), seconds=0.1 * n) for n in range(1, 7)),
    Plan("control", after=("fetch",), command="false", fails=True),
    Plan("merge-1", after=("simulate-1", "simulate-2")),
    Plan("merge-2", after=("simulate-3", "simulate-4")),
    Plan("merge-3", after=("simulate-5", "simulate-6")),
    Plan("report", after=("merge-1", "merge-2", "merge-3")),
)


class StepFailedError(Exception):
    """A step did not do what it says."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Tell the story; the exit code is 0 only if all of it holds."""
    options = parse(arguments)
    patience = timedelta(minutes=options.timeout)
    try:
        if options.cluster:
            with Connection(client_shortnames=True) as connection:
                tell(connection, emulated=False, patience=patience)
        else:
            with Emulator() as cloud, connect(cloud) as connection:
                tell(connection, emulated=True, patience=patience)
                count_requests(cloud, connection)
    except (StepFailedError, QarnotException, ValueError) as error:
        console.print(f"\n[bold red]Failed:[/] {escape(str(error))}")
        return 1
    except KeyboardInterrupt:
        console.print("\nInterrupted.")
        return 130
    if not options.cluster:
        show_what_to_change()
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="The story of one job.")
    parser.add_argument(
        "--cluster", action="store_true", help="use Qarnot's cluster; costs credits"
    )
    parser.add_argument(
        "--timeout", type=float, default=30, metavar="MINUTES", help="for the tasks; default 30"
    )
    return parser.parse_args(arguments)


def connect(cloud: Emulator) -> Connection:
    """A connection to an emulator, whatever the environment says."""
    return Connection(
        client_token=cloud.token,
        cluster_url=cloud.url,
        # Given too, because the environment decides what is not.
        cluster_unsafe=False,
        cluster_timeout=30,
        client_shortnames=True,
    )


def tell(connection: Connection, *, emulated: bool, patience: timedelta) -> None:
    """The whole story."""
    place = "an emulator of the Qarnot API" if emulated else "the Qarnot API"
    console.print(f"[bold]The story of a job[/], on {place} at {connection.cluster_url}")
    job = create(connection)
    with not_left_behind(job):
        submit(job)
        add_tasks(connection, job, emulated=emulated)
        watch(job, emulated=emulated, patience=patience)
        compare(job)
        try_to_rename(job)
        terminate(connection, job)
        delete(connection, job)


@contextmanager
def not_left_behind(job: Job) -> Iterator[None]:
    """If the story breaks off, delete the job, so that it costs nothing more."""
    try:
        yield
    except BaseException:
        with suppress(QarnotException):
            job.delete(forceAbort=True)
        raise


def create(connection: Connection) -> Job:
    """A job with a wall time, a time to live, tags and dependencies."""
    title("1. Create a job: nothing is sent yet")
    job = connection.create_job("qarnot-domain demo", use_dependencies=True)
    job.max_wall_time = timedelta(minutes=30)
    job.completion_ttl = timedelta(days=1)
    job.tags = ["demo", "qarnot-domain"]
    verify("job.state", job.state, JobState.UNSUBMITTED)
    verify("job.uuid", job.uuid, None)
    return job


def submit(job: Job) -> None:
    """The job, created on the cluster as it was set."""
    title("2. Submit it")
    job.submit()
    verify("job.state", job.state, JobState.ACTIVE)
    verify("job.max_wall_time", job.max_wall_time, "00:30:00")
    verify("job.completion_ttl", job.completion_ttl, "1.00:00:00")
    verify("job.tags", job.tags, ["demo", "qarnot-domain"])
    verify("job.use_dependencies", job.use_dependencies, True)


def add_tasks(connection: Connection, job: Job, *, emulated: bool) -> None:
    """Twelve tasks in the job, each after those that its plan names."""
    title("3. Put twelve tasks in it, some after others")
    tasks: dict[str, Task] = {}
    for plan in PLANS:
        task = connection.create_task(plan.name, PROFILE, 1, job=job)
        task.constants = plan.constants(emulated=emulated)
        task.dependencies = [tasks[name] for name in plan.after]
        task.submit()
        tasks[plan.name] = task
    verify("len(job.tasks)", len(job.tasks), 12)


def watch(job: Job, *, emulated: bool, patience: timedelta) -> None:
    """All tasks, until the last has ended."""
    title("4. Wait for them")
    if emulated:
        # Time is short there; on the cluster the default, every 5 s at most, is kind to the API.
        job.update_cache_time = 0.5
    verify("job.wait()", job.wait(timeout=patience, progress=True), True)


def compare(job: Job) -> None:
    """What became of each task, against what was planned."""
    title("5. Look at the outcome of each")
    tasks = {task.name: task for task in job.tasks}
    names = {task.uuid: name for name, task in tasks.items()}
    console.print(Padding(outcomes(tasks, names), (0, 0, 0, 2)))
    for plan in PLANS:
        task = tasks[plan.name]
        after = tuple(names[uuid] for uuid in task.dependencies.depends_on)
        require(f"{plan.name} comes after", after, plan.after)
        require(f"{plan.name} ended as", task.state, plan.outcome)
        require(f"{plan.name} says why it failed", bool(task.errors), plan.fails)
        in_order = all(ended_in_order(tasks[name], task) for name in after)
        require(f"{plan.name} ended after those before it", in_order, True)
    verify("tasks as planned", len(tasks), 12)


def outcomes(tasks: dict[str, Task], names: dict[str | None, str]) -> Table:
    """A table with a row for each task."""
    table = Table("Task", "After", "State", "Why it failed")
    for name, task in tasks.items():
        table.add_row(
            escape(name),
            "\n".join(escape(names[uuid]) for uuid in task.dependencies.depends_on),
            f"[{'green' if task.state == TaskState.SUCCESS else 'red'}]{escape(task.state)}",
            escape("; ".join(error.message or "" for error in task.errors)),
        )
    return table


def ended_in_order(first: Task, second: Task) -> bool:
    """Whether one task came into its final state before another, or in the same second."""
    ends = first.state_transition_time, second.state_transition_time
    return ends[0] is not None and ends[1] is not None and ends[0] <= ends[1]


def try_to_rename(job: Job) -> None:
    """The setter that is refused, because the API cannot change a job."""
    title("6. Try to rename it, now that it is submitted")
    refusal = None
    try:
        job.name = "another name"
    except AttributeError as error:
        refusal = str(error)
    verify("AttributeError", refusal, "name cannot be set: the job is already submitted")
    verify("job.name", job.name, "qarnot-domain demo")


def terminate(connection: Connection, job: Job) -> None:
    """The job, over."""
    title("7. Terminate it")
    job.terminate()
    job.update_cache_time = 0
    wait_for(connection, lambda: job.state == JobState.COMPLETED)
    verify("job.state", job.state, JobState.COMPLETED)


def delete(connection: Connection, job: Job) -> None:
    """The job, gone."""
    title("8. Delete it")
    uuid = job.uuid
    job.delete()
    verify("job.state", job.state, JobState.DELETING)
    verify("job.uuid", job.uuid, uuid)
    wait_for(connection, lambda: is_missing(job))
    verify("raises MissingJobException", is_missing(job), True)


def count_requests(cloud: Emulator, connection: Connection) -> None:
    """A thousand tasks in one job, and how many requests that takes."""
    title("9. Put a thousand tasks in another job, and count the requests")
    start = len(cloud.requests)
    job = connection.create_job("a thousand tasks")
    job.submit()
    with not_left_behind(job):
        tasks = [connection.create_task(f"task-{n}", PROFILE, job=job) for n in range(1000)]
        connection.submit_tasks(tasks)
        created = len(cloud.requests)
        polls: list[Mapping[str, int]] = []
        verify("job.wait()", job.wait(progress=polls.append), True)
        waited = len(cloud.requests)
        verify("tasks that succeeded", polls[-1].get(TaskState.SUCCESS), 1000)
        job.terminate()
        job.delete()
    verify("requests to create them, ten at most", created - start <= 10, True)
    total = len(cloud.requests) - start
    console.print(
        f"  {total} requests in all: {created - start} to create, {waited - created} to wait "
        f"({len(polls)} polls), {total - waited + start} to end it."
    )


def is_missing(job: Job) -> bool:
    """Whether the cluster no longer knows the job."""
    try:
        job.update(flushcache=True)
    except MissingJobException:
        return True
    return False


def wait_for(connection: Connection, condition: Callable[[], bool]) -> None:
    """Return once a condition is true, or after the settling time."""
    clock = connection.clock
    end = clock.monotonic() + SETTLING_TIME.total_seconds()
    while not condition() and clock.monotonic() < end:
        clock.sleep(0.25)


def verify(what: str, actual: object, expected: object) -> None:
    """Say that something is as it should be, or fail."""
    require(what, actual, expected)
    line = Table.grid(padding=(0, 2))
    line.add_row("", "[green]ok[/]", escape(f"{what}: {actual}"))
    console.print(line)


def require(what: str, actual: object, expected: object) -> None:
    """Fail if something is not as it should be."""
    if actual != expected:
        raise StepFailedError(f"{what}: expected {expected!r}, got {actual!r}")


def title(text: str) -> None:
    """Begin a step."""
    console.print(f"\n[bold]{escape(text)}[/]")


def show_what_to_change() -> None:
    """How to run the same on Qarnot's cluster."""
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    command = shlex.join([str(python), sys.argv[0], "--cluster"])
    title("Every step did what it says. The same on Qarnot's cluster (costs credits):")
    console.print("  export QARNOT_CLIENT_TOKEN=<your token>", markup=False)
    console.print(f"  {command}", markup=False, soft_wrap=True)
    console.print(
        "In your own code the one thing to change is the connection: [bold]Connection()[/] takes "
        "the token from there, and goes to https://api.qarnot.com."
    )


if __name__ == "__main__":
    raise SystemExit(main())
