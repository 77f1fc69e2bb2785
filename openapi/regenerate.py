"""Make generated/qarnot_api from the API document, or check that it is what the document gives.

    python openapi/regenerate.py            overlay, generate, replace the client, write spec.lock
    python openapi/regenerate.py --check    the same in a temporary directory, and compare

The generated client is a pure function of three files (the document, the client overlay, the
generator's settings) and of two pinned tools (the generator and ruff). `spec.lock` records all five
and a hash of the outcome.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard, cast

import jsonpath_rfc9535 as jsonpath
import yaml

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Location: TypeAlias = tuple[int | str, ...]

DOCUMENT = "openapi/qarnot-compute.yaml"
OVERLAY = "openapi/client.overlay.yaml"
SETTINGS = "openapi/generator.yaml"
LOCK = "openapi/spec.lock"
OUTPUT = "generated/qarnot_api"

INPUTS = (DOCUMENT, OVERLAY, SETTINGS)
"""The files that decide the output; spec.lock holds the hash of each."""

VERBS = ("remove", "update", "copy")
"""What an overlay action may do."""

METHODS = frozenset({"delete", "get", "patch", "post", "put"})
"""The members of a path of the document that are operations."""

GENERATOR = "openapi-python-client"
FORMATTER = "ruff"
DEPENDENCY_GROUP = "check"
"""The group of pyproject.toml that pins both tools with `==`."""

GENERATION_TIMEOUT_S = 300


class RegenerationError(Exception):
    """The client cannot be generated; the message is for the person at the terminal."""


# --- Reading YAML as JSON -------------------------------------------------------------------------


class _CoreLoader(yaml.CSafeLoader):
    """YAML 1.2 core schema: no dates, no base-60 numbers, no `yes`, no key twice.

    PyYAML reads YAML 1.1, where `19:30:00` is the number 70200 and a date is not text.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping, refusing a key that was already there."""
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                line = node.start_mark.line + 1
                raise RegenerationError(f"{node.start_mark.name}:{line}: key {key!r} twice")
        return super().construct_mapping(node, deep=deep)


_CoreLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _CoreLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )


def load_yaml(path: Path) -> Json:
    """The content of a YAML file as JSON: every key is text, whatever it looks like (`200:`)."""
    return parse_yaml(path.read_text(encoding="utf-8"), str(path))


def parse_yaml(text: str, name: str) -> Json:
    """The same of a text; `name` is what messages call it."""
    stream = io.StringIO(text)
    stream.name = name  # What PyYAML's own messages call it.
    try:
        content: object = yaml.load(stream, Loader=_CoreLoader)  # noqa: S506 (a CSafeLoader)
    except yaml.YAMLError as error:
        raise RegenerationError(f"{name}: not YAML: {error}") from error
    return _as_json(content)


def _as_json(value: object) -> Json:
    """A copy that shares nothing, with text keys; anything JSON cannot say is an error."""
    if isinstance(value, dict):
        return {str(key): _as_json(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise RegenerationError(f"{value!r} has no place in JSON")


# --- Overlay --------------------------------------------------------------------------------------


def apply_overlay(document: Json, overlay: Json) -> Json:
    """The document with every action of the overlay applied, in order.

    Overlay Specification 1.1 with RFC 9535 targets. Stricter than the specification: an action that
    changes nothing is an error, so that none outlives its reason; and each has a description and
    exactly one verb.
    """
    result = copy.deepcopy(document)
    before = _canonical(result)
    for number, action in enumerate(_actions(overlay), start=1):
        where = f"{OVERLAY}: {_name(number, action)}"
        try:
            matches = _apply_action(result, action)
        except RegenerationError as error:
            raise RegenerationError(f"{where}: {error}") from error
        after = _canonical(result)
        if after == before:
            raise RegenerationError(f"{where}: changes nothing ({matches} nodes match)")
        before = after
    return result


@dataclass(frozen=True)
class _Action:
    """One action: remove the targets, or merge into each a value or a copy of another node."""

    target: str
    description: str
    verb: str
    value: Json


def _actions(overlay: Json) -> Iterator[_Action]:
    """The actions of an overlay."""
    if not isinstance(overlay, dict) or not str(overlay.get("overlay")).startswith("1.1."):
        raise RegenerationError(f"{OVERLAY}: not an Overlay 1.1 document")
    actions = overlay.get("actions")
    if not isinstance(actions, list) or not actions:
        raise RegenerationError(f"{OVERLAY}: no actions")
    for number, action in enumerate(actions, start=1):
        yield _action(number, action)


def _action(number: int, action: Json) -> _Action:
    """Read one action: a target, a reason, and one verb."""
    where = f"{OVERLAY}: action {number}"
    if not isinstance(action, dict):
        raise RegenerationError(f"{where}: not an object")
    unknown = {name for name in action if not name.startswith("x-")}.difference(
        {"target", "description", *VERBS}
    )
    if unknown:
        raise RegenerationError(f"{where}: unknown: {', '.join(sorted(unknown))}")
    target, description = action.get("target"), action.get("description")
    if not isinstance(target, str) or not isinstance(description, str) or not description.strip():
        raise RegenerationError(f"{where}: needs a target and a description with its reason")
    verbs = [verb for verb in VERBS if verb in action]
    if len(verbs) != 1 or action.get("remove", True) is not True:
        raise RegenerationError(f"{where}: needs exactly one of update, copy and remove: true")
    return _Action(target, description, verbs[0], action[verbs[0]])


def _name(number: int, action: _Action) -> str:
    """How messages call an action: its number, the first line of its reason, its target."""
    reason = action.description.strip().splitlines()[0]
    return f"action {number} ({reason}) on {action.target}"


def _apply_action(document: Json, action: _Action) -> int:
    """Change the document in place; the number of nodes the target selects."""
    locations = sorted(_select(document, action.target), key=_deepest_and_last_first)
    value = _only(document, action.value) if action.verb == "copy" else action.value
    for location in locations:
        if action.verb == "remove":
            _remove(document, location)
        else:
            _update(document, location, value)
    return len(locations)


def _select(document: Json, query: str) -> set[Location]:
    """Where the nodes are that an RFC 9535 query selects."""
    try:
        return {node.location for node in jsonpath.find(query, document)}
    except jsonpath.JSONPathError as error:
        raise RegenerationError(f"{query}: not an RFC 9535 query: {error}") from error


def _only(document: Json, query: Json) -> Json:
    """A copy of the one node that the query of a `copy` selects."""
    locations = list(_select(document, str(query)))
    if len(locations) != 1:
        raise RegenerationError(f"copy: {query} selects {len(locations)} nodes, not one")
    return copy.deepcopy(_node(document, locations[0]))


def _deepest_and_last_first(location: Location) -> tuple[int, list[tuple[int, str]]]:
    """Sort key: removing a node must not move or orphan one that is still to be removed."""
    order = [(-part, "") if isinstance(part, int) else (0, part) for part in location]
    return -len(location), order


def _remove(document: Json, location: Location) -> None:
    """Delete the node at a location."""
    if not location:
        raise RegenerationError("the root cannot be removed")
    del _container(document, location)[location[-1]]


def _update(document: Json, location: Location, update: Json) -> None:
    """Merge an update into the node at a location."""
    merged = _merge(_node(document, location), update, append=True)
    if location:  # The root is an object, which is merged in place.
        _container(document, location)[location[-1]] = merged


def _merge(target: Json, update: Json, *, append: bool = False) -> Json:
    """Merge as overlays do: objects by member, arrays end to end, primitives replaced.

    `append` is for the selected node itself, where an array also takes a single value.
    """
    if isinstance(target, dict) and isinstance(update, dict):
        for key, value in update.items():
            target[key] = _merge(target[key], value) if key in target else copy.deepcopy(value)
        return target
    if isinstance(target, list) and (append or isinstance(update, list)):
        target.extend(copy.deepcopy(update if isinstance(update, list) else [update]))
        return target
    if _is_primitive(target) and _is_primitive(update):
        return update
    raise RegenerationError(f"cannot merge {type(update).__name__} into {type(target).__name__}")


def _is_primitive(value: Json) -> TypeGuard[str | int | float | bool | None]:
    """Whether a JSON value is neither an object nor an array."""
    return not isinstance(value, dict | list)


def _node(document: Json, location: Location) -> Json:
    """The value at a location that a query has just found."""
    for part in location:
        document = cast("dict[int | str, Json]", document)[part]
    return document


def _container(document: Json, location: Location) -> dict[int | str, Json]:
    """The object or array that holds a location; both are indexed alike."""
    return cast("dict[int | str, Json]", _node(document, location[:-1]))


def _canonical(value: Json) -> str:
    """Text that is equal exactly when two JSON values are (in Python, True == 1)."""
    return json.dumps(value, sort_keys=True)


# --- Tools ----------------------------------------------------------------------------------------


def pinned_tools(root: Path) -> dict[str, str]:
    """The versions pyproject.toml pins; an error unless exactly these are installed here."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = project["dependency-groups"][DEPENDENCY_GROUP]
    return {tool: _pinned(tool, requirements) for tool in (GENERATOR, FORMATTER)}


