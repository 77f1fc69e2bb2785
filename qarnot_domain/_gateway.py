"""What each operation of the document is asked for by. What leaves here is JSON, or our exceptions.

Method and path of an operation come from the generated client; each method here is one operation,
the outputs of tasks and pools excepted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeVar, cast
from urllib.parse import quote, urlencode

from qarnot_api.operations import OPERATIONS

from ._checks import check_id
from ._clock import Clock
from ._codecs import Json, Wire, read_text
from ._convert import parsed, parsed_list, parsed_object
from ._retry import Kind
from ._secret import MisplacedError
from ._sending import Answer, Operation, Sender, Tries, unknown_outcome
from ._transport import Refused, Reply, Transport
from .config import Settings
from .exceptions import QarnotException, ResourceName, redact

T = TypeVar("T")

Executing = Literal["task", "pool"]
Stream = Literal["stdout", "stderr"]

_MULTI_STATUS: Final = 207
"""Another 2xx means the same as the one that is documented; this one says that it is several."""

_TO_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)

_MISSING: Final[Mapping[Executing, ResourceName]] = {"task": "task", "pool": "pool"}
_MISSING_INSTANCE: Final[Mapping[Executing, ResourceName]] = {
    "task": "task instance",
    "pool": "pool instance",
}


_NOTHING: Final[Mapping[str, object]] = {}


class Gateway:
    """Every operation the domain layer uses, over one transport. Safe from several threads."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._token = settings.client_token
        self._sender = Sender(settings, clock)
        self._transport = Transport(settings, clock)

    @property
    def clock(self) -> Clock:
        return self._sender.clock

    def close(self) -> None:
        self._sender.closed = True
        self._transport.close()

    def check_id(self, member: str, value: object) -> str:
        """A part of a URL, and not the token by somebody's mistake.

        The HTTP library and every server on the way log it. Where users give one, the function is
        `unseen`.
        """
        if isinstance(value, str) and value.strip() == self._token.reveal():
            raise MisplacedError(
                f"{member} must be a uuid or a shortname, and this is the client_token"
            )
        return check_id(member, value)

    def read_uuid(self, said: object) -> str:
        """What a server calls the uuid of an object; `ValueError` if it is none."""
        try:
            return self.check_id("uuid", read_text(cast("Json", said)))
        except ValueError as error:
            raise ValueError(f"uuid: {error}") from error

    def check_uuids(self, said: Sequence[object]) -> None:
        """As `read_uuid`, all of them."""
        if not _look_like_uuids(said) or self._token.reveal() in said:
            for uuid in said:
                self.read_uuid(uuid)

    def holds_token(self, value: object) -> bool:
        """Whether the text of a value has the token in it, by a server's doing or by a mistake."""
        text = repr(value)
        return redact(text, self._token.reveal()) != text

    def tries(self, *, keyed: bool = False) -> Tries:
        """A fresh count of attempts; `keyed` for the creation of something with a shortname."""
        return self._sender.tries(keyed=keyed)

    # --- jobs --------------------------------------------------------------------------------

    def create_job(self, body: Wire, tries: Tries) -> str:
        return self._create("createJob", "pool", body, tries)

    def retrieve_job(self, uuid: str) -> Answer[Wire]:
        return self._read("retrieveJob", "job", uuid=uuid)

    def delete_job(self, uuid: str, *, force: bool) -> None:
        # Left out rather than `false`, which the official C# and Go SDKs never send either.
        self._delete("deleteJob", "job", uuid, {"force": "true"} if force else {})

    def terminate_job(self, uuid: str) -> None:
        self._write("terminateJob", "job", uuid)

    def list_job_tasks(self, uuid: str) -> Answer[Sequence[Json]]:
        return self._list("listJobTasks", "job", uuid=uuid)

    def paginate_jobs(self, body: Wire, read: Callable[[bytes], T]) -> Answer[T]:
        return self._page("paginateJobs", body, read)

    # --- tasks -------------------------------------------------------------------------------

    def create_task(self, body: Wire, tries: Tries) -> str:
        return self._create("createTasks", "bucket", body, tries)

    def create_tasks(self, bodies: Sequence[Wire], tries: Tries) -> list[str | QarnotException]:
        """Create several at once: for each its uuid, or why it was refused."""
        operation = Operation("createTasks", _creation(tries), "bucket")

        def read(reply: Reply) -> list[str | QarnotException]:
            return self._outcomes(operation, parsed(reply.content), len(bodies))

        try:
            return self._send(operation, read, body=bodies, tries=tries).parsed
        except QarnotException as error:
            if not isinstance(error.__cause__, Refused):
                raise
            # When all are refused the reasons come under the status of an error.
            try:
                return self._outcomes(operation, json.loads(error.__cause__.body), len(bodies))
            except (ValueError, RecursionError):
                raise error from error.__cause__

    def _outcomes(
        self, operation: Operation, answered: object, number: int
    ) -> list[str | QarnotException]:
        if not isinstance(answered, list) or len(answered) != number:
            raise ValueError(f"not a list of {number} answers")
        return [self._outcome(operation, item) for item in answered]

    def _outcome(self, operation: Operation, item: object) -> str | QarnotException:
        if not isinstance(item, dict) or not isinstance(status := item.get("statusCode"), int):
            raise ValueError("an item has no statusCode")
        if 200 <= status < 300:
            return self._uuid(item)
        body = json.dumps({"message": item.get("message") or None}).encode()
        error = self._sender.refusal(operation, status, body)
        return error if 400 <= status < 500 else unknown_outcome(operation, error)

    def retrieve_task(self, uuid: str) -> Answer[Wire]:
        return self._read("retrieveTask", "task", uuid=uuid)

    def delete_task(self, uuid: str) -> None:
        self._delete("deleteTask", "task", uuid)

    def update_task(self, uuid: str, body: Wire) -> None:
        self._write("updateTask", "task", uuid, body=body)

    def resync_task(self, uuid: str) -> None:
        self._write("resyncTask", "task", uuid)

    def abort_task(self, uuid: str) -> None:
        self._write("abortTask", "task", uuid)

    def paginate_tasks(self, body: Wire, read: Callable[[bytes], T]) -> Answer[T]:
        return self._page("paginateTasks", body, read)

    def paginate_task_summaries(self, body: Wire, read: Callable[[bytes], T]) -> Answer[T]:
        return self._page("paginateTaskSummaries", body, read)

    def search_tasks(self, body: Wire) -> Answer[Sequence[Json]]:
        return self._list("searchTasks", body=body)

    # --- pools -------------------------------------------------------------------------------

    def create_pool(self, body: Wire, tries: Tries) -> str:
        return self._create("createPool", "bucket", body, tries)

    def retrieve_pool(self, uuid: str) -> Answer[Wire]:
        return self._read("retrievePool", "pool", uuid=uuid)

    def delete_pool(self, uuid: str) -> None:
        self._delete("deletePool", "pool", uuid)

    def update_pool(self, uuid: str, body: Wire) -> None:
        self._write("updatePool", "pool", uuid, body=body)

    def resync_pool(self, uuid: str) -> None:
        self._write("resyncPool", "pool", uuid)

    def close_pool(self, uuid: str) -> None:
        self._write("closePool", "pool", uuid)

    def list_pool_jobs(self, uuid: str) -> Answer[Sequence[Json]]:
        return self._list("listPoolJobs", "pool", uuid=uuid)

    def list_pool_tasks(self, uuid: str) -> Answer[Sequence[Json]]:
        return self._list("listPoolTasks", "pool", uuid=uuid)

    def paginate_pools(self, body: Wire, read: Callable[[bytes], T]) -> Answer[T]:
        return self._page("paginatePools", body, read)

    def paginate_pool_summaries(self, body: Wire, read: Callable[[bytes], T]) -> Answer[T]:
        return self._page("paginatePoolSummaries", body, read)

    # --- outputs -----------------------------------------------------------------------------

    def output(
        self, of: Executing, stream: Stream, uuid: str, instance: int | None, *, fresh: bool
    ) -> str:
        """What a task or pool wrote: all that is kept, or, `fresh`, what was not consumed yet."""
        kind, verb = (Kind.CONSUMING_READ, "consume") if fresh else (Kind.READ, "retrieve")
        parts: dict[str, object] = {"uuid": uuid}
        part, missing = "", _MISSING[of]
        if instance is not None:
            parts["instanceId"] = instance
            part, missing = "Instance", _MISSING_INSTANCE[of]
        operation = Operation(f"{verb}{of.title()}{part}{stream.title()}", kind, missing)
        return self._send(operation, _text, parts).parsed

    # --- account -----------------------------------------------------------------------------

    def retrieve_user_info(self) -> Answer[Wire]:
        return self._read("retrieveUserInfo")

    def retrieve_user_computing_quotas(self) -> Answer[Wire]:
        return self._read("retrieveUserComputingQuotas")

    def retrieve_organization_computing_quotas(self) -> Answer[Wire]:
        return self._read("retrieveOrganizationComputingQuotas")

    def list_profiles(self) -> Answer[Sequence[Json]]:
        return self._list("listProfiles")

    def retrieve_profile(self, name: str) -> Answer[Wire]:
        return self._read("retrieveProfile", "profile", name=name)

    def list_hardware_constraints(self, limit: int, offset: int) -> Answer[Wire]:
        return self._read("listHardwareConstraints", query={"limit": limit, "offset": offset})

    def search_cpu_model_constraints(self, cpu_model: str) -> Answer[Sequence[Json]]:
        return self._list("searchCpuModelConstraints", query={"cpuModel": cpu_model})

    # --- the ways to send --------------------------------------------------------------------

    def _create(self, name: str, missing: ResourceName, body: Wire, tries: Tries) -> str:
        """Send the creation of one object, and give its uuid.

        `tries.keyed` says whether it has a shortname.
        """
        operation = Operation(name, _creation(tries), missing)
        return self._send(
            operation, lambda reply: self._uuid(_object(reply)), body=body, tries=tries
        ).parsed

    def _uuid(self, created: Wire) -> str:
        if not isinstance(uuid := created.get("uuid"), str):
            raise ValueError("it lacks its uuid")
        return self.check_id("uuid", uuid)

    def _read(
        self,
        name: str,
        missing: ResourceName | None = None,
        /,
        *,
        query: Mapping[str, object] = _NOTHING,
        body: Wire | None = None,
        **parts: str,
    ) -> Answer[Wire]:
        """Send an operation that is answered with an object."""
        return self._send(Operation(name, Kind.READ, missing), _object, parts, query, body)

    def _list(
        self,
        name: str,
        missing: ResourceName | None = None,
        /,
        *,
        query: Mapping[str, object] = _NOTHING,
        body: Wire | None = None,
        **parts: str,
    ) -> Answer[Sequence[Json]]:
        """Send an operation that is answered with a list."""
        return self._send(Operation(name, Kind.READ, missing), _array, parts, query, body)

    def _page(self, name: str, body: Wire, read: Callable[[bytes], T]) -> Answer[T]:
        """Send an operation that is answered with a page, which `read` reads."""
        operation = Operation(name, Kind.READ)
        return self._send(operation, lambda reply: read(_one(reply)), body=body)

    def _write(
        self,
        name: str,
        missing: ResourceName,
        uuid: str,
        query: Mapping[str, object] = _NOTHING,
        body: Wire | None = None,
        tries: Tries | None = None,
    ) -> None:
        """Send an operation that may be repeated and whose answer says nothing."""
        operation = Operation(name, Kind.IDEMPOTENT_WRITE, missing)
        self._send(operation, lambda _: None, {"uuid": uuid}, query, body, tries)

    def _delete(
        self,
        name: str,
        missing: ResourceName,
        uuid: str,
        query: Mapping[str, object] = _NOTHING,
    ) -> None:
        """Send a deletion; repeated after a lost answer, finding nothing left is its success."""
        tries = self.tries()
        try:
            self._write(name, missing, uuid, query, tries=tries)
        except QarnotException as error:
            if error.status_code != 404 or not tries.in_doubt:
                raise

    def _send(
        self,
        operation: Operation,
        read: Callable[[Reply], T],
        parts: Mapping[str, object] = _NOTHING,
        query: Mapping[str, object] = _NOTHING,
        body: Wire | Sequence[Wire] | None = None,
        tries: Tries | None = None,
    ) -> Answer[T]:
        """Send an operation, with these parts of its path, and read its answer."""
        method, path = OPERATIONS[operation.name]
        if parts:
            path = path.format_map({name: quote(str(p), safe="") for name, p in parts.items()})
        if query:
            path = f"{path}?{urlencode(query)}"

        def send() -> T:
            content = None if body is None else _TO_JSON.encode(body).encode()
            return read(self._transport.send(method, path, content))

        return self._sender.send(operation, send, tries)


