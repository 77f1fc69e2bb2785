"""What all operations share: paths, methods, the account, the record, faults on demand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from qarnot_domain.emulator import Emulator, ManualClock
from qarnot_domain.emulator._http import Dropped, Request, Response

if TYPE_CHECKING:
    from qarnot_domain.emulator._break import Point
    from tests.unit.emulator.conftest import Driver, Json


@pytest.mark.parametrize("url", ["/jobs", "/jobs/", "/v1/jobs", "/v1/jobs/"])
def test_a_version_prefix_and_a_trailing_slash_make_no_difference(cloud: Driver, url: str) -> None:
    """No redirect, which would turn the official SDK's POST into a GET."""
    assert cloud.post(url, {"name": "n"}).status == 200
    assert len(cloud.read(url)) == 1


def test_the_path_names_an_object_by_uuid_or_shortname(cloud: Driver) -> None:
    """A uuid in any case; both percent-encoded or not."""
    uuid = cloud.create_job(shortname="short-1")
    for name in (uuid, uuid.upper(), "short-1", "short%2D1"):
        assert cloud.read(f"/jobs/{name}")["uuid"] == uuid


@pytest.mark.parametrize("url", ["/", "/nothing", "/jobs/a/b", "/jobs/a%2Fterminate/x", "/v2/jobs"])
def test_an_unknown_path_is_404(cloud: Driver, url: str) -> None:
    """With a message; it is recorded without an operation."""
    response = cloud.get(url)
    assert response.status == 404
    assert "message" in response.json()
    assert cloud.emulator.requests[-1].operation is None


def test_an_encoded_slash_stays_within_its_segment(cloud: Driver) -> None:
    """So it can only be an odd name of a job, never another operation."""
    assert cloud.post("/jobs/x%2Fterminate").status == 405
    assert cloud.get("/jobs/x%2Fterminate").json()["message"].endswith("x/terminate")


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("PUT", "/jobs", "GET, POST"),
        ("PATCH", "/jobs/x", "DELETE, GET"),
        ("GET", "/jobs/search", "POST"),
        ("GET", "/jobs/x/terminate", "POST"),
    ],
)
def test_a_wrong_method_is_405(cloud: Driver, method: str, url: str, allowed: str) -> None:
    """Allow lists the right ones."""
    response = cloud.send(method, url)
    assert response.status == 405
    assert response.header("allow") == allowed


def test_the_general_operations_answer(cloud: Driver) -> None:
    """Settings without storage, versions, the token check, profiles and one of them."""
    assert cloud.read("/settings") == {"storage": None}
    assert cloud.read("/versions") == [{"version": "v1", "endOfLife": None}]
    assert cloud.get("/v1").body == b""
    names = cloud.read("/profiles")
    assert [cloud.read(f"/profiles/{name}")["name"] for name in names] == names
    assert cloud.get("/profiles/absent").status == 404


def test_the_account_counts_what_there_is(cloud: Driver) -> None:
    """Against limits that can be changed while it runs."""
    pool = cloud.create_pool()
    job = cloud.create_job()
    cloud.create_task(jobUuid=job, instanceCount=3)
    cloud.create_task(poolUuid=pool)
    cloud.advance(1)
    cloud.emulator.set_limits(max_jobs=7)
    info = cloud.read("/info")
    assert (info["jobCount"], info["maxJob"]) == (1, 7)
    assert (info["taskCount"], info["runningTaskCount"], info["poolCount"]) == (2, 1, 1)
    assert (
        info["runningInstanceCount"]
        == info["computingQuotas"]["user"]["flex"]["runningInstancesCount"]
    )


def test_answers_are_dated_by_the_emulated_clock(cloud: Driver) -> None:
    """As clients compare that date with the creation dates of objects."""
    cloud.advance(3600)
    assert cloud.get("/settings").header("date") == "Thu, 01 Jan 2026 01:00:00 GMT"


def test_requests_are_recorded_without_their_headers(cloud: Driver) -> None:
    """Method, path, query, operation, status and the JSON that was sent, and never the token."""
    cloud.delete("/jobs/x?force=true")
    cloud.post("/jobs", {"name": "n"})
    cloud.post("/jobs", b"{")
    deleted, created, broken = cloud.emulator.requests
    assert (deleted.method, deleted.path, deleted.query) == (
        "DELETE",
        "/jobs/x",
        (("force", "true"),),
    )
    assert (deleted.operation, deleted.status, deleted.body) == ("deleteJob", 404, None)
    assert (created.operation, created.status, created.body) == ("createJob", 200, {"name": "n"})
    assert (broken.status, broken.body) == (400, None)
    assert cloud.emulator.token not in repr(cloud.emulator.requests)


def test_the_token_is_in_no_repr() -> None:
    """Not the emulator's, not a request's."""
    emulator = Emulator(token="t-0k3n", clock=ManualClock())
    request = Request("GET", "/jobs", headers={"authorization": "t-0k3n"})
    assert "t-0k3n" not in repr(emulator) + repr(request) + repr(emulator.handle(request))
    assert "t-0k3n" not in repr(vars(emulator)["_cloud"])


