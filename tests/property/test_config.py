"""Settings from every combination of sources, and from every wrong value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qarnot_domain import QarnotGenericException
from qarnot_domain._secret import Secret
from qarnot_domain.config import DEFAULT_CLUSTER_TIMEOUT, DEFAULT_CLUSTER_URL, load

from . import strategies as s

URLS = s.shortnames(longest=20).map(lambda label: f"https://{label}.test")
TOKENS = s.secrets()
TIMEOUTS = st.integers(1, 10**6)

NAMES = (
    "cluster_url",
    "client_token",
    "cluster_unsafe",
    "cluster_timeout",
    "cluster_custom_certificate",
    "retry_count",
    "retry_wait",
    "deadline",
    "client_shortnames",
    "fileconf",
)

TOKEN = "a-token-that-nobody-may-see"


def three(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """What the argument, the file and the environment say, each of them something or nothing."""
    return st.lists(st.none() | values, min_size=3, max_size=3)


def first(values: list[Any], default: Any) -> Any:
    """The value that counts."""
    return next((value for value in values if value is not None), default)


def from_sources(
    urls: list[Any], tokens: list[Any], timeouts: list[Any], unsafes: list[Any]
) -> Callable[[], Any]:
    """The loading of settings from an argument, a mapping and an environment."""
    arguments, mapping = (
        {
            "cluster_url": urls[source],
            "client_token": tokens[source],
            "cluster_timeout": timeouts[source],
            "cluster_unsafe": unsafes[source],
        }
        for source in (0, 1)
    )
    environ = {
        "QARNOT_CLUSTER_URL": urls[2],
        "QARNOT_CLIENT_TOKEN": tokens[2],
        "QARNOT_CLUSTER_TIMEOUT": timeouts[2],
        "QARNOT_CLUSTER_UNSAFE": unsafes[2],
    }
    given_environ = {name: str(value) for name, value in environ.items() if value is not None}
    return lambda: load(mapping, **arguments, environ=given_environ)


@given(three(URLS), three(TOKENS), three(TIMEOUTS), three(st.booleans()))
def test_first_source_that_says_something_counts(
    urls: list[Any], tokens: list[Any], timeouts: list[Any], unsafes: list[Any]
) -> None:
    """Setting by setting: the argument, else the file, else the environment, else the default."""
    loading = from_sources(urls, tokens, timeouts, unsafes)
    if not any(tokens):
        with pytest.raises(QarnotGenericException, match="Token is mandatory"):
            loading()
        return
    settings = loading()
    default = DEFAULT_CLUSTER_TIMEOUT.total_seconds()
    assert settings.cluster_url == first(urls, DEFAULT_CLUSTER_URL)
    assert settings.client_token == Secret(first(tokens, None))
    assert settings.cluster_timeout == timedelta(seconds=first(timeouts, default))
    assert settings.cluster_unsafe is first(unsafes, False)
    # Its text may be part of the repr's own words.
    assert repr(settings) == repr(settings._replace(client_token=Secret("another")))


@given(
    st.sampled_from(NAMES),
    s.json_values()
    | st.floats()
    | st.integers()
    | st.timedeltas()
    | st.binary()
    | st.from_regex(r"https?://[^/\s]*"),
)
def test_any_value_is_taken_or_refused_by_name(name: str, value: Any) -> None:
    """Whatever a setting is given, it is complete and in range, or the refusal names it."""
    try:
        settings = load(**{"client_token": Secret(TOKEN), "environ": {}, name: value})
    except (QarnotGenericException, TypeError, ValueError) as error:
        refusal = str(error)
    else:
        assert settings.cluster_timeout > timedelta(0)
        assert settings.deadline > timedelta(0)
        assert settings.retry_wait >= timedelta(0)
        assert settings.retry_count >= 0
        assert settings.cluster_url.startswith(("https://", "http://"))
        assert all("!" <= character <= "~" for character in settings.client_token.reveal())
        return
    assert name in refusal
    assert TOKEN not in refusal


@given(st.text())
def test_any_text_of_a_file_is_read_or_refused_by_name(tmp_path_factory: Any, text: str) -> None:
    """A file of any content gives settings or a `ValueError` that names what is wrong."""
    path = tmp_path_factory.getbasetemp() / "any.conf"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        settings = load(path, client_token=Secret(TOKEN), environ={})
    except (TypeError, ValueError) as error:
        refusal = str(error)
    else:
        assert settings.client_token == Secret(TOKEN)
        return
    assert str(path) in refusal or "cluster_" in refusal
