"""The generated client is what the API document gives, and takes whatever a server may send.

Needs the `check` requirements (the generator); `make check` runs it, `make test` does not.
"""

from __future__ import annotations

import ast
import copy
import importlib
import importlib.util
import inspect
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import (
    Any,
    Literal,
    Protocol,
    TypeAlias,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs
import httpx
import pytest
import qarnot_api
from qarnot_api import models
from qarnot_api.client import Client
from qarnot_api.types import Unset

pytestmark = pytest.mark.check

Json: TypeAlias = Any
Object: TypeAlias = dict[str, Json]
Hint: TypeAlias = Any
Decoded: TypeAlias = Any

ROOT = Path(__file__).resolve().parents[2]
INPUTS = (
    "regenerate.py",
    "qarnot-compute.yaml",
    "client.overlay.yaml",
    "generator.yaml",
    "spec.lock",
)
METHODS = {"get", "post", "put", "patch", "delete"}


class Script(Protocol):
    """What these tests use of openapi/regenerate.py."""

    RegenerationError: type[Exception]

    def load_yaml(self, path: Path) -> Json:
        """A YAML file as JSON."""

    def apply_overlay(self, document: Json, overlay: Json) -> Json:
        """A document with an overlay applied."""

    def hash_tree(self, directory: Path) -> dict[str, str]:
        """The hash of each file under a directory."""
        ...


def _load_script() -> Script:
    """openapi/regenerate.py as a module, although its folder is no package."""
    spec = importlib.util.spec_from_file_location("regenerate", ROOT / "openapi" / "regenerate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return cast(Script, module)


script = _load_script()
STRICT: Object = script.load_yaml(ROOT / "openapi" / "qarnot-compute.yaml")
OVERLAY: Object = script.load_yaml(ROOT / "openapi" / "client.overlay.yaml")
TOLERANT: Object = script.apply_overlay(STRICT, OVERLAY)

TWO_WAY = {"MultiSlotsSettings", "Privileges", "RetrySettings", "SnapshotConfig"}
"""Sent and answered in the same shape, whose members the document has optional and nullable."""


# --- Reading an API document ----------------------------------------------------------------------


def referred(document: Object, node: Object) -> Object:
    """The node itself, or the one that its `$ref` leads to."""
    while "$ref" in node:
        reference = node["$ref"]
        node = document
        for key in reference.removeprefix("#/").split("/"):
            node = node[key]
    return node


def operations(document: Object) -> Iterator[Object]:
    """Every operation of a document."""
    for path in document["paths"].values():
        yield from (operation for method, operation in path.items() if method in METHODS)


def successes(document: Object) -> Iterator[tuple[str, int, Object]]:
    """Each successful answer that is JSON alone: the operation's id, the status, the schema."""
    for operation in operations(document):
        for status, response in operation["responses"].items():
            content = referred(document, response).get("content", {})
            if status.startswith("2") and content.keys() == {"application/json"}:
                yield operation["operationId"], int(status), content["application/json"]["schema"]


def bodies(document: Object) -> Iterator[Object]:
    """The schema of each request body."""
    for operation in operations(document):
        if "requestBody" in operation:
            body = referred(document, operation["requestBody"])
            yield body["content"]["application/json"]["schema"]


def reachable(document: Object, roots: Iterable[Json], kind: str = "schemas") -> set[str]:
    """The names of all components of a kind that some nodes use, directly or not."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference not in found:
                found.add(reference)
                waiting.append(referred(document, node))
            waiting += node.values()
    parts = [reference.rsplit("/", 2) for reference in found]
    return {name for _, parent, name in parts if parent == kind}


def members(document: Object, schema: Object) -> tuple[Object, set[str]]:
    """The members of an object, `allOf` included, and the names of the required ones."""
    schema = referred(document, schema)
    properties: Object = dict(schema.get("properties", {}))
    required = set(schema.get("required", []))
    for part in schema.get("allOf", []):
        more, also = members(document, part)
        properties |= more
        required |= also
    return properties, required


def classes(document: Object, schemas: Iterable[Object]) -> dict[str, Object]:
    """The schemas that some schemas use and that the generator makes a class with attributes of."""
    components = document["components"]["schemas"]
    names = sorted(reachable(document, schemas))
    return {name: components[name] for name in names if members(document, components[name])[0]}


def resolve(document: Object, schema: Object) -> Object:
    """The schema itself, without `$ref` and without the null it may also be."""
    schema = referred(document, schema)
    choices = [choice for choice in schema.get("oneOf", []) if choice.get("type") != "null"]
    return resolve(document, choices[0]) if len(choices) == 1 else schema


def kind_of(schema: Object) -> str | None:
    """The one JSON type of a schema besides null."""
    declared = schema.get("type", "object" if "allOf" in schema else None)
    kinds = (
        [item for item in declared if item != "null"] if isinstance(declared, list) else [declared]
    )
    return kinds[0] if kinds else None


# --- Payloads nobody documented -------------------------------------------------------------------

EXTRA = {"memberAddedNextYear": {"deep": [1, None]}}
ANY_UUID = "00000000-0000-0000-0000-000000000001"


SCALARS: Object = {
    "integer": 2**40,
    "number": -0.5,
    "boolean": True,
    "string": "0001-01-01T00:00:00 / text nobody documented",
}


def surprise(schema: Object) -> Json:
    """A value of the right kind, with unknown members, unknown texts, odd dates, new variants."""
    schema = resolve(STRICT, schema)
    if "oneOf" in schema:
        return _unheard_of_variant(schema)
    kind = kind_of(schema)
    if kind == "array":
        return [surprise(schema["items"])]
    if kind == "object":
        fields = {name: surprise(member) for name, member in members(STRICT, schema)[0].items()}
        values = schema.get("additionalProperties")
        return fields | ({"some key": surprise(values)} if isinstance(values, dict) else EXTRA)
    return SCALARS[kind or "string"]


def _unheard_of_variant(schema: Object) -> Json:
    """A variant whose discriminator is new; without a discriminator, the last variant."""
    discriminator = schema.get("discriminator", {}).get("propertyName")
    if discriminator is None:
        return surprise(schema["oneOf"][-1])
    return {discriminator: "VariantAddedNextYear", "payload": 7, **EXTRA}


def smallest(schema: Object) -> Object:
    """What the client insists on."""
    return dict.fromkeys(members(TOLERANT, schema)[1], ANY_UUID)


def nulls(schema: Object) -> Object:
    """Null for every member but the uuid of a resource."""
    properties = members(TOLERANT, schema)[0].items()
    return {name: ANY_UUID if _is_own_uuid(name, member) else None for name, member in properties}


def inner_nulls(schema: Object) -> Object:
    """A null in every array and every map."""
    inner = {name: _inner_nulls(member) for name, member in members(TOLERANT, schema)[0].items()}
    return smallest(schema) | {name: value for name, value in inner.items() if value is not None}


def _inner_nulls(member: Object) -> Json:
    """An array or map with a null in it; nothing for a member that is neither."""
    member = resolve(TOLERANT, member)
    if kind_of(member) == "array":
        item = resolve(TOLERANT, member["items"])
        return [None, smallest(item), None] if kind_of(item) == "object" else [None, "text"]
    return {"some key": None} if isinstance(member.get("additionalProperties"), dict) else None


def _is_own_uuid(name: str, member: Object) -> bool:
    """Whether a member is the uuid of the resource itself, the one thing that is never null."""
    return name == "uuid" and member.get("nullable") is False


# --- What the generated classes make of them ------------------------------------------------------


def decode(name: str, payload: Object) -> Decoded:
    """A payload as the generated class of that name."""
    return getattr(models, name).from_dict(copy.deepcopy(payload))


def untruths(value: object, hint: Hint, where: str) -> list[str]:
    """Where a decoded value is not what its annotation says, which generated casts hide."""
    if attrs.has(type(value)) and _allows(value, hint):
        hints = get_type_hints(type(value), localns=vars(models))
        return [
            line
            for name in hints
            for line in untruths(getattr(value, name), hints[name], f"{where}.{name}")
        ]
    inner = {_origin(option): get_args(option) for option in _options(hint)}
    if isinstance(value, list) and list in inner:
        return [line for item in value for line in untruths(item, inner[list][0], f"{where}[]")]
    if isinstance(value, dict) and dict in inner:
        return [
            line
            for item in value.values()
            for line in untruths(item, inner[dict][1], f"{where}{{}}")
        ]
    return [] if _allows(value, hint) else [f"{where}: {value!r} is not {hint}"]


def _options(hint: Hint) -> tuple[Hint, ...]:
    """The alternatives of a union, or the one type."""
    return get_args(hint) if _origin(hint) in (Union, types.UnionType) else (hint,)


def _origin(hint: Hint) -> Hint:
    """What a parametrised type is made of; nothing for a plain one."""
    origin: object = get_origin(hint)
    return origin


def _allows(value: object, hint: Hint) -> bool:
    """Whether an annotation allows a value, looking at its outermost type only."""
    for option in _options(hint):
        if _origin(option) is Literal:
            if value in get_args(option):
                return True
        elif option is Any or isinstance(value, _origin(option) or option):
            return True
    return False


def encode(value: Decoded) -> Json:
    """A decoded answer as JSON again."""
    if isinstance(value, list):
        return [encode(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def operation_modules() -> dict[str, types.ModuleType]:
    """The generated module of each operation, by its name."""
    api = importlib.import_module("qarnot_api.api")
    walk = pkgutil.walk_packages(api.__path__, "qarnot_api.api.")
    return {
        name.rpartition(".")[2]: importlib.import_module(name)
        for _, name, is_package in walk
        if not is_package
    }


def snake(name: str) -> str:
    """An operationId as the generator names its module."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


REQUESTS = classes(TOLERANT, bodies(TOLERANT))
RESPONSES = classes(TOLERANT, (schema for _, _, schema in successes(TOLERANT)))


# --- Regenerating ---------------------------------------------------------------------------------


def make_copy(directory: Path) -> Path:
    """The parts of the project that regenerate.py reads and writes, in a place of their own."""
    (directory / "openapi").mkdir(parents=True)
    for name in INPUTS:
        shutil.copyfile(ROOT / "openapi" / name, directory / "openapi" / name)
    shutil.copyfile(ROOT / "pyproject.toml", directory / "pyproject.toml")
    shutil.copytree(
        ROOT / "generated" / "qarnot_api",
        directory / "generated" / "qarnot_api",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return directory


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project to damage."""
    return make_copy(tmp_path / "project")


def regenerate(
    project: Path, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the script on a copy of the project."""
    command = [
        sys.executable,
        str(project / "openapi" / "regenerate.py"),
        "--root",
        str(project),
        *arguments,
    ]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=project,
        env=environment,
    )


def append_action(project: Path, action: str) -> None:
    """Add an action at the end of the overlay."""
    with (project / "openapi" / "client.overlay.yaml").open("a", encoding="utf-8") as overlay:
        overlay.write(action)


def test_the_checked_in_client_is_what_the_document_gives(project: Path) -> None:
    """A fresh copy passes, with no tools on PATH and amid settings that would sway ruff."""
    environment = dict(os.environ)  # noqa: TID251 (handed to a program, not read as settings)
    environment |= {"PATH": "", "RUFF_LINE_LENGTH": "40"}
    (project / "ruff.toml").write_text("line-length = 40\n", encoding="utf-8")
    run = regenerate(project, "--check", environment=environment)
    assert (run.returncode, run.stderr) == (0, "")


def test_every_damage_to_the_generated_tree_is_named(project: Path) -> None:
    """An edited, an added and a deleted file are reported; each of two runs repairs them alike."""
    client = project / "generated" / "qarnot_api"
    with (client / "types.py").open("a", encoding="utf-8") as module:
        module.write("# edited by hand\n")
    (client / "models" / "extra.py").touch()
    (client / "py.typed").unlink()
    run = regenerate(project, "--check")
    assert run.returncode == 1
    assert run.stdout.splitlines() == [
        "generated/qarnot_api/models/extra.py: not generated from the document",
        "generated/qarnot_api/py.typed: missing",
        "generated/qarnot_api/types.py: changed",
    ]
    expected = script.hash_tree(ROOT / "generated" / "qarnot_api")
    lock = (ROOT / "openapi" / "spec.lock").read_bytes()
    for _ in range(2):
        assert regenerate(project).returncode == 0
        assert script.hash_tree(client) == expected
        assert (project / "openapi" / "spec.lock").read_bytes() == lock
    assert [path.name for path in (project / "generated").iterdir()] == ["qarnot_api"]


def test_one_byte_of_the_document_is_noticed(project: Path) -> None:
    """A change of the document that changes no generated file fails: the lock knows it."""
    with (project / "openapi" / "qarnot-compute.yaml").open("a", encoding="utf-8") as document:
        document.write("\n")
    run = regenerate(project, "--check")
    assert run.returncode == 1
    lines = run.stdout.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("openapi/spec.lock: [inputs] openapi/qarnot-compute.yaml is sha256:")


@pytest.mark.parametrize(
    ("option", "action"),
    [
        ([], "  - {target: $.info.nothing, description: Stale on purpose, remove: true}\n"),
        (["--check"], "  - {target: $, description: Stale on purpose, update: {info: {}}}\n"),
    ],
    ids=["no-target", "no-difference"],
)
def test_an_action_with_nothing_left_to_change_is_named(
    project: Path, option: list[str], action: str
) -> None:
    """An action that selects nothing, or merges what is there, fails the run and harms nothing."""
    append_action(project, action)
    before = script.hash_tree(project)
    run = regenerate(project, *option)
    assert run.returncode == 1
    assert f"action {len(OVERLAY['actions']) + 1} (Stale on purpose)" in run.stderr
    assert script.hash_tree(project) == before


def test_each_action_fails_where_its_work_is_done() -> None:
    """Should the document one day say what an action adds, that action fails, whichever it is."""
    document = STRICT
    for action in OVERLAY["actions"]:
        alone = {"overlay": OVERLAY["overlay"], "actions": [action]}
        document = script.apply_overlay(document, alone)
        if "copy" not in action and "[" not in json.dumps(action.get("update")):
            # The others append to lists, and so are never done.
            with pytest.raises(script.RegenerationError, match="changes nothing"):
                script.apply_overlay(document, alone)
    assert document == TOLERANT


def test_another_version_of_a_tool_is_refused(project: Path) -> None:
    """A generator or ruff that is not the pinned one never gets to write."""
    settings = project / "pyproject.toml"
    text = re.sub(r"ruff==[\d.]+", "ruff==0.5.7", settings.read_text("utf-8"))
    settings.write_text(text, encoding="utf-8")
    run = regenerate(project)
    assert run.returncode == 1
    assert "ruff: pyproject.toml pins 0.5.7" in run.stderr


# --- The overlay engine ---------------------------------------------------------------------------


def overlaid(document: Json, *actions: Object) -> Json:
    """A document with some actions applied."""
    described = [{"description": "test", **action} for action in actions]
    return script.apply_overlay(document, {"overlay": "1.1.0", "actions": described})


@pytest.mark.parametrize(
    ("document", "action", "expected"),
    [
        ({"a": [1, 2, 3, 2]}, {"target": "$.a[?@ == 2]", "remove": True}, {"a": [1, 3]}),
        ({"a": {"b": {"b": 1}}, "c": 1}, {"target": "$..b", "remove": True}, {"a": {}, "c": 1}),
        (
            {"a": {"x": 1, "y": [1]}},
            {"target": "$.a", "update": {"x": 2, "y": [3]}},
            {"a": {"x": 2, "y": [1, 3]}},
        ),
        ({"a": [1]}, {"target": "$.a", "update": {"b": 2}}, {"a": [1, {"b": 2}]}),
        ({"a": [1, 2]}, {"target": "$.a[*]", "update": True}, {"a": [True, True]}),
        (
            {"a": {}, "b": {"c": [1]}},
            {"target": "$.a", "copy": "$.b"},
            {"a": {"c": [1]}, "b": {"c": [1]}},
        ),
    ],
)
def test_an_action_does_what_the_overlay_specification_says(
    document: Json, action: Object, expected: Json
) -> None:
    """Removing, merging, appending, replacing and copying follow Overlay 1.1, on a copy."""
    original = copy.deepcopy(document)
    assert overlaid(document, action) == expected
    assert document == original


def test_targets_do_not_share_what_they_were_updated_with() -> None:
    """One update merged into two nodes gives two values, not one value in two places."""
    both = {"target": "$['a', 'b']", "update": {"list": []}}
    document = overlaid({"a": {}, "b": {}}, both, {"target": "$.a.list", "update": 1})
    assert document == {"a": {"list": [1]}, "b": {"list": []}}


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ({"target": "$.a", "update": {}}, "cannot merge dict into int"),
        ({"target": "$.o", "update": {"x": 1}}, "cannot merge int into list"),
        ({"target": "$.o", "copy": "$.o.*"}, "selects 2 nodes, not one"),
        ({"target": "$.a["}, "needs exactly one"),
        ({"target": "$.a[", "remove": True}, "not an RFC 9535 query"),
        ({"target": "$", "remove": True}, "the root cannot be removed"),
        ({"target": "$.a", "remove": False}, "needs exactly one"),
        ({"target": "$.a", "remove": True, "update": 1}, "needs exactly one"),
        ({"target": "$.a", "remove": True, "description": " "}, "description"),
        ({"target": "$.a", "replace": 1}, "unknown: replace"),
        ({"target": "$.o.y", "update": 1}, "changes nothing"),
    ],
)
def test_an_action_that_makes_no_sense_is_refused(action: Object, message: str) -> None:
    """What the specification forbids, and what would do nothing, is an error that says so."""
    with pytest.raises(script.RegenerationError, match=message):
        overlaid({"a": 1, "o": {"x": [], "y": 1}}, action)


