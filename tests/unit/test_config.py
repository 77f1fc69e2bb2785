"""Settings: where they come from, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from qarnot_domain import Connection, QarnotGenericException
from qarnot_domain._secret import Secret
from qarnot_domain.config import Settings, load

from .driving import write_for_owner

TOKEN = "any-token"
URL = "https://cluster.test"

INI = """
[cluster]
url = https://file.test
unsafe = no
timeout = 12.5
[client]
token = token-of-the-file
"""

ENVIRONMENT = {
    "QARNOT_CLUSTER_URL": "https://environment.test",
    "QARNOT_CLIENT_TOKEN": "token-of-the-environment",
    "QARNOT_CLUSTER_UNSAFE": "false",
    "QARNOT_CLUSTER_TIMEOUT": "7",
}


def given(**arguments: Any) -> Settings:
    """The settings with a token, nothing in the environment, and these arguments."""
    return load(**{"client_token": Secret(TOKEN), "environ": {}, **arguments})


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    """A configuration file."""
    return write_for_owner(tmp_path / "qarnot.conf", INI)


# --- defaults and precedence ----------------------------------------------------------------------


def test_defaults() -> None:
    """Without anything but a token the settings are the documented ones."""
    assert given() == Settings(
        cluster_url="https://api.qarnot.com",
        client_token=Secret(TOKEN),
        cluster_unsafe=False,
        cluster_timeout=timedelta(seconds=30),
        cluster_custom_certificate=None,
        retry_count=5,
        retry_wait=timedelta(seconds=1),
        deadline=timedelta(minutes=5),
        max_response_bytes=100_000_000,
        client_shortnames=False,
    )


@pytest.mark.parametrize(
    ("name", "argument", "in_file", "in_environment", "default"),
    [
        (
            "cluster_url",
            "https://argument.test",
            "https://file.test",
            "https://environment.test",
            "https://api.qarnot.com",
        ),
        (
            "client_token",
            Secret("argument"),
            Secret("token-of-the-file"),
            Secret("token-of-the-environment"),
            None,
        ),
        ("cluster_timeout", 3, 12.5, 7, 30),
    ],
)
def test_argument_then_file_then_environment_then_default(
    ini: Path, name: str, argument: Any, in_file: Any, in_environment: Any, default: Any
) -> None:
    """Each setting is taken from the first of the sources that gives it."""

    def value(**arguments: Any) -> object:
        found = getattr(load(**arguments), name)
        return found.total_seconds() if isinstance(found, timedelta) else found

    assert value(fileconf=ini, environ=ENVIRONMENT, **{name: argument}) == argument
    assert value(fileconf=ini, environ=ENVIRONMENT) == in_file
    assert value(environ=ENVIRONMENT) == in_environment
    if default is not None:
        assert value(environ={"QARNOT_CLIENT_TOKEN": TOKEN}) == default


def test_sources_are_mixed_setting_by_setting(tmp_path: Path) -> None:
    """A file with one setting leaves the others to the environment."""
    path = tmp_path / "part.conf"
    path.write_text("[cluster]\nurl = https://file.test\n", encoding="utf-8")
    settings = load(path, environ=ENVIRONMENT, cluster_timeout=1)
    assert settings.cluster_url == "https://file.test"
    assert settings.client_token == Secret("token-of-the-environment")
    assert settings.cluster_timeout == timedelta(seconds=1)


def test_unsafe_of_the_argument_beats_the_others(tmp_path: Path) -> None:
    """`False` is a value: it is not passed over for a `True` further back."""
    path = tmp_path / "unsafe.conf"
    path.write_text("[cluster]\nunsafe = true\n", encoding="utf-8")
    environ = {"QARNOT_CLIENT_TOKEN": TOKEN, "QARNOT_CLUSTER_UNSAFE": "1"}
    assert load(path, environ=environ, cluster_unsafe=False).cluster_unsafe is False
    assert load(path, environ=environ).cluster_unsafe is True
    assert load(environ=environ).cluster_unsafe is True


def test_empty_variables_are_not_set() -> None:
    """A variable that is empty gives nothing, as in a shell script that clears it."""
    environ = dict.fromkeys(ENVIRONMENT, "")
    assert load(client_token=Secret(TOKEN), environ=environ) == given()
    with pytest.raises(QarnotGenericException, match="Token is mandatory"):
        load(environ=environ)


def test_the_process_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless told otherwise it is the process's own environment."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with Connection() as connection:
        assert connection.cluster_url == "https://environment.test"


def test_other_variables_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the documented variables count."""
    environ = {"QARNOT_CLIENT_TOKEN": TOKEN, "QARNOT_RETRY_COUNT": "9", "CLUSTER_URL": "x"}
    assert load(environ=environ) == given()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_authority_in_the_environment_comes_last(tmp_path: Path, variable: str) -> None:
    """The variables of OpenSSL count where neither argument nor file names an authority."""
    path = tmp_path / "authority.conf"
    path.write_text(f"[cluster]\ncustom_certificate = {path}\n", encoding="utf-8")
    environ = {variable: str(tmp_path)}

    def trusted(**arguments: Any) -> str | None:
        return given(environ=environ, **arguments).cluster_custom_certificate

    assert trusted() == str(tmp_path)
    assert trusted(fileconf=path) == str(path)
    assert trusted(fileconf=path, cluster_custom_certificate=tmp_path / "..") == f"{tmp_path}/.."


