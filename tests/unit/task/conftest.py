"""What several tests of `Task` need."""

import pytest

from qarnot_domain import Connection, Job, Pool

from ..driving import PROFILE, submitted


@pytest.fixture
def pool(qarnot_connection: Connection) -> Pool:
    """A submitted pool."""
    made = qarnot_connection.create_pool("p", PROFILE)
    made.submit()
    return made


@pytest.fixture
def job(qarnot_connection: Connection) -> Job:
    """A submitted job whose tasks may depend on each other."""
    return submitted(qarnot_connection, use_dependencies=True)
