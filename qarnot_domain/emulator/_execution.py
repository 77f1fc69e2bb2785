"""Executes what the core wants to run, on this machine: one process for each instance."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from qarnot_domain._clock import Clock
from qarnot_domain.emulator._cloud import Cloud
from qarnot_domain.emulator._processes import LocalProcess
from qarnot_domain.emulator._runs import InstanceEnd, Run, Stream

COMMAND_CONSTANT: Final = "DOCKER_CMD"
"""The constant that says what each instance executes."""

TICK_SECONDS: Final = 0.02
"""How often it looks what is to do; a command's end is noticed as late at most."""
STOP_TICKS: Final = 500
"""How often, when it stops, it tries to kill what does not die."""

_CALLED_OFF: Final = "It was called off"


@dataclass(slots=True)
class _Execution:
    """An instance that has a process."""

    run: Run
    instance_id: int
    process: LocalProcess
    start: float
    end: InstanceEnd | None = None
    """How it ended, as soon as that is certain: what it started may have yet to die."""


class ExecutorThread:
    """Executes the runs of a cloud until stopped. It can be started once.

    One thread does everything that has to do with processes, so that none is ever killed by a
    number that is no longer its own.

    Args:
        cloud: says what is to run; it also hears of the time that passes, so that things are over
            on time even if no client asks.
        clock: what time limits are measured by.
        max_processes: how many instances execute at once; the others wait.
    """

    def __init__(self, cloud: Cloud, clock: Clock, max_processes: int) -> None:
        self._cloud = cloud
        self._clock = clock
        self._max_processes = max_processes
        self._executions: dict[tuple[Run, int], _Execution] = {}
        self._folders: dict[str, Path] = {}
        """Of tasks, by uuid."""
        self._root = tempfile.TemporaryDirectory(
            prefix="qarnot-emulator-",
            # A command may have made something that its user cannot remove.
            ignore_cleanup_errors=True,
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="qarnot-executor", daemon=True)

    def start(self) -> None:
        """Return at once; from now on what is to run does."""
        self._thread.start()
        # A program may end without stopping its emulator: a daemon thread would just vanish.
        atexit.register(self.stop)

    def stop(self) -> None:
        """Kill what runs; return once nothing of it is left, nor of its folders.

        The cloud does not hear of it: the next executor begins anew what this one did not finish.
        """
        self._stopping.set()
        self._thread.join()
        atexit.unregister(self.stop)
        if self._executions:
            warnings.warn(
                f"{len(self._executions)} commands could not be killed", RuntimeWarning, 2
            )

    def _work(self) -> None:
        try:
            while not self._stopping.wait(TICK_SECONDS):
                self._tick()
        finally:
            self._kill_all()
            self._root.cleanup()

    def _tick(self) -> None:
        runs = self._cloud.runs()
        wanted = {run for run in runs if run.is_wanted}
        for execution in list(self._executions.values()):
            if execution.run not in wanted:
                self._end(execution, _CALLED_OFF)
            self._follow(execution)
        for run in runs:
            for instance_id in list(run.left):
                if (run, instance_id) not in self._executions:
                    self._begin(run, instance_id)
        self._remove_folders()

    def _begin(self, run: Run, instance_id: int) -> None:
        if not run.is_wanted:
            self._cloud.instance_ended(run, instance_id, InstanceEnd(timedelta(0), _CALLED_OFF))
        elif len(self._executions) < self._max_processes:
            try:
                process = self._launch(run, instance_id)
            except (OSError, ValueError) as error:
                end = InstanceEnd(timedelta(0), f"Instance {instance_id} did not start: {error}")
                self._cloud.instance_ended(run, instance_id, end)
            else:
                execution = _Execution(run, instance_id, process, self._clock.monotonic())
                self._executions[run, instance_id] = execution

    def _launch(self, run: Run, instance_id: int) -> LocalProcess:
        command = run.constants.get(COMMAND_CONSTANT)
        if not command:
            raise ValueError(f"its task has no constant {COMMAND_CONSTANT}")
        of_task = self._folders.setdefault(run.task_uuid, Path(self._root.name, run.task_uuid))
        folder = of_task / str(instance_id)
        # There if the task was restarted.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        environment = {
            # Where this process finds programs; nothing else of its environment is passed on.
            "PATH": os.pathsep.join(os.get_exec_path()),
            **run.constants,
            "HOME": str(folder),
            "INSTANCE_ID": str(instance_id),
            "INSTANCE_COUNT": str(run.instance_count),
        }
        return LocalProcess(command, folder, environment)

    def _follow(self, execution: _Execution) -> None:
        """Pass on what an instance wrote, and that it has ended, with all that it started."""
        self._tell(execution, execution.process.read())
        code, limit = execution.process.exit_code(), execution.run.time_limit
        if code is not None:
            self._end(execution, _error(execution.instance_id, code))
        elif limit is not None and self._age(execution) >= limit:
            message = f"Instance {execution.instance_id} was killed at its time limit of {limit}"
            self._end(execution, message)
        if execution.end is not None and execution.process.kill():
            self._tell(execution, execution.process.close())
            del self._executions[execution.run, execution.instance_id]
            self._cloud.instance_ended(execution.run, execution.instance_id, execution.end)

    def _end(self, execution: _Execution, error: str | None) -> None:
        """Settle how an instance ended; the first to say so is right."""
        if execution.end is None:
            execution.end = InstanceEnd(self._age(execution), error)

    def _age(self, execution: _Execution) -> timedelta:
        return timedelta(seconds=self._clock.monotonic() - execution.start)

    def _tell(self, execution: _Execution, lines: Iterable[tuple[Stream, str]]) -> None:
        for stream, line in lines:
            self._cloud.instance_wrote(execution.run, execution.instance_id, stream, line)

    def _remove_folders(self) -> None:
        """Remove those of tasks that are gone, once nothing of these runs."""
        in_use = {run.task_uuid for run, _ in self._executions}
        for uuid, folder in list(self._folders.items()):
            if uuid not in in_use and not self._cloud.has_task(uuid):
                shutil.rmtree(folder, ignore_errors=True)
                del self._folders[uuid]

    def _kill_all(self) -> None:
        for execution in list(self._executions.values()):
            self._follow(execution)
        interrupted = [key for key, one in self._executions.items() if one.end is None]
        for _ in range(STOP_TICKS):
            for key, execution in list(self._executions.items()):
                if key not in interrupted:
                    self._follow(execution)
                elif execution.process.kill():
                    self._tell(execution, execution.process.close())
                    del self._executions[key]
            if not self._executions:
                return
            self._clock.sleep(TICK_SECONDS)


def _error(instance_id: int, code: int) -> str | None:
    if code < 0:
        return f"Instance {instance_id} was ended by signal {-code}"
    return f"Instance {instance_id} ended with exit code {code}" if code else None
