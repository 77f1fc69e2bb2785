"""`qarnot-job doctor`, and `python -m qarnot_domain`: whether all is as it should be."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import attrs

from qarnot_domain._version import __version__
from qarnot_domain.cli._command import command
from qarnot_domain.cli._outcome import Code, Complaint, complaint_of
from qarnot_domain.cli._print import Column, Table, print_objects, print_table
from qarnot_domain.cli._session import Session, usage
from qarnot_domain.exceptions import QarnotException

if TYPE_CHECKING:
    from qarnot_domain import Connection
    from qarnot_domain._codecs import Json
    from qarnot_domain.config import Settings

_WORST_SKEW: Final = timedelta(seconds=30)
"""How far the clocks of this machine and of the server may be apart without a word."""

_PATIENCE: Final = 30.0
"""Seconds that the cluster has to answer here, unless `--deadline` says otherwise."""

_EXTRAS: Final = {"emulator": ("starlette", "uvicorn"), "progress": ("rich",), "cli": ("click",)}


@attrs.frozen
class _Finding:
    """One thing that was looked at."""

    name: str
    value: str | None
    origin: str = ""
    problem: Complaint | None = None


@command("doctor")
def doctor_command(session: Session) -> None:
    """Show the version, each setting and where it comes from, and whether the cluster answers.

    It asks twice for the account of the token, and changes nothing.
    """
    findings = [*_of_this_machine(), *_of_settings_and_cluster(session)]
    _print(session, findings)
    for finding in findings:
        if finding.problem is not None:
            session.complain(finding.problem)


def _of_this_machine() -> Iterator[_Finding]:
    yield _Finding("qarnot-domain", __version__)
    yield _Finding("Python", f"{platform.python_version()} ({sys.executable})")
    have = [extra for extra, names in _EXTRAS.items() if all(map(find_spec, names))]
    yield _Finding("extras", ", ".join(have) or None)


def _of_settings_and_cluster(session: Session) -> Iterator[_Finding]:
    from qarnot_domain import config

    arguments = session.arguments()
    with usage():
        origins = config.origins(session.options.config, arguments)
    has_token = origins["client_token"] != "default"  # noqa: S105 - an origin
    if not has_token:
        arguments["client_token"] = "none"  # noqa: S105 - nor is this one
    with usage():
        settings = config.load(session.options.config, **arguments)
    yield from _of_settings(settings, origins, has_token=has_token)
    if not has_token:
        yield _Finding(
            "client_token",
            None,
            problem=Complaint(
                Code.USAGE,
                "no token is given",
                "export QARNOT_CLIENT_TOKEN=…, or --config or --token-file",
            ),
        )
        return
    session.options.retry_count = session.options.retry_count or 0
    session.options.deadline = session.options.deadline or _PATIENCE
    with session.connection() as connection:
        yield from _of_cluster(connection)


def _of_settings(
    settings: Settings, origins: dict[str, str], *, has_token: bool
) -> Iterator[_Finding]:
    from qarnot_domain import config

    if has_token:
        yield _Finding("client_token", "[redacted]", origins["client_token"])
    yield _Finding("cluster_url", settings.cluster_url, origins["cluster_url"])
    timeout = f"{settings.cluster_timeout.total_seconds():g} s"
    yield _Finding("cluster_timeout", timeout, origins["cluster_timeout"])
    unsafe = "yes: the server's certificate is not verified" if settings.cluster_unsafe else "no"
    yield _Finding("cluster_unsafe", unsafe, origins["cluster_unsafe"])
    yield _Finding(
        "cluster_custom_certificate",
        settings.cluster_custom_certificate or "the usual authorities",
        origins["cluster_custom_certificate"],
    )
    yield _Finding("proxy", config.proxy_of(settings.cluster_url), "environment")


def _of_cluster(connection: Connection) -> Iterator[_Finding]:
    try:
        first, _ = _asked(connection)
        then, date = _asked(connection)
    except QarnotException as error:
        yield _Finding("cluster", None, problem=complaint_of(error))
        return
    now = datetime.now(UTC)
    yield _Finding("cluster", f"answers, at first in {first:.0f} ms, then in {then:.0f} ms")
    if date is None:
        yield _Finding("clock", "the server does not tell its time")
        return
    skew = now - date - timedelta(milliseconds=then / 2)
    apart = timedelta(seconds=max(1, round(abs(skew).total_seconds())))
    if apart < _WORST_SKEW:
        yield _Finding("clock", f"within {apart.seconds} s of the server's")
        return
    way = "ahead of" if skew > timedelta(0) else "behind"
    yield _Finding("clock", f"{apart} {way} the server's: set the clock of this machine")


def _asked(connection: Connection) -> tuple[float, datetime | None]:
    """How long the cluster took to answer, in milliseconds, and its date."""
    began = connection.clock.monotonic()
    answer = connection._gateway.retrieve_user_info()
    return 1000 * (connection.clock.monotonic() - began), answer.date


def _print(session: Session, findings: list[_Finding]) -> None:
    shown: list[dict[str, Json]] = [
        {
            "name": finding.name,
            "value": finding.value,
            "origin": None if finding.value is None else finding.origin or None,
            "problem": None if finding.problem is None else finding.problem.line,
        }
        for finding in findings
    ]
    if session.options.output == "table":
        rows = [
            (
                finding.name,
                finding.value or ("none" if finding.problem is None else "PROBLEM"),
                finding.origin if finding.value is not None else "",
            )
            for finding in findings
        ]
        columns = (Column("WHAT"), Column("VALUE", wraps=True, least=24), Column("FROM", rank=1))
        print_table(session.options, Table(columns, rows))
    else:
        print_objects(session.options, shown, lambda: Table((), ()))
