"""What a comparison of two API documents finds, and what it does not."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from openapi.diff import ROOT, Consumer, Document, DocumentError, compare, load
from openapi.diff.__main__ import main

from .seeds import SEEDS
from .table import PAGE, consumer, ours, page, report_on, seeded
from .vendor import in_the_manner_of_the_vendor

Content = dict[str, Any]


def root() -> Content:
    """A copy of our document to change."""
    copied: Content = copy.deepcopy(ours().document.root)
    return copied


# --- what is found --------------------------------------------------------------------------------


def test_our_document_against_itself_is_no_difference() -> None:
    """Nothing differs, and nothing is named otherwise."""
    report = report_on(root())
    assert report.differences == ()
    assert report.folded == {}
    assert report.notes == ()


ALONE: Final = {
    "a kind of scaling policy is gone",
    "a body in another media type",
    "a parameter is gone",
    "jobs lose a state",
    "names may be longer",
    "tags are joined",
}
"""Changes that hide another one when both are made."""


def judged(report: Any) -> list[tuple[str | None, ...]]:
    """Kind, place and verdicts of each difference."""
    return sorted(
        (str(one.difference.kind), one.place, one.difference.reader, one.difference.writer)
        for one in report.differences
    )  # fmt: skip


def expected(seeds: Any) -> list[tuple[str | None, ...]]:
    """The same, as the seeds have it."""
    return sorted((seed.kind, seed.place, seed.reader, seed.writer) for seed in seeds)


@pytest.mark.parametrize("seed", [s for s in SEEDS if s.title in ALONE], ids=lambda s: s.title)
def test_a_change_is_found_once_and_judged(seed: Any) -> None:
    """One difference, of the right kind, where it is, and for whom it breaks."""
    assert judged(seeded(seed)) == expected([seed])


def test_many_changes_are_each_found_once_and_judged() -> None:
    """Every change is found among all others as it is alone, and nothing else is."""
    changed = root()
    chosen = [seed for seed in SEEDS if seed.title not in ALONE]
    for seed in chosen:
        seed.make(changed)
    assert judged(report_on(changed)) == expected(chosen)
    assert len(chosen) >= 30


@pytest.mark.check
def test_page_is_what_is_found() -> None:
    """`docs/spec-diff.md` is what `python -m tests.spec_diff.table` writes, one change each."""
    for seed in SEEDS:
        assert judged(seeded(seed)) == expected([seed]), seed.title
    assert PAGE.read_text("utf-8") == page()


def test_what_is_only_written_otherwise_is_no_difference() -> None:
    """The vendor's manner of writing is folded away, and said to be."""
    report = report_on(in_the_manner_of_the_vendor(root()))
    assert report.differences == ()
    assert "/jobs/{uuid} → /v{version}/jobs/{jobUuid}" in report.folded["path"]
    assert "JobCreate → JobCreationInput" in report.folded["schema"]
    assert report.notes == ()


@pytest.mark.parametrize(
    "title",
    [
        "a member of jobs is gone",
        "jobs have a new state",
        "names are shorter",
        "null may not be sent any more",
        "a kind of scaling policy is gone",
        "an operation is renamed",
    ],
)
def test_a_change_is_found_in_the_vendors_manner_too(title: str) -> None:
    """What differs in writing hides nothing."""
    (seed,) = (seed for seed in SEEDS if seed.title == title)
    changed = root()
    seed.make(changed)
    found = report_on(in_the_manner_of_the_vendor(changed)).differences
    assert [(one.difference.kind, one.place) for one in found] == [(seed.kind, seed.place)]
    assert (found[0].difference.reader, found[0].difference.writer) == (seed.reader, seed.writer)


# --- what it is tied to ---------------------------------------------------------------------------


def linked(title: str) -> Any:
    """What is said of the seed of that title."""
    (seed,) = (seed for seed in SEEDS if seed.title == title)
    (found,) = seeded(seed).differences
    return found


