"""The emulator against the document: its operations, and what its request bodies may hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from qarnot_domain.emulator import (
    _jobs,
    _listing,
    _pool_creation,
    _pools,
    _small_shapes,
    _snapshots,
    _task_creation,
    _tasks,
)
from qarnot_domain.emulator._cloud import ROUTES
from qarnot_domain.emulator._http import Refusal
from qarnot_domain.emulator._quotas import EMAIL
from qarnot_domain.emulator._router import VERSION_PREFIX, Route
from qarnot_domain.emulator._shapes import (
    Anything,
    Boolean,
    Choice,
    Faults,
    Integer,
    Items,
    Number,
    Object,
    Shape,
    Span,
    Text,
    Texts,
    Union,
    Uuid,
)
from tests.apart import apart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from tests.unit.emulator.conftest import Document, Driver, Json

FORMS: dict[str, tuple[ModuleType, str]] = {
    "JobCreate": (_jobs, "JOB_CREATE"),
    "TaskCreate": (_task_creation, "TASK_CREATE"),
    "TaskOverride": (_task_creation, "TASK_OVERRIDE"),
    "TaskUpdate": (_tasks, "TASK_UPDATE"),
    "SnapshotConfig": (_snapshots, "SNAPSHOT_CONFIG"),
    "PeriodicSnapshotConfig": (_snapshots, "PERIODIC_SNAPSHOT_CONFIG"),
    "PoolCreate": (_pool_creation, "POOL_CREATE"),
    "PoolOverride": (_pool_creation, "POOL_OVERRIDE"),
    "PoolUpdate": (_pools, "POOL_UPDATE"),
    "Scaling": (_small_shapes, "SCALING"),
    "PageRequest": (_listing, "PAGE_REQUEST"),
    "DataDetail": (_listing, "SEARCH_REQUEST"),
}
"""The bodies of requests, and where the emulator has the form of each."""
BODIES: dict[str, Object] = {
    schema: getattr(module, name) for schema, (module, name) in FORMS.items()
}
TYPES: dict[type[Any], str] = {
    Boolean: "boolean",
    Integer: "integer",
    Number: "number",
    Text: "string",
    Choice: "string",
    Uuid: "string",
    Span: "string",
    Items: "array",
    Object: "object",
    Texts: "object",
    Union: "object",
    Anything: "object",
}
# The document leaves these open; the emulator has to draw a line somewhere.
STRICTER = {"PageRequest.maximumResults", "DataDetail.maximumResults"}
UNSAID = {"credits"}
"""Members that the emulator leaves out, as the document allows: nothing costs anything here."""


def test_every_operation_of_the_document_has_a_route_and_no_other(document: Document) -> None:
    """Names, methods and paths agree."""
    routes = {
        (r.operation, r.method, r.template.replace(f"/{VERSION_PREFIX}", "/v{version}"))
        for r in ROUTES
    }
    odd = apart(document.routes, routes)
    assert not odd, f"routes of qarnot_domain/emulator: {odd}"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_an_operation_needs_a_token_as_the_document_says(
    document: Document, cloud: Driver, route: Route
) -> None:
    """401 without or with a wrong one, in the body's own shape, except where none is needed."""
    url = re.sub(r"{\w+}", "1", route.template)
    is_public = document.operations[route.operation].get("security") == []
    for wrong in (None, "", "wrong", "Bearer {}"):
        response = cloud.send(route.method, url, token=wrong and wrong.format(cloud.emulator.token))
        if is_public:
            assert response.status == 200
        else:
            assert response.status == 401
            assert response.json() == {
                "error": {"message": "Bad authentication token", "code": 401},
                "data": {},
            }


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_only_an_operation_that_reads_is_refused_for_another_account(
    document: Document, cloud: Driver, route: Route
) -> None:
    """403 where the document has the header of that account, and without effect elsewhere."""
    [path] = [path for name, _, path in document.routes if name == route.operation]
    operation = document.operations[route.operation]
    parameters = [
        document.resolve(parameter)["name"]
        for parameter in (
            *operation.get("parameters", ()),
            *document.content["paths"][path].get("parameters", ()),
        )
    ]
    url = re.sub(r"{\w+}", "1", route.template)
    answers = [
        cloud.send(
            route.method, url, {}, headers={"qarnotreadonlyrequestforaccount": account}
        ).status
        for account in ("colleague@example.org", EMAIL)
    ]
    assert (answers[0] == 403) == ("QarnotReadOnlyRequestForAccount" in parameters)
    assert answers[1] != 403


