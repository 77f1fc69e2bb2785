"""Changes that an API may see one day, each made to a copy of the document, and what is to be said.

`SEEDS` is the table behind docs/spec-diff.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Document = dict[str, Any]

BREAKS: Final = "breaking"
SAFE: Final = "safe"


@dataclass(frozen=True)
class Seed:
    """One change, and the one difference that is to be found."""

    title: str
    make: Callable[[Document], object]
    kind: str
    place: str
    reader: str | None
    writer: str | None


def schema(document: Document, name: str) -> Any:
    """A schema of the document, to be changed."""
    return document["components"]["schemas"][name]


def member(document: Document, name: str, wire: str) -> Any:
    """A member of a schema."""
    return schema(document, name)["properties"][wire]


def put(name: str, wire: str, value: Any) -> Callable[[Document], object]:
    """Give a schema this member."""

    def make(document: Document) -> None:
        schema(document, name)["properties"][wire] = value

    return make


def facet(name: str, wire: str | None, **facets: Any) -> Callable[[Document], object]:
    """Say more, or otherwise, of a schema or one of its members; `None` takes it away."""

    def make(document: Document) -> None:
        node = schema(document, name) if wire is None else member(document, name, wire)
        for key, value in facets.items():
            node.pop(key, None) if value is None else node.update({key: value})

    return make


def drop(name: str, wire: str) -> Callable[[Document], object]:
    """Take a member from a schema."""

    def make(document: Document) -> None:
        del schema(document, name)["properties"][wire]

    return make


def rename(name: str, before: str, after: str) -> Callable[[Document], object]:
    """Call a member otherwise."""

    def make(document: Document) -> None:
        node = schema(document, name)
        node["properties"][after] = node["properties"].pop(before)
        needed = node.get("required", [])
        node["required"] = [after if one == before else one for one in needed]

    return make


def need(name: str, wire: str) -> Callable[[Document], object]:
    """Require a member."""
    return lambda document: schema(document, name).setdefault("required", []).append(wire)


def spare(name: str, wire: str, *, part: int | None = None) -> Callable[[Document], object]:
    """Require a member no more."""

    def make(document: Document) -> None:
        node = schema(document, name)
        (node if part is None else node["allOf"][part])["required"].remove(wire)

    return make


def word(name: str, *, add: str | None = None, remove: str | None = None) -> Any:
    """Add a word to an enumeration, or take one away."""

    def make(document: Document) -> None:
        words = schema(document, name)["enum"]
        if add:
            words.append(add)
        if remove:
            words.remove(remove)

    return make


def path(before: str, after: str) -> Callable[[Document], object]:
    """Put what is at a path elsewhere."""

    def make(document: Document) -> None:
        document["paths"][after] = document["paths"].pop(before)

    return make


def operation(document: Document, where: str) -> Any:
    """The operation called `get /jobs`."""
    method, _, path = where.partition(" ")
    return document["paths"][path][method]


def in_operation(where: str, change: Callable[[Any], object]) -> Callable[[Document], object]:
    """Change one operation."""
    return lambda document: change(operation(document, where))


def change_method(path: str, before: str, after: str) -> Callable[[Document], object]:
    """Give an operation another method."""

    def make(document: Document) -> None:
        item = document["paths"][path]
        item[after] = item.pop(before)

    return make


def media(kind: str, name: str, before: str | None, after: str | None) -> Any:
    """Write a body in another way, or in one way more or less."""

    def make(document: Document) -> None:
        content = document["components"][kind][name]["content"]
        body = content.pop(before) if before else next(iter(content.values()))
        if after:
            content[after] = body

    return make


def parameter(component: str, **facets: Any) -> Callable[[Document], object]:
    """Say otherwise of a parameter."""
    return lambda document: document["components"]["parameters"][component].update(facets)


def limit_of_parameter(component: str, **facets: Any) -> Callable[[Document], object]:
    """Say otherwise of the values of a parameter."""
    return lambda document: document["components"]["parameters"][component]["schema"].update(facets)


def status(where: str, before: str | None, after: str | None) -> Callable[[Document], object]:
    """Answer with another status, or with one more or less."""

    def change(found: Any) -> None:
        answers = found["responses"]
        body = answers.pop(before) if before else answers["503"]
        if after:
            answers[after] = body

    return in_operation(where, change)


def new_variant(document: Document) -> None:
    """Let there be one more kind of hardware constraint."""
    document["components"]["schemas"]["QuantumHardwareConstraint"] = {
        "type": "object",
        "required": ["discriminator", "qubitCount"],
        "properties": {
            "discriminator": {"type": "string", "const": "QuantumHardwareConstraint"},
            "qubitCount": {"type": "integer"},
        },
        "additionalProperties": False,
    }
    reference = "#/components/schemas/QuantumHardwareConstraint"
    union = schema(document, "HardwareConstraint")
    union["oneOf"].append({"$ref": reference})
    union["discriminator"]["mapping"]["QuantumHardwareConstraint"] = reference


def lost_variant(document: Document) -> None:
    """Let there be one kind of scaling policy less."""
    union = schema(document, "ScalingPolicy")
    union["oneOf"] = [o for o in union["oneOf"] if not o["$ref"].endswith("FixedScalingPolicy")]
    del union["discriminator"]["mapping"]["Fixed"]


def no_null(name: str, wire: str) -> Callable[[Document], object]:
    """Take null from a member."""

    def make(document: Document) -> None:
        node = member(document, name, wire)
        if "oneOf" in node:
            node["oneOf"] = [one for one in node["oneOf"] if one.get("type") != "null"]
        else:
            node["type"] = next(one for one in node["type"] if one != "null")

    return make


ANY: Final = {"type": "integer", "format": "int32"}

SEEDS: Final = (
    # --- members
    Seed("a new optional member of jobs to create", put("JobCreate", "priority", ANY),
         "member added", "JobCreate.priority", None, SAFE),
    Seed("a new member of jobs", put("JobProjection", "priority", ANY),
         "member added", "Job.priority", SAFE, None),
    Seed("a new member of tasks to create that must be given",
         lambda d: (put("TaskOverride", "owner", {"type": "string"})(d),
                    d["components"]["schemas"]["TaskOverride"].update(required=["owner"])),
         "member added", "TaskCreate.owner", None, BREAKS),
    Seed("a new member of a closed variant", put("FixedScalingPolicy", "burst", ANY),
         "member added", "FixedScalingPolicy.burst", BREAKS, SAFE),
    Seed("a member of jobs is gone", drop("JobProjection", "maxWallTime"),
         "member removed", "Job.maxWallTime", BREAKS, None),
    Seed("a member of jobs to create is gone", drop("JobCreate", "useDependencies"),
         "member removed", "JobCreate.useDependencies", None, BREAKS),
    Seed("a member of jobs is renamed", rename("JobProjection", "lastModified", "modifiedLast"),
         "member renamed", "Job.lastModified", BREAKS, None),
    Seed("a member of a value both sent and answered is renamed",
         rename("RetrySettings", "maxTotalRetries", "totalRetriesMax"),
         "member renamed", "RetrySettings.maxTotalRetries", BREAKS, BREAKS),
    Seed("a member in a list in an answer is renamed",
         rename("ActiveForward", "forwarderPort", "forwardingPort"),
         "member renamed", "ActiveForward.forwarderPort", BREAKS, None),
    # --- required or not
    Seed("a member must now be given", need("JobCreate", "shortname"),
         "requiredness", "JobCreate.shortname", None, BREAKS),
    Seed("a member need not be given any more", spare("PoolCreate", "profile", part=1),
         "requiredness", "PoolCreate.profile", None, SAFE),
    Seed("an answer may lack a member", spare("Job", "state", part=1),
         "requiredness", "Job.state", BREAKS, None),
    Seed("an answer always has a member", need("Project", "isDefault"),
         "requiredness", "Project.isDefault", SAFE, None),
    # --- null
    Seed("a member of an answer may be null",
         facet("UserInfo", "email", type=["string", "null"]),
         "nullability", "UserInfo.email", BREAKS, None),
    Seed("a member of an answer is never null", no_null("JobProjection", "state"),
         "nullability", "Job.state", SAFE, None),
    Seed("null may not be sent any more", no_null("JobCreate", "maxWallTime"),
         "nullability", "JobCreate.maxWallTime", None, BREAKS),
    Seed("every date may be null", facet("Timestamp", None, type=["string", "null"]),
         "nullability", "Timestamp", BREAKS, None),
    # --- types and formats
    Seed("a number becomes a text", facet("UserInfo", "maxJob", type="string", format=None),
         "type", "UserInfo.maxJob", BREAKS, None),
    Seed("an integer may have a fraction",
         facet("CompletedInstance", "coreCount", type="number", format=None),
         "type", "CompletedInstance.coreCount", BREAKS, None),
    Seed("a text may be a number too", facet("KeyValue", "value", type=["string", "number"]),
         "type", "KeyValue.value", BREAKS, SAFE),
    Seed("a count grows to 64 bits", facet("JobPage", "total", format="int64"),
         "format", "JobPage.total", BREAKS, None),
    Seed("a size shrinks to 32 bits", facet("FixedScalingPolicy", "slotsCount", format="int32"),
         "format", "FixedScalingPolicy.slotsCount", SAFE, BREAKS),
    Seed("durations change their format", facet("TimeSpan", None, format="duration"),
         "format", "TimeSpan", BREAKS, BREAKS),
    # --- enumerations
    Seed("jobs have a new state", word("JobState", add="Paused"),
         "values", "JobState", BREAKS, None),
    Seed("jobs lose a state", word("JobState", remove="Deleting"),
         "values", "JobState", SAFE, None),
    Seed("a way to be scheduled is gone", word("SchedulingType", remove="reserved"),
         "values", "SchedulingType", SAFE, BREAKS),
    Seed("a state is renamed", word("TaskState", add="Succeeded", remove="Success"),
         "values", "TaskState", BREAKS, None),
    Seed("a text becomes an enumeration",
         facet("ForcedNetworkRule", "proto", enum=["tcp", "udp"]),
         "values", "ForcedNetworkRule.proto", SAFE, BREAKS),
    # --- limits
    Seed("names are shorter", facet("JobCreate", "name", maxLength=100),
         "limit", "JobCreate.name", None, BREAKS),
    Seed("names may be longer", facet("JobCreate", "name", maxLength=5000),
         "limit", "JobCreate.name", None, SAFE),
    Seed("fewer tags", facet("TaskUpdate", "tags", maxItems=3),
         "limit", "TaskUpdate.tags", None, BREAKS),
    Seed("any number of tags", facet("JobCreate", "tags", maxItems=None),
         "limit", "JobCreate.tags", None, SAFE),
    Seed("a minimum where there was none",
         facet("PeriodicSnapshotConfig", "interval", minimum=10),
         "limit", "PeriodicSnapshotConfig.interval", None, BREAKS),
    Seed("a stricter pattern", facet("Shortname", None, pattern="^[a-z0-9-]+$"),
         "pattern", "Shortname", None, BREAKS),
    Seed("the pages are shorter", limit_of_parameter("Limit", maximum=20),
         "limit", "query parameter limit", None, BREAKS),
    # --- unions
    Seed("a new kind of hardware constraint", new_variant,
         "variant added", "HardwareConstraint", BREAKS, SAFE),
    Seed("a kind of scaling policy is gone", lost_variant,
         "variant removed", "ScalingPolicy", SAFE, BREAKS),
    Seed("a single task may not be created any more",
         lambda d: d["components"]["requestBodies"]["TaskCreation"]["content"]
         ["application/json"]["schema"]["oneOf"].pop(0),
         "variant removed", "body of createTasks", None, BREAKS),
    # --- what is said of members
    Seed("a member is deprecated", facet("JobCreate", "completionTimeToLive", deprecated=True),
         "deprecated", "JobCreate.completionTimeToLive", None, SAFE),
    Seed("a member may only be read", facet("TaskUpdate", "tags", readOnly=True),
         "readOnly", "TaskUpdate.tags", None, BREAKS),
    Seed("unknown members are allowed", facet("GpuHardwareConstraint", None,
                                              additionalProperties=True),
         "unknown members", "GpuHardwareConstraint", BREAKS, SAFE),
    # --- parameters
    Seed("a parameter must be given", parameter("Force", required=True),
         "requiredness", "query parameter force", None, BREAKS),
    Seed("what a parameter is by default",
         limit_of_parameter("Force", default=True),
         "default", "query parameter force", None, BREAKS),
    Seed("a parameter is gone", in_operation("delete /jobs/{uuid}", lambda o: o.pop("parameters")),
         "parameter removed", "query parameter force", None, BREAKS),
    Seed("a new parameter", in_operation("get /profiles", lambda o: o["parameters"].append(
        {"name": "like", "in": "query", "schema": {"type": "string"}})),
         "parameter added", "query parameter like", None, SAFE),
    Seed("a new parameter that must be given", in_operation(
        "get /profiles", lambda o: o["parameters"].append(
            {"name": "site", "in": "query", "required": True, "schema": {"type": "string"}})),
         "parameter added", "query parameter site", None, BREAKS),
    Seed("a parameter is renamed", parameter("Tag", name="tags"),
         "parameter renamed", "query parameter tag", None, BREAKS),
    Seed("a parameter becomes a header", parameter("CpuModel", **{"in": "header"}),
         "parameter moved", "query parameter cpuModel", None, BREAKS),
    Seed("tags are joined", parameter("Tag", explode=False),
         "style", "query parameter tag", None, BREAKS),
    # --- bodies, statuses, headers
    Seed("a body in another media type",
         media("requestBodies", "JobCreate", "application/json", "application/xml"),
         "media type", "body of createJob", None, BREAKS),
    Seed("a body in one more media type",
         media("requestBodies", "JobCreate", None, "multipart/form-data"),
         "media type", "body of createJob", None, SAFE),
    Seed("an answer in one more media type", media("responses", "Job", None, "text/csv"),
         "media type", "answer 200 of retrieveJob", BREAKS, None),
    Seed("errors are no problem details any more",
         media("responses", "NotFound", "application/problem+json", None),
         "media type", "answer 404 of checkVersion", SAFE, None),
    Seed("a creation needs no body",
         lambda d: d["components"]["requestBodies"]["PoolUpdate"].update(required=False),
         "requiredness", "body of updatePool", None, SAFE),
    Seed("a creation is answered 201", status("post /jobs", "200", "201"),
         "status", "status 200", BREAKS, None),
    Seed("a second success", status("post /pools", None, "202"),
         "status", "status 202", BREAKS, None),
    Seed("a new failure", status("get /jobs", None, "410"), "status", "status 410", SAFE, None),
    Seed("a failure less", status("post /jobs", "402", None), "status", "status 402", SAFE, None),
    Seed("a creation does not say where",
         lambda d: d["components"]["responses"]["JobCreated"].pop("headers"),
         "header", "answer 200 of createJob, header Location", BREAKS, None),
    # --- operations
    Seed("an operation is renamed", path("/jobs/{uuid}/terminate", "/jobs/{uuid}/stop"),
         "operation renamed", "POST /jobs/{uuid}/terminate", BREAKS, BREAKS),
    Seed("an operation has another method", change_method("/pools/{uuid}/close", "post", "put"),
         "method", "POST /pools/{uuid}/close", BREAKS, BREAKS),
    Seed("an operation is gone", lambda d: d["paths"].pop("/tasks/search"),
         "operation removed", "POST /tasks/search", BREAKS, BREAKS),
    Seed("a new operation", lambda d: d["paths"].update(
        {"/queues": {"get": {"operationId": "listQueues", "responses": {
            "200": {"description": "", "content": {"application/json": {
                "schema": {"type": "array", "items": {"type": "string"}}}}}}}}}),
         "operation added", "GET /queues", SAFE, SAFE),
    Seed("an operation is deprecated",
         in_operation("get /jobs", lambda o: o.update(deprecated=True)),
         "deprecated", "GET /jobs", None, SAFE),
    # --- who may ask, and where
    Seed("a token of another kind", lambda d: d["components"]["securitySchemes"].update(
        token={"type": "http", "scheme": "bearer"}),
         "security", "GET /info", None, BREAKS),
    Seed("what was public needs a token",
         in_operation("get /settings", lambda o: o.pop("security")),
         "security", "GET /settings", None, BREAKS),
    Seed("another address", lambda d: d.update(servers=[{"url": "https://api2.qarnot.com"}]),
         "servers", "servers", BREAKS, BREAKS),
)  # fmt: skip
