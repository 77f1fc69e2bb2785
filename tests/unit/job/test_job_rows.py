"""`Job`, member by member: each row of the contract has a test named after it.

A row's tests are called `test_<row>_…`, in whichever module of this package.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROWS = (
    "constructor",
    "auto_update",
    "update_cache_time",
    "state",
    "tasks",
    "use_dependencies",
    "uuid",
    "name",
    "shortname",
    "creation_date",
    "max_wall_time",
    "pool",
    "from_json",
    "submit",
    "update",
    "terminate",
    "delete",
    "auto_delete",
    "completion_ttl",
    "tags",
    "state_transition_time",
    "previous_state",
    "previous_state_transition_time",
    "last_modified",
    "repr",
    "eq_hash",
    "wait",
)


def test_each_row_has_a_test() -> None:
    """Each row of the contract has at least one test, counted for the longest row it names."""
    names = [
        statement.name
        for module in Path(__file__).parent.glob("test_*.py")
        for statement in ast.parse(module.read_text()).body
        if isinstance(statement, ast.FunctionDef)
    ]
    tested = {
        max((row for row in ROWS if name.startswith(f"test_{row}_")), key=len, default="")
        for name in names
    }
    assert set(ROWS) <= tested
