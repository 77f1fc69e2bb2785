"""The defects found in the official Python SDK 2.23.0: this library passes a test for each.

`docs/official-sdk-defects.md` has both behaviours side by side, under the same numbers.
"""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from qarnot_domain import (
    BulkSubmissionException,
    Connection,
    ConnectionFailedException,
    InvalidRequestException,
    Job,
    MaxJobException,
    MaxTaskException,
    MissingJobException,
    MultiSlotsSettings,
    NotEnoughCreditsException,
    Pool,
    QarnotException,
    QarnotGenericException,
    SubmissionUnknownException,
    Task,
    TaskFields,
    TimeoutException,
    TimeSpan,
    UnauthorizedException,
)
from qarnot_domain._retry import Kind, Outcome, Phase, Policy, decide
from qarnot_domain._secret import Secret
from qarnot_domain.config import load
from qarnot_domain.emulator import Emulator

from .driving import (
    JOB_PAYLOAD,
    JOB_UUID,
    POOL_UUID,
    PROFILE,
    ActingClock,
    add_task,
    connect,
    operations,
    submitted,
)
from .wire import SILENCE, Act, WireServer, http

PAGE = Path(__file__).parents[2] / "docs" / "official-sdk-defects.md"

COUNTS = {"T": 8, "J": 16, "K": 9, "F": 1, "E": 6, "R": 5, "C": 4}
"""How many defects each area has."""

ROWS = [f"{area}{number + 1}" for area, count in COUNTS.items() for number in range(count)]


def answered(emulator: Emulator, job: Job, **members: Any) -> None:
    """Let the next retrieval of the job be answered with these members."""
    emulator.fail_next("retrieveJob", status=200, body={**JOB_PAYLOAD, "uuid": job.uuid, **members})


def retrieved(connection: Connection, emulator: Emulator, **members: Any) -> Job:
    """A job just retrieved that the server describes by these members."""
    emulator.fail_next("retrieveJob", status=200, body={**JOB_PAYLOAD, **members})
    return connection.retrieve_job(JOB_UUID)


def client(url: str, **settings: Any) -> Connection:
    """A connection to something that is not the emulator."""
    return Connection(
        cluster_url=url, client_token="a-token", **{"clock": ActingClock(), **settings}
    )


# --- T: time spans and dates --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("1.03:16:50.5000000", timedelta(days=1, hours=3, minutes=16, seconds=50.5)),
        ("00:00:25.1000003", timedelta(seconds=25, milliseconds=100)),
    ],
)
def test_t1_fraction_is_of_a_second(text: str, duration: timedelta) -> None:
    """Seven digits behind the point are tenths of microseconds."""
    assert duration == TimeSpan(text).timedelta


@pytest.mark.parametrize(("text", "seconds"), [("-00:00:01", -1), ("-1.00:00:01", -86_401)])
def test_t2_sign_is_of_the_whole(text: str, seconds: int) -> None:
    """The sign of a time span holds for days and time together."""
    assert timedelta(seconds=seconds) == TimeSpan(text).timedelta


