"""`ValidatingProxy`: what passes is held to the document, and users' suites fail by it."""

from __future__ import annotations

import http.client
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from qarnot_domain import Connection
from qarnot_domain.emulator import Emulator
from qarnot_domain.testing import ValidatingProxy

JOB = {"name": "one"}


@pytest.fixture
def proxy(qarnot_emulator: Emulator) -> Iterator[ValidatingProxy]:
    """A proxy that does not verify at the end."""
    with ValidatingProxy(qarnot_emulator.url) as proxy:
        yield proxy


@pytest.fixture
def ask(proxy: ValidatingProxy, qarnot_emulator: Emulator) -> Callable[..., int]:
    """Send a request through the proxy, and give the status of the answer."""

    def ask(
        method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> int:
        connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=20)
        sent = {"Authorization": qarnot_emulator.token, **(headers or {})}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection.request(method, path, None if body is None else encoded, sent)
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()

    return ask


def test_what_the_library_sends_passes(
    qarnot_validated_connection: Connection, qarnot_contract: ValidatingProxy
) -> None:
    """A job and a task through the proxy: answers come back, none against the document."""
    job = qarnot_validated_connection.create_job("one")
    job.submit()
    task = qarnot_validated_connection.create_task("two", "docker-batch", job=job)
    task.submit()

    assert [one.uuid for one in job.tasks] == [task.uuid]
    assert qarnot_validated_connection.jobs(tags=["a", "b"]) == []
    assert [one.operation for one in qarnot_contract.exchanges][:2] == ["createJob", "createTasks"]


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        (("GET", "/nothing"), "no operation (GET /nothing, 404): the document has no such"),
        (("POST", "/jobs", {"name": ""}), "createJob (POST /jobs, 400): the body at /name"),
        (("POST", "/jobs", {"tags": ["a"]}), '"name" is a required property'),
        (("POST", "/jobs"), "createJob (POST /jobs, 400): a body is required"),
        (("POST", "/jobs", b"{"), "the body cannot be read"),
        (("POST", "/jobs", JOB, {"Content-Type": "text/csv"}), "the type 'text/csv' of the body"),
        (("GET", "/jobs?tagz=a"), "the query parameter 'tagz' is not documented"),
        (("GET", "/tasks/summaries?limit=1000"), "the query parameter 'limit'"),
        (("GET", "/hardware-constraints/cpu-model-constraints/search"), "'cpuModel' is required"),
        (("GET", "/jobs", {}), "no body is documented"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(map(str, value[:2])),
)
def test_a_wrong_request_is_named(
    ask: Callable[..., int], proxy: ValidatingProxy, request_: tuple[object, ...], named: str
) -> None:
    """Each is passed on all the same, and told with the operation and what is wrong."""
    ask(*request_)

    with pytest.raises(AssertionError, match="against the API document") as caught:
        proxy.verify()
    assert named in str(caught.value)
    proxy.clear()
    proxy.verify()


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"status": 418}, "listJobs (GET /jobs, 418): the status 418 is not documented"),
        ({"extra": {"uuid": 7}}, "listJobs (GET /jobs, 200): the answer at /0/uuid: 7 is not"),
        ({"status": 200, "html": True}, "the type 'text/html' of an answer with status 200"),
        ({"broken": True}, "the answer cannot be read"),
    ],
)
def test_a_wrong_answer_is_named(
    ask: Callable[..., int],
    proxy: ValidatingProxy,
    qarnot_emulator: Emulator,
    fault: dict[str, object],
    named: str,
) -> None:
    """A status, a member, a type and a text that the document does not have are each told."""
    ask("POST", "/jobs", JOB)
    qarnot_emulator.fail_next("listJobs", **fault)  # type: ignore[arg-type]  # of many types
    ask("GET", "/jobs")

    (problem,) = proxy.problems
    assert named in problem


def test_the_token_is_in_no_problem(
    ask: Callable[..., int], proxy: ValidatingProxy, qarnot_emulator: Emulator
) -> None:
    """A request that repeats the token in its body is told without it."""
    ask("POST", "/jobs", {"name": [qarnot_emulator.token]})

    assert proxy.problems
    assert qarnot_emulator.token not in str(proxy.problems) + repr(proxy) + repr(proxy.exchanges)


def test_read_only_passes_no_change_on(qarnot_emulator: Emulator) -> None:
    """A creation is refused by the proxy and never reaches the server; reading works."""
    with (
        ValidatingProxy(qarnot_emulator.url, read_only=True) as proxy,
        Connection(
            cluster_url=proxy.url,
            client_token=qarnot_emulator.token,
            clock=qarnot_emulator.clock,
        ) as connection,
    ):
        with pytest.raises(Exception, match="read-only here"):
            connection.create_job("one").submit()

        assert connection.jobs() == []
        assert [one.operation for one in qarnot_emulator.requests] == ["paginateJobs"]


def test_a_server_that_hangs_up_is_hung_up_for(
    qarnot_emulator: Emulator, qarnot_validated_connection: Connection
) -> None:
    """A lost answer stays lost behind the proxy, so the library asks again."""
    qarnot_emulator.fail_next("retrieveUserInfo", drop="after")

    assert qarnot_validated_connection.user_info.email
    assert [one.operation for one in qarnot_emulator.requests] == ["retrieveUserInfo"] * 2


@pytest.mark.parametrize("target", ["http://api.example.org", "api.example.org", "ftp://a", ""])
def test_a_target_that_will_not_do_is_refused(target: str) -> None:
    """No scheme, another one, or one that would show the token to the network."""
    with pytest.raises(ValueError, match="target: "):
        ValidatingProxy(target)


def test_a_users_suite_fails_by_what_the_document_forbids(tmp_path: Path) -> None:
    """As documented for a whole suite, code that sends a wrong body ends its test in an error."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = "-p qarnot_domain.testing"\n'
    )
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "conftest.py").write_text(
        "import pytest\n"
        "@pytest.fixture\n"
        "def qarnot_connection(qarnot_validated_connection):\n"
        "    return qarnot_validated_connection\n"
    )
    (tmp_path / "package" / "test_mine.py").write_text(
        "import http.client\n"
        "def send(proxy, body):\n"
        "    connection = http.client.HTTPConnection(proxy.url.removeprefix('http://'))\n"
        "    connection.request('POST', '/jobs', body, {'Content-Type': 'application/json'})\n"
        "    connection.getresponse().read()\n"
        "    connection.close()\n"
        "def test_right(qarnot_connection, qarnot_contract):\n"
        "    qarnot_connection.create_job('mine').submit()\n"
        "    assert [one.operation for one in qarnot_contract.exchanges] == ['createJob']\n"
        "def test_wrong(qarnot_contract):\n"
        "    send(qarnot_contract, b'{\"name\": 7}')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # noqa: TID251 - passed on as it is
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 passed, 1 error" in done.stdout
    assert "createJob (POST /jobs, 401): the body at /name: 7 is not of type" in done.stdout


@pytest.mark.parametrize("missing", ["jsonschema_rs", "yaml"])
def test_the_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Without what the extra brings, the error says how to install it."""
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "qarnot_domain._document")
    wanted = rf"{missing} is needed: pip install 'qarnot-domain\[testing\]'$"
    with pytest.raises(ModuleNotFoundError, match=wanted):
        importlib.import_module("qarnot_domain._document")
