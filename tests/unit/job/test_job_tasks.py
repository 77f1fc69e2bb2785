"""`Job`: its tasks, and waiting for them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    Job,
    MissingJobException,
    QarnotGenericException,
    Task,
    TimeSpan,
)
from qarnot_domain.emulator import Emulator

from ..driving import JOB_PAYLOAD, ActingClock, add_task, connect, follow, operations, submitted
from .members import assign_refused, own_clock

# --- tasks ------------------------------------------------------------------------------------


def test_tasks_before_submission_is_an_empty_list(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A draft has no tasks, and no request is needed to know."""
    assert qarnot_connection.create_job("n").tasks == []
    assert qarnot_emulator.requests == []


def test_tasks_are_those_submitted_in_the_job(qarnot_connection: Connection) -> None:
    """They are `Task` objects, equal to those submitted, without those of other jobs."""
    job, other = submitted(qarnot_connection), submitted(qarnot_connection)
    assert job.tasks == []
    mine = [add_task(job, qarnot_connection, name) for name in ("a", "b")]
    add_task(other, qarnot_connection)
    tasks = job.tasks
    assert (mine, ["a", "b"], [Task, Task]) == (
        tasks,
        [task.name for task in tasks],
        [type(task) for task in tasks],
    )


def test_tasks_can_be_used(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A task of the list refreshes and deletes itself (the official SDK's cannot)."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    (task,) = job.tasks
    task.update(flushcache=True)
    qarnot_emulator.advance(timedelta(minutes=1))
    assert task.state == "Success"
    task.delete()
    assert job.tasks == []


def test_tasks_is_one_request_each_time(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Reading the tasks is one request, however many there are and however fresh the job is."""
    job = submitted(qarnot_connection)
    for _ in range(3):
        add_task(job, qarnot_connection)
    before = operations(qarnot_emulator)
    for _ in range(2):
        assert [task.state for task in job.tasks] == ["Submitted"] * 3
    assert [*before, "listJobTasks", "listJobTasks"] == operations(qarnot_emulator)


def test_tasks_of_a_job_that_is_gone(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Asking for the tasks of a job the server lost is a `MissingJobException`."""
    job = submitted(qarnot_connection)
    job.delete()
    qarnot_emulator.advance(timedelta(minutes=1))
    with pytest.raises(MissingJobException):
        assert job.tasks


def test_tasks_cannot_be_set(qarnot_connection: Connection) -> None:
    """Tasks get into a job by their own submission alone."""
    assign_refused(qarnot_connection.create_job("n"), "tasks", [], AttributeError)


# --- wait -------------------------------------------------------------------------------------


def test_wait_is_true_when_every_task_is_final(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """It returns once all tasks ended, however they ended, while the job stays active."""
    job = submitted(qarnot_connection)
    for outcome, seconds in (("success", 1), ("failure", 20), ("success", 3)):
        add_task(
            job,
            qarnot_connection,
            EMULATOR_OUTCOME=outcome,
            EMULATOR_EXECUTION_TIME=str(seconds),
        )
    assert job.wait() is True
    assert [task.state for task in job.tasks] == ["Success", "Failure", "Success"]
    job.update(flushcache=True)
    assert job.state == "Active"


def test_wait_is_true_at_once_without_tasks(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """With no task submitted in it there is nothing to wait for."""
    clock = qarnot_emulator.clock
    job = submitted(qarnot_connection)
    began = clock.monotonic()
    assert job.wait() is True
    assert began == clock.monotonic()


def test_wait_for_a_job_of_an_odd_id(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """An id that is no uuid is the server's to judge."""
    job = Job.from_json(qarnot_connection, {**JOB_PAYLOAD, "uuid": "odd-id"})
    assert job.wait() is True
    assert qarnot_emulator.requests[-1].body["filter"]["filters"][0] == {
        "operator": "Equal",
        "field": "JobUuid",
        "value": "odd-id",
    }


def test_wait_by_default_shows_nothing(
    qarnot_connection: Connection, capfd: pytest.CaptureFixture[str]
) -> None:
    """No line comes to the terminal unless it is asked for."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    assert job.wait() is True
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("end", ["complete", "delete"])
def test_wait_is_true_when_the_job_is_final(
    qarnot_connection: Connection, qarnot_emulator: Emulator, end: str
) -> None:
    """A job that is completed or deleted is final, whatever its tasks are."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME="01:00:00")
    if end == "delete":
        job.delete(forceAbort=True)
    else:
        qarnot_emulator.set_state(str(job.uuid), "Completed")
    sent = len(qarnot_emulator.requests)
    assert job.wait(timeout=10) is True
    assert len(qarnot_emulator.requests) <= sent + 2


@pytest.mark.parametrize("auto_update", [True, False])
def test_wait_is_true_when_the_job_becomes_final_meanwhile(
    qarnot_connection: Connection, qarnot_emulator: Emulator, auto_update: bool
) -> None:
    """A job that becomes final while a task never does ends the wait."""
    job = submitted(qarnot_connection)
    task = add_task(job, qarnot_connection)
    qarnot_emulator.set_state(str(task.uuid), "Hibernating")
    assert job.state == "Active"
    job.auto_update = auto_update
    polls: list[int] = []

    def at_each_poll(counts: object) -> None:
        polls.append(1)
        if len(polls) == 3:
            qarnot_emulator.set_state(str(job.uuid), "Completed")

    assert job.wait(timeout=600, progress=at_each_poll) is True


@pytest.mark.parametrize("timeout", [10, 10.0, timedelta(seconds=10)])
def test_wait_is_false_when_the_time_is_up(
    qarnot_emulator: Emulator, timeout: float | timedelta
) -> None:
    """It gives up when the time is up, neither earlier nor later, having looked a last time."""
    connection, clock = own_clock(qarnot_emulator)
    with connection:
        job = submitted(connection)
        add_task(job, connection)
        began = clock.monotonic()
        assert job.wait(timeout) is False
        assert pytest.approx(clock.monotonic() - began) == 10.0
        assert operations(qarnot_emulator)[-1] == "paginateTaskSummaries"


@pytest.mark.parametrize("timeout", [1.0, 1.1, 1.5, 2.5, 4.0, 5.5, 10.0, 21.0, 30.0])
def test_wait_sees_what_ends_just_when_the_time_is_up(
    qarnot_connection: Connection, qarnot_emulator: Emulator, timeout: float
) -> None:
    """The last look is at the tasks: one that ends with the time, or just before it, counts."""
    job = submitted(qarnot_connection)
    # Everything but the execution takes the emulator a second.
    execution = TimeSpan(timedelta(seconds=timeout - 1))
    task = add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME=str(execution))
    finished = job.wait(timeout + 0.001)
    assert task.state == "Success"
    assert finished is True


def test_wait_of_zero_looks_once(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """A time of zero asks and does not wait."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    began = qarnot_emulator.clock.monotonic()
    assert job.wait(0) is False
    assert began == qarnot_emulator.clock.monotonic()
    assert operations(qarnot_emulator).count("paginateTaskSummaries") == 1
    qarnot_emulator.advance(timedelta(minutes=1))
    assert job.wait(0) is True


def test_wait_never_takes_an_unknown_state_for_final(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A task in a state not known, or on its way to an end, is waited for."""
    job = submitted(qarnot_connection)
    task = add_task(job, qarnot_connection)
    for state in ("Hibernating", "PendingCancel", "PendingDelete", "success"):
        qarnot_emulator.set_state(str(task.uuid), state)
        assert job.wait(0) is False
    qarnot_emulator.set_state(str(task.uuid), "Success")
    assert job.wait(0) is True


def test_wait_is_one_request_per_poll(qarnot_emulator: Emulator) -> None:
    """However many tasks, a poll is one request, and polls are no denser than four a second.

    One more asks, at the end, whether the job is still there.
    """
    clock = follow(qarnot_emulator)
    with connect(qarnot_emulator, clock=clock) as connection:
        job = submitted(connection)
        for _ in range(10):
            add_task(job, connection, EMULATOR_EXECUTION_TIME="00:01:00")
        job.update()
        sent = len(qarnot_emulator.requests)
        assert job.wait() is True
    assert len(qarnot_emulator.requests) - sent == len(clock.slept) + 2
    assert operations(qarnot_emulator)[-1] == "retrieveJob"
    assert min(clock.slept) == 0.25
    assert max(clock.slept) == job.update_cache_time


def test_wait_asks_first_after_a_job_of_which_nothing_fresh_is_known(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """That is one request more, and none for a job that was just read."""
    job = submitted(qarnot_connection)
    for asked in (["retrieveJob", "paginateTaskSummaries"], ["paginateTaskSummaries"]):
        sent = len(qarnot_emulator.requests)
        assert job.wait() is True
        assert operations(qarnot_emulator)[sent:] == asked


def test_wait_asks_for_one_task_that_is_not_final(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The request is for at most one summary, of a task of this job in no known final state."""
    job = submitted(qarnot_connection)
    assert job.wait() is True
    assert qarnot_emulator.requests[-1].body == {
        "maximumResults": 1,
        "filter": {
            "operator": "And",
            "filters": [
                {"operator": "Equal", "field": "JobUuid", "value": job.uuid},
                {
                    "operator": "NotIn",
                    "field": "State",
                    "values": ["Success", "Failure", "Cancelled"],
                },
            ],
        },
    }


def test_wait_with_progress_asks_for_the_states_alone(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A poll is one `searchTasks` that selects the state, and two requests more when all are."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    job.update()
    sent = len(qarnot_emulator.requests)
    polls: list[object] = []
    assert job.wait(progress=polls.append) is True
    asked = qarnot_emulator.requests[sent:]
    assert len(asked) == len(polls) + 2
    assert {request.operation for request in asked[:-2]} == {"searchTasks", "retrieveJob"}
    assert [one.operation for one in asked[-2:]] == ["paginateTaskSummaries", "retrieveJob"]
    assert asked[0].body == {
        "select": {"fields": ["State"]},
        "filter": {"operator": "Equal", "field": "JobUuid", "value": job.uuid},
    }


def test_wait_does_not_trust_a_list_of_states_that_may_be_cut_short(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A search that gives final tasks alone ends nothing while another one still runs."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    qarnot_emulator.fail_next("searchTasks", status=200, body=[{"state": "Success"}])
    reports: list[object] = []
    assert job.wait(0, progress=reports.append) is False
    assert reports == [{"Success": 1}]


@pytest.mark.parametrize("item", [{}, {"state": None}, {"state": "Hibernating"}])
def test_wait_does_not_take_an_odd_state_for_final(
    qarnot_connection: Connection, qarnot_emulator: Emulator, item: dict[str, Any]
) -> None:
    """A task in the list whose state is missing, null or not known is one that goes on."""
    job = submitted(qarnot_connection)
    qarnot_emulator.fail_next("searchTasks", status=200, body=[item])
    assert job.wait(0, progress=lambda counts: None) is False


def test_wait_reports_the_number_of_tasks_by_state(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A function given as `progress` gets the counts of each poll, the last ones included."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection, EMULATOR_OUTCOME="failure")
    add_task(job, qarnot_connection)
    reports: list[dict[str, int]] = []
    assert job.wait(progress=lambda counts: reports.append(dict(counts))) is True
    assert reports[0] == {"Submitted": 2}
    assert reports[-1] == {"Failure": 1, "Success": 1}
    assert {2} == {sum(report.values()) for report in reports}
    assert {str} == {type(state) for report in reports for state in report}


def test_wait_shows_a_line_on_the_terminal(
    qarnot_connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """With `progress=True` the job's name and how far it is are shown on standard error."""
    pytest.importorskip("rich")
    job = submitted(qarnot_connection, "my [bold]job[/bold]")
    add_task(job, qarnot_connection)
    assert job.wait(progress=True) is True
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "my [bold]job[/bold]" in captured.err
    assert "1/1" in captured.err


def test_wait_with_a_line_needs_the_extra(
    qarnot_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without rich, `progress=True` says what to install, before it waits for anything."""
    monkeypatch.setitem(sys.modules, "rich.console", None)
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    with pytest.raises(ModuleNotFoundError, match=r"qarnot-domain\[progress\]"):
        job.wait(progress=True)


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"timeout": -1}, ValueError, "timeout"),
        ({"timeout": timedelta(seconds=-1)}, ValueError, "timeout"),
        ({"timeout": float("nan")}, ValueError, "timeout"),
        ({"timeout": "10"}, TypeError, "timeout"),
        ({"timeout": True}, TypeError, "timeout"),
        ({"progress": 1}, TypeError, "progress"),
        ({"progress": None}, TypeError, "progress"),
    ],
)
@pytest.mark.parametrize("state", ["Active", "Completed"])
def test_wait_refuses_bad_arguments(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    state: str,
    arguments: dict[str, Any],
    error: type[Exception],
    named: str,
) -> None:
    """A bad argument is refused by name whatever the job's state is."""
    job = submitted(qarnot_connection)
    qarnot_emulator.set_state(str(job.uuid), state)
    with pytest.raises(error, match=named):
        job.wait(**arguments)


def test_wait_before_submission_raises(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """There is nothing to wait for in a draft, and waiting for ever would be worse."""
    with pytest.raises(QarnotGenericException, match="not submitted"):
        qarnot_connection.create_job("n").wait()
    assert qarnot_emulator.requests == []


def test_wait_for_a_job_deleted_meanwhile_raises(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A job that somebody else deletes meanwhile is a `MissingJobException`."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME="01:00:00")
    other = qarnot_connection.retrieve_job(str(job.uuid))
    with pytest.raises(MissingJobException):
        job.wait(progress=lambda counts: None if other.state == "Deleting" else other.delete(True))


def test_wait_is_not_over_because_the_job_is_gone(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """No task that goes on is left of a job that was deleted, and that is no end to wait for."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME="01:00:00")
    other = qarnot_connection.retrieve_job(str(job.uuid))

    def delete(_counts: Mapping[str, int]) -> None:
        if other.state != "Deleting":
            other.delete(True)
            qarnot_emulator.advance(timedelta(minutes=1))

    with pytest.raises(MissingJobException):
        job.wait(progress=delete)


def test_wait_outlives_a_failing_server(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """A poll is a read: a 503 now and then does not end the wait."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection)
    qarnot_emulator.fail_next("paginateTaskSummaries", times=3)
    assert job.wait() is True
    assert [
        request.status
        for request in qarnot_emulator.requests
        if request.operation == "paginateTaskSummaries"
    ][:4] == [503, 503, 503, 200]


@pytest.mark.parametrize("progress", [False, lambda counts: None])
def test_wait_asks_after_the_job_at_every_fourth_poll(
    qarnot_connection: Connection, qarnot_emulator: Emulator, progress: Any
) -> None:
    """The others, and the last, are for its tasks."""
    job = submitted(qarnot_connection)
    add_task(job, qarnot_connection, EMULATOR_EXECUTION_TIME="01:00:00")
    job.update()
    sent = len(qarnot_emulator.requests)
    assert job.wait(60, progress) is False
    asked = [request.operation for request in qarnot_emulator.requests[sent:]]
    assert len(asked) > 12
    of_tasks = "searchTasks" if progress else "paginateTaskSummaries"
    for number, operation in enumerate(asked[:-1], 1):
        assert operation == ("retrieveJob" if number % 4 == 0 else of_tasks)
    assert asked[-1] == of_tasks


# --- interrupting a wait ----------------------------------------------------------------------


def interrupt(seconds: float) -> None:
    """What Ctrl-C does to whatever sleeps."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("progress", [False, True])
def test_interrupted_wait_says_how_to_go_on(qarnot_emulator: Emulator, progress: bool) -> None:
    """The `KeyboardInterrupt` has a note with the call that waits for the job again."""
    if progress:
        pytest.importorskip("rich")
    with connect(qarnot_emulator, clock=ActingClock(interrupt)) as connection:
        job = submitted(connection)
        add_task(job, connection)
        with pytest.raises(KeyboardInterrupt) as caught:
            job.wait(progress=progress)
    (note,) = caught.value.__notes__
    assert note.endswith(f"to wait for it again: connection.retrieve_job({job.uuid!r}).wait()")


def test_interrupted_wait_leaves_the_job_as_it_was(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Job and task go on, the object reads and waits on, and so does another one of the job."""
    with connect(qarnot_emulator, clock=ActingClock(interrupt)) as connection:
        job = submitted(connection)
        task = add_task(job, connection)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                job.wait()
        assert (job.state, [one.state for one in job.tasks]) == ("Active", ["Submitted"])
        assert qarnot_connection.retrieve_job(str(job.uuid)).wait() is True
        assert job.wait() is True
        task.update(flushcache=True)
        assert task.state == "Success"


def test_interrupted_request_of_a_wait_can_be_made_again(qarnot_emulator: Emulator) -> None:
    """Ctrl-C while a request waits for its next attempt blocks no read that follows."""
    with connect(qarnot_emulator, clock=ActingClock(interrupt)) as connection:
        job = submitted(connection)
        qarnot_emulator.fail_next("retrieveJob")
        with pytest.raises(KeyboardInterrupt) as caught:
            job.wait()
        assert len(caught.value.__notes__) == 1
        assert (job.state, job.wait()) == ("Active", True)
