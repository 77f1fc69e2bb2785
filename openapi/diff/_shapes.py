"""What a schema allows, however it is written.

A shape is the conjunction of one or several schemas: `$ref` and `allOf` are followed, OpenAPI 3.0's
`nullable` and 3.1's null type are one thing, as are `const` and an `enum` of one. A base that is
closed or open alike gives its members to those built on it. Members are read only when asked for,
so recursion does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from openapi.regenerate import Json

from ._document import Document, Object, as_list, as_object, below, canonical, texts

SCHEMAS: Final = "#/components/schemas"

LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")

_HINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "object": ("properties", "additionalProperties", "required", "discriminator"),
    "array": ("items", "minItems", "maxItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "maximum", "multipleOf"),
}
"""The type that a schema without one must mean, by what else it says."""

_KINDS: Final = {bool: "boolean", str: "string", int: "integer", float: "number"}


class Part(NamedTuple):
    """A schema where it stands."""

    schema: Json
    pointer: str


Node: TypeAlias = tuple[Part, ...]
"""Schemas that hold all at once."""


@dataclass(frozen=True)
class Variant:
    """One alternative of a union."""

    node: Node
    name: str
    """Its component, or its kind."""
    tags: frozenset[str] = frozenset()
    """The values of the discriminator that choose it."""


@dataclass
class Shape:
    """What a schema allows."""

    site: str
    """Where it is used."""
    home: str
    """Where it is written: a component, or the place of its use."""
    base: str = ""
    """The first schema of which it is composed."""
    types: frozenset[str] | None = None
    """JSON types besides null; none for any."""
    null_at: str | None = None
    """Where it is said that null is allowed; none when it is not."""
    format: str | None = None
    values: frozenset[str] | None = None
    """The only values allowed, as JSON."""
    lower: dict[str, float] = field(default_factory=dict)
    upper: dict[str, float] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    """Patterns, `not` and the like, which can only be compared as a whole."""
    members: dict[str, Node] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    closed: bool = False
    others: Node = ()
    """What members without a name of their own are, where that is said."""
    items: Node = ()
    variants: Sequence[Variant] = ()
    tag: str | None = None
    """The member that tells the variants apart."""
    default: str | None = None
    deprecated: bool = False
    read_only: bool = False
    write_only: bool = False

    @property
    def component(self) -> str | None:
        """The name of the component that it is, if it is one."""
        return component_name(self.home)


def component_name(pointer: str) -> str | None:
    """The name in the pointer of a schema component."""
    head, _, name = pointer.rpartition("/")
    return name if head == SCHEMAS else None


@dataclass
class _Flat:
    """The schemas without references that make up a shape, and what its place of use adds."""

    parts: list[Part] = field(default_factory=list)
    home: str | None = None
    null_at: str | None = None
    variants: list[Part] = field(default_factory=list)
    tag: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    base: tuple[str, dict[str, str], str] | None = None
    """The discriminator of the base, its mapping, and where it is."""


class Shapes:
    """Reads the shapes of one document."""

    def __init__(self, document: Document) -> None:
        """Read from this document."""
        self._document = document
        self._known: dict[tuple[str, ...], Shape] = {}
        self._prints: dict[tuple[tuple[str, ...], int], str] = {}
        self._built_on = self._descendants()

    def _descendants(self) -> dict[str, list[str]]:
        """Which components are built on which, by pointer."""
        found: dict[str, list[str]] = {}
        schemas = as_object(as_object(self._document.root.get("components")).get("schemas"))
        for name, schema in schemas.items():
            for part in as_list(as_object(schema).get("allOf")):
                reference = as_object(part).get("$ref")
                if isinstance(reference, str):
                    found.setdefault(reference, []).append(below(SCHEMAS, name))
        return found

    def of(self, node: Node) -> Shape:
        """What these schemas allow together."""
        key = tuple(part.pointer for part in node)
        if key not in self._known:
            self._known[key] = self._read(node)
        return self._known[key]

    def of_component(self, name: str) -> Shape:
        """What the schema of that name allows."""
        pointer = below(SCHEMAS, name)
        return self.of((Part({"$ref": pointer}, pointer),))

    # --- reading -----------------------------------------------------------------------------

    def _read(self, node: Node) -> Shape:
        flats = [self._flat(part) for part in node]
        site = node[-1].pointer if node else ""
        nulls = [flat.null_at for flat in flats]
        shape = Shape(site, (flats[-1].home if flats else None) or site)
        shape.null_at = nulls[0] if nulls and None not in nulls else None
        parts = [part for flat in flats for part in flat.parts]
        shape.base = parts[0].pointer if parts else shape.home
        for part in parts:
            self._conjoin(shape, part)
        for flat in flats:
            if flat.variants and not shape.variants:
                shape.tag, shape.variants = flat.tag, self._variants(flat)
        for flat in flats:
            if flat.base is not None:
                tag, mapping, where = flat.base
                tags = [value for value, target in mapping.items() if target == shape.home]
                names: list[Json] = [*(tags or [shape.component or ""])]
                here = below(where, "properties", tag)
                shape.members[tag] = (Part({"type": "string", "enum": names}, here),)
        if shape.types is not None:
            if "null" in shape.types:
                shape.null_at = shape.null_at or shape.home
            shape.types -= {"null"}
        if shape.values is not None:
            shape.values -= {"null"}
        return shape

    def _flat(self, part: Part) -> _Flat:
        flat = _Flat()
        self._flatten(part, flat, frozenset(), is_site=True)
        return flat

    def _flatten(self, part: Part, flat: _Flat, seen: frozenset[str], *, is_site: bool) -> None:
        """Collect what a schema is made of; `is_site` while it is nothing but the place of use."""
        schema, pointer = as_object(part.schema), part.pointer
        rest: Object = {key: value for key, value in schema.items() if key not in _FOLLOWED}
        alternatives = list(_alternatives(part))
        real = [one for one in alternatives if not _is_null(one.schema)]
        says_null = schema.get("nullable") is True or _says_null(schema)
        if is_site and (says_null or len(real) < len(alternatives)):
            flat.null_at = flat.null_at or pointer
        self._refer(schema, flat, seen, is_site=is_site)
        bases = as_list(schema.get("allOf"))
        for index, item in enumerate(bases):
            alone = is_site and len(bases) == 1 and not _says_more(rest)
            inner = Part(item, below(pointer, "allOf", index))
            alone = alone and not self._is_base_of(item, pointer)
            self._flatten(inner, flat, seen, is_site=alone)
        if len(real) == 1:
            self._flatten(real[0], flat, seen, is_site=is_site)
        elif real:
            self._unite(schema, pointer, real, flat)
        elif "discriminator" in schema:
            rest = self._extend(schema, pointer, rest, flat, is_site=is_site)
        if rest or not (real or bases or "$ref" in schema):
            flat.parts.append(Part(rest, pointer))

    def _refer(self, schema: Object, flat: _Flat, seen: frozenset[str], *, is_site: bool) -> None:
        """Follow a reference."""
        reference = schema.get("$ref")
        if not isinstance(reference, str) or reference in seen:
            return
        target, _ = self._document.resolve({"$ref": reference}, "")
        raw = self._one_step(reference)
        if is_site and (flat.home is None or "$ref" in as_object(raw)):
            flat.home = reference
        inner = Part(raw if raw is not None else target, reference)
        self._flatten(inner, flat, seen | {reference}, is_site=is_site)

    def _unite(self, schema: Object, pointer: str, real: list[Part], flat: _Flat) -> None:
        """Take in a union; one of types alone is a type like `["string", "number"]`."""
        if all(_is_plain(as_object(one.schema)) for one in real):
            kinds: list[Json] = [as_object(one.schema)["type"] for one in real]
            flat.parts.append(Part({"type": kinds}, pointer))
        else:
            flat.variants += real
            self._discriminate(schema, flat)

    def _extend(
        self, schema: Object, pointer: str, rest: Object, flat: _Flat, *, is_site: bool
    ) -> Object:
        """Take in a base with a discriminator; what it says itself of the shape at hand.

        Where it is used it is the union of what is built on it; there, it says which one that is.
        """
        subtypes = self._subtypes(schema, pointer)
        if is_site and subtypes:
            flat.variants += [Part({"$ref": target}, target) for target in subtypes]
            self._discriminate(schema, flat)
            return {key: value for key, value in rest.items() if key in _OF_THE_USE}
        name = as_object(schema["discriminator"]).get("propertyName")
        if not is_site and isinstance(name, str):
            flat.base = name, _mapping(schema), pointer
        return rest

    def _one_step(self, reference: str) -> Json:
        """The schema that a reference leads to, with the reference that this may be itself."""
        name = component_name(reference)
        return None if name is None else self._document.component("schemas", name)

    def _subtypes(self, schema: Object, pointer: str) -> list[str]:
        """The schemas of which one with a discriminator, and no union, is the base."""
        mapping = _mapping(schema).values()
        known = [target for target in dict.fromkeys(mapping) if target != pointer]
        return known or self._built_on.get(pointer, [])

    def _is_base_of(self, item: Json, pointer: str) -> bool:
        """Whether a schema is the base, with a discriminator, of the one at a pointer."""
        target, where = self._document.resolve(item, "")
        return "discriminator" in target and pointer in self._subtypes(target, where)

    def _discriminate(self, schema: Object, flat: _Flat) -> None:
        name = as_object(schema.get("discriminator")).get("propertyName")
        if isinstance(name, str):
            flat.tag = name
            flat.mapping = _mapping(schema)

    def _variants(self, flat: _Flat) -> list[Variant]:
        return [self._variant(part, flat.tag, flat.mapping) for part in flat.variants]

    def _variant(self, part: Part, tag: str | None, mapping: Mapping[str, str]) -> Variant:
        node = (part,)
        reference = as_object(part.schema).get("$ref")
        component = component_name(reference) if isinstance(reference, str) else None
        name = component or str(as_object(part.schema).get("type", "inline"))
        tags = {value for value, target in mapping.items() if target == reference}
        return Variant(node, name, frozenset(tags) or self.tags(node, tag, component))

    def tags(self, node: Node, tag: str | None, name: str | None) -> frozenset[str]:
        """The values of the discriminator that a variant itself says it has."""
        if tag is None:
            return frozenset()
        member = self.of(node).members.get(tag)
        values = self.of(member).values if member is not None else None
        if values:
            return frozenset(value.strip('"') for value in values)
        return frozenset() if name is None else frozenset({name})

    # --- conjunction -------------------------------------------------------------------------

    def _conjoin(self, shape: Shape, part: Part) -> None:
        """Let a shape also obey one more schema."""
        schema, pointer = as_object(part.schema), part.pointer
        types = _types(schema)
        if types is not None:
            shape.types = types if shape.types is None else _common(shape.types, types)
        if isinstance(schema.get("format"), str):
            shape.format = str(schema["format"])
        values = _values(schema)
        if values is not None:
            shape.values = values if shape.values is None else shape.values & values
        for keyword, limit in _limits(schema).items():
            if keyword in LOWER:
                shape.lower[keyword] = max(limit, shape.lower.get(keyword, limit))
            else:
                shape.upper[keyword] = min(limit, shape.upper.get(keyword, limit))
        for keyword, rule in self._rules(schema).items():
            known = {*shape.rules.get(keyword, "").splitlines(), rule}
            shape.rules[keyword] = "\n".join(sorted(known - {""}))
        self._conjoin_inner(shape, schema, pointer)
        if "default" in schema:
            shape.default = canonical(schema["default"])
        shape.deprecated |= schema.get("deprecated") is True
        shape.read_only |= schema.get("readOnly") is True
        shape.write_only |= schema.get("writeOnly") is True

    def _conjoin_inner(self, shape: Shape, schema: Object, pointer: str) -> None:
        """The same for what is inside it."""
        for name, member in as_object(schema.get("properties")).items():
            here = Part(member, below(pointer, "properties", name))
            shape.members[name] = (*shape.members.get(name, ()), here)
        shape.required |= frozenset(texts(schema.get("required")))
        more = schema.get("additionalProperties")
        shape.closed |= more is False or schema.get("unevaluatedProperties") is False
        if isinstance(more, dict) and more:
            shape.others = (*shape.others, Part(more, below(pointer, "additionalProperties")))
        if as_object(schema.get("items")):
            shape.items = (*shape.items, Part(schema["items"], below(pointer, "items")))

    def _rules(self, schema: Object) -> dict[str, str]:
        rules = {
            keyword: canonical(self._bare(schema[keyword], 8))
            for keyword in ("not", "multipleOf", "uniqueItems", "prefixItems", "propertyNames")
            if schema.get(keyword) not in (None, False)
        }
        if isinstance(schema.get("pattern"), str):
            rules["pattern"] = str(schema["pattern"])
        return rules

    def _bare(self, node: Json, depth: int) -> Json:
        """A schema without names and prose."""
        if isinstance(node, list):
            bare = [self._bare(item, depth) for item in node]
            return sorted(bare, key=canonical)
        if not isinstance(node, dict) or depth == 0:
            return node if not isinstance(node, dict) else {}
        target, _ = self._document.resolve(node, "")
        return {
            key: self._bare(value, depth - 1)
            for key, value in target.items()
            if key not in _PROSE and not key.startswith("x-")
        }

    # --- comparing as a whole ----------------------------------------------------------------

    def print_of(self, node: Node, depth: int = 5) -> str:
        """Text that is equal when two shapes allow the same, as deep as that."""
        key = tuple(part.pointer for part in node), depth
        if key not in self._prints:
            self._prints[key] = "…" if depth == 0 else canonical(self._describe(node, depth - 1))
        return self._prints[key]

    def _describe(self, node: Node, depth: int) -> Json:
        shape = self.of(node)

        def inner(one: Node) -> str | None:
            return self.print_of(one, depth) if one else None

        return {
            "types": _sorted(shape.types),
            "null": shape.null_at is not None,
            "format": shape.format,
            "values": _sorted(shape.values),
            "limits": {**shape.lower, **shape.upper},
            "rules": dict(shape.rules),
            "members": {name: inner(member) for name, member in shape.members.items()},
            "required": _sorted(shape.required),
            "closed": shape.closed,
            "others": inner(shape.others),
            "items": inner(shape.items),
            "variants": _sorted(
                canonical([_sorted(variant.tags), inner(variant.node)])
                for variant in shape.variants
            ),
        }


_FOLLOWED: Final = {
    *("$ref", "allOf", "oneOf", "anyOf", "nullable", "discriminator"),
    *("description", "title", "summary", "example", "examples", "externalDocs", "xml"),
}
_PROSE: Final = {"description", "title", "summary", "example", "examples", "externalDocs"}
_OF_THE_USE: Final = {"deprecated", "default", "readOnly", "writeOnly"}


def _sorted(values: Iterable[str] | None) -> Json:
    if values is None:
        return None
    listed: list[Json] = [*sorted(values)]
    return listed


def _alternatives(part: Part) -> Iterator[Part]:
    for keyword in ("oneOf", "anyOf"):
        for index, item in enumerate(as_list(as_object(part.schema).get(keyword))):
            yield Part(item, below(part.pointer, keyword, index))


def _says_more(rest: Object) -> bool:
    """Whether a schema says more than its only base does."""
    return any(key not in {"type", *_OF_THE_USE} and not key.startswith("x-") for key in rest)


def _is_plain(schema: Object) -> bool:
    """Whether a schema is the type of a scalar, and nothing more."""
    return schema.keys() == {"type"} and schema["type"] not in ("array", "object")


def _says_null(schema: Object) -> bool:
    declared = schema.get("type")
    return isinstance(declared, list) and "null" in declared


def _is_null(alternative: Json) -> bool:
    schema = as_object(alternative)
    return schema.get("type") == "null" or ("const" in schema and schema["const"] is None)


def _mapping(schema: Object) -> dict[str, str]:
    mapping = as_object(as_object(schema.get("discriminator")).get("mapping"))
    return {
        tag: target if "/" in target else below(SCHEMAS, target)
        for tag, target in mapping.items()
        if isinstance(target, str)
    }


def _types(schema: Object) -> frozenset[str] | None:
    """The JSON types of a schema, null included; none where it says nothing about them."""
    declared = schema.get("type")
    if isinstance(declared, str):
        return frozenset({declared})
    if isinstance(declared, list):
        return frozenset(texts(declared))
    values = _values(schema)
    if values is not None:
        kinds = {_KINDS.get(type(value), "") for value in _raw_values(schema)}
        return frozenset(kinds - {""}) or None
    for kind, hints in _HINTS.items():
        if any(hint in schema for hint in hints):
            return frozenset({kind})
    return None


def _common(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """The types in both, an integer being a number."""
    both = one & other
    if "integer" in one | other and "number" in one | other:
        both |= {"integer"}
    return both


def _raw_values(schema: Object) -> list[Json]:
    return [schema["const"]] if "const" in schema else as_list(schema.get("enum"))


def _values(schema: Object) -> frozenset[str] | None:
    if "const" not in schema and not isinstance(schema.get("enum"), list):
        return None
    return frozenset(map(canonical, _raw_values(schema)))


def _limits(schema: Object) -> dict[str, float]:
    """The limits of a schema; OpenAPI 3.0 says whether they are exclusive with a boolean."""
    limits: dict[str, float] = {}
    for keyword in (*LOWER, *UPPER):
        limit = schema.get(keyword)
        if isinstance(limit, bool) or not isinstance(limit, int | float):
            continue
        exclusive = f"exclusive{keyword.capitalize()}"
        limits[exclusive if schema.get(exclusive) is True else keyword] = limit
    return limits
