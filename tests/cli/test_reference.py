"""The page of the command line."""

from __future__ import annotations

import pytest

from .reference import PAGE, page


@pytest.mark.check
def test_page_is_what_the_program_says() -> None:
    """`docs/cli.md` is what `python -m tests.cli.reference` writes."""
    assert PAGE.read_text(encoding="utf-8") == page()
