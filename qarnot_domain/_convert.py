"""The JSON of answers, and what their lists hold, checked to be what they should be.

`_codecs` reads the values.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple, cast

from ._codecs import Json, Wire


def parsed(text: bytes) -> Json:
    """A body as JSON; `ValueError` if it is none."""
    return cast("Json", json.loads(text))


def parsed_object(text: bytes) -> Wire:
    """A body as a JSON object; `ValueError` if it is none."""
    said = parsed(text)
    if not isinstance(said, dict):
        raise ValueError(f"expected an object, not {type(said).__name__}")
    return said


def parsed_list(text: bytes) -> Sequence[Json]:
    """A body as a list; `ValueError` if it is none."""
    said = parsed(text)
    if not isinstance(said, list):
        raise ValueError(f"expected a list, not {type(said).__name__}")
    return said


class WirePage(NamedTuple):
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


def next_token(token: Json, is_truncated: Json) -> str | None:
    """What asks for the next page: there is one if the document's `isTruncated` says so."""
    return token or None if isinstance(token, str) and is_truncated else None


def wire_page(page: Wire) -> WirePage:
    """A page, its end told by `isTruncated` as the document says, or by a missing token."""
    token = next_token(page.get("nextToken"), page.get("isTruncated"))
    return WirePage(wires(page.get("data")), token)
