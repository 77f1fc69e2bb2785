"""Lets the asserts of `members.py` say what they compared, as those of a test do."""

import pytest

pytest.register_assert_rewrite("tests.unit.job.members")
