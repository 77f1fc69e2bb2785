"""What one task of the film runs: renders a frame, or puts the frames together.

    python frame.py render 3 of 12 frames/3
    python frame.py assemble film.png frames/0 frames/1 ...

A ball that turns under a lamp, in grey, 64 by 64. The film is a PNG that moves. Needs the standard
library alone, so it runs in any container with Python.
"""

from __future__ import annotations

import math
import struct
import sys
import zlib
from pathlib import Path

SIZE = 64


def render(number: int, total: int) -> bytes:
    """A frame, one byte a pixel."""
    turn = 2 * math.pi * number / total
    lamp = (math.cos(turn), -0.5, math.sin(turn) + 0.4)
    length = math.hypot(*lamp)
    pixels = bytearray()
    for row in range(SIZE):
        for column in range(SIZE):
            x, y = (2 * column + 1) / SIZE - 1, (2 * row + 1) / SIZE - 1
            depth = 0.81 - x * x - y * y
            if depth < 0:
                pixels.append(24)
                continue
            point = (x, y, math.sqrt(depth))
            light = sum(a * b for a, b in zip(point, lamp, strict=True)) / (0.9 * length)
            pixels.append(40 + round(215 * max(0.0, light)))
    return bytes(pixels)


def assemble(frames: list[bytes]) -> bytes:
    """The frames as a PNG that shows them in turn, ten a second."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    film = [b"\x89PNG\r\n\x1a\n"]
    film.append(chunk(b"IHDR", struct.pack(">IIBBBBB", SIZE, SIZE, 8, 0, 0, 0, 0)))
    film.append(chunk(b"acTL", struct.pack(">II", len(frames), 0)))
    order = 0
    for number, pixels in enumerate(frames):
        shown = struct.pack(">IIIIIHHBB", order, SIZE, SIZE, 0, 0, 1, 10, 0, 0)
        film.append(chunk(b"fcTL", shown))
        order += 1
        rows = (b"\0" + pixels[start : start + SIZE] for start in range(0, SIZE * SIZE, SIZE))
        data = zlib.compress(b"".join(rows))
        if number == 0:
            film.append(chunk(b"IDAT", data))
        else:
            film.append(chunk(b"fdAT", struct.pack(">I", order) + data))
            order += 1
    film.append(chunk(b"IEND", b""))
    return b"".join(film)


def main(arguments: list[str]) -> None:
    """Do what one task does."""
    match arguments:
        case ["render", number, "of", total, target]:
            Path(target).write_bytes(render(int(number), int(total)))
        case ["assemble", target, *sources]:
            frames = [Path(source).read_bytes() for source in sources]
            Path(target).write_bytes(assemble(frames))
            print(f"{len(frames)} frames")
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
