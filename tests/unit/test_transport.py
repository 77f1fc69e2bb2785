"""The transport: what `Connection` may be given to verify its cluster with."""

from __future__ import annotations

import ssl
from pathlib import Path

from qarnot_domain import _transport
from qarnot_domain.emulator import Emulator

from .driving import connect, submitted


def test_certificates_may_be_a_folder(tmp_path: Path, qarnot_emulator: Emulator) -> None:
    """A folder of certificates is taken like a file of them."""
    with connect(qarnot_emulator, cluster_custom_certificate=tmp_path) as connection:
        assert submitted(connection).state == "Active"


def test_objection_of_another_kind_is_told_in_the_words_of_tls() -> None:
    """What is rarely wrong with a certificate is a sentence too."""
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = 26, "unsupported certificate purpose"
    assert _transport._objection(error) == (
        "the server's certificate is not accepted: unsupported certificate purpose; its operator "
        "has to replace it"
    )
