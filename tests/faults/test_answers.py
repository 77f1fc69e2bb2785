"""What an answer may hold that the API does not document."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from qarnot_domain import Job, MalformedResponseException, QarnotException
from qarnot_domain._retry import Kind

from ..fuzz.calls import read_all
from ..unit.driving import JOB_PAYLOAD, JOB_UUID
from ..unit.executions.kind import Kind as Described
from ..unit.job.members import JOB
from ..unit.pool.members import POOL
from ..unit.task.members import TASK
from ..unit.wire import Received, WireServer, http
from .laboratory import OPERATIONS, as_json, connect, outcome, polite

VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "a negative number": -1.5,
    "NaN": math.nan,
    "an infinite number": -math.inf,
    "a number of 400 digits": 10**400,
    "no text": "",
    "a lone surrogate": "\ud800",
    "a list of null": [None],
    "a list in a list": [[]],
    "an object": {"a": 1},
}

KINDS: dict[str, Described[Any]] = {"jobs": JOB, "tasks": TASK, "pools": POOL}


@pytest.mark.parametrize("of", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_member_of_the_wrong_type(of: Described[Any], value: Any) -> None:
    """Each member in turn: it is read, or is a `MalformedResponseException` that names it."""
    payloads = [{**of.payload, name: value} for name in of.payload]
    with (
        WireServer(*map(as_json, payloads)) as server,
        connect(server.url, retry_count=0) as connection,
    ):
        for name in of.payload:
            refused = ""
            try:
                read_all(of.retrieve(connection, JOB_UUID))
            except MalformedResponseException as error:
                refused = error.message
            assert not refused or name in refused
    assert server.begun == len(payloads)


@pytest.mark.parametrize("of", KINDS.values(), ids=KINDS)
def test_member_that_is_missing(of: Described[Any]) -> None:
    """All but the uuid may be missing; then they read as if they were null."""
    with (
        WireServer(as_json({"uuid": JOB_UUID})) as server,
        connect(server.url) as connection,
    ):
        found = of.retrieve(connection, JOB_UUID)
        read_all(found)
        assert (found.uuid, found.name, found.tags) == (JOB_UUID, "", [])


@pytest.mark.parametrize("of", KINDS.values(), ids=KINDS)
def test_state_and_members_that_are_unknown(of: Described[Any]) -> None:
    """The state is read as it is called and is not final; other members are kept for `to_json`."""
    later = {**of.payload, "state": "Hibernating", "later": {"a": [1]}}
    with WireServer(as_json(later)) as server, connect(server.url) as connection:
        found = of.retrieve(connection, JOB_UUID)
        assert (found.state, found.state.is_final) == ("Hibernating", False)
        assert found.to_json()["later"] == {"a": [1]}


def test_member_that_is_there_twice() -> None:
    """The last one counts, as everywhere in Python."""
    twice = json.dumps(JOB_PAYLOAD).replace("{", '{"name": "first", "state": 3, ', 1)
    with WireServer(http(body=twice.encode())) as server, connect(server.url) as connection:
        found = connection.retrieve_job(JOB_UUID)
        assert (found.name, found.state) == (JOB_PAYLOAD["name"], JOB_PAYLOAD["state"])


@pytest.mark.parametrize("said", ["{}", '{"data": null}', '{"data": []}'])
def test_list_that_is_null_in_a_page(said: str) -> None:
    """Null in place of the objects of a page is no objects."""
    with WireServer(http(body=said.encode())) as server, connect(server.url) as connection:
        assert connection.jobs() == []


@pytest.mark.parametrize("said", ["null", "{}", "3", '"text"'])
def test_list_that_is_something_else(said: str) -> None:
    """Where the answer is a list, anything else is a `MalformedResponseException`, null too."""
    with WireServer(http(body=said.encode())) as server, connect(server.url) as connection:
        job = Job.from_json(connection, JOB_PAYLOAD)
        for ask in (lambda: job.tasks, connection.profiles_names):
            with pytest.raises(MalformedResponseException):
                ask()


def test_list_of_something_else() -> None:
    """Null, a number, a text or a list in a list of objects is a `MalformedResponseException`."""
    items: list[Any] = [None, 3, "x", []]
    pages = [as_json({"data": [JOB_PAYLOAD, item], "isTruncated": False}) for item in items]
    with WireServer(*pages) as server, connect(server.url) as connection:
        for _ in items:
            with pytest.raises(MalformedResponseException):
                connection.jobs()
    assert server.begun == len(items)


@pytest.mark.parametrize("kind", OPERATIONS)
def test_interim_answers(kind: Kind) -> None:
    """100, 102 and 103 before the answer are passed over."""
    interim = b"".join(
        f"HTTP/1.1 {status}\r\nLink: </x>\r\n\r\n".encode()
        for status in ("100 Continue", "102 Processing", "103 Early Hints")
    )

    def answer(received: Received) -> bytes:
        return interim + polite(received)

    with WireServer(answer) as server, connect(server.url) as connection:
        assert outcome(kind, connection) is None
    assert server.begun == 1


def test_one_of_a_list_without_a_uuid() -> None:
    """The listing is a `MalformedResponseException`: no object is left out without a word."""
    page = {"data": [JOB_PAYLOAD, {**JOB_PAYLOAD, "uuid": 3}], "isTruncated": False}
    with (
        WireServer(as_json(page)) as server,
        connect(server.url) as connection,
        pytest.raises(QarnotException, match="uuid") as caught,
    ):
        connection.jobs()
    assert type(caught.value) is MalformedResponseException


@pytest.mark.parametrize("spoilt", ["name", "tags", "state", "maxWallTime", "creationDate"])
def test_one_of_a_list_that_is_wrong(spoilt: str) -> None:
    """Reading that member is a `MalformedResponseException`, and hinders nothing else."""
    member = {"maxWallTime": "max_wall_time", "creationDate": "creation_date"}.get(spoilt, spoilt)
    page = {"data": [JOB_PAYLOAD, {**JOB_PAYLOAD, "uuid": "x", spoilt: 3}], "isTruncated": False}
    with WireServer(as_json(page)) as server, connect(server.url) as connection:
        sound, broken = connection.jobs()
        for _ in range(2):
            with pytest.raises(QarnotException, match=spoilt) as caught:
                getattr(broken, member)
            assert type(caught.value) is MalformedResponseException
            assert caught.value.operation == "paginateJobs"
        with pytest.raises(MalformedResponseException, match=spoilt):
            broken.to_json()
        assert broken.shortname == JOB_PAYLOAD["shortname"]
        assert repr(broken).startswith("Job(")
        read_all(sound)
    assert server.begun == 1
