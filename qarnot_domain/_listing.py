"""Finding objects: one by its id, pages of them, the iterator over pages, conditions on tags."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import count, islice
from sys import getrefcount
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import attrs

from ._checks import check_count
from ._codecs import Json, Wire
from ._convert import wires
from ._pages import Head, HeadPage, Pages, Said, head_page, heads
from ._resource import Resource
from ._rows import Listing, Row
from ._sending import Answer
from ._show import html_table, rich_table
from .filters import Condition, Fields

if TYPE_CHECKING:
    from rich.table import Table

    from .connection import Connection

T = TypeVar("T")
R = TypeVar("R", bound=Resource)

_REFRESHED_AT_ONCE: Final = 1000
"""How many objects one request asks after."""

_MOST_PAGES: Final = 100_000
_MOST_IN_VAIN: Final = 100
"""How many pages in a row may have nothing new before the server is taken to go round in circles.

Some are allowed: objects move to later pages while others are created.
"""


class Listed(list[R]):
    """A list of objects, which a notebook, and rich, show as a table."""

    def _repr_html_(self) -> str:
        return html_table([one._shown() for one in self])

    def __rich__(self) -> Table:
        return rich_table([one._shown() for one in self])


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

    def _repr_html_(self) -> str:
        shown = [one._shown() for one in self.page_data if isinstance(one, Resource)]
        return html_table(shown) + ("<p>…</p>" if self.is_truncated else "")


@attrs.frozen
class OffsetPage(Generic[T]):
    """One page of a listing by position; the names are those of the official SDK."""

    page_data: tuple[T, ...]
    """The objects on it, in the server's order."""
    offset: int
    """How many come before it."""
    limit: int
    """How many there may be on it."""
    total: int
    """How many there are on all pages."""


@attrs.frozen
class Query:
    """Which objects are asked for, and in which order; what is `None` is left to the server."""

    condition: Wire | None = None
    order: tuple[str, str] | None = None
    """The member to sort by, and `ASC` or `DESC`."""
    maximum: int | None = None
    """How many at most on a page."""

    def page(self, token: str | None) -> dict[str, Json]:
        """The request for the page of this token."""
        by, direction = self.order or (None, None)
        members: dict[str, Json] = {
            "token": token,
            "maximumResults": self.maximum,
            "filter": self.condition,
            "orderBy": by,
            "orderType": direction,
        }
        return {name: member for name, member in members.items() if member is not None}


Ask = Callable[[Wire], Answer[Said]]

_Paginate = Callable[[Wire, Callable[[bytes], Said]], Answer[Said]]


_KEPT_OPEN: Final = 2
"""Of how many answers the objects stay as they came: of those that are just being read."""


class _Recent:
    """What the latest answers said; that of the answers before is packed."""

    def __init__(self) -> None:
        self._answers: deque[Sequence[Row]] = deque()

    def add(self, rows: Sequence[Row]) -> None:
        self._answers.append(rows)
        with suppress(IndexError):
            while len(self._answers) > _KEPT_OPEN:
                _pack(self._answers.popleft())


def _pack(rows: Sequence[Row]) -> None:
    """Pack those that somebody still has.

    A weak reference to each would be one more object for the garbage collector to visit, which
    takes as long as all else that is done for a row. A wrong count costs time or memory, no more.
    """
    for row, references in zip(rows, list(map(getrefcount, rows)), strict=True):
        if references > _OF_NOBODY:
            row.pack()


_OF_NOBODY: Final = next(map(getrefcount, [object()]))
"""How many references a thing has that is only in the list."""


