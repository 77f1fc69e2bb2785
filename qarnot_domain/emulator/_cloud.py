"""The emulated cloud: from a request to its answer, over plain state and a clock, without I/O."""

from __future__ import annotations

import hmac
import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, TypeAlias

from qarnot_domain._clock import Clock
from qarnot_domain._secret import Secret
from qarnot_domain.emulator import (
    _general,
    _hardware,
    _jobs,
    _overview,
    _pools,
    _quotas,
    _snapshots,
    _state,
    _task_copies,
    _tasks,
    _wire,
)
from qarnot_domain.emulator._conduct import Chances
from qarnot_domain.emulator._failure import Failure
from qarnot_domain.emulator._faults import Fault, Faults, Rule
from qarnot_domain.emulator._hold import Hold
from qarnot_domain.emulator._http import (
    Answer,
    Dropped,
    Held,
    Refusal,
    Reply,
    Request,
    Response,
    require_readable,
)
from qarnot_domain.emulator._lifecycle import Lifecycle
from qarnot_domain.emulator._matching import Matching
from qarnot_domain.emulator._record import MAX_RECORDED, RecordedRequest
from qarnot_domain.emulator._router import Call, Match, Router
from qarnot_domain.emulator._runs import InstanceEnd, Run, Stream
from qarnot_domain.emulator._store import Job, Limits, Pool, Resource, Store, Task
from qarnot_domain.states import JobState, PoolState, State, TaskState

ROUTES: Final = (
    *_general.ROUTES,
    *_hardware.ROUTES,
    *_quotas.ROUTES,
    *_jobs.ROUTES,
    *_tasks.ROUTES,
    *_task_copies.ROUTES,
    *_snapshots.ROUTES,
    *_pools.ROUTES,
)
"""Every operation of the document."""
_ROUTER: Final = Router(ROUTES)

_STATES: Final[dict[type[Resource], type[State]]] = {
    Job: JobState,
    Task: TaskState,
    Pool: PoolState,
}


READ_ONLY_HEADER: Final = "qarnotreadonlyrequestforaccount"
"""Names the account that a request reads."""

Watcher: TypeAlias = Callable[[str, Response], None]
"""Takes the operationId of a request, and what was answered."""


