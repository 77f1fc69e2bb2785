"""A job as the API gives it."""

from __future__ import annotations

from typing import Any

from qarnot_domain.emulator._resource_view import view_identity, view_keeping
from qarnot_domain.emulator._store import Job


def view_job(job: Job) -> dict[str, Any]:
    """A job as the API gives it."""
    return {
        **view_identity(job),
        **view_keeping(job),
        **job.settings,
        "poolUuid": job.pool_uuid,
        "useDependencies": job.use_dependencies,
    }
