"""A driver for the emulator's core: no sockets, no sleeping."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import httpx
import pytest
import yaml

from qarnot_domain.emulator import Emulator, ManualClock
from qarnot_domain.emulator._http import Reply, Request, Response

DOCUMENT_PATH = Path(__file__).parents[3] / "openapi" / "qarnot-compute.yaml"
METHODS = ("get", "post", "put", "patch", "delete")
Json: TypeAlias = Any
"""What a JSON text can hold."""
NOTHING: Json = object()


class Document:
    """The OpenAPI document: its operations, and what its references lead to."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self.operations: dict[str, dict[str, Any]] = {}
        self.routes: set[tuple[str, str, str]] = set()
        for path, item in content["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = item[method]
                    self.operations[operation["operationId"]] = operation
                    self.routes.add((operation["operationId"], method.upper(), path))

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """A node with its references followed."""
        while "$ref" in node:
            node = functools.reduce(
                lambda inner, name: inner[name], node["$ref"][2:].split("/"), self.content
            )
        return node


class Driver:
    """Talks to an emulator in process, on a clock that only `advance` moves."""

    def __init__(self, **options: Json) -> None:
        self.clock = ManualClock()
        self.emulator = Emulator(**{"clock": self.clock, **options})

    def reply(
        self,
        method: str,
        url: str,
        body: Json = NOTHING,
        *,
        token: str | None = NOTHING,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """What a request is answered, a dropped connection included."""
        path, _, query = url.partition("?")
        sent = self.emulator.token if token is NOTHING else token
        if not isinstance(body, bytes):
            body = b"" if body is NOTHING else json.dumps(body).encode()
        return self.emulator.handle(
            Request(
                method,
                path,
                tuple(parse_qsl(query)),
                {**({} if sent is None else {"authorization": sent}), **(headers or {})},
                body,
            )
        )

    def send(self, method: str, url: str, body: Json = NOTHING, **options: Json) -> Response:
        """The answer to a request."""
        reply = self.reply(method, url, body, **options)
        assert isinstance(reply, Response)
        return reply

    def get(self, url: str, **options: Json) -> Response:
        """GET."""
        return self.send("GET", url, **options)

    def post(self, url: str, body: Json = NOTHING, **options: Json) -> Response:
        """POST, with a JSON body if one is given."""
        return self.send("POST", url, body, **options)

    def put(self, url: str, body: Json = NOTHING) -> Response:
        """PUT."""
        return self.send("PUT", url, body)

    def patch(self, url: str) -> Response:
        """PATCH."""
        return self.send("PATCH", url)

    def delete(self, url: str) -> Response:
        """DELETE."""
        return self.send("DELETE", url)

    def read(self, url: str) -> Json:
        """The JSON of something that is there."""
        response = self.get(url)
        assert response.status == 200, response
        return response.json()

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self.emulator.advance(timedelta(seconds=seconds))

    def create_job(self, **members: Json) -> str:
        """The uuid of a new job."""
        return self._create("/jobs", {"name": "job", **members})

    def create_task(self, **members: Json) -> str:
        """The uuid of a new task that runs by itself, unless told otherwise."""
        runs: dict[str, Json] = {} if "poolUuid" in members else {"profile": "docker-batch"}
        if "advancedRanges" not in members:
            runs["instanceCount"] = 1
        return self._create("/tasks", {"name": "task", **runs, **members})

    def create_pool(self, **members: Json) -> str:
        """The uuid of a new pool."""
        return self._create(
            "/pools", {"name": "pool", "profile": "docker-batch", "instanceCount": 2, **members}
        )

    def _create(self, url: str, body: dict[str, Any]) -> str:
        response = self.post(url, body)
        assert response.status == 200, response
        uuid: str = response.json()["uuid"]
        return uuid

    def job(self, uuid: str) -> dict[str, Any]:
        """A job as it reads."""
        job: dict[str, Any] = self.read(f"/jobs/{uuid}")
        return job

    def task(self, uuid: str) -> dict[str, Any]:
        """A task as it reads."""
        task: dict[str, Any] = self.read(f"/tasks/{uuid}")
        return task

    def pool(self, uuid: str) -> dict[str, Any]:
        """A pool as it reads."""
        pool: dict[str, Any] = self.read(f"/pools/{uuid}")
        return pool

    def states(self, url: str, *, seconds: float, every: float = 0.1) -> list[str]:
        """The states that an object passes through, looking again and again."""
        seen: list[str] = []
        for _ in range(round(seconds / every) + 1):
            response = self.get(url)
            state = response.json()["state"] if response.status == 200 else "gone"
            if not seen or seen[-1] != state:
                seen.append(state)
            self.advance(every)
        return seen


@pytest.fixture(scope="session")
def document() -> Document:
    """The document that the emulator is made after."""
    return Document(yaml.load(DOCUMENT_PATH.read_text(encoding="utf-8"), yaml.CSafeLoader))


@pytest.fixture
def cloud() -> Driver:
    """A fresh emulator, driven in process."""
    return Driver()


@pytest.fixture(scope="session")
def driver_class() -> type[Driver]:
    """For tests that need several emulators, or one with options."""
    return Driver


@pytest.fixture
def served() -> Iterator[Emulator]:
    """An emulator served over HTTP, on a clock that only `advance` moves."""
    with Emulator(clock=ManualClock()) as emulator:
        yield emulator


@pytest.fixture
def http(served: Emulator) -> Iterator[httpx.Client]:
    """A client of the served emulator."""
    headers = {"Authorization": served.token}
    with httpx.Client(base_url=served.url, headers=headers, trust_env=False) as client:
        yield client
