"""Jobs and tasks as the JSON that commands print: the members of `Job` and `Task`, by their names.

Nothing here asks the server: what is not known is null.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import attrs

from qarnot_domain import _codecs as codecs
from qarnot_domain._codecs import Json
from qarnot_domain._resource import Resource
from qarnot_domain._values import Tagged, Value


def members(resource: Resource) -> dict[str, Json]:
    """All that is known of an object, its uuid first."""
    known = {
        member.name: plain(member.codec.show(resource._peek(member.name)))
        for member in resource._members
    }
    # Kept as a value of one member.
    cores = known.get("cluster_cores_count")
    if isinstance(cores, Mapping):
        known["cluster_cores_count"] = cores["cluster_cores_count"]
    return {"uuid": resource.uuid, **known}


def plain(value: object) -> Json:
    """A value as JSON: names in snake case, dates in ISO 8601, objects as their uuids."""
    match value:
        case None | bool() | int() | float():
            written: Json = value
        case str():
            written = str(value)
        case datetime():
            written = codecs.DATE.write(value)
        case Resource():
            written = value.uuid
        case Value():
            written = _value(value)
        case Mapping():
            written = {str(name): plain(item) for name, item in value.items()}
        case Iterable():
            written = [plain(item) for item in value]
        case _:
            raise TypeError(f"{type(value).__name__} cannot be written as JSON")
    return written


def _value(value: Value) -> Json:
    own = {
        field.name: plain(getattr(value, field.name))
        for field in attrs.fields(type(value))
        if not field.name.startswith("_")
    }
    kind = {value._tag: value._kind} if isinstance(value, Tagged) and value._kind else {}
    return {**kind, **own, **{name: plain(item) for name, item in value._extra.items()}}
