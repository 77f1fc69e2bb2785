"""What really executes: agreed between the core and whatever executes commands for it.

The core keeps a list of runs, and says of each whether it is still wanted. The executor reads the
list again and again, starts what is new in it, and kills what is no longer wanted or not in it any
more. It tells the core each line that an instance writes, and that an instance has ended, once
nothing of it is left. Neither waits for the other, so the core stays free of processes and threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

Stream: TypeAlias = Literal["stdout", "stderr"]


@dataclass(frozen=True, slots=True)
class InstanceEnd:
    """How one instance ended."""

    execution_time: timedelta
    error: str | None = None
    """Why it failed; `None` if it succeeded."""


@dataclass(slots=True, eq=False)
class Run:
    """Instances of a task that execute together: all of them, or a wave of them in a pool."""

    task_uuid: str
    instance_count: int
    """How many instances the whole task has."""
    constants: Mapping[str, str]
    time_limit: timedelta | None
    """The longest that each instance may execute."""
    start: datetime
    left: list[int]
    """The instances that have not ended."""
    is_wanted: bool = True
