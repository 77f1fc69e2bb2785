"""`Pool`: the members that can be set after submission, and sending them."""

from __future__ import annotations

from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    ElasticProperty,
    FixedScalingPolicy,
    InvalidRequestException,
    Pool,
    QarnotGenericException,
    Scaling,
    TimePeriodAlways,
)
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE, connect, operations
from .members import COMMITTABLE, NOT_ELASTIC, POOL, SCALING

SECRET = "QARNOT_SECRET__PASSWORD"

EMPTY: dict[str, Any] = {
    "constants": {},
    "tags": [],
    "elastic_property": NOT_ELASTIC,
    "scaling": None,
}
"""What the emulator says of a pool that was told nothing."""


def running(connection: Connection) -> Pool:
    """A submitted pool of which everything is known."""
    pool = connection.create_pool("n", PROFILE)
    pool.submit()
    pool.update()
    return pool


def sent_by(emulator: Emulator, action: Any) -> list[tuple[str | None, Any]]:
    """The operations and bodies that an action sends."""
    before = len(emulator.requests)
    action()
    return [(request.operation, request.body) for request in emulator.requests[before:]]


@pytest.mark.parametrize("member", COMMITTABLE)
def test_member_set_after_submission_reads_back_at_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """Setting it sends nothing, and no update takes it back."""
    setting = POOL[member]
    pool = running(qarnot_connection)
    assert sent_by(qarnot_emulator, lambda: setattr(pool, member, setting.value)) == []
    assert sent_by(qarnot_emulator, lambda: getattr(pool, member)) == []
    assert getattr(pool, member) == setting.in_draft
    pool.update(flushcache=True)
    assert getattr(pool, member) == setting.in_draft
    assert getattr(qarnot_connection.retrieve_pool(str(pool.uuid)), member) == EMPTY[member]


@pytest.mark.parametrize("auto_update", [True, False])
@pytest.mark.parametrize("members", [*((name,) for name in COMMITTABLE), ("tags", "scaling")])
def test_commit_sends_what_was_set(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    members: tuple[str, ...],
    auto_update: bool,
) -> None:
    """One request carries exactly the members that were set, and a second commit none."""
    pool = running(qarnot_connection)
    pool.auto_update = auto_update
    for member in members:
        setattr(pool, member, POOL[member].value)
    body = {POOL[member].wire: POOL[member].sent for member in members}
    assert sent_by(qarnot_emulator, pool.commit) == [("updatePool", body)]
    assert sent_by(qarnot_emulator, pool.commit) == []
    assert {name: getattr(pool, name) for name in members} == {
        name: POOL[name].on_server if auto_update else POOL[name].in_draft for name in members
    }
    other = qarnot_connection.retrieve_pool(str(pool.uuid))
    assert {name: getattr(other, name) for name in COMMITTABLE} == {
        name: POOL[name].on_server if name in members else EMPTY[name] for name in COMMITTABLE
    }


def test_commit_without_changes_sends_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What was set before submission is nothing to commit."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.tags = ["a"]
    pool.submit()
    assert sent_by(qarnot_emulator, pool.commit) == []


@pytest.mark.parametrize("action", ["commit", "update_resources", "close"])
@pytest.mark.parametrize("auto_update", [True, False])
def test_action_on_a_draft(
    qarnot_connection: Connection, qarnot_emulator: Emulator, action: str, auto_update: bool
) -> None:
    """What is not submitted cannot be changed, and nothing is sent."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.auto_update = auto_update
    pool.tags = ["a"]
    with pytest.raises(QarnotGenericException, match=rf"^{action}: .*not submitted"):
        getattr(pool, action)()
    assert (qarnot_emulator.requests, pool.tags) == ([], ["a"])


def test_elastic_member_is_committed_with_the_others(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The members of `elastic_property` are one member to the API."""
    pool = running(qarnot_connection)
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
    setattr(pool, member, POOL[member].value)
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
    pool = running(qarnot_connection)

    def refused() -> None:
        with pytest.raises(ValueError, match="elastic"):
            pool.commit()

    pool.setup_elastic(minimum_total_slots=3, maximum_total_slots=2)
    assert sent_by(qarnot_emulator, refused) == []
    pool.setup_elastic(maximum_total_slots=2)
    pool.scaling = SCALING
    assert sent_by(qarnot_emulator, refused) == []
    assert pool.scaling == SCALING


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("tags", [str(n) for n in range(11)]),
        ("constants", {f"K{n}": "" for n in range(51)}),
        ("scaling", []),
        ("elastic_property", True),
    ],
)
def test_value_that_is_not_allowed_after_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str, value: Any
) -> None:
    """The checks are those of a draft, and what was set before stays to be committed."""
    pool = running(qarnot_connection)
    setattr(pool, member, POOL[member].value)
    with pytest.raises((TypeError, ValueError), match=rf"^{member}\b"):
        setattr(pool, member, value)
    assert getattr(pool, member) == POOL[member].in_draft
    assert sent_by(qarnot_emulator, pool.commit) == [
        ("updatePool", {POOL[member].wire: POOL[member].sent})
    ]


def test_commit_that_is_refused_keeps_what_was_set(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It can be sent again when the reason is gone."""
    pool = running(qarnot_connection)
    pool.scaling = Scaling([FixedScalingPolicy(1, "a", [TimePeriodAlways()])])
    pool.tags = ["a"]
    qarnot_emulator.fail_next("updatePool", status=400)
    with pytest.raises(InvalidRequestException):
        pool.commit()
    pool.update(flushcache=True)
    assert pool.tags == ["a"]
    pool.scaling = SCALING
    body = {"tags": ["a"], "scaling": POOL["scaling"].sent}
    assert sent_by(qarnot_emulator, pool.commit) == [("updatePool", body)]


def test_commit_whose_answer_is_lost_for_good(qarnot_emulator: Emulator) -> None:
    """What was set stays set, and everything else is asked for again."""
    with connect(qarnot_emulator, retry_count=0) as connection:
        pool = running(connection)
        pool.tags = ["a"]
        qarnot_emulator.fail_next("updatePool", drop="after")
        with pytest.raises(QarnotGenericException):
            pool.commit()
        assert sent_by(qarnot_emulator, lambda: pool.state) == [("retrievePool", None)]
        assert pool.tags == ["a"]
        assert sent_by(qarnot_emulator, pool.commit) == [("updatePool", {"tags": ["a"]})]


def test_secret_that_is_known_only_masked_is_not_committed(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Sending the mask would lose the secret, so the constant has to be set anew."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.constants = {SECRET: "hidden"}
    pool.submit()
    pool.constants["A"] = "2"
    with pytest.raises(ValueError, match=rf"^constants\b.*{SECRET}"):
        pool.commit()
    assert "updatePool" not in operations(qarnot_emulator)
    pool.constants[SECRET] = "hidden"
    pool.commit()
    assert pool.constants == {SECRET: "*****", "A": "2"}
