"""Whether a change that breaks users' code is found, and the versions that announce one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import attrs
import pytest

from tests import public_api
from tests.public_api import State

ROOT: Final = Path(__file__).parents[2]

BREAKING: Final = {
    "a method that went away": ("task.py", "def abort(self)", "def _abort(self)", "Task.abort"),
    "an inherited one": ("_resource.py", "def update(self", "def _update(self", "Pool.update"),
    "a new argument": (
        "job.py",
        "def terminate(self)",
        "def terminate(self, how)",
        "Job.terminate",
    ),
    "an argument with a new name": (
        "job.py",
        "        timeout:",
        "        t:",
        "Job.wait(timeout)",
    ),
    "a class that went away": ("states.py", "class PoolState", "class PState", "PoolState"),
}

pytestmark = pytest.mark.check


def copied(target: Path) -> Path:
    """The files that are compared, without git."""
    ignored = shutil.ignore_patterns("node_modules", "__pycache__")
    for name in ("qarnot_domain", "openapi"):
        shutil.copytree(ROOT / name, target / name, ignore=ignored)
    (target / ".ci").mkdir()
    return target


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> State:
    """The present state, as it is kept and read again."""
    root = copied(tmp_path_factory.mktemp("released"))
    public_api.keep(root)
    kept = public_api.last_release(root)
    assert kept is not None
    return kept


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> State:
    """The state of a project in which public names went away."""
    root = copied(tmp_path_factory.mktemp("project"))
    for file, old, new, _ in BREAKING.values():
        path = root / "qarnot_domain" / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return State.of(root)


def test_nothing_changed_is_nothing_to_object(released: State) -> None:
    """A release compared with itself passes: what is kept of it is read as it was."""
    assert list(public_api.objections(released, State.of(ROOT))) == []


@pytest.mark.parametrize("change", BREAKING)
def test_a_change_that_breaks_is_named(released: State, broken: State, change: str) -> None:
    """A method, inherited or not, an argument and a class that went away are each named."""
    found = list(public_api.objections(released, broken))

    assert [line for line in found if BREAKING[change][-1] in line], found


@pytest.mark.parametrize(
    ("old", "new", "objects"),
    [
        ("0.1.0", "0.1.1", True),
        ("0.1.0", "0.2.0", False),
        ("0.1.0", "1.0.0", False),
        ("1.2.3", "1.3.0", True),
        ("1.2.3", "2.0.0", False),
    ],
)
def test_the_version_announces_what_breaks(
    released: State, broken: State, old: str, new: str, objects: bool
) -> None:
    """A major version may break, and before 1.0 a minor one; no other may."""
    found = public_api.objections(
        attrs.evolve(released, version=old), attrs.evolve(broken, version=new)
    )

    assert bool(list(found)) is objects


def test_the_document_has_a_version_of_its_own(released: State) -> None:
    """A document that changed needs a new version, whatever that of the library."""
    changed = attrs.evolve(released, document=b"another", version="9.0.0")
    found = list(public_api.objections(released, changed))

    assert found == ["openapi/qarnot-compute.yaml: changed, and is still 1.0.0"]
    assert not list(
        public_api.objections(released, attrs.evolve(changed, document_version="1.0.1"))
    )


def test_the_command_fails_after_a_release_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the first release it passes, and says why; after one, what went away fails it."""
    root = copied(tmp_path)
    arguments = ["--root", str(root)]

    before = public_api.main(arguments)
    public_api.main([*arguments, "--released"])
    after = public_api.main(arguments)
    path = root / "qarnot_domain" / "task.py"
    path.write_text(path.read_text(encoding="utf-8").replace("def abort(", "def _abort("))

    assert (before, after, public_api.main(arguments)) == (0, 0, 1)
    told = capsys.readouterr().out
    assert told.startswith("no release yet")
    assert "Task.abort" in told
