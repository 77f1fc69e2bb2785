"""Jobs: creation and its refusals, reading, ending, going away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Driver, Json

ZERO = "00000000-0000-0000-0000-000000000000"
UNSET = "0001-01-01T00:00:00Z"


def test_a_new_job_reads_back_with_its_defaults(cloud: Driver) -> None:
    """What is not given has the documented default, and there was no transition yet."""
    uuid = cloud.create_job()
    defaults: dict[str, object] = {
        "uuid": uuid,
        "name": "job",
        "shortname": uuid,
        "poolUuid": None,
        "state": "Active",
        "previousState": None,
        "useDependencies": False,
        "stateTransitionTime": UNSET,
        "previousStateTransitionTime": UNSET,
        "lastModified": "2026-01-01T00:00:00Z",
        "creationDate": "2026-01-01T00:00:00Z",
        "maxWallTime": None,
        "tags": [],
        "autoDeleteOnCompletion": False,
        "completionTimeToLive": "00:00:00",
    }
    assert cloud.job(uuid) | defaults == cloud.job(uuid)


def test_what_is_given_at_creation_reads_back(cloud: Driver) -> None:
    """Members come back as given, time spans in canonical form."""
    uuid = cloud.create_job(
        shortname="Nightly-1",
        tags=["a", "b,c"],
        useDependencies=True,
        maxWallTime="0.02:00:00",
        autoDeleteOnCompletion=True,
        completionTimeToLive="10.00:00:00.5",
    )
    job = cloud.job("Nightly-1")
    assert job["uuid"] == uuid
    assert job["tags"] == ["a", "b,c"]
    assert job["useDependencies"] is True
    assert job["maxWallTime"] == "02:00:00"
    assert job["autoDeleteOnCompletion"] is True
    assert job["completionTimeToLive"] == "10.00:00:00.5000000"


def test_creation_answers_the_uuid_and_where_to_read_it(cloud: Driver) -> None:
    """The body holds nothing but the uuid; Location leads to the job."""
    response = cloud.post("/jobs", {"name": "n"})
    assert list(response.json()) == ["uuid"]
    assert cloud.read(str(response.header("location")))["uuid"] == response.json()["uuid"]


@pytest.mark.parametrize("spelling", ["ShortName", "SHORTNAME", "shortName"])
def test_member_names_are_read_in_any_case(cloud: Driver, spelling: str) -> None:
    """The C# SDK sends PascalCase, a Go one `shortName`."""
    cloud.post("/jobs", {"Name": "n", spelling: "x", "UseDependencies": True})
    assert cloud.job("x")["useDependencies"] is True


def test_what_the_official_sdks_send_besides_is_ignored(cloud: Driver) -> None:
    """The Python SDK sends `state`; the C# SDK its whole DTO, with a zero uuid and year-1 dates."""
    uuid = cloud.create_job(state="", PoolUuid=ZERO, CreationDate="0001-01-01T00:00:00", Uuid=ZERO)
    assert cloud.job(uuid)["poolUuid"] is None
    assert cloud.job(uuid)["state"] == "Active"


def test_null_is_the_same_as_absent(cloud: Driver) -> None:
    """Every optional member may be null."""
    names = ("shortname", "poolUuid", "useDependencies", "tags", "maxWallTime")
    uuid = cloud.create_job(
        **dict.fromkeys((*names, "autoDeleteOnCompletion", "completionTimeToLive"))
    )
    assert cloud.job(uuid)["tags"] == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", ""),
        ("name", "x" * 2048),
        ("name", 7),
        ("shortname", "-x"),
        ("shortname", "x-"),
        ("shortname", "a b"),
        ("shortname", ""),
        ("poolUuid", "not-a-uuid"),
        ("useDependencies", "yes"),
        ("tags", ["t"] * 10),
        ("tags", ["x" * 512]),
        ("tags", "t"),
        ("maxWallTime", "24:00:00"),
        ("maxWallTime", "-00:00:01"),
        ("maxWallTime", 60),
        ("completionTimeToLive", "soon"),
        ("autoDeleteOnCompletion", 1),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_name(cloud: Driver, member: str, value: Json) -> None:
    """A 400 in problem details names the member, and nothing is created."""
    response = cloud.post("/jobs", {"name": "n", member: value})
    assert response.status == 400
    assert response.header("content-type") == "application/problem+json; charset=utf-8"
    assert [name.split("[")[0] for name in response.json()["errors"]] == [member]
    assert cloud.read("/jobs") == []


