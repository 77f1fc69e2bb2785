"""Every kind of proxy leads to the cluster, and keeps none from knowing whom it talks to."""

from __future__ import annotations

import logging
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from qarnot_domain import ConnectionFailedException, SubmissionUnknownException, _proxy
from qarnot_domain._secret import Secret

from ..unit.wire import Act, Answer, WireServer, http
from .authority import Authority
from .clients import EMPTY_PAGE, PASSWORD, TOKEN, client
from .proxy import Proxy, SocksProxy
from .showing import everything_shown

LONG_PAGE = http(body=b'{"data": [], "isTruncated": false' + b" " * 300_000 + b"}")


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Of the cluster, and of proxies that speak TLS."""
    return Authority()


@pytest.fixture
def trusted(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file by which it is trusted, which it is."""
    path = authority.write(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


def test_request_without_tls_is_given_to_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the cluster, and says who asks it; the connection is used again."""
    with WireServer(EMPTY_PAGE) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://some%40body:{PASSWORD}@127.0.0.1:{proxy.port}")
        with (
            pytest.warns(UserWarning, match="cluster_unsafe"),
            client("http://cluster.test:81/v1", cluster_unsafe=True) as connection,
        ):
            assert connection.jobs() == connection.jobs() == []
    pair = b64encode(f"some@body:{PASSWORD}".encode()).decode()
    for request in proxy.received:
        assert request.line == "POST http://cluster.test:81/v1/jobs/paginate HTTP/1.1"
        assert request.headers["host"] == "cluster.test:81"
        assert request.headers["proxy-authorization"] == f"Basic {pair}"
    assert (len(proxy.received), proxy.connections) == (2, 1)


@pytest.mark.parametrize(
    ("who", "pair"),
    [("somebody@", "somebody:"), (f":{PASSWORD}@", f":{PASSWORD}"), ("", None)],
    ids=["user", "password", "nobody"],
)
def test_proxy_is_told_who_asks(
    monkeypatch: pytest.MonkeyPatch, who: str, pair: str | None
) -> None:
    """Half of a name and a password is something to tell, nothing is nothing."""
    with Proxy(0, b"HTTP/1.1 502 No\r\n\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{who}{proxy.address}")
        with client() as connection, pytest.raises(ConnectionFailedException):
            connection.jobs()
    told = [line for line in proxy.heads[0].splitlines() if line.startswith("Proxy-")]
    expected = None if pair is None else b64encode(pair.encode()).decode()
    assert told == ([] if pair is None else [f"Proxy-Authorization: Basic {expected}"])


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://proxy.test", 80),
        ("https://proxy.test", 443),
        ("socks5://proxy.test", 1080),
        ("socks5h://proxy.test", 1080),
        ("http://proxy.test:3128", 3128),
    ],
)
def test_proxy_has_the_port_of_its_scheme(url: str, port: int) -> None:
    """Unless its URL names another."""
    assert _proxy.Proxy.of(Secret(url))[1:3] == ("proxy.test", port)


def test_socks_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the proxy cannot be used, and the message says what to install."""
    monkeypatch.setitem(sys.modules, "python_socks", None)
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.test")
    with pytest.raises(ValueError, match=r"pip install 'qarnot-domain\[socks\]'"):
        client()
    monkeypatch.setenv("ALL_PROXY", "http://proxy.test")
    client().close()


@pytest.mark.parametrize(("status", "opens"), [(200, True), (201, True), (299, True), (300, False)])
def test_tunnel_is_open_after_a_success(
    authority: Authority,
    trusted: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    opens: bool,
) -> None:
    """Whichever success it is (RFC 9110, section 9.3.6)."""
    consent = f"HTTP/1.1 {status} Status\r\n\r\n".encode()
    with (
        WireServer(EMPTY_PAGE, tls=authority.good()) as server,
        Proxy(server.port, consent=consent) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        with client() as connection:
            if opens:
                assert connection.jobs() == []
            else:
                with pytest.raises(ConnectionFailedException, match="the proxy refused"):
                    connection.jobs()


def test_password_is_for_the_proxy_alone(
    authority: Authority, trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server behind a tunnel does not get it."""
    with WireServer(EMPTY_PAGE, tls=authority.good()) as server, Proxy(server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:{PASSWORD}@{proxy.address}")
        with client() as connection:
            assert connection.jobs() == []
    pair = b64encode(f"somebody:{PASSWORD}".encode()).decode()
    assert f"Proxy-Authorization: Basic {pair}\r\n" in proxy.heads[0]
    assert [request.headers.get("proxy-authorization") for request in server.received] == [None]


@pytest.mark.usefixtures("trusted")
def test_proxy_may_speak_tls_itself(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes through it is encrypted twice, and may be as long as it likes, both ways."""
    with (
        WireServer(LONG_PAGE, EMPTY_PAGE, tls=authority.good()) as server,
        Proxy(server.port, tls=authority.good()) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"https://{proxy.address}")
        with client() as connection:
            assert connection.jobs(tags=["x" * 300_000]) == []
            assert connection.jobs() == []
    assert [len(request.body) > 300_000 for request in server.received] == [True, False]
    assert [head.splitlines()[0] for head in proxy.heads] == ["CONNECT cluster.test:443 HTTP/1.1"]
    assert server.connections == 1
    assert proxy.seen.count(TOKEN.encode()) == 0


@pytest.mark.usefixtures("trusted")
def test_proxy_that_speaks_tls_gets_requests_without_it(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way to it is encrypted, where the cluster has no TLS."""
    with WireServer(EMPTY_PAGE, tls=authority.good()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"https://127.0.0.1:{proxy.port}")
        with (
            pytest.warns(UserWarning, match="cluster_unsafe"),
            client("http://cluster.test", cluster_unsafe=True) as connection,
        ):
            assert connection.jobs() == []
    assert [request.line for request in proxy.received] == [
        "POST http://cluster.test/jobs/paginate HTTP/1.1"
    ]


def test_proxy_that_is_not_trusted_gets_nothing(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that speaks TLS has to be whom it says it is."""
    with Proxy(0, tls=authority.good()) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"https://{proxy.address}")
        with client() as connection, pytest.raises(ConnectionFailedException, match="authority"):
            connection.jobs()
    assert proxy.heads == []


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("password", [None, PASSWORD])
@pytest.mark.usefixtures("trusted")
def test_proxy_may_speak_socks(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, scheme: str, password: str | None
) -> None:
    """It is told the cluster's name, and the password; what goes through it is encrypted."""
    who = "" if password is None else f"somebody:{password}@"
    with (
        WireServer(EMPTY_PAGE, tls=authority.good()) as server,
        SocksProxy(server.port, password) as proxy,
    ):
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://{who}{proxy.address}")
        with client() as connection:
            assert connection.jobs() == connection.jobs() == []
    assert proxy.asked == [("cluster.test", 443)]
    assert proxy.passwords == ([] if password is None else [password])
    assert len(proxy.seen) > 0
    assert proxy.seen.count(TOKEN.encode()) == 0


def test_socks_leads_to_a_cluster_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request is then the cluster's own: the proxy reads none."""
    with WireServer(EMPTY_PAGE) as server, SocksProxy(server.port) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5://{proxy.address}")
        with (
            pytest.warns(UserWarning, match="cluster_unsafe"),
            client("http://cluster.test:81", cluster_unsafe=True) as connection,
        ):
            assert connection.jobs() == []
    assert proxy.asked == [("cluster.test", 81)]
    assert [request.line for request in server.received] == ["POST /jobs/paginate HTTP/1.1"]


REFUSALS = {
    "the network": (None, 1, "the proxy refused"),
    "the password": ("another", 0, "the proxy refused"),
}


@pytest.mark.parametrize("refused", REFUSALS)
def test_socks_that_refuses_leaves_nothing_in_doubt(
    monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    """A creation is then a plain failure, and shows no password."""
    password, reply, words = REFUSALS[refused]
    with SocksProxy(0, password, reply) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5://somebody:{PASSWORD}@{proxy.address}")
        with (
            client() as connection,
            pytest.raises(ConnectionFailedException, match=words) as caught,
        ):
            connection.create_job("n").submit()
    assert everything_shown(caught.value).count(PASSWORD) == 0


GARBAGE: dict[str, Answer] = {
    "nothing": (Act.READ, Act.CLOSE),
    "no HTTP": b"!220 mail.example ESMTP\r\n",
    "half an answer": b"!HTTP/1.1 200",
}


@pytest.mark.parametrize("said", GARBAGE)
@pytest.mark.parametrize("scheme", ["http", "socks5", "https"])
def test_proxy_that_is_none_leaves_nothing_in_doubt(
    monkeypatch: pytest.MonkeyPatch, scheme: str, said: str
) -> None:
    """Whatever else answers there: no connection was made, and nothing was sent."""
    with WireServer(GARBAGE[said]) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{proxy.port}")
        with client(cluster_timeout=0.3) as connection, pytest.raises(ConnectionFailedException):
            connection.create_job("n").submit()


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


@pytest.mark.parametrize(
    "proxy",
    [
        "ftp://somebody:{}@proxy.test",
        "ftp://somebody:{}@proxy.test:21",
        "http://somebody:{}@:3128",
        "http://somebody:{}@[::1",
    ],
)
def test_proxy_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """A proxy of the environment that cannot be used is a `ValueError` that says so."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.format(PASSWORD))
    with pytest.raises(ValueError, match="proxy") as caught:
        client("https://cluster.test")
    shown = everything_shown(caught.value)
    assert (shown.count(TOKEN), shown.count(PASSWORD)) == (0, 0)
