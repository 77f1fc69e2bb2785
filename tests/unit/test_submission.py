"""Submitting once and retrying: what is sent again, what never is, and how it is told.

Every failure happens for real, between a `Connection` and the emulator; the clock is driven by
hand, so that waits are measured and not waited for.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from qarnot_domain import (
    ConflictException,
    Connection,
    ConnectionFailedException,
    InvalidRequestException,
    Job,
    MaxJobException,
    MaxPoolException,
    MaxTaskException,
    MissingBucketException,
    MissingJobException,
    MissingPoolException,
    NotEnoughCreditsException,
    Pool,
    QarnotException,
    QarnotGenericException,
    ServerException,
    SubmissionUnknownException,
    Task,
    TooManyRequestsException,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator, ManualClock

from .driving import PROFILE, ActingClock, connect, in_step, operations

Made = Job | Task | Pool


class Kind:
    """How one kind of object is made, and what its requests are called."""

    def __init__(
        self,
        make: Callable[[Connection, str | None], Made],
        listed: Callable[[Connection], list[Any]],
        create: str,
        retrieve: str,
    ) -> None:
        self.make = make
        self.listed = listed
        self.create = create
        self.retrieve = retrieve


JOB = Kind(
    lambda connection, shortname: connection.create_job("n", shortname=shortname),
    lambda connection: connection.jobs(),
    "createJob",
    "retrieveJob",
)
TASK = Kind(
    lambda connection, shortname: connection.create_task("n", PROFILE, shortname=shortname),
    lambda connection: connection.tasks(),
    "createTasks",
    "retrieveTask",
)
POOL = Kind(
    lambda connection, shortname: connection.create_pool("n", PROFILE, shortname=shortname),
    lambda connection: connection.pools(),
    "createPool",
    "retrievePool",
)

each_kind = pytest.mark.parametrize(
    "kind",
    [pytest.param(JOB, id="job"), pytest.param(TASK, id="task"), pytest.param(POOL, id="pool")],
)

IN_DOUBT: list[Any] = [
    pytest.param({"drop": "after"}, id="lost-after-the-effect"),
    pytest.param({"drop": "before"}, id="lost-before-the-effect"),
    pytest.param({"status": 500}, id="500"),
    pytest.param({"status": 502}, id="502"),
    pytest.param({"status": 503}, id="503-without-retry-after"),
    pytest.param({"status": 504}, id="504"),
    pytest.param({"status": 520}, id="520"),
    pytest.param({"status": 500, "retry_after": 1}, id="500-with-retry-after"),
    pytest.param({"status": 200, "body": b"{"}, id="cut-short"),
    pytest.param({"status": 200, "body": {}}, id="no-uuid"),
]
"""Failures after which a creation may have taken effect."""


# --- without a shortname ------------------------------------------------------------------------


@each_kind
@pytest.mark.parametrize("fault", IN_DOUBT)
def test_lost_answer_without_a_shortname_is_unknown_and_never_sent_again(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind, fault: dict[str, Any]
) -> None:
    """It raises `SubmissionUnknownException`; further calls raise it again and send nothing."""
    qarnot_emulator.fail_next(kind.create, **fault)
    made = kind.make(qarnot_connection, None)
    for _ in range(3):
        with pytest.raises(SubmissionUnknownException):
            made.submit()
    assert [kind.create] == operations(qarnot_emulator)
    assert made.uuid is None


def test_unknown_submission_says_what_happened(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The exception has the request, the attempt and its cause, and says how to find out."""
    qarnot_emulator.fail_next("createJob", status=500, body={"message": "the disk is full"})
    with pytest.raises(SubmissionUnknownException, match="look for it") as caught:
        qarnot_connection.create_job("n").submit()
    error = caught.value
    assert ("POST", f"{qarnot_emulator.url}/jobs", 500, 1) == (
        error.method,
        error.url,
        error.status_code,
        error.attempts,
    )
    assert "the disk is full" in str(error)
    assert "the disk is full" in error.history[0].reason
    assert timedelta(0) == error.history[0].waited
    assert isinstance(error.__cause__, ServerException)


