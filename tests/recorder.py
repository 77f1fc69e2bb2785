"""Every answer of every emulator in the suite, held to the strict document."""

from __future__ import annotations

from collections import Counter

from qarnot_domain._document import Document
from qarnot_domain.emulator._http import Response


class Recorder:
    """Watches the answers of emulators, and keeps what the document does not allow."""

    def __init__(self) -> None:
        self.valid: Counter[str] = Counter()
        """The number of answers the document allows, by operation."""
        self.violations: list[str] = []
        self._document = Document.shipped()
        self._operations = {one.id: one for one in self._document.operations}

    def __call__(self, operation: str, response: Response) -> None:
        """Take in one answer."""
        problems = list(
            self._document.response_problems(
                self._operations[operation],
                response.status,
                response.header("content-type") or "",
                response.body,
            )
        )
        self.violations += [f"{operation} answers {response.status}: {one}" for one in problems]
        if not problems:
            self.valid[operation] += 1
