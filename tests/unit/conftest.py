"""Lets the asserts of these helpers say what they compared, as those of a test do."""

import pytest

pytest.register_assert_rewrite(
    "tests.unit.driving", "tests.unit.executions.kind", "tests.unit.job.members"
)