def test_unknown_submission_keeps_the_object_locked(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What may be on the server can no longer be set: its next version would be a second job."""
    qarnot_emulator.fail_next("createJob", drop="after")
    job = qarnot_connection.create_job("n")
    with pytest.raises(SubmissionUnknownException):
        job.submit()
    with pytest.raises(AttributeError, match="name"):
        job.name = "other"
    with pytest.raises(AttributeError, match="shortname"):
        job.shortname = "other"
    assert (job.name, job.shortname, job.state) == ("n", None, "UnSubmitted")


def test_unknown_submission_from_two_threads_is_one_post(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Each of the threads is told, and one request was sent."""
    qarnot_emulator.fail_next("createJob", drop="after")
    job = qarnot_connection.create_job("n")
    outcomes = in_step(4, job.submit)
    assert [SubmissionUnknownException] * 4 == [type(outcome) for outcome in outcomes]
    assert operations(qarnot_emulator) == ["createJob"]


@pytest.mark.parametrize("shortname", [None, "mine"])
def test_interrupted_submission_is_in_doubt(
    qarnot_emulator: Emulator, shortname: str | None
) -> None:
    """After Ctrl-C during a submission nothing is sent again: it may have taken effect."""

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    clock = ActingClock(interrupt)
    with connect(qarnot_emulator, clock=clock) as connection:
        qarnot_emulator.fail_next("createJob", status=429)
        job = connection.create_job("n", shortname=shortname)
        with pytest.raises(KeyboardInterrupt):
            job.submit()
        with pytest.raises(SubmissionUnknownException):
            job.submit()
    assert operations(qarnot_emulator) == ["createJob"]


# --- with a shortname ---------------------------------------------------------------------------


@each_kind
@pytest.mark.parametrize("fault", IN_DOUBT)
def test_lost_answer_with_a_shortname_is_resolved(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind, fault: dict[str, Any]
) -> None:
    """The object is looked up, adopted if it is there, sent again if not: one in the end."""
    qarnot_emulator.fail_next(kind.create, **fault)
    made = kind.make(qarnot_connection, "mine")
    made.submit()
    was_there = fault == {"drop": "after"}
    again = [] if was_there else [kind.create]
    assert [kind.create, kind.retrieve, *again] == operations(qarnot_emulator)
    assert "/mine" in qarnot_emulator.requests[1].path
    assert [made] == kind.listed(qarnot_connection)
    made.submit()
    assert made.shortname == "mine"


def test_adopted_object_is_used_as_any_other(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """An adopted job reads, locks and deletes as if the answer had come."""
    qarnot_emulator.fail_next("createJob", drop="after")
    job = qarnot_connection.create_job("n", shortname="mine")
    job.tags = ["t"]
    job.submit()
    assert (job.state, job.tags) == ("Active", ["t"])
    with pytest.raises(AttributeError, match="tags"):
        job.tags = []
    job.delete()
    assert job.state == "Deleting"


def test_adoption_ignores_how_values_are_spelled(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A uuid in capitals, or a time span in another form, is what was sent."""
    pool = qarnot_connection.create_pool("p", PROFILE)
    pool.submit()
    job = qarnot_connection.create_job("n", str(pool.uuid).upper(), "mine")
    job.max_wall_time = "0.01:00:00"
    job.completion_ttl = timedelta(days=1)
    job.tags = ["b", "a", "b"]
    qarnot_emulator.fail_next("createJob", drop="after")
    job.submit()
    assert [job] == qarnot_connection.jobs()


@pytest.mark.parametrize(
    "spelling",
    [
        {"maxWallTime": "00:00:00"},
        {"tags": None},
        {"completionTimeToLive": None},
        {"poolUuid": "00000000-0000-0000-0000-000000000000"},
        {"useDependencies": None, "autoDeleteOnCompletion": None},
    ],
)
def test_adoption_takes_the_servers_ways_to_say_none(
    qarnot_connection: Connection, qarnot_emulator: Emulator, spelling: dict[str, Any]
) -> None:
    """What was left out comes back as null, zero or empty, which is no difference."""
    twin = qarnot_connection.create_job("n", shortname="twin")
    twin.submit()
    twin.update()
    answer = {**twin.to_json(), "shortname": "mine", **spelling}
    qarnot_emulator.fail_next("createJob", drop="before")
    qarnot_emulator.fail_next("retrieveJob", status=200, body=answer)
    job = qarnot_connection.create_job("n", shortname="mine")
    job.submit()
    assert twin.uuid == job.uuid


def test_shortname_of_an_older_object_is_not_adopted(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """An equal object that was there before the first attempt is another one."""
    older = qarnot_connection.create_job("n", shortname="mine")
    older.submit()
    qarnot_emulator.advance(timedelta(minutes=1))
    qarnot_emulator.fail_next("createJob", drop="before")
    job = qarnot_connection.create_job("n", shortname="mine")
    with pytest.raises(ConflictException, match=str(older.uuid)) as caught:
        job.submit()
    assert caught.value.attempts == 1
    assert job.uuid is None
    assert len(qarnot_connection.jobs()) == 1


def test_shortname_of_an_object_that_may_be_older_is_for_a_person_to_look_at(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """One that seems some seconds older may be ours, dated by another clock: it is unknown."""
    other = qarnot_connection.create_job("n", shortname="mine")
    other.submit()
    qarnot_emulator.advance(timedelta(seconds=15))
    qarnot_emulator.fail_next("createJob", drop="before")
    job = qarnot_connection.create_job("n", shortname="mine")
    with pytest.raises(SubmissionUnknownException, match=str(other.uuid)):
        job.submit()
    assert job.uuid is None
    assert len(qarnot_connection.jobs()) == 1


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", "other"),
        ("tags", ["other"]),
        ("max_wall_time", "01:00:00"),
        ("completion_ttl", "01:00:00"),
        ("use_dependencies", True),
        ("auto_delete", True),
    ],
)
def test_shortname_of_a_different_object_is_not_adopted(
    qarnot_connection: Connection, qarnot_emulator: Emulator, member: str, value: Any
) -> None:
    """One of this moment that differs in a member may be ours or not: a person has to look."""
    other = qarnot_connection.create_job("n", shortname="mine")
    setattr(other, member, value)
    other.submit()
    qarnot_emulator.fail_next("createJob", drop="before")
    job = qarnot_connection.create_job("n", shortname="mine")
    with pytest.raises(SubmissionUnknownException, match=str(other.uuid)):
        job.submit()
    assert job.uuid is None
    assert [other] == qarnot_connection.jobs()


def test_conflict_leaves_a_draft_that_can_take_another_shortname(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Nothing was created, so another shortname and another `submit` make the one job."""
    qarnot_connection.create_job("other", shortname="mine").submit()
    qarnot_emulator.advance(timedelta(minutes=1))
    qarnot_emulator.fail_next("createJob", drop="before")
    job = qarnot_connection.create_job("n", shortname="mine")
    with pytest.raises(ConflictException):
        job.submit()
    job.shortname = "mine-too"
    job.submit()
    assert [found.shortname for found in qarnot_connection.jobs()] == ["mine", "mine-too"]


def test_object_of_unknown_age_is_neither_adopted_nor_sent_again(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Without a creation date nobody can tell whose it is: it stays unknown."""
    job = qarnot_connection.create_job("n", shortname="mine")
    qarnot_emulator.fail_next("createJob", drop="after")
    answer = {**job.to_json(), "uuid": "9" * 8 + "-8888-4777-8666-abcdefabcdef"}
    qarnot_emulator.fail_next("retrieveJob", status=200, body=answer)
    for _ in range(2):
        with pytest.raises(SubmissionUnknownException):
            job.submit()
    assert operations(qarnot_emulator) == ["createJob", "retrieveJob"]


def test_refused_shortname_after_a_lost_answer_is_looked_up(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """When the first sending lands late, the second is refused, and the first one adopted."""
    qarnot_emulator.fail_next("createJob", drop="after")
    qarnot_emulator.fail_next("retrieveJob", status=404)
    job = qarnot_connection.create_job("n", shortname="mine")
    job.submit()
    assert operations(qarnot_emulator) == ["createJob", "retrieveJob", "createJob", "retrieveJob"]
    assert [
        200 if request.status is None else request.status for request in qarnot_emulator.requests
    ] == [200, 404, 400, 200]
    assert [job] == qarnot_connection.jobs()


@pytest.mark.parametrize("status", [400, 401, 402, 403, 409, 418])
def test_any_refusal_after_a_lost_answer_is_looked_up(
    qarnot_connection: Connection, qarnot_emulator: Emulator, status: int
) -> None:
    """The first sending may be what the second is refused for (a quota): then it is adopted."""
    qarnot_emulator.fail_next("createJob", drop="after")
    qarnot_emulator.fail_next("retrieveJob", status=404)
    qarnot_emulator.fail_next("createJob", status=status)
    job = qarnot_connection.create_job("n", shortname="mine")
    job.submit()
    assert operations(qarnot_emulator) == ["createJob", "retrieveJob", "createJob", "retrieveJob"]
    assert qarnot_connection.jobs() == [job]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 409, 418])
def test_any_refusal_after_a_lost_answer_stays_unknown_if_nothing_is_found(
    qarnot_connection: Connection, qarnot_emulator: Emulator, status: int
) -> None:
    """The first sending may still land: it says why the second was refused, and stays locked."""
    qarnot_emulator.fail_next("createJob", drop="before")
    qarnot_emulator.fail_next("createJob", status=status, body={"message": "the server's words"})
    job = qarnot_connection.create_job("n", shortname="mine")
    with pytest.raises(SubmissionUnknownException, match="the server's words") as caught:
        job.submit()
    assert caught.value.attempts == 2
    assert operations(qarnot_emulator) == ["createJob", "retrieveJob", "createJob", "retrieveJob"]
    with pytest.raises(AttributeError, match="shortname"):
        job.shortname = "other"


@pytest.mark.parametrize("first", [{"status": 429}, {"status": 503, "retry_after": 1}])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequestException),
        (402, NotEnoughCreditsException),
        (403, UnauthorizedException),
    ],
)
def test_refusal_after_a_refusal_for_now_is_raised_as_it_is(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    first: dict[str, Any],
    status: int,
    error: type[QarnotException],
) -> None:
    """A refusal that says come back did nothing, so nothing is in doubt: no look-up, a draft."""
    qarnot_emulator.fail_next("createJob", **first)
    qarnot_emulator.fail_next("createJob", status=status)
    job = qarnot_connection.create_job("n", shortname="mine")
    with pytest.raises(error) as caught:
        job.submit()
    assert caught.value.attempts == 2
    assert operations(qarnot_emulator) == ["createJob", "createJob"]
    job.shortname = "still-a-draft"


@pytest.mark.parametrize("waited", [3, 60, 250])
def test_object_is_adopted_however_long_the_look_up_takes(
    qarnot_connection: Connection, qarnot_emulator: Emulator, waited: int
) -> None:
    """Its age is measured from the first attempt, not from when it is found."""
    qarnot_emulator.fail_next("createJob", drop="after")
    qarnot_emulator.fail_next("retrieveJob", status=503, retry_after=waited)
    job = qarnot_connection.create_job("n", shortname="mine")
    job.submit()
    assert qarnot_connection.jobs() == [job]
    assert operations(qarnot_emulator).count("createJob") == 1


def test_refused_shortname_that_is_not_found_stays_unknown(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The shortname is taken, most likely by our own first sending, and cannot be looked at yet."""
    qarnot_emulator.fail_next("createJob", drop="after")
    qarnot_emulator.fail_next("retrieveJob", times=2, status=404)
    job = qarnot_connection.create_job("n", shortname="mine")
    with pytest.raises(SubmissionUnknownException):
        job.submit()
    assert operations(qarnot_emulator) == ["createJob", "retrieveJob", "createJob", "retrieveJob"]
    with pytest.raises(AttributeError, match="shortname"):
        job.shortname = "other"


def test_shortname_taken_without_any_doubt_is_an_invalid_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """When no answer was lost, a taken shortname is the server's refusal, not an adoption."""
    first = qarnot_connection.create_job("n", shortname="mine")
    first.submit()
    second = qarnot_connection.create_job("n", shortname="mine")
    with pytest.raises(InvalidRequestException, match="shortname"):
        second.submit()
    assert second.uuid is None
    assert operations(qarnot_emulator) == ["createJob", "createJob"]


def test_shortname_taken_after_a_refusal_is_an_invalid_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A 429 says that nothing was done, so the object of that name is not ours."""
    first = qarnot_connection.create_job("n", shortname="mine")
    first.submit()
    qarnot_emulator.fail_next("createJob", status=429)
    second = qarnot_connection.create_job("n", shortname="mine")
    with pytest.raises(InvalidRequestException, match="shortname"):
        second.submit()
    assert second.uuid is None


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 403}, {"drop": "before"}, {"status": 200, "body": b"["}]
)
def test_failed_look_up_stays_unknown(
    qarnot_connection: Connection, qarnot_emulator: Emulator, fault: dict[str, Any]
) -> None:
    """When the look-up fails as well, nothing is known: locked, and never sent again."""
    qarnot_emulator.fail_next("createJob", drop="after")
    qarnot_emulator.fail_next("retrieveJob", times=6, **fault)
    job = qarnot_connection.create_job("n", shortname="mine")
    with pytest.raises(SubmissionUnknownException):
        job.submit()
    with pytest.raises(AttributeError, match="shortname"):
        job.shortname = "other"
    with pytest.raises(QarnotException):
        job.submit()
    assert operations(qarnot_emulator).count("createJob") == 1
    assert len(qarnot_connection.jobs()) == 1


def test_server_that_goes_away_after_the_effect_stays_unknown() -> None:
    """When the server is gone before the look-up, the object is not a draft again."""
    with Emulator(clock=ManualClock()) as emulator:
        clock = ActingClock(lambda seconds: emulator.stop())
        with connect(emulator, clock=clock) as connection:
            emulator.fail_next("createJob", drop="after")
            job = connection.create_job("n", shortname="mine")
            with pytest.raises(SubmissionUnknownException):
                job.submit()
            with pytest.raises(AttributeError, match="name"):
                job.name = "other"
    assert operations(emulator) == ["createJob"]


def test_without_retries_a_lost_answer_is_still_looked_up(qarnot_emulator: Emulator) -> None:
    """`retry_count=0` sends nothing twice, but an object that is there is adopted."""
    with connect(qarnot_emulator, retry_count=0) as connection:
        qarnot_emulator.fail_next("createJob", drop="after")
        job = connection.create_job("n", shortname="mine")
        job.submit()
        assert [job] == connection.jobs()
        qarnot_emulator.fail_next("createJob", drop="before")
        unknown = connection.create_job("n", shortname="other")
        with pytest.raises(SubmissionUnknownException):
            unknown.submit()
    assert operations(qarnot_emulator).count("createJob") == 2


def test_sending_again_is_bounded(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A server that never answers a creation gets it `retry_count + 1` times at most."""
    qarnot_emulator.fail_next("createJob", times=50, drop="before")
    job = qarnot_connection.create_job("n", shortname="mine")
    with pytest.raises(SubmissionUnknownException) as caught:
        job.submit()
    assert operations(qarnot_emulator).count("createJob") == 6
    assert 6 == caught.value.attempts == len(caught.value.history)


# --- generated shortnames -----------------------------------------------------------------------


@each_kind
def test_client_shortnames_make_every_lost_answer_resolve(
    qarnot_emulator: Emulator, kind: Kind
) -> None:
    """With `client_shortnames=True` an object without a shortname gets one to be found by."""
    with connect(qarnot_emulator, client_shortnames=True) as connection:
        for fault in ("after", "before"):
            qarnot_emulator.fail_next(kind.create, drop=fault)
            made = kind.make(connection, None)
            assert made.shortname is None
            made.submit()
            assert made.uuid != made.shortname
        shortnames = [found.shortname for found in kind.listed(connection)]
    assert len(set(shortnames)) == 2
    assert all(len(shortname) <= 63 for shortname in shortnames)


def test_client_shortnames_leave_the_users_own(qarnot_emulator: Emulator) -> None:
    """A shortname the user gave is kept."""
    with connect(qarnot_emulator, client_shortnames=True) as connection:
        job = connection.create_job("n", shortname="mine")
        job.submit()
        assert job.shortname == "mine"


def test_client_shortnames_are_kept_for_the_next_try(qarnot_emulator: Emulator) -> None:
    """After a refusal the next `submit` sends the same one: a late effect cannot be doubled."""
    with connect(qarnot_emulator, client_shortnames=True) as connection:
        qarnot_emulator.fail_next("createJob", status=402)
        job = connection.create_job("n")
        with pytest.raises(NotEnoughCreditsException):
            job.submit()
        job.submit()
    first, second = (request.body["shortname"] for request in qarnot_emulator.requests)
    assert first == second


# --- refusals that say come back ----------------------------------------------------------------


@each_kind
@pytest.mark.parametrize("shortname", [None, "mine"])
@pytest.mark.parametrize(
    "fault",
    [{"status": 429}, {"status": 429, "retry_after": 7}, {"status": 503, "retry_after": 7}],
)
def test_refusal_for_now_is_sent_again(
    qarnot_emulator: Emulator, kind: Kind, shortname: str | None, fault: dict[str, Any]
) -> None:
    """A 429, or a 503 with `Retry-After`, did nothing: the creation is sent again, no look-up."""
    clock = ActingClock()
    with connect(qarnot_emulator, clock=clock) as connection:
        qarnot_emulator.fail_next(kind.create, times=2, **fault)
        made = kind.make(connection, shortname)
        made.submit()
        assert [kind.create] * 3 == operations(qarnot_emulator)
        assert [made] == kind.listed(connection)
    assert len(clock.slept) == 2
    assert all(seconds >= fault.get("retry_after", 0) for seconds in clock.slept)


@pytest.mark.parametrize(
    ("header", "least"),
    [("7", 7.0), ("0.25", 0.25), ("120", 120.0), ("0", 0.0), ("-3", 0.0), ("soon", 0.0), ("", 0.0)],
)
@pytest.mark.parametrize("operation", ["createJob", "retrieveJob", "paginateJobs", "deleteJob"])
def test_retry_after_is_never_undercut(
    qarnot_emulator: Emulator, operation: str, header: str, least: float
) -> None:
    """The wait is at least what the server asks for, and the back-off's bound at most, else."""
    clock = ActingClock()
    with connect(qarnot_emulator, clock=clock) as connection:
        job = connection.create_job("n")
        qarnot_emulator.fail_next(operation, status=429, retry_after=header)
        job.submit()
        job.update()
        connection.jobs()
        job.delete()
    (slept,) = clock.slept
    assert least <= slept <= max(least, 1.0)


def test_retry_after_as_a_date_counts_from_the_servers_clock() -> None:
    """A date is measured from the answer's own `Date`, whatever the client's clock says."""
    clock = ActingClock()
    epoch = datetime(2087, 1, 1, tzinfo=UTC)
    with (
        Emulator(clock=ManualClock(), epoch=epoch) as emulator,
        connect(emulator, clock=clock) as connection,
    ):
        date = "Wed, 01 Jan 2087 00:01:30 GMT"
        emulator.fail_next("createJob", status=503, retry_after=date)
        connection.create_job("n").submit()
        assert operations(emulator) == ["createJob", "createJob"]
    (slept,) = clock.slept
    assert slept == 90


@each_kind
def test_retry_after_beyond_the_deadline_raises_at_once(
    qarnot_emulator: Emulator, kind: Kind
) -> None:
    """A server that asks for more time than there is gets no second request now."""
    clock = ActingClock()
    with connect(qarnot_emulator, clock=clock, deadline=60) as connection:
        qarnot_emulator.fail_next(kind.create, status=429, retry_after=61)
        made = kind.make(connection, None)
        with pytest.raises(TooManyRequestsException) as caught:
            made.submit()
        assert (timedelta(seconds=61), 1) == (caught.value.retry_after, caught.value.attempts)
        assert [kind.create] == operations(qarnot_emulator)
        made.submit()
        assert [made] == kind.listed(connection)
    assert clock.slept == []


@pytest.mark.parametrize("shortname", [None, "mine"])
def test_refused_for_now_without_end_leaves_a_draft(
    qarnot_connection: Connection, qarnot_emulator: Emulator, shortname: str | None
) -> None:
    """When a 429 does not clear in time it is raised, and `submit` can be called again."""
    qarnot_emulator.fail_next("createJob", status=429, times=6)
    job = qarnot_connection.create_job("n", shortname=shortname)
    with pytest.raises(TooManyRequestsException) as caught:
        job.submit()
    assert caught.value.attempts == 6
    job.name = "still a draft"
    job.submit()
    assert [found.name for found in qarnot_connection.jobs()] == ["still a draft"]


def test_deadline_bounds_the_whole_operation(qarnot_emulator: Emulator) -> None:
    """No wait is begun that would end after the deadline."""
    clock = ActingClock()
    with connect(qarnot_emulator, clock=clock, deadline=10) as connection:
        qarnot_emulator.fail_next("createJob", status=503, retry_after=4, times=6)
        with pytest.raises(ServerException) as caught:
            connection.create_job("n").submit()
    assert (caught.value.attempts, clock.slept) == (3, [4.0, 4.0])


# --- connections that were never made -----------------------------------------------------------


@each_kind
@pytest.mark.parametrize("shortname", [None, "mine"])
def test_refused_connection_is_tried_again(kind: Kind, shortname: str | None) -> None:
    """A creation that never left is sent once the server is there."""
    with Emulator(clock=ManualClock()) as emulator:
        clock = ActingClock(lambda seconds: emulator.start())
        with connect(emulator, clock=clock) as connection:
            emulator.stop()
            made = kind.make(connection, shortname)
            made.submit()
            assert [kind.create] == operations(emulator)
            assert [made] == kind.listed(connection)
    assert len(clock.slept) == 1


@pytest.mark.parametrize("shortname", [None, "mine"])
def test_refused_connection_without_end_leaves_a_draft(shortname: str | None) -> None:
    """It is a `ConnectionFailedException` after all attempts, and nothing is in doubt."""
    with Emulator(clock=ManualClock()) as emulator:
        clock = ActingClock()
        with connect(emulator, clock=clock) as connection:
            emulator.stop()
            job = connection.create_job("n", shortname=shortname)
            with pytest.raises(ConnectionFailedException) as caught:
                job.submit()
            assert (caught.value.attempts, len(clock.slept)) == (6, 5)
            emulator.start()
            job.name = "still a draft"
            job.submit()
            assert [found.name for found in connection.jobs()] == ["still a draft"]


# --- refusals -------------------------------------------------------------------------------------


@each_kind
@pytest.mark.parametrize("shortname", [None, "mine"])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, QarnotGenericException),
        (307, QarnotGenericException),
        (400, InvalidRequestException),
        (401, UnauthorizedException),
        (402, NotEnoughCreditsException),
        (403, UnauthorizedException),
        (404, QarnotException),
        (408, QarnotGenericException),
        (409, ConflictException),
        (418, QarnotGenericException),
    ],
)
def test_refusal_is_raised_and_the_object_stays_a_draft(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: Kind,
    shortname: str | None,
    status: int,
    error: type[QarnotException],
) -> None:
    """A refusal is sent once, raised with the server's words, and `submit` can be called again."""
    qarnot_emulator.fail_next(kind.create, status=status, body={"message": "the server's words"})
    made = kind.make(qarnot_connection, shortname)
    with pytest.raises(error, match="the server's words") as caught:
        made.submit()
    assert (status, "POST", 1) == (
        caught.value.status_code,
        caught.value.method,
        caught.value.attempts,
    )
    assert [kind.create] == operations(qarnot_emulator)
    assert (made.uuid, made.state) == (None, "UnSubmitted")
    made.name = "still a draft"
    made.submit()
    assert [found.name for found in kind.listed(qarnot_connection)] == ["still a draft"]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        pytest.param(JOB, MaxJobException, id="job"),
        pytest.param(TASK, MaxTaskException, id="task"),
        pytest.param(POOL, MaxPoolException, id="pool"),
    ],
)
def test_quota_of_each_kind_has_its_exception(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: Kind,
    error: type[QarnotException],
) -> None:
    """A reached maximum is told by kind, and `submit` succeeds once there is room."""
    qarnot_emulator.set_limits(max_jobs=0, max_tasks=0, max_pools=0)
    made = kind.make(qarnot_connection, None)
    with pytest.raises(error, match="Maximum number of"):
        made.submit()
    qarnot_emulator.set_limits(max_jobs=1, max_tasks=1, max_pools=1)
    made.submit()
    assert [made] == kind.listed(qarnot_connection)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        pytest.param(JOB, MissingPoolException, id="job"),
        pytest.param(TASK, MissingBucketException, id="task"),
        pytest.param(POOL, MissingBucketException, id="pool"),
    ],
)
def test_creation_answered_404_tells_what_is_missing(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: Kind,
    error: type[QarnotException],
) -> None:
    """What a creation misses is never the object that is being created."""
    qarnot_emulator.fail_next(kind.create, status=404)
    with pytest.raises(error):
        kind.make(qarnot_connection, None).submit()


