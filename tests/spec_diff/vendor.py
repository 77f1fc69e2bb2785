"""Our document in the manner of the vendor's: what differs in writing, and in nothing else.

OpenAPI 3.0.3, a version prefix, no operationIds, each operation with parameters, bodies and answers
of its own, several names for JSON, `nullable`, other names for schemas (two of which collide when
lower-cased) and for path parameters, and variants built on a closed base that carries the
discriminator.
"""

from __future__ import annotations

import copy
from typing import Any

Document = dict[str, Any]

_NAMES = {"Created": "ID", "EmptyObject": "Id", "Job": "JobOutput", "JobCreate": "JobCreationInput"}

_MORE_JSON = ("text/json", "application/*+json")

_UNIONS = ("HardwareConstraint", "ScalingPolicy", "ScalingPeriod")


def in_the_manner_of_the_vendor(ours: Document) -> Document:
    """The same API, written otherwise."""
    document = copy.deepcopy(ours)
    document["openapi"] = "3.0.3"
    document["info"] = {"title": "Compute API", "version": "1.0"}
    del document["servers"], document["tags"]
    document["components"]["securitySchemes"]["ApiKey"] = document["components"][
        "securitySchemes"
    ].pop("token")
    document["security"] = [{"ApiKey": []}]
    for name in _UNIONS:
        _on_a_base(document["components"]["schemas"], name)
    document["paths"] = {
        _prefixed(path): _item(document, path, item) for path, item in document["paths"].items()
    }
    for kind in ("parameters", "requestBodies", "responses", "examples", "headers"):
        document["components"].pop(kind, None)
    document = {key: _older(value) for key, value in document.items()}
    schemas = document["components"]["schemas"]
    document["components"]["schemas"] = {
        _NAMES.get(name, f"Q{name}"): schema for name, schema in schemas.items()
    }
    return document


def _prefixed(path: str) -> str:
    return path if path == "/v{version}" else f"/v{{version}}{_renamed(path)}"


def _renamed(path: str) -> str:
    return path.replace("{uuid}", f"{{{path.split('/')[1].rstrip('s')}Uuid}}")


def _item(document: Document, path: str, item: Document) -> Document:
    shared = item.pop("parameters", [])
    for operation in item.values():
        del operation["operationId"]
        parameters = [_inline(document, one) for one in (*shared, *operation.get("parameters", ()))]
        for parameter in parameters:
            if parameter["in"] == "path" and parameter["name"] == "uuid":
                parameter["name"] = f"{path.split('/')[1].rstrip('s')}Uuid"
            if parameter["in"] == "query":
                parameter["name"] = parameter["name"].capitalize()
        if path != "/v{version}":
            version = {"name": "version", "in": "path", "required": True}
            parameters.append({**version, "schema": {"type": "string"}})
        operation["parameters"] = parameters
        if "requestBody" in operation:
            operation["requestBody"] = _body(document, operation["requestBody"])
            content = operation["requestBody"]["content"]
            content["application/json-patch+json"] = content["application/json"]
        operation["responses"] = {
            status: _body(document, answer) for status, answer in operation["responses"].items()
        }
    return item


def _inline(document: Document, node: Document) -> Document:
    if "$ref" not in node:
        return copy.deepcopy(node)
    _, _, kind, name = node["$ref"].split("/")
    found: Document = copy.deepcopy(document["components"][kind][name])
    return found


def _body(document: Document, node: Document) -> Document:
    body = _inline(document, node)
    for content in body.get("content", {}).values():
        content.pop("examples", None)
    if "headers" in body:
        body["headers"] = {n: _inline(document, h) for n, h in body["headers"].items()}
    usual = body.get("content", {}).get("application/json")
    if usual is not None:
        body["content"] |= dict.fromkeys(_MORE_JSON, usual)
        if usual["schema"] != {"type": "string"}:
            body["content"]["text/plain"] = usual
    return body


def _on_a_base(schemas: Document, name: str) -> None:
    """Make a union a closed base with the discriminator, and each variant an extension of it."""
    union = schemas[name]
    tag = union["discriminator"]["propertyName"]
    for reference in union.pop("oneOf"):
        variant = schemas[reference["$ref"].rpartition("/")[2]]
        del variant["properties"][tag]
        variant["required"].remove(tag)
        own = {k: variant.pop(k) for k in list(variant)}
        if not own["required"]:
            del own["required"]
        variant["allOf"] = [{"$ref": f"#/components/schemas/{name}"}, own]
    union |= {
        "type": "object",
        "required": [tag],
        "properties": {tag: {"type": "string", "readOnly": True}},
        "additionalProperties": False,
    }


def _older(node: Any) -> Any:
    """OpenAPI 3.1 as 3.0 says it, with the vendor's names for schemas."""
    if isinstance(node, list):
        return [_older(item) for item in node]
    if isinstance(node, str) and node.startswith("#/components/schemas/"):
        name = node.rpartition("/")[2]
        return f"#/components/schemas/{_NAMES.get(name, f'Q{name}')}"
    if not isinstance(node, dict):
        return node
    made = {key: _older(value) for key, value in node.items()}
    if isinstance(made.get("type"), list):
        kinds = [one for one in made.pop("type") if one != "null"]
        made |= {"type": kinds[0]} if len(kinds) == 1 else {"oneOf": [{"type": k} for k in kinds]}
        made["nullable"] = True
    if isinstance(made.get("const"), str):
        made["enum"] = [made.pop("const")]
    real = [one for one in made.get("oneOf", ()) if one.get("type") != "null"]
    if "oneOf" in made and len(real) < len(made["oneOf"]):
        del made["oneOf"]
        made |= {"allOf": real, "nullable": True}
    return made
