"""Failures: the token is in no message, and in no local of a traceback that shows them all."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from qarnot_domain import (
    BulkSubmissionException,
    Connection,
    QarnotException,
    QarnotGenericException,
    RetrySettings,
)
from qarnot_domain.emulator import Emulator

from ..unit.driving import JOB_PAYLOAD, PROFILE, ActingClock, write_for_owner
from ..unit.wire import SILENCE, WireServer, http
from .showing import everything_shown

TOKEN = "a-token-that-nobody-may-see"


def client(url: str) -> Connection:
    """A connection that gives up at once."""
    return Connection(cluster_url=url, client_token=TOKEN, retry_count=0, clock=ActingClock())


FAILURES: dict[str, bytes] = {
    "closed": b"!",
    "half-a-head": b"!HTTP/1.1 200 OK\r\nContent-",
    "half-a-body": b"!" + http(length=100),
    "no-http": b"!" + TOKEN.encode() + b"\r\n\r\n",
    "header-that-is-none": f"!HTTP/1.1 200 OK\r\n{TOKEN}\r\n\r\n".encode(),
    "length-that-is-none": f"!HTTP/1.1 200 OK\r\nContent-Length: {TOKEN}\r\n\r\n".encode(),
    "not-gzip": http(headers="Content-Encoding: gzip\r\n"),
    "status-401": http("401 Unauthorized", json.dumps({"message": f"bad {TOKEN}"}).encode()),
    "status-400": http("400 Bad Request", json.dumps({"errors": {TOKEN: [TOKEN]}}).encode()),
    "status-500": http(f"500 {TOKEN}"),
    "status-302": http("302 Found", headers=f"Location: /{TOKEN}\r\n"),
    "page": http("502 Bad Gateway", f"<title>{TOKEN}</title>".encode(), content_type="text/html"),
    "no-json": http(body=f"{{{TOKEN}".encode()),
    "text": http(body=f'"{TOKEN}"'.encode()),
    "list": http(body=f'["{TOKEN}"]'.encode()),
}
"""Answers that no operation can make anything of."""

USES: dict[str, Callable[[Connection], object]] = {
    "read": lambda c: c.retrieve_job("x"),
    "create": lambda c: c.create_job("n").submit(),
    "bulk": lambda c: c.submit_tasks([c.create_task("n", PROFILE)]),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("answer", FAILURES)
def test_failed_exchange_shows_no_token(answer: str, use: str) -> None:
    """Whatever became of a request and its answer, the token is in no text and no local."""
    with WireServer(FAILURES[answer]) as server, client(server.url) as connection:
        with pytest.raises(QarnotException) as caught:
            USES[use](connection)
        assert everything_shown(caught.value).count(TOKEN) == 0


WRONG: dict[str, tuple[object, Callable[[Connection], object]]] = {
    "no-uuid": ({"uuid": {TOKEN: 1}}, lambda c: c.retrieve_job("x")),
    "uuid-that-is-the-token": ({"uuid": TOKEN}, lambda c: c.retrieve_job("x")),
    "no-date": ({**JOB_PAYLOAD, "creationDate": TOKEN}, lambda c: c.retrieve_job("x")),
    "no-object-in-a-list": ({"data": [TOKEN]}, lambda c: c.jobs()),
    "created-as-the-token": ({"uuid": TOKEN}, lambda c: c.create_job("n").submit()),
    "created-as-nothing": ({TOKEN: TOKEN}, lambda c: c.create_job("n").submit()),
    "no-constants": ({"constants": [TOKEN]}, lambda c: c.retrieve_profile("x")),
    "no-name-of-a-profile": ([{TOKEN: TOKEN}], lambda c: c.profiles_names()),
    "no-quota": ({"maxTask": TOKEN}, lambda c: c.user_info),
}
"""Answers that can be read and say something else than the API documents."""


@pytest.mark.parametrize("wrong", WRONG)
def test_answer_that_says_something_else_shows_no_token(wrong: str) -> None:
    """The server's words are quoted without the token, and what it said is in no local."""
    with (
        WireServer(http(body=json.dumps(WRONG[wrong][0]).encode())) as server,
        client(server.url) as connection,
        pytest.raises(QarnotException) as caught,
    ):
        WRONG[wrong][1](connection)
    assert everything_shown(caught.value).count(TOKEN) == 0


