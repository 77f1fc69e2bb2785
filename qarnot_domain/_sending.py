"""Sending one operation as often as its kind allows, and naming how it fails.

Nothing but our exceptions leaves here, whatever the network, the server or the parsing did.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Final, Generic, NamedTuple, TypeVar

from ._clock import Clock
from ._retry import Decision, Kind, Outcome, Phase, Policy, Quota, decide, may_have_taken_effect
from ._secret import Secret
from ._transport import Exchange, Failure, NotSent, Refused, Unreadable, Untrusted, recording
from .config import Settings
from .exceptions import (
    Attempt,
    ConnectionFailedException,
    MalformedResponseException,
    QarnotException,
    QarnotGenericException,
    ResourceName,
    SubmissionUnknownException,
    TimeoutException,
    error_for,
    in_short,
    redact,
)

logger = logging.getLogger("qarnot_domain")

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R")

_UNREADABLE: Final = (ValueError, RecursionError)
"""What reading raises on an answer that is not what the document says."""


class Operation(NamedTuple):
    """An operation of the document, as far as failures are concerned."""

    name: str
    """Its operationId."""
    kind: Kind
    resource: ResourceName | None = None
    """What is missing when it answers 404."""


class Origin(NamedTuple):
    """Where an answer came from."""

    operation: str
    method: str | None
    url: str | None
    history: tuple[Attempt, ...]
    """The attempts that failed before."""
    token: Secret
    asked_at: float
    """When the attempt that was answered began, on the connection's clock."""

    def malformed(self, reason: str) -> MalformedResponseException:
        """The exception for an answer of which that is wrong."""
        words = in_short(reason, self.token.reveal())
        return MalformedResponseException(
            words,
            operation=self.operation,
            method=self.method,
            url=self.url,
            history=(*self.history, Attempt(words, timedelta(0))),
        )

    def unreadable(self, error: Exception) -> MalformedResponseException:
        """The exception for an answer that could not be read for this reason."""
        return self.malformed(_reason(error))


class Answer(Generic[T_co]):
    """What an operation answered.

    No tuple, which tracebacks that show locals would show, and with it what the server said.
    """

    __slots__ = ("origin", "parsed", "said_date")

    def __init__(self, parsed: T_co, said_date: str, origin: Origin) -> None:
        self.parsed: Final = parsed
        self.said_date: Final = said_date
        self.origin: Final = origin

    @property
    def date(self) -> datetime | None:
        """When, by the server's own clock; `None` if it did not say."""
        # Here, since it takes a while to load and is asked for after lost creations alone.
        from email.utils import parsedate_to_datetime

        try:
            date = parsedate_to_datetime(self.said_date)
        except ValueError:
            return None
        return date if date.tzinfo else date.replace(tzinfo=UTC)

    def then(self, read: Callable[[T_co], R]) -> Answer[R]:
        """The answer as `read` understands it.

        Raises:
            MalformedResponseException: `read` raised a `ValueError`.
        """
        try:
            return Answer(read(self.parsed), self.said_date, self.origin)
        except _UNREADABLE as error:
            # Without its cause, whose words are the server's own.
            raise self.origin.unreadable(error) from None

    def read(self, read: Callable[[T_co], R]) -> R:
        """What `read` makes of it; raises as `then` does."""
        return self.then(read).parsed


class Tries:
    """The attempts made for one thing the user asked for, over one or more requests."""

    def __init__(self, clock: Clock, quota: Quota, *, keyed: bool) -> None:
        self._quota = quota
        self.keyed = keyed
        """Whether what is created has a shortname to look it up by."""
        self._clock = clock
        self._began = clock.monotonic()
        self._history: list[Attempt] = []
        self._earlier: tuple[Attempt, ...] = ()
        """The attempts made together with others, which do not count against its own."""
        self.cost = 0
        self.in_doubt = False
        """Whether an attempt may have taken effect although it failed."""
        self.may_look_up = False
        """Whether the last attempt was a creation in doubt that the policy allows to resolve."""

    @property
    def count(self) -> int:
        return len(self._history)

    @property
    def seconds(self) -> float:
        """How long ago they began."""
        return self._clock.monotonic() - self._began

    @property
    def elapsed(self) -> timedelta:
        return timedelta(seconds=self.seconds)

    @property
    def history(self) -> tuple[Attempt, ...]:
        return (*self._earlier, *self._history)

    def for_one(self) -> Tries:
        """Those for one of many that were sent together, of which it is unknown what happened."""
        tries = Tries(self._clock, self._quota, keyed=self.keyed)
        tries._began = self._began
        tries._earlier = self.history
        tries.in_doubt = tries.may_look_up = True
        return tries

    def succeed(self) -> None:
        """Give back what the last retry took of the connection's quota."""
        self._quota.give_back(self.cost)

    def note(self, outcome: Outcome, attempt: Attempt) -> None:
        self._history.append(attempt)
        self.in_doubt = self.in_doubt or may_have_taken_effect(outcome)


