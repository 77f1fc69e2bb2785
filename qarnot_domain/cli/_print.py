"""Printing results: tables for people, JSON for programs.

On a terminal a table is as wide as it is, and leaves out what matters least where it is narrow;
elsewhere it is aligned text, whole. Names come from anywhere: nothing in them reaches
the terminal but what can be printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import attrs
import click

from qarnot_domain.cli._session import is_terminal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from qarnot_domain._codecs import Json
    from qarnot_domain.cli._options import Options

_GAP: Final = 2
"""Spaces between two columns."""

_COLORS: Final = {
    "Success": "green",
    "Completed": "green",
    "Active": "cyan",
    "FullyExecuting": "cyan",
    "PartiallyExecuting": "cyan",
    "Failure": "red",
    "Cancelled": "yellow",
    "Terminating": "yellow",
    "PendingCancel": "yellow",
    "PendingDelete": "yellow",
    "Deleting": "yellow",
}
"""The colours of words, wherever a cell is one of them."""


@attrs.frozen
class Column:
    """A column of a table."""

    title: str
    rank: int = 0
    """Where it is narrow the columns with the highest rank go first; those of rank 0 stay."""
    shrinks: bool = False
    """Whether its cells may be cut short on a terminal, where the others never are."""
    wraps: bool = False
    """Whether its cells may go on in a line below, on a terminal."""
    least: int = 12
    """How narrow one that shrinks or wraps may become before another column has to go."""


@attrs.frozen
class Table:
    """Rows of text."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]


def printable(text: str) -> str:
    """The text on one line, without what would move the cursor or change its colour."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def print_objects(
    options: Options, objects: Sequence[Mapping[str, Json]], table: Callable[[], Table]
) -> None:
    """Print objects in the form that was asked for; where there are none, no table either."""
    if options.output == "json":
        click.echo(json.dumps(objects, indent=2, ensure_ascii=False))
    elif options.output == "jsonl":
        for one in objects:
            click.echo(json.dumps(one, ensure_ascii=False))
    elif options.quiet:
        for one in objects:
            click.echo(one["uuid"])
    elif objects:
        print_table(options, table())


def print_table(options: Options, table: Table) -> None:
    """Print a table for whoever reads it."""
    clean = attrs.evolve(table, rows=[list(map(printable, row)) for row in table.rows])
    if is_terminal(sys.stdout):
        _print_to_terminal(options, clean)
    else:
        _print_whole(clean)


def _widths(table: Table) -> list[int]:
    from rich.cells import cell_len

    return [
        max(cell_len(cell) for cell in (column.title, *(row[index] for row in table.rows)))
        for index, column in enumerate(table.columns)
    ]


def _print_whole(table: Table) -> None:
    from rich.cells import set_cell_size

    widths = _widths(table)
    for row in ([column.title for column in table.columns], *table.rows):
        cells = [set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)]
        click.echo((" " * _GAP).join(cells).rstrip())


def _print_to_terminal(options: Options, table: Table) -> None:
    console = console_for(options)
    places = _places(table, console.width)
    rows = [[column.title for column in table.columns], *table.rows]
    for number, row in enumerate(rows):
        style = "bold" if number == 0 else ""
        if places:
            console.print(_side_by_side(table, row, places, style), soft_wrap=True)
        elif number:
            console.print(_stacked(table, row, console.width), soft_wrap=True)


def _places(table: Table, width: int) -> dict[int, int]:
    """How wide which columns are; none where not even those that stay have room."""
    natural = _widths(table)
    needed = [
        min(column.least, one) if column.shrinks or column.wraps else one
        for column, one in zip(table.columns, natural, strict=True)
    ]
    shown = list(range(len(table.columns)))
    while sum(needed[index] + _GAP for index in shown) - _GAP > width:
        last = max(shown, key=lambda index: table.columns[index].rank)
        if table.columns[last].rank == 0:
            return {}
        shown.remove(last)
    spare = width - sum(needed[index] + _GAP for index in shown) + _GAP
    places = {index: needed[index] for index in shown}
    while spare and (growing := [i for i in shown if places[i] < natural[i]]):
        for index in growing[:spare]:
            places[index] += 1
        spare -= len(growing[:spare])
    return places


def _side_by_side(table: Table, row: Sequence[str], places: Mapping[int, int], style: str) -> Text:
    from itertools import zip_longest

    from rich.text import Text

    cells = [
        _lines(row[index], width, style, wraps=table.columns[index].wraps)
        for index, width in places.items()
    ]
    lines = [
        Text(" " * _GAP).join(
            part or Text(" " * width) for part, width in zip(parts, places.values(), strict=True)
        )
        for parts in zip_longest(*cells)
    ]
    for line in lines:
        line.rstrip()
    return Text("\n").join(lines)


def _lines(cell: str, width: int, style: str, *, wraps: bool) -> list[Text]:
    """A cell of this width: in one line, cut short if need be, or in several."""
    from rich.cells import chop_cells
    from rich.text import Text

    lines = [
        Text(part, style or _COLORS.get(cell, ""))
        for part in (chop_cells(cell, width) if wraps and cell else [cell])
    ]
    for line in lines:
        line.truncate(width, overflow="ellipsis", pad=True)
    return lines


def _stacked(table: Table, row: Sequence[str], width: int) -> Text:
    """A row as lines: its first cell, and below it the others that stay."""
    from rich.text import Text

    first, *others = (
        cell for column, cell in zip(table.columns, row, strict=True) if column.rank == 0
    )
    heading = Text(first, "bold")
    heading.truncate(width, overflow="ellipsis")
    below = (_lines(cell, width - _GAP, "", wraps=True) for cell in others)
    return Text("\n").join(
        [heading, *(Text(" " * _GAP) + line for lines in below for line in lines)]
    )


def console_for(options: Options, *, stderr: bool = False) -> Console:
    """The terminal, for what rich prints; without colours if those are not wanted."""
    from rich.console import Console

    return Console(stderr=stderr, no_color=options.no_color or None, highlight=False)
