"""The page for people: what it is served to, what it holds, and what it reads."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from qarnot_domain.emulator._overview import MAX_OUTPUT, MAX_SHOWN

if TYPE_CHECKING:
    from qarnot_domain.emulator import Emulator
    from tests.unit.emulator.conftest import Driver

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
OVERVIEW = "/_emulator/overview"


@pytest.fixture
def page(served: Emulator) -> httpx.Response:
    """The page as a browser gets it, without a token."""
    return httpx.get(f"{served.url}/", headers=BROWSER, trust_env=False)


def test_a_browser_gets_the_page_without_a_token(page: httpx.Response) -> None:
    """As it holds nothing."""
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<title>Emulated Qarnot cloud</title>" in page.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/htmlx"])
def test_a_program_gets_what_the_api_says(http: httpx.Client, accept: str) -> None:
    """A 404, as at any other path that no operation has."""
    answer = http.get("/", headers={"Accept": accept})
    assert (answer.status_code, list(answer.json())) == (404, ["message"])


def test_only_the_first_page_is_for_people(http: httpx.Client) -> None:
    """A browser sees the API's own answers everywhere else."""
    assert http.get("/jobs", headers=BROWSER).json() == []
    assert http.post("/", headers=BROWSER).status_code == 404


def test_the_page_is_the_same_whatever_there_is(
    served: Emulator, http: httpx.Client, page: httpx.Response
) -> None:
    """Neither the token nor any object is in it."""
    http.post("/jobs", json={"name": "a job of mine"})
    again = http.get("/", headers=BROWSER)
    assert again.content == page.content
    assert served.token not in page.text + str(page.headers)


def test_the_page_needs_nothing_from_outside(page: httpx.Response) -> None:
    """No address of another server is in it, and its policy would stop it."""
    assert not re.search(r"//[a-z]|src=|@import|url\(", page.text)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("element", ["script", "style"])
def test_the_policy_lets_the_page_run_itself(page: httpx.Response, element: str) -> None:
    """By the hash of exactly what it has, once."""
    (content,) = re.findall(f"<{element}>(.*?)</{element}>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    assert f"{element}-src 'sha256-{digest}'" in page.headers["content-security-policy"]


def test_the_page_puts_text_in_as_text_only(page: httpx.Response) -> None:
    """None of the ways by which a name could become part of a page is used."""
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert way not in page.text


def test_the_page_refreshes_from_what_is_there(page: httpx.Response, http: httpx.Client) -> None:
    """It looks again and again at an address that answers, for members that are there."""
    assert f'fetch("{OVERVIEW}"' in page.text
    assert "setTimeout(look" in page.text
    created = http.post("/tasks", json={"name": "n", "profile": "p", "instanceCount": 1})
    assert created.status_code == 200
    http.post("/jobs", json={"name": "n"})
    http.post("/pools", json={"name": "n", "profile": "p", "instanceCount": 1})
    seen = http.get(OVERVIEW).json()
    shown = dict(re.findall(r"^  (jobs|tasks|pools): \[([^]]*)\],$", page.text, re.MULTILINE))
    assert set(shown) == set(seen["counts"])
    for kind, names in shown.items():
        assert set(re.findall(r'"(\w+)"', names)) <= set(seen[kind][0])


def test_reading_needs_the_token(served: Emulator) -> None:
    """What the page shows is for those who have it."""
    for headers in ({}, {"Authorization": "wrong"}):
        assert httpx.get(f"{served.url}{OVERVIEW}", headers=headers).status_code == 401


def test_looking_leaves_no_trace(served: Emulator, http: httpx.Client) -> None:
    """No request on record, no fault used up, no output consumed."""
    task = http.post("/tasks", json={"name": "n", "profile": "p", "instanceCount": 1}).json()
    served.advance(timedelta(seconds=10))
    served.fail_next()
    before = served.requests
    (shown,) = http.get(OVERVIEW).json()["tasks"]
    http.get("/", headers=BROWSER)
    assert served.requests == before
    assert served.faults[0].calls == 0
    served.clear_faults()
    fresh = http.post(f"/tasks/{task['uuid']}/stdout").text
    assert (shown["state"], shown["stdout"]) == ("Success", fresh)


def test_what_is_shown_is_the_newest(cloud: Driver) -> None:
    """A number of objects, and the end of their output; the counts are of all."""
    for number in range(MAX_SHOWN + 1):
        cloud.create_job(name=f"job {number}")
    cloud.create_task(instanceCount=500)
    cloud.advance(60)
    seen = cloud.read(OVERVIEW)
    assert (seen["counts"], seen["now"]) == (
        {"jobs": MAX_SHOWN + 1, "tasks": 1, "pools": 0},
        "2026-01-01T00:01:00Z",
    )
    assert [job["name"] for job in seen["jobs"]][:: MAX_SHOWN - 1] == ["job 100", "job 1"]
    (task,) = seen["tasks"]
    assert len(task["stdout"]) == MAX_OUTPUT
    assert task["stdout"].endswith("[499] done\n")