# --- reads and idempotent writes ------------------------------------------------------------------

READS: list[Any] = [
    pytest.param("retrieveJob", lambda c, job: job.update(True), id="retrieve"),
    pytest.param("paginateJobs", lambda c, job: c.jobs(), id="page"),
    pytest.param("listJobTasks", lambda c, job: job.tasks, id="tasks"),
    pytest.param("terminateJob", lambda c, job: job.terminate(), id="terminate"),
    pytest.param("deleteJob", lambda c, job: job.delete(), id="delete"),
]
"""Operations that may be repeated."""

Call = Callable[[Connection, Job], object]


@pytest.mark.parametrize(("operation", "call"), READS)
@pytest.mark.parametrize(
    "fault",
    [
        *({"status": status} for status in (408, 429, 500, 502, 503, 504)),
        {"drop": "before"},
        {"drop": "after"},
    ],
)
def test_repeatable_operation_outlives_a_failure(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    operation: str,
    call: Call,
    fault: dict[str, Any],
) -> None:
    """A read, a termination and a deletion are tried again until they succeed."""
    job = qarnot_connection.create_job("n")
    job.submit()
    qarnot_emulator.fail_next(operation, times=5, **fault)
    call(qarnot_connection, job)
    assert operations(qarnot_emulator).count(operation) == 6


