"""`Task`: what its instances write, all of it and what is new."""

from __future__ import annotations

from datetime import timedelta

from qarnot_domain import Connection, Task
from qarnot_domain.emulator import Emulator

from ..driving import PROFILE


def submitted_task(connection: Connection, outcome: str = "success") -> Task:
    """A task of two instances that executes for a second."""
    task = connection.create_task("n", PROFILE, 2)
    task.constants = {"EMULATOR_OUTCOME": outcome}
    task.submit()
    return task


def test_output_of_all_instances_and_of_one(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """The whole is that of all instances together, and asking changes nothing."""
    task = submitted_task(qarnot_connection, "failure")
    assert (task.stdout(), task.stderr(), task.stdout(1)) == ("", "", "")
    qarnot_emulator.advance(timedelta(minutes=1))
    for _ in range(2):
        assert task.stdout() == "[0] started\n[1] started\n"
        assert task.stderr() == "[0] failed\n[1] failed\n"
        assert (task.stdout(1), task.stdout(instanceId=0)) == ("[1] started\n", "[0] started\n")
        assert (task.stderr(1), task.stderr(instanceId=0)) == ("[1] failed\n", "[0] failed\n")


def test_fresh_output_is_given_once(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Each call gives what came since the last one, while the whole stays."""
    task = submitted_task(qarnot_connection)
    qarnot_emulator.advance(timedelta(seconds=1.5))
    assert task.fresh_stdout() == "[0] started\n[1] started\n"
    assert task.fresh_stdout() == ""
    qarnot_emulator.advance(timedelta(minutes=1))
    assert task.fresh_stdout() == "[0] done\n[1] done\n"
    assert task.stdout() == "[0] started\n[1] started\n[0] done\n[1] done\n"
    assert (task.fresh_stdout(1), task.fresh_stdout(1)) == ("[1] started\n[1] done\n", "")
    assert (task.stderr(), task.fresh_stderr()) == ("", "")