def test_a_member_is_tied_to_the_domain_layer() -> None:
    """The member that users know, the generated operation, and the public call are named."""
    found = linked("a member of jobs is gone")
    assert ("Job.maxWallTime", "Job.max_wall_time") in found.members
    (retrieving,) = (one for one in found.operations if one.id == "retrieveJob")
    assert retrieving.generated == "qarnot_api.api.jobs.retrieve_job"
    assert "Connection.retrieve_job" in retrieving.callers
    assert found.is_used


def test_a_value_is_tied_to_its_class() -> None:
    """An enumeration is tied to the class that knows its words."""
    assert linked("jobs have a new state").members == (("JobState", "JobState"),)


def test_what_nobody_uses_comes_last() -> None:
    """An operation that the domain layer never calls is told apart."""
    assert not linked("what was public needs a token").is_used
    changed = root()
    for seed in SEEDS:
        if seed.title in {"what was public needs a token", "a member of jobs is gone"}:
            seed.make(changed)
    first, last = report_on(changed).differences
    assert (first.is_used, last.is_used) == (True, False)


# --- documents ------------------------------------------------------------------------------------

SMALL: Final = {"openapi": "3.0.3", "info": {"title": "Small", "version": "1"}, "paths": {}}


def small(**schemas: Any) -> Content:
    """A document with one operation that answers the schema `A`."""
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
    return {
        **SMALL,
        "paths": {"/a": {"get": {"responses": {"200": answer}}}},
        "components": {"schemas": schemas},
    }


def kinds(before: Any, after: Any) -> list[str]:
    """The kinds of difference between two schemas in an answer."""
    nobody = Consumer({}, {}, {})
    report = compare(Document(small(A=after)), Document(small(A=before)), nobody)
    return [one.difference.kind for one in report.differences]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, {"type": ["string", "null"]}),
        ({"type": "string", "const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"type": "string", "enum": ["a", "b"]}, {"enum": ["b", "a"]}),
        ({"type": "integer", "exclusiveMinimum": 1},
         {"type": "integer", "minimum": 1, "exclusiveMinimum": True}),
        ({"type": "object", "properties": {"a": {"type": "string"}}},
         {"properties": {"a": {"type": "string"}}}),
        ({"type": "object", "additionalProperties": True}, {"type": "object"}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
         {"allOf": [{"properties": {"a": {"type": "string"}}}, {"required": ["a"]}]}),
        ({"oneOf": [{"type": "array", "items": {}}, {"type": "string"}]},
         {"oneOf": [{"type": "string"}, {"type": "array"}]}),
    ],
)  # fmt: skip
def test_two_ways_to_say_the_same_are_the_same(before: Any, after: Any) -> None:
    """What JSON Schema and both versions of OpenAPI say in two ways is no difference."""
    assert kinds(before, after) == []
    assert kinds(after, before) == []


def test_recursion_ends() -> None:
    """A schema that contains itself is compared once."""
    tree = {
        "type": "object",
        "properties": {"inner": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}},
    }
    longer = copy.deepcopy(tree)
    longer["properties"]["more"] = {"type": "string"}  # type: ignore[index]
    assert kinds(tree, tree) == []
    assert kinds(tree, longer) == ["member added"]


