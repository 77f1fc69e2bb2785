"""`filters`: what each comparison is on the wire, and what is refused. Its meaning: properties."""

from __future__ import annotations

import copy
import json
import operator
import pickle
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
import yaml

from qarnot_domain import JobState, PoolState, TaskState, TimeSpan
from qarnot_domain.emulator import Emulator, ManualClock
from qarnot_domain.emulator._http import Request, Response
from qarnot_domain.filters import (
    Condition,
    DateField,
    DurationField,
    Field,
    Fields,
    FlagField,
    JobFields,
    NumberField,
    OptionalTextField,
    PoolFields,
    TaskFields,
    TextField,
    TextsField,
)
from tests.apart import apart

MOMENT: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UUID: Final = "99999999-8888-4777-8666-abcdefabcdef"
KINDS: Final = (JobFields, TaskFields, PoolFields)


def leaf(operator: str, field: str, value: Any) -> dict[str, Any]:
    """The tree of one comparison."""
    key = "values" if operator in ("In", "NotIn") else "value"
    return {"operator": operator, "field": field, key: value}


def group(operator: str, *filters: Any) -> dict[str, Any]:
    """The tree of several."""
    return {"operator": operator, "filters": list(filters)}


def fields_of(kind: type[Fields]) -> dict[str, Field[Any]]:
    """The fields of a kind by their names."""
    return {name: field for name, field in vars(kind).items() if isinstance(field, Field)}


# --- the wire form --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "tree"),
    [
        (JobFields.name == "x", leaf("Equal", "Name", "x")),
        (JobFields.name == "", leaf("Equal", "Name", "")),
        (TaskFields.name != "x", leaf("NotEqual", "Name", "x")),
        (JobFields.name.is_in(["x", "y"]), leaf("In", "Name", ["x", "y"])),
        (JobFields.name.is_in(iter("x")), leaf("In", "Name", ["x"])),
        (JobFields.name.is_not_in(("x",)), leaf("NotIn", "Name", ["x"])),
        (JobFields.name.matches("^sweep-"), leaf("Like", "Name", "^sweep-")),
        (JobFields.uuid == UUID, leaf("Equal", "Uuid", UUID)),
        (JobFields.pool_uuid == UUID.upper(), leaf("Equal", "PoolUuid", UUID)),
        (TaskFields.job_uuid.is_in([f"{{{UUID}}}"]), leaf("In", "JobUuid", [UUID])),
        (JobFields.uuid.matches("^9"), leaf("Like", "Uuid", "^9")),
        (JobFields.pool_uuid == None, leaf("Equal", "PoolUuid", None)),  # noqa: E711 - null
        (JobFields.pool_uuid != None, leaf("NotEqual", "PoolUuid", None)),  # noqa: E711 - null
        (JobFields.pool_uuid != UUID, leaf("NotEqual", "PoolUuid", UUID)),
        (JobFields.state == JobState.ACTIVE, leaf("Equal", "State", "Active")),
        (TaskFields.state != "Odd", leaf("NotEqual", "State", "Odd")),
        (
            TaskFields.state.is_in([TaskState.SUCCESS, "Failure"]),
            leaf("In", "State", ["Success", "Failure"]),
        ),
        (PoolFields.state == PoolState.CLOSED, leaf("Equal", "State", "Closed")),
        (PoolFields.previous_state == "Closed", leaf("Equal", "PreviousState", "Closed")),
        (
            JobFields.creation_date == MOMENT,
            leaf("Equal", "CreationDate", "2026-01-02T03:04:05Z"),
        ),
        (
            JobFields.creation_date != MOMENT.replace(microsecond=50),
            leaf("NotEqual", "CreationDate", "2026-01-02T03:04:05.000050Z"),
        ),
        (
            JobFields.last_modified < MOMENT.astimezone(timezone(timedelta(hours=-5))),
            leaf("LessThan", "LastModified", "2026-01-02T03:04:05Z"),
        ),
        (
            MOMENT >= TaskFields.end_date,  # noqa: SIM300 - as a user may write it
            leaf("LessThanOrEqual", "EndDate", "2026-01-02T03:04:05Z"),
        ),
        (
            TaskFields.creation_date.is_in([MOMENT]),
            leaf("In", "CreationDate", ["2026-01-02T03:04:05Z"]),
        ),
        (
            TaskFields.execution_time > timedelta(hours=1),
            leaf("GreaterThan", "ExecutionTime", "01:00:00"),
        ),
        (
            TaskFields.wall_time >= "0.00:00:01.5",
            leaf("GreaterThanOrEqual", "WallTime", "00:00:01.5000000"),
        ),
        (
            TaskFields.completion_ttl == TimeSpan("2.00:00:00"),
            leaf("Equal", "CompletionTimeToLive", "2.00:00:00"),
        ),
        (TaskFields.instancecount == 3, leaf("Equal", "InstanceCount", 3)),
        (TaskFields.progress <= 99.5, leaf("LessThanOrEqual", "Progress", 99.5)),
        (TaskFields.credits < 10**400, leaf("LessThan", "Credits", 10**400)),
        (TaskFields.instancecount.is_not_in({1}), leaf("NotIn", "InstanceCount", [1])),
        (PoolFields.pool_usage > 0.5, leaf("GreaterThan", "poolUsage", 0.5)),
        (JobFields.use_dependencies == True, leaf("Equal", "UseDependencies", True)),  # noqa: E712
        (TaskFields.auto_delete != False, leaf("NotEqual", "AutoDeleteOnCompletion", False)),  # noqa: E712
        (PoolFields.is_elastic == True, leaf("Equal", "ElasticProperty.IsElastic", True)),  # noqa: E712
        (JobFields.tags.contains("a"), leaf("Equal", "Tags", "a")),
        (JobFields.tags.any_of("a"), leaf("Equal", "Tags", "a")),
        (
            JobFields.tags.any_of("a", "b", "c"),
            group(
                "Or",
                leaf("Equal", "Tags", "a"),
                leaf("Equal", "Tags", "b"),
                leaf("Equal", "Tags", "c"),
            ),
        ),
        (
            PoolFields.tags.all_of("a", ""),
            group("And", leaf("Equal", "Tags", "a"), leaf("Equal", "Tags", "")),
        ),
        (
            TaskFields.dependencies.contains(UUID.upper()),
            leaf("Equal", "Dependencies.DependsOn", UUID),
        ),
    ],
)
def test_comparison_is_this_tree(condition: Condition[Any], tree: Any) -> None:
    """Each comparison is the documented leaf, with its value as the API writes it."""
    assert condition.to_json() == tree
    assert json.loads(json.dumps(condition.to_json())) == tree


