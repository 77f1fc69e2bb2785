"""The API document is valid, complete, strict, and its examples keep to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.apart import apart

DOCUMENT: Final = Path(__file__).parents[2] / "openapi" / "qarnot-compute.yaml"
BASE: Final = "urn:qarnot-compute"
METHODS: Final = ("get", "put", "post", "delete", "patch")

OPERATIONS: Final = {
    ("get", "/settings"): "retrieveSettings",
    ("get", "/info"): "retrieveUserInfo",
    ("get", "/v{version}"): "checkVersion",
    ("get", "/versions"): "listVersions",
    ("get", "/profiles"): "listProfiles",
    ("get", "/profiles/{name}"): "retrieveProfile",
    ("get", "/hardware-constraints"): "listHardwareConstraints",
    (
        "get",
        "/hardware-constraints/cpu-model-constraints/search",
    ): "searchCpuModelConstraints",
    ("get", "/quotas/computing-quotas/user"): "retrieveUserComputingQuotas",
    ("get", "/quotas/computing-quotas/organization"): "retrieveOrganizationComputingQuotas",
    ("get", "/jobs"): "listJobs",
    ("post", "/jobs"): "createJob",
    ("get", "/jobs/{uuid}"): "retrieveJob",
    ("delete", "/jobs/{uuid}"): "deleteJob",
    ("post", "/jobs/{uuid}/terminate"): "terminateJob",
    ("get", "/jobs/{uuid}/tasks"): "listJobTasks",
    ("post", "/jobs/search"): "searchJobs",
    ("post", "/jobs/paginate"): "paginateJobs",
    ("get", "/tasks"): "listTasks",
    ("get", "/tasks/summaries"): "listTaskSummaries",
    ("post", "/tasks"): "createTasks",
    ("get", "/tasks/{uuid}"): "retrieveTask",
    ("put", "/tasks/{uuid}"): "updateTask",
    ("patch", "/tasks/{uuid}"): "resyncTask",
    ("delete", "/tasks/{uuid}"): "deleteTask",
    ("post", "/tasks/{uuid}/abort"): "abortTask",
    ("get", "/tasks/{uuid}/stdout"): "retrieveTaskStdout",
    ("post", "/tasks/{uuid}/stdout"): "consumeTaskStdout",
    ("get", "/tasks/{uuid}/stderr"): "retrieveTaskStderr",
    ("post", "/tasks/{uuid}/stderr"): "consumeTaskStderr",
    ("get", "/tasks/{uuid}/stdout/{instanceId}"): "retrieveTaskInstanceStdout",
    ("post", "/tasks/{uuid}/stdout/{instanceId}"): "consumeTaskInstanceStdout",
    ("get", "/tasks/{uuid}/stderr/{instanceId}"): "retrieveTaskInstanceStderr",
    ("post", "/tasks/{uuid}/stderr/{instanceId}"): "consumeTaskInstanceStderr",
    ("post", "/tasks/search"): "searchTasks",
    ("post", "/tasks/paginate"): "paginateTasks",
    ("post", "/tasks/summaries/paginate"): "paginateTaskSummaries",
    ("post", "/tasks/{uuid}/snapshot"): "createTaskSnapshot",
    ("get", "/tasks/{uuid}/snapshot/{snapshotId}"): "retrieveTaskSnapshot",
    ("post", "/tasks/{uuid}/snapshot/periodic"): "createTaskPeriodicSnapshot",
    ("post", "/tasks/{uuid}/retry"): "retryTask",
    ("post", "/tasks/{uuid}/recover"): "recoverTask",
    ("post", "/tasks/{uuid}/resume"): "resumeTask",
    ("post", "/tasks/{uuid}/clone"): "cloneTask",
    ("post", "/tasks/{uuid}/restart"): "restartTask",
    ("get", "/pools"): "listPools",
    ("get", "/pools/summaries"): "listPoolSummaries",
    ("post", "/pools"): "createPool",
    ("get", "/pools/{uuid}"): "retrievePool",
    ("put", "/pools/{uuid}"): "updatePool",
    ("patch", "/pools/{uuid}"): "resyncPool",
    ("delete", "/pools/{uuid}"): "deletePool",
    ("post", "/pools/{uuid}/close"): "closePool",
    ("get", "/pools/{uuid}/jobs"): "listPoolJobs",
    ("get", "/pools/{uuid}/tasks"): "listPoolTasks",
    ("get", "/pools/{uuid}/stdout"): "retrievePoolStdout",
    ("post", "/pools/{uuid}/stdout"): "consumePoolStdout",
    ("get", "/pools/{uuid}/stderr"): "retrievePoolStderr",
    ("post", "/pools/{uuid}/stderr"): "consumePoolStderr",
    ("get", "/pools/{uuid}/stdout/{instanceId}"): "retrievePoolInstanceStdout",
    ("post", "/pools/{uuid}/stdout/{instanceId}"): "consumePoolInstanceStdout",
    ("get", "/pools/{uuid}/stderr/{instanceId}"): "retrievePoolInstanceStderr",
    ("post", "/pools/{uuid}/stderr/{instanceId}"): "consumePoolInstanceStderr",
    ("get", "/pools/{uuid}/scaling"): "retrievePoolScaling",
    ("put", "/pools/{uuid}/scaling"): "updatePoolScaling",
    ("post", "/sanity-checks/pools/scaling"): "checkPoolScaling",
    ("post", "/pools/search"): "searchPools",
    ("post", "/pools/paginate"): "paginatePools",
    ("post", "/pools/summaries/paginate"): "paginatePoolSummaries",
    ("post", "/pools/{uuid}/clone"): "clonePool",
}
PUBLIC: Final = {"retrieveSettings", "listVersions"}

ENUMERATIONS: Final = {
    "JobState": "Active Terminating Completed Deleting",
    "TaskState": "Submitted PartiallyDispatched FullyDispatched PartiallyExecuting FullyExecuting"
    " UploadingResults Success Failure Cancelled PendingCancel PendingDelete",
    "PoolState": "Submitted PartiallyDispatched FullyDispatched PartiallyExecuting FullyExecuting"
    " Closing Closed Failure PendingDelete",
    "SchedulingType": "flex onDemand reserved",
    "OrderType": "ASC DESC",
    "LogicalOperator": "And Or",
    "ValueOperator": "Equal NotEqual LessThan LessThanOrEqual GreaterThan GreaterThanOrEqual Like",
    "ValuesOperator": "In NotIn",
    "ForcedConstantAccess": "readOnly readWrite",
    "SnapshotStatus": "triggered inProgress success failure",
    "FinalStateCondition": "success failure cancelled",
    "DependencyState": "waiting dependencyConditionsFulfilled dependencyConditionsNotFulfilled",
    "Weekday": "sunday monday tuesday wednesday thursday friday saturday",
    "InstancePhase": "download dispatch environment execution shutdown upload",
}

LONGEST_TIME_SPAN: Final = "10675199.02:48:05.4775807"

formats: Final = FormatChecker(("date", "date-time", "uuid"))


@formats.checks("time-span")  # type: ignore[untyped-decorator]
def _is_time_span(value: object) -> bool:
    """Say whether a text is a .NET constant time span, told apart without the pattern's help."""
    if not isinstance(value, str):
        return True
    clock = value.removeprefix("-")
    days, dot, rest = clock.partition(".")
    if dot and ":" not in days:
        clock = rest
    else:
        days = "0"
    hours, minutes, seconds = [*clock.split(":"), "", "", ""][:3]
    whole, dot, fraction = seconds.partition(".")
    if value.removeprefix("-") == LONGEST_TIME_SPAN:
        return True
    return (
        clock.count(":") == 2
        and clock.isascii()
        and days.isascii()
        and days.isdigit()
        and int(days) < 10_675_199
        and all(len(part) == 2 and part.isdigit() for part in (hours, minutes, whole))
        and int(hours) < 24
        and int(minutes) < 60
        and int(whole) < 60
        and (fraction.isdigit() and len(fraction) <= 7 if dot else True)
    )