def test_what_leads_nowhere_is_noted() -> None:
    """References that cannot be followed are said, and stop nothing."""
    document = Document(small(A={"properties": {"a": {"$ref": "#/components/schemas/Gone"},
                                                "b": {"$ref": "other.yaml#/B"}}}))  # fmt: skip
    report = compare(document, Document(small(A={"type": "object"})), Consumer({}, {}, {}))
    assert [note.partition(" ")[0] for note in report.notes] == [
        "#/components/schemas/Gone",
        "other.yaml#/B",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not an OpenAPI 3.0 or 3.1 document: it has no `openapi`"),
        ("[1]", "it has no `openapi`"),
        ('{"swagger": "2.0"}', "it has no `openapi`"),
        ('{"openapi": "4.0.0", "paths": {}}', "`openapi` is '4.0.0'"),
        ('{"openapi": "3.0.0"}', "it has no `paths`"),
        ("a: [", "not YAML"),
        ("a: 1\na: 2", "key 'a' twice"),
    ],
)
def test_what_is_no_document_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """The message says of which file, and what is wrong."""
    file = tmp_path / "given"
    file.write_text(text, "utf-8")
    with pytest.raises(DocumentError) as caught:
        load(file)
    assert str(file) in str(caught.value)
    assert says in str(caught.value)


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture(scope="module", name="files")
def _files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Documents as files: the same, a safe change, a breaking one, one nobody here notices."""
    folder = tmp_path_factory.mktemp("documents")
    titles = {
        "safe": "a new member of jobs",
        "breaking": "a member of jobs is gone",
        "unused": "what was public needs a token",
    }
    found = {}
    for name in ("same", *titles):
        changed = root()
        for seed in SEEDS:
            if seed.title == titles.get(name):
                seed.make(changed)
        found[name] = str(folder / f"{name}.json")
        Path(found[name]).write_text(json.dumps(changed), "utf-8")
    return found


@pytest.mark.parametrize(
    ("name", "fail_on", "status"),
    [
        ("same", "any", 0),
        ("safe", "any", 1),
        ("safe", "breaking", 0),
        ("breaking", "breaking", 1),
        ("breaking", "used", 1),
        ("breaking", "never", 0),
        ("unused", "breaking", 1),
        ("unused", "used", 0),
    ],
)
def test_status_says_whether_there_is_a_difference_that_counts(
    files: dict[str, str], name: str, fail_on: str, status: int
) -> None:
    """0 or 1, by `--fail-on`."""
    assert main([files[name], "--ours", files["same"], "--fail-on", fail_on]) == status


def test_what_cannot_be_compared_is_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason goes to standard error."""
    assert main([str(tmp_path / "missing.json")]) == 2
    assert "missing.json" in capsys.readouterr().err


def test_a_machine_reads_the_same(
    files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--json` has each difference with its links, and `--since` leaves them out afterwards."""
    assert main([files["breaking"], "--ours", files["same"], "--json"]) == 1
    said = capsys.readouterr().out
    (difference,) = json.loads(said)["differences"]
    assert difference["place"] == "Job.maxWallTime"
    assert {"wire": "Job.maxWallTime", "domain": "Job.max_wall_time"} in difference["members"]
    (tmp_path / "report.json").write_text(said, "utf-8")
    since = ["--since", str(tmp_path / "report.json")]
    assert main([files["breaking"], "--ours", files["same"], *since]) == 0
    assert "No difference" in capsys.readouterr().out


def test_a_person_reads_what_touches_us_first(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Groups, the member users know, and for whom it breaks."""
    main([files["breaking"], "--ours", files["same"]])
    said = capsys.readouterr().out
    assert "Breaks what the domain layer uses (1)" in said
    assert "Job.maxWallTime → Job.max_wall_time" in said
    assert "breaking for who reads" in said


class _Serving(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/api.yaml"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(yaml.safe_dump(SMALL).encode() if found else b"")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(name="address")
def _address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Serving)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_document_is_read_from_an_address(address: str) -> None:
    """YAML over HTTP; what is not there is an error that says so."""
    assert load(f"{address}/api.yaml").title == "Small 1"
    with pytest.raises(DocumentError, match="404"):
        load(f"{address}/gone.yaml")


def test_it_runs_without_make() -> None:
    """`python -m openapi.diff` from the root of the project."""
    command = [sys.executable, "-m", "openapi.diff", "openapi/qarnot-compute.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "No difference" in done.stdout


def test_the_record_names_what_is_in_the_document() -> None:
    """Every operation and member of the record is one of the document."""
    known = {operation.id for operation in ours().operations.values()}
    assert set(consumer().operations) <= known
