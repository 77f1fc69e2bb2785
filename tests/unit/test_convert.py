"""From generated models to JSON objects: what is no list is not taken for one."""

from __future__ import annotations

from typing import Any

import pytest

from qarnot_domain import Connection, MalformedResponseException
from qarnot_domain.emulator import Emulator

from .driving import JOB_PAYLOAD


@pytest.mark.parametrize("data", [3, True, "text", {}, JOB_PAYLOAD])
def test_page_whose_data_is_no_list_cannot_be_read(
    qarnot_connection: Connection, qarnot_emulator: Emulator, data: Any
) -> None:
    """A page that holds something else than a list is a `MalformedResponseException`."""
    qarnot_emulator.fail_next("paginateJobs", times=6, status=200, body={"data": data})
    with pytest.raises(
        MalformedResponseException, match=f"list, not {type(data).__name__}"
    ) as caught:
        qarnot_connection.jobs()
    assert (caught.value.operation, caught.value.method) == ("paginateJobs", "POST")
    assert caught.value.url == f"{qarnot_emulator.url}/jobs/paginate"
    assert caught.value.attempts == 1
