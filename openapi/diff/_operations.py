"""The operations of a document, with what is only naming folded away.

A version prefix, the names of path parameters, the case of query and header names, the component
that a parameter or answer is written in, and further names for JSON.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from openapi.regenerate import Json

from ._document import Document, Object, as_list, as_object, below, canonical
from ._shapes import Node, Part, Shapes

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

JSON_MEDIA: Final = "application/json"
OTHER_JSON: Final = frozenset({"text/json", "application/*+json", "application/json-patch+json"})
"""Names under which frameworks list the JSON body once more."""

_VERSION: Final = re.compile(r"v(\d+(\.\d+)*|\{[^}]+\})")
_PLACE: Final = re.compile(r"\{[^}]*\}")

_STYLES: Final = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


@dataclass(frozen=True)
class Media:
    """One way in which a body is written."""

    name: str
    node: Node


@dataclass(frozen=True)
class Body:
    """A request body, or the body and headers of an answer."""

    pointer: str
    media: Mapping[str, Media]
    required: bool = True
    headers: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True)
class Parameter:
    """A parameter or a header of an answer."""

    pointer: str
    name: str
    place: str
    required: bool
    deprecated: bool
    style: str
    node: Node


@dataclass(frozen=True)
class Operation:
    """One operation."""

    pointer: str
    method: str
    path: str
    """As the document has it."""
    key: str
    """Its path without what is only naming."""
    id: str | None
    tag: str | None
    deprecated: bool
    parameters: Mapping[tuple[str, str], Parameter]
    body: Body | None
    responses: Mapping[str, Body]
    security: str
    security_at: str

    @property
    def title(self) -> str:
        """How a person calls it."""
        return f"{self.method.upper()} {self.path}"


class Api:
    """A document, read: its shapes, and its operations by method and folded path."""

    def __init__(self, document: Document) -> None:
        """Read a document."""
        self.document = document
        self.shapes = Shapes(document)
        self.operations = dict(_Reader(document, self.shapes).read())

    def called(self, operation: Operation) -> str:
        """How a person calls an operation of another document who knows the paths of this one."""
        known = {head: name for one in self.operations.values() for head, name in _places(one)}
        path = operation.key
        for head, name in reversed(list(_places(operation))):
            path = f"{head.removesuffix('{}')}{known.get(head, name)}{path[len(head) :]}"
        return f"{operation.method.upper()} {path}"


def _places(operation: Operation) -> Iterator[tuple[str, str]]:
    """Each parameter of a path: the key up to it, and how it is written."""
    ends = [place.end() for place in _PLACE.finditer(operation.key)]
    names = _PLACE.findall(operation.path)
    for end, name in zip(ends, names[len(names) - len(ends) :], strict=True):
        yield operation.key[:end], name


class _Reader:
    """Reads the operations of one document."""

    def __init__(self, document: Document, shapes: Shapes) -> None:
        self._document = document
        self._shapes = shapes
        self._paths = as_object(document.root.get("paths"))
        self._keys = _folded(list(self._paths))

    def read(self) -> Iterator[tuple[tuple[str, str], Operation]]:
        for path, raw in self._paths.items():
            item, pointer = self._document.resolve(raw, below("#/paths", path))
            for method in METHODS:
                if isinstance(item.get(method), dict):
                    operation = self._operation(path, method, item, pointer)
                    yield (method, operation.key), operation

    def _operation(self, path: str, method: str, item: Object, above: str) -> Operation:
        raw = as_object(item[method])
        pointer = below(above, method)
        identity, tags = raw.get("operationId"), as_list(raw.get("tags"))
        body = None
        if "requestBody" in raw:
            body = self._body(raw["requestBody"], below(pointer, "requestBody"))
        responses = {
            str(status).upper() if status != "default" else status: self._body(
                response, below(pointer, "responses", status)
            )
            for status, response in as_object(raw.get("responses")).items()
        }
        security, security_at = self._security(raw, pointer)
        return Operation(
            pointer,
            method,
            path,
            self._keys[path],
            identity if isinstance(identity, str) else None,
            str(tags[0]) if tags else None,
            raw.get("deprecated") is True,
            self._parameters(path, item, above, raw, pointer),
            body,
            responses,
            security,
            security_at,
        )

    # --- parameters --------------------------------------------------------------------------

    def _parameters(
        self, path: str, item: Object, above: str, raw: Object, pointer: str
    ) -> dict[tuple[str, str], Parameter]:
        found: dict[tuple[str, str], Parameter] = {}
        names = [name.strip("{}") for name in _PLACE.findall(path)]
        dropped = _PLACE.findall(path)[: len(names) - self._keys[path].count("{}")]
        for owner, where in ((item, above), (raw, pointer)):
            for index, one in enumerate(as_list(owner.get("parameters"))):
                parameter = self._parameter(one, below(where, "parameters", index))
                if parameter.place != "path":
                    found[parameter.place, parameter.name.casefold()] = parameter
                elif parameter.name in names and f"{{{parameter.name}}}" not in dropped:
                    position = names.index(parameter.name) - len(dropped)
                    found["path", str(position)] = parameter
        return found

    def _parameter(self, raw: Json, pointer: str) -> Parameter:
        parameter, pointer = self._document.resolve(raw, pointer)
        place = str(parameter.get("in", "query"))
        return self._described(parameter, pointer, str(parameter.get("name", "")), place)

    def _described(self, raw: Object, pointer: str, name: str, place: str) -> Parameter:
        """A parameter or header, its schema in `schema` or in the one entry of `content`."""
        schema, at = raw.get("schema"), below(pointer, "schema")
        for media, content in as_object(raw.get("content")).items():
            schema, at = as_object(content).get("schema"), below(pointer, "content", media)
        style = str(raw.get("style", _STYLES.get(place, "simple")))
        explode = raw.get("explode", style == "form")
        return Parameter(
            pointer,
            name,
            place,
            raw.get("required") is True or place == "path",
            raw.get("deprecated") is True,
            f"{style}, {'each on its own' if explode else 'joined'}",
            (Part(schema if schema is not None else {}, at),),
        )

    # --- bodies ------------------------------------------------------------------------------

    def _body(self, raw: Json, pointer: str) -> Body:
        body, pointer = self._document.resolve(raw, pointer)
        media = {}
        for name, content in as_object(body.get("content")).items():
            schema = as_object(content).get("schema")
            at = below(pointer, "content", name, "schema")
            node = (Part(schema if schema is not None else {}, at),)
            media[_media_name(name)] = Media(name, node)
        headers = {}
        for name, one in as_object(body.get("headers")).items():
            header, at = self._document.resolve(one, below(pointer, "headers", name))
            headers[name.casefold()] = self._described(header, at, name, "header")
        return Body(pointer, self._once(media), body.get("required") is True, headers)

    def _once(self, media: dict[str, Media]) -> dict[str, Media]:
        """Without further names for the JSON body, where they say the same as its usual one."""
        usual = media.get(JSON_MEDIA)
        if usual is None or len(media) == 1:
            return media
        described = self._shapes.print_of(usual.node)
        types = self._shapes.of(usual.node).types
        again = set(OTHER_JSON)
        if types is None or not types <= {"string"}:
            again.add("text/plain")  # An object is no plain text: the same JSON is meant.
        return {
            name: one
            for name, one in media.items()
            if name not in again or self._shapes.print_of(one.node) != described
        }

    # --- security ----------------------------------------------------------------------------

    def _security(self, raw: Object, pointer: str) -> tuple[str, str]:
        """What a request must show, whatever the schemes are called, and where that is said."""
        said, at = raw.get("security"), below(pointer, "security")
        if said is None:
            said, at = self._document.root.get("security"), "#/security"
        ways: list[Json] = [
            " and ".join(sorted(map(self._scheme, as_object(way)))) or "nothing"
            for way in as_list(said)
        ]
        return " or ".join(sorted(map(str, ways))) or "nothing", at

    def _scheme(self, name: str) -> str:
        scheme, _ = self._document.resolve(self._document.component("securitySchemes", name), "")
        if not scheme:
            return name
        said = [scheme.get(key) for key in ("type", "scheme", "in", "name")]
        return " ".join(str(word).lower() for word in said if word is not None)


def _folded(paths: list[str]) -> dict[str, str]:
    """Path -> the same without version prefix, names of parameters and last slash."""
    short = {path: _without_prefix(path) for path in paths}
    often = Counter(short.values())
    return {path: key if often[key] == 1 else _bare(path) for path, key in short.items()}


def _without_prefix(path: str) -> str:
    segments = path.strip("/").split("/")
    if len(segments) > 1 and _VERSION.fullmatch(segments[0]):
        segments = segments[1:]
    return _bare("/".join(segments))


def _bare(path: str) -> str:
    return "/" + _PLACE.sub("{}", path.strip("/"))


def _media_name(name: str) -> str:
    return name.partition(";")[0].strip().lower()


def servers(document: Document) -> dict[str, None]:
    """The absolute addresses at which the document says the API is, without version prefix."""
    found: dict[str, None] = {}
    for server in as_list(document.root.get("servers")):
        url = str(as_object(server).get("url", "")).rstrip("/")
        head, _, last = url.rpartition("/")
        if url.startswith(("http://", "https://")):
            found[head if _VERSION.fullmatch(last) else url] = None
    return found


def same_content(one: Operation, other: Operation, ours: Shapes, theirs: Shapes) -> bool:
    """Whether two operations take the same, and answer the same when they succeed."""
    return _content(one, ours) == _content(other, theirs)


def _content(operation: Operation, shapes: Shapes) -> str:
    def of(body: Body | None) -> Json:
        if body is None:
            return None
        return {name: shapes.print_of(media.node) for name, media in body.media.items()}

    taken: dict[str, Json] = {
        f"{place} {name}": shapes.print_of(parameter.node)
        for (place, name), parameter in operation.parameters.items()
    }
    answered = {
        status: of(body) for status, body in operation.responses.items() if status.startswith("2")
    }
    return canonical([taken, of(operation.body), answered])
