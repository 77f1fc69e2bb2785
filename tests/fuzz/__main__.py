"""`make fuzz`: no answer, however broken, makes anything but an object or one of our exceptions.

python -m tests.fuzz [--number N] [--seed N] [--processes N]
"""
# ruff: noqa: T201 - a tool

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import traceback
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import httpx

from qarnot_domain import Connection, QarnotException
from qarnot_domain._connections import Connections
from qarnot_domain._network import Stream
from qarnot_domain.emulator import Emulator

from .calls import CALLS, PROFILE, read_all
from .damage import damaged, sent

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

SHOWN: Final = 5
STATUSES: Final = (200, 200, 200, 200, 200, 200, 200, 207, 400, 401, 402, 403, 404, 500, 503)


class Answers:
    """A socket that gives the answer it was told to give, in place of the network."""

    def __init__(self) -> None:
        self.answer = self._left = b""

    def settimeout(self, _seconds: float) -> None:
        """It never waits."""

    def sendall(self, _data: ReadableBuffer) -> None:
        """Whatever is asked."""
        self._left = self.answer

    def recv_into(self, buffer: WriteableBuffer) -> int:
        """As much of the answer as there is room for."""
        with memoryview(buffer) as room:
            part = self._left[: len(room)]
            room[: len(part)] = part
        self._left = self._left[len(part) :]
        return len(part)

    def fileno(self) -> int:
        """None: it is never used again."""
        return -1

    def close(self) -> None:
        """There is nothing to close."""


def main() -> int:
    """The exit code is 0 when nothing but our exceptions came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--number", type=int, default=1_000_000, help="of answers; a million")
    parser.add_argument("--seed", type=int, default=0, help="where chance comes from")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="at once")
    options = parser.parse_args()
    good = good_answers()
    parts = [
        (options.number * (n + 1) // options.processes - options.number * n // options.processes)
        for n in range(options.processes)
    ]
    outcomes: Counter[str] = Counter()
    escaped: list[str] = []
    with ProcessPoolExecutor(options.processes) as processes:
        seeds = [f"{options.seed}/{n}" for n in range(options.processes)]
        for counted, told in processes.map(partial(read_broken, good), parts, seeds):
            outcomes += counted
            escaped += told
    for text in escaped[:SHOWN]:
        print(text)
    for outcome, count in outcomes.most_common():
        print(f"{count:9} {outcome}")
    print(f"{outcomes.total()} answers; {outcomes['escaped']} errors outside the library's own")
    return 1 if escaped else 0


def read_broken(good: Mapping[str, Any], number: int, seed: str) -> tuple[Counter[str], list[str]]:
    """Read so many broken answers: how often what came of it, and the defects as they are told."""
    chance = random.Random(seed)  # noqa: S311 - it is there to repeat
    answers = Answers()
    outcomes: Counter[str] = Counter()
    escaped: list[str] = []
    with connection_to(answers) as connection:
        for _ in range(number):
            call = chance.choice(CALLS)
            answers.answer = sent(chance.choice(STATUSES), damaged(good[call.name], chance), chance)
            try:
                read_all(call.use(connection))
                outcomes["read"] += 1
            except QarnotException as error:
                outcomes[type(error).__name__] += 1
            except Exception:  # noqa: BLE001 - each is a defect, and told
                outcomes["escaped"] += 1
                told = f"{call.name} {answers.answer[:2000]!r}"
                escaped.append(f"{told}\n{traceback.format_exc()}")
    return outcomes, escaped


def connection_to(answers: Answers) -> Connection:
    """A connection that gets these answers and never tries again."""
    connection = Connection(
        cluster_url="https://cluster.invalid", client_token="fuzz", retry_count=0
    )
    # The network is replaced below everything of ours, so that all of it is run.
    connection._gateway._transport._connections = Connections(
        lambda: Stream(answers, lambda: 1.0), connection.clock
    )
    return connection


def good_answers() -> dict[str, Any]:
    """What the emulator answers to each call, with a bit of everything in it."""
    good: dict[str, Any] = {}
    with Emulator() as cloud:
        connection = Connection(cluster_url=cloud.url, client_token=cloud.token)
        headers = {"Authorization": cloud.token}
        with connection, httpx.Client(base_url=cloud.url, headers=headers) as http:
            _furnish(connection)
            uuids = {
                kind: http.get(f"/{kind}").json()[0]["uuid"] for kind in ("jobs", "tasks", "pools")
            }
            requests: dict[str, tuple[str, str, Any]] = {
                "retrieveJob": ("GET", f"/jobs/{uuids['jobs']}", None),
                "retrieveTask": ("GET", f"/tasks/{uuids['tasks']}", None),
                "retrievePool": ("GET", f"/pools/{uuids['pools']}", None),
                "paginateJobs": ("POST", "/jobs/paginate", {}),
                "paginateTasks": ("POST", "/tasks/paginate", {}),
                "paginateTaskSummaries": ("POST", "/tasks/summaries/paginate", {}),
                "paginatePools": ("POST", "/pools/paginate", {}),
                "paginatePoolSummaries": ("POST", "/pools/summaries/paginate", {}),
                "listJobTasks": ("GET", f"/jobs/{uuids['jobs']}/tasks", None),
                "retrieveTaskStdout": ("GET", f"/tasks/{uuids['tasks']}/stdout", None),
                "listHardwareConstraints": ("GET", "/hardware-constraints", None),
                "retrieveUserComputingQuotas": ("GET", "/quotas/computing-quotas/user", None),
                "retrieveUserInfo": ("GET", "/info", None),
                "listProfiles": ("GET", "/profiles", None),
                "retrieveProfile": ("GET", f"/profiles/{PROFILE}", None),
                "createJob": ("POST", "/jobs", {"name": "a"}),
                "createTasks": ("POST", "/tasks", [_creation(name) for name in "abc"]),
                "createPool": ("POST", "/pools", _creation("p")),
            }
            for name, (method, path, body) in requests.items():
                answer = http.request(method, path, json=body).raise_for_status()
                is_json = "json" in answer.headers["content-type"]
                good[name] = json.loads(answer.content) if is_json else answer.text
    assert good.keys() == {call.name for call in CALLS}
    return good


def _creation(name: str) -> dict[str, Any]:
    return {"name": name, "profile": PROFILE, "instanceCount": 1}


def _furnish(connection: Connection) -> None:
    """Put objects there that have something in as many members as may be."""
    pool = connection.create_pool("pool", PROFILE, 2)
    pool.setup_elastic(maximum_total_slots=4)
    pool.tags = ["a", "b"]
    pool.submit()
    job = connection.create_job("job", use_dependencies=True)
    job.max_wall_time = "01:00:00"
    job.tags = ["a", "b"]
    job.submit()
    first = connection.create_task("first", PROFILE, 2, job=job)
    first.constants = {"EMULATOR_EXECUTION_TIME": "0", "EMULATOR_OUTCOME": "failure"}
    first.labels = {"a": "b"}
    second = connection.create_task("second", PROFILE, "0-2", job=job)
    second.dependencies = [first]
    connection.submit_tasks([first, second])
    first.wait(30)


if __name__ == "__main__":
    sys.exit(main())
