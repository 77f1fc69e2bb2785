"""What a comparison says: to a person, and to a machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from openapi.regenerate import Json

from ._links import Linked, OperationLink

MOST_NAMED: Final = 3
"""How many operations or members a person is told by name."""


@dataclass(frozen=True)
class Report:
    """The differences between our document and another, what touches us first."""

    ours: str
    theirs: str
    differences: tuple[Linked, ...]
    folded: Mapping[str, tuple[str, ...]]
    """Kind of naming -> `ours → theirs`: what differs in name only."""
    notes: tuple[str, ...]
    """What could not be followed."""

    def without(self, identities: Iterable[str]) -> Report:
        """The same without the differences that are known already."""
        known = set(identities)
        left = (one for one in self.differences if one.difference.identity not in known)
        return replace(self, differences=tuple(left))

    @property
    def groups(self) -> Iterator[tuple[str, tuple[Linked, ...]]]:
        """The differences by what they mean to us, the gravest first."""
        for title, is_used, is_breaking in _GROUPS:
            found = tuple(
                one
                for one in self.differences
                if (one.is_used, one.difference.is_breaking) == (is_used, is_breaking)
            )
            if found:
                yield title, found

    def text(self, *, verbose: bool = False) -> str:
        """The report for a person; `verbose` names every operation, member and folded name."""
        return "\n".join(self._lines(verbose)) + "\n"

    def _lines(self, verbose: bool) -> Iterator[str]:
        yield f"ours    {self.ours}"
        yield f"theirs  {self.theirs}"
        yield ""
        yield _count(len(self.differences), "difference")
        for title, found in self.groups:
            yield ""
            yield f"{title} ({len(found)})"
            for one in found:
                yield from _entry(one, verbose)
        if self.folded:
            yield ""
            counts = ", ".join(f"{kind} {len(names)}" for kind, names in self.folded.items())
            yield f"Only named otherwise, and not counted: {counts}"
            if verbose:
                for kind, names in self.folded.items():
                    yield from (f"  {kind} {name}" for name in names)
        if self.notes:
            yield ""
            yield "Not followed:"
            yield from (f"  {note}" for note in self.notes)

    def json(self) -> Json:
        """The report for a machine."""
        counts: dict[str, Json] = {title: len(found) for title, found in self.groups}
        return {
            "ours": self.ours,
            "theirs": self.theirs,
            "counts": counts,
            "differences": [_as_json(one) for one in self.differences],
            "folded": {kind: [*names] for kind, names in self.folded.items()},
            "notes": [*self.notes],
        }


_GROUPS: Final = (
    ("Breaks what the domain layer uses", True, True),
    ("Changes what the domain layer uses, and breaks nothing", True, False),
    ("Breaks what the domain layer does not use", False, True),
    ("Changes what the domain layer does not use, and breaks nothing", False, False),
)


def _entry(one: Linked, verbose: bool) -> Iterator[str]:
    difference = one.difference
    yield ""
    yield f"  {one.place}: {difference.kind}"
    yield f"    {difference.change}"
    verdicts = [
        f"{word} for who {does}"
        for word, does in ((difference.reader, "reads"), (difference.writer, "writes"))
        if word is not None
    ]
    yield f"    {', '.join(verdicts)}"
    shown = one.members if verbose else one.members[:MOST_NAMED]
    if shown:
        names = [f"{wire} → {name}" for wire, name in shown]
        yield f"    domain     {', '.join(names)}{_more(len(one.members) - len(shown))}"
    if len(difference.places) > len(one.members) and verbose:
        yield f"    also at    {', '.join(difference.places)}"
    operations = sorted(one.operations, key=lambda o: not o.callers)
    named = operations if verbose else operations[:MOST_NAMED]
    left = _more(len(operations) - len(named))
    yield f"    operations {', '.join(map(_operation, named))}{left}"
    if difference.ours is not None:
        yield f"    ours       {difference.ours}"
    elif difference.theirs is not None:
        yield f"    theirs     {difference.theirs}"


def _operation(one: OperationLink) -> str:
    generated = (one.generated or "").rpartition(".")[2]
    said = [part for part in (generated, *one.callers[:1]) if part]
    return f"{one.title} ({', '.join(said)})" if said else one.title


def _more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""


def _count(number: int, what: str) -> str:
    return f"No {what}" if number == 0 else f"{number} {what}{'' if number == 1 else 's'}"


def _as_json(one: Linked) -> Json:
    difference = one.difference
    operations: list[Json] = [
        {
            "operation": o.title,
            "operationId": o.id,
            "generated": o.generated,
            "used by": [*o.callers],
        }
        for o in one.operations
    ]
    members: list[Json] = [{"wire": wire, "domain": name} for wire, name in one.members]
    return {
        "id": difference.identity,
        "kind": difference.kind,
        "place": one.place,
        "places": [*difference.places],
        "change": difference.change,
        "before": difference.before,
        "after": difference.after,
        "reader": difference.reader,
        "writer": difference.writer,
        "used": one.is_used,
        "operations": operations,
        "members": members,
        "ours": difference.ours,
        "theirs": difference.theirs,
    }
