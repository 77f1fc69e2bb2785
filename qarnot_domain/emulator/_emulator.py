"""The emulator as its users hold it: a cloud, served over HTTP on loopback."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from qarnot_domain._clock import AdvanceableClock, SystemClock
from qarnot_domain._secret import Secret
from qarnot_domain.emulator import _dashboard, _state_file
from qarnot_domain.emulator._asgi import create_app
from qarnot_domain.emulator._break import EarlyPoint, Point
from qarnot_domain.emulator._cloud import Cloud
from qarnot_domain.emulator._conduct import DEFAULT_EXECUTION_TIME, Chances
from qarnot_domain.emulator._control import Control, is_control
from qarnot_domain.emulator._execution import ExecutorThread
from qarnot_domain.emulator._failure import At, Failure
from qarnot_domain.emulator._faults import Fault
from qarnot_domain.emulator._http import Held, Json, Reply, Request
from qarnot_domain.emulator._matching import Matching
from qarnot_domain.emulator._record import RecordedRequest
from qarnot_domain.emulator._server import DEFAULT_HOST, ServerThread, reserve, url_of
from qarnot_domain.emulator._state_file import StateFileError
from qarnot_domain.emulator._store import Limits

EMULATOR_TOKEN: Final = "emulator-token-grants-nothing"  # noqa: S105 - it is no secret
"""The token of an emulator that was not given one; it opens nothing else."""

DEFAULT_EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The first moment of an emulator that was given a clock but no epoch."""

DEFAULT_ORGANIZATION: Final = "Emulated organization"
"""The organization of the user of an emulator that was not given one."""

_LIMITS: Final = Limits()


