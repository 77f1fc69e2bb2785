"""`Connection.submit_tasks`: few requests, each task exactly once, each with its own outcome."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from qarnot_domain import (
    BulkSubmissionException,
    ConflictException,
    Connection,
    InvalidRequestException,
    Job,
    MaxTaskException,
    MissingBucketException,
    MissingTaskException,
    NotEnoughCreditsException,
    QarnotException,
    QarnotGenericException,
    ServerException,
    SubmissionUnknownException,
    Task,
    TooManyRequestsException,
    UnauthorizedException,
)
from qarnot_domain.dependency import AdvancedDependency, TaskDependencies
from qarnot_domain.emulator import Emulator

from .driving import PROFILE, ActingClock, connect, in_step, operations, submitted

LARGEST_BATCH = 250


def drafts(
    connection: Connection, names: str | int, job: Job | None = None, *, keyed: bool = False
) -> list[Task]:
    """Drafts of these one-letter names, or so many of them; `keyed` by a shortname each."""
    names = names if isinstance(names, str) else "t" * names
    return [
        connection.create_task(
            f"{name}{index}" if len(set(names)) < len(names) else name,
            PROFILE,
            job=job,
            shortname=f"short-{index}" if keyed else None,
        )
        for index, name in enumerate(names)
    ]


def sent(emulator: Emulator) -> list[list[str]]:
    """The names of the tasks in each creation that came, one alone or many together."""
    bodies = [request.body for request in emulator.requests if request.operation == "createTasks"]
    return [
        [item["name"] for item in (body if isinstance(body, list) else [body])] for body in bodies
    ]


def created(connection: Connection) -> dict[str, str]:
    """The tasks that are there, as name by uuid."""
    return {str(task.uuid): task.name for task in connection.tasks()}


def check_each_once(connection: Connection, tasks: list[Task]) -> None:
    """Each task is there once, bound to the uuid of its own, and nothing else is there."""
    # As they are known here: what the server says by these uuids would prove nothing.
    assert created(connection) == {str(task.uuid): task.to_json()["name"] for task in tasks}
    assert len({task.uuid for task in tasks}) == len(tasks)


def failing(connection: Connection, tasks: list[Task]) -> BulkSubmissionException:
    """What a submission raises that cannot succeed as a whole."""
    with pytest.raises(BulkSubmissionException) as caught:
        connection.submit_tasks(tasks)
    return caught.value


def kinds(failure: BulkSubmissionException) -> dict[int, type[QarnotException]]:
    """The type of each error, by position."""
    return {position: type(error) for position, error in failure.errors.items()}


def check_drafts(tasks: list[Task]) -> None:
    """Each of them can still be changed, and is not submitted."""
    for task in tasks:
        task.name = task.name
        assert (task.uuid, task.state) == (None, "UnSubmitted")


def check_locked(tasks: list[Task]) -> None:
    """None of them can be changed or submitted again, as each may be there already."""
    for task in tasks:
        with pytest.raises(AttributeError, match="name"):
            task.name = "other"
        with pytest.raises(SubmissionUnknownException):
            task.submit()
        assert task.uuid is None


# --- many, in few requests --------------------------------------------------------------------


def test_a_thousand_tasks_take_four_requests(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A thousand tasks of a job are created in their order, each bound to a uuid of its own."""
    job = submitted(qarnot_connection)
    tasks = drafts(qarnot_connection, 1000, job)
    before = len(qarnot_emulator.requests)
    qarnot_connection.submit_tasks(tasks)
    assert operations(qarnot_emulator)[before:] == ["createTasks"] * 4
    assert [len(names) for names in sent(qarnot_emulator)] == [LARGEST_BATCH] * 4
    assert [(task.uuid, task.name) for task in job.tasks] == [
        (task.uuid, f"t{index}") for index, task in enumerate(tasks)
    ]


@pytest.mark.parametrize(
    ("number", "sizes"),
    [
        (0, []),
        (1, [1]),
        (LARGEST_BATCH, [LARGEST_BATCH]),
        (LARGEST_BATCH + 1, [LARGEST_BATCH, 1]),
    ],
)
def test_number_of_requests_is_that_of_full_ones(
    qarnot_connection: Connection, qarnot_emulator: Emulator, number: int, sizes: list[int]
) -> None:
    """No task is no request, and only the last request is not full."""
    qarnot_connection.submit_tasks(drafts(qarnot_connection, number))
    assert [len(names) for names in sent(qarnot_emulator)] == sizes


