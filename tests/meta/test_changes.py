"""The changelog fragments in docs/changes/: well-formed, so that a release can be made of them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHANGES = ROOT / "docs" / "changes"
FRAGMENTS = sorted(CHANGES.glob("+*"))


def drafted(root: Path) -> subprocess.CompletedProcess[str]:
    """What towncrier would add to the changelog."""
    return subprocess.run(
        [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "1.2.3"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.check
def test_every_fragment_gets_into_the_changelog() -> None:
    """Towncrier takes each file of the folder by its name, and each first line is in its draft."""
    draft = drafted(ROOT)

    assert draft.returncode == 0, draft.stderr
    assert all(path.read_text().splitlines()[0] in draft.stdout for path in FRAGMENTS)


@pytest.mark.check
def test_a_wrongly_named_fragment_fails(tmp_path: Path) -> None:
    """A file with a type that there is not is refused by its name, rather than left out."""
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(CHANGES, tmp_path / "docs" / "changes")
    (tmp_path / "docs" / "changes" / "+wrong.feature.md").write_text("A text.\n")

    draft = drafted(tmp_path)

    assert draft.returncode == 1
    assert "+wrong.feature.md" in draft.stderr


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_fragments_are_text_without_a_bullet(path: Path) -> None:
    """Each fragment has text within 100 columns; the bullet is towncrier's to add."""
    text = path.read_text()

    assert text.strip()
    assert not text.lstrip().startswith(("-", "*"))
    assert max(map(len, text.splitlines())) <= 100
