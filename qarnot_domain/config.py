"""The settings of a connection: from arguments, a file, the environment and the defaults.

The only reader of the environment and of configuration files. The names are those of the
official SDK: the sections `cluster` and `client` of its ini file, and its variables
`QARNOT_CLUSTER_URL`, `QARNOT_CLIENT_TOKEN`, `QARNOT_CLUSTER_UNSAFE`, `QARNOT_CLUSTER_TIMEOUT`; and
those of OpenSSL, `SSL_CERT_FILE` and `SSL_CERT_DIR`.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import warnings
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit

from ._seconds import seconds
from ._secret import Secret
from .exceptions import QarnotGenericException

if TYPE_CHECKING:
    # Loaded where a file is named, which for most connections none is.
    from configparser import ConfigParser
    from pathlib import Path

DEFAULT_CLUSTER_URL: Final = "https://api.qarnot.com"
"""Where requests go unless told otherwise: Qarnot's own cluster."""

DEFAULT_CLUSTER_TIMEOUT: Final = timedelta(seconds=30)
"""How long one request may stay without progress (connecting, or between two pieces of data)."""

DEFAULT_RETRY_COUNT: Final = 5
"""How many times a request that may be repeated is repeated."""

DEFAULT_RETRY_WAIT: Final = timedelta(seconds=1)
"""The upper bound of the first wait between two attempts; it doubles each time."""

DEFAULT_DEADLINE: Final = timedelta(minutes=5)
"""How long one operation may take with all its attempts and waits."""

DEFAULT_MAX_RESPONSE_BYTES: Final = 100_000_000
"""How large one answer may be, decompressed: far more than a page, and than most outputs."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off", ""})

FileConf = str | os.PathLike[str] | Mapping[str, object]
"""A path to an ini file, or the same settings as a mapping of argument names to values."""


class Settings(NamedTuple):
    """The settings of a connection, complete and valid."""

    cluster_url: str
    client_token: Secret
    cluster_unsafe: bool
    cluster_timeout: timedelta
    cluster_custom_certificate: str | None
    retry_count: int
    retry_wait: timedelta
    deadline: timedelta
    max_response_bytes: int
    client_shortnames: bool


def load(
    fileconf: FileConf | None = None,
    *,
    client_token: Secret | str | None = None,
    cluster_url: Secret | str | None = None,
    cluster_unsafe: bool | None = None,
    cluster_timeout: float | timedelta | None = None,
    cluster_custom_certificate: str | os.PathLike[str] | None = None,
    retry_count: int = DEFAULT_RETRY_COUNT,
    retry_wait: float | timedelta = DEFAULT_RETRY_WAIT,
    deadline: float | timedelta = DEFAULT_DEADLINE,
    max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
    client_shortnames: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings that these sources give: argument, then file, then environment, then default.

    Args:
        fileconf: see `FileConf`.
        client_token: see `Connection`, as for all that follow but the last.
        cluster_url: see there.
        cluster_unsafe: see there.
        cluster_timeout: see there.
        cluster_custom_certificate: see there.
        retry_count: see there.
        retry_wait: see there.
        deadline: see there.
        max_response_bytes: see there.
        client_shortnames: see there.
        environ: the environment, `os.environ` by default.

    Raises:
        QarnotGenericException: no source gives a token.
        TypeError: a value of the wrong type, named.
        ValueError: a value that is not allowed, or a file that cannot be read, named.
    """
    arguments = {
        "client_token": client_token,
        "cluster_url": cluster_url,
        "cluster_unsafe": cluster_unsafe,
        "cluster_timeout": cluster_timeout,
        "cluster_custom_certificate": cluster_custom_certificate,
    }
    sources = (arguments, _read_file(fileconf), _read_environment(_given_or_own(environ)))

    def first(name: str, default: object = None) -> object:
        said = (source.get(name) for source in sources)
        return next((value for value in said if value is not None), default)

    unsafe = _is_unsafe(sources)
    certificate = first("cluster_custom_certificate")
    return Settings(
        cluster_url=_url(seal("cluster_url", first("cluster_url", DEFAULT_CLUSTER_URL)), unsafe),
        client_token=_token(seal("client_token", first("client_token"))),
        cluster_unsafe=unsafe,
        cluster_timeout=_duration(
            "cluster_timeout", first("cluster_timeout", DEFAULT_CLUSTER_TIMEOUT)
        ),
        cluster_custom_certificate=None if certificate is None else _certificate(certificate),
        retry_count=_count("retry_count", retry_count),
        retry_wait=timedelta(seconds=seconds("retry_wait", retry_wait)),
        deadline=_duration("deadline", deadline),
        max_response_bytes=_count("max_response_bytes", max_response_bytes, least=1),
        client_shortnames=_boolean("client_shortnames", client_shortnames),
    )