def test_a_fault_answers_once_and_has_no_effect(cloud: Driver) -> None:
    """503 with a message by default; the next request is answered as usual."""
    cloud.emulator.fail_next()
    response = cloud.post("/jobs", {"name": "n"})
    assert (response.status, response.json()) == (503, {"message": "Service Unavailable"})
    assert cloud.read("/jobs") == []


def test_a_fault_waits_for_its_operation(cloud: Driver) -> None:
    """As many times as asked, and others pass meanwhile."""
    cloud.emulator.fail_next("createJob", times=2, status=429, retry_after=7)
    assert cloud.get("/jobs").status == 200
    for _ in range(2):
        response = cloud.post("/jobs", {"name": "n"})
        assert (response.status, response.header("retry-after")) == (429, "7")
    assert cloud.post("/jobs", {"name": "n"}).status == 200


def test_faults_are_used_up_in_their_order(cloud: Driver) -> None:
    """The first that matches comes first."""
    cloud.emulator.fail_next(status=500)
    cloud.emulator.fail_next("listJobs", status=502)
    statuses = [cloud.reply("GET", "/jobs") for _ in range(3)]
    assert [getattr(reply, "status", None) for reply in statuses] == [500, 502, 200]


@pytest.mark.parametrize(
    ("body", "headers", "expected", "content_type"),
    [
        ({"error": "x"}, {}, b'{"error":"x"}', "application/json; charset=utf-8"),
        ("<html>", {"Content-Type": "text/html"}, b"<html>", "text/html"),
        (b"\xff", {}, b"\xff", "text/plain; charset=utf-8"),
    ],
)
def test_a_fault_may_bring_its_own_body(
    cloud: Driver, body: Json, headers: dict[str, str], expected: bytes, content_type: str
) -> None:
    """JSON, text or bytes, with any headers."""
    cloud.emulator.fail_next(status=500, body=body, headers=headers)
    reply = cloud.reply("GET", "/jobs")
    assert isinstance(reply, Response)
    assert (reply.body, reply.header("content-type")) == (expected, content_type)


def test_a_fault_401_has_the_body_of_a_401(cloud: Driver) -> None:
    """The documented shape follows the status."""
    cloud.emulator.fail_next(status=401)
    assert cloud.get("/jobs").json()["error"]["code"] == 401


@pytest.mark.parametrize(("drop", "jobs"), [("before", 0), ("after", 1)])
def test_a_connection_can_be_dropped_before_or_after_the_effect(
    cloud: Driver, drop: Point, jobs: int
) -> None:
    """No answer either way, and the record says so; only after it is the job there."""
    cloud.emulator.fail_next("createJob", drop=drop)
    assert isinstance(cloud.reply("POST", "/jobs", {"name": "n"}), Dropped)
    assert cloud.emulator.requests[-1].status is None
    assert len(cloud.read("/jobs")) == jobs


def test_reset_forgets_everything_but_the_time(cloud: Driver) -> None:
    """Objects, requests, faults and changed means; the uuids come again."""
    first = cloud.create_job(shortname="x", maxWallTime="00:00:10")
    cloud.advance(5)
    cloud.emulator.fail_next()
    cloud.emulator.credits = 0
    cloud.emulator.set_limits(max_jobs=0)
    cloud.emulator.reset()
    assert cloud.emulator.requests == []
    assert cloud.read("/jobs") == []
    second = cloud.create_job(shortname="x")
    assert second == first
    assert cloud.job(second)["creationDate"] == "2026-01-01T00:00:05Z"
    cloud.advance(60)
    assert cloud.job(second)["state"] == "Active"


def test_equal_seeds_and_clocks_repeat_a_run_exactly(driver_class: type[Driver]) -> None:
    """And another seed gives other uuids."""

    def run(seed: int) -> list[bytes]:
        cloud = driver_class(seed=seed)
        job = cloud.create_job()
        cloud.create_task(jobUuid=job)
        cloud.advance(1)
        return [cloud.get("/jobs").body, cloud.get(f"/jobs/{job}/tasks").body]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_without_a_clock_time_passes_by_itself_and_can_be_moved() -> None:
    """The machine's clock, which `advance` adds to."""
    emulator = Emulator(token="t")
    headers = {"authorization": "t"}
    emulator.handle(Request("POST", "/jobs", headers=headers, body=b'{"name":"n","shortname":"x"}'))
    emulator.handle(Request("POST", "/jobs/x/terminate", headers=headers))
    emulator.advance(timedelta(hours=1))
    reply = emulator.handle(Request("GET", "/jobs/x", headers=headers))
    assert isinstance(reply, Response)
    assert reply.json()["state"] == "Completed"


def test_the_url_is_known_once_started() -> None:
    """Not before."""
    with pytest.raises(RuntimeError, match="started"):
        _ = Emulator().url
