"""An OpenAPI document from anywhere, and the nodes in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import httpx

from openapi.regenerate import Json, RegenerationError, parse_yaml

Object = dict[str, Json]

LONGEST_WAIT_S: Final = 30.0
"""How long an address may take to answer."""

LARGEST_BYTES: Final = 64 * 1024 * 1024
"""No API document is larger; an address that sends more is not one."""


class DocumentError(Exception):
    """What was given is no OpenAPI document; the message is for the person at the terminal."""


def is_address(source: str) -> bool:
    """Whether it is an http(s) address rather than a file."""
    return source.lower().startswith(("http://", "https://"))


def load(source: str | Path) -> Document:
    """The document in a file or at an address, JSON or YAML.

    Raises:
        DocumentError: it cannot be read, or is no OpenAPI 3.0 or 3.1 document.
    """
    text = _fetch(str(source)) if is_address(str(source)) else _read(Path(source))
    return Document(parse(text, str(source)), str(source))


def parse(text: str, source: str) -> Json:
    """The content of a JSON or YAML text.

    Raises:
        DocumentError: it is neither.
    """
    if text.lstrip().startswith("{"):
        try:
            content: Json = json.loads(text)
        except ValueError:
            pass  # A flow mapping is YAML too, and YAML's message is then the better one.
        else:
            return content
    try:
        return parse_yaml(text, source)
    except RegenerationError as error:
        raise DocumentError(str(error)) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{path}: {error}") from error


def _fetch(address: str) -> str:
    try:
        with httpx.stream(
            "GET", address, follow_redirects=True, timeout=LONGEST_WAIT_S
        ) as response:
            response.raise_for_status()
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > LARGEST_BYTES:
                    raise DocumentError(f"{address}: larger than {LARGEST_BYTES} bytes")
        return content.decode("utf-8-sig")
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeDecodeError) as error:
        raise DocumentError(f"{address}: {error}") from error


class Document:
    """An OpenAPI 3.0 or 3.1 document; a reference that leads nowhere is noted, not an error."""

    def __init__(self, content: Json, source: str = "the document") -> None:
        """Take in a document.

        Raises:
            DocumentError: it is no OpenAPI 3.0 or 3.1 document.
        """
        self.root = as_object(content)
        self.source = source
        self.notes: dict[str, None] = {}
        """What could not be followed, a line each, in the order found."""
        version = self.root.get("openapi")
        if not isinstance(version, str) or not version.startswith(("3.0", "3.1")):
            said = f"`openapi` is {version!r}" if "openapi" in self.root else "it has no `openapi`"
            raise DocumentError(f"{source}: not an OpenAPI 3.0 or 3.1 document: {said}")
        if not isinstance(self.root.get("paths"), dict):
            raise DocumentError(f"{source}: it has no `paths`")

    @property
    def title(self) -> str:
        """What it calls itself, with its version."""
        info = as_object(self.root.get("info"))
        return f"{info.get('title', 'untitled')} {info.get('version', '')}".strip()

    def component(self, kind: str, name: str) -> Json:
        """A component, or none."""
        return as_object(as_object(self.root.get("components")).get(kind)).get(name)

    def resolve(self, node: Json, pointer: str) -> tuple[Object, str]:
        """The object itself and where it is, references followed; empty if they lead nowhere."""
        seen: set[str] = set()
        while isinstance(node, dict) and isinstance(reference := node.get("$ref"), str):
            if reference in seen:
                self.notes[f"{reference} refers to itself"] = None
                return {}, pointer
            seen.add(reference)
            node, pointer = self._target(reference), reference
        return as_object(node), pointer

    def _target(self, reference: str) -> Json:
        node: Json = self.root
        if not reference.startswith("#/"):
            self.notes[f"{reference} is outside of the document: taken as anything"] = None
            return {}
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            inside = dict(enumerate(node)) if isinstance(node, list) else {}
            if isinstance(node, dict) and key in node:
                node = node[key]
            elif key.isdigit() and int(key) in inside:
                node = inside[int(key)]
            else:
                self.notes[f"{reference} leads nowhere: taken as anything"] = None
                return {}
        return node


def as_object(node: Json) -> Object:
    """The node if it is an object, else an empty one."""
    return node if isinstance(node, dict) else {}


def as_list(node: Json) -> list[Json]:
    """The node if it is a list, else an empty one."""
    return node if isinstance(node, list) else []


def texts(node: Json) -> list[str]:
    """The texts in a list."""
    return [item for item in as_list(node) if isinstance(item, str)]


def below(pointer: str, *keys: str | int) -> str:
    """The JSON pointer of what is deeper in a node."""
    escaped = (str(key).replace("~", "~0").replace("/", "~1") for key in keys)
    return "/".join([pointer, *escaped])


def canonical(value: Json) -> str:
    """Text that is equal exactly when two JSON values are."""
    return json.dumps(value, sort_keys=True)
