"""Running `qarnot-job` on a terminal, and seeing what is on its screen."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import pexpect
import pyte

PROGRAM: Final = ("-m", "qarnot_domain.cli")

_HEIGHT: Final = 200
"""Lines of the screen: more than anything here prints, so that nothing scrolls away."""

_PATIENCE: Final = 60
"""Seconds until a program that says nothing is given up."""

_SEQUENCE: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_COLOR: Final = re.compile(r"\x1b\[(?:[0-9;]*;)?3[0-7](?:;[0-9;]*)?m")

Act = Callable[["pexpect.spawn[str]"], None]
"""What somebody does at the keyboard."""


class Seen(NamedTuple):
    """What a program showed on a terminal."""

    code: int | None
    lines: tuple[str, ...]
    """The screen, without the empty lines at its end."""
    raw: str
    """All that was written to it."""

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    @property
    def is_colored(self) -> bool:
        """Whether anything had a colour."""
        return _COLOR.search(self.raw) is not None

    @property
    def written(self) -> list[str]:
        """The lines as they were written, however wide, without what controls the terminal."""
        return [_SEQUENCE.sub("", line) for line in re.split("[\r\n]+", self.raw)]


def on_terminal(
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    *,
    width: int = 100,
    act: Act | None = None,
) -> Seen:
    """Run it on a terminal of this width until it ends."""
    child = pexpect.spawn(
        sys.executable,
        [*PROGRAM, *arguments],
        env={**_without_size(environment), "TERM": "xterm-256color"},
        dimensions=(_HEIGHT, width),
        encoding="utf-8",
        timeout=_PATIENCE,
    )
    written = _Tape()
    child.logfile_read = written
    try:
        if act is not None:
            act(child)
        child.expect(pexpect.EOF)
    finally:
        child.close()
    screen = pyte.Screen(width, _HEIGHT)
    pyte.Stream(screen).feed(written.text)
    lines = "\n".join(_line(screen, row) for row in range(_HEIGHT)).rstrip().split("\n")
    return Seen(child.exitstatus, tuple(lines), written.text)


def _without_size(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, but for what would count more than the terminal itself."""
    return {n: value for n, value in environment.items() if n not in ("COLUMNS", "LINES")}


def _line(screen: Any, row: int) -> str:
    # The second cell of a wide character is empty.
    cells = (screen.buffer[row][column].data for column in range(screen.columns))
    return "".join(cells).rstrip()


class _Tape:
    """Keeps what was written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing is held back."""
