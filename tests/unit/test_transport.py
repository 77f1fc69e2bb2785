"""The transport: what `Connection` may be given to verify its cluster with."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from qarnot_domain import Connection, _transport
from qarnot_domain.emulator import Emulator

from .driving import connect


def test_certificates_may_be_a_folder(tmp_path: Path) -> None:
    """A folder of certificates is taken like a file of them."""
    Connection(client_token="t", cluster_custom_certificate=tmp_path).close()


def test_unusable_certificate_is_refused_even_without_tls(
    tmp_path: Path, qarnot_emulator: Emulator
) -> None:
    """What the user gave is looked at, also where nothing would come of it."""
    path = tmp_path / "not-a-certificate.pem"
    path.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="no usable certificate"):
        connect(qarnot_emulator, cluster_custom_certificate=path)


def test_objection_of_another_kind_is_told_in_the_words_of_tls() -> None:
    """What is rarely wrong with a certificate is a sentence too."""
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = 26, "unsupported certificate purpose"
    assert _transport._objection(error) == (
        "the server's certificate is not accepted: unsupported certificate purpose; its operator "
        "has to replace it"
    )
