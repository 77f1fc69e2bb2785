"""What of the API the domain layer uses: the record that `spec-diff` reads, and its making.

    python -m openapi.consumer            derive it anew and write openapi/consumer.json
    python -m openapi.consumer --check    derive it and compare

Operations come from a run: every public call that sends a request is made against the emulator, and
what arrives is noted. They are held to the code: the operations that arrived must be those that the
gateway names. Members come from the tables in which the domain layer declares them, the members
of the envelopes around them (pages, searches, creations) from the code that reads them and from the
requests of the same run.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from openapi.domain import PARTS, STATES, exposed, owner_of, properties
from openapi.regenerate import DOCUMENT, Json, load_yaml
from qarnot_domain import Connection, Job, Pool, QarnotException, Task
from qarnot_domain.emulator import Emulator, ManualClock, RecordedRequest

ROOT: Final = Path(__file__).parents[1]
RECORD: Final = "openapi/consumer.json"
GATEWAY: Final = "qarnot_domain/_gateway.py"
READERS: Final = (GATEWAY, "qarnot_domain/_convert.py", "qarnot_domain/_bulk.py")
"""The modules that read what is around domain objects in an answer."""
ACCOUNT: Final = "qarnot_domain/_account.py"
"""The module that does so for the operations tagged `general`."""

ENVELOPE: Final = "the library itself"
"""Who uses the members that no domain object shows."""

Document = dict[str, Any]


# --- from the code --------------------------------------------------------------------------------


def called_operations(root: Path, known: Iterable[str]) -> set[str]:
    """Those of the operations known that the gateway names, or puts together from its words."""
    nodes = _nodes(root / GATEWAY)
    patterns = [re.escape(word) for word in _words(nodes)]
    # The words that a `Literal` allows come into a name capitalised.
    literals = [
        node
        for node in nodes
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal"
    ]
    for function in (node for node in nodes if isinstance(node, ast.FunctionDef)):
        inner = list(ast.walk(function))
        words = _words([*inner, *(one for literal in literals for one in ast.walk(literal))])
        hole = "|".join(map(re.escape, sorted({*words, *map(str.title, words)})))
        patterns += [
            f"(?:{hole})" * len(node.values)
            for node in inner
            if isinstance(node, ast.JoinedStr)
            and all(isinstance(part, ast.FormattedValue) for part in node.values)
        ]
    return {name for name in known if any(re.fullmatch(one, name) for one in patterns)}


def missing_operations(root: Path, document: Document) -> list[str]:
    """A line for each operation that the domain layer uses and the document has no more."""
    record = json.loads((root / RECORD).read_text(encoding="utf-8"))
    known = {operation["operationId"] for _, _, operation in _operations(document)}
    return [
        f"{operation} is gone: {', '.join(callers)} {'sends' if len(callers) == 1 else 'send'} it"
        for operation, callers in record["operations"].items()
        if operation not in known
    ]


def _nodes(file: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def _words(nodes: Iterable[ast.AST]) -> set[str]:
    return {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


# --- from a run -----------------------------------------------------------------------------------


class _Tour:
    """Makes every public call that sends something, and notes what arrives."""

    def __init__(self, cloud: Emulator, connection: Connection) -> None:
        self._cloud = cloud
        self._connection = connection
        self.calls: dict[str, set[str]] = {}
        self.requests: list[RecordedRequest] = []

    def use(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        """Make one call; what it sends is noted under its name, also when it is refused."""
        before = len(self._cloud.requests)
        made = None
        with suppress(QarnotException):
            made = function(*arguments, **named)
            if isinstance(made, Iterator):
                made = list(made)
        new = self._cloud.requests[before:]
        owner = type(arguments[0]).__name__ if arguments else ""
        for request in new:
            self.calls.setdefault(str(request.operation), set()).add(f"{owner}.{function.__name__}")
        self.requests += new
        return made

    def run(self) -> None:
        """The whole tour."""
        self._jobs()
        for create, wire in ((self._task, "task"), (self._pool, "pool")):
            self._execution(create, wire)
        self._account()

    def _jobs(self) -> None:
        connection = self._connection
        job = connection.create_job("a", shortname="a")
        self.use(Job.submit, job)
        self.use(Connection.submit_jobs, connection, [connection.create_job("b")])
        self.use(Connection.retrieve_job, connection, job.uuid)
        self.use(Job.update, job, flushcache=True)
        task = connection.create_task("in job", "docker-batch", 1, job=job)
        task.submit()
        self.use(_getter(Job, "tasks"), job)
        self.use(Job.wait, job, 0.1, progress=lambda _counts: None)
        self._lists("job", Connection.jobs, Connection.all_jobs, Connection.jobs_page)
        self.use(Connection.refresh, connection, [job])
        self.use(Job.terminate, job)
        self.use(Job.delete, job, forceAbort=True)

    def _task(self) -> Task:
        connection = self._connection
        task = connection.create_task("t", "docker-batch", 1)
        self.use(Task.submit, task)
        self.use(Connection.submit_tasks, connection, [
            connection.create_task("u", "docker-batch", 1) for _ in range(2)
        ])  # fmt: skip
        self.use(Connection.retrieve_task, connection, task.uuid)
        self.use(Task.wait, task, 0.1)
        self.use(Task.run, connection.create_task("r", "docker-batch", 1), job_timeout=0.1)
        self._lists("task", Connection.tasks, Connection.all_tasks, Connection.tasks_page)
        return task

    def _pool(self) -> Pool:
        connection = self._connection
        pool = connection.create_pool("p", "docker-batch", 1)
        self.use(Pool.submit, pool)
        self.use(Connection.retrieve_pool, connection, pool.uuid)
        self.use(_getter(Pool, "jobs"), pool)
        self.use(_getter(Pool, "tasks"), pool)
        self._lists("pool", Connection.pools, Connection.all_pools, Connection.pools_page)
        return pool

    def _lists(self, kind: str, *lists: Callable[..., Any]) -> None:
        page = self.use(lists[-1], self._connection, maximum=1)
        self.use(lists[-1], self._connection, page.next_token, maximum=1)
        for listing in lists:
            self.use(listing, self._connection, tags=["x"])
            self.use(listing, self._connection, tags_intersect=["x", "y"], order_by="name")
            if kind != "job":
                self.use(listing, self._connection, summary=True)

    def _execution(self, create: Callable[[], Task | Pool], kind: str) -> None:
        made = create()
        owner = type(made)
        self.use(owner.update, made, flushcache=True)
        self.use(Connection.refresh, self._connection, [made])
        for stream in ("stdout", "stderr", "fresh_stdout", "fresh_stderr"):
            read = getattr(owner, stream)
            self.use(read, made)
            self.use(read, made, 0)
        made.tags = ["x"]
        self.use(owner.commit, made)
        self.use(owner.update_resources, made)
        self.use(getattr(owner, "abort" if kind == "task" else "close"), made)
        self.use(owner.delete, made)

    def _account(self) -> None:
        connection = self._connection
        self.use(_getter(Connection, "user_info"), connection)
        for name in (
            "get_user_computing_quotas",
            "get_organization_computing_quotas",
            "profiles_names",
            "profiles",
            "hardware_constraints",
            "hardware_constraints_page",
        ):
            self.use(_getter(Connection, name), connection)
        self.use(Connection.retrieve_profile, connection, "docker-batch")
        self.use(Connection.profile_details, connection, "docker-batch")
        self.use(Connection.search_cpu_model_constraints, connection, "AMD")


def _getter(owner: type, name: str) -> Callable[..., Any]:
    """What reads a property, or the method of that name."""
    found = owner.__dict__[name]
    if not isinstance(found, property):
        return found  # type: ignore[no-any-return]  # a method, out of a dictionary of anything

    def read(resource: object) -> Any:  # noqa: ANN401 - whatever the property gives
        return getattr(resource, name)

    read.__name__ = name
    return read


def tour() -> _Tour:
    """Use the library on an emulator, every call once."""
    with (
        Emulator(clock=ManualClock()) as cloud,
        Connection(cluster_url=cloud.url, client_token=cloud.token, retry_count=0) as connection,
    ):
        made = _Tour(cloud, connection)
        made.run()
    return made


# --- the record -----------------------------------------------------------------------------------


def derive(root: Path) -> dict[str, Any]:
    """The record, derived anew."""
    document: Any = load_yaml(root / DOCUMENT)
    toured = tour()
    known = {operation["operationId"] for _, _, operation in _operations(document)}
    arrived, called = set(toured.calls), called_operations(root, known)
    if arrived != called:
        raise ConsumerError(
            f"{GATEWAY} calls operations that the tour in openapi/consumer.py does not: "
            f"{', '.join(sorted(called - arrived)) or 'none'}; and the tour calls others: "
            f"{', '.join(sorted(arrived - called)) or 'none'}"
        )
    members = _declared(document) | _enveloped(document, root, called, toured.requests)
    return {
        "made by": "python -m openapi.consumer: do not edit",
        "operations": {name: sorted(toured.calls[name]) for name in sorted(arrived)},
        "members": dict(sorted(members.items())),
        "values": {schema: kind.__name__ for schema, (kind, _) in sorted(STATES.items())},
    }


class ConsumerError(Exception):
    """The record cannot be derived; the message is for the person at the terminal."""


def _declared(document: Document) -> dict[str, str]:
    """`Job.maxWallTime` -> `Job.max_wall_time`, from the tables of the domain layer."""
    tables = {schema: members for schema, _, members in exposed()}
    for part, whole in PARTS.items():
        described = set(properties(document, {"$ref": f"#/components/schemas/{part}"}))
        tables[part] = {wire: name for wire, name in tables[whole].items() if wire in described}
    return {
        f"{schema}.{wire}": f"{owner_of(schema)}.{name}"
        if name.isidentifier()
        else owner_of(schema)
        for schema, members in tables.items()
        for wire, name in members.items()
    }


def _enveloped(
    document: Document, root: Path, called: set[str], requests: Sequence[RecordedRequest]
) -> dict[str, str]:
    """The members around domain objects: those that are read, and those that were sent."""
    declared = {schema for schema, _, _ in exposed()} | PARTS.keys()
    everywhere = _words(node for name in READERS for node in _nodes(root / name))
    general = everywhere | _words(_nodes(root / ACCOUNT))
    answers: dict[str, set[str]] = {}
    for operation in (o for _, _, o in _operations(document) if o["operationId"] in called):
        keys = general if operation["tags"] == ["general"] else everywhere
        for schema in _answered(document, operation):
            if schema not in declared:
                described = _schema(document, schema).get("properties", {})
                answers.setdefault(schema, set()).update(described.keys() & keys)
    sent: dict[str, set[str]] = {}
    for request in requests:
        for schema, wire in _sent(document, request):
            if schema not in declared:
                sent.setdefault(schema, set()).add(wire)
    return {
        f"{schema}.{wire}": ENVELOPE
        for found in (answers, sent)
        for schema, wires in found.items()
        for wire in wires
    }


def _operations(document: Document) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method, path, operation


def _schema(document: Document, name: str) -> Any:  # noqa: ANN401 - a node of the document
    return document["components"]["schemas"][name]


def _answered(document: Document, operation: Any) -> Iterator[str]:  # noqa: ANN401 - the same
    """The components directly in the successful answers of an operation."""
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            found = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
            for media in found.get("content", {}).values():
                yield from _outermost(media["schema"])


def _outermost(schema: Any) -> Iterator[str]:  # noqa: ANN401 - the same
    if "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2]
    for inner in (*schema.get("oneOf", ()), *([schema["items"]] if "items" in schema else ())):
        yield from _outermost(inner)


def _sent(document: Document, request: RecordedRequest) -> Iterator[tuple[str, str]]:
    """Each member in the body of a request, with the component that it belongs to."""
    for _, _, operation in _operations(document):
        if operation["operationId"] == request.operation and "requestBody" in operation:
            reference = operation["requestBody"]["$ref"].rpartition("/")[2]
            content = document["components"]["requestBodies"][reference]["content"]
            yield from _members(document, content["application/json"]["schema"], request.body)


def _members(document: Document, schema: Any, value: Json) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    if isinstance(value, list):
        for item in value:
            yield from _members(document, schema.get("items", schema), item)
        return
    for choice in (*schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _members(document, choice, value)
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        target = _schema(document, name)
        described = target.get("properties", {})
        if isinstance(value, dict):
            yield from ((name, wire) for wire in value if wire in described)
            for wire, inner in value.items():
                yield from _members(document, described.get(wire, {}), inner)
        if "oneOf" in target:
            yield from _members(document, target, value)


def text(record: Mapping[str, Any]) -> str:
    """The record as it is written."""
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def main(arguments: Iterable[str] | None = None) -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(description="What of the API the domain layer uses.")
    parser.add_argument("--check", action="store_true", help="compare only, change nothing")
    options = parser.parse_args(None if arguments is None else list(arguments))
    try:
        derived = text(derive(ROOT))
    except ConsumerError as error:
        print(error, file=sys.stderr)
        return 1
    file = ROOT / RECORD
    if not options.check:
        file.write_text(derived, encoding="utf-8", newline="\n")
        return 0
    if file.exists() and file.read_text(encoding="utf-8") == derived:
        print(f"{RECORD} is what the domain layer uses")
        return 0
    print(f"{RECORD} is not what the domain layer uses: python -m openapi.consumer")
    return 1


if __name__ == "__main__":
    sys.exit(main())
