"""`openapi/job-life.arazzo.yaml`: the life of a job, run by a program that is not ours."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from qarnot_domain.emulator import Emulator

OPENAPI: Final = Path(__file__).parents[2] / "openapi"

pytestmark = pytest.mark.check


def respect(cloud: Emulator, tmp_path: Path) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the document; the token goes by the environment, where no other user sees it."""
    told = tmp_path / "respect.json"
    done = subprocess.run(
        [
            str(OPENAPI / "node_modules/.bin/redocly"),
            "respect",
            "job-life.arazzo.yaml",
            "--json-output",
            told,
        ],
        cwd=OPENAPI,
        env={
            **os.environ,  # noqa: TID251 - passed on
            "REDOCLY_TELEMETRY": "off",
            "REDOCLY_CLI_RESPECT_SERVER": f"qarnot={cloud.url}",
            "REDOCLY_CLI_RESPECT_INPUT": f"token={cloud.token},name=job-of-arazzo",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done, told.read_text(encoding="utf-8")


def test_the_life_of_a_job_is_as_documented(tmp_path: Path) -> None:
    """Each step does what it says, each answer is as the document says, and nothing stays."""
    with Emulator() as cloud:
        done, told = respect(cloud, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    totals = json.loads(told)["files"]["job-life.arazzo.yaml"]["totalRequests"]
    assert totals > 11, told[:2000]
    assert cloud.token not in done.stdout + done.stderr


def test_a_wrong_answer_in_a_life_is_red(tmp_path: Path) -> None:
    """An answer that the document does not have fails the run, at its step."""
    with Emulator() as cloud:
        cloud.fail_next("listJobTasks", times=None, status=200, body=[{"uuid": 7}])
        done, _ = respect(cloud, tmp_path)

    assert done.returncode == 1
    assert "step list" in done.stdout + done.stderr
