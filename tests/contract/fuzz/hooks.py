"""What Schemathesis is told about the API beyond its document."""
# pyright: reportMissingImports=false

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import schemathesis
import yaml

sys.path.append(str(Path(__file__).parent))
from seeds import Seeds  # type: ignore[import-not-found]  # beside the hooks, in no package

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[3] / "openapi" / "qarnot-compute.yaml").read_text(encoding="utf-8")
)

SEEDS = Seeds(os.environ["FUZZED_URL"], {"Authorization": os.environ["FUZZED_TOKEN"]})  # noqa: TID251

READ_ONLY = bool(os.environ["FUZZED_READ_ONLY"])  # noqa: TID251
"""Whether nothing may be made on the server, not even to be named in a request."""

KINDS = ("jobs", "tasks", "pools")
READ_ONLY_HEADER = "QarnotReadOnlyRequestForAccount"


def opened(schema: Any) -> Any:
    """The schema without its refusals of unknown members."""
    if isinstance(schema, dict):
        closings = ("additionalProperties", "unevaluatedProperties")
        return {
            name: opened(part)
            for name, part in schema.items()
            if not (name in closings and part is False)
        }
    return [opened(part) for part in schema] if isinstance(schema, list) else schema


@cache
def validators(operation_id: str) -> tuple[Callable[[Any], bool], Callable[[Any], bool]] | None:
    """What accepts the bodies of an operation: as documented, and unknown members aside."""
    strict = _validator(operation_id, DOCUMENT["components"])
    tolerant = _validator(operation_id, _tolerant_components())
    return None if strict is None or tolerant is None else (strict, tolerant)


def _tolerant_components() -> Any:
    components = opened(copy.deepcopy(DOCUMENT["components"]))
    # The C# SDK sends the numbers of .NET.
    number = {"type": "integer", "minimum": 0, "maximum": 6}
    components["schemas"]["Weekday"] = {"anyOf": [components["schemas"]["Weekday"], number]}
    return components


def _validator(operation_id: str, components: Any) -> Callable[[Any], bool] | None:
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and operation.get("operationId") == operation_id:
                body = operation.get("requestBody")
                if body is None:
                    return None
                name = body["$ref"].rpartition("/")[2]
                schema = components["requestBodies"][name]["content"]["application/json"]["schema"]
                whole = {**schema, "components": components}
                validator: Callable[[Any], bool]
                validator = jsonschema_rs.Draft202012Validator(whole).is_valid
                return validator
    return None


@schemathesis.hook  # type: ignore[untyped-decorator]  # not in the environment of the checks
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case) -> bool:
    """Leave out bodies that are wrong for the document only, and not for the service.

    It ignores unknown members, takes null for absent, and days of the week as numbers; the document
    is stricter, so that a union has one reading.
    """
    if isinstance(case.body, schemathesis.core.NotSet):
        return True
    both = validators(case.operation.definition.raw.get("operationId", ""))
    if both is None:
        return True
    strict, tolerant = both
    if _is_made_wrong(case, "body"):
        # What is wrong for one member of a union may be right for another.
        return not _accepts(strict, case.body) and not _accepts(tolerant, without_nulls(case.body))
    return _accepts(strict, case.body) or not _accepts(tolerant, without_nulls(case.body))


@schemathesis.hook  # type: ignore[untyped-decorator]  # not in the environment of the checks
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]
) -> None:
    """Name what is there, where a right request would name what is not: nobody can guess a uuid."""
    if READ_ONLY or _is_made_wrong(case, "path") or _is_made_wrong(case, "header"):
        return
    if READ_ONLY_HEADER in case.headers:
        case.headers[READ_ONLY_HEADER] = SEEDS.account
    kind, uuid = _named(case)
    if uuid is None or SEEDS.has_made(kind, uuid):
        return
    uuid = case.path_parameters["uuid"] = SEEDS.one(kind)
    if "instanceId" in case.path_parameters:
        case.path_parameters["instanceId"] = 0
    if "snapshotId" in case.path_parameters:
        snapshot = SEEDS.snapshot_of(uuid)
        case.path_parameters["snapshotId"] = snapshot or case.path_parameters["snapshotId"]


@schemathesis.hook  # type: ignore[untyped-decorator]  # not in the environment of the checks
def after_call(
    context: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response
) -> None:
    """Take in what was made, so that it can be named and is removed again."""
    kind, uuid = _named(case)
    if uuid is not None:
        SEEDS.note(kind, uuid, case.method, case.operation.path)
    if kind in KINDS and response.status_code in (200, 207) and _creates(case):
        answer = response.json()
        for made in answer if isinstance(answer, list) else [answer]:
            if made["uuid"] is not None:
                SEEDS.take_in(kind, made["uuid"])


def _named(case: schemathesis.Case) -> tuple[str, Any]:
    """The kind of object that a request is about, and what it calls it, if it does."""
    kind = case.operation.path.split("/")[1]
    is_one = case.operation.path.startswith(f"/{kind}/{{uuid}}") and kind in KINDS
    return kind, case.path_parameters.get("uuid") if is_one else None


def _creates(case: schemathesis.Case) -> bool:
    last = case.operation.path.rpartition("/")[2]
    return case.method == "POST" and last in (*KINDS, "clone", "retry", "recover", "resume")


def without_nulls(body: Any) -> Any:
    """A body as the service takes it: null is the same as absent."""
    if isinstance(body, dict):
        return {name: without_nulls(part) for name, part in body.items() if part is not None}
    return [without_nulls(part) for part in body] if isinstance(body, list) else body


def _is_made_wrong(case: schemathesis.Case, where: str) -> bool:
    """Whether a part of a request was made to be refused."""
    components = {} if case.meta is None else case.meta.components
    return any(place.value == where and part.mode.is_negative for place, part in components.items())


def _accepts(validator: Callable[[Any], bool], body: Any) -> bool:
    try:
        return validator(body)
    except (ValueError, TypeError):
        return False
