"""Creating exactly once: what to do when the answer to a creation is lost.

A creation costs money, so it is sent again only when the server is known not to have it. With a
shortname, which is unique on the server, that can be looked up; without one it stays unknown.
The policy and its reasons: docs/adr/0006-submit-once-and-retry.md.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ._sending import Tries
from .exceptions import (
    ConflictException,
    QarnotException,
    SubmissionUnknownException,
)

_DATE_RESOLUTION: Final = timedelta(seconds=2)
"""HTTP dates and creation dates are cut to whole seconds, each one down."""

_CLOCKS_APART: Final = timedelta(seconds=30)
"""By how much the clocks of the server's machines may differ, one of which dates the object."""


class Found(NamedTuple):
    """An object of the shortname that was looked up."""

    uuid: str
    created: datetime | None
    seen: datetime | None
    """When it was looked up, by the server's own clock."""
    same: bool
    """Whether it holds what was to be created."""


def submit_once(
    create: Callable[[Tries], str],
    look_up: Callable[[], Found | None] | None,
    tries: Tries,
    lost: SubmissionUnknownException | None = None,
) -> str:
    """Create an object exactly once and return its uuid.

    Args:
        create: sends the creation; repeats it by itself only where that is safe.
        look_up: finds the object by its shortname, `None` when it is not there; give `None` for
            an object without a shortname.
        tries: the attempts, shared by every sending of the creation.
        lost: how a first sending ended in doubt, if there was one.

    Raises:
        SubmissionUnknownException: the answer was lost and nothing can tell what happened.
        ConflictException: the shortname belongs to another object.
        QarnotException: whatever else `create` and `look_up` raise.
    """
    error: QarnotException | None = lost
    while True:
        if error is None:
            try:
                return create(tries)
            except QarnotException as refused:
                error = refused
        # A refusal after a lost answer may be due to our own first sending: it took the
        # shortname, or the last place in the quota.
        if not tries.in_doubt or look_up is None:
            raise error
        found = _find(look_up, tries, error)
        if found is not None:
            return _adopt(found, tries, error)
        if not tries.may_look_up:
            raise _unknown(f"the last was: {error.message}", tries, error) from error
        error = None


def _adopt(found: Found, tries: Tries, error: QarnotException) -> str:
    began = None if found.seen is None else found.seen - tries.elapsed - _DATE_RESOLUTION
    if found.created is not None and began is not None and found.created < began - _CLOCKS_APART:
        raise ConflictException(
            f"the shortname belongs to an older object, {found.uuid}; nothing was created",
            operation=error.operation,
            history=tries.history,
        ) from error
    if found.created is None or began is None or found.created < began or not found.same:
        raise _unknown(
            f"{found.uuid} has its shortname and is not certain to be it", tries, error
        ) from error
    tries.succeed()
    return found.uuid


def _find(
    look_up: Callable[[], Found | None], tries: Tries, error: QarnotException
) -> Found | None:
    try:
        return look_up()
    except QarnotException as failure:
        raise _unknown(f"looking for it failed: {failure.message}", tries, error) from failure


def _unknown(why: str, tries: Tries, error: QarnotException) -> SubmissionUnknownException:
    return SubmissionUnknownException(
        "the answer to the creation was lost and it is unknown whether it took effect; look for "
        f"it before creating another: {why}",
        operation=error.operation,
        status_code=error.status_code,
        method=error.method,
        url=error.url,
        retry_after=error.retry_after,
        history=tries.history,
    )
