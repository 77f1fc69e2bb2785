"""The operations that make a new task of another: of all of it, or of instances that ended badly.

That those of instances are refused before the first task has ended, and when none of its instances
ended so, is a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from qarnot_domain.emulator import _creation, _lifecycle
from qarnot_domain.emulator._http import Refusal, Response
from qarnot_domain.emulator._instances import Ends, ends_of
from qarnot_domain.emulator._ranges import format_ranges
from qarnot_domain.emulator._router import Call, Route
from qarnot_domain.emulator._shapes import read_body
from qarnot_domain.emulator._store import Task
from qarnot_domain.emulator._task_creation import TASK_OVERRIDE, describe_task
from qarnot_domain.emulator._tasks import find_task, submit


def clone_task(call: Call) -> Response:
    return _copy(call, describe_task(find_task(call)))


def retry_task(call: Call) -> Response:
    task = find_task(call)
    return _copy_instances(call, task, _ends(task).failed)


def recover_task(call: Call) -> Response:
    task = find_task(call)
    ends = _ends(task)
    return _copy_instances(call, task, sorted((*ends.failed, *ends.cancelled)))


def resume_task(call: Call) -> Response:
    task = find_task(call)
    return _copy_instances(call, task, _ends(task).cancelled)


ROUTES: Final = (
    Route("retryTask", "POST", "/tasks/{uuid}/retry", retry_task),
    Route("recoverTask", "POST", "/tasks/{uuid}/recover", recover_task),
    Route("resumeTask", "POST", "/tasks/{uuid}/resume", resume_task),
    Route("cloneTask", "POST", "/tasks/{uuid}/clone", clone_task),
)


def _ends(task: Task) -> Ends:
    if not _lifecycle.is_final(task):
        raise Refusal(400, f"The task has not ended: it is {task.state}")
    return ends_of(task)


def _copy_instances(call: Call, task: Task, instance_ids: Sequence[int]) -> Response:
    """A new task of some instances, which keep their numbers."""
    if not instance_ids:
        raise Refusal(400, "No instance of the task ended so that it could run again")
    kept = {"instanceCount": None, "advancedRanges": format_ranges(instance_ids)}
    return _copy(call, {**describe_task(task), **kept})


def _copy(call: Call, described: dict[str, Any]) -> Response:
    changes = read_body(TASK_OVERRIDE, call.json())
    # The C# SDK sends 0 where it means none.
    changes["instanceCount"] = changes["instanceCount"] or None
    task = submit(call, _creation.overridden(described, changes))
    return _creation.created(task)
