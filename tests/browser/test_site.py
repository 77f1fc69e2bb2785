"""The site of the documentation, as people see it: `make browser` builds it first."""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

import pytest
from playwright.sync_api import expect

from .conftest import DESKTOP, PHONE, Look

BUILD: Final = Path(__file__).parents[2] / "build"
PAGES: Final = (
    "index.html",
    "tutorial.html",
    "how-to/provoke-failures.html",
    "explanation/life-of-a-job.html",
    "explanation/cache.html",
    "explanation/modules.html",
    "reference/job.html",
    "examples/index.html",
    "conformance.html",
    "migration.html",
)
"""One page or two of each kind."""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing about it."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address at which the site is served."""
    assert (BUILD / "site" / "index.html").is_file(), "build the site first: make docs"
    handler = partial(Quiet, directory=str(BUILD / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("name", PAGES)
def test_page_fits_the_window(look: Look, site: str, name: str, width: int) -> None:
    """It shows its title and all its pictures, and scrolls sideways nowhere but in its tables."""
    page = look(width)
    page.goto(f"{site}/{name}")
    expect(page.locator("article h1")).to_be_visible()
    pictures = page.locator("article img").evaluate_all("them => them.map(it => it.naturalWidth)")
    assert 0 not in pictures
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shots = BUILD / "screenshots"
    shots.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=shots / f"{name.replace('/', '-').removesuffix('.html')}-{width}.png")


def test_search_finds_a_name(look: Look, site: str) -> None:
    """What one types in the search leads to the page that has it."""
    page = look()
    page.goto(f"{site}/index.html")
    page.get_by_role("textbox", name="Search").fill("SubmissionUnknownException")
    page.clock.run_for(5_000)
    expect(page.locator(".md-search-result__link").first).to_be_visible()
