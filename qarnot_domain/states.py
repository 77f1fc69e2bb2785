"""The states of jobs, tasks and pools: texts with known constants, open to any other.

A state the API adds later is kept as it came and never counts as final, so code written today
goes on waiting rather than failing. Source: the schemas `JobState`, `TaskState` and `PoolState`
of `openapi/qarnot-compute.yaml`; `UnSubmitted` is the client's own word for "not sent yet".
"""

from __future__ import annotations

from typing import ClassVar

from ._words import Known, Word


class _Final(Known):
    """A known state in which nothing runs any more."""

    def __set_name__(self, owner: type[Word], name: str) -> None:
        super().__set_name__(owner, name)
        if issubclass(owner, State):
            owner._final = {*owner._final, self.text}


class State(Word):
    """The state of a job, task or pool: a `str`, equal to the API's own word for it."""

    __slots__ = ()

    _final: ClassVar[set[str]] = set()

    @property
    def is_final(self) -> bool:
        """Whether nothing runs any more in this state; `False` for a state not known here."""
        return self in self._final

    @classmethod
    def final(cls) -> tuple[str, ...]:
        """The known states in which nothing runs any more."""
        return tuple(state for state in cls.known() if state in cls._final)


class JobState(State):
    """The state of a `Job`."""

    __slots__ = ()

    UNSUBMITTED = Known("UnSubmitted")
    ACTIVE = Known("Active")
    TERMINATING = Known("Terminating")
    COMPLETED = _Final("Completed")
    DELETING = _Final("Deleting")


class TaskState(State):
    """The state of a `Task`."""

    __slots__ = ()

    UNSUBMITTED = Known("UnSubmitted")
    SUBMITTED = Known("Submitted")
    PARTIALLY_DISPATCHED = Known("PartiallyDispatched")
    FULLY_DISPATCHED = Known("FullyDispatched")
    PARTIALLY_EXECUTING = Known("PartiallyExecuting")
    FULLY_EXECUTING = Known("FullyExecuting")
    DOWNLOADING_RESULTS = Known("DownloadingResults")
    UPLOADING_RESULTS = Known("UploadingResults")
    PENDING_CANCEL = Known("PendingCancel")
    PENDING_DELETE = Known("PendingDelete")
    SUCCESS = _Final("Success")
    FAILURE = _Final("Failure")
    CANCELLED = _Final("Cancelled")


class PoolState(State):
    """The state of a `Pool`."""

    __slots__ = ()

    UNSUBMITTED = Known("UnSubmitted")
    SUBMITTED = Known("Submitted")
    PARTIALLY_DISPATCHED = Known("PartiallyDispatched")
    FULLY_DISPATCHED = Known("FullyDispatched")
    PARTIALLY_EXECUTING = Known("PartiallyExecuting")
    FULLY_EXECUTING = Known("FullyExecuting")
    CLOSING = Known("Closing")
    PENDING_DELETE = Known("PendingDelete")
    CLOSED = _Final("Closed")
    FAILURE = _Final("Failure")
