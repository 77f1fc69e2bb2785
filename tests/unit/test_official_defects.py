"""The defects found in the official Python SDK 2.23.0: this library passes a test for each.

`docs/official-sdk-defects.md` has both behaviours side by side, under the same numbers.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    ConnectionFailedException,
    InvalidRequestException,
    Job,
    MaxJobException,
    MissingJobException,
    QarnotException,
    QarnotGenericException,
    SubmissionUnknownException,
    TimeoutException,
    TimeSpan,
    UnauthorizedException,
)
from qarnot_domain._retry import Kind, Outcome, Phase, Policy, decide
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
from .wire import SILENCE, WireServer, http

PAGE = Path(__file__).parents[2] / "docs" / "official-sdk-defects.md"

COUNTS = {"T": 8, "J": 16, "E": 5, "R": 5, "C": 4}
"""How many defects there are of time, jobs, errors, retries and connections."""

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


class _Resetting(socketserver.BaseRequestHandler):
    """Answers with a TCP reset."""

    def handle(self) -> None:
        self.request.recv(65_536)
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.request.close()


@contextmanager
def resetting_server() -> Iterator[str]:
    """The URL of a server that resets every connection."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Resetting) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_r2_reset_connection_is_not_tried_for_ever() -> None:
    """A connection reset each time is tried `retry_count` times more, with a wait before each."""
    clock = ActingClock()
    with (
        resetting_server() as url,
        client(url, clock=clock, retry_count=3) as connection,
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
    assert load(client_token="a-token", environ={}).cluster_timeout == timedelta(seconds=30)


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
    settings = {"cluster_url": qarnot_emulator.url, "client_auth": qarnot_emulator.token}
    with Connection(settings) as connection:
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
