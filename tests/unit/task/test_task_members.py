"""`Task`: making it, and each of its members from the draft to the server and back."""

from __future__ import annotations

from typing import Any

import pytest

from qarnot_domain import Connection, Job, Pool, SchedulingType, Task, TaskState
from qarnot_domain._fields import Committable, ServerField, SubmitOnce
from qarnot_domain.emulator import Emulator

from ..driving import POOL_UUID, PROFILE, submitted
from .members import (
    COMMITTABLE,
    PROJECT_UUID,
    REFUSED,
    TASK,
    TASK_DEFAULTS,
    TASK_UUID,
)

LOCKED: dict[str, Any] = {
    **{name: setting.value for name, setting in TASK.items() if name not in COMMITTABLE},
    "pool": POOL_UUID,
    "dependencies": [TASK_UUID],
}
"""The members that are locked by submission, each with a value that is allowed before."""

REFUSED_BY_TASKS: tuple[tuple[str, Any, type[Exception]], ...] = (
    *REFUSED,
    ("tags", [str(n) for n in range(10)], ValueError),
    ("instancecount", 0, ValueError),
    ("instancecount", -1, ValueError),
    ("instancecount", 2049, ValueError),
    ("instancecount", True, TypeError),
    ("instancecount", 1.0, TypeError),
    ("instancecount", "1", TypeError),
    ("advanced_range", 3, TypeError),
    ("advanced_range", "", ValueError),
    ("advanced_range", "5-3", ValueError),
    ("advanced_range", "3-", ValueError),
    ("advanced_range", "-3", ValueError),
    ("advanced_range", "0,,1", ValueError),
    ("advanced_range", "0-2, 4", ValueError),
    ("advanced_range", "1\n", ValueError),
    ("advanced_range", "\u0661", ValueError),
    ("advanced_range", "0-2048", ValueError),
    ("advanced_range", "0-2147483647", ValueError),
    ("advanced_range", "2147483648", ValueError),
    ("advanced_range", "99999999999", ValueError),
    *(
        (f"{kind}_{way}list", value, error)
        for kind in ("results", "snapshot")
        for way in ("white", "black")
        for value, error in (("x" * 2048, ValueError), (3, TypeError))
    ),
    *(
        (name, value, error)
        for name in ("results_cache_ttl_sec", "snapshot_interval", "max_retries_per_instance")
        for value, error in ((-1, ValueError), (2**31, ValueError), ("1", TypeError))
    ),
    *(
        (name, 3, TypeError)
        for name in (
            "results",
            "results_bucket",
            "results_bucket_prefix",
            "snapshot_bucket",
            "snapshot_bucket_prefix",
        )
    ),
    ("results", "\ud800", ValueError),
    ("retry_settings", {"maxTotalRetries": 1}, TypeError),
    ("retry_settings", 3, TypeError),
    ("wait_for_pool_resources_synchronization", "yes", TypeError),
    ("upload_results_on_cancellation", 1, TypeError),
    ("priority", 2**31, ValueError),
    ("priority", -(2**31) - 1, ValueError),
    ("priority", True, TypeError),
    ("pool", "banana", ValueError),
    ("pool", 3, TypeError),
)


def prepared(connection: Connection, member: str) -> Task:
    """A draft with this member set, and what it needs."""
    task = connection.create_task("n", PROFILE)
    for name, value in {**TASK[member].along, member: TASK[member].value}.items():
        setattr(task, name, value)
    return task


# --- making -------------------------------------------------------------------------------------


def test_making_a_task_sends_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A new task is a draft, each member of which has its documented default."""
    task = qarnot_connection.create_task("n")
    defaults = {**TASK_DEFAULTS, "name": "n", "instancecount": 1}
    assert {
        member.name: getattr(task, member.name) for member in Task._members if member.name != "job"
    } == defaults
    assert (type(task), type(task.state)) == (Task, TaskState)
    assert (task.uuid, task.job_uuid) == (None, None)
    assert qarnot_emulator.requests == []


def test_making_a_task_with_every_argument(qarnot_connection: Connection) -> None:
    """Arguments are the members of their names, in the official SDK's order."""
    job = submitted(qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, 3, "short", job)
    assert (task.name, task.profile, task.instancecount) == ("n", PROFILE, 3)
    assert (task.shortname, task.job_uuid, task.advanced_range) == ("short", job.uuid, None)


