"""From a method and a path to the operation of the API that they name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn, TypeAlias, TypeVar
from urllib.parse import unquote

from qarnot_domain.emulator._http import (
    Refusal,
    Request,
    Response,
    invalid,
    unknown_path,
    wrong_method,
)
from qarnot_domain.emulator._lifecycle import Lifecycle
from qarnot_domain.emulator._store import Collection, Resource, Store

R = TypeVar("R", bound=Resource)

VERSION_PREFIX = "v1"
"""The service answers with and without it."""


_READING = ("/search", "/paginate")
_ODDLY_READING = ("consumePoolInstanceStdout", "consumePoolInstanceStderr")


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way to the handler of its operation, with all the handler may use."""

    request: Request
    parameters: Mapping[str, str]
    """The values of the path's parameters."""
    now: datetime
    store: Store
    lifecycle: Lifecycle

    def json(self) -> object:
        """The body decoded, or a 400."""
        return decoded_body(self.request)

    def find(self, collection: Collection[R]) -> R:
        """The object that the path names, or a 404."""
        name = self.parameters["uuid"]
        resource = collection.find(name)
        if resource is None:
            raise Refusal(404, f"No such {collection.kind}: {name}")
        return resource


def decoded_body(request: Request) -> object:
    """The JSON that a request sent, or a 400."""
    try:
        body: object = json.loads(request.body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise invalid({"body": ["must be JSON"]}) from error
    return body


Handler: TypeAlias = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API."""

    operation: str
    """Its operationId in the document."""
    method: str
    template: str
    handler: Handler
    is_public: bool = False
    """Whether it answers without a token."""

    @property
    def reads_other_accounts(self) -> bool:
        """Whether the header counts that names the account to read."""
        if self.method == "GET":
            return not self.is_public
        return self.template.endswith(_READING) or self.operation in _ODDLY_READING


@dataclass(frozen=True, slots=True)
class Match:
    """What a request asks for."""

    route: Route
    parameters: Mapping[str, str]


@dataclass(slots=True)
class _Node:
    """One segment of the paths: a literal child wins over a parameter, as on the service."""

    literals: dict[str, _Node] = field(default_factory=dict[str, "_Node"])
    parameter: _Node | None = None
    routes: dict[str, tuple[Route, list[str]]] = field(
        default_factory=dict[str, "tuple[Route, list[str]]"]
    )
    """By method, with the names of the parameters on the way."""


class Router:
    """Finds routes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        self.operations: set[str] = set()
        for route in routes:
            self._add(route)

    def match(self, request: Request) -> Match:
        """The operation that a request names; 404 for an unknown path, 405 for a wrong method."""
        segments = [unquote(segment) for segment in request.path.strip("/").split("/")]
        if len(segments) > 1 and segments[0] == VERSION_PREFIX:
            segments = segments[1:]
        values: list[str] = []
        node = self._root
        for segment in segments:
            child = node.literals.get(segment)
            if child is None and node.parameter is not None and segment:
                child = node.parameter
                values.append(segment)
            if child is None:
                raise unknown_path(request)
            node = child
        if not node.routes:
            raise unknown_path(request)
        found = node.routes.get(request.method)
        if found is None:
            raise wrong_method(request, node.routes)
        route, names = found
        return Match(route, dict(zip(names, values, strict=True)))

    def _add(self, route: Route) -> None:
        self.operations.add(route.operation)
        node = self._root
        names: list[str] = []
        for segment in route.template.strip("/").split("/"):
            if segment.startswith("{"):
                names.append(segment.strip("{}"))
                if node.parameter is None:
                    node.parameter = _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        node.routes[route.method] = (route, names)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
