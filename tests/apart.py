"""Says how two lists that should be the same differ, in words that name the edit."""

from __future__ import annotations

from collections.abc import Iterable


def apart(documented: Iterable[object], known: Iterable[object]) -> str:
    """What only the document has, and what only the other side has; nothing if all is in both."""
    there, here = set(documented), set(known)
    said = {"new in the document": there - here, "not in the document": here - there}
    return "; ".join(f"{how}: {_listed(found)}" for how, found in said.items() if found)


def _listed(found: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, found)))