@pytest.mark.parametrize(
    ("pattern", "sent"),
    [("/a/", "(?:/a/)"), ("/", "(?:/)"), ("/a", "/a"), ("a/", "a/"), ("(?i)/a/", "(?i)/a/")],
)
def test_slashes_of_a_pattern_are_part_of_it(pattern: str, sent: str) -> None:
    """A server that takes outer slashes for delimiters does not find any."""
    assert JobFields.name.matches(pattern).to_json()["value"] == sent


class Color(StrEnum):
    RED = "red"


class OldColor(str, Enum):  # noqa: UP042 - as older code has it
    RED = "red"


@pytest.mark.parametrize("value", [Color.RED, OldColor.RED, TaskState("red"), "red"])
def test_text_is_sent_as_mere_text(value: str) -> None:
    """An enumeration or a state becomes the plain text it holds."""
    for tree in (
        (TaskFields.name == value).to_json(),
        (TaskFields.state == value).to_json(),
        TaskFields.tags.contains(value).to_json(),
    ):
        assert (type(tree["value"]), tree["value"]) == (str, "red")


# --- what is refused ------------------------------------------------------------------------------


class Zoneless(tzinfo):
    """A time zone that does not know."""

    def utcoffset(self, when: datetime | None) -> None:
        return None

    def dst(self, when: datetime | None) -> None:
        return None

    def tzname(self, when: datetime | None) -> None:
        return None


