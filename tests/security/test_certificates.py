"""Certificates, on real TLS: which are accepted, and what is said of those that are not."""

from __future__ import annotations

import re
import ssl
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qarnot_domain import Connection, ConnectionFailedException

from ..unit.driving import ActingClock
from ..unit.wire import WireServer, http
from .authority import Authority

TOKEN = "a-token-that-nobody-may-see"
EMPTY_PAGE = http(body=b'{"data": [], "isTruncated": false}')


def client(url: str, **settings: Any) -> Connection:
    """A connection whose clock notes each wait before a repetition."""
    return Connection(cluster_url=url, client_token=TOKEN, **{"clock": ActingClock(), **settings})


@pytest.fixture(scope="module")
def authority() -> Authority:
    """The authority of the clusters in these tests."""
    return Authority()


@pytest.fixture
def trusted(authority: Authority, tmp_path: Path) -> Path:
    """The file by which the authority is trusted."""
    return authority.write(tmp_path / "authority.pem")


# --- what is accepted ------------------------------------------------------------------------


def by_argument(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The authority as an argument."""
    return {"cluster_custom_certificate": path}


def by_file(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The authority in the ini file."""
    ini = folder / "qarnot.conf"
    ini.write_text(f"[cluster]\ncustom_certificate = {path}\n", encoding="utf-8")
    return {"fileconf": ini}


def by_mapping(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The authority in a mapping."""
    return {"fileconf": {"cluster_custom_certificate": path}}


def by_variable(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The authority in the environment."""
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return {}


Way = Callable[[Path, Path, pytest.MonkeyPatch], dict[str, Any]]
each_way = pytest.mark.parametrize("way", [by_argument, by_file, by_mapping, by_variable])


@each_way
def test_authority_of_ones_own_is_trusted(
    authority: Authority, trusted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    """By argument, file, mapping and `SSL_CERT_FILE` a cluster that it vouches for is accepted."""
    given = way(trusted, tmp_path, monkeypatch)
    with (
        WireServer(EMPTY_PAGE, tls=authority.good()) as server,
        client(server.url, **given) as connection,
    ):
        assert connection.jobs() == []
    assert [request.headers["authorization"] == TOKEN for request in server.received] == [True]


def test_argument_beats_the_environment(
    authority: Authority, trusted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An authority in `SSL_CERT_FILE` is not trusted when the argument gives another."""
    other = Authority().write(tmp_path / "other.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with (
        WireServer(EMPTY_PAGE, tls=authority.good()) as server,
        client(server.url, cluster_custom_certificate=other) as connection,
        pytest.raises(ConnectionFailedException),
    ):
        connection.jobs()
    assert server.received == []


# --- what is not -----------------------------------------------------------------------------

EXPIRED = "has expired; its operator has to renew it, unless the clock of this machine is wrong"
EARLY = "is not valid yet; set the clock of this machine, if it is wrong"
OTHER = "is for another host; cluster_url has to name the host that the certificate is for"
UNKNOWN = (
    "is not of an authority that is trusted here; give its authority's certificate as "
    "cluster_custom_certificate or in SSL_CERT_FILE, if you trust it"
)
SELF_SIGNED = (
    "is signed by itself alone; give it as cluster_custom_certificate or in SSL_CERT_FILE, if you "
    "trust it"
)
UNTRUSTED: dict[str, tuple[Callable[[Authority], ssl.SSLContext], str]] = {
    "expired": (Authority.expired, EXPIRED),
    "not-yet-valid": (Authority.not_yet_valid, EARLY),
    "another-address": (Authority.of_another_address, OTHER),
    "another-host": (Authority.of_another_host, OTHER),
    "unknown-issuer": (lambda _: Authority().good(), UNKNOWN),
    "unknown-intermediate": (Authority.by_an_unknown_intermediate, UNKNOWN),
    "self-signed": (lambda _: Authority().self_signed(), SELF_SIGNED),
}
each_untrusted = pytest.mark.parametrize("untrusted", UNTRUSTED)
USES: list[Any] = [
    pytest.param(lambda c: c.jobs(), "paginateJobs", id="read"),
    pytest.param(lambda c: c.create_job("n").submit(), "createJob", id="create"),
    pytest.param(lambda c: c.create_job("n", shortname="n").submit(), "createJob", id="keyed"),
]


@each_untrusted
@pytest.mark.parametrize(("use", "operation"), USES)
def test_certificate_that_is_wrong_is_told_in_one_sentence(
    authority: Authority,
    trusted: Path,
    untrusted: str,
    use: Callable[[Connection], object],
    operation: str,
) -> None:
    """It says what is wrong and how to mend it, once: nothing was sent, and nothing is repeated."""
    present, sentence = UNTRUSTED[untrusted]
    clock = ActingClock()
    with (
        WireServer(EMPTY_PAGE, tls=present(authority)) as server,
        client(server.url, cluster_custom_certificate=trusted, clock=clock) as connection,
        pytest.raises(ConnectionFailedException) as caught,
    ):
        use(connection)
    assert caught.value.operation == operation
    assert caught.value.message == f"the server's certificate {sentence}"
    assert (caught.value.attempts, clock.slept) == (1, [])
    assert server.received == []


def test_certificate_of_a_host_of_another_name(authority: Authority, trusted: Path) -> None:
    """A host that is asked for by its name has to be in the certificate by its name."""
    with WireServer(EMPTY_PAGE, tls=authority.of_another_address()) as server:
        url = f"https://localhost:{server.port}"
        with (
            client(url, cluster_custom_certificate=trusted) as connection,
            pytest.raises(ConnectionFailedException, match="for another host"),
        ):
            connection.jobs()
    assert server.received == []


def test_usual_authorities_do_not_vouch_for_just_anybody(authority: Authority) -> None:
    """Without any setting the certificate is verified, and one of an unknown authority refused."""
    with (
        WireServer(EMPTY_PAGE, tls=authority.good()) as server,
        client(server.url) as connection,
        pytest.raises(ConnectionFailedException, match="not of an authority that is trusted here"),
    ):
        connection.jobs()
    assert server.received == []


def test_refused_certificate_leaves_a_draft(authority: Authority, trusted: Path) -> None:
    """A creation that was not sent is not in doubt: it can be sent once the cluster is trusted."""
    with (
        WireServer(EMPTY_PAGE, tls=authority.expired()) as server,
        client(server.url, cluster_custom_certificate=trusted) as connection,
    ):
        job = connection.create_job("n")
        with pytest.raises(ConnectionFailedException):
            job.submit()
        job.name = "still a draft"
        assert job.uuid is None


# --- without verification --------------------------------------------------------------------


@each_untrusted
def test_unsafe_accepts_any_certificate_and_warns_once(
    authority: Authority, trusted: Path, untrusted: str
) -> None:
    """`cluster_unsafe` warns when the connection is built, and at none of its requests."""
    present, _ = UNTRUSTED[untrusted]
    with (
        WireServer(EMPTY_PAGE, tls=present(authority)) as server,
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        with client(server.url, cluster_unsafe=True) as connection:
            for _ in range(3):
                assert connection.jobs() == []
    assert [str(one.message) for one in warned] == [
        f"cluster_unsafe: the identity of {server.url} is not verified"
    ]
    assert len(server.received) == 3


@pytest.mark.parametrize("way", [by_argument, by_file])
def test_environment_does_not_undo_a_certificate(
    authority: Authority, trusted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    """`QARNOT_CLUSTER_UNSAFE` does not keep a certificate that was given from being used."""
    given = way(trusted, tmp_path, monkeypatch)
    monkeypatch.setenv("QARNOT_CLUSTER_UNSAFE", "1")
    with (
        WireServer(EMPTY_PAGE, tls=Authority().good()) as server,
        client(server.url, **given) as connection,
        pytest.raises(ConnectionFailedException, match="not of an authority"),
    ):
        connection.jobs()
    assert server.received == []


# --- files that are no certificate ------------------------------------------------------------

UNUSABLE: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "empty": lambda path: path.touch(),
    "no-certificate": lambda path: path.write_text("nothing", encoding="utf-8"),
    "no-text": lambda path: path.write_bytes(b"\xff\0"),
    "broken": lambda path: path.write_text(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", encoding="utf-8"
    ),
}


@each_way
@pytest.mark.parametrize("unusable", UNUSABLE)
def test_file_that_is_no_certificate_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way, unusable: str
) -> None:
    """Wherever it was given, it is a `ValueError` at once that names the setting and the file."""
    path = tmp_path / "authority.pem"
    UNUSABLE[unusable](path)
    given = way(path, tmp_path, monkeypatch)
    named = rf"^cluster_custom_certificate or SSL_CERT_FILE '{re.escape(str(path))}' "
    with pytest.raises(ValueError, match=named):
        client("https://cluster.test", **given)
