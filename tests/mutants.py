"""Mutation testing: changes the library a little, one place at a time, and runs its tests.

A mutant that no test notices survives: it shows what the tests do not look at. Cosmic Ray says
what to change; each mutant then lives in a fork of this process alone, so no file is ever touched
and what is imported anew is the library and its tests, not everything they use.
"""
# ruff: noqa: T201, TID251 - a tool, in real time, with a virtual environment of its own
# pyright: reportMissingImports=false

from __future__ import annotations

import argparse
import ast
import difflib
import importlib.abc
import importlib.util
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

TESTS = {
    "timespan": ["unit/test_timespan.py", "property/test_timespan.py"],
    "_words": ["unit/test_states.py", "property/test_states.py", "unit/test_values.py"],
    "states": ["unit/test_states.py", "property/test_states.py"],
    "_retry": ["unit/test_retry.py", "property/test_retry.py"],
    "_cache": ["unit/test_cache.py", "unit/test_refresh.py"],
    "exceptions": ["unit/test_exceptions.py", "property/test_exceptions.py"],
    "filters": ["unit/test_filters.py", "property/test_filters.py"],
    "_fields": [
        "property/test_convert.py",
        "unit/job",
        "unit/executions",
        "unit/test_refresh.py",
    ],
    "_checks": ["unit/test_values.py", "unit/task", "unit/pool", "unit/executions", "unit/job"],
    "_codecs": [
        "property/test_convert.py",
        "unit/test_values.py",
        "unit/task",
        "unit/executions",
        "unit/job",
    ],
    "_submission": ["unit/test_submission.py"],
    "_convert": [
        "property/test_convert.py",
        "unit/test_convert.py",
        "unit/test_account.py",
        "unit/test_values.py",
        "unit/test_connection.py",
    ],
    "_network": ["unit/test_connections.py", "security/test_proxies.py", "faults/test_client.py"],
    "_connections": [
        "unit/test_connections.py",
        "faults/test_answers.py",
        "security/test_proxies.py",
        "faults/test_faults.py",
    ],
    "_proxy": ["security/test_proxies.py"],
    "_pages": ["unit/test_listed.py", "unit/test_listing.py", "property/test_listed.py"],
    "_rows": ["unit/test_listed.py", "unit/test_listing.py", "property/test_listed.py"],
    "_snapshot": ["unit/job", "unit/test_listed.py", "property/test_convert.py"],
    "_in_pool": ["unit/job", "unit/task"],
    "_resource": [
        "unit/test_listed.py",
        "unit/job",
        "unit/test_submission.py",
        "unit/executions",
        "unit/pool",
    ],
    "job": ["unit/job", "unit/executions", "unit/test_submission.py"],
    "_watch": ["unit/job/test_job_tasks.py"],
}
"""Module -> the tests that are to notice its mutants, the fastest first."""

PRELOADED = (
    "_hypothesis_pytestplugin",
    "attrs",
    "httpx",
    "hypothesis.stateful",
    "pytest",
    "pytest_timeout",
    "qarnot_api.models",
    "starlette.applications",
    "uvicorn",
)


class Mutant(NamedTuple):
    """One change of a module."""

    operator: str
    source: str
    line: int
    change: str


def meaning(source: str) -> str:
    """What a source says, leaving out its annotations and the `*` and `/` of its signatures."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arguments):
            node.args = [*node.posonlyargs, *node.args, *node.kwonlyargs]
            node.defaults += filter(None, node.kw_defaults)
            node.posonlyargs, node.kwonlyargs, node.kw_defaults = [], [], []
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.dump(tree)


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant that says something else than the module, each once."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    original = path.read_text()
    seen = {meaning(original)}
    nodes = list(ast_nodes(get_ast(original)))
    for name in operator_names():
        kind = get_operator(name)
        if kind.arguments():
            continue
        places = [start for node in nodes for start, _ in kind().mutation_positions(node)]
        for occurrence, (line, _) in enumerate(places):
            try:
                mutated = mutate_code(original, kind(), occurrence)
                if mutated is None:
                    continue
                said = meaning(mutated)
            except (AttributeError, SyntaxError):
                # Cosmic Ray cannot change an exception with a dot in its name.
                continue
            if said in seen:
                continue
            seen.add(said)
            diff = difflib.unified_diff(original.splitlines(), mutated.splitlines(), n=0)
            change = "\n".join(line for line in list(diff)[3:] if line[:2] not in ("--", "++"))
            yield Mutant(name.removeprefix("core/"), mutated, line, change)


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from another source."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self.name, self.path, self.source = name, path, source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Only for this module."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the other source."""
        exec(compile(self.source, self.path, "exec"), module.__dict__)  # noqa: S102


def tested(module: str, path: Path, source: str, limit: float) -> str:
    """What the tests of a module say of this source: `passed`, `failed` or `timeout`."""
    import pytest

    child = os.fork()
    if child == 0:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        sys.meta_path.insert(0, Mutated(f"qarnot_domain.{module}", path, source))
        arguments = ["-x", "-q", "--assert=plain", "--hypothesis-profile=mutants"]
        for plugin in ("anyio", "cacheprovider", "unraisableexception"):  # slow, and of no use here
            arguments += ["-p", f"no:{plugin}"]
        status = 1
        try:
            status = pytest.main(
                [*arguments, *(str(ROOT / "tests" / name) for name in TESTS[module])]
            )
        finally:
            os._exit(status)
    ends = time.monotonic() + limit
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "passed" if status == 0 else "failed"
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def main() -> int:
    """Test every mutant of the modules that are named, or of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", nargs="*", default=list(TESTS))
    parser.add_argument("-o", "--output", type=Path, help="note each mutant's end here")
    parser.add_argument("-l", "--line", type=int, action="append", help="only at these lines")
    arguments = parser.parse_args()

    os.chdir(ROOT)
    sys.dont_write_bytecode = False
    sys.path[:0] = [str(ROOT), str(ROOT / "generated")]
    for name in PRELOADED:
        importlib.import_module(name)
    from hypothesis import HealthCheck, Phase, settings

    settings.register_profile(
        "mutants",
        max_examples=50,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    total: Counter[str] = Counter()
    for module in arguments.module:
        path = ROOT / "qarnot_domain" / f"{module}.py"
        began = time.monotonic()
        if tested(module, path, path.read_text(), 300) != "passed":
            print(f"{module}: the tests fail without any mutant", file=sys.stderr)
            return 2
        usual = time.monotonic() - began
        ends: Counter[str] = Counter()
        for mutant in mutants_of(path):
            if arguments.line and mutant.line not in arguments.line:
                continue
            end = tested(module, path, mutant.source, 3 * usual + 5)
            ends[end] += 1
            if end == "passed":
                print(f"survives: {module}:{mutant.line} {mutant.operator}", flush=True)
                print(mutant.change, flush=True)
            if arguments.output:
                note = [module, end, mutant.line, mutant.operator, mutant.change]
                with arguments.output.open("a") as notes:
                    print(json.dumps(note), file=notes)
        total += ends
        print(report(module, ends), f"({time.monotonic() - began:.0f} s)", flush=True)
    print(report("all", total))
    return 0 if total["passed"] <= 0.05 * total.total() else 1


def report(name: str, ends: Counter[str]) -> str:
    """The figures of a module, in a line."""
    number, survive = ends.total(), ends["passed"]
    score = 100 * (number - survive) / number if number else 100
    return (
        f"{name}: {number} mutants, {number - survive} killed ({ends['timeout']} by time), "
        f"{survive} survive, score {score:.1f} %"
    )


if __name__ == "__main__":
    sys.exit(main())
