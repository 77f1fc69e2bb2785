"""Failures on demand: which requests meet them, and what these get."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from qarnot_domain.emulator._break import Break
from qarnot_domain.emulator._http import Dropped, Response

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Driver, Json


def answer(cloud: Driver, method: str, url: str, body: Json = b"") -> Response:
    """What a request is answered, whatever the document says of it."""
    reply = cloud.reply(method, url, body)
    assert isinstance(reply, Response)
    return reply


def statuses(cloud: Driver, count: int) -> list[int]:
    """The statuses of so many equal requests."""
    return [answer(cloud, "GET", "/jobs").status for _ in range(count)]


# --- which requests -------------------------------------------------------------------------------


def test_a_fault_can_wait_for_the_nth_request(cloud: Driver) -> None:
    """Those before it pass, those for other operations do not count, `times` go on from there."""
    cloud.emulator.fail_next("listJobs", nth=2, times=2)
    cloud.get("/tasks")
    assert statuses(cloud, 4) == [200, 503, 503, 200]


def test_requests_that_met_an_older_fault_count_for_the_nth(cloud: Driver) -> None:
    """They are counted from the moment the rule came, whatever they met."""
    cloud.emulator.fail_next(status=500)
    cloud.emulator.fail_next(nth=2, status=502)
    assert statuses(cloud, 3) == [500, 502, 200]


def test_chance_comes_from_the_seed(driver_class: type[Driver]) -> None:
    """Equal runs fail in the same places, others elsewhere, and the uuids stay what they were."""

    def run(seed: int) -> list[int]:
        cloud = driver_class(seed=seed)
        cloud.emulator.fail_next("listJobs", probability=0.5, times=None)
        found = statuses(cloud, 50)
        assert cloud.create_job() == driver_class(seed=seed).create_job()
        return found

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert set(run(1)) == {200, 503}


def test_a_fault_without_end_lasts_until_it_is_cleared(cloud: Driver) -> None:
    """With `times=None`."""
    cloud.emulator.fail_next(times=None)
    assert set(statuses(cloud, 20)) == {503}
    cloud.emulator.clear_faults()
    assert statuses(cloud, 1) == [200]


def test_what_a_fault_met_can_be_read_back(cloud: Driver) -> None:
    """What is left of it, how many requests counted, and those that met it."""
    cloud.emulator.fail_next("listJobs", nth=2, times=2, status=429)
    cloud.emulator.fail_next("createJob", drop="after")
    statuses(cloud, 2)
    cloud.reply("POST", "/jobs", {"name": "n"})
    listing, creation = cloud.emulator.faults
    assert (listing.matching.operation, listing.failure.status) == ("listJobs", 429)
    assert (listing.remaining, listing.calls) == (1, 2)
    assert listing.met == (cloud.emulator.requests[1],)
    assert (creation.remaining, creation.calls) == (0, 1)
    assert (creation.met[0].body, creation.met[0].status) == ({"name": "n"}, None)


# --- what they get --------------------------------------------------------------------------------


def test_a_made_up_answer_can_come_after_the_effect(cloud: Driver) -> None:
    """The job is there, and its creation was answered 500."""
    cloud.emulator.fail_next("createJob", status=500, at="after")
    assert answer(cloud, "POST", "/jobs", {"name": "n"}).status == 500
    assert len(cloud.read("/jobs")) == 1


def test_a_page_of_html_is_what_a_proxy_would_send(cloud: Driver) -> None:
    """Of the type of such a page, with the status in it."""
    cloud.emulator.fail_next(html=True, status=502)
    page = answer(cloud, "GET", "/jobs")
    assert (page.status, page.header("content-type")) == (502, "text/html; charset=utf-8")
    assert b"<h1>502 Bad Gateway</h1>" in page.body


@pytest.mark.parametrize("delay", [90, timedelta(seconds=90)])
def test_a_delay_moves_a_clock_that_is_driven_by_hand(
    cloud: Driver, delay: timedelta | int
) -> None:
    """The request takes effect at once, and its answer is held back on the emulator's clock."""
    cloud.emulator.fail_next("createJob", delay=delay)
    uuid = cloud.create_job()
    assert cloud.clock.monotonic() == 90
    assert cloud.job(uuid)["creationDate"] == "2026-01-01T00:00:00Z"
    assert cloud.get("/settings").header("date") == "Thu, 01 Jan 2026 00:01:30 GMT"


