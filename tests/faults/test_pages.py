"""Pages that a server turns wrongly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest

from qarnot_domain import Connection, Job, MalformedResponseException

from ..unit.driving import JOB_PAYLOAD
from ..unit.wire import Received, WireServer
from .laboratory import as_json, connect

Page = tuple[Iterable[int], str | None]
"""The jobs on a page, by number, and the token of the next page."""


def uuid(number: int) -> str:
    """The uuid of a job."""
    return f"00000000-0000-4000-8000-{number:012}"


@contextmanager
def turning(page: Callable[[int], Page]) -> Iterator[tuple[Connection, WireServer]]:
    """A server that answers the nth request for a page, from 0, with what `page` gives for n."""
    asked = iter(range(10**9))

    def answer(_: Received) -> bytes:
        jobs, token = page(next(asked))
        data = [{**JOB_PAYLOAD, "uuid": uuid(number)} for number in jobs]
        return as_json({"data": data, "isTruncated": token is not None, "nextToken": token})

    with WireServer(answer) as server, connect(server.url) as connection:
        yield connection, server


def tokens(server: WireServer) -> list[Any]:
    """The tokens that pages were asked for with."""
    return [json.loads(request.body).get("token") for request in server.received]


EACH_LISTING = pytest.mark.parametrize(
    "listing",
    [Connection.jobs, lambda connection: list(connection.all_jobs())],
    ids=["a list", "an iterator"],
)
Listing = Callable[[Connection], list[Job]]

ENDLESS: dict[str, tuple[Callable[[int], Page], int, str]] = {
    "one token again and again": (lambda n: ([n], "again"), 2, "the token of a page again"),
    "two tokens in turn": (lambda n: ([n], f"{n % 2}"), 3, "the token of a page again"),
    "new tokens and no jobs": (lambda n: ([], f"{n}"), 100, "100 pages in a row"),
    "new tokens and the same jobs": (lambda n: ([1, 2], f"{n}"), 101, "100 pages in a row"),
}


@EACH_LISTING
@pytest.mark.parametrize(("page", "requests", "says"), ENDLESS.values(), ids=ENDLESS)
def test_pages_without_end(
    listing: Listing, page: Callable[[int], Page], requests: int, says: str
) -> None:
    """A token that comes again or 100 pages with nothing new are a `MalformedResponseException`."""
    with turning(page) as (connection, server):
        with pytest.raises(MalformedResponseException, match=says) as caught:
            listing(connection)
        assert caught.value.operation == "paginateJobs"
    assert len(server.received) == requests


def test_new_jobs_without_end() -> None:
    """An iterator asks for no page before it is needed, so that it can be left at any time."""
    with turning(lambda n: ([2 * n, 2 * n + 1], f"{n}")) as (connection, server):
        found = [job.uuid for job in islice(connection.all_jobs(), 5)]
    assert found == [uuid(number) for number in range(5)]
    assert tokens(server) == [None, "0", "1"]


MOVING: dict[str, tuple[list[Page], list[int]]] = {
    "one is created": ([([1, 2], "a"), ([2, 3], None)], [1, 2, 3]),
    "a page's worth is created": ([([1, 2], "a"), ([1, 2], "b"), ([3], None)], [1, 2, 3]),
    "one is deleted": ([([1, 2], "a"), ([4], None)], [1, 2, 4]),
    "all the rest is deleted": ([([1, 2], "a"), ([], None)], [1, 2]),
    "the order changes": ([([1, 2], "a"), ([3, 1], "b"), ([2, 4], None)], [1, 2, 3, 4]),
    "one is twice on a page": ([([1, 1, 2], None)], [1, 2]),
}


@EACH_LISTING
@pytest.mark.parametrize(("pages", "found"), MOVING.values(), ids=MOVING)
def test_pages_that_change_while_they_are_turned(
    listing: Listing, pages: list[Page], found: list[int]
) -> None:
    """What a page has is listed, in order, and no job twice."""
    with turning(lambda n: pages[n]) as (connection, server):
        assert [job.uuid for job in listing(connection)] == [uuid(number) for number in found]
    assert len(server.received) == len(pages)


def test_many_jobs_are_refreshed_from_pages_without_end() -> None:
    """`refresh` ends in the same exception; what came until then is up to date."""
    with turning(lambda n: ([1] if n else [], f"{n}")) as (connection, server):
        job = Job.from_json(connection, {**JOB_PAYLOAD, "uuid": uuid(1), "name": "old"})
        with pytest.raises(MalformedResponseException, match="in a row"):
            connection.refresh([job])
        assert job.name == JOB_PAYLOAD["name"]
    assert len(server.received) == 102
