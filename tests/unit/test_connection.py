"""`Connection`: building, closing, finding and listing, and what goes over the wire."""

from __future__ import annotations

import inspect
import itertools
import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from qarnot_domain import (
    Connection,
    ConnectionFailedException,
    Job,
    MalformedResponseException,
    Page,
    QarnotException,
    QarnotGenericException,
    SubmissionUnknownException,
    TimeoutException,
    UnauthorizedException,
    __version__,
    _connections,
    _snapshot,
    _transport,
)
from qarnot_domain._clock import SystemClock
from qarnot_domain._secret import Secret
from qarnot_domain.config import load
from qarnot_domain.emulator import Emulator

from .driving import (
    JOB_PAYLOAD,
    PROFILE,
    ActingClock,
    connect,
    in_step,
    operations,
    submitted,
    write_for_owner,
)
from .wire import SILENCE, WireServer, http

TOKEN = "a-token-that-nobody-may-see"
JOB_ANSWER = http(body=json.dumps(JOB_PAYLOAD).encode())
EMPTY_PAGE = http(body=b'{"data": [], "isTruncated": false}')


def client(server: WireServer, **settings: Any) -> Connection:
    """A connection to such a server that gives up at once."""
    given: dict[str, Any] = {"retry_count": 0, "clock": ActingClock()}
    return Connection(
        cluster_url=settings.pop("cluster_url", server.url),
        client_token=TOKEN,
        **{**given, **settings},
    )


# --- building and closing ---------------------------------------------------------------------


def test_building_sends_nothing(qarnot_emulator: Emulator) -> None:
    """Neither building nor closing a connection sends a request, not even for settings."""
    for _ in range(3):
        with connect(qarnot_emulator) as connection:
            connection.create_job("n")
            connection.create_task("n", PROFILE)
            connection.create_pool("n", PROFILE)
    assert qarnot_emulator.requests == []


def test_building_needs_no_server() -> None:
    """A cluster that cannot be reached is found out by the first request."""
    with Connection(cluster_url="http://127.0.0.1:9", client_token=TOKEN) as connection:
        assert connection.cluster_url == "http://127.0.0.1:9"


def test_building_takes_the_official_arguments_in_the_documented_order() -> None:
    """The names, their order and their defaults are those of the design."""
    parameters = list(inspect.signature(Connection).parameters.values())
    assert [
        (parameter.name, parameter.default)
        for parameter in parameters
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ] == [
        ("fileconf", None),
        ("client_token", None),
        ("cluster_url", None),
        ("cluster_unsafe", None),
        ("cluster_timeout", None),
        ("retry_count", 5),
        ("retry_wait", timedelta(seconds=1)),
        ("cluster_custom_certificate", None),
    ]
    keywords = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    assert keywords["client_shortnames"] is False


def test_building_from_a_file(tmp_path: Path, qarnot_emulator: Emulator) -> None:
    """A connection built from a file works."""
    path = write_for_owner(
        tmp_path / "qarnot.conf",
        f"[cluster]\nurl={qarnot_emulator.url}\n[client]\ntoken={qarnot_emulator.token}\n",
    )
    with Connection(path) as connection:
        assert connection.jobs() == []


def test_building_adds_no_handler_to_anybodys_logger() -> None:
    """However many connections there are, logging stays as the user set it up."""

    def handlers() -> int:
        names = [None, *logging.root.manager.loggerDict]
        return sum(len(logging.getLogger(name).handlers) for name in names)

    before = handlers()
    for _ in range(3):
        Connection(client_token=TOKEN).close()
    assert handlers() == before


def test_building_without_verification_warns() -> None:
    """A connection that does not check who answers says so."""
    with (
        pytest.warns(UserWarning, match="cluster_unsafe") as caught,
        Connection(client_token=TOKEN, cluster_unsafe=True),
    ):
        pass
    assert [str(record.filename) for record in caught] == [__file__]


def test_building_with_a_file_that_is_no_certificate(tmp_path: Path) -> None:
    """A certificate that cannot be used is refused by name, at once."""
    path = tmp_path / "not-a-certificate.pem"
    path.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="cluster_custom_certificate"):
        Connection(client_token=TOKEN, cluster_custom_certificate=path)


