"""What the client knows of every object it tried to create, and what the server says to that."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from qarnot_domain import Job, QarnotException, SubmissionUnknownException, Task

Outcome = Literal["created", "unknown", "refused"]
Fate = Literal["there", "deleted", "unknown"]


@attrs.frozen
class Entry:
    """One object, as the client knows it at the end."""

    name: str
    keyed: bool
    """Whether it has a shortname, by which a lost answer can be looked up."""
    outcome: Outcome
    uuid: str | None
    fate: Fate


def entry(one: Job | Task, error: QarnotException | None, fate: Fate = "there") -> Entry:
    """What is known of an object after it was submitted, or not, for this error."""
    outcome: Outcome = "created"
    if one.uuid is None:
        outcome = "unknown" if isinstance(error, SubmissionUnknownException) else "refused"
    one.auto_update = False
    keyed = one.shortname not in (None, one.uuid)
    return Entry(one.name, keyed, outcome, one.uuid, fate)


class Ledger:
    """Entries in a file, so that they do not count as the library's memory."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+", encoding="utf-8")
        self._lock = threading.Lock()

    def add(self, entries: Iterable[Entry]) -> None:
        lines = "".join(json.dumps(attrs.asdict(one)) + "\n" for one in entries)
        with self._lock:
            self._file.write(lines)

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            self._file.seek(0)
            yield from (Entry(**json.loads(line)) for line in self._file)

    def close(self) -> None:
        self._file.close()


_ALLOWED: Final[Mapping[tuple[Outcome, Fate], frozenset[int]]] = {
    ("created", "there"): frozenset({1}),
    ("created", "deleted"): frozenset({0}),
    ("created", "unknown"): frozenset({0, 1}),
    ("unknown", "there"): frozenset({0, 1}),
    ("refused", "there"): frozenset({0}),
}
"""How many objects of its name the server may have at the end."""


def compare(entries: Iterable[Entry], on_server: Iterable[Mapping[str, Any]]) -> Comparison:
    """Hold what the server has to what the client knows."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in on_server:
        found[one["name"]].append(one["uuid"])
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for known in entries:
        uuids = found.pop(known.name, [])
        counts[known.outcome] += 1
        counts["keyed and unknown"] += known.keyed and known.outcome == "unknown"
        counts["unknown and there"] += known.outcome == "unknown" and bool(uuids)
        counts["known to be there"] += known.outcome == "created" and bool(uuids)
        counts["deleted"] += known.fate == "deleted"
        allowed = _ALLOWED[known.outcome, known.fate]
        if len(uuids) not in allowed or (known.uuid and uuids not in ([], [known.uuid])):
            wrong.append(f"{known} and the server has {uuids}")
    wrong += [f"{name} is on the server, and the client knows nothing of it" for name in found]
    return Comparison(counts, wrong)


@attrs.frozen
class Comparison:
    """What came of it."""

    counts: Counter[str]
    wrong: list[str]
    """What is lost, doubled or unheard of."""