def test_t3_null_is_not_zero(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A limit that the server does not set is `None`, not a limit of nothing."""
    assert retrieved(qarnot_connection, qarnot_emulator, maxWallTime=None).max_wall_time is None


@pytest.mark.parametrize("text", ["00:00:00garbage", "99:99:99"])
def test_t4_text_is_read_to_its_end(qarnot_connection: Connection, text: str) -> None:
    """A text that only begins like a time span, or counts past a day, is refused when set."""
    job = qarnot_connection.create_job("n")
    with pytest.raises(ValueError, match=f"completion_ttl.*{text}"):
        job.completion_ttl = text
    assert job.completion_ttl == "00:00:00"


@pytest.mark.parametrize("text", ["10.00:00:00", "365.00:00:00"])
def test_t5_days_have_several_digits(qarnot_connection: Connection, text: str) -> None:
    """Ten days and more can be written as a text."""
    job = qarnot_connection.create_job("n")
    job.completion_ttl = text
    assert text == job.completion_ttl


def test_t6_timedelta_keeps_its_fraction(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Half a second reaches the server."""
    submitted(qarnot_connection, completion_ttl=timedelta(milliseconds=1500))
    assert qarnot_emulator.requests[0].body["completionTimeToLive"] == "00:00:01.5000000"


def test_t6_negative_timedelta_is_refused(qarnot_connection: Connection) -> None:
    """A job cannot be given less than no time."""
    job = qarnot_connection.create_job("n")
    with pytest.raises(ValueError, match="negative"):
        job.completion_ttl = timedelta(seconds=-1)


@pytest.mark.parametrize(("value", "error"), [("banana", ValueError), (b"01:00:00", TypeError)])
def test_t7_max_wall_time_is_checked_when_set(
    qarnot_connection: Connection, value: Any, error: type[Exception]
) -> None:
    """What is no time span fails at the assignment, by name, and changes nothing."""
    job = qarnot_connection.create_job("n")
    with pytest.raises(error, match="max_wall_time"):
        job.max_wall_time = value
    assert job.max_wall_time is None


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-02-03T04:05:06.1234567Z", 123_456),
        ("2026-02-03T04:05:06", 0),
        ("2026-02-03T04:05:06+00:00", 0),
    ],
)
def test_t8_date_is_read_in_each_spelling(
    qarnot_connection: Connection, qarnot_emulator: Emulator, text: str, microsecond: int
) -> None:
    """A date with seven digits, without a zone or with an offset is one moment in UTC."""
    job = retrieved(qarnot_connection, qarnot_emulator, creationDate=text)
    assert job.creation_date == datetime(2026, 2, 3, 4, 5, 6, microsecond, tzinfo=UTC)


