"""`Task`: what it waits for, from the draft to the server and back."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from qarnot_domain import (
    AdvancedDependency,
    Connection,
    DependencyState,
    Job,
    Pool,
    Task,
    TaskDependencies,
    TaskFinalState,
)
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE, add_task
from .members import TASK_UUID


def drafts(connection: Connection, *names: str, job: Job | None = None) -> list[Task]:
    """Tasks that are not submitted."""
    return [connection.create_task(name, PROFILE, job=job) for name in names]


# --- setting them -----------------------------------------------------------------------------


def test_dependencies_are_tasks_or_uuids(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """Both are sent as uuids, in order and once each."""
    first, second = add_task(job, qarnot_connection), add_task(job, qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, job=job)
    task.dependencies = [second, str(first.uuid), second]
    assert task.dependencies.tasks == (second, first.uuid)
    task.submit()
    uuids = [str(second.uuid), str(first.uuid)]
    assert qarnot_emulator.requests[-1].body["dependencies"] == {"dependsOn": uuids}
    assert task.dependencies == TaskDependencies.from_json({"dependsOn": uuids, "state": "waiting"})
    assert task.state == "Submitted"
    qarnot_emulator.advance(timedelta(minutes=1))
    assert task.state == "Success"
    assert task.dependencies.state == DependencyState.CONDITIONS_FULFILLED


@pytest.mark.parametrize("is_submitted", [True, False])
def test_dependency_given_as_a_task_and_by_its_uuid_is_one(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job, is_submitted: bool
) -> None:
    """A task is waited for once, however often and in whatever ways it is named."""
    first = qarnot_connection.create_task("first", PROFILE, job=job)
    if is_submitted:
        first.submit()
    task = qarnot_connection.create_task("n", PROFILE, job=job)
    task.dependencies = [first]
    first.submit()
    task.set_task_dependencies_from_uuids([str(first.uuid), str(first.uuid).upper()])
    task.submit()
    assert qarnot_emulator.requests[-1].body["dependencies"] == {"dependsOn": [first.uuid]}


def test_advanced_dependencies(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """They are sent with their conditions and read back with how far they are."""
    first, second = (add_task(job, qarnot_connection, EMULATOR_OUTCOME="failure") for _ in range(2))
    task = qarnot_connection.create_task("n", PROFILE, job=job)
    given = [AdvancedDependency(first, ["FAILURE", "success"]), AdvancedDependency(second)]
    task.dependencies = given
    assert task.dependencies.advanced_depends_on == tuple(given)
    task.submit()
    assert qarnot_emulator.requests[-1].body["dependencies"] == {
        "advancedDependsOn": [
            {"taskUuid": first.uuid, "taskFinalStateCondition": ["failure", "success"]},
            {"taskUuid": second.uuid, "taskFinalStateCondition": []},
        ]
    }
    waiting = task.dependencies
    assert (waiting.tasks, waiting.depends_on, waiting.state) == ((), (), "waiting")
    assert [one.task_uuid for one in waiting.advanced_depends_on] == [first.uuid, second.uuid]
    assert waiting.advanced_depends_on[0].actual_final_state is None
    qarnot_emulator.advance(timedelta(minutes=1))
    ended = task.dependencies.advanced_depends_on[0]
    assert (ended.actual_final_state, ended.state) == (
        TaskFinalState.FAILURE,
        DependencyState.CONDITIONS_FULFILLED,
    )
    assert set(ended.task_final_state_condition) == {"failure", "success"}
    assert task.state == "Success"


def test_condition_that_is_not_met_cancels_the_task(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """A task whose dependency ends otherwise than asked never runs."""
    first = add_task(job, qarnot_connection, EMULATOR_OUTCOME="failure")
    task = qarnot_connection.create_task("n", PROFILE, job=job)
    task.dependencies = [AdvancedDependency(first, [TaskFinalState.SUCCESS])]
    task.submit()
    qarnot_emulator.advance(timedelta(minutes=1))
    assert task.state == "Cancelled"
    assert task.dependencies.state == DependencyState.CONDITIONS_NOT_FULFILLED


def test_dependencies_of_another_task(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """What one task waits for can be set for another, without what the server said of it."""
    first = add_task(job, qarnot_connection)
    one, other = drafts(qarnot_connection, "one", "other", job=job)
    one.dependencies = [AdvancedDependency(first, ["success"])]
    one.submit()
    other.dependencies = one.dependencies
    assert other.dependencies == TaskDependencies(
        (), (AdvancedDependency(str(first.uuid), ["success"]),)
    )
    other.submit()
    assert qarnot_emulator.requests[-1].body["dependencies"] == {
        "advancedDependsOn": [{"taskUuid": first.uuid, "taskFinalStateCondition": ["success"]}]
    }


def test_dependencies_by_the_official_methods(
    qarnot_connection: Connection, qarnot_emulator: Emulator, job: Job
) -> None:
    """They add to what is there, and are refused after submission."""
    first, second = add_task(job, qarnot_connection), add_task(job, qarnot_connection)
    task, other = drafts(qarnot_connection, "n", "m", job=job)
    task.set_task_dependencies_from_tasks([first])
    task.set_task_dependencies_from_uuids([str(second.uuid)])
    assert task.dependencies.depends_on == (first.uuid, second.uuid)
    other.set_task_advanced_dependencies([AdvancedDependency(first)])
    other.set_task_advanced_dependencies([AdvancedDependency(second, ["success"])])
    assert other.dependencies.advanced_depends_on == (
        AdvancedDependency(first),
        AdvancedDependency(second, ["success"]),
    )
    task.submit()
    task.update()
    sent = len(qarnot_emulator.requests)
    changes: list[Any] = [
        lambda: task.set_task_dependencies_from_tasks([second]),
        lambda: task.set_task_dependencies_from_uuids([TASK_UUID]),
        lambda: task.set_task_advanced_dependencies([AdvancedDependency(first)]),
        lambda: task.remove_task_dependency(str(first.uuid)),
        task.clear_task_dependencies,
    ]
    for change in changes:
        with pytest.raises(AttributeError, match="dependencies"):
            change()
    assert len(qarnot_emulator.requests) == sent


def test_dependencies_are_removed(qarnot_connection: Connection, job: Job) -> None:
    """One by its uuid in any spelling, however it was given, or all of them."""
    first, second = add_task(job, qarnot_connection), add_task(job, qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, job=job)
    task.dependencies = [first, str(second.uuid)]
    task.remove_task_dependency(TASK_UUID)
    assert task.dependencies.tasks == (first, second.uuid)
    task.remove_task_dependency(str(second.uuid).upper())
    task.remove_task_dependency(str(first.uuid))
    assert task.dependencies == TaskDependencies()
    task.dependencies = [AdvancedDependency(first), AdvancedDependency(str(second.uuid))]
    task.remove_task_dependency(str(first.uuid))
    assert task.dependencies.advanced_depends_on == (AdvancedDependency(str(second.uuid)),)
    task.clear_task_dependencies()
    assert task.dependencies == TaskDependencies()


# --- what is not allowed ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (TASK_UUID, TypeError),
        (3, TypeError),
        ({TASK_UUID: "success"}, TypeError),
        ([3], TypeError),
        ([None], TypeError),
        (["banana"], ValueError),
        ([""], ValueError),
        ([AdvancedDependency(TASK_UUID), TASK_UUID], ValueError),
        ([TASK_UUID, AdvancedDependency(TASK_UUID)], ValueError),
        (
            [AdvancedDependency(TASK_UUID, ["success"]), AdvancedDependency(TASK_UUID)],
            ValueError,
        ),
        (TaskDependencies((TASK_UUID,), (AdvancedDependency(TASK_UUID),)), ValueError),
    ],
)
def test_dependencies_that_are_not_allowed(
    qarnot_connection: Connection, qarnot_emulator: Emulator, value: Any, error: type[Exception]
) -> None:
    """Anything but tasks and uuids, or both kinds at once, is refused and changes nothing."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.dependencies = [TASK_UUID]
    with pytest.raises(error, match=r"^dependencies\b"):
        task.dependencies = value
    assert task.dependencies == TaskDependencies((TASK_UUID,))
    assert qarnot_emulator.requests == []


