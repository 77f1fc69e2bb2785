"""The document and the domain layer, held together: after regenerating, this says what to do."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml

from openapi.domain import VALUES, Document, differences, limits
from qarnot_domain._values import Value

DOCUMENT: Final = Path(__file__).parents[2] / "openapi" / "qarnot-compute.yaml"


@pytest.fixture(scope="module", name="document")
def _document() -> Document:
    document: Document = yaml.load(DOCUMENT.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return document


def test_the_domain_layer_exposes_every_member(document: Document) -> None:
    """Every member of jobs, tasks, pools and their values is exposed or left out on purpose."""
    assert differences(document) == []


def test_users_may_set_what_may_be_sent(document: Document) -> None:
    """No member takes what the document forbids, or refuses what it allows but for a reason."""
    assert limits(document) == []


@pytest.mark.parametrize(
    ("place", "facet", "said"),
    [
        ("JobCreate.name", {"maxLength": 100}, "Job.name takes a text of 101 characters"),
        ("JobCreate.name", {"maxLength": 3000}, "Job.name refuses a text of 3000 characters"),
        ("TaskUpdate.tags", {"maxItems": 3}, "Task.tags takes a list of 4"),
        ("ElasticProperty.resizePeriod", {"maximum": 7}, "ElasticProperty.resize_period takes 8"),
    ],
)
def test_a_limit_that_moves_is_named(
    document: Document, place: str, facet: Document, said: str
) -> None:
    """Tighter or looser, of a member or of a value in one."""
    changed = copy.deepcopy(document)
    schema, _, wire = place.partition(".")
    changed["components"]["schemas"][schema]["properties"][wire].update(facet)
    does = "allows" if "refuses" in said else "forbids"
    assert limits(changed) == [f"{place}: {said}, which the document {does}"]


def test_an_exception_without_need_is_named(document: Document) -> None:
    """The domain layer is not stricter than the document any more."""
    changed = copy.deepcopy(document)
    command = changed["components"]["schemas"]["PreparationTask"]["properties"]["commandLine"]
    command["minLength"] = 1
    (line,) = limits(changed)
    assert line.startswith("PreparationTask.commandLine is in STRICTER of openapi/domain.py")


def leaves(kind: type[Value]) -> Iterator[type[Value]]:
    """The classes below one that have none below them."""
    for below in kind.__subclasses__():
        yield from leaves(below) if below.__subclasses__() else (below,)


def test_every_value_is_held_to_the_document() -> None:
    """No value is left out of the comparison."""
    missing = set(leaves(Value)) - set(VALUES.values())
    assert not missing, f"not in VALUES of openapi/domain.py: {missing}"


def add_to_job(document: Document) -> None:
    """Give answers a member."""
    document["components"]["schemas"]["JobProjection"]["properties"]["priority"] = {}


def add_to_creation(document: Document) -> None:
    """Give creations a member."""
    document["components"]["schemas"]["JobCreate"]["properties"]["priority"] = {}


def remove_from_job(document: Document) -> None:
    """Take a member from answers."""
    del document["components"]["schemas"]["JobProjection"]["properties"]["maxWallTime"]


def remove_from_creation(document: Document) -> None:
    """Take a member from creations."""
    del document["components"]["schemas"]["JobCreate"]["properties"]["tags"]


def add_to_task(document: Document) -> None:
    """Give the answers about tasks a member."""
    document["components"]["schemas"]["TaskProjection"]["properties"]["colour"] = {}


def add_to_pool_update(document: Document) -> None:
    """Let pools be changed in one more way."""
    document["components"]["schemas"]["PoolUpdate"]["properties"]["name"] = {}


def rename_in_value(document: Document) -> None:
    """Call a member of a value otherwise."""
    members = document["components"]["schemas"]["RetrySettings"]["properties"]
    members["most"] = members.pop("maxTotalRetries")


def add_a_state(document: Document) -> None:
    """Give jobs a state."""
    document["components"]["schemas"]["JobState"]["enum"].append("Paused")


def remove_a_state(document: Document) -> None:
    """Take a state from jobs."""
    document["components"]["schemas"]["JobState"]["enum"].remove("Deleting")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (add_to_job, "Job.priority is new"),
        (add_to_creation, "JobCreate.priority is new"),
        (remove_from_job, "Job.maxWallTime is gone: Job.max_wall_time still has it"),
        (remove_from_creation, "JobCreate.tags is gone: Job.tags still has it"),
        (add_to_task, "Task.colour is new: declare it in qarnot_domain/task.py"),
        (add_to_pool_update, "PoolUpdate.name is new: declare it in qarnot_domain/pool.py"),
        (add_a_state, "JobState Paused is new"),
        (remove_a_state, "JobState Deleting is gone"),
    ],
)
def test_a_change_of_the_document_is_named(
    document: Document, change: Callable[[Document], None], line: str
) -> None:
    """A member or state that the document gains or loses is named, and nothing else is."""
    changed = copy.deepcopy(document)
    change(changed)
    found = differences(changed)
    assert len(found) == 1
    assert found[0].startswith(line)


def test_a_renamed_member_of_a_value_is_named_twice(document: Document) -> None:
    """One line says what is new, the other what is gone."""
    changed = copy.deepcopy(document)
    rename_in_value(changed)
    assert [line.partition(":")[0] for line in differences(changed)] == [
        "RetrySettings.most is new",
        "RetrySettings.maxTotalRetries is gone",
    ]