@pytest.mark.parametrize(
    ("argument", "in_file", "in_environment", "expected"),
    [
        ({"cluster_custom_certificate": "."}, {}, {"QARNOT_CLUSTER_UNSAFE": "1"}, False),
        ({"cluster_custom_certificate": "."}, {"cluster_unsafe": True}, {}, False),
        ({}, {"cluster_custom_certificate": "."}, {"QARNOT_CLUSTER_UNSAFE": "1"}, False),
        ({"cluster_unsafe": True}, {"cluster_custom_certificate": "."}, {}, True),
        ({"cluster_unsafe": True, "cluster_custom_certificate": "."}, {}, {}, True),
        ({}, {"cluster_unsafe": True}, {"SSL_CERT_FILE": "."}, True),
        ({}, {}, {"QARNOT_CLUSTER_UNSAFE": "1", "SSL_CERT_FILE": "."}, True),
    ],
)
def test_certificate_is_undone_by_nothing_further_back(
    argument: Any, in_file: Any, in_environment: Any, expected: bool
) -> None:
    """Whether to verify is said by the first source that has anything to say of it."""
    settings = given(**argument, fileconf=in_file, environ=in_environment)
    assert settings.cluster_unsafe is expected


# --- the token ------------------------------------------------------------------------------------


def test_no_token_anywhere_says_where_to_give_one() -> None:
    """It is the official SDK's exception, with the three ways in its message."""
    with pytest.raises(QarnotGenericException, match=r"client_token.*file.*QARNOT_CLIENT_TOKEN"):
        load(environ={})


# --- cluster_url ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (URL, URL),
        (f"{URL}/", URL),
        (f"{URL}:8443", f"{URL}:8443"),
        (f"{URL}/v1", f"{URL}/v1"),
        (f"{URL}/v1/", f"{URL}/v1"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_url_is_kept_without_its_last_slash(url: str, kept: str) -> None:
    """A URL of the API, with a port and a path if need be."""
    assert given(cluster_url=url).cluster_url == kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "cluster.test",
        "//cluster.test",
        "https://",
        "https:///path",
        "https://:443",
        "ftp://cluster.test",
        "file:///etc/passwd",
        "https://cluster.test?query=1",
        "https://cluster.test#fragment",
        "https://cluster.test:port",
        "https://cluster.test:99999",
        "https://[::1",
        "https://clu ster.test",
        "https://cluster.test\n",
        "https://cluster.test/\r\nHost: other",
        "https://cl\N{LATIN SMALL LETTER U WITH DIAERESIS}ster.test",
        "https://cluster.test\\@other.test",
    ],
)
def test_url_that_is_none_is_refused_by_name(url: str) -> None:
    """Anything else is a `ValueError` that names the setting; an empty one is not "the default"."""
    with pytest.raises(ValueError, match="cluster_url"):
        given(cluster_url=url)


@pytest.mark.parametrize("url", [3, b"https://cluster.test", True, ["https://cluster.test"]])
def test_url_of_another_type_is_refused_by_name(url: Any) -> None:
    """What is not text is a `TypeError` that names the setting."""
    with pytest.raises(TypeError, match="cluster_url"):
        given(cluster_url=url)


@pytest.mark.parametrize(
    "url",
    [
        "http://cluster.test",
        "http://api.qarnot.com",
        "http://localhost.evil.test",
        "http://127.0.0.1.evil.test",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "HTTP://cluster.test",
    ],
)
def test_plain_http_would_show_the_token_on_the_way(url: str) -> None:
    """Plain http to any other host is refused, unless the user says it is known to be unsafe."""
    with pytest.raises(ValueError, match=r"cluster_url.*cluster_unsafe"):
        given(cluster_url=url)
    assert given(cluster_url=url, cluster_unsafe=True).cluster_unsafe is True


