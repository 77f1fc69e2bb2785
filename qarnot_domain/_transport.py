"""The only module that knows the HTTP library: builds its client, and names how it fails.

Everything httpx raises leaves here as one of four failures, so that replacing httpx is this
module's work alone (docs/adr/0005-http-in-one-module.md).
"""

from __future__ import annotations

import logging
import os
import platform
import ssl
import warnings
import weakref
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Final, cast

import httpx

from ._body import TooLargeError, UndecodableError, plain
from ._network import Backend, Left
from ._secret import Secret
from ._version import __version__
from .config import Settings
from .exceptions import redact

_KEEP_ALIVE_SECONDS: Final = 90.0
"""Longer than the cache is fresh, so that polling does not pay for a TLS handshake each time."""

_MAX_CONNECTIONS: Final = 64

_LOOPBACK: Final = ("all://localhost", "all://127.0.0.1", "all://[::1]")

_USER_AGENT: Final = f"qarnot-domain/{__version__} python/{platform.python_version()}"

_MULTI_STATUS: Final = 207

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

    def __init__(self, token: Secret, left: Left) -> None:
        self.token = token
        self.left = left
        self.method: str | None = None
        self.url: str | None = None
        self.date = ""
        """The `Date` of the answer."""


# Only these are certain to have failed before a byte of the request left.
_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)

_current: Final[ContextVar[Exchange]] = ContextVar("exchange")


@contextmanager
def recording(exchange: Exchange) -> Generator[None]:
    """Record the request made within, and turn whatever httpx raises into a `Failure`."""
    token = _current.set(exchange)
    try:
        yield
    except _NOT_SENT as error:
        if (refused := _refused_certificate(error)) is not None:
            raise Untrusted(_objection(refused)) from error
        raise NotSent(_reason(error)) from error
    except httpx.TimeoutException as error:
        raise Lost(_reason(error), timed_out=True) from error
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise Lost(_reason(error), timed_out=False) from error
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
for _part in (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "proxy", "socks")),
):
    logging.getLogger(_part).addFilter(_Redaction())


class Transport:
    """One httpx client for one cluster; closed with it, renewed in the child of a fork."""

    def __init__(self, settings: Settings, attach: Callable[[httpx.Client], object]) -> None:
        """Build the client and hand it to `attach`, again whenever it has to be replaced."""
        self._settings = settings
        self._attach = attach
        if settings.cluster_unsafe:
            warnings.warn(
                f"cluster_unsafe: the identity of {settings.cluster_url} is not verified",
                stacklevel=4,
            )
        self.renew()
        _LIVE.add(self)

    def renew(self) -> None:
        """Start over with a new connection pool, leaving the old one's sockets alone."""
        self._client = _build_client(self._settings)
        self._attach(self._client)

    def close(self) -> None:
        self._client.close()


def _build_client(settings: Settings) -> httpx.Client:
    verify = _verification(settings)
    try:
        client = httpx.Client(
            base_url=settings.cluster_url,
            auth=_TokenAuth(settings),
            headers={
                "User-Agent": _USER_AGENT,
                "Accept": "application/json, text/plain;q=0.9",
                "Accept-Encoding": "gzip",
            },
            # Each request says who it is by its token: no cookie is taken.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            verify=verify,
            timeout=settings.cluster_timeout.total_seconds(),
            limits=httpx.Limits(
                max_connections=_MAX_CONNECTIONS,
                max_keepalive_connections=_MAX_CONNECTIONS,
                keepalive_expiry=_KEEP_ALIVE_SECONDS,
            ),
            follow_redirects=False,
            # A proxy taken from the environment is for the world outside: no proxy could reach
            # this machine's loopback, and none should see the token sent there.
            mounts=dict.fromkeys(_LOOPBACK),
            event_hooks={
                "request": [_remember],
                "response": [partial(_only_success, settings.max_response_bytes)],
            },
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        problem = str(error)
    else:
        _bound(client)
        return client
    # Not from there: those frames hold the proxy's password.
    raise ValueError(f"the proxy that the environment names cannot be used: {problem}")


def _bound(client: httpx.Client) -> None:
    """Let no answer outlive the deadline of its operation."""
    # httpx has no argument for this that leaves its proxies and certificates as they are.
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx.HTTPTransport):
            transport._pool._network_backend = Backend(lambda: _current.get().left())


def _verification(settings: Settings) -> ssl.SSLContext | bool:
    if settings.cluster_unsafe:
        return False
    if settings.cluster_custom_certificate is None:
        # To read all authorities takes 30 ms, for nothing where there is no TLS.
        has_tls = not settings.cluster_url.startswith("http:")
        return has_tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    path = settings.cluster_custom_certificate
    try:
        if Path(path).is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        raise ValueError(
            f"cluster_custom_certificate or SSL_CERT_FILE {path!r} holds no usable certificate: "
            f"{error}"
        ) from error


class _TokenAuth(httpx.Auth):
    """Sends the bare token, as the API wants it, to the cluster's own origin and nowhere else."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.client_token
        self._origin = _origin(httpx.URL(settings.cluster_url))

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if _origin(request.url) == self._origin:
            request.headers["Authorization"] = self._token.reveal()
        yield request


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _remember(request: httpx.Request) -> None:
    exchange = _current.get()
    exchange.method, exchange.url = request.method, str(request.url)


def _only_success(most: int, response: httpx.Response) -> None:
    """Keep everything but success away from the generated code, which would return it."""
    _current.get().date = response.headers.get("date", "")
    response.stream = _Body(response, most if response.is_success else _LARGEST_ERROR)
    if not response.is_success:
        body = bytearray()
        with suppress(Unreadable):
            for piece in response.iter_bytes():
                body += piece
        raise Refused(response.status_code, response.headers, bytes(body))
    # Another 2xx means the same as the one that is documented, which is all generated code reads.
    if response.status_code != _MULTI_STATUS:
        response.status_code = httpx.codes.OK


class _Body(httpx.SyncByteStream):
    """The body of a response, decompressed here rather than by httpx, and bounded."""

    def __init__(self, response: httpx.Response, most: int) -> None:
        self._stream = cast("httpx.SyncByteStream", response.stream)
        self._coding: str = response.headers.pop("content-encoding", "")
        self._most = most

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from plain(self._stream, self._coding, self._most)
        except UndecodableError as error:
            raise httpx.DecodingError(str(error)) from error
        except TooLargeError as error:
            raise Unreadable(f"the answer is not read to its end: {error}") from error

    def close(self) -> None:
        self._stream.close()


_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (httpx.ConnectTimeout, "no connection in time"),
    (httpx.PoolTimeout, "no free connection in time"),
    (httpx.ConnectError, "no connection"),
    (httpx.ProxyError, "the proxy refused"),
    (httpx.TimeoutException, "no answer in time"),
    (httpx.DecodingError, "the answer could not be decompressed"),
    (httpx.HTTPError, "the connection broke before the answer was complete"),
)


def _reason(error: Exception) -> str:
    words = next((text for kind, text in _REASONS if isinstance(error, kind)), "not sent")
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
