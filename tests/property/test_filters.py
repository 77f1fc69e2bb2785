"""Conditions mean what they say: to the emulator, to the document, and however they are joined."""

from __future__ import annotations

import json
import operator
import pickle
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from qarnot_domain import TimeSpan
from qarnot_domain.emulator import Emulator, ManualClock
from qarnot_domain.emulator._http import Request, Response
from qarnot_domain.filters import (
    Condition,
    DateField,
    DurationField,
    Field,
    Fields,
    JobFields,
    PoolFields,
    TaskFields,
)

from . import strategies as s

DOCUMENT: Final = Path(__file__).parents[2] / "openapi" / "qarnot-compute.yaml"
UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KINDS: Final = (JobFields, TaskFields, PoolFields)

JOB_MEMBERS: Final = {
    "uuid": "uuid",
    "name": "name",
    "shortname": "shortname",
    "pool_uuid": "poolUuid",
    "state": "state",
    "previous_state": "previousState",
    "state_transition_time": "stateTransitionTime",
    "previous_state_transition_time": "previousStateTransitionTime",
    "creation_date": "creationDate",
    "last_modified": "lastModified",
    "tags": "tags",
    "use_dependencies": "useDependencies",
}
TASK_MEMBERS: Final = {
    "uuid": "uuid",
    "name": "name",
    "shortname": "shortname",
    "profile": "profile",
    "job_uuid": "jobUuid",
    "pool_uuid": "poolUuid",
    "state": "state",
    "previous_state": "previousState",
    "creation_date": "creationDate",
    "tags": "tags",
    "dependencies": "dependencies",
    "instancecount": "instanceCount",
    "advanced_range": "advancedRanges",
    "total_instance_count": "totalInstanceCount",
    "running_instance_count": "runningInstanceCount",
    "progress": "progress",
    "execution_time": "executionTime",
    "wall_time": "wallTime",
    "auto_delete": "autoDeleteOnCompletion",
    "completion_ttl": "completionTimeToLive",
    "upload_results_on_cancellation": "uploadResultsOnCancellation",
    "results_whitelist": "resultsWhitelist",
    "max_time_queue_seconds": "maxTimeQueueSeconds",
}
"""Without the dates to the microsecond: answers write them to the second."""
POOL_MEMBERS: Final = {
    "uuid": "uuid",
    "name": "name",
    "profile": "profile",
    "state": "state",
    "creation_date": "creationDate",
    "tags": "tags",
    "instancecount": "instanceCount",
    "preparation_command_line": "preparationTask",
    "max_time_queue_seconds": "maxTimeQueueSeconds",
}

SIGNS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
JOINTS: Final = {"&": operator.and_, "|": operator.or_}


def condition_of(expression: s.Expression) -> Condition[Any]:
    """The condition that says an expression."""
    if isinstance(expression, s.Junction):
        left, right = condition_of(expression.left), condition_of(expression.right)
        joined: Condition[Any] = JOINTS[expression.way](left, right)
        return joined
    field: Any = expression.field
    way, value = expression.way, expression.value
    values = value if way in ("any_of", "all_of") else [value]
    compared: Condition[Any] = (
        SIGNS[way](field, value) if way in SIGNS else getattr(field, way)(*values)
    )
    return compared


Facts = Mapping[str, Any]
"""Field name -> what an object has there, in Python's terms."""


def holds(expression: s.Expression, facts: Facts) -> bool:
    """Whether an object is what an expression says, without any tree."""
    if isinstance(expression, s.Junction):
        both = (holds(expression.left, facts), holds(expression.right, facts))
        return all(both) if expression.way == "&" else any(both)
    field, way, value = expression
    return compare(facts[field.name], way, value)