REFUSED: bytes = json.dumps([{"statusCode": 403, "message": f"bad {TOKEN}"}]).encode()


@pytest.mark.parametrize("status", ["207 Multi-Status", "403 Forbidden"])
def test_refusal_of_one_of_many_shows_no_token(status: str) -> None:
    """What a server says of each of several tasks is told without the token."""
    with WireServer(http(status, REFUSED)) as server, client(server.url) as connection:
        task = connection.create_task("n", PROFILE)
        with pytest.raises(BulkSubmissionException, match=r"bad \[redacted\]") as caught:
            connection.submit_tasks([task])
    for error in (caught.value, *caught.value.errors.values()):
        assert everything_shown(error).count(TOKEN) == 0


def test_answer_of_no_server_shows_no_token() -> None:
    """A connection that is refused leaves nothing behind of the request it was for."""
    with WireServer(b"!") as server:
        url = server.url
    with client(url) as connection, pytest.raises(QarnotGenericException) as caught:
        connection.jobs()
    assert everything_shown(caught.value).count(TOKEN) == 0


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no such signals here")
def test_interrupted_request_shows_no_token() -> None:
    """Ctrl-C passes from within the HTTP library, without its frames."""
    with WireServer(SILENCE) as server, client(server.url) as connection:

        def interrupt() -> None:
            while not server.received:
                threading.Event().wait(0.01)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt) as caught:
            connection.jobs()
        thread.join()
    assert everything_shown(caught.value).count(TOKEN) == 0


def test_refused_token_shows_no_token(qarnot_emulator: Emulator) -> None:
    """Neither the token that was sent nor the one that is accepted is in the refusal."""
    with client(qarnot_emulator.url) as connection, pytest.raises(QarnotException) as caught:
        connection.jobs()
    shown = everything_shown(caught.value)
    assert (shown.count(TOKEN), shown.count(qarnot_emulator.token)) == (0, 0)


SOURCES: dict[str, Callable[[Path], Mapping[str, Any]]] = {
    "argument": lambda path: {"client_token": TOKEN},
    "mapping": lambda path: {"fileconf": {"client_token": TOKEN}},
    "mapping-by-its-official-name": lambda path: {"fileconf": {"client_auth": TOKEN}},
    "file": lambda path: {"fileconf": path},
    "environment": lambda path: {},
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "bad",
    [
        {"cluster_url": "http://cluster.test"},
        {"cluster_timeout": 0},
        {"cluster_custom_certificate": "/no/such/file"},
        {"deadline": None},
        {"clock": None, "cluster_url": "https://cluster.test:99999"},
    ],
    ids=lambda bad: next(iter(bad)),
)
def test_bad_setting_shows_no_token(
    source: str, bad: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the token came from, a setting that is refused beside it does not show it."""
    path = write_for_owner(tmp_path / "qarnot.conf", f"[client]\ntoken = {TOKEN}\n")
    if source == "environment":
        monkeypatch.setenv("QARNOT_CLIENT_TOKEN", TOKEN)
    with pytest.raises((TypeError, ValueError)) as caught:
        Connection(**SOURCES[source](path), **bad)
    assert everything_shown(caught.value).count(TOKEN) == 0


def given_as(name: str, token: Any) -> dict[str, Any]:
    """A token as the argument of its name, or in a mapping."""
    return {name: {"client_token": token} if name == "fileconf" else token}


@pytest.mark.parametrize(
    "bad",
    [
        "",
        " {}",
        "{} ",
        "{}\n",
        "{}\r\nX-Header: injected",
        "{} and more",
        "{}\0",
        "{}\N{LATIN SMALL LETTER E WITH ACUTE}",
        "{}\x7f",
        "{}\N{ZERO WIDTH SPACE}",
    ],
)
@pytest.mark.parametrize("name", ["fileconf", "client_token"])
def test_token_that_no_header_can_hold_is_not_shown(name: str, bad: str) -> None:
    """It is refused by the setting's name alone: it may be the token but for a slip."""
    with pytest.raises(ValueError, match="client_token") as caught:
        Connection(**given_as(name, bad.format(TOKEN)))
    assert everything_shown(caught.value).count(TOKEN) == 0


@pytest.mark.parametrize("make", [str.encode, lambda token: [token], lambda token: {token: token}])
@pytest.mark.parametrize("name", ["fileconf", "client_token"])
def test_token_of_another_type_is_not_shown(name: str, make: Callable[[str], Any]) -> None:
    """It is a `TypeError` that names the setting and the type."""
    with pytest.raises(TypeError, match=r"client_token must be text, not (byt|lis|dic)") as caught:
        Connection(**given_as(name, make(TOKEN)))
    assert everything_shown(caught.value).count(TOKEN) == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://{}@cluster.test",
        "https://user:{}@cluster.test",
        "https://user:{}@cluster.test:port",
        "https://user:{}@[::1",
        "https://user:{}@cluster.test:99999",
        "user:{}@cluster.test",
        "ftp://user:{}@cluster.test",
        "http://user:{}@cluster.test",
        "https://user:{}@clu ster.test",
    ],
)
@pytest.mark.parametrize("in_mapping", [False, True])
def test_token_in_a_url_is_not_shown(url: str, in_mapping: bool) -> None:
    """Credentials do not belong in the URL, and its refusal does not show them."""
    with pytest.raises(ValueError, match="cluster_url must not hold a user name") as caught:
        Connection(
            {"cluster_url": url.format(TOKEN)} if in_mapping else None,
            client_token="another",
            cluster_url=None if in_mapping else url.format(TOKEN),
        )
    assert everything_shown(caught.value).count(TOKEN) == 0


