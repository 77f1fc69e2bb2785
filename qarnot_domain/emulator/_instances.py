"""Whether instances run, and how they have ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qarnot_domain.emulator import _lifecycle
from qarnot_domain.emulator._http import Refusal
from qarnot_domain.emulator._store import Instanced, Task
from qarnot_domain.states import TaskState


class Ends(NamedTuple):
    """The instances of a task that have ended, by how they did."""

    succeeded: Sequence[int] = ()
    failed: Sequence[int] = ()
    cancelled: Sequence[int] = ()


def require_running(instanced: Instanced) -> None:
    """Refuse what only a task or pool that runs can do."""
    if not _lifecycle.is_executing(instanced):
        raise Refusal(400, f"The {instanced.kind} is not running but {instanced.state}")


def ends_of(task: Task) -> Ends:
    """How the instances of a task have ended so far.

    Each when it does where they really execute, those of a wave together where they do not.
    """
    if task.run is not None:
        return _real_ends(task)
    if task.state == TaskState.FAILURE and not task.failing:
        # It was put in that state.
        return Ends(failed=task.instance_ids)
    if task.state == TaskState.SUCCESS:
        return Ends(succeeded=task.instance_ids)
    has_ended = task.state == TaskState.FAILURE
    count = len(task.instance_ids) if has_ended else task.wave * task.wave_size
    ended, others = task.instance_ids[:count], task.instance_ids[count:]
    return Ends(
        succeeded=[i for i in ended if i not in task.failing],
        failed=[i for i in ended if i in task.failing],
        cancelled=others if task.state == TaskState.CANCELLED else (),
    )


def _real_ends(task: Task) -> Ends:
    ended = sorted(task.ends)
    is_cancelled = task.state == TaskState.CANCELLED
    return Ends(
        succeeded=[i for i in ended if task.ends[i].error is None],
        failed=[i for i in ended if task.ends[i].error is not None],
        cancelled=[i for i in task.instance_ids if i not in task.ends] if is_cancelled else (),
    )