ORDERINGS: Final[list[Callable[[Any, Any], object]]] = [
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (JobFields.name, [5, None, b"x", ["x"], JobFields.name]),
        (JobFields.uuid, [5, None]),
        (JobFields.pool_uuid, [5, b"x"]),
        (JobFields.state, [5, None, TaskState.SUCCESS, PoolState.CLOSED]),
        (JobFields.previous_state, [TaskState.SUCCESS]),
        (TaskFields.state, [JobState.ACTIVE]),
        (PoolFields.state, [TaskState.SUCCESS]),
        (JobFields.creation_date, ["2026-01-01T00:00:00Z", 5, None, date(2026, 1, 1)]),
        (TaskFields.execution_time, [5, 1.5, None]),
        (TaskFields.instancecount, ["5", True, None, 1j]),
        (JobFields.use_dependencies, [1, 0, "true", None]),
    ],
)
def test_value_of_the_wrong_type_is_refused_by_name(field: Any, values: list[Any]) -> None:
    """A value of another type is a `TypeError` that begins with the field, in every operator."""
    compares: list[Callable[[Any, Any], object]] = [operator.eq, operator.ne]
    if hasattr(type(field), "is_in"):
        compares += [lambda field, value: field.is_in([value])]
        compares += [lambda field, value: field.is_not_in([value])]
    if isinstance(field, (NumberField, DateField, DurationField)):
        compares += ORDERINGS
    for value in values:
        for compare in compares:
            with pytest.raises(TypeError, match=f"^{field!r}:? "):
                compare(field, value)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (JobFields.name, ["\ud800"]),
        (JobFields.uuid, ["", "x", "\ud800", UUID[:-1]]),
        (JobFields.state, ["\udfff"]),
        (
            JobFields.creation_date,
            [
                datetime(2026, 1, 1),  # noqa: DTZ001 - that is the point
                datetime(2026, 1, 1, tzinfo=Zoneless()),
                datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
                datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2))),
            ],
        ),
        (TaskFields.execution_time, ["1h", "24:00:00", timedelta(seconds=-1), timedelta.max]),
        (TaskFields.progress, [float("nan"), float("inf"), -float("inf")]),
    ],
)
def test_value_that_cannot_be_is_refused_by_name(field: Any, values: list[Any]) -> None:
    """A value of the right type that no object can have is a `ValueError` beginning so."""
    for value in values:
        for compare in (operator.eq, operator.ne):
            with pytest.raises(ValueError, match=f"^{field!r}"):
                compare(field, value)
        with pytest.raises(ValueError, match=f"^{field!r}"):
            field.is_in([value])


@pytest.mark.parametrize("method", ["is_in", "is_not_in"])
@pytest.mark.parametrize("field", [JobFields.name, TaskFields.progress, JobFields.creation_date])
def test_membership_needs_a_list_of_something(field: Any, method: str) -> None:
    """No value at all would silently mean all or none; a text is no list of its letters."""
    empties: list[Any] = [[], (), iter(())]
    for empty in empties:
        with pytest.raises(ValueError, match=f"^{field!r} must be one of at least one value"):
            getattr(field, method)(empty)
    for value in ("ab", b"ab", 5, None):
        with pytest.raises(TypeError, match=f"^{field!r} must be one of a list"):
            getattr(field, method)(value)


def test_null_is_not_in_a_list() -> None:
    """`None` compares with `==` and `!=` alone."""
    with pytest.raises(TypeError, match=r"^JobFields\.pool_uuid must be text, not NoneType"):
        JobFields.pool_uuid.is_in([None])  # type: ignore[list-item]


@pytest.mark.parametrize("method", ["any_of", "all_of"])
def test_lists_are_compared_with_one_value_at_least(method: str) -> None:
    """No value would silently mean all or none, and a list of them is not a value."""
    compare = getattr(JobFields.tags, method)
    with pytest.raises(ValueError, match=r"^JobFields\.tags must .* at least one value"):
        compare()
    for value in (["a", "b"], 5, None):
        with pytest.raises(TypeError, match=r"^JobFields\.tags must be text"):
            compare("a", value)
    with pytest.raises(ValueError, match=r"^JobFields\.tags holds a lone surrogate"):
        compare("\ud800")
    with pytest.raises(ValueError, match=r"^TaskFields\.dependencies must be a uuid"):
        getattr(TaskFields.dependencies, method)("x")


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "*",
        "a{99999999999999999999}",
        pytest.param("(" * 9_999 + ")" * 9_999, id="deep"),
        "\ud800",
    ],
)
def test_pattern_that_is_none_is_refused(pattern: str) -> None:
    """What Python cannot compile, the server is not asked."""
    with pytest.raises(ValueError, match=r"^JobFields\.name "):
        JobFields.name.matches(pattern)


