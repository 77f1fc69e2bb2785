"""Compares what two schemas allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher
from typing import Final, NamedTuple, TypeVar

from ._findings import Findings, Where
from ._shapes import LOWER, UPPER, Node, Shape, Shapes, Variant

T = TypeVar("T")

LIKELY: Final = 0.5
"""How alike two names must be for one to be the other's new name, of 1."""

_WIDER: Final[Mapping[str, tuple[str, ...]]] = {"int32": ("int64",), "float": ("double",)}
"""Formats whose values are all those of these formats too."""


class Pair(NamedTuple):
    """A shape of ours, one of theirs, and the way to them."""

    ours: Shape
    theirs: Shape
    where: Where
    nodes: tuple[Node, Node]


class SchemaComparison:
    """Compares schemas of two documents, and tells what it finds."""

    def __init__(self, ours: Shapes, theirs: Shapes, findings: Findings) -> None:
        """Compare schemas of these two documents."""
        self._ours = ours
        self._theirs = theirs
        self._findings = findings
        self._seen: set[tuple[object, ...]] = set()
        self._same: set[tuple[object, ...]] = set()
        """Pairs without a difference, which need no second look."""

    def compare(self, ours: Node, theirs: Node, where: Where, tag: str | None = None) -> None:
        """Compare two schemas and all inside; `tag` is the discriminator of their union."""
        a, b = self._ours.of(ours), self._theirs.of(theirs)
        if a.component is not None and (a.members or a.variants):
            where = where.at(a.component, where.site)
        both = _key(ours), _key(theirs), tag
        visit = *both, where
        if both in self._same or visit in self._seen:
            return
        self._seen.add(visit)
        self._findings.fold("schema", a.component, b.component)
        before = self._findings.times
        self._compare(Pair(a, b, where, (ours, theirs)), tag)
        if self._findings.times == before:
            self._same.add(both)

    def _compare(self, pair: Pair, tag: str | None) -> None:
        a, b, where, _ = pair
        self._flags(pair)
        self._null(pair)
        if a.variants or b.variants:
            self._variants(pair)
        elif self._types(pair):
            self._format(pair)
            self._values(pair)
            self._limits(pair)
            self._rules(pair)
            self._members(pair, tag)
            self._others(pair)
            if a.items and b.items:
                self.compare(a.items, b.items, _inside(where, "[]"))
            elif a.items or b.items:
                said = _said(a.items), _said(b.items)
                self._add(pair, "items", said[0], said[1], bool(a.items), bool(b.items))

    # --- one shape ---------------------------------------------------------------------------

    def _add(
        self,
        pair: Pair,
        kind: str,
        before: str | None,
        after: str | None,
        widens: bool,
        narrows: bool,
        *more: str,
    ) -> None:
        self._site(
            pair, kind, before, after, widens=widens, narrows=narrows, at=pair.ours.home, more=more
        )

    def _flags(self, pair: Pair) -> None:
        """What is said of a member rather than of its values."""
        a, b, *_ = pair
        for kind, before, after, widens, narrows in (
            ("deprecated", a.deprecated, b.deprecated, False, False),
            ("readOnly", a.read_only, b.read_only, False, b.read_only),
            ("writeOnly", a.write_only, b.write_only, b.write_only, False),
        ):
            if before != after:
                self._site(pair, kind, _yes(before), _yes(after), widens=widens, narrows=narrows)
        if a.default != b.default:
            changed = a.default is not None and b.default is not None
            self._site(pair, "default", a.default, b.default, narrows=changed)

    def _null(self, pair: Pair) -> None:
        a, b, *_ = pair
        if (a.null_at is None) == (b.null_at is None):
            return
        if b.null_at is not None:
            shared = b.null_at == b.home and b.component is not None
            at = a.home if shared else a.site
        else:
            at = a.null_at or a.site
        self._site(
            pair,
            "nullability",
            _yes(a.null_at is not None, "null", "never null"),
            _yes(b.null_at is not None, "null", "never null"),
            widens=b.null_at is not None,
            narrows=a.null_at is not None,
            at=at,
        )

    def _site(
        self,
        pair: Pair,
        kind: str,
        before: str | None,
        after: str | None,
        *,
        widens: bool = False,
        narrows: bool = False,
        at: str | None = None,
        more: Iterable[str] = (),
    ) -> None:
        """A difference of the place of use, or, with `at`, of another place."""
        a, b, where, _ = pair
        at = at or a.site
        self._findings.add(
            (at, *more),
            kind,
            where,
            before=before,
            after=after,
            widens=widens,
            narrows=narrows,
            ours=at,
            theirs=b.home if at == a.home else b.site,
            component=a.component if at == a.home else None,
        )

    def _types(self, pair: Pair) -> bool:
        """Compare types; whether the rest can be compared."""
        a, b, *_ = pair
        if a.types == b.types:
            return True
        widens = not _covers(a.types, b.types)
        narrows = not _covers(b.types, a.types)
        if not widens and not narrows:
            return True
        self._add(pair, "type", _kind(a), _kind(b), widens, narrows)
        return False

    def _format(self, pair: Pair) -> None:
        a, b, *_ = pair
        before, after = a.format, b.format
        if before == after:
            return
        widens = before is not None and after not in {before, *_narrower(before)}
        narrows = after is not None and before not in {after, *_narrower(after)}
        self._add(pair, "format", before, after, widens, narrows)

    def _values(self, pair: Pair) -> None:
        a, b, *_ = pair
        if a.values == b.values:
            return
        if a.values is None or b.values is None:
            before, after = _listed(a.values), _listed(b.values)
            self._add(pair, "values", before, after, b.values is None, a.values is None)
            return
        gone, new = a.values - b.values, b.values - a.values
        self._findings.add(
            (a.home,),
            "values",
            pair.where,
            before=_listed(gone),
            after=_listed(new),
            change=_moved(gone, new),
            widens=bool(new),
            narrows=bool(gone),
            ours=a.home,
            theirs=b.home,
            component=a.component,
        )

    def _limits(self, pair: Pair) -> None:
        a, b, *_ = pair
        for keyword in (*LOWER, *UPPER):
            is_lower = keyword in LOWER
            before = (a.lower if is_lower else a.upper).get(keyword)
            after = (b.lower if is_lower else b.upper).get(keyword)
            if before == after:
                continue
            tighter = after is not None and (
                before is None or (after > before if is_lower else after < before)
            )
            self._add(
                pair, "limit", _limit(keyword, before), _limit(keyword, after),
                not tighter, tighter, keyword,
            )  # fmt: skip

    def _rules(self, pair: Pair) -> None:
        a, b, *_ = pair
        for rule in sorted(a.rules.keys() | b.rules.keys()):
            before, after = a.rules.get(rule), b.rules.get(rule)
            if before != after:
                kind = "pattern" if rule == "pattern" else "rule"
                said = [None if one is None else f"{rule} {one}" for one in (before, after)]
                widens, narrows = before is not None, after is not None
                self._add(pair, kind, said[0], said[1], widens, narrows, rule)

    # --- unions ------------------------------------------------------------------------------

    def _variants(self, pair: Pair) -> None:
        """Compare the variants of two unions; what is no union has one variant."""
        a, b, *_ = pair
        tag = a.tag or b.tag
        if a.tag != b.tag and a.tag is not None and b.tag is not None:
            self._add(pair, "discriminator", a.tag, b.tag, True, True)
        left, right = (
            list(shape.variants) or [Variant(node, shape.component or _kind(shape))]
            for shape, node in zip(pair[:2], pair.nodes, strict=True)
        )
        for match in self._matches(tag):
            for one in list(left):
                other = next((o for o in right if match(one, o)), None)
                if other is not None:
                    left.remove(one)
                    right.remove(other)
                    self._variant(pair, one, other, tag)
        for one in left:
            self._add(pair, "variant removed", one.name, None, False, True, one.name)
        for other in right:
            self._add(pair, "variant added", None, other.name, True, False, other.name)

    def _matches(self, tag: str | None) -> Iterable[Callable[[Variant, Variant], bool]]:
        """Ways to tell that two variants are the same, the surest first."""

        def by_tag(one: Variant, other: Variant) -> bool:
            here = one.tags or self._ours.tags(one.node, tag, None)
            there = other.tags or self._theirs.tags(other.node, tag, None)
            return bool(here & there)

        def by_content(one: Variant, other: Variant) -> bool:
            return self._ours.print_of(one.node) == self._theirs.print_of(other.node)

        def by_name(one: Variant, other: Variant) -> bool:
            return one.name == other.name

        def by_members(one: Variant, other: Variant) -> bool:
            a, b = self._ours.of(one.node), self._theirs.of(other.node)
            common = a.members.keys() & b.members.keys()
            alike = 2 * len(common) >= len(a.members.keys() | b.members.keys())
            return bool(common) and alike and not a.variants and not b.variants

        def by_kind(one: Variant, other: Variant) -> bool:
            a, b = self._ours.of(one.node), self._theirs.of(other.node)
            return bool(a.variants) == bool(b.variants) and bool(
                a.variants or (a.types == b.types and not a.members and not b.members)
            )

        return (by_tag, by_content) if tag else (by_content, by_name, by_members, by_kind)

    def _variant(self, pair: Pair, one: Variant, other: Variant, tag: str | None) -> None:
        a, _, where, _ = pair
        here = one.tags or self._ours.tags(one.node, tag, None)
        there = other.tags or self._theirs.tags(other.node, tag, None)
        if tag is not None and here != there:
            self._findings.add(
                (a.home, one.name, tag),
                "values",
                where.at(f"{where.place}.{tag}", where.site),
                before=_listed(here - there),
                after=_listed(there - here),
                change=_moved(here - there, there - here),
                widens=bool(there - here),
                narrows=bool(here - there),
                ours=a.home,
                theirs=pair.theirs.home,
            )
        self.compare(one.node, other.node, _inside(where, ""), tag)

    # --- members -----------------------------------------------------------------------------

    def _members(self, pair: Pair, tag: str | None) -> None:
        a, b, where, _ = pair
        gone = {name: node for name, node in a.members.items() if name not in b.members}
        new = {name: node for name, node in b.members.items() if name not in a.members}
        gone.pop(tag or "", None)
        new.pop(tag or "", None)
        for before, after in self._renamed(gone, new):
            node = gone.pop(before)
            del new[after]
            self._member(pair, "member renamed", before, after, node, b.members[after])
        for name, node in gone.items():
            self._member(pair, "member removed", name, None, node, ())
        for name, node in new.items():
            self._member(pair, "member added", None, name, (), node)
        for name, node in a.members.items():
            if name in b.members and name != tag:
                self._required(pair, name)
                inner = where.at(f"{where.place}.{name}", self._ours.of(node).site)
                self.compare(node, b.members[name], inner)

    def _renamed(self, gone: Mapping[str, Node], new: Mapping[str, Node]) -> list[tuple[str, str]]:
        """Members of one shape whose names are alike, the most alike first."""
        return best_pairs(
            gone,
            new,
            lambda one, other: self._ours.print_of(gone[one]) == self._theirs.print_of(new[other]),
        )

    def _member(
        self, pair: Pair, kind: str, before: str | None, after: str | None, ours: Node, theirs: Node
    ) -> None:
        """A member that only one document has, or that they call differently."""
        a, b, where, _ = pair
        name = before or after or ""
        site = self._ours.of(ours).site if ours else f"{a.base} {name}"
        is_needed = after in b.required if after else before in a.required
        says = [
            None if one is None else f"{one}: {_about(shapes, node)}, {_needed(is_needed)}"
            for one, shapes, node in (
                (before, self._ours, ours),
                (after, self._theirs, theirs),
            )
        ]
        is_new = kind == "member added"
        self._findings.add(
            (site,),
            kind,
            where.at(f"{where.place}.{name}", site),
            before=says[0],
            after=says[1],
            widens=a.closed if is_new else True,
            narrows=is_needed if is_new else True,
            ours=site if ours else None,
            theirs=self._theirs.of(theirs).site if theirs else b.home,
            near=site if ours else a.base,
            whatever=True,
        )

    def _required(self, pair: Pair, name: str) -> None:
        a, b, where, _ = pair
        before, after = name in a.required, name in b.required
        if before != after:
            self._findings.add(
                (a.base, name),
                "requiredness",
                where.at(f"{where.place}.{name}", f"{a.base} {name}"),
                before=_needed(before),
                after=_needed(after),
                widens=before,
                narrows=after,
                ours=a.home,
                theirs=b.home,
            )

    def _others(self, pair: Pair) -> None:
        """Compare what is said of members without a name of their own."""
        a, b, where, _ = pair
        if a.closed != b.closed:
            said = [_yes(shape.closed, "refused", "allowed") for shape in (a, b)]
            self._add(pair, "unknown members", said[0], said[1], a.closed, b.closed)
        elif a.others and b.others:
            self.compare(a.others, b.others, _inside(where, "{}"))
        elif a.others or b.others:
            before, after = _said(a.others), _said(b.others)
            self._add(pair, "unknown members", before, after, bool(a.others), bool(b.others))


