"""Reads which module imports which, from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
LIBRARY: Final = ROOT / "qarnot_domain"
GENERATED: Final = ROOT / "generated" / "qarnot_api"


class Import(NamedTuple):
    """One import, absolute."""

    module: str
    name: str | None
    """What is taken from it: `None` when it is the module itself."""
    is_type_only: bool
    is_at_top: bool


def imports_of(source: str, package: str) -> Iterator[Import]:
    """Every import in a source file that lies in this package, wherever it stands."""
    tree = ast.parse(source)
    type_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        where = id(node) in type_only, id(node) in top
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, None, *where)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            base = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Import(module, alias.name, *where)


@cache
def imports_of_file(path: Path) -> tuple[Import, ...]:
    """The imports of one file of the library, the emulator or the generated client."""
    base = GENERATED.parent if path.is_relative_to(GENERATED) else ROOT
    package = ".".join(path.relative_to(base).parent.parts)
    return tuple(imports_of(path.read_text(encoding="utf-8"), package))


def library_modules(imports: Iterable[Import]) -> set[str]:
    """The modules and folders directly in `qarnot_domain` that these imports lead to."""
    found: set[str] = set()
    for module, name, *_ in imports:
        head, _, rest = module.partition(".")
        if head != "qarnot_domain":
            continue
        inner = rest.split(".")[0] if rest else name
        is_module = inner is not None and (
            (LIBRARY / f"{inner}.py").exists() or (LIBRARY / inner).is_dir()
        )
        found.add(inner if is_module and inner is not None else "__init__")
    return found


def modules() -> list[str]:
    """The modules of the library, without the folders in it."""
    return sorted(path.stem for path in LIBRARY.glob("*.py"))


def emulator_files() -> list[Path]:
    """The modules of the emulator."""
    return sorted((LIBRARY / "emulator").rglob("*.py"))


def cli_files() -> list[Path]:
    """The modules of the command line."""
    return sorted((LIBRARY / "cli").rglob("*.py"))


def of(module: str) -> tuple[Import, ...]:
    """The imports of a module of the library."""
    return imports_of_file(LIBRARY / f"{module}.py")
