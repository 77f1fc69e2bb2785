"""Finding objects: one by its id, pages of them, the iterator over pages, conditions on tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

import attrs

from ._codecs import Json, Wire, check_count
from ._convert import WirePage
from .exceptions import MalformedResponseException

T = TypeVar("T")


@attrs.frozen
class Page(Generic[T]):
    """One page of a listing; the names are those of the official SDK."""

    page_data: tuple[T, ...]
    """The objects on it, in the server's order."""
    next_token: str | None
    """What asks for the next page, or `None` on the last one."""

    @property
    def is_truncated(self) -> bool:
        """Whether there are more pages."""
        return self.next_token is not None


class Collection(Generic[T]):
    """The objects of one kind on a cluster: what `Connection` offers for jobs, tasks and pools."""

    def __init__(
        self,
        build: Callable[[Wire], T],
        retrieve: Callable[[str], Wire],
        page: Callable[[str | None, int | None, Wire | None], WirePage],
    ) -> None:
        """Join what makes an object of its JSON, what asks for one, and what asks for a page.

        A page is asked for by its token, the most objects it may hold and a filter, each of
        which may be `None`.
        """
        self._build = build
        self._retrieve = retrieve
        self._page = page

    def retrieve(self, uuid: str) -> T:
        return self._build(self._retrieve(uuid))

    def page(self, token: str | None, maximum: int | None, condition: Wire | None) -> Page[T]:
        if maximum is not None:
            check_count("maximum", maximum)
        page = self._page(token, maximum, condition)
        return Page(tuple(map(self._build, page.items)), page.next_token)

    def all(self, condition: Wire | None) -> Iterator[T]:
        """Every object, asking for a page once the one before is used up.

        Raises:
            MalformedResponseException: the server gave a page's token again, without end.
        """
        seen: set[str] = set()
        token: str | None = None
        while True:
            page = self.page(token, None, condition)
            yield from page.page_data
            token = page.next_token
            if token is None:
                return
            if token in seen:
                raise MalformedResponseException("the server gave the token of a page again")
            seen.add(token)


def tags_condition(any_of: Iterable[str] | None, all_of: Iterable[str] | None) -> Wire | None:
    """The filter for objects with any, and all, of these tags; `None` for no condition.

    Raises:
        TypeError: a plain text instead of a list, or a tag that is not text.
        ValueError: an empty list, which would silently mean "no condition".
    """
    conditions = [
        _combined(operator, [_has_tag(tag) for tag in _checked(name, tags)])
        for name, operator, tags in (("tags", "Or", any_of), ("tags_intersect", "And", all_of))
        if tags is not None
    ]
    return _combined("And", conditions) if conditions else None


def _checked(name: str, tags: Iterable[str]) -> list[str]:
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise TypeError(f"{name} must be a list of text, not {type(tags).__name__}")
    listed = list(tags)
    if not all(isinstance(tag, str) for tag in listed):
        raise TypeError(f"{name} must be a list of text: {listed!r}")
    if not listed:
        raise ValueError(f"{name} must hold at least one tag; leave it out for no condition")
    return listed


def _has_tag(tag: str) -> Wire:
    # Equal on a list member means "contains".
    return {"operator": "Equal", "field": "Tags", "value": tag}


def _combined(operator: str, filters: list[Wire]) -> Wire:
    combined: dict[str, Json] = {"operator": operator, "filters": filters}
    return filters[0] if len(filters) == 1 else combined
