"""`Connection.refresh`: many objects brought up to date with few requests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    Job,
    MalformedResponseException,
    MissingJobException,
    Pool,
    QarnotGenericException,
    Task,
    UnauthorizedException,
)
from qarnot_domain.emulator import Emulator

from .driving import JOB_PAYLOAD, PROFILE, ActingClock, add_task, connect, operations, submitted

Made = Job | Task | Pool

LARGEST_PAGE = 50
"""How many objects the emulator gives at most on a page, whatever it is asked for."""


class Kind:
    """How one kind of object is made, and what asks after it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.listing = f"paginate{name.title()}s"
        self.retrieval = f"retrieve{name.title()}"

    def draft(self, connection: Connection, name: str = "n") -> Any:
        arguments = () if self.name == "job" else (PROFILE,)
        return getattr(connection, f"create_{self.name}")(name, *arguments)

    def make(self, connection: Connection, name: str = "n") -> Any:
        made = self.draft(connection, name)
        made.submit()
        return made


each_kind = pytest.mark.parametrize(
    "kind", [Kind("job"), Kind("task"), Kind("pool")], ids=lambda kind: kind.name
)


def known(objects: Iterable[Made], member: str) -> list[Any]:
    """What is known of a member of each, however stale, without asking."""
    values = []
    for one in objects:
        one.auto_update = False
        values.append(getattr(one, member))
        one.auto_update = True
    return values


def states(objects: Iterable[Made]) -> list[str]:
    """What is known of their states."""
    return [str(state) for state in known(objects, "state")]


# --- few requests -----------------------------------------------------------------------------


