"""What processes that tests start are given."""

from __future__ import annotations


class Environment(dict[str, str]):
    """Variables, one of them a token: a test that fails prints its locals, but not what is here."""

    def __repr__(self) -> str:
        return f"<{len(self)} variables>"
