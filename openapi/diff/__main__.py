"""Compare an API document with ours.

    python -m openapi.diff AGAINST [--json] [--verbose] [--fail-on breaking] [--since REPORT]

Exit status: 0 there is no difference (that counts, see --fail-on); 1 there is; 2 the documents
cannot be compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from openapi.regenerate import DOCUMENT

from . import RECORD as CONSUMER
from . import ROOT, Consumer, DocumentError, Report, compare, load
from ._document import as_list, as_object

FAIL_ON: Final = ("any", "breaking", "used", "never")

DIFFERENT: Final = 1
UNUSABLE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        report = compare(load(options.against), load(options.ours), Consumer.read(options.consumer))
        if options.since is not None:
            report = report.without(known(options.since))
    except DocumentError as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    if options.json:
        print(json.dumps(report.json(), indent=1, ensure_ascii=False))
    else:
        print(report.text(verbose=options.verbose), end="")
    return DIFFERENT if fails(report, options.fail_on) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m openapi.diff",
        description="Compare an API document with ours.",
        epilog="Exit status: 0 no difference that counts, 1 there is one, 2 cannot compare.",
    )
    parser.add_argument("against", help="a file or http(s) address, JSON or YAML")
    parser.add_argument(
        "--ours", default=str(ROOT / DOCUMENT), help="what to compare it with (default: our own)"
    )
    parser.add_argument(
        "--consumer", type=Path, default=CONSUMER, help="the record of what is used of it"
    )
    parser.add_argument("--json", action="store_true", help="print it for a machine")
    parser.add_argument("--verbose", action="store_true", help="name everything")
    parser.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        default="any",
        help="which differences count: any (default), breaking ones, breaking ones in what the "
        "domain layer uses, or never",
    )
    parser.add_argument(
        "--since", type=Path, help="an earlier --json report, whose differences are left out"
    )
    return parser


def known(path: Path) -> list[str]:
    """The differences in an earlier report.

    Raises:
        DocumentError: it is none.
    """
    try:
        report = as_object(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise DocumentError(f"{path}: {error}") from error
    if "differences" not in report:
        raise DocumentError(f"{path}: not a report of python -m openapi.diff --json")
    return [str(as_object(one).get("id")) for one in as_list(report["differences"])]


def fails(report: Report, on: str) -> bool:
    """Whether a report has a difference that counts."""
    return any(
        on == "any"
        or (on == "breaking" and one.difference.is_breaking)
        or (on == "used" and one.difference.is_breaking and one.is_used)
        for one in report.differences
    )


if __name__ == "__main__":
    sys.exit(main())