USES: list[Any] = [
    pytest.param(lambda c: c.jobs(), id="jobs"),
    pytest.param(lambda c: c.retrieve_job("x"), id="retrieve_job"),
    pytest.param(lambda c: c.create_job("n").submit(), id="submit"),
    pytest.param(lambda c: next(c.all_tasks()), id="all_tasks"),
    pytest.param(lambda c: c.pools_page(), id="pools_page"),
]


@pytest.mark.parametrize("use", USES)
def test_closed_connection_is_told(
    qarnot_emulator: Emulator, use: Callable[[Connection], object]
) -> None:
    """Using a closed connection is a `QarnotGenericException`, and closing twice is not."""
    connection = connect(qarnot_emulator)
    connection.close()
    connection.close()
    with pytest.raises(QarnotGenericException, match="closed"):
        use(connection)
    assert qarnot_emulator.requests == []


def test_closed_connection_leaves_its_jobs_readable(qarnot_emulator: Emulator) -> None:
    """What is known of a job can still be read; a refresh is told that the connection is closed."""
    with connect(qarnot_emulator) as connection:
        job = submitted(connection)
        job.update()
    assert (job.name, job.state) == ("job", "Active")
    qarnot_emulator.advance(timedelta(seconds=5))
    with pytest.raises(QarnotGenericException, match="closed"):
        job.update()
    job.auto_update = False
    assert job.state == "Active"


def test_submission_on_a_closed_connection_is_not_in_doubt(qarnot_emulator: Emulator) -> None:
    """Nothing was sent, so the object stays a draft."""
    with connect(qarnot_emulator) as connection:
        job = connection.create_job("n")
    with pytest.raises(QarnotGenericException, match="closed"):
        job.submit()
    job.name = "still a draft"
    assert job.name == "still a draft"


def test_context_manager_closes_and_lets_failures_through(qarnot_emulator: Emulator) -> None:
    """Leaving the block closes it, also by an exception, which passes."""
    with pytest.raises(KeyError), connect(qarnot_emulator) as connection:
        raise KeyError
    with pytest.raises(QarnotGenericException, match="closed"):
        connection.jobs()


# --- finding ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["job", "task", "pool"])
def test_retrieve_takes_a_uuid_or_a_shortname(qarnot_connection: Connection, kind: str) -> None:
    """Each kind is found by both, in one request each, as an equal object."""
    arguments = {"job": (), "task": (PROFILE,), "pool": (PROFILE,)}[kind]
    made = getattr(qarnot_connection, f"create_{kind}")("n", *arguments, shortname="mine")
    made.submit()
    retrieve = getattr(qarnot_connection, f"retrieve_{kind}")
    for name in (made.uuid, "mine", made.uuid.upper()):
        found = retrieve(name)
        assert (type(found), found, found.name) == (type(made), made, "n")


@pytest.mark.parametrize("kind", ["job", "task", "pool"])
def test_retrieve_what_is_not_there(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: str
) -> None:
    """It is the missing kind's own exception, after one request."""
    with pytest.raises(QarnotException, match="No such") as caught:
        getattr(qarnot_connection, f"retrieve_{kind}")("nothing")
    assert type(caught.value).__name__ == f"Missing{kind.title()}Exception"
    assert len(qarnot_emulator.requests) == 1


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("../x", "/jobs/..%2Fx"),
        ("a/b?c#d", "/jobs/a%2Fb%3Fc%23d"),
        ("%2e%2e", "/jobs/%252e%252e"),
        ("a b", "/jobs/a%20b"),
        ("é", "/jobs/%C3%A9"),
        ("search", "/jobs/search"),
        ("a;b=c&d", "/jobs/a%3Bb%3Dc%26d"),
        ("a\\b", "/jobs/a%5Cb"),
        ("...", "/jobs/..."),
    ],
)
def test_retrieve_escapes_what_it_is_given(
    qarnot_connection: Connection, qarnot_emulator: Emulator, name: str, path: str
) -> None:
    """Whatever it is, it stays within its own part of the path."""
    with pytest.raises(QarnotException):
        qarnot_connection.retrieve_job(name)
    assert [(r.path, r.query) for r in qarnot_emulator.requests] == [(path, ())]