def compare(fact: Any, way: str, value: Any) -> bool:
    """Whether a fact compares so with a value, or several; null with nothing but `!=`."""
    match way:
        case "==" | "!=":
            return bool(SIGNS[way](fact, value))
        case "<" | "<=" | ">" | ">=":
            return fact is not None and bool(SIGNS[way](fact, value))
        case "is_in" | "is_not_in":
            return (fact in value) == (way == "is_in")
        case "matches":
            return fact is not None and re.search(value, fact) is not None
        case "contains":
            return value in fact
        case _:
            return (any if way == "any_of" else all)(one in fact for one in value)


# --- the emulator agrees --------------------------------------------------------------------------


class Core:
    """An emulator in process, on a clock driven by hand."""

    def __init__(self) -> None:
        self.emulator = Emulator(clock=ManualClock())

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that a request is answered."""
        headers = {"authorization": self.emulator.token}
        written = b"" if body is None else json.dumps(body).encode()
        reply = self.emulator.handle(Request(method, path, (), headers, written))
        assert isinstance(reply, Response)
        assert reply.status == 200, reply
        return reply.json()

    def create(self, path: str, **members: Any) -> str:
        """The uuid of a new object."""
        uuid: str = self.send("POST", path, members)["uuid"]
        return uuid


def python_value(field: Field[Any], value: Any) -> Any:
    """A member of an answer in Python's terms; the year 1 is no date."""
    if isinstance(field, DateField):
        date = datetime.fromisoformat(value)
        return None if date.year == 1 else date
    if isinstance(field, DurationField):
        return TimeSpan(value).timedelta
    if isinstance(value, dict):
        return value.get("dependsOn", value.get("commandLine"))
    return value


def found_values(fields: list[Field[Any]], objects: Sequence[Facts]) -> s.Strategy[s.Comparison]:
    """Comparisons with what the objects have, or nearly, so that conditions seldom miss all."""

    def of(field: Field[Any]) -> s.Strategy[s.Comparison]:
        facts = [facts[field.name] for facts in objects]
        lists = (fact if isinstance(fact, list) else [fact] for fact in facts)
        values = [value for inner in lists for value in inner if value is not None]
        near = [nearby(value) for value in values]
        if not values:
            return s.comparisons(st.just(field))
        return s.comparisons(st.just(field), st.sampled_from([*values, *near]))

    return st.sampled_from(fields).flatmap(of)


