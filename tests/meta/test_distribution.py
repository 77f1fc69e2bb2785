"""What users get: the wheel's content and metadata, and the public names."""

from __future__ import annotations

import ast
import email
import inspect
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

import qarnot_domain
from qarnot_domain import Connection, exceptions
from qarnot_domain.emulator import Emulator

from ..environment import Environment

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = {"qarnot_domain": ROOT, "qarnot_api": ROOT / "generated"}
"""Each package of the distribution, and the folder it lies in."""

DOCUMENT: Final = "qarnot_domain/qarnot-compute.yaml"
"""Where the API document is in the wheel; the project has it in another place."""

PUBLIC_MODULES: Final = (
    "account",
    "bucket",
    "cli",
    "config",
    "connection",
    "dependency",
    "emulator",
    "exceptions",
    "execution_settings",
    "filters",
    "hardware_constraint",
    "job",
    "pool",
    "scaling",
    "states",
    "status",
    "task",
    "testing",
    "timespan",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: nothing is left behind in the project."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", "node_modules")
    for name in ("qarnot_domain", "generated", "openapi", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    target = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def content(wheel: Path) -> set[str]:
    """The names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


@pytest.fixture(scope="module")
def metadata(wheel: Path, content: set[str]) -> Message:
    """The wheel's METADATA."""
    (name,) = [name for name in content if name.endswith(".dist-info/METADATA")]
    with zipfile.ZipFile(wheel) as archive:
        return email.message_from_string(archive.read(name).decode("utf-8"))


# --- the wheel ------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", PACKAGES)
def test_wheel_has_every_module(content: set[str], package: str) -> None:
    """Each package is in it, whole, and nothing that is not in the sources."""
    folder = PACKAGES[package]
    sources = {
        path.relative_to(folder).as_posix()
        for path in (folder / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert {name for name in content - {DOCUMENT} if name.startswith(f"{package}/")} == sources


def test_wheel_has_the_document(wheel: Path) -> None:
    """What users' requests are held to is the document of the project, as it is."""
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read(DOCUMENT) == (ROOT / "openapi" / "qarnot-compute.yaml").read_bytes()


@pytest.mark.parametrize("package", PACKAGES)
def test_wheel_is_typed(content: set[str], package: str) -> None:
    """Type checkers are told to use the annotations of both packages."""
    assert f"{package}/py.typed" in content


def test_wheel_has_nothing_else(content: set[str]) -> None:
    """No tests, no documents, no caches: the two packages and the metadata."""
    info = f"qarnot_domain-{qarnot_domain.__version__}.dist-info"
    assert {name.split("/")[0] for name in content} == {*PACKAGES, info}
    assert not [name for name in content if "test_" in name or name.endswith((".pyc", ".md"))]


def test_wheel_is_for_any_platform(wheel: Path) -> None:
    """It is pure Python, in the version that the package says."""
    assert wheel.name == f"qarnot_domain-{qarnot_domain.__version__}-py3-none-any.whl"


def test_wheel_carries_its_licence(content: set[str], metadata: Message) -> None:
    """The licence is named by its identifier and its text is in the wheel."""
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE"]
    info = f"qarnot_domain-{qarnot_domain.__version__}.dist-info"
    assert f"{info}/licenses/LICENSE" in content


def test_metadata_is_the_projects(metadata: Message) -> None:
    """Name, version and Python floor are those of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["Name"] == "qarnot-domain"
    assert metadata["Version"] == qarnot_domain.__version__
    assert metadata["Requires-Python"] == project["requires-python"] == ">=3.11"
    assert "unofficial" in str(metadata["Summary"])
    assert str(metadata.get_payload()).strip()


def test_metadata_asks_for_no_more_than_is_needed(metadata: Message) -> None:
    """Without extras it needs four packages."""
    required = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    names = sorted(line.split(">")[0].split("<")[0] for line in required)
    assert names == ["attrs", "certifi", "httpx", "msgspec"]
    extras = set(metadata.get_all("Provides-Extra", []))
    assert {"cli", "emulator", "progress", "socks", "testing"} <= extras


def test_wheel_can_be_imported(wheel: Path, tmp_path: Path) -> None:
    """What is in the wheel is enough: both packages load from it alone, with all that they name."""
    program = (
        "import qarnot_domain, qarnot_api, qarnot_domain.emulator, qarnot_domain.testing;"
        "from qarnot_domain import *;"
        "print(qarnot_domain.__file__, qarnot_api.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(wheel), "PATH": os.defpath, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [str(wheel) in place for place in done.stdout.split()] == [True, True]


# --- the public names ---------------------------------------------------------------------------


def test_public_names_are_sorted_and_named_once() -> None:
    """`__all__` is in the order that ruff keeps, without repetition."""
    names = [name for name in qarnot_domain.__all__ if not name.startswith("__")]
    assert names == sorted(set(names))


@pytest.mark.parametrize("name", qarnot_domain.__all__)
def test_public_name_can_be_imported_and_says_what_it_is(name: str) -> None:
    """Each name is there and documented."""
    public = getattr(qarnot_domain, name)
    assert isinstance(public, str) or inspect.getdoc(public)


@pytest.mark.parametrize("name", [n for n in qarnot_domain.__all__ if not n.startswith("__")])
def test_public_name_comes_from_a_module_of_the_library(name: str) -> None:
    """Nothing of another package is passed on as ours."""
    assert getattr(qarnot_domain, name).__module__.startswith("qarnot_domain.")


def test_no_public_name_is_left_out() -> None:
    """What type checkers see, what is imported when asked for, and `__all__` are the same names."""
    seen = {
        (node.module, alias.name)
        for node in ast.walk(ast.parse(inspect.getsource(qarnot_domain)))
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module != "_version"
        for alias in node.names
    }
    assert seen == {(module, name) for name, module in qarnot_domain._MODULES.items()}
    assert {name for _, name in seen} == set(qarnot_domain.__all__) - {"__version__"}


def test_name_that_is_not_there_is_an_attribute_error() -> None:
    """A misspelt name says so."""
    with pytest.raises(AttributeError, match="Jobb"):
        getattr(qarnot_domain, "Jobb")  # noqa: B009 - a type checker knows that it is not there


def import_in_a_new_process(program: str) -> set[str]:
    """What is imported once a program ran that begins with `import qarnot_domain`."""
    told = subprocess.run(
        [sys.executable, "-c", f"import qarnot_domain, sys; {program}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())


def test_import_loads_nothing_that_nobody_asked_for() -> None:
    """Neither HTTP nor TLS, the generated client, asyncio or most of the library itself."""
    loaded = import_in_a_new_process("pass")
    assert loaded & {"httpx", "attrs", "attr", "ssl", "asyncio", "typing", "qarnot_api"} == set()
    ours = {name for name in loaded if name.startswith("qarnot_domain")}
    assert ours == {"qarnot_domain", "qarnot_domain._version"}


NOT_FOR_A_FIRST_JOB: Final = {
    "ast",
    "asyncio",
    "attr",
    "attrs",
    "certifi",
    "concurrent.futures",
    "configparser",
    "dataclasses",
    "graphlib",
    "html",
    "httpcore",
    "httpx",
    "inspect",
    "msgspec",
    "pathlib",
    "platform",
    "qarnot_api.models",
    "qarnot_domain._account",
    "qarnot_domain._bulk",
    "qarnot_domain._execution",
    "qarnot_domain._listing",
    "qarnot_domain._pages",
    "qarnot_domain._progress",
    "qarnot_domain._rows",
    "qarnot_domain._show",
    "qarnot_domain._values",
    "qarnot_domain._wait",
    "qarnot_domain._watch",
    "qarnot_domain.filters",
    "qarnot_domain.pool",
    "qarnot_domain.task",
    "tempfile",
    "typing_extensions",
    "uuid",
}
"""What a program can do without until it lists, waits, or has tasks."""


def test_first_job_loads_nothing_that_it_can_do_without(
    qarnot_emulator: Emulator, qarnot_connection: Connection
) -> None:
    """A program that retrieves a job loads what that takes, whose time it pays at each start."""
    job = qarnot_connection.create_job("first")
    job.submit()
    program = (
        "import sys; before = set(sys.modules);"
        "from qarnot_domain import Connection; Connection().retrieve_job(sys.argv[1]);"
        "print(*set(sys.modules) - before)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, str(job.uuid)],
        env=Environment(
            QARNOT_CLUSTER_URL=qarnot_emulator.url,
            QARNOT_CLIENT_TOKEN=qarnot_emulator.token,
            PATH=os.defpath,
        ),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(told.stdout.split())
    assert "qarnot_domain.job" in loaded
    assert loaded & NOT_FOR_A_FIRST_JOB == set()


@pytest.mark.parametrize(
    "program",
    ["qarnot_domain.exceptions.QarnotException", "qarnot_domain.config", "dir(qarnot_domain)[0]"],
)
def test_public_module_is_reachable_without_importing_it(program: str) -> None:
    """A public module is an attribute of the package, as it was when all were imported."""
    assert "httpx" not in import_in_a_new_process(program)


def test_every_exception_is_reachable_from_the_root() -> None:
    """`except QarnotException` catches whatever the library raises about the API."""

    def below(error: type[BaseException]) -> set[type[BaseException]]:
        return {error}.union(*(below(child) for child in error.__subclasses__()))

    defined = {
        member
        for _, member in inspect.getmembers(exceptions, inspect.isclass)
        if issubclass(member, BaseException) and member.__module__ == exceptions.__name__
    }
    assert defined <= below(exceptions.QarnotException)


@pytest.mark.parametrize("name", PUBLIC_MODULES)
def test_public_module_is_documented(name: str) -> None:
    """Each module without an underscore says what it is for, and so do its public classes."""
    module = import_module(f"qarnot_domain.{name}")
    assert inspect.getdoc(module)
    for member, value in vars(module).items():
        if inspect.isclass(value) and value.__module__ == module.__name__:
            assert member.startswith("_") or inspect.getdoc(value), member


def test_public_modules_are_listed() -> None:
    """Every module without an underscore is in the list above."""
    found = {path.stem for path in (ROOT / "qarnot_domain").iterdir() if path.suffix in {"", ".py"}}
    assert {name for name in found if not name.startswith(("_", "."))} == {*PUBLIC_MODULES}