def test_t8_null_date_is_none(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A date that is not set is `None`."""
    assert retrieved(qarnot_connection, qarnot_emulator, creationDate=None).creation_date is None


# --- J: jobs ------------------------------------------------------------------------------------


def test_j1_submission_does_not_fail_over_a_date() -> None:
    """A job whose creation date has seven digits is submitted and can be read."""
    full = {**JOB_PAYLOAD, "creationDate": "2026-02-03T04:05:06.1234567Z"}
    answers = [http(body=json.dumps(body).encode()) for body in ({"uuid": JOB_UUID}, full)]
    with WireServer(*answers) as server, client(server.url) as connection:
        job = submitted(connection)
        assert (job.uuid, job.state) == (JOB_UUID, "Terminating")


def test_j2_types_are_the_same_after_a_refresh(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A date and a duration have one type each, after retrieving as after updating."""
    job = retrieved(qarnot_connection, qarnot_emulator)
    before = type(job.creation_date), type(job.max_wall_time)
    answered(qarnot_emulator, job)
    job.update(True)
    after = type(job.creation_date), type(job.max_wall_time)
    assert before == after == (datetime, TimeSpan)


def test_j3_retrieved_job_is_complete(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Tags, previous state and transition times are there with the first request."""
    job = retrieved(qarnot_connection, qarnot_emulator)
    assert (job.tags, job.previous_state) == (["b", "a"], "Active")
    assert None not in (job.state_transition_time, job.previous_state_transition_time)
    assert operations(qarnot_emulator) == ["retrieveJob"]


def test_j4_server_decides_on_deletion(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A refresh brings what the server says of `auto_delete` and `completion_ttl`."""
    job = submitted(qarnot_connection)
    answered(qarnot_emulator, job, autoDeleteOnCompletion=True, completionTimeToLive="02:00:00")
    job.update()
    assert (job.auto_delete, job.completion_ttl) == (True, "02:00:00")


def test_j5_update_cache_time_can_be_set(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """With one second set, what is two seconds old is asked for again."""
    job = submitted(qarnot_connection)
    job.update_cache_time = 1
    job.update()
    qarnot_emulator.set_state(str(job.uuid), "Completed")
    qarnot_emulator.advance(timedelta(seconds=2))
    assert job.state == "Completed"


def test_j6_tags_are_not_lost_but_locked(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """After submission setting tags is refused, sends nothing and changes nothing."""
    job = submitted(qarnot_connection, tags=["kept"])
    with pytest.raises(AttributeError, match="tags"):
        job.tags = ["lost"]
    assert operations(qarnot_emulator) == ["createJob"]
    assert job.tags == ["kept"]


def test_j7_draft_is_unsubmitted(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Before submission the state has its documented name, which is nothing to send."""
    job = qarnot_connection.create_job("n")
    assert job.state == "UnSubmitted"
    job.submit()
    assert "state" not in qarnot_emulator.requests[0].body


def test_j8_no_pool_is_none(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A job without a pool says so, and asks the server for no pool."""
    assert submitted(qarnot_connection).pool is None
    assert "retrievePool" not in operations(qarnot_emulator)


def test_j9_pool_is_set_as_it_is_given_to_the_constructor(qarnot_connection: Connection) -> None:
    """A uuid and `None` can be assigned too."""
    job = qarnot_connection.create_job("n")
    job.pool = POOL_UUID
    pool = job.pool
    assert pool is not None
    assert pool.uuid == POOL_UUID
    job.pool = None
    assert job.pool is None


def test_j9_pool_that_is_not_submitted_is_refused(qarnot_connection: Connection) -> None:
    """A pool that has no uuid yet is no pool to run in, neither set nor given."""
    pool = qarnot_connection.create_pool("p", PROFILE)
    with pytest.raises(ValueError, match="not submitted"):
        qarnot_connection.create_job("n").pool = pool
    with pytest.raises(ValueError, match="not submitted"):
        qarnot_connection.create_job("n", pool)


def test_j10_tasks_of_a_draft_are_an_empty_list(qarnot_connection: Connection) -> None:
    """Before submission there are no tasks to go through."""
    assert qarnot_connection.create_job("n").tasks == []


def test_j10_tasks_of_a_job_can_be_used(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task found by its job updates, reads and deletes as any other."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    (task,) = job.tasks
    task.update(True)
    assert task.tags == []
    task.delete()
    assert operations(qarnot_emulator)[-2:] == ["retrieveTask", "deleteTask"]


@pytest.mark.parametrize("known_by", ["submission", "retrieval"])
def test_j11_deleted_job_does_not_come_back(
    qarnot_connection: Connection, qarnot_emulator: Emulator, known_by: str
) -> None:
    """After deletion it keeps its uuid, stays locked, and is not created again."""
    job = submitted(qarnot_connection)
    uuid = str(job.uuid)
    if known_by == "retrieval":
        job = qarnot_connection.retrieve_job(uuid)
    job.delete()
    assert uuid == job.uuid
    with pytest.raises(AttributeError, match="name"):
        job.name = "other"
    with pytest.raises(MissingJobException):
        job.submit()
    assert operations(qarnot_emulator).count("createJob") == 1


def test_j11_deleted_job_still_asks_for_itself(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Whoever updates, terminates or deletes it once it is gone is told so."""
    job = submitted(qarnot_connection)
    job.delete()
    qarnot_emulator.advance(timedelta(hours=1))
    calls: list[Callable[[], None]] = [partial(job.update, True), job.terminate, job.delete]
    for call in calls:
        with pytest.raises(MissingJobException):
            call()


def test_j12_terminating_is_for_the_server_to_say(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """After `terminate` the state is what the server answers, whatever that is."""
    job = submitted(qarnot_connection)
    job.terminate()
    answered(qarnot_emulator, job, state="Active")
    assert job.state == "Active"


def test_j13_repr_sends_nothing(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A job that is long stale, and gone, can be printed."""
    job = submitted(qarnot_connection)
    qarnot_connection.retrieve_job(str(job.uuid)).delete()
    qarnot_emulator.advance(timedelta(hours=1))
    sent = len(qarnot_emulator.requests)
    assert str(job.uuid) in repr(job)
    assert sent == len(qarnot_emulator.requests)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("state", "Terminating"),
        ("tags", ["b", "a"]),
        ("name", "name on the server"),
        ("previous_state", "Active"),
        ("completion_ttl", "02:00:00"),
        ("last_modified", datetime(2026, 2, 3, 4, 5, 7, tzinfo=UTC)),
    ],
)
def test_j14_every_member_refreshes_by_itself(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str, value: object
) -> None:
    """Whichever member is read when what is known is stale, it is asked for."""
    job = submitted(qarnot_connection)
    job.update()
    qarnot_emulator.advance(timedelta(seconds=6))
    answered(qarnot_emulator, job)
    assert value == getattr(job, member)


def test_j15_use_dependencies_has_its_documented_name(qarnot_connection: Connection) -> None:
    """`create_job` takes the argument that the reference names."""
    assert qarnot_connection.create_job("n", use_dependencies=True).use_dependencies is True


def test_j15_last_modified_can_be_read(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What the server says of the last change is a member of the job."""
    job = retrieved(qarnot_connection, qarnot_emulator)
    assert job.last_modified == datetime(2026, 2, 3, 4, 5, 7, tzinfo=UTC)


def test_j15_completion_ttl_has_its_documented_default(qarnot_connection: Connection) -> None:
    """A job that sets none has the duration that stands for none."""
    assert qarnot_connection.create_job("n").completion_ttl == TimeSpan.ZERO


@pytest.mark.parametrize("body", [{}, {"uuid": None}, {"uuid": ""}])
def test_j16_creation_without_a_uuid_is_an_error(
    qarnot_connection: Connection, qarnot_emulator: Emulator, body: dict[str, Any]
) -> None:
    """A success that names no job does not pass for a submission, nor for none."""
    qarnot_emulator.fail_next("createJob", status=200, body=body)
    with pytest.raises(SubmissionUnknownException):
        qarnot_connection.create_job("n").submit()


# --- K: tasks, pools and the account --------------------------------------------------------------


DRAFT_ACTIONS = ("commit", "update_resources", "stdout", "fresh_stdout", "stderr", "fresh_stderr")
"""What makes no sense before the submission of a task or pool."""


def submitted_task(connection: Connection, **constants: str) -> Task:
    """A task on the server; constants steer it in the emulator."""
    task = connection.create_task("n", PROFILE)
    task.constants = constants
    task.submit()
    return task


@pytest.mark.parametrize(
    ("kind", "member", "name", "value"),
    [
        (Task, "errors", "errors", []),
        (Task, "constants", "constants", {}),
        (Task, "completedInstances", "completed_instances", []),
        (Task, "hardwareConstraints", "hardware_constraints", []),
        (Task, "forcedNetworkRules", "forced_network_rules", []),
        (Task, "secretsAccessRights", "secrets_access_rights", None),
        (Task, "privileges", "privileges", None),
        (Task, "retrySettings", "retry_settings", None),
        (Task, "resultsCount", "results_count", None),
        (Pool, "errors", "errors", []),
        (Pool, "constants", "constants", {}),
        (Pool, "hardwareConstraints", "hardware_constraints", []),
        (Pool, "forcedNetworkRules", "forced_network_rules", []),
        (Pool, "secretsAccessRights", "secrets_access_rights", None),
        (Pool, "privileges", "privileges", None),
        (Pool, "defaultRetrySettings", "default_retry_settings", None),
        (Pool, "elasticProperty", "elastic_property", None),
        (Pool, "multiSlotsSettings", "multi_slots_settings", None),
    ],
)
def test_k1_null_is_nothing(
    qarnot_connection: Connection,
    kind: type[Task | Pool],
    member: str,
    name: str,
    value: object,
) -> None:
    """A member that the server says is null is as one that holds nothing."""
    read = kind.from_json(qarnot_connection, {"uuid": JOB_UUID, member: None})
    assert getattr(read, name) == value


def test_k2_second_submission_creates_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task is created once, however often it is submitted."""
    task = submitted_task(qarnot_connection)
    task.submit()
    assert operations(qarnot_emulator) == ["createTasks"]


@pytest.mark.parametrize("state", ["PendingCancel", "PendingDelete", "Hibernating"])
def test_k3_wait_goes_on_until_the_end(
    qarnot_connection: Connection, qarnot_emulator: Emulator, state: str
) -> None:
    """A task on its way to an end, or in a state not known, is not finished."""
    task = submitted_task(qarnot_connection)
    qarnot_emulator.set_state(str(task.uuid), state)
    assert task.wait(0) is False


def test_k4_run_leaves_alone_what_has_ended(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task that ends within its time is not aborted."""
    task = qarnot_connection.create_task("n", PROFILE)
    assert task.run(job_timeout=60) is True
    assert (task.state, "abortTask" in operations(qarnot_emulator)) == ("Success", False)


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("task", "abort"),
        ("task", "wait"),
        *((kind, action) for kind in ("task", "pool") for action in DRAFT_ACTIONS),
        ("pool", "close"),
    ],
)
def test_k5_draft_asks_for_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: str, action: str
) -> None:
    """What needs a submitted object says so, and sends nothing."""
    draft = getattr(qarnot_connection, f"create_{kind}")("n", PROFILE)
    with pytest.raises(QarnotGenericException, match="not submitted"):
        getattr(draft, action)()
    assert qarnot_emulator.requests == []


def test_k6_cache_time_of_results_is_the_servers(qarnot_connection: Connection) -> None:
    """It is read by the name that the API gives it."""
    task = Task.from_json(qarnot_connection, {"uuid": JOB_UUID, "resultsCacheTTLSec": 60})
    assert task.results_cache_ttl_sec == 60


def test_k7_slots_are_locked_by_submission_alone(qarnot_connection: Connection) -> None:
    """They can be set again before it, and not at all after it."""
    pool = qarnot_connection.create_pool("n", PROFILE)
    pool.multi_slots_settings = MultiSlotsSettings(2)
    pool.multi_slots_settings = MultiSlotsSettings(3)
    pool.submit()
    with pytest.raises(AttributeError, match="multi_slots_settings"):
        pool.multi_slots_settings = MultiSlotsSettings(4)
    assert pool.multi_slots_settings == MultiSlotsSettings(3)


def test_k8_cores_of_the_account_are_all_of_them(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """`max_cores` is the server's `maxCores`, whatever the part of it for one scheduling type."""
    info = {"maxCores": 1024, "maxFlexCores": 512}
    qarnot_emulator.fail_next("retrieveUserInfo", status=200, body=info)
    assert qarnot_connection.user_info.max_cores == 1024


def test_k8_account_without_quotas_can_be_read(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Quotas that the server does not say are `None`."""
    info = {"maxCores": 1024, "maxFlexCores": 512, "computingQuotas": {"user": None}}
    qarnot_emulator.fail_next("retrieveUserInfo", status=200, body=info)
    found = qarnot_connection.user_info
    assert found.computing_quotas is not None
    assert (found.computing_quotas.user, found.max_flex_cores) == (None, 512)


@pytest.mark.parametrize("kind", [Task, Pool])
@pytest.mark.parametrize("said", ["tomorrow", None])
def test_k9_scheduling_type_is_not_made_up(
    qarnot_connection: Connection, kind: type[Task | Pool], said: str | None
) -> None:
    """A type that is not known is kept as it came, and none is `None`."""
    read = kind.from_json(qarnot_connection, {"uuid": JOB_UUID, "schedulingType": said})
    assert read.scheduling_type == said


def test_k9_unknown_scaling_policy_is_kept(qarnot_connection: Connection) -> None:
    """A pool with a policy of a kind not known here is read, and written as it was."""
    scaling: dict[str, Any] = {
        "policies": [{"type": "Later", "name": "x", "enabledPeriods": [], "more": 3}]
    }
    pool = Pool.from_json(qarnot_connection, {"uuid": JOB_UUID, "scaling": scaling})
    assert pool.scaling is not None
    assert pool.scaling.to_json() == scaling


# --- F: filters ---------------------------------------------------------------------------------


def test_f1_membership_is_sent_as_the_api_takes_it(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """One of several names finds those tasks, by the member `values`."""
    tasks = [qarnot_connection.create_task(name, PROFILE) for name in "abc"]
    qarnot_connection.submit_tasks(tasks)
    assert qarnot_connection.tasks(where=TaskFields.name.is_in(["a", "c"])) == tasks[::2]
    assert qarnot_emulator.requests[-1].body == {
        "filter": {"operator": "In", "field": "Name", "values": ["a", "c"]}
    }


def test_f1_search_selects_as_the_api_takes_it(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What asks for some members alone, such as a wait with progress, says so in an object."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    job.wait(0, progress=lambda counts: None)
    searches = [r for r in qarnot_emulator.requests if r.operation == "searchTasks"]
    assert [(r.body["select"], r.status) for r in searches] == [({"fields": ["State"]}, 200)]


# --- E: errors ----------------------------------------------------------------------------------


def test_e1_one_root_catches_everything(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A job that is missing, and one too many, are a `QarnotException`."""
    with pytest.raises(QarnotException) as missing:
        qarnot_connection.retrieve_job("nothing")
    qarnot_emulator.set_limits(max_jobs=0)
    with pytest.raises(QarnotException) as too_many:
        qarnot_connection.create_job("n").submit()
    assert [type(missing.value), type(too_many.value)] == [MissingJobException, MaxJobException]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"error": {"message": "Maximum number of jobs reached"}}, MaxJobException),
        ({"message": None}, UnauthorizedException),
    ],
)
def test_e2_refusal_of_any_shape_has_its_exception(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    body: dict[str, Any],
    error: type[QarnotException],
) -> None:
    """A 403 whose message is nested or null is still told apart."""
    qarnot_emulator.fail_next("createJob", status=403, body=body)
    with pytest.raises(error):
        qarnot_connection.create_job("n").submit()


def test_e3_reasons_by_field_are_kept(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A 400 says which field was refused and why, in its text and in `errors`."""
    problem = {"title": "Validation failed", "errors": {"name": ["too long", "too odd"]}}
    qarnot_emulator.fail_next("createJob", status=400, body=problem)
    with pytest.raises(InvalidRequestException, match="name: too long, too odd") as caught:
        qarnot_connection.create_job("n").submit()
    assert caught.value.errors == {"name": ("too long", "too odd")}


@pytest.mark.parametrize(
    ("status", "body"),
    [(520, b""), (500, b"null"), (500, b"42"), (500, b'"an error"'), (200, b"<html>Hello</html>")],
)
def test_e4_odd_answer_is_an_ordinary_failure(
    qarnot_emulator: Emulator, status: int, body: bytes
) -> None:
    """A status nobody knows, or a body nobody expects, is a `QarnotGenericException`."""
    qarnot_emulator.fail_next("retrieveJob", status=status, body=body)
    with (
        connect(qarnot_emulator, retry_count=0) as connection,
        pytest.raises(QarnotGenericException),
    ):
        connection.retrieve_job(JOB_UUID)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"message": "Token expired"}),
        (503, {"message": "Token expired"}),
        (500, {"error": {"message": "Token expired"}}),
    ],
)
def test_e5_words_of_the_server_are_kept(
    qarnot_emulator: Emulator, status: int, body: dict[str, Any]
) -> None:
    """The message is the server's own, whatever the status and wherever the body has it."""
    qarnot_emulator.fail_next("retrieveJob", status=status, body=body)
    with connect(qarnot_emulator, retry_count=0) as connection:
        with pytest.raises(QarnotException) as caught:
            connection.retrieve_job(JOB_UUID)
        assert caught.value.message == "Token expired"


@pytest.mark.parametrize(
    ("status", "item", "error"),
    [
        (400, {"statusCode": 400, "message": "The name is odd"}, InvalidRequestException),
        (402, {"statusCode": 402, "message": "Not enough credits"}, NotEnoughCreditsException),
        (403, {"statusCode": 403, "message": "Maximum number of tasks reached"}, MaxTaskException),
        (403, {"statusCode": 403, "message": "Not for you"}, UnauthorizedException),
    ],
)
def test_e6_each_of_many_tasks_has_its_own_error(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    status: int,
    item: dict[str, Any],
    error: type[QarnotException],
) -> None:
    """When all tasks of a bulk submission are refused, each has its exception and its words."""
    qarnot_emulator.fail_next("createTasks", status=status, body=[item, item])
    tasks = [qarnot_connection.create_task(name, PROFILE) for name in "ab"]
    with pytest.raises(BulkSubmissionException) as caught:
        qarnot_connection.submit_tasks(tasks)
    assert [(at, type(one), one.message) for at, one in caught.value.errors.items()] == [
        (0, error, item["message"]),
        (1, error, item["message"]),
    ]


def test_e6_some_of_many_tasks_over_the_quota(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The tasks for which there is room are submitted, the others are a `MaxTaskException`."""
    qarnot_emulator.set_limits(max_tasks=1)
    tasks = [qarnot_connection.create_task(name, PROFILE) for name in "ab"]
    with pytest.raises(BulkSubmissionException) as caught:
        qarnot_connection.submit_tasks(tasks)
    assert {at: type(one) for at, one in caught.value.errors.items()} == {1: MaxTaskException}
    assert [task.uuid is None for task in tasks] == [False, True]


def test_e6_answer_without_a_status_is_unknown(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """An answer that does not say what became of a task is an ordinary failure."""
    qarnot_emulator.fail_next("createTasks", status=207, body=[{"uuid": JOB_UUID}])
    task = qarnot_connection.create_task("n", PROFILE)
    with pytest.raises(BulkSubmissionException) as caught:
        qarnot_connection.submit_tasks([task])
    assert type(caught.value.errors[0]) is SubmissionUnknownException


# --- R: retries ---------------------------------------------------------------------------------


def test_r1_refused_connection_is_tried_again() -> None:
    """With `retry_count=5` a closed port is tried six times, with a wait between each two."""
    clock = ActingClock()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with (
            client(url, clock=clock, retry_count=5) as connection,
            pytest.raises(ConnectionFailedException) as caught,
        ):
            connection.jobs()
    assert (caught.value.attempts, len(clock.slept)) == (6, 5)


def test_r2_reset_connection_is_not_tried_for_ever() -> None:
    """A connection reset each time is tried `retry_count` times more, with a wait before each."""
    clock = ActingClock()
    with (
        WireServer((Act.RESET,)) as server,
        client(server.url, clock=clock, retry_count=3) as connection,
        pytest.raises(ConnectionFailedException) as caught,
    ):
        connection.jobs()
    assert (caught.value.attempts, len(clock.slept)) == (4, 3)


@pytest.mark.parametrize(
    "status",
    ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "504 Timeout"],
)
def test_r3_creation_that_may_have_happened_is_not_repeated(status: str) -> None:
    """An answer after which the job may exist leaves one request, and says that it is unknown."""
    with WireServer(http(status)) as server, client(server.url) as connection:
        with pytest.raises(SubmissionUnknownException):
            connection.create_job("n").submit()
        assert len(server.received) == 1


def test_r3_job_with_a_shortname_is_created_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A job whose creation was answered into the void is found again, not made again."""
    qarnot_emulator.fail_next("createJob", drop="after")
    job = qarnot_connection.create_job("n", shortname="mine")
    job.submit()
    assert [job] == qarnot_connection.jobs()


@pytest.mark.parametrize("outcome", [Outcome(Phase.LOST), Outcome(Phase.ANSWERED, 502)])
def test_r3_reading_that_consumes_is_not_repeated(outcome: Outcome) -> None:
    """Output that the server hands out once is not asked for again: its beginning would be lost."""
    policy = Policy(5, timedelta(seconds=1), timedelta(minutes=5))
    decision = decide(
        Kind.CONSUMING_READ, 1, outcome, policy, elapsed=timedelta(0), quota=500, jitter=0.5
    )
    assert decision.action == "give-up"


def test_r4_retry_after_is_obeyed(qarnot_emulator: Emulator) -> None:
    """A server that asks for seven seconds gets them."""
    clock = ActingClock()
    qarnot_emulator.fail_next("paginateJobs", status=503, retry_after=7)
    with connect(qarnot_emulator, clock=clock) as connection:
        connection.jobs()
    assert clock.slept == [7]


def test_r4_waits_are_as_documented(qarnot_emulator: Emulator) -> None:
    """Otherwise the first wait is at most `retry_wait`, and the bound doubles each time."""
    clock = ActingClock()
    qarnot_emulator.fail_next("paginateJobs", status=503, times=5)
    with connect(qarnot_emulator, clock=clock, retry_wait=3) as connection:
        connection.jobs()
    bounds = zip(clock.slept, (3, 6, 12, 24, 48), strict=True)
    assert all(0 <= wait <= bound for wait, bound in bounds)


def test_r5_there_is_a_time_limit_by_default() -> None:
    """Without any setting a request ends after half a minute without progress."""
    assert load(client_token=Secret("a-token"), environ={}).cluster_timeout == timedelta(seconds=30)


def test_r5_silent_server_is_a_timeout() -> None:
    """A server that never answers is a failure in the end."""
    with (
        WireServer(SILENCE) as server,
        client(server.url, cluster_timeout=0.05, retry_count=0) as connection,
        pytest.raises(TimeoutException),
    ):
        connection.jobs()


# --- C: connections -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        http("404 Not Found"),
        http("403 Forbidden"),
        http("500 Internal Server Error"),
        http(body=b"<html>Welcome</html>", content_type="text/html"),
    ],
    ids=["404", "403", "500", "html"],
)
def test_c1_settings_are_not_guessed(answer: bytes) -> None:
    """Building a connection asks for no settings; what is wrong is told by the first request."""
    with WireServer(answer) as server, client(server.url, retry_count=0) as connection:
        assert server.received == []
        with pytest.raises(QarnotException):
            connection.jobs()


def test_c2_settings_can_be_a_mapping(qarnot_emulator: Emulator) -> None:
    """The URL and the token in a dict are enough."""
    with Connection(
        {"cluster_url": qarnot_emulator.url, "client_auth": qarnot_emulator.token}
    ) as connection:
        assert connection.jobs() == []


def test_c3_logging_is_left_alone(qarnot_emulator: Emulator) -> None:
    """However many connections there are, no logger gets a handler."""

    def handlers() -> int:
        names = (None, "stdout", "stderr", *logging.root.manager.loggerDict)
        return sum(len(logging.getLogger(name).handlers) for name in names)

    before = handlers()
    for _ in range(3):
        connect(qarnot_emulator).close()
    assert handlers() == before


def test_c4_ids_are_escaped(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """What is given as an id stays one part of the path, whatever it holds."""
    with pytest.raises(MissingJobException):
        qarnot_connection.retrieve_job("a/b?c#d")
    (request,) = qarnot_emulator.requests
    assert (request.path, request.query) == ("/jobs/a%2Fb%3Fc%23d", ())


# --- all of them --------------------------------------------------------------------------------


def test_each_defect_has_a_test_and_a_line_in_the_documents() -> None:
    """The numbers above are those of the tests and, in this order, of the page's lines."""
    lines = re.findall(r"^\| *([A-Z][0-9]+) *\|(.*)\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    tested = {match[1].upper() for name in globals() if (match := re.match(r"test_(.\d+)_", name))}
    assert [number for number, _ in lines] == ROWS
    assert tested == set(ROWS)
    for number, line in lines:
        cells = [cell.strip() for cell in line.split("|")]
        assert (number, len(cells), all(cells)) == (number, 3, True)
