"""The way to a server through a proxy."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Callable
from importlib.util import find_spec
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from ._connections import asked, lines, written
from ._network import Stream, Wait, connect, over
from ._secret import Secret

_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}

Trust = Callable[[], ssl.SSLContext]
"""What verifies a proxy that speaks TLS."""


class ProxyError(Exception):
    """The proxy does not connect us with the server."""


class Proxy(NamedTuple):
    """A proxy."""

    scheme: str
    host: str
    port: int
    user: str
    password: Secret

    @classmethod
    def of(cls, url: Secret) -> Proxy:
        """The proxy of this URL, which may hold a password.

        Raises:
            ValueError: it cannot be used.
        """
        try:
            return cls._read(url.reveal())
        except KeyError:
            problem = f"its scheme must be one of {', '.join(_PORTS)}"
        except ValueError:
            problem = "it is not a URL"
        except ImportError as error:
            problem = str(error)
        # Not from there: those frames hold the proxy's password.
        raise ValueError(f"the proxy that the environment names cannot be used: {problem}")

    @classmethod
    def _read(cls, url: str) -> Proxy:
        parts = urlsplit(url)
        usual = _PORTS[parts.scheme]
        if not parts.hostname:
            raise ValueError("no host")
        if parts.scheme.startswith("socks") and find_spec("python_socks") is None:
            raise ImportError(
                "it needs the package python-socks: pip install 'qarnot-domain[socks]'"
            )
        user, password = unquote(parts.username or ""), Secret(unquote(parts.password or ""))
        return cls(parts.scheme, parts.hostname, parts.port or usual, user, password)

    @property
    def forwards(self) -> bool:
        """Whether requests without TLS are sent to it, for it to send them on."""
        return not self.scheme.startswith("socks")

    @property
    def credentials(self) -> Secret:
        """The header that tells it who asks, as it is written; none if there is nothing to tell."""
        if not (self.user or self.password.reveal()):
            return Secret("")
        pair = Secret(f"{self.user}:{self.password.reveal()}")
        encoded = Secret(b64encode(pair.reveal().encode()).decode("ascii"))
        return Secret(lines([("Proxy-Authorization", f"Basic {encoded.reveal()}")]))

    def reached(self, trust: Trust, wait: Wait) -> Stream:
        """A connection to it."""
        stream = connect(self.host, self.port, wait)
        return stream.secured(trust(), self.host) if self.scheme == "https" else stream

    def passed(self, host: str, port: int, trust: Trust, wait: Wait) -> Stream:
        """A connection to a server, through it.

        Raises:
            ProxyError: see there.
        """
        if self.scheme.startswith("socks"):
            return self._passed_by_socks(host, port, wait)
        stream = self.reached(trust, wait)
        try:
            self._demand(stream, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except BaseException:
            stream.close()
            raise
        return stream

    def _demand(self, stream: Stream, server: str) -> None:
        """Have the proxy connect us with the server."""
        request = written("CONNECT", server, self.credentials, lines([("Host", server)]))
        with asked(stream, "CONNECT", request) as answer:
            if not 200 <= answer.status < 300:
                raise ProxyError(f"{answer.status} {answer.reason}")

    def _passed_by_socks(self, host: str, port: int, wait: Wait) -> Stream:
        import python_socks  # An extra.
        from python_socks.sync import Proxy as Socks

        proxy = Socks(
            python_socks.ProxyType.SOCKS5,
            self.host,
            self.port,
            self.user or None,
            self.password.reveal() or None,
            rdns=True,
        )
        try:
            return over(proxy.connect(host, port, wait()), wait)
        except python_socks.ProxyError as error:
            raise ProxyError(str(error)) from error