@pytest.mark.parametrize("name", ["", ".", "..", "a\nb", "\0", "\ud800"])
@pytest.mark.parametrize("kind", ["job", "task", "pool"])
def test_retrieve_refuses_what_would_be_another_request(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: str, name: str
) -> None:
    """An id that would ask for something else is a `ValueError`, and nothing is sent."""
    with pytest.raises(ValueError, match="uuid"):
        getattr(qarnot_connection, f"retrieve_{kind}")(name)
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize("name", [None, 3, b"x", ["x"]])
@pytest.mark.parametrize("kind", ["job", "task", "pool"])
def test_retrieve_takes_only_text(
    qarnot_connection: Connection, qarnot_emulator: Emulator, kind: str, name: Any
) -> None:
    """What is no text is a `TypeError`, and nothing is sent."""
    with pytest.raises(TypeError, match="uuid"):
        getattr(qarnot_connection, f"retrieve_{kind}")(name)
    assert qarnot_emulator.requests == []


@pytest.mark.parametrize("uuid", [".", "..", "a/../b", ""])
def test_job_from_json_never_asks_for_something_else(
    qarnot_connection: Connection, qarnot_emulator: Emulator, uuid: str
) -> None:
    """A uuid from outside cannot make a job ask for, or delete, anything but a job."""
    try:
        job = Job.from_json(qarnot_connection, {**JOB_PAYLOAD, "uuid": uuid})
    except ValueError:
        return
    with pytest.raises((QarnotException, ValueError)):
        job.delete()
    for request in qarnot_emulator.requests:
        assert request.operation == "deleteJob"


# --- listing ----------------------------------------------------------------------------------


