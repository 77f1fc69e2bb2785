"""Measuring in turns, and telling the figures: what all sections share."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, TypeAlias

Action: TypeAlias = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Options:
    """What whoever runs the benchmarks chooses."""

    jobs: int
    """How many jobs the large emulator holds."""
    rounds: int
    """How many times everything is measured."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one thing came to, in each round."""

    name: str
    unit: str
    values: tuple[float, ...]
    limit: float | None = None
    """The most that the median may be; `None` where nothing is promised."""

    @property
    def median(self) -> float:
        """The middle value."""
        return median(self.values)

    @property
    def is_broken(self) -> bool:
        """Whether it is not what was promised."""
        return self.limit is not None and self.median > self.limit

    def ratio_to(self, other: Figure, name: str, limit: float | None = None) -> Figure:
        """How many times another figure this one is, round by round."""
        pairs = zip(self.values, other.values, strict=True)
        return Figure(name, "times", tuple(mine / its for mine, its in pairs), limit)


def seconds_of(action: Action) -> float:
    """How long it takes once."""
    began = perf_counter()
    action()
    return perf_counter() - began


def in_turns(
    actions: Mapping[str, Action], unit: str, *, rounds: int, times: int = 1
) -> dict[str, Figure]:
    """How long each action takes, by name.

    They take turns within a round, so that whatever else the machine does meets all of them; the
    value of a round is the median of its `times` calls.
    """
    scale = {"s": 1, "ms": 1_000}[unit]
    values: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        taken: dict[str, list[float]] = {name: [] for name in actions}
        for _ in range(times):
            for name, action in actions.items():
                taken[name].append(seconds_of(action))
        for name in actions:
            values[name].append(scale * median(taken[name]))
    return {name: Figure(name, unit, tuple(values[name])) for name in actions}


def table(title: str, figures: Sequence[Figure]) -> str:
    """The figures of a section, for people."""
    head = ("", "median", "least", "most", "unit", "promised")
    rows = [head, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in (0, 4, 5) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([title, "", *lines, ""])


def write_json(path: Path, rounds: int, sections: Mapping[str, Sequence[Figure]]) -> None:
    """The figures of all sections, for programs."""
    document: dict[str, Any] = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "rounds": rounds,
        "sections": {
            name: [_document(figure) for figure in figures] for name, figures in sections.items()
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _row(figure: Figure) -> tuple[str, ...]:
    promise = ""
    if figure.limit is not None:
        promise = f"at most {figure.limit:g}" + (": BROKEN" if figure.is_broken else "")
    return (
        figure.name,
        *(_number(value) for value in (figure.median, min(figure.values), max(figure.values))),
        figure.unit,
        promise,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _document(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "unit": figure.unit,
        "median": figure.median,
        "least": min(figure.values),
        "most": max(figure.values),
        "values": figure.values,
        "limit": figure.limit,
    }
