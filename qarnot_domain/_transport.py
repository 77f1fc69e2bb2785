"""The only module that knows the HTTP library: sends with it, and names how it fails.

Everything httpcore raises leaves here as one of four failures, so that replacing it is this
module's work alone (docs/adr/0005-http-in-one-module.md).
"""

from __future__ import annotations

import logging
import os
import platform
import ssl
import warnings
import weakref
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from importlib.util import find_spec
from pathlib import Path
from typing import Final, cast
from urllib.parse import quote, unquote, urlsplit

import attrs
import httpcore

from ._body import TooLargeError, UndecodableError, plain
from ._network import Backend, Left
from ._secret import Secret
from ._version import __version__
from .config import Settings, proxy_for
from .exceptions import redact

_KEEP_ALIVE_SECONDS: Final = 90.0
"""Longer than the cache is fresh, so that polling does not pay for a TLS handshake each time."""

_MAX_CONNECTIONS: Final = 64

_USER_AGENT: Final = f"qarnot-domain/{__version__} python/{platform.python_version()}"

_LARGEST_ERROR: Final = 2**22
"""How many bytes of what is not a success are read; its status says the most of it."""


class Failure(Exception):
    """One request did not come back with a success."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def seal(self, token: Secret) -> None:
        """Forget what may show the token: where it came from, and the token in the server's words.

        The frames of the HTTP library hold each request as it is written.
        """
        self.reason = redact(self.reason, token.reveal())
        self.args = (self.reason,)
        self.__cause__ = self.__context__ = self.__traceback__ = None


class NotSent(Failure):
    """No connection was made: the server knows nothing of the request."""


class Untrusted(NotSent):
    """The server's certificate is not accepted, and would not be at another attempt."""


class Lost(Failure):
    """The request may have been received, but no complete answer came back."""

    def __init__(self, reason: str, *, timed_out: bool) -> None:
        super().__init__(reason)
        self.timed_out = timed_out


class Unreadable(Failure):
    """The server answered with a success that cannot be read."""


class Refused(Failure):
    """The server answered with something else than a success."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.headers = headers
        self.body = body

    def seal(self, token: Secret) -> None:
        super().seal(token)
        self.headers = {n: redact(value, token.reveal()) for n, value in self.headers.items()}
        self.body = redact(self.body.decode("latin-1"), token.reveal()).encode("latin-1")


class Exchange:
    """What is known of the request under way, and of its answer."""

    def __init__(self, token: Secret, left: Left, asked_at: float) -> None:
        self.token = token
        self.left = left
        self.asked_at = asked_at
        self.method: str | None = None
        self.url: str | None = None
        self.date = ""
        """The `Date` of the answer."""


# Only these are certain to have failed before a byte of the request left.
_NOT_SENT: Final = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.LocalProtocolError,
)

_current: Final[ContextVar[Exchange]] = ContextVar("exchange")


@contextmanager
def recording(exchange: Exchange) -> Generator[None]:
    """Record the request made within, and turn what the HTTP library raises into a `Failure`."""
    token = _current.set(exchange)
    try:
        yield
    except _NOT_SENT as error:
        if (refused := _refused_certificate(error)) is not None:
            raise Untrusted(_objection(refused)) from error
        raise NotSent(_reason(error)) from error
    except httpcore.TimeoutException as error:
        raise Lost(_reason(error), timed_out=True) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, UndecodableError) as error:
        raise Lost(_reason(error), timed_out=False) from error
    except TooLargeError as error:
        raise Unreadable(f"the answer is not read to its end: {error}") from error
    finally:
        _current.reset(token)


class _Redaction(logging.Filter):
    """Keeps the token out of the HTTP library's logs, where a server may have repeated it."""

    def filter(self, record: logging.LogRecord) -> bool:
        exchange = _current.get(None)
        if exchange is not None:
            logged = record.getMessage()
            redacted = redact(logged, exchange.token.reveal())
            if redacted != logged:
                record.msg, record.args = redacted, ()
        return True