def test_yaml_is_read_as_json_writes_it(tmp_path: Path) -> None:
    """Times and dates stay text, numeric keys become text, and a key written twice is an error."""
    file = tmp_path / "some.yaml"
    file.write_text("a: 19:30:00\nb: 2021-07-12\nc: no\n200: 1\nd: 1e3\ne: ~\n", encoding="utf-8")
    assert script.load_yaml(file) == {
        "a": "19:30:00",
        "b": "2021-07-12",
        "c": "no",
        "200": 1,
        "d": 1000.0,
        "e": None,
    }
    file.write_text("a: 1\nb: 2\na: 3\n", encoding="utf-8")
    with pytest.raises(script.RegenerationError, match="key 'a' twice"):
        script.load_yaml(file)


# --- What the overlay leaves ----------------------------------------------------------------------


def test_only_successes_are_left() -> None:
    """No operation of the client document has an error answer; the library has raised by then."""
    statuses = {status for operation in operations(TOLERANT) for status in operation["responses"]}
    assert statuses
    assert all(status.startswith("2") for status in statuses)


@pytest.mark.parametrize("kind", ["schemas", "responses"])
def test_nothing_is_left_over(kind: str) -> None:
    """The client document uses each of its schemas and answers: none is made for naught."""
    used = reachable(TOLERANT, [TOLERANT["paths"]], kind)
    assert sorted(TOLERANT["components"][kind].keys() - used) == []