@pytest.mark.parametrize(("operation", "call"), READS)
@pytest.mark.parametrize("retry_count", [0, 1, 5])
def test_repeatable_operation_is_tried_so_often_and_no_more(
    qarnot_emulator: Emulator, operation: str, call: Call, retry_count: int
) -> None:
    """After `retry_count` repetitions the failure is raised, with all its attempts."""
    clock = ActingClock()
    with connect(qarnot_emulator, clock=clock, retry_count=retry_count) as connection:
        job = connection.create_job("n")
        job.submit()
        qarnot_emulator.fail_next(operation, times=10, body={"message": "down for repairs"})
        with pytest.raises(ServerException, match="down for repairs") as caught:
            call(connection, job)
    error = caught.value
    assert retry_count + 1 == operations(qarnot_emulator).count(operation)
    assert (retry_count + 1, 503) == (error.attempts, error.status_code)
    assert ["down for repairs"] * (retry_count + 1) == [attempt.reason for attempt in error.history]
    waits = [attempt.waited.total_seconds() for attempt in error.history]
    assert [*clock.slept, 0.0] == pytest.approx(waits, abs=1e-6)
    for doublings, slept in enumerate(clock.slept):
        assert 0 <= slept <= 2**doublings


@pytest.mark.parametrize(("operation", "call"), READS)
@pytest.mark.parametrize("status", [302, 400, 401, 402, 403, 404, 409, 418, 501, 520])
def test_answer_that_will_not_change_is_not_asked_for_again(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    operation: str,
    call: Call,
    status: int,
) -> None:
    """A refusal for good is raised after one request."""
    job = qarnot_connection.create_job("n")
    job.submit()
    qarnot_emulator.fail_next(operation, status=status)
    with pytest.raises(QarnotException) as caught:
        call(qarnot_connection, job)
    assert (status, 1) == (caught.value.status_code, caught.value.attempts)
    assert operations(qarnot_emulator).count(operation) == 1


