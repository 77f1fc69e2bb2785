"""A job as the API gives it."""

from __future__ import annotations

from typing import Any

from qarnot_domain.emulator import _wire
from qarnot_domain.emulator._store import Job


def view_job(job: Job) -> dict[str, Any]:
    """A job as the API gives it."""
    return {
        "uuid": job.uuid,
        "name": job.name,
        "shortname": job.shortname,
        "poolUuid": job.pool_uuid,
        "state": job.state,
        "previousState": job.previous_state,
        "useDependencies": job.use_dependencies,
        "stateTransitionTime": _wire.date(job.state_transition_time),
        "previousStateTransitionTime": _wire.date(job.previous_state_transition_time),
        "lastModified": _wire.date(job.last_modified),
        "creationDate": _wire.date(job.creation_date),
        "maxWallTime": job.max_wall_time,
        "tags": job.tags,
        "autoDeleteOnCompletion": job.auto_delete_on_completion,
        "completionTimeToLive": job.completion_time_to_live,
    }
