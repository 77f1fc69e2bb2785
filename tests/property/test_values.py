"""Values, tasks and pools from whatever the document allows, and from anything else."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from openapi.domain import VALUES
from qarnot_domain import Connection, HardwareConstraint, Pool, ScalingPolicy, Task
from qarnot_domain._values import Value

from . import strategies as s

KINDS: dict[str, type[Value]] = {
    **VALUES,
    "ReportedHardwareConstraint": HardwareConstraint,
    "ScalingPolicy": ScalingPolicy,
}
"""Schema -> the value that holds it, or any of its kinds."""

RESOURCES: dict[str, type[Task | Pool]] = {"Task": Task, "Pool": Pool}

deep = settings(
    max_examples=settings().max_examples // 5,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""There are fifty kinds, and a status alone has a hundred members."""


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    """A connection over which nothing is sent."""
    with Connection(client_token="unused", cluster_url="https://cluster.test") as made:
        yield made


def paths(value: Any) -> Iterator[tuple[Any, ...]]:
    """The way to each value within a JSON value."""
    yield ()
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from ((step, *path) for path in paths(inner))


def by_key(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload with each constant once, as the API has them."""
    keys = {"constants": "key", "constraints": "key", "forcedConstants": "constantName"}
    once = {
        member: list({constant[key]: constant for constant in payload[member]}.values())
        for member, key in keys.items()
        if payload.get(member)
    }
    return {**payload, **once}


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    """A JSON value with another one in a place."""
    if not path:
        return by
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], by)
    return changed


@pytest.mark.parametrize("schema", KINDS)
@deep
@given(data=st.data())
def test_value_comes_back_as_it_was(schema: str, data: st.DataObject) -> None:
    """Nothing that the document allows is lost: read, written and read again it is the same."""
    wire = data.draw(s.described(schema))
    before = copy.deepcopy(wire)
    value = KINDS[schema].from_json(wire)
    written = value.to_json()
    assert wire == before
    assert s.holds(written, wire)
    assert json.loads(json.dumps(written)) == written
    again = type(value).from_json(written)
    assert (again, hash(again), again.to_json()) == (value, hash(value), written)


@pytest.mark.parametrize("schema", KINDS)
@deep
@given(data=st.data())
def test_unknown_members_make_a_difference(schema: str, data: st.DataObject) -> None:
    """Two values that differ only in what is not known here are not equal."""
    wire = data.draw(s.described(schema, most_unknown=0))
    later = {**wire, "later": data.draw(s.json_values().filter(lambda value: value is not None))}
    kind = KINDS[schema]
    assert kind.from_json(later) == kind.from_json(copy.deepcopy(later))
    assert kind.from_json(later) != kind.from_json(wire)


@pytest.mark.parametrize("schema", KINDS)
@deep
@given(data=st.data())
def test_one_wrong_place_is_read_or_a_value_error(schema: str, data: st.DataObject) -> None:
    """Whatever stands somewhere in it, a value is read, and then stable, or cannot be read."""
    wire = data.draw(s.described(schema, most_unknown=0))
    path = data.draw(st.sampled_from(list(paths(wire))))
    changed = replaced(wire, path, data.draw(s.json_values()))
    with contextlib.suppress(ValueError):
        value = KINDS[schema].from_json(changed)
        assert type(value).from_json(value.to_json()) == value


@pytest.mark.parametrize("schema", KINDS)
@deep
@given(wire=s.json_values())
def test_any_json_is_read_or_a_value_error(schema: str, wire: Any) -> None:
    """Reading raises nothing else, whatever it is given."""
    with contextlib.suppress(ValueError):
        value = KINDS[schema].from_json(wire)
        assert type(value).from_json(value.to_json()) == value


@pytest.mark.parametrize("schema", RESOURCES)
@deep
@given(data=st.data())
def test_task_or_pool_comes_back_as_it_was(
    connection: Connection, schema: str, data: st.DataObject
) -> None:
    """Whole tasks and pools are read with all that they hold, and lose nothing."""
    payload = by_key(data.draw(s.described(schema, most_unknown=0)))
    resource = RESOURCES[schema].from_json(connection, payload)
    written = resource.to_json()
    assert s.holds(written, payload)
    again = RESOURCES[schema].from_json(connection, json.loads(json.dumps(written)))
    assert again.to_json() == written
    for member in RESOURCES[schema]._members:
        assert getattr(again, member.name, None) == getattr(resource, member.name, None)


@pytest.mark.parametrize("schema", RESOURCES)
@deep
@given(data=st.data())
def test_one_wrong_member_is_named(
    connection: Connection, schema: str, data: st.DataObject
) -> None:
    """A member with anything else in it is read, or is a `ValueError` that begins with its name."""
    payload = data.draw(s.described(schema, most_unknown=0))
    path = data.draw(st.sampled_from([path for path in paths(payload) if path]))
    changed = replaced(payload, path, data.draw(s.json_values()))
    assume(changed != payload)
    try:
        resource = RESOURCES[schema].from_json(connection, changed)
    except ValueError as error:
        message = str(error)
    else:
        written = resource.to_json()
        assert RESOURCES[schema].from_json(connection, written).to_json() == written
        return
    assert message.startswith(f"{path[0]}: ")
