"""What is in the cloud, for people to look at: read without a trace, unlike by the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Any, Final, TypeVar

from qarnot_domain.emulator import _wire
from qarnot_domain.emulator._job_view import view_job
from qarnot_domain.emulator._pool_view import view_summary as view_pool
from qarnot_domain.emulator._store import Collection, Instanced, Resource, Store
from qarnot_domain.emulator._task_view import view_summary as view_task

MAX_SHOWN: Final = 100
"""How many objects of each kind are shown, the newest."""
MAX_OUTPUT: Final = 2_000
"""How many characters of each output, the last."""

R = TypeVar("R", bound=Resource)


def overview(store: Store, now: datetime) -> dict[str, Any]:
    """The newest objects of each kind with their output, and how many there are in all."""
    return {
        "now": _wire.date(now),
        "counts": {
            "jobs": len(store.jobs),
            "tasks": len(store.tasks),
            "pools": len(store.pools),
        },
        "jobs": _newest(store.jobs, view_job),
        "tasks": _newest(store.tasks, lambda task: {**view_task(task, now), **_output(task)}),
        "pools": _newest(store.pools, lambda pool: {**view_pool(pool, now), **_output(pool)}),
    }


def _newest(resources: Collection[R], view: Callable[[R], dict[str, Any]]) -> list[dict[str, Any]]:
    return [view(resource) for resource in islice(reversed(resources), MAX_SHOWN)]


def _output(writer: Instanced) -> dict[str, str]:
    return {
        "stdout": writer.stdout.tail(MAX_OUTPUT),
        "stderr": writer.stderr.tail(MAX_OUTPUT),
    }
