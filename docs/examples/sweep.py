"""A parameter sweep whose results become a plot: at which openness does rock let water through?

    python docs/examples/sweep.py percolation.svg

One task of many instances, each of which computes one point with `percolation.py`. All runs on this
machine, on an emulator that executes commands.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path

from qarnot_domain import Connection, QarnotException
from qarnot_domain.emulator import Emulator

WORK = Path(__file__).resolve().with_name("percolation.py")
SMALLEST, LARGEST = 0.40, 0.80


def sweep(connection: Connection, points: int, python: str = "python3") -> dict[float, float]:
    """The share of squares that let water through, by openness."""
    job = connection.create_job("percolation")
    job.max_wall_time = "00:10:00"
    job.submit()
    try:
        task = connection.create_task("percolation", "docker-batch", points, job=job)
        step = (LARGEST - SMALLEST) / (points - 1)
        openness = f"awk 'BEGIN {{ print {SMALLEST} + {step} * '$INSTANCE_ID' }}'"
        task.constants["DOCKER_CMD"] = f"{python} {shlex.quote(str(WORK))} $({openness})"
        task.submit()
        task.wait()
        if task.state != "Success":
            raise SystemExit(f"{task.state}: {[error.message for error in task.errors]}")
        return dict(map(point_of, map(task.stdout, range(points))))
    finally:
        job.delete(forceAbort=True)


def point_of(output: str) -> tuple[float, float]:
    """The openness and the share that an instance printed; its lines begin with its number."""
    found = json.loads(output[output.index("{") :])
    return found["openness"], found["share"]


def plot(shares: dict[float, float]) -> str:
    """The shares as an SVG picture."""
    width, height, margin = 640, 400, 50

    def place(openness: float, share: float) -> str:
        x = margin + (openness - SMALLEST) / (LARGEST - SMALLEST) * (width - 2 * margin)
        return f"{x:.1f},{height - margin - share * (height - 2 * margin):.1f}"

    points = [place(openness, share) for openness, share in sorted(shares.items())]
    dots = [f'<path d="M{point} h0" stroke-width="8"/>' for point in points]
    bottom, right = height - margin, width - margin
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
font-family="system-ui, sans-serif" font-size="14">
<rect width="{width}" height="{height}" fill="white"/>
<path d="M{margin} {margin} V{bottom} H{right}" fill="none" stroke="#555"/>
<g fill="none" stroke="#00796b" stroke-width="2" stroke-linecap="round">
<polyline points="{" ".join(points)}"/>
{"".join(dots)}
</g>
<text x="{margin}" y="{margin - 16}">share of squares that let water through</text>
<text x="{margin - 8}" y="{margin + 5}" text-anchor="end">1</text>
<text x="{margin - 8}" y="{bottom + 5}" text-anchor="end">0</text>
<text x="{margin}" y="{bottom + 20}">{SMALLEST:g}</text>
<text x="{right}" y="{bottom + 20}" text-anchor="end">{LARGEST:g}</text>
<text x="{width / 2:g}" y="{bottom + 34}" text-anchor="middle">openness of the rock</text>
</svg>
"""


def main() -> None:
    """Sweep on an emulator, and write the plot."""
    parser = argparse.ArgumentParser(description="A parameter sweep and its plot.")
    parser.add_argument("picture", type=Path, help="the SVG file to write")
    parser.add_argument("--points", type=int, default=21)
    options = parser.parse_args()
    with (
        Emulator(execute=True) as cloud,
        Connection(cluster_url=cloud.url, client_token=cloud.token) as connection,
    ):
        shares = sweep(connection, options.points, shlex.quote(sys.executable))
    options.picture.write_text(plot(shares), encoding="utf-8")
    for openness, share in sorted(shares.items()):
        print(f"{openness:.2f} {'#' * round(40 * share)}")


if __name__ == "__main__":
    try:
        main()
    except QarnotException as error:
        raise SystemExit(f"sweep: {error}") from error
