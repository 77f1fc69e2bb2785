"""How a command ends: its exit code, and what is said when something failed."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from qarnot_domain.exceptions import QarnotException


class Code(IntEnum):
    """What the shell is told."""

    DONE = 0
    JOB_FAILED = 1
    USAGE = 2
    NOT_ALLOWED = 3
    NOT_FOUND = 4
    UNREACHABLE = 5
    BUG = 70
    TIMED_OUT = 124
    INTERRUPTED = 130


MEANINGS = {
    Code.DONE: "done",
    Code.JOB_FAILED: "a job that was waited for failed: a task of it did not end in `Success`",
    Code.USAGE: "usage: an option, a description or a request that cannot be",
    Code.NOT_ALLOWED: "not authorised: the token, its rights, a quota or the credits",
    Code.NOT_FOUND: "not found: an id or a condition that nothing matches",
    Code.UNREACHABLE: "the server or the network failed",
    Code.BUG: "a bug of this program",
    Code.TIMED_OUT: "the time of `--timeout` was up",
    Code.INTERRUPTED: "interrupted, or not confirmed",
}
"""What each code means, for those who read the help."""


class Complaint(Exception):
    """What ends a command: one line, perhaps a hint, and the exit code."""

    def __init__(self, code: Code, line: str, hint: str | None = None) -> None:
        super().__init__(line)
        self.code = code
        self.line = line
        self.hint = hint


class _Kind(NamedTuple):
    types: tuple[type[QarnotException], ...]
    code: Code
    hint: str | None = None


_TO_DOCTOR = "qarnot-job doctor shows which cluster and token are used, and whether it answers"


@cache
def _kinds() -> tuple[_Kind, ...]:
    """The first that fits says how an error of the library ends a command."""
    # Not at the top: what a command that fails has to say costs no other command time.
    from qarnot_domain import exceptions as errors

    return (
        _Kind(
            (errors.MissingJobException,),
            Code.NOT_FOUND,
            "qarnot-job list shows the jobs of this account",
        ),
        _Kind(
            (
                errors.MissingTaskException,
                errors.MissingPoolException,
                errors.MissingProfileException,
                errors.MissingBucketException,
            ),
            Code.NOT_FOUND,
        ),
        _Kind((errors.UnauthorizedException,), Code.NOT_ALLOWED, _TO_DOCTOR),
        _Kind(
            (errors.MaxJobException, errors.MaxTaskException, errors.MaxPoolException),
            Code.NOT_ALLOWED,
            "delete what is not needed any more: qarnot-job list, qarnot-job delete",
        ),
        _Kind((errors.NotEnoughCreditsException,), Code.NOT_ALLOWED),
        _Kind((errors.InvalidRequestException,), Code.USAGE),
        _Kind((errors.ConflictException,), Code.USAGE, "choose another shortname"),
        _Kind(
            (errors.SubmissionUnknownException,),
            Code.UNREACHABLE,
            "look for it before creating another: qarnot-job list --order-by -creation_date",
        ),
        _Kind(
            (errors.ConnectionFailedException, errors.TimeoutException),
            Code.UNREACHABLE,
            _TO_DOCTOR,
        ),
        _Kind((errors.QarnotException,), Code.UNREACHABLE),
    )


def complaint_of(error: QarnotException, about: str | None = None) -> Complaint:
    """What an error of the library becomes, with the id it is about in front."""
    kind = next(kind for kind in _kinds() if isinstance(error, kind.types))
    line = str(error) if about is None else f"{about}: {error}"
    return Complaint(kind.code, line, kind.hint)


def concerns_all(error: QarnotException) -> bool:
    """Whether the same would happen to any other object, so that trying others is of no use."""
    from qarnot_domain.exceptions import SubmissionUnknownException, UnauthorizedException

    if isinstance(error, UnauthorizedException):
        return error.status_code == 401
    code = complaint_of(error).code
    return code is Code.UNREACHABLE and not isinstance(error, SubmissionUnknownException)
