"""What changed in the public names and the document since the last release: `make public-api`.

    python tests/public_api.py             fails on what the version does not announce
    python tests/public_api.py --released  keeps the present state as that of the last release

The last release is in a file, not in git: a shallow clone has no tags. Before the first release
there is no such file, and nothing to compare with.
"""
# ruff: noqa: T201 - a tool

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs
import griffe
import yaml

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = "qarnot_domain"
DOCUMENT: Final = Path("openapi", "qarnot-compute.yaml")
BASELINE: Final = Path(".ci", "last-release.zip")


@attrs.frozen
class State:
    """What a release promises: the names of one version of the library, and its document."""

    version: str
    document_version: str
    document: bytes
    names: griffe.Module

    @classmethod
    def of(cls, root: Path) -> State:
        """The state of a working tree."""
        source = (root / PACKAGE / "_version.py").read_text(encoding="utf-8")
        version = re.search(r'__version__ = "([^"]+)"', source)
        assert version is not None
        document = (root / DOCUMENT).read_bytes()
        return cls(
            version[1],
            yaml.safe_load(document)["info"]["version"],
            document,
            _module(
                griffe.load(
                    PACKAGE, search_paths=[root], try_relative_path=False, allow_inspection=False
                )
            ),
        )


def keep(root: Path) -> None:
    """Keep what is compared, as it is now: the same bytes from the same files."""
    files = [DOCUMENT, *sorted(path.relative_to(root) for path in (root / PACKAGE).rglob("*.py"))]
    with zipfile.ZipFile(root / BASELINE, "w") as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.as_posix())
            archive.writestr(entry, (root / file).read_bytes(), zipfile.ZIP_DEFLATED)


def last_release(root: Path) -> State | None:
    """The state that was kept; none before the first release."""
    if not (root / BASELINE).exists():
        return None
    with tempfile.TemporaryDirectory() as kept:
        with zipfile.ZipFile(root / BASELINE) as archive:
            archive.extractall(kept)
        return State.of(Path(kept))


def objections(old: State, new: State) -> Iterator[str]:
    """What changed without the version saying so."""
    if not _may_break(old.version, new.version):
        for breakage in griffe.find_breaking_changes(old.names, new.names):
            yield breakage.explain(griffe.ExplanationStyle.MARKDOWN)
    if old.document != new.document and _parts(new.document_version) <= _parts(
        old.document_version
    ):
        yield f"{DOCUMENT}: changed, and is still {new.document_version}"
    if _parts(new.version) < _parts(old.version):
        yield f"{PACKAGE}: version {new.version} is before {old.version}"


def _may_break(old: str, new: str) -> bool:
    """Whether the version announces a change that breaks: a new minor one will do before 1.0."""
    significant = 1 if _parts(old)[0] else 2
    return _parts(new)[:significant] > _parts(old)[:significant]


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _module(loaded: object) -> griffe.Module:
    assert isinstance(loaded, griffe.Module)
    return loaded


def main(arguments: list[str] | None = None) -> int:
    """Compare, or keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--released", action="store_true", help="keep the present state")
    parser.add_argument("--root", type=Path, default=ROOT, help="of the working tree")
    options = parser.parse_args(arguments)
    state = State.of(options.root)
    if options.released:
        keep(options.root)
        print(f"{state.version} is the last release, its document {state.document_version}")
        return 0
    old = last_release(options.root)
    if old is None:
        print("no release yet: there are no public names to keep")
        return 0
    found = list(objections(old, state))
    for objection in found:
        print(objection)
    print(f"{len(found)} objections to {state.version} after {old.version}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