def test_a_dropped_connection_can_be_late_too(cloud: Driver) -> None:
    """It closes when the delay is over."""
    cloud.emulator.fail_next(drop="before", delay=5)
    assert isinstance(cloud.reply("GET", "/jobs"), Dropped)
    assert cloud.clock.monotonic() == 5


@pytest.mark.parametrize("made_up", [{}, {"status": 200, "body": [1, 2]}])
def test_an_oversized_body_stays_json(cloud: Driver, made_up: Json) -> None:
    """The cloud's own or a made-up one, blown up with blanks."""
    cloud.emulator.fail_next(size=10_000, **made_up)
    big = answer(cloud, "GET", "/jobs")
    assert (big.status, len(big.body), big.json()) == (200, 10_000, made_up.get("body", []))


@pytest.mark.parametrize("made_up", [{}, {"status": 200, "body": 12}, {"body": "text"}])
@pytest.mark.parametrize("url", ["/jobs", "/profiles", "/info"])
def test_a_broken_body_is_no_json(cloud: Driver, url: str, made_up: Json) -> None:
    """Whatever it was."""
    cloud.emulator.fail_next(broken=True, **made_up)
    with pytest.raises(json.JSONDecodeError):
        answer(cloud, "GET", url).json()


def test_an_answer_can_end_in_its_middle(cloud: Driver) -> None:
    """After the effect; even one without a body promises one."""
    cloud.emulator.fail_next("createJob", drop="mid-body")
    reply = answer(cloud, "POST", "/jobs", {"name": "n", "shortname": "x"})
    assert reply.breaks == Break("drop", "mid-body")
    cloud.emulator.fail_next("terminateJob", drop="mid-body")
    reply = answer(cloud, "POST", "/jobs/x/terminate")
    assert reply.body == b" "
    assert cloud.job("x")["state"] == "Terminating"


@pytest.mark.parametrize(
    ("operation", "method", "url"),
    [
        ("retrieveJob", "GET", "/jobs/x"),
        ("listJobs", "GET", "/jobs"),
        ("paginateJobs", "POST", "/jobs/paginate"),
    ],
)
def test_the_objects_of_an_answer_can_be_altered(
    cloud: Driver, operation: str, method: str, url: str
) -> None:
    """The whole answer, the items of a list, or those of a page; the effect stays."""
    uuid = cloud.create_job(shortname="x")

    def altered(**how: Json) -> dict[str, Json]:
        cloud.emulator.fail_next(operation, **how)
        body = answer(cloud, method, url, {}).json()
        items = body["data"] if operation == "paginateJobs" else body
        item: dict[str, Json] = items[0] if isinstance(items, list) else items
        return item

    usual = cloud.job("x")
    assert altered(state="Hibernating") == {**usual, "state": "Hibernating"}
    assert altered(extra={"new": [1], "name": 7}) == {**usual, "new": [1], "name": 7}
    assert altered(nulls=True) == {**dict.fromkeys(usual), "uuid": uuid}
    assert altered(nulls=True, state="S", extra={"a": 1}) == {
        **dict.fromkeys(usual),
        "uuid": uuid,
        "state": "S",
        "a": 1,
    }
    assert cloud.job("x") == usual


@pytest.mark.parametrize("url", ["/jobs/absent", "/v1", "/profiles"])
def test_an_answer_without_objects_is_not_altered(cloud: Driver, url: str) -> None:
    """A refusal, an empty body, a list of texts: the fault is used up all the same."""
    usual = answer(cloud, "GET", url).body
    cloud.emulator.fail_next(state="S", extra={"a": 1})
    assert answer(cloud, "GET", url).body == usual
    assert [fault.remaining for fault in cloud.emulator.faults] == [0]


def test_only_objects_with_a_state_get_another(cloud: Driver) -> None:
    """The account has none, and keeps it so."""
    cloud.emulator.fail_next(state="Hibernating")
    assert "state" not in cloud.read("/info")