@pytest.mark.parametrize("pattern", [b"a", None, 5])
def test_pattern_that_is_no_text_is_refused(pattern: Any) -> None:
    """A pattern is text."""
    with pytest.raises(TypeError, match=r"^JobFields\.name must be text"):
        JobFields.name.matches(pattern)


def test_values_of_the_wrong_type_are_no_conditions_to_the_type_checker() -> None:
    """What is refused at run time cannot be joined before either."""
    with pytest.raises(TypeError):
        A & (JobFields.state == 5)  # type: ignore[operator]
    with pytest.raises(TypeError):
        A & (JobFields.creation_date != "2026-01-01T00:00:00Z")  # type: ignore[operator]
    with pytest.raises(TypeError):
        TaskFields.progress < "5"  # type: ignore[operator]  # noqa: B015
    with pytest.raises(TypeError):
        JobFields.tags.any_of(["a"])  # type: ignore[arg-type]


def test_other_operators_are_not_offered() -> None:
    """What a kind of field is not compared by is an error to the type checker and at run time."""
    with pytest.raises(TypeError, match="'<' not supported"):
        JobFields.use_dependencies < True  # type: ignore[operator]  # noqa: B015
    with pytest.raises(TypeError, match="'>=' not supported"):
        JobFields.name >= "a"  # type: ignore[operator]  # noqa: B015
    with pytest.raises(AttributeError, match="is_in"):
        JobFields.use_dependencies.is_in([True])  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="matches"):
        JobFields.creation_date.matches("2026")  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="bad operand type for unary ~"):
        ~A  # type: ignore[operator]  # noqa: B018


def test_equality_of_a_list_is_refused_with_a_hint() -> None:
    """`tags == "a"` is not quietly `False`: it says what to write."""
    hint = r"^JobFields\.tags is a list: use contains, any_of or all_of$"
    with pytest.raises(TypeError, match=hint):
        A & (JobFields.tags == "a")  # type: ignore[operator]
    with pytest.raises(TypeError, match=hint):
        A & (JobFields.tags != ["a"])  # type: ignore[operator]
    with pytest.raises(TypeError, match="not iterable"):
        "a" in JobFields.tags  # type: ignore[operator]  # noqa: B015


# --- joining --------------------------------------------------------------------------------------

A: Final = JobFields.name == "a"
B: Final = JobFields.name == "b"
C: Final = JobFields.name == "c"
A_TREE, B_TREE, C_TREE = A.to_json(), B.to_json(), C.to_json()


@pytest.mark.parametrize(
    ("condition", "tree"),
    [
        (A & B, group("And", A_TREE, B_TREE)),
        (A | B, group("Or", A_TREE, B_TREE)),
        (A & B & C, group("And", A_TREE, B_TREE, C_TREE)),
        (A & (B & C), group("And", A_TREE, B_TREE, C_TREE)),
        ((A | B) | (C | A), group("Or", A_TREE, B_TREE, C_TREE, A_TREE)),
        (A & (B | C), group("And", A_TREE, group("Or", B_TREE, C_TREE))),
        ((A & B) | C, group("Or", group("And", A_TREE, B_TREE), C_TREE)),
        (
            (A & B) | (B & C),
            group("Or", group("And", A_TREE, B_TREE), group("And", B_TREE, C_TREE)),
        ),
    ],
)
def test_joined_conditions_are_one_node(condition: Condition[JobFields], tree: Any) -> None:
    """`&` of `&` is one And node, `|` of `|` one Or node, in the order they were written."""
    assert condition.to_json() == tree


