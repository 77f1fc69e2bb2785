"""Draws the pictures of the documents: `python -m tests.docs.pictures`; a test holds them to it.

What the pictures say is not written here but found out: who imports whom from the source, and which
reads send requests by reading on an emulator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Final

from qarnot_domain import _MODULES, Connection, JobState, TaskState
from qarnot_domain.emulator import Emulator, ManualClock

from ..meta.imports import LIBRARY, ROOT, imports_of_file, library_modules, modules, of

FOLDER: Final = ROOT / "docs" / "images"

INK, QUIET, PAPER = "#1f2d3a", "#5f7183", "#fbfcfd"
TEAL, AMBER, RED, LINE = "#00796b", "#b26a00", "#b3261e", "#b6c2cd"
LIGHT_TEAL, LIGHT_AMBER, LIGHT_RED, WHITE = "#d9f0ec", "#fdeccd", "#fbe0de", "#ffffff"


class Drawing:
    """An SVG picture; positions and sizes are in its own units, a pixel at full width."""

    def __init__(self, width: float, height: float, title: str) -> None:
        corner = f'<path d="M0 0 L10 5 L0 10 z" fill="{INK}"/>'
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"',
            ' role="img" font-family="system-ui, sans-serif" font-size="15">',
            f"<title>{escape(title)}</title>",
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8"',
            f' markerHeight="8" orient="auto-start-reverse">{corner}</marker></defs>',
            f'<rect width="{width:g}" height="{height:g}" rx="10" fill="{PAPER}"/>',
        ]

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        color: str = INK,
        size: float = 15,
        anchor: str = "middle",
        weight: str = "normal",
        family: str | None = None,
    ) -> None:
        """Words on one line; `y` is their baseline."""
        font = "" if family is None else f' font-family="{family}"'
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" fill="{color}" font-size="{size:g}" '
            f'text-anchor="{anchor}" font-weight="{weight}"{font}>{escape(words)}</text>'
        )

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str = WHITE,
        line: str = LINE,
        dashed: bool = False,
    ) -> None:
        """A box with round corners, by its upper left one."""
        dash = ' stroke-dasharray="6 5"' if dashed else ""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="7" '
            f'fill="{fill}" stroke="{line}" stroke-width="1.5"{dash}/>'
        )

    def line(self, path: str, *, color: str = INK, tip: bool = False, width: float = 1.6) -> None:
        """A line along an SVG path, perhaps with a tip at its end."""
        end = ' marker-end="url(#tip)"' if tip else ""
        self._parts.append(
            f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width:g}"{end}/>'
        )

    def dot(self, x: float, y: float, *, color: str, filled: bool) -> None:
        """A small circle."""
        fill = color if filled else WHITE
        self._parts.append(
            f'<circle cx="{x:g}" cy="{y:g}" r="7" fill="{fill}" stroke="{color}" stroke-width="2"/>'
        )

    def svg(self) -> str:
        """All of it."""
        return "\n".join([*self._parts, "</svg>", ""])


# --- the life of a job ----------------------------------------------------------------------------

CODE: Final = "ui-monospace, monospace"


def life() -> str:
    """The states of a job above, those of its tasks below."""
    drawing = Drawing(960, 476, "The states of a job, and of its tasks")
    _job_states(drawing)
    _task_states(drawing)
    return drawing.svg()


def _state(drawing: Drawing, x: float, y: float, name: str, fill: str, line: str) -> None:
    drawing.box(x - 68, y - 22, 136, 44, fill=fill, line=line)
    drawing.text(x, y + 5, name, weight="600", size=14)


def _says(drawing: Drawing, x: float, y: float, *lines: str) -> None:
    for number, words in enumerate(lines):
        drawing.text(x, y + 18 * number, words, color=QUIET, size=13)


def _job_states(drawing: Drawing) -> None:
    y = 112
    drawing.text(24, 36, "A job", size=18, weight="700", anchor="start")
    places = {
        JobState.UNSUBMITTED: (92, WHITE, LINE),
        JobState.ACTIVE: (328, LIGHT_AMBER, AMBER),
        JobState.COMPLETED: (622, LIGHT_TEAL, TEAL),
        JobState.DELETING: (868, LIGHT_RED, RED),
    }
    for state, (x, fill, line) in places.items():
        _state(drawing, x, y, state, fill, line)
    _says(drawing, 92, y + 42, "in your program only,", "everything can be set")
    _says(drawing, 328, y + 42, "on the cluster,", "its members locked")
    _says(drawing, 868, y + 42, "the object", "keeps its uuid")
    for x, words in ((210, "submit()"), (475, "terminate()"), (745, "delete()")):
        drawing.text(x, y - 12, words, size=13, family=CODE)
    _says(drawing, 475, y + 22, "or its max_wall_time", "is over")
    _says(drawing, 745, y + 22, "or after its", "completion_ttl")
    for start, end in ((160, 258), (396, 552), (690, 798)):
        drawing.line(f"M{start} {y} H{end}", tip=True)
    drawing.line(f"M328 {y - 24} C328 40, 868 40, 868 {y - 26}", tip=True)
    drawing.text(598, 48, "delete(forceAbort=True)", size=13, family=CODE)


def _task_states(drawing: Drawing) -> None:
    y = 330
    drawing.line("M24 208 H936", color=LINE)
    drawing.text(24, 246, "Each of its tasks", size=18, weight="700", anchor="start")
    ends = {
        TaskState.SUCCESS: (y - 72, LIGHT_TEAL, TEAL),
        TaskState.FAILURE: (y, LIGHT_RED, RED),
        TaskState.CANCELLED: (y + 72, WHITE, QUIET),
    }
    _state(drawing, 92, y, TaskState.UNSUBMITTED, WHITE, LINE)
    _state(drawing, 328, y, TaskState.SUBMITTED, LIGHT_AMBER, AMBER)
    _state(drawing, 598, y, TaskState.FULLY_EXECUTING, LIGHT_AMBER, AMBER)
    for end, (height, fill, line) in ends.items():
        _state(drawing, 868, height, end, fill, line)
    drawing.line(f"M160 {y} H258", tip=True)
    drawing.text(210, y - 12, "submit()", size=13, family=CODE)
    drawing.line(f"M396 {y} H528", tip=True)
    drawing.text(463, y - 12, "dispatched", size=13, color=QUIET)
    _says(drawing, 452, y + 42, "waits for its dependencies,", "then for a machine")
    drawing.line(f"M666 {y - 8} C730 {y - 20}, 720 {y - 72}, 798 {y - 72}", tip=True)
    drawing.line(f"M666 {y} H798", tip=True)
    drawing.line(f"M598 {y + 24} C598 {y + 66}, 690 {y + 64}, 798 {y + 64}", tip=True)
    _says(drawing, 696, y + 52, "aborted")
    drawing.line(f"M328 {y + 24} C328 {y + 118}, 640 {y + 110}, 798 {y + 80}", tip=True)
    _says(drawing, 430, y + 122, "aborted, or a dependency ended otherwise")


# --- what a read costs ----------------------------------------------------------------------------

READS: Final = (0.5, 1.0, 2.0, 3.5, 4.5, 6.5, 7.0, 8.0, 10.5, 12.0, 12.5)
"""When the program of the picture reads the state of its job, in seconds after `submit()`."""


def reads_that_send() -> list[float]:
    """Those of the reads that send a request, found out on an emulator."""
    clock = ManualClock()
    sending: list[float] = []
    with (
        Emulator(clock=clock) as cloud,
        Connection(
            cluster_url=cloud.url,
            client_token=cloud.token,
            cluster_unsafe=False,
            cluster_timeout=30,
            clock=clock,
        ) as connection,
    ):
        job = connection.create_job("read often")
        job.submit()
        now = 0.0
        for moment in READS:
            clock.sleep(moment - now)
            now, before = moment, len(cloud.requests)
            assert job.state == JobState.ACTIVE
            if len(cloud.requests) > before:
                sending.append(moment)
    return sending


def cache() -> str:
    """Time from left to right: reads above, the snapshot between, requests below."""
    sending = reads_that_send()
    drawing = Drawing(
        960,
        318,
        f"Of {len(READS)} reads within {READS[-1]:g} seconds, {len(sending)} send a request",
    )
    left, scale = 170, 56

    def at(moment: float) -> float:
        return left + moment * scale

    for y, words in ((66, "job.state"), (142, "the snapshot"), (222, "requests")):
        drawing.text(24, y + 5, words, anchor="start", weight="600")
    for moment in sending:
        # The last one reaches beyond the picture.
        end = min(at(moment + 5), 936)
        drawing.box(at(moment), 122, end - at(moment), 40, fill=LIGHT_TEAL, line=TEAL)
        drawing.text((at(moment) + end) / 2, 147, "answers for 5 s" if end < 936 else "…")
        drawing.line(f"M{at(moment):g} 76 V212", tip=True)
        drawing.text(at(moment), 240, "GET /jobs/…", size=13, family=CODE)
    for moment in READS:
        drawing.dot(at(moment), 66, color=TEAL, filled=moment in sending)
    drawing.line(f"M{left} 268 H936", color=QUIET)
    for second in range(0, 14, 2):
        drawing.line(f"M{at(second):g} 264 V272", color=QUIET)
        drawing.text(at(second), 292, f"{second} s", size=13, color=QUIET)
    drawing.text(left, 34, f"{len(READS)} reads", anchor="start", color=QUIET, size=13)
    drawing.text(936, 34, f"{len(sending)} requests", anchor="end", color=QUIET, size=13)
    return drawing.svg()


# --- which module imports which -------------------------------------------------------------------


def import_graph() -> dict[str, set[str]]:
    """Each module and each folder of the library, and what it imports when it runs."""
    graph = {
        module: library_modules(i for i in of(module) if not i.is_type_only)
        for module in modules()
        if not module.startswith("__")
    }
    for package in LIBRARY.glob("*/__init__.py"):
        imports = [i for path in package.parent.rglob("*.py") for i in imports_of_file(path)]
        # A name of the package itself is one of the module that it comes from.
        named = {
            _MODULES[i.name] for i in imports if i.module == "qarnot_domain" and i.name in _MODULES
        }
        graph[package.parent.name] = library_modules(imports) | named
    return {module: (graph[module] & graph.keys()) - {module} for module in graph}


def below(graph: Mapping[str, set[str]], module: str) -> set[str]:
    """All that a module imports, directly or through others."""
    found: set[str] = set()
    left = set(graph[module])
    while left:
        one = left.pop()
        found.add(one)
        left |= graph[one] - found
    return found


def layers(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The modules, lowest first: each as low as what it imports allows."""
    rank: dict[str, int] = {}

    def rank_of(module: str) -> int:
        if module not in rank:
            rank[module] = 1 + max(map(rank_of, graph[module]), default=-1)
        return rank[module]

    for module in graph:
        rank_of(module)
    rows = [sorted(m for m in graph if rank[m] == row) for row in range(max(rank.values()) + 1)]
    for _ in range(4):
        for low, row in pairwise(rows):
            _sort_by(row, low, graph)
    return rows