@pytest.mark.parametrize(
    ("argument", "rule"),
    [
        ("operation", {"operation": "createjob"}),
        ("times", {"times": 0}),
        ("nth", {"nth": 0}),
        ("probability", {"probability": 0}),
        ("probability", {"probability": 1.1}),
        ("probability", {"probability": 0.5, "nth": 2}),
        ("status", {"status": 600}),
        ("retry_after", {"retry_after": "1\r\nX-Y: z"}),
        ("headers", {"headers": {"X-Y": "a\nb"}}),
        ("headers", {"headers": {"X Y": "z"}}),
        ("headers", {"headers": {"Content-Length": "1"}}),
        ("body", {"body": {"a": float("nan")}}),
        ("html", {"html": True, "body": "text"}),
        ("html", {"html": True, "status": 204}),
        ("body", {"body": "text", "status": 304}),
        ("drop", {"drop": "during"}),
        ("drop", {"drop": "connect"}),
        ("reset", {"reset": ""}),
        ("hang", {"hang": "mid-request"}),
        ("reset", {"drop": "after", "reset": "after"}),
        ("hang", {"hang": "after", "reset": "after"}),
        ("operation", {"reset": "connect", "operation": "createJob"}),
        ("delay", {"reset": "mid-request", "delay": 1}),
        ("raw", {"raw": b""}),
        ("body", {"raw": b"x", "body": []}),
        ("broken", {"raw": b"x", "broken": True}),
        ("raw", {"raw": b"x", "drop": "before"}),
        ("nulls", {"raw": b"x", "nulls": True}),
        ("at", {"reset": "connect", "at": "after"}),
        ("drop", {"drop": "mid-body", "status": 204}),
        ("hang", {"hang": "before-body", "status": 304}),
        ("status", {"drop": "before", "status": 500}),
        ("size", {"drop": "after", "size": 5}),
        ("nulls", {"drop": "before", "nulls": True}),
        ("at", {"drop": "after", "at": "after"}),
        ("at", {"at": "mid-body"}),
        ("at", {"at": "before", "delay": 1}),
        ("delay", {"delay": -1}),
        ("delay", {"delay": float("inf")}),
        ("delay", {"delay": timedelta(days=2)}),
        ("size", {"size": 0}),
        ("size", {"size": 5, "status": 204}),
        ("broken", {"broken": True, "status": 204}),
        ("nulls", {"nulls": True, "status": 200}),
        ("state", {"state": ""}),
        ("state", {"state": "S", "html": True}),
        ("extra", {"extra": {}}),
        ("extra", {"extra": {"a": {1}}}),
        ("extra", {"extra": {"a": 1}, "retry_after": 1}),
    ],
)
def test_a_fault_that_makes_no_sense_names_the_argument(
    cloud: Driver, argument: str, rule: Json
) -> None:
    """At once, rather than never happening; nothing is in force then."""
    with pytest.raises(ValueError, match=f"^{argument}: "):
        cloud.emulator.fail_next(**rule)
    assert cloud.emulator.faults == []


def test_raw_takes_bytes_and_no_text(cloud: Driver) -> None:
    """A text would break the server's answer to whoever meets it."""
    text: Json = "garbage"
    with pytest.raises(TypeError, match=r"^raw: must be bytes, not str$"):
        cloud.emulator.fail_next(raw=text)
    assert cloud.emulator.faults == []


# --- over HTTP ------------------------------------------------------------------------------------

FAULTS = "/_emulator/faults"


def test_faults_can_be_driven_over_http(cloud: Driver) -> None:
    """Put in force, read back with what met them, and cleared; none of it is on record."""
    rule = {
        "operation": "listJobs",
        "times": None,
        "status": 500,
        "delay": 2,
        "headers": {"a": "b"},
    }
    created = cloud.post(FAULTS, rule)
    assert (created.status, created.json()["met"]) == (200, [])
    statuses(cloud, 1)
    (fault,) = cloud.read(FAULTS)
    assert {name: fault["rule"][name] for name in rule} == rule
    assert (fault["remaining"], fault["calls"]) == (None, 1)
    assert (fault["met"][0]["path"], fault["met"][0]["status"]) == ("/jobs", 500)
    assert cloud.delete(FAULTS).status == 204
    assert cloud.read(FAULTS) == []
    assert [request.path for request in cloud.emulator.requests] == ["/jobs"]


