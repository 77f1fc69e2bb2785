"""What several unit tests need: what was sent, clocks that act, threads in step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from qarnot_domain import Connection, Job, Pool, Task
from qarnot_domain.emulator import Emulator, ManualClock

T = TypeVar("T")

PROFILE = "docker-batch"
POOL_UUID = "11111111-2222-4333-8444-555555555555"
JOB_UUID = "99999999-8888-4777-8666-abcdefabcdef"
ZERO_UUID = "00000000-0000-0000-0000-000000000000"
UNSET_DATE = "0001-01-01T00:00:00Z"

LONG = {"EMULATOR_EXECUTION_TIME": "01:00:00"}
"""The constants of what executes for an hour in the emulator."""

SECRET = "QARNOT_SECRET__PASSWORD"
"""The name of a constant whose value the API masks."""

JOB_PAYLOAD: dict[str, Any] = {
    "uuid": JOB_UUID,
    "name": "name on the server",
    "shortname": "shortname-on-the-server",
    "poolUuid": POOL_UUID,
    "state": "Terminating",
    "previousState": "Active",
    "useDependencies": True,
    "stateTransitionTime": "2026-02-03T04:05:06Z",
    "previousStateTransitionTime": "2026-02-03T04:05:05Z",
    "lastModified": "2026-02-03T04:05:07Z",
    "creationDate": "2026-02-03T04:05:04Z",
    "maxWallTime": "3.10:07:06",
    "tags": ["b", "a"],
    "autoDeleteOnCompletion": True,
    "completionTimeToLive": "02:00:00",
}
"""A job as the API gives it, each member unlike its default."""


def operations(emulator: Emulator) -> list[str | None]:
    """The operationIds of the requests so far, oldest first."""
    return [request.operation for request in emulator.requests]


def sent_by(emulator: Emulator, action: Callable[[], object]) -> list[tuple[str | None, Any]]:
    """The operations and bodies that an action sends."""
    before = len(emulator.requests)
    action()
    return [(request.operation, request.body) for request in emulator.requests[before:]]


def refused(draft: Task | Pool, emulator: Emulator) -> str:
    """What submitting it is refused with; nothing may be sent, and it stays a draft."""
    sent = len(emulator.requests)
    with pytest.raises(ValueError, match=r"\w") as caught:
        draft.submit()
    assert emulator.requests[sent:] == []
    assert (draft.uuid, draft.state) == (None, "UnSubmitted")
    return str(caught.value)


def connect(emulator: Emulator, **settings: Any) -> Connection:
    """A connection to the emulator with other settings than the fixture's."""
    given: dict[str, Any] = {
        "cluster_url": emulator.url,
        "client_token": emulator.token,
        "clock": emulator.clock,
    }
    return Connection(**{**given, **settings})


def submitted(connection: Connection, name: str = "job", **members: Any) -> Job:
    """A job on the server, of which nothing has been read since."""
    job = connection.create_job(name)
    for member, value in members.items():
        setattr(job, member, value)
    job.submit()
    return job


def add_task(job: Job, connection: Connection, name: str = "task", **constants: str) -> Task:
    """A submitted task in a job without a pool; constants steer it in the emulator."""
    task = connection.create_task(name, PROFILE, job=job)
    task.constants = constants
    task.submit()
    return task


def write_for_owner(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a file that nobody else can read, such as one that holds a token."""
    path.touch(mode=0o600)
    path.write_text(text, encoding=encoding)
    return path


class ActingClock:
    """A clock driven by hand that notes each sleep and acts on it, before moving."""

    def __init__(self, on_sleep: Callable[[float], None] = lambda seconds: None) -> None:
        self._clock = ManualClock()
        self._on_sleep = on_sleep
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._on_sleep(seconds)
        self._clock.sleep(seconds)

    def advance(self, by: timedelta) -> None:
        self._clock.advance(by)


def follow(emulator: Emulator) -> ActingClock:
    """A clock that takes the emulator's along and notes each sleep."""
    return ActingClock(lambda seconds: emulator.advance(timedelta(seconds=seconds)))


def in_step(count: int, call: Callable[[], T]) -> list[T | Exception]:
    """What `call` returns or raises in so many threads that all start at the same moment."""
    barrier = threading.Barrier(count)

    def run() -> T | Exception:
        barrier.wait(timeout=30)
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - an outcome like any other
            return error

    with ThreadPoolExecutor(count) as threads:
        return [future.result(timeout=30) for future in [threads.submit(run) for _ in range(count)]]