@formats.checks("int32")  # type: ignore[untyped-decorator]
def _is_int32(value: object) -> bool:
    """Say whether a number fits 32 bits with a sign."""
    return not isinstance(value, int) or -(2**31) <= value < 2**31


class Operation(NamedTuple):
    """One operation with what the document says of it, references not followed."""

    method: str
    path: str
    said: dict[str, Any]
    parameters: list[dict[str, Any]]

    @property
    def secured(self) -> bool:
        """Whether the operation needs a token."""
        return self.said.get("security") != []


class Case(NamedTuple):
    """A value and the place of the schema it must keep to."""

    schema: str
    value: Any


@cache
def document() -> dict[str, Any]:
    """Read the document once."""
    loaded = yaml.load(DOCUMENT.read_text(encoding="utf-8"), yaml.CSafeLoader)
    assert isinstance(loaded, dict)
    return loaded


def schemas() -> dict[str, Any]:
    """Give the named schemas."""
    found = document()["components"]["schemas"]
    assert isinstance(found, dict)
    return found


def follow(node: Any) -> Any:
    """Give what a reference within the document stands for, or the node itself."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document()
        for step in str(node["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


@cache
def operations() -> list[Operation]:
    """List every operation of the document."""
    return [
        Operation(
            method,
            path,
            item[method],
            [follow(p) for p in [*item.get("parameters", []), *item[method].get("parameters", [])]],
        )
        for path, item in document()["paths"].items()
        for method in METHODS
        if method in item
    ]


def named(name: str) -> Operation:
    """Give the operation with this operationId."""
    return next(op for op in operations() if op.said["operationId"] == name)


def pointer(*steps: object) -> str:
    """Write a JSON pointer as a URI fragment."""
    return "".join(
        "/" + quote(str(step).replace("~", "~0").replace("/", "~1"), safe="") for step in steps
    )


def walk(node: Any, *steps: object) -> Iterator[tuple[tuple[object, ...], dict[str, Any]]]:
    """Visit every object of the document except the values of examples."""
    if isinstance(node, dict):
        yield steps, node
        for key, child in node.items():
            if key not in ("example", "examples"):
                yield from walk(child, *steps, key)
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from walk(child, *steps, index)


def examples() -> Iterator[tuple[str, Case]]:
    """Find every example, of media types, headers, parameters and schemas."""
    for steps, node in walk(document()):
        given = node.get("examples")
        if isinstance(given, list):
            for index, value in enumerate(given):
                yield f"{'.'.join(map(str, steps))}.{index}", Case(pointer(*steps), value)
        if "schema" not in node:
            continue
        if isinstance(given, dict):
            for name, example in given.items():
                yield (
                    f"{'.'.join(map(str, steps))}.{name}",
                    Case(pointer(*steps, "schema"), follow(example)["value"]),
                )
        if "example" in node:
            yield ".".join(map(str, steps)), Case(pointer(*steps, "schema"), node["example"])


@cache
def registry() -> Registry[Any]:
    """Let schemas of the document refer to each other."""
    resource: Resource[Any] = Resource.from_contents(document(), default_specification=DRAFT202012)
    filled: Registry[Any] = Registry().with_resource(BASE, resource)
    return filled


def complaints(case: Case) -> list[str]:
    """Give the reasons why a value does not keep to its schema."""
    validator = Draft202012Validator(
        {"$ref": f"{BASE}#{case.schema}"}, registry=registry(), format_checker=formats
    )
    return [
        f"{error.json_path}: {error.message}"
        for error in sorted(validator.iter_errors(case.value), key=str)
    ]


def component(name: str, value: Any) -> Case:
    """Hold a value to a named schema."""
    return Case(pointer("components", "schemas", name), value)


def schema_of(case: Case) -> str:
    """Give the name of the schema that a case is about."""
    return case.schema.rpartition("/")[2]


def example_of(name: str) -> dict[str, Any]:
    """Give a fresh copy of an example that is an object."""
    value = document()["components"]["examples"][name]["value"]
    assert isinstance(value, dict)
    return dict(value)


def without(value: Mapping[str, Any], member: str) -> dict[str, Any]:
    """Give an object without one of its members."""
    return {key: kept for key, kept in value.items() if key != member}


FOUND: Final = list(examples())

ACCEPTED: Final = [
    component("JobCreate", {"name": "n" * 2047, "tags": ["t" * 511] * 9}),
    component("JobCreate", {"name": "n", "unheardOf": 1}),
    component("Job", example_of("JobBare") | {"unheardOf": 1}),
    component("TaskCreate", {"name": "n", "profile": "p", "poolUuid": None, "instanceCount": 1}),
    component("TaskCreate", {"name": "n", "resourceBuckets": [], "advancedResourceBuckets": []}),
    component("TaskDependenciesCreate", {"dependsOn": [], "advancedDependsOn": None}),
    component("PoolUpdate", {}),
    component("ExecutionStatus", {}),
    component("ReportedHardwareConstraint", {"discriminator": "Newer", "anything": [1]}),
    component("Filter", {"operator": "Equal", "field": "UseDependencies", "value": True}),
    component("ErrorBody", {"message": None}),
    component("ErrorBody", {"error": "no"}),
    component("ErrorBody", {"error": {"message": "no", "code": 401}, "data": {}}),
    component("ErrorBody", {"title": "no", "status": 400, "errors": {"policies[0]": ["no"]}}),
    component("TimeSpan", LONGEST_TIME_SPAN),
    component("TimeSpan", "10675198.23:59:59.9999999"),
    component("TimeSpan", "-00:00:01"),
    component("Timestamp", "2014-12-24T15:10:54.8659210Z"),
]

REFUSED: Final = [
    component("JobCreate", {}),
    component("JobCreate", {"name": ""}),
    component("JobCreate", {"name": None}),
    component("JobCreate", {"name": "n" * 2048}),
    component("JobCreate", {"name": "n", "tags": ["t"] * 10}),
    component("JobCreate", {"name": "n", "tags": ["t" * 512]}),
    component("JobCreate", {"name": "n", "tags": [None]}),
    component("JobCreate", {"name": "n", "shortname": "ends-in-"}),
    component("JobCreate", {"name": "n", "shortname": "under_score"}),
    component("JobCreate", {"name": "n", "poolUuid": "not-a-uuid"}),
    component("JobCreate", {"name": "n", "maxWallTime": "24:00:00"}),
    component("JobCreate", {"name": "n", "maxWallTime": 3600}),
    component("JobCreate", {"name": "n", "useDependencies": "true"}),
    component("Job", without(example_of("JobBare"), "maxWallTime")),
    component("Job", example_of("JobBare") | {"state": "Success"}),
    component("Job", example_of("JobBare") | {"state": "active"}),
    component("Job", example_of("JobBare") | {"creationDate": "2026-03-15T17:59:58"}),
    component("Job", example_of("JobBare") | {"uuid": None}),
    component("TaskCreate", {"profile": "p"}),
    component("TaskCreate", {"name": "n", "instanceCount": 1, "advancedRanges": "0-2"}),
    component("TaskCreate", {"name": "n", "instanceCount": 2049}),
    component("TaskCreate", {"name": "n", "profile": "p", "poolUuid": "0" * 8 + "-0000" * 4}),
    component(
        "TaskCreate",
        {
            "name": "n",
            "resourceBuckets": ["b"],
            "advancedResourceBuckets": [{"bucketName": "b"}],
        },
    ),
    component("TaskCreate", {"name": "n", "constants": [{"key": "a b", "value": ""}]}),
    component("TaskCreate", {"name": "n", "constants": [{"key": "a", "value": ""}] * 151}),
    component("TaskCreate", {"name": "n", "hardwareConstraints": [{"discriminator": "Newer"}]}),
    component(
        "TaskDependenciesCreate",
        {
            "dependsOn": ["7c9b1f0e-2d64-4b52-9a53-0f1f7a1c2b3d"],
            "advancedDependsOn": [{"taskUuid": "b3a7d2c4-58e1-4f0a-8c7d-6e5f4a3b2c1d"}],
        },
    ),
    component("Task", without(example_of("TaskEnded"), "status")),
    component("Task", example_of("TaskEnded") | {"state": "DownloadingResults"}),
    component("TaskSummary", without(example_of("TaskEnded"), "endDate")),
    component("PoolCreate", {"name": "n"}),
    component("PoolCreate", {"name": "n", "profile": "p", "tags": ["t"] * 11}),
    component(
        "PoolCreate", {"name": "n", "profile": "p", "scaling": {"policies": [{"name": "a"}]}}
    ),
    component(
        "PoolCreate", {"name": "n", "profile": "p", "elasticProperty": {"rampResizeFactor": 1.5}}
    ),
    component("ReportedHardwareConstraint", {"discriminator": "MinimumCoreHardwareConstraint"}),
    component("ReportedHardwareConstraint", {"coreCount": 1}),
    component(
        "HardwareConstraint",
        {"discriminator": "GpuHardwareConstraint", "coreCount": 1},
    ),
    component("Filter", {"operator": "In", "field": "State", "value": ["Active"]}),
    component("Filter", {"operator": "Equal", "field": "State", "value": ["Active"]}),
    component("Filter", {"operator": "And", "filters": [{"operator": "Or"}]}),
    component("Filter", {"operator": "and", "filters": []}),
    component("DataDetail", {"select": ["Uuid"]}),
    component("PageRequest", {"orderType": "asc"}),
    component("JobPage", without(example_of("JobPageLast"), "isTruncated")),
    component("Created", {}),
    component("ErrorBody", {}),
    component("ErrorBody", {"error": None}),
    component("ErrorBody", "Service Unavailable"),
    component("ErrorBody", {"title": "no", "status": 400, "errors": {"name": "no"}}),
    component("ApiVersion", {"version": "v1", "endOfLife": "0001-01-01T00:00:00Z"}),
    *(
        component("TimeSpan", text)
        for text in ("", "1:2:3", "24:00:00", "10.00:00:00abc", "00:00:00.12345678", "00:60:00")
    ),
    component("WeeklyScalingPeriod", {"type": "Weekly", "days": [1], "startTimeUtc": "07:00:00"}),
    component("RetrySettings", {"maxTotalRetries": 2**31}),
]


def test_the_document_is_valid_openapi() -> None:
    """The document is valid OpenAPI 3.1, references and parameters of paths included."""
    validate(document(), cls=OpenAPIV31SpecValidator)


def test_the_document_calls_itself_independent() -> None:
    """The document says in its title and description that it is independent and unofficial."""
    info = document()["info"]
    assert "independent description" in info["title"]
    assert "independent, unofficial" in info["description"]
    assert info["license"]["identifier"] == "Apache-2.0"


def test_the_operations_are_the_known_ones() -> None:
    """The document has every known operation under its name, and no other."""
    found = {(op.method, op.path): op.said.get("operationId") for op in operations()}
    odd = apart(found.items(), OPERATIONS.items())
    assert not odd, f"OPERATIONS here: {odd}"


def test_operation_names_are_unique() -> None:
    """No two operations share a name, in whatever case it is written."""
    names = Counter(op.said["operationId"].lower() for op in operations())
    assert [name for name, times in names.items() if times > 1] == []


def test_paths_are_unprefixed() -> None:
    """Every path starts at the server's root without a version and ends without a slash."""
    paths = [path for path in document()["paths"] if path != "/v{version}"]
    assert [path for path in paths if path.endswith("/") or re.match(r"/v\d", path)] == []
    assert document()["servers"][0]["url"] == "https://api.qarnot.com"


