"""`qarnot_domain.testing`: the fixtures that users test their own code with."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from qarnot_domain import Connection
from qarnot_domain.emulator import Emulator, ManualClock


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_each_test_finds_an_empty_emulator(
    qarnot_emulator: Emulator, qarnot_connection: Connection, turn: int
) -> None:
    """Nothing of another test is left: no object, no request, no failure, no limit."""
    assert qarnot_emulator.requests == []
    assert qarnot_connection.jobs() == []
    qarnot_connection.create_job("left behind").submit()
    qarnot_emulator.set_limits(max_jobs=1)
    qarnot_emulator.credits = 0
    qarnot_emulator.fail_next(times=100)


def test_emulator_and_connection_share_a_clock_driven_by_hand(
    qarnot_emulator: Emulator, qarnot_connection: Connection
) -> None:
    """Moving the emulator's time moves the connection's."""
    assert isinstance(qarnot_emulator.clock, ManualClock)
    assert qarnot_connection.clock is qarnot_emulator.clock
    before = qarnot_connection.clock.monotonic()
    qarnot_emulator.advance(timedelta(hours=1))
    assert qarnot_connection.clock.monotonic() - before == pytest.approx(3600)


def test_users_enable_it_with_one_line(tmp_path: Path) -> None:
    """A user's test uses the fixtures after the one documented line, warnings being errors."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["qarnot_domain.testing"]\n')
    (tmp_path / "test_mine.py").write_text(
        "def test_mine(qarnot_connection, qarnot_emulator):\n"
        "    job = qarnot_connection.create_job('mine')\n"
        "    job.submit()\n"
        "    assert job.state == 'Active'\n"
        "    assert len(qarnot_emulator.requests) == 2\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # noqa: TID251 - passed on as it is
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
