"""The emulator with many jobs, over HTTP on loopback, beside one with a hundred."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import count, cycle
from typing import Any, Final, TypeAlias

import httpx

from qarnot_domain import Connection
from tests.benchmarks.emulator_process import (
    FINISHED_EVERY,
    Report,
    emulator_with,
    name_of,
    shortname_of,
    tag_of,
)
from tests.benchmarks.measuring import Action, Figure, Options, in_turns

FEW: Final = 100
"""How many jobs the small emulator holds."""
MAX_PAGE_SIZE: Final = 50
"""The largest page there is."""
LOOKUPS: Final = 200
"""How many in a round."""
CREATIONS: Final = 50
"""How many in a round, at most."""
MOST_TIMES_SLOWER: Final = 1.5
"""How much slower one job may be found, or made, among many than among few."""

Json: TypeAlias = Any


class Client:
    """Sends raw requests on a connection that is kept."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def get(self, path: str) -> Json:
        """The JSON of something that is there."""
        return self._json(self._http.get(path))

    def post(self, path: str, body: Json) -> Json:
        """The JSON that is answered."""
        return self._json(self._http.post(path, json=body))

    def pages(self, **request: Json) -> Iterator[list[Json]]:
        """The pages of a list of jobs."""
        token = None
        while True:
            body = {**request, "maximumResults": MAX_PAGE_SIZE, "token": token}
            page = self.post("/jobs/paginate", body)
            yield page["data"]
            token = page["nextToken"]
            if token is None:
                return

    @staticmethod
    def _json(answer: httpx.Response) -> Json:
        assert answer.status_code == 200, answer.text
        return answer.json()


def measure(options: Options) -> Sequence[Figure]:
    """All figures of the section."""
    with ExitStack() as stack:
        # Without room: each creation there has to find a job that may go.
        large = stack.enter_context(
            emulator_with(options.jobs, limit=options.jobs, saves=options.rounds)
        )
        small = stack.enter_context(emulator_with(FEW, limit=FEW))
        empty = stack.enter_context(emulator_with(0, limit=options.jobs))
        many, few, new = (
            Client(
                stack.enter_context(
                    httpx.Client(
                        base_url=report.url,
                        headers={"Authorization": report.token},
                        trust_env=False,
                        timeout=600,
                    )
                )
            )
            for report in (large, small, empty)
        )
        connection = stack.enter_context(
            Connection(cluster_url=large.url, client_token=large.token, cluster_timeout=600)
        )
        return [
            *_footprint(large, options),
            *_lookups(many, few, options),
            *_lists(many, connection, options),
            *_searches(many, options),
            *_creations(many, new, options),
        ]


def _footprint(large: Report, options: Options) -> Iterator[Figure]:
    growth = large.memory_after - large.memory_before
    yield Figure("memory without jobs", "MB", (large.memory_before,))
    yield Figure(f"memory with {options.jobs:,} jobs", "MB", (large.memory_after,))
    yield Figure("memory per job and the request for it", "bytes", (growth * 1e6 / options.jobs,))
    yield Figure("creation in process", "jobs/s", (options.jobs / large.seconds,))
    yield Figure("state file written", "s", tuple(large.saves))
    yield Figure("state file read", "s", tuple(large.loads))


