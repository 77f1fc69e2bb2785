"""What jobs, tasks and pools have in common: a draft, one submission, then a cached snapshot."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from html import escape
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, Self
from uuid import uuid4

import attrs

from . import _checks as checks
from . import _codecs as codecs
from ._cache import NEVER, Cached, Ticket
from ._codecs import Json, Wire
from ._fields import Committable, ServerField, SubmitOnce, members_of
from ._seconds import seconds
from ._sending import Answer, Tries
from ._snapshot import ABSENT, DEFAULT_UPDATE_CACHE_TIME, UNSAID, Row, Snapshot, Unsaid
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
    from .connection import Connection


@attrs.define(eq=False)
class Own:
    """What an object has of its own, beside what the server says of it."""

    initial: Mapping[str, object]
    given: dict[str, object] = attrs.field(factory=dict)
    """What the user gave, by the names of members."""
    draft: Mapping[str, object] = attrs.field(init=False)
    """The same, and the initial values of the other members."""
    staged: Mapping[str, object] = MappingProxyType({})
    """What was set after submission and not sent yet."""
    lock: threading.RLock = attrs.field(factory=threading.RLock)
    in_doubt: bool = False
    """Whether it is being sent, or was and it is unknown what became of it."""
    deleted: bool = False
    auto_update: bool = True
    update_cache_time: float = DEFAULT_UPDATE_CACHE_TIME
    hash: int | None = None
    """What was told before there was a uuid."""
    is_awaited: bool = False
    """Whether another waits for it."""

    def __attrs_post_init__(self) -> None:
        self.draft = ChainMap(self.given, dict(self.initial))


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
    __slots__ = ("__weakref__", "_connection", "_maybe_own", "_said")

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
    _said: Cached[Snapshot] | Row | Unsaid
    _maybe_own: Own | None

    def __init__(self, connection: Connection, name: str, shortname: str | None) -> None:
        self._connection = connection
        self._said = UNSAID
        self._maybe_own = Own(self._initial)
        self.name = name
        self.shortname = shortname

    @classmethod
    def _of(cls, connection: Connection, said: Row | Cached[Snapshot]) -> Self:
        """The object of which the server said this."""
        (resource,) = cls._of_each(connection, (said,))
        return resource

    @classmethod
    def _of_each(
        cls, connection: Connection, answers: Iterable[Row | Cached[Snapshot]]
    ) -> Iterator[Self]:
        new = cls.__new__
        for said in answers:
            resource = new(cls)
            resource._connection = connection
            resource._said = said
            resource._maybe_own = None
            yield resource

    @property
    def _own(self) -> Own:
        own = self._maybe_own
        if own is None:
            with _BINDING:
                own = self._maybe_own
                if own is None:
                    own = self._maybe_own = Own(self._initial)
        return own

    @property
    def _is_deleted(self) -> bool:
        """Whether this program deleted it."""
        return self._maybe_own is not None and self._maybe_own.deleted

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
        return cls._of(connection, cls._cached(connection, snapshot, fetched_at))

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
        return cls._of(connection, cls._cached(connection, cls._as_submitted(uuid, cls._initial)))

    @classmethod
    def _cached(
        cls,
        connection: Connection,
        snapshot: Snapshot,
        fetched_at: float = NEVER,
        max_age: float = DEFAULT_UPDATE_CACHE_TIME,
    ) -> Cached[Snapshot]:
        """What is known of an object, which can be asked for anew."""
        fetch = partial(cls._fetch, connection, snapshot.uuid)
        return Cached(fetch, connection.clock, max_age, snapshot, fetched_at)

    def to_json(self) -> dict[str, Json]:
        """The wire form: of the snapshot once submitted, of the creation before; sends nothing."""
        if self._said is UNSAID:
            return self._creation()
        said = self._said
        if isinstance(said, Row):
            return said.snapshot(self._members, said.uuid).write(self._members)
        return said.value.write(self._members)

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
        said = self._said
        if said is UNSAID:
            return None
        return said.uuid if isinstance(said, Row) else said.value.uuid

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
        kept = None if self._maybe_own is None else self._maybe_own.hash
        if kept is not None:
            return kept
        return hash((self._connection.cluster_url, None if uuid is None else uuid.lower()))

    # --- reading and setting members -------------------------------------------------------

    def _current(self, member: ServerField[Any]) -> object:
        said, own = self._said, self._maybe_own
        max_age = DEFAULT_UPDATE_CACHE_TIME
        if own is not None:
            if member.name in own.staged:
                return own.staged[member.name]
            if said is UNSAID:
                return own.draft[member.name]
            if own.deleted or not own.auto_update:
                return self._peek(member.name)
            max_age = own.update_cache_time
        if isinstance(said, Row):
            value = said.read(member, max_age)
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
        said, own = self._said, self._maybe_own
        if own is not None and name in own.staged:
            return own.staged[name]
        if said is UNSAID:
            return self._own.draft[name]
        if isinstance(said, Row):
            value = said.read(self._by_name[name], inf)
        else:
            value = said.value.values.get(name, ABSENT)
        if value is not ABSENT:
            return value
        return self._initial[name] if otherwise is ABSENT else otherwise

    def _assign(self, member: SubmitOnce[Any, Any], value: object) -> None:
        own = self._own
        with own.lock:
            if own.in_doubt or own.deleted:
                raise self._locked(member)
            if self._said is UNSAID:
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
        return self._maybe_own is None or self._maybe_own.auto_update

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
            if isinstance(self._said, Cached):
                self._said.max_age = chosen

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
        return self._said is UNSAID

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
        self._said = self._cached(self._connection, snapshot, max_age=own.update_cache_time)
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
        said = self._said
        if said is UNSAID or (
            isinstance(said, Row) and not flush and said.is_fresh(self.update_cache_time)
        ):
            return
        cache = self._bound("update")
        if flush:
            cache.refresh()
        else:
            cache.get()

    def _ticket(self) -> Ticket:
        """What to take before asking for it together with others, for `_offer`."""
        said = self._said
        return (
            said.begin()
            if isinstance(said, Cached)
            else Ticket(self._connection.clock.monotonic(), 0)
        )

    def _offer(self, row: Row, ticket: Ticket) -> None:
        """Take in what a listing says of it.

        Raises:
            MalformedResponseException: it cannot be read.
        """
        with _BINDING:
            said = self._said
            if isinstance(said, Row) and row.uuid == said.uuid:
                if said.listing.fetched_at <= ticket.began:
                    self._said = row
                return
        cache = self._bound("refresh")
        cache.offer(row.snapshot(self._members, cache.value.uuid), ticket)

    def _bound(self, action: str) -> Cached[Snapshot]:
        """What is known of it, to be refreshed; an error for a draft, of which nothing is."""
        said = self._said
        if isinstance(said, Row):
            with _BINDING:
                said = self._said
                if isinstance(said, Row):
                    # What cannot be read there is asked for, like what a summary lacks.
                    self._said = said = self._cached(
                        self._connection,
                        said.readable(self._members),
                        said.listing.fetched_at,
                        self.update_cache_time,
                    )
        if isinstance(said, Cached):
            return said
        raise QarnotGenericException(f"{action}: the {self._kind} is not submitted")

    def _identified(self, action: str) -> str:
        """Its uuid; an error for a draft, which has none."""
        uuid = self.uuid
        if uuid is None:
            raise QarnotGenericException(f"{action}: the {self._kind} is not submitted")
        return uuid

    def _delete(self, send: Callable[[str], None]) -> None:
        """Send the deletion of this uuid and take it in; does nothing before submission."""
        if self._said is not UNSAID:
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
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
            for name, value in self._shown().items()
        )
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"
