"""The emulator over real HTTP, and as a program."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from qarnot_domain._clock import SystemClock
from qarnot_domain.emulator import EMULATOR_TOKEN, Emulator, ManualClock
from qarnot_domain.emulator._server import reserve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from qarnot_domain.emulator._break import Point

EVERYWHERE = "0.0.0.0"  # noqa: S104 - it must be refused


def test_a_job_lives_over_http(served: Emulator, http: httpx.Client) -> None:
    """Created, read, listed by an encoded tag, terminated and deleted, as time is moved on."""
    created = http.post("/jobs/", json={"Name": "n", "tags": ["a b,c/é"]})
    url = created.headers["location"]
    assert http.get(url).json()["state"] == "Active"
    assert len(http.get("/v1/jobs", params={"tag": "a b,c/é"}).json()) == 1
    assert http.post(f"/jobs/{created.json()['uuid']}/terminate").status_code == 200
    served.advance(timedelta(seconds=1))
    assert http.get(url).json()["state"] == "Completed"
    assert http.delete(url, params={"force": "true"}).content == b""
    served.advance(timedelta(seconds=1))
    assert http.get(url).status_code == 404


def test_answers_carry_the_emulated_date_and_nothing_of_the_server(
    served: Emulator, http: httpx.Client
) -> None:
    """One Date header, by the emulated clock, and no Server header."""
    served.advance(timedelta(days=1))
    headers = http.get("/settings").headers
    assert headers.get_list("date") == ["Fri, 02 Jan 2026 00:00:00 GMT"]
    assert "server" not in headers


def test_a_wrong_token_is_401(served: Emulator) -> None:
    """And one with a scheme before it is wrong."""
    answer = httpx.get(f"{served.url}/jobs", headers={"Authorization": f"Bearer {served.token}"})
    assert answer.status_code == 401


def test_any_path_is_answered_by_the_service(served: Emulator, http: httpx.Client) -> None:
    """A path with a line break in it is an unknown task, told as every other."""
    answer = http.get("/tasks/a%0Ab")
    assert (answer.status_code, answer.json()) == (404, {"message": "No such task: a\nb"})


@pytest.mark.parametrize(("drop", "jobs"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_sends_not_a_byte(
    served: Emulator, http: httpx.Client, drop: Point, jobs: int
) -> None:
    """The client sees the connection close; the server goes on serving others."""
    served.fail_next("createJob", drop=drop)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        http.post("/jobs", json={"name": "n"})
    assert len(http.get("/jobs").json()) == jobs


def test_a_fault_reaches_the_client_as_it_is(served: Emulator, http: httpx.Client) -> None:
    """Status, headers and body; a status without a body has none."""
    served.fail_next(status=503, retry_after=1.5, headers={"X-Y": "z"}, body="<html>")
    answer = http.get("/jobs")
    assert (answer.status_code, answer.text) == (503, "<html>")
    assert (answer.headers["retry-after"], answer.headers["x-y"]) == ("1.5", "z")
    served.fail_next(status=204)
    assert http.get("/jobs").content == b""


def test_a_connection_dropped_within_an_answer_leaves_it_incomplete(
    served: Emulator, http: httpx.Client
) -> None:
    """The client has the headers and some of the body, and is told that some is missing."""
    served.fail_next("listProfiles", drop="mid-body")
    with http.stream("GET", "/profiles") as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            answer.read()
    assert http.get("/profiles").status_code == 200


class SignalClock(SystemClock):
    """A machine's clock on which a sleep ends when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = threading.Semaphore(0)
        self.awake = threading.Event()

    def sleep(self, seconds: float) -> None:
        self.asleep.release()
        self.awake.wait()


def test_a_late_answer_holds_nobody_else_up() -> None:
    """Others are answered while it waits on the clock."""
    clock = SignalClock()
    with Emulator(clock=clock) as emulator, httpx.Client(base_url=emulator.url) as client:
        emulator.fail_next("listVersions", delay=3600)
        late = threading.Thread(target=lambda: answers.append(client.get("/versions").status_code))
        answers: list[int] = []
        late.start()
        clock.asleep.acquire()
        assert httpx.get(f"{emulator.url}/settings").status_code == 200
        assert answers == []
        clock.awake.set()
        late.join()
        assert answers == [200]


def test_the_emulator_is_driven_over_http(served: Emulator, http: httpx.Client) -> None:
    """By programs that cannot call Python."""
    assert http.post("/_emulator/faults", json={"status": 418}).status_code == 200
    assert http.get("/jobs").status_code == 418
    assert http.get("/_emulator/faults").json()[0]["met"][0]["operation"] == "listJobs"
    assert http.post("/_emulator/reset").content == b""
    assert http.get("/_emulator/faults").json() == []


