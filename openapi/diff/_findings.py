"""What a comparison finds: each difference once, however many operations lead to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Who is concerned by a schema: who reads answers, or who writes requests."""

    READER = "reader"
    WRITER = "writer"


BOTH: Final = (Role.READER, Role.WRITER)


@dataclass(frozen=True)
class Where:
    """The way to a node."""

    role: Role
    operation: str
    """The operation of ours, as `GET /jobs`; of theirs where it is new."""
    place: str
    """The nearest component and the members below it, as `Job.maxWallTime`."""
    site: str
    """The pointer of that member in our document."""
    label: str = ""
    """What stands for `place` where members are inside it."""

    def at(self, place: str, site: str) -> Where:
        """Deeper on the same way."""
        return Where(self.role, self.operation, place, site)


@dataclass
class Difference:
    """One difference, and for whom it breaks what worked with our document."""

    kind: str
    change: str
    """What it is in ours and in theirs, for a person."""
    before: str | None
    after: str | None
    breaks_reader: bool
    """Whether answers may be what our document excludes."""
    breaks_writer: bool
    """Whether requests that our document allows may be refused, or not do what they did."""
    ours: str | None
    """The pointer in our document; none for what is new."""
    theirs: str | None
    near: str | None
    """The pointer in our document of what would change: of what it is in, for what is new."""
    component: str | None
    """The component of ours that it is written in, if it is one that several members use."""
    roles: set[Role] = field(default_factory=set)
    operations: dict[str, None] = field(default_factory=dict)
    places: dict[str, None] = field(default_factory=dict)
    sites: dict[str, None] = field(default_factory=dict)

    @property
    def reader(self) -> str | None:
        """`breaking` or `safe` for who reads answers; none if no answer is concerned."""
        return _verdict(Role.READER in self.roles, self.breaks_reader)

    @property
    def writer(self) -> str | None:
        """`breaking` or `safe` for who writes requests; none if no request is concerned."""
        return _verdict(Role.WRITER in self.roles, self.breaks_writer)

    @property
    def is_breaking(self) -> bool:
        """Whether it breaks anybody."""
        return "breaking" in {self.reader, self.writer}

    @property
    def identity(self) -> str:
        """The same in another comparison that finds the same."""
        return f"{self.kind} | {self.ours or self.place} | {self.change}"

    @property
    def place(self) -> str:
        """Where it is, for a person: one member, or the component that several share."""
        if len(self.sites) > 1 and self.component is not None:
            return self.component
        return next(iter(self.places), "")


def _verdict(is_concerned: bool, breaks: bool) -> str | None:
    if not is_concerned:
        return None
    return "breaking" if breaks else "safe"


class Findings:
    """Collects differences, and namings that were folded."""

    def __init__(self) -> None:
        self._found: dict[tuple[str | None, ...], Difference] = {}
        self.times = 0
        """How often a difference was come upon."""
        self.folded: dict[str, dict[str, None]] = {}
        """Kind of naming -> `ours → theirs`."""

    def add(
        self,
        key: Iterable[str | None],
        kind: str,
        where: Where,
        *,
        before: str | None = None,
        after: str | None = None,
        change: str | None = None,
        widens: bool = False,
        narrows: bool = False,
        ours: str | None = None,
        theirs: str | None = None,
        near: str | None = None,
        component: str | None = None,
        roles: Iterable[Role] = (),
        whatever: bool = False,
    ) -> None:
        """Take in a difference, or one more way to it.

        Args:
            key: what makes it one and the same.
            kind: its kind.
            where: the way to it.
            before: what it is in ours; none for what is new.
            after: what it is in theirs; none for what is gone.
            change: what to tell a person instead of both.
            widens: theirs allows what ours does not, or lacks what a reader looks for.
            narrows: theirs does not allow, or ignores, what ours does.
            ours: its pointer in our document.
            theirs: its pointer in theirs.
            near: the pointer in ours of what it is in, where ours does not have it.
            component: the component of ours that it is written in.
            roles: who is concerned, besides the role of `where`.
            whatever: it is the same difference even if the change differs.
        """
        said = change or f"{before or 'nothing'} → {after or 'nothing'}"
        full = (kind, *key) if whatever else (kind, *key, said)
        self.times += 1
        found = self._found.get(full)
        if found is None:
            found = Difference(
                kind, said, before, after, widens, narrows, ours, theirs, near or ours, component
            )
            self._found[full] = found
        found.breaks_reader |= widens
        found.breaks_writer |= narrows
        found.roles |= {where.role, *roles}
        found.operations[where.operation] = None
        found.places[where.place] = None
        found.sites[where.site] = None

    def fold(self, kind: str, ours: str | None, theirs: str | None) -> None:
        """Note what differs in name only."""
        if ours != theirs and ours is not None and theirs is not None:
            self.folded.setdefault(kind, {})[f"{ours} → {theirs}"] = None

    @property
    def differences(self) -> list[Difference]:
        """All, in the order found."""
        return list(self._found.values())
