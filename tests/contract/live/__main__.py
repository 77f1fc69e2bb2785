"""A server held to the API document: `make contract`.

    QARNOT_CONTRACT_URL=... QARNOT_CONTRACT_TOKEN=... python -m tests.contract.live

Without the two variables it is an emulator. A server that is not on loopback is only read, unless
`--writes` is given: then jobs, tasks and pools are made there, with a tag, and removed at the end.
"""
# ruff: noqa: T201 - a tool

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from attrs import evolve

from qarnot_domain.emulator import Emulator, ManualClock
from tests.contract.fuzz.run import fuzz
from tests.contract.fuzz.run import problems as fuzz_problems

from .coverage import Coverage
from .ledger import unusable
from .target import PROXIES, TARGET, NoTarget, Target, fresh_tag, named

HERE = Path(__file__).parent
ROOT = HERE.parents[2]

_INTERRUPTED = 130
"""The exit code of what Ctrl-C ended."""


class Flows:
    """A plugin of pytest that gives the flows their server, and counts them."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.passed = 0
        self.not_passed: list[str] = []
        self.config: pytest.Config | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Hand the server over: not by the command line, where others see the token."""
        config.stash[TARGET] = self.target
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one flow."""
        if report.failed:
            self.not_passed.append(report.nodeid.rpartition("::")[2])
        elif report.when == "call" and report.passed:
            self.passed += 1


def main() -> int:
    """Run the flows, then the random requests; 0 if the server does what the document says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--examples", type=int, default=200, help="per operation; 0 for flows only")
    parser.add_argument(
        "--only",
        type=re.compile,
        default="",
        metavar="REGEX",
        help="the operations to make random requests for",
    )
    parser.add_argument("--st", default="st", help="the command of Schemathesis")
    parser.add_argument("--writes", action="store_true", help="change what is not on loopback too")
    parser.add_argument("--read-only", action="store_true", help="change nothing on loopback too")
    parser.add_argument("--report", type=Path, default=ROOT / "build" / "contract")
    parser.add_argument(
        "--break", dest="broken", metavar="OPERATION", help="a fault in one of the emulator's"
    )
    options = parser.parse_args()
    try:
        target = named(os.environ, writes=options.writes)  # noqa: TID251 - of a tool
    except NoTarget as error:
        print(error, file=sys.stderr)
        return 2
    if target is not None:
        target = evolve(target, tag=fresh_tag(), read_only=target.read_only or options.read_only)
    if target is not None and options.broken is not None:
        parser.error("--break is for the emulator")
    options.report.mkdir(parents=True, exist_ok=True)
    if target is not None and (why := unusable(target)):
        print(f"{target.url} cannot be used: {why}", file=sys.stderr)
        return 2
    if target is not None and not target.read_only:
        print(f"what is made at {target.url} carries the tag {target.tag}, and is removed")
    # Whoever cancels a run has what it made removed, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    coverage = Coverage()
    with _emulated(options.broken) if target is None else _given(target) as flows_target:
        code, headline, problems = _flows(flows_target, options.report, coverage)
    if code == pytest.ExitCode.INTERRUPTED:
        return _INTERRUPTED
    if options.examples:
        with _emulated(options.broken, real=True) if target is None else _given(target) as fuzzed:
            try:
                failed, left = fuzz(
                    fuzzed, options.st, options.examples, options.report, only=options.only
                )
            except KeyboardInterrupt:
                return _INTERRUPTED
            code = failed or code or int(bool(left))
            problems += fuzz_problems(options.report / "fuzz.xml")
            base = urlsplit(fuzzed.url).path
            cases = coverage.add_archive(options.report / "fuzz.har", base)
        headline += f"; {cases} random exchanges"
    (options.report / "report.html").write_text(coverage.html(headline, problems), "utf-8")
    found = {"headline": headline, "problems": problems, "operations": list(coverage.rows())}
    (options.report / "report.json").write_text(json.dumps(found, indent=1), "utf-8")
    print(headline, f"reached: {coverage.summary()}", *problems, sep="\n")
    print(f"reports: {options.report}")
    return code


def _flows(target: Target, report: Path, coverage: Coverage) -> tuple[int, str, list[str]]:
    flows = Flows(target)
    arguments = [str(HERE), "-q", "--no-header", f"--junitxml={report / 'flows.xml'}"]
    # What serves the emulator is imported before pytest could rewrite its plugin.
    arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    code = int(pytest.main([*arguments, "-p", "no:cacheprovider", "--tb=line"], plugins=[flows]))
    assert flows.config is not None
    proxies = flows.config.stash.get(PROXIES, [])
    exchanges = [exchange for proxy in proxies for exchange in proxy.exchanges]
    for exchange in exchanges:
        if exchange.operation is not None:
            coverage.add(exchange.operation, exchange.status, exchange.sent)
    problems = [problem for proxy in proxies for problem in proxy.problems]
    right = sum(not exchange.problems for exchange in exchanges)
    operations = len({exchange.operation for exchange in exchanges})
    mode = "read-only, " if target.read_only else ""
    headline = (
        f"{mode}{flows.passed} flows passed and {len(flows.not_passed)} did not; {right} of "
        f"{len(exchanges)} exchanges, to {operations} operations, are what the document allows"
    )
    return code, headline, problems


@contextmanager
def _emulated(broken: str | None, *, real: bool = False) -> Iterator[Target]:
    clock = None if real else ManualClock()
    # What was deleted takes a second to go, and more than the usual number is made within it.
    with Emulator(clock=clock, max_pools=1_000) as cloud:
        if broken is not None:
            _put_fault(cloud, broken)
        yield Target(cloud.url, cloud.token, clock=clock)


def _put_fault(cloud: Emulator, operation: str) -> None:
    """Let one operation answer with something that the document does not have."""
    if operation.startswith(("retrieve", "list", "search", "paginate", "create")):
        cloud.fail_next(operation, times=None, size=None, status=200, body={"uuid": 7})
    else:
        cloud.fail_next(operation, times=None, status=418, at="after")


@contextmanager
def _given(target: Target) -> Iterator[Target]:
    yield target


if __name__ == "__main__":
    sys.exit(main())
