"""What jobs, tasks and pools have in common as the API gives them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from qarnot_domain.emulator import _wire
from qarnot_domain.emulator._store import Resource


def view_identity(resource: Resource) -> dict[str, Any]:
    """What it is called and the state it is in: part of a summary too."""
    return {
        "uuid": resource.uuid,
        "name": resource.name,
        "shortname": resource.shortname,
        "state": resource.state,
        "previousState": resource.previous_state,
        "stateTransitionTime": _wire.date(resource.state_transition_time),
        "previousStateTransitionTime": _wire.date(resource.previous_state_transition_time),
        "lastModified": _wire.date(resource.last_modified),
        "creationDate": _wire.date(_wire.whole(resource.creation_date)),
    }


def view_keeping(resource: Resource) -> dict[str, Any]:
    """Its tags, and how long it is kept."""
    return {
        "tags": resource.tags,
        "autoDeleteOnCompletion": resource.auto_delete_on_completion,
        "completionTimeToLive": resource.completion_time_to_live,
    }


def wall_time(resource: Resource, now: datetime) -> timedelta:
    """The time since its creation, until its end if it has ended."""
    return (resource.end_date or now) - resource.creation_date
