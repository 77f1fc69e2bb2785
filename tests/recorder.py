"""Every answer of every emulator in the suite, held to the strict document."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from qarnot_domain.emulator._http import Response

DOCUMENT = Path(__file__).parent.parent / "openapi" / "qarnot-compute.yaml"
METHODS = ("get", "post", "put", "patch", "delete")


class Recorder:
    """Watches the answers of emulators, and keeps what the document does not allow."""

    def __init__(self) -> None:
        self.valid: Counter[str] = Counter()
        """The number of answers the document allows, by operation."""
        self.violations: list[str] = []

    def __call__(self, operation: str, response: Response) -> None:
        """Take in one answer."""
        reason = self._objection(operation, response)
        if reason is None:
            self.valid[operation] += 1
        else:
            self.violations.append(f"{operation} answers {response.status}: {reason}")

    def _objection(self, operation: str, response: Response) -> str | None:
        media_type = (response.header("content-type") or "").split(";")[0]
        described = _answers()[operation].get(str(response.status))
        if described is None:
            return "the status is not documented"
        if not response.body:
            return None
        if media_type not in described:
            return f"{media_type!r} is not documented"
        validator = _validator(operation, str(response.status), media_type)
        body = json.loads(response.body) if "json" in media_type else response.body.decode()
        error = next(iter(validator.iter_errors(body)), None)
        return None if error is None else f"{error.message} at {error.instance_path}"


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    return document


@cache
def _answers() -> dict[str, dict[str, dict[str, Any]]]:
    """Operation -> status -> media type -> schema."""
    document = _document()

    def content(node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in node:
            node = document["components"]["responses"][node["$ref"].rpartition("/")[2]]
        return {kind: media["schema"] for kind, media in node.get("content", {}).items()}

    return {
        item[method]["operationId"]: {
            status: content(node) for status, node in item[method]["responses"].items()
        }
        for item in document["paths"].values()
        for method in METHODS
        if method in item
    }


@cache
def _validator(operation: str, status: str, media_type: str) -> Any:
    schema = {"components": _document()["components"], **_answers()[operation][status][media_type]}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
