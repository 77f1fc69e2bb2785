"""Ranges of instances: accepted for what they mean, and counted right, whatever their spelling."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qarnot_domain import Connection, Task
from qarnot_domain.emulator import Emulator, ManualClock
from qarnot_domain.emulator._http import Request, Response

from . import strategies as s

MOST_INSTANCES = 2048


@pytest.fixture(scope="module")
def task() -> Iterator[Task]:
    """A draft, to which nothing but its range matters."""
    with Connection(client_token="unused", cluster_url="https://cluster.test") as connection:
        yield connection.create_task("n", "docker-batch", "0")


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    """An emulator that is asked without HTTP."""
    return Emulator(clock=ManualClock())


def refusal(task: Task, text: str) -> str | None:
    """What the range is refused with, if it is, which must leave the present one as it was."""
    before = task.advanced_range
    try:
        task.advanced_range = text
    except ValueError as error:
        assert task.advanced_range == before
        return str(error)
    assert task.advanced_range == text
    return None


def emulated_count(emulator: Emulator, text: str) -> int | None:
    """How many instances the emulator sees in the range; `None` if it refuses it."""

    def answer(method: str, path: str, body: bytes = b"") -> Response:
        headers = {"authorization": emulator.token, "content-type": "application/json"}
        reply = emulator.handle(Request(method, path, headers=headers, body=body))
        assert isinstance(reply, Response)
        return reply

    creation = {"name": "n", "profile": "docker-batch", "advancedRanges": text}
    created = answer("POST", "/tasks", json.dumps(creation).encode())
    if created.status == 400:
        return None
    count: int = answer("GET", f"/tasks/{created.json()['uuid']}").json()["totalInstanceCount"]
    emulator.reset()
    return count


@given(ranges=s.spelled_ranges())
def test_ranges_are_counted_right(task: Task, ranges: s.Ranges) -> None:
    """Up to 2048 different instances are accepted, and a refusal says how many there are."""
    count = len(ranges.instances)
    message = refusal(task, ranges.text)
    if count <= MOST_INSTANCES:
        assert message is None
    else:
        assert message == f"advanced_range must be at most {MOST_INSTANCES} instances, not {count}"


@given(ranges=s.spelled_ranges())
def test_emulator_counts_the_same(task: Task, emulator: Emulator, ranges: s.Ranges) -> None:
    """What is accepted here runs as many instances there, and what is refused is refused."""
    counted = None if refusal(task, ranges.text) else len(ranges.instances)
    assert emulated_count(emulator, ranges.text) == counted


@given(order=st.permutations(range(0, 40, 3)), ranges=s.spelled_ranges(longest=3))
def test_order_is_of_no_consequence(task: Task, order: list[int], ranges: s.Ranges) -> None:
    """The same parts in another order are the same instances."""
    assert refusal(task, ",".join(map(str, order))) is None
    parts = ranges.text.split(",")
    assert refusal(task, ",".join(reversed(parts))) == refusal(task, ranges.text)


@given(text=s.range_like() | s.damaged(s.spelled_ranges().map(lambda ranges: ranges.text)))
def test_any_text_is_a_range_or_a_value_error(task: Task, text: str) -> None:
    """Nothing else happens, the refusal names the member, and what is accepted has the form."""
    message = refusal(task, text)
    if message is not None:
        assert message.startswith("advanced_range ")
        return
    assert re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", text, re.ASCII)
    instances: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        assert int(first) <= int(last or first) <= s.LARGEST_INSTANCE
        instances.update(range(int(first), int(last or first) + 1))
    assert 1 <= len(instances) <= MOST_INSTANCES


@given(first=st.integers(0, 10**12), last=st.integers(0, 10**12))
def test_one_range_of_any_size(task: Task, first: int, last: int) -> None:
    """However large its ends are, it is judged at once: forwards, within int32, 2048 at most."""
    accepted = first <= last <= s.LARGEST_INSTANCE and last - first < MOST_INSTANCES
    assert (refusal(task, f"{first}-{last}") is None) == accepted
