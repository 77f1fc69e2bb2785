"""What differs between our document of the API and another, and whom it concerns.

    from openapi.diff import compare, load
    report = compare(load("https://…/openapi.json"))
    print(report.text())

Or `python -m openapi.diff` and `make spec-diff`. How it judges: docs/adr/0017-our-own-spec-diff.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from openapi.regenerate import DOCUMENT

from ._compare import compare_apis
from ._document import Document, DocumentError, load
from ._findings import Difference, Role
from ._links import Consumer, Linked, OperationLink, link
from ._operations import Api
from ._report import Report
from ._shapes import Shape, Shapes

__all__ = [
    "RECORD",
    "ROOT",
    "Api",
    "Consumer",
    "Difference",
    "Document",
    "DocumentError",
    "Linked",
    "OperationLink",
    "Report",
    "Role",
    "Shape",
    "Shapes",
    "compare",
    "load",
]

ROOT: Final = Path(__file__).parents[2]
RECORD: Final = ROOT / "openapi" / "consumer.json"


def compare(
    theirs: Document, ours: Document | Api | None = None, consumer: Consumer | None = None
) -> Report:
    """Compare a document with ours.

    Args:
        theirs: any OpenAPI 3.0 or 3.1 document of the API.
        ours: the one to compare with, or that already read; default `openapi/qarnot-compute.yaml`.
        consumer: what is used of ours; default `openapi/consumer.json`.

    Raises:
        DocumentError: one of the files of the project cannot be read.
    """
    if ours is None:
        ours = load(ROOT / DOCUMENT)
    mine = ours if isinstance(ours, Api) else Api(ours)
    consumer = consumer or Consumer.read(RECORD)
    findings = compare_apis(mine, Api(theirs))
    by_title = {operation.title: operation for operation in mine.operations.values()}
    linked = [link(one, by_title, consumer) for one in findings.differences]
    linked.sort(key=lambda one: (not one.is_used, not one.difference.is_breaking, one.place))
    return Report(
        _name(mine.document),
        _name(theirs),
        tuple(linked),
        {kind: tuple(names) for kind, names in findings.folded.items()},
        tuple(theirs.notes),
    )


def _name(document: Document) -> str:
    return f"{document.title} ({document.source.removeprefix(f'{ROOT}/')})"