def test_retry_wait_scales_the_back_off(qarnot_emulator: Emulator) -> None:
    """`retry_wait=0` repeats at once; the waits of any other stay under its doublings."""
    for retry_wait, bound in ((0, 0.0), (timedelta(milliseconds=1), 0.001), (100, 60.0)):
        clock = ActingClock()
        with connect(qarnot_emulator, clock=clock, retry_wait=retry_wait, deadline=3600) as one:
            qarnot_emulator.fail_next("paginateJobs", times=5)
            assert one.jobs() == []
        assert len(clock.slept) == 5
        for doublings, slept in enumerate(clock.slept):
            assert slept <= min(60.0, bound * 2**doublings)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        pytest.param(JOB, MissingJobException, id="job"),
        pytest.param(POOL, MissingPoolException, id="pool"),
    ],
)
def test_deletion_whose_answer_was_lost_succeeds_when_nothing_is_left(
    qarnot_emulator: Emulator, kind: Kind, error: type[QarnotException]
) -> None:
    """The repetition finds a 404 and that is the success; a 404 at once is not."""
    clock = ActingClock(lambda seconds: qarnot_emulator.advance(timedelta(minutes=1)))
    with connect(qarnot_emulator, clock=clock) as connection:
        made = kind.make(connection, None)
        made.submit()
        delete = kind.create.replace("create", "delete")
        qarnot_emulator.fail_next(delete, drop="after")
        made.delete()
        statuses = [r.status for r in qarnot_emulator.requests if r.operation == delete]
        assert statuses == [None, 404]
        with pytest.raises(error):
            made.delete()