def test_faults_given_in_python_read_back_over_http(cloud: Driver) -> None:
    """Bytes as text, a duration in seconds."""
    cloud.emulator.fail_next(body=b"<\xff>", delay=timedelta(minutes=1))
    cloud.emulator.fail_next(raw=b"<\xff>")
    body, raw = (fault["rule"] for fault in cloud.read(FAULTS))
    assert (body["body"], body["delay"], raw["raw"]) == ("<\ufffd>", 60, "<\u00ff>")


@pytest.mark.parametrize(
    ("member", "body"),
    [
        ("body", b"{"),
        ("body", []),
        ("operations", {"operations": "listJobs"}),
        ("operation", {"operation": "nothing"}),
        ("times", {"times": "2"}),
        ("times", {"times": 0}),
        ("retry_after", {"retry_after": True}),
        ("headers", {"headers": {"a": 1}}),
        ("extra", {"extra": [1]}),
        ("nulls", {"nulls": 1}),
        ("drop", {"drop": "during"}),
        ("hang", {"hang": "connect"}),
        ("raw", {"raw": 1}),
        ("raw", {"raw": "\u0100"}),
        ("state", {"state": "S", "status": 200}),
    ],
)
def test_a_fault_that_makes_no_sense_is_400(cloud: Driver, member: str, body: Json) -> None:
    """The message names the member, an unknown one too."""
    refused = cloud.post(FAULTS, body)
    assert refused.status == 400
    assert member in refused.body.decode()
    assert cloud.emulator.faults == []


def test_a_retry_after_may_be_seconds_or_a_date(cloud: Driver) -> None:
    """As the header may."""
    for value in (1.5, "Thu, 01 Jan 2026 00:01:30 GMT"):
        cloud.post(FAULTS, {"retry_after": value})
        assert answer(cloud, "GET", "/jobs").header("retry-after") == str(value)


def test_the_requests_can_be_read_over_http(cloud: Driver) -> None:
    """As from Python, oldest first, and what drives the emulator is not among them."""
    cloud.post("/jobs", {"name": "a"})
    cloud.get("/jobs/none")
    listed = cloud.read("/_emulator/requests")
    assert [(one["operation"], one["status"], one["body"]) for one in listed] == [
        ("createJob", 200, {"name": "a"}),
        ("retrieveJob", 404, None),
    ]


def test_the_emulator_can_be_reset_over_http(cloud: Driver) -> None:
    """As by `reset`."""
    cloud.create_job()
    assert cloud.post("/_emulator/reset").status == 204
    assert (cloud.emulator.requests, cloud.read("/jobs")) == ([], [])


def test_a_clock_driven_by_hand_can_be_moved_over_http(cloud: Driver) -> None:
    """The answer is the emulated date."""
    moved = cloud.post("/_emulator/advance", {"seconds": 3600})
    assert moved.json() == {"now": "2026-01-01T01:00:00Z"}
    assert cloud.post("/_emulator/advance", {"seconds": -1}).status == 400
    assert cloud.post("/_emulator/advance", {}).status == 400


def test_the_machines_clock_cannot_be_moved_over_http(driver_class: type[Driver]) -> None:
    """It moves by itself: a conflict."""
    cloud = driver_class(clock=None)
    assert cloud.post("/_emulator/advance", {"seconds": 1}).status == 409


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [("GET", "/_emulator", 404), ("GET", "/_emulator/x", 404), ("PUT", FAULTS, 405)],
)
def test_what_is_not_there_to_drive_is_refused(
    cloud: Driver, method: str, url: str, status: int
) -> None:
    """404 for an unknown path, 405 for a wrong method."""
    assert cloud.send(method, url).status == status


def test_driving_over_http_needs_the_token(cloud: Driver) -> None:
    """The same one as the API."""
    for token in (None, "wrong"):
        assert cloud.get(FAULTS, token=token).status == 401
        assert cloud.post("/_emulator/reset", token=token).status == 401


def test_no_operation_uses_the_prefix(cloud: Driver, document: Json) -> None:
    """Of all in the document."""
    assert not [path for _, _, path in document.routes if path.startswith("/_")]
