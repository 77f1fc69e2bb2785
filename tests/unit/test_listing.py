"""Listing with conditions, an order and summaries: `where`, `order_by`, `summary`.

Pages, tokens and tags are in `test_connection.py`, what a condition is on the wire in
`test_filters.py`.
"""

from __future__ import annotations

import collections
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    InvalidRequestException,
    MalformedResponseException,
    Page,
    QarnotException,
)
from qarnot_domain._listing import Query, _pages
from qarnot_domain._pages import Pages, Said
from qarnot_domain._secret import Secret
from qarnot_domain._sending import Answer, Origin
from qarnot_domain.emulator import Emulator
from qarnot_domain.filters import Condition, Fields, JobFields, PoolFields, TaskFields

from .driving import JOB_UUID, POOL_UUID, PROFILE, add_task, operations, submitted


class Kind:
    """How one kind of object is made and listed."""

    def __init__(self, name: str, fields: type[Fields]) -> None:
        self.name = name
        self.fields: Any = fields
        self.arguments = () if name == "job" else (PROFILE,)

    def make(self, connection: Connection, name: str, *tags: str) -> Any:
        made = getattr(connection, f"create_{self.name}")(name, *self.arguments)
        made.tags = tags
        made.submit()
        return made

    def listed(self, connection: Connection, **arguments: Any) -> list[Any]:
        found: list[Any] = getattr(connection, f"{self.name}s")(**arguments)
        return found

    def all(self, connection: Connection, **arguments: Any) -> Iterator[Any]:
        found: Iterator[Any] = getattr(connection, f"all_{self.name}s")(**arguments)
        return found

    def page(self, connection: Connection, **arguments: Any) -> Page[Any]:
        page: Page[Any] = getattr(connection, f"{self.name}s_page")(**arguments)
        return page


JOB = Kind("job", JobFields)
TASK = Kind("task", TaskFields)
POOL = Kind("pool", PoolFields)
KINDS = [JOB, TASK, POOL]

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
in_summary = pytest.mark.parametrize("kind", [TASK, POOL], ids=lambda kind: kind.name)
each_way = pytest.mark.parametrize("way", ["listed", "all", "page"])


def names(connection: Connection, kind: Kind, **arguments: Any) -> str:
    """The one-letter names of what is found, the same in each way to list."""
    listed = "".join(one.name for one in kind.listed(connection, **arguments))
    lazy = "".join(one.name for one in kind.all(connection, **arguments))
    page = "".join(one.name for one in kind.page(connection, **arguments).page_data)
    assert listed == lazy == page
    return listed


def equal(field: str, value: str) -> dict[str, str]:
    """The wire form of one comparison."""
    return {"operator": "Equal", "field": field, "value": value}


# --- where ------------------------------------------------------------------------------------


@each_kind
def test_where_finds_what_meets_the_condition(qarnot_connection: Connection, kind: Kind) -> None:
    """Each way to list takes a condition and gives what meets it, in the server's order."""
    for name in "abcd":
        kind.make(qarnot_connection, name)
    name = kind.fields.name
    assert names(qarnot_connection, kind) == "abcd"
    assert names(qarnot_connection, kind, where=name == "b") == "b"
    assert names(qarnot_connection, kind, where=name != "b") == "acd"
    assert names(qarnot_connection, kind, where=name.is_in(["b", "d"])) == "bd"
    assert names(qarnot_connection, kind, where=name.matches("[a-c]")) == "abc"
    assert names(qarnot_connection, kind, where=(name == "a") | (name == "d")) == "ad"
    assert names(qarnot_connection, kind, where=(name == "a") & (name == "d")) == ""


