"""Objects in rows, for a notebook or for rich: what is known of them, without asking the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

Row = Mapping[str, object]
"""What is shown of one object, by name."""


def html_table(rows: Sequence[Row]) -> str:
    """A line for each, below the names."""
    names = _names(rows)
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(_cell(row, name))}</td>' for name in names)}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def rich_table(rows: Sequence[Row]) -> Table:
    """The same, for rich to print; needs the extra `progress`."""
    from rich.table import Table
    from rich.text import Text

    names = _names(rows)
    table = Table(*names)
    for row in rows:
        table.add_row(*(Text(_cell(row, name)) for name in names))
    return table


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _cell(row: Row, name: str) -> str:
    value = row.get(name)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