def best_pairs(
    gone: Iterable[str], new: Iterable[str], match: Callable[[str, str], bool]
) -> list[tuple[str, str]]:
    """Which of the new names are likely those of what is gone, each at most once."""
    news = list(new)
    likely = sorted(
        (
            (_alike(one, other), one, other)
            for one in gone
            for other in news
            if _alike(one, other) >= LIKELY and match(one, other)
        ),
        key=lambda pair: (-pair[0], *pair[1:]),
    )
    taken: set[str] = set()
    pairs = []
    for _, one, other in likely:
        if one not in taken and f"new {other}" not in taken:
            taken |= {one, f"new {other}"}
            pairs.append((one, other))
    return pairs


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()


def _key(node: Node) -> tuple[str, ...]:
    return tuple(part.pointer for part in node)


def _inside(where: Where, suffix: str) -> Where:
    return where.at(f"{where.place}{suffix}", where.site)


def _covers(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    """Whether the first types include the second."""
    if one is None:
        return True
    if other is None:
        return False
    return other <= (one | {"integer"} if "number" in one else one)


def _narrower(name: str) -> set[str]:
    """The formats whose values are all of this one."""
    return {narrow for narrow, wide in _WIDER.items() if name in wide}


def _kind(shape: Shape) -> str:
    """The kind of a shape for a person."""
    if shape.variants:
        kind = _union(shape) or ""
    else:
        kind = " or ".join(sorted(shape.types)) if shape.types else "anything"
    if shape.format:
        kind += f" ({shape.format})"
    if shape.component:
        kind += f" {shape.component}"
    return f"{kind} or null" if shape.null_at is not None else kind


def _about(shapes: Shapes, node: Node) -> str:
    """All that has to be known of a member to write it down, but what its component says."""
    shape = shapes.of(node)
    said = [_kind(shape)]
    if shape.component is None:
        if shape.values is not None:
            said.append(f"one of {_listed(shape.values)}")
        limits = {**shape.lower, **shape.upper}
        said += (str(_limit(keyword, limit)) for keyword, limit in limits.items())
        said += (f"{rule} {value}" for rule, value in shape.rules.items())
        if shape.items:
            inner = _about(shapes, shape.items)
            said.append(f"of ({inner})" if ", " in inner else f"of {inner}")
    return ", ".join(said)


def _union(shape: Shape) -> str | None:
    return "one of " + ", ".join(v.name for v in shape.variants) if shape.variants else "no union"


def _listed(values: Iterable[str] | None) -> str | None:
    return ", ".join(sorted(value.strip('"') for value in values)) or None if values else None


def _moved(gone: Iterable[str], new: Iterable[str]) -> str:
    said = [("gone", _listed(gone)), ("new", _listed(new))]
    return "; ".join(f"{word}: {values}" for word, values in said if values)


def _limit(keyword: str, limit: float | None) -> str | None:
    return (
        None if limit is None else f"{keyword} {limit:g}" if limit < 1e6 else f"{keyword} {limit}"
    )


def _said(node: Node) -> str | None:
    return "described" if node else None


def _yes(value: bool, yes: str = "yes", no: str = "no") -> str:
    return yes if value else no


def _needed(is_required: bool) -> str:
    return "required" if is_required else "optional"
