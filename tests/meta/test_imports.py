"""Which module imports which: the direction of the design, and the one owner of each thing.

Read from the source with `ast`, so a rule holds for code that no test runs. Imports below
`if TYPE_CHECKING:` are left out of the direction: they do not happen at run time, so they can make
no cycle, and a job can only name the type of its connection so. `TYPE_ONLY` lists them instead.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from .imports import (
    GENERATED,
    LIBRARY,
    ROOT,
    cli_files,
    emulator_files,
    imports_of,
    imports_of_file,
    library_modules,
    modules,
    of,
)

ORDER: Final = (
    # Leaves.
    "_version",
    "exceptions",
    "timespan",
    "_words",
    "states",
    "_seconds",
    "_clock",
    "_secret",
    # Values, settings, policy.
    "_checks",
    "_codecs",
    "_convert",
    "filters",
    "_values",
    "status",
    "hardware_constraint",
    "execution_settings",
    "bucket",
    "scaling",
    "dependency",
    "account",
    "config",
    "_retry",
    # The way to the server.
    "_body",
    "_network",
    "_connections",
    "_proxy",
    "_transport",
    "_sending",
    "_gateway",
    # What objects are made of.
    "_submission",
    "_cache",
    "_snapshot",
    "_pages",
    "_rows",
    "_fields",
    "_wait",
    "_progress",
    "_show",
    "_resource",
    "_execution",
    "_in_pool",
    "_listing",
    # The objects.
    "pool",
    "task",
    "_watch",
    "job",
    "_bulk",
    "_account",
    "connection",
    # The package, then what the library never imports.
    "__init__",
    "_document",
    "_validating_proxy",
    "testing",
    "__main__",
)
"""Every module of the library: each may import only from those before it."""

LEAVES: Final = ORDER[: ORDER.index("_checks")]

PURE: Final = ("exceptions", "timespan", "_words", "states")
"""Modules that import the standard library alone."""

NEVER_IMPORTED: Final = ("emulator", "testing", "cli", "__main__")
"""What is built on the library, and so is not part of it."""

TYPE_ONLY: Final = {
    ("_resource", "connection"),
    ("_listing", "connection"),
    ("_in_pool", "pool"),
    ("dependency", "job"),
    ("dependency", "task"),
    ("pool", "connection"),
    ("pool", "task"),
    ("pool", "job"),
    ("_bulk", "connection"),
    ("task", "connection"),
    ("task", "job"),
    ("job", "connection"),
    ("_watch", "job"),
}
"""Imports against the direction that only annotations need."""

OWNERS: Final = {
    "httpx": set[str](),
    "socket": {"_connections", "_network", "_validating_proxy"},
    "ssl": {"_network", "_proxy", "_transport", "_validating_proxy"},
    "certifi": {"_transport"},
    "python_socks": {"_proxy"},
    "msgspec": {"_pages", "_rows"},
    "qarnot_api": {"_gateway"},
    "time": {"_clock"},
    "configparser": {"config"},
    "rich": {"_listing", "_progress", "_show"},
    "pytest": {"testing"},
    "jsonschema_rs": {"_document"},
    "yaml": {"_document"},
    "starlette": set[str](),
    "uvicorn": set[str](),
}
"""Packages and modules that only these modules of the library may import."""

DEPENDENCIES: Final = {"attrs", "certifi", "httpx", "msgspec"}
"""What the library needs at run time."""


# --- the reader itself ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import qarnot_domain.job", {"job"}),
        ("import qarnot_domain", {"__init__"}),
        ("from qarnot_domain import Job", {"__init__"}),
        ("from qarnot_domain import job", {"job"}),
        ("from qarnot_domain.emulator._store import Store", {"emulator"}),
        ("from . import _codecs as codecs", {"_codecs"}),
        ("from .job import Job", {"job"}),
        ("from .emulator import Emulator", {"emulator"}),
        ("def f():\n    from .job import Job", {"job"}),
        ("try:\n    import qarnot_domain.cli\nexcept ImportError: pass", {"cli"}),
        ("import os, httpx", set()),
        ("from qarnot_domains import job", set()),
    ],
)
def test_reader_finds_every_way_to_import(source: str, expected: set[str]) -> None:
    """Absolute, relative, nested and aliased imports are all found."""
    assert library_modules(imports_of(source, "qarnot_domain")) == expected


def test_reader_counts_the_dots() -> None:
    """A relative import of a folder within is made absolute."""
    one, two = imports_of("from . import x\nfrom .._clock import Clock", "qarnot_domain.emulator")
    assert (one.module, two.module) == ("qarnot_domain.emulator", "qarnot_domain._clock")


def test_reader_tells_imports_for_types_alone() -> None:
    """What stands below `TYPE_CHECKING` is told apart, its `else` branch is not."""
    source = "if typing.TYPE_CHECKING:\n    from .a import A\nelse:\n    from .b import B"
    assert {i.module: i.is_type_only for i in imports_of(source, "p")} == {
        "p.a": True,
        "p.b": False,
    }


# --- the direction --------------------------------------------------------------------------------


def test_order_names_every_module() -> None:
    """A new module has its place in the order, and no name in it is left over."""
    assert sorted(ORDER) == modules()


@pytest.mark.parametrize("module", modules())
def test_module_imports_only_from_before(module: str) -> None:
    """At run time a module imports only from modules before it."""
    before = ORDER[: ORDER.index(module)]
    imported = library_modules(i for i in of(module) if not i.is_type_only)
    built_on = {"testing": {"emulator"}, "__main__": {"cli"}}.get(module, set())
    assert imported - {*before, *built_on} == set()


def test_imports_for_types_alone_are_listed() -> None:
    """Imports against the direction that only annotations need are exactly those listed."""
    found = {
        (module, imported)
        for module in modules()
        for imported in library_modules(i for i in of(module) if i.is_type_only)
        if imported not in ORDER[: ORDER.index(module)]
    }
    assert found == TYPE_ONLY


@pytest.mark.parametrize("module", [m for m in modules() if m not in NEVER_IMPORTED])
def test_library_never_imports_what_is_built_on_it(module: str) -> None:
    """Neither the emulator, nor the fixtures, nor the command line is part of the library."""
    assert library_modules(of(module)) & set(NEVER_IMPORTED) == set()


def test_generated_client_never_imports_the_library() -> None:
    """The generated client knows nothing of the domain, and can be thrown away and made anew."""
    files = sorted(GENERATED.rglob("*.py"))
    assert files
    for path in files:
        heads = {i.module.split(".")[0] for i in imports_of_file(path)}
        assert "qarnot_domain" not in heads, path


@pytest.mark.parametrize("path", emulator_files(), ids=lambda path: path.stem)
def test_emulator_is_built_on_leaves_alone(path: Path) -> None:
    """The server side shares time spans, states, secrets and the clock with the client, no more."""
    imports = imports_of_file(path)
    shared = {"_clock", "_secret", "_words", "states", "timespan"}
    assert library_modules(imports) - {"emulator"} <= shared
    heads = {i.module.split(".")[0] for i in imports}
    assert heads & {"httpx", "qarnot_api", "attrs", "pytest"} == set()


CLI_OWNERS: Final = {"rich": {"_print"}, "httpx": set[str](), "qarnot_api": set[str]()}
"""Packages that only these modules of the command line may import; click is for all of them."""


@pytest.mark.parametrize("owned", CLI_OWNERS)
def test_command_line_stands_on_the_library(owned: str) -> None:
    """It reaches the server through the library alone, and has one module for the terminal."""
    importers = {
        path.stem
        for path in cli_files()
        if owned in {i.module.split(".")[0] for i in imports_of_file(path)}
    }
    assert importers == CLI_OWNERS[owned]


@pytest.mark.parametrize("path", cli_files(), ids=lambda path: path.stem)
def test_command_line_reads_no_environment(path: Path) -> None:
    """Nor sleeps; the calendar is for the doctor alone, who compares it with the server's."""
    used = names_used(path)
    assert used & ENVIRONMENT == set()
    assert {name for name in used if name.startswith("time.")} == set()
    assert not used & CALENDAR or path.stem == "_doctor"


