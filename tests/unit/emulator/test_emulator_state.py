"""Stopping and going on: the state file."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import pytest

from qarnot_domain.emulator import Emulator, ManualClock
from qarnot_domain.emulator._state_codec import decode, encode
from qarnot_domain.emulator._state_file import FORMAT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.emulator.conftest import Driver, Json

Step: TypeAlias = "Callable[[Driver], object]"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where no state file is yet."""
    return tmp_path / "state.json"


def create_dependents(cloud: Driver) -> None:
    """A job with tasks that wait for each other, one in vain, one of several instances."""
    job = cloud.create_job(shortname="j", useDependencies=True, maxWallTime="00:00:08", tags=["a"])
    first = cloud.create_task(
        shortname="first",
        jobUuid=job,
        constants=[{"key": "EMULATOR_OUTCOME", "value": "failure"}],
    )
    cloud.create_task(
        jobUuid=job, dependencies={"dependsOn": [first]}, instanceCount=2, labels={"$": "a"}
    )
    cloud.create_task(
        jobUuid=job,
        dependencies={
            "advancedDependsOn": [{"taskUuid": first, "taskFinalStateCondition": ["success"]}]
        },
    )


def create_queue(cloud: Driver) -> None:
    """A pool that grows with its queue, whose tasks wait for slots and run in waves."""
    policy = {
        "name": "by need",
        "type": "ManagedTasksQueue",
        "enabledPeriods": [{"type": "Always"}],
        "minTotalSlots": 1,
        "maxTotalSlots": 2,
    }
    pool = cloud.create_pool(shortname="p", scaling={"policies": [policy]})
    for count in (5, 2, 1):
        cloud.create_task(shortname=f"t{count}", poolUuid=pool, instanceCount=count)


def read_on(cloud: Driver) -> None:
    """Output is consumed, a snapshot triggered, a task restarted."""
    for url in ("/tasks/first/stdout", "/pools/p/stdout", "/tasks/first/restart"):
        assert cloud.post(url).status == 200
    assert cloud.post("/tasks/t5/snapshot", {}).status == 200


STEPS: tuple[Step, ...] = (
    create_dependents,
    create_queue,
    *(lambda cloud: cloud.advance(0.7),) * 4,
    read_on,
    *(lambda cloud: cloud.advance(0.9),) * 4,
    lambda cloud: cloud.post("/pools/p/close"),
    lambda cloud: cloud.create_job(shortname="late", completionTimeToLive="00:00:01"),
    lambda cloud: cloud.advance(5),
)


def everything(cloud: Driver) -> Json:
    """What can be seen of a cloud, dates and uuids included."""
    tasks = cloud.read("/tasks")
    seen = [cloud.read("/info"), cloud.read("/jobs"), cloud.read("/pools"), tasks]
    writers = [*(f"/tasks/{task['uuid']}" for task in tasks), "/pools/p"]
    outputs = [
        (cloud.get(f"{writer}/{stream}").body, cloud.post(f"{writer}/{stream}").body)
        for writer in writers
        for stream in ("stdout", "stderr")
    ]
    return seen, outputs, cloud.create_job(), cloud.get("/settings").header("date")


def test_a_run_stopped_and_resumed_ends_as_one_that_was_not(
    driver_class: type[Driver], path: Path
) -> None:
    """Stopped after each step, each time in an emulator of its own with another seed and clock."""
    whole = driver_class()
    for step in STEPS:
        step(whole)

    for number, step in enumerate(STEPS):
        cloud = driver_class(state_file=path, seed=number, clock=ManualClock())
        step(cloud)
        cloud.emulator.save()
    resumed = driver_class(state_file=path)
    assert everything(resumed) == everything(whole)


def test_a_snapshot_under_way_goes_on(driver_class: type[Driver], path: Path) -> None:
    """As far as it was, and no further while nothing ran."""
    cloud = driver_class(state_file=path)
    task = cloud.create_task()
    cloud.advance(1)
    url = f"/tasks/{task}/snapshot"
    url += "/" + cloud.post(url, {}).json()["id"]
    cloud.advance(0.4)
    before = cloud.read(url)
    cloud.emulator.save()
    again = driver_class(state_file=path)
    assert again.read(url) == before
    again.advance(0.4)
    assert (before["status"], again.read(url)["status"]) == ("inProgress", "success")