class Kind:
    """How one kind of object is made and listed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.arguments = () if name == "job" else (PROFILE,)

    def make(self, connection: Connection, name: str, *tags: str) -> Any:
        made = getattr(connection, f"create_{self.name}")(name, *self.arguments)
        made.tags = tags
        made.submit()
        return made

    def listed(self, connection: Connection, **arguments: Any) -> list[Any]:
        found: list[Any] = getattr(connection, f"{self.name}s")(**arguments)
        return found

    def all(self, connection: Connection, **arguments: Any) -> Iterator[Any]:
        found: Iterator[Any] = getattr(connection, f"all_{self.name}s")(**arguments)
        return found

    def page(self, connection: Connection, *args: Any, **arguments: Any) -> Page[Any]:
        page: Page[Any] = getattr(connection, f"{self.name}s_page")(*args, **arguments)
        return page

    @property
    def operation(self) -> str:
        # Jobs have no summaries to ask for.
        return "paginateJobs" if self.name == "job" else f"paginate{self.name.title()}Summaries"


each_kind = pytest.mark.parametrize(
    "kind", [Kind("job"), Kind("task"), Kind("pool")], ids=lambda kind: kind.name
)


@pytest.fixture
def plenty(qarnot_emulator: Emulator) -> Emulator:
    """An account that may hold many objects."""
    qarnot_emulator.set_limits(max_jobs=1000, max_tasks=1000, max_pools=1000)
    return qarnot_emulator


@each_kind
def test_list_of_nothing(qarnot_connection: Connection, kind: Kind) -> None:
    """An empty account is an empty list, page and iterator."""
    assert kind.listed(qarnot_connection) == []
    assert list(kind.all(qarnot_connection)) == []
    page = kind.page(qarnot_connection)
    assert (page.page_data, page.next_token, page.is_truncated) == ((), None, False)


@each_kind
def test_list_has_every_object_of_every_page(
    qarnot_connection: Connection, plenty: Emulator, kind: Kind
) -> None:
    """All objects are given once, however many pages they take."""
    made = [kind.make(qarnot_connection, f"n{number}") for number in range(45)]
    assert sorted(o.name for o in made) == sorted(o.name for o in kind.listed(qarnot_connection))
    assert set(kind.listed(qarnot_connection)) == set(made)


@each_kind
def test_iterator_asks_for_a_page_when_it_is_needed(
    qarnot_connection: Connection, plenty: Emulator, kind: Kind
) -> None:
    """`all_…` sends nothing before the first object is wanted, and no page nobody wants."""
    for number in range(45):
        kind.make(qarnot_connection, f"n{number}")
    sent = len(plenty.requests)
    objects = kind.all(qarnot_connection)
    assert len(plenty.requests) == sent
    next(objects)
    assert operations(plenty)[sent:] == [kind.operation]
    assert len(list(objects)) == 44
    assert operations(plenty)[sent:] == [kind.operation] * 3


@each_kind
def test_page_has_a_maximum_and_a_token(
    qarnot_connection: Connection, plenty: Emulator, kind: Kind
) -> None:
    """Pages of a size follow each other by their tokens until the last one has none."""
    made = {kind.make(qarnot_connection, f"n{number}") for number in range(5)}
    first = kind.page(qarnot_connection, maximum=2)
    assert (len(first.page_data), first.is_truncated) == (2, True)
    second = kind.page(qarnot_connection, first.next_token, 2)
    third = kind.page(qarnot_connection, token=second.next_token, maximum=2)
    assert (len(third.page_data), third.next_token, third.is_truncated) == (1, None, False)
    assert {*first.page_data, *second.page_data, *third.page_data} == made


@each_kind
@pytest.mark.parametrize(
    ("maximum", "error"), [(0, ValueError), (-1, ValueError), (True, TypeError), ("2", TypeError)]
)
def test_page_of_a_bad_size_is_refused(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: Kind,
    maximum: Any,
    error: type[Exception],
) -> None:
    """A bad maximum is refused by name, and nothing is sent."""
    with pytest.raises(error, match="maximum"):
        kind.page(qarnot_connection, maximum=maximum)
    assert qarnot_emulator.requests == []


@each_kind
def test_tags_find_any_or_all(qarnot_connection: Connection, kind: Kind) -> None:
    """`tags` is any of them, `tags_intersect` all of them, and both together both."""
    for name, tags in {"a": ["x"], "b": ["y"], "c": ["x", "y"], "d": ["z"], "e": []}.items():
        kind.make(qarnot_connection, name, *tags)

    def found(**arguments: Any) -> str:
        listed = "".join(sorted(o.name for o in kind.listed(qarnot_connection, **arguments)))
        lazy = "".join(sorted(o.name for o in kind.all(qarnot_connection, **arguments)))
        page = kind.page(qarnot_connection, **arguments).page_data
        assert listed == lazy == "".join(sorted(o.name for o in page))
        return listed

    assert found() == "abcde"
    assert found(tags=["x"]) == "ac"
    assert found(tags=["x", "y"]) == "abc"
    assert found(tags=["x", "nothing"]) == "ac"
    assert found(tags_intersect=["x"]) == "ac"
    assert found(tags_intersect=["x", "y"]) == "c"
    assert found(tags_intersect=["x", "nothing"]) == ""
    assert found(tags=["x", "z"], tags_intersect=["y"]) == "c"
    assert found(tags=("y",)) == "bc"


@each_kind
@pytest.mark.parametrize("name", ["tags", "tags_intersect"])
@pytest.mark.parametrize(
    ("value", "error"),
    [([], ValueError), ((), ValueError), ("x", TypeError), ([3], TypeError), (3, TypeError)],
)
@pytest.mark.parametrize("way", ["listed", "all", "page"])
def test_tags_that_say_nothing_are_refused(
    qarnot_connection: Connection,
    qarnot_emulator: Emulator,
    kind: Kind,
    name: str,
    value: Any,
    error: type[Exception],
    way: str,
) -> None:
    """An empty list would silently mean everything, a plain text each of its letters."""
    with pytest.raises(error, match=name):
        getattr(kind, way)(qarnot_connection, **{name: value})
    assert qarnot_emulator.requests == []


def test_tags_may_come_from_an_iterator(qarnot_connection: Connection) -> None:
    """Tags that can be read only once are read once."""
    Kind("job").make(qarnot_connection, "a", "x")
    assert len(qarnot_connection.jobs(tags=iter(["x", "y"]))) == 1
    assert len(list(qarnot_connection.all_jobs(tags_intersect=(tag for tag in ["x"])))) == 1


def test_tags_with_a_comma_are_one_tag(qarnot_connection: Connection) -> None:
    """No character of a tag divides it."""
    Kind("job").make(qarnot_connection, "a", "x,y")
    Kind("job").make(qarnot_connection, "b", "x")
    assert [job.name for job in qarnot_connection.jobs(tags=["x,y"])] == ["a"]


@each_kind
def test_endless_pages_end(qarnot_connection: Connection, plenty: Emulator, kind: Kind) -> None:
    """A server that gives the same token again is told, not followed for ever."""
    page = {"data": [], "isTruncated": True, "nextToken": "again"}
    plenty.fail_next(kind.operation, times=10, status=200, body=page)
    with pytest.raises(MalformedResponseException, match="again"):
        kind.listed(qarnot_connection)
    assert len(plenty.requests) == 2


@pytest.mark.parametrize(
    "end",
    [
        {"isTruncated": False, "nextToken": "more"},
        {"isTruncated": True, "nextToken": None},
        {"isTruncated": True, "nextToken": ""},
        {"isTruncated": True},
        {"isTruncated": None, "nextToken": "more"},
        {},
    ],
)
@pytest.mark.parametrize("data", [[], None])
def test_last_page_is_told_by_either_sign(
    qarnot_connection: Connection, qarnot_emulator: Emulator, end: dict[str, Any], data: Any
) -> None:
    """A page that is not truncated, or has no token, is the last; null data is no data."""
    qarnot_emulator.fail_next("paginateJobs", status=200, body={"data": data, **end})
    assert qarnot_connection.jobs() == []
    assert len(qarnot_emulator.requests) == 1


@pytest.mark.parametrize("item", [None, 3, "x", [], {}, {"name": "n"}, {"uuid": None}])
def test_list_with_something_else_in_it(
    qarnot_connection: Connection, qarnot_emulator: Emulator, item: Any
) -> None:
    """What is no job in a list of jobs is a `MalformedResponseException`."""
    page = {"data": [item], "isTruncated": False}
    qarnot_emulator.fail_next("paginateJobs", times=6, status=200, body=page)
    with pytest.raises(MalformedResponseException):
        qarnot_connection.jobs()


def test_list_tolerates_what_the_api_may_add(
    qarnot_connection: Connection, qarnot_emulator: Emulator
) -> None:
    """Unknown members, unknown states and nulls in a list are no failure."""
    items = [
        {**JOB_PAYLOAD, "state": "Hibernating", "later": {"a": 1}},
        {**dict.fromkeys(JOB_PAYLOAD, None), "uuid": "00000000-0000-4000-8000-000000000001"},
        {"uuid": "00000000-0000-4000-8000-000000000002"},
    ]
    qarnot_emulator.fail_next("paginateJobs", status=200, body={"data": items, "more": True})
    jobs = qarnot_connection.jobs()
    assert [job.uuid for job in jobs] == [item["uuid"] for item in items]
    assert jobs[0].state == "Hibernating"


def test_listed_jobs_are_fresh(qarnot_connection: Connection, qarnot_emulator: Emulator) -> None:
    """Reading a job that was just listed or retrieved sends nothing more."""
    made = submitted(qarnot_connection)
    (listed,) = qarnot_connection.jobs()
    retrieved = qarnot_connection.retrieve_job(str(made.uuid))
    assert (listed.state, retrieved.tags, listed.name) == ("Active", [], "job")
    assert operations(qarnot_emulator) == ["createJob", "paginateJobs", "retrieveJob"]


# --- the token ----------------------------------------------------------------------------------


def test_bad_token_is_an_unauthorized_exception(qarnot_emulator: Emulator) -> None:
    """It has the server's words, the status and the request, and not the token."""
    with connect(qarnot_emulator, client_token=TOKEN) as connection:
        for use in (connection.jobs, connection.tasks, connection.pools):
            with pytest.raises(UnauthorizedException, match="Bad authentication token") as caught:
                use()
            assert caught.value.status_code == 401
            assert TOKEN not in f"{caught.value} {caught.value!r}"


