"""The secret scan: runs the tests, has each of them fail at its end, and looks for tokens.

Every test that would pass fails where it returns, so that all it knows is printed: the locals of
the test with `--showlocals`, the log of every library at DEBUG, the output, and each exception that
the test caught, with the locals of all its frames. No token may be in any of it.

As a script it runs pytest with itself as a plugin, and counts.
"""
# ruff: noqa: T201 - a tool

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, Final

import pytest
from hypothesis import settings

from qarnot_domain.emulator import Emulator

ROOT: Final = Path(__file__).resolve().parent.parent

CANARY: Final = "canary-2f9d1c7ab3e84650-canary"
"""The token of every emulator that is not given one."""

SECRETS: Final = (CANARY, "a-token-that-nobody-may-see", "t0ken-of-the-contract-test")
"""What must not be printed."""

EXCEPTIONS: Final = {
    "test_the_default_token_says_that_it_is_none": "the canary took the place of that token",
}
"""The tests in whose output a token is not counted, and why."""


# --- the plugin ----------------------------------------------------------------------------------


class Forced(Exception):
    """A test that is well ends so."""


def pytest_configure() -> None:
    """Give the canary to every emulator, and look at few examples of each property."""
    defaults = Emulator.__init__.__kwdefaults__
    assert defaults is not None
    defaults["token"] = CANARY
    settings.register_profile("scan", max_examples=5, stateful_step_count=10, deadline=None)
    settings.load_profile("scan")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Run the test, and fail where it returned."""
    last: list[FrameType] = []
    code = _code_of(pyfuncitem.obj)

    def at_call(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code is not code:
            return None
        frame.f_trace_lines = False
        return at_return

    def at_return(frame: FrameType, event: str, _: object) -> Any:
        if event == "return":
            last[:] = [frame]
        return at_return

    sys.settrace(at_call)
    try:
        result = yield
    finally:
        sys.settrace(None)
    if not last:
        return result
    shown = "\n".join(_shown(last[0].f_locals.items()))
    pyfuncitem.add_report_section("call", "locals", shown)
    here = TracebackType(None, last[0], last[0].f_lasti, last[0].f_lineno)
    raise Forced("at the end of the test").with_traceback(here)


def _code_of(function: Any) -> CodeType:
    """The code of the test itself, which Hypothesis and others may have wrapped."""
    if hasattr(function, "hypothesis"):
        function = function.hypothesis.inner_test
    function = getattr(function, "__func__", function)
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code: CodeType = function.__code__
    return code


def _shown(values: Iterable[tuple[str, object]]) -> Generator[str]:
    """Each local in full, which pytest cuts, and what it caught."""
    for name, value in values:
        yield f"{name} = {value!r}"
        error = value.value if isinstance(value, pytest.ExceptionInfo) else value
        if isinstance(error, BaseException):
            yield from traceback.TracebackException.from_exception(
                error, capture_locals=True
            ).format()


# --- the script ----------------------------------------------------------------------------------

_HEADER: Final = re.compile(r"^_+ (?:\[gw\d+\] )?(?:ERROR at \w+ of )?([^\W_]\S*).* _+$")
_FORCED: Final = re.compile(r"E +tests\.secret_scan\.Forced: ")
_OPTIONS: Final = (
    *("-p", "tests.secret_scan", "-p", "no:cacheprovider", "-m", "not check", "-rN", "-q"),
    *("--showlocals", "--log-level=DEBUG", "--tb=long", "--timeout=600"),
)


def main() -> int:
    """Run the tests and count; the exit code is 0 if every test was forced and nothing is shown."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("pytest", nargs="*", help="what to run, and options of pytest")
    given, options = parser.parse_known_args()
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", *_OPTIONS, *options, *given.pytest],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert run.stdout is not None
    found: Counter[str] = Counter()
    tests = lines = size = forced = 0
    test = "(outside of any test)"
    for raw in run.stdout:
        line = raw.decode(errors="replace").rstrip("\n")
        lines, size = lines + 1, size + len(raw)
        header = _HEADER.match(line)
        if header:
            test = header[1]
            tests += 1
        forced += bool(_FORCED.match(line))
        found[test] += sum(line.count(secret) for secret in SECRETS)
    run.wait()
    excepted = sum(found.pop(name) for name in list(found) if _is_excepted(name))
    for name, count in found.most_common():
        if count:
            print(f"{count:6} in {name}")
    print(
        f"{found.total()} tokens in {lines} lines ({size / 1e6:.1f} MB): {forced} of {tests} "
        f"tests that failed were forced to; {excepted} tokens in tests that are excepted"
    )
    return 1 if found.total() or not forced else 0


def _is_excepted(name: str) -> bool:
    return name.split("[", maxsplit=1)[0] in EXCEPTIONS


if __name__ == "__main__":
    raise SystemExit(main())
