"""What the process takes of the machine, read from /proc."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

import attrs


@attrs.frozen
class Gauges:
    """Taken at one moment."""

    memory: float
    """Resident, in MB."""
    sockets: int
    threads: int

    def __str__(self) -> str:
        return f"{self.memory:.1f} MB, {self.sockets} sockets, {self.threads} threads"


def read() -> Gauges:
    """How it is now, what nobody refers to any more put away first."""
    gc.collect()
    opened = Path("/proc/self/fd").iterdir()
    return Gauges(
        resident(os.getpid()),
        sum(_points_to(descriptor).startswith("socket:") for descriptor in opened),
        threading.active_count(),
    )


def resident(pid: int) -> float:
    """The resident memory of a process, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _points_to(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except FileNotFoundError:
        return ""