@pytest.mark.parametrize("op", operations(), ids=lambda op: str(op.said.get("operationId")))
class TestOperation:
    """What holds for every operation."""

    def test_has_a_one_line_summary(self, op: Operation) -> None:
        """The summary is one short line without a full stop, and the sources are named."""
        summary = op.said["summary"]
        assert summary == summary.strip()
        assert "\n" not in summary
        assert len(summary) <= 100
        assert not summary.endswith(".")
        assert re.search(r"\[(py|c#|node|cli|go|rs|oas|web)\]", op.said["description"])

    def test_is_tagged_by_its_resource(self, op: Operation) -> None:
        """The one tag is the resource that the path is about."""
        words = op.path.removeprefix("/sanity-checks").split("/")
        expected = words[1] if words[1] in ("jobs", "tasks", "pools") else "general"
        assert op.said["tags"] == [expected]

    def test_needs_a_token_unless_public(self, op: Operation) -> None:
        """Only the public operations go without a token, and just they cannot answer 401 or 403."""
        assert op.secured == (op.said["operationId"] not in PUBLIC)
        assert ("401" in op.said["responses"]) == op.secured
        assert ("403" in op.said["responses"]) == op.secured

    def test_can_be_throttled(self, op: Operation) -> None:
        """The service may answer 429 or 503 to anything, and may then say when to come back."""
        for status in ("429", "503"):
            assert "Retry-After" in follow(op.said["responses"][status])["headers"]

    def test_can_miss_what_it_names(self, op: Operation) -> None:
        """What names a resource in its path may not find it."""
        if "{uuid}" in op.path or "{name}" in op.path:
            assert "404" in op.said["responses"]

    def test_can_refuse_a_body(self, op: Operation) -> None:
        """What takes a body may find it wrong."""
        if "requestBody" in op.said:
            assert "400" in op.said["responses"]

    def test_sends_and_gets_json(self, op: Operation) -> None:
        """Bodies are JSON, except for the output of instances and problem details."""
        body = follow(op.said.get("requestBody", {}))
        assert set(body.get("content", {})) <= {"application/json"}
        for status, response in op.said["responses"].items():
            allowed = {"application/json"}
            if "/std" in op.path and status == "200":
                allowed |= {"text/plain"}
            if status >= "400":
                allowed |= {"application/problem+json"}
            assert set(follow(response).get("content", {})) in (set(), allowed)

    def test_types_its_errors(self, op: Operation) -> None:
        """Every refusal has the typed body, and that of many tasks may also have an array."""
        for status, response in op.said["responses"].items():
            if status < "400":
                continue
            content = follow(response)["content"]
            name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            bulk = op.said["operationId"] == "createTasks" and status in {
                "400",
                "402",
                "403",
                "404",
            }
            assert name == ("TaskCreationError" if bulk else "ErrorBody")

    def test_shows_examples(self, op: Operation) -> None:
        """Every body, sent or answered, comes with an example."""
        bodies = [
            follow(op.said.get("requestBody", {})),
            *map(follow, op.said["responses"].values()),
        ]
        media = [each for body in bodies for each in body.get("content", {}).values()]
        assert [each["schema"] for each in media if not each.get("examples")] == []


