"""What jobs, tasks and pools have in common: a draft, one submission, then a cached snapshot."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, Self
from uuid import uuid4

import attrs

from . import _checks as checks
from . import _codecs as codecs
from ._cache import Cached, Ticket
from ._codecs import Json, Wire
from ._fields import Committable, ServerField, Snapshot, SubmitOnce, members_of
from ._seconds import seconds
from ._sending import Answer, Tries
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

DEFAULT_UPDATE_CACHE_TIME: Final = 5.0
"""How long, in seconds, what the server said serves reads before the next one asks again."""


@attrs.frozen
class Submitted:
    """What an object has from its submission on."""

    uuid: str
    cache: Cached[Snapshot]


class Resource(ABC):
    """An object of the API: a draft until it is submitted, then a view of the server's.

    A draft's members can be set; `submit()` sends them once. From then on every member comes from
    one snapshot of what the server last said, at most `update_cache_time` old, and none can be
    set, but for those that `commit()` can send. All of it is safe to use from several threads.
    """

    _kind: ClassVar[str]
    _missing: ClassVar[type[QarnotException]]
    _born: ClassVar[State]
    _deleting: ClassVar[State]
    _members: ClassVar[tuple[ServerField[Any], ...]]
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
        cls._initial = MappingProxyType({m.name: m.initial for m in cls._members})
        cls._draft = cls._initial

    # What an object that was never a draft keeps: a list of many has only what differs for itself.
    _draft: Mapping[str, object]
    _staged: Mapping[str, object] = MappingProxyType({})
    _submitted: Submitted | None = None
    _in_doubt = False
    _deleted = False
    _hash: int | None = None
    _auto_update = True
    _update_cache_time = DEFAULT_UPDATE_CACHE_TIME

    def __init__(self, connection: Connection, name: str, shortname: str | None) -> None:
        self._start(connection)
        self._draft = ChainMap(self._given, dict(self._initial))
        self.name = name
        self.shortname = shortname

    def _start(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.RLock()
        self._given: dict[str, object] = {}

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
        snapshot = Snapshot.read(cls._members, payload, is_part=is_summary)
        try:
            uuid = connection._gateway.check_id("uuid", codecs.read_text(payload.get("uuid")))
        except ValueError as error:
            raise ValueError(f"uuid: {error}") from error
        resource = cls.__new__(cls)
        resource._start(connection)
        resource._bind(uuid, snapshot, fresh=True)
        return resource

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
        resource = cls.__new__(cls)
        resource._start(connection)
        resource._bind(uuid, resource._as_submitted(uuid), fresh=False)
        return resource

    def to_json(self) -> dict[str, Json]:
        """The wire form: of the snapshot once submitted, of the creation before; sends nothing."""
        if self._submitted is None:
            return self._creation()
        return self._submitted.cache.value.write(self._members)

    def _creation(self) -> dict[str, Json]:
        """What a submission sends; what the user did not give is left to the server's defaults."""
        written = {
            member.wire: member.codec.write(self._draft[member.name])
            for member in self._members
            if member.name in self._given
        }
        return {wire: value for wire, value in written.items() if value is not None}

    # --- identity --------------------------------------------------------------------------

    @property
    def uuid(self) -> str | None:
        """Its identifier, set on submission and kept for good; `None` before."""
        return None if self._submitted is None else self._submitted.uuid

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)) or self.uuid is None or other.uuid is None:
            return self is other
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        """Kept once it was asked for, so that submitting an object does not lose it in a set."""
        if self._hash is None:
            self._hash = id(self) if self.uuid is None else hash(self._identity())
        return self._hash

    def _identity(self) -> tuple[str, str | None]:
        return self._connection.cluster_url, None if self.uuid is None else self.uuid.lower()

    # --- reading and setting members -------------------------------------------------------

    def _current(self, member: ServerField[Any]) -> object:
        name = member.name
        submitted = self._submitted
        if submitted is None:
            return self._draft[name]
        if self._staged and name in self._staged:
            return self._staged[name]
        if not self._auto_update or self._deleted:
            return submitted.cache.value.values.get(name, member.initial)
        values = submitted.cache.get().values
        if name not in values:
            values = submitted.cache.refresh().values
        return values.get(name, member.initial)

    def _peek(self, name: str) -> object:
        """A member's value as it is known now; sends nothing."""
        return self._known().get(name, self._initial[name])

    def _known(self) -> Mapping[str, object]:
        """What is known now of the members, by name."""
        if self._submitted is None:
            return self._draft
        return {**self._submitted.cache.value.values, **self._staged}

    def _assign(self, member: SubmitOnce[Any, Any], value: object) -> None:
        with self._lock:
            if self._in_doubt or self._deleted:
                raise self._locked(member)
            if self._submitted is None:
                self._given[member.name] = self._checked(member, value)
            elif isinstance(member, Committable):
                self._staged = MappingProxyType(
                    {**self._staged, member.name: self._checked(member, value)}
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
        return self._auto_update

    @auto_update.setter
    def auto_update(self, value: bool) -> None:
        self._auto_update = checks.check_boolean("auto_update", value)

    @property
    def update_cache_time(self) -> float:
        """How long what the server said serves reads, in seconds; default 5.

        Settable at any time to a number ≥ 0 or a `timedelta`; otherwise `TypeError` or
        `ValueError`. Measured on the monotonic clock from the moment the request was sent.
        """
        return self._update_cache_time

    @update_cache_time.setter
    def update_cache_time(self, value: float | timedelta) -> None:
        self._update_cache_time = seconds("update_cache_time", value)
        if self._submitted is not None:
            self._submitted.cache.max_age = self._update_cache_time

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
        with self._lock:
            if self._may_submit():
                self._submit_draft()

    def _may_submit(self) -> bool:
        """Whether it is still a draft; raises what `submit` does when it cannot be one again."""
        if self._deleted:
            raise self._missing(f"the {self._kind} {self.uuid} was deleted")
        if self._in_doubt:
            raise SubmissionUnknownException(
                f"the {self._kind} was sent before and it is unknown whether that took "
                "effect; look for it, or make a new one"
            )
        return self._submitted is None

    def _submit_draft(self) -> None:
        wire = self._prepare()
        self._settle(wire, self._connection._gateway.tries(keyed="shortname" in wire))

    def _prepare(self) -> dict[str, Json]:
        """The creation of the whole draft, checked; it may be sent from now on.

        Raises:
            ValueError: members that exclude or need one another.
        """
        self._check_draft()
        if self._connection.client_shortnames and self._draft["shortname"] is None:
            self._given["shortname"] = f"{self._kind}-{uuid4().hex}"
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
        self._in_doubt = True
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
            self._in_doubt = False
            raise
        self._accept(uuid)

    def _accept(self, uuid: str) -> None:
        """Take in that it was created."""
        self._bind(uuid, self._as_submitted(uuid), fresh=False)
        self._in_doubt = False

    def _as_submitted(self, uuid: str) -> Snapshot:
        """What is known from the draft alone."""
        values = {**self._draft, "state": self._born}
        values["shortname"] = values["shortname"] or uuid
        return Snapshot(MappingProxyType(values), MappingProxyType({"uuid": uuid}))

    def _look_up(self, shortname: str) -> Found | None:
        try:
            answer = self._retrieve(shortname)
        except self._missing:
            return None
        found = answer.read(partial(self.from_json, self._connection))
        return Found(
            uuid=codecs.read_text(found.uuid),
            created=found.creation_date,
            seen=answer.date,
            same=all(
                member.same(self._draft[member.name], found._peek(member.name))
                for member in self._members
                if isinstance(member, SubmitOnce)
            ),
        )

    def _bind(self, uuid: str, snapshot: Snapshot, *, fresh: bool) -> None:
        cache = Cached(
            lambda: self._fetch(uuid),
            self._connection.clock,
            self._update_cache_time,
            snapshot,
            fresh=fresh,
        )
        self._submitted = Submitted(uuid, cache)

    def _fetch(self, uuid: str) -> Snapshot:
        return self._retrieve(uuid).read(partial(self._read, uuid))

    def _read(self, uuid: str, wire: Wire) -> Snapshot:
        if str(wire.get("uuid")).lower() != uuid.lower():
            raise ValueError(f"it is not about {uuid}")
        return Snapshot.read(self._members, wire)

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
        if self._submitted is None:
            return
        if flush:
            self._submitted.cache.refresh()
        else:
            self._submitted.cache.get()

    def _ticket(self) -> Ticket:
        """What to take before asking for it together with others, for `_offer`."""
        return self._bound("refresh").cache.begin()

    def _offer(self, wire: Wire, ticket: Ticket) -> None:
        """Take in what a listing says of it; `ValueError` if that cannot be read."""
        self._bound("refresh").cache.offer(Snapshot.read(self._members, wire), ticket)

    def _bound(self, action: str) -> Submitted:
        """What it has from its submission on; an error before, for what makes no sense then."""
        if self._submitted is None:
            raise QarnotGenericException(f"{action}: the {self._kind} is not submitted")
        return self._submitted

    def _delete(self, send: Callable[[str], None]) -> None:
        """Send the deletion of this uuid and take it in; does nothing before submission."""
        if self._submitted is not None:
            cache = self._submitted.cache
            try:
                send(self._submitted.uuid)
            except QarnotException:
                # Its answer may be all that was lost.
                cache.expire()
                raise
            self._deleted = True
            cache.replace(cache.value.with_values({"state": self._deleting}))

    @abstractmethod
    def _create(self, wire: Wire, tries: Tries) -> str:
        """Send the creation once (see `Gateway`) and return the uuid."""

    @abstractmethod
    def _retrieve(self, uuid: str) -> Answer[Wire]:
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
        known = {"uuid": self.uuid, **self._known()}
        shown = ("name", "shortname", "uuid", "pool", "state", "tags")
        holds_token = self._connection._gateway.holds_token
        return {
            name: "[redacted]" if holds_token(known[name]) else known[name]
            for name in shown
            if name in known
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