def test_mapping_with_another_name_for_the_token_does_not_show_it() -> None:
    """What a setting that there is not holds may be the token."""
    with pytest.raises(ValueError, match="no setting token") as caught:
        Connection({"token": TOKEN})
    assert everything_shown(caught.value).count(TOKEN) == 0


@pytest.mark.parametrize(
    "content",
    [
        "token = {}",
        "[client]\ntoken = {}\ntoken = {}",
        "[client]\n{}",
        "[client\ntoken = {}",
        "[client]\ntoken = {}\n[client]\ntoken = {}",
        "[client]\ntoken = {} {}",
        "[client]\ntoken = {}\N{LATIN SMALL LETTER E WITH ACUTE}",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_broken_file_shows_no_token(tmp_path: Path, content: str, encoding: str) -> None:
    """A file that cannot be read is named, and nothing of its content is shown."""
    path = write_for_owner(tmp_path / "broken.conf", content.format(TOKEN, TOKEN), encoding)
    with pytest.raises(ValueError, match=r"fileconf|client_token") as caught:
        Connection(path)
    assert everything_shown(caught.value).count(TOKEN) == 0


@pytest.mark.parametrize("slip", ["{}", "{}\n", " {}"])
@pytest.mark.parametrize(
    "retrieve",
    ["retrieve_job", "retrieve_task", "retrieve_pool", "retrieve_profile", "profile_details"],
)
def test_token_given_as_an_id_by_mistake_is_not_shown(retrieve: str, slip: str) -> None:
    """It is refused, goes into no URL, and is in no text and no local."""
    with WireServer(b"!") as server, client(server.url) as connection:
        with pytest.raises(ValueError, match="this is the client_token") as caught:
            getattr(connection, retrieve)(slip.format(TOKEN))
        assert server.received == []
    assert everything_shown(caught.value).count(TOKEN) == 0


HALF_BUILT: dict[str, Callable[[Connection], object]] = {
    "connection": lambda c: Connection(client_token=TOKEN, cluster_url="nowhere"),
    "job": lambda c: c.create_job(""),
    "task": lambda c: c.create_task("", PROFILE),
    "task-with-bad-instances": lambda c: c.create_task("n", PROFILE, 0),
    "pool": lambda c: c.create_pool("", PROFILE),
    "value": lambda c: RetrySettings(-1),
    "emulator": lambda c: Emulator(max_processes=0, token=TOKEN),
}


@pytest.mark.parametrize("half_built", HALF_BUILT)
def test_object_that_is_refused_can_be_shown(half_built: str) -> None:
    """A traceback with locals shows the object under construction, and that fails with no error."""
    with (
        client("http://127.0.0.1:9") as connection,
        pytest.raises((TypeError, ValueError)) as caught,
    ):
        HALF_BUILT[half_built](connection)
    assert everything_shown(caught.value).count(TOKEN) == 0
