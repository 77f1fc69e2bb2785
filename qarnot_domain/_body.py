"""The body of an answer piece by piece: decompressed, and no more of it than a limit.

To decompress whatever comes at once and to its end would let a few kilobytes become gigabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

_PIECE: Final = 65_536

_AS_GZIP: Final = zlib.MAX_WBITS + 16


class UndecodableError(Exception):
    """It is not compressed as it says, or in a way that was not asked for."""


class TooLargeError(Exception):
    """It is larger than it may be."""


def plain(pieces: Iterable[bytes], coding: str, most: int) -> Iterator[bytes]:
    """A body without its content coding.

    Args:
        pieces: the body as it comes.
        coding: its `Content-Encoding`, empty if it has none.
        most: how many bytes it may have, decompressed.

    Raises:
        UndecodableError: see there.
        TooLargeError: see there; what was allowed has been yielded by then.
    """
    left = most
    for piece in _decoded(pieces, coding.strip().lower()):
        if len(piece) > left:
            yield piece[:left]
            raise TooLargeError(f"it is larger than {most:,} bytes")
        left -= len(piece)
        yield piece


def _decoded(pieces: Iterable[bytes], coding: str) -> Iterable[bytes]:
    if coding in ("", "identity"):
        return pieces
    if coding in ("gzip", "x-gzip"):
        return _decompressed(pieces)
    raise UndecodableError(f"its Content-Encoding {coding!r} was not asked for")


def _decompressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    decompressor = zlib.decompressobj(_AS_GZIP)
    came = False
    for piece in pieces:
        came = came or bool(piece)
        rest, part = piece, b"."
        try:
            # What is decompressed already can be more than one part, with nothing left to read.
            while part:
                part = decompressor.decompress(rest, _PIECE)
                rest = decompressor.unconsumed_tail
                yield part
        except zlib.error as error:
            raise UndecodableError(f"it is not gzip: {error}") from error
        if decompressor.unused_data:
            raise UndecodableError("something follows its end")
    if came and not decompressor.eof:
        raise UndecodableError("it breaks off")
