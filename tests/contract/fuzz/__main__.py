"""Schemathesis against the emulator, from the strict document: `make contract`.

    python tests/contract/fuzz [--examples N] [--st PATH]

The emulator runs in this process, on loopback; Schemathesis in an environment of its own.
"""
# ruff: noqa: T201 - a tool

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from qarnot_domain.emulator import Emulator

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "openapi" / "qarnot-compute.yaml"


def main() -> int:
    """Run it; the exit code is that of Schemathesis."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200, help="per operation; default 200")
    parser.add_argument("--st", default="st", help="the command of Schemathesis")
    parser.add_argument("--report", type=Path, help="write a JUnit report here")
    options = parser.parse_args()
    # What was deleted takes a second to go, and more than the usual number is made within it.
    with Emulator(max_pools=1_000) as cloud:
        command = [
            *(options.st, "--no-color", "--config-file", str(HERE / "schemathesis.toml")),
            *("run", str(DOCUMENT), "--url", cloud.url),
            *("--header", f"Authorization: {cloud.token}"),
            *("--max-examples", str(options.examples), "--seed", "1"),
            "--continue-on-failure",
        ]
        if options.report is not None:
            command += ["--report", "junit", "--report-junit-path", str(options.report)]
        target = {"FUZZED_URL": cloud.url, "FUZZED_TOKEN": cloud.token}  # for the hooks
        environment = {**os.environ, **target}  # noqa: TID251
        done = subprocess.run(command, check=False, cwd=HERE, env=environment)
        operations = Counter(request.operation for request in cloud.requests)
    print(
        f"{sum(operations.values())} requests to {len(operations.keys() - {None})} operations, "
        f"{operations[None]} to none"
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
