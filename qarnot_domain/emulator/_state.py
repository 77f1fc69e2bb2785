"""The whole store as JSON, and back."""

from __future__ import annotations

from typing import Any

from qarnot_domain.emulator._state_codec import decode, encode
from qarnot_domain.emulator._store import Pool, Store, Task


def dump(store: Store) -> dict[str, Any]:
    """Everything that a store remembers."""
    return {
        "limits": encode(store.limits),
        "credits": store.credits,
        "organization": store.organization,
        "chances": encode(store.chances),
        "jobs": [encode(job) for job in store.jobs],
        "tasks": [encode(task) for task in store.tasks],
        "pools": [
            {
                "pool": encode(pool),
                "waiting": list(pool.waiting),
                "dispatched": list(pool.dispatched),
            }
            for pool in store.pools
        ],
        # Those of tasks alone: of what is forgotten nothing is to be executed anew.
        "running": [task.uuid for task in store.tasks if task.run is store.runs.get(task.uuid, 0)],
        "events": encode(store.events),
        "position": encode(store.position),
    }


def load(document: dict[str, Any]) -> Store:
    """A store like the one that was dumped; a `LookupError`, `TypeError` or `ValueError` if not."""
    store = Store(
        seed=0,
        limits=decode(document["limits"]),
        credits=document["credits"],
        organization=document["organization"],
        chances=decode(document["chances"]),
    )
    for job in decode(document["jobs"]):
        store.jobs.add(job)
    for task in decode(document["tasks"]):
        store.add_task(task)
    for entry in document["pools"]:
        pool: Pool = decode(entry["pool"])
        pool.waiting = {uuid: _task(store, uuid) for uuid in entry["waiting"]}
        pool.dispatched = {uuid: _task(store, uuid) for uuid in entry["dispatched"]}
        store.pools.add(pool)
    for uuid in document["running"]:
        run = _task(store, uuid).run
        if run is None:
            raise LookupError(f"a task runs without a run: {uuid}")
        store.runs[uuid] = run
    # A heap as it was, so still a heap.
    store.events = decode(document["events"])
    store.position = decode(document["position"])
    return store


def _task(store: Store, uuid: str) -> Task:
    task = store.tasks.get(uuid)
    if task is None:
        raise LookupError(f"there is no task {uuid}")
    return task
