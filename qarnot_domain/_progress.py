"""Telling a person, or a function, how a wait goes on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

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
        with _live_line(name) as report:
            yield report
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


def _age(state: str) -> int:
    """How far in a task's life a state comes; unknown ones last."""
    known = TaskState.known()
    return known.index(state) if state in known else len(known)


@contextmanager
def _live_line(name: str) -> Generator[Report]:
    try:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.table import Column
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "progress=True needs rich: pip install 'qarnot-domain[progress]'"
        ) from error
    whole = Column(no_wrap=True)
    yielding = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    columns = (
        TextColumn("{task.description}", table_column=whole),
        MofNCompleteColumn(table_column=whole),
        BarColumn(bar_width=12),
        TextColumn("{task.fields[states]}", table_column=yielding),
    )
    with Progress(*columns, console=Console(stderr=True), expand=True) as line:
        bar = line.add_task(escape(name), total=None, states="")

        def report(counts: Mapping[str, int]) -> None:
            finished = sum(n for state, n in counts.items() if TaskState(state).is_final)
            states = "  ".join(f"{state} {counts[state]}" for state in sorted(counts, key=_age))
            line.update(bar, total=sum(counts.values()), completed=finished, states=escape(states))

        yield report