def test_token_is_sent_bare_and_to_the_cluster_alone() -> None:
    """The header is the token alone, and the request says who asks for what."""
    with WireServer(JOB_ANSWER) as server, client(server) as connection:
        connection.retrieve_job("x")
    (request,) = server.received
    assert request.line == "GET /jobs/x HTTP/1.1"
    assert request.headers["authorization"] == TOKEN
    assert request.headers["user-agent"].startswith(f"qarnot-domain/{__version__} ")
    assert "application/json" in request.headers["accept"]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirect_is_never_followed(status: str) -> None:
    """The token goes nowhere else, and a `POST` does not become a `GET`."""
    with WireServer(http()) as other:
        location = f"Location: {other.url}/jobs\r\n"
        with (
            WireServer(http(status, headers=location)) as server,
            client(server) as connection,
        ):
            with pytest.raises(QarnotGenericException):
                connection.create_job("n").submit()
            with pytest.raises(QarnotGenericException):
                connection.jobs()
    assert [request.line.split()[0] for request in server.received] == ["POST", "POST"]
    assert other.received == []


@pytest.mark.parametrize("path", ["//other.test/x", "https://other.test/x", "@other.test/x"])
def test_whatever_is_asked_for_is_asked_of_the_cluster(path: str) -> None:
    """Were a request ever to name another host, it would not go there, nor would the token."""
    with WireServer(http("400 Bad Request")) as server:
        settings = load(cluster_url=f"{server.url}/api", client_token=Secret(TOKEN), environ={})
        transport = _transport.Transport(settings, SystemClock())
        exchange = _transport.Exchange(settings.client_token, lambda: 1.0, 0.0)
        with _transport.recording(exchange), pytest.raises(_transport.Refused):
            transport.send("GET", path)
        transport.close()
    assert [request.line for request in server.received] == [f"GET /api{path} HTTP/1.1"]