def origins(
    fileconf: FileConf | None = None,
    arguments: Iterable[str] = (),
    *,
    environ: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Where each setting that has several sources comes from: for a person to read.

    Args:
        fileconf: as for `load`, as is `environ`.
        arguments: the names of the settings that are given as arguments.
        environ: see there.

    Raises:
        TypeError, ValueError: as for `load`, of the file.
    """
    read = _given_or_own(environ)
    of_file = [name for name, value in _read_file(fileconf).items() if value is not None]
    named = "the mapping" if isinstance(fileconf, Mapping) else f"file {fileconf}"
    of_environment = {
        name: f"environment {variable}"
        for variable, name in _VARIABLES.items()
        if read.get(variable)
    }
    return {
        **dict.fromkeys(("client_token", *_PUBLIC), "default"),
        **of_environment,
        **dict.fromkeys(of_file, named),
        **dict.fromkeys(arguments, "argument"),
    }


def proxy_of(cluster_url: str) -> str | None:
    """The proxy by which requests to this cluster go, without a password; `None` for none."""
    proxy = proxy_for(cluster_url)
    return None if proxy is None else proxy.reveal().rpartition("@")[2]


def proxy_for(url: str) -> Secret | None:
    """The proxy that the environment has for this URL; it may hold a password.

    None for this machine: no proxy could reach its loopback, and none should see the token sent
    there.
    """
    parts = urlsplit(url)
    names_none = not any(name.lower().endswith("_proxy") for name in os.environ)
    # Elsewhere the settings of the system count too.
    if parts.hostname in _LOOPBACK or (names_none and sys.platform not in ("darwin", "win32")):
        return None
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.netloc):
        return None
    return Secret(proxy if "://" in proxy else f"http://{proxy}")


T = TypeVar("T")

_PUBLIC: Final = ("cluster_url", "cluster_unsafe", "cluster_timeout", "cluster_custom_certificate")


def seal(name: str, value: T) -> T | Secret:
    """A setting as a traceback may show it: what is not known to be public, sealed, unchecked."""
    holds_password = name == "cluster_url" and isinstance(value, str) and "@" in value
    if value is None or isinstance(value, Secret) or (name in _PUBLIC and not holds_password):
        return value
    return Secret(cast("str", value))


def seal_source(fileconf: FileConf | None) -> FileConf | None:
    """The same source, with what a mapping holds sealed."""
    if not isinstance(fileconf, Mapping):
        return fileconf
    return {name: seal(name, value) for name, value in fileconf.items()}


def _is_unsafe(sources: Iterable[Mapping[str, object]]) -> bool:
    """Whether not to verify: a certificate was given to verify with, whatever comes after it."""
    for source in sources:
        if (unsafe := source.get("cluster_unsafe")) is not None:
            return _boolean("cluster_unsafe", unsafe)
        if source.get("cluster_custom_certificate") is not None:
            return False
    return False


_VARIABLES: Final = {
    "QARNOT_CLUSTER_URL": "cluster_url",
    "QARNOT_CLIENT_TOKEN": "client_token",
    "QARNOT_CLUSTER_UNSAFE": "cluster_unsafe",
    "QARNOT_CLUSTER_TIMEOUT": "cluster_timeout",
    "SSL_CERT_DIR": "cluster_custom_certificate",
    "SSL_CERT_FILE": "cluster_custom_certificate",
}
"""The variables of the environment and what each sets; of two that set the same, the last wins."""


def _given_or_own(environ: Mapping[str, str] | None) -> Mapping[str, str]:
    return os.environ if environ is None else environ


def _read_environment(environ: Mapping[str, str]) -> dict[str, object]:
    return {
        name: seal(name, value)
        for variable, name in _VARIABLES.items()
        if (value := environ.get(variable, ""))
    }


def _read_file(fileconf: FileConf | None) -> dict[str, object]:
    if fileconf is None:
        return {}
    if isinstance(fileconf, Mapping):
        return _read_mapping(fileconf)
    if not isinstance(fileconf, (str, os.PathLike)):
        raise TypeError(f"fileconf must be a path or a mapping, not {type(fileconf).__name__}")
    from pathlib import Path

    path = Path(fileconf)
    parser, is_shared = _parse(path)
    options = {
        "cluster_url": ("cluster", "url"),
        "cluster_unsafe": ("cluster", "unsafe"),
        "cluster_timeout": ("cluster", "timeout"),
        "cluster_custom_certificate": ("cluster", "custom_certificate"),
        "client_token": ("client", "token"),
    }
    found: dict[str, object] = {
        name: seal(name, parser.get(section, option))
        for name, (section, option) in options.items()
        if parser.has_option(section, option)
    }
    if parser.has_option("client", "auth"):
        found.setdefault("client_token", seal("client_token", parser.get("client", "auth")))
    if is_shared and "client_token" in found:
        warnings.warn(
            f"fileconf {str(path)!r} holds a token, and others can read it: chmod 600 it",
            stacklevel=4,
        )
    return found


_READ_BY_OTHERS: Final = stat.S_IRGRP | stat.S_IROTH


def _parse(path: Path) -> tuple[ConfigParser, bool]:
    """What a file holds, and whether others than its owner can read it."""
    from configparser import ConfigParser, Error

    # No interpolation: a token may hold a per cent sign.
    parser = ConfigParser(interpolation=None)
    try:
        # Windows editors put a byte-order mark in front.
        with path.open(encoding="utf-8-sig") as file:
            parser.read_file(file, source=str(path))
            mode = os.fstat(file.fileno()).st_mode
    except UnicodeDecodeError:
        problem = "is not UTF-8"
    except Error as error:
        problem = f"is not an ini file: {type(error).__name__}"
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {error}"
    else:
        # Only there do modes say who may read a file.
        return parser, os.name == "posix" and bool(mode & _READ_BY_OTHERS)
    # Not from there: those errors carry text of the file, and so perhaps the token.
    raise ValueError(f"fileconf {str(path)!r} {problem}")


def _read_mapping(fileconf: Mapping[str, object]) -> dict[str, object]:
    known = {
        "cluster_url",
        "cluster_unsafe",
        "cluster_timeout",
        "cluster_custom_certificate",
        "client_token",
        "client_auth",
    }
    if unknown := sorted(set(map(str, fileconf)) - known):
        raise ValueError(
            f"fileconf has no setting {', '.join(unknown)}; allowed: {', '.join(sorted(known))}"
        )
    found = {name: seal(name, value) for name, value in fileconf.items()}
    token = found.pop("client_auth", None)
    if found.get("client_token") is None:
        found["client_token"] = token
    return found


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text, not {type(value).__name__}")
    return value


def _url(value: object, unsafe: bool) -> str:
    if isinstance(value, Secret):
        raise ValueError("cluster_url must not hold a user name or password; give client_token")
    text = _text("cluster_url", value)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"cluster_url {text!r} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ValueError(f"cluster_url must look like 'https://host[:port][/path]', not {text!r}")
    if not text.isascii() or any(c.isspace() or not c.isprintable() for c in text):
        raise ValueError(f"cluster_url must hold no spaces or control characters: {text!r}")
    if parts.scheme == "http" and host not in _LOOPBACK and not unsafe:
        raise ValueError(
            f"cluster_url {text!r} would send the token unencrypted; use https, "
            "or cluster_unsafe=True if you must"
        )
    return text.rstrip("/")


_VISIBLE: Final = re.compile("[!-~]+")


def _token(token: object) -> Secret:
    if not isinstance(token, Secret):
        raise QarnotGenericException(
            "Token is mandatory: give client_token, a [client] token in the file, "
            "or QARNOT_CLIENT_TOKEN"
        )
    kind: type = type(token.reveal())
    if not issubclass(kind, str):
        raise TypeError(f"client_token must be text, not {kind.__name__}")
    # Its text is never shown, not even to say what is wrong with it.
    if not _VISIBLE.fullmatch(token.reveal()):
        raise ValueError(
            "client_token must be visible ASCII characters without spaces or line ends"
        )
    return token


def _boolean(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _TRUE | _FALSE:
        return value.strip().lower() in _TRUE
    if isinstance(value, str):
        raise ValueError(f"{name} must be true or false, not {value!r}")
    raise TypeError(f"{name} must be a bool, not {type(value).__name__}")


def _duration(name: str, value: object) -> timedelta:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise ValueError(f"{name} must be a number of seconds, not {value!r}") from None
    if not isinstance(value, (int, float, timedelta)):
        raise TypeError(
            f"{name} must be a number of seconds or a timedelta, not {type(value).__name__}"
        )
    return timedelta(seconds=seconds(name, value, positive=True))


def _count(name: str, value: object, *, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name} must be {least} or more, not {value}")
    return value


def _certificate(value: object) -> str:
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"cluster_custom_certificate must be a path, not {type(value).__name__}")
    from pathlib import Path

    path = os.fspath(value)
    if not path or not Path(path).exists():
        raise ValueError(f"cluster_custom_certificate or SSL_CERT_FILE {path!r} does not exist")
    return path