def test_plain_http_is_refused_from_every_source(tmp_path: Path) -> None:
    """Neither a file nor a variable gets around it."""
    path = tmp_path / "plain.conf"
    path.write_text("[cluster]\nurl = http://cluster.test\n", encoding="utf-8")
    environ = {"QARNOT_CLUSTER_URL": "http://cluster.test", "QARNOT_CLIENT_TOKEN": TOKEN}
    with pytest.raises(ValueError, match="cluster_url"):
        load(path, client_token=Secret(TOKEN), environ={})
    with pytest.raises(ValueError, match="cluster_url"):
        load(environ=environ)


# --- the other settings ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("cluster_timeout", 0, ValueError),
        ("cluster_timeout", -1, ValueError),
        ("cluster_timeout", timedelta(0), ValueError),
        ("cluster_timeout", timedelta(seconds=-1), ValueError),
        ("cluster_timeout", float("nan"), ValueError),
        ("cluster_timeout", float("inf"), ValueError),
        ("cluster_timeout", 1e300, ValueError),
        ("cluster_timeout", 1e-12, ValueError),
        ("cluster_timeout", 10**400, ValueError),
        ("cluster_timeout", "soon", ValueError),
        ("cluster_timeout", True, TypeError),
        ("cluster_timeout", [30], TypeError),
        ("max_response_bytes", 0, ValueError),
        ("max_response_bytes", -1, ValueError),
        ("max_response_bytes", 1e6, TypeError),
        ("max_response_bytes", None, TypeError),
        ("max_response_bytes", True, TypeError),
        ("deadline", 0, ValueError),
        ("deadline", 1e300, ValueError),
        ("deadline", -1, ValueError),
        ("deadline", None, TypeError),
        ("deadline", False, TypeError),
        ("retry_wait", -1, ValueError),
        ("retry_wait", float("nan"), ValueError),
        ("retry_wait", 1e300, ValueError),
        ("retry_wait", "1", TypeError),
        ("retry_wait", True, TypeError),
        ("retry_count", -1, ValueError),
        ("retry_count", 1.0, TypeError),
        ("retry_count", "5", TypeError),
        ("retry_count", True, TypeError),
        ("retry_count", None, TypeError),
        ("cluster_unsafe", "maybe", ValueError),
        ("cluster_unsafe", 1, TypeError),
        ("cluster_unsafe", 0, TypeError),
        ("cluster_unsafe", [], TypeError),
        ("client_shortnames", 1, TypeError),
        ("client_shortnames", None, TypeError),
        ("cluster_custom_certificate", "/no/such/file.pem", ValueError),
        ("cluster_custom_certificate", "", ValueError),
        ("cluster_custom_certificate", "nul\0byte", ValueError),
        ("cluster_custom_certificate", 3, TypeError),
        ("fileconf", "/no/such/file.conf", ValueError),
        ("fileconf", "nul\0byte", ValueError),
        ("fileconf", "", ValueError),
        ("fileconf", 3, TypeError),
        ("fileconf", b"bytes.conf", TypeError),
        ("fileconf", {"retry_count": 3}, ValueError),
        ("fileconf", {"token": TOKEN}, ValueError),
        ("fileconf", {3: TOKEN}, ValueError),
    ],
)
def test_bad_value_is_refused_by_name(name: str, value: Any, error: type[Exception]) -> None:
    """Each bad value is a `TypeError` or a `ValueError` that names its setting."""
    with pytest.raises(error, match=name):
        given(**{name: value})


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("QARNOT_CLUSTER_URL", "banana", "cluster_url"),
        ("QARNOT_CLUSTER_TIMEOUT", "banana", "cluster_timeout"),
        ("QARNOT_CLUSTER_TIMEOUT", "0", "cluster_timeout"),
        ("QARNOT_CLUSTER_TIMEOUT", "-3", "cluster_timeout"),
        ("QARNOT_CLUSTER_TIMEOUT", "nan", "cluster_timeout"),
        ("QARNOT_CLUSTER_TIMEOUT", "1e999", "cluster_timeout"),
        ("QARNOT_CLUSTER_UNSAFE", "banana", "cluster_unsafe"),
        ("QARNOT_CLIENT_TOKEN", "two words", "client_token"),
    ],
)
def test_bad_variable_is_refused_by_the_settings_name(variable: str, value: str, name: str) -> None:
    """What is wrong in the environment is told by the setting it is about."""
    with pytest.raises(ValueError, match=name):
        load(environ={"QARNOT_CLIENT_TOKEN": TOKEN, variable: value})


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("timeout = soon", "cluster_timeout"),
        ("timeout =", "cluster_timeout"),
        ("unsafe = perhaps", "cluster_unsafe"),
        ("url = cluster", "cluster_url"),
        ("custom_certificate = /no/such/file", "cluster_custom_certificate"),
    ],
)
def test_bad_line_of_a_file_is_refused_by_the_settings_name(
    tmp_path: Path, line: str, name: str
) -> None:
    """What is wrong in a file is told by the setting it is about."""
    path = tmp_path / "bad.conf"
    path.write_text(f"[cluster]\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=name):
        given(fileconf=path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, True) for text in ("1", "true", "True", "YES", "on", " on ")),
        *((text, False) for text in ("0", "false", "No", "OFF")),
    ],
)
def test_unsafe_as_text(text: str, expected: bool) -> None:
    """Files and variables spell it in the usual ways."""
    environ = {"QARNOT_CLIENT_TOKEN": TOKEN, "QARNOT_CLUSTER_UNSAFE": text}
    assert load(environ=environ).cluster_unsafe is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3.0), (0.5, 0.5), (timedelta(minutes=1), 60.0), ("2.5", 2.5)],
)
def test_timeout_is_seconds_or_a_timedelta(value: Any, expected: float) -> None:
    """A number, a `timedelta`, or the text of a number where it comes from a file."""
    assert given(cluster_timeout=value).cluster_timeout == timedelta(seconds=expected)


