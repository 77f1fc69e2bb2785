"""The conformance table, what the official SDK did, and the page that shows both."""

from __future__ import annotations

import json
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import attrs
import httpx

from qarnot_domain.emulator import Emulator

HERE: Final = Path(__file__).parent
OFFICIAL: Final = HERE / "official.json"
PAGE: Final = HERE.parents[1] / "docs" / "conformance.md"

TABLE: Final[dict[str, Any]] = json.loads(
    (files("qarnot_domain.emulator") / "conformance.json").read_text("utf-8")
)
KINDS: Final[tuple[str, ...]] = tuple(TABLE["cases"][0]["expect"])


@attrs.frozen
class Case:
    """What one kind of operation meets, and what a client then does."""

    meets: tuple[str, ...]
    kind: str
    expected: dict[str, Any]

    @property
    def name(self) -> str:
        """What it is called, in `official.json` too."""
        return f"{self.kind}: {', '.join(self.meets)}"

    @property
    def operation(self) -> str:
        """The operation that meets it."""
        return str(TABLE["operations"][self.kind])

    def arm(self, cloud: Emulator) -> None:
        """Let the operation meet next all that it is to meet; over HTTP, as clients are told to."""
        with httpx.Client(
            base_url=cloud.url, headers={"Authorization": cloud.token}, trust_env=False
        ) as client:
            for name in self.meets:
                rule = {"operation": self.operation, **TABLE["instructions"][name]}
                client.post("/_emulator/faults", json=rule).raise_for_status()

    def objections(self, found: dict[str, Any]) -> list[str]:
        """What a client did wrong, given what was found of it; nothing if all is well."""
        succeeds = self.expected["outcome"] == "success"
        effects = self.expected.get("effects", 0)
        wrong = {
            "never ended": found["outcome"] == "stuck",
            "failed": succeeds and found["outcome"] not in ("success", "stuck"),
            "took it for a success": not succeeds and found["outcome"] == "success",
            f"{found['effects']} objects": found["effects"] > max(effects, 1),
            "created it in doubt": found["effects"] == 1 > effects,
            f"sent {found['requests']} times": found["requests"] > self.expected["requests"],
            "too soon": found["seconds"] < self.expected.get("least_wait", 0),
        }
        return [reason for reason, is_so in wrong.items() if is_so]


def cases() -> list[Case]:
    """One for each list of what is met and each kind of operation."""
    return [
        Case(tuple(case["meets"]), kind, expected)
        for case in TABLE["cases"]
        for kind, expected in case["expect"].items()
    ]


def page(official: dict[str, dict[str, Any]]) -> str:
    """The table for people, with the official SDK's part in it."""
    every = cases()
    kept = sum(not case.objections(official[case.name]) for case in every)
    lines = [_INTRODUCTION.format(cases=len(every), kept=kept)]
    lines.append(f"| the requests meet | {' | '.join(KINDS)} |")
    lines.append("|---" * (len(KINDS) + 1) + "|")
    for meets, row in groupby(every, key=lambda case: case.meets):
        cells = [_cell(case, official[case.name]) for case in row]
        lines.append(f"| {_meets(meets)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _meets(meets: tuple[str, ...]) -> str:
    counted = [(name, len(list(same))) for name, same in groupby(meets)]
    return ", then ".join(name if n == 1 else f"{n} times {name}" for name, n in counted)


def _cell(case: Case, found: dict[str, Any]) -> str:
    expected = case.expected
    said = f"{expected['outcome']}, {expected['requests']}"
    if expected.get("look_ups"):
        said += f" + {expected['look_ups']} looked up"
    objections = case.objections(found)
    return f"{said}; *official: {', '.join(objections)}*" if objections else said


_INTRODUCTION: Final = """# Retrying and submitting once, as a table

What a client of the API does when requests go wrong: how often it sends them, what it tells the
user, and what there is on the server in the end. The policy and its reasons are in
[ADR 6](adr/0006-submit-once-and-retry.md); this is all of it as data, for clients in any language:
`qarnot_domain/emulator/conformance.json`, in the package. To hold a client to it, start the
emulator (`python -m qarnot_domain.emulator`) and for each case

1. `POST /_emulator/reset`, and prepare what the operation needs;
2. `POST /_emulator/faults` with each of the `instructions` that the case `meets`, in their order,
   and `"operation"` set to that of the kind in `operations`;
3. let the client do it once, allowed five repetitions and with a time-out of its own where an
   instruction hangs;
4. compare: the `outcome`; the `requests` to the operation that `GET /_emulator/requests` lists;
   for a creation, the `effects`, which are the objects that are there now, and the `look_ups`,
   which are the requests to retrieve it; and that the client took `least_wait` seconds or more.

| outcome | is |
|---|---|
| `success` | what the user asked for |
| `invalid`, `unauthorized`, `no credits`, `missing`, `conflict` | a refusal, by its status |
| `failed` | another failure, of which it is known that nothing was created |
| `unknown` | it cannot be told whether something was created, and the user is told so |

The five kinds: a read; a write that may be repeated; a read that consumes what it reads; the
creation of an object without a shortname, and of one with.

Our own client does what the table says in all {cases} cases: `tests/contract/test_conformance.py`.
The official Python SDK 2.23 does in {kept} of them (`make compare`): any error of its own counts as
the one that is expected, its look-up after each creation is not counted, and fewer requests are
well too. What it does otherwise stands beside what is expected. Cells give the outcome and how
often the operation is sent.
"""
