"""Certificates, good and bad, of an authority made for this run, and servers that present them."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import trustme

DAY: Final = timedelta(days=1)


class Authority:
    """A certificate authority that nobody trusts unless told to."""

    def __init__(self) -> None:
        self._authority = trustme.CA()

    def write(self, path: Path) -> Path:
        """Write the certificate by which it can be trusted."""
        self._authority.cert_pem.write_to_path(path)
        return path

    def good(self) -> ssl.SSLContext:
        """For this machine, and valid."""
        return self._context(self._authority.issue_cert("127.0.0.1", "localhost", "cluster.test"))

    def expired(self) -> ssl.SSLContext:
        """Valid until yesterday."""
        now = datetime.now(UTC)
        return self._context(
            self._authority.issue_cert("127.0.0.1", not_before=now - 3 * DAY, not_after=now - DAY)
        )

    def not_yet_valid(self) -> ssl.SSLContext:
        """Valid from tomorrow on."""
        now = datetime.now(UTC)
        return self._context(
            self._authority.issue_cert("127.0.0.1", not_before=now + DAY, not_after=now + 3 * DAY)
        )

    def of_another_address(self) -> ssl.SSLContext:
        """For another address than the server's."""
        return self._context(self._authority.issue_cert("127.0.0.2"))

    def of_another_host(self) -> ssl.SSLContext:
        """For a host of another name."""
        return self._context(self._authority.issue_cert("other.test"))

    def by_an_unknown_intermediate(self) -> ssl.SSLContext:
        """Issued by an authority that this one issued, whose own certificate is not presented."""
        leaf = self._authority.create_child_ca().issue_cert("127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with leaf.private_key_and_cert_chain_pem.tempfile() as path:
            whole = Path(path).read_bytes()
        key_and_own, _, _ = whole.partition(b"-----END CERTIFICATE-----")
        with trustme.Blob(key_and_own + b"-----END CERTIFICATE-----\n").tempfile() as path:
            context.load_cert_chain(path)
        return context

    def self_signed(self) -> ssl.SSLContext:
        """Its own certificate, which no other vouches for."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        both = self._authority.private_key_pem.bytes() + self._authority.cert_pem.bytes()
        with trustme.Blob(both).tempfile() as path:
            context.load_cert_chain(path)
        return context

    @staticmethod
    def _context(leaf: trustme.LeafCert) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        return context