@each_kind
def test_many_objects_take_few_requests(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """A hundred and fifty objects are up to date after a request for each page they fill."""
    qarnot_emulator.set_limits(max_jobs=150, max_tasks=150, max_pools=150)
    made = [kind.make(qarnot_connection) for _ in range(150)]
    for one in made:
        qarnot_emulator.set_state(str(one.uuid), f"State of {one.uuid}")
    before = len(qarnot_emulator.requests)
    assert qarnot_connection.refresh(made) == []
    assert [str(one.state) for one in made] == [f"State of {one.uuid}" for one in made]
    assert operations(qarnot_emulator)[before:] == [kind.listing] * (150 // LARGEST_PAGE)


def test_kinds_may_be_mixed(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Jobs, tasks and pools in any order take a request for each kind."""
    kinds = [Kind("pool"), Kind("job"), Kind("task"), Kind("job"), Kind("pool")]
    made = [kind.make(qarnot_connection) for kind in kinds]
    for one in made:
        qarnot_emulator.set_state(str(one.uuid), "Changed")
    before = len(qarnot_emulator.requests)
    assert qarnot_connection.refresh(one for one in made) == []
    asked = operations(qarnot_emulator)[before:]
    assert sorted(map(str, asked)) == ["paginateJobs", "paginatePools", "paginateTasks"]
    assert states(made) == ["Changed"] * 5


@each_kind
def test_request_is_for_these_uuids(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """It asks for those objects, each once, and for as many at most."""
    made = [kind.make(qarnot_connection) for _ in range(2)]
    qarnot_connection.refresh([*made, made[0]])
    assert qarnot_emulator.requests[-1].body == {
        "maximumResults": 2,
        "filter": {
            "operator": "In",
            "field": "Uuid",
            "values": [one.uuid for one in made],
        },
    }


def test_more_than_a_thousand_are_asked_for_in_turns(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """One request asks after a thousand at most."""
    jobs = [
        Job.from_json(
            qarnot_connection,
            {**JOB_PAYLOAD, "uuid": f"00000000-0000-4000-8000-{number:012}"},
        )
        for number in range(1001)
    ]
    assert qarnot_connection.refresh(jobs) == jobs
    asked = [len(request.body["filter"]["values"]) for request in qarnot_emulator.requests]
    assert asked == [1000, 1]


def test_nothing_is_asked_for_nothing(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """An empty list sends nothing."""
    assert qarnot_connection.refresh([]) == []
    assert qarnot_emulator.requests == []


# --- what it brings ---------------------------------------------------------------------------


@each_kind
def test_refreshed_object_is_as_fresh_as_one_that_was_updated(
    qarnot_emulator: Emulator, kind: Kind
) -> None:
    """It serves reads until `update_cache_time` after the request, and asks then."""
    clock = ActingClock()
    with connect(qarnot_emulator, clock=clock) as connection:
        made = kind.make(connection)
        connection.refresh([made])
        clock.advance(timedelta(seconds=4.9))
        assert made.name == "n"
        assert operations(qarnot_emulator)[-1] == kind.listing
        clock.advance(timedelta(seconds=0.2))
        assert made.name == "n"
        assert operations(qarnot_emulator)[-1] == kind.retrieval


@each_kind
def test_fresh_objects_are_asked_after_too(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """What was read a moment ago is refreshed all the same."""
    made = kind.make(qarnot_connection)
    made.update()
    qarnot_emulator.set_state(str(made.uuid), "Changed")
    qarnot_connection.refresh([made])
    assert states([made]) == ["Changed"]


@each_kind
def test_refresh_works_with_auto_update_off(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """It is asked for, as an `update` is."""
    made = kind.make(qarnot_connection)
    made.auto_update = False
    qarnot_emulator.set_state(str(made.uuid), "Changed")
    qarnot_connection.refresh([made])
    assert (str(made.state), made.auto_update) == ("Changed", False)


def test_summaries_become_whole(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Every member of a task or pool that was listed in summary is known afterwards."""
    task = qarnot_connection.create_task("n", PROFILE)
    pool = qarnot_connection.create_pool("n", PROFILE)
    for made in (task, pool):
        made.constants = {"DOCKER_CMD": "echo"}
        made.tags = ["t"]
        made.submit()
    (one,) = qarnot_connection.tasks()
    (other,) = qarnot_connection.pools()
    qarnot_connection.refresh([one, other])
    before = len(qarnot_emulator.requests)
    assert (dict(one.constants), one.tags) == ({"DOCKER_CMD": "echo"}, ["t"])
    assert (dict(other.constants), other.tags) == ({"DOCKER_CMD": "echo"}, ["t"])
    assert len(qarnot_emulator.requests) == before


@each_kind
def test_each_of_several_equal_objects_is_refreshed(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """The same object twice, and two of the same uuid in either case of letters, are one."""
    made = kind.make(qarnot_connection)
    payload = {**getattr(qarnot_connection, f"retrieve_{kind.name}")(made.uuid).to_json()}
    upper = type(made).from_json(qarnot_connection, {**payload, "uuid": str(made.uuid).upper()})
    qarnot_emulator.set_state(str(made.uuid), "Changed")
    assert qarnot_connection.refresh([made, upper, made]) == []
    assert states([made, upper]) == ["Changed"] * 2


def test_members_that_were_set_stay_set(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What is still to be committed is not lost."""
    job = submitted(qarnot_connection)
    task = add_task(job, qarnot_connection)
    task.tags = ["mine"]
    qarnot_connection.refresh([task])
    assert task.tags == ["mine"]
    task.commit()
    assert qarnot_connection.retrieve_task(str(task.uuid)).tags == ["mine"]


# --- what it leaves alone ---------------------------------------------------------------------


@each_kind
def test_drafts_are_ignored(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """What is not submitted is neither asked for nor gone, and can still be set."""
    draft = kind.draft(qarnot_connection)
    assert qarnot_connection.refresh([draft]) == []
    assert qarnot_emulator.requests == []
    draft.name = "other"
    made = kind.make(qarnot_connection)
    assert qarnot_connection.refresh([draft, made]) == []
    assert qarnot_emulator.requests[-1].body["filter"]["values"] == [made.uuid]


@each_kind
def test_gone_objects_are_returned_as_they_were(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """They come back in their order, with what was known, and the others are up to date."""
    made = [kind.make(qarnot_connection, name) for name in "abcd"]
    qarnot_connection.refresh(made)
    for one in (made[3], made[1]):
        getattr(qarnot_connection, f"retrieve_{kind.name}")(one.uuid).delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    for one in (made[0], made[2]):
        qarnot_emulator.set_state(str(one.uuid), "Changed")
    before = states(made)
    gone = qarnot_connection.refresh(made)
    assert [id(one) for one in gone] == [id(made[1]), id(made[3])]
    assert states(made) == ["Changed", before[1], "Changed", before[3]]
    assert known(gone, "name") == ["b", "d"]


def test_gone_objects_of_each_kind_are_returned(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Each object that is gone is among them, however often it was given."""
    made = [Kind(name).make(qarnot_connection) for name in ("pool", "job", "task")]
    qarnot_emulator.reset()
    gone = qarnot_connection.refresh([*made, made[0]])
    assert {id(one) for one in gone} == {id(one) for one in made}


@each_kind
def test_deleted_objects_stay_as_they_are(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: Kind
) -> None:
    """What this program deleted stays deleted, whatever the server still says of it."""
    made = kind.make(qarnot_connection)
    made.update()
    payload = {**made.to_json(), "state": "Active"}
    made.delete()
    before = states([made])
    qarnot_emulator.fail_next(kind.listing, status=200, body={"data": [payload]})
    qarnot_connection.refresh([made])
    assert states([made]) == before


@pytest.mark.parametrize("other", [3, None, "job", {"uuid": "x"}, "a connection"])
def test_something_else_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator, other: Any
) -> None:
    """It is a `TypeError` that says what it is, and nothing is sent."""
    other = qarnot_connection if other == "a connection" else other
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    with pytest.raises(TypeError, match=f"not {type(other).__name__}"):
        qarnot_connection.refresh([job, other])
    assert qarnot_emulator.requests == []


def test_object_outside_of_a_list_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """One object alone is a `TypeError`."""
    job: Any = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    with pytest.raises(TypeError, match="not iterable"):
        qarnot_connection.refresh(job)
    assert qarnot_emulator.requests == []


def test_object_of_another_connection_is_not_taken_for_gone(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Its account is not known here, so it is a `ValueError`, and nothing is sent."""
    with Connection(cluster_url="http://127.0.0.1:9", client_token="another-token") as other:
        job = Job.from_json(other, JOB_PAYLOAD)
        with pytest.raises(ValueError, match="another connection"):
            qarnot_connection.refresh([job])
    assert qarnot_emulator.requests == []


# --- what happens meanwhile -------------------------------------------------------------------


def test_terminate_during_a_refresh_is_not_overwritten(qarnot_emulator: Emulator) -> None:
    """An answer to what was asked before the termination does not hide it: the next read asks."""
    with connect(qarnot_emulator, clock=ActingClock(lambda seconds: job.terminate())) as connection:
        job = submitted(connection)
        job.update()
        earlier = {"data": [job.to_json()]}
        qarnot_emulator.fail_next("paginateJobs")
        qarnot_emulator.fail_next("paginateJobs", status=200, body=earlier)
        assert connection.refresh([job]) == []
        assert job.state == "Terminating"
    assert operations(qarnot_emulator)[-1] == "retrieveJob"


def test_commit_during_a_refresh_is_not_overwritten(qarnot_emulator: Emulator) -> None:
    """An answer from before a `commit` does not bring back what was before."""

    def commit(seconds: float) -> None:
        task.tags = ["new"]
        task.commit()

    with connect(qarnot_emulator, clock=ActingClock(commit)) as connection:
        task = add_task(submitted(connection), connection)
        task.update()
        earlier = {"data": [task.to_json()]}
        qarnot_emulator.fail_next("paginateTasks")
        qarnot_emulator.fail_next("paginateTasks", status=200, body=earlier)
        connection.refresh([task])
        task.auto_update = False
        assert task.tags == ["new"]


def test_deletion_during_a_refresh_is_not_overwritten(qarnot_emulator: Emulator) -> None:
    """An answer from before a deletion does not bring the object back."""
    with connect(qarnot_emulator, clock=ActingClock(lambda seconds: pool.delete())) as connection:
        pool = connection.create_pool("n", PROFILE)
        pool.submit()
        pool.update()
        earlier = {"data": [pool.to_json()]}
        qarnot_emulator.fail_next("paginatePools")
        qarnot_emulator.fail_next("paginatePools", status=200, body=earlier)
        connection.refresh([pool])
        assert pool.state == "PendingDelete"


def test_newer_update_during_a_refresh_is_not_overwritten(qarnot_emulator: Emulator) -> None:
    """What was asked for later stays, also when its answer came first."""

    def update(seconds: float) -> None:
        clock.advance(timedelta(seconds=1))
        qarnot_emulator.set_state(str(job.uuid), "Newer")
        job.update(flushcache=True)

    clock = ActingClock(update)
    with connect(qarnot_emulator, clock=clock) as connection:
        job = submitted(connection)
        job.update()
        earlier = {"data": [job.to_json()]}
        qarnot_emulator.fail_next("paginateJobs")
        qarnot_emulator.fail_next("paginateJobs", status=200, body=earlier)
        connection.refresh([job])
        assert states([job]) == ["Newer"]


# --- failures ---------------------------------------------------------------------------------


def test_failure_leaves_what_was_asked_for_before_up_to_date(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The jobs, which are asked for first, are refreshed although the tasks are refused."""
    job = submitted(qarnot_connection)
    task = add_task(job, qarnot_connection)
    qarnot_connection.refresh([job, task])
    for one in (job, task):
        qarnot_emulator.set_state(str(one.uuid), "Changed")
    qarnot_emulator.fail_next("paginateTasks", status=403, body={"message": "not for you"})
    with pytest.raises(UnauthorizedException, match="not for you"):
        qarnot_connection.refresh([task, job])
    assert states([job, task]) == ["Changed", "Submitted"]


def test_refresh_outlives_a_failing_server(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It is a read, and repeated as one."""
    job = submitted(qarnot_connection)
    qarnot_emulator.set_state(str(job.uuid), "Changed")
    qarnot_emulator.fail_next("paginateJobs", times=3)
    assert qarnot_connection.refresh([job]) == []
    assert states([job]) == ["Changed"]


@pytest.mark.parametrize("item", [{"state": 3}, {"creationDate": "yesterday"}, {"tags": [1]}])
def test_answer_that_cannot_be_read_leaves_the_object_as_it_was(
    qarnot_connection: Connection, qarnot_emulator: Emulator, item: dict[str, Any]
) -> None:
    """It is a `MalformedResponseException`, as for an update."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    page = {"data": [{**JOB_PAYLOAD, **item}]}
    qarnot_emulator.fail_next("paginateJobs", status=200, body=page)
    with pytest.raises(MalformedResponseException, match=next(iter(item))):
        qarnot_connection.refresh([job])
    assert states([job]) == ["Terminating"]


@pytest.mark.parametrize("uuid", ["00000000-0000-4000-8000-000000000001", None, 3])
def test_answer_about_something_else_is_ignored(
    qarnot_connection: Connection, qarnot_emulator: Emulator, uuid: Any
) -> None:
    """An object that was not asked for changes none."""
    job = Job.from_json(qarnot_connection, JOB_PAYLOAD)
    other = {**JOB_PAYLOAD, "uuid": uuid, "state": "Other"}
    page = {"data": [other, {**JOB_PAYLOAD, "state": "Changed"}]}
    qarnot_emulator.fail_next("paginateJobs", status=200, body=page)
    assert qarnot_connection.refresh([job]) == []
    assert states([job]) == ["Changed"]


def test_endless_pages_end(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A server that gives the same token again is told, not followed for ever."""
    page = {"data": [], "isTruncated": True, "nextToken": "again"}
    qarnot_emulator.fail_next("paginateJobs", times=10, status=200, body=page)
    with pytest.raises(MalformedResponseException, match="again"):
        qarnot_connection.refresh([Job.from_json(qarnot_connection, JOB_PAYLOAD)])
    assert len(qarnot_emulator.requests) == 2


def test_closed_connection_is_told(qarnot_emulator: Emulator) -> None:
    """Refreshing on a closed connection is a `QarnotGenericException`."""
    with connect(qarnot_emulator) as connection:
        job = Job.from_json(connection, JOB_PAYLOAD)
    with pytest.raises(QarnotGenericException, match="closed"):
        connection.refresh([job])


def test_gone_object_says_so_when_it_is_asked(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Reading it once what was known is stale is its `Missing…Exception`, as ever."""
    job = submitted(qarnot_connection)
    qarnot_emulator.reset()
    assert qarnot_connection.refresh([job]) == [job]
    with pytest.raises(MissingJobException):
        assert job.state