class Sender:
    """Sends operations for one connection. Safe from several threads."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.clock = clock
        self.closed = False
        self._token = settings.client_token
        self._policy = Policy(settings.retry_count, settings.retry_wait, settings.deadline)
        self._seconds = settings.deadline.total_seconds()
        self._quota = Quota()

    def tries(self, *, keyed: bool = False) -> Tries:
        """A fresh count of attempts; `keyed` for the creation of something with a shortname."""
        return Tries(self.clock, self._quota, keyed=keyed)

    def send(
        self, operation: Operation, send: Callable[[], T], tries: Tries | None = None
    ) -> Answer[T]:
        """Send an operation as often as its kind and the connection's policy allow."""
        if self.closed:
            raise QarnotGenericException("the connection is closed", operation=operation.name)
        tries = tries or self.tries()
        while True:
            exchange = Exchange(self._token, partial(self._left, tries), self.clock.monotonic())
            try:
                with recording(exchange):
                    try:
                        result = send()
                    except _UNREADABLE as error:
                        if exchange.method is None:
                            raise QarnotGenericException(
                                f"the request cannot be written: {error}",
                                operation=operation.name,
                            ) from error
                        raise Unreadable(_reason(error)) from error
            except Failure as failure:
                failure.seal(self._token)
                self._after(operation, failure, exchange, tries)
            else:
                tries.succeed()
                origin = Origin(
                    operation.name,
                    exchange.method,
                    self._url(exchange),
                    tries.history,
                    self._token,
                    exchange.asked_at,
                )
                logger.debug("%s: answered: %s %s", origin.operation, origin.method, origin.url)
                return Answer(result, exchange.date, origin)

    def _left(self, tries: Tries) -> float:
        """How many seconds are left until the deadline."""
        return self._seconds - tries.seconds

    def _after(
        self, operation: Operation, failure: Failure, exchange: Exchange, tries: Tries
    ) -> None:
        """Wait until the next attempt, or raise what the user is told."""
        error = self._exception(operation, failure, exchange)
        outcome = _outcome(failure, error)
        decision = decide(
            operation.kind,
            tries.count + 1,
            outcome,
            self._policy,
            elapsed=tries.elapsed,
            quota=self._quota.left,
            jitter=random.random(),  # noqa: S311  (spreads load, keeps no secret)
        )
        tries.note(outcome, Attempt(error.message, decision.wait))
        tries.may_look_up = decision.action == "look-up"
        error.history = tries.history
        logger.debug("failed: %s", error)
        if decision.action in ("repeat", "look-up"):
            self._wait(operation, decision, error, tries)
        if decision.action == "give-up":
            raise error from failure
        if decision.action != "repeat":
            raise unknown_outcome(operation, error) from error

    def _wait(
        self, operation: Operation, decision: Decision, error: QarnotException, tries: Tries
    ) -> None:
        tries.cost = decision.cost
        self._quota.take(decision.cost)
        logger.info(
            "%s: attempt %d failed (%s), %s in %.2f s",
            operation.name,
            tries.count,
            error.message,
            decision.action,
            decision.wait.total_seconds(),
        )
        self.clock.sleep(decision.wait.total_seconds())

    def refusal(
        self,
        operation: Operation,
        status: int,
        body: bytes,
        headers: Mapping[str, str] = MappingProxyType({}),
        method: str | None = None,
        url: str | None = None,
    ) -> QarnotException:
        """The exception for an answer that is not a success."""
        return error_for(
            status,
            headers,
            body,
            operation=operation.name,
            resource=operation.resource,
            method=method,
            url=url,
            secret=self._token.reveal(),
        )

    def _exception(
        self, operation: Operation, failure: Failure, exchange: Exchange
    ) -> QarnotException:
        if isinstance(failure, Refused):
            return self.refusal(
                operation,
                failure.status,
                failure.body,
                failure.headers,
                exchange.method,
                exchange.url,
            )
        error_type: type[QarnotException] = ConnectionFailedException
        if isinstance(failure, Unreadable):
            error_type = MalformedResponseException
        elif failure.timed_out:
            error_type = TimeoutException
        return error_type(
            in_short(failure.reason, self._token.reveal()),
            operation=operation.name,
            method=exchange.method,
            url=self._url(exchange),
        )

    def _url(self, exchange: Exchange) -> str | None:
        return None if exchange.url is None else redact(exchange.url, self._token.reveal())


def _reason(error: Exception) -> str:
    return f"the answer cannot be read: {error}"


def _outcome(failure: Failure, error: QarnotException) -> Outcome:
    if isinstance(failure, Untrusted):
        return Outcome(Phase.UNTRUSTED)
    if isinstance(failure, NotSent):
        return Outcome(Phase.NOT_SENT)
    if isinstance(failure, Refused):
        return Outcome(Phase.ANSWERED, failure.status, error.retry_after)
    return Outcome(Phase.UNREADABLE if isinstance(failure, Unreadable) else Phase.LOST)


def unknown_outcome(operation: Operation, error: QarnotException) -> SubmissionUnknownException:
    return SubmissionUnknownException(
        "it is unknown whether this took effect, so it was not sent again; "
        f"look for it before creating another: {error.message}",
        operation=operation.name,
        status_code=error.status_code,
        method=error.method,
        url=error.url,
        retry_after=error.retry_after,
        history=error.history,
    )
