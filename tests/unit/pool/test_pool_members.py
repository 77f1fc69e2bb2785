"""`Pool`: making it, and each of its members from the draft to the server and back."""

from __future__ import annotations

from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    ElasticProperty,
    FixedScalingPolicy,
    GpuHardware,
    Pool,
    PoolState,
    Scaling,
    TimePeriodAlways,
)
from qarnot_domain._fields import Committable, SubmitOnce
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE, operations
from ..task.members import BUCKET, REFUSED
from .members import COMMITTABLE, ELASTIC, POOL, POOL_DEFAULTS, SCALING

LOCKED: dict[str, Any] = {
    name: setting.value for name, setting in POOL.items() if name not in COMMITTABLE
}
"""The members that are locked by submission, each with a value that is allowed before."""

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

REFUSED_BY_POOLS: tuple[tuple[str, Any, type[Exception]], ...] = (
    *REFUSED,
    ("constants", {f"K{n}": "" for n in range(51)}, ValueError),
    ("profile", None, TypeError),
    ("instancecount", -1, ValueError),
    ("instancecount", 2**31, ValueError),
    ("instancecount", True, TypeError),
    ("instancecount", 1.0, TypeError),
    ("instancecount", "2", TypeError),
    ("instancecount", None, TypeError),
    ("elastic_property", {"isElastic": True}, TypeError),
    ("elastic_property", True, TypeError),
    ("scaling", [FixedScalingPolicy(1, "a", [TimePeriodAlways()])], TypeError),
    ("scaling", {"policies": []}, TypeError),
    ("preparation_command_line", "", ValueError),
    ("preparation_command_line", 3, TypeError),
    ("preparation_command_line", "\ud800", ValueError),
    ("tasks_default_wait_for_pool_resources_synchronization", "yes", TypeError),
    ("default_retry_settings", 3, TypeError),
    ("multi_slots_settings", 2, TypeError),
)


def prepared(connection: Connection, member: str) -> Pool:
    """A draft with this member set, and what it needs."""
    pool = connection.create_pool("n", PROFILE)
    for name, value in {**POOL[member].along, member: POOL[member].value}.items():
        setattr(pool, name, value)
    return pool


# --- making -------------------------------------------------------------------------------------


def test_making_a_pool_sends_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A new pool is a draft, each member of which has its documented default."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    defaults = {**POOL_DEFAULTS, "name": "n", "profile": PROFILE}
    assert {member.name: getattr(pool, member.name) for member in Pool._members} == defaults
    assert (type(pool), type(pool.state), pool.uuid) == (Pool, PoolState, None)
    assert (pool.jobs, pool.tasks) == ([], [])
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"name": ""}, ValueError, "name"),
        ({"profile": ""}, ValueError, "profile"),
        ({"profile": None}, TypeError, "profile"),
        ({"instancecount": -1}, ValueError, "instancecount"),
        ({"instancecount": 2**31}, ValueError, "instancecount"),
        ({"instancecount": True}, TypeError, "instancecount"),
        ({"instancecount": "2"}, TypeError, "instancecount"),
        ({"shortname": "-"}, ValueError, "shortname"),
    ],
)
def test_bad_argument_is_refused_by_name(
    qarnot_connection: Connection, arguments: dict[str, Any], error: type[Exception], named: str
) -> None:
    """An argument that is not allowed is refused at once, by its member's name."""
    with pytest.raises(error, match=rf"^{named}\b"):
        qarnot_connection.create_pool(**{"name": "n", "profile": PROFILE, **arguments})


