"""Where the token goes: in one header, to the cluster, and nowhere else."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    ConnectionFailedException,
    QarnotException,
    SubmissionUnknownException,
)

from ..unit.driving import PROFILE, ActingClock
from ..unit.wire import WireServer, http
from .authority import Authority
from .proxy import Proxy
from .showing import everything_shown

TOKEN = "a-token-that-nobody-may-see"
PASSWORD = "a-password-that-nobody-may-see"
EMPTY_PAGE = http(body=b'{"data": [], "isTruncated": false}')


def client(url: str, **settings: Any) -> Connection:
    """A connection that gives up at once."""
    given: dict[str, Any] = {"retry_count": 0, "clock": ActingClock()}
    return Connection(cluster_url=url, client_token=TOKEN, **{**given, **settings})


@pytest.fixture(scope="module")
def authority() -> Authority:
    """The authority of the cluster."""
    return Authority()


@pytest.fixture
def trusted(authority: Authority, tmp_path: Path) -> Path:
    """The file by which it is trusted."""
    return authority.write(tmp_path / "authority.pem")


# --- the request ---------------------------------------------------------------------------------


def test_token_is_in_its_header_and_nowhere_else() -> None:
    """Of all that is sent, one header holds the token, and it holds nothing else."""
    with WireServer(http("400 Bad Request")) as server, client(server.url) as connection:
        for use in (
            connection.jobs,
            connection.create_job("n", shortname="s").submit,
            connection.create_task("n", PROFILE).submit,
            lambda: connection.retrieve_pool("x"),
            lambda: connection.retrieve_profile("x"),
        ):
            with pytest.raises(QarnotException):
                use()
    for line, headers, body, _ in server.received:
        assert headers.pop("authorization") == TOKEN
        assert f"{line}{headers}{body!r}".count(TOKEN) == 0
    assert len(server.received) == 5


@pytest.mark.parametrize("location", ["/elsewhere", "//127.0.0.1/", "https://cluster.test/"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_an_error_whatever_it_is_for(status: int, location: str) -> None:
    """Not even to the same host: the one request is all there is."""
    answer = http(f"{status} Elsewhere", headers=f"Location: {location}\r\n")
    with (
        WireServer(answer) as server,
        client(server.url) as connection,
        pytest.raises(QarnotException) as caught,
    ):
        connection.retrieve_job("x")
    assert caught.value.status_code == status
    assert [request.line for request in server.received] == ["GET /jobs/x HTTP/1.1"]


def test_no_cookie_is_kept() -> None:
    """Each request says who it is by itself: a server cannot mark a client and follow it."""
    cookie = "Set-Cookie: session=1; Path=/\r\nSet-Cookie: other=2; Max-Age=9999\r\n"
    answers = (http(headers=cookie), http("401 Unauthorized", headers=cookie), EMPTY_PAGE)
    with WireServer(*answers) as server, client(server.url) as connection:
        connection.retrieve_profile("x")
        with pytest.raises(QarnotException):
            connection.jobs()
        connection.jobs()
    assert ["cookie" in request.headers for request in server.received] == [False] * 3


# --- proxies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_proxy_sees_a_tunnel_and_no_token(
    authority: Authority, trusted: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """For https a proxy is told the host alone; what goes through it is encrypted."""
    with WireServer(EMPTY_PAGE, tls=authority.good()) as server, Proxy(server.port) as proxy:
        monkeypatch.setenv(variable, f"http://{proxy.address}")
        with client("https://cluster.test", cluster_custom_certificate=trusted) as connection:
            assert connection.jobs() == []
    assert [head.splitlines()[0] for head in proxy.heads] == ["CONNECT cluster.test:443 HTTP/1.1"]
    assert proxy.heads[0].lower().count("authorization") == 0
    assert len(proxy.seen) > 0
    assert (proxy.heads[0] + proxy.seen.decode("latin-1")).count(TOKEN) == 0
    assert [request.headers["authorization"] == TOKEN for request in server.received] == [True]


def test_proxy_that_reads_along_is_not_trusted(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that presents a certificate of its own for the cluster gets no token."""
    with WireServer(EMPTY_PAGE, tls=authority.good()) as between, Proxy(between.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        with (
            client("https://cluster.test") as connection,
            pytest.raises(ConnectionFailedException, match="not of an authority"),
        ):
            connection.jobs()
    assert between.received == []
    assert proxy.heads[0].count(TOKEN) == 0


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway"])
def test_proxy_that_refuses_leaves_nothing_in_doubt(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: str
) -> None:
    """Without a tunnel nothing was sent, so a creation is a plain failure; no password is shown."""
    caplog.set_level(logging.DEBUG)
    with Proxy(0, f"HTTP/1.1 {status}\r\n\r\n".encode()) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:{PASSWORD}@{proxy.address}")
        with (
            client("https://cluster.test") as connection,
            pytest.raises(ConnectionFailedException, match="the proxy refused") as caught,
        ):
            connection.create_job("n").submit()
    assert not isinstance(caught.value, SubmissionUnknownException)
    shown = everything_shown(caught.value) + caplog.text
    assert (shown.count(TOKEN), shown.count(PASSWORD)) == (0, 0)


@pytest.mark.parametrize("proxy", ["ftp://somebody:{}@proxy.test", "http://somebody:{}@[::1"])
def test_proxy_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """A proxy of the environment that cannot be used is a `ValueError` that says so."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.format(PASSWORD))
    with pytest.raises(ValueError, match="proxy") as caught:
        client("https://cluster.test")
    shown = everything_shown(caught.value)
    assert (shown.count(TOKEN), shown.count(PASSWORD)) == (0, 0)
