"""Pools, as far as jobs and tasks need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Document, Driver


def test_a_pool_runs_after_a_short_while(cloud: Driver) -> None:
    """And stays so until it is closed."""
    pool = cloud.create_pool(shortname="p")
    url = f"/pools/{pool}"
    assert cloud.states(url, seconds=60, every=0.1) == [
        "Submitted",
        "FullyDispatched",
        "FullyExecuting",
    ]
    assert cloud.read("/pools/p")["runningInstanceCount"] == 2


def test_closing_a_pool_cancels_its_tasks(cloud: Driver) -> None:
    """Closing at once, then Closed; closing it again is a 403."""
    pool = cloud.create_pool()
    task = cloud.create_task(poolUuid=pool)
    cloud.advance(1.5)
    assert cloud.task(task)["state"] == "FullyExecuting"
    assert cloud.read(f"/pools/{pool}")["poolUsage"] == 0.5
    assert cloud.post(f"/pools/{pool}/close").status == 200
    assert cloud.states(f"/pools/{pool}", seconds=2) == ["Closing", "Closed"]
    assert cloud.task(task)["state"] == "Cancelled"
    assert cloud.post(f"/pools/{pool}/close").status == 403


def test_a_pool_is_deleted_running_or_not(cloud: Driver) -> None:
    """A closed one at once, a running one after a while of PendingDelete, with no task running."""
    closed, running = cloud.create_pool(), cloud.create_pool()
    task = cloud.create_task(poolUuid=running)
    cloud.post(f"/pools/{closed}/close")
    cloud.advance(2)
    cloud.delete(f"/pools/{closed}")
    assert cloud.get(f"/pools/{closed}").status == 404
    cloud.delete(f"/pools/{running}")
    assert cloud.states(f"/pools/{running}", seconds=2) == ["PendingDelete", "gone"]
    assert cloud.task(task)["state"] == "Cancelled"


def test_settings_of_a_pool_read_back(cloud: Driver) -> None:
    """Scaling policies and the rest, in the documented spelling."""
    policy = {"Type": "fixed", "name": "f", "slotsCount": 4, "enabledPeriods": [{"type": "Always"}]}
    pool = cloud.create_pool(scaling={"policies": [policy]}, tags=["t"], labels={"K": "v"})
    read = cloud.read(f"/pools/{pool}")
    assert read["scaling"]["policies"][0]["type"] == "Fixed"
    assert read["scaling"]["policies"][0]["slotsCount"] == 4
    assert read["tags"] == ["t"]
    assert read["labels"] == {"K": "v"}
    assert [p["uuid"] for p in cloud.read("/pools?tag=t")] == [pool]


def test_a_pool_too_many_is_refused(document: Document, driver_class: type[Driver]) -> None:
    """With the documented words."""
    cloud = driver_class(document, max_pools=0)
    response = cloud.post("/pools", {"name": "n", "profile": "p"})
    assert response.status == 403
    assert response.json() == {"message": "Maximum number of pools reached"}


@pytest.mark.parametrize("body", [{"name": "n"}, {"profile": "p"}, {"name": "n", "profile": ""}])
def test_a_pool_needs_a_name_and_a_profile(cloud: Driver, body: dict[str, str]) -> None:
    """A 400 without."""
    assert cloud.post("/pools", body).status == 400


def test_pools_come_in_pages(cloud: Driver) -> None:
    """As jobs and tasks do."""
    pools = [cloud.create_pool() for _ in range(3)]
    page = cloud.post("/pools/paginate", {"maximumResults": 2}).json()
    assert [pool["uuid"] for pool in page["data"]] == pools[:2]
    assert page["isTruncated"] is True


@pytest.mark.parametrize(("method", "suffix"), [("GET", ""), ("DELETE", ""), ("POST", "/close")])
def test_a_pool_that_is_not_there_is_404(cloud: Driver, method: str, suffix: str) -> None:
    """On every operation on one pool."""
    assert cloud.send(method, f"/pools/absent{suffix}").status == 404
