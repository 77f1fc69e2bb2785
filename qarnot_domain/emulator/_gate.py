"""The gate between a connection and HTTP, where bytes are held, cut off or thrown away."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from typing import Any, Final, TypeVar

from qarnot_domain.emulator._break import Break
from qarnot_domain.emulator._hold import Hold

A = TypeVar("A")

_NO_LINGER: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""Close at once, by a reset."""


class Gate:
    """A transport of asyncio whose writing side can be shut.

    What is written passes, until `keep`. From then on it is kept until `deliver`, which so knows
    all of an answer, and where it is to break off.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._kept: bytearray | None = None
        self._closes = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the transport has
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send bytes, or keep them."""
        if self._kept is None:
            self._transport.write(data)
        else:
            self._kept += data

    def close(self) -> None:
        """Close the connection once all is sent, what is kept too."""
        if self._kept is None:
            self._transport.close()
        else:
            self._closes = True

    def is_closing(self) -> bool:
        """Whether it closes, or is going to."""
        return self._closes or self._transport.is_closing()

    def reset(self) -> None:
        """End the connection by a TCP reset."""
        connection: socket.socket = self._transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()

    def keep(self) -> None:
        """Keep what is written from now on."""
        self._kept = bytearray()

    async def deliver(self, breaks: Break | None, hold: Hold[Any] | None) -> None:
        """Send the answer that was kept, as far as it goes.

        Args:
            breaks: where it breaks off; `None` for nowhere.
            hold: what then lets the rest go, if it hangs there.
        """
        answer, self._kept = bytes(self._kept or b""), bytearray()
        sent = len(answer) if breaks is None else breaks.sent_of(answer)
        self._transport.write(answer[:sent])
        if hold is not None:
            await self._deliver_rest(answer[sent:], hold)
        elif breaks is not None:
            end = self.reset if breaks.how == "reset" else self._transport.close
            end()
        self._pass()

    async def _deliver_rest(self, rest: bytes, hold: Hold[Any]) -> None:
        changed = _watch(hold)
        while rest or not hold.is_let_go:
            await changed.wait()
            changed.clear()
            if hold.is_over:
                self._transport.close()
                return
            count = hold.take(len(rest))
            going, rest = rest[:count], rest[count:]
            if hold.is_let_go and not rest:
                # Before the last byte goes: whoever has read it can count on that.
                hold.end()
            self._transport.write(going)

    def _pass(self) -> None:
        """Be a transport like any other again."""
        later, self._kept = bytes(self._kept or b""), None
        if not self._transport.is_closing():
            self._transport.write(later)
            if self._closes:
                self._transport.close()


async def answer_to(hold: Hold[A]) -> A | None:
    """The answer to a request that hangs, when there is one; `None` if there never will be."""
    changed = _watch(hold)
    while hold.answer is None and not hold.is_over:
        await changed.wait()
        changed.clear()
    return hold.answer


def _watch(hold: Hold[Any]) -> asyncio.Event:
    """An event that is set by each change, from whatever thread that comes, and once to begin."""
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def notify() -> None:
        # The server may have stopped meanwhile, and its loop be closed.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(changed.set)

    hold.watch(notify)
    return changed