def test_the_read_only_header_is_where_it_is_accepted() -> None:
    """The read-only header goes with reads, searches, pages and the output of pool instances."""
    name = "QarnotReadOnlyRequestForAccount"
    found = {
        op.said["operationId"] for op in operations() if name in {p["name"] for p in op.parameters}
    }
    reads = {op.said["operationId"] for op in operations() if op.method == "get" and op.secured}
    posts = {
        f"{verb}{noun}"
        for verb, nouns in (
            ("search", ("Jobs", "Tasks", "Pools")),
            ("paginate", ("Jobs", "Tasks", "TaskSummaries", "Pools", "PoolSummaries")),
            ("consumePoolInstance", ("Stdout", "Stderr")),
        )
        for noun in nouns
    }
    assert found == reads | posts


def test_only_restarting_a_task_is_deprecated() -> None:
    """Of all operations only restartTask is deprecated."""
    assert [o.said["operationId"] for o in operations() if o.said.get("deprecated")] == [
        "restartTask"
    ]


def test_query_parameters_are_lower_case() -> None:
    """Query parameters are written in lower camel case, with the documented bounds."""
    queries = {p["name"]: p for op in operations() for p in op.parameters if p["in"] == "query"}
    assert set(queries) == {"tag", "force", "limit", "offset", "cpuModel"}
    assert queries["limit"]["schema"] == {
        "type": "integer",
        "format": "int32",
        "minimum": 1,
        "maximum": 50,
        "default": 50,
    }
    assert (queries["tag"]["style"], queries["tag"]["explode"]) == ("form", True)
    assert queries["force"]["schema"] == {"type": "boolean", "default": False}


