"""How much of the document a run reached, and what it found: for a person, and for a machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field

from qarnot_domain._document import Document


@define
class Coverage:
    """What was seen of each operation."""

    exchanges: Counter[str] = field(factory=Counter)
    statuses: dict[str, set[str]] = field(factory=dict)
    parameters: dict[str, set[tuple[str, str]]] = field(factory=dict)

    def add(self, operation: str, status: int | None, sent: Iterable[tuple[str, str]]) -> None:
        """Take in one exchange."""
        self.exchanges[operation] += 1
        self.parameters.setdefault(operation, set()).update(sent)
        if status is not None:
            self.statuses.setdefault(operation, set()).add(str(status))

    def add_archive(self, archive: Path, base: str) -> int:
        """Take in an HTTP archive, as Schemathesis writes it; give the number of its exchanges."""
        entries = json.loads(archive.read_text(encoding="utf-8"))["log"]["entries"]
        for entry in entries:
            asked = entry["request"]
            path = urlsplit(asked["url"]).path.removeprefix(base)
            query = [(one["name"], one["value"]) for one in asked["queryString"]]
            headers = [(one["name"], one["value"]) for one in asked["headers"]]
            request = Document.shipped().find(asked["method"], path, query, headers)
            if request is not None:
                status = entry["response"]["status"]
                self.add(request.operation.id, status or None, request.sent)
        return len(entries)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One for each operation of the document, in its order."""
        for operation in sorted(Document.shipped().operations, key=lambda one: one.path):
            sent = self.parameters.get(operation.id, set())
            got = self.statuses.get(operation.id, set())
            known = {(one.place, one.name) for one in operation.parameters}
            yield {
                "operation": operation.id,
                "request": f"{operation.method.upper()} {operation.path}",
                "exchanges": self.exchanges[operation.id],
                "parameters": sorted(name for _, name in known & sent),
                "parameters not sent": sorted(name for _, name in known - sent),
                "statuses": sorted(got & operation.answers.keys()),
                "statuses not seen": sorted(operation.answers.keys() - got),
            }

    def summary(self) -> str:
        """In one line."""
        rows = list(self.rows())

        def share(seen: str, missed: str) -> str:
            there = sum(len(row[seen]) for row in rows)
            return f"{there} of {there + sum(len(row[missed]) for row in rows)} {seen}"

        reached = sum(bool(row["exchanges"]) for row in rows)
        return (
            f"{reached} of {len(rows)} operations, {share('parameters', 'parameters not sent')}, "
            f"{share('statuses', 'statuses not seen')}"
        )

    def html(self, headline: str, problems: Iterable[str]) -> str:
        """A page of it."""
        rows = list(self.rows())
        head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row.values()) + "</tr>"
            for row in rows
        )
        found = "".join(f"<li>{escape(problem)}</li>" for problem in problems)
        return (
            "<!doctype html><html lang='en'><meta charset='utf-8'><title>Contract</title>"
            "<style>body{font:15px sans-serif;margin:2em}table{border-collapse:collapse}"
            "td,th{border:1px solid #bbb;padding:.2em .5em;text-align:left;vertical-align:top}"
            "</style>"
            f"<h1>Contract</h1><p>{escape(headline)}</p><p>{escape(self.summary())}</p>"
            f"<h2>Against the document</h2><ul>{found or '<li>nothing</li>'}</ul>"
            f"<h2>Coverage</h2><table><tr>{head}</tr>{body}</table></html>"
        )


def _text(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