def test_something_else_than_a_task_is_refused(
    qarnot_connection: Connection, pool: Pool, job: Job
) -> None:
    """Neither a pool, nor a job, nor a single task stands for a list of tasks."""
    task, other = drafts(qarnot_connection, "n", "m")
    wrong: list[Any] = [[pool], [job], other]
    for value in wrong:
        with pytest.raises(TypeError, match=r"^dependencies\b"):
            task.dependencies = value
    single: Any = other
    with pytest.raises(TypeError, match=r"^dependencies\b"):
        task.set_task_dependencies_from_tasks(single)


@pytest.mark.parametrize("as_uuid", [False, True])
def test_same_task_with_different_conditions(
    qarnot_connection: Connection, job: Job, as_uuid: bool
) -> None:
    """A task is waited for with one condition, whether it is given as itself or by its uuid."""
    first = add_task(job, qarnot_connection)
    task = qarnot_connection.create_task("n", PROFILE, job=job)
    task.dependencies = [AdvancedDependency(first), AdvancedDependency(first)]
    assert task.dependencies.advanced_depends_on == (AdvancedDependency(first),)
    again = str(first.uuid) if as_uuid else first
    with pytest.raises(ValueError, match=r"^dependencies\b"):
        task.dependencies = [AdvancedDependency(first), AdvancedDependency(again, ["success"])]


def test_mixed_by_the_official_methods(qarnot_connection: Connection) -> None:
    """Simple and advanced ones exclude each other also when they are added."""
    task = qarnot_connection.create_task("n", PROFILE)
    task.set_task_dependencies_from_uuids([TASK_UUID])
    with pytest.raises(ValueError, match=r"^dependencies\b"):
        task.set_task_advanced_dependencies([AdvancedDependency(TASK_UUID)])
    assert task.dependencies == TaskDependencies((TASK_UUID,))


