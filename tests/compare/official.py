"""The official SDK, used as it is told, one line of JSON at a time; runs where it is installed.

Reads `{"prepare": kind, "uuid": ...}`, then `{"act": true}`; answers each with one line.
"""
# ruff: noqa: T201 - it tells by printing

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

SDK: Any = importlib.import_module("qarnot")


def uses(connection: Any) -> dict[str, Callable[[str], Callable[[], object]]]:
    """What each kind of operation is here: first prepared, then done."""
    return {
        "read": lambda uuid: lambda: connection.retrieve_job(uuid),
        "idempotent write": lambda uuid: connection.retrieve_job(uuid).terminate,
        "consuming read": lambda uuid: connection.retrieve_task(uuid).fresh_stdout,
        "unkeyed create": lambda _uuid: connection.create_job("new").submit,
        "keyed create": lambda _uuid: connection.create_job("new", shortname="new").submit,
    }


def told() -> Iterator[dict[str, Any]]:
    """What it is told to do, line by line."""
    return map(json.loads, sys.stdin)


def main() -> None:
    """Do what is told until nothing more is."""
    url, token, timeout = sys.argv[1:]
    connection = SDK.connection.Connection(
        cluster_url=url,
        client_token=token,
        storage_url=url,
        cluster_timeout=float(timeout),
        retry_wait=0.01,
    )
    act: Callable[[], object] = lambda: None  # noqa: E731
    for line in told():
        answer: dict[str, object] = {}
        if "prepare" in line:
            act = uses(connection)[line["prepare"]](line["uuid"])
        else:
            began = time.perf_counter()
            try:
                act()
                answer["outcome"] = "success"
            except Exception as error:  # noqa: BLE001 - an outcome like any other
                answer["outcome"] = type(error).__name__
            answer["seconds"] = time.perf_counter() - began
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