def _pinned(tool: str, requirements: Sequence[object]) -> str:
    """The version that a list of requirements pins for a tool, which must be the installed one."""
    start = f"{tool}=="
    pins = [str(text).removeprefix(start) for text in requirements if str(text).startswith(start)]
    if len(pins) != 1:
        raise RegenerationError(f"pyproject.toml: {DEPENDENCY_GROUP} must pin {tool} with ==")
    try:
        installed = version(tool)
    except PackageNotFoundError:
        installed = "not installed"
    if installed != pins[0]:
        raise RegenerationError(
            f"{tool}: pyproject.toml pins {pins[0]}, here it is {installed}; the output may differ"
        )
    return pins[0]


def _environment() -> dict[str, str]:
    """The generator's environment: the tools beside this interpreter, nothing that tunes ruff."""
    inherited = os.environ  # noqa: TID251 (handed to a program, not read as settings)
    scripts = sysconfig.get_path("scripts")
    path = os.pathsep.join([scripts, inherited.get("PATH", os.defpath)])
    found = shutil.which(FORMATTER, path=path)
    if found is None or Path(found).parent != Path(scripts):
        raise RegenerationError(f"no {FORMATTER} in {scripts}")
    kept = {name: value for name, value in inherited.items() if not name.startswith("RUFF_")}
    return kept | {"PATH": path, "PYTHONHASHSEED": "0", "RUFF_NO_CACHE": "true"}