_OF_UUIDS: Final = b"0123456789abcdefABCDEF-"


def _look_like_uuids(values: Sequence[object]) -> bool:
    """Whether all look like a uuid, told much faster than one by one."""
    try:
        others = "".join(values).encode().translate(None, _OF_UUIDS)  # type: ignore[arg-type]  # else a TypeError
    except (TypeError, ValueError):
        return False
    return not others and set(map(len, values)) <= {36}  # type: ignore[arg-type]  # they are texts


def _creation(tries: Tries) -> Kind:
    return Kind.KEYED_CREATE if tries.keyed else Kind.UNKEYED_CREATE


def _one(reply: Reply) -> bytes:
    """The body of an answer that is one and not several."""
    if reply.status == _MULTI_STATUS:
        raise ValueError(f"not one answer, with status {_MULTI_STATUS}")
    return reply.content


def _object(reply: Reply) -> Wire:
    return parsed_object(_one(reply))


def _array(reply: Reply) -> Sequence[Json]:
    return parsed_list(_one(reply))


def _text(reply: Reply) -> str:
    """The output in an answer: some servers send it as a JSON text."""
    if "html" in reply.content_type:
        raise ValueError("expected the output, not a page of HTML")
    if "json" in reply.content_type:
        text = json.loads(reply.content)
        if not isinstance(text, str):
            raise ValueError(f"expected a text, not {type(text).__name__}")
        return text
    # Here, since it takes a while to load.
    from email.message import Message

    about = Message()
    about["content-type"] = reply.content_type
    try:
        return reply.content.decode(about.get_content_charset("utf-8"), "replace")
    except LookupError:
        return reply.content.decode("utf-8", "replace")
