"""`Job`, `Task`, `Pool`: from the API's JSON and back, whole or in part, and shown."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    HardwareConstraint,
    SchedulingType,
)
from qarnot_domain.emulator import Emulator

from ..driving import operations, sent_by
from .kind import each, read
from .kinds import EXECUTIONS, KINDS, AnyExecution, AnyKind
from .members import LATER


def spoil(wire: Any) -> None:
    """Empty every list and object within, the innermost first."""
    for within in wire.values() if isinstance(wire, dict) else wire:
        if isinstance(within, dict | list):
            spoil(within)
    wire.clear()


# --- whole --------------------------------------------------------------------------------------


@each(KINDS)
def test_from_json_reads_every_member(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """One from the API's JSON has every member of it, and gives the JSON back."""
    made = kind.cls.from_json(qarnot_connection, kind.payload)
    assert type(made) is kind.cls
    assert read(made, kind.said) == kind.said
    assert made.to_json() == kind.payload
    assert json.loads(json.dumps(made.to_json())) == kind.payload
    assert kind.cls.from_json(qarnot_connection, made.to_json()) == made
    assert qarnot_emulator.requests == []


@each(KINDS)
def test_from_json_ignores_and_keeps_members_it_does_not_know(
    kind: AnyKind, qarnot_connection: Connection
) -> None:
    """Members of a newer API change nothing, and are in the wire form."""
    payload = {**kind.payload, **LATER, "name2": None}
    made = kind.cls.from_json(qarnot_connection, payload)
    assert read(made, kind.said) == kind.said
    assert made.to_json() == payload


@each(EXECUTIONS, "member", "value", of=lambda kind: kind.newer)
def test_from_json_keeps_what_it_does_not_know(
    qarnot_connection: Connection, kind: AnyExecution, member: str, value: Any
) -> None:
    """What a newer API says within a member is in the wire form too."""
    payload = {**kind.payload, member: value}
    made = kind.cls.from_json(qarnot_connection, payload)
    assert made.to_json() == payload


@each(EXECUTIONS)
def test_hardware_constraint_of_a_newer_api(
    qarnot_connection: Connection, kind: AnyExecution
) -> None:
    """One of a kind that is not known is a `HardwareConstraint` all the same."""
    wire: dict[str, Any] = {"discriminator": "LiquidCooled", "litres": 3}
    payload = {**kind.payload, "hardwareConstraints": [wire]}
    made = kind.cls.from_json(qarnot_connection, payload)
    assert made.hardware_constraints == [HardwareConstraint.from_json(wire)]


@each(KINDS)
def test_from_json_keeps_its_own_copy(kind: AnyKind, qarnot_connection: Connection) -> None:
    """Changing the payload, or what `to_json` gave, changes no snapshot."""
    payload = deepcopy({**kind.payload, **LATER})
    if "status" in payload:
        payload["status"] |= LATER
    expected = deepcopy(payload)
    made = kind.cls.from_json(qarnot_connection, payload)
    for exposed in (payload, made.to_json(), made.to_json()):
        spoil(exposed)
    assert made.to_json() == expected
    assert read(made, kind.said)["tags"] == kind.said["tags"]


@each(KINDS)
def test_from_json_tolerates_null_everywhere(kind: AnyKind, qarnot_connection: Connection) -> None:
    """Only the uuid is needed; the vendor's own examples have nulls in all other places."""
    uuid = kind.payload["uuid"]
    expected = {**kind.defaults, **kind.derived, **kind.unsaid, "uuid": uuid}
    for payload in ({}, dict.fromkeys(kind.payload)):
        made = kind.cls.from_json(qarnot_connection, {**payload, "uuid": uuid})
        assert read(made, expected) == expected
        assert not made.state.is_final


@each(EXECUTIONS, "wire", "said", "member", "value", of=lambda kind: kind.none_said)
def test_from_json_reads_the_apis_ways_to_say_none(
    qarnot_connection: Connection,
    kind: AnyExecution,
    wire: str,
    said: Any,
    member: str,
    value: Any,
) -> None:
    """A uuid of zeros, a date in the year 1 and null within a member stand for none."""
    made = kind.cls.from_json(qarnot_connection, {**kind.payload, wire: said})
    assert getattr(made, member) == value