def test_every_wrong_member_is_named_at_once(cloud: Driver) -> None:
    """One answer lists all that is wrong, an item of a list by its index."""
    response = cloud.post("/jobs", {"shortname": "-", "tags": ["a", None]})
    assert set(response.json()["errors"]) == {"name", "shortname", "tags[1]"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"name": NaN}', b"\xff"])
def test_a_body_that_is_no_object_is_refused(cloud: Driver, body: bytes) -> None:
    """Broken JSON and JSON of another kind are both a 400."""
    assert cloud.post("/jobs", body).status == 400


def test_a_shortname_in_use_is_refused(cloud: Driver) -> None:
    """A 400 names the rule; the other kinds of object have names of their own."""
    cloud.create_job(shortname="x")
    response = cloud.post("/jobs", {"name": "n", "shortname": "x"})
    assert response.status == 400
    assert "shortname-uniqueness" in response.json()["detail"]
    assert "shortname-uniqueness" in response.json()["errors"]["shortname"][0]
    cloud.create_task(shortname="x")
    cloud.create_pool(shortname="x")


def test_a_shortname_is_free_again_once_its_job_is_gone(cloud: Driver) -> None:
    """Uniqueness is among the jobs that exist."""
    cloud.create_job(shortname="x")
    cloud.delete("/jobs/x")
    cloud.advance(1)
    cloud.create_job(shortname="x")


def test_a_job_too_many_is_refused(driver_class: type[Driver]) -> None:
    """The message has the documented words."""
    cloud = driver_class(max_jobs=1)
    cloud.create_job()
    response = cloud.post("/jobs", {"name": "n"})
    assert response.status == 403
    assert response.json() == {"message": "Maximum number of jobs reached"}


def test_a_finished_job_with_auto_delete_makes_room(driver_class: type[Driver]) -> None:
    """It stays until the quota is reached, and the one finished first goes first."""
    cloud = driver_class(max_jobs=3)
    active = cloud.create_job(autoDeleteOnCompletion=True)
    second = cloud.create_job(autoDeleteOnCompletion=True)
    first = cloud.create_job(autoDeleteOnCompletion=True)
    for uuid in (first, second):
        cloud.post(f"/jobs/{uuid}/terminate")
        cloud.advance(2)
    new = cloud.create_job()
    assert [job["uuid"] for job in cloud.read("/jobs")] == [active, second, new]


def test_a_finished_job_without_auto_delete_keeps_its_place(driver_class: type[Driver]) -> None:
    """Being finished alone makes no room."""
    cloud = driver_class(max_jobs=1)
    cloud.post(f"/jobs/{cloud.create_job()}/terminate")
    cloud.advance(2)
    assert cloud.post("/jobs", {"name": "n"}).status == 403


def test_a_job_that_is_gone_makes_no_room_again(driver_class: type[Driver]) -> None:
    """Its place counts once, however it went."""
    cloud = driver_class(max_jobs=2)
    first = cloud.create_job(autoDeleteOnCompletion=True)
    second = cloud.create_job(autoDeleteOnCompletion=True, completionTimeToLive="00:00:01")
    for uuid in (first, second):
        cloud.post(f"/jobs/{uuid}/terminate")
    cloud.advance(1)
    cloud.delete(f"/jobs/{first}")
    cloud.advance(2)
    assert cloud.read("/jobs") == []
    for _ in range(2):
        cloud.create_job()
    assert cloud.post("/jobs", {"name": "n"}).status == 403


def test_a_job_that_left_its_end_keeps_its_place(driver_class: type[Driver]) -> None:
    """It is not finished any more; a second end counts as the only one."""
    cloud = driver_class(max_jobs=2)
    jobs = [cloud.create_job(autoDeleteOnCompletion=True) for _ in range(2)]
    for state in ("Completed", "Active"):
        cloud.emulator.set_state(jobs[0], state)
    assert cloud.post("/jobs", {"name": "n"}).status == 403
    for uuid in (*jobs, jobs[0]):
        cloud.advance(1)
        cloud.emulator.set_state(uuid, "Completed")
    new = cloud.create_job()
    assert [job["uuid"] for job in cloud.read("/jobs")] == [jobs[0], new]


def test_fewer_places_than_jobs_make_room_at_once_or_not_at_all(driver_class: type[Driver]) -> None:
    """Nothing goes for a job that is refused."""
    cloud = driver_class()
    jobs = [cloud.create_job(autoDeleteOnCompletion=True) for _ in range(4)]
    for uuid in jobs[:2]:
        cloud.post(f"/jobs/{uuid}/terminate")
    cloud.advance(1)
    cloud.emulator.set_limits(max_jobs=2)
    assert cloud.post("/jobs", {"name": "n"}).status == 403
    assert len(cloud.read("/jobs")) == 4
    cloud.emulator.set_limits(max_jobs=3)
    new = cloud.create_job()
    assert [job["uuid"] for job in cloud.read("/jobs")] == [*jobs[2:], new]


