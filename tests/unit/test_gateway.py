"""The gateway: a success that answers another question than the one asked is none."""

from __future__ import annotations

from typing import Any

import pytest

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
