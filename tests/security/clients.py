"""A client whose token, and the password of its proxy, nobody may see."""

from __future__ import annotations

from typing import Any, Final

from qarnot_domain import Connection

from ..unit.driving import ActingClock
from ..unit.wire import http

TOKEN: Final = "a-token-that-nobody-may-see"
PASSWORD: Final = "a-password-that-nobody-may-see"
EMPTY_PAGE: Final = http(body=b'{"data": [], "isTruncated": false}')


def client(url: str = "https://cluster.test", **settings: Any) -> Connection:
    """A connection that gives up at once."""
    given: dict[str, Any] = {"retry_count": 0, "clock": ActingClock()}
    return Connection(cluster_url=url, client_token=TOKEN, **{**given, **settings})