def test_every_schema_says_what_it_is() -> None:
    """No schema of the client document is empty, which would make its members untyped."""
    schemas = TOLERANT["components"]["schemas"].items()
    assert [
        name for name, schema in schemas if not schema.keys() & {"type", "allOf", "oneOf"}
    ] == []


def test_requests_stay_as_the_document_says() -> None:
    """Apart from closed texts and text formats, the overlay leaves what is sent alone."""
    names = reachable(STRICT, bodies(STRICT))
    assert names == reachable(TOLERANT, bodies(TOLERANT))
    for name in names:
        strict, tolerant = (
            _structure(document["components"]["schemas"][name]) for document in (STRICT, TOLERANT)
        )
        assert tolerant == strict, name


def _structure(schema: Json) -> Json:
    """A schema without closed texts and text formats."""
    if isinstance(schema, list):
        return [_structure(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = isinstance(schema.get("enum"), list)
    formatted = schema.get("format") in ("date-time", "date", "uuid")
    dropped = {"enum"} if closed else set()
    dropped |= {"format"} if formatted else set()
    return {name: _structure(member) for name, member in schema.items() if name not in dropped}


@pytest.mark.parametrize("name", REQUESTS)
def test_what_a_request_requires_is_required(name: str) -> None:
    """A request without a required member cannot be built."""
    parameters = inspect.signature(getattr(models, name)).parameters.values()
    required = [
        parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty
    ]
    request = getattr(models, name)(**{parameter: [] for parameter in required})
    assert request.to_dict().keys() == members(STRICT, REQUESTS[name])[1]


# --- What the generated client takes --------------------------------------------------------------


def test_the_tests_below_see_the_document() -> None:
    """The classes found in the document are there; an empty list would pass every test."""
    assert {
        "Job",
        "TaskSummary",
        "Pool",
        "ReportedKeyValue",
        "UserInfo",
        "RunningInstanceInfo",
    } <= RESPONSES.keys()
    assert {"JobCreate", "TaskCreate", "PoolCreate", "KeyValue", "PageRequest"} <= REQUESTS.keys()
    assert REQUESTS.keys() & RESPONSES.keys() == TWO_WAY


def test_a_resource_has_its_uuid() -> None:
    """What can be acted upon has a uuid; a search may leave it out; it is never null."""
    needed = {name for name, schema in RESPONSES.items() if members(TOLERANT, schema)[1]}
    assert needed == {"Created", "Job", "Pool", "PoolSummary", "Task", "TaskSummary"}
    hints = {name: get_type_hints(getattr(models, name), localns=vars(models)) for name in needed}
    assert {hints[name]["uuid"] for name in needed} == {str}
    for name in ("JobProjection", "PoolProjection", "TaskProjection"):
        assert get_type_hints(getattr(models, name), localns=vars(models))["uuid"] == str | Unset


@pytest.mark.parametrize("name", RESPONSES)
def test_an_answer_may_leave_out_anything(name: str) -> None:
    """Only the uuid of a resource is insisted on, and nothing else is made up."""
    payload = smallest(RESPONSES[name])
    insisted = sorted(payload.keys() - {"uuid"})
    assert not insisted, f"{name} is not in 'What a server sends' of the overlay: {insisted}"
    decoded = decode(name, payload)
    assert untruths(decoded, type(decoded), name) == []
    assert encode(decoded) == payload


@pytest.mark.parametrize("name", RESPONSES)
@pytest.mark.parametrize("make", [nulls, inner_nulls])
def test_an_answer_may_be_null_anywhere(name: str, make: Callable[[Object], Object]) -> None:
    """Null for any member, and in any array or map, is decoded as annotated and comes out again."""
    payload = make(RESPONSES[name])
    decoded = decode(name, payload)
    assert untruths(decoded, type(decoded), name) == []
    assert encode(decoded) == payload


@pytest.mark.parametrize("name", RESPONSES)
def test_an_answer_may_be_of_next_year(name: str) -> None:
    """Unknown members, texts, dates and variants are decoded as annotated, and nothing is lost."""
    strict = STRICT["components"]["schemas"]
    payload = surprise(strict[name if name in strict else name.removeprefix("Reported")])
    decoded = decode(name, payload)
    assert untruths(decoded, type(decoded), name) == []
    assert encode(decoded) == payload


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        pytest.param(operation, status, id=f"{operation}-{status}")
        for operation, status, _ in successes(TOLERANT)
    ],
)
def test_an_answer_arrives_whole(operation: str, status: int) -> None:
    """Each operation decodes surprising answers, nulls in lists too, and keeps all of them."""
    parse = operation_modules()[snake(operation)]._parse_response
    schema = {(name, code): schema for name, code, schema in successes(STRICT)}[operation, status]
    payload = surprise(schema)
    if isinstance(payload, list):
        payload.append(None)
    client = Client(base_url="http://127.0.0.1", raise_on_unexpected_status=True)
    decoded = parse(client=client, response=httpx.Response(status, json=payload))
    assert untruths(decoded, get_type_hints(parse)["return"], operation) == []
    assert encode(decoded) == payload


def test_the_wrong_kind_is_loud_outside_and_silent_inside() -> None:
    """A wrong answer raises, a wrong part of one comes through raw: whoever reads it must look."""
    wrong: list[Json] = [None, "text", 7, [], {}]
    for payload in wrong:
        with pytest.raises((TypeError, ValueError, KeyError)):
            decode("Job", payload)
    assert decode("JobPage", {"data": ["text", {}]}).data == ["text", {}]


def test_the_generated_client_imports_only_httpx_and_attrs() -> None:
    """The generated code needs what the library needs anyway, and never the library itself."""
    imported: set[str] = set()
    for module in Path(qarnot_api.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                imported.add(node.module.partition(".")[0])
    assert imported - sys.stdlib_module_names == {"attrs", "httpx"}


def test_every_generated_module_says_so() -> None:
    """The first line of each file says which command owns it."""
    for module in Path(qarnot_api.__path__[0]).rglob("*.py"):
        first = module.read_text("utf-8").partition("\n")[0]
        assert first.startswith("# Generated by openapi-python-client ")
        assert first.endswith(": do not edit; make generate")
