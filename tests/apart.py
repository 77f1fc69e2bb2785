"""Says how two lists that should be the same differ, in words that name the edit."""

from __future__ import annotations

from collections.abc import Iterable


def apart(
    first: Iterable[object], here: Iterable[object], first_is: str = "in the document"
) -> str:
    """What only the first has, and what only the other; nothing if all is in both."""
    there, known = set(first), set(here)
    said = {f"new {first_is}": there - known, f"not {first_is}": known - there}
    return "; ".join(
        f"{how}: {', '.join(sorted(map(str, found)))}" for how, found in said.items() if found
    )