def nearby(value: Any) -> Any:
    """A value of the same kind, a little more."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case datetime():
            return value + timedelta(microseconds=1)
        case timedelta():
            return value + timedelta(seconds=1)
        case _ if UUID.fullmatch(value):
            return "00000000-0000-4000-8000-000000000000"
        case _:
            return f"{value}a"


def agree(data: st.DataObject, core: Core, path: str, kind: type[Fields], members: Facts) -> None:
    """Fail unless the emulator finds just the objects for which an expression holds."""
    fields = [kind.named(name) for name in members]
    objects = [
        {f.name: python_value(f, answer[members[f.name]]) for f in fields}
        for answer in core.send("GET", path)
    ]
    expression = data.draw(s.expressions(found_values(fields, objects)), label="expression")
    tree = condition_of(expression).to_json()
    page = core.send("POST", f"{path}/paginate", {"filter": tree, "maximumResults": 50})
    found = [job["uuid"] for job in page["data"]]
    assert found == [facts["uuid"] for facts in objects if holds(expression, facts)]


WORDS: Final = st.text(alphabet="ab/", min_size=1, max_size=2)
TAGS: Final = st.lists(WORDS, max_size=3, unique=True)
PAUSES: Final = st.integers(0, 2).map(lambda seconds: timedelta(seconds=seconds))
STATES: Final = st.none() | st.sampled_from(("Active", "Success", "Closed", "Odd"))


@given(
    data=st.data(),
    bodies=st.lists(
        st.tuples(
            st.fixed_dictionaries({"name": WORDS, "tags": TAGS, "useDependencies": st.booleans()}),
            st.booleans(),
            PAUSES,
            STATES,
        ),
        max_size=5,
    ),
)
def test_emulator_finds_the_jobs_meant(data: st.DataObject, bodies: list[Any]) -> None:
    """A search for jobs gives those for which the condition holds, and no other."""
    core = Core()
    pool = core.create("/pools", name="pool", profile="docker-batch", instanceCount=1)
    for body, in_pool, pause, state in bodies:
        uuid = core.create("/jobs", **body, **({"poolUuid": pool} if in_pool else {}))
        core.emulator.advance(pause)
        if state is not None:
            core.emulator.set_state(uuid, state)
    agree(data, core, "/jobs", JobFields, JOB_MEMBERS)


@given(
    data=st.data(),
    bodies=st.lists(
        st.tuples(
            st.fixed_dictionaries(
                {"name": WORDS, "tags": TAGS, "autoDeleteOnCompletion": st.booleans()},
                optional={
                    "uploadResultsOnCancellation": st.booleans(),
                    "resultsWhitelist": WORDS,
                    "maxTimeQueueSeconds": st.integers(0, 3),
                    "completionTimeToLive": st.just("2.00:00:00"),
                },
            ),
            st.sampled_from(
                ({"instanceCount": 1}, {"instanceCount": 3}, {"advancedRanges": "1-2"})
            ),
            st.sampled_from(("alone", "in job", "depends")),
            PAUSES,
            STATES,
        ),
        max_size=5,
    ),
)
def test_emulator_finds_the_tasks_meant(data: st.DataObject, bodies: list[Any]) -> None:
    """A search for tasks gives those for which the condition holds, and no other."""
    core = Core()
    job = core.create("/jobs", name="job", useDependencies=True)
    first = core.create("/tasks", name="a", jobUuid=job, profile="docker-batch", instanceCount=1)
    for body, instances, place, pause, state in bodies:
        more: dict[str, Any] = {} if place == "alone" else {"jobUuid": job}
        if place == "depends":
            more["dependencies"] = {"dependsOn": [first]}
        uuid = core.create("/tasks", profile="docker-batch", **body, **instances, **more)
        core.emulator.advance(pause)
        if state is not None:
            core.emulator.set_state(uuid, state)
    agree(data, core, "/tasks", TaskFields, TASK_MEMBERS)


@given(
    data=st.data(),
    bodies=st.lists(
        st.tuples(
            st.fixed_dictionaries(
                {"name": WORDS, "profile": WORDS, "instanceCount": st.integers(1, 3), "tags": TAGS},
                optional={
                    "maxTimeQueueSeconds": st.integers(0, 3),
                    "preparationTask": WORDS.map(lambda command: {"commandLine": command}),
                },
            ),
            PAUSES,
            STATES,
        ),
        max_size=4,
    ),
)
def test_emulator_finds_the_pools_meant(data: st.DataObject, bodies: list[Any]) -> None:
    """A search for pools gives those for which the condition holds, and no other."""
    core = Core()
    for body, pause, state in bodies:
        uuid = core.create("/pools", **body)
        core.emulator.advance(pause)
        if state is not None:
            core.emulator.set_state(uuid, state)
    agree(data, core, "/pools", PoolFields, POOL_MEMBERS)


# --- the document agrees --------------------------------------------------------------------------


@cache
def filter_schema() -> Draft202012Validator:
    """What the document says a filter is."""
    document = yaml.load(DOCUMENT.read_text(encoding="utf-8"), yaml.CSafeLoader)
    schema = {"$ref": "#/components/schemas/Filter", "components": document["components"]}
    return Draft202012Validator(schema)


def any_expressions(kind: type[Fields]) -> s.Strategy[s.Expression]:
    """Expressions over every field of a kind with every value it can be compared with."""
    return s.expressions(s.comparisons(st.sampled_from(s.fields_of(kind))))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_tree_is_a_filter_of_the_document(data: st.DataObject, kind: type[Fields]) -> None:
    """Whatever is compared and joined, what is sent is valid JSON and a filter."""
    tree = condition_of(data.draw(any_expressions(kind))).to_json()
    filter_schema().validate(tree)
    assert json.loads(json.dumps(tree, allow_nan=False).encode()) == tree
    json.dumps(tree, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_condition_is_its_comparisons(data: st.DataObject, kind: type[Fields]) -> None:
    """The same comparisons are equal, of one hash, one repr and one tree, also after `pickle`."""
    expression = data.draw(any_expressions(kind))
    condition, again = condition_of(expression), condition_of(expression)
    pickled = pickle.loads(pickle.dumps(condition))  # noqa: S301 - our own bytes
    for other in (again, pickled):
        assert (other == condition, hash(other)) == (True, hash(condition))
        assert (repr(other), other.to_json()) == (repr(condition), condition.to_json())
        assert other.kind is kind


ANYTHING: Final = (
    s.json_values()
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
    | st.timedeltas()
    | st.floats()
    | st.binary(max_size=3)
    | st.text(st.characters(categories=("Cs", "L")), max_size=3)
)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), value=ANYTHING)
def test_any_value_is_compared_or_refused_by_name(
    data: st.DataObject, kind: type[Fields], value: Any
) -> None:
    """A value makes a filter of the document, or an error that begins with the field's name."""
    field, way, _ = data.draw(s.comparisons(st.sampled_from(s.fields_of(kind))))
    try:
        tree = condition_of(
            s.Comparison(field, way, [value] if way in ("any_of", "all_of") else value)
        ).to_json()
    except (TypeError, ValueError) as error:
        refusal = str(error)
    else:
        filter_schema().validate(tree)
        json.dumps(tree, ensure_ascii=False, allow_nan=False).encode("utf-8")
        return
    assert refusal.startswith(f"{field!r}")


