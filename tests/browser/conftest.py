"""A browser for the tests of pages; without Playwright there are no such tests."""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

collect_ignore_glob = [] if importlib.util.find_spec("playwright") else ["test_*.py"]

DESKTOP = 1200
"""The width of a window on a desk, in CSS pixels."""
PHONE = 390
"""That of a telephone."""

_FLAGS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)

Look: TypeAlias = "Callable[..., Page]"
"""Opens a page: takes the width of the window, `DESKTOP` by default."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the browser is."""
    parser.addoption("--chromium", default="/usr/bin/chromium", help="the path of Chromium")


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A headless Chromium, for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=request.config.getoption("--chromium"),
            headless=True,
            chromium_sandbox=False,
            args=list(_FLAGS),
        )
        yield browser
        browser.close()


@pytest.fixture
def look(browser: Browser) -> Iterator[Look]:
    """Opens pages on a clock that stands still, and fails on what they do wrong.

    That is a request to anywhere but loopback, an error of a script, or a word on the console, such
    as about a policy that stopped something, but for the statuses of answers.
    """
    wrong: list[str] = []
    contexts = []

    def note_request(request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.hostname != "127.0.0.1":
            wrong.append(f"asked for {request.url}")

    def note_message(text: str) -> None:
        if not text.startswith("Failed to load resource: the server responded"):
            wrong.append(text)

    def look(width: int = DESKTOP, height: int = 900, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", note_request)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: note_message(message.text))
        page.clock.install()
        return page

    yield look
    for context in contexts:
        context.close()
    assert wrong == []
