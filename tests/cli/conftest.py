"""A shell on an emulator."""

from __future__ import annotations

import pytest

from qarnot_domain.emulator import Emulator

from .driving import Shell


@pytest.fixture
def shell(
    qarnot_emulator: Emulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """Runs `qarnot-job` against an empty emulator that the environment leads to."""
    monkeypatch.setenv("QARNOT_CLUSTER_URL", qarnot_emulator.url)
    monkeypatch.setenv("QARNOT_CLIENT_TOKEN", qarnot_emulator.token)
    return Shell(qarnot_emulator, capsys, monkeypatch)
