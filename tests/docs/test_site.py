"""The site that `make docs` built: complete, whole, and with nothing from elsewhere.

How it looks is for `make browser`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urldefrag

import pytest
import yaml

import qarnot_domain

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs"
SITE: Final = ROOT / "build" / "site"


class Reader(HTMLParser):
    """What a page refers to, and the places in it that can be referred to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        elif tag == "link" and "href" in given:
            self.loaded.add(given["href"])
        elif "src" in given:
            self.loaded.add(given["src"])


@cache
def read(page: Path) -> Reader:
    """A page of the site."""
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader


def pages() -> list[Path]:
    """The pages of the site, but the one for addresses that are not there."""
    found = [page for page in SITE.rglob("*.html") if page.name != "404.html"]
    assert found, "build the site first: make docs"
    return found


def dead_links(page: Path) -> Iterator[str]:
    """The links and files of a page that lead nowhere within the site."""
    reader = read(page)
    for target in reader.links | reader.loaded:
        if ":" in target.partition("/")[0] or target.startswith("//"):
            continue
        path, anchor = urldefrag(target)
        there = (page.parent / unquote(path)).resolve() if path else page
        if there.is_dir():
            there /= "index.html"
        if not there.is_file() or (
            anchor and there.suffix == ".html" and unquote(anchor) not in read(there).places
        ):
            yield target


def flattened(nav: object) -> Iterator[str]:
    """The pages of a navigation."""
    if isinstance(nav, str):
        yield nav
    else:
        assert isinstance(nav, list | dict)
        for inner in nav.values() if isinstance(nav, dict) else nav:
            yield from flattened(inner)


def test_every_page_is_in_the_navigation() -> None:
    """No document is left out of the site, and the site names none that is not there."""
    settings = yaml.safe_load((DOCS / "site" / "mkdocs.yml").read_text(encoding="utf-8"))
    named = sorted(flattened(settings["nav"]))
    top = {"overview.md", "changelog.md", "security.md", "contributing.md"}
    written = {
        path.relative_to(DOCS).as_posix()
        for path in DOCS.rglob("*.md")
        if path.parent.name != "changes"
    }
    assert named == sorted(written | top)


def test_every_public_module_has_its_page_of_reference() -> None:
    """A new module without an underscore is in the reference too."""
    library = ROOT / "qarnot_domain"
    modules = {
        path.stem
        for path in (*library.glob("[a-z]*.py"), *library.glob("[a-z]*/__init__.py"))
        if path.stem != "__init__"
    } | {path.parent.name for path in library.glob("[a-z]*/__init__.py")}
    # What one types of `cli` is its commands, which have a page of their own.
    pages = {path.stem for path in (DOCS / "reference").glob("*.md")}
    assert pages == {*modules, "index"} - {"cli"}


@pytest.mark.check
def test_links_of_the_site_lead_somewhere() -> None:
    """Each link and file of each page is there, and so is the place in it."""
    dead = [f"{page.name}: {link}" for page in pages() for link in dead_links(page)]
    assert dead == []


@pytest.mark.check
def test_nothing_is_loaded_from_elsewhere() -> None:
    """Scripts, styles, fonts and pictures are the site's own."""
    outside = {
        (page.name, target) for page in pages() for target in read(page).loaded if "//" in target
    }
    assert outside == set()
    styles = {path.name: path.read_text(encoding="utf-8") for path in SITE.rglob("*.css")}
    assert [name for name, text in styles.items() if "url(http" in text or "@import" in text] == []


@pytest.mark.check
def test_reference_has_every_public_name() -> None:
    """The inventory, which other sites link by, lists all that the package names."""
    listed = zlib.decompress((SITE / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode()
    objects = {line.split(" ")[0] for line in listed.splitlines()}
    missing = [
        name
        for name in qarnot_domain.__all__
        if not name.startswith("__")
        and f"{getattr(qarnot_domain, name).__module__}.{name}" not in objects
    ]
    assert missing == []
