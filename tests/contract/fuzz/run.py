"""Schemathesis against a server, from the strict document: a part of `make contract`.

Schemathesis runs in an environment of its own.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ..live.target import Target

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "openapi" / "qarnot-compute.yaml"

_READING = "^(retrieve|list|search|paginate|check)"
"""The operationIds of what changes nothing."""


def fuzz(target: Target, command: str, examples: int, report: Path) -> int:
    """Run it; the exit code is that of Schemathesis.

    Args:
        target: the server; nothing that could change it is sent if it is read-only.
        command: of Schemathesis.
        examples: requests for each operation.
        report: the folder for `fuzz.xml` (JUnit), `fuzz.har` and a folder of HTML.
    """
    arguments = [
        *(command, "--no-color", "--config-file", str(HERE / "schemathesis.toml")),
        *("run", str(DOCUMENT), "--url", target.url),
        *("--max-examples", str(examples), "--seed", "1", "--continue-on-failure"),
        *("--report", "junit,har,html", "--report-junit-path", str(report / "fuzz.xml")),
        *("--report-har-path", str(report / "fuzz.har")),
        *("--report-html-path", str(report / "fuzz")),
    ]
    if target.read_only:
        arguments += ["--include-operation-id-regex", _READING]
    environment = {
        **os.environ,  # noqa: TID251 - passed on as it is
        "FUZZED_URL": target.url,
        "FUZZED_TOKEN": target.token,
        "FUZZED_READ_ONLY": "1" if target.read_only else "",
    }
    return subprocess.run(arguments, check=False, cwd=HERE, env=environment).returncode
