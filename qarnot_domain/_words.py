"""Texts with known constants, open to any other: what the API calls an enumeration."""

from __future__ import annotations

from typing import ClassVar, Self, TypeVar

WordT = TypeVar("WordT", bound="Word")


class Known:
    """A known word, declared as a class attribute and read as an instance of that class."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __set_name__(self, owner: type[Word], name: str) -> None:
        owner._known = {**owner._known, self.text.lower(): self.text}

    def __get__(self, instance: object, owner: type[WordT]) -> WordT:
        return owner(self.text)


class Word(str):
    """A `str` equal to the API's own word; one not known here is kept as it came."""

    __slots__ = ()

    _known: ClassVar[dict[str, str]] = {}
    """The known words, by their lower-case form."""

    @classmethod
    def known(cls) -> tuple[str, ...]:
        """The words known to this version of the library."""
        return tuple(cls._known.values())

    @classmethod
    def read(cls, text: str) -> Self:
        """The word in any case of its letters, as servers write it."""
        return cls(cls._known.get(text.lower(), text))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        return str.__str__(self)