class Emulator:
    """A stand-in for the Qarnot cloud.

    As a context manager it serves the API on a free port of loopback:

        with Emulator() as cloud:
            connection = Connection(cluster_url=cloud.url, client_token=cloud.token)

    Args:
        clock: what makes time pass; a `ManualClock` stands still until `advance` moves it.
            The machine's own by default.
        seed: where the uuids and all chance come from: with a given clock, equal runs repeat
            exactly.
        token: the one token that is accepted. By default `EMULATOR_TOKEN`, which everybody
            knows; one that nobody can guess if it executes commands.
        max_jobs: how many jobs the account may hold at once.
        max_tasks: how many tasks.
        max_pools: how many pools.
        credits: what the account may spend: at 0 or below nothing can be created. `None` for no
            end of it.
        organization: the name of the organization that the user belongs to; `None` for none.
        execution_times: the shortest and the longest that tasks execute; each draws its own in
            between, unless a constant of it says how long. 1 s for all by default.
        failure_rate: how likely each instance of a task is to fail, from 0, the default, to 1,
            unless a constant of its task says which do.
        epoch: the date when the emulator comes to be. By default the present, or `DEFAULT_EPOCH`
            when a clock is given.
        host: an address of loopback.
        port: a port, or 0 for any free one.
        state_file: where everything that happened is kept from `stop` or `save` to the next
            emulator with that file, which goes on from there, at the time it was then: what the
            file holds counts instead of the seed, limits, credits, organization, execution times,
            failure rate and epoch given.
            The record of requests and the faults are not kept. Nor are the folders of commands:
            instances that were executing begin anew. None by default.
        execute: really run the commands of tasks while it serves, on this machine, with all the
            rights of the user who runs it. There is no container around them: only run what you
            would run in a shell of your own.
        max_processes: how many instances execute at once, at least 1, the others wait; by default
            as many as the machine has processors.

    Raises:
        ValueError: the state file is none, or one with commands that were executing, and `execute`
            was not given; `execute` on a clock that is not the machine's, or on a system without
            `/bin/sh`; `max_processes` below 1; execution times or a failure rate that make no
            sense.
        OSError: the state file cannot be read, or its folder is not there.
    """

    def __init__(
        self,
        *,
        clock: AdvanceableClock | None = None,
        seed: int = 0,
        token: str | None = None,
        max_jobs: int = _LIMITS.max_jobs,
        max_tasks: int = _LIMITS.max_tasks,
        max_pools: int = _LIMITS.max_pools,
        credits: float | None = None,
        organization: str | None = DEFAULT_ORGANIZATION,
        execution_times: tuple[timedelta, timedelta] = (
            DEFAULT_EXECUTION_TIME,
            DEFAULT_EXECUTION_TIME,
        ),
        failure_rate: float = 0.0,
        epoch: datetime | None = None,
        host: str = DEFAULT_HOST,
        port: int = 0,
        state_file: str | PathLike[str] | None = None,
        execute: bool = False,
        max_processes: int | None = None,
    ) -> None:
        if token is None:
            token = secrets.token_urlsafe() if execute else EMULATOR_TOKEN
        self._token = Secret(token)
        # From here on nothing that a traceback may show holds it.
        del token
        self._url: str | None = None
        self._server: ServerThread | None = None
        if execute:
            _require_real(clock)
        if max_processes is not None and max_processes < 1:
            raise ValueError(f"max_processes must be at least 1, not {max_processes}")
        if epoch is None:
            epoch = datetime.now(UTC) if clock is None else DEFAULT_EPOCH
        self._clock = SystemClock() if clock is None else clock
        self._host = host
        self._port = port
        self._executes = execute
        self._max_processes = max_processes or os.cpu_count() or 1
        self._executor: ExecutorThread | None = None
        self._cloud = Cloud(
            clock=self._clock,
            epoch=epoch,
            token=self._token,
            seed=seed,
            limits=Limits(max_jobs, max_tasks, max_pools),
            credits=credits,
            organization=organization,
            chances=Chances(*execution_times, failure_rate),
            executes=execute,
        )
        self._control = Control(self._cloud, self._clock)
        self._state_file = None if state_file is None else Path(state_file)
        if self._state_file is not None:
            self._load(self._state_file)

    def __repr__(self) -> str:
        where = "stopped" if self._server is None else self._url
        return f"<{type(self).__name__} {where}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Serve; nothing if it already does.

        After a `stop` it serves at the same URL again, and what happened before is still there.
        """
        if self._server is not None:
            return
        self._open(reserve(self._host, self._port))
        if self._executes:
            self._executor = ExecutorThread(self._cloud, self._clock, self._max_processes)
            self._executor.start()

    def stop(self) -> None:
        """Stop serving, kill the commands that run, and write the state file if there is one.

        What was executing begins anew at the next `start`. Nothing if it does not serve.
        """
        if self._server is None:
            return
        self._close(self._server)
        if self._executor is not None:
            self._executor.stop()
            self._executor = None
        if self._state_file is not None:
            self.save()

    @contextmanager
    def refusing(self) -> Generator[None]:
        """Refuse connections meanwhile, as a machine does on which nothing serves.

        Those that there are are closed. What happens in the cloud goes on.

        Raises:
            RuntimeError: it does not serve.
        """
        if self._server is None:
            raise RuntimeError("the emulator does not serve, so it refuses connections already")
        self._close(self._server)
        listener = reserve(self._host, self._port)
        try:
            yield
        finally:
            self._open(listener)

    def save(self) -> None:
        """Write the state file, whole or not at all, whether it serves or not.

        Raises:
            RuntimeError: the emulator was not given one.
            OSError: it cannot be written.
        """
        if self._state_file is None:
            raise RuntimeError("the emulator was given no state_file")
        _state_file.write(self._state_file, self._cloud.dump())

    @property
    def url(self) -> str:
        """The base URL, for `Connection(cluster_url=...)`; known once started."""
        if self._url is None:
            raise RuntimeError("the emulator has no URL before it is started")
        return self._url

    @property
    def token(self) -> str:
        """The token, for `Connection(client_token=...)`."""
        return self._token.reveal()

    @property
    def clock(self) -> AdvanceableClock:
        """The clock that the emulated time follows."""
        return self._clock

    def advance(self, by: float | timedelta) -> None:
        """Move the clock forward: what is due by then has happened at the next request.

        Args:
            by: seconds, or a `timedelta`.

        Raises:
            TypeError: neither of them.
            ValueError: a negative duration.
        """
        self._clock.advance(by)

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests that came, oldest first, without their headers: the token is in them."""
        return self._cloud.requests

    @property
    def credits(self) -> float | None:
        """What the account may spend; can be set."""
        return self._cloud.credits

    @credits.setter
    def credits(self, credits: float | None) -> None:
        self._cloud.credits = credits

    @property
    def organization(self) -> str | None:
        """The name of the organization that the user belongs to, `None` for none; can be set."""
        return self._cloud.organization

    @organization.setter
    def organization(self, organization: str | None) -> None:
        self._cloud.organization = organization

    def set_limits(
        self,
        *,
        max_jobs: int | None = None,
        max_tasks: int | None = None,
        max_pools: int | None = None,
    ) -> None:
        """Change the limits that are given."""
        given = {"max_jobs": max_jobs, "max_tasks": max_tasks, "max_pools": max_pools}
        self._cloud.set_limits(**{k: v for k, v in given.items() if v is not None})

    def set_state(self, uuid_or_shortname: str, state: str) -> None:
        """Put a job, task or pool in a state, of any name; what was due for it is called off."""
        self._cloud.set_state(uuid_or_shortname, state)

    def fail_next(
        self,
        operation: str | None = None,
        *,
        times: int | None = 1,
        nth: int | None = None,
        probability: float | None = None,
        status: int | None = None,
        retry_after: float | str | None = None,
        body: Json | bytes = None,
        headers: Mapping[str, str] | None = None,
        html: bool = False,
        at: At | None = None,
        raw: bytes | None = None,
        drop: Point | None = None,
        reset: Point | EarlyPoint | None = None,
        hang: Point | None = None,
        delay: timedelta | float | None = None,
        size: int | None = None,
        broken: bool = False,
        nulls: bool = False,
        state: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Make the next requests fail, or their answers go wrong.

        They get a made-up answer, and take no effect unless `at="after"`, if anything of an answer
        is given, or nothing at all: then it is a 503. Otherwise they take effect, and the cloud's
        own answer is altered or delivered as is said. Of several rules, the oldest one that a
        request meets counts.

        Args:
            operation: the operationId of the requests it is about; any request by default.
            times: how many of them; `None` for all, until `clear_faults` or `reset`.
            nth: the first of them, counted from 1 from now on; the next one by default.
            probability: how likely, above 0 and up to 1, each of them is to fail; 1 by default.
                Chance comes from the emulator's seed: a run that is repeated fails in the same
                places. Excludes `nth`.
            status: what they are answered, from 200 to 599; 503 by default.
            retry_after: the header of that name, as it is to be sent.
            body: the body, JSON unless it is text or bytes; one of the documented shape by default.
            headers: further headers.
            html: a page of HTML for a body, as a proxy would send it.
            at: `"before"`, the default, or `"after"` a request with a made-up answer took effect.
            raw: what to send in place of an answer, as it is, before the connection closes.
            drop: close the connection, `"before"` or `"after"` the request took effect, with not a
                byte of an answer; `"mid-headers"`; `"before-body"`, so after the headers; or
                `"mid-body"`, while the headers promise all of it.
            reset: end it by a TCP reset, at the same points or earlier: `"mid-request"`, when the
                headers of the request are read and its body is not; or at `"connect"`, as soon as
                it is made, so that the rule is for connections, of whatever operation.
            hang: send nothing more from such a point on, until `release`; what hangs is dropped
                by `clear_faults`, `reset` and `stop`.
            delay: hold the answer back by this much, in seconds unless it says otherwise, at most a
                day: on the emulator's clock, which a clock that is driven by hand is moved by.
            size: blow the body up to this many bytes with blanks, so that JSON stays JSON.
            broken: cut the body in its middle, without a sign of it but that it is no JSON.
            nulls: every member of the objects in the answer is null, but for the uuid.
            state: the state of the objects in the answer.
            extra: members for the objects in the answer, further ones or in place of theirs.

        Raises:
            ValueError: an argument, or a combination, that makes no sense; it names the argument.
        """
        failure = Failure(
            status=status,
            retry_after=retry_after,
            body=body,
            headers=headers,
            html=html,
            at=at,
            raw=raw,
            drop=drop,
            reset=reset,
            hang=hang,
            delay=delay,
            size=size,
            broken=broken,
            nulls=nulls,
            state=state,
            extra=extra,
        )
        self._cloud.add_fault(Matching(operation, times, nth, probability), failure)

    def release(self, count: int | None = None) -> None:
        """Let what hangs go on, after waiting until something does.

        A request that hangs `"before"` its effect has had it when this returns, whether anybody
        still waits for the answer or not.

        Args:
            count: how many bytes of its answer go, before it hangs again if there are more; all of
                them by default.

        Raises:
            RuntimeError: nothing hangs, and no fault in force would make anything hang.
            ValueError: less than one byte.
        """
        if count is not None and count < 1:
            raise ValueError(f"count: at least one byte goes, not {count}")
        self._cloud.wait_for_hold()
        self._cloud.let_go(count)

    @property
    def faults(self) -> list[Fault]:
        """What was made to fail, oldest first: how often it still will, and what met it."""
        return self._cloud.faults

    def clear_faults(self) -> None:
        """Let nothing fail any more, and forget what did; drop what hangs."""
        self._cloud.clear_faults()

    def reset(self) -> None:
        """Forget all objects, requests, faults and what was set since; the clock goes on.

        What hangs is dropped.
        """
        self._cloud.reset()

    def handle(self, request: Request) -> Reply:
        """Answer a request in process, without HTTP; works whether it serves or not.

        There is no connection to break off: where it would have, the reply says. Faults that come
        before all of a request is there do not meet it.
        """
        reply = self._reply(request)
        if not isinstance(reply, Held):
            self._clock.sleep(reply.delay)
        return reply

    def _open(self, listener: socket.socket) -> None:
        """Serve on a socket that is bound."""
        listener.listen(socket.SOMAXCONN)
        self._url = url_of(listener)
        self._port = listener.getsockname()[1]
        app = create_app(self._reply, self._cloud.resets_request, self._clock)
        server = ServerThread(app, listener, self._cloud.resets_connection)
        server.start()
        self._server = server

    def _close(self, server: ServerThread) -> None:
        with self._cloud.hanging_up():
            server.stop()
        self._server = None

    def _load(self, path: Path) -> None:
        document = _state_file.read(path)
        if document is None:
            return
        try:
            self._cloud.load(document)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise StateFileError(path, f"it is damaged ({error!r})") from error
        if self._cloud.runs() and not self._executes:
            raise ValueError(f"{path} has commands that were executing: go on with execute=True")

    def _reply(self, request: Request) -> Reply:
        if is_control(request):
            return self._control.handle(request)
        if _dashboard.is_for_people(request):
            return _dashboard.page()
        return self._cloud.handle(request)


def _require_real(clock: AdvanceableClock | None) -> None:
    """Refuse what commands cannot really run on."""
    if clock is not None and not isinstance(clock, SystemClock):
        raise ValueError("execute needs the machine's clock: commands take real time")
    if os.name != "posix":
        raise ValueError("execute needs a system with /bin/sh")
