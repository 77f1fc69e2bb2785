"""The page of all faults."""

from __future__ import annotations

from .table import PAGE, page


def test_page_is_what_the_tests_say() -> None:
    """`docs/faults.md` is what `python -m tests.faults.table` writes."""
    assert PAGE.read_text("utf-8") == page()
