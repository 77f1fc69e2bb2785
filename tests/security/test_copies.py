"""What holds a token or a connection is neither pickled nor copied."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from qarnot_domain import Connection
from qarnot_domain._secret import Secret

from ..unit.driving import PROFILE, submitted

HOLDERS: dict[str, Callable[[Connection], Any]] = {
    "connection": lambda connection: connection,
    "draft": lambda connection: connection.create_job("n"),
    "job": submitted,
    "task": lambda connection: connection.create_task("n", PROFILE),
    "pool": lambda connection: connection.create_pool("n", PROFILE),
}


@pytest.mark.parametrize("make", [pickle.dumps, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("holder", HOLDERS)
def test_holder_of_a_connection_is_not_copied(
    qarnot_connection: Connection, holder: str, make: Callable[[Any], object]
) -> None:
    """It is a `TypeError` that names the kind and says what to keep instead."""
    held = HOLDERS[holder](qarnot_connection)
    with pytest.raises(TypeError, match=rf"^a {type(held).__name__} cannot be pickled or copied: "):
        make(held)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_settings_are_not_pickled(qarnot_connection: Connection, protocol: int) -> None:
    """The token is part of them, and no protocol of `pickle` takes it."""
    with pytest.raises(TypeError, match=r"^a secret cannot be pickled or copied$"):
        pickle.dumps(qarnot_connection._settings, protocol)


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
def test_secret_is_not_copied(make: Callable[[Any], object]) -> None:
    """There is one of it, so that there is one place where it can be seen."""
    with pytest.raises(TypeError, match=r"^a secret cannot be pickled or copied$"):
        make(Secret("text"))
