"""Objects that are there, for requests that would name one that is not.

Made through the API itself and removed again, so that any server can be held to the document.
"""
# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import requests  # type: ignore[import-untyped]  # comes with Schemathesis

MAX_KEPT: Final = 50
"""How many of the objects made are there at once, of each kind: servers have their limits."""

PROFILE: Final = "docker-batch"

_TASK: Final = {"name": "seed", "profile": PROFILE, "instanceCount": 2}
# They mean something to the emulator, and nothing to any other server.
_LONG: Final = {"key": "EMULATOR_EXECUTION_TIME", "value": "3600"}
_SHORT: Final = {"key": "EMULATOR_EXECUTION_TIME", "value": "0"}
_FAILING: Final = {"key": "EMULATOR_FAILING_INSTANCES", "value": "1"}

_JOB: Final = {"name": "seed", "useDependencies": True}
_POOL: Final = {"name": "seed", "profile": PROFILE, "instanceCount": 2}
_RUNNING_TASK: Final = {**_TASK, "constants": [_LONG]}
_FAILING_TASK: Final = {**_TASK, "constants": [_SHORT, _FAILING]}

_BODIES: Final[dict[str, list[dict[str, Any]]]] = {
    "jobs": [_JOB],
    "tasks": [_RUNNING_TASK, {**_TASK, "constants": [_SHORT]}, _FAILING_TASK],
    "pools": [_POOL],
}
_ENDINGS: Final = ("terminate", "abort", "close", "restart")

_TO_STATE: Final[dict[tuple[str, str], tuple[dict[str, Any], str]]] = {
    ("pools", "FullyExecuting"): (_POOL, ""),
    ("tasks", "FullyExecuting"): (_RUNNING_TASK, ""),
    ("tasks", "Failure"): (_FAILING_TASK, ""),
    ("tasks", "Cancelled"): (_RUNNING_TASK, "abort"),
}
"""What is made to be in a state, and what is asked of it for that once it runs."""

_MAX_LOOKS: Final = 100
_BETWEEN_LOOKS: Final = 0.1
"""In seconds. What is not in its state by then is used as it is."""


class Seeds:
    """Keeps one object of each description alive, and no more than `MAX_KEPT` in all of a kind.

    Args:
        url: the base URL of the server.
        headers: what each request has, the token among them.
        tag: what all carries that is made here; empty for nothing.
        journal: the file that says what was made and removed, for whoever removes the rest.
    """

    def __init__(self, url: str, headers: dict[str, str], tag: str, journal: Path) -> None:
        self._url = url
        self._tags = {"tags": [tag]} if tag else {}
        self._journal = journal
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True  # noqa: TID251
        self._session.headers.update(headers)
        self._uuids: dict[tuple[str, int], str] = {}
        self._turns = dict.fromkeys(_BODIES, 0)
        self._made: dict[str, deque[str]] = {kind: deque() for kind in _BODIES}
        self._account: str | None = None
        self._in_state: dict[tuple[str, str], str] = {}

    @property
    def account(self) -> str:
        """The one account that the token can surely read."""
        if self._account is None:
            self._account = str(self._session.get(f"{self._url}/info").json()["email"])
        return self._account

    def has_made(self, kind: str, uuid: object) -> bool:
        """Whether an object comes from here or from an answer, and may be changed in any way."""
        return uuid in self._made[kind]

    def one(self, kind: str) -> str | None:
        """The uuid of an object that is there; of another one each time, and then again.

        None if the server makes none.
        """
        turn = self._turns[kind] = (self._turns[kind] + 1) % len(_BODIES[kind])
        uuid = self._uuids.get((kind, turn))
        if uuid is not None and self.has_made(kind, uuid):
            return uuid
        uuid = self._create(kind, _BODIES[kind][turn])
        if uuid is not None:
            self._uuids[kind, turn] = uuid
            self.take_in(kind, uuid)
        return uuid

    def in_state(self, kind: str, state: str) -> str | None:
        """The uuid of an object that is in a state and stays there; None if the server has none."""
        if (kind, state) not in self._in_state:
            body, ending = _TO_STATE[kind, state]
            uuid = self._create(kind, body)
            if uuid is None:
                return None
            self._write("made", kind, uuid)
            self._in_state[kind, state] = uuid
            if ending:
                self._wait(kind, uuid, "FullyExecuting")
                self._session.post(f"{self._url}/{kind}/{uuid}/{ending}")
            self._wait(kind, uuid, state)
        return self._in_state[kind, state]

    def _create(self, kind: str, body: dict[str, Any]) -> str | None:
        answer = self._session.post(f"{self._url}/{kind}", json={**body, **self._tags})
        return next(uuids(answer), None)

    def _wait(self, kind: str, uuid: str, state: str) -> None:
        for _ in range(_MAX_LOOKS):
            if self._session.get(f"{self._url}/{kind}/{uuid}").json().get("state") == state:
                return
            time.sleep(_BETWEEN_LOOKS)  # noqa: TID251 - of a tool, on a real server

    def snapshot_of(self, task: str) -> str | None:
        """The id of a snapshot of a task; `None` if it does not run."""
        answer = self._session.post(f"{self._url}/tasks/{task}/snapshot", json={})
        return str(answer.json()["id"]) if answer.status_code == 200 else None

    def take_in(self, kind: str, uuid: str) -> None:
        """Note that an object was made, and remove the oldest of too many."""
        self._write("made", kind, uuid)
        made = self._made[kind]
        made.append(uuid)
        if len(made) > MAX_KEPT:
            oldest = made.popleft()
            url = f"{self._url}/{kind}/{oldest}"
            if self._session.delete(url, params={"force": "true"}).status_code in (200, 404):
                self._write("gone", kind, oldest)

    def _write(self, *words: str) -> None:
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(" ".join(words) + "\n")

    def note(self, kind: str, uuid: str, method: str, path: str) -> None:
        """Note what was done to an object: what ends it, the next request does not find alive."""
        if method == "DELETE" or path.endswith(_ENDINGS):
            self._uuids = {key: kept for key, kept in self._uuids.items() if kept != uuid}


def uuids(answer: Any) -> Iterator[str]:
    """Those of the objects that an answer says were made, if it is one that can be read."""
    if answer.status_code not in (200, 207):
        return
    try:
        made = answer.json()
    except ValueError:
        return
    for one in made if isinstance(made, list) else [made]:
        if isinstance(one, dict) and isinstance(one.get("uuid"), str):
            yield one["uuid"]