def test_retry_settings_may_be_zero() -> None:
    """No retries, and no wait between them, are allowed."""
    settings = given(retry_count=0, retry_wait=0)
    assert (settings.retry_count, settings.retry_wait) == (0, timedelta(0))


# --- files and mappings ----------------------------------------------------------------------


def test_file_is_read_by_its_official_sections(ini: Path) -> None:
    """The sections and options are those of the official SDK's file."""
    for path in (ini, str(ini)):
        settings = load(path, environ={})
        assert settings.cluster_url == "https://file.test"
        assert settings.client_token == Secret("token-of-the-file")
        assert settings.cluster_timeout == timedelta(seconds=12.5)
        assert settings.cluster_unsafe is False


def test_file_of_the_official_sdk_with_more_in_it(tmp_path: Path) -> None:
    """Its other sections and its older name for the token do no harm."""
    path = write_for_owner(
        tmp_path / "official.conf",
        "[cluster]\nurl=https://file.test\n[client]\nauth=older-name\n"
        "[storage]\nurl=https://storage.test\nunsafe=false\n",
    )
    assert load(path, environ={}).client_token == Secret("older-name")


def test_file_may_hold_a_token_with_a_per_cent_sign(tmp_path: Path) -> None:
    """No character of a token means anything to the file's format."""
    path = write_for_owner(tmp_path / "percent.conf", "[client]\ntoken = 100%(x)s%%;#=\n")
    assert load(path, environ={}).client_token == Secret("100%(x)s%%;#=")


def test_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    """What an editor on Windows puts in front does no harm."""
    path = write_for_owner(tmp_path / "mark.conf", "[client]\ntoken = x\n", "utf-8-sig")
    assert load(path, environ={}).client_token == Secret("x")


def test_mapping_has_the_names_of_the_arguments(tmp_path: Path) -> None:
    """A mapping gives settings as they are, and the rest has its defaults (official: TypeError)."""
    settings = load({"cluster_url": URL, "client_token": TOKEN}, environ={})
    assert settings == given(cluster_url=URL)
    full = {
        "cluster_url": "http://cluster.test",
        "client_token": TOKEN,
        "cluster_unsafe": True,
        "cluster_timeout": timedelta(seconds=3),
        "cluster_custom_certificate": tmp_path,
    }
    settings = load(full, environ=ENVIRONMENT)
    kept = {"cluster_custom_certificate": str(tmp_path), "client_token": Secret(TOKEN)}
    assert settings == given(**full | kept)


def test_mapping_may_use_the_official_name_of_the_token() -> None:
    """`client_auth` is the official SDK's word; `client_token` beats it."""
    assert load({"client_auth": "a"}, environ={}).client_token == Secret("a")
    both = {"client_auth": "a", "client_token": "t"}
    assert load(both, environ={}).client_token == Secret("t")


def test_mapping_is_not_changed() -> None:
    """The caller's mapping stays as it was."""
    mapping = {"client_auth": TOKEN, "cluster_url": URL}
    load(mapping, environ={})
    assert mapping == {"client_auth": TOKEN, "cluster_url": URL}


def test_none_in_a_mapping_is_not_set() -> None:
    """`None` leaves the setting to the next source."""
    settings = load({"cluster_url": None, "client_token": None}, environ=ENVIRONMENT)
    assert settings.cluster_url == "https://environment.test"


def test_settings_cannot_be_changed() -> None:
    """What a connection was built with stays."""
    with pytest.raises(AttributeError):
        given().cluster_url = URL  # type: ignore[misc]
