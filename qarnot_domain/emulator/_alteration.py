"""How the cloud's own answers are changed into ones that it would not give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from qarnot_domain.emulator._http import Response

JsonObject: TypeAlias = dict[str, Any]

_ALWAYS_SET = "uuid"


@dataclass(frozen=True, slots=True)
class Alteration:
    """What becomes of each object of an answer: the whole, an item of a list, or one of a page."""

    nulls: bool = False
    """Every member is null, but for the uuid: without it nobody knows whose the others are."""
    state: str | None = None
    """The state, where the object has one."""
    extra: Mapping[str, Any] | None = None
    """Members that are added, or take the place of those there are."""

    def apply(self, response: Response) -> Response:
        """The answer, altered if it is a successful one of JSON."""
        if response.status >= 300 or "json" not in (response.header("content-type") or ""):
            return response
        value = response.json()
        for item in _objects_in(value):
            self._alter(item)
        return replace(response, body=json.dumps(value, separators=(",", ":")).encode("ascii"))

    def _alter(self, item: JsonObject) -> None:
        has_state = "state" in item
        if self.nulls:
            item.update({name: None for name in item if name != _ALWAYS_SET})
        if self.state is not None and has_state:
            item["state"] = self.state
        item.update(self.extra or {})


def _objects_in(value: Any) -> list[JsonObject]:  # noqa: ANN401 - it is JSON
    items = value.get("data") if isinstance(value, dict) else value
    if isinstance(items, list):
        return [item for item in items if isinstance(item, dict)]
    return [value] if isinstance(value, dict) else []
