"""Running `qarnot-job` in this process, as a shell would."""

from __future__ import annotations

import io
import json
import sys
from typing import Any, NamedTuple

import pytest

from qarnot_domain.cli import main
from qarnot_domain.emulator import Emulator


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


class Shell:
    """Runs commands against an emulator, on its clock."""

    def __init__(
        self, cloud: Emulator, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        self.cloud = cloud
        self._capsys = capsys
        self._patch = patch
        self._forgotten = 0

    def __call__(self, *arguments: str, given: object = None) -> Ran:
        """Run one command, with a text or a JSON value on standard input."""
        text = given if isinstance(given, str) else json.dumps(given)
        self._patch.setattr(sys, "stdin", io.StringIO(text))
        self._capsys.readouterr()
        code = main(arguments, clock=self.cloud.clock)
        said = self._capsys.readouterr()
        return Ran(code, said.out, said.err)

    def job(self, shortname: str, *outcomes: str, **members: object) -> str:
        """Create a job with a task for each outcome; gives its uuid."""
        tasks = [
            {
                "name": f"task-{number}",
                "shortname": f"{shortname}-{number}",
                "profile": "docker-batch",
                "constants": {"EMULATOR_OUTCOME": outcome},
            }
            for number, outcome in enumerate(outcomes)
        ]
        described = {"name": shortname, "shortname": shortname, "tasks": tasks, **members}
        created = self("create", "-f", "-", "-o", "json", given=described)
        assert created.code == 0, created.err
        return str(created.json[0]["uuid"])

    def sent(self) -> list[str]:
        """The operations that were asked for, since `forget` was called if it was."""
        return [str(request.operation) for request in self.cloud.requests[self._forgotten :]]

    def forget(self) -> None:
        """Count requests from here on."""
        self._forgotten = len(self.cloud.requests)