# --- Generating -----------------------------------------------------------------------------------


def generate(root: Path, directory: Path) -> dict[str, str]:
    """Generate the client into a new directory; the versions of the tools that did it."""
    tools = pinned_tools(root)
    environment = _environment()
    document = apply_overlay(load_yaml(root / DOCUMENT), load_yaml(root / OVERLAY))
    with tempfile.TemporaryDirectory(prefix="qarnot-api-") as scratch:
        source = Path(scratch, "client-document.json")
        source.write_text(json.dumps(document, indent=1), encoding="utf-8")
        _run_generator(source, root / SETTINGS, directory, environment)
    (directory / "operations.py").write_text(_operations(document), encoding="utf-8")
    (directory / "__init__.py").write_text(_PACKAGE, encoding="utf-8")
    _finish(directory, _header(tools))
    return tools


_PACKAGE = '''"""A client of the Qarnot Compute API, loaded when it is asked for."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .client import AuthenticatedClient, Client

__all__ = ("AuthenticatedClient", "Client")


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in __all__:
            from . import client

            return getattr(client, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
'''
"""The generator's own would load HTTP, TLS and all else for whoever reads `operations` alone."""


def _operations(document: Json) -> str:
    """The source of a module that says what each operation is asked for by."""
    paths = cast("dict[str, dict[str, dict[str, str]]]", cast("dict[str, Json]", document)["paths"])
    asked = {
        operation["operationId"]: (method.upper(), path)
        for path, item in paths.items()
        for method, operation in item.items()
        if method in METHODS
    }
    lines = [f'    "{name}": ("{method}", "{path}"),' for name, (method, path) in asked.items()]
    return "\n".join(
        [
            '"""The operations of the document: how each is asked for."""',
            "",
            "OPERATIONS: dict[str, tuple[str, str]] = {",
            *lines,
            "}",
            '"""The method and the path of each, by its operationId."""',
            "",
        ]
    )


def _run_generator(
    source: Path, settings: Path, directory: Path, environment: dict[str, str]
) -> None:
    """Run openapi-python-client on a document; every warning it has is an error here."""
    command = [sys.executable, "-m", "openapi_python_client", "generate"]
    command += ["--meta", "none", "--fail-on-warning"]
    command += ["--path", str(source), "--config", str(settings), "--output-path", str(directory)]
    run = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=GENERATION_TIMEOUT_S,
        check=False,
    )
    if run.returncode != 0:
        raise RegenerationError(f"{GENERATOR} failed:\n{run.stdout}{run.stderr}")


def _finish(directory: Path, header: str) -> None:
    """Add what the generator leaves out (py.typed, headers), remove what it leaves behind."""
    shutil.rmtree(directory / ".ruff_cache", ignore_errors=True)
    for module in sorted(directory.rglob("*.py")):
        text = module.read_text(encoding="utf-8")
        module.write_text(f"{header}\n{text}", encoding="utf-8", newline="\n")
    (directory / "py.typed").write_bytes(b"")


