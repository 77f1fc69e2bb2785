"""A proxy on loopback that holds what passes to the API document."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import socket
import ssl
import threading
import zlib
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from ._document import Document, Request
from .exceptions import redact

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

_OF_ONE_CONNECTION: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that are not passed on: they are about the connection they came by."""

_MAX_BODY_BYTES: Final = 64_000_000

_CONTENT_ENCODINGS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
}


@frozen
class Exchange:
    """One request that passed, and its answer."""

    operation: str | None
    """The operationId; `None` if the document has no such operation."""
    method: str
    path: str
    """Below the base URL, without the query."""
    status: int | None
    """What the server answered; `None` if it was not asked, or hung up."""
    sent: frozenset[tuple[str, str]]
    """Place and name of the parameters that the request gave."""
    problems: tuple[str, ...]
    """What the document does not allow of the request or the answer."""

    def __str__(self) -> str:
        said = "no answer" if self.status is None else str(self.status)
        return f"{self.operation or 'no operation'} ({self.method} {self.path}, {said})"


Watcher: TypeAlias = Callable[[Exchange, bytes], None]
"""Takes an exchange, and the body of its answer."""


class ValidatingProxy:
    """Passes requests on to a server, and keeps what the API document does not allow of them.

    It listens on loopback, so anything that takes a URL can be put behind it: a `Connection`, the
    official SDK, `curl`. Requests are passed on as they are, wrong or not, and so are answers. The
    token passes, and is kept nowhere.

        with Emulator() as cloud, ValidatingProxy(cloud.url) as proxy:
            run_my_code(cluster_url=proxy.url, client_token=cloud.token)
            proxy.verify()

    Args:
        target: the base URL of the server: that of an emulator, or `https://` and any other.
        read_only: answer 403, in place of the server, to whatever would change something there.
        timeout: how long to wait for the server, in seconds.
        watcher: called with each exchange, from the thread that served it.

    Raises:
        ValueError: the target is no URL of a server, or leads elsewhere without TLS.
    """

    def __init__(
        self,
        target: str,
        *,
        read_only: bool = False,
        timeout: float = 60.0,
        watcher: Watcher | None = None,
    ) -> None:
        parts = urlsplit(target)
        if parts.scheme not in {"http", "https"} or parts.hostname is None:
            raise ValueError(f"target: an http or https URL is wanted, not {target!r}")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError(
                "target: http:// is for loopback only, as the token passes in the clear"
            )
        self._target = parts
        self._base = parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._read_only = read_only
        self._timeout = timeout
        self._watcher = watcher
        self._document = Document.shipped()
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []
        self._server: _Server | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} to {self._target.hostname}>"

    def __enter__(self) -> Self:
        if self._server is not None:
            raise RuntimeError("the proxy already serves")
        self._server = _Server(self)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    @property
    def url(self) -> str:
        """The base URL, for `Connection(cluster_url=...)`.

        Raises:
            RuntimeError: it does not serve.
        """
        if self._server is None:
            raise RuntimeError("the proxy has no URL outside its `with` block")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def exchanges(self) -> list[Exchange]:
        """What passed, oldest first, as a list of its own."""
        with self._lock:
            return list(self._exchanges)

    @property
    def problems(self) -> list[str]:
        """What the document did not allow, each with the operation and the request it is about."""
        return [f"{one}: {problem}" for one in self.exchanges for problem in one.problems]

    def verify(self) -> None:
        """Fail if the document did not allow something that passed.

        Raises:
            AssertionError: it names each, and the operation that it is about.
        """
        if problems := self.problems:
            listed = "\n".join(f"  - {problem}" for problem in problems)
            raise AssertionError(f"{len(problems)} against the API document:\n{listed}")

    def clear(self) -> None:
        """Forget what passed."""
        with self._lock:
            self._exchanges.clear()

    def _pass(self, asked: _Handler, body: bytes) -> None:
        """Serve one request."""
        url = urlsplit(asked.path)
        query = parse_qsl(url.query, keep_blank_values=True)
        request = self._document.find(asked.command, url.path, query, asked.headers.items(), body)
        problems: list[str] = []
        if request is None:
            problems.append("the document has no such operation")
        else:
            problems += self._document.request_problems(request)
        answer = None
        if self._read_only and (request is None or not request.operation.only_reads):
            asked.refuse("the contract is read-only here: nothing that could change is passed on")
            problems.clear()
        else:
            answer = self._forward(asked, body)
            if answer is not None and request is not None:
                problems += self._answer_problems(request, answer)
        token = asked.headers.get("Authorization", "")
        exchange = Exchange(
            operation=None if request is None else request.operation.id,
            method=asked.command,
            path=url.path,
            status=None if answer is None else answer.status,
            sent=frozenset() if request is None else frozenset(request.sent),
            problems=tuple(redact(problem, token) if token else problem for problem in problems),
        )
        with self._lock:
            self._exchanges.append(exchange)
        if self._watcher is not None:
            self._watcher(exchange, b"" if answer is None else answer.body)
        if answer is not None:
            asked.answer(answer)

    def _answer_problems(self, request: Request, answer: _Answer) -> list[str]:
        read = _CONTENT_ENCODINGS.get(answer.header("content-encoding").lower())
        if read is None:
            return [f"the encoding {answer.header('content-encoding')!r} cannot be read"]
        try:
            body = read(answer.body)
        except (OSError, EOFError, zlib.error) as error:
            return [f"the answer cannot be decompressed: {error}"]
        kind = answer.header("content-type")
        return list(self._document.response_problems(request.operation, answer.status, kind, body))

    def _forward(self, asked: _Handler, body: bytes) -> _Answer | None:
        """What the server answers; `None` if it hangs up, as the client is then hung up on."""
        host, port = str(self._target.hostname), self._target.port
        # One each: of a connection that was kept, nobody knows whether it still is there.
        connection = (
            http.client.HTTPConnection(host, port, timeout=self._timeout)
            if self._tls is None
            else http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._tls)
        )
        try:
            connection.putrequest(
                asked.command, self._base + asked.path, skip_host=True, skip_accept_encoding=True
            )
            connection.putheader("Host", self._target.netloc.rpartition("@")[2])
            for name, value in asked.headers.items():
                if name.lower() not in _OF_ONE_CONNECTION | {"host"}:
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            response = connection.getresponse()
            return _Answer(response.status, tuple(response.getheaders()), response.read())
        except (OSError, http.client.HTTPException):
            asked.close_connection = True
            return None
        finally:
            connection.close()