def test_conditions_of_two_kinds_cannot_be_joined() -> None:
    """A condition on jobs and one on tasks join neither to the type checker nor at run time."""
    task = TaskFields.name == "a"
    with pytest.raises(TypeError, match="on JobFields cannot be joined with one on TaskFields"):
        A & task  # type: ignore[operator]
    with pytest.raises(TypeError, match="on TaskFields cannot be joined with one on JobFields"):
        task | (A & B)  # type: ignore[operator]


@pytest.mark.parametrize("other", [True, None, "a", JobFields.name])
def test_a_condition_joins_with_conditions_alone(other: Any) -> None:
    """`a & True` is refused, also the other way round."""
    for join in (operator.and_, operator.or_):
        with pytest.raises(TypeError):
            join(A, other)
        with pytest.raises(TypeError):
            join(other, A)


@pytest.mark.parametrize(
    "misuse",
    [
        lambda a, number: a and a,
        lambda a, number: a or a,
        lambda a, number: not a,
        lambda a, number: 1 < number < 5,
    ],
)
def test_condition_is_neither_true_nor_false(misuse: Callable[[Any, Any], object]) -> None:
    """What Python does not hand over to the library is refused, with a hint of what to write."""
    with pytest.raises(TypeError, match=r"write \(a\) & \(b\) for 'a and b'"):
        misuse(A, TaskFields.progress)


@pytest.mark.parametrize("kind", KINDS)
def test_field_is_neither_true_nor_false(kind: type[Fields]) -> None:
    """`not JobFields.use_dependencies` is refused: a field alone is no condition."""
    for field in fields_of(kind).values():
        with pytest.raises(TypeError, match=f"^{field!r} is a field, not a condition"):
            bool(field)


# --- conditions as values -------------------------------------------------------------------------


def test_conditions_are_equal_by_value() -> None:
    """The same comparison of the same field is the same condition, and nothing else is."""
    assert (JobFields.name == "a") == A
    assert hash(JobFields.name == "a") == hash(A)
    assert (A & B) == (A & B)
    assert len({A, B, A & B, B & A, A | B, A & B, TaskFields.name == "a"}) == 6
    for other in (B, JobFields.name != "a", TaskFields.name == "a", A & B, "a", True):
        assert other != A
    assert JobFields.tags.contains("a") != JobFields.tags.any_of("a", "b")


@pytest.mark.parametrize("condition", [A, (A | B) & C, JobFields.name.is_in(["a"])])
def test_condition_survives_copies(condition: Condition[JobFields]) -> None:
    """A pickled or copied condition is equal, and still knows its kind."""
    pickled = pickle.loads(pickle.dumps(condition))  # noqa: S301 - our own bytes
    for other in (pickled, copy.copy(condition), copy.deepcopy(condition)):
        assert other == condition
        assert other.kind is JobFields