# --- the retry quota ------------------------------------------------------------------------------


def test_retry_quota_keeps_an_outage_from_being_amplified(qarnot_emulator: Emulator) -> None:
    """In a long outage a connection stops retrying; other connections have their own quota."""
    qarnot_emulator.fail_next("paginateJobs", times=10_000)

    def attempts(connection: Connection) -> int:
        with pytest.raises(ServerException) as caught:
            connection.jobs()
        return caught.value.attempts

    with connect(qarnot_emulator, retry_wait=0) as connection:
        made = [attempts(connection) for _ in range(50)]
        assert made[0] == 6
        assert made[10:] == [1] * 40
        # 500 tokens at 14 a retry.
        assert sum(made) - 50 == 35
        with connect(qarnot_emulator, retry_wait=0) as other:
            assert attempts(other) == 6


def test_lost_creation_is_looked_up_without_quota(qarnot_emulator: Emulator) -> None:
    """A server that answers the look-up is not down: then the creation is sent again, too."""
    with connect(qarnot_emulator, retry_wait=0) as connection:
        qarnot_emulator.fail_next("paginateJobs", times=10_000)
        for _ in range(50):
            with pytest.raises(ServerException):
                connection.jobs()
        for number in range(3):
            qarnot_emulator.fail_next("createJob")
            job = connection.create_job("n", shortname=f"job-{number}")
            job.submit()
            assert job.uuid is not None
    assert operations(qarnot_emulator)[-9:] == ["createJob", "retrieveJob", "createJob"] * 3