def _header(tools: dict[str, str]) -> str:
    """The first line of each generated module."""
    made = f"Generated by {GENERATOR} {tools[GENERATOR]} from {DOCUMENT}"
    return f"# {made}: do not edit; make generate"


def _replace(output: Path, fresh: Path) -> None:
    """Put a freshly generated directory in place of the old one, which comes back if that fails."""
    old = fresh.with_name(f"{output.name}.old")
    if not output.exists():
        fresh.rename(output)
        return
    output.rename(old)
    try:
        fresh.rename(output)
    except OSError:
        old.rename(output)
        raise


# --- Lock -----------------------------------------------------------------------------------------


def lock_text(root: Path, tools: dict[str, str], files: dict[str, str]) -> str:
    """What spec.lock says: hashes of the inputs and of the output tree, versions of the tools."""
    tree = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    inputs = {name: sha256((root / name).read_bytes()) for name in sorted(INPUTS)}
    return "\n".join(
        [
            "# Written by openapi/regenerate.py: do not edit; make generate",
            "\n[inputs]",
            *(f'"{name}" = "sha256:{digest}"' for name, digest in inputs.items()),
            "\n[output]",
            f'"{OUTPUT}" = "sha256:{sha256(tree.encode())}"',
            f"files = {len(files)}",
            "\n[tools]",
            *(f'{tool} = "{tools[tool]}"' for tool in sorted(tools)),
            "",
        ]
    )


def hash_tree(directory: Path) -> dict[str, str]:
    """The hash of each file under a directory, except byte code."""
    return {
        path.relative_to(directory).as_posix(): sha256(path.read_bytes())
        for path in directory.rglob("*")
        if path.is_file() and "__pycache__" not in path.relative_to(directory).parts
    }


def sha256(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


# --- The two commands -----------------------------------------------------------------------------


def regenerate(root: Path) -> None:
    """Replace generated/qarnot_api and spec.lock."""
    output = root / OUTPUT
    output.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".regenerate-", dir=output.parent) as scratch:
        fresh = Path(scratch, output.name)
        tools = generate(root, fresh)
        files = hash_tree(fresh)
        _replace(output, fresh)
    (root / LOCK).write_text(lock_text(root, tools, files), encoding="utf-8", newline="\n")
    print(f"{OUTPUT}: {len(files)} files")


def differences(root: Path) -> list[str]:
    """One line for each way in which the client or spec.lock is not what the inputs give."""
    with tempfile.TemporaryDirectory(prefix="qarnot-api-check-") as scratch:
        fresh = Path(scratch, "qarnot_api")
        tools = generate(root, fresh)
        expected = hash_tree(fresh)
    lines = _tree_differences(expected, hash_tree(root / OUTPUT))
    return lines + _lock_differences(root, lock_text(root, tools, expected))


def _tree_differences(expected: dict[str, str], actual: dict[str, str]) -> list[str]:
    """Files that are missing, that should not be there, or whose content differs."""
    lines = []
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual:
            lines.append(f"{OUTPUT}/{name}: missing")
        elif name not in expected:
            lines.append(f"{OUTPUT}/{name}: not generated from the document")
        elif actual[name] != expected[name]:
            lines.append(f"{OUTPUT}/{name}: changed")
    return lines


def _lock_differences(root: Path, expected: str) -> list[str]:
    """Entries of spec.lock that do not hold."""
    try:
        text = (root / LOCK).read_text(encoding="utf-8")
        locked = tomllib.loads(text)
    except (OSError, ValueError) as error:
        return [f"{LOCK}: unreadable: {error}"]
    lines = []
    for section, entries in tomllib.loads(expected).items():
        found = locked.get(section, {})
        lines += [
            f"{LOCK}: [{section}] {name} is {value}, the lock says {found.get(name)}"
            for name, value in entries.items()
            if found.get(name) != value
        ]
    if not lines and text != expected:
        lines.append(f"{LOCK}: not as regenerate.py writes it")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit status."""
    here = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description="Generate generated/qarnot_api.")
    parser.add_argument("--check", action="store_true", help="compare only, change nothing")
    parser.add_argument("--root", type=Path, default=here, help="the project (default: this one)")
    options = parser.parse_args(arguments)
    try:
        if not options.check:
            regenerate(options.root)
            return 0
        lines = differences(options.root)
    except (RegenerationError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(lines) if lines else f"{OUTPUT} is what the document gives")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