@pytest.mark.parametrize("url", ["/jobs", "/tasks", "/pools"])
def test_nothing_is_created_without_credits(cloud: Driver, url: str) -> None:
    """402 until there are some again."""
    body = {"name": "n", "profile": "p", "instanceCount": 1}
    cloud.emulator.credits = 0
    response = cloud.post(url, body)
    assert response.status == 402
    assert response.json() == {"message": "Not enough credits"}
    cloud.emulator.credits = 0.5
    assert cloud.post(url, body).status == 200


def test_the_pool_of_a_job_must_exist_and_be_open(cloud: Driver) -> None:
    """404 for one that is not there, 400 for one that is closed."""
    absent = "7c9b1f0e-2d64-4b52-9a53-0f1f7a1c2b3d"
    assert cloud.post("/jobs", {"name": "n", "poolUuid": absent}).status == 404
    pool = cloud.create_pool()
    cloud.create_job(poolUuid=pool)
    cloud.post(f"/pools/{pool}/close")
    assert cloud.post("/jobs", {"name": "n", "poolUuid": pool}).status == 400


def test_jobs_can_be_listed_by_any_of_some_tags(cloud: Driver) -> None:
    """The parameter is repeated; a comma is part of a tag."""
    first = cloud.create_job(tags=["a", "x"])
    second = cloud.create_job(tags=["b,c"])
    cloud.create_job(tags=["b"])
    found = cloud.read("/jobs?tag=a&tag=b%2Cc")
    assert [job["uuid"] for job in found] == [first, second]


def test_a_job_does_not_complete_by_itself(cloud: Driver) -> None:
    """No source says that it does when its tasks end."""
    uuid = cloud.create_job()
    cloud.create_task(jobUuid=uuid)
    assert cloud.states(f"/jobs/{uuid}", seconds=60, every=1) == ["Active"]


def test_terminating_a_job_cancels_its_tasks_and_completes_it(cloud: Driver) -> None:
    """Terminating, then Completed; running and waiting tasks alike are cancelled."""
    job = cloud.create_job(useDependencies=True)
    running = cloud.create_task(jobUuid=job)
    waiting = cloud.create_task(jobUuid=job, dependencies={"dependsOn": [running]})
    cloud.advance(1)
    assert cloud.post(f"/jobs/{job}/terminate").status == 200
    assert cloud.states(f"/jobs/{job}", seconds=3) == ["Terminating", "Completed"]
    assert [cloud.task(uuid)["state"] for uuid in (running, waiting)] == ["Cancelled"] * 2
    assert cloud.job(job)["previousState"] == "Terminating"
    assert cloud.job(job)["stateTransitionTime"] == "2026-01-01T00:00:02Z"
    assert cloud.job(job)["previousStateTransitionTime"] == "2026-01-01T00:00:01Z"


def test_terminating_leaves_ended_tasks_alone(cloud: Driver) -> None:
    """What succeeded stays a success."""
    job = cloud.create_job()
    task = cloud.create_task(jobUuid=job)
    cloud.advance(10)
    cloud.post(f"/jobs/{job}/terminate")
    cloud.advance(10)
    assert cloud.task(task)["state"] == "Success"


def test_terminating_twice_does_nothing_more(cloud: Driver) -> None:
    """On a completed job it is a no-op that succeeds."""
    job = cloud.create_job()
    cloud.post(f"/jobs/{job}/terminate")
    cloud.advance(5)
    before = cloud.job(job)
    assert cloud.post(f"/jobs/{job}/terminate").status == 200
    cloud.advance(5)
    assert cloud.job(job) == before


def test_the_wall_time_of_a_job_ends_it(cloud: Driver) -> None:
    """Counted from creation: the job terminates then, and its tasks are cancelled."""
    job = cloud.create_job(maxWallTime="00:01:00")
    cloud.advance(30)
    task = cloud.create_task(
        jobUuid=job, constants=[{"key": "EMULATOR_EXECUTION_TIME", "value": "01:00:00"}]
    )
    cloud.advance(29)
    assert cloud.job(job)["state"] == "Active"
    cloud.advance(1)
    assert cloud.job(job)["state"] == "Terminating"
    cloud.advance(1)
    assert cloud.job(job)["state"] == "Completed"
    assert cloud.task(task)["state"] == "Cancelled"


