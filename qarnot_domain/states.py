"""The states of jobs, tasks and pools: texts with known constants, open to any other.

A state the API adds later is kept as it came and never counts as final, so code written today
goes on waiting rather than failing. Source: the schemas `JobState`, `TaskState` and `PoolState`
of `openapi/qarnot-compute.yaml`; `UnSubmitted` is the client's own word for "not sent yet".
"""

from __future__ import annotations

from typing import ClassVar, TypeVar

_S = TypeVar("_S", bound="State")


class _Known:
    """A known state, declared as a class attribute and read as an instance of that class."""

    def __init__(self, text: str, *, final: bool = False) -> None:
        self._text = text
        self._final = final

    def __set_name__(self, owner: type[State], name: str) -> None:
        owner._finality = {**owner._finality, self._text: self._final}

    def __get__(self, instance: object, owner: type[_S]) -> _S:
        return owner(self._text)


class State(str):
    """The state of a job, task or pool: a `str`, equal to the API's own word for it."""

    __slots__ = ()

    _finality: ClassVar[dict[str, bool]] = {}

    @property
    def is_final(self) -> bool:
        """Whether nothing runs any more in this state; `False` for a state not known here."""
        return self._finality.get(self, False)

    @classmethod
    def known(cls) -> tuple[str, ...]:
        """The states known to this version of the library, in the order of their life."""
        return tuple(cls._finality)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        return str.__str__(self)


class JobState(State):
    """The state of a `Job`."""

    __slots__ = ()

    UNSUBMITTED = _Known("UnSubmitted")
    ACTIVE = _Known("Active")
    TERMINATING = _Known("Terminating")
    COMPLETED = _Known("Completed", final=True)
    DELETING = _Known("Deleting", final=True)


class TaskState(State):
    """The state of a `Task`."""

    __slots__ = ()

    UNSUBMITTED = _Known("UnSubmitted")
    SUBMITTED = _Known("Submitted")
    PARTIALLY_DISPATCHED = _Known("PartiallyDispatched")
    FULLY_DISPATCHED = _Known("FullyDispatched")
    PARTIALLY_EXECUTING = _Known("PartiallyExecuting")
    FULLY_EXECUTING = _Known("FullyExecuting")
    DOWNLOADING_RESULTS = _Known("DownloadingResults")
    UPLOADING_RESULTS = _Known("UploadingResults")
    PENDING_CANCEL = _Known("PendingCancel")
    PENDING_DELETE = _Known("PendingDelete")
    SUCCESS = _Known("Success", final=True)
    FAILURE = _Known("Failure", final=True)
    CANCELLED = _Known("Cancelled", final=True)


class PoolState(State):
    """The state of a `Pool`."""

    __slots__ = ()

    UNSUBMITTED = _Known("UnSubmitted")
    SUBMITTED = _Known("Submitted")
    PARTIALLY_DISPATCHED = _Known("PartiallyDispatched")
    FULLY_DISPATCHED = _Known("FullyDispatched")
    PARTIALLY_EXECUTING = _Known("PartiallyExecuting")
    FULLY_EXECUTING = _Known("FullyExecuting")
    CLOSING = _Known("Closing")
    PENDING_DELETE = _Known("PendingDelete")
    CLOSED = _Known("Closed", final=True)
    FAILURE = _Known("Failure", final=True)
