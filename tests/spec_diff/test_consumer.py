"""The record of what the domain layer uses is what it uses."""

from __future__ import annotations

from typing import Any

import pytest

from openapi import consumer
from openapi.regenerate import DOCUMENT, load_yaml


@pytest.fixture(scope="module", name="derived")
def _derived() -> Any:
    return consumer.derive(consumer.ROOT)


def test_record_is_held_current(derived: Any) -> None:
    """`openapi/consumer.json` is what `python -m openapi.consumer` writes."""
    written = (consumer.ROOT / consumer.RECORD).read_text("utf-8")
    assert written == consumer.text(derived)


def test_every_operation_that_the_gateway_calls_is_in_it(derived: Any) -> None:
    """What arrives from a run of all public calls is what the code names."""
    document: Any = load_yaml(consumer.ROOT / DOCUMENT)
    known = {
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    called = consumer.called_operations(consumer.ROOT, known)
    assert set(derived["operations"]) == called
    assert called < known
    assert all(callers for callers in derived["operations"].values())


def test_every_member_in_it_is_in_the_document(derived: Any) -> None:
    """No member is recorded that the document does not have."""
    document: Any = load_yaml(consumer.ROOT / DOCUMENT)
    schemas = document["components"]["schemas"]
    assert {member.partition(".")[0] for member in derived["members"]} <= set(schemas)


def test_an_operation_that_the_document_loses_is_named() -> None:
    """What sends it is said."""
    document: Any = load_yaml(consumer.ROOT / DOCUMENT)
    document["paths"]["/jobs/{uuid}/terminate"]["post"]["operationId"] = "stopJob"
    lines = consumer.missing_operations(consumer.ROOT, document)
    assert lines == ["terminateJob is gone: Job.terminate sends it"]
