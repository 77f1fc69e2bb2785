"""Taking in a change of the API goes as the documentation says."""

from __future__ import annotations

import pytest

from .rehearsal import LONGEST_S, PAGE, page


@pytest.mark.check
@pytest.mark.timeout(LONGEST_S)
def test_rehearsal_goes_as_the_page_says() -> None:
    """`docs/api-change-rehearsal.md` is what `python -m tests.spec_diff.rehearsal` writes."""
    assert PAGE.read_text("utf-8") == page()