def test_what_may_go_for_others_goes_in_the_same_order(
    driver_class: type[Driver], path: Path
) -> None:
    """The first to end first, though it was the last to be created."""
    cloud = driver_class(state_file=path, max_jobs=2)
    jobs = [cloud.create_job(autoDeleteOnCompletion=True) for _ in range(2)]
    for uuid in reversed(jobs):
        cloud.post(f"/jobs/{uuid}/terminate")
        cloud.advance(2)
    cloud.emulator.save()
    again = driver_class(state_file=path)
    new = again.create_job()
    assert [job["uuid"] for job in again.read("/jobs")] == [jobs[0], new]


def test_what_the_account_may_do_is_kept(driver_class: type[Driver], path: Path) -> None:
    """Limits, credits and the organization, as they were set last."""
    cloud = driver_class(state_file=path)
    cloud.emulator.set_limits(max_jobs=7)
    cloud.emulator.credits = 0
    cloud.emulator.organization = None
    cloud.emulator.save()
    again = driver_class(state_file=path)
    assert (again.emulator.credits, again.emulator.organization) == (0, None)
    assert again.read("/info")["maxJob"] == 7


def test_the_record_and_the_faults_are_not_kept(driver_class: type[Driver], path: Path) -> None:
    """They are of the run, not of the cloud."""
    cloud = driver_class(state_file=path)
    cloud.get("/jobs")
    cloud.emulator.fail_next()
    cloud.emulator.save()
    again = driver_class(state_file=path).emulator
    assert (again.requests, again.faults) == ([], [])


def test_stopping_writes_the_file(path: Path) -> None:
    """And the next emulator with it, of the machine's clock even, goes on from there."""
    with Emulator(state_file=path, clock=ManualClock()) as emulator:
        assert not path.exists()
        emulator.set_limits(max_jobs=3)
    assert json.loads(path.read_bytes())["format"] == FORMAT
    assert Emulator(state_file=str(path)).credits is None


def test_only_the_owner_can_read_the_file(path: Path) -> None:
    """Constants may hold secrets."""
    Emulator(state_file=path).save()
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    """The old one stays as it is, and no other file is there."""
    emulator = Emulator(state_file=tmp_path / "state")
    (tmp_path / "state").mkdir()
    with pytest.raises(OSError, match="state"):
        emulator.save()
    assert [found.name for found in tmp_path.iterdir()] == ["state"]


def test_without_a_file_there_is_nothing_to_save() -> None:
    """An error, rather than a state that is lost."""
    with pytest.raises(RuntimeError, match="state_file"):
        Emulator().save()


@pytest.fixture
def saved(path: Path) -> dict[str, Json]:
    """What a good file holds."""
    Emulator(state_file=path).save()
    content: dict[str, Json] = json.loads(path.read_bytes())
    return content


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": "another"}, "format"),
        ({"version": 1}, "version 1"),
        ({"version": None}, "version None"),
        ({"now": 5}, "damaged"),
        ({"now": "today"}, "damaged"),
        ({"store": {"limits": {"$": "unheard of"}}}, "damaged"),
        ({"store": {}}, "damaged"),
        ({"store": []}, "damaged"),
    ],
)
def test_another_file_is_refused_with_the_reason(
    path: Path, saved: dict[str, Json], change: dict[str, Json], reason: str
) -> None:
    """And its name; nothing is written to it."""
    path.write_text(json.dumps({**saved, **change}))
    with pytest.raises(ValueError, match=f"state.json is no state file.*{reason}"):
        Emulator(state_file=path)
    assert json.loads(path.read_bytes()) == {**saved, **change}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b"[]"])
def test_what_is_no_json_object_is_refused(path: Path, content: bytes) -> None:
    """An empty file too: it may be somebody's."""
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is no state file"):
        Emulator(state_file=path)


def test_a_folder_that_is_not_there_is_noticed_at_once(tmp_path: Path) -> None:
    """Not when all is to be saved."""
    with pytest.raises(FileNotFoundError, match="folder"):
        Emulator(state_file=tmp_path / "absent" / "state")


@pytest.mark.parametrize(
    "value",
    [{"$": "date"}, {"a": {"$": 1}}, {None: 1, 3: 2}, (1, (2, None)), [], "\ud800", 1.5, range(3)],
)
def test_values_survive_as_they_are(value: Json) -> None:
    """Also those whose names look like the marks of kinds."""
    assert decode(json.loads(json.dumps(encode(value)))) == value


def test_what_no_object_has_is_not_kept() -> None:
    """A `TypeError`, rather than something else when it comes back."""
    with pytest.raises(TypeError, match="Path"):
        encode(type("Path", (), {})())