def test_a_uuid_in_a_path_may_be_a_shortname() -> None:
    """The uuid of a path takes any text, because a shortname will do as well."""
    found = [p["schema"] for op in operations() for p in op.parameters if p["name"] == "uuid"]
    assert len(found) == sum("{uuid}" in path for _, path in OPERATIONS)
    assert all(schema == {"type": "string", "minLength": 1} for schema in found)


@pytest.mark.parametrize("name", ["createJob", "createPool", "createTasks"])
def test_a_creation_can_be_refused(name: str) -> None:
    """A creation tells where the new resource is, and can fail in each documented way."""
    responses = named(name).said["responses"]
    assert {"400", "402", "403", "404", "409"} <= set(responses)
    assert "Location" in follow(responses["200"])["headers"]


def test_many_tasks_are_answered_one_by_one() -> None:
    """An array of tasks is answered with an array, under 200 or, when mixed, 207."""
    responses = named("createTasks").said["responses"]
    array = {"type": "array", "items": {"$ref": "#/components/schemas/BulkTaskResponse"}}
    assert follow(responses["207"])["content"]["application/json"]["schema"] == array
    assert array in follow(responses["200"])["content"]["application/json"]["schema"]["oneOf"]


@pytest.mark.parametrize(("name", "values"), ENUMERATIONS.items())
def test_an_enumeration_is_the_documented_one(name: str, values: str) -> None:
    """An enumeration has the documented values and no other."""
    documented = schemas()[name]["enum"]
    odd = apart(documented, values.split())
    assert not odd, f"ENUMERATIONS[{name!r}] here: {odd}"
    assert documented == values.split()