# --- joining --------------------------------------------------------------------------------------

NUMBERED: Final = st.integers(0, 5).map(
    lambda number: s.Comparison(JobFields.name, "==", str(number))
)


def tree_holds(tree: Any, true: set[str]) -> bool:
    """Whether a tree of `Name == …` holds when just the comparisons with these texts do."""
    if tree["operator"] not in ("And", "Or"):
        return tree["value"] in true
    return (all if tree["operator"] == "And" else any)(tree_holds(n, true) for n in tree["filters"])


def expression_holds(expression: s.Expression, true: set[str]) -> bool:
    """The same, of an expression."""
    if isinstance(expression, s.Comparison):
        return expression.value in true
    both = [expression_holds(side, true) for side in (expression.left, expression.right)]
    return all(both) if expression.way == "&" else any(both)


def groups_in(tree: Any) -> list[tuple[str, list[str]]]:
    """Each group with the operators directly in it."""
    if "filters" not in tree:
        return []
    inner = [node["operator"] for node in tree["filters"]]
    return [(tree["operator"], inner), *(g for node in tree["filters"] for g in groups_in(node))]


@given(
    expression=s.expressions(NUMBERED, most_leaves=12),
    true=st.sets(st.sampled_from([str(number) for number in range(6)])),
)
def test_flattening_keeps_the_meaning(expression: s.Expression, true: set[str]) -> None:
    """However deep `&` and `|` are nested, the tree holds just when the expression does."""
    tree = condition_of(expression).to_json()
    assert tree_holds(tree, true) == expression_holds(expression, true)


@given(expression=s.expressions(NUMBERED, most_leaves=12))
def test_no_group_is_in_one_of_its_own_kind(expression: s.Expression) -> None:
    """A group has at least two members, and none of its own operator."""
    for joint, inner in groups_in(condition_of(expression).to_json()):
        assert joint not in inner
        assert len(inner) > 1


@given(parts=st.tuples(*[s.expressions(NUMBERED, most_leaves=4)] * 3), sign=st.sampled_from("&|"))
def test_joining_is_associative(parts: tuple[s.Expression, ...], sign: str) -> None:
    """`(a & b) & c` is `a & (b & c)`, and the same with `|`."""
    a, b, c = map(condition_of, parts)
    join = JOINTS[sign]
    assert join(join(a, b), c) == join(a, join(b, c))
