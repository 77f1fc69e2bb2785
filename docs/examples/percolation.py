"""What one instance of the sweep runs: how often does water find its way through porous rock?

    python percolation.py 0.6 --grids 40 --size 24

In a square of cells, each open with the given probability, water comes in at the top. It prints the
share of the squares through which it comes out at the bottom. Needs the standard library alone, so
it runs in any container with Python.
"""

from __future__ import annotations

import argparse
import json
import random


def percolates(openness: float, size: int, chance: random.Random) -> bool:
    """Whether water comes through one random square."""
    is_open = [[chance.random() < openness for _ in range(size)] for _ in range(size)]
    wet = [(0, column) for column in range(size) if is_open[0][column]]
    seen = set(wet)
    while wet:
        row, column = wet.pop()
        if row == size - 1:
            return True
        for cell in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
            y, x = cell
            if 0 <= y < size and 0 <= x < size and is_open[y][x] and cell not in seen:
                seen.add(cell)
                wet.append(cell)
    return False


def main() -> None:
    """Print the share as a line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("openness", type=float)
    parser.add_argument("--grids", type=int, default=40)
    parser.add_argument("--size", type=int, default=24)
    options = parser.parse_args()
    # The same openness, the same answer: a sweep can be repeated, and its plot compared.
    chance = random.Random(f"percolation {options.openness}")  # noqa: S311 - a simulation
    through = sum(percolates(options.openness, options.size, chance) for _ in range(options.grids))
    print(json.dumps({"openness": options.openness, "share": through / options.grids}))


if __name__ == "__main__":
    main()