# --- circles ------------------------------------------------------------------------------------


@pytest.mark.parametrize("advanced", [False, True])
def test_task_that_would_wait_for_itself(qarnot_connection: Connection, advanced: bool) -> None:
    """It is refused at once, and what it waited for stays."""
    task, other = drafts(qarnot_connection, "n", "m")
    task.dependencies = [other]
    with pytest.raises(ValueError, match=r"^dependencies\b.*'n'"):
        task.dependencies = [AdvancedDependency(task)] if advanced else [other, task]
    assert task.dependencies == TaskDependencies((other,))


@pytest.mark.parametrize("advanced", [False, True])
@pytest.mark.parametrize("length", [2, 3, 4, 7])
@pytest.mark.parametrize("start", ["front", "back", "middle"])
def test_tasks_that_would_wait_for_one_another(
    qarnot_connection: Connection, length: int, start: str, advanced: bool
) -> None:
    """The assignment that would close a circle is refused, in whatever order it is made."""
    circle = drafts(qarnot_connection, *map(str, range(length)))
    order = list(range(length))
    if start == "back":
        order.reverse()
    elif start == "middle":
        order = [*order[1::2], *order[::2]]
    *first, last = order

    def close(index: int) -> None:
        awaited = circle[(index + 1) % length]
        circle[index].dependencies = [AdvancedDependency(awaited) if advanced else awaited]

    for index in first:
        close(index)
    with pytest.raises(ValueError, match=r"^dependencies\b"):
        close(last)
    assert circle[last].dependencies == TaskDependencies()


def test_circle_that_was_broken_can_be_closed_elsewhere(qarnot_connection: Connection) -> None:
    """Only what is waited for now counts, not what was before."""
    first, second, third = drafts(qarnot_connection, "a", "b", "c")
    first.dependencies = [second]
    second.dependencies = [third]
    first.clear_task_dependencies()
    third.dependencies = [first]
    assert third.dependencies == TaskDependencies((first,))


def test_tasks_waited_for_by_several(qarnot_connection: Connection) -> None:
    """Two ways to one task are no circle."""
    first, second, third, fourth = drafts(qarnot_connection, "a", "b", "c", "d")
    fourth.dependencies = [second, third]
    second.dependencies = [first]
    third.dependencies = [first]
    assert [bool(task.dependencies) for task in (first, second, third, fourth)] == [
        False,
        True,
        True,
        True,
    ]


def test_submitted_task_is_in_no_circle(qarnot_connection: Connection, job: Job) -> None:
    """What is submitted waits for nothing more, and can be waited for by anything."""
    first, second, third = drafts(qarnot_connection, "a", "b", "c", job=job)
    second.dependencies = [first]
    first.submit()
    second.submit()
    third.dependencies = [second, first]
    third.submit()
    assert third.state == "Submitted"


def test_long_chain(qarnot_connection: Connection) -> None:
    """Thousands of tasks, each waiting for the one before, are neither too deep nor too slow."""
    chain = drafts(qarnot_connection, *(str(number) for number in range(3000)))
    for before, task in pairwise(chain):
        task.dependencies = [before]
    with pytest.raises(ValueError, match="dependencies"):
        chain[0].dependencies = [chain[-1]]


# --- the value ----------------------------------------------------------------------------------


def test_task_dependencies_are_a_value(qarnot_connection: Connection) -> None:
    """They are frozen, hashable, equal by what they hold, and true if they hold anything."""
    (draft,) = drafts(qarnot_connection, "n")
    simple = TaskDependencies((TASK_UUID, draft))
    same = TaskDependencies((TASK_UUID, draft))
    assert (simple, hash(simple), len({simple, same})) == (same, hash(same), 1)
    assert simple != TaskDependencies((draft, TASK_UUID))
    assert (simple.depends_on, list(simple.awaited)) == ((TASK_UUID,), [TASK_UUID, draft])
    advanced = TaskDependencies((), (AdvancedDependency(draft),))
    assert (list(advanced.awaited), advanced.advanced_depends_on[0].task_uuid) == ([draft], None)
    empty = TaskDependencies.from_json({"state": "waiting"})
    assert (bool(simple), bool(advanced), bool(empty)) == (True, True, False)
    with pytest.raises(AttributeError):
        simple.tasks = ()  # type: ignore[misc]


def test_to_json_leaves_out_drafts(qarnot_connection: Connection, job: Job) -> None:
    """What has no uuid yet has no place in the wire form, which is sent only when all have one."""
    first, second, task = drafts(qarnot_connection, "a", "b", "n", job=job)
    first.submit()
    task.dependencies = [first, second]
    assert task.to_json()["dependencies"] == {"dependsOn": [first.uuid]}
    assert task.dependencies.to_json() == {"dependsOn": [first.uuid]}
    task.dependencies = [second]
    assert task.to_json().get("dependencies") is None