def test_submitting_twice_is_one_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The second call does nothing, and the pool is found by its shortname."""
    pool = qarnot_connection.create_pool("n", PROFILE, 3, "short")
    pool.submit()
    pool.submit()
    assert operations(qarnot_emulator) == ["createPool"]
    assert (pool.state, pool.instancecount) == ("Submitted", 3)
    assert qarnot_connection.retrieve_pool("short") == pool


# --- members ------------------------------------------------------------------------------------


def test_every_member_is_looked_at() -> None:
    """The tables of these tests leave out no member of a pool."""
    settable = {member.name for member in Pool._members if isinstance(member, SubmitOnce)}
    assert settable == set(POOL)
    assert {m.name for m in Pool._members if isinstance(m, Committable)} == set(COMMITTABLE)
    assert {member.name for member in Pool._members} == {"name", *POOL_DEFAULTS}


@pytest.mark.parametrize("member", POOL)
def test_member_is_sent_and_read_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """What is set shows in the draft, goes out under its name alone, and comes back equal."""
    setting = POOL[member]
    pool = prepared(qarnot_connection, member)
    assert getattr(pool, member) == setting.in_draft
    assert qarnot_emulator.requests == []
    pool.submit()
    body = {
        "name": "n",
        "profile": PROFILE,
        "instanceCount": 1,
        **{POOL[name].wire: value for name, value in setting.along.items()},
        setting.wire: setting.sent,
    }
    assert [request.body for request in qarnot_emulator.requests] == [body]
    pool.update(flushcache=True)
    assert getattr(pool, member) == setting.on_server
    assert getattr(qarnot_connection.retrieve_pool(str(pool.uuid)), member) == setting.on_server


@pytest.mark.parametrize("member", POOL)
def test_member_set_to_its_default_again(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """A draft whose member was set and taken back is submitted like one that never had it."""
    pool = prepared(qarnot_connection, member)
    default = {**POOL_DEFAULTS, "name": "n", "profile": PROFILE}
    for name in (member, *POOL[member].along):
        setattr(pool, name, default[name])
    assert getattr(pool, member) == default[member]
    pool.submit()
    untouched = {"name": "n", "profile": PROFILE, "instanceCount": 1}
    said = {"autoDeleteOnCompletion": False, "completionTimeToLive": "00:00:00"}
    empty: dict[str, Any] = {"tags": [], "constants": [], "constraints": []}
    sent = qarnot_emulator.requests[-1].body
    assert {**said, **empty, **sent} == {**said, **empty, **untouched}


@pytest.mark.parametrize("member", LOCKED)
def test_member_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """Each member can be set until submission and never after, deletion included."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.submit()
    pool.update()
    for _ in range(2):
        sent = len(qarnot_emulator.requests)
        before = getattr(pool, member)
        with pytest.raises(AttributeError, match=rf"^{member}\b.*pool is already submitted"):
            setattr(pool, member, LOCKED[member])
        assert getattr(pool, member) == before
        assert len(qarnot_emulator.requests) == sent
        pool.delete()