def test_tasks_may_come_from_an_iterator(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Tasks that can be read only once are read once."""
    tasks = drafts(qarnot_connection, "abc")
    qarnot_connection.submit_tasks(task for task in tasks)
    assert sent(qarnot_emulator) == [["a", "b", "c"]]
    check_each_once(qarnot_connection, tasks)


def test_each_task_is_sent_as_by_its_own_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What is sent for a task among many is what its `submit` sends."""
    job = submitted(qarnot_connection)
    for _ in range(2):
        for ranges in (3, "0-2,7"):
            task = qarnot_connection.create_task("n", PROFILE, ranges, job=job)
            task.constants = {"DOCKER_CMD": "echo", "a": ""}
            task.tags = ["x", "y"]
            task.auto_delete = True
            task.completion_ttl = timedelta(hours=1)
            if operations(qarnot_emulator).count("createTasks") < 2:
                task.submit()
            else:
                qarnot_connection.submit_tasks([task])
    alone = [request.body for request in qarnot_emulator.requests[1:3]]
    together = [request.body for request in qarnot_emulator.requests[3:5]]
    assert together == [[body] for body in alone]


def test_submitted_tasks_are_used_as_any_other(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """They read, lock, run and delete as if each had been submitted alone."""
    tasks = drafts(qarnot_connection, "ab")
    qarnot_connection.submit_tasks(tasks)
    with pytest.raises(AttributeError, match="name"):
        tasks[0].name = "other"
    assert [task.state for task in tasks] == ["Submitted"] * 2
    assert tasks[1].wait() is True
    tasks[0].delete()
    assert created(qarnot_connection) == {str(tasks[1].uuid): "b"}


def test_nothing_is_asked_for_after_the_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What was sent is known, in the state of what was just created."""
    tasks = drafts(qarnot_connection, "ab")
    qarnot_connection.submit_tasks(tasks)
    for task in tasks:
        task.auto_update = False
    assert [(task.name, task.state) for task in tasks] == [("a", "Submitted"), ("b", "Submitted")]
    assert operations(qarnot_emulator) == ["createTasks"]


def test_submitted_tasks_in_the_list_are_left_alone(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task that is submitted is not sent again, and submitting the whole list twice is once."""
    tasks = drafts(qarnot_connection, "abc")
    tasks[1].submit()
    uuid = tasks[1].uuid
    for _ in range(2):
        qarnot_connection.submit_tasks(tasks)
    assert sent(qarnot_emulator) == [["b"], ["a", "c"]]
    assert uuid == tasks[1].uuid
    check_each_once(qarnot_connection, tasks)


def test_the_same_task_twice_is_submitted_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task that the list holds several times is one task."""
    first, second = drafts(qarnot_connection, "ab")
    qarnot_connection.submit_tasks([first, second, first, first])
    assert sent(qarnot_emulator) == [["a", "b"]]
    check_each_once(qarnot_connection, [first, second])


def test_the_same_task_twice_has_its_error_at_each_position(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Each of its positions says why it was refused."""
    first, second = drafts(qarnot_connection, "ab")
    qarnot_emulator.set_limits(max_tasks=1)
    failure = failing(qarnot_connection, [first, second, second])
    assert kinds(failure) == {1: MaxTaskException, 2: MaxTaskException}


def test_keyed_and_unkeyed_tasks_go_in_requests_of_their_own(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Whether a request can be looked up holds for all in it, and the order is kept."""
    plain, keyed = (
        drafts(qarnot_connection, "abcd"),
        drafts(qarnot_connection, "wxyz", keyed=True),
    )
    qarnot_connection.submit_tasks([*plain[:2], *keyed[:2], plain[2], *keyed[2:], plain[3]])
    assert sent(qarnot_emulator) == [["a", "b"], ["w", "x"], ["c"], ["y", "z"], ["d"]]


def test_client_shortnames_give_each_task_its_own(qarnot_emulator: Emulator) -> None:
    """A generated shortname is sent for each task that has none, and kept as its shortname."""
    with connect(qarnot_emulator, client_shortnames=True) as connection:
        tasks = drafts(connection, "abc")
        tasks[1].shortname = "mine"
        connection.submit_tasks(tasks)
        names = [item["shortname"] for request in qarnot_emulator.requests for item in request.body]
        assert [task.shortname for task in tasks] == names
    assert names[1] == "mine"
    assert [bool(re.fullmatch("task-[0-9a-f]{32}", name)) for name in names] == [True, False, True]
    assert names[0] != names[2]


def test_client_shortnames_let_all_tasks_go_together(qarnot_emulator: Emulator) -> None:
    """When every task can be looked up, those with a shortname of their own need no request."""
    with connect(qarnot_emulator, client_shortnames=True) as connection:
        tasks = drafts(connection, "abc")
        tasks[1].shortname = "mine"
        connection.submit_tasks(tasks)
    assert sent(qarnot_emulator) == [["a", "b", "c"]]


# --- dependencies -----------------------------------------------------------------------------


@pytest.fixture
def job(qarnot_connection: Connection) -> Job:
    """A job whose tasks may depend on each other."""
    return submitted(qarnot_connection, use_dependencies=True)


def waiting(job: Job, connection: Connection, needs: str) -> dict[str, Task]:
    """Drafts by name, of which each waits for others: `"a b:a c:ab"`."""
    made: dict[str, Task] = {}
    for need in needs.split():
        name, _, awaited = need.partition(":")
        made[name] = connection.create_task(name, PROFILE, job=job)
        made[name].dependencies = [made[other] for other in awaited]
    return made


@pytest.mark.parametrize("order", ["abcdef", "fedcba", "cfadbe"])
def test_dependencies_are_submitted_in_waves(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job, order: str
) -> None:
    """A task goes after all it waits for, in few requests, in whatever order it is given."""
    made = waiting(job, qarnot_connection, "a b c:ab d:c e:a f:de")
    qarnot_connection.submit_tasks([made[name] for name in order])
    waves = [sorted(names) for names in sent(qarnot_emulator)]
    assert waves == [["a", "b"], ["c", "e"], ["d"], ["f"]]
    for names, wave in zip(waves, sent(qarnot_emulator), strict=True):
        assert wave == sorted(names, key=order.index)
    on_the_server = {task.name: task.dependencies.depends_on for task in job.tasks}
    assert on_the_server == {
        name: tuple(str(made[other].uuid) for other in awaited)
        for name, awaited in {"a": "", "b": "", "c": "ab", "d": "c", "e": "a", "f": "de"}.items()
    }


def test_advanced_dependencies_are_submitted_in_waves(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """Dependencies with conditions count like the others, and keep their conditions."""
    first, second = (qarnot_connection.create_task(name, PROFILE, job=job) for name in "ab")
    second.dependencies = [AdvancedDependency(first, ["failure"])]
    qarnot_connection.submit_tasks([second, first])
    assert sent(qarnot_emulator) == [["a"], ["b"]]
    (said,) = qarnot_connection.retrieve_task(str(second.uuid)).dependencies.advanced_depends_on
    assert (said.task_uuid, list(said.task_final_state_condition)) == (first.uuid, ["failure"])


def test_dependencies_on_what_is_submitted_need_no_wave(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """A task that waits for submitted ones alone, or for uuids, goes with the first."""
    first, other = (qarnot_connection.create_task(name, PROFILE, job=job) for name in "ab")
    first.submit()
    by_task, by_uuid = (qarnot_connection.create_task(name, PROFILE, job=job) for name in "cd")
    by_task.dependencies = [first]
    by_uuid.dependencies = [str(first.uuid)]
    qarnot_connection.submit_tasks([by_task, other, by_uuid])
    assert sent(qarnot_emulator) == [["a"], ["c", "b", "d"]]


def test_a_long_chain_is_submitted(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """A hundred tasks of which each waits for the one before it go in a hundred waves."""
    tasks = drafts(qarnot_connection, 100, job)
    for before, after in pairwise(tasks):
        after.dependencies = [before]
    qarnot_connection.submit_tasks(reversed(tasks))
    assert sent(qarnot_emulator) == [[task.name] for task in tasks]
    check_each_once(qarnot_connection, tasks)


def test_dependants_of_a_refused_task_are_not_sent(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """What waits for it, however indirectly, stays a draft; the others are submitted."""
    made = waiting(job, qarnot_connection, "a b c:a d:c e:b f:be")
    made["a"].shortname = "taken"
    submitted_before = qarnot_connection.create_task("x", PROFILE, job=job, shortname="taken")
    submitted_before.submit()
    tasks = list(made.values())
    failure = failing(qarnot_connection, tasks)
    assert kinds(failure) == {
        0: InvalidRequestException,
        2: QarnotGenericException,
        3: QarnotGenericException,
    }
    assert (failure.errors[2].message, failure.errors[3].message) == (
        "not sent, because 'a', which it waits for, was not submitted",
        "not sent, because 'c', which it waits for, was not submitted",
    )
    check_drafts([made[name] for name in "acd"])
    check_each_once(qarnot_connection, [submitted_before, *(made[name] for name in "bef")])


def test_refused_task_and_its_dependants_can_be_submitted_again(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """Once the reason is gone, the same list submits what is left of it."""
    made = waiting(job, qarnot_connection, "a b:a c:b")
    tasks = list(made.values())
    qarnot_emulator.credits = 0
    assert kinds(failing(qarnot_connection, tasks)) == {
        0: NotEnoughCreditsException,
        1: QarnotGenericException,
        2: QarnotGenericException,
    }
    qarnot_emulator.credits = None
    qarnot_connection.submit_tasks(tasks)
    check_each_once(qarnot_connection, tasks)


# --- refused before any request ---------------------------------------------------------------


def check_refused(
    connection: Connection, emulator: Emulator, tasks: Any, error: type[Exception], named: str
) -> None:
    """The call raises what it is to raise, and sends nothing."""
    before = len(emulator.requests)
    with pytest.raises(error, match=named):
        connection.submit_tasks(tasks)
    assert len(emulator.requests) == before


@pytest.mark.parametrize("other", [3, None, "task", {"name": "n"}, "a job"])
def test_something_else_than_a_task_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator, other: Any
) -> None:
    """It is a `TypeError` that says what it is, and the tasks before it are not sent."""
    other = submitted(qarnot_connection) if other == "a job" else other
    tasks = [*drafts(qarnot_connection, "a"), other]
    named = f"not {type(other).__name__}"
    check_refused(qarnot_connection, qarnot_emulator, tasks, TypeError, named)


@pytest.mark.parametrize("one", [True, False])
def test_something_else_than_a_list_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator, one: bool
) -> None:
    """One task that is in no list is a `TypeError`, as is what can be in none."""
    (task,) = drafts(qarnot_connection, "a")
    given = task if one else None
    check_refused(qarnot_connection, qarnot_emulator, given, TypeError, "not iterable")
    check_drafts([task])


def test_task_of_another_connection_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Even one to the same cluster may have another token or other shortnames."""
    with connect(qarnot_emulator) as other:
        tasks = [*drafts(qarnot_connection, "a"), *drafts(other, "b")]
        check_refused(qarnot_connection, qarnot_emulator, tasks, ValueError, "'b'.*another")
        check_drafts(tasks)


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"advanced_range": "0-2"}, "instancecount.*advanced_range"),
        ({"instancecount": None}, "instancecount or advanced_range"),
        ({"profile": None}, "profile or pool"),
        ({"resources": ["x"], "resource_buckets": ["y"]}, "resource"),
        ({"targeted_reservation_name": "r"}, "scheduling_type"),
        ({"dependencies": ["11111111-2222-4333-8444-555555555555"]}, "dependencies need a job"),
    ],
)
def test_members_that_do_not_go_together_are_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator, members: dict[str, Any], named: str
) -> None:
    """One such task, wherever it is in the list, and none of them is sent."""
    tasks = drafts(qarnot_connection, LARGEST_BATCH + 2)
    for member, value in members.items():
        setattr(tasks[-1], member, value)
    check_refused(qarnot_connection, qarnot_emulator, tasks, ValueError, named)


