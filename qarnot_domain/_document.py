"""The API document, and whether a request or an answer is what it allows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import unquote

from attrs import frozen

try:
    import jsonschema_rs
    import yaml
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f"to hold something to the API document, {_error.name} is needed: "
        "pip install 'qarnot-domain[testing]'",
        name=_error.name,
    ) from _error

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_FILE: Final = "qarnot-compute.yaml"


@frozen
class Parameter:
    """One documented parameter of an operation."""

    place: str
    """`path`, `query` or `header`."""
    name: str
    required: bool
    schema: Mapping[str, Any]

    def is_named(self, name: str) -> bool:
        """Whether a request that says this name means it; the service ignores the case."""
        return name.lower() == self.name.lower()


@frozen
class Operation:
    """One operation of the document."""

    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Any] | None
    """Media type to schema; `None` where the operation takes no body."""
    needs_body: bool
    answers: Mapping[str, Mapping[str, Any]]
    """Status to media type to schema."""

    @property
    def only_reads(self) -> bool:
        """Whether it leaves everything on the server as it was."""
        reading = ("search", "paginate", "checkPoolScaling")
        return self.method == "get" or self.id.startswith(reading)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+\})", self.path)
        return re.compile(
            "".join(f"(?P<{p[1:-1]}>[^/]+)" if p[:1] == "{" else re.escape(p) for p in parts)
        )

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """The path parameters of a request for this operation; `None` if it is for another."""
        found = self._pattern.fullmatch(path) if method.lower() == self.method else None
        return None if found is None else {k: unquote(v) for k, v in found.groupdict().items()}


@frozen
class Request:
    """What a request says, without its token: the headers that the document knows."""

    operation: Operation
    sent: Mapping[tuple[str, str], Sequence[str]]
    """Place and name of each parameter to the values given for it."""
    media_type: str
    body: bytes


class Document:
    """The API document.

    Args:
        content: the OpenAPI document, decoded.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content
        self.operations: Final = tuple(
            sorted(self._read(), key=lambda operation: operation.path.count("{"))
        )
        """All operations; of those that a path fits, the most literal comes first."""
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}

    @classmethod
    @cache
    def shipped(cls) -> Self:
        """The document that this version of the library was made from."""
        file = resources.files("qarnot_domain") / _FILE
        if not file.is_file():  # a working tree, which holds it in one place alone
            file = Path(__file__).parents[1] / "openapi" / _FILE
        return cls(yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader))

    def find(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: Iterable[tuple[str, str]],
        body: bytes = b"",
    ) -> Request | None:
        """The operation that a request is for, with what it says; `None` if it is for none.

        Args:
            method: in any case.
            path: still percent-encoded, below the base URL.
            query: names and values, decoded.
            headers: names, in any case, and values.
            body: empty for none.
        """
        for operation in self.operations:
            inside = operation.match(method, path)
            if inside is None:
                continue
            sent: dict[tuple[str, str], list[str]] = {("path", k): [v] for k, v in inside.items()}
            for name, value in query:
                sent.setdefault(("query", _documented(operation, "query", name)), []).append(value)
            lower = {name.lower(): value for name, value in headers}
            for known in operation.parameters:
                if known.place == "header" and known.name.lower() in lower:
                    sent["header", known.name] = [lower[known.name.lower()]]
            return Request(operation, sent, _type(lower.get("content-type", "")), body)
        return None

    def request_problems(self, request: Request) -> Iterator[str]:
        """What the document does not allow in a request, each as a sentence."""
        known = {(p.place, p.name): p for p in request.operation.parameters}
        for (place, name), values in request.sent.items():
            parameter = known.get((place, name))
            if parameter is None:
                yield f"the {place} parameter {name!r} is not documented"
            else:
                value = _decoded(parameter.schema, values)
                yield from self._objections(
                    f"the {place} parameter {name!r}", parameter.schema, value
                )
        for where in known.keys() - request.sent.keys():
            if known[where].required:
                yield f"the {where[0]} parameter {where[1]!r} is required"
        yield from self._body_problems(request)

    def _body_problems(self, request: Request) -> Iterator[str]:
        described = request.operation.body
        if not request.body:
            if request.operation.needs_body:
                yield "a body is required"
        elif described is None:
            yield "no body is documented"
        elif request.media_type not in described:
            yield f"the type {request.media_type!r} of the body is not documented"
        else:
            yield from self._content_problems(
                "the body", described[request.media_type], request.media_type, request.body
            )

    def response_problems(
        self, operation: Operation, status: int, media_type: str, body: bytes
    ) -> Iterator[str]:
        """What the document does not allow in an answer, each as a sentence.

        Args:
            operation: what the request was for.
            status: of the answer.
            media_type: its `Content-Type`, parameters and all; empty for none.
            body: decompressed; empty for none.
        """
        described = operation.answers.get(str(status))
        kind = _type(media_type)
        if described is None:
            yield f"the status {status} is not documented"
        elif body and kind not in described:
            yield f"the type {kind!r} of an answer with status {status} is not documented"
        elif body:
            yield from self._content_problems("the answer", described[kind], kind, body)
        elif described and all("json" in kind for kind in described):  # text may be empty
            yield f"the answer with status {status} has no body"

    def _content_problems(
        self, what: str, schema: Mapping[str, Any], media_type: str, body: bytes
    ) -> Iterator[str]:
        try:
            value = json.loads(body) if "json" in media_type else body.decode()
        except ValueError as error:
            yield f"{what} cannot be read: {error}"
        else:
            yield from self._objections(what, schema, value)

    def _objections(self, what: str, schema: Mapping[str, Any], value: object) -> Iterator[str]:
        error = next(iter(self._validator(schema).iter_errors(value)), None)
        if error is not None:
            place = "".join(f"/{part}" for part in error.instance_path)
            yield f"{what}{place and f' at {place}'}: {error.message}"

    def _validator(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        key = json.dumps(schema)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                {"components": self._content["components"], **schema}, validate_formats=True
            )
        return self._validators[key]

    def _read(self) -> Iterator[Operation]:
        for path, item in self._content["paths"].items():
            for method in (method for method in _METHODS if method in item):
                node = item[method]
                body = self._resolved(node.get("requestBody", {}))
                yield Operation(
                    id=node["operationId"],
                    method=method,
                    path=path,
                    parameters=tuple(
                        Parameter(p["in"], p["name"], p.get("required", False), p["schema"])
                        for p in map(
                            self._resolved, item.get("parameters", []) + node.get("parameters", [])
                        )
                    ),
                    body=_schemas(body) or None,
                    needs_body=body.get("required", False),
                    answers={
                        status: _schemas(self._resolved(answer))
                        for status, answer in node["responses"].items()
                    },
                )

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in node:
            return node
        _, _, kind, name = node["$ref"].split("/")
        found: dict[str, Any] = self._content["components"][kind][name]
        return found


def _schemas(node: Mapping[str, Any]) -> dict[str, Any]:
    return {kind: media["schema"] for kind, media in node.get("content", {}).items()}


def _type(header: str) -> str:
    return header.partition(";")[0].strip().lower()


def _documented(operation: Operation, place: str, name: str) -> str:
    """A name as the document writes it, if it knows it."""
    known = (p.name for p in operation.parameters if p.place == place and p.is_named(name))
    return next(known, name)


def _decoded(schema: Mapping[str, Any], values: Sequence[str]) -> object:
    """What the texts of a parameter say, where they say what its schema is about."""
    if schema.get("type") == "array":
        return [_decoded(schema["items"], [value]) for value in values]
    if len(values) > 1:
        return list(values)
    (text,) = values
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    return text
