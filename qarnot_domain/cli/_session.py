"""What a command has at hand: a connection, and ways to speak to whoever runs it."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from qarnot_domain._secret import Secret
from qarnot_domain.cli._outcome import Code, Complaint, complaint_of

if TYPE_CHECKING:
    from qarnot_domain import Connection
    from qarnot_domain.cli._options import Options
    from qarnot_domain.exceptions import QarnotException


class Session:
    """One run of one command."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.code = Code.DONE
        """How it ends, as far as is known: the first failure counts."""

    # --- the cluster -----------------------------------------------------------------------------

    def arguments(self) -> dict[str, Any]:
        """The settings that were given as options, for `Connection` and `config.load`."""
        options = self.options
        given = {
            "client_token": self._token(),
            "cluster_url": options.cluster_url,
            "cluster_unsafe": options.cluster_unsafe,
            "cluster_custom_certificate": options.cluster_custom_certificate,
            "cluster_timeout": options.cluster_timeout,
            "retry_count": options.retry_count,
            "deadline": options.deadline,
        }
        return {name: value for name, value in given.items() if value is not None}

    def _token(self) -> Secret | None:
        path = self.options.token_file
        if path is None:
            return None
        try:
            return Secret(Path(path).read_text(encoding="utf-8").strip())
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise Complaint(Code.USAGE, f"--token-file {path!r}: {reason}") from None

    @contextmanager
    def connection(self) -> Generator[Connection]:
        """A connection to the cluster that the options, the file and the environment name."""
        from qarnot_domain import Connection, QarnotException

        with usage():
            try:
                # Objects get a shortname, so that no lost answer leaves their creation in doubt.
                connection = Connection(
                    self.options.config,
                    client_shortnames=True,
                    clock=self.options.clock,
                    **self.arguments(),
                )
            except QarnotException as error:
                raise Complaint(
                    Code.USAGE,
                    str(error),
                    "qarnot-job emulator prints what to export to try without an account",
                ) from error
        with connection:
            yield connection

    # --- speaking --------------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """Say something that is no result."""
        if not self.options.quiet:
            click.echo(text, err=True)

    def complain(self, error: Complaint | QarnotException, about: str | None = None) -> None:
        """Say what failed, and go on; the command ends with its exit code."""
        complaint = error if isinstance(error, Complaint) else complaint_of(error, about)
        say(complaint)
        if self.code is Code.DONE:
            self.code = complaint.code

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be undone; `Complaint` unless the answer is yes."""
        if yes:
            return
        if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
            raise Complaint(
                Code.USAGE,
                "nothing was done: this has to be confirmed, and there is no terminal to ask on",
                "add --yes to do it without being asked",
            )
        if not click.confirm(question, err=True):
            raise Complaint(Code.INTERRUPTED, "nothing was done")


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody looks at it."""
    return stream.isatty()


def say(complaint: Complaint) -> None:
    """One line, and a hint on how to go on."""
    click.echo(f"Error: {' '.join(complaint.line.split())}", err=True)
    if complaint.hint is not None:
        click.echo(f"Hint: {complaint.hint}", err=True)


@contextmanager
def usage(where: str | None = None) -> Generator[None]:
    """Turn what the library says of wrong arguments into a complaint about the command line."""
    try:
        yield
    except (TypeError, ValueError, AttributeError) as error:
        line = str(error) if where is None else f"{where}: {error}"
        raise Complaint(Code.USAGE, line) from error


@contextmanager
def telling(options: Options) -> Generator[None]:
    """Show warnings as lines, and with `--verbose` what the library logs."""
    logger = logging.getLogger("qarnot_domain")
    level = logger.level
    handler = _Verbose(options)
    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = lambda message, *_rest, **_more: (
            None if options.quiet else click.echo(f"Warning: {message}", err=True)
        )
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)


class _Verbose(logging.Handler):
    """Writes a line for each record, if the user wants to see them."""

    def __init__(self, options: Options) -> None:
        super().__init__(logging.DEBUG)
        self._options = options

    def emit(self, record: logging.LogRecord) -> None:
        if self._options.verbose:
            click.echo(self.format(record), err=True)
