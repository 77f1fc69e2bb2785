"""What the documents say is so: their examples run, their links lead somewhere, the demo holds."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from qarnot_domain import Connection, QarnotException
from qarnot_domain._clock import SystemClock
from qarnot_domain.emulator import Emulator

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = ROOT / "README.md"
DEMO: Final = ROOT / "docs" / "examples" / "demo.py"
PAGES: Final = (README, *sorted((ROOT / "docs").rglob("*.md")))

FENCE: Final = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING: Final = re.compile(r"^#+ +(?P<text>.+)$", re.MULTILINE)

MILESTONES: Final = (
    "The story of a job, on an emulator",
    "ok job.state: UnSubmitted",
    "ok job.state: Active",
    "ok len(job.tasks): 12",
    "ok job.wait(): True",
    "Failure",
    "ok tasks as planned: 12",
    "ok AttributeError: name cannot be set: the job is already submitted",
    "ok job.state: Completed",
    "ok job.state: Deleting",
    "ok raises MissingJobException: True",
    "ok tasks that succeeded: 1000",
    "ok requests to create them, ten at most: True",
    "Every step did what it says.",
    "--cluster",
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    info: tuple[str, ...]
    code: str

    @property
    def file(self) -> str | None:
        """The name of the file that the block shows, if it shows one."""
        marks = [word.removeprefix("file=") for word in self.info if word.startswith("file=")]
        return marks[0] if marks else None

    @property
    def runs(self) -> bool:
        """Whether the block is Python to be executed as it stands."""
        return self.info == ("python",)

    def run(self, namespace: dict[str, object]) -> None:
        """Execute it; a traceback shows the page and the line."""
        code = compile("\n" * self.line + self.code, str(self.page), "exec")
        exec(code, namespace)  # noqa: S102 - our own documents


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, m.start()) + 1, tuple(m["info"].split()), m["code"])
        for m in FENCE.finditer(text)
    ]


def name_of(page: Path) -> str:
    """The path of a page within the repository."""
    return page.relative_to(ROOT).as_posix()


def pages_with(kind: str) -> list[Path]:
    """The pages with blocks to run, or with blocks that show files."""
    return [
        page
        for page in PAGES
        if any(block.runs if kind == "runs" else block.file for block in blocks(page))
    ]


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the demo prints does not depend on who runs the tests."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")


class FastClock(SystemClock):
    """The machine's clock, ten times as fast."""

    def monotonic(self) -> float:
        return 10 * super().monotonic()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator that the environment leads to, as it leads users to the cluster."""
    with Emulator(clock=FastClock()) as emulator:
        monkeypatch.setenv("QARNOT_CLUSTER_URL", emulator.url)
        monkeypatch.setenv("QARNOT_CLIENT_TOKEN", emulator.token)
        yield emulator


@pytest.mark.parametrize("page", pages_with("runs"), ids=name_of)
def test_the_examples_of_a_page_run_in_order(
    page: Path, cloud: Emulator, executed: Counter[str]
) -> None:
    """Every Python block of a page runs, in one namespace per page."""
    namespace: dict[str, object] = {"__name__": name_of(page)}
    try:
        for block in blocks(page):
            if block.runs:
                block.run(namespace)
                executed[name_of(page)] += 1
    finally:
        for value in namespace.values():
            if isinstance(value, Connection):
                value.close()


@pytest.mark.parametrize("page", pages_with("files"), ids=name_of)
def test_the_test_files_that_a_page_shows_pass(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executed: Counter[str]
) -> None:
    """The blocks that show files are a suite that pytest runs without a failure."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for block in blocks(page):
        if block.file is not None:
            (tmp_path / block.file).write_text(block.code, encoding="utf-8")
            executed[name_of(page)] += 1
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_the_pages_that_teach_have_examples() -> None:
    """The README, the tutorial, migration, and nearly every how-to page have examples that run."""
    running = {name_of(page) for page in pages_with("runs")}
    assert running >= {"README.md", "docs/tutorial.md", "docs/migration.md"}
    how_to = {name_of(page) for page in (ROOT / "docs" / "how-to").iterdir()}
    assert how_to - running == {"docs/how-to/go-to-the-cluster.md"}


def test_python_blocks_carry_known_marks() -> None:
    """No block goes unrun because of a mark that nothing reads."""
    marks = {block.info for page in PAGES for block in blocks(page) if "python" in block.info[:1]}
    assert all(
        info in (("python",), ("python", "no-run")) or info[1].startswith("file=") for info in marks
    )


