"""The file in which a stopped emulator waits to be started again."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Final

FORMAT: Final = "qarnot-domain emulator state"
VERSION: Final = 3


class StateFileError(ValueError):
    """A file that no emulator, or none of this version, has written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is no state file of this emulator: {reason}")


def read(path: Path) -> dict[str, Any] | None:
    """What was written last; `None` if there is no file yet.

    Raises:
        StateFileError: it is not such a file.
        OSError: it cannot be read, or its folder is not there.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} for the state file")
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError) as error:
        raise StateFileError(path, "it is not JSON") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise StateFileError(path, f"its format is not {FORMAT!r}")
    version = document.get("version")
    if version != VERSION:
        raise StateFileError(path, f"it is of version {version}, and only {VERSION} can be read")
    content: dict[str, Any] = document
    return content


def write(path: Path, content: dict[str, Any]) -> None:
    """Replace the file at once: whoever reads it finds the old content or the new, never a part.

    Nobody but its owner can read it, as constants may hold secrets.
    """
    document = {"format": FORMAT, "version": VERSION, **content}
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            # At once: `json.dump` would write it piece by piece, many times slower.
            file.write(json.dumps(document))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
