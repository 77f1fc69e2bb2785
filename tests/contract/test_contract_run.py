"""`make contract` itself: red by one fault, read-only where it must be, and clean afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest

from qarnot_domain import Connection
from qarnot_domain.emulator import Emulator

from .live.target import TOKEN, URL, NoTarget, Target, named

ROOT: Final = Path(__file__).parents[2]

BROKEN: Final = (
    "retrieveUserInfo",
    "listProfiles",
    "createJob",
    "retrieveJob",
    "createTasks",
    "paginateTaskSummaries",
    "paginatePools",
    "retrieveTaskStdout",
    "abortTask",
    "deleteJob",
)


def run(
    report: Path, *arguments: str, **settings: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """A run of the flows alone, and its report."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.contract.live", "--examples", "0"),
            *("--report", str(report), *arguments),
        ],
        cwd=ROOT,
        env={**os.environ, **settings},  # noqa: TID251 - passed on
        capture_output=True,
        text=True,
        check=False,
    )
    told = report / "report.json"
    return done, json.loads(told.read_text(encoding="utf-8")) if told.exists() else {}


@pytest.mark.check
@pytest.mark.parametrize("operation", BROKEN)
def test_a_fault_in_one_operation_is_red_and_named(tmp_path: Path, operation: str) -> None:
    """Whatever else fails because of it, only the operation that is wrong is named so."""
    done, report = run(tmp_path, "--break", operation)

    assert done.returncode == 1, done.stdout
    assert {problem.partition(" ")[0] for problem in report["problems"]} == {operation}
    assert f"{operation} (" in done.stdout
    assert operation in (tmp_path / "report.html").read_text(encoding="utf-8")
    suite = ET.parse(tmp_path / "flows.xml").getroot()[0]  # noqa: S314 - our own
    assert int(suite.attrib["failures"]) + int(suite.attrib["errors"]) > 0


@pytest.mark.check
def test_a_fault_that_random_requests_meet_is_named(tmp_path: Path) -> None:
    """What Schemathesis finds is told beside what the flows find, with the same name."""
    only = ("--only", "abortTask", "--st", str(ROOT / ".venv-contract" / "bin" / "st"))
    done, report = run(tmp_path, "--break", "abortTask", "--examples", "2", *only)

    assert done.returncode == 1, done.stdout
    found = [one for one in report["problems"] if "random requests" in one]
    assert found != []
    assert {problem.partition(" ")[0] for problem in report["problems"]} == {"abortTask"}
    assert any("Undocumented status code" in one for one in found), found
    assert all(one in done.stdout for one in found)


@pytest.mark.check
def test_nothing_is_left_behind_after_a_failure(tmp_path: Path) -> None:
    """Of a server that fails in the middle of flows, all that was made there is removed."""
    with Emulator() as cloud:
        for operation in ("retrieveTask", "closePool", "listJobTasks"):
            cloud.fail_next(operation, times=None, status=418)
        done, _ = run(tmp_path, **{URL: cloud.url, TOKEN: cloud.token})
        cloud.clear_faults()
        made = {one.operation for one in cloud.requests}
        cloud.advance(timedelta(minutes=5))
        with Connection(cluster_url=cloud.url, client_token=cloud.token) as connection:
            left = [*connection.jobs(), *connection.tasks(), *connection.pools()]

        assert done.returncode == 1, done.stdout
        assert {"createJob", "createTasks", "createPool"} <= made
        assert left == []
        assert cloud.token not in done.stdout + done.stderr


@pytest.mark.check
def test_a_server_elsewhere_is_only_read(tmp_path: Path) -> None:
    """A run that may not write sends nothing that could change something, and still says a lot."""
    with Emulator() as cloud:
        done, report = run(tmp_path, "--read-only", **{URL: cloud.url, TOKEN: cloud.token})
        methods = {(one.method, one.operation) for one in cloud.requests}

    assert done.returncode == 0, done.stdout
    assert report["headline"].startswith("read-only, 4 flows passed and 0 did not")
    sent = {operation for method, operation in methods if method != "GET"}
    assert {str(operation).partition("_")[0][:8] for operation in sent} == {"paginate"}


def test_a_server_without_a_token_of_its_own_is_not_asked(tmp_path: Path) -> None:
    """The token that the library would take from the environment is not sent anywhere."""
    with Emulator() as cloud:
        done, _ = run(tmp_path, **{URL: cloud.url, "QARNOT_CLIENT_TOKEN": cloud.token, TOKEN: ""})
        assert cloud.requests == []

    assert done.returncode == 2
    assert done.stderr.startswith(f"{TOKEN} is not set")
    assert cloud.token not in done.stdout + done.stderr


def test_a_server_that_cannot_be_used_is_named_at_once(tmp_path: Path) -> None:
    """A token that is not accepted ends the run before it has begun."""
    with Emulator() as cloud:
        done, _ = run(tmp_path, **{URL: cloud.url, TOKEN: "t0ken-of-nobody"})
        asked = [one.operation for one in cloud.requests]

    assert (done.returncode, asked) == (2, ["retrieveUserInfo"])
    assert done.stderr == f"{cloud.url} cannot be used: it does not accept the token (status 401)\n"


def test_a_server_that_is_not_on_loopback_is_read_only_unless_said() -> None:
    """By default nothing is made on a server that somebody may pay for."""
    there = {URL: "https://api.example.org", TOKEN: "t"}
    here = {URL: "http://127.0.0.1:8080/v1/", TOKEN: "t"}

    assert [named(one, writes=False) for one in (there, here)] == [
        Target("https://api.example.org", "t", read_only=True),
        Target("http://127.0.0.1:8080/v1", "t"),
    ]
    assert named(there, writes=True) == Target("https://api.example.org", "t")
    assert named({}, writes=False) is None
    assert "'t'" not in repr(named(there, writes=True))


@pytest.mark.parametrize("url", ["http://api.example.org", "api.example.org", "ftp://127.0.0.1"])
def test_the_token_leaves_this_machine_by_tls_alone(url: str) -> None:
    """A URL by which it would pass in the clear is refused."""
    with pytest.raises(NoTarget, match=f"^{URL} must be an https URL"):
        named({URL: url, TOKEN: "t"}, writes=False)


@pytest.mark.parametrize(
    ("given", "missing"), [({URL: "https://api.example.org"}, TOKEN), ({TOKEN: "t"}, URL)]
)
def test_the_token_of_production_is_never_used(given: dict[str, str], missing: str) -> None:
    """A server without a token of its own is refused, whatever else the environment holds."""
    with pytest.raises(NoTarget, match=f"^{missing} is not set"):
        named({**given, "QARNOT_CLIENT_TOKEN": "production"}, writes=False)
