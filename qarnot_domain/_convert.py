"""What lists in answers hold, checked to be what they should be; `_codecs` reads the values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import attrs

from ._codecs import Json, Wire


@attrs.frozen
class WirePage:
    """One page of a listing, and the token of the next one (`None` on the last)."""

    items: Sequence[Wire]
    next_token: str | None


def wires(listed: Json) -> Sequence[Wire]:
    """The objects of a list in an answer, none for null; `ValueError` if it is no such list."""
    if listed is None:
        return ()
    if not isinstance(listed, list):
        raise ValueError(f"expected a list, not {type(listed).__name__}")
    for item in listed:
        if not isinstance(item, dict):
            raise ValueError(f"expected an object in the list, not {type(item).__name__}")
    return cast("Sequence[Wire]", listed)


def wire_page(page: Wire) -> WirePage:
    """A page, its end told by `isTruncated` as the document says, or by a missing token."""
    token = page.get("nextToken")
    said = isinstance(token, str) and page.get("isTruncated")
    return WirePage(wires(page.get("data")), (cast("str", token) or None) if said else None)
