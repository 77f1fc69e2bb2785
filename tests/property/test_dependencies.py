"""Dependencies of drafts: whatever is assigned in whatever order, never a circle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from graphlib import CycleError, TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qarnot_domain import AdvancedDependency, Connection, Task

from . import strategies as s

TASKS = 7

Graph = Mapping[int, Sequence[int]]
"""Task -> the tasks it waits for."""


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    """A connection over which nothing is sent."""
    with Connection(client_token="unused", cluster_url="https://cluster.test") as made:
        yield made


def drafts(connection: Connection) -> list[Task]:
    """Tasks that wait for nothing yet."""
    return [connection.create_task(str(number), "docker-batch") for number in range(TASKS)]


def is_acyclic(graph: Graph) -> bool:
    """Whether the tasks can be put in an order in which each comes after those it waits for."""
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError:
        return False
    return True


def is_accepted(task: Task, assignment: Callable[[], None]) -> bool:
    """Whether the assignment is accepted; a refusal must name the member and change nothing."""
    before = task.dependencies
    try:
        assignment()
    except ValueError as error:
        message = str(error)
    else:
        return True
    assert message.startswith("dependencies: ")
    assert task.dependencies == before
    return False


def assign(task: Task, awaited: Sequence[Task], *, advanced: bool) -> bool:
    """Whether the task may wait for these alone."""
    given = [AdvancedDependency(one) if advanced else one for one in awaited]
    return is_accepted(task, lambda: setattr(task, "dependencies", given))


@given(assignments=st.lists(s.waits(TASKS), max_size=30))
def test_assignment_is_accepted_exactly_while_there_is_no_circle(
    connection: Connection, assignments: list[s.Waits]
) -> None:
    """Each assignment replaces what a task waits for, if no task then waits for itself."""
    tasks = drafts(connection)
    graph: dict[int, Sequence[int]] = {}
    for number, awaited, advanced in assignments:
        changed = {**graph, number: awaited}
        accepted = assign(tasks[number], [tasks[one] for one in awaited], advanced=advanced)
        assert accepted == is_acyclic(changed)
        if accepted:
            graph = changed
    for number, task in enumerate(tasks):
        expected = [tasks[one] for one in graph.get(number, ())]
        assert list(task.dependencies.awaited) == expected


@given(edges=st.lists(st.tuples(st.integers(0, TASKS - 1), st.integers(0, TASKS - 1)), max_size=40))
def test_edge_is_accepted_exactly_while_there_is_no_circle(
    connection: Connection, edges: list[tuple[int, int]]
) -> None:
    """Added one at a time, a dependency is refused exactly when it would close a circle."""
    tasks = drafts(connection)
    graph: dict[int, list[int]] = {number: [] for number in range(TASKS)}
    for number, awaited in edges:
        changed = {**graph, number: [*dict.fromkeys([*graph[number], awaited])]}
        add = partial(tasks[number].set_task_dependencies_from_tasks, [tasks[awaited]])
        accepted = is_accepted(tasks[number], add)
        assert accepted == is_acyclic(changed)
        if accepted:
            graph = changed
    assert [task.dependencies.tasks for task in tasks] == [
        tuple(tasks[one] for one in graph[number]) for number in range(TASKS)
    ]


@given(order=st.permutations(range(TASKS)))
def test_order_of_assignment_is_of_no_consequence(connection: Connection, order: list[int]) -> None:
    """Of a circle, all dependencies but the last one are accepted, whichever that is."""
    tasks = drafts(connection)
    *first, last = order
    outcomes = [
        assign(tasks[number], [tasks[(number + 1) % TASKS]], advanced=False)
        for number in (*first, last)
    ]
    assert outcomes == [True] * (TASKS - 1) + [False]


@given(
    conditions=st.lists(
        st.sampled_from(("success", "failure", "cancelled")), unique=True, max_size=3
    ),
    uuid=s.uuids(),
    spell=st.sampled_from((str.upper, str.title, str.lower)),
)
def test_conditions_read_as_they_were_set(
    conditions: list[str], uuid: str, spell: Callable[[str], str]
) -> None:
    """In any case of letters, in their order, and from their own JSON again."""
    dependency = AdvancedDependency(uuid, [spell(one) for one in conditions])
    assert dependency.task_final_state_condition == tuple(conditions)
    assert AdvancedDependency.from_json(dependency.to_json()) == dependency