def test_the_error_tree_of_the_readme_is_the_code() -> None:
    """The tree in the README has the classes, and the parents, that the code has."""
    (tree,) = (block for block in blocks(README) if block.code.startswith("QarnotException\n"))
    shown = [
        (len(line) - len(line.lstrip("│├└─ ")), line.lstrip("│├└─ ").split()[0])
        for line in tree.code.splitlines()
    ]
    assert sorted(with_parents(shown)) == sorted(parents_in_code(QarnotException))


def with_parents(shown: list[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    """The name of each class of an indented tree, with its parent's."""
    path: list[tuple[int, str]] = []
    for depth, name in shown:
        while path and path[-1][0] >= depth:
            path.pop()
        yield name, path[-1][1] if path else ""
        path.append((depth, name))


def parents_in_code(error: type[Exception], parent: str = "") -> Iterator[tuple[str, str]]:
    """The name of a public exception and of all below it, with their parents'."""
    yield error.__name__, parent
    for child in error.__subclasses__():
        if child.__module__ == "qarnot_domain.exceptions":
            yield from parents_in_code(child, error.__name__)


def markdown_files() -> list[Path]:
    """Every Markdown file that is ours."""
    return [
        path
        for path in sorted(ROOT.rglob("*.md"))
        if not any(
            part.startswith(".") or part in ("node_modules", "build", "dist")
            for part in path.relative_to(ROOT).parts[:-1]
        )
    ]


@pytest.mark.parametrize("page", markdown_files(), ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    """Each relative link is to a file that is there, and to a heading of it if it says one."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [match["target"] for match in LINK.finditer(text)]
    dead = [target for target in targets if "://" not in target and not leads(page, target)]
    assert dead == []


def leads(page: Path, target: str) -> bool:
    """Whether a relative link leads to something."""
    path, _, anchor = target.partition("#")
    linked = page.parent / path if path else page
    if not linked.exists():
        return False
    return not anchor or anchor in anchors(linked.read_text(encoding="utf-8"))


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = (match["text"] for match in HEADING.finditer(FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run this Python in a process of its own, with the environment of the test."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    """What a process printed, without regard to where its lines break."""
    return " ".join(done.stdout.split())


def test_the_demo_tells_its_story_on_an_emulator_of_its_own(
    cloud: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It succeeds and says each step; the cluster that the environment names hears nothing."""
    monkeypatch.setenv("QARNOT_CLUSTER_UNSAFE", "perhaps")
    monkeypatch.setenv("QARNOT_CLUSTER_TIMEOUT", "a while")
    done = run("-W", "error", str(DEMO))
    assert done.returncode == 0, done.stdout + done.stderr
    told = said(done)
    positions = [told.find(milestone) for milestone in MILESTONES]
    assert -1 not in positions
    assert positions == sorted(positions)
    assert "12/12" in done.stderr
    assert cloud.token not in told
    assert cloud.requests == []


def test_the_demo_uses_the_cluster_of_the_environment_when_asked_to(cloud: Emulator) -> None:
    """With --cluster it goes there, and a step that cannot be done makes it fail."""
    cloud.credits = 0
    done = run(str(DEMO), "--cluster")
    assert done.returncode == 1
    assert "Failed:" in said(done)
    assert [request.operation for request in cloud.requests] == ["createJob"]


def test_the_demo_fails_when_a_step_does_not_hold(cloud: Emulator) -> None:
    """It says what it expected, and leaves no job behind."""
    cloud.fail_next("listJobTasks", status=200, body=[])
    done = run(str(DEMO), "--cluster")
    assert done.returncode == 1
    assert "Failed: len(job.tasks): expected 12, got 0" in said(done)
    last = cloud.requests[-1]
    assert (last.operation, last.status) == ("deleteJob", 200)
    assert ("force", "true") in last.query


def test_the_demo_fails_when_the_tasks_do_not_end_in_time() -> None:
    """Waiting without the awaited outcome is a failure too."""
    done = run(str(DEMO), "--timeout", "0.001")
    assert done.returncode == 1
    assert "Failed: job.wait(): expected True, got False" in said(done)


def test_the_demo_says_what_is_missing_for_the_cluster() -> None:
    """Without a token it fails before anything is sent, and says how to give one."""
    done = run(str(DEMO), "--cluster")
    assert done.returncode == 1
    assert "QARNOT_CLIENT_TOKEN" in said(done)


def test_the_demo_verifies_without_asserts() -> None:
    """`python -O` removes asserts, so none of its verifications is one."""
    tree = ast.parse(DEMO.read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