@pytest.mark.parametrize("member", COMMITTABLE)
def test_deletion_locks_what_commit_sends(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """What could be committed before can no longer be set once the pool is deleted."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.submit()
    pool.delete()
    sent = len(qarnot_emulator.requests)
    with pytest.raises(AttributeError, match=rf"^{member}\b"):
        setattr(pool, member, POOL[member].value)
    assert len(qarnot_emulator.requests) == sent


@pytest.mark.parametrize(
    "member",
    ["uuid", "jobs", "tasks", *(m.name for m in Pool._members if not isinstance(m, SubmitOnce))],
)
def test_member_of_the_server_cannot_be_set(qarnot_connection: Connection, member: str) -> None:
    """What only the server says is read only, before submission and after."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    for _ in range(2):
        before = getattr(pool, member)
        with pytest.raises(AttributeError, match=member):
            setattr(pool, member, before)
        pool.submit()


@pytest.mark.parametrize(
    ("member", "value", "error"),
    [pytest.param(*row, id=f"{row[0]}-{number}") for number, row in enumerate(REFUSED_BY_POOLS)],
)
def test_value_that_is_not_allowed(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    member: str,
    value: Any,
    error: type[Exception],
) -> None:
    """What the API would refuse is refused at once, by name, and changes nothing."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    before = getattr(pool, member)
    with pytest.raises(error, match=rf"^{member}\b"):
        setattr(pool, member, value)
    assert getattr(pool, member) == before
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", "x" * 2047),
        ("tags", ["x" * 511, *(str(n) for n in range(9))]),
        ("constants", {f"K{n}": "x" * 2048 for n in range(50)}),
        ("resource_buckets", [str(n) for n in range(100)]),
        ("instancecount", 2**31 - 1),
        ("max_time_queue_seconds", 0),
    ],
)
def test_value_at_its_limit(qarnot_connection: Connection, member: str, value: Any) -> None:
    """What the document just allows is accepted, here and by the emulator."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    setattr(pool, member, value)
    pool.submit()
    assert getattr(pool, member) == value


# --- its size -----------------------------------------------------------------------------------


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


def test_elastic_members_of_the_class() -> None:
    """Asked of the class, as documentation tools do, a member is its own description."""
    assert type(Pool.is_elastic).__name__ == "_Elastic"


# --- what goes together -------------------------------------------------------------------------


def refused(pool: Pool, emulator: Emulator) -> str:
    """What submitting the pool is refused with; nothing may be sent, and it stays a draft."""
    sent = len(emulator.requests)
    with pytest.raises(ValueError, match=r"\w") as caught:
        pool.submit()
    assert emulator.requests[sent:] == []
    assert (pool.uuid, pool.state) == (None, "UnSubmitted")
    return str(caught.value)


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


@pytest.mark.parametrize("target", ["targeted_reserved_machine_key", "targeted_reservation_name"])
def test_target_needs_reserved_scheduling(
    qarnot_connection: Connection, qarnot_emulator: Emulator, target: str
) -> None:
    """Only reserved machines can be named."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    setattr(pool, target, "rack-1")
    message = refused(pool, qarnot_emulator)
    assert (target in message, "scheduling_type" in message) == (True, True)
    pool.scheduling_type = "reserved"
    pool.submit()
    assert getattr(pool, target) == "rack-1"


def test_resources_exclude_resource_buckets(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Its input is said in one of the two ways."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.resources = [BUCKET]
    pool.resource_buckets = ["b"]
    message = refused(pool, qarnot_emulator)
    assert ("resources" in message, "resource_buckets" in message) == (True, True)
    pool.resources = []
    pool.submit()
    assert pool.resource_buckets == ["b"]


def test_pool_may_constrain_its_hardware(qarnot_connection: Connection) -> None:
    """What its tasks may not is the pool's to say."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.hardware_constraints = [GpuHardware()]
    pool.submit()
    pool.update()
    assert pool.hardware_constraints == [GpuHardware()]


def test_scaling_read_from_a_pool_is_set_for_another(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Which policy is active is the server's to say, and is not sent again."""
    pool = prepared(qarnot_connection, "scaling")
    pool.submit()
    assert isinstance(pool.scaling, Scaling)
    assert pool.scaling.active_policy_name == "otherwise"
    other = qarnot_connection.create_pool("m", PROFILE)
    other.scaling = pool.scaling
    assert other.scaling == SCALING
    other.submit()
    assert qarnot_emulator.requests[-1].body["scaling"] == POOL["scaling"].sent


def test_elastic_pool_is_made_in_one_call(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """By the official name: what `create_pool` and `setup_elastic` make, and nothing is sent."""
    made = qarnot_connection.create_elastic_pool("n", PROFILE, 1, 4, 2, 30, 0.5, 60, "short")
    other = qarnot_connection.create_pool("n", PROFILE, shortname="short")
    other.setup_elastic(1, 4, 2, 30, 0.5, 60)
    assert made.to_json() == other.to_json()
    assert qarnot_emulator.requests == []


def test_constants_have_a_length(qarnot_connection: Connection) -> None:
    """As any mapping."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.constants = {"A": "1", "B": "2"}
    assert len(pool.constants) == 2
