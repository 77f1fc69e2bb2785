"""The examples do the work that they say, each as a program of its own."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from qarnot_domain.emulator import Emulator

from ..environment import Environment

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLES: Final = ROOT / "docs" / "examples"
NOTEBOOK_PYTHON: Final = ROOT / ".venv-notebook" / "bin" / "python"


def run(name: str, *arguments: object) -> str:
    """What an example prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_sweep_collects_its_results_into_a_plot(tmp_path: Path) -> None:
    """Each instance computes one point; dense rock is tight, open rock is not."""
    picture = tmp_path / "plot.svg"
    told = run("sweep.py", picture, "--points", 5).splitlines()
    assert [line.split()[0] for line in told] == ["0.40", "0.50", "0.60", "0.70", "0.80"]
    assert told[0] == "0.40 "
    assert told[-1] == "0.80 " + 40 * "#"
    line = ET.parse(picture).find(".//{http://www.w3.org/2000/svg}polyline")  # noqa: S314
    assert line is not None
    assert len(line.attrib["points"].split()) == 5


def test_film_is_put_together_of_all_its_frames(tmp_path: Path) -> None:
    """The task that gathers runs after those that render, and every frame is in the film."""
    film = tmp_path / "film.png"
    assert "3 frames" in run("film.py", film, "--frames", 3)
    content = film.read_bytes()
    assert content.startswith(b"\x89PNG")
    start = content.index(b"acTL") + 4
    assert struct.unpack(">I", content[start : start + 4]) == (3,)
    assert content.count(b"fcTL") == 3


def kill_after(line: str, environment: Environment, folder: Path) -> None:
    """Start the batch, and kill it by SIGKILL once it has printed a line."""
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / "resumable.py"), str(folder), "--total", "6"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as batch:
        assert batch.stdout is not None
        for printed in batch.stdout:
            if printed.startswith(line):
                break
        batch.kill()
    assert batch.returncode < 0


def test_batch_that_is_killed_half_way_is_finished_by_starting_it_again(tmp_path: Path) -> None:
    """Killed in the middle of a request, twice, it ends with all results, and nothing twice."""
    with Emulator(execute=True) as cloud:
        environment = Environment(
            os.environ,  # noqa: TID251
            QARNOT_CLUSTER_URL=cloud.url,
            QARNOT_CLIENT_TOKEN=cloud.token,
        )
        cloud.fail_next("createTasks", nth=4, hang="after")
        kill_after("submitted primes-2", environment, tmp_path)
        cloud.clear_faults()
        assert list(tmp_path.iterdir()) == []
        cloud.fail_next("retrieveTaskStdout", nth=3, hang="before")
        kill_after("kept primes-1", environment, tmp_path)
        cloud.clear_faults()
        assert len(list(tmp_path.iterdir())) == 2
        subprocess.run(
            [sys.executable, str(EXAMPLES / "resumable.py"), str(tmp_path), "--total", "6"],
            env=environment,
            capture_output=True,
            timeout=60,
            check=True,
        )
        sent = Counter(request.operation for request in cloud.requests)
    assert sent["createJob"] == 1
    assert sent["createTasks"] == 6
    kept = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.txt")}
    primes = (1_000_003,)
    numbers = [1_000_003 + 2 * place for place in range(6)]
    assert kept == {
        f"primes-{place}.txt": f"{number} {number in primes}\n"
        for place, number in enumerate(numbers)
    }


@pytest.mark.check
def test_notebook_runs_from_its_first_cell_to_its_last(tmp_path: Path) -> None:
    """Executed in an environment of its own, it draws what the script draws."""
    executed = tmp_path / "executed.ipynb"
    program = (
        "import sys, nbformat, nbclient;"
        "book = nbformat.read(sys.argv[1], 4);"
        "resources = {'metadata': {'path': sys.argv[2]}};"
        "nbclient.NotebookClient(book, timeout=100, resources=resources).execute();"
        "nbformat.write(book, sys.argv[3])"
    )
    done = subprocess.run(
        [NOTEBOOK_PYTHON, "-c", program, EXAMPLES / "sweep.ipynb", EXAMPLES, executed],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cells = json.loads(executed.read_text(encoding="utf-8"))["cells"]
    (picture,) = (
        "".join(output["data"]["image/svg+xml"])
        for cell in cells
        for output in cell.get("outputs", ())
        if "image/svg+xml" in output.get("data", {})
    )
    assert picture.count(" h0") == 11