@each_kind
def test_where_can_ask_for_states_and_dates(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """What the server says of an object can be asked for as what was sent."""
    first = kind.make(qarnot_connection, "a")
    qarnot_emulator.set_state(str(first.uuid), "Odd")
    qarnot_emulator.advance(timedelta(minutes=1))
    second = kind.make(qarnot_connection, "b")
    fields, created = kind.fields, second.creation_date
    assert names(qarnot_connection, kind, where=fields.state == "Odd") == "a"
    assert names(qarnot_connection, kind, where=fields.uuid == second.uuid) == "b"
    assert names(qarnot_connection, kind, where=fields.creation_date >= created) == "b"
    assert names(qarnot_connection, kind, where=fields.creation_date < created) == "a"
    assert names(qarnot_connection, kind, where=fields.shortname == second.shortname) == "b"


def test_where_finds_the_tasks_of_a_job(qarnot_connection: Connection) -> None:
    """A condition on the job gives the same tasks as the job itself."""
    job = submitted(qarnot_connection)
    add_task(submitted(qarnot_connection), qarnot_connection, "other")
    mine = [add_task(job, qarnot_connection, name) for name in "ab"]
    assert qarnot_connection.tasks(where=TaskFields.job_uuid == job.uuid) == mine


@each_kind
def test_where_alone_is_sent_as_it_is(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """The filter of the request is the condition's own tree, and nothing else is asked for."""
    condition: Condition[Any] = (kind.fields.name == "a") & (kind.fields.state == "Active")
    kind.listed(qarnot_connection, where=condition)
    assert qarnot_emulator.requests[0].body == {"filter": condition.to_json()}


@each_kind
def test_where_tags_and_order_hold_together(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """Any of some tags, all of others, a condition and an order are one request."""
    for name, tags in {"a": "xyz", "b": "xy", "c": "yz", "d": "xz", "e": "xyz"}.items():
        kind.make(qarnot_connection, name, *tags)
    arguments: dict[str, Any] = {
        "tags": ["x", "none"],
        "tags_intersect": ["y", "z"],
        "where": kind.fields.name != "b",
        "order_by": "-name",
    }
    assert names(qarnot_connection, kind, **arguments) == "ea"
    assert qarnot_emulator.requests[-1].body == {
        "filter": {
            "operator": "And",
            "filters": [
                {"operator": "Or", "filters": [equal("Tags", "x"), equal("Tags", "none")]},
                {"operator": "And", "filters": [equal("Tags", "y"), equal("Tags", "z")]},
                {"operator": "NotEqual", "field": "Name", "value": "b"},
            ],
        },
        "orderBy": "name",
        "orderType": "DESC",
    }


@each_kind
def test_where_and_order_hold_on_every_page(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """The requests for further pages repeat them, with the token of the page before."""
    qarnot_emulator.set_limits(max_jobs=60, max_tasks=60, max_pools=60)
    for number in range(50):
        kind.make(qarnot_connection, f"{number:02}")
    kind.make(qarnot_connection, "other")
    before = len(qarnot_emulator.requests)
    found = kind.listed(
        qarnot_connection, where=kind.fields.name.matches("^[0-9]"), order_by="-name"
    )
    assert [one.name for one in found] == [f"{number:02}" for number in reversed(range(50))]
    first, *more = (request.body for request in qarnot_emulator.requests[before:])
    assert len(more) == 2
    for body in more:
        assert {**first, "token": body["token"]} == body


def test_where_of_a_page_goes_with_its_size(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A page takes a condition, an order and a maximum at once."""
    for name in "abcd":
        JOB.make(qarnot_connection, name)
    page = qarnot_connection.jobs_page(
        maximum=2, where=JobFields.name != "d", order_by="-creation_date"
    )
    assert ([job.name for job in page.page_data], page.is_truncated) == (["c", "b"], True)
    rest = qarnot_connection.jobs_page(
        page.next_token, 2, where=JobFields.name != "d", order_by="-creation_date"
    )
    assert ([job.name for job in rest.page_data], rest.is_truncated) == (["a"], False)


@pytest.mark.parametrize(
    ("kind", "other"),
    [(kind, other) for kind in KINDS for other in KINDS if kind is not other],
    ids=lambda kind: kind.name,
)
@each_way
def test_condition_on_something_else_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind, other: Kind, way: str
) -> None:
    """A condition on another kind of object is a `TypeError` that names both; nothing is sent."""
    named = f"{kind.fields.__name__}, not on {other.fields.__name__}"
    with pytest.raises(TypeError, match=named):
        getattr(kind, way)(qarnot_connection, where=other.fields.name == "a")
    assert qarnot_emulator.requests == []


@each_kind
@each_way
@pytest.mark.parametrize("value", [True, "name == 'a'", {"operator": "And"}, ["x"], 3, "a field"])
def test_what_is_no_condition_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind, way: str, value: Any
) -> None:
    """It is a `TypeError` that says what it is, before anything is sent."""
    where = kind.fields.name if value == "a field" else value
    with pytest.raises(TypeError, match=f"where must be a condition, not {type(where).__name__}"):
        getattr(kind, way)(qarnot_connection, where=where)
    assert qarnot_emulator.requests == []


def test_condition_that_the_server_refuses_is_an_invalid_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A server that knows less says which part it does not take."""
    problem = {"title": "Invalid", "errors": {"filter.field": ["'Tags' is not known"]}}
    qarnot_emulator.fail_next("paginateJobs", status=400, body=problem)
    with pytest.raises(InvalidRequestException, match="'Tags' is not known") as caught:
        qarnot_connection.jobs(where=JobFields.tags.contains("x"))
    assert caught.value.errors == {"filter.field": ("'Tags' is not known",)}


# --- order_by ---------------------------------------------------------------------------------


@each_kind
@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("name", "abc"),
        ("-name", "cba"),
        ("creation_date", "cab"),
        ("-creation_date", "bac"),
        ("state", "bca"),
        ("-state", "acb"),
        (None, "cab"),
    ],
)
def test_order_is_of_a_member_in_either_direction(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: Kind,
    order: str | None,
    found: str,
) -> None:
    """A `-` before the member's name gives the highest first."""
    for name, state in (("c", "State 2"), ("a", "State 3"), ("b", "State 1")):
        made = kind.make(qarnot_connection, name)
        qarnot_emulator.set_state(str(made.uuid), state)
        qarnot_emulator.advance(timedelta(milliseconds=1))
    assert names(qarnot_connection, kind, order_by=order) == found


def test_order_of_tasks_can_be_by_execution_time(qarnot_connection: Connection) -> None:
    """Tasks have one order more."""
    for name, seconds in {"a": "3", "b": "1", "c": "2"}.items():
        task = qarnot_connection.create_task(name, PROFILE)
        task.constants = {"EMULATOR_EXECUTION_TIME": seconds}
        assert task.run() is True
    assert names(qarnot_connection, TASK, order_by="execution_time") == "bca"
    assert names(qarnot_connection, TASK, order_by="-execution_time") == "acb"


@each_kind
@each_way
@pytest.mark.parametrize(
    ("order", "error"),
    [
        ("", ValueError),
        ("-", ValueError),
        ("--name", ValueError),
        ("+name", ValueError),
        ("Name", ValueError),
        ("creationDate", ValueError),
        ("shortname", ValueError),
        ("uuid", ValueError),
        ("tags", ValueError),
        ("nothing", ValueError),
        (3, TypeError),
        (["name"], TypeError),
        ("a field", TypeError),
    ],
)
def test_order_that_the_api_does_not_know_is_refused(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: Kind,
    way: str,
    order: Any,
    error: type[Exception],
) -> None:
    """It is refused before anything is sent, with what there is to sort by."""
    order = kind.fields.name if order == "a field" else order
    with pytest.raises(error, match=r"an order must be|cannot be sorted by"):
        getattr(kind, way)(qarnot_connection, order_by=order)
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize("kind", [JOB, POOL], ids=lambda kind: kind.name)
def test_order_by_execution_time_is_for_tasks_alone(
    qarnot_connection: Connection, kind: Kind
) -> None:
    """Jobs and pools are not sorted by it, and the message says by what they are."""
    with pytest.raises(ValueError, match="creation_date, name, state"):
        kind.listed(qarnot_connection, order_by="execution_time")


# --- summaries --------------------------------------------------------------------------------


def listing(kind: Kind, *, summary: bool) -> str:
    """The operation that lists."""
    name = kind.name.title()
    return f"paginate{name}Summaries" if summary else f"paginate{name}s"


@in_summary
@each_way
@pytest.mark.parametrize(
    ("arguments", "summary"), [({}, True), ({"summary": True}, True), ({"summary": False}, False)]
)
def test_summaries_are_asked_for_unless_told_otherwise(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: Kind,
    way: str,
    arguments: dict[str, Any],
    summary: bool,
) -> None:
    """`summary=False` asks for whole objects; both are equal objects of the same kind."""
    made = kind.make(qarnot_connection, "a")
    found = getattr(kind, way)(qarnot_connection, **arguments)
    objects = list(found.page_data if isinstance(found, Page) else found)
    assert operations(qarnot_emulator)[1:] == [listing(kind, summary=summary)]
    assert (objects, type(objects[0])) == ([made], type(made))


@in_summary
def test_member_in_the_summary_is_read_without_a_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """What was listed is fresh."""
    made = kind.make(qarnot_connection, "a")
    (found,) = kind.listed(qarnot_connection)
    assert (found.name, found.profile, found.state) == ("a", PROFILE, "Submitted")
    assert (found.instancecount, found.shortname, found.uuid) == (1, made.uuid, made.uuid)
    assert isinstance(found.creation_date, datetime)
    assert len(qarnot_emulator.requests) == 2


@in_summary
def test_member_outside_of_the_summary_is_asked_for_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """The first such read asks for the whole object, and those that follow for nothing."""
    made = kind.make(qarnot_connection, "a", "t")
    (found,) = kind.listed(qarnot_connection)
    assert [found.tags, found.constants, found.errors, found.name] == [["t"], {}, [], "a"]
    assert operations(qarnot_emulator)[2:] == [f"retrieve{kind.name.title()}"]
    assert qarnot_emulator.requests[-1].path.endswith(made.uuid)


@in_summary
def test_whole_objects_are_read_without_a_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """Without a summary every member is there."""
    kind.make(qarnot_connection, "a", "t")
    (found,) = kind.listed(qarnot_connection, summary=False)
    assert [found.tags, found.constants, found.errors, found.name] == [["t"], {}, [], "a"]
    assert len(qarnot_emulator.requests) == 2


@in_summary
def test_summary_without_auto_update_has_defaults_until_it_is_updated(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """With `auto_update` off nothing is asked for, and `update` brings the whole object."""
    kind.make(qarnot_connection, "a", "t")
    (found,) = kind.listed(qarnot_connection)
    found.auto_update = False
    assert found.tags == []
    assert len(qarnot_emulator.requests) == 2
    found.update(flushcache=True)
    assert found.tags == ["t"]


@in_summary
def test_summary_can_be_changed(qarnot_connection: Connection, kind: Kind) -> None:
    """Tags that are set on a summary are committed as on any other object."""
    made = kind.make(qarnot_connection, "a", "t")
    (found,) = kind.listed(qarnot_connection)
    found.tags = ["new"]
    found.commit()
    made.update(flushcache=True)
    assert (found.tags, made.tags) == (["new"], ["new"])


@in_summary
def test_summary_shows_and_writes_what_is_known(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """Neither `repr` nor `to_json` asks for the rest, nor makes it up."""
    kind.make(qarnot_connection, "a", "t")
    (found,) = kind.listed(qarnot_connection)
    assert f"uuid={found.uuid!r}" in repr(found)
    written = found.to_json()
    assert written["name"] == "a"
    assert {"tags", "constants", "errors"} & set(written) == set()
    assert len(qarnot_emulator.requests) == 2


@in_summary
def test_gone_summary_says_so_when_the_rest_is_read(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """What was in the summary stays readable while it is fresh."""
    kind.make(qarnot_connection, "a")
    (found,) = kind.listed(qarnot_connection)
    qarnot_emulator.reset()
    assert found.name == "a"
    with pytest.raises(QarnotException, match="No such") as caught:
        assert found.tags
    assert type(caught.value).__name__ == f"Missing{kind.name.title()}Exception"


@in_summary
def test_summaries_with_something_odd_in_them(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """Nulls, unknown members and unknown states are no failure."""
    item = {"uuid": POOL_UUID, "name": None, "state": "Hibernating", "later": [1], "endDate": None}
    page = {"data": [item, {"uuid": JOB_UUID}]}
    qarnot_emulator.fail_next(listing(kind, summary=True), status=200, body=page)
    first, second = kind.listed(qarnot_connection)
    assert (first.state, first.name, first.end_date) == ("Hibernating", "", None)
    assert first.to_json()["later"] == [1]
    assert second.uuid == JOB_UUID


@in_summary
@pytest.mark.parametrize("item", [None, 3, {}, {"uuid": None}])
def test_summary_that_cannot_be_read_is_a_malformed_response(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind, item: Any
) -> None:
    """What is none is told, as for whole objects."""
    operation = listing(kind, summary=True)
    qarnot_emulator.fail_next(operation, status=200, body={"data": [item]})
    with pytest.raises(MalformedResponseException):
        kind.listed(qarnot_connection)


@in_summary
def test_member_of_a_summary_that_cannot_be_read_is_a_malformed_response(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """It is told when it is read; an update asks for the object itself."""
    item = {"uuid": POOL_UUID, "name": "n", "state": 3}
    operation = listing(kind, summary=True)
    qarnot_emulator.fail_next(operation, status=200, body={"data": [item]})
    (found,) = kind.listed(qarnot_connection)
    with pytest.raises(MalformedResponseException, match="state"):
        assert found.state
    assert found.name == "n"
    with pytest.raises(QarnotException, match="404"):
        found.update(flushcache=True)


def test_summary_of_a_task_has_dates_and_durations(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A summary tells how far a task is, without a request for it."""
    task = qarnot_connection.create_task("a", PROFILE, "0-2")
    assert task.run() is True
    sent = len(qarnot_emulator.requests)
    (found,) = qarnot_connection.tasks()
    assert (found.state, found.progress, found.total_instance_count) == ("Success", 100.0, 3)
    assert found.execution_time is not None
    assert found.execution_time.timedelta > timedelta(0)
    assert found.end_date is not None
    assert found.end_date.tzinfo is UTC
    assert found.advanced_range == "0-2"
    assert len(qarnot_emulator.requests) == sent + 1


# --- pages without end ------------------------------------------------------------------------


def test_pages_end_somewhere() -> None:
    """A server that has ever more objects is not followed for ever."""
    numbers, pages = itertools.count(), Pages()
    origin = Origin("paginateJobs", "POST", "/jobs/paginate", (), Secret("a-token"), 0.0)

    def ask(_: object) -> Answer[Said]:
        number = f"{next(numbers)}"
        page = {"data": [{"uuid": number}], "isTruncated": True, "nextToken": number}
        return Answer(pages.parse(json.dumps(page).encode()), "", origin)

    with pytest.raises(MalformedResponseException, match="100,000 pages, and says there are more"):
        collections.deque(_pages(ask, Query()), maxlen=0)
    assert next(numbers) == 100_000