class Cloud:
    """The core of the emulator.

    Args:
        clock: what makes time pass.
        epoch: the date when the cloud comes to be.
        token: the one token that is accepted.
        seed: where the uuids come from.
        limits: how many objects the account may hold.
        credits: what the account may spend; `None` for no end of it.
        organization: the name of the one that the user belongs to; `None` for none.
        chances: what becomes of tasks that do not say it.
        executes: whether somebody really executes what `runs` says, and tells how it goes.
    """

    watchers: ClassVar[list[Watcher]] = []
    """Told of every answer of every cloud that is its own: tests hold them to the document.

    Answers of faults are not, and none after an object was put in a state that no object has.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        epoch: datetime,
        token: Secret,
        seed: int,
        limits: Limits,
        credits: float | None,
        organization: str | None,
        chances: Chances,
        executes: bool,
    ) -> None:
        self._clock = clock
        self._epoch = epoch
        self._start = clock.monotonic()
        self._token = token
        self._seed = seed
        self._initial_limits = limits
        self._initial_credits = credits
        self._initial_organization = organization
        self._chances = chances
        self._executes = executes
        self._lock = threading.Condition()
        self._holds: list[Hold[Answer]] = []
        self._hangs_up = False
        self._forget()

    def handle(self, request: Request) -> Reply:
        """Answer one request: settle what is due by now, then do what it asks."""
        with self._lock:
            match, rule = None, None
            reply: Reply
            try:
                match = _ROUTER.match(request)
                require_readable(request)
                rule = self._faults.take("request", match.route.operation)
                reply = self._answer(match, request, rule)
            except Refusal as refusal:
                reply = _dated(refusal.response(), self._now())
            self._record(request, match, rule, reply)
            return reply

    def resets_connection(self) -> bool:
        """Note that a connection was made, and say whether it is to be reset at once."""
        with self._lock:
            return self._faults.take("connect", None) is not None

    def resets_request(self, request: Request) -> bool:
        """Note that the headers of a request came, and say whether to read no more of it."""
        with self._lock:
            try:
                match = _ROUTER.match(request)
            except Refusal:
                return False
            rule = self._faults.take("mid-request", match.route.operation)
            if rule is not None:
                self._record(request, match, rule, Dropped())
            return rule is not None

    def authenticate(self, request: Request) -> None:
        """Refuse a request without the token."""
        sent = request.headers.get("authorization", "")
        if not hmac.compare_digest(sent.encode(), self._token.reveal().encode()):
            raise Refusal(401, "Bad authentication token")

    @property
    def now(self) -> datetime:
        """The emulated time."""
        return self._now()

    @property
    def requests(self) -> list[RecordedRequest]:
        """The last `MAX_RECORDED` requests, oldest first, as a list of its own."""
        with self._lock:
            return list(self._requests)

    @property
    def credits(self) -> float | None:
        """What the account may still spend; `None` for no end of it."""
        return self._store.credits

    @credits.setter
    def credits(self, credits: float | None) -> None:
        with self._lock:
            self._store.credits = credits

    @property
    def organization(self) -> str | None:
        """The name of the organization that the user belongs to; `None` for none."""
        return self._store.organization

    @organization.setter
    def organization(self, organization: str | None) -> None:
        with self._lock:
            self._store.organization = organization

    def set_limits(self, **changes: int) -> None:
        """Change some of the account's limits."""
        with self._lock:
            self._store.set_limits(**changes)

    def set_state(self, uuid_or_shortname: str, state: str) -> None:
        """Put an object in a state; a `LookupError` if there is no such object."""
        with self._lock:
            now = self._now()
            self._lifecycle.settle(now)
            resource = self._store.find(uuid_or_shortname)
            if resource is None:
                raise LookupError(f"no job, task or pool is called {uuid_or_shortname!r}")
            self._lifecycle.force_state(resource, state, now)
            if state not in _STATES[type(resource)].known():
                self._has_odd_states = True

    @property
    def faults(self) -> list[Fault]:
        """How far each rule has been used, oldest first."""
        with self._lock:
            return self._faults.report()

    def add_fault(self, matching: Matching, failure: Failure) -> Fault:
        """Put a rule in force; a `ValueError` if it names an operation that does not exist."""
        operation = matching.operation
        if operation is not None and operation not in _ROUTER.operations:
            raise ValueError(f"operation: {operation!r} is not an operationId of the document")
        if operation is not None and failure.phase == "connect":
            raise ValueError("operation: nobody knows it yet when the connection is made")
        with self._lock:
            return self._faults.add(matching, failure)

    def clear_faults(self) -> None:
        """Forget all rules, and hang up on what hangs."""
        with self._lock:
            self._faults.clear()
            self._end_holds()

    def wait_for_hold(self) -> None:
        """Return once a request hangs; a `RuntimeError` if none does and no rule would make one."""
        with self._lock:
            self._lock.wait_for(lambda: self._held() or not self._faults.may_hold)
            if not self._held():
                raise RuntimeError("nothing hangs, and no fault in force makes anything hang")

    def let_go(self, count: int | None) -> int:
        """Let what hangs go on, for so many bytes or for good; how many requests that was."""
        with self._lock:
            held = self._held()
            for hold in held:
                hold.let_go(count)
            return len(held)

    @contextmanager
    def hanging_up(self) -> Generator[None]:
        """Let nothing hang meanwhile, and hang up on what does: a server cannot stop before."""
        with self._lock:
            self._hangs_up = True
            self._end_holds()
        try:
            yield
        finally:
            self._hangs_up = False

    def reset(self) -> None:
        """Forget everything that happened, and hang up on what hangs; the clock goes on."""
        with self._lock:
            self._end_holds()
            self._forget()

    def overview(self) -> dict[str, Any]:
        """What there is, without a trace of having looked."""
        with self._lock:
            now = self._now()
            self._lifecycle.settle(now)
            return _overview.overview(self._store, now)

    def dump(self) -> dict[str, Any]:
        """Everything that happened, as JSON; without the record of requests, and the faults."""
        with self._lock:
            return {
                "now": self._now().isoformat(),
                "hasOddStates": self._has_odd_states,
                "store": _state.dump(self._store),
            }

    def load(self, document: dict[str, Any]) -> None:
        """Go on from what was dumped, at the time it was then.

        Raises:
            LookupError, TypeError, ValueError: it was not dumped by a cloud.
        """
        with self._lock:
            now = datetime.fromisoformat(document["now"])
            store = _state.load(document["store"])
            self._forget()
            self._epoch, self._start = now, self._clock.monotonic()
            self._store = store
            self._lifecycle = Lifecycle(store, executes=self._executes)
            self._has_odd_states = bool(document["hasOddStates"])

    def runs(self) -> list[Run]:
        """Settle what is due by now, and say what is to run, oldest first, or to be killed."""
        with self._lock:
            self._lifecycle.settle(self._now())
            return list(self._store.runs.values())

    def instance_wrote(self, run: Run, instance_id: int, stream: Stream, line: str) -> None:
        """Take in a line that an instance of a run wrote."""
        with self._lock:
            self._lifecycle.instance_wrote(run, instance_id, stream, line)

    def instance_ended(self, run: Run, instance_id: int, end: InstanceEnd) -> None:
        """Take in how an instance of a run ended, now that nothing of it is left."""
        with self._lock:
            now = self._now()
            self._lifecycle.settle(now)
            self._lifecycle.instance_ended(run, instance_id, end, now)

    def has_task(self, uuid: str) -> bool:
        """Whether a task is still there."""
        with self._lock:
            return self._store.tasks.get(uuid) is not None

    def _forget(self) -> None:
        self._store = Store(
            seed=self._seed,
            limits=self._initial_limits,
            credits=self._initial_credits,
            organization=self._initial_organization,
            chances=self._chances,
        )
        self._lifecycle = Lifecycle(self._store, executes=self._executes)
        self._faults = Faults(self._seed)
        self._has_odd_states = False
        self._requests: deque[RecordedRequest] = deque(maxlen=MAX_RECORDED)

    def _now(self) -> datetime:
        return self._epoch + timedelta(seconds=self._clock.monotonic() - self._start)

    def _answer(self, match: Match, request: Request, rule: Rule | None) -> Reply:
        if rule is None:
            now = self._now()
            return _dated(self._own_answer(match, request, now), now)
        failure = rule.failure

        def reply() -> Answer:
            with self._lock:
                now = self._now()
                own = self._own_answer(match, request, now) if failure.takes_effect else None
                return _dated(failure.reply(own), now)

        if failure.hang is None:
            return reply()
        hold = Hold(reply)
        if failure.hang != "before":
            hold.perform()
        if self._hangs_up:
            hold.end()
        self._held().append(hold)
        self._lock.notify_all()
        return Held(hold)

    def _held(self) -> list[Hold[Answer]]:
        """What hangs, without what was let go for good."""
        self._holds = [hold for hold in self._holds if not (hold.is_over or hold.is_free)]
        return self._holds

    def _end_holds(self) -> None:
        for hold in self._held():
            hold.end()
        self._lock.notify_all()

    def _own_answer(self, match: Match, request: Request, now: datetime) -> Response:
        try:
            response = self._perform(match, request, now)
        except Refusal as refusal:
            response = refusal.response()
        if not self._has_odd_states:
            for watcher in self.watchers:
                watcher(match.route.operation, response)
        return response

    def _perform(self, match: Match, request: Request, now: datetime) -> Response:
        if not match.route.is_public:
            self.authenticate(request)
        if match.route.reads_other_accounts:
            _require_own_account(request)
        self._lifecycle.settle(now)
        call = Call(request, match.parameters, now, self._store, self._lifecycle)
        return match.route.handler(call)

    def _record(
        self, request: Request, match: Match | None, rule: Rule | None, reply: Reply
    ) -> None:
        answer = reply.hold.answer if isinstance(reply, Held) else reply
        record = RecordedRequest(
            method=request.method,
            path=request.path,
            query=request.query,
            operation=None if match is None else match.route.operation,
            status=answer.status if isinstance(answer, Response) else None,
            content=request.body,
        )
        self._requests.append(record)
        if rule is not None:
            rule.met.append(record)


def _dated(reply: Answer, now: datetime) -> Answer:
    if isinstance(reply, Dropped):
        return reply
    return replace(reply, headers=(*reply.headers, ("date", _wire.http_date(now))))


def _require_own_account(request: Request) -> None:
    """Refuse to read on behalf of another account: there is only one here."""
    account = request.headers.get(READ_ONLY_HEADER)
    if account is not None and account.lower() != _quotas.EMAIL:
        raise Refusal(403, f"The token may not look into the account {account}")