class Collection(Generic[R]):
    """The objects of one kind on a cluster: what `Connection` offers for jobs, tasks and pools."""

    def __init__(
        self,
        connection: Connection,
        kind: type[R],
        page: _Paginate,
        fields: type[Fields],
        summary_page: _Paginate | None = None,
    ) -> None:
        """Join the kind of the objects and what asks for a page of them.

        A page is asked for by a `PageRequest` as JSON; of its summaries, where the API has them,
        by the last.
        """
        self._connection = connection
        self._gateway = connection._gateway
        self.kind = kind
        self._recent = _Recent()
        self._pages, self._summary_pages = Pages(), Pages()
        self._page: Ask = partial(_asked, page, self._pages.parse)
        self._summary_page: Ask | None = (
            None
            if summary_page is None
            else partial(_asked, summary_page, self._summary_pages.parse)
        )
        self._fields = fields

    def listed(self, answer: Answer[Sequence[Json]]) -> list[R]:
        """The objects of a plain list in an answer."""
        return Listed(self._objects(answer.then(_heads)))

    def query(
        self,
        tags: Iterable[str] | None,
        tags_intersect: Iterable[str] | None,
        where: Condition[Any] | None,
        order_by: str | None,
        maximum: int | None = None,
    ) -> Query:
        """What the user asks for, checked.

        Raises:
            TypeError, ValueError: an argument that is not allowed; the message names it.
        """
        if where is not None and not isinstance(where, Condition):
            raise TypeError(f"where must be a condition, not {type(where).__name__}")
        if where is not None and where.kind is not self._fields:
            raise TypeError(
                f"where must be a condition on {self._fields.__name__}, "
                f"not on {where.kind.__name__}"
            )
        if maximum is not None:
            check_count("maximum", maximum)
        conditions = [
            # Equal on a list member means "contains".
            combined(operator, [equal("Tags", tag) for tag in _checked(name, chosen)])
            for name, operator, chosen in (
                ("tags", "Or", tags),
                ("tags_intersect", "And", tags_intersect),
            )
            if chosen is not None
        ]
        if where is not None:
            conditions.append(where.to_json())
        return Query(
            combined("And", conditions) if conditions else None,
            None if order_by is None else self._fields.order(order_by),
            maximum,
        )

    def page(self, token: str | None, query: Query, *, summary: bool = False) -> Page[R]:
        ask = self._asking(summary)
        answer = ask(query.page(token)).then(head_page)
        found = self._objects(answer.then(_found), is_part=ask is self._summary_page)
        return Page(tuple(found), answer.parsed.next_token)

    def all(self, query: Query, *, summary: bool = False) -> Iterator[R]:
        """Every object, asking for a page once the one before is used up.

        Raises:
            MalformedResponseException: the server goes on without end.
        """
        ask = self._asking(summary)
        for answer in _pages(ask, query):
            yield from self._objects(answer.then(_found), is_part=ask is self._summary_page)

    def all_at_once(self, query: Query, *, summary: bool = False) -> list[R]:
        """As `all`, in a list."""
        return Listed(self.all(query, summary=summary))

    def _asking(self, summary: bool) -> Ask:
        return self._summary_page if summary and self._summary_page else self._page

    def _objects(self, answer: Answer[Sequence[Head]], *, is_part: bool = False) -> list[R]:
        """The objects in an answer, of which all but the uuid is read when it is asked for.

        Raises:
            MalformedResponseException: one has no uuid.
        """
        found = answer.parsed
        # It becomes part of a URL whenever more is asked for.
        answer.then(lambda _: self._gateway.check_uuids([head.uuid for head in found]))
        listing = self._listing(answer, is_part=is_part)
        rows = [Row(listing, head) for head in found]
        self._recent.add(rows)
        make, connection = self.kind._of, self._connection
        return [make(connection, None, row) for row in rows]

    def _listing(self, answer: Answer[object], *, is_part: bool = False) -> Listing:
        pages = self._summary_pages if is_part else self._pages
        return Listing(answer.origin, self._gateway.clock, pages, is_part=is_part)

    def refresh(self, resources: Sequence[R]) -> list[R]:
        """Bring these up to date, many with one request; gives those that are gone.

        Raises:
            MalformedResponseException: an object in the answer cannot be read.
        """
        waiting: dict[str, list[R]] = {}
        for resource in resources:
            if (uuid := resource.uuid) is not None and not resource._is_deleted:
                waiting.setdefault(uuid.lower(), []).append(resource)
        uuids = iter(tuple(waiting))
        while chunk := list(islice(uuids, _REFRESHED_AT_ONCE)):
            tickets = {uuid: [one._ticket() for one in waiting[uuid]] for uuid in chunk}
            condition: Wire = {"operator": "In", "field": "Uuid", "values": chunk}
            query = Query(condition, maximum=len(chunk))
            for answer in _pages(self._page, query):
                rows: list[Row] = []
                listing = self._listing(answer)
                for head in answer.parsed.heads:
                    uuid = _uuid(head)
                    row = Row(listing, head)
                    ours = waiting.pop(uuid, ())
                    for one, ticket in zip(ours, tickets.get(uuid, ()), strict=False):
                        one._offer(row, ticket)
                    rows.append(row)
                self._recent.add(rows)
        return [one for gone in waiting.values() for one in gone]


def _pages(ask: Ask, query: Query) -> Iterator[Answer[HeadPage]]:
    """Every page, without the objects that were on one before.

    Raises:
        MalformedResponseException: the server goes on without end.
    """
    tokens: set[str] = set()
    known: set[str] = set()
    token: str | None = None
    in_vain = 0
    for number in count(1):
        answer = ask(query.page(token)).then(head_page).then(partial(_unseen, known))
        yield answer
        token = answer.parsed.next_token
        if token is None:
            return
        if token in tokens:
            raise answer.origin.malformed("the server gave the token of a page again")
        tokens.add(token)
        in_vain = 0 if answer.parsed.heads else in_vain + 1
        if in_vain == _MOST_IN_VAIN:
            raise answer.origin.malformed(
                f"the server gave {in_vain} pages in a row with nothing new"
            )
        if number == _MOST_PAGES:
            raise answer.origin.malformed(
                f"the server gave {number:,} pages, and says there are more"
            )


def _unseen(known: set[str], page: HeadPage) -> HeadPage:
    """The page without the objects known from before; objects move while pages are turned."""
    unseen = []
    for head in page.heads:
        uuid = _uuid(head)
        if uuid not in known:
            known.add(uuid)
            unseen.append(head)
    return HeadPage(unseen, page.next_token)


def _asked(paginate: _Paginate, parse: Callable[[bytes], Said], request: Wire) -> Answer[Said]:
    return paginate(request, parse)


def _found(page: HeadPage) -> Sequence[Head]:
    return page.heads


def _heads(listed: Sequence[Json]) -> Sequence[Head]:
    return heads(wires(listed))


def _uuid(head: Head) -> str:
    return str(head.uuid).lower()


def _checked(name: str, tags: Iterable[str]) -> list[str]:
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise TypeError(f"{name} must be a list of text, not {type(tags).__name__}")
    listed = list(tags)
    if not all(isinstance(tag, str) for tag in listed):
        raise TypeError(f"{name} must be a list of text: {listed!r}")
    if not listed:
        raise ValueError(f"{name} must hold at least one tag; leave it out for no condition")
    return listed


def equal(field: str, value: str) -> Wire:
    """The condition that a member has this value, which nobody checks."""
    return {"operator": "Equal", "field": field, "value": value}


def combined(operator: str, filters: Sequence[Wire]) -> Wire:
    """The conditions as one; the only one as it is."""
    return filters[0] if len(filters) == 1 else {"operator": operator, "filters": filters}
