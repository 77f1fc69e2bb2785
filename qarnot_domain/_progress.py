"""Telling a person, or a function, how a wait goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from html import escape as escape_html
from importlib import import_module
from typing import Any

from .states import TaskState

Report = Callable[[Mapping[str, int]], None]
"""Takes the number of tasks by state."""


@contextmanager
def following(progress: bool | Report, name: str) -> Generator[Report]:
    """What to report to: the user's function, a live line on the terminal, or nothing.

    Raises:
        TypeError: `progress` is neither a `bool` nor callable.
        ModuleNotFoundError: a live line is wanted and the extra `progress` is not installed.
    """
    check_progress(progress)
    if callable(progress):
        yield progress
    elif progress:
        with live_lines() as line:
            yield line(name)
    else:
        yield _nothing


def check_progress(progress: object) -> None:
    """Raise `TypeError` for what `following` does not take."""
    if not isinstance(progress, bool) and not callable(progress):
        raise TypeError(
            f"progress must be a bool or a function of counts, not {type(progress).__name__}"
        )


def _nothing(_counts: Mapping[str, int]) -> None:
    pass


def age(state: str) -> int:
    """How far in a task's life a state comes; unknown ones last."""
    known = TaskState.known()
    return known.index(state) if state in known else len(known)


@contextmanager
def live_lines(*, no_color: bool = False) -> Generator[Callable[[str], Report]]:
    """What gives, for a name, what to report to: a live line of its own.

    In a notebook it is shown below the cell, elsewhere on standard error.

    Raises:
        ModuleNotFoundError: it is no notebook, and the extra `progress` is not installed.
    """
    display = _notebook_display()
    if display is not None:
        yield partial(_notebook_line, display)
        return
    try:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.table import Column
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "progress=True needs rich: pip install 'qarnot-domain[progress]'"
        ) from error
    console = Console(stderr=True, no_color=no_color or None)
    named = Column(no_wrap=True, overflow="ellipsis", max_width=max(8, console.width // 3))
    whole = Column(no_wrap=True)
    yielding = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    columns = (
        TextColumn("{task.description}", table_column=named),
        MofNCompleteColumn(table_column=whole),
        BarColumn(bar_width=12),
        TextColumn("{task.fields[states]}", table_column=yielding),
    )
    with Progress(*columns, console=console, expand=True) as lines:

        def line(name: str) -> Report:
            bar = lines.add_task(escape(name), total=None, states="")

            def report(counts: Mapping[str, int]) -> None:
                lines.update(
                    bar,
                    total=sum(counts.values()),
                    completed=_ended(counts),
                    states=escape(in_words(counts)),
                )

            return report

        yield line


def _ended(counts: Mapping[str, int]) -> int:
    return sum(n for state, n in counts.items() if TaskState(state).is_final)


def in_words(counts: Mapping[str, int]) -> str:
    """How many tasks are in which state, in the order of a task's life."""
    return "  ".join(f"{state} {counts[state]}" for state in sorted(counts, key=age))


def summary(counts: Mapping[str, int]) -> str:
    """How many tasks have ended, of how many, and their states."""
    return f"{_ended(counts)}/{sum(counts.values())}  {in_words(counts)}"


Display = Callable[..., Any]
"""`IPython.display.display`."""


def _notebook_display() -> Display | None:
    """What shows something below a notebook's cell; `None` where this is no notebook."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if not hasattr(shell, "kernel"):
        return None
    display: Display = import_module("IPython.display").display
    return display


def _notebook_line(display: Display, name: str) -> Report:
    shown = display(_Bar(name, {}), display_id=True)

    def report(counts: Mapping[str, int]) -> None:
        shown.update(_Bar(name, dict(counts)))

    return report


class _Bar:
    """A line of a notebook: text, with a bar where HTML is shown."""

    def __init__(self, name: str, counts: Mapping[str, int]) -> None:
        self._name = name
        self._counts = counts

    def __repr__(self) -> str:
        return f"{self._name}  {summary(self._counts)}"

    def _repr_html_(self) -> str:
        total = sum(self._counts.values())
        return (
            f"{escape_html(self._name)} "
            f'<progress max="{total or 1}" value="{_ended(self._counts)}"></progress> '
            f"{escape_html(summary(self._counts))}"
        )