# A filter applies to its own logger, not to those below it.
for _part in ("connection", "http11", "proxy", "socks"):
    logging.getLogger(f"httpcore.{_part}").addFilter(_Redaction())


@attrs.frozen
class Reply:
    """A success, read to its end."""

    status: int
    content_type: str
    content: bytes = attrs.field(repr=False)


class Transport:
    """What sends to one cluster, on connections that are kept; renewed in the child of a fork."""

    def __init__(self, settings: Settings) -> None:
        if settings.cluster_unsafe:
            warnings.warn(
                f"cluster_unsafe: the identity of {settings.cluster_url} is not verified",
                stacklevel=4,
            )
        self._settings = settings
        self._token = settings.client_token
        url = urlsplit(settings.cluster_url)
        self._scheme, self._host = url.scheme.encode(), (url.hostname or "").encode()
        self._port = url.port
        self._base = quote(url.path, safe=_IN_A_PATH)
        self._origin = f"{url.scheme}://{url.netloc}"
        self._headers = (("Host", url.netloc), *_HEADERS)
        self._timeouts = {
            "timeout": dict.fromkeys(
                ("connect", "read", "write", "pool"), settings.cluster_timeout.total_seconds()
            )
        }
        self.renew()
        _LIVE.add(self)

    def renew(self) -> None:
        """Start over with a new connection pool, leaving the old one's sockets alone."""
        self._pool = _build_pool(self._settings)

    def close(self) -> None:
        self._pool.close()

    def send(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """Send one request, to the cluster and nowhere else, and read the answer.

        Args:
            method: of the request.
            path: below the URL of the cluster, with its query.
            body: JSON.

        Raises:
            Refused: the answer is not a success; a redirect is none.
        """
        exchange = _current.get()
        target = self._base + path
        exchange.method, exchange.url = method, self._origin + target
        response = self._pool.handle_request(
            httpcore.Request(
                method,
                httpcore.URL(
                    scheme=self._scheme, host=self._host, port=self._port, target=target.encode()
                ),
                headers=(
                    *self._headers,
                    ("Authorization", self._token.reveal()),
                    *_about(method, body),
                ),
                content=body,
                extensions=self._timeouts,
            )
        )
        try:
            return self._read(response, exchange)
        finally:
            response.close()

    def _read(self, response: httpcore.Response, exchange: Exchange) -> Reply:
        headers = _by_name(response.headers)
        exchange.date = headers.get("date", "")
        coding = headers.get("content-encoding", "")
        pieces = cast("Iterable[bytes]", response.stream)
        if not 200 <= response.status < 300:
            body = bytearray()
            with suppress(TooLargeError):
                for piece in plain(pieces, coding, _LARGEST_ERROR):
                    body += piece
            raise Refused(response.status, headers, bytes(body))
        content = b"".join(plain(pieces, coding, self._settings.max_response_bytes))
        return Reply(response.status, headers.get("content-type", ""), content)


_IN_A_PATH: Final = "/%:@!$&'()*+,;=~"
"""What stays as it is in the path of a cluster's URL."""

_HEADERS: Final = (
    ("User-Agent", _USER_AGENT),
    ("Accept", "application/json, text/plain;q=0.9"),
    ("Accept-Encoding", "gzip"),
    ("Connection", "keep-alive"),
)


def _about(method: str, body: bytes | None) -> tuple[tuple[str, str], ...]:
    """The headers that tell of the body."""
    if body is not None:
        return ("Content-Length", str(len(body))), ("Content-Type", "application/json")
    return () if method in ("GET", "DELETE") else (("Content-Length", "0"),)


def _by_name(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers by their names in lower case, those of the same name joined."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _build_pool(settings: Settings) -> httpcore.ConnectionPool:
    url = proxy_for(settings.cluster_url)
    return httpcore.ConnectionPool(
        ssl_context=_verification(settings),
        proxy=None if url is None else _proxy(url),
        max_connections=_MAX_CONNECTIONS,
        max_keepalive_connections=_MAX_CONNECTIONS,
        keepalive_expiry=_KEEP_ALIVE_SECONDS,
        network_backend=Backend(lambda: _current.get().left()),
    )


_PROXY_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


def _proxy(url: Secret) -> httpcore.Proxy:
    """A proxy of the environment, whose URL may hold a password."""
    try:
        return _read_proxy(url.reveal())
    except KeyError:
        problem = f"its scheme must be one of {', '.join(_PROXY_PORTS)}"
    except ValueError:
        problem = "it is not a URL"
    except ImportError as error:
        problem = str(error)
    # Not from there: those frames hold the proxy's password.
    raise ValueError(f"the proxy that the environment names cannot be used: {problem}")


def _read_proxy(url: str) -> httpcore.Proxy:
    parts = urlsplit(url)
    port = parts.port or _PROXY_PORTS[parts.scheme]
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ImportError("it needs the package socksio")
    host = (parts.hostname or "").encode("ascii")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return httpcore.Proxy(
        httpcore.URL(scheme=parts.scheme.encode(), host=host, port=port, target=b"/"),
        auth=(user, password) if user or password else None,
    )


def _verification(settings: Settings) -> ssl.SSLContext | None:
    """What verifies the server, read once for all connections; `None` where there is no TLS."""
    if settings.cluster_unsafe:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    path = settings.cluster_custom_certificate
    if path is None:
        return None if settings.cluster_url.startswith("http:") else httpcore.default_ssl_context()
    try:
        if Path(path).is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        raise ValueError(
            f"cluster_custom_certificate or SSL_CERT_FILE {path!r} holds no usable certificate: "
            f"{error}"
        ) from error


_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (httpcore.ConnectTimeout, "no connection in time"),
    (httpcore.PoolTimeout, "no free connection in time"),
    (httpcore.ConnectError, "no connection"),
    (httpcore.ProxyError, "the proxy refused"),
    (httpcore.TimeoutException, "no answer in time"),
    (UndecodableError, "the answer could not be decompressed"),
    (httpcore.UnsupportedProtocol, "not sent"),
    (Exception, "the connection broke before the answer was complete"),
)


def _reason(error: Exception) -> str:
    words = next(text for kind, text in _REASONS if isinstance(error, kind))
    return f"{words}: {error}" if str(error) else words


def _refused_certificate(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """What the TLS library objected to, somewhere below the HTTP library's own errors."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error


_TO_TRUST: Final = "as cluster_custom_certificate or in SSL_CERT_FILE, if you trust it"
_OF_ANOTHER_HOST: Final = (
    "is for another host; cluster_url has to name the host that the certificate is for"
)
_OF_NO_AUTHORITY: Final = (
    "is not of an authority that is trusted here; give its authority's certificate " + _TO_TRUST
)
# By the codes of OpenSSL's X509_verify_cert_error_string(3).
_OBJECTIONS: Final[Mapping[int, str]] = {
    2: _OF_NO_AUTHORITY,
    9: "is not valid yet; set the clock of this machine, if it is wrong",
    10: "has expired; its operator has to renew it, unless the clock of this machine is wrong",
    18: f"is signed by itself alone; give it {_TO_TRUST}",
    19: _OF_NO_AUTHORITY,
    20: _OF_NO_AUTHORITY,
    21: _OF_NO_AUTHORITY,
    27: _OF_NO_AUTHORITY,
    62: _OF_ANOTHER_HOST,
    64: _OF_ANOTHER_HOST,
}


def _objection(error: ssl.SSLCertVerificationError) -> str:
    """What is wrong with the server's certificate, and how to mend it."""
    other = f"is not accepted: {error.verify_message}; its operator has to replace it"
    return f"the server's certificate {_OBJECTIONS.get(error.verify_code, other)}"


_LIVE: Final[weakref.WeakSet[Transport]] = weakref.WeakSet()


def _renew_all() -> None:
    for transport in tuple(_LIVE):
        transport.renew()


# A forked child shares its parent's sockets: answers would cross from one process to the other.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