def _sort_by(row: list[str], low: list[str], graph: Mapping[str, set[str]]) -> None:
    """Put each module of a row above the middle of those that it imports from the row below."""
    place = {module: number / len(low) for number, module in enumerate(low)}

    def middle(module: str) -> tuple[float, str]:
        places = [place[m] for m in graph[module] if m in place]
        return (sum(places) / len(places) if places else 0.5, module)

    row.sort(key=middle)


def essential(graph: Mapping[str, set[str]]) -> Iterable[tuple[str, str]]:
    """The imports that do not follow from others: what to draw so that little is drawn."""
    for module in sorted(graph):
        indirect = {deep for direct in graph[module] for deep in below(graph, direct)}
        for direct in sorted(graph[module] - indirect):
            yield module, direct


def _width(module: str) -> float:
    return 18 + 8.2 * len(module)


def module_map() -> str:
    """The layers, lowest below, and a line for each import that does not follow from others."""
    graph = import_graph()
    rows = layers(graph)
    step = 72
    height = len(rows) * step + 30
    drawing = Drawing(1060, height, "Which module of qarnot_domain imports which")
    place: dict[str, tuple[float, float]] = {}
    for level, row in enumerate(rows):
        gap = (1040 - sum(map(_width, row))) / (len(row) + 1)
        x = 10.0
        for module in row:
            place[module] = (x + gap + _width(module) / 2, height - 15 - (level + 0.5) * step)
            x += gap + _width(module)
    for module, imported in essential(graph):
        (x, y), (to_x, to_y) = place[module], place[imported]
        drawing.line(
            f"M{x:g} {y + 15:g} C{x:g} {y + 42:g}, {to_x:g} {to_y - 42:g}, {to_x:g} {to_y - 15:g}",
            color=LINE,
        )
    for module, (x, y) in place.items():
        public = not module.startswith("_")
        width = _width(module)
        drawing.box(
            x - width / 2,
            y - 15,
            width,
            30,
            fill=LIGHT_TEAL if public else WHITE,
            line=TEAL if public else LINE,
        )
        weight = "700" if public else "normal"
        drawing.text(x, y + 5, module, size=13, family=CODE, weight=weight)
    return drawing.svg()


PICTURES: Final = {"life.svg": life, "cache.svg": cache, "modules.svg": module_map}


def main() -> None:
    """Draw all of them anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        Path(FOLDER, name).write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
