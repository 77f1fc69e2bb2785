"""For your own tests: a pytest plugin with the emulator and a connection to it.

Enable it with `pytest_plugins = ["qarnot_domain.testing"]` in the `conftest.py` of the folder where
pytest starts, or with its option `-p qarnot_domain.testing`; it needs the extra `emulator`, and the
extra `testing` for what holds requests to the API document. Time stands still until a test moves it
with `qarnot_emulator.advance(...)`, for the emulator and the connection alike, so no test has to
wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from .connection import Connection
from .emulator import Emulator, ManualClock

if TYPE_CHECKING:
    from ._validating_proxy import Exchange, ValidatingProxy

__all__ = [
    "Exchange",
    "ValidatingProxy",
    "qarnot_connection",
    "qarnot_contract",
    "qarnot_emulator",
    "qarnot_validated_connection",
]


def __getattr__(name: str) -> object:
    # They need the extra `testing`, which not everybody has who uses the emulator.
    if name in {"Exchange", "ValidatingProxy"}:
        from . import _validating_proxy

        return getattr(_validating_proxy, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@pytest.fixture(scope="session")
def _qarnot_server() -> Iterator[Emulator]:
    with Emulator(clock=ManualClock()) as emulator:
        yield emulator


@pytest.fixture
def qarnot_emulator(_qarnot_server: Emulator) -> Emulator:
    """An empty emulator of the Qarnot API, on a clock driven by hand."""
    _qarnot_server.reset()
    return _qarnot_server


@pytest.fixture
def qarnot_connection(qarnot_emulator: Emulator) -> Iterator[Connection]:
    """A connection to `qarnot_emulator`, on its clock."""
    with Connection(
        cluster_url=qarnot_emulator.url,
        client_token=qarnot_emulator.token,
        clock=qarnot_emulator.clock,
    ) as connection:
        yield connection


@pytest.fixture
def qarnot_contract(qarnot_emulator: Emulator) -> Iterator[ValidatingProxy]:
    """A proxy to `qarnot_emulator`: a test errs at its end if the document forbids what passed.

    For code that takes a URL: give it `qarnot_contract.url`. Needs the extra `testing`.
    """
    from ._validating_proxy import ValidatingProxy

    with ValidatingProxy(qarnot_emulator.url) as proxy:
        yield proxy
        proxy.verify()


@pytest.fixture
def qarnot_validated_connection(
    qarnot_contract: ValidatingProxy, qarnot_emulator: Emulator
) -> Iterator[Connection]:
    """A connection as `qarnot_connection`, through `qarnot_contract`."""
    with Connection(
        cluster_url=qarnot_contract.url,
        client_token=qarnot_emulator.token,
        clock=qarnot_emulator.clock,
    ) as connection:
        yield connection
