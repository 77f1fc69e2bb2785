"""What Schemathesis is told about the API beyond its document."""
# pyright: reportMissingImports=false

from __future__ import annotations

import copy
import itertools
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema_rs
import schemathesis
import yaml

sys.path.append(str(Path(__file__).parent))
from seeds import PROFILE, Seeds, uuids  # type: ignore[import-not-found]  # beside the hooks, in no package

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[3] / "openapi" / "qarnot-compute.yaml").read_text(encoding="utf-8")
)

TAG = os.environ["FUZZED_TAG"]  # noqa: TID251
"""What all that is made carries; empty if nobody looks for it."""

SEEDS = Seeds(
    os.environ["FUZZED_URL"],  # noqa: TID251
    {"Authorization": os.environ["FUZZED_TOKEN"]},  # noqa: TID251
    TAG,
    Path(os.environ["FUZZED_JOURNAL"]),  # noqa: TID251
)

READ_ONLY = bool(os.environ["FUZZED_READ_ONLY"])  # noqa: TID251
"""Whether nothing may be made on the server, not even to be named in a request."""

KINDS = ("jobs", "tasks", "pools")
READ_ONLY_HEADER = "QarnotReadOnlyRequestForAccount"

NEEDED_STATES = {
    "resyncPool": "FullyExecuting",
    "resyncTask": "FullyExecuting",
    "createTaskSnapshot": "FullyExecuting",
    "createTaskPeriodicSnapshot": "FullyExecuting",
    "retrieveTaskSnapshot": "FullyExecuting",
    "retryTask": "Failure",
    "recoverTask": "Failure",
    "resumeTask": "Cancelled",
}
"""The state in which an object must be for most requests of an operation to be accepted."""

TURNS = itertools.count()
EVERY = 5
"""Every how manieth request that needs a state is about an object in any."""

MAX_TAGS = 9
"""Those of a job; a pool may have one more."""


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
    is stricter, so that a union has one reading. A method that no document has is for emulators
    alone: nobody knows what it does elsewhere.
    """
    if TAG and case.method.lower() != case.operation.method.lower():
        return False
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
    """Name what is there, where a right request would name what is not: nobody can guess a uuid.

    What is there and was not made here is nobody's to change.
    """
    if READ_ONLY:
        return
    is_wrong = _is_made_wrong(case, "body")
    if case.operation.path.startswith("/tasks") and _creates(case) and not is_wrong:
        case.body = possible(case.body, is_copy=case.operation.path != "/tasks")
    if TAG and (_creates(case) or case.method == "PUT"):
        case.body = tagged(case.body, keep=is_wrong)
    if READ_ONLY_HEADER in case.headers and not _is_made_wrong(case, "header"):
        case.headers[READ_ONLY_HEADER] = SEEDS.account
    kind, uuid = _named(case)
    if uuid is None or _is_made_wrong(case, "path"):
        return
    state = NEEDED_STATES.get(case.operation.definition.raw["operationId"])
    if state is not None and not is_wrong and next(TURNS) % EVERY:
        uuid = SEEDS.in_state(kind, state)
    elif not SEEDS.has_made(kind, uuid):
        uuid = SEEDS.one(kind)
    uuid = case.path_parameters["uuid"] = uuid or str(uuid4())
    if "instanceId" in case.path_parameters:
        case.path_parameters["instanceId"] = 0
    if "snapshotId" in case.path_parameters:
        snapshot = SEEDS.snapshot_of(uuid)
        case.path_parameters["snapshotId"] = snapshot or case.path_parameters["snapshotId"]


def possible(body: Any, *, is_copy: bool) -> Any:
    """A right body of a task, or of many, without what only the document allows.

    Args:
        body: of a request that makes tasks.
        is_copy: of one there is, of which they have what the body leaves out.
    """
    if isinstance(body, list):
        return [possible(one, is_copy=is_copy) for one in body]
    if not isinstance(body, dict):
        return body
    possibly = dict(body)
    if possibly.get("advancedRanges") is not None:
        possibly["advancedRanges"] = "0-2,5"
    elif possibly.get("instanceCount") is None and not is_copy:
        possibly["instanceCount"] = 1
    if possibly.get("jobUuid") is not None:
        possibly["jobUuid"] = SEEDS.one("jobs")
    if possibly.get("poolUuid") is not None:
        possibly["poolUuid"] = SEEDS.in_state("pools", "FullyExecuting")
    elif possibly.get("profile") is None and not is_copy:
        possibly["profile"] = PROFILE
    return possibly


def tagged(body: Any, *, keep: bool) -> Any:
    """A body, or each of an array of them, with the tag among its own.

    Args:
        body: of a request that makes or changes something.
        keep: take nothing out, since what is wrong with it is to stay.
    """
    if isinstance(body, list):
        return [tagged(one, keep=keep) for one in body]
    if not isinstance(body, dict) or not isinstance(tags := body.get("tags") or [], list):
        return body
    if len(tags) < MAX_TAGS:
        return {**body, "tags": [TAG, *tags]}
    return body if keep else {**body, "tags": [TAG, *tags[1:]]}


@schemathesis.hook  # type: ignore[untyped-decorator]  # not in the environment of the checks
def after_call(
    context: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response
) -> None:
    """Take in what was made, so that it can be named and is removed again."""
    kind, uuid = _named(case)
    if uuid is not None:
        SEEDS.note(kind, uuid, case.method, case.operation.path)
    if kind in KINDS and _creates(case):
        for made in uuids(response):
            SEEDS.take_in(kind, made)


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