def test_every_enumeration_has_a_name() -> None:
    """Values are enumerated only in the named schemas that the test above knows."""
    found = {steps for steps, node in walk(document()) if isinstance(node.get("enum"), list)}
    known = {("components", "schemas", name) for name in ENUMERATIONS}
    escape = (
        "components",
        "schemas",
        "OtherHardwareConstraint",
        "properties",
        "discriminator",
        "not",
    )
    assert found == known | {escape}


def test_the_escape_is_for_unknown_constraints_only() -> None:
    """A constraint of a known kind can never pass as one of an unknown kind."""
    other = schemas()["OtherHardwareConstraint"]["properties"]["discriminator"]["not"]["enum"]
    assert other == list(schemas()["HardwareConstraint"]["discriminator"]["mapping"])


@pytest.mark.parametrize("name", ["HardwareConstraint", "ScalingPolicy", "ScalingPeriod", "Filter"])
def test_a_union_is_told_apart_by_its_discriminator(name: str) -> None:
    """Each value of a discriminator leads to the variant that allows that very value."""
    union = schemas()[name]
    key = union["discriminator"]["propertyName"]
    mapping = union["discriminator"]["mapping"]
    assert list(dict.fromkeys(mapping.values())) == [variant["$ref"] for variant in union["oneOf"]]
    for value, target in mapping.items():
        variant = follow({"$ref": target})
        said = follow(variant["properties"][key])
        assert value in said.get("enum", [said.get("const")])
        assert key in variant["required"]
        assert variant["additionalProperties"] is False
        assert "allOf" not in variant


