"""What a run created on a server, so that it can be removed again."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from qarnot_domain import (
    Connection,
    Job,
    Pool,
    QarnotException,
    Task,
)
from qarnot_domain.testing import Exchange

_CREATING: Final = ("create", "clone", "retry", "recover", "resume")
_KINDS: Final = ("task", "job", "pool")
"""In the order in which they can go."""


class Ledger:
    """Watches exchanges, and keeps the uuid of each object that an answer says was made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, list[str]] = {kind: [] for kind in _KINDS}

    def __call__(self, exchange: Exchange, answer: bytes) -> None:
        """Take in one exchange."""
        creates = (exchange.operation or "").startswith(_CREATING)
        if exchange.method != "POST" or not creates or exchange.status not in {200, 207}:
            return
        kind = exchange.path.strip("/").split("/")[0].removesuffix("s")
        with self._lock:
            self._made[kind] += _uuids(answer)

    def remove(self, connection: Connection, url: str, token: str, tag: str) -> list[str]:
        """Remove what was made, and what carries the tag all the same; give what could not go."""
        left: list[str] = []
        for kind in _KINDS:
            for uuid in dict.fromkeys([*self._made[kind], *_tagged(connection, kind, tag)]):
                status = _removed(url, token, kind, uuid)
                if status not in {200, 204, 404}:
                    left.append(f"{kind} {uuid}: status {status}")
        return left


def _uuids(answer: bytes) -> Iterator[str]:
    try:
        made = json.loads(answer)
    except ValueError:
        return
    for one in made if isinstance(made, list) else [made]:
        if isinstance(one, dict) and isinstance(one.get("uuid"), str):
            yield one["uuid"]


def _tagged(connection: Connection, kind: str, tag: str) -> list[str]:
    """What carries the tag: an answer may have been lost, or wrong, which said what was made."""
    found: Sequence[Job | Task | Pool]
    try:
        if kind == "job":
            found = connection.jobs(tags=[tag])
        elif kind == "task":
            found = connection.tasks(tags=[tag])
        else:
            found = connection.pools(tags=[tag])
    except QarnotException:
        return []
    return [str(one.uuid) for one in found]


def _removed(url: str, token: str, kind: str, uuid: str) -> int:
    """The status of its deletion: asked for plainly, as the library may be at fault."""
    server = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    query = "?force=true" if kind == "job" else ""
    try:
        server.request("DELETE", f"/{kind}s/{uuid}{query}", headers={"Authorization": token})
        return server.getresponse().status
    finally:
        server.close()
