"""`Pool`: making it, and the ways in which its size follows its work."""

from __future__ import annotations

from typing import Any

import pytest

from qarnot_domain import Connection, ElasticProperty, Pool, Scaling, ScalingPolicy
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE, operations, refused, sent_by
from .members import ELASTIC, POOL, SCALING, UNKNOWN_POLICY

ELASTIC_MEMBERS = {
    "is_elastic": ("is_elastic", True, "isElastic"),
    "elastic_minimum_slots": ("min_total_slots", 1, "minTotalSlots"),
    "elastic_maximum_slots": ("max_total_slots", 8, "maxTotalSlots"),
    "elastic_minimum_idle_slots": ("min_idle_slots", 2, "minIdleSlots"),
    "elastic_minimum_idle_time": ("min_idle_time_seconds", 30, "minIdleTimeSeconds"),
    "elastic_resize_factor": ("ramp_resize_factor", 0.25, "rampResizeFactor"),
    "elastic_resize_period": ("resize_period", 60, "resizePeriod"),
}
"""The members of `elastic_property` by the official SDK's names: name there, value, wire name."""


def test_making_a_pool_with_every_argument(qarnot_connection: Connection) -> None:
    """Arguments are the members of their names, in the official SDK's order."""
    pool = qarnot_connection.create_pool("n", PROFILE, 3, "short")
    assert (pool.name, pool.profile, pool.instancecount) == ("n", PROFILE, 3)
    assert pool.shortname == "short"
    pool.submit()
    assert (pool.shortname, pool.instancecount) == ("short", 3)


# --- elastic ------------------------------------------------------------------------------------


