"""Writes docs/faults.md: every fault of the laboratory, and how it ends.

python -m tests.faults.table
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final

from qarnot_domain._retry import Kind

from ..security import test_certificates, test_tracebacks
from ..unit import test_connection, test_submission
from . import test_answers, test_client, test_large, test_pages, test_refusals
from .cases import GROUPS, NO_SERVER, End

PAGE: Final = Path(__file__).parents[2] / "docs" / "faults.md"

MODULES: Final = (test_refusals, test_answers, test_large, test_pages, test_client)

ELSEWHERE: Final[tuple[Callable[..., object], ...]] = (
    test_connection.test_token_beats_netrc,
    test_tracebacks.test_token_that_no_header_can_hold_is_not_shown,
    test_certificates.test_certificate_that_is_wrong_is_told_in_one_sentence,
    test_submission.test_retry_quota_keeps_an_outage_from_being_amplified,
    test_submission.test_lost_creation_is_looked_up_without_quota,
)
"""Tests of faults that are not in this folder."""

INTRODUCTION: Final = """\
# Faults

What the client does when something goes wrong, as the tests in `tests/faults` have it; this page is
written from them (`python -m tests.faults.table`) and held to them.

Every fault ends in bounded time, in success or in a `QarnotException` that says in one line which
operation failed and why, and never shows the token.

## By the kind of operation

Of each cell, the first line is what comes while the server does wrong each time, with
`retry_count=1`; the second, where it differs, is what comes when it does so once. The number is
that of the requests that the server sees, a look-up by shortname included. After
`SubmissionUnknownException` the object is locked and is never sent again; after any other exception
it is a draft.
"""

KINDS: Final[Mapping[Kind, str]] = {
    Kind.READ: "read",
    Kind.IDEMPOTENT_WRITE: "write that may be repeated",
    Kind.CONSUMING_READ: "read that consumes",
    Kind.KEYED_CREATE: "creation with a shortname",
    Kind.UNKEYED_CREATE: "creation without",
}


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_groups(), *_modules()]) + "\n"


def _groups() -> Iterator[str]:
    for group in (NO_SERVER, *GROUPS):
        yield f"### {group.title}\n"
        yield _row(KINDS.values())
        yield _row("---" for _ in KINDS)
        yield _row(_cell(group.always[kind], group.once[kind]) for kind in KINDS) + "\n"
        yield _row(["faults", "what the message says"])
        yield _row(["---", "---"])
        for says in dict.fromkeys(fault.says for fault in group.faults):
            yield _row(["; ".join(f.title for f in group.faults if f.says == says), says])
        yield ""


def _cell(always: End, once: End) -> str:
    return _end(always) if always == once else f"{_end(always)}<br>{_end(once)}"


def _end(end: End) -> str:
    return f"{end.requests}: {'success' if end.error is None else f'`{end.error.__name__}`'}"


def _modules() -> Iterator[str]:
    for module in MODULES:
        yield from _section((inspect.getdoc(module) or "").rstrip("."), _tests(module))
    yield from _section("What is tested elsewhere", ELSEWHERE)


def _section(title: str, tests: Iterable[Callable[..., object]]) -> Iterator[str]:
    yield f"## {title}\n"
    yield _row(["fault", "how it ends", "cases"])
    yield _row(["---"] * 3)
    for test in tests:
        ends = " ".join((inspect.getdoc(test) or "").split())
        yield _row([_title(test), ends, "; ".join(_cases(test))])
    yield ""


def _tests(module: ModuleType) -> Iterator[FunctionType]:
    for name, member in vars(module).items():
        if name.startswith("test_") and isinstance(member, FunctionType):
            yield member


def _title(test: Callable[..., object]) -> str:
    return test.__name__.removeprefix("test_").replace("_", " ")


def _cases(test: Callable[..., object]) -> Iterator[str]:
    """The names of the cases of a test, of each of its parameters."""
    for mark in getattr(test, "pytestmark", ()):
        if mark.name == "parametrize":
            values, names = mark.args[1], mark.kwargs.get("ids")
            yield ", ".join(names or map(_name, values))


def _name(case: Any) -> str:
    if isinstance(case, Kind):
        return case.value
    name = str(getattr(case, "id", None) or case)
    return name if name.isprintable() else repr(name)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
