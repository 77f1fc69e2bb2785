"""Schemathesis against a server, from the strict document: a part of `make contract`.

Schemathesis runs in an environment of its own, and keeps a journal of what it made: the process
that started it removes that at the end, however Schemathesis ended.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from qarnot_domain._document import Document

from ..live.ledger import Ledger
from ..live.target import Target

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "openapi" / "qarnot-compute.yaml"


def fuzz(
    target: Target, command: str, examples: int, report: Path, *, only: re.Pattern[str]
) -> tuple[int, list[str]]:
    """Run it; the exit code of Schemathesis, and what of all that it made could not be removed.

    Args:
        target: the server; nothing that could change it is sent if it is read-only.
        command: of Schemathesis.
        examples: requests for each operation.
        report: the folder for `fuzz.xml` (JUnit), `fuzz.har` and a folder of HTML.
        only: what is found in the operationIds that it is about.
    """
    operations = [
        one.id
        for one in Document.shipped().operations
        if only.search(one.id) and (one.only_reads or not target.read_only)
    ]
    arguments = [
        *(command, "--no-color", "--config-file", str(HERE / "schemathesis.toml")),
        *("run", str(DOCUMENT), "--url", target.url),
        *("--include-operation-id-regex", f"^({'|'.join(operations)})$"),
        *("--max-examples", str(examples), "--seed", "1", "--continue-on-failure"),
        *("--report", "junit,har,html", "--report-junit-path", str(report / "fuzz.xml")),
        *("--report-har-path", str(report / "fuzz.har")),
        *("--report-html-path", str(report / "fuzz")),
    ]
    journal = report / "made.txt"
    journal.write_text("", encoding="utf-8")
    settings = {
        "FUZZED_URL": target.url,
        "FUZZED_TOKEN": target.token,
        "FUZZED_READ_ONLY": "1" if target.read_only else "",
        "FUZZED_TAG": target.tag,
        "FUZZED_JOURNAL": str(journal),
    }
    environment = {**_trusting(os.environ), **settings}  # noqa: TID251 - passed on
    left: list[str] = []
    try:
        code = subprocess.run(arguments, check=False, cwd=HERE, env=environment).returncode
    finally:
        if target.tag and not target.read_only:
            ledger = Ledger()
            ledger.take_in(journal)
            left = ledger.remove(target, target.tag)
            for one in left:
                print("could not be removed:", one)  # noqa: T201 - an interruption would lose it
    return code, left


def problems(junit: Path) -> Iterator[str]:
    """What Schemathesis found, each with its operation, in the words of its report."""
    names = {f"{one.method.upper()} {one.path}": one.id for one in Document.shipped().operations}
    for case in ET.parse(junit).iter("testcase"):  # noqa: S314 - of our own process
        name = case.attrib["name"]
        for found in (*case.iter("failure"), *case.iter("error")):
            titles = re.findall(r"^- (?:ST\d+ )?(.+)$", found.text or "", re.MULTILINE)
            said = "; ".join(dict.fromkeys(titles)) or found.attrib.get("message", "")
            yield f"{names.get(name, name)} ({name}, random requests): {said}"


def _trusting(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which Schemathesis trusts the authorities that the library does."""
    trusted = environment.get("SSL_CERT_FILE")
    return {**environment, **({"REQUESTS_CA_BUNDLE": trusted} if trusted else {})}
