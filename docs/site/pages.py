"""What the site needs beyond the pages in docs/: those at the top of the project, and its files.

mkdocs calls these functions as it builds: https://www.mkdocs.org/user-guide/configuration/#hooks
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
TOP_PAGES = {
    "README.md": "overview.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "license.txt",
}
"""Pages at the top of the project, as the site names them; there, README would be its home."""

_LINK = re.compile(r"(?P<text>\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<target>[^)\s]+)\)")
_FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_INFO = re.compile(r"^```python (?:no-run|file=(?P<file>\S+))$", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages at the top of the project, and the style of the site."""
    for name, uri in TOP_PAGES.items():
        content = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, uri, content=content))
    style = Path(__file__).with_name("site.css").read_text(encoding="utf-8")
    files.append(File.generated(config, "site.css", content=style))
    return files


def on_page_markdown(markdown: str, *, page: Page, files: Files, **_: object) -> str:
    """Have links lead to pages of the site, and write out those to files that it does not have."""
    source = page.file.src_uri
    folder = (
        PurePosixPath("." if source in TOP_PAGES.values() else "docs")
        / PurePosixPath(source).parent
    )
    parts = _FENCED.split(markdown)
    parts[0::2] = [
        _LINK.sub(lambda link: _led(link, source, folder, files), part) for part in parts[0::2]
    ]
    parts[1::2] = [_INFO.sub(_titled, part) for part in parts[1::2]]
    return "".join(parts)


def _titled(info: re.Match[str]) -> str:
    return f'```python title="{info["file"]}"' if info["file"] else "```python"


def _led(link: re.Match[str], source: str, folder: PurePosixPath, files: Files) -> str:
    """A link as the site needs it: to a page by its place there, to another file as its name."""
    path, hash_, anchor = link["target"].partition("#")
    if not path or "://" in path or path.startswith("mailto:"):
        return link[0]
    there = normpath(folder / path)
    uri = TOP_PAGES.get(there, there.removeprefix("docs/"))
    file = files.get_file_from_path(uri)
    if file is None or file.inclusion.is_excluded():
        text = link["text"][1:-1]
        return text if there in text.replace("`", "") else f"{text} (`{there}`)"
    return f"{link['text']}({relpath(uri, PurePosixPath(source).parent)}{hash_}{anchor})"
