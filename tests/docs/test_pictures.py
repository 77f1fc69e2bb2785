"""The pictures of the documents show what is so."""

from __future__ import annotations

import pytest

from .pictures import FOLDER, PICTURES


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_what_is_drawn_now(name: str) -> None:
    """`python -m tests.docs.pictures` would draw it again as it is."""
    assert PICTURES[name]() == (FOLDER / name).read_text(encoding="utf-8")
