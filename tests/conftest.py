"""What all tests share: the plugin for users, Hypothesis profiles, a clean environment."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from qarnot_domain.emulator._cloud import Cloud

from .recorder import Recorder

# The tools beside the document can be imported, and the library stays the installed one.
_TOOLS = ModuleSpec("openapi", None, is_package=True)
_TOOLS.submodule_search_locations = [str(Path(__file__).parents[1] / "openapi")]
sys.modules["openapi"] = module_from_spec(_TOOLS)

pytest_plugins = ["qarnot_domain.testing"]

# The asserts of these helpers say what they compared, as those of a test do.
pytest.register_assert_rewrite(
    "tests.unit.driving", "tests.unit.executions.kind", "tests.unit.job.members"
)

settings.register_profile("dev", max_examples=100, deadline=None)
# The same examples each time: a change that is not at fault must not fail in CI by chance.
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# By hand: pytest --hypothesis-profile=thorough tests/property
settings.register_profile("thorough", max_examples=500, stateful_step_count=50, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")  # noqa: TID251

_OF_THE_NETWORK = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"),
)


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the token, cluster, proxy or authorities of whoever runs it."""
    for name in list(os.environ):  # noqa: TID251
        if name.upper().startswith("QARNOT_") or name.upper() in _OF_THE_NETWORK:
            monkeypatch.delenv(name)


_TOKENS = ("a-token-that-nobody-may-see", "t0ken-of-the-contract-test")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by its argument where its value holds a token: none is in any test output."""
    return argname if any(token in repr(val) for token in _TOKENS) else None


_RECORDER = Recorder()
Cloud.watchers.append(_RECORDER)


@pytest.fixture(autouse=True)
def _no_answer_against_the_document() -> Iterator[None]:
    """What emulators answer during a test is what the document allows."""
    yield
    violations, _RECORDER.violations = _RECORDER.violations, []
    assert violations == []


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One process more than xdist would take: many tests wait for time, or for other processes."""
    cores = yield
    return cores + 1


_VALID: Counter[str] = Counter()
"""The answers that the processes of pytest-xdist saw, by operation."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that started this one, if there is one, what was seen here."""
    output = getattr(session.config, "workeroutput", None)
    if output is None:
        _VALID.update(_RECORDER.valid)
    else:
        output["valid answers"] = dict(_RECORDER.valid)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take in what another process saw."""
    _VALID.update(node.workeroutput.get("valid answers", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many answers were held to the document."""
    terminalreporter.write_line(
        f"{_VALID.total()} answers of the emulator, to {len(_VALID)} operations, are what the "
        "document allows"
    )
