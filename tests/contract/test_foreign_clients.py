"""What other clients send, over raw HTTP: the emulator answers them as they need it.

`foreign_clients/*.yaml` holds cases: steps in order, or `given` (arguments of the emulator) and
`steps`. A step moves time by `advance` seconds, or it has

- what is sent: `send` (method and path), `json`, `content` or so many `blanks`, `headers_sent`;
- the facts of the answer: `status`; `headers`, `no_headers`; `body` (the members that matter, at
  any depth), `exactly`, `text` or `empty`. `!re` stands for a value of a form;
- what later steps know as `${name}`, in `keep`: by the path of a member.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import httpx
import pytest
import yaml

from qarnot_domain.emulator import Emulator, ManualClock

Json: TypeAlias = Any
"""What JSON and these tables can hold."""

TABLES: Final = Path(__file__).parent / "foreign_clients"
CAMEL_CASE: Final = re.compile(r"[a-z][A-Za-z0-9]*")
USERS_OWN: Final = ("labels", "errors")
"""Members whose members are named by users: labels, and the reasons for refusing a field."""


class _Loader(yaml.CSafeLoader):
    """Reads `!re`."""


def _pattern(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> re.Pattern[str]:
    return re.compile(str(loader.construct_scalar(node)), re.DOTALL)


_Loader.add_constructor("!re", _pattern)


def cases() -> Iterator[Any]:
    """Every case of every table, named."""
    for path in sorted(TABLES.glob("*.yaml")):
        table = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - it is safe
        for name, case in table["cases"].items():
            parts = {"given": {}, "steps": case} if isinstance(case, list) else case
            yield pytest.param(parts["given"], parts["steps"], id=f"{path.stem}: {name}")


@pytest.mark.parametrize(("given", "steps"), list(cases()))
def test_what_another_client_sends_is_answered_as_it_needs(
    given: dict[str, Json], steps: list[Json]
) -> None:
    """Each step has the answer of the table, all of whose members are in camel case."""
    with (
        Emulator(clock=ManualClock(), **given) as cloud,
        httpx.Client(base_url=cloud.url, trust_env=False) as http,
    ):
        client = _Client(cloud, http)
        for step in steps:
            client.take(step)


class _Client:
    """Takes steps, and remembers what they keep."""

    def __init__(self, cloud: Emulator, http: httpx.Client) -> None:
        self._cloud = cloud
        self._http = http
        self._kept = {"token": cloud.token}

    def take(self, step: Mapping[str, Json]) -> None:
        """One step, and its facts."""
        if "advance" in step:
            self._http.post(
                "/_emulator/advance",
                json={"seconds": step["advance"]},
                headers={"authorization": self._cloud.token},
            ).raise_for_status()
            return
        response = self._send(step)
        what = f"{step['send']}: {response.status_code} {response.text}"
        assert response.status_code == step["status"], what
        for name, place in step.get("keep", {}).items():
            self._kept[name] = _member(response.json(), place)
        for name, expected in self._filled(step.get("headers", {})).items():
            assert _matches(response.headers.get(name), expected), (name, response.headers)
        assert not set(step.get("no_headers", ())) & set(response.headers)
        if "json" in response.headers.get("content-type", ""):
            assert list(_odd_names(response.json())) == []
        if "body" in step and step["body"] is not None:
            assert _matches(response.json(), self._filled(step["body"])), what
        if "exactly" in step:
            assert response.json() == self._filled(step["exactly"])
        if "text" in step:
            assert response.text == step["text"]
        if step.get("empty"):
            assert response.content == b""

    def _send(self, step: Mapping[str, Json]) -> httpx.Response:
        method, url = self._filled(step["send"]).split(" ", 1)
        # By hand: httpx would name the type of what it is given as JSON, and these say it.
        headers = {"authorization": self._cloud.token, "content-type": "application/json"}
        if "headers_sent" in step:
            del headers["content-type"]
            headers |= self._filled(step["headers_sent"])
        content = b" " * step.get("blanks", 0) or step.get("content", "").encode()
        if "json" in step:
            content = json.dumps(self._filled(step["json"])).encode()
            headers.setdefault("content-type", "application/json")
        return self._http.request(method, url, content=content, headers=headers)

    def _filled(self, value: Json) -> Json:
        """A value of the table with what was kept in the place of its names."""
        if isinstance(value, str):
            return re.sub(r"\$\{(\w+)(:upper)?\}", self._of_name, value)
        if isinstance(value, dict):
            return {name: self._filled(member) for name, member in value.items()}
        return [self._filled(item) for item in value] if isinstance(value, list) else value

    def _of_name(self, match: re.Match[str]) -> str:
        kept = self._kept[match[1]]
        return kept.upper() if match[2] else kept


def _member(value: Json, place: str) -> Json:
    for name in place.split("."):
        value = value[int(name)] if name.isdigit() else value[name]
    return value


def _matches(actual: Json, expected: Json) -> bool:
    """Whether an answer has what is expected: further members of objects are no matter."""
    if isinstance(expected, re.Pattern):
        return actual is not None and expected.fullmatch(str(actual)) is not None
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            name in actual and _matches(actual[name], member) for name, member in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(actual, list)
            and len(actual) == len(expected)
            and all(map(_matches, actual, expected))
        )
    return bool(actual == expected)


def _odd_names(value: Json) -> Iterator[str]:
    """The names of members that are not in camel case."""
    if isinstance(value, list):
        for item in value:
            yield from _odd_names(item)
    elif isinstance(value, dict):
        for name, member in value.items():
            if CAMEL_CASE.fullmatch(name) is None:
                yield name
            if name not in USERS_OWN:
                yield from _odd_names(member)
