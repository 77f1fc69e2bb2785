"""What jobs, tasks and pools have in common: a draft, one submission, then a cached snapshot."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, Self

from . import _checks as checks
from . import _codecs as codecs
from ._cache import NEVER, Ticket
from ._codecs import Json, Wire
from ._fields import Committable, ServerField, SubmitOnce, members_of
from ._seconds import seconds
from ._sending import Answer, Tries
from ._snapshot import ABSENT, DEFAULT_UPDATE_CACHE_TIME, CachedSnapshot, Snapshot
from ._submission import Found, submit_once
from .exceptions import (
    MalformedResponseException,
    QarnotException,
    QarnotGenericException,
    SubmissionUnknownException,
)
from .states import State
from .timespan import TimeSpan

if TYPE_CHECKING:
    # Loaded with the first listing: msgspec takes as long as all the rest.
    from ._rows import Row
    from .connection import Connection


class Own:
    """What an object has of its own, beside what the server says of it."""

    __slots__ = (
        "auto_update",
        "deleted",
        "draft",
        "given",
        "hash",
        "in_doubt",
        "is_awaited",
        "lock",
        "row",
        "staged",
        "update_cache_time",
    )

    def __init__(self, initial: Mapping[str, object], row: Row | None = None) -> None:
        """Begin with the initial values of all members, and what a listing said."""
        self.row = row
        """What a listing said of it, as long as nothing else is known."""
        self.given: dict[str, object] = {}
        """What the user gave, by the names of members."""
        self.draft: Final[Mapping[str, object]] = ChainMap(self.given, dict(initial))
        """The same, and the initial values of the other members."""
        self.staged: Mapping[str, object] = MappingProxyType({})
        """What was set after submission and not sent yet."""
        self.lock: Final = threading.RLock()
        self.in_doubt = False
        """Whether it is being sent, or was and it is unknown what became of it."""
        self.deleted = False
        self.auto_update = True
        self.update_cache_time = DEFAULT_UPDATE_CACHE_TIME
        self.hash: int | None = None
        """What was told before there was a uuid."""
        self.is_awaited = False
        """Whether another waits for it."""

    def at_hand(self, _member: str) -> object:
        """Nothing: there is something to be looked at, in the object."""
        return ABSENT


_BINDING: Final = threading.Lock()
"""Held while an object gets a part of its own; a lock for each would be more than the rest."""

# A child forked by one thread while another held it would wait for ever.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_BINDING.acquire,
        after_in_parent=_BINDING.release,
        after_in_child=_BINDING.release,
    )


class Resource(ABC):
    """An object of the API: a draft until it is submitted, then a view of the server's.

    A draft's members can be set; `submit()` sends them once. From then on every member comes from
    one snapshot of what the server last said, at most `update_cache_time` old, and none can be
    set, but for those that `commit()` can send. All of it is safe to use from several threads.
    """

    # Of a list of a hundred thousand, most need no more. And a slip of the pen in the name of a
    # member is told.
    __slots__ = ("__weakref__", "_beside", "_cached", "_connection")

    _kind: ClassVar[str]
    _missing: ClassVar[type[QarnotException]]
    _born: ClassVar[State]
    _deleting: ClassVar[State]
    _members: ClassVar[tuple[ServerField[Any], ...]]
    _by_name: ClassVar[Mapping[str, ServerField[Any]]]
    _initial: ClassVar[Mapping[str, object]]

    name: SubmitOnce[str, str] = SubmitOnce("name", codecs.NAME, "")
    """Its name: text of 1 to 2047 characters, settable until submission."""

    shortname: SubmitOnce[str | None, str | None] = SubmitOnce("shortname", codecs.SHORTNAME, None)
    """A DNS label (RFC 1123), unique on the cluster, usable in place of the uuid, or `None`.

    Settable until submission; when not given, the server's default is the uuid. An object with a
    shortname can be submitted safely over a bad network: see `submit`.
    """

    auto_delete: SubmitOnce[bool, bool] = SubmitOnce(
        "autoDeleteOnCompletion", codecs.BOOLEAN, False
    )
    """Whether the server may delete it once it is finished and the quota of its kind is reached.

    `bool`, default `False`, settable until submission.
    """

    completion_ttl: SubmitOnce[TimeSpan, str | timedelta | None] = SubmitOnce(
        "completionTimeToLive", codecs.DURATION, TimeSpan.ZERO
    )
    """How long the server keeps it once it is finished, as a `TimeSpan`; `00:00:00` for ever.

    Settable until submission, to a `timedelta`, a time-span text, or `None` for the default.
    """

    creation_date: ServerField[datetime | None] = ServerField("creationDate", codecs.DATE, None)
    """When the server created it: an aware `datetime` in UTC, `None` before submission."""

    last_modified: ServerField[datetime | None] = ServerField("lastModified", codecs.DATE, None)
    """When it last changed on the server: an aware `datetime` in UTC, or `None`."""

    state_transition_time: ServerField[datetime | None] = ServerField(
        "stateTransitionTime", codecs.DATE, None
    )
    """When it came into its state: an aware `datetime` in UTC, or `None`."""

    previous_state_transition_time: ServerField[datetime | None] = ServerField(
        "previousStateTransitionTime", codecs.DATE, None
    )
    """When it came into its previous state: an aware `datetime` in UTC, or `None`."""

    previous_state: ServerField[str | None] = ServerField(
        "previousState", codecs.OPTIONAL_TEXT, None
    )
    """The state before this one, as text, or `None`."""

    def __init_subclass__(cls) -> None:
        cls._members = members_of(cls)
        cls._by_name = MappingProxyType({m.name: m for m in cls._members})
        cls._initial = MappingProxyType({m.name: m.initial for m in cls._members})

    _connection: Connection
    _cached: CachedSnapshot | None
    """What the server said of it when it was asked for alone, or changed."""
    _beside: Own | Row | None
    """What it has of its own, and in it what a listing said; or that alone, as most have.

    A place for each would take more memory than what a listing said takes in the end.
    """

    def __init__(self, connection: Connection, name: str, shortname: str | None) -> None:
        self._connection = connection
        self._cached = None
        self._beside = Own(self._initial)
        self.name = name
        self.shortname = shortname

    @classmethod
    def _of(
        cls, connection: Connection, cached: CachedSnapshot | None, row: Row | None = None
    ) -> Self:
        """The object of which the server said either of these."""
        resource = cls.__new__(cls)
        resource._connection = connection
        resource._cached = cached
        resource._beside = row
        return resource

    @property
    def _row(self) -> Row | None:
        """What a listing said of it, as long as nothing else is known."""
        beside = self._beside
        return beside.row if isinstance(beside, Own) else beside

    def _set_row(self, row: Row | None) -> None:
        """Call this with `_BINDING` held."""
        beside = self._beside
        if isinstance(beside, Own):
            beside.row = row
        else:
            self._beside = row

    @property
    def _maybe_own(self) -> Own | None:
        beside = self._beside
        return beside if isinstance(beside, Own) else None

    @property
    def _own(self) -> Own:
        own = self._maybe_own
        if own is None:
            with _BINDING:
                beside = self._beside
                if isinstance(beside, Own):
                    return beside
                own = self._beside = Own(self._initial, beside)
        return own

    @property
    def _is_draft(self) -> bool:
        """Whether it was not submitted, as far as is known."""
        # In this order, for it goes from the first to the second.
        return self._row is None and self._cached is None

    @property
    def _is_deleted(self) -> bool:
        """Whether this program deleted it."""
        beside = self._beside
        return isinstance(beside, Own) and beside.deleted

    # --- from and to JSON ------------------------------------------------------------------

    @classmethod
    def from_json(cls, connection: Connection, payload: Wire, is_summary: bool = False) -> Self:
        """The object described by the API's JSON, as if just retrieved; sends nothing.

        Args:
            connection: the cluster it is on.
            payload: the decoded JSON object; members not known here are kept for `to_json`.
            is_summary: the payload is only part of the object: what it lacks is asked for when
                it is read.

        Raises:
            ValueError: the payload cannot be such an object; the message names the member.
        """
        return cls._read(connection, connection.clock.monotonic(), payload, is_part=is_summary)

    @classmethod
    def _read(
        cls, connection: Connection, fetched_at: float, wire: Wire, *, is_part: bool = False
    ) -> Self:
        """As `from_json`, asked for at that time."""
        if not isinstance(wire, Mapping):
            raise ValueError(f"expected an object, not {type(wire).__name__}")
        uuid = connection._gateway.read_uuid(wire.get("uuid"))
        snapshot = Snapshot.read(cls._members, uuid, wire, is_part=is_part)
        return cls._of(connection, cls._askable(connection, snapshot, fetched_at))

    @classmethod
    def _reference(cls, connection: Connection, uuid: str | None) -> Self | None:
        """The object of this uuid, if any, of which nothing is known yet; sends nothing.

        Raises:
            MalformedResponseException: the server said so, and it is none.
        """
        if uuid is None:
            return None
        try:
            connection._gateway.check_id("uuid", uuid)
        except ValueError as error:
            # A traceback may show it, and it may be the token.
            del uuid
            raise MalformedResponseException(f"it is not a {cls._kind}: {error}") from None
        return cls._of(connection, cls._askable(connection, cls._as_submitted(uuid, cls._initial)))

    @classmethod
    def _askable(
        cls,
        connection: Connection,
        snapshot: Snapshot,
        fetched_at: float = NEVER,
        max_age: float = DEFAULT_UPDATE_CACHE_TIME,
    ) -> CachedSnapshot:
        """What is known of an object, which can be asked for anew."""
        fetch = partial(cls._fetch, connection, snapshot.uuid)
        return CachedSnapshot(fetch, connection.clock, max_age, snapshot, fetched_at)

    def to_json(self) -> dict[str, Json]:
        """The wire form: of the snapshot once submitted, of the creation before; sends nothing."""
        row, cached = self._row, self._cached
        if cached is not None:
            return cached.value.write(self._members)
        if row is not None:
            return row.snapshot(self._members, row.uuid).write(self._members)
        return self._creation()

    def _creation(self) -> dict[str, Json]:
        """What a submission sends; what the user did not give is left to the server's defaults."""
        own = self._own
        written = {
            member.wire: member.codec.write(own.draft[member.name])
            for member in self._members
            if member.name in own.given
        }
        return {wire: value for wire, value in written.items() if value is not None}

    # --- identity --------------------------------------------------------------------------

    @property
    def uuid(self) -> str | None:
        """Its identifier, set on submission and kept for good; `None` before."""
        row, cached = self._row, self._cached
        if cached is not None:
            return cached.value.uuid
        return None if row is None else row.uuid

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return self is other
        mine, its = self.uuid, other.uuid
        if mine is None or its is None:
            return self is other
        return (
            mine.lower() == its.lower()
            and self._connection.cluster_url == other._connection.cluster_url
        )

    def __hash__(self) -> int:
        """Kept when it was asked for before submission, so that this does not lose it in a set."""
        uuid = self.uuid
        if uuid is None:
            self._own.hash = id(self)
        own = self._maybe_own
        if own is not None and own.hash is not None:
            return own.hash
        return hash((self._connection.cluster_url, None if uuid is None else uuid.lower()))

    # --- reading and setting members -------------------------------------------------------

    def _current(self, member: ServerField[Any]) -> object:
        if self._is_draft:
            return self._own.draft[member.name]
        own = self._maybe_own
        max_age = DEFAULT_UPDATE_CACHE_TIME
        if own is not None:
            if member.name in own.staged:
                return own.staged[member.name]
            if own.deleted or not own.auto_update:
                return self._peek(member.name)
            max_age = own.update_cache_time
        row = self._row
        if row is not None:
            value = row.read(member, max_age)
            if value is not ABSENT:
                return value
        cache = self._bound("read")
        values = cache.get().values
        if member.name not in values:
            values = cache.refresh().values
        return values.get(member.name, member.initial)

    def _peek(self, name: str, otherwise: object = ABSENT) -> object:
        """A member's value as it is known now; sends nothing.

        Args:
            name: the member's.
            otherwise: what to give if nothing was said of it; by default its initial value.

        Raises:
            MalformedResponseException: it cannot be read.
        """
        own, row, cached = self._maybe_own, self._row, self._cached
        if own is not None and name in own.staged:
            return own.staged[name]
        if cached is not None:
            value = cached.value.values.get(name, ABSENT)
        elif row is not None:
            value = row.read(self._by_name[name], inf)
        else:
            return self._own.draft[name]
        if value is not ABSENT:
            return value
        return self._initial[name] if otherwise is ABSENT else otherwise

    def _assign(self, member: SubmitOnce[Any, Any], value: object) -> None:
        own = self._own
        with own.lock:
            if own.in_doubt or own.deleted:
                raise self._locked(member)
            if self._is_draft:
                own.given[member.name] = self._checked(member, value)
            elif isinstance(member, Committable):
                own.staged = MappingProxyType(
                    {**own.staged, member.name: self._checked(member, value)}
                )
            else:
                raise self._locked(member)

    def _checked(self, member: SubmitOnce[Any, Any], value: object) -> object:
        """The value as it is kept; `TypeError` or `ValueError` if it is not allowed."""
        return member.check(value)

    def _locked(self, member: SubmitOnce[Any, Any]) -> AttributeError:
        return AttributeError(f"{member.name} cannot be set: the {self._kind} is already submitted")

    @property
    def auto_update(self) -> bool:
        """Whether reading a member asks the server when what is known is stale; default `True`.

        When off, members give the value last known and only `update()` asks the server. After a
        submission that no read or update followed, that is what was sent, in the state in which
        the API creates objects. Setting anything but a `bool` is a `TypeError`.
        """
        own = self._maybe_own
        return own is None or own.auto_update

    @auto_update.setter
    def auto_update(self, value: bool) -> None:
        self._own.auto_update = checks.check_boolean("auto_update", value)

    @property
    def update_cache_time(self) -> float:
        """How long what the server said serves reads, in seconds; default 5.

        Settable at any time to a number ≥ 0 or a `timedelta`; otherwise `TypeError` or
        `ValueError`. Measured on the monotonic clock from the moment the request was sent.
        """
        own = self._maybe_own
        return DEFAULT_UPDATE_CACHE_TIME if own is None else own.update_cache_time

    @update_cache_time.setter
    def update_cache_time(self, value: float | timedelta) -> None:
        own, chosen = self._own, seconds("update_cache_time", value)
        with _BINDING:
            own.update_cache_time = chosen
            if self._cached is not None:
                self._cached.max_age = chosen

    # --- life ------------------------------------------------------------------------------

    def submit(self) -> None:
        """Create it on the server, exactly once, however often and from wherever this is called.

        One request. A further call does nothing. When the answer is lost, an object with a
        `shortname` is looked up and adopted, or sent again if it is not there; one without is
        never sent again (docs/adr/0006-submit-once-and-retry.md).

        Raises:
            MaxJobException, MaxTaskException, MaxPoolException: the quota of its kind is reached.
            NotEnoughCreditsException: the account has not enough credits.
            UnauthorizedException: the token is not accepted, or does not allow this.
            InvalidRequestException: the server refused a member; `errors` says which.
            SubmissionUnknownException: the answer was lost and nothing can tell what happened;
                further calls raise it again without sending.
            ConflictException: the answer was lost and the shortname belongs to another object.
            QarnotGenericException: any other failure. The object stays a draft.
        """
        with self._own.lock:
            if self._may_submit():
                self._submit_draft()

    def _may_submit(self) -> bool:
        """Whether it is still a draft; raises what `submit` does when it cannot be one again."""
        own = self._own
        if own.deleted:
            raise self._missing(f"the {self._kind} {self.uuid} was deleted")
        if own.in_doubt:
            raise SubmissionUnknownException(
                f"the {self._kind} was sent before and it is unknown whether that took "
                "effect; look for it, or make a new one"
            )
        return self._is_draft

    def _submit_draft(self) -> None:
        wire = self._prepare()
        self._settle(wire, self._connection._gateway.tries(keyed="shortname" in wire))

    def _prepare(self) -> dict[str, Json]:
        """The creation of the whole draft, checked; it may be sent from now on.

        Raises:
            ValueError: members that exclude or need one another.
        """
        self._check_draft()
        own = self._own
        if self._connection.client_shortnames and own.draft["shortname"] is None:
            # Here, since it takes a while to load.
            from uuid import uuid4

            own.given["shortname"] = f"{self._kind}-{uuid4().hex}"
        return self._creation()

    def _check_draft(self) -> None:  # noqa: B027 - by default all members go together
        """Raise `ValueError` for members that exclude or need one another."""

    def _settle(
        self, wire: Wire, tries: Tries, lost: SubmissionUnknownException | None = None
    ) -> None:
        """Create it exactly once, or find it, and take in the outcome.

        Args:
            wire: what `_prepare` gave.
            tries: the attempts.
            lost: how a first sending, together with others, ended in doubt.
        """
        shortname = self.shortname
        self._own.in_doubt = True
        try:
            uuid = submit_once(
                lambda tries: self._create(wire, tries),
                None if shortname is None else lambda: self._look_up(shortname),
                tries,
                lost,
            )
        except SubmissionUnknownException:
            raise
        except QarnotException:
            self._own.in_doubt = False
            raise
        self._accept(uuid)

    def _accept(self, uuid: str) -> None:
        """Take in that it was created."""
        own = self._own
        snapshot = self._as_submitted(uuid, own.draft)
        self._cached = self._askable(self._connection, snapshot, max_age=own.update_cache_time)
        own.in_doubt = False

    @classmethod
    def _as_submitted(cls, uuid: str, draft: Mapping[str, object]) -> Snapshot:
        """What is known from the draft alone."""
        shortname = draft["shortname"] or uuid
        return Snapshot(uuid, {**draft, "state": cls._born, "shortname": shortname})

    def _look_up(self, shortname: str) -> Found | None:
        try:
            answer = self._retrieve(self._connection, shortname)
        except self._missing:
            return None
        found = answer.read(partial(self.from_json, self._connection))
        return Found(
            uuid=found._identified("look up"),
            created=found.creation_date,
            seen=answer.date,
            same=all(
                member.same(self._own.draft[member.name], found._peek(member.name))
                for member in self._members
                if isinstance(member, SubmitOnce)
            ),
        )

    @classmethod
    def _fetch(cls, connection: Connection, uuid: str) -> Snapshot:
        return cls._retrieve(connection, uuid).read(partial(cls._snapshot_of, uuid))

    @classmethod
    def _snapshot_of(cls, uuid: str, wire: Wire) -> Snapshot:
        if str(wire.get("uuid")).lower() != uuid.lower():
            raise ValueError(f"it is not about {uuid}")
        return Snapshot.read(cls._members, uuid, wire)

    def update(self, flushcache: bool = False) -> None:
        """Bring every member up to date with the server; does nothing before submission.

        Args:
            flushcache: ask even while what is known is fresh.

        Raises:
            MissingJobException, MissingTaskException, MissingPoolException: it is gone.
            UnauthorizedException: the token is not accepted, or does not allow this.
            QarnotGenericException: any other failure; what was known stays.
        """
        flush = checks.check_boolean("flushcache", flushcache)
        row = self._row
        if row is not None and not flush and row.is_fresh(self.update_cache_time):
            return
        if self._is_draft:
            return
        cache = self._bound("update")
        if flush:
            cache.refresh()
        else:
            cache.get()

    def _ticket(self) -> Ticket:
        """What to take before asking for it together with others, for `_offer`."""
        cached = self._cached
        return Ticket(self._connection.clock.monotonic(), 0) if cached is None else cached.begin()

    def _offer(self, row: Row, ticket: Ticket) -> None:
        """Take in what a listing says of it.

        Raises:
            MalformedResponseException: it cannot be read.
        """
        with _BINDING:
            known = self._row
            if known is not None and known.uuid == row.uuid:
                if known.listing.fetched_at <= ticket.began:
                    self._set_row(row)
                return
        cache = self._bound("refresh")
        cache.offer(row.snapshot(self._members, cache.value.uuid), ticket)

    def _bound(self, action: str) -> CachedSnapshot:
        """What is known of it, to be refreshed; an error for a draft, of which nothing is."""
        if self._cached is None:
            with _BINDING:
                row = self._row
                if row is not None:
                    # What cannot be read there is asked for, like what a summary lacks.
                    self._cached = self._askable(
                        self._connection,
                        row.readable(self._members),
                        row.listing.fetched_at,
                        self.update_cache_time,
                    )
                    self._set_row(None)
        if self._cached is None:
            raise QarnotGenericException(f"{action}: the {self._kind} is not submitted")
        return self._cached

    def _identified(self, action: str) -> str:
        """Its uuid; an error for a draft, which has none."""
        uuid = self.uuid
        if uuid is None:
            raise QarnotGenericException(f"{action}: the {self._kind} is not submitted")
        return uuid

    def _delete(self, send: Callable[[str], None]) -> None:
        """Send the deletion of this uuid and take it in; does nothing before submission."""
        if not self._is_draft:
            cache = self._bound("delete")
            try:
                send(cache.value.uuid)
            except QarnotException:
                # Its answer may be all that was lost.
                cache.expire()
                raise
            self._own.deleted = True
            cache.replace(cache.value.with_values({"state": self._deleting}))

    @abstractmethod
    def _create(self, wire: Wire, tries: Tries) -> str:
        """Send the creation once (see `Gateway`) and return the uuid."""

    @staticmethod
    @abstractmethod
    def _retrieve(connection: Connection, uuid: str) -> Answer[Wire]:
        """Ask the server for the object of this uuid or shortname."""

    # --- copying ---------------------------------------------------------------------------

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} cannot be pickled or copied: it belongs to its connection; "
            "hand over its uuid, and retrieve it there"
        )

    # --- showing ---------------------------------------------------------------------------

    def _shown(self) -> dict[str, object]:
        """What `repr` and notebooks show, known without asking the server; never the token."""
        known: dict[str, object] = {}
        for name in ("name", "shortname", "uuid", "pool", "state", "tags"):
            # What cannot be read is told when it is asked for.
            with suppress(MalformedResponseException):
                if name == "uuid":
                    known[name] = self.uuid
                elif name in self._by_name:
                    known[name] = self._peek(name, ...)
        holds_token = self._connection._gateway.holds_token
        return {
            name: "[redacted]" if holds_token(value) else value
            for name, value in known.items()
            if value is not ...
        }

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._shown().items())
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> Iterable[tuple[str, object]]:
        return self._shown().items()

    def _repr_html_(self) -> str:
        # Here, since it is for notebooks alone.
        from html import escape

        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
            for name, value in self._shown().items()
        )
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"
