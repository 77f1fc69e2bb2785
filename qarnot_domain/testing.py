"""For your own tests: a pytest plugin with the emulator and a connection to it.

Enable it with `pytest_plugins = ["qarnot_domain.testing"]` in your `conftest.py`; it needs the
extra `emulator`. Time stands still until a test moves it with `qarnot_emulator.advance(...)`, for
the emulator and the connection alike, so no test has to wait.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .connection import Connection
from .emulator import Emulator, ManualClock

__all__ = ["qarnot_connection", "qarnot_emulator"]


@pytest.fixture(scope="session")
def _qarnot_server() -> Iterator[Emulator]:
    with Emulator(clock=ManualClock()) as emulator:
        yield emulator


@pytest.fixture
def qarnot_emulator(_qarnot_server: Emulator) -> Emulator:
    """An empty emulator of the Qarnot API, on a clock driven by hand."""
    _qarnot_server.reset()
    return _qarnot_server


@pytest.fixture
def qarnot_connection(qarnot_emulator: Emulator) -> Iterator[Connection]:
    """A connection to `qarnot_emulator`, on its clock."""
    with Connection(
        cluster_url=qarnot_emulator.url,
        client_token=qarnot_emulator.token,
        clock=qarnot_emulator.clock,
    ) as connection:
        yield connection