@pytest.mark.parametrize("advanced", [False, True])
def test_dependency_on_a_draft_that_is_not_in_the_list_is_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job, advanced: bool
) -> None:
    """It could never be sent, so nothing is; the message names both."""
    missing, free, waits = drafts(qarnot_connection, "abc", job)
    waits.dependencies = [AdvancedDependency(missing)] if advanced else [missing]
    named = "'c' waits for 'a'"
    check_refused(qarnot_connection, qarnot_emulator, [free, waits], ValueError, named)
    check_drafts([missing, free, waits])


def test_tasks_that_wait_for_one_another_are_refused(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """A circle has no order, so nothing is sent, not even what is outside of it."""
    first, second, third, free = drafts(qarnot_connection, "abcd", job)
    second.dependencies = [first]
    third.dependencies = [second]
    # An assignment refuses this, unless another thread assigns at the same moment.
    first._own.given["dependencies"] = TaskDependencies((third,))
    tasks = [free, first, second, third]
    check_refused(qarnot_connection, qarnot_emulator, tasks, ValueError, "wait for one another")


# --- refused one by one -----------------------------------------------------------------------


def test_tasks_over_the_quota_are_max_task_exceptions(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The first are submitted; the others have the server's words, at their positions."""
    tasks = drafts(qarnot_connection, "abcde")
    qarnot_emulator.set_limits(max_tasks=3)
    failure = failing(qarnot_connection, tasks)
    assert kinds(failure) == {3: MaxTaskException, 4: MaxTaskException}
    assert {error.message for error in failure.errors.values()} == {
        "Maximum number of tasks reached"
    }
    assert {error.status_code for error in failure.errors.values()} == {403}
    assert qarnot_emulator.requests[-1].status == 207
    check_drafts(tasks[3:])
    check_each_once(qarnot_connection, tasks[:3])


def test_positions_are_those_of_the_list_that_was_given(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Tasks that were submitted before count."""
    tasks = drafts(qarnot_connection, "abcd")
    tasks[0].submit()
    tasks[2].submit()
    qarnot_emulator.set_limits(max_tasks=3)
    assert kinds(failing(qarnot_connection, tasks)) == {3: MaxTaskException}


def test_failure_says_how_many_and_why(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The message counts the tasks and gives three reasons; it is a `QarnotGenericException`."""
    tasks = drafts(qarnot_connection, "abcdefg")
    qarnot_emulator.set_limits(max_tasks=2)
    failure: QarnotGenericException = failing(qarnot_connection, tasks)
    reason = "Maximum number of tasks reached"
    assert str(failure) == (
        "5 of 7 tasks were not submitted, or may not have been: "
        f"'c': {reason}; 'd': {reason}; 'e': {reason}; and 2 more"
    )


@pytest.mark.parametrize("number", [1, 2, 3])
def test_failure_says_each_reason_when_they_are_few(
    qarnot_connection: Connection, qarnot_emulator: Emulator, number: int
) -> None:
    """Up to three reasons are all said, and no more are counted."""
    tasks = drafts(qarnot_connection, "abc"[:number])
    qarnot_emulator.set_limits(max_tasks=0)
    message = failing(qarnot_connection, tasks).message
    assert message.count("Maximum number of tasks reached") == number
    assert "more" not in message


def test_refused_tasks_can_be_submitted_again(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The same list sends those alone that were refused, changed or not."""
    tasks = drafts(qarnot_connection, "abcd")
    qarnot_emulator.set_limits(max_tasks=2)
    failing(qarnot_connection, tasks)
    tasks[3].name = "e"
    qarnot_emulator.set_limits(max_tasks=10)
    qarnot_connection.submit_tasks(tasks)
    assert sent(qarnot_emulator) == [["a", "b", "c", "d"], ["c", "e"]]
    check_each_once(qarnot_connection, tasks)


def refuse_credits(emulator: Emulator) -> None:
    """Let nothing be created for want of credits."""
    emulator.credits = 0


def refuse_quota(emulator: Emulator) -> None:
    """Let no task be created for want of room."""
    emulator.set_limits(max_tasks=0)


@pytest.mark.parametrize(
    ("refuse", "status", "error", "words"),
    [
        (refuse_credits, 402, NotEnoughCreditsException, "Not enough credits"),
        (refuse_quota, 403, MaxTaskException, "Maximum number of tasks reached"),
    ],
)
def test_all_refused_for_one_reason_are_told_one_by_one(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    refuse: Callable[[Emulator], None],
    status: int,
    error: type[QarnotException],
    words: str,
) -> None:
    """The whole answer then has the status of an error, and the reasons are kept; all batches."""
    tasks = drafts(qarnot_connection, LARGEST_BATCH + 2)
    refuse(qarnot_emulator)
    failure = failing(qarnot_connection, tasks)
    assert [request.status for request in qarnot_emulator.requests] == [status, status]
    assert kinds(failure) == dict.fromkeys(range(len(tasks)), error)
    assert {one.message for one in failure.errors.values()} == {words}
    check_drafts(tasks)


def test_all_refused_for_different_reasons_are_told_one_by_one(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Under a 400 with a list, each has the exception of its own status."""
    tasks = drafts(qarnot_connection, "abc", keyed=True)
    other = qarnot_connection.create_task("x", PROFILE, shortname="short-1")
    other.submit()
    qarnot_emulator.set_limits(max_tasks=1)
    failure = failing(qarnot_connection, tasks)
    assert qarnot_emulator.requests[-1].status == 400
    assert kinds(failure) == {
        0: MaxTaskException,
        1: InvalidRequestException,
        2: MaxTaskException,
    }
    assert "shortname" in failure.errors[1].message
    check_drafts(tasks)


REFUSALS: list[Any] = [
    (400, "The name is odd", InvalidRequestException, "The name is odd"),
    (401, "Token expired", UnauthorizedException, "Token expired"),
    (402, "Not enough credits", NotEnoughCreditsException, "Not enough credits"),
    (402, "No such hardware constraint", QarnotGenericException, "No such hardware constraint"),
    (403, "Maximum number of tasks reached", MaxTaskException, "Maximum number of tasks reached"),
    (403, "Not for you", UnauthorizedException, "Not for you"),
    (404, "No such bucket", MissingBucketException, "No such bucket"),
    (409, "Taken", ConflictException, "Taken"),
    (429, "Slow down", TooManyRequestsException, "Slow down"),
    (403, None, UnauthorizedException, "Forbidden"),
    (403, "", UnauthorizedException, "Forbidden"),
    (418, "A teapot", QarnotGenericException, "A teapot"),
]


@pytest.mark.parametrize(("status", "said", "error", "words"), REFUSALS)
@pytest.mark.parametrize("whole", [207, 200, 400, 402, 403, 404])
def test_refusal_of_one_is_the_exception_of_its_status(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    whole: int,
    status: int,
    said: str | None,
    error: type[QarnotException],
    words: str,
) -> None:
    """It is what its own submission would raise, whatever the status of the whole answer is."""
    uuid = "00000000-0000-4000-8000-000000000001"
    body = [{"statusCode": status, "message": said}, {"statusCode": 201, "uuid": uuid}]
    qarnot_emulator.fail_next("createTasks", status=whole, body=body)
    tasks = drafts(qarnot_connection, "ab")
    failure = failing(qarnot_connection, tasks)
    assert kinds(failure) == {0: error}
    assert (failure.errors[0].message, failure.errors[0].status_code) == (words, status)
    check_drafts(tasks[:1])
    assert uuid == tasks[1].uuid


def test_refusal_that_repeats_the_token_is_shown_without(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The server's words are cleaned for each task as they are for one."""
    qarnot_emulator.fail_next(
        "createTasks",
        status=207,
        body=[{"statusCode": 403, "message": f"{qarnot_emulator.token} may not"}],
    )
    failure = failing(qarnot_connection, drafts(qarnot_connection, "a"))
    assert failure.errors[0].message == "[redacted] may not"
    assert qarnot_emulator.token not in str(failure)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_item_that_the_server_failed_at_is_in_doubt(
    qarnot_connection: Connection, qarnot_emulator: Emulator, status: int
) -> None:
    """A 5xx for one of many is what it is for one alone: the task may be there."""
    body = [{"statusCode": status, "message": "the disk is full"}]
    qarnot_emulator.fail_next("createTasks", status=207, body=body)
    tasks = drafts(qarnot_connection, "a")
    assert kinds(failing(qarnot_connection, tasks)) == {0: SubmissionUnknownException}
    check_locked(tasks)


# --- refused as a whole -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (400, "Not JSON", InvalidRequestException),
        (401, "Token expired", UnauthorizedException),
        (403, "Not for you", UnauthorizedException),
        (403, "Maximum number of tasks reached", MaxTaskException),
        (413, "Too large", QarnotGenericException),
    ],
)
def test_refused_request_is_the_error_of_each_in_it(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    status: int,
    message: str,
    error: type[QarnotException],
) -> None:
    """The tasks of the batches after it are not sent, and say so; all stay drafts."""
    tasks = drafts(qarnot_connection, LARGEST_BATCH + 2)
    qarnot_emulator.fail_next("createTasks", status=status, body={"message": message})
    failure = failing(qarnot_connection, tasks)
    assert operations(qarnot_emulator) == ["createTasks"]
    assert kinds(failure) == {
        **dict.fromkeys(range(LARGEST_BATCH), error),
        **dict.fromkeys(range(LARGEST_BATCH, len(tasks)), QarnotGenericException),
    }
    assert failure.errors[0].message == message
    assert failure.errors[LARGEST_BATCH].message == (
        f"not sent, because sending others failed: {message}"
    )
    check_drafts(tasks)
    qarnot_connection.submit_tasks(tasks)
    check_each_once(qarnot_connection, tasks)


def test_request_that_is_to_come_back_is_sent_again(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """After a 429, or a 503 with `Retry-After`, nothing was created, so the batch is repeated."""
    qarnot_emulator.fail_next("createTasks", status=429)
    qarnot_emulator.fail_next("createTasks", status=503, retry_after=1)
    tasks = drafts(qarnot_connection, "ab")
    qarnot_connection.submit_tasks(tasks)
    assert sent(qarnot_emulator) == [["a", "b"]] * 3
    check_each_once(qarnot_connection, tasks)


def test_submission_on_a_closed_connection_is_not_in_doubt(qarnot_emulator: Emulator) -> None:
    """Nothing was sent, so each says that it is closed and stays a draft."""
    with connect(qarnot_emulator) as connection:
        tasks = drafts(connection, "ab")
    failure = failing(connection, tasks)
    assert kinds(failure) == dict.fromkeys(range(2), QarnotGenericException)
    assert "closed" in failure.message
    check_drafts(tasks)
    assert qarnot_emulator.requests == []


# --- lost answers -----------------------------------------------------------------------------


LOST: list[Any] = [
    pytest.param({"drop": "after"}, id="lost-after-the-effect"),
    pytest.param({"drop": "before"}, id="lost-before-the-effect"),
    pytest.param({"status": 500}, id="500"),
    pytest.param({"status": 502}, id="502"),
    pytest.param({"status": 503}, id="503-without-retry-after"),
    pytest.param({"status": 504}, id="504"),
    pytest.param({"status": 200, "body": b"["}, id="cut-short"),
    pytest.param({"status": 207, "body": b"<html>"}, id="html"),
]
"""Failures after which the tasks of a request may have been created."""

UUIDS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(4)]

ODD: list[Any] = [
    pytest.param([], id="none"),
    pytest.param([{"statusCode": 200, "uuid": UUIDS[0]}], id="one-too-few"),
    pytest.param([{"statusCode": 200, "uuid": uuid} for uuid in UUIDS[:3]], id="one-too-many"),
    pytest.param({}, id="an-object"),
    pytest.param({"uuid": UUIDS[0]}, id="one-task"),
    pytest.param(b"null", id="null"),
    pytest.param([None, None], id="nulls"),
    pytest.param([3, 4], id="numbers"),
    pytest.param([UUIDS[0], UUIDS[1]], id="texts"),
    pytest.param([{"uuid": uuid} for uuid in UUIDS[:2]], id="no-status"),
    pytest.param([{"statusCode": "200", "uuid": uuid} for uuid in UUIDS[:2]], id="status-as-text"),
    pytest.param([{"statusCode": None, "uuid": uuid} for uuid in UUIDS[:2]], id="null-status"),
    pytest.param([{"statusCode": 200}, {"statusCode": 200}], id="no-uuid"),
    pytest.param([{"statusCode": 200, "uuid": None}] * 2, id="null-uuid"),
    pytest.param([{"statusCode": 200, "uuid": ""}] * 2, id="empty-uuid"),
    pytest.param([{"statusCode": 200, "uuid": ".."}] * 2, id="uuid-that-is-a-path"),
    pytest.param(
        [{"statusCode": 200, "uuid": UUIDS[0]}, {"statusCode": 200}], id="one-without-uuid"
    ),
]
"""Successes for two tasks of which nobody can tell what happened."""


@pytest.mark.parametrize("fault", LOST)
def test_lost_answer_without_shortnames_is_unknown_for_each(
    qarnot_connection: Connection, qarnot_emulator: Emulator, fault: dict[str, Any]
) -> None:
    """Each of that request is locked for good; those of the next are not sent and stay drafts."""
    tasks = drafts(qarnot_connection, LARGEST_BATCH + 2)
    qarnot_emulator.fail_next("createTasks", **fault)
    failure = failing(qarnot_connection, tasks)
    assert operations(qarnot_emulator) == ["createTasks"]
    assert kinds(failure) == {
        **dict.fromkeys(range(LARGEST_BATCH), SubmissionUnknownException),
        **dict.fromkeys(range(LARGEST_BATCH, len(tasks)), QarnotGenericException),
    }
    check_locked(tasks[:LARGEST_BATCH])
    check_drafts(tasks[LARGEST_BATCH:])
    qarnot_connection.submit_tasks(tasks[LARGEST_BATCH:])
    was_there = LARGEST_BATCH if fault == {"drop": "after"} else 0
    assert len(created(qarnot_connection)) == was_there + 2


@pytest.mark.parametrize("body", ODD)
def test_odd_answer_without_shortnames_is_unknown_for_each(
    qarnot_connection: Connection, qarnot_emulator: Emulator, body: Any
) -> None:
    """What does not say for each task what became of it says it for none."""
    tasks = drafts(qarnot_connection, "ab")
    headers = {"content-type": "application/json"}
    qarnot_emulator.fail_next("createTasks", status=200, body=body, headers=headers)
    failure = failing(qarnot_connection, tasks)
    assert kinds(failure) == dict.fromkeys(range(2), SubmissionUnknownException)
    assert operations(qarnot_emulator) == ["createTasks"]
    check_locked(tasks)


@pytest.mark.parametrize("fault", LOST)
def test_lost_answer_with_shortnames_is_resolved_for_each(
    qarnot_connection: Connection, qarnot_emulator: Emulator, fault: dict[str, Any]
) -> None:
    """Each is looked up, adopted if it is there and sent if not: one of each in the end."""
    tasks = drafts(qarnot_connection, "abc", keyed=True)
    qarnot_emulator.fail_next("createTasks", **fault)
    qarnot_connection.submit_tasks(tasks)
    asked = operations(qarnot_emulator)
    was_there = fault == {"drop": "after"}
    assert asked.count("retrieveTask") == 3
    assert asked.count("createTasks") == (1 if was_there else 4)
    check_each_once(qarnot_connection, tasks)
    qarnot_connection.submit_tasks(tasks)
    check_each_once(qarnot_connection, tasks)


@pytest.mark.parametrize("body", ODD)
def test_odd_answer_with_shortnames_is_resolved_for_each(
    qarnot_connection: Connection, qarnot_emulator: Emulator, body: Any
) -> None:
    """Nothing of such an answer is believed: each task is looked up."""
    tasks = drafts(qarnot_connection, "ab", keyed=True)
    headers = {"content-type": "application/json"}
    qarnot_emulator.fail_next("createTasks", status=200, body=body, headers=headers)
    qarnot_connection.submit_tasks(tasks)
    check_each_once(qarnot_connection, tasks)


def test_batches_after_a_lost_answer_that_was_resolved_are_sent(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """With shortnames a lost answer holds nothing up."""
    tasks = drafts(qarnot_connection, LARGEST_BATCH + 2, keyed=True)
    qarnot_emulator.fail_next("createTasks", drop="after")
    qarnot_connection.submit_tasks(tasks)
    assert [len(names) for names in sent(qarnot_emulator)] == [LARGEST_BATCH, 2]
    check_each_once(qarnot_connection, tasks)


@pytest.mark.parametrize("drop", ["before", "after"])
def test_dependants_of_tasks_that_were_resolved_are_sent(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job, drop: Any
) -> None:
    """An adopted task has a uuid to wait for."""
    tasks = drafts(qarnot_connection, "abc", job, keyed=True)
    tasks[2].dependencies = tasks[:2]
    qarnot_emulator.fail_next("createTasks", drop=drop)
    qarnot_connection.submit_tasks(tasks)
    check_each_once(qarnot_connection, tasks)
    found = qarnot_connection.retrieve_task(str(tasks[2].uuid))
    assert found.dependencies.depends_on == (tasks[0].uuid, tasks[1].uuid)


def test_each_resolved_task_has_the_attempts_of_its_own_submission(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What fails once for each of ten tasks is repeated for each, however low `retry_count` is."""
    tasks = drafts(qarnot_connection, 10, keyed=True)
    uuids = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(10)]
    qarnot_emulator.fail_next("createTasks", drop="before")
    for uuid in uuids:
        qarnot_emulator.fail_next("createTasks", status=503)
        qarnot_emulator.fail_next("createTasks", status=200, body={"uuid": uuid})
    qarnot_connection.submit_tasks(tasks)
    assert uuids == [task.uuid for task in tasks]


def test_client_shortnames_resolve_lost_answers(qarnot_emulator: Emulator) -> None:
    """Generated shortnames are looked up as given ones."""
    with connect(qarnot_emulator, client_shortnames=True) as connection:
        tasks = drafts(connection, "abc")
        qarnot_emulator.fail_next("createTasks", drop="after")
        connection.submit_tasks(tasks)
        check_each_once(connection, tasks)


def test_shortname_of_an_older_task_is_a_conflict_for_that_one_alone(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """After a lost answer it is not adopted; the others are found out."""
    older = qarnot_connection.create_task("x", PROFILE, shortname="short-1")
    older.submit()
    qarnot_emulator.advance(timedelta(minutes=1))
    tasks = drafts(qarnot_connection, "abc", keyed=True)
    qarnot_emulator.fail_next("createTasks", drop="before")
    failure = failing(qarnot_connection, tasks)
    assert kinds(failure) == {1: ConflictException}
    check_drafts(tasks[1:2])
    check_each_once(qarnot_connection, [older, tasks[0], tasks[2]])


def test_lost_answer_and_failing_look_up_stay_unknown(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """What cannot be found out is in doubt, whatever the shortname; nothing more is sent."""
    tasks = drafts(qarnot_connection, LARGEST_BATCH + 2, keyed=True)
    qarnot_emulator.fail_next("createTasks", drop="after")
    qarnot_emulator.fail_next("retrieveTask", times=1000)
    failure = failing(qarnot_connection, tasks)
    assert kinds(failure) == {
        **dict.fromkeys(range(LARGEST_BATCH), SubmissionUnknownException),
        **dict.fromkeys(range(LARGEST_BATCH, len(tasks)), QarnotGenericException),
    }
    check_locked(tasks[:LARGEST_BATCH])
    check_drafts(tasks[LARGEST_BATCH:])
    assert len(created(qarnot_connection)) == LARGEST_BATCH


def test_unkeyed_batch_in_doubt_holds_up_the_keyed_one_after_it(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A server that lost an answer is sent nothing more, and what was not sent says why."""
    plain = drafts(qarnot_connection, "ab")
    keyed = drafts(qarnot_connection, "yz", keyed=True)
    qarnot_emulator.fail_next("createTasks", drop="before")
    failure = failing(qarnot_connection, [*plain, *keyed])
    assert kinds(failure) == {
        0: SubmissionUnknownException,
        1: SubmissionUnknownException,
        2: QarnotGenericException,
        3: QarnotGenericException,
    }
    assert "not sent, because sending others failed" in failure.errors[2].message
    check_locked(plain)
    check_drafts(keyed)


def test_dependants_of_a_task_in_doubt_are_not_sent(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """Nobody knows what they would wait for."""
    made = waiting(job, qarnot_connection, "a b:a")
    qarnot_emulator.fail_next("createTasks", drop="after")
    failure = failing(qarnot_connection, list(made.values()))
    assert kinds(failure) == {0: SubmissionUnknownException, 1: QarnotGenericException}
    check_drafts([made["b"]])


def test_unknown_submission_says_what_happened(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Each error has the request, its status and the server's words, and says what to do."""
    qarnot_emulator.fail_next("createTasks", status=500, body={"message": "the disk is full"})
    error = failing(qarnot_connection, drafts(qarnot_connection, "ab")).errors[1]
    assert (error.method, error.url, error.status_code) == (
        "POST",
        f"{qarnot_emulator.url}/tasks",
        500,
    )
    assert "the disk is full" in error.message
    assert "look for it" in error.message
    assert isinstance(error.__cause__, ServerException)


# --- tasks that cannot be submitted any more --------------------------------------------------


def test_task_in_doubt_does_not_keep_the_others_from_being_submitted(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Submitting the list again sends what was not sent, and says again what is unknown."""
    unknown, free = drafts(qarnot_connection, "ab")
    qarnot_emulator.fail_next("createTasks", drop="before")
    with pytest.raises(SubmissionUnknownException):
        unknown.submit()
    failure = failing(qarnot_connection, [unknown, free])
    assert kinds(failure) == {0: SubmissionUnknownException}
    check_each_once(qarnot_connection, [free])


@pytest.mark.parametrize("is_retrieved", [False, True])
def test_deleted_task_does_not_keep_the_others_from_being_submitted(
    qarnot_connection: Connection, qarnot_emulator: Emulator, is_retrieved: bool
) -> None:
    """It says that it was deleted and is not created again."""
    deleted, free = drafts(qarnot_connection, "ab")
    deleted.submit()
    if is_retrieved:
        deleted = qarnot_connection.retrieve_task(str(deleted.uuid))
    deleted.delete()
    failure = failing(qarnot_connection, [deleted, free])
    assert kinds(failure) == {0: MissingTaskException}
    assert sent(qarnot_emulator) == [["a"], ["b"]]


# --- threads and interruptions ----------------------------------------------------------------


def taking_turns(connection: Connection, *lists: list[Task]) -> list[Exception | None]:
    """What submitting these lists returns or raises, each in a thread, all at once."""
    turns = iter(lists)
    turn = threading.Lock()

    def submit() -> None:
        with turn:
            tasks = next(turns)
        connection.submit_tasks(tasks)

    return in_step(len(lists), submit)


def test_threads_that_submit_overlapping_lists_create_each_task_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Lists in opposite orders neither double a task nor wait for each other for ever."""
    tasks = drafts(qarnot_connection, 40)
    outcomes = taking_turns(
        qarnot_connection, tasks, tasks[::-1], tasks[10:30], tasks[::2], tasks[29:9:-1]
    )
    assert outcomes == [None] * 5
    assert Counter(name for names in sent(qarnot_emulator) for name in names) == {
        task.name: 1 for task in tasks
    }
    check_each_once(qarnot_connection, tasks)


def test_thread_that_submits_what_is_being_sent_waits_for_the_outcome(
    qarnot_emulator: Emulator,
) -> None:
    """Another thread's request under way is no lost answer: the task is submitted, once."""
    outcomes: list[Exception | None] = []
    arrived = threading.Event()
    others: list[threading.Thread] = []

    def given() -> Iterator[Task]:
        yield task
        arrived.set()

    def submit() -> None:
        try:
            connection.submit_tasks(given())
        except Exception as error:  # noqa: BLE001 - an outcome like any other
            outcomes.append(error)
        else:
            outcomes.append(None)

    def meet(seconds: float) -> None:
        others.append(threading.Thread(target=submit))
        others[0].start()
        assert arrived.wait(timeout=30) is True

    with connect(qarnot_emulator, clock=ActingClock(meet)) as connection:
        (task,) = drafts(connection, "a")
        qarnot_emulator.fail_next("createTasks", status=429)
        connection.submit_tasks([task])
        others[0].join(timeout=30)
        assert outcomes == [None]
        check_each_once(connection, [task])


def test_thread_that_submits_one_of_the_tasks_creates_it_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task's own `submit` and one of many that holds it are one creation."""
    tasks = drafts(qarnot_connection, 20)
    calls = iter([lambda: qarnot_connection.submit_tasks(tasks), *(t.submit for t in tasks[5:9])])
    turn = threading.Lock()

    def submit() -> None:
        with turn:
            call = next(calls)
        call()

    assert in_step(5, submit) == [None] * 5
    check_each_once(qarnot_connection, tasks)


def interrupt(seconds: float) -> None:
    """What Ctrl-C does to whatever sleeps."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("keyed", [False, True])
def test_interrupted_submission_leaves_that_request_in_doubt(
    qarnot_emulator: Emulator, keyed: bool
) -> None:
    """The batches before are submitted, that one is locked, and those after are drafts."""
    with connect(qarnot_emulator, clock=ActingClock(interrupt)) as connection:
        tasks = drafts(connection, 2 * LARGEST_BATCH + 1, keyed=keyed)
        connection.submit_tasks(tasks[:1])
        qarnot_emulator.fail_next("createTasks", status=429)
        with pytest.raises(KeyboardInterrupt):
            connection.submit_tasks(tasks)
        check_locked(tasks[1 : LARGEST_BATCH + 1])
        check_drafts(tasks[LARGEST_BATCH + 1 :])
        connection.submit_tasks([tasks[0], *tasks[LARGEST_BATCH + 1 :]])
        check_each_once(connection, [tasks[0], *tasks[LARGEST_BATCH + 1 :]])


def test_interrupted_resolution_leaves_the_rest_in_doubt(qarnot_emulator: Emulator) -> None:
    """Ctrl-C while a lost answer is found out doubles nothing: what is not found stays locked."""
    pauses: list[float] = []

    def interrupt_the_second(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise KeyboardInterrupt

    with connect(qarnot_emulator, clock=ActingClock(interrupt_the_second)) as connection:
        tasks = drafts(connection, "abc", keyed=True)
        qarnot_emulator.fail_next("createTasks", drop="after")
        qarnot_emulator.fail_next("retrieveTask")
        with pytest.raises(KeyboardInterrupt):
            connection.submit_tasks(tasks)
        check_locked(tasks)
        assert len(created(connection)) == 3


def test_interrupted_submission_holds_no_lock(qarnot_emulator: Emulator) -> None:
    """Other threads go on using the tasks."""
    with connect(qarnot_emulator, clock=ActingClock(interrupt)) as connection:
        tasks = drafts(connection, "ab")
        qarnot_emulator.fail_next("createTasks", status=429)
        with pytest.raises(KeyboardInterrupt):
            connection.submit_tasks(tasks)
        outcomes = in_step(2, tasks[1].submit)
    assert [type(outcome) for outcome in outcomes] == [SubmissionUnknownException] * 2
