"""The operations on snapshots of tasks.

A snapshot comes through even if its task ends meanwhile; that, its size and how long it takes are
made up.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from qarnot_domain.emulator import _wire
from qarnot_domain.emulator._http import Refusal, Response, json_response
from qarnot_domain.emulator._instances import require_running
from qarnot_domain.emulator._router import Call, Route
from qarnot_domain.emulator._shapes import Integer, Object, Shape, Text, read_body
from qarnot_domain.emulator._store import Snapshot, Task
from qarnot_domain.emulator._tasks import find_task

TRIGGER_DELAY: Final = timedelta(milliseconds=300)
"""From `triggered` to `inProgress`."""
TRANSFER_TIME: Final = timedelta(milliseconds=500)
"""From `inProgress` to `success`."""
SIZE: Final = 1_048_576
"""How many bytes a snapshot has."""

_CONFIG: Final[dict[str, Shape]] = {
    "whitelist": Text(),
    "blacklist": Text(),
    "bucket": Text(),
    "bucketPrefix": Text(),
}
SNAPSHOT_CONFIG: Final = Object(_CONFIG)
PERIODIC_SNAPSHOT_CONFIG: Final = Object(
    {**_CONFIG, "interval": Integer(least=0)}, required=("interval",)
)

_SETTINGS: Final = {
    "whitelist": "snapshotWhitelist",
    "blacklist": "snapshotBlacklist",
    "bucket": "snapshotBucket",
    "bucketPrefix": "snapshotBucketPrefix",
}
"""Where a task says what a snapshot does not."""


def create_snapshot(call: Call) -> Response:
    task = find_task(call)
    document = read_body(SNAPSHOT_CONFIG, call.json())
    require_running(task)
    config = {
        name: task.settings[_SETTINGS[name]] if value is None else value
        for name, value in document.items()
    }
    snapshot = Snapshot(call.store.new_uuid(), call.now, config)
    task.snapshots[snapshot.id] = snapshot
    return json_response(_view_snapshot(task, snapshot, call.now))


def retrieve_snapshot(call: Call) -> Response:
    task = find_task(call)
    snapshot = task.snapshots.get(call.parameters["snapshotId"])
    if snapshot is None:
        raise Refusal(404, f"No such snapshot: {call.parameters['snapshotId']}")
    return json_response(_view_snapshot(task, snapshot, call.now))


def create_periodic_snapshot(call: Call) -> Response:
    """Nothing is kept: no operation would tell of the snapshots taken."""
    task = find_task(call)
    read_body(PERIODIC_SNAPSHOT_CONFIG, call.json())
    require_running(task)
    return Response()


ROUTES: Final = (
    Route("createTaskSnapshot", "POST", "/tasks/{uuid}/snapshot", create_snapshot),
    Route("retrieveTaskSnapshot", "GET", "/tasks/{uuid}/snapshot/{snapshotId}", retrieve_snapshot),
    Route(
        "createTaskPeriodicSnapshot",
        "POST",
        "/tasks/{uuid}/snapshot/periodic",
        create_periodic_snapshot,
    ),
)


def _view_snapshot(task: Task, snapshot: Snapshot, now: datetime) -> dict[str, Any]:
    return {
        "id": snapshot.id,
        "taskUuid": task.uuid,
        "triggerDate": _wire.date(snapshot.trigger_date),
        "snapshotConfig": snapshot.config,
        **_progress(snapshot, now),
    }


def _progress(snapshot: Snapshot, now: datetime) -> dict[str, Any]:
    """How far a snapshot has come; it follows from the time alone."""
    start = snapshot.trigger_date + TRIGGER_DELAY
    end = start + TRANSFER_TIME
    if now < start:
        status, update, size, transferred = "triggered", None, None, None
    elif now < end:
        done = int(SIZE * ((now - start) / TRANSFER_TIME))
        status, update, size, transferred = "inProgress", _wire.date(now), SIZE, done
    else:
        status, update, size, transferred = "success", _wire.date(end), SIZE, SIZE
    return {
        "status": status,
        "lastUpdateDate": update,
        "sizeToUpload": size,
        "transferredSize": transferred,
    }
