"""`Job`, `Task`, `Pool`: making one, and each member of the latter two to the server and back."""

from __future__ import annotations

from typing import Any

import pytest

from qarnot_domain import Connection
from qarnot_domain._fields import Committable, SubmitOnce
from qarnot_domain.emulator import Emulator
from tests.apart import apart

from ..driving import JOB_UUID, operations
from .kind import each, read
from .kinds import EXECUTIONS, KINDS, AnyExecution, AnyKind

# --- making -------------------------------------------------------------------------------------


@each(KINDS)
def test_making_one_sends_nothing(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A new one is a draft, each member of which has its documented default."""
    made = kind.draft(qarnot_connection)
    expected = {**kind.defaults, **kind.derived, **kind.given}
    assert read(made, expected) == expected
    assert (type(made), type(made.state)) == (kind.cls, type(kind.defaults["state"]))
    assert (made.uuid, made.auto_update, made.update_cache_time) == (None, True, 5)
    assert qarnot_emulator.requests == []


@each(KINDS, "named", "arguments", "error", of=lambda kind: kind.bad_arguments)
def test_bad_argument_is_refused_by_name(
    qarnot_connection: Connection,
    kind: AnyKind,
    arguments: dict[str, Any],
    error: type[Exception],
    named: str,
) -> None:
    """An argument that is not allowed is refused at once, by its member's name."""
    with pytest.raises(error, match=rf"^{named}\b"):
        kind.draft(qarnot_connection, **arguments)


@each(KINDS)
def test_submitting_twice_is_one_request(
    kind: AnyKind, qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The second call does nothing (the official SDK creates a second task)."""
    made = kind.draft(qarnot_connection, shortname="short")
    made.submit()
    uuid = made.uuid
    made.submit()
    assert operations(qarnot_emulator) == [kind.created]
    assert (made.uuid, made.state) == (uuid, kind.born)
    assert kind.retrieve(qarnot_connection, "short") == made


def test_kinds_are_never_equal(qarnot_connection: Connection) -> None:
    """Objects of different kinds differ whatever their uuids."""
    objects = [kind.cls.from_json(qarnot_connection, {"uuid": JOB_UUID}) for kind in KINDS]
    assert len(set(objects)) == 3


# --- members ------------------------------------------------------------------------------------


@each(KINDS)
def test_every_member_is_looked_at(kind: AnyKind) -> None:
    """The tables of these tests leave out no member, and no two members have one name."""
    members = kind.cls._members
    rows = "names", {m.name for m in members}, {"name", *kind.defaults, *kind.constructed}
    wires = "payload", {m.wire for m in members}, set(kind.payload) - {"uuid"}
    found = [(table, apart(here, known, "declared")) for table, here, known in (rows, wires)]
    odd = [f"{table}: {said}" for table, said in found if said]
    assert not odd, f"tables of tests/unit/{kind.cls.__name__.lower()}: {', '.join(odd)}"
    assert len({member.name for member in members}) == len(members)
    assert len({member.wire for member in members}) == len(members)


@each(EXECUTIONS)
def test_every_settable_member_is_looked_at(kind: AnyExecution) -> None:
    """The tables of what can be set, and until when, leave out no such member either."""
    settable = {m.name for m in kind.cls._members if isinstance(m, SubmitOnce)}
    assert settable == {*kind.settings, *kind.related, *kind.constructed}
    assert settable == {*kind.locked, *kind.committable, *kind.constructed}
    committable = {m.name for m in kind.cls._members if isinstance(m, Committable)}
    assert committable == set(kind.committable)


@each(EXECUTIONS, "member", of=lambda kind: kind.settings)
def test_member_is_sent_and_read_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, member: str
) -> None:
    """What is set shows in the draft, goes out under its name alone, and comes back equal."""
    setting = kind.settings[member]
    made = kind.prepared(qarnot_connection, member)
    assert getattr(made, member) == setting.in_draft
    body = {
        **kind.body,
        **{kind.settings[name].wire: value for name, value in setting.along.items()},
        setting.wire: setting.sent,
    }
    body = {wire: value for wire, value in body.items() if value is not None}
    assert made.to_json() == body
    assert qarnot_emulator.requests == []
    made.submit()
    assert [request.body for request in qarnot_emulator.requests] == [body]
    made.update(flushcache=True)
    assert getattr(made, member) == setting.on_server
    other = kind.retrieve(qarnot_connection, str(made.uuid))
    assert getattr(other, member) == setting.on_server


@each(EXECUTIONS, "member", of=lambda kind: kind.settings)
def test_member_set_to_its_default_again(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, member: str
) -> None:
    """A draft whose member was set and taken back is submitted like one that never had it."""
    made = kind.prepared(qarnot_connection, member)
    default = {**kind.defaults, **kind.given}
    for name in (member, *kind.settings[member].along):
        setattr(made, name, default[name])
    assert getattr(made, member) == default[member]
    made.submit()
    sent = qarnot_emulator.requests[-1].body
    said = {"autoDeleteOnCompletion": False, "completionTimeToLive": "00:00:00"}
    empty: dict[str, Any] = {"tags": [], "constants": [], "constraints": []}
    assert {**said, **empty, **sent} == {**said, **empty, **kind.body}


@each(EXECUTIONS, "member", of=lambda kind: kind.locked)
def test_member_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, member: str
) -> None:
    """Each member can be set until submission and never after, deletion included."""
    setattr(kind.draft(qarnot_connection), member, kind.locked[member])
    made = kind.known(qarnot_connection)
    for _ in range(2):
        sent = len(qarnot_emulator.requests)
        before = getattr(made, member)
        refusal = rf"^{member}\b.*{kind.name} is already submitted"
        with pytest.raises(AttributeError, match=refusal):
            setattr(made, member, kind.locked[member])
        assert getattr(made, member) == before
        assert len(qarnot_emulator.requests) == sent
        made.delete()


@each(EXECUTIONS, "member", of=lambda kind: kind.committable)
def test_deletion_locks_what_commit_sends(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: AnyExecution, member: str
) -> None:
    """What could be committed before can no longer be set once it is deleted."""
    made = kind.submitted(qarnot_connection)
    made.delete()
    sent = len(qarnot_emulator.requests)
    with pytest.raises(AttributeError, match=rf"^{member}\b"):
        setattr(made, member, kind.settings[member].value)
    assert len(qarnot_emulator.requests) == sent


def _only_said(kind: AnyExecution) -> list[str]:
    members = (m.name for m in kind.cls._members if not isinstance(m, SubmitOnce))
    return ["uuid", *kind.read_only, *members]


@each(EXECUTIONS, "member", of=_only_said)
def test_member_of_the_server_cannot_be_set(
    qarnot_connection: Connection, kind: AnyExecution, member: str
) -> None:
    """What only the server says is read only, before submission and after."""
    made = kind.draft(qarnot_connection)
    for _ in range(2):
        before = getattr(made, member)
        with pytest.raises(AttributeError, match=member):
            setattr(made, member, before)
        made.submit()


@each(EXECUTIONS, "member", "value", "error", of=lambda kind: kind.refused)
def test_value_that_is_not_allowed(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: AnyExecution,
    member: str,
    value: Any,
    error: type[Exception],
) -> None:
    """What the API would refuse is refused at once, by name, and changes nothing."""
    made = kind.draft(qarnot_connection)
    before = getattr(made, member)
    with pytest.raises(error, match=rf"^{member}\b"):
        setattr(made, member, value)
    assert getattr(made, member) == before
    assert qarnot_emulator.requests == []


@each(EXECUTIONS, "member", "value", of=lambda kind: kind.limits)
def test_value_at_its_limit(
    qarnot_connection: Connection, kind: AnyExecution, member: str, value: Any
) -> None:
    """What the document just allows is accepted, here and by the emulator."""
    made = kind.submitted(qarnot_connection, **{member: value})
    assert getattr(made, member) == value


# --- copies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "change"),
    [
        ("tags", lambda value: value.append("more")),
        ("forced_network_rules", lambda value: value.clear()),
        ("hardware_constraints", lambda value: value.clear()),
        ("resources", lambda value: value.clear()),
        ("resource_buckets", lambda value: value.append("more")),
        ("labels", lambda value: value.update(more="")),
    ],
)
@pytest.mark.parametrize("is_submitted", [False, True])
@each(EXECUTIONS)
def test_container_handed_out_is_a_copy(
    qarnot_connection: Connection,
    kind: AnyExecution,
    member: str,
    change: Any,
    is_submitted: bool,
) -> None:
    """Changing a list or mapping that was handed out changes nothing of the object."""
    made = kind.prepared(qarnot_connection, member)
    if is_submitted:
        made.submit()
    change(getattr(made, member))
    assert getattr(made, member) == kind.settings[member].in_draft


@pytest.mark.parametrize("member", ["constraints", "forced_constants"])
@each(EXECUTIONS)
def test_mapping_handed_out_cannot_be_changed(
    qarnot_connection: Connection, kind: AnyExecution, member: str
) -> None:
    """A mapping that is no copy refuses a change rather than losing it."""
    value = getattr(kind.prepared(qarnot_connection, member), member)
    with pytest.raises(TypeError):
        value["more"] = ""


@pytest.mark.parametrize("member", ["constants", "constraints", "labels", "forced_constants"])
@each(EXECUTIONS)
def test_mapping_that_was_set_is_copied(
    qarnot_connection: Connection, kind: AnyExecution, member: str
) -> None:
    """Changing the mapping that was set changes nothing behind the setter's back."""
    made = kind.draft(qarnot_connection)
    given = dict(kind.settings[member].value)
    setattr(made, member, given)
    given.clear()
    assert getattr(made, member) == kind.settings[member].in_draft


@pytest.mark.parametrize("member", ["tags", "resources", "resource_buckets"])
@each(EXECUTIONS)
def test_list_is_any_iterable(
    qarnot_connection: Connection, kind: AnyExecution, member: str
) -> None:
    """A list is set from anything that can be looped over, once."""
    made = kind.draft(qarnot_connection)
    setattr(made, member, iter(kind.settings[member].value))
    assert getattr(made, member) == kind.settings[member].in_draft