def test_a_new_job_has_no_state() -> None:
    """The state of a job is the service's to say, so creating one does not take it."""
    assert "state" in schemas()["JobProjection"]["properties"]
    assert "state" not in schemas()["JobCreate"]["properties"]


@pytest.mark.parametrize(("short", "full"), [("TaskSummary", "Task"), ("PoolSummary", "Pool")])
def test_a_summary_is_a_part_of_the_whole(short: str, full: str) -> None:
    """What a summary says, the full resource says in the same way and as reliably."""
    summary, projection = schemas()[short], schemas()[f"{full}Projection"]
    assert summary["properties"].items() <= projection["properties"].items()
    assert set(summary["required"]) <= set(schemas()[full]["allOf"][1]["required"])


@pytest.mark.parametrize("name", ["Job", "Task", "Pool"])
def test_a_resource_is_its_projection_made_certain(name: str) -> None:
    """A resource has the members of its projection, and always those that are required."""
    base, certain = schemas()[name]["allOf"]
    assert base == {"$ref": f"#/components/schemas/{name}Projection"}
    projection = schemas()[f"{name}Projection"]
    assert "required" not in projection
    assert set(certain["required"]) <= set(projection["properties"])
    assert {"uuid", "state", "creationDate"} <= set(certain["required"])


def test_schema_names_do_not_collide() -> None:
    """No two schemas share a name once the case is gone."""
    names = Counter(name.lower() for name in schemas())
    assert [name for name, times in names.items() if times > 1] == []


