"""A job against a model of a few lines, through every sequence of calls Hypothesis can think of."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from qarnot_domain import (
    Connection,
    Job,
    JobState,
    MissingJobException,
    QarnotException,
    SubmissionUnknownException,
    TimeSpan,
)
from qarnot_domain.emulator import Emulator
from qarnot_domain.emulator._http import Request, Response

SETTABLE: Final[dict[str, tuple[list[Any], list[Any]]]] = {
    "name": (["a", "b c"], ["", 5, None]),
    "shortname": ([None, "one", "two-2"], ["", "UP", "-a", 3]),
    "use_dependencies": ([True, False], ["yes", 1, None]),
    "max_wall_time": ([None, timedelta(days=1), "02:00:00"], ["24:00:00", "x", -1]),
    "completion_ttl": ([timedelta(hours=1), "00:00:00.5", "00:00:00"], ["1:2:3", 4]),
    "auto_delete": ([True, False], [0, None]),
    "tags": ([[], ["t"], ["t", "u", "t"]], ["t", [1], None]),
    "pool": ([None], ["not-a-uuid", 7]),
}
"""Each settable member with values it takes and values it refuses."""

WIRE: Final = {
    "name": "name",
    "shortname": "shortname",
    "use_dependencies": "useDependencies",
    "max_wall_time": "maxWallTime",
    "completion_ttl": "completionTimeToLive",
    "auto_delete": "autoDeleteOnCompletion",
    "tags": "tags",
    "state": "state",
    "previous_state": "previousState",
}
"""Each member that reads the same as its JSON, once submitted."""

DATES: Final = (
    "creation_date",
    "last_modified",
    "state_transition_time",
    "previous_state_transition_time",
)

FAULTS: Final[list[dict[str, Any]]] = [
    {"status": 403},
    {"status": 429},
    {"status": 500},
    {"status": 503, "retry_after": 1},
    {"drop": "before"},
    {"drop": "after"},
]

REFUSED: Final = (403, 429, 503)
"""Statuses after which a creation surely did not happen (the 503 says to come back)."""


def normal(member: str, value: Any) -> Any:
    """What a member reads as after it was set to a value it takes."""
    if member == "tags":
        return list(dict.fromkeys(value))
    if member in ("max_wall_time", "completion_ttl"):
        return None if value is None else TimeSpan(value)
    return value


class JobMachine(RuleBasedStateMachine):
    """The job, and the model beside it."""

    def __init__(self, cloud: Emulator) -> None:
        super().__init__()
        cloud.reset()
        self.cloud = cloud
        self.connection = Connection(
            cluster_url=cloud.url, client_token=cloud.token, clock=cloud.clock, retry_count=0
        )
        self.job: Job = self.connection.create_job("a")
        # The model.
        self.draft: dict[str, Any] = {
            "name": "a",
            "shortname": None,
            "use_dependencies": False,
            "max_wall_time": None,
            "completion_ttl": "00:00:00",
            "auto_delete": False,
            "tags": [],
            "pool": None,
        }
        self.phase = "draft"  # then submitted or doubtful; a submitted job may be deleted
        self.deleted = False
        self.shows_deleting = False  # until an update brings the server's word
        self.auto_update = True
        self.cache_time = 5.0
        self.known: dict[str, Any] | None = None  # the JSON of the last fetch
        self.fetched_at: float | None = None
        self.fault: dict[str, Any] | None = None  # what the next request meets
        self.creations = 0  # that took effect

    def teardown(self) -> None:
        self.connection.close()

    # --- the server's side -------------------------------------------------------------------

    def now(self) -> float:
        return self.cloud.clock.monotonic()

    def truth(self) -> dict[str, Any] | None:
        """The job on the server, or None when it is gone."""
        assert self.job.uuid is not None
        headers = {"authorization": self.cloud.token}
        reply = self.cloud.handle(Request("GET", f"/jobs/{self.job.uuid}", headers=headers))
        assert isinstance(reply, Response)
        return reply.json() if reply.status == 200 else None

    def sent(self, call: Callable[[], object]) -> tuple[int, object]:
        """How many requests a call sent, and what it returned or raised."""
        before = len(self.cloud.requests)
        try:
            result = call()
        except (QarnotException, AttributeError, TypeError, ValueError) as error:
            result = error
        return len(self.cloud.requests) - before, result

    # --- the model of a read -----------------------------------------------------------------

    def stale(self) -> bool:
        return self.fetched_at is None or self.now() - self.fetched_at >= self.cache_time

    def asks(self, member: str) -> bool:
        """Whether a read asks the server: a final state that it told stays."""
        stays = (
            member == "state"
            and self.fetched_at is not None
            and self.known is not None
            and JobState(self.known["state"]).is_final
        )
        follows = self.phase == "submitted" and self.auto_update and not self.deleted
        return follows and self.stale() and not stays

    def expect_fetch(self, sent: int, result: object) -> bool:
        """Check a call that had to fetch; whether the fetch succeeded."""
        assert sent == 1
        fault, self.fault = self.fault, None
        if fault is not None:
            assert isinstance(result, QarnotException)
            return False
        truth = self.truth()
        if truth is None:
            assert isinstance(result, MissingJobException)
            return False
        assert not isinstance(result, Exception)
        self.known, self.fetched_at = truth, self.now()
        return True

    def check_values(self) -> None:
        """With reads that send nothing, every member is what the model knows."""
        self.job.auto_update = False
        try:
            assert self.sent(self.check_members) == (0, None)
        finally:
            self.job.auto_update = self.auto_update

    def check_members(self) -> None:
        if self.phase != "submitted":
            for member, value in self.draft.items():
                assert getattr(self.job, member) == normal(member, value)
            assert self.job.state == "UnSubmitted"
            assert [None] * len(DATES) == [getattr(self.job, date) for date in DATES]
            return
        if self.known is None:
            for member, value in self.draft.items():
                if member != "shortname":
                    assert getattr(self.job, member) == normal(member, value)
            assert self.job.shortname == (self.draft["shortname"] or self.job.uuid)
            assert self.job.state == ("Deleting" if self.shows_deleting else "Active")
            return
        for member, wire in WIRE.items():
            shows_deleting = member == "state" and self.shows_deleting
            expected = "Deleting" if shows_deleting else self.known[wire]
            assert getattr(self.job, member) == expected
        for date in DATES:
            value = getattr(self.job, date)
            assert value is None or value.utcoffset() == timedelta(0)

    # --- rules -------------------------------------------------------------------------------

    @initialize(picks=st.lists(st.integers(0, 2), min_size=len(SETTABLE), max_size=len(SETTABLE)))
    def draft_anything(self, picks: list[int]) -> None:
        for (member, (values, _)), pick in zip(SETTABLE.items(), picks, strict=True):
            value = values[pick % len(values)]
            setattr(self.job, member, value)
            self.draft[member] = value

    @rule(member=st.sampled_from(sorted(SETTABLE)), pick=st.integers(0, 2), good=st.booleans())
    def set_member(self, member: str, pick: int, good: bool) -> None:
        values = SETTABLE[member][0 if good else 1]
        value = values[pick % len(values)]
        sent, result = self.sent(lambda: setattr(self.job, member, value))
        assert sent == 0
        if self.phase != "draft":
            assert isinstance(result, AttributeError)
            assert member in str(result)
            assert "already submitted" in str(result)
        elif good:
            assert result is None
            self.draft[member] = value
        else:
            assert isinstance(result, (TypeError, ValueError))
        self.check_values()

    @rule()
    def submit(self) -> None:
        self.check_submission(*self.sent(self.job.submit))

    @rule()
    def submit_from_two_threads(self) -> None:
        barrier = threading.Barrier(2)

        def submit() -> object:
            barrier.wait()
            try:
                self.job.submit()
            except QarnotException as error:
                return error
            return None

        before = len(self.cloud.requests)
        with ThreadPoolExecutor(2) as pool:
            results = [future.result() for future in [pool.submit(submit), pool.submit(submit)]]
        sent = len(self.cloud.requests) - before
        if self.phase == "draft" and self.fault is not None and self.is_refused(self.fault):
            # The first call is refused for sure, so the second submits.
            assert sent == 2
            assert sum(result is None for result in results) == 1
            self.fault = None
            self.take_in_creation()
            return
        error = next((result for result in results if result is not None), None)
        if self.phase == "draft" and error is not None:
            assert all(isinstance(result, SubmissionUnknownException) for result in results)
        self.check_submission(sent, error)

    def is_refused(self, fault: dict[str, Any]) -> bool:
        return fault.get("status") in REFUSED

    def take_in_creation(self) -> None:
        self.phase = "submitted"
        self.creations += 1

    def check_submission(self, sent: int, result: object) -> None:
        if self.phase == "submitted":
            assert sent == 0
            assert isinstance(result, MissingJobException) if self.deleted else result is None
            return
        if self.phase == "doubtful":
            assert sent == 0
            assert isinstance(result, SubmissionUnknownException)
            return
        fault, self.fault = self.fault, None
        if fault is None:
            assert (sent, result) == (1, None)
            self.take_in_creation()
        elif self.is_refused(fault):
            assert sent == 1
            assert isinstance(result, QarnotException)
        elif self.draft["shortname"] is not None:
            # Looked up: adopted if it took effect, else it stays unknown without retries.
            assert sent == 2
            if fault.get("drop") == "after":
                assert result is None
                self.take_in_creation()
            else:
                assert isinstance(result, SubmissionUnknownException)
                self.phase = "doubtful"
        else:
            assert sent == 1
            assert isinstance(result, SubmissionUnknownException)
            self.phase = "doubtful"
            self.creations += fault.get("drop") == "after"

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0, 4.5, 5.0, 60.0]))
    def advance(self, seconds: float) -> None:
        self.cloud.advance(timedelta(seconds=seconds))

    @precondition(lambda self: self.phase == "submitted")
    @rule(state=st.sampled_from([*JobState.known()[1:], "Hibernating"]))
    def server_changes_state(self, state: str) -> None:
        if self.fault is None and self.truth() is not None:
            assert self.job.uuid is not None
            self.cloud.set_state(self.job.uuid, state)

    @precondition(lambda self: self.phase == "submitted")
    @rule(tags=st.lists(st.sampled_from("xyz"), unique=True), ttl=st.integers(0, 9))
    def server_changes_what_no_user_can(self, tags: list[str], ttl: int) -> None:
        if self.fault is None and self.truth() is not None:
            job = self.cloud._cloud._store.jobs.get(str(self.job.uuid))
            assert job is not None
            if job.end_date is None:  # From then on the store keeps it among those that may go.
                job.auto_delete_on_completion = not job.auto_delete_on_completion
            job.tags, job.completion_time_to_live = tags, TimeSpan(timedelta(hours=ttl))

    @rule(member=st.sampled_from([*sorted(WIRE), *DATES, "pool"]))
    def read(self, member: str) -> None:
        sent, result = self.sent(lambda: getattr(self.job, member))
        if self.asks(member):
            if self.expect_fetch(sent, result):
                self.check_values()
        else:
            assert sent == 0
            assert not isinstance(result, Exception)
        self.check_values()

    @precondition(lambda self: self.phase == "submitted" and not self.deleted)
    @rule()
    def read_from_four_threads(self) -> None:
        if self.fault is not None or self.truth() is None:
            return
        barrier = threading.Barrier(4)

        def read() -> str:
            barrier.wait()
            return self.job.state

        before = len(self.cloud.requests)
        with ThreadPoolExecutor(4) as pool:
            states = {future.result() for future in [pool.submit(read) for _ in range(4)]}
        sent = len(self.cloud.requests) - before
        assert len(states) == 1
        if self.asks("state"):
            # With no cache time at all, only those who wait for the same request share it.
            assert sent == 1 or (self.cache_time == 0 and sent <= 4)
            assert self.expect_fetch(1, None)
        else:
            assert sent == 0
        self.check_values()

    @rule(value=st.booleans())
    def switch_auto_update(self, value: bool) -> None:
        self.job.auto_update = self.auto_update = value

    @rule(value=st.sampled_from([0, 0.5, 5, timedelta(seconds=30)]))
    def change_cache_time(self, value: float | timedelta) -> None:
        self.job.update_cache_time = value
        self.cache_time = value.total_seconds() if isinstance(value, timedelta) else value
        assert self.job.update_cache_time == self.cache_time

    @rule(flush=st.booleans())
    def update(self, flush: bool) -> None:
        sent, result = self.sent(lambda: self.job.update(flush))
        if self.phase != "submitted" or not (flush or self.stale()):
            assert (sent, result) == (0, None)
        elif self.expect_fetch(sent, result):
            self.shows_deleting = False
        self.check_values()

    @rule()
    def terminate(self) -> None:
        sent, result = self.sent(self.job.terminate)
        if self.phase != "submitted":
            assert (sent, result) == (0, None)
            return
        assert sent == 1
        fault, self.fault = self.fault, None
        self.fetched_at = None  # also after a failure, whose answer alone may be lost
        if fault is None and not isinstance(result, MissingJobException):
            assert result is None
        else:
            assert isinstance(result, QarnotException)

    @rule(force=st.booleans())
    def delete(self, force: bool) -> None:
        sent, result = self.sent(lambda: self.job.delete(force))
        if self.phase != "submitted":
            assert (sent, result) == (0, None)
            return
        assert sent == 1
        fault, self.fault = self.fault, None
        self.fetched_at = None
        if fault is None and result is None:
            self.deleted = self.shows_deleting = True
        else:
            assert isinstance(result, QarnotException)
            assert fault is not None or isinstance(result, MissingJobException)

    @precondition(lambda self: self.fault is None)
    @rule(fault=st.sampled_from(FAULTS))
    def inject_fault(self, fault: dict[str, Any]) -> None:
        self.fault = fault
        self.cloud.fail_next(**fault)

    # --- invariants --------------------------------------------------------------------------

    @invariant()
    def at_most_one_creation_takes_effect(self) -> None:
        created = [r for r in self.cloud.requests if (r.method, r.path) == ("POST", "/jobs")]
        landed = [r for r in created if r.status == 200]
        assert len(landed) <= 1
        assert self.creations <= 1

    @invariant()
    def showing_it_sends_nothing(self) -> None:
        sent, _ = self.sent(lambda: (repr(self.job), str(self.job), self.job._repr_html_()))
        assert sent == 0

    @invariant()
    def the_uuid_stays(self) -> None:
        assert (self.job.uuid is not None) == (self.phase == "submitted")


@pytest.mark.timeout(600)  # a failure takes its time to shrink
def test_a_job_behaves_as_its_model_in_every_sequence_of_calls(
    qarnot_emulator: Emulator,
) -> None:
    """No sequence of calls, faults and passing time makes a job differ from its model."""

    class Machine(JobMachine):
        def __init__(self) -> None:
            super().__init__(qarnot_emulator)

    run_state_machine_as_test(Machine)