@pytest.mark.parametrize("name", BODIES)
def test_bodies_are_read_as_the_document_says(document: Document, name: str) -> None:
    """The same members, required or not, of the same types, within the same limits."""
    schema = {"$ref": f"#/components/schemas/{name}"}
    found = "; ".join(_differences(document, BODIES[name], schema, name))
    module, form = FORMS[name]
    assert not found, f"{form} of {module.__name__.replace('.', '/')}.py: {found}"


@pytest.mark.parametrize("name", BODIES)
def test_each_member_takes_the_values_that_the_document_allows(
    document: Document, name: str
) -> None:
    """At the edges of every documented limit, and no value beyond."""
    schema = {"$ref": f"#/components/schemas/{name}"}
    for place, shape, inner in _places(document, BODIES[name], schema, name):
        bounds = _bounds(inner)
        validator = Draft202012Validator(bounds)
        for value in _edges(bounds):
            faults: Faults = {}
            shape.read(value, "member", faults)
            is_taken = "member" not in faults
            assert is_taken == validator.is_valid(value), f"{place}: {value!r:.60}"


@pytest.mark.parametrize("kind", ["Job", "Task", "Pool"])
def test_answers_have_every_member_that_the_document_has(
    document: Document, cloud: Driver, kind: str
) -> None:
    """Whole and in summary; what is new in the document is new here."""
    where = f"/{kind.lower()}s"
    uuid = getattr(cloud, f"create_{kind.lower()}")()
    answers = {f"{kind}Projection": cloud.read(f"{where}/{uuid}")}
    if kind != "Job":
        page = cloud.post(f"{where}/summaries/paginate", {}).json()
        [answers[f"{kind}Summary"]] = page["data"]
    for schema, answer in answers.items():
        documented = set(document.content["components"]["schemas"][schema]["properties"])
        odd = apart(documented - UNSAID, answer)
        assert not odd, f"{schema} as qarnot_domain/emulator answers it: {odd}"


def _places(
    document: Document, shape: Shape, schema: Json, path: str
) -> Iterator[tuple[str, Shape, Json]]:
    """Every shape at any depth, with its schema and its place."""
    schema = _merged(document, schema)
    if path in STRICTER:
        return
    yield path, shape, schema
    for name, part, inner in _parts(shape, schema):
        yield from _places(document, part, inner, f"{path}{name}")


def _bounds(schema: Json) -> dict[str, Any]:
    """What a schema says of a value itself, and not of what is in it."""
    kept = ("type", "pattern", "minLength", "maxLength", "minimum", "maximum")
    bounds = {name: schema[name] for name in (*kept, "minItems", "maxItems") if name in schema}
    if bounds.get("type") == "integer":
        half = 2 ** (int(schema["format"].removeprefix("int")) - 1)
        bounds = {"minimum": -half, "maximum": half - 1, **bounds}
    return bounds


def _edges(bounds: Json) -> Iterator[Any]:
    """Values within the limits and just beyond them."""
    for name in ("minimum", "maximum"):
        if name in bounds:
            yield from (bounds[name] - 1, bounds[name], bounds[name] + 1)
    for name in ("minLength", "maxLength"):
        if name in bounds:
            yield from ("a" * max(0, bounds[name] + more) for more in (-1, 0, 1))
    for name in ("minItems", "maxItems"):
        if name in bounds:
            yield from ([None] * max(0, bounds[name] + more) for more in (-1, 0, 1))
    if "pattern" in bounds:
        yield from _TEXTS


_TEXTS = (
    *("a", "9", "a-9", "A.b_c-d", "-a", "a-", "", "a b", "\u00e9", "\u0663"),
    *("00:00:00", "23:59:59.9999999", "24:00:00", "9:00:00", "23:60:00", "00:00:00.12345678"),
    *("1.00:00:00", "00:00", "00:00:00 "),
)


