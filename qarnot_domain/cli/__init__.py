"""The command line: `qarnot-job`, or `python -m qarnot_domain.cli`. It needs the extra `cli`.

What it can do, its exit codes and the forms of what it reads and prints: docs/cli.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qarnot_domain._clock import Clock

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None, *, clock: Clock | None = None) -> int:
    """Run one command.

    Args:
        arguments: what stands after `qarnot-job`; by default what this process was given.
        clock: what measures and sleeps, for tests; default the machine's monotonic clock.

    Returns:
        The exit code.
    """
    try:
        from qarnot_domain.cli._app import run
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.stderr.write(
            "Error: the command line needs click\nHint: pip install 'qarnot-domain[cli]'\n"
        )
        return 2
    return run(sys.argv[1:] if arguments is None else list(arguments), clock)
