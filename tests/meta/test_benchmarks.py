"""The benchmarks run, and say what they found; not how fast anything is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ..benchmarks.measuring import Figure, in_turns

ROOT = Path(__file__).resolve().parents[2]


def test_every_figure_of_a_run_is_printed_and_written(tmp_path: Path) -> None:
    """A small run tells the same figures twice, and fails exactly if one breaks its promise."""
    path = tmp_path / "figures" / "benchmarks.json"
    # The other sections need environments of their own.
    command = [sys.executable, "-m", "tests.benchmarks", "--section", "emulator"]
    command += ["--jobs", "100", "--rounds", "1"]
    done = subprocess.run(
        [*command, "--json", str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    sections = json.loads(path.read_text())["sections"]
    figures = [figure for figures in sections.values() for figure in figures]
    assert all(figure["name"] in done.stdout for figure in figures)
    assert any(figure["limit"] for figure in figures)
    is_broken = any(f["limit"] is not None and f["median"] > f["limit"] for f in figures)
    assert done.returncode == is_broken


def test_actions_take_turns() -> None:
    """Each is called as often as the others, one after the other, and has a value a round."""
    calls: list[str] = []
    actions = {name: lambda name=name: calls.append(name) for name in "ab"}
    figures = in_turns(actions, "ms", rounds=2, times=3)
    assert "".join(calls) == "ab" * 6
    assert {name: len(figure.values) for name, figure in figures.items()} == {"a": 2, "b": 2}


@pytest.mark.parametrize(("limit", "is_broken"), [(None, False), (2.0, False), (1.9, True)])
def test_a_promise_is_about_the_median(limit: float | None, is_broken: bool) -> None:
    """Of the ratios round by round, whatever the worst of them is."""
    mine, other = Figure("mine", "s", (2.0, 6.0, 40.0)), Figure("its", "s", (1.0, 3.0, 4.0))
    assert mine.ratio_to(other, "ratio", limit).values == (2.0, 2.0, 10.0)
    assert mine.ratio_to(other, "ratio", limit).is_broken is is_broken
