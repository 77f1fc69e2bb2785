"""Says at the end how many blocks of the documents were executed."""

from __future__ import annotations

from collections import Counter

import pytest

EXECUTED = pytest.StashKey[Counter[str]]()
"""How many blocks of each page were executed."""


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count."""
    config.stash[EXECUTED] = Counter()


@pytest.fixture(scope="session")
def executed(pytestconfig: pytest.Config) -> Counter[str]:
    """Where each page says how many of its blocks it executed."""
    return pytestconfig.stash[EXECUTED]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how many there were; the processes of pytest-xdist keep their counts to themselves."""
    counts = config.stash.get(EXECUTED, Counter())
    if counts:
        terminalreporter.write_line(
            f"{counts.total()} blocks of {len(counts)} documents were executed"
        )