def _lookups(many: Client, few: Client, options: Options) -> Iterator[Figure]:
    actions: dict[str, Action] = {}
    for client, jobs in ((few, FEW), (many, options.jobs)):
        shortnames = [shortname_of(index) for index in range(1, jobs, jobs // 20)]
        uuids = [client.get(f"/jobs/{shortname}")["uuid"] for shortname in shortnames]
        for kind, names in (("uuid", uuids), ("shortname", shortnames)):
            actions[f"lookup by {kind} of {jobs:,}"] = _looking_up(client, names)
    figures = in_turns(actions, "ms", rounds=options.rounds, times=LOOKUPS)
    yield from figures.values()
    for kind in ("uuid", "shortname"):
        yield figures[f"lookup by {kind} of {options.jobs:,}"].ratio_to(
            figures[f"lookup by {kind} of {FEW:,}"],
            f"lookup by {kind}, many to few",
            MOST_TIMES_SLOWER,
        )


def _looking_up(client: Client, names: Sequence[str]) -> Action:
    turns = cycle(names)
    return lambda: client.get(f"/jobs/{next(turns)}")


def _lists(many: Client, connection: Connection, options: Options) -> Iterator[Figure]:
    jobs = options.jobs

    def follow_pages() -> None:
        assert sum(map(len, many.pages())) == jobs

    def follow_pages_with_the_client() -> None:
        token, found = None, 0
        while True:
            page = connection.jobs_page(token, MAX_PAGE_SIZE)
            token, found = page.next_token, found + len(page.page_data)
            if token is None:
                break
        assert found == jobs

    def iterate_with_the_client() -> None:
        assert sum(1 for _ in connection.all_jobs()) == jobs

    walks: dict[str, Action] = {
        f"all {jobs:,} jobs, raw, {MAX_PAGE_SIZE} a page": follow_pages,
        f"all {jobs:,} jobs, jobs_page(), {MAX_PAGE_SIZE} a page": follow_pages_with_the_client,
        f"all {jobs:,} jobs, all_jobs(), 20 a page": iterate_with_the_client,
    }
    yield from in_turns(walks, "s", rounds=options.rounds).values()
    pages: dict[str, Action] = {
        f"page in the middle by {order}": _turning(many, {"orderBy": order}, jobs)
        for order in ("creationDate", "name", "state")
    }
    yield from in_turns(pages, "ms", rounds=options.rounds, times=3).values()


def _turning(client: Client, request: Mapping[str, Json], jobs: int) -> Action:
    """Asks for a page from the middle of the list."""
    middle = {**request, "maximumResults": MAX_PAGE_SIZE, "token": None}
    for _ in range(min(10, jobs // MAX_PAGE_SIZE - 1)):
        middle["token"] = client.post("/jobs/paginate", middle)["nextToken"]
    return lambda: client.post("/jobs/paginate", middle)


def _searches(many: Client, options: Options) -> Iterator[Figure]:
    index, jobs = options.jobs // 2 + 1, options.jobs
    uuid = many.get(f"/jobs/{shortname_of(index)}")["uuid"]
    uuids = [job["uuid"] for page, _ in zip(many.pages(), range(20), strict=False) for job in page]
    has_tag = _leaf("Equal", "Tags", tag_of(index, jobs))
    begins_so = _leaf("Like", "Name", f"^{name_of(index)[:-2]}")
    is_active = _leaf("Equal", "State", "Active")
    is_recent = _leaf("GreaterThan", "CreationDate", "2020-01-01T00:00:00Z")
    filters: dict[str, Json] = {
        "uuid": _leaf("Equal", "Uuid", uuid),
        "shortname": _leaf("Equal", "Shortname", shortname_of(index)),
        "tag": has_tag,
        "state that none has": _leaf("Equal", "State", "Terminating"),
        "how the name begins": begins_so,
        "state, date and (tag or name)": {
            "operator": "And",
            "filters": [is_active, is_recent, {"operator": "Or", "filters": [has_tag, begins_so]}],
        },
    }
    searches: dict[str, Action] = {
        f"search by {name}": _searching(many, "/jobs/search", {"filter": tree})
        for name, tree in filters.items()
    }
    page_of_uuids = {"filter": _leaf("In", "Uuid", uuids), "maximumResults": MAX_PAGE_SIZE}
    searches[f"page of {len(uuids):,} by their uuids"] = _searching(
        many, "/jobs/paginate", page_of_uuids
    )
    page_of_tag = {"filter": has_tag, "maximumResults": MAX_PAGE_SIZE}
    searches["page of a tag"] = _searching(many, "/jobs/paginate", page_of_tag)
    yield from in_turns(searches, "ms", rounds=options.rounds, times=3).values()


def _searching(client: Client, path: str, body: Json) -> Action:
    def search() -> None:
        client.post(path, body)

    return search


def _leaf(operator: str, field: str, value: Json) -> Json:
    key = "values" if operator == "In" else "value"
    return {"operator": operator, "field": field, key: value}


def _creations(many: Client, new: Client, options: Options) -> Iterator[Figure]:
    # In the full account, only so many may go.
    times = max(1, min(CREATIONS, options.jobs // FINISHED_EVERY // options.rounds))
    empty, full = "creation in an empty account", f"creation in a full one of {options.jobs:,}"
    actions: dict[str, Action] = {empty: _creating(new), full: _creating(many)}
    figures = in_turns(actions, "ms", rounds=options.rounds, times=times)
    yield from figures.values()
    yield figures[full].ratio_to(figures[empty], "creation, full to empty", MOST_TIMES_SLOWER)


def _creating(client: Client) -> Callable[[], object]:
    numbers = count()
    return lambda: client.post("/jobs", {"name": "one more", "shortname": f"new-{next(numbers)}"})
