"""Pools: nodes kept ready, in which jobs and tasks run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from . import _codecs as codecs
from . import _convert as convert
from ._codecs import SettableCodec, Wire
from ._fields import ServerField, SubmitOnce
from ._gateway import Answer, Tries
from ._resource import Resource
from .exceptions import MissingPoolException
from .states import PoolState

if TYPE_CHECKING:
    from .connection import Connection

_MOST_TAGS: Final = 10


class Pool(Resource):
    """A pool of nodes (operations `createPool`, `retrievePool`, `deletePool`).

    Get one from `Connection.create_pool`, `Connection.retrieve_pool` or `Connection.pools`.
    Creating a `Pool` sends nothing; `submit()` does.

    Args:
        connection: the cluster to run it on.
        name: text of 1 to 2047 characters.
        profile: the profile its nodes run.
        instancecount: how many nodes, ≥ 1, default 1.
        shortname: a DNS label, unique on the cluster; the server's default is the uuid.

    Raises:
        TypeError, ValueError: an argument that is not allowed.
    """

    _kind = "pool"
    _missing = MissingPoolException
    _born = PoolState.SUBMITTED
    _deleting = PoolState.PENDING_DELETE

    profile: SubmitOnce[str, str] = SubmitOnce("profile", codecs.NAME, "")
    """The profile its nodes run: text, settable until submission."""

    instance_count: SubmitOnce[int, int] = SubmitOnce("instanceCount", codecs.INSTANCE_COUNT, 1)
    """How many nodes it asks for: an int ≥ 1, default 1, settable until submission."""

    tags: SubmitOnce[list[str], Iterable[str]] = SubmitOnce(
        "tags", codecs.tags(most=_MOST_TAGS), []
    )
    """Custom tags, at most 10; settable until submission."""

    state: ServerField[PoolState] = ServerField(
        "state", codecs.state(PoolState), PoolState.UNSUBMITTED
    )
    """Its state, a `PoolState`; `UnSubmitted` before submission."""

    previous_state: ServerField[str | None] = ServerField(
        "previousState", codecs.OPTIONAL_TEXT, None
    )
    """The state before this one, as text, or `None`."""

    def __init__(
        self,
        connection: Connection,
        name: str,
        profile: str,
        instancecount: int = 1,
        shortname: str | None = None,
    ) -> None:
        super().__init__(connection, name, shortname)
        self.profile = profile
        self.instance_count = instancecount

    def delete(self) -> None:
        """Delete it on the server, closing it first if it runs; does nothing before submission.

        Raises:
            MissingPoolException: it is gone already.
            UnauthorizedException, QarnotGenericException: the server refused or failed.
        """
        self._delete(self._connection._gateway.delete_pool)

    def _create(self, wire: Wire, tries: Tries) -> str:
        return self._connection._gateway.create_pool(convert.pool_create(wire), tries).uuid

    def _retrieve(self, uuid: str) -> Answer[Wire]:
        return convert.wire_answer(self._connection._gateway.retrieve_pool(uuid))


def _check_pool(member: str, value: Pool | str | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, Pool):
        if value.uuid is None:
            raise ValueError(f"{member}: the pool {value.name!r} is not submitted yet")
        return value.uuid
    if not isinstance(value, str):
        raise TypeError(f"{member} must be a Pool, a uuid or None, not {type(value).__name__}")
    return codecs.check_uuid(member, value)


POOL_UUID: Final[SettableCodec[str | None, Pool | str | None]] = SettableCodec(
    codecs.read_optional_uuid, codecs.unchanged, check=_check_pool
)
"""The pool of a job or task: kept as its uuid, set as a `Pool`, a uuid or `None`."""


class InPool(Resource):
    """What runs in a pool if it is told to: a job or a task."""

    _pool_uuid: SubmitOnce[str | None, Pool | str | None]

    @property
    def pool(self) -> Pool | None:
        """The pool it runs in, or `None`.

        Settable until submission to a `Pool` already submitted (otherwise `ValueError`), the
        uuid of one, or `None`.
        """
        uuid = self._pool_uuid
        return None if uuid is None else Pool._reference(self._connection, uuid)

    @pool.setter
    def pool(self, value: Pool | str | None) -> None:
        self._pool_uuid = value
