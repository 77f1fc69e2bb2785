"""An emulator in a process of its own, driven over HTTP, so that its memory is not the client's."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import httpx

from qarnot_domain._clock import SystemClock

from .faults import Rule


@attrs.frozen
class Cloud:
    """Where it is, and how to reach it without the library."""

    url: str
    token: str
    pid: int
    http: httpx.Client

    def fail(self, rules: Sequence[Rule]) -> None:
        for rule in rules:
            self.http.post("/_emulator/faults", json=rule).raise_for_status()

    def faults(self) -> list[dict[str, Any]]:
        """How often each rule was met."""
        answer = self.http.get("/_emulator/faults").raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    def heal(self) -> None:
        self.http.delete("/_emulator/faults").raise_for_status()

    def settle(self) -> None:
        """Wait until everything that was deleted is gone; jobs take their tasks along."""
        while any(one["state"] == "Deleting" for one in self.everything("/jobs")):
            SystemClock().sleep(0.2)

    def everything(self, path: str) -> list[dict[str, Any]]:
        answer = self.http.get(path).raise_for_status()
        listed: list[dict[str, Any]] = answer.json()
        return listed


@contextmanager
def serving(*options: str) -> Iterator[Cloud]:
    """Serve until the end of the block, with these options of the command line."""
    command = [sys.executable, "-m", "qarnot_domain.emulator", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().decode().strip().partition("=")[2] for _ in range(2)]
        url, token = (text.strip("'") for text in said)
        headers = {"Authorization": token}
        try:
            with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as http:
                yield Cloud(url, token, process.pid, http)
        finally:
            process.send_signal(signal.SIGTERM)
