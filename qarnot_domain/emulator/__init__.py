"""An emulator of the Qarnot API on loopback, to develop and test against without an account.

    from qarnot_domain.emulator import Emulator

    with Emulator() as cloud:
        connection = Connection(cluster_url=cloud.url, client_token=cloud.token)

or, from a shell, `python -m qarnot_domain.emulator`. It needs the extra `emulator`.

**What it emulates.** All operations on jobs; on tasks creation (single and bulk), reading, listing,
searching, paging, updating, aborting, deleting, and the output as a whole; on pools creation,
reading, listing, paging, closing and deleting, where a pool runs any number of tasks at once;
settings, account, versions and profiles. The other operations of the document answer 501.

**Time.** The state of everything is computed from a clock. With a `ManualClock` nothing happens
until `Emulator.advance` moves it, and tests never wait. A task goes from creation to its end in
about two seconds of it; a job does not complete by itself.

**Tasks choose what happens to them** by constants: `EMULATOR_EXECUTION_TIME` (a time span such as
`00:10:00`, or seconds such as `2.5`) and `EMULATOR_OUTCOME` (`success` or `failure`).

**Where the service's behaviour is not known** the choice made here is in one place with its
reason: how a failed simple dependency counts, in `_lifecycle.SIMPLE_DEPENDENCY_ACCEPTS`; how long
each state lasts, in the constants before it; page sizes, in `_listing`; the refusal of a taken
shortname, in `_shapes.shortname_taken`; that any profile is accepted, in `_general`.
"""

from __future__ import annotations

try:
    from qarnot_domain.emulator._cloud import RecordedRequest
    from qarnot_domain.emulator._emulator import DEFAULT_EPOCH, EMULATOR_TOKEN, Emulator
except ModuleNotFoundError as _error:
    if _error.name not in ("starlette", "uvicorn"):
        raise
    raise ModuleNotFoundError(
        f"the emulator needs {_error.name}: pip install 'qarnot-domain[emulator]'",
        name=_error.name,
    ) from _error

from qarnot_domain._clock import ManualClock

__all__ = ["DEFAULT_EPOCH", "EMULATOR_TOKEN", "Emulator", "ManualClock", "RecordedRequest"]