@pytest.mark.parametrize("span", ["00:00:00", "10675199.02:48:05.4775807"])
def test_a_wall_time_of_nothing_or_beyond_the_calendar_never_ends(cloud: Driver, span: str) -> None:
    """Zero means no limit; the longest span ends after the last date there is."""
    job = cloud.create_job(maxWallTime=span)
    cloud.advance(1_000_000)
    assert cloud.job(job)["state"] == "Active"
    assert cloud.job(job)["maxWallTime"] == span


def test_the_time_to_live_counts_from_completion(cloud: Driver) -> None:
    """The job and its tasks are removed that long after it completed, not after its creation."""
    job = cloud.create_job(completionTimeToLive="00:01:00")
    task = cloud.create_task(jobUuid=job)
    cloud.advance(600)
    cloud.post(f"/jobs/{job}/terminate")
    cloud.advance(60.9)
    assert cloud.job(job)["state"] == "Completed"
    cloud.advance(0.1)
    assert cloud.get(f"/jobs/{job}").status == 404
    assert cloud.get(f"/tasks/{task}").status == 404


def test_a_job_is_deleted_after_a_while_of_deleting(cloud: Driver) -> None:
    """Deleting, then 404; deleting it again meanwhile does nothing more."""
    job = cloud.create_job()
    cloud.create_task(jobUuid=job)
    cloud.advance(10)
    assert cloud.delete(f"/jobs/{job}").status == 200
    cloud.advance(0.5)
    assert cloud.delete(f"/jobs/{job}").status == 200
    assert cloud.states(f"/jobs/{job}", seconds=0.5) == ["Deleting", "gone"]
    assert cloud.read("/tasks") == []


@pytest.mark.parametrize("query", ["", "?force=false", "?force=False"])
def test_a_job_with_unfinished_tasks_is_not_deleted_without_force(
    cloud: Driver, query: str
) -> None:
    """The 403 says that force is needed, and nothing changes."""
    job = cloud.create_job()
    cloud.create_task(jobUuid=job)
    response = cloud.delete(f"/jobs/{job}{query}")
    assert response.status == 403
    assert "force" in response.json()["message"]
    assert cloud.job(job)["state"] == "Active"


@pytest.mark.parametrize("query", ["?force=true", "?force=True", "?Force=true"])
def test_force_deletes_a_job_with_its_unfinished_tasks(cloud: Driver, query: str) -> None:
    """The tasks are pending deletion meanwhile, and gone with the job."""
    job = cloud.create_job()
    task = cloud.create_task(jobUuid=job)
    cloud.advance(1)
    assert cloud.delete(f"/jobs/{job}{query}").status == 200
    assert cloud.task(task)["state"] == "PendingDelete"
    cloud.advance(1)
    assert cloud.get(f"/jobs/{job}").status == 404
    assert cloud.get(f"/tasks/{task}").status == 404


def test_force_is_true_or_false(cloud: Driver) -> None:
    """Anything else is a 400, and the job is not deleted."""
    job = cloud.create_job()
    assert cloud.delete(f"/jobs/{job}?force=maybe").status == 400
    assert cloud.job(job)["state"] == "Active"


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "/jobs/absent"),
        ("DELETE", "/jobs/absent"),
        ("POST", "/jobs/absent/terminate"),
        ("GET", "/jobs/absent/tasks"),
    ],
)
def test_a_job_that_is_not_there_is_404(cloud: Driver, method: str, url: str) -> None:
    """On every operation on one job."""
    assert cloud.send(method, url).status == 404


def test_the_tasks_of_a_job_are_its_own_and_whole(cloud: Driver) -> None:
    """In the order of their creation, as full as when read one by one."""
    job = cloud.create_job()
    cloud.create_task()
    uuids = [cloud.create_task(jobUuid=job, name=name) for name in ("one", "two")]
    assert cloud.read(f"/jobs/{job}/tasks") == [cloud.task(uuid) for uuid in uuids]


def test_a_state_can_be_forced_to_anything(cloud: Driver) -> None:
    """The server may come up with states that no client knows; what was due is called off."""
    job = cloud.create_job(shortname="x")
    cloud.post("/jobs/x/terminate")
    cloud.emulator.set_state(job, "Hibernating")
    cloud.advance(100)
    reply = cloud.reply("GET", "/jobs/x")
    assert b'"state":"Hibernating"' in reply.body  # type: ignore[union-attr]
    with pytest.raises(LookupError):
        cloud.emulator.set_state("absent", "Active")
