"""Sends requests to a cluster, and names how they fail.

Everything that the network and HTTP raise leaves here as one of four failures
(docs/adr/0005-http-in-one-module.md).
"""

from __future__ import annotations

import os
import ssl
import sys
import warnings
import weakref
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from http.client import HTTPException
from typing import Final
from urllib.parse import quote, urlsplit

from ._body import TooLargeError, UndecodableError, plain
from ._clock import Clock
from ._connections import Answer, BusyError, Connection, Connections, lines, written
from ._network import Stream, connect
from ._proxy import Proxy, ProxyError
from ._secret import Secret
from ._version import __version__
from .config import Settings, proxy_for
from .exceptions import redact

_PORTS: Final = {"http": 80, "https": 443}

_USER_AGENT: Final = f"qarnot-domain/{__version__} python/{sys.version.split()[0]}"

_LARGEST_ERROR: Final = 2**22
"""How many bytes of what is not a success are read; its status says the most of it."""


class Failure(Exception):
    """One request did not come back with a success."""

    timed_out = False
    """Whether it took too long."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def seal(self, token: Secret) -> None:
        """Forget what may show the token: where it came from, and the token in the server's words.

        The frames it came through hold each request as it is written.
        """
        self.reason = redact(self.reason, token.reveal())
        self.args = (self.reason,)
        self.__cause__ = self.__context__ = self.__traceback__ = None


class NotSent(Failure):
    """No connection was made: the server knows nothing of the request."""


class Untrusted(NotSent):
    """The server's certificate is not accepted, and would not be at another attempt."""


class Late(NotSent):
    """The deadline passed before a connection was made."""

    timed_out = True


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


Left = Callable[[], float]
"""How many seconds are left to what the current thread is doing."""


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


class DeadlineError(TimeoutError):
    """There is no time left to wait."""


_current: Final[ContextVar[Exchange]] = ContextVar("exchange")


@contextmanager
def recording(exchange: Exchange) -> Generator[None]:
    """Record the request made within, and turn what the network raises into a `Failure`."""
    token = _current.set(exchange)
    try:
        yield
    except TimeoutError as error:
        raise Lost(_reason("no answer in time", error), timed_out=True) from error
    except UndecodableError as error:
        raise Lost(
            _reason("the answer could not be decompressed", error), timed_out=False
        ) from error
    except (OSError, HTTPException) as error:
        raise Lost(
            _reason("the connection broke before the answer was complete", error), timed_out=False
        ) from error
    except TooLargeError as error:
        raise Unreadable(f"the answer is not read to its end: {error}") from error
    finally:
        _current.reset(token)


class Reply:
    """A success, read to its end.

    No tuple, which tracebacks that show locals would show, and with it what the server said.
    """

    __slots__ = ("content", "content_type", "status")

    def __init__(self, status: int, content_type: str, content: bytes) -> None:
        self.status: Final = status
        self.content_type: Final = content_type
        self.content: Final = content