def _differences(document: Document, shape: Shape, schema: Json, path: str) -> Iterator[str]:
    """How a shape differs from a schema, each difference with its place."""
    schema = _merged(document, schema)
    if path in STRICTER:
        return
    if TYPES[type(shape)] != schema.get("type"):
        yield f"{path}: {shape} is not {schema.get('type')}"
    said, documented = _limits(shape, schema)
    if said != documented:
        yield f"{path}: here {said}, in the document {documented}"
    if isinstance(shape, Object):
        odd = apart(schema["properties"], shape.members)
        if odd:
            yield f"{path}: {odd}"
    for name, part, inner in _parts(shape, schema):
        yield from _differences(document, part, inner, f"{path}{name}")


def _limits(shape: Shape, schema: Json) -> tuple[object, object]:
    """What bounds a value by the shape, and by the schema, in the same terms."""
    said: object = None
    documented: object = None
    match shape:
        case Text(pattern=None):
            said = (shape.shortest, shape.longest)
            documented = (schema.get("minLength", 0), schema.get("maxLength"))
        case Text():
            # How a pattern is written is each side's own; tests of values show that it works.
            said, documented = True, "pattern" in schema
        case Choice():
            said, documented = set(shape.words), set(schema.get("enum", ()))
        case Uuid() | Span():
            said, documented = True, schema.get("format") in ("uuid", "time-span")
        case Integer():
            half = 2 ** (int(schema["format"].removeprefix("int")) - 1)
            said = (shape.least, shape.most)
            documented = (schema.get("minimum", -half), schema.get("maximum", half - 1))
        case Number():
            said = (shape.least, shape.most)
            documented = (schema.get("minimum"), schema.get("maximum"))
        case Items():
            said, documented = shape.most, schema.get("maxItems")
        case Union():
            said, documented = set(shape.variants), set(schema["discriminator"]["mapping"])
        case Object():
            said, documented = set(shape.required), set(schema["required"])
    return said, documented


def _parts(shape: Shape, schema: Json) -> Iterator[tuple[str, Shape, Json]]:
    """The shapes and the schemas within, side by side."""
    if isinstance(shape, Items):
        yield "[]", shape.shape, schema["items"]
    elif isinstance(shape, Union):
        for kind, variant in shape.variants.items():
            members = {shape.discriminator: Text(), **variant.members}
            whole = Object(members, (shape.discriminator, *variant.required))
            yield f"<{kind}>", whole, {"$ref": schema["discriminator"]["mapping"][kind]}
    elif isinstance(shape, Object):
        for name in set(shape.members) & set(schema["properties"]):
            yield f".{name}", shape.members[name], schema["properties"][name]


def _merged(document: Document, schema: Json) -> dict[str, Any]:
    """A schema with its references followed, null left out and allOf put together."""
    schema = document.resolve(schema)
    if "oneOf" in schema and {"type": "null"} in schema["oneOf"]:
        [other] = [one for one in schema["oneOf"] if one != {"type": "null"}]
        return _merged(document, other)
    merged: dict[str, Any] = {"properties": {}, "required": []}
    for part in (schema, *(_merged(document, part) for part in schema.get("allOf", ()))):
        merged["required"] = merged["required"] + list(part.get("required", ()))
        for name, member in part.get("properties", {}).items():
            # What says the most about a member counts.
            merged["properties"][name] = max(merged["properties"].get(name, {}), member, key=len)
        merged = {**part, **merged}
    if isinstance(merged.get("type"), list):
        [merged["type"]] = [kind for kind in merged["type"] if kind != "null"]
    return merged


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (Text(), 1),
        (Integer(), True),
        (Integer(), 1.5),
        (Integer(), 2**31),
        (Number(), "1"),
        (Number(), float("inf")),
        (Number(least=0), -0.5),
        (Number(most=1), 1.5),
        (Boolean(), 0),
        (Uuid(), "x"),
        (Span(), "1"),
        (Texts(), {"a": 1}),
        (Texts(), []),
        (Items(Text()), {}),
        (Choice(("a",)), "b"),
        (Object({}), []),
        (Union("type", {"a": Object({})}), {"type": 1}),
    ],
    ids=repr,
)
def test_a_value_of_another_kind_is_a_fault(shape: Shape, value: object) -> None:
    """Under the path of the field."""
    faults: Faults = {}
    shape.read(value, "field", faults)
    assert [name.split(".")[0] for name in faults] == ["field"]


def test_a_refusal_never_shows_in_its_repr_what_it_must_not() -> None:
    """Nothing but its own message."""
    assert str(Refusal(403, "No")) == "No"