# --- the owners -----------------------------------------------------------------------------------


@pytest.mark.parametrize("owned", OWNERS)
def test_only_its_owners_import_it(owned: str) -> None:
    """Each of these is imported by its owners, by all of them, and by nobody else."""
    importers = {
        module for module in modules() if owned in {i.module.split(".")[0] for i in of(module)}
    }
    assert importers == OWNERS[owned]


def test_only_the_gateway_knows_the_operations() -> None:
    """Every request goes through one place, which turns its failure into our exceptions."""
    importers = {
        module for module in modules() if any(i.module.startswith("qarnot_api") for i in of(module))
    }
    assert importers == {"_gateway"}


@cache
def names_used(path: Path) -> frozenset[str]:
    """Every dotted name in a file, as it is written."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    dotted = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    taken = {f"{i.module}.{i.name}" for i in imports_of_file(path) if i.name}
    return frozenset(dotted | taken)


ENVIRONMENT: Final = {"os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv"}
CALENDAR: Final = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "datetime.datetime.now",
}


def users_of(names: set[str]) -> set[str]:
    """The modules of the library that use one of these names."""
    return {m for m in modules() if names_used(LIBRARY / f"{m}.py") & names}


def test_only_the_configuration_reads_the_environment() -> None:
    """What a connection does depends on nothing that its settings do not show."""
    assert users_of(ENVIRONMENT) == {"config"}


def test_nobody_reads_the_calendar() -> None:
    """The library measures on the monotonic clock alone: a wall-clock jump changes nothing."""
    assert users_of(CALENDAR) == set()


@pytest.mark.parametrize("path", emulator_files(), ids=lambda path: path.stem)
def test_emulator_takes_its_time_from_the_clock(path: Path) -> None:
    """It sleeps nowhere, and reads the calendar once, for the moment it comes to be."""
    used = names_used(path)
    assert {name for name in used if name.startswith("time.")} == set()
    assert used & ENVIRONMENT == set()
    assert not used & CALENDAR or path.stem == "_emulator"


@pytest.mark.parametrize("module", PURE)
def test_pure_module_imports_the_standard_library_alone(module: str) -> None:
    """Errors, time spans and states can be used, and reasoned about, on their own."""
    heads = {i.module.split(".")[0] for i in of(module)} - {"qarnot_domain"}
    assert heads <= sys.stdlib_module_names
    assert library_modules(of(module)) <= set(PURE)


# --- dependencies ---------------------------------------------------------------------------------


def test_dependencies_are_those_that_are_imported() -> None:
    """What the project asks for is what the library imports without an extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {
        requirement.partition(">")[0].partition("=")[0].strip()
        for requirement in project["dependencies"]
    }
    optional = {"rich", "pytest", "starlette", "uvicorn", "jsonschema_rs", "yaml", "python_socks"}
    files = [*(LIBRARY / f"{module}.py" for module in modules()), *GENERATED.rglob("*.py")]
    imported = {
        {"attr": "attrs"}.get(head, head)
        for path in files
        for head in (i.module.split(".")[0] for i in imports_of_file(path) if not i.is_type_only)
        if head not in sys.stdlib_module_names and head not in {"", "qarnot_domain", "qarnot_api"}
    }
    assert imported - optional == asked == DEPENDENCIES


def test_optional_dependencies_are_not_imported_at_the_top() -> None:
    """A module of the library that needs an extra imports it where it is used."""
    for module in modules():
        if module == "testing":
            continue
        heads = {i.module.split(".")[0] for i in of(module) if i.is_at_top}
        assert heads & {"rich", "pytest", "python_socks", "starlette", "uvicorn"} == set(), module


def test_importing_the_package_loads_no_extra() -> None:
    """A user without extras can import it, and one with extras does not pay for them."""
    # Not rich: httpx itself loads it where it is installed, for a command line of its own.
    program = (
        "import sys, qarnot_domain;"
        "extras = {'pytest', 'starlette', 'uvicorn', 'hypothesis', 'yaml'};"
        "print(*sorted(extras & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
