"""The gateway: how the generated client asks, and a success that answers another question."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from typing import Any

import pytest
import qarnot_api.api
from qarnot_api.operations import OPERATIONS

from qarnot_domain import Connection, MalformedResponseException, SubmissionUnknownException
from qarnot_domain.emulator import Emulator

from .driving import JOB_PAYLOAD, JOB_UUID, PROFILE, operations, submitted

CREATED = {"uuid": JOB_UUID, "statusCode": 200, "message": None}


@pytest.mark.parametrize(
    ("status", "body"), [(200, []), (200, [CREATED]), (207, [CREATED]), (207, CREATED)]
)
def test_answer_for_several_tasks_is_not_one_for_one_task(
    qarnot_connection: Connection, qarnot_emulator: Emulator, status: int, body: Any
) -> None:
    """One creation answered as several leaves it unknown what there is: it is not repeated."""
    qarnot_emulator.fail_next("createTasks", status=status, body=body)
    task = qarnot_connection.create_task("n", PROFILE)
    with pytest.raises(SubmissionUnknownException) as caught:
        task.submit()
    assert isinstance(caught.value.__cause__, MalformedResponseException)
    assert task.uuid is None
    assert operations(qarnot_emulator) == ["createTasks"]


def test_success_that_is_not_about_one_object_is_not_one_object(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A 207 to a read is unreadable, whatever it holds, and is named by its status."""
    job = submitted(qarnot_connection)
    qarnot_emulator.fail_next(
        "retrieveJob", times=6, status=207, body={**JOB_PAYLOAD, "uuid": job.uuid}
    )
    with pytest.raises(MalformedResponseException, match="207"):
        job.update()


class _Body(list[Any]):
    def to_dict(self) -> dict[str, Any]:
        return {}


def test_operations_are_asked_for_as_the_generated_client_does() -> None:
    """The table that the gateway reads and the generated functions come to the same requests."""
    asked = {}
    for found in pkgutil.walk_packages(qarnot_api.api.__path__, "qarnot_api.api."):
        if not found.ispkg:
            build = importlib.import_module(found.name)._get_kwargs
            given: dict[str, Any] = {
                name: _Body() if name == "body" else "part"
                for name, parameter in inspect.signature(build).parameters.items()
                if parameter.default is parameter.empty
            }
            request = build(**given)
            asked[found.name.rpartition(".")[2]] = request["method"].upper(), request["url"]
    assert asked == {
        re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name): (
            method,
            re.sub("{.*?}", "part", path),
        )
        for name, (method, path) in OPERATIONS.items()
    }
