"""Values at the edges of what a schema of the document allows, and just beyond them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from openapi.diff import Shape, Shapes

BITS: Final = {"int32": 32, "int64": 64}

LONGEST: Final = 100_000
"""Longer texts are not tried: no member is limited there."""

STEP: Final = 0.125
"""How far beyond a limit a number is tried."""


class Edge(NamedTuple):
    """A value, in words, and whether the document allows it."""

    value: object
    said: str
    is_allowed: bool


def edges(shapes: Shapes, shape: Shape) -> Iterator[Edge]:
    """The values to try; none where something other than a limit decides."""
    if shape.values is None and not shape.rules and not shape.variants:
        if shape.types == frozenset({"string"}) and shape.format is None:
            yield from _texts(shape)
        elif shape.types == frozenset({"integer"}):
            yield from _integers(shape)
        elif shape.types == frozenset({"number"}):
            yield from _numbers(shape)
        elif shape.types == frozenset({"array"}):
            yield from _lists(shapes, shape)


def _texts(shape: Shape) -> Iterator[Edge]:
    shortest = int(shape.lower.get("minLength", 0))
    for length, is_allowed in _around(shortest, int(shape.upper.get("maxLength", LONGEST))):
        if 0 <= length < LONGEST:
            yield Edge("a" * length, f"a text of {length} characters", is_allowed)


def _integers(shape: Shape) -> Iterator[Edge]:
    half = 1 << (BITS[shape.format or "int64"] - 1)
    lowest = int(shape.lower.get("minimum", -half))
    for number, is_allowed in _around(lowest, int(shape.upper.get("maximum", half - 1))):
        yield Edge(number, str(number), is_allowed)


def _numbers(shape: Shape) -> Iterator[Edge]:
    for limit, step in ((shape.lower.get("minimum"), -STEP), (shape.upper.get("maximum"), STEP)):
        if limit is not None:
            yield Edge(float(limit), str(limit), True)
            yield Edge(limit + step, str(limit + step), False)


def _lists(shapes: Shapes, shape: Shape) -> Iterator[Edge]:
    """Lists of texts, too long or with a text too long."""
    inner = shapes.of(shape.items)
    if inner.types == frozenset({"string"}):
        for one in edges(shapes, inner):
            yield Edge([one.value], f"a list with {one.said}", one.is_allowed)
        if "maxItems" in shape.upper:
            most = int(shape.upper["maxItems"])
            for count in (most, most + 1):
                listed = [str(number) for number in range(count)]
                yield Edge(listed, f"a list of {count}", count == most)


def _around(lowest: int, highest: int) -> Iterator[tuple[int, bool]]:
    yield from ((lowest - 1, False), (lowest, True), (highest, True), (highest + 1, False))
