"""The document and the domain layer, held together: after regenerating, this says what to do."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from qarnot_domain import Job, JobState
from qarnot_domain._fields import SubmitOnce

DOCUMENT: Final = Path(__file__).parents[2] / "openapi" / "qarnot-compute.yaml"

LEFT_OUT: Final[Mapping[str, Mapping[str, str]]] = {"Job": {}, "JobCreate": {}}
"""Members of the document that the domain layer does not expose, each with the reason."""

Document = dict[str, Any]


@pytest.fixture(scope="module", name="document")
def _document() -> Document:
    document: Document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    return document


def properties(document: Document, schema: Mapping[str, Any]) -> Iterator[str]:
    """The members of a schema, those of what it is composed of included."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from properties(document, document["components"]["schemas"][name])
    yield from schema.get("properties", {})
    for part in schema.get("allOf", ()):
        yield from properties(document, part)


def exposed() -> Mapping[str, Mapping[str, str]]:
    """Wire name -> name of the member of `Job` that reads it, and that sends it."""
    read = {member.wire: member.name for member in Job._members}
    sent = {m.wire: m.name for m in Job._members if isinstance(m, SubmitOnce)}
    return {"Job": {"uuid": "uuid", **read}, "JobCreate": sent}


def differences(document: Document) -> list[str]:
    """What the document and `Job` do not have in common, a line each, with what to do."""
    lines = []
    for schema, members in exposed().items():
        described = set(properties(document, {"$ref": f"#/components/schemas/{schema}"}))
        expected = set(members) | set(LEFT_OUT[schema])
        lines += [
            f"{schema}.{wire} is new: declare it in qarnot_domain/job.py, or list it in LEFT_OUT"
            for wire in sorted(described - expected)
        ]
        lines += [
            f"{schema}.{wire} is gone: Job.{members.get(wire, wire)} still has it"
            for wire in sorted(expected - described)
        ]
    states = set(document["components"]["schemas"]["JobState"]["enum"])
    known = set(JobState.known()) - {JobState.UNSUBMITTED}
    lines += [f"JobState {state} is new: add it to JobState" for state in sorted(states - known)]
    lines += [f"JobState {state} is gone: JobState has it" for state in sorted(known - states)]
    return lines


def test_the_domain_layer_exposes_every_member_of_a_job(document: Document) -> None:
    """Every member of `Job` and `JobCreate` is exposed or left out on purpose, and no other."""
    assert differences(document) == []


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
