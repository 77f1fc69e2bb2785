"""`make compare`: how many cases of the conformance table the official SDK survives.

python -m tests.compare PYTHON-WITH-THE-OFFICIAL-SDK
"""
# ruff: noqa: T201 - a tool

from __future__ import annotations

import json
import select
import subprocess
import sys
from typing import Any, Final

from qarnot_domain import Connection
from qarnot_domain.emulator import Emulator, ManualClock

from .table import HERE, OFFICIAL, PAGE, Case, cases, page

STUCK_AFTER: Final = 30.0
"""Seconds after which a case counts as one that never ends."""
TIMEOUT: Final = "2"
"""Seconds that the official SDK is told to wait for an answer."""


class Official:
    """The official SDK in a process of its own, which is started again when it is stuck."""

    def __init__(self, python: str, cloud: Emulator) -> None:
        self._command = [python, str(HERE / "official.py"), cloud.url, cloud.token, TIMEOUT]
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tell(self, line: dict[str, Any]) -> dict[str, Any]:
        """What it answers; `stuck` when it does not."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        if not select.select([self._process.stdout], [], [], STUCK_AFTER)[0]:
            self.stop()
            self._start()
            return {"outcome": "stuck", "seconds": STUCK_AFTER}
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def main() -> int:
    """Run every case, keep what was found, and write the page."""
    found: dict[str, dict[str, Any]] = {}
    with Emulator(clock=ManualClock()) as cloud:
        official = Official(sys.argv[1], cloud)
        try:
            for case in cases():
                found[case.name] = tried(case, cloud, official)
                print(f"{case.name}: {case.objections(found[case.name]) or 'as documented'}")
        finally:
            official.stop()
    OFFICIAL.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(found), encoding="utf-8")
    kept = sum(not case.objections(found[case.name]) for case in cases())
    print(f"{kept} of {len(found)} cases as documented")
    return 0


def tried(case: Case, cloud: Emulator, official: Official) -> dict[str, Any]:
    """What the official SDK did, seen from here."""
    cloud.reset()
    uuid = prepared(case.kind, cloud)
    official.tell({"prepare": case.kind, "uuid": uuid})
    before, there = len(cloud.requests), jobs(cloud)
    case.arm(cloud)
    answer = official.tell({"act": True})
    operations = [request.operation for request in cloud.requests[before:]]
    cloud.clear_faults()
    return {
        "outcome": answer["outcome"],
        "seconds": round(answer["seconds"], 1),
        "requests": operations.count(case.operation),
        "effects": jobs(cloud) - there,
    }


def prepared(kind: str, cloud: Emulator) -> str:
    """The uuid of what the operation is about."""
    with Connection(cluster_url=cloud.url, client_token=cloud.token) as connection:
        task = connection.create_task("n", "docker-batch")
        job = connection.create_job("n")
        one = task if kind == "consuming read" else job
        one.submit()
        return str(one.uuid)


def jobs(cloud: Emulator) -> int:
    """How many are there."""
    with Connection(cluster_url=cloud.url, client_token=cloud.token) as connection:
        return len(connection.jobs())


if __name__ == "__main__":
    sys.exit(main())
