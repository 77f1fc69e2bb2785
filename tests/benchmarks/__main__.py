"""How fast things are, and how much they take: `make bench`.

    python -m tests.benchmarks [--section NAME] [--jobs N] [--rounds N] [--json FILE]

The exit code is 1 if a figure breaks what is promised of it.
"""
# ruff: noqa: T201 - a tool

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from tests.benchmarks import emulator, versus
from tests.benchmarks.measuring import Figure, Options, table, write_json

SECTIONS: Final[dict[str, Callable[[Options], Iterable[Figure]]]] = {
    "calls": versus.calls,
    "reads": versus.reads,
    "lists": versus.lists,
    "many": versus.many,
    "starting": versus.starting,
    "emulator": emulator.measure,
}


def main() -> int:
    """Measure the sections that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--section", action="append", choices=SECTIONS, help="can be repeated; all by default"
    )
    parser.add_argument("--jobs", type=int, default=100_000, help="at least 100; default 100,000")
    parser.add_argument("--rounds", type=int, default=5, help="how often all is measured")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    if arguments.jobs < 100 or arguments.rounds < 1:
        parser.error("fewer than 100 jobs, or no round, say nothing")
    options = Options(arguments.jobs, arguments.rounds)
    measured: dict[str, Sequence[Figure]] = {}
    for name in arguments.section or SECTIONS:
        measured[name] = list(SECTIONS[name](options))
        print(table(name, measured[name]), flush=True)
    if arguments.json is not None:
        write_json(arguments.json, options.rounds, measured)
    return int(any(figure.is_broken for figures in measured.values() for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
