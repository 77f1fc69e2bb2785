"""Writes docs/spec-diff.md: every change of `seeds.py`, and what is said of it.

python -m tests.spec_diff.table
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from openapi.diff import RECORD, ROOT, Api, Consumer, Document, Linked, Report, compare, load
from openapi.regenerate import DOCUMENT

from .seeds import SEEDS, Seed
from .vendor import in_the_manner_of_the_vendor

PAGE: Final = Path(__file__).parents[2] / "docs" / "spec-diff.md"

INTRODUCTION: Final = """\
# What spec-diff finds

`make spec-diff AGAINST=<file or address>` compares an API document with ours. This page is written
by its tests (`python -m tests.spec_diff.table`) and held to them: each line is one change made to a
copy of our document, and the one difference that is then found; nothing else is.

- **For who reads**: what the change means to a program that reads answers as our document has them.
  It breaks when an answer may be what our document excludes, or lacks what a reader looks for.
- **For who writes**: to a program that sends requests as our document has them. It breaks when one
  may be refused, or does not do what it did.
- A dash: no answer, or no request, is concerned.

How it judges, and what it leaves out: [ADR 17](adr/0017-our-own-spec-diff.md).
"""


@cache
def ours() -> Api:
    """Our document, read once."""
    return Api(load(ROOT / DOCUMENT))


@cache
def consumer() -> Consumer:
    """The checked-in record."""
    return Consumer.read(RECORD)


def report_on(content: Any) -> Report:
    """The comparison of a document with ours."""
    return compare(Document(content), ours(), consumer())


@cache
def seeded(seed: Seed) -> Report:
    """What is said of one change."""
    changed: Any = copy.deepcopy(ours().document.root)
    seed.make(changed)
    return report_on(changed)


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_table(), *_vendor()]) + "\n"


def _table() -> Iterator[str]:
    yield f"{len(SEEDS)} changes:\n"
    yield _row(["change", "found as", "where", "ours → theirs", "reads", "writes", "domain layer"])
    yield _row(["---"] * 7)
    for seed in SEEDS:
        for one in seeded(seed).differences:
            yield _row([seed.title, *_cells(one)])


def _cells(one: Linked) -> list[str]:
    difference = one.difference
    names = list(dict.fromkeys(f"`{name}`" for _, name in one.members))
    callers = dict.fromkeys(f"`{call}`" for o in one.operations for call in o.callers[:1])
    domain = names or list(callers)
    more = f" and {len(domain) - 2} more" if len(domain) > 2 else ""
    said = ", ".join(domain[:2]) + more if one.is_used else "not used"
    return [
        difference.kind,
        f"`{one.place}`",
        # A pattern reads like a link.
        "another pattern" if difference.kind == "pattern" else f"`{difference.change}`",
        difference.reader or "-",
        difference.writer or "-",
        said,
    ]


def _vendor() -> Iterator[str]:
    report = report_on(in_the_manner_of_the_vendor(_root()))
    folded = ", ".join(f"{len(names)} of {kind}" for kind, names in report.folded.items())
    yield "\n## What is only written otherwise\n"
    yield (
        "Our document written in the manner of the vendor's (OpenAPI 3.0.3, a version prefix, no\n"
        "operationIds, inlined answers, several names for JSON, `nullable`, other names for\n"
        "schemas, two of which collide when lower-cased, variants built by `allOf` on a closed\n"
        "base):\n"
        f"{len(report.differences)} differences. Only named otherwise: {folded}."
    )


def _root() -> Any:
    return ours().document.root


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
