"""An emulator of the Qarnot API on loopback, to develop and test against without an account.

    from qarnot_domain.emulator import Emulator

    with Emulator() as cloud:
        connection = Connection(cluster_url=cloud.url, client_token=cloud.token)

or, from a shell, `python -m qarnot_domain.emulator`. It needs the extra `emulator`.

**What it emulates.** Every operation of the document, without any files: there is no storage, so
resources, results and snapshots are words only.

**Pools** have the size that their scaling, as simplified in `_scaling`, gives them. Their tasks
wait for slots in the order they came; one with more instances than slots runs them in waves.

**Time.** The state of everything is computed from a clock. With a `ManualClock` nothing happens
until `Emulator.advance` moves it, and tests never wait. A task goes from creation to its end in
about two seconds of it; a job does not complete by itself.

**Stopping.** With a `state_file` (`--state FILE`) everything but the record of requests and the
faults is there again the next time, at the emulated time it was then.

**Looking.** A browser at `Emulator.url` gets a page that asks for the token, and shows what there
is.

**Execution.** With `Emulator(execute=True)`, or `--execute`, the commands of tasks (`DOCKER_CMD`)
really run, once per instance, as processes of this machine: as the user who runs the emulator, with
all that this user may do. It is off by default. The processes are killed, with all that they
started, on abort, at the end of a time limit (the job's, or the task's constant
`EMULATOR_TIME_LIMIT`) and when the emulator stops. A task fails if any of its instances does. The
guide has the details; `_execution` and `_processes` do it.

**Tasks choose what happens to them**, where they do not really execute, by constants:
`EMULATOR_EXECUTION_TIME` (a time span such as `00:10:00`, or seconds such as `2.5`), and either
`EMULATOR_OUTCOME` (`success` or `failure`) or `EMULATOR_FAILING_INSTANCES` (ranges such as
`0-2,7`). A copy does as the first task unless it is given other constants. What a task does not
say is left to chance, which comes from the seed: `Emulator(execution_times=..., failure_rate=...)`.

**Failures on demand.** `Emulator.fail_next` makes requests fail, or their answers go wrong;
`Emulator.faults` tells what met which. Exchanges can break off below HTTP too, at any point: be
dropped, reset by TCP, or hang until `Emulator.release` lets them go on, if only by a byte;
`Emulator.refusing` refuses connections. Over HTTP, `POST`, `GET` and `DELETE` on
`/_emulator/faults` do the same with JSON of the same names; `POST` on `/_emulator/release`
(`{"count": 1}` for a byte), `/_emulator/reset` and `/_emulator/advance` (with `{"seconds": 60}`,
for a clock that is driven by hand) drive the rest.

**Where the service's behaviour is not known** the choice made here is in one place with its reason:
how a failed simple dependency counts, in `_lifecycle.SIMPLE_DEPENDENCY_ACCEPTS`; how long each
state lasts, in `_steps`; which bodies are taken, in `_http.require_readable`; how dates read, in
`_wire`; that no other account can be read, in `_cloud`; page sizes, in `_listing`; the refusal of a
taken shortname, in `_shapes.shortname_taken`; that any profile is accepted, in `_general`; how
pools scale, in `_scaling`; how output reads, in `_store.Output`; what counts against a quota, in
`_quotas`; when a task can be copied, in `_task_copies`, restarted, in `_tasks`; how snapshots come
about, in `_snapshots`; how processors are found, in `_hardware`.
"""

from __future__ import annotations

try:
    from qarnot_domain.emulator._break import Break
    from qarnot_domain.emulator._emulator import DEFAULT_EPOCH, EMULATOR_TOKEN, Emulator
    from qarnot_domain.emulator._failure import Failure
    from qarnot_domain.emulator._faults import Fault
    from qarnot_domain.emulator._http import Dropped, Held, Request, Response
    from qarnot_domain.emulator._matching import Matching
    from qarnot_domain.emulator._record import RecordedRequest
except ModuleNotFoundError as _error:
    if _error.name not in ("starlette", "uvicorn"):
        raise
    raise ModuleNotFoundError(
        f"the emulator needs {_error.name}: pip install 'qarnot-domain[emulator]'",
        name=_error.name,
    ) from _error

from qarnot_domain._clock import ManualClock

__all__ = [
    "DEFAULT_EPOCH",
    "EMULATOR_TOKEN",
    "Break",
    "Dropped",
    "Emulator",
    "Failure",
    "Fault",
    "Held",
    "ManualClock",
    "Matching",
    "RecordedRequest",
    "Request",
    "Response",
]