def test_making_a_task_in_a_pool(qarnot_connection: Connection, pool: Pool) -> None:
    """A `Pool` in the profile's place is the pool it runs in."""
    task = qarnot_connection.create_task("n", pool)
    assert (task.profile, task.pool) == (None, pool)


def test_making_a_task_with_a_range(qarnot_connection: Connection) -> None:
    """A text in the count's place is a range of instances, and then there is no count."""
    task = qarnot_connection.create_task("n", PROFILE, "0-2,4-5,17")
    assert (task.instancecount, task.advanced_range) == (None, "0-2,4-5,17")


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"name": ""}, ValueError, "name"),
        ({"profile_or_pool": 3}, TypeError, "profile"),
        ({"profile_or_pool": ""}, ValueError, "profile"),
        ({"instancecount_or_range": 0}, ValueError, "instancecount"),
        ({"instancecount_or_range": True}, TypeError, "instancecount"),
        ({"instancecount_or_range": 1.5}, TypeError, "instancecount"),
        ({"instancecount_or_range": "3-"}, ValueError, "advanced_range"),
        ({"instancecount_or_range": ""}, ValueError, "advanced_range"),
        ({"shortname": "Not A Label"}, ValueError, "shortname"),
        ({"job": "banana"}, ValueError, "job"),
        ({"job": 3}, TypeError, "job"),
    ],
)
def test_bad_argument_is_refused_by_name(
    qarnot_connection: Connection, arguments: dict[str, Any], error: type[Exception], named: str
) -> None:
    """An argument that is not allowed is refused at once, by its member's name."""
    with pytest.raises(error, match=rf"^{named}\b"):
        qarnot_connection.create_task(**{"name": "n", "profile_or_pool": PROFILE, **arguments})


def test_draft_of_a_job_or_a_pool_is_refused(qarnot_connection: Connection) -> None:
    """A task cannot go where nothing is yet."""
    with pytest.raises(ValueError, match=r"job.*not submitted"):
        qarnot_connection.create_task("n", PROFILE, job=qarnot_connection.create_job("j"))
    with pytest.raises(ValueError, match=r"pool.*not submitted"):
        qarnot_connection.create_task("n", qarnot_connection.create_pool("p", PROFILE))


def test_something_else_than_a_job_is_refused(qarnot_connection: Connection, pool: Pool) -> None:
    """A pool is no job, and a job is no pool."""
    other: Any = pool
    with pytest.raises(TypeError, match=r"^job\b"):
        qarnot_connection.create_task("n", PROFILE, job=other)
    other = submitted(qarnot_connection)
    with pytest.raises(TypeError, match=r"^pool\b"):
        qarnot_connection.create_task("n", PROFILE).pool = other


# --- members ------------------------------------------------------------------------------------


def test_every_member_is_looked_at() -> None:
    """The tables of these tests leave out no member of a task."""
    settable = {member.name for member in Task._members if isinstance(member, SubmitOnce)}
    assert settable - {"pool", "job", "dependencies"} == set(TASK)
    assert set(LOCKED) | set(COMMITTABLE) | {"job"} == settable
    assert {m.name for m in Task._members if isinstance(m, Committable)} == set(COMMITTABLE)
    assert {member.name for member in Task._members} - {"job"} == set(TASK_DEFAULTS)


@pytest.mark.parametrize("member", TASK)
def test_member_is_sent_and_read_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """What is set shows in the draft, goes out under its name alone, and comes back equal."""
    setting = TASK[member]
    task = prepared(qarnot_connection, member)
    assert getattr(task, member) == setting.in_draft
    assert qarnot_emulator.requests == []
    task.submit()
    body = {
        "name": "n",
        "profile": PROFILE,
        "instanceCount": 1,
        **{TASK[name].wire: value for name, value in setting.along.items()},
        setting.wire: setting.sent,
    }
    assert [request.body for request in qarnot_emulator.requests] == [
        {wire: value for wire, value in body.items() if value is not None}
    ]
    task.update(flushcache=True)
    assert getattr(task, member) == setting.on_server
    assert getattr(qarnot_connection.retrieve_task(str(task.uuid)), member) == setting.on_server


