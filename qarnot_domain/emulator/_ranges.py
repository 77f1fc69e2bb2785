"""Numbers of instances as ranges, such as `0-2,4-5,17`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from qarnot_domain.emulator._shapes import INT32_MAX, Faults, fault

MAX_INSTANCES: Final = 2048
"""How many instances a task has at most."""


def parse_ranges(text: str, path: str, faults: Faults) -> tuple[int, ...]:
    """The numbers that ranges name, sorted; what is wrong goes to `faults` under `path`."""
    ids: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})(?:\s*-\s*(\d{1,10}))?\s*", part, re.ASCII)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last <= INT32_MAX:
            fault(faults, path, "must be ranges like 0-2,4-5,17")
            return ()
        if last - first >= MAX_INSTANCES or len(ids) > MAX_INSTANCES:
            fault(faults, path, f"must name at most {MAX_INSTANCES} instances")
            return ()
        ids.update(range(first, last + 1))
    if len(ids) > MAX_INSTANCES:
        fault(faults, path, f"must name at most {MAX_INSTANCES} instances")
    return tuple(sorted(ids))


def format_ranges(ids: Iterable[int]) -> str:
    """Sorted numbers as ranges."""
    runs: list[list[int]] = []
    for number in ids:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
