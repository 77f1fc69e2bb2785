"""Snapshots of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from qarnot_domain.emulator._snapshots import SIZE

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Driver, Json

LONG = [{"key": "EMULATOR_EXECUTION_TIME", "value": "60"}]


@pytest.fixture
def task(cloud: Driver) -> str:
    """The path of a task that runs."""
    uuid = cloud.create_task(constants=LONG, snapshotWhitelist="w.*", snapshotBucket="b")
    cloud.advance(1)
    return f"/tasks/{uuid}"


def taken(cloud: Driver, task: str, **config: Json) -> dict[str, Any]:
    """A new snapshot of a task."""
    response = cloud.post(f"{task}/snapshot", config)
    assert response.status == 200, response
    snapshot: dict[str, Any] = response.json()
    return snapshot


def test_a_snapshot_is_triggered_uploaded_and_done(cloud: Driver, task: str) -> None:
    """As time passes; its size is known once it is on its way."""
    snapshot = taken(cloud, task)
    url = f"{task}/snapshot/{snapshot['id']}"
    assert snapshot == cloud.read(url)
    assert (snapshot["status"], snapshot["triggerDate"]) == ("triggered", "2026-01-01T00:00:01Z")
    progress = ("status", "lastUpdateDate", "sizeToUpload", "transferredSize")
    assert [snapshot[name] for name in progress] == ["triggered", None, None, None]
    seen = []
    for seconds in (0.3, 0.25, 0.249, 0.001, 3600):
        cloud.advance(seconds)
        snapshot = cloud.read(url)
        seen.append((snapshot["status"], snapshot["transferredSize"]))
        assert snapshot["sizeToUpload"] == SIZE
    assert [status for status, _ in seen] == ["inProgress"] * 3 + ["success"] * 2
    sizes = [size for _, size in seen]
    assert sizes[:2] == [0, SIZE // 2]
    assert sizes[1] < sizes[2] < sizes[3] == sizes[4] == SIZE
    assert snapshot["lastUpdateDate"] == "2026-01-01T00:00:01.8000000Z"


def test_a_snapshot_goes_where_it_says_and_else_where_its_task_says(
    cloud: Driver, task: str
) -> None:
    """Member by member."""
    snapshot = taken(cloud, task, Whitelist="x", bucketPrefix="p/", blacklist=None)
    assert snapshot["taskUuid"] == cloud.read(task)["uuid"]
    assert snapshot["snapshotConfig"] == {
        "whitelist": "x",
        "blacklist": None,
        "bucket": "b",
        "bucketPrefix": "p/",
    }


def test_snapshots_are_told_apart_by_their_ids(cloud: Driver, task: str) -> None:
    """And belong to one task."""
    first, second = taken(cloud, task), taken(cloud, task, whitelist="x")
    assert first["id"] != second["id"]
    assert cloud.read(f"{task}/snapshot/{second['id']}") == second
    assert cloud.read(f"{task}/snapshot/{first['id']}") == first
    assert cloud.get(f"{task}/snapshot/absent").status == 404
    other = cloud.create_task()
    assert cloud.get(f"/tasks/{other}/snapshot/{first['id']}").status == 404


def test_a_snapshot_outlives_the_run_of_its_task(cloud: Driver, task: str) -> None:
    """It can still be read afterwards."""
    snapshot = taken(cloud, task)
    cloud.post(f"{task}/abort")
    cloud.advance(10)
    assert cloud.read(f"{task}/snapshot/{snapshot['id']}")["status"] == "success"


@pytest.mark.parametrize(("suffix", "body"), [("", {}), ("/periodic", {"interval": 60})])
def test_only_a_task_that_runs_has_something_to_upload(
    cloud: Driver, suffix: str, body: Json
) -> None:
    """400 before and after."""
    url = f"/tasks/{cloud.create_task()}/snapshot{suffix}"
    for seconds, status in ((0, 400), (1, 200), (10, 400)):
        cloud.advance(seconds)
        assert cloud.post(url, body).status == status


@pytest.mark.parametrize(
    ("suffix", "body", "named"),
    [
        ("", {"whitelist": 1}, "whitelist"),
        ("", [], "body"),
        ("/periodic", {}, "interval"),
        ("/periodic", {"interval": -1}, "interval"),
        ("/periodic", {"interval": "60"}, "interval"),
        ("/periodic", {"interval": 60, "bucket": []}, "bucket"),
    ],
)
def test_a_wrong_snapshot_is_refused_by_name(
    cloud: Driver, task: str, suffix: str, body: Json, named: str
) -> None:
    """Periodic or not."""
    assert list(cloud.post(f"{task}/snapshot{suffix}", body).json()["errors"]) == [named]


@pytest.mark.parametrize("interval", [3600, 0])
def test_periodic_snapshots_are_started_and_stopped(
    cloud: Driver, task: str, interval: int
) -> None:
    """With an empty answer; 0 stops them."""
    body = {"Interval": interval, "whitelist": ".*"}
    response = cloud.post(f"{task}/snapshot/periodic", body)
    assert (response.status, response.body) == (200, b"")