def test_condition_cannot_be_changed() -> None:
    """Neither a condition nor, through its tree, what it says."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        A.kind = JobFields  # type: ignore[misc]
    condition = JobFields.name.is_in(["a"]) & B
    tree: Any = condition.to_json()
    tree["filters"][0]["values"].append("b")
    tree["filters"].clear()
    assert condition == JobFields.name.is_in(["a"]) & B
    assert condition.to_json() == group("And", leaf("In", "Name", ["a"]), B_TREE)


@pytest.mark.parametrize(
    ("condition", "kind"),
    [(A, JobFields), (A & B, JobFields), (TaskFields.progress > 1, TaskFields)],
)
def test_condition_knows_its_kind(condition: Condition[Any], kind: type[Fields]) -> None:
    """Who asks for jobs can tell a condition on tasks."""
    assert condition.kind is kind


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        (JobFields.state == JobState.ACTIVE, "JobFields.state == 'Active'"),
        (TaskFields.progress >= 5, "TaskFields.progress >= 5"),
        (JobFields.creation_date < MOMENT, "JobFields.creation_date < '2026-01-02T03:04:05Z'"),
        (PoolFields.name.matches("^a"), "PoolFields.name.matches('^a')"),
        (JobFields.name.is_in(("a", "b")), "JobFields.name.is_in(['a', 'b'])"),
        (JobFields.tags.contains("a"), "JobFields.tags.contains('a')"),
        (
            A & (B | C),
            "(JobFields.name == 'a') & ((JobFields.name == 'b') | (JobFields.name == 'c'))",
        ),
    ],
)
def test_repr_reads_like_the_source(condition: Condition[Any], shown: str) -> None:
    """It shows the comparison as it is written, with the value as it is sent."""
    assert repr(condition) == shown


# --- the fields -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_fields_are_found_by_name(kind: type[Fields]) -> None:
    """Each field is found by its name, knows it, and can be a key."""
    for name, field in fields_of(kind).items():
        assert kind.named(name) is field
        assert (field.name, field.kind, repr(field)) == (name, kind, f"{kind.__name__}.{name}")
        assert {field: name}[field] == name


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (JobFields, "max_wall_time"),
        (JobFields, "auto_delete"),
        (JobFields, "completion_ttl"),
        (JobFields, "CreationDate"),
        (JobFields, ""),
        (TaskFields, "errors"),
        (TaskFields, "status"),
        (TaskFields, "scheduling_type"),
        (PoolFields, "job_uuid"),
        (PoolFields, "scaling"),
    ],
)
def test_other_names_are_refused_with_those_there_are(kind: type[Fields], name: str) -> None:
    """A member that the API cannot filter on is named, with all it can, however it is asked for."""
    expected = f"{kind.__name__} has no {name!r}: the API filters on {', '.join(fields_of(kind))}"
    with pytest.raises(ValueError, match="has no") as by_name:
        kind.named(name)
    with pytest.raises(AttributeError) as by_attribute:
        getattr(kind, name)
    assert str(by_name.value) == str(by_attribute.value) == expected


@pytest.mark.parametrize("name", ["named", "order", "_sortable", "__doc__"])
def test_what_is_no_field_is_not_found(name: str) -> None:
    """The class's own attributes are not fields."""
    with pytest.raises(ValueError, match=f"^JobFields has no '{name}'"):
        JobFields.named(name)


def test_attribute_that_is_no_field_is_an_error_to_the_type_checker() -> None:
    """Refusing names at run time hides none from the type checker."""
    with pytest.raises(AttributeError):
        JobFields.max_wall_time  # type: ignore[attr-defined]  # noqa: B018


DOCUMENT: Final = Path(__file__).parents[2] / "openapi" / "qarnot-compute.yaml"

NOT_FILTERABLE: Final = {
    "maxRetriesPerInstance",
    "resourceBuckets",
    "schedulingType",
    "targetedReservedMachineKey",
    "targetedReservationName",
}
JOBS_NOT_FILTERABLE: Final = {"maxWallTime", "autoDeleteOnCompletion", "completionTimeToLive"}

PARTS: Final = {
    "Dependencies.DependsOn": TextsField,
    "ElasticProperty.IsElastic": FlagField,
    "PreparationTask.CommandLine": OptionalTextField,
}


def field_type(schemas: Mapping[str, Any], schema: Mapping[str, Any]) -> type | None:
    """The kind of field that a member's schema asks for; `None` for a structure."""
    if "oneOf" in schema:
        [schema] = (part for part in schema["oneOf"] if part != {"type": "null"})
    name = schema.get("$ref", "").rpartition("/")[2]
    if name in ("Timestamp", "TimeSpan"):
        return DateField if name == "Timestamp" else DurationField
    if name:
        schema = schemas[name]
    declared = schema["type"]
    [single] = {declared} if isinstance(declared, str) else set(declared) - {"null"}
    if single == "array":
        return TextsField if schema["items"] == {"type": "string"} else None
    numbers = {"integer": NumberField, "number": NumberField}
    return {"string": TextField, "boolean": FlagField, **numbers}.get(single)