def test_outage_is_not_amplified_by_look_ups(qarnot_emulator: Emulator) -> None:
    """Where the server does not answer them, each creation is looked up once and stays unknown."""
    with connect(qarnot_emulator, retry_wait=0) as connection:
        for operation in "paginateJobs", "createJob", "retrieveJob":
            qarnot_emulator.fail_next(operation, times=10_000)
        for _ in range(50):
            with pytest.raises(ServerException):
                connection.jobs()
        with pytest.raises(SubmissionUnknownException):
            connection.create_job("n", shortname="mine").submit()
    assert operations(qarnot_emulator)[-2:] == ["createJob", "retrieveJob"]


def test_retry_quota_is_filled_again_by_success(qarnot_emulator: Emulator) -> None:
    """After an outage successes bring the retries back."""
    with connect(qarnot_emulator, retry_wait=0) as connection:
        qarnot_emulator.fail_next("paginateJobs", times=35 + 8)
        for _ in range(8):
            with pytest.raises(ServerException):
                connection.jobs()
        for _ in range(14):
            assert connection.jobs() == []
        qarnot_emulator.fail_next("paginateJobs")
        assert connection.jobs() == []


def test_every_submission_resolves_over_a_bad_network(qarnot_emulator: Emulator) -> None:
    """With a fifth 503 and three tenths "created, answer lost", n submissions are n jobs."""
    chance = random.Random(20260101)  # noqa: S311 - dice, no secret
    n = 200
    qarnot_emulator.set_limits(max_jobs=10 * n)
    with connect(qarnot_emulator, client_shortnames=True, retry_wait=0) as connection:
        for number in range(n):
            while (luck := chance.random()) < 0.5:
                if luck < 0.2:
                    qarnot_emulator.fail_next("createJob", status=503)
                else:
                    qarnot_emulator.fail_next("createJob", drop="after")
                    break
            connection.create_job(f"job {number}").submit()
        names = [job.name for job in connection.jobs()]
    assert {f"job {number}" for number in range(n)} == set(names)
    assert n == len(names)
