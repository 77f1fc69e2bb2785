"""A command as a local process, and the end of everything that it started."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final

from qarnot_domain.emulator._runs import Stream

MARK: Final = "QARNOT_EMULATOR_MARK"
"""The variable, of a different value in each process, by which its descendants are known."""

_CHUNK: Final = 65_536
_MOST_CHUNKS: Final = 16
"""At least what a pipe can hold: what was written before the end is read, and reading ends even if
somebody writes without end."""

_LONGEST_LINE: Final = _CHUNK * _MOST_CHUNKS
"""A longer line is told in pieces: one without an end would take all memory, and all time."""

_CLEAN_LOOKS: Final = 2
"""How often in a row nothing must be found: what is just becoming another program shows neither its
old environment nor its new one for a moment."""

_PROC: Final = Path("/proc")


class LocalProcess:
    """A shell that runs a command, in a session of its own.

    Args:
        command: what `/bin/sh -c` is given.
        folder: where it starts.
        environment: all of its variables, but for `MARK`.

    Raises:
        OSError, ValueError: it cannot be started.
    """

    def __init__(self, command: str, folder: Path, environment: Mapping[str, str]) -> None:
        token = secrets.token_hex(16)
        self._mark = f"{MARK}={token}".encode()
        self._clean_looks = 0
        self._is_group_dead = False
        self._process = subprocess.Popen(  # noqa: S603 - running what it is given is what it is for
            ["/bin/sh", "-c", command],
            cwd=folder,
            env={**environment, MARK: token},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - for the type checkers
        assert self._process.stderr is not None  # noqa: S101
        self._pipes: tuple[tuple[Stream, _Pipe], ...] = (
            ("stdout", _Pipe(self._process.stdout)),
            ("stderr", _Pipe(self._process.stderr)),
        )

    def exit_code(self) -> int | None:
        """The shell's exit code, below 0 if a signal ended it; `None` while it runs."""
        return self._process.poll()

    def read(self) -> Iterator[tuple[Stream, str]]:
        """The lines that were completed since the last time, without their ends."""
        for stream, pipe in self._pipes:
            for line in pipe.read():
                yield stream, line

    def kill(self) -> bool:
        """Kill the shell and all that it started; whether nothing of it is left.

        Until then it has to be called again: a process takes a moment to die, and may meanwhile
        have started another.
        """
        is_running = self._process.poll() is None
        # Before the group: the children of what is dead are nobody's.
        found = _family(self._mark, self._process.pid if is_running else None)
        if not self._is_group_dead:
            # Once without a shell it has nobody to start more, and its number may become another's.
            self._is_group_dead = not is_running
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        for number in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)
        self._clean_looks = 0 if is_running or found else self._clean_looks + 1
        return self._clean_looks >= _CLEAN_LOOKS

    def close(self) -> Iterator[tuple[Stream, str]]:
        """What was still to be read, a last line without an end included."""
        for stream, pipe in self._pipes:
            for line in pipe.close():
                yield stream, line


class _Pipe:
    """Lines from a pipe, without waiting for them."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._rest = b""
        os.set_blocking(pipe.fileno(), False)

    def read(self) -> list[str]:
        for _ in range(_MOST_CHUNKS):
            chunk = self._pipe.read(_CHUNK)
            if not chunk:
                break
            self._rest += chunk
        *lines, self._rest = self._rest.split(b"\n")
        if len(self._rest) >= _LONGEST_LINE:
            lines, self._rest = [*lines, self._rest], b""
        return [_text(line) for line in lines]

    def close(self) -> list[str]:
        lines = self.read()
        self._pipe.close()
        return [*lines, _text(self._rest)] if self._rest else lines


def _text(line: bytes) -> str:
    return line.decode(errors="replace")


def _family(mark: bytes, shell: int | None) -> set[int]:
    """The processes that carry a mark, and those that descend from them or from the shell.

    Leaving the group or the session, or a parent that dies, changes nothing about the mark. Only
    what has dropped its environment after its parents died is lost. Empty without a Linux /proc.
    """
    parents: dict[int, int] = {}
    family = set[int]() if shell is None else {shell}
    for folder in _PROC.glob("[0-9]*"):
        number = int(folder.name)
        try:
            # After the name, which may hold anything, parentheses too.
            state, parent, *_ = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            if state in (b"Z", b"X"):
                continue
            parents[number] = int(parent)
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                family.add(number)
        except OSError:
            # It has ended meanwhile, or is another user's.
            continue
    grows = True
    while grows:
        children = {number for number, parent in parents.items() if parent in family}
        grows = not children <= family
        family |= children
    return family
