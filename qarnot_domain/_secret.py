"""A text that must not be seen: what prints an object, or its locals, does not print it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final, NoReturn, ParamSpec, TypeVar, final

P = ParamSpec("P")
R = TypeVar("R")

_SHOWN: Final = "[redacted]"


@final
class Secret:
    """Holds a secret text, and gives it to those alone who ask for it by `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself: use it in an expression, and never keep it in a variable."""
        return self._text

    def __repr__(self) -> str:
        return _SHOWN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


class MisplacedError(ValueError):
    """The secret was given as something else, by mistake: each frame on the way here holds it."""


def unseen(function: Callable[P, R]) -> Callable[P, R]:
    """The function, from which a `MisplacedError` comes as a `ValueError` without those frames."""

    @wraps(function)
    def guard(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except MisplacedError as error:
            problem = str(error)
        # A traceback may show what is left here.
        del args, kwargs
        raise ValueError(problem)

    return guard
