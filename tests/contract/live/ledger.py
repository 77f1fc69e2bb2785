"""What a run created on a server, so that it can be removed again."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from attrs import frozen

from qarnot_domain._clock import SystemClock
from qarnot_domain.testing import Exchange

from .target import Target

_CREATING: Final = ("create", "clone", "retry", "recover", "resume")
_KINDS: Final = ("tasks", "jobs", "pools")
"""In the order in which they can go."""

_COME_BACK: Final = frozenset({429, 500, 502, 503, 504})
_MAX_ATTEMPTS: Final = 6
_MAX_WAIT: Final = 60.0
"""In seconds: what is left behind may cost, so a server that is busy is asked again."""


class Ledger:
    """Watches exchanges, and keeps the uuid of each object that an answer says was made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, dict[str, None]] = {kind: {} for kind in _KINDS}

    def __call__(self, exchange: Exchange, answer: bytes) -> None:
        """Take in one exchange."""
        creates = (exchange.operation or "").startswith(_CREATING)
        if exchange.method != "POST" or not creates or exchange.status not in {200, 207}:
            return
        kind = exchange.path.strip("/").split("/")[0]
        with self._lock:
            self._made[kind].update(dict.fromkeys(_uuids(answer)))

    def take_in(self, journal: Path) -> None:
        """Take in lines of what another process made, and removed: `made tasks UUID`."""
        for line in journal.read_text("utf-8").splitlines() if journal.exists() else ():
            # Of a process that was ended, the last line may be half.
            match line.split():
                case "made", kind, uuid if kind in _KINDS:
                    self._made[kind][uuid] = None
                case "gone", kind, uuid if kind in _KINDS:
                    self._made[kind].pop(uuid, None)

    def remove(self, target: Target, tag: str) -> list[str]:
        """Remove what was made, and what carries the tag all the same; give what could not go.

        The server is asked plainly, and not by the library, which may be at fault. The tag finds
        what was made by a creation whose answer was lost, or wrong.
        """
        left: list[str] = []
        for kind in _KINDS:
            for uuid in self._made[kind]:
                left += _removed(target, kind, uuid)
            listed = _asked(target, "GET", f"/{kind}?tag={quote(tag, safe='')}")
            if listed.status != 200:
                left.append(f"{kind} with the tag cannot be listed: {listed}")
            for uuid in _uuids(listed.body):
                if uuid not in self._made[kind]:
                    left += _removed(target, kind, uuid)
        return left


def _uuids(answer: bytes) -> Iterator[str]:
    try:
        made = json.loads(answer)
    except ValueError:
        return
    for one in made if isinstance(made, list) else [made]:
        if isinstance(one, dict) and isinstance(one.get("uuid"), str):
            yield one["uuid"]


def _removed(target: Target, kind: str, uuid: str) -> Iterator[str]:
    """Delete it; a line if that cannot be done."""
    query = "?force=true" if kind == "jobs" else ""
    answer = _asked(target, "DELETE", f"/{kind}/{quote(uuid, safe='')}{query}")
    if answer.status not in {200, 204, 404}:
        yield f"{kind} {uuid}: {answer}"


def unusable(target: Target) -> str | None:
    """Why a server cannot be held to anything, if it cannot: it is not reached, or not let in."""
    answer = _asked_once(target, "GET", "/info")
    if answer.status == 401:
        return "it does not accept the token (status 401)"
    return answer.failure or None


@frozen
class _Answer:
    status: int | None = None
    body: bytes = b""
    retry_after: float = 0.0
    failure: str = ""

    def __str__(self) -> str:
        return self.failure or f"status {self.status}"


def _asked(target: Target, method: str, path: str) -> _Answer:
    """The answer of a server that may have to be asked more than once."""
    clock = target.clock or SystemClock()
    answer = _asked_once(target, method, path)
    for attempt in range(1, _MAX_ATTEMPTS):
        if answer.status is not None and answer.status not in _COME_BACK:
            break
        clock.sleep(min(max(answer.retry_after, 2.0**attempt), _MAX_WAIT))
        answer = _asked_once(target, method, path)
    return answer


def _asked_once(target: Target, method: str, path: str) -> _Answer:
    url = urlsplit(target.url)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    server = kind(url.netloc.rpartition("@")[2], timeout=60)
    try:
        server.request(method, url.path + path, headers={"Authorization": target.token})
        answer = server.getresponse()
        after = answer.headers.get("Retry-After", "")
        return _Answer(answer.status, answer.read(), float(after) if after.isdecimal() else 0.0)
    except (OSError, http.client.HTTPException) as error:
        return _Answer(failure=f"{type(error).__name__}: {error}")
    finally:
        server.close()