def test_token_beats_netrc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qarnot_emulator: Emulator
) -> None:
    """A `~/.netrc` for the cluster does not replace the token (in the official SDK it does)."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    with connect(qarnot_emulator) as connection:
        assert connection.jobs() == []


def test_retries_are_logged(qarnot_emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    """Each repetition is one line of the library's logger: operation, reason, wait."""
    caplog.set_level(logging.INFO, logger="qarnot_domain")
    with connect(qarnot_emulator) as connection:
        qarnot_emulator.fail_next("paginateJobs", status=503, body={"message": "busy"}, times=2)
        connection.jobs()
    lines = [r.getMessage() for r in caplog.records if r.name == "qarnot_domain"]
    assert len(lines) == 2
    for line in lines:
        assert "paginateJobs" in line
        assert "busy" in line


@pytest.mark.parametrize("shown", [repr, str])
def test_repr_says_which_cluster(shown: Callable[[object], str]) -> None:
    """A connection shows where it leads and not with which token."""
    with Connection(client_token=TOKEN) as connection:
        assert "https://api.qarnot.com" in shown(connection)
        assert TOKEN not in shown(connection)


# --- the wire -----------------------------------------------------------------------------------


def test_path_of_the_cluster_url_is_kept() -> None:
    """A cluster under a path, such as an API version, is asked there."""
    with WireServer(EMPTY_PAGE) as server:
        for path in ("/v1", "/v1/", "/a/b"):
            with client(server, cluster_url=server.url + path) as connection:
                connection.jobs()
    assert [request.line.split()[1] for request in server.received] == [
        "/v1/jobs/paginate",
        "/v1/jobs/paginate",
        "/a/b/jobs/paginate",
    ]


def test_requests_share_one_network_connection() -> None:
    """Requests after each other do not open a connection each."""
    with WireServer(EMPTY_PAGE) as server, client(server) as connection:
        for _ in range(5):
            connection.jobs()
        assert (len(server.received), server.connections) == (5, 1)


def test_network_connections_outlive_the_cache() -> None:
    """A poll each cache time does not open a connection each."""
    assert _connections._KEEP_ALIVE_SECONDS > _snapshot.DEFAULT_UPDATE_CACHE_TIME


def test_connection_that_the_server_closed_is_opened_again() -> None:
    """What the server closed in between is no failure, also if that is only seen when sending."""
    with WireServer(b"!" + EMPTY_PAGE) as server, client(server, retry_count=1) as connection:
        for _ in range(3):
            assert connection.jobs() == []
        assert server.connections == 3