def test_setup_elastic(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """It is `elastic_property` by the official SDK's arguments, with its defaults."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.setup_elastic()
    assert pool.elastic_property == ElasticProperty(True, 0, 1, 0, 90, 1.0, 0)
    pool.setup_elastic(1, 8, 2, 30, 0.25, 60)
    assert pool.elastic_property == ELASTIC
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"minimum_total_slots": -1},
        {"maximum_total_slots": -1},
        {"minimum_idle_slots": -1},
        {"minimum_idle_time_seconds": -1},
        {"resize_factor": 2},
        {"resize_factor": 1.1},
        {"resize_factor": -0.1},
        {"resize_factor": float("nan")},
        {"resize_period": -1},
    ],
)
def test_setup_elastic_checks_its_arguments(
    qarnot_connection: Connection, arguments: dict[str, Any]
) -> None:
    """What the document does not allow is refused, and changes nothing."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    with pytest.raises(ValueError, match=r"slots|seconds|factor|period"):
        pool.setup_elastic(**arguments)
    assert pool.elastic_property is None


@pytest.mark.parametrize("member", ELASTIC_MEMBERS)
def test_elastic_member_by_the_official_name(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """It is read from `elastic_property` and set there, before submission and after."""
    name, value, wire = ELASTIC_MEMBERS[member]
    pool = qarnot_connection.create_pool("n", PROFILE)
    assert getattr(pool, member) == getattr(ElasticProperty(is_elastic=False), name)
    setattr(pool, member, value)
    assert pool.elastic_property is not None
    assert getattr(pool.elastic_property, name) == getattr(pool, member) == value
    pool.submit()
    assert qarnot_emulator.requests[-1].body["elasticProperty"][wire] == value
    pool.elastic_property = ElasticProperty(True, max_total_slots=16)
    setattr(pool, member, value)
    pool.commit()
    assert qarnot_emulator.requests[-1].body["elasticProperty"][wire] == value
    assert getattr(pool, member) == value


def test_elastic_members_keep_what_they_do_not_know(qarnot_connection: Connection) -> None:
    """Changing one member leaves the others, those of a newer API included."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.elastic_property = ElasticProperty.from_json(
        {"isElastic": True, "maxTotalSlots": 8, "later": 1}
    )
    pool.elastic_minimum_slots = 1
    assert pool.elastic_property == ElasticProperty.from_json(
        {"isElastic": True, "minTotalSlots": 1, "maxTotalSlots": 8, "later": 1}
    )


@pytest.mark.parametrize(
    ("member", "value", "error"),
    [
        ("elastic_minimum_slots", -1, ValueError),
        ("elastic_maximum_slots", 2**31, ValueError),
        ("elastic_resize_factor", 2, ValueError),
        ("elastic_resize_factor", "0.5", TypeError),
        ("is_elastic", 1, TypeError),
    ],
)
def test_elastic_member_that_is_not_allowed(
    qarnot_connection: Connection, member: str, value: Any, error: type[Exception]
) -> None:
    """It is refused at once, by the name it was set by, and nothing changes."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.elastic_property = ELASTIC
    with pytest.raises(error, match=rf"^{member}\b"):
        setattr(pool, member, value)
    assert pool.elastic_property == ELASTIC


def test_elastic_members_of_a_summary(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What is not known of them is asked for once, with all else that is not."""
    POOL.submitted(
        qarnot_connection,
        tags=["a"],
        elastic_property=ElasticProperty(True, max_total_slots=8),
    )
    [part] = qarnot_connection.pools()
    sent = len(qarnot_emulator.requests)
    assert (part.elastic_maximum_slots, part.tags, part.is_elastic) == (8, ["a"], True)
    assert operations(qarnot_emulator)[sent:] == ["retrievePool"]


def test_elastic_members_of_the_class() -> None:
    """Asked of the class, as documentation tools do, a member is its own description."""
    assert type(Pool.is_elastic).__name__ == "_Elastic"


# --- what goes together -------------------------------------------------------------------------


def test_elastic_excludes_scaling(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A pool's size follows its work in one of the two ways."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.scaling = SCALING
    pool.elastic_property = ELASTIC
    message = refused(pool, qarnot_emulator)
    assert ("elastic_property" in message, "scaling" in message) == (True, True)
    pool.is_elastic = False
    pool.submit()
    assert pool.is_elastic is False


def test_minimum_of_slots_above_the_maximum(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """No size is between them."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.setup_elastic(minimum_total_slots=3, maximum_total_slots=2)
    message = refused(pool, qarnot_emulator)
    assert ("elastic_minimum_slots" in message, "elastic_maximum_slots" in message) == (True, True)
    pool.elastic_maximum_slots = 3
    pool.submit()
    assert pool.elastic_minimum_slots == 3


def test_scaling_read_from_a_pool_is_set_for_another(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Which policy is active is the server's to say, and is not sent again."""
    pool = POOL.prepared(qarnot_connection, "scaling")
    pool.submit()
    assert isinstance(pool.scaling, Scaling)
    assert pool.scaling.active_policy_name == "otherwise"
    other = qarnot_connection.create_pool("m", PROFILE)
    other.scaling = pool.scaling
    assert other.scaling == SCALING
    other.submit()
    assert qarnot_emulator.requests[-1].body["scaling"] == POOL.settings["scaling"].sent


def test_elastic_pool_is_made_in_one_call(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """By the official name: what `create_pool` and `setup_elastic` make, and nothing is sent."""
    made = qarnot_connection.create_elastic_pool("n", PROFILE, 1, 4, 2, 30, 0.5, 60, "short")
    other = qarnot_connection.create_pool("n", PROFILE, shortname="short")
    other.setup_elastic(1, 4, 2, 30, 0.5, 60)
    assert made.to_json() == other.to_json()
    assert qarnot_emulator.requests == []


def test_scaling_policy_of_a_newer_api(qarnot_connection: Connection) -> None:
    """One of a type that is not known is a `ScalingPolicy` all the same."""
    scaling = {"policies": [UNKNOWN_POLICY]}
    pool = Pool.from_json(qarnot_connection, {**POOL.payload, "scaling": scaling})
    assert pool.scaling is not None
    assert pool.scaling.policies[0] == ScalingPolicy.from_json(UNKNOWN_POLICY)


# --- after submission ---------------------------------------------------------------------------


def test_elastic_member_is_committed_with_the_others(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The members of `elastic_property` are one member to the API."""
    pool = POOL.known(qarnot_connection)
    pool.is_elastic = True
    pool.elastic_maximum_slots = 4
    body = {
        "isElastic": True,
        "minTotalSlots": 0,
        "maxTotalSlots": 4,
        "minIdleSlots": 0,
        "resizePeriod": 90,
        "rampResizeFactor": 0.4,
        "minIdleTimeSeconds": 90,
    }
    assert sent_by(qarnot_emulator, pool.commit) == [("updatePool", {"elasticProperty": body})]
    assert pool.elastic_property == ElasticProperty(True, 0, 4, 0, 90, 0.4, 90)


@pytest.mark.parametrize("member", ["scaling", "elastic_property"])
def test_way_to_scale_is_taken_away(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """A pool that is told so has the size it was created with again."""
    pool = qarnot_connection.create_pool("n", PROFILE, 3)
    setattr(pool, member, POOL.settings[member].value)
    pool.submit()
    setattr(pool, member, None)
    pool.commit()
    other = qarnot_connection.retrieve_pool(str(pool.uuid))
    assert (other.is_elastic, other.target_running_instance_count) == (False, 3)
    assert not other.scaling or not other.scaling.policies


def test_commit_checks_what_submission_does(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What excludes one another does so on the server as in a draft, and is not sent."""
    pool = POOL.known(qarnot_connection)

    def commit_refused() -> None:
        with pytest.raises(ValueError, match="elastic"):
            pool.commit()

    pool.setup_elastic(minimum_total_slots=3, maximum_total_slots=2)
    assert sent_by(qarnot_emulator, commit_refused) == []
    pool.setup_elastic(maximum_total_slots=2)
    pool.scaling = SCALING
    assert sent_by(qarnot_emulator, commit_refused) == []
    assert pool.scaling == SCALING


def test_commit_leaves_alone_what_the_server_made_of_its_size(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Ways to scale by which a server contradicts itself do not keep tags from being sent."""
    odd = {"elasticProperty": {"isElastic": True, "minTotalSlots": 3, "maxTotalSlots": 2}}
    made = POOL.known(qarnot_connection)
    qarnot_emulator.fail_next("retrievePool", times=None, extra=odd)
    pool = qarnot_connection.retrieve_pool(str(made.uuid))
    assert (pool.elastic_minimum_slots, pool.elastic_maximum_slots) == (3, 2)
    pool.tags = ["a"]
    sent = sent_by(qarnot_emulator, pool.commit)
    assert sent == [("updatePool", {"tags": ["a"]})]
