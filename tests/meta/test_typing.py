"""The typing tests cover the public names."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import qarnot_domain

API: Final = Path(__file__).parents[1] / "typing" / "api.py"


def test_the_typing_tests_use_every_public_name() -> None:
    """`tests/typing/api.py` uses each name of `qarnot_domain.__all__`, not only imports it."""
    tree = ast.parse(API.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert set(qarnot_domain.__all__) - names - attributes == set()