def test_every_object_has_a_name() -> None:
    """Objects with members are named schemas, so that generated classes have these names too."""
    inline = [
        ".".join(map(str, steps))
        for steps, node in walk(document())
        if node.get("type") == "object"
        and not (len(steps) == 3 and steps[:2] == ("components", "schemas"))
        and "allOf" not in steps
    ]
    assert inline == []


def test_requests_and_answers_are_open() -> None:
    """Only the variants of a union refuse members that they do not know."""
    closed = {
        steps[2] for steps, node in walk(document()) if node.get("additionalProperties") is False
    }
    variants = {
        target.rpartition("/")[2]
        for schema in schemas().values()
        for target in schema.get("discriminator", {}).get("mapping", {}).values()
    }
    assert closed == variants


@pytest.mark.parametrize("case", [case for _, case in FOUND], ids=[name for name, _ in FOUND])
def test_an_example_keeps_to_its_schema(case: Case) -> None:
    """Every example is valid for the schema beside it, formats included."""
    assert complaints(case) == []


def test_every_example_is_checked() -> None:
    """No example is written down without a place where it is held to a schema."""
    used = {
        reference["$ref"].rpartition("/")[2]
        for _, node in walk(document())
        if isinstance(node.get("examples"), dict) and "schema" in node
        for reference in node["examples"].values()
    }
    assert used == set(document()["components"]["examples"])


def scalars(node: object) -> Iterator[object]:
    """Give every value within another that is neither an object nor an array."""
    if isinstance(node, dict):
        node = list(node.values())
    if not isinstance(node, list):
        yield node
        return
    for child in node:
        yield from scalars(child)


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00Z", "2026-03-14T09:26:53.5897932Z", "3.10:07:06", None]
)
def test_the_examples_show_the_odd_values(value: str | None) -> None:
    """The examples show the year-1 sentinel, 7-digit fractions, spans with days, and nulls."""
    assert value in {shown for _, case in FOUND for shown in scalars(case.value)}


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        ("400", "shortname-uniqueness"),
        ("402", "not enough credits"),
        ("403", "Maximum number of jobs reached"),
    ],
)
def test_documented_refusals_are_shown(status: str, phrase: str) -> None:
    """Creating a job shows the refusals that clients must recognise by their text."""
    content = follow(named("createJob").said["responses"][status])["content"]
    shown = [
        str(follow(e)["value"]) for media in content.values() for e in media["examples"].values()
    ]
    assert any(phrase in text for text in shown)


@pytest.mark.parametrize("name", ["date", "date-time", "uuid", "time-span", "int32"])
def test_the_format_is_really_checked(name: str) -> None:
    """Each format that the document relies on refuses what does not have it."""
    wrong: object = 2**31 if name == "int32" else "2026-13-45T99:00:00"
    assert not formats.conforms(wrong, name)


@pytest.mark.parametrize(
    "text",
    [
        *("00:00:00", "-1.23:59:59.9999999", "24:00:00", "1:2:3", "00:00:60", "00:00:00.12345678"),
        *("1.", LONGEST_TIME_SPAN, "10675199.02:48:05.4775808", "10675199.02:48:06"),
        *(f"{days}.00:00:00" for days in (10_675_198, 10_675_199, 10_675_200, 99_999_999)),
        *(f"{days}.00:00:00" for days in (9_999_999, 10_000_000, 10_599_999, 10_669_999)),
        *(f"{days}.00:00:00" for days in (10_674_999, 10_675_000, 10_675_109, 10_680_000)),
    ],
)
def test_the_pattern_of_a_time_span_says_what_the_format_says(text: str) -> None:
    """The pattern of a time span, for those who know no such format, allows the same texts."""
    schema = schemas()["TimeSpan"]
    assert schema["format"] == "time-span"
    assert bool(re.search(schema["pattern"], text)) == formats.conforms(text, "time-span")


@pytest.mark.parametrize("case", ACCEPTED, ids=schema_of)
def test_what_is_allowed_is_accepted(case: Case) -> None:
    """The document accepts what the API is known to take or to answer, up to each limit."""
    assert complaints(case) == []


@pytest.mark.parametrize("case", REFUSED, ids=schema_of)
def test_what_is_wrong_is_refused(case: Case) -> None:
    """The document refuses what lies beyond a known limit or rule."""
    assert complaints(case) != []
