"""A process that uses one library as it is told, line by line, and says what that took.

It runs in the environment of that library, so it imports nothing else: `qarnot_domain`, `qarnot`
(the official SDK), or `httpx` alone, as what any client on it takes at least.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

TOKEN: Final = "a-token-of-thirty-six-characters-aaa"
PAGE: Final = 1000
"""How many jobs are on a page of the list."""


class Actions:
    """What is done with a library; those that the two name alike are written once."""

    def __init__(self, library: str, url: str, uuid: str, other: str) -> None:
        self.url, self.uuid = url, uuid
        self.held: list[Any] = []
        self.module = importlib.import_module(library)
        if library != "httpx":
            assert "niquests" not in sys.modules, "it would replace urllib3"
            self.connection = self.module.Connection(cluster_url=url, client_token=TOKEN)
            self.running = self.connection.retrieve_job(uuid)
            self.final = self.connection.retrieve_job(other)
            # Whatever a run takes, these stay fresh.
            # The official SDK has no way to set it.
            setter = "update_cache_time" if library == "qarnot_domain" else "_update_cache_time"
            for job in (self.running, self.final):
                setattr(job, setter, 1e6)
        else:
            headers = {"Authorization": TOKEN}
            self.http = self.module.Client(base_url=url, headers=headers, trust_env=False)

    def bare(self) -> None:
        """Get a job with nothing but httpx."""
        self.http.get(f"/jobs/{self.uuid}").json()

    def retrieve(self) -> None:
        """Get a job."""
        self.connection.retrieve_job(self.uuid)

    def create(self) -> None:
        """Create a job and read its uuid."""
        job = self.connection.create_job("one more")
        job.submit()
        assert job.uuid

    def read_running(self) -> None:
        """Read a state that can change."""
        job = self.running
        for _ in range(1000):
            job.state  # noqa: B018

    def read_final(self) -> None:
        """Read a state that cannot."""
        job = self.final
        for _ in range(1000):
            job.state  # noqa: B018

    def listing(self, number: int) -> None:
        """Read name and state of so many jobs, and let go of them."""
        for job in self._jobs(number):
            job.name, job.state  # noqa: B018

    def hold(self, number: int) -> None:
        """The same, keeping them."""
        for job in self._jobs(number):
            job.name, job.state  # noqa: B018
            self.held.append(job)

    def _jobs(self, number: int) -> Any:
        token = None
        while number > 0:
            page = self.connection.jobs_page(token, PAGE)
            yield from page.page_data
            number -= len(page.page_data)
            token = page.next_token

    def refresh_each(self, number: int) -> None:
        """Bring so many jobs up to date one by one, as the official SDK has to."""
        for _ in range(number):
            self.running.update(flushcache=True)

    def refresh(self) -> None:
        """Bring those that are held up to date."""
        self.connection.refresh(self.held)

    def submit_each(self, number: int) -> None:
        """Create so many jobs one after the other, as the official SDK has to."""
        for _ in range(number):
            self.create()

    def submit(self, number: int) -> None:
        """Create so many jobs at once."""
        self.connection.submit_jobs([self.connection.create_job("one more") for _ in range(number)])

    def wait_polling(self) -> None:
        """Wait for all tasks of a job, asking for them, as the official SDK has to."""
        # Not `state`, which asks after each again, and then fails on the tasks of a job.
        while not all(task._state == "Success" for task in self.running.tasks):
            pass

    def wait(self) -> None:
        """Wait for all tasks of a job."""
        assert self.running.wait()


def main() -> None:
    """Do what each line says: an action, how often, and what it is given."""
    actions = Actions(*sys.argv[1:])
    print(flush=True)  # noqa: T201 - that it is ready
    for line in sys.stdin:
        name, times, given = json.loads(line)
        action = getattr(actions, name)
        before, began, cpu = _peak(), perf_counter(), process_time()
        for _ in range(times):
            action(*given)
        took = process_time() - cpu, perf_counter() - began, _peak() - before
        print(json.dumps(took), flush=True)  # noqa: T201


def _peak() -> float:
    """Of this program alone: `ru_maxrss` begins with what its parent had."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (peak,) = (line.split()[1] for line in status if line.startswith("VmHWM"))
    return int(peak) / 1000


if __name__ == "__main__":
    main()
