"""`Pool`: from the API's JSON and back, whole or in part."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import Connection, ElasticProperty, Pool, Scaling, ScalingPolicy
from qarnot_domain.emulator import Emulator

from ..driving import POOL_UUID, PROFILE, UNSET_DATE, operations
from .members import POOL_DEFAULTS, POOL_PAYLOAD, POOL_SAID


def test_payload_has_every_member() -> None:
    """The payload of these tests leaves out nothing that a pool has."""
    assert set(POOL_PAYLOAD) == {"uuid", *(member.wire for member in Pool._members)}


def test_from_json_reads_every_member(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A pool from the API's JSON has every member of it, and gives the JSON back."""
    pool = Pool.from_json(qarnot_connection, POOL_PAYLOAD)
    assert {name: getattr(pool, name) for name in POOL_SAID} == POOL_SAID
    assert pool.to_json() == POOL_PAYLOAD
    assert json.loads(json.dumps(pool.to_json())) == POOL_PAYLOAD
    assert qarnot_emulator.requests == []


def test_from_json_keeps_what_it_does_not_know(qarnot_connection: Connection) -> None:
    """Members of a newer API are in the wire form, those within members included."""
    later = {"later": {"list": [1]}}
    unknown: dict[str, Any] = {
        "type": "Tidal",
        "name": "tides",
        "enabledPeriods": [{"type": "Lunar"}],
    }
    known = {
        **POOL_PAYLOAD["scaling"]["policies"][0],
        **later,
        "enabledPeriods": [{"type": "Lunar", "phase": 1}],
    }
    payload = {
        **POOL_PAYLOAD,
        **later,
        "elasticProperty": {**POOL_PAYLOAD["elasticProperty"], **later},
        "multiSlotsSettings": {"slotsPerNode": 2, **later},
        "scaling": {"policies": [unknown, known], **later},
    }
    pool = Pool.from_json(qarnot_connection, payload)
    assert pool.to_json() == payload
    assert pool.scaling is not None
    assert pool.scaling.policies[0] == ScalingPolicy.from_json(unknown)


def test_from_json_keeps_what_it_does_not_know_of_the_preparation(
    qarnot_connection: Connection,
) -> None:
    """Members of a newer API beside the command line are in the wire form too."""
    preparation: dict[str, Any] = {"commandLine": "prepare.sh", "later": 1}
    pool = Pool.from_json(qarnot_connection, {**POOL_PAYLOAD, "preparationTask": preparation})
    assert pool.to_json()["preparationTask"] == preparation


def test_from_json_tolerates_null_everywhere(qarnot_connection: Connection) -> None:
    """Only the uuid is needed."""
    defaults = {**POOL_DEFAULTS, "name": "", "state": "", "instancecount": 0}
    for payload in ({}, dict.fromkeys(POOL_PAYLOAD)):
        pool = Pool.from_json(qarnot_connection, {**payload, "uuid": POOL_UUID})
        assert {name: getattr(pool, name) for name in defaults} == defaults
        assert (pool.is_elastic, pool.elastic_maximum_slots) == (False, 1)


def test_from_json_reads_the_apis_ways_to_say_none(qarnot_connection: Connection) -> None:
    """Policies may be null, and so may everything within a member; the year 1 is no date."""
    payload = {
        **POOL_PAYLOAD,
        "scaling": {"policies": None, "activePolicyName": None},
        "elasticProperty": dict.fromkeys(POOL_PAYLOAD["elasticProperty"]),
        "endDate": UNSET_DATE,
    }
    pool = Pool.from_json(qarnot_connection, payload)
    assert pool.scaling == Scaling([])
    assert (pool.elastic_property, pool.end_date) == (ElasticProperty(is_elastic=False), None)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("uuid", None),
        ("constants", {"A": "1"}),
        ("elasticProperty", []),
        ("elasticProperty", {"isElastic": "yes"}),
        ("scaling", []),
        ("scaling", {"policies": {}}),
        ("scaling", {"policies": [3]}),
        ("scaling", {"policies": [{"type": "Fixed", "slotsCount": "1"}]}),
        ("scaling", {"activePolicyName": 3}),
        ("preparationTask", "prepare.sh"),
        ("preparationTask", {"commandLine": 3}),
        ("multiSlotsSettings", 2),
        ("poolUsage", "0.5"),
        ("instanceCount", "3"),
        ("state", 3),
    ],
)
def test_from_json_names_what_cannot_be_read(
    qarnot_connection: Connection, member: str, value: Any
) -> None:
    """A payload that cannot be a pool is a `ValueError` that begins with the member's name."""
    with pytest.raises(ValueError, match=f"^{member}: "):
        Pool.from_json(qarnot_connection, {**POOL_PAYLOAD, member: value})


def test_summary_is_completed_when_it_must(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What a list gives is known, and the first member that it lacks fetches all others."""
    pool = qarnot_connection.create_pool("n", PROFILE, 3)
    pool.tags = ["a"]
    pool.elastic_property = ElasticProperty(True, max_total_slots=8)
    pool.submit()
    [part] = qarnot_connection.pools()
    sent = len(qarnot_emulator.requests)
    assert (part, part.name, part.instancecount) == (pool, "n", 3)
    assert "tags" not in repr(part)
    assert operations(qarnot_emulator)[sent:] == []
    assert (part.elastic_maximum_slots, part.tags, part.is_elastic) == (8, ["a"], True)
    assert operations(qarnot_emulator)[sent:] == ["retrievePool"]


def test_member_that_the_summary_lacks_without_updates(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """With updates off it has its default, and nothing is sent."""
    pool = Pool.from_json(qarnot_connection, {"uuid": POOL_UUID, "name": "n"}, is_summary=True)
    pool.auto_update = False
    defaults = {**POOL_DEFAULTS, "name": "n"}
    assert {name: getattr(pool, name) for name in defaults} == defaults
    assert (pool.is_elastic, qarnot_emulator.requests) == (False, [])


def test_repr_sends_nothing(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Showing a pool never asks the server, and never shows the token."""
    pool = Pool.from_json(qarnot_connection, POOL_PAYLOAD)
    qarnot_emulator.advance(timedelta(days=1))
    for shown in (repr(pool), str(pool), pool._repr_html_()):
        assert POOL_UUID in shown
        assert "Closing" in shown
        assert qarnot_emulator.token not in shown
    assert qarnot_emulator.requests == []
