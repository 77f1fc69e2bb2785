"""Objects of a listing, whose members are read when asked for, are those of the API's JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qarnot_domain import Connection, Job, MalformedResponseException, Pool, Task
from qarnot_domain.emulator import ManualClock

from ..unit.wire import Received, WireServer, http
from . import strategies as s

KINDS: dict[str, type[Job | Task | Pool]] = {"job": Job, "task": Task, "pool": Pool}


class Lister(NamedTuple):
    """A connection, and the page that its server answers with."""

    connection: Connection
    page: list[bytes]

    def listed(self, kind: str, text: bytes) -> list[Any]:
        """The objects of a page with this text."""
        self.page[:] = [text]
        arguments = {} if kind == "job" else {"summary": False}
        return list(getattr(self.connection, f"{kind}s_page")(**arguments).page_data)

    def pack(self, kind: str) -> None:
        """List others, until those before are kept packed."""
        for _ in range(3):
            assert self.listed(kind, b'{"data": []}') == []


@pytest.fixture(scope="module")
def lister() -> Iterator[Lister]:
    """A server that answers with whatever page it is told."""
    page: list[bytes] = []

    def answer(_: Received) -> bytes:
        return http(body=page[0])

    with (
        WireServer(answer) as server,
        Connection(
            client_token="unused", cluster_url=server.url, clock=ManualClock(), retry_count=0
        ) as connection,
    ):
        yield Lister(connection, page)


def members(one: Any) -> dict[str, object]:
    """Every public member, or how it fails to be read."""
    found: dict[str, object] = {}
    for member in one._members:
        name = member.name if hasattr(type(one), member.name) else f"_{member.name}"
        try:
            found[name] = getattr(one, name)
        except MalformedResponseException as error:
            found[name] = error.message
    return found


def text_of(payloads: list[dict[str, Any]]) -> bytes:
    """The text of a page."""
    return json.dumps({"data": payloads, "isTruncated": False}).encode()


@pytest.mark.parametrize(("kind", "schema"), [("job", "Job"), ("task", "Task"), ("pool", "Pool")])
@settings(max_examples=settings().max_examples // 10)
@given(data=st.data())
def test_listed_object_is_the_one_described(
    lister: Lister, kind: str, schema: str, data: st.DataObject
) -> None:
    """Each member, in any order, and the JSON: at once, and when many others came since."""
    payloads = data.draw(st.lists(s.described(schema), min_size=1, max_size=4))
    for number, payload in enumerate(payloads):
        payload["uuid"] = f"00000000-0000-4000-8000-{number:012}"
    whole = [KINDS[kind].from_json(lister.connection, payload) for payload in payloads]
    listed = lister.listed(kind, text_of(payloads))
    for _ in range(2):
        for one, its in zip(listed, whole, strict=True):
            names = data.draw(st.permutations(list(members(its))))
            assert {name: getattr(one, name) for name in names} == members(its)
            assert one.to_json() == its.to_json()
            assert (one.uuid, repr(one)) == (its.uuid, repr(its))
        lister.pack(kind)


@settings(max_examples=settings().max_examples // 5)
@given(payload=s.sparse_job_payloads(), unknown=s.unknown_members())
@example(payload={}, unknown={"large": 2**80, "deep": [{"a": [None]}]})
@example(payload={"maxWallTime": None}, unknown={"not a number": float("nan")})
@example(payload={"name": "\ud800"}, unknown={"source": 1, "place": "x", "held": None})
def test_what_is_not_known_here_is_kept(
    lister: Lister, payload: dict[str, Any], unknown: dict[str, Any]
) -> None:
    """Members that are missing, unknown, too large for 64 bits, or only nearly JSON."""
    wire = {**unknown, **payload, "uuid": "00000000-0000-4000-8000-000000000001"}
    (one,) = lister.listed("job", text_of([wire]))
    its = Job.from_json(lister.connection, wire)
    for _ in range(2):
        assert members(one) == members(its)
        assert json.dumps(one.to_json()) == json.dumps(its.to_json())
        lister.pack("job")


@settings(max_examples=settings().max_examples // 5)
@given(
    name=st.sampled_from(["name", "state", "tags", "maxWallTime", "creationDate", "poolUuid"]),
    value=st.one_of(st.integers(), st.floats(), st.lists(st.integers(), min_size=1)),
)
def test_member_that_cannot_be_read_spoils_nothing_else(
    lister: Lister, name: str, value: object
) -> None:
    """It is told by name each time it is read; the others are what they are."""
    sound = {"uuid": "00000000-0000-4000-8000-000000000001", "name": "a", "tags": ["b"]}
    expected = members(Job.from_json(lister.connection, sound))
    (one,) = lister.listed("job", text_of([{**sound, name: value}]))
    for _ in range(2):
        found = members(one)
        (spoilt,) = (
            member.name if hasattr(Job, member.name) else f"_{member.name}"
            for member in Job._members
            if member.wire == name
        )
        assert f"{name}: " in str(found.pop(spoilt))
        assert found == {key: said for key, said in expected.items() if key != spoilt}
        lister.pack("job")
