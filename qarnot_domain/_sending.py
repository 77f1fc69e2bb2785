"""Sending one operation as often as its kind allows, and naming how it fails.

Nothing but our exceptions leaves here, whatever the network, the server or the parsing did.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Final, Generic, TypeVar

import attrs

from ._clock import Clock
from ._retry import Decision, Kind, Outcome, Phase, Policy, Quota, decide, may_have_taken_effect
from ._transport import Exchange, Failure, Lost, NotSent, Refused, Untrusted, recording
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
    redact,
)

logger = logging.getLogger("qarnot_domain")

T = TypeVar("T")

# What generated parsing raises on a body that is not what the document says.
_PARSING: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@attrs.frozen
class Operation:
    """An operation of the document, as far as failures are concerned."""

    name: str
    """Its operationId."""
    kind: Kind
    resource: ResourceName | None = None
    """What is missing when it answers 404."""


@attrs.frozen
class Answer(Generic[T]):
    """What an operation answered, and when by the server's own clock (`None` if it did not say)."""

    parsed: T
    date: datetime | None


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
    def elapsed(self) -> timedelta:
        return timedelta(seconds=self._clock.monotonic() - self._began)

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
        self._quota = Quota()

    def tries(self, *, keyed: bool = False) -> Tries:
        """A fresh count of attempts; `keyed` for the creation of something with a shortname."""
        return Tries(self.clock, self._quota, keyed=keyed)

    def send(self, operation: Operation, send: Callable[[], T], tries: Tries | None = None) -> T:
        """Send an operation as often as its kind and the connection's policy allow."""
        if self.closed:
            raise QarnotGenericException(f"{operation.name}: the connection is closed")
        tries = tries or self.tries()
        while True:
            exchange = Exchange(self._token)
            try:
                with recording(exchange):
                    try:
                        result = send()
                    except _PARSING as error:
                        if exchange.method is None:
                            raise QarnotGenericException(
                                f"{operation.name}: the request cannot be written: {error}"
                            ) from error
                        raise _Malformed(_reason(error)) from error
            except Failure as failure:
                failure.seal(self._token)
                self._after(operation, failure, exchange, tries)
            else:
                tries.succeed()
                return result

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
        exchange: Exchange | None = None,
    ) -> QarnotException:
        """The exception for an answer that is not a success."""
        exchange = exchange or Exchange(self._token)
        return error_for(
            status,
            headers,
            body,
            resource=operation.resource,
            method=exchange.method,
            url=exchange.url,
            secret=self._token.reveal(),
        )

    def _exception(
        self, operation: Operation, failure: Failure, exchange: Exchange
    ) -> QarnotException:
        if isinstance(failure, Refused):
            return self.refusal(operation, failure.status, failure.body, failure.headers, exchange)
        error_type: type[QarnotException] = ConnectionFailedException
        if isinstance(failure, _Malformed):
            error_type = MalformedResponseException
        elif isinstance(failure, Lost) and failure.timed_out:
            error_type = TimeoutException
        url = redact(exchange.url or "", self._token.reveal()) or None
        return error_type(f"{operation.name}: {failure.reason}", method=exchange.method, url=url)


class _Malformed(Failure):
    """The answer was a success that the generated client could not read."""


def _reason(error: Exception) -> str:
    what = f"lacks {error}" if isinstance(error, KeyError) else f"cannot be read: {error}"
    return f"the answer {what}"


def _outcome(failure: Failure, error: QarnotException) -> Outcome:
    if isinstance(failure, Untrusted):
        return Outcome(Phase.UNTRUSTED)
    if isinstance(failure, NotSent):
        return Outcome(Phase.NOT_SENT)
    if isinstance(failure, Refused):
        return Outcome(Phase.ANSWERED, failure.status, error.retry_after)
    return Outcome(Phase.UNREADABLE if isinstance(failure, _Malformed) else Phase.LOST)


def unknown_outcome(operation: Operation, error: QarnotException) -> SubmissionUnknownException:
    return SubmissionUnknownException(
        f"{operation.name}: it is unknown whether this took effect, so it was not sent again; "
        f"look for it before creating another: {error.message}",
        status_code=error.status_code,
        method=error.method,
        url=error.url,
        retry_after=error.retry_after,
        history=error.history,
    )


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """When the server answered, by its own clock."""
    text = headers.get("date", "")
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