@pytest.mark.parametrize(
    ("kind", "projection", "left_out", "parts"),
    [
        (JobFields, "JobProjection", JOBS_NOT_FILTERABLE, ()),
        (TaskFields, "TaskProjection", NOT_FILTERABLE, ("Dependencies.DependsOn",)),
        (
            PoolFields,
            "PoolProjection",
            NOT_FILTERABLE,
            ("ElasticProperty.IsElastic", "PreparationTask.CommandLine"),
        ),
    ],
)
def test_fields_are_those_of_the_document(
    kind: type[Fields], projection: str, left_out: set[str], parts: tuple[str, ...]
) -> None:
    """Every text, number, flag, date and list of texts is a field of its kind, and no more."""
    document = yaml.load(DOCUMENT.read_text(encoding="utf-8"), yaml.CSafeLoader)
    schemas = document["components"]["schemas"]
    expected = {
        name.lower(): field_type(schemas, schema)
        for name, schema in schemas[projection]["properties"].items()
        if name not in left_out and field_type(schemas, schema) is not None
    }
    expected |= {name.lower(): PARTS[name] for name in parts}
    found = {field.wire.lower(): type(field) for field in fields_of(kind).values()}
    spelled = {name.lower(): name for name in schemas[projection]["properties"]}
    said, known = ([spelled.get(one, one) for one in side] for side in (expected, found))
    odd = apart(said, known)
    assert not odd, f"{kind.__name__} of qarnot_domain/filters.py: {odd}"
    for name, one in expected.items():
        assert one is not None
        assert issubclass(found[name], one)


def test_names_on_the_wire_begin_with_a_capital_but_for_three() -> None:
    """The API spells three fields of pools otherwise."""
    wires = [field.wire for kind in KINDS for field in fields_of(kind).values()]
    assert [wire for wire in wires if not wire[0].isupper()] == [
        "queuedOrRunningTaskInstancesCount",
        "totalSlotCapacity",
        "poolUsage",
    ]


# --- orders ---------------------------------------------------------------------------------------

ORDERS: Final = [
    (JobFields, "/jobs/paginate", ("creation_date", "name", "state")),
    (TaskFields, "/tasks/paginate", ("creation_date", "execution_time", "name", "state")),
    (PoolFields, "/pools/paginate", ("creation_date", "name", "state")),
]


@pytest.mark.parametrize(
    ("kind", "text", "order"),
    [
        (JobFields, "creation_date", ("creationDate", "ASC")),
        (JobFields, "-creation_date", ("creationDate", "DESC")),
        (TaskFields, "-execution_time", ("executionTime", "DESC")),
        (PoolFields, "name", ("name", "ASC")),
    ],
)
def test_order_is_a_field_and_a_direction(
    kind: type[Fields], text: str, order: tuple[str, str]
) -> None:
    """A field is named as in Python and sent as in the API; a `-` turns it round."""
    assert kind.order(text) == order


@pytest.mark.parametrize(("kind", "path", "names"), ORDERS)
def test_emulator_knows_every_order(kind: type[Fields], path: str, names: tuple[str, ...]) -> None:
    """The server sorts by all that can be asked for, both ways."""
    emulator = Emulator(clock=ManualClock(), token="t")
    for text in (*names, *(f"-{name}" for name in names)):
        by, direction = kind.order(text)
        body = json.dumps({"orderBy": by, "orderType": direction}).encode()
        headers = {"authorization": "t"}
        reply = emulator.handle(Request("POST", path, (), headers, body))
        assert isinstance(reply, Response)
        assert reply.status == 200


@pytest.mark.parametrize(("kind", "path", "names"), ORDERS)
@pytest.mark.parametrize("text", ["uuid", "", "-", "--name", "+name", "creationDate", "name "])
def test_other_orders_are_refused_with_those_there_are(
    kind: type[Fields], path: str, names: tuple[str, ...], text: str
) -> None:
    """What the API cannot sort by is a `ValueError` that lists what it can."""
    with pytest.raises(
        ValueError, match=f"^{kind.__name__} .*: the API sorts by {', '.join(names)}$"
    ):
        kind.order(text)


@pytest.mark.parametrize("order", [5, None, ["name"]])
def test_order_that_is_no_text_is_refused(order: Any) -> None:
    """An order is text."""
    with pytest.raises(TypeError, match=r"^an order must be text"):
        JobFields.order(order)
