"""Which server the flows are held against."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import pytest
from attrs import field, frozen

from qarnot_domain._clock import Clock
from qarnot_domain.testing import ValidatingProxy

URL: Final = "QARNOT_CONTRACT_URL"
TOKEN: Final = "QARNOT_CONTRACT_TOKEN"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


TARGET: Final = pytest.StashKey["Target"]()
"""The server that a run of `make contract` gives its flows; tests alone have none."""

PROXIES: Final = pytest.StashKey[list[ValidatingProxy]]()
"""What the flows of a run went through, for its report."""


class NoTarget(Exception):
    """What the environment says makes no target; its text says what to do."""


@frozen
class Target:
    """A server, and what may be done there."""

    url: str
    token: str = field(repr=False)
    read_only: bool = False
    clock: Clock | None = None
    """The clock of an emulator; `None` for the machine's."""
    tag: str = ""
    """What all that is made there carries; empty if the server ends with the run."""


def fresh_tag() -> str:
    """A tag that nothing carries yet."""
    return f"contract-{secrets.token_hex(6)}"


def named(environment: Mapping[str, str], *, writes: bool) -> Target | None:
    """The server that the environment names; `None` if it names none.

    Args:
        environment: of the process.
        writes: whether it may be changed although it is not on loopback.

    Raises:
        NoTarget: one of the two variables is missing, or the URL is none to send a token to. No
            other variable is looked at: the token of production must not get here by accident.
    """
    url, token = environment.get(URL, ""), environment.get(TOKEN, "")
    if not url and not token:
        return None
    if not url or not token:
        raise NoTarget(
            f"{TOKEN if url else URL} is not set: a server needs both {URL} and {TOKEN}, a token "
            "of its own for tests; QARNOT_CLIENT_TOKEN is not used"
        )
    parts = urlsplit(url)
    is_here = parts.hostname in _LOOPBACK
    if parts.hostname is None or parts.scheme not in ({"http", "https"} if is_here else {"https"}):
        raise NoTarget(
            f"{URL} must be an https URL, or an http one on loopback, as the token passes in the "
            f"clear: not {url!r}"
        )
    return Target(url.rstrip("/"), token, read_only=not is_here and not writes)
