"""What jobs and tasks have in common: both can be told to run in a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import _checks as checks
from . import _codecs as codecs
from ._codecs import SettableCodec
from ._fields import SubmitOnce
from ._resource import Resource

if TYPE_CHECKING:
    from .pool import Pool


def _check_pool(member: str, value: Pool | str | None) -> str | None:
    if value is None:
        return None
    # Whoever has a pool has loaded its module, which this one need not.
    if isinstance(value, Resource) and value._kind == "pool":
        if value.uuid is None:
            raise ValueError(f"{member}: the pool {value.name!r} is not submitted yet")
        return value.uuid
    if not isinstance(value, str):
        raise TypeError(f"{member} must be a Pool, a uuid or None, not {type(value).__name__}")
    return checks.check_uuid(member, value)


POOL_UUID: Final[SettableCodec[str | None, Pool | str | None]] = SettableCodec(
    codecs.read_optional_uuid, codecs.unchanged, check=_check_pool
)
"""The pool of a job or task: kept as its uuid, set as a `Pool`, a uuid or `None`."""


class InPool(Resource):
    """What runs in a pool if it is told to: a job or a task."""

    __slots__ = ()

    _pool_uuid: SubmitOnce[str | None, Pool | str | None]

    @property
    def pool(self) -> Pool | None:
        """The pool it runs in, or `None`.

        Settable until submission to a `Pool` already submitted (otherwise `ValueError`), the
        uuid of one, or `None`.
        """
        # By no other way: what is passed on stays in its frame, and may be the token.
        return self._connection._pools.kind._reference(self._connection, self._pool_uuid)

    @pool.setter
    def pool(self, value: Pool | str | None) -> None:
        self._pool_uuid = value