@each(EXECUTIONS)
def test_words_are_read_in_any_case_and_kept_if_unknown(
    qarnot_connection: Connection, kind: AnyExecution
) -> None:
    """What the server calls by a word is that word, and what is new is kept as it came."""
    for said, word in (("ONDEMAND", SchedulingType.ON_DEMAND), ("Spot", "Spot")):
        made = kind.cls.from_json(qarnot_connection, {**kind.payload, "schedulingType": said})
        assert (made.scheduling_type, type(made.scheduling_type)) == (word, SchedulingType)
        assert made.to_json()["schedulingType"] == word


@each(KINDS, "member", "value", of=lambda kind: kind.unreadable)
def test_from_json_names_what_cannot_be_read(
    qarnot_connection: Connection, kind: AnyKind, member: str, value: Any
) -> None:
    """A payload that cannot be one is a `ValueError` that begins with the member's name."""
    with pytest.raises(ValueError, match=f"^{member}: "):
        kind.cls.from_json(qarnot_connection, {**kind.payload, member: value})


@pytest.mark.parametrize("payload", [None, [], "x", 3, [("uuid", "x")]])
@each(KINDS)
def test_from_json_of_something_else(
    qarnot_connection: Connection, kind: AnyKind, payload: Any
) -> None:
    """What is no JSON object is a `ValueError`, not some other failure."""
    with pytest.raises(ValueError, match="object"):
        kind.cls.from_json(qarnot_connection, payload)