class Transport:
    """What sends to one cluster, on connections that are kept; renewed in the child of a fork."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        if settings.cluster_unsafe:
            warnings.warn(
                f"cluster_unsafe: the identity of {settings.cluster_url} is not verified",
                stacklevel=4,
            )
        self._clock = clock
        self._token = settings.client_token
        self._timeout = settings.cluster_timeout.total_seconds()
        self._most = settings.max_response_bytes
        url = urlsplit(settings.cluster_url)
        self._host, self._port = url.hostname or "", url.port or _PORTS[url.scheme]
        self._origin, self._base = f"{url.scheme}://{url.netloc}", quote(url.path, safe=_IN_A_PATH)
        self._context = _verification(settings)
        self._headers = Secret(
            lines((("Host", url.netloc), *_HEADERS, ("Authorization", self._token.reveal())))
        )
        self._before_target = ""
        proxy = proxy_for(settings.cluster_url)
        self._proxy = None if proxy is None else Proxy.of(proxy)
        self._is_forwarded = False
        if self._proxy is not None and self._proxy.forwards and self._context is None:
            self._is_forwarded = True
            self._before_target = self._origin
            self._headers = Secret(self._headers.reveal() + self._proxy.credentials.reveal())
        self.renew()
        _LIVE.add(self)

    def renew(self) -> None:
        """Start over without any connection, leaving the old ones' sockets alone."""
        self._connections = Connections(self._open, self._clock)

    def close(self) -> None:
        self._connections.close()

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
        connection = self._connection()
        try:
            request = written(
                method,
                self._before_target + target,
                self._headers,
                _about(method, body),
                body or b"",
            )
            return self._read(connection.ask(method, request), exchange)
        finally:
            self._connections.give_back(connection)

    def _connection(self) -> Connection:
        try:
            return self._connections.take(self._wait)
        except DeadlineError as error:
            raise Late(_reason("no connection in time", error)) from error
        except ssl.SSLCertVerificationError as error:
            raise Untrusted(_objection(error)) from error
        # A host that cannot be one is a `ValueError`.
        except (OSError, HTTPException, ProxyError, ValueError) as error:
            words = next(text for kind, text in _NOT_CONNECTED if isinstance(error, kind))
            raise NotSent(_reason(words, error)) from error

    def _open(self) -> Stream:
        """A new connection to what requests are sent to."""
        host, port = self._host, self._port
        if self._proxy is None:
            stream = connect(host, port, self._wait)
        elif self._is_forwarded:
            return self._proxy.reached(_trusting_authorities, self._wait)
        else:
            stream = self._proxy.passed(host, port, _trusting_authorities, self._wait)
        return stream if self._context is None else stream.secured(self._context, host)

    def _wait(self) -> float:
        left = _current.get().left()
        if left <= 0:
            raise DeadlineError("the deadline has passed")
        return min(self._timeout, left)

    def _read(self, answer: Answer, exchange: Exchange) -> Reply:
        exchange.date = answer.getheader("Date", "")
        coding = answer.getheader("Content-Encoding", "")
        if not 200 <= answer.status < 300:
            body = bytearray()
            with suppress(TooLargeError):
                for piece in plain(answer.pieces(), coding, _LARGEST_ERROR):
                    body += piece
            raise Refused(answer.status, _by_name(answer.getheaders()), bytes(body))
        content = b"".join(plain(answer.pieces(), coding, self._most))
        return Reply(answer.status, answer.getheader("Content-Type", ""), content)


_IN_A_PATH: Final = "/%:@!$&'()*+,;=~"
"""What stays as it is in the path of a cluster's URL."""

_HEADERS: Final = (
    ("User-Agent", _USER_AGENT),
    ("Accept", "application/json, text/plain;q=0.9"),
    ("Accept-Encoding", "gzip"),
    ("Connection", "keep-alive"),
)


def _about(method: str, body: bytes | None) -> str:
    """The headers that tell of the body."""
    if body is not None:
        return f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return "" if method in ("GET", "DELETE") else "Content-Length: 0\r\n"


def _by_name(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The headers by their names in lower case, those of the same name joined."""
    found: dict[str, str] = {}
    for said, value in headers:
        name = said.lower()
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _verification(settings: Settings) -> ssl.SSLContext | None:
    """What verifies the server, read once for all connections; `None` where there is no TLS."""
    is_plain = settings.cluster_url.startswith("http:")
    path = settings.cluster_custom_certificate
    if settings.cluster_unsafe:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif path is not None:
        context = _trusting(path)
    elif is_plain:
        return None
    else:
        return _trusting_authorities()
    context.set_alpn_protocols(_PROTOCOLS)
    # What the user gave is looked at, also where nothing comes of it.
    return None if is_plain else context


_PROTOCOLS: Final = ["http/1.1"]


def _trusting(path: str) -> ssl.SSLContext:
    from pathlib import Path  # Here, since most connections need none.

    try:
        if Path(path).is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        raise ValueError(
            f"cluster_custom_certificate or SSL_CERT_FILE {path!r} holds no usable certificate: "
            f"{error}"
        ) from error


def _trusting_authorities() -> ssl.SSLContext:
    """Trusting those of the system, and those of Mozilla, since some systems have none."""
    # Here, since nothing without TLS needs it.
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(_PROTOCOLS)
    return context


_NOT_CONNECTED: Final[tuple[tuple[type[Exception], str], ...]] = (
    (BusyError, "no free connection in time"),
    (TimeoutError, "no connection in time"),
    (ProxyError, "the proxy refused"),
    (Exception, "no connection"),
)


def _reason(words: str, error: Exception) -> str:
    return f"{words}: {error}" if str(error) else words


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
