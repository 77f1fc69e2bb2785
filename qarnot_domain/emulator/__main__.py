"""`python -m qarnot_domain.emulator`: serve an emulator until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from qarnot_domain.emulator._conduct import DEFAULT_EXECUTION_TIME, parse_duration
from qarnot_domain.emulator._emulator import Emulator
from qarnot_domain.emulator._server import DEFAULT_HOST
from qarnot_domain.emulator._store import Limits

SAVE_INTERVAL: Final = 10.0
"""Seconds between two times that the state is saved while it serves, lest a crash lose it."""


_LIMITS: Final = dataclasses.asdict(Limits())


def main(
    arguments: Sequence[str] | None = None, *, program: str = "python -m qarnot_domain.emulator"
) -> int:
    """Serve until told to stop; the exit code is 0 then, 1 if it could not serve or save.

    Args:
        arguments: those of the command line; by default what this process was given.
        program: what the user called it by.
    """
    options = _parser(program).parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopped.set())
    try:
        emulator = Emulator(
            seed=options.seed,
            **{name: getattr(options, name) for name in _LIMITS},
            token=options.token,
            host=options.host,
            port=options.port,
            execution_times=tuple(options.execution_times),
            failure_rate=options.failure_rate,
            state_file=options.state,
            execute=options.execute,
            max_processes=options.max_processes,
        )
        emulator.start()
    except (OSError, ValueError) as error:
        _complain(error)
        return 1
    sys.stdout.write(
        f"export QARNOT_CLUSTER_URL={shlex.quote(emulator.url)}\n"
        f"export QARNOT_CLIENT_TOKEN={shlex.quote(emulator.token)}\n"
    )
    sys.stdout.flush()
    if options.execute:
        sys.stderr.write("The commands of tasks run on this machine, with all your rights.\n")
    sys.stderr.write(
        "Serving an emulated Qarnot cloud; Ctrl-C stops it. To look at it with a browser: "
        f"{emulator.url}/\n"
    )
    # In turns: on Windows a wait without an end would not notice Ctrl-C.
    saved = emulator.clock.monotonic()
    while not stopped.wait(timeout=0.5):
        if options.state is not None and emulator.clock.monotonic() - saved >= SAVE_INTERVAL:
            saved = emulator.clock.monotonic()
            # What cannot be written now perhaps can the next time: go on serving.
            _succeeds(emulator.save)
    return 0 if _succeeds(emulator.stop) else 1


def _succeeds(write: Callable[[], None]) -> bool:
    try:
        write()
    except OSError as error:
        _complain(error)
        return False
    return True


def _complain(error: Exception) -> None:
    sys.stderr.write(f"qarnot emulator: {error}\n")


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from error


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description="An emulator of the Qarnot API.")
    parser.add_argument("--host", default=DEFAULT_HOST, help="an address of loopback")
    parser.add_argument("--port", type=int, default=0, help="0, the default, for any free one")
    parser.add_argument("--token", help="the one that is accepted")
    parser.add_argument("--state", metavar="FILE", help="kept there, to go on from next time")
    parser.add_argument("--seed", type=int, default=0, help="where uuids and chance come from")
    parser.add_argument(
        "--execution-times",
        nargs=2,
        type=_duration,
        default=(DEFAULT_EXECUTION_TIME, DEFAULT_EXECUTION_TIME),
        metavar=("SHORTEST", "LONGEST"),
        help="what tasks draw from how long they take, in seconds or as hh:mm:ss; default 1 1",
    )
    parser.add_argument(
        "--failure-rate",
        type=float,
        default=0.0,
        metavar="P",
        help="how likely each instance of a task is to fail, from 0 to 1; default 0",
    )
    for name, default in _LIMITS.items():
        kind = name.removeprefix("max_")
        parser.add_argument(
            f"--max-{kind}",
            type=int,
            default=default,
            help=f"how many {kind} the account may hold; default {default}",
        )
    parser.add_argument(
        "--execute",
        action="store_true",
        help="really run the commands of tasks, here and with all your rights",
    )
    parser.add_argument(
        "--max-processes", type=int, help="how many run at once; by default one per processor"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
