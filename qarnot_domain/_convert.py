"""The only user of generated models: between them and the JSON objects the domain layer reads.

The domain keeps JSON objects rather than generated models because it has to tell absent, null and
the API's sentinels apart and to keep members it does not know; `_codecs` reads their values.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, cast

import attrs
from qarnot_api.models import JobCreate, PageRequest, PoolCreate, TaskCreate

from ._codecs import Json, Wire
from ._gateway import Answer


class _Model(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


class _Page(Protocol):
    @property
    def data(self) -> Any: ...
    @property
    def is_truncated(self) -> Any: ...
    @property
    def next_token(self) -> Any: ...


@attrs.frozen
class WirePage:
    """One page of a listing, and the token of the next one (`None` on the last)."""

    items: tuple[Wire, ...]
    next_token: str | None


def wire(model: _Model) -> Wire:
    """The JSON object of a generated model: absent members left out, unknown ones kept."""
    return cast(Wire, model.to_dict())


def wire_answer(answer: Answer[Any]) -> Answer[Wire]:
    return Answer(wire(answer.parsed), answer.date)


def wires(models: Iterable[_Model]) -> tuple[Wire, ...]:
    return tuple(map(wire, models))


def job_create(creation: Wire) -> JobCreate:
    return JobCreate.from_dict(creation)


def task_create(creation: Wire) -> TaskCreate:
    return TaskCreate.from_dict(creation)


def pool_create(creation: Wire) -> PoolCreate:
    return PoolCreate.from_dict(creation)


def page_request(
    *, token: str | None = None, maximum: int | None = None, condition: Wire | None = None
) -> PageRequest:
    """The request for one page; what is `None` is left to the server."""
    members: dict[str, Json] = {
        "token": token,
        "maximumResults": maximum,
        "filter": condition,
    }
    return PageRequest.from_dict({name: m for name, m in members.items() if m is not None})


def wire_page(page: _Page) -> WirePage:
    """A page, its end told by `isTruncated` as the document says, or by a missing token."""
    token = page.next_token if isinstance(page.next_token, str) and page.is_truncated else None
    return WirePage(wires(page.data or ()), token or None)
