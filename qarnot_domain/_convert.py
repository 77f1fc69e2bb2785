"""The only user of generated models: between them and the JSON objects the domain layer reads.

The domain keeps JSON objects rather than generated models because it has to tell absent, null and
the API's sentinels apart and to keep members it does not know; `_codecs` reads their values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

import attrs
from qarnot_api.models import (
    DataDetail,
    JobCreate,
    PageRequest,
    PoolCreate,
    PoolUpdate,
    TaskCreate,
    TaskUpdate,
)
from qarnot_api.types import Unset

from ._codecs import Json, Wire
from ._sending import Answer

M = TypeVar("M", bound="_Model")
P = TypeVar("P", bound="_Page")


@runtime_checkable
class _Model(Protocol):
    def to_dict(self) -> dict[str, object]: ...


class _Page(Protocol):
    @property
    def data(self) -> object: ...
    @property
    def is_truncated(self) -> object: ...
    @property
    def next_token(self) -> object: ...


@attrs.frozen
class WirePage:
    """One page of a listing, and the token of the next one (`None` on the last)."""

    items: tuple[Wire, ...]
    next_token: str | None


def wire(model: _Model) -> Wire:
    """The JSON object of a generated model: absent members left out, unknown ones kept."""
    return cast("Wire", model.to_dict())


def wire_answer(answer: Answer[M]) -> Answer[Wire]:
    return answer.then(wire)


def wire_pages(answer: Answer[P]) -> Answer[WirePage]:
    return answer.then(wire_page)


def wires(models: object) -> tuple[Wire, ...]:
    """The JSON objects of a list in an answer, `()` for null; `ValueError` if it is no such list.

    Generated code leaves a list as it came when it cannot read one of its items.
    """
    return tuple(map(_item, _items(models)))


def texts(listed: object) -> Sequence[Json]:
    """The texts of a list in an answer, not looked at yet."""
    return [item if isinstance(item, str) else None for item in _items(listed)]


def _items(listed: object) -> Sequence[object]:
    """The items of a plain list in an answer, `()` for null; `ValueError` if it is no list."""
    if listed is None or isinstance(listed, Unset):
        return ()
    if not isinstance(listed, list):
        raise ValueError(f"expected a list, not {type(listed).__name__}")
    return listed


def _item(item: object) -> Wire:
    if isinstance(item, Mapping):
        return item
    if isinstance(item, _Model):
        return wire(item)
    raise ValueError(f"expected an object in the list, not {type(item).__name__}")


def job_create(creation: Wire) -> JobCreate:
    return JobCreate.from_dict(creation)


def task_create(creation: Wire) -> TaskCreate:
    return _writable(TaskCreate.from_dict(creation))


def pool_create(creation: Wire) -> PoolCreate:
    return _writable(PoolCreate.from_dict(creation))


class _AsItIs(dict[str, Any]):
    """An object of a kind that generated code does not know, and so left as it came."""

    def to_dict(self) -> dict[str, Any]:
        return dict(self)


CreationT = TypeVar("CreationT", TaskCreate, PoolCreate)


def _writable(creation: CreationT) -> CreationT:
    """Let generated code write the hardware constraints that it could not read."""
    constraints: Any = creation.hardware_constraints
    if constraints:
        creation.hardware_constraints = cast(
            "Any", [_AsItIs(one) if isinstance(one, Mapping) else one for one in constraints]
        )
    return creation


def task_update(update: Wire) -> TaskUpdate:
    return TaskUpdate.from_dict(update)


def pool_update(update: Wire) -> PoolUpdate:
    return PoolUpdate.from_dict(update)


def page_request(request: Wire) -> PageRequest:
    return PageRequest.from_dict(request)


def data_detail(detail: Wire) -> DataDetail:
    return DataDetail.from_dict(detail)


def wire_page(page: _Page) -> WirePage:
    """A page, its end told by `isTruncated` as the document says, or by a missing token."""
    token = page.next_token if isinstance(page.next_token, str) and page.is_truncated else None
    return WirePage(wires(page.data), token or None)
