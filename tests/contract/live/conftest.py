"""The server of the flows: an emulator, unless `make contract` names another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qarnot_domain import Connection
from qarnot_domain.emulator import Emulator, ManualClock
from qarnot_domain.testing import ValidatingProxy

from .ledger import Ledger
from .target import PROXIES, TARGET, Target, fresh_tag


@pytest.fixture(scope="module")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The server that this run was given, or an emulator of its own."""
    given = request.config.stash.get(TARGET, None)
    if given is not None:
        yield given
        return
    with Emulator(clock=ManualClock()) as cloud:
        yield Target(cloud.url, cloud.token, clock=cloud.clock)


@pytest.fixture(scope="module")
def tag(target: Target) -> str:
    """What everything made by this run is marked with."""
    return target.tag or fresh_tag()


@pytest.fixture(scope="module")
def proxy(request: pytest.FixtureRequest, target: Target, tag: str) -> Iterator[ValidatingProxy]:
    """Holds what passes to the document, and removes at the end what was made."""
    ledger = Ledger()
    with ValidatingProxy(target.url, read_only=target.read_only, watcher=ledger) as proxy:
        request.config.stash.setdefault(PROXIES, []).append(proxy)
        yield proxy
        if not target.read_only:
            left = ledger.remove(target, tag)
            assert left == [], f"could not be removed, look for the tag {tag}"


@pytest.fixture(autouse=True)
def _held_to_the_document(proxy: ValidatingProxy) -> Iterator[None]:
    """A flow fails by what the document does not allow, whatever it asserts itself."""
    before = len(proxy.problems)
    yield
    assert proxy.problems[before:] == []


@pytest.fixture
def connection(proxy: ValidatingProxy, target: Target) -> Iterator[Connection]:
    """A connection through the proxy."""
    with connected(proxy, target) as connection:
        yield connection


@pytest.fixture
def writable(target: Target) -> None:
    """Skip where nothing may be changed."""
    if target.read_only:
        pytest.skip("read-only: --writes lets this server be changed")


def connected(proxy: ValidatingProxy, target: Target) -> Connection:
    """A connection that gives up early on a server that fails."""
    return Connection(
        cluster_url=proxy.url, client_token=target.token, clock=target.clock, retry_count=1
    )
