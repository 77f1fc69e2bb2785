"""A process that answers as the API does, at next to no cost: what is measured is its client.

It prints its address, and serves until its input ends. `POST /-/latency` with a number of seconds
makes every answer wait so long; `GET /-/counts` says how much was asked and answered since the last
time that was asked.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final
from urllib.request import ProxyHandler, build_opener
from uuid import UUID

PAGE: Final = 1000
"""How many there are on a page of a list whose request does not say."""


POLLS: Final = 4
"""How often the tasks of a job have to be asked for until they are done."""


class Server:
    """The address of such a process, and what it takes orders by."""

    def __init__(self, url: str) -> None:
        self.url = url
        # None of the environment's proxies.
        self._open = build_opener(ProxyHandler({})).open

    def set_latency(self, seconds: float) -> None:
        """Have every answer wait so long."""
        self._open(f"{self.url}/-/latency", json.dumps(seconds).encode()).close()

    def counts(self) -> tuple[int, int]:
        """How many requests came since this was last asked, and the bytes of their answers."""
        with self._open(f"{self.url}/-/counts") as answer:
            requests, sent = json.load(answer)
        return requests, sent


@contextmanager
def serving(*, jobs: int, tasks: int) -> Iterator[Server]:
    """A server whose account has so many jobs, and each job so many tasks."""
    command = [sys.executable, "-m", __name__, str(jobs), str(tasks)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Server(process.stdout.readline().strip())
        process.stdin.close()


def uuid_of(index: int) -> str:
    """The uuid of a job or task by its number."""
    return str(UUID(int=(0x5EED << 112) | (4 << 76) | (8 << 60) | index))


def index_of(uuid: str) -> int:
    """The number of a job or task by its uuid."""
    return UUID(uuid).int & 0xFFFF_FFFF


def job_of(index: int) -> dict[str, Any]:
    """A job as the API describes it, with dates that the official SDK can read too."""
    return {
        "uuid": uuid_of(index),
        "name": f"job-{index:06}",
        "shortname": f"the-job-{index:06}",
        "poolUuid": None,
        "state": "Completed" if index % 2 else "Active",
        "previousState": "Active" if index % 2 else None,
        "creationDate": f"2026-03-{index % 28 + 1:02}T10:{index % 60:02}:07Z",
        "lastModified": f"2026-04-{index % 28 + 1:02}T11:{index % 60:02}:08Z",
        "stateTransitionTime": f"2026-04-{index % 28 + 1:02}T11:{index % 60:02}:08Z",
        "previousStateTransitionTime": None,
        "useDependencies": False,
        "maxWallTime": "1.00:00:00",
        "autoDeleteOnCompletion": False,
        "completionTimeToLive": "00:00:00",
        "tags": ["benchmark", f"group-{index % 100}"],
    }


def task_of(index: int) -> dict[str, Any]:
    """A task as the API describes it, but for its state."""
    return {
        "uuid": uuid_of(index),
        "name": f"task-{index:05}",
        "shortname": f"the-task-{index:05}",
        "profile": "docker-batch",
        "jobUuid": uuid_of(0),
        "instanceCount": 1,
        "creationDate": "2026-03-01T10:00:07Z",
        "lastModified": "2026-03-01T10:00:08Z",
        "stateTransitionTime": "2026-03-01T10:00:08Z",
        "constants": [
            {"key": "DOCKER_REPO", "value": "library/ubuntu"},
            {"key": "DOCKER_CMD", "value": f"./compute --part {index}"},
        ],
        "constraints": [],
        "resourceBuckets": [],
        "runningInstanceCount": 1,
        "runningCoreCount": 4,
        "executionTime": "00:01:00",
        "wallTime": "00:02:00",
        "tags": [],
        "errors": [],
        "completedInstances": [],
    }


class _Account:
    """What there is, with every answer written once and then kept."""

    def __init__(self, jobs: int, tasks: int) -> None:
        self._jobs = jobs
        self._tasks = tasks
        self._created = count(1 << 31)
        self._kept: dict[tuple[str, bytes, bool], bytes] = {}
        self.polls = 0
        """How often it was asked for the tasks of a job: they run the first times."""

    def answer(self, method: str, path: str, body: bytes) -> bytes:
        """The body of the answer."""
        # The official SDK asks for `/jobs/`.
        if method == "POST" and path.rstrip("/") == "/jobs":
            return _written({"uuid": uuid_of(next(self._created))})
        if "tasks" in path:
            self.polls += 1
        key = path, body, self.polls < POLLS
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = _written(self._found(path, body))
        return found

    def _found(self, path: str, body: bytes) -> Any:
        parts = path.strip("/").split("/")
        if path == "/settings":
            # Without storage the official SDK sets none up, and asks nothing more.
            return {"storage": None}
        if path == "/jobs/paginate":
            return self._page(json.loads(body))
        if path == "/tasks/summaries/paginate":
            return _page([self._task(0)] if self.polls < POLLS else [], None)
        if parts[-1] == "tasks":
            return list(map(self._task, range(self._tasks)))
        return job_of(index_of(parts[1]))

    def _task(self, index: int) -> dict[str, Any]:
        return {**task_of(index), "state": "FullyExecuting" if self.polls < POLLS else "Success"}

    def _page(self, request: dict[str, Any]) -> Any:
        most = request.get("maximumResults") or PAGE
        values = (request.get("filter") or {}).get("values")
        start = int(request.get("token") or 0)
        if values is None:
            indexes = list(range(start, min(start + most, self._jobs)))
            end = self._jobs
        else:
            indexes = [index_of(value) for value in values[start : start + most]]
            end = len(values)
        following = start + len(indexes)
        return _page(list(map(job_of, indexes)), str(following) if following < end else None)


def _page(data: list[Any], token: str | None) -> Any:
    return {"data": data, "count": len(data), "isTruncated": token is not None, "nextToken": token}


def _written(answer: Any) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


class _Connection(asyncio.Protocol):
    """Reads requests one after the other and writes the answers."""

    account: _Account
    latency = 0.0
    requests = 0
    sent = 0

    def __init__(self) -> None:
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[:end])
            where = head.lower().find(b"\r\ncontent-length:")
            length = 0 if where < 0 else int(head[where + 17 :].split(b"\r\n", 1)[0])
            if len(self._received) < end + 4 + length:
                return
            body = bytes(self._received[end + 4 : end + 4 + length])
            del self._received[: end + 4 + length]
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            self._answer(method, path, body)

    def _answer(self, method: str, path: str, body: bytes) -> None:
        kind = _Connection
        if path == "/-/latency":
            kind.latency = json.loads(body)
            self._write(b"null")
        elif path == "/-/counts":
            content = _written([kind.requests, kind.sent])
            kind.requests = kind.sent = self.account.polls = 0
            self._write(content)
        else:
            content = _HEAD % len(answer := self.account.answer(method, path, body)) + answer
            kind.requests += 1
            kind.sent += len(content)
            if kind.latency:
                asyncio.get_running_loop().call_later(kind.latency, self._put, content)
            else:
                self._put(content)

    def _write(self, answer: bytes) -> None:
        self._put(_HEAD % len(answer) + answer)

    def _put(self, content: bytes) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self._transport.write(content)


_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nDate: Sun, 01 Mar 2026 10:00:00 GMT\r\nServer: benchmark\r\n"
    b"Content-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
)


async def _serve(jobs: int, tasks: int) -> None:
    loop = asyncio.get_running_loop()
    _Connection.account = _Account(jobs, tasks)
    server = await loop.create_server(_Connection, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
