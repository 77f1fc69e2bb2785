"""Where the token goes: in one header, to the cluster, and nowhere else."""

from __future__ import annotations

import pytest

from qarnot_domain import (
    QarnotException,
)

from ..unit.driving import PROFILE
from ..unit.wire import WireServer, http
from .clients import EMPTY_PAGE, TOKEN, client


def test_token_is_in_its_header_and_nowhere_else() -> None:
    """Of all that is sent, one header holds the token, and it holds nothing else."""
    with WireServer(http("400 Bad Request")) as server, client(server.url) as connection:
        for use in (
            connection.jobs,
            connection.create_job("n", shortname="s").submit,
            connection.create_task("n", PROFILE).submit,
            lambda: connection.retrieve_pool("x"),
            lambda: connection.retrieve_profile("x"),
        ):
            with pytest.raises(QarnotException):
                use()
    for line, headers, body, _ in server.received:
        assert headers.pop("authorization") == TOKEN
        assert f"{line}{headers}{body!r}".count(TOKEN) == 0
    assert len(server.received) == 5


@pytest.mark.parametrize("location", ["/elsewhere", "//127.0.0.1/", "https://cluster.test/"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_an_error_whatever_it_is_for(status: int, location: str) -> None:
    """Not even to the same host: the one request is all there is."""
    answer = http(f"{status} Elsewhere", headers=f"Location: {location}\r\n")
    with (
        WireServer(answer) as server,
        client(server.url) as connection,
        pytest.raises(QarnotException) as caught,
    ):
        connection.retrieve_job("x")
    assert caught.value.status_code == status
    assert [request.line for request in server.received] == ["GET /jobs/x HTTP/1.1"]


def test_no_cookie_is_kept() -> None:
    """Each request says who it is by itself: a server cannot mark a client and follow it."""
    cookie = "Set-Cookie: session=1; Path=/\r\nSet-Cookie: other=2; Max-Age=9999\r\n"
    answers = (http(headers=cookie), http("401 Unauthorized", headers=cookie), EMPTY_PAGE)
    with WireServer(*answers) as server, client(server.url) as connection:
        connection.retrieve_profile("x")
        with pytest.raises(QarnotException):
            connection.jobs()
        connection.jobs()
    assert ["cookie" in request.headers for request in server.received] == [False] * 3
