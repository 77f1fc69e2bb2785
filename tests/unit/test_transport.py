"""The transport: what `Connection` may be given to verify its cluster with."""

from __future__ import annotations

from pathlib import Path

from qarnot_domain.emulator import Emulator

from .driving import connect, submitted


def test_certificates_may_be_a_folder(tmp_path: Path, qarnot_emulator: Emulator) -> None:
    """A folder of certificates is taken like a file of them."""
    with connect(qarnot_emulator, cluster_custom_certificate=tmp_path) as connection:
        assert submitted(connection).state == "Active"