LOST: list[Any] = [
    pytest.param(b"!", ConnectionFailedException, id="closed-without-a-byte"),
    pytest.param(b"!HTTP/1.1 200 OK\r\nContent-", ConnectionFailedException, id="half-a-head"),
    pytest.param(b"!" + http(length=100), ConnectionFailedException, id="half-a-body"),
    pytest.param(b"!garbage\r\n\r\n", ConnectionFailedException, id="no-http"),
    pytest.param(
        http(headers="Content-Encoding: gzip\r\n"), ConnectionFailedException, id="not-gzip"
    ),
    pytest.param(
        b"!HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ConnectionFailedException,
        id="bad-chunk",
    ),
]


@pytest.mark.parametrize(("answer", "error"), LOST)
def test_answer_that_breaks_off_is_a_failed_connection(
    answer: bytes, error: type[QarnotException]
) -> None:
    """A read raises it with the operation, the request and the cause; a creation is unknown."""
    with WireServer(answer) as server, client(server) as connection:
        with pytest.raises(error, match="paginateJobs") as caught:
            connection.jobs()
        assert (caught.value.method, caught.value.status_code) == ("POST", None)
        assert caught.value.url == f"{server.url}/jobs/paginate"
        assert caught.value.__cause__ is not None
        with pytest.raises(SubmissionUnknownException):
            connection.create_job("n").submit()
        assert len(server.received) == 2


def test_server_that_does_not_answer_is_a_timeout() -> None:
    """After `cluster_timeout` a read is a `TimeoutException`, and a creation unknown."""
    with (
        WireServer(SILENCE) as server,
        client(server, cluster_timeout=timedelta(milliseconds=50)) as connection,
    ):
        with pytest.raises(TimeoutException, match="no answer in time") as read:
            connection.jobs()
        with pytest.raises(SubmissionUnknownException, match="no answer in time") as creation:
            connection.create_job("n").submit()
    # Not what the server received, whose thread may get its turn only after the time is up.
    assert (read.value.attempts, creation.value.attempts) == (1, 1)


def test_server_without_tls_behind_https_is_a_failed_connection() -> None:
    """A handshake that fails sent nothing, so even a creation is a plain failure."""
    with WireServer(b"!HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        url = server.url.replace("http", "https")
        with client(server, cluster_url=url) as connection:
            with pytest.raises(ConnectionFailedException, match="no connection"):
                connection.jobs()
            job = connection.create_job("n")
            with pytest.raises(ConnectionFailedException, match="no connection"):
                job.submit()
            job.name = "still a draft"


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxy_is_not_asked_for_what_is_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, qarnot_emulator: Emulator, variable: str
) -> None:
    """A proxy in the environment does not stand between a user and the emulator."""
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    with connect(qarnot_emulator, retry_count=0) as connection:
        assert connection.jobs() == []


def test_proxy_of_the_environment_is_used_for_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy, requests to a cluster go through it."""
    with WireServer(EMPTY_PAGE) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with (
            pytest.warns(UserWarning, match="cluster_unsafe"),
            client(proxy, cluster_url="http://cluster.test", cluster_unsafe=True) as connection,
        ):
            assert connection.jobs() == []
    assert [r.line for r in proxy.received] == ["POST http://cluster.test/jobs/paginate HTTP/1.1"]


def test_threads_share_a_connection(qarnot_connection: Connection) -> None:
    """Sixteen threads that use it at once each get their own answers."""
    numbers = itertools.count()

    def story() -> tuple[str, str]:
        job = submitted(qarnot_connection, f"job {next(numbers)}")
        found = qarnot_connection.retrieve_job(str(job.uuid))
        job.update()
        return job.name, found.name

    outcomes = in_step(16, story)
    assert sorted(outcomes, key=str) == sorted(
        ((f"job {n}", f"job {n}") for n in range(16)), key=str
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_fork_gets_network_connections_of_its_own() -> None:
    """A forked child does not read its parent's answers: it opens a connection of its own."""
    with WireServer(EMPTY_PAGE) as server, client(server, cluster_timeout=10) as connection:
        connection.jobs()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:  # pragma: no cover - another process
            try:
                os._exit(0 if connection.jobs() == [] else 1)
            except BaseException:  # noqa: BLE001 - nothing may get back into pytest from here
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        connection.jobs()
        assert [request.connection for request in server.received] == [1, 2, 1]
