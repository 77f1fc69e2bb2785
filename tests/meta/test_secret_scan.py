"""The secret scan finds what it is there to find."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from ..secret_scan import CANARY

SCAN: Final = Path(__file__).resolve().parents[1] / "secret_scan.py"

HEAD: Final = """
import logging, sys
import pytest
from qarnot_domain.emulator import Emulator

emulator = Emulator()

def fail(token):
    raise ZeroDivisionError
"""

LEAKS: Final = {
    "local": "kept = emulator.token",
    "local_of_" + 20 * "a_long_" + "name": "kept = emulator.token",
    "long_local": "kept = [b'x' * 5000, [emulator.token.encode()]]",
    "output": "print(emulator.token)",
    "error_output": "sys.stderr.write(emulator.token)",
    "log": "logging.getLogger('any').debug('%s', emulator.token)",
    "failure": "assert emulator.token == 'other'",
    "caught": "\n    with pytest.raises(ValueError) as caught: raise ValueError(emulator.token)",
    "frame": "\n    with pytest.raises(ZeroDivisionError) as caught: fail(emulator.token)",
}
"""What lets a token out of a test, and by what."""


def scanned(path: Path, tests: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The scan of tests of these bodies."""
    test = path / "test_it.py"
    bodies = [f"def test_{name}(): {body}\n" for name, body in tests.items()]
    test.write_text("\n".join([HEAD, *bodies]), encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(SCAN), str(test)], capture_output=True, text=True, check=False
    )


def test_scan_finds_every_token(tmp_path: Path) -> None:
    """Each test that lets it out is named, those that do not are not, and the token not shown."""
    done = scanned(tmp_path, {**LEAKS, "clean": "assert emulator.token"})
    assert done.returncode == 1
    assert set(re.findall(r" in test_(\w+)", done.stdout)) == set(LEAKS)
    assert f"{len(LEAKS)} of {len(LEAKS) + 1} tests that failed were forced to" in done.stdout
    assert CANARY not in done.stdout + done.stderr


def test_scan_is_content_where_there_is_none(tmp_path: Path) -> None:
    """A test that keeps the token to itself was forced to fail, and is clean."""
    done = scanned(tmp_path, {"clean": "assert emulator.token"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("0 tokens in ")


def test_scan_of_nothing_is_not_clean(tmp_path: Path) -> None:
    """Where no test could be forced to fail, nothing was proved."""
    assert scanned(tmp_path, {"skipped": "pytest.skip('why not')"}).returncode == 1