@pytest.mark.parametrize("member", TASK)
def test_member_set_to_its_default_again(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """A draft whose member was set and taken back is submitted like one that never had it."""
    task = prepared(qarnot_connection, member)
    default = {**TASK_DEFAULTS, "name": "n", "profile": PROFILE, "instancecount": 1}
    for name in (member, *TASK[member].along):
        setattr(task, name, default[name])
    assert getattr(task, member) == default[member]
    task.submit()
    sent = qarnot_emulator.requests[-1].body
    untouched = {"name": "n", "profile": PROFILE, "instanceCount": 1}
    said = {"autoDeleteOnCompletion": False, "completionTimeToLive": "00:00:00"}
    empty: dict[str, Any] = {"tags": [], "constants": [], "constraints": []}
    assert {**said, **empty, **sent} == {**said, **empty, **untouched}


@pytest.mark.parametrize("member", LOCKED)
def test_member_is_locked_by_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """Each member can be set until submission and never after, deletion included."""
    setattr(qarnot_connection.create_task("n", PROFILE), member, LOCKED[member])
    task = qarnot_connection.create_task("n", PROFILE)
    task.submit()
    task.update()
    for _ in range(2):
        sent = len(qarnot_emulator.requests)
        before = getattr(task, member)
        with pytest.raises(AttributeError, match=rf"^{member}\b.*task is already submitted"):
            setattr(task, member, LOCKED[member])
        assert getattr(task, member) == before
        assert len(qarnot_emulator.requests) == sent
        task.delete()


@pytest.mark.parametrize("member", COMMITTABLE)
def test_deletion_locks_what_commit_sends(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str
) -> None:
    """What could be committed before can no longer be set once the task is deleted."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.submit()
    task.delete()
    sent = len(qarnot_emulator.requests)
    with pytest.raises(AttributeError, match=rf"^{member}\b"):
        setattr(task, member, TASK[member].value)
    assert len(qarnot_emulator.requests) == sent


@pytest.mark.parametrize(
    "member",
    [
        "uuid",
        "job_uuid",
        *(m.name for m in Task._members if not isinstance(m, SubmitOnce)),
    ],
)
def test_member_of_the_server_cannot_be_set(qarnot_connection: Connection, member: str) -> None:
    """What only the server says is read only, before submission and after."""
    task = qarnot_connection.create_task("n", PROFILE)
    for _ in range(2):
        before = getattr(task, member)
        with pytest.raises(AttributeError, match=member):
            setattr(task, member, before)
        task.submit()


@pytest.mark.parametrize(
    ("member", "value", "error"),
    [pytest.param(*row, id=f"{row[0]}-{number}") for number, row in enumerate(REFUSED_BY_TASKS)],
)
def test_value_that_is_not_allowed(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    member: str,
    value: Any,
    error: type[Exception],
) -> None:
    """What the API would refuse is refused at once, by name, and changes nothing."""
    task = qarnot_connection.create_task("n", PROFILE)
    before = getattr(task, member)
    with pytest.raises(error, match=rf"^{member}\b"):
        setattr(task, member, value)
    assert getattr(task, member) == before
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", "x" * 2047),
        ("profile", "x" * 2047),
        ("shortname", "a" * 63),
        ("tags", ["x" * 511, *(str(n) for n in range(8))]),
        ("constants", {f"K{n}": "x" * 2048 for n in range(150)}),
        ("constants", {"x" * 2048: ""}),
        ("results_whitelist", "x" * 2047),
        ("results_blacklist", "x" * 2047),
        ("snapshot_whitelist", "x" * 2047),
        ("snapshot_blacklist", "x" * 2047),
        ("resource_buckets", [str(n) for n in range(100)]),
        ("max_time_queue_seconds", 0),
        ("default_resources_cache_ttl_sec", 2**31 - 1),
        ("results_cache_ttl_sec", 2**31 - 1),
        ("instancecount", 1),
        ("scheduling_type", SchedulingType.FLEX),
        ("project_uuid", PROJECT_UUID),
    ],
)
def test_value_at_its_limit(qarnot_connection: Connection, member: str, value: Any) -> None:
    """What the document just allows is accepted, here and by the emulator."""
    task = qarnot_connection.create_task("n", PROFILE)
    setattr(task, member, value)
    task.submit()
    assert getattr(task, member) == value


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "0-0",
        "0-2047",
        "0-1023,1024-2047",
        "0-2047,5,7-9",
        "5-9,0-3,7-12",
        "007",
        "999999999",
        "2147483647",
        ",".join(str(n) for n in range(0, 4096, 2)),
    ],
)
def test_range_that_is_allowed(qarnot_connection: Connection, value: str) -> None:
    """Ranges are in any order and may overlap, and at most 2048 instances are in them."""
    task = qarnot_connection.create_task("n", PROFILE, value)
    task.submit()
    task.update()
    assert (task.advanced_range, task.instancecount) == (value, 0)


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
def test_container_handed_out_is_a_copy(
    qarnot_connection: Connection, member: str, change: Any, is_submitted: bool
) -> None:
    """Changing a list or mapping that was handed out changes nothing of the task."""
    task = prepared(qarnot_connection, member)
    if is_submitted:
        task.submit()
    change(getattr(task, member))
    assert getattr(task, member) == TASK[member].in_draft


@pytest.mark.parametrize("member", ["constraints", "forced_constants"])
def test_mapping_handed_out_cannot_be_changed(qarnot_connection: Connection, member: str) -> None:
    """A mapping that is no copy refuses a change rather than losing it."""
    value = getattr(prepared(qarnot_connection, member), member)
    with pytest.raises(TypeError):
        value["more"] = ""


@pytest.mark.parametrize("member", ["constants", "constraints", "labels", "forced_constants"])
def test_mapping_that_was_set_is_copied(qarnot_connection: Connection, member: str) -> None:
    """Changing the mapping that was set changes nothing behind the setter's back."""
    task = qarnot_connection.create_task("n", PROFILE)
    given = dict(TASK[member].value)
    setattr(task, member, given)
    given.clear()
    assert getattr(task, member) == TASK[member].in_draft


@pytest.mark.parametrize("member", ["tags", "resources", "resource_buckets"])
def test_list_is_any_iterable(qarnot_connection: Connection, member: str) -> None:
    """A list is set from anything that can be looped over, once."""
    task = qarnot_connection.create_task("n", PROFILE)
    setattr(task, member, iter(TASK[member].value))
    assert getattr(task, member) == TASK[member].in_draft


def test_server_fields_are_declared_once() -> None:
    """No two members have one name, or one name on the wire."""
    members: tuple[ServerField[Any], ...] = Task._members
    assert len({member.name for member in members}) == len(members)
    assert len({member.wire for member in members}) == len(members)


# --- where it is ----------------------------------------------------------------------------------


def test_submitting_in_a_job(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """The task is one request, with what the user gave, and then one of the job's."""
    job = submitted(qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, 2, job=job)
    task.submit()
    assert qarnot_emulator.requests[-1].body == {
        "name": "n",
        "profile": PROFILE,
        "instanceCount": 2,
        "jobUuid": job.uuid,
    }
    assert (task.state, task.job_uuid) == ("Submitted", job.uuid)
    assert job.tasks == [task]


@pytest.mark.parametrize("as_uuid", [True, False])
def test_job_is_given_as_a_job_or_a_uuid(qarnot_connection: Connection, as_uuid: bool) -> None:
    """Both mean the same."""
    job = submitted(qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, job=job.uuid if as_uuid else job)
    assert task.job_uuid == job.uuid
    task.submit()
    task.update()
    assert task.job_uuid == job.uuid


@pytest.mark.parametrize("as_uuid", [True, False])
def test_submitting_in_a_pool(
    qarnot_connection: Connection, qarnot_emulator: Emulator, pool: Pool, as_uuid: bool
) -> None:
    """A task of a pool sends the pool and no profile."""
    task = qarnot_connection.create_task("n")
    task.pool = str(pool.uuid).upper() if as_uuid else pool
    task.submit()
    assert qarnot_emulator.requests[-1].body == {
        "name": "n",
        "poolUuid": pool.uuid,
        "instanceCount": 1,
    }
    assert task.pool == pool
    assert pool.tasks == [task]


def test_submitting_in_a_job_with_a_pool(qarnot_connection: Connection, pool: Pool) -> None:
    """In a job that has a pool a task says neither profile nor pool, and gets the job's."""
    job = submitted(qarnot_connection, pool=pool)
    task = qarnot_connection.create_task("n", job=job)
    task.submit()
    assert (task.pool, task.job_uuid) == (pool, job.uuid)


def test_submitting_twice_is_one_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The second call does nothing (the official SDK creates a second task)."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.submit()
    task.submit()
    assert [request.operation for request in qarnot_emulator.requests] == ["createTasks"]


def test_tasks_jobs_and_pools_are_never_equal(qarnot_connection: Connection) -> None:
    """Objects of different kinds differ whatever their uuids."""
    objects: list[Job | Task | Pool] = [
        Job.from_json(qarnot_connection, {"uuid": TASK_UUID}),
        Task.from_json(qarnot_connection, {"uuid": TASK_UUID}),
        Pool.from_json(qarnot_connection, {"uuid": TASK_UUID}),
    ]
    assert len(set(objects)) == 3