@each(KINDS)
def test_to_json_of_a_draft_is_its_creation(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A draft is what its submission sends: what was given, and nothing else."""
    made = kind.draft(qarnot_connection, shortname="s")
    made.tags = []
    wire = made.to_json()
    assert wire == {**kind.body, "shortname": "s", "tags": []}
    assert qarnot_emulator.requests == []
    made.submit()
    assert qarnot_emulator.requests[-1].body == wire


# --- in part ------------------------------------------------------------------------------------


@each(KINDS)
def test_member_of_the_summary_needs_no_request(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What the payload holds is known, whatever it lacks."""
    summary = {wire: value for wire, value in kind.payload.items() if wire != "tags"}
    part = kind.cls.from_json(qarnot_connection, summary, is_summary=True)
    expected = {member: value for member, value in kind.said.items() if member != "tags"}
    assert read(part, expected) == expected
    assert part.to_json() == summary
    assert qarnot_emulator.requests == []


@each(KINDS)
def test_member_that_is_null_in_the_summary_is_known(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Null is what the server said of it."""
    payload = {**dict.fromkeys(kind.payload), "uuid": kind.payload["uuid"]}
    part = kind.cls.from_json(qarnot_connection, payload, is_summary=True)
    expected = {**kind.defaults, **kind.derived, **kind.unsaid}
    assert read(part, expected) == expected
    assert qarnot_emulator.requests == []


@each(KINDS)
def test_member_that_the_summary_lacks_is_asked_for_once(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The first such member fetches the whole, which then answers for all of them."""
    made = kind.submitted(qarnot_connection, name="in full", tags=["a"])
    part = kind.part(qarnot_connection, made.uuid, name="in short", state="Hibernating")
    assert sent_by(qarnot_emulator, lambda: (part.name, part.state)) == []
    assert (part.name, part.state) == ("in short", "Hibernating")
    retrieved = [(kind.operation("retrieve"), None)]
    assert sent_by(qarnot_emulator, lambda: part.tags) == retrieved
    assert sent_by(qarnot_emulator, lambda: read(part, kind.defaults)) == []
    assert (part.name, part.tags, part.state) == ("in full", ["a"], kind.born)
    assert part.to_json() == kind.retrieve(qarnot_connection, str(made.uuid)).to_json()


@each(KINDS)
def test_stale_summary_is_fetched_whole(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What is known of it ages as with any other."""
    made = kind.submitted(qarnot_connection, name="in full", tags=["a"])
    part = kind.part(qarnot_connection, made.uuid, name="in short")
    qarnot_emulator.advance(timedelta(seconds=10))
    sent = len(qarnot_emulator.requests)
    assert (part.name, part.tags) == ("in full", ["a"])
    assert operations(qarnot_emulator)[sent:] == [kind.operation("retrieve")]


@each(KINDS)
def test_member_that_the_summary_lacks_without_updates(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """With updates off it has its default until `update`, and nothing is sent."""
    made = kind.submitted(qarnot_connection, name="in full", tags=["a"])
    part = kind.part(qarnot_connection, made.uuid, name="in short")
    part.auto_update = False
    expected = {**kind.defaults, **kind.derived, "name": "in short"}
    assert sent_by(qarnot_emulator, lambda: read(part, expected)) == []
    assert read(part, expected) == expected
    part.update(flushcache=True)
    assert (part.tags, part.name, part.state) == (["a"], "in full", kind.born)


@each(KINDS)
def test_member_of_one_that_is_gone(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What is not known and cannot be asked for is an exception, not a default."""
    made = kind.submitted(qarnot_connection)
    made.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    part = kind.part(qarnot_connection, made.uuid, name="in short")
    with pytest.raises(kind.missing):
        assert part.tags
    assert part.name == "in short"


@each(EXECUTIONS)
def test_member_of_a_summary_is_committed(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """One of which only part is known can be changed, without asking for the rest."""
    made = kind.submitted(qarnot_connection)
    part = kind.part(qarnot_connection, made.uuid, name="n")
    part.tags = ["b"]
    assert part.tags == ["b"]
    part.commit()
    assert operations(qarnot_emulator) == [kind.created, kind.operation("update")]
    assert part.tags == ["b"]


@each(EXECUTIONS)
def test_summaries_of_a_list(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """What a list gives is a summary whose other members are asked for when they are read."""
    made = kind.submitted(qarnot_connection, instancecount=3, tags=["a"])
    [part] = kind.listed(qarnot_connection)
    assert part == made
    sent = len(qarnot_emulator.requests)
    assert (part.name, part.state, part.instancecount) == ("n", kind.born, 3)
    assert "tags" not in repr(part)
    assert operations(qarnot_emulator)[sent:] == []
    assert part.tags == ["a"]
    assert operations(qarnot_emulator)[sent:] == [kind.operation("retrieve")]


# --- showing ------------------------------------------------------------------------------------


@each(KINDS)
def test_repr_sends_nothing(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Showing one sends no request, as a draft, stale, deleted or gone, nor shows the token."""
    made = kind.draft(qarnot_connection)

    def show() -> None:
        sent = len(qarnot_emulator.requests)
        for shown in (repr(made), str(made), made._repr_html_(), f"{made}"):
            assert str(made.uuid) in shown
            assert qarnot_emulator.token not in shown
        assert len(qarnot_emulator.requests) == sent

    show()
    made.submit()
    show()
    made.update()
    qarnot_emulator.advance(timedelta(minutes=1))
    show()
    made.delete()
    show()
    qarnot_emulator.advance(timedelta(minutes=1))
    show()


@each(KINDS)
def test_repr_shows_what_the_server_said(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """However stale that is."""
    made = kind.cls.from_json(qarnot_connection, kind.payload)
    qarnot_emulator.advance(timedelta(days=1))
    for shown in (repr(made), str(made), made._repr_html_()):
        assert kind.payload["uuid"] in shown
        assert kind.payload["state"] in shown
        assert qarnot_emulator.token not in shown
    assert qarnot_emulator.requests == []


@each(KINDS)
def test_repr_of_a_summary_shows_what_is_known(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A member that is not known is not shown, rather than shown as its default."""
    part = kind.part(qarnot_connection, kind.payload["uuid"], name="in short", state="Submitted")
    state = type(kind.defaults["state"])
    assert repr(part) == (
        f"{kind.cls.__name__}(name='in short', uuid='{part.uuid}', state={state('Submitted')!r})"
    )
    assert "tags" not in part._repr_html_()
    assert qarnot_emulator.requests == []


@each(EXECUTIONS)
def test_repr_shows_what_was_set(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution
) -> None:
    """Of a draft, and of what is not committed yet."""
    made = kind.draft(qarnot_connection)
    made.tags = ["a"]
    assert "tags=['a']" in repr(made)
    made.submit()
    made.tags = ["b"]
    assert "tags=['b']" in repr(made)
    assert operations(qarnot_emulator) == [kind.created]
