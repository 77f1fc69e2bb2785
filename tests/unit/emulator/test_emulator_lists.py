"""Search, filters and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Driver, Json


def leaf(operator: str, field: str, value: Json) -> dict[str, Any]:
    """A condition on one field."""
    key = "values" if operator in ("In", "NotIn") else "value"
    return {"operator": operator, "field": field, key: value}


@pytest.fixture
def three(cloud: Driver) -> Driver:
    """Three jobs a second apart: `alpha` with tags a and b, `beta` with b, `gamma` completed."""
    cloud.create_job(name="alpha", tags=["a", "b"])
    cloud.advance(1)
    cloud.create_job(name="beta", tags=["b"], useDependencies=True)
    cloud.advance(1)
    gamma = cloud.create_job(name="gamma")
    cloud.post(f"/jobs/{gamma}/terminate")
    cloud.advance(1)
    return cloud


def found(cloud: Driver, tree: Json) -> str:
    """The initials of the jobs that a filter finds."""
    response = cloud.post("/jobs/search", {"filter": tree})
    assert response.status == 200, response
    return "".join(job["name"][0] for job in response.json())


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (None, "abg"),
        (leaf("Equal", "Name", "beta"), "b"),
        (leaf("equal", "name", "beta"), "b"),
        (leaf("NotEqual", "Name", "beta"), "ag"),
        (leaf("Equal", "Name", "Beta"), ""),
        (leaf("Equal", "Tags", "b"), "ab"),
        (leaf("NotEqual", "Tags", "a"), "bg"),
        (leaf("Equal", "State", "Completed"), "g"),
        (leaf("Equal", "PreviousState", None), "ab"),
        (leaf("NotEqual", "PreviousState", None), "g"),
        (leaf("Equal", "UseDependencies", True), "b"),
        (leaf("Equal", "UseDependencies", "false"), "ag"),
        (leaf("In", "Name", ["alpha", "gamma", "delta"]), "ag"),
        (leaf("NotIn", "Name", ["alpha"]), "bg"),
        (leaf("In", "Tags", ["a", "x"]), "a"),
        (leaf("NotIn", "Tags", ["a", "x"]), "bg"),
        (leaf("LessThan", "Name", "beta"), "a"),
        (leaf("LessThanOrEqual", "Name", "beta"), "ab"),
        (leaf("GreaterThan", "Name", "beta"), "g"),
        (leaf("GreaterThanOrEqual", "Name", "beta"), "bg"),
        (leaf("GreaterThan", "CreationDate", "2026-01-01T00:00:00.5Z"), "bg"),
        (leaf("LessThanOrEqual", "CreationDate", "2026-01-01T00:00:01.0000000Z"), "ab"),
        (leaf("Equal", "CreationDate", "2026-01-01T01:00:01+01:00"), "b"),
        (leaf("Equal", "CreationDate", "2026-01-01T00:00:01"), "b"),
        (leaf("Equal", "CreationDate", "yesterday"), ""),
        (leaf("LessThan", "StateTransitionTime", "2030-01-01T00:00:00Z"), "g"),
        (leaf("Like", "Name", "/^(al|be)/"), "ab"),
        (leaf("Like", "Name", "a$"), "abg"),
        (leaf("Like", "Tags", "^a"), "a"),
        (leaf("Like", "PreviousState", "."), "g"),
        ({"operator": "And", "filters": []}, "abg"),
        ({"operator": "Or", "filters": []}, ""),
        (
            {
                "operator": "And",
                "filters": [leaf("Equal", "Tags", "b"), leaf("Equal", "Tags", "a")],
            },
            "a",
        ),
        (
            {
                "Operator": "OR",
                "Filters": [
                    {"Operator": "Equal", "Field": "Name", "Value": "gamma"},
                    leaf("Equal", "Tags", "a"),
                ],
            },
            "ag",
        ),
    ],
)
def test_a_filter_finds_what_it_describes(three: Driver, tree: Json, expected: str) -> None:
    """Every operator, on text, dates, truth values and lists, in any case."""
    assert found(three, tree) == expected


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("Dependencies.DependsOn", "Equal", "first", 1),
        ("constants.KEY", "Equal", "K", 1),
        ("Constants.Nothing", "Equal", "K", 0),
        ("Constants.Value", "Equal", "hidden", 0),
        ("Privileges.ExportApiAndStorageCredentialsInEnvironment", "Equal", True, 0),
        ("Privileges.ExportApiAndStorageCredentialsInEnvironment", "Equal", False, 2),
        ("DefaultResourcesCacheTTLSec", "Equal", 7_776_000, 2),
        ("RunningCoreCount", "LessThan", 4, 2),
        ("ResultsCount", "Equal", 0, 2),
        ("SnapshotInterval", "Equal", 0, 2),
        ("InstanceCount", "GreaterThan", "1", 1),
        ("InstanceCount", "LessThan", 2, 1),
        ("InstanceCount", "Equal", "many", 0),
        ("InstanceCount", "Equal", "nan", 0),
        ("InstanceCount", "LessThanOrEqual", "nan", 0),
        ("InstanceCount", "In", ["1", None], 1),
        ("InstanceCount", "Equal", True, 0),
        ("ExecutionTime", "GreaterThanOrEqual", "00:00:01", 1),
        ("ExecutionTime", "Equal", "soon", 0),
        ("Progress", "Equal", 100, 1),
    ],
)
def test_nested_members_numbers_and_spans_can_be_filtered(
    cloud: Driver, field: str, operator: str, value: Json, expected: int
) -> None:
    """Dotted, through lists, numbers also as text; as they read back, so secrets are not found."""
    job = cloud.create_job(useDependencies=True)
    constants = [{"key": "K", "value": "v"}, {"key": "QARNOT_SECRET__X", "value": "hidden"}]
    first = cloud.create_task(jobUuid=job, constants=constants)
    cloud.create_task(jobUuid=job, instanceCount=2, dependencies={"dependsOn": [first]})
    cloud.advance(1.9)
    wanted = first if value == "first" else value
    response = cloud.post("/tasks/search", {"filter": leaf(operator, field, wanted)})
    assert len(response.json()) == expected


@pytest.mark.parametrize(
    ("tree", "named"),
    [
        ([], "filter"),
        ({}, "filter.operator"),
        ({"operator": "Xor", "filters": []}, "filter.operator"),
        ({"operator": "And"}, "filter.filters"),
        ({"operator": "And", "filters": [leaf("Equal", "Nothing", 1)]}, "filter.filters[0].field"),
        (leaf("Equal", "MaxWallTime", "00:00:00"), "filter.field"),
        ({"operator": "Equal", "value": 1}, "filter.field"),
        ({"operator": "Equal", "field": "Name"}, "filter.value"),
        ({"operator": "Equal", "field": "Name", "value": ["a"]}, "filter.value"),
        ({"operator": "In", "field": "Name", "value": ["a"]}, "filter.values"),
        (leaf("Like", "Name", "("), "filter.value"),
        (leaf("Like", "Name", f"a{{{'9' * 20}}}"), "filter.value"),
        (leaf("Like", "Name", "(" * 5000 + ")" * 5000), "filter.value"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_by_place(
    cloud: Driver, tree: Json, named: str
) -> None:
    """In a search and in a page alike."""
    for url in ("/jobs/search", "/jobs/paginate"):
        response = cloud.post(url, {"filter": tree})
        assert response.status == 400
        assert list(response.json()["errors"]) == [named]


def test_a_filter_too_deep_is_refused(cloud: Driver) -> None:
    """Instead of exhausting the stack."""
    tree: dict[str, Any] = leaf("Equal", "Name", "x")
    for _ in range(80):
        tree = {"operator": "And", "filters": [tree]}
    assert cloud.post("/jobs/search", {"filter": tree}).status == 400


def trees(ids: list[str]) -> st.SearchStrategy[Json]:
    """Conditions on the ids and names of jobs, joined in all ways."""
    fields = st.sampled_from(["Uuid", "shortname", "Name"])
    values = st.sampled_from([*ids, "nobody", None, 1])
    single = st.sampled_from(["Equal", "NotEqual", "GreaterThan"])
    several = st.sampled_from(["In", "NotIn"])
    return st.recursive(
        st.builds(leaf, single, fields, values)
        | st.builds(leaf, several, fields, st.lists(values, max_size=4)),
        lambda parts: st.builds(
            lambda operator, filters: {"operator": operator, "filters": filters},
            st.sampled_from(["And", "Or"]),
            st.lists(parts, max_size=3),
        ),
        max_leaves=6,
    )


@given(data=st.data())
def test_ids_find_what_looking_at_every_job_would(
    driver_class: type[Driver], data: st.DataObject
) -> None:
    """However conditions on them are joined, and on pages too."""
    cloud = driver_class()
    uuids = [cloud.create_job(name=name, shortname=f"{name}-1") for name in "cab"]
    tree = data.draw(trees([*uuids, "a-1", "b-1", "c-1"]))
    # One more way to match, which nothing does, hides that ids would do.
    everywhere = {"operator": "Or", "filters": [tree, leaf("Equal", "State", "Deleting")]}
    assert found(cloud, tree) == found(cloud, everywhere)
    for order in ("creationDate", "name"):
        request: dict[str, Any] = {"orderBy": order, "orderType": "DESC", "maximumResults": 2}
        assert pages(cloud, "/jobs/paginate", filter=tree, **request) == pages(
            cloud, "/jobs/paginate", filter=everywhere, **request
        )


@pytest.mark.parametrize(
    "tree",
    [
        leaf("In", "Shortname", ["a", "a"]),
        {"operator": "Or", "filters": [leaf("Equal", "Shortname", "a")] * 2},
    ],
)
def test_an_id_that_is_named_twice_finds_its_job_once(cloud: Driver, tree: Json) -> None:
    """Within one condition or in two."""
    cloud.create_job(name="a", shortname="a")
    assert found(cloud, tree) == "a"


def test_a_search_selects_members(three: Driver) -> None:
    """In any case; the uuid always comes along."""
    body = {"select": {"fields": ["Name", "creationdate"]}, "maximumResults": 2}
    found = three.post("/jobs/search", body).json()
    assert [set(job) for job in found] == [{"uuid", "name", "creationDate"}] * 2
    refused = three.post("/jobs/search", {"select": {"fields": ["Name", "MaxWallTime"]}})
    assert list(refused.json()["errors"]) == ["select.fields[1]"]


def pages(cloud: Driver, url: str, **request: Json) -> list[list[str]]:
    """The names on each page, following the tokens."""
    names: list[list[str]] = []
    token = None
    while True:
        page = cloud.post(url, {**request, "token": token}).json()
        names.append([item["name"] for item in page["data"]])
        assert page["count"] == len(page["data"])
        assert page["isTruncated"] == (page["nextToken"] is not None)
        if not page["isTruncated"]:
            return names
        token = page["nextToken"]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, [["c", "a", "b"]]),
        ({"maximumResults": 2}, [["c", "a"], ["b"]]),
        ({"maximumResults": 3}, [["c", "a", "b"]]),
        ({"maximumResults": 1, "orderBy": "name"}, [["a"], ["b"], ["c"]]),
        ({"maximumResults": 2, "orderBy": "Name", "orderType": "desc"}, [["c", "b"], ["a"]]),
        ({"maximumResults": 2, "orderType": "DESC"}, [["b", "a"], ["c"]]),
        ({"maximumResults": 3, "orderType": "DESC"}, [["b", "a", "c"]]),
        ({"maximumResults": 2, "orderBy": "state"}, [["c", "a"], ["b"]]),
    ],
)
def test_pages_follow_the_order(
    cloud: Driver, request_: dict[str, Any], expected: list[list[str]]
) -> None:
    """By creation unless asked otherwise; ties, as here with no time between, by creation too."""
    for name in "cab":
        cloud.create_job(name=name)
    assert pages(cloud, "/jobs/paginate", **request_) == expected


def test_a_page_by_state_follows_what_changed_since_the_last(cloud: Driver) -> None:
    """Also what came, and what is gone."""
    jobs = [cloud.create_job(name=name) for name in "abc"]
    request = {"orderBy": "state", "orderType": "DESC"}
    assert pages(cloud, "/jobs/paginate", **request) == [["c", "b", "a"]]
    cloud.post(f"/jobs/{jobs[0]}/terminate")
    assert pages(cloud, "/jobs/paginate", **request) == [["a", "c", "b"]]
    cloud.create_job(name="d")
    assert pages(cloud, "/jobs/paginate", **request) == [["a", "d", "c", "b"]]
    cloud.advance(1)
    assert pages(cloud, "/jobs/paginate", **request) == [["a", "d", "c", "b"]]
    cloud.delete(f"/jobs/{jobs[1]}")
    assert pages(cloud, "/jobs/paginate", **request) == [["b", "a", "d", "c"]]
    cloud.advance(1)
    assert pages(cloud, "/jobs/paginate", **request) == [["a", "d", "c"]]


def test_a_page_counts_what_matches_on_all_pages(cloud: Driver) -> None:
    """`total` is of the filter, `count` of the page."""
    for index in range(5):
        cloud.create_job(tags=["even"] if index % 2 == 0 else [])
    request = {"filter": leaf("Equal", "Tags", "even"), "maximumResults": 2}
    page = cloud.post("/jobs/paginate", request).json()
    assert (page["count"], page["total"]) == (2, 3)


def test_the_size_of_a_page_has_a_default_and_a_cap(cloud: Driver) -> None:
    """More than the cap is cut to it, less than one refused."""
    for _ in range(51):
        cloud.create_job()
    sizes = [
        cloud.post("/jobs/paginate", {"maximumResults": size}).json()["count"]
        for size in (None, 1000)
    ]
    assert sizes == [20, 50]
    assert cloud.post("/jobs/paginate", {"maximumResults": 0}).status == 400


@pytest.mark.parametrize(
    "body",
    [
        {"token": "x"},
        {"token": "WyJub3RoaW5nIiwgZmFsc2UsICJhIiwgMV0="},
        {"token": "e30="},
        {"token": 1},
        {"orderBy": "maxWallTime"},
        {"orderBy": 1},
        {"orderType": "UP"},
        [],
    ],
)
def test_a_page_request_that_makes_no_sense_is_refused(cloud: Driver, body: Json) -> None:
    """A token of another make included."""
    assert cloud.post("/jobs/paginate", body).status == 400


def test_tasks_come_in_pages_whole_or_in_summary(cloud: Driver) -> None:
    """By execution time too."""
    for seconds, name in (("3", "slow"), ("1", "quick"), ("2", "middling")):
        cloud.create_task(
            name=name, constants=[{"key": "EMULATOR_EXECUTION_TIME", "value": seconds}]
        )
    cloud.advance(10)
    for url in ("/tasks/paginate", "/tasks/summaries/paginate"):
        assert pages(cloud, url, orderBy="executionTime", maximumResults=2) == [
            ["quick", "middling"],
            ["slow"],
        ]


# Between two pages: a job is created (None) or the nth that is there deleted.
CHANGES = st.lists(st.lists(st.none() | st.integers(0, 30), max_size=3), max_size=12)


@given(
    count=st.integers(0, 12),
    changes=CHANGES,
    size=st.integers(1, 4),
    order=st.sampled_from(["creationDate", "name"]),
    direction=st.sampled_from(["ASC", "DESC"]),
)
def test_pages_stay_stable_while_jobs_come_and_go(
    driver_class: type[Driver],
    count: int,
    changes: list[list[int | None]],
    size: int,
    order: str,
    direction: str,
) -> None:
    """Nothing is given twice, and what was there all along is given once."""
    cloud = driver_class()
    there = {cloud.create_job(name=f"{i * 7 % 10}") for i in range(count)}
    throughout = set(there)
    request: dict[str, Any] = {"maximumResults": size, "orderBy": order, "orderType": direction}
    given_: list[str] = []
    token = None
    for step in [*changes, *[[]] * 60]:
        page = cloud.post("/jobs/paginate", {**request, "token": token}).json()
        given_ += [job["uuid"] for job in page["data"]]
        if not page["isTruncated"]:
            break
        token = page["nextToken"]
        for change in step:
            if change is None:
                there.add(cloud.create_job(name=f"{len(there) % 10}"))
            elif there:
                gone = sorted(there)[change % len(there)]
                there.discard(gone)
                throughout.discard(gone)
                cloud.delete(f"/jobs/{gone}")
                cloud.advance(2)
    assert len(given_) == len(set(given_))
    assert throughout <= set(given_)
