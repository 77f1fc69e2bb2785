"""What Schemathesis is told about the API beyond its document."""
# pyright: reportMissingImports=false

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import schemathesis
import yaml

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[3] / "openapi" / "qarnot-compute.yaml").read_text(encoding="utf-8")
)


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
    tolerant = _validator(operation_id, opened(copy.deepcopy(DOCUMENT["components"])))
    return None if strict is None or tolerant is None else (strict, tolerant)


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
    """Leave out bodies that are wrong only by unknown members, or by null for what is absent.

    The service ignores the ones and takes the others alike; the document is stricter, so that a
    union has one reading.
    """
    if isinstance(case.body, schemathesis.core.NotSet):
        return True
    both = validators(case.operation.definition.raw.get("operationId", ""))
    if both is None:
        return True
    strict, tolerant = both
    if _is_meant_wrong(case):
        # What is wrong for one member of a union may be right for another.
        return not _accepts(strict, case.body) and not _accepts(tolerant, without_nulls(case.body))
    return _accepts(strict, case.body) or not _accepts(tolerant, without_nulls(case.body))


def without_nulls(body: Any) -> Any:
    """A body as the service takes it: null is the same as absent."""
    if isinstance(body, dict):
        return {name: without_nulls(part) for name, part in body.items() if part is not None}
    return [without_nulls(part) for part in body] if isinstance(body, list) else body


def _is_meant_wrong(case: schemathesis.Case) -> bool:
    """Whether the body was made to be refused."""
    components = {} if case.meta is None else case.meta.components
    return any(
        place.value == "body" and part.mode.is_negative for place, part in components.items()
    )


def _accepts(validator: Callable[[Any], bool], body: Any) -> bool:
    try:
        return validator(body)
    except (ValueError, TypeError):
        return False