@frozen
class _Answer:
    """What the server answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header; empty if it is not there."""
        return next((value for key, value in self.headers if key.lower() == name), "")


class _Server(ThreadingHTTPServer):
    """Serves a proxy, in threads of its own, from when it is made."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, proxy: ValidatingProxy) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, proxy))
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Take no further connection."""
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Reads the requests of one connection, and writes their answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    """Headers and body leave together."""

    def __init__(
        self, proxy: ValidatingProxy, client: socket.socket, address: object, server: _Server
    ) -> None:
        self._proxy = proxy
        super().__init__(client, address, server)

    def handle(self) -> None:
        """Serve until the client goes, however it goes."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.send_error(411)
        elif int(length) > _MAX_BODY_BYTES:
            self.send_error(413)
        else:
            self._proxy._pass(self, self.rfile.read(int(length)))

    def __getattr__(self, name: str) -> Callable[[], None]:
        # The server looks up a method of its own for each of HTTP.
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def answer(self, answer: _Answer) -> None:
        """Write what the server answered."""
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _OF_ONE_CONNECTION | {"content-length"}:
                self.send_header(name, value)
        if self.command != "HEAD" and answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def refuse(self, reason: str) -> None:
        """Write that it is forbidden."""
        body = json.dumps({"message": reason}).encode()
        self.answer(_Answer(403, (("Content-Type", "application/json"),), body))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what passes is in `ValidatingProxy.exchanges`."""