def test_many_clients_at_once_get_what_they_ask_for(served: Emulator) -> None:
    """Each creation counts once."""

    def create(count: int) -> None:
        with httpx.Client(base_url=served.url, headers={"Authorization": served.token}) as client:
            for _ in range(count):
                assert client.post("/jobs", json={"name": "n"}).status_code == 200

    threads = [threading.Thread(target=create, args=(10,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    served.set_limits(max_jobs=80)
    info = httpx.get(f"{served.url}/info", headers={"Authorization": served.token}).json()
    assert (info["jobCount"], info["maxJob"]) == (80, 80)
    assert len(served.requests) == 81


def test_starting_and_stopping_twice_is_the_same_as_once() -> None:
    """And after a stop nothing listens, nothing is lost, and the URL comes back."""
    before = threading.enumerate()
    emulator = Emulator(clock=ManualClock(), token="t")
    emulator.stop()
    emulator.start()
    emulator.start()
    url = emulator.url
    headers = {"Authorization": "t"}
    httpx.post(f"{url}/jobs", headers=headers, json={"name": "n"})
    emulator.stop()
    emulator.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/settings")
    with emulator:
        assert emulator.url == url
        assert len(httpx.get(f"{url}/jobs", headers=headers).json()) == 1
    assert not set(threading.enumerate()) - set(before)


def test_stopping_does_not_wait_for_idle_connections(served: Emulator, http: httpx.Client) -> None:
    """A client that keeps its connection alive is simply closed."""
    http.get("/settings")
    served.stop()
    with pytest.raises(httpx.TransportError):
        http.get("/settings")


def test_the_socket_is_a_tcp_one_on_loopback() -> None:
    """The event loop sets TCP_NODELAY on no other, and then each request takes 44 ms."""
    with reserve("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
        assert listener.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("host", [EVERYWHERE, "192.0.2.1", "::", "example.org", ""])
def test_only_loopback_is_served(host: str) -> None:
    """There is no security, so nothing else may reach it."""
    with pytest.raises(ValueError, match="loopback"):
        Emulator(host=host).start()


def run(arguments: Sequence[str]) -> subprocess.Popen[str]:
    """The emulator as a program."""
    return subprocess.Popen(
        [sys.executable, "-m", "qarnot_domain.emulator", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_program_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    """It prints what to export, serves there with the token asked for, and stops cleanly."""
    with run(["--token", "its own", "--seed", "7", "--max-jobs", "3"]) as program:
        assert program.stdout is not None
        exports = dict(
            program.stdout.readline().strip().removeprefix("export ").split("=") for _ in range(2)
        )
        assert exports["QARNOT_CLIENT_TOKEN"] == "'its own'"
        url = exports["QARNOT_CLUSTER_URL"]
        headers = {"Authorization": "its own"}
        assert httpx.get(f"{url}/jobs", headers=headers).json() == []
        assert httpx.get(f"{url}/info", headers=headers).json()["maxJob"] == 3
        program.send_signal(number)
        _, errors = program.communicate()
    assert program.returncode == 0
    assert "Traceback" not in errors


def test_the_program_leaves_tasks_to_chance_if_asked() -> None:
    """How long they take, and how likely their instances fail."""
    options = ["--execution-times", "0.5", "00:00:01.5", "--failure-rate", "2"]
    with run(options) as program:
        _, errors = program.communicate()
    assert program.returncode == 1
    assert "failure_rate: is from 0 to 1, not 2.0" in errors
    with run(["--execution-times", "soon", "later"]) as program:
        _, errors = program.communicate()
    assert program.returncode == 2
    assert "'soon' must be a time span or seconds" in errors


def test_the_program_refuses_to_serve_the_world() -> None:
    """With a message and a failing exit code."""
    with run(["--host", EVERYWHERE]) as program:
        _, errors = program.communicate()
    assert program.returncode == 1
    assert "loopback" in errors


def test_the_program_goes_on_from_its_state_file(tmp_path: Path) -> None:
    """What was there when it stopped is there when it starts again."""
    path = tmp_path / "state.json"
    headers = {"Authorization": EMULATOR_TOKEN}
    counts: list[int] = []
    for _ in range(2):
        with run(["--state", str(path)]) as program:
            assert program.stdout is not None
            url = program.stdout.readline().strip().partition("=")[2]
            httpx.post(f"{url}/jobs", headers=headers, json={"name": "n"})
            counts.append(len(httpx.get(f"{url}/jobs", headers=headers).json()))
            program.terminate()
            program.communicate()
        assert program.returncode == 0
    assert counts == [1, 2]


def test_the_program_refuses_a_file_that_is_no_state(tmp_path: Path) -> None:
    """With its name and a failing exit code; the file stays as it is."""
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with run(["--state", str(path)]) as program:
        _, errors = program.communicate()
    assert program.returncode == 1
    assert "notes.txt is no state file" in errors
    assert path.read_text() == "mine"


def test_the_program_fails_when_it_cannot_save(tmp_path: Path) -> None:
    """It says so, and does not pretend to have stopped well."""
    path = tmp_path / "state.json"
    with run(["--state", str(path)]) as program:
        assert program.stdout is not None
        program.stdout.readline()
        path.mkdir()
        program.terminate()
        _, errors = program.communicate()
    assert program.returncode == 1
    assert "state.json" in errors
    assert "Traceback" not in errors


def test_the_default_token_says_that_it_is_none() -> None:
    """Nobody should mistake it for a secret."""
    assert Emulator().token == EMULATOR_TOKEN
