"""The walk of a newcomer: from the installation to a finished job in five commands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
TUTORIAL: Final = ROOT / "docs" / "tutorial.md"


def commands() -> list[str]:
    """Those that the tutorial gives."""
    text = TUTORIAL.read_text(encoding="utf-8")
    (block,) = re.finditer(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return block[1].splitlines()


def shell(command: str, folder: Path, environment: dict[str, str]) -> str:
    """What a command prints, run in a shell as a newcomer does."""
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.check
@pytest.mark.timeout(600)
def test_five_commands_lead_to_a_finished_job(tmp_path: Path) -> None:
    """In a new environment, from the built wheel: install, serve, two settings, create and wait."""
    install, serve, url, token, create = commands()
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}  # noqa: TID251
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    assert "'." in install
    shell(install.replace("'.", f"'./{wheel.name}"), tmp_path, environment)
    with subprocess.Popen(
        ["/bin/sh", "-c", f"exec {serve}"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as cloud:
        try:
            assert cloud.stdout is not None
            for line in (url, token):
                printed = cloud.stdout.readline()
                assert printed.startswith(line.removesuffix("…"))
                name, _, value = printed.removeprefix("export ").strip().partition("=")
                environment[name] = value.strip("'")
            shell(create, tmp_path, environment)
            ask = "venv/bin/qarnot-job {} --output jsonl"
            job = json.loads(shell(ask.format("list"), tmp_path, environment))
            assert job["name"] == "first"
            task = json.loads(shell(ask.format(f"tasks {job['uuid']}"), tmp_path, environment))
            assert (task["name"], task["state"]) == ("hello", "Success")
        finally:
            cloud.terminate()
