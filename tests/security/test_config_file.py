"""A file that holds a token is for its owner's eyes."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest

from qarnot_domain import Connection

TOKEN = "a-token-that-nobody-may-see"
HOLDING = f"[client]\ntoken = {TOKEN}\n"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="files have no modes elsewhere")


def warned(path: Path) -> list[warnings.WarningMessage]:
    """What building a connection from this file warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Connection(
            path, client_token=None if TOKEN in path.read_text(encoding="utf-8") else TOKEN
        ).close()
    return caught


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o444])
@pytest.mark.parametrize("option", ["token", "auth"])
def test_file_that_others_can_read_warns(tmp_path: Path, mode: int, option: str) -> None:
    """The warning names the file and the remedy, at the caller's own line, without the token."""
    path = tmp_path / "qarnot.conf"
    path.write_text(HOLDING.replace("token =", f"{option} ="), encoding="utf-8")
    path.chmod(mode)
    (warning,) = warned(path)
    assert str(warning.message) == (
        f"fileconf {str(path)!r} holds a token, and others can read it: chmod 600 it"
    )
    assert warning.filename == __file__


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700, 0o622])
def test_file_of_its_owner_does_not_warn(tmp_path: Path, mode: int) -> None:
    """Where nobody else can read it there is nothing to say."""
    path = tmp_path / "qarnot.conf"
    path.write_text(HOLDING, encoding="utf-8")
    path.chmod(mode)
    assert warned(path) == []


@pytest.mark.parametrize("content", ["", "[cluster]\nurl = https://cluster.test\n", "[client]\n"])
def test_file_without_a_token_does_not_warn(tmp_path: Path, content: str) -> None:
    """The address of a cluster is no secret."""
    path = tmp_path / "qarnot.conf"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o644)
    assert warned(path) == []
