"""All the text by which an exception can come to be seen."""

from __future__ import annotations

import traceback
from io import StringIO

from rich.console import Console
from rich.traceback import Traceback


def messages_shown(error: BaseException) -> str:
    """What a log or a terminal shows of it and of its causes, and what its attributes hold."""
    return "\n".join([*traceback.format_exception(error), *_texts(error)])


def everything_shown(error: BaseException) -> str:
    """The same, and tracebacks with the locals of every frame, in two renderings."""
    plain = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "\n".join([messages_shown(error), *plain.format(), _with_rich(error)])


def _texts(error: BaseException) -> list[str]:
    shown = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    own = f"{error}\n{error!r}\n{error.args!r}\n{vars(error)!r}"
    return [own, *(_texts(shown) if shown else ())]


def _with_rich(error: BaseException) -> str:
    shown = Traceback.from_exception(
        type(error),
        error,
        error.__traceback__,
        show_locals=True,
        locals_max_length=100,
        locals_max_string=10_000,
        max_frames=0,
    )
    console = Console(file=StringIO(), width=10_000)
    with console.capture() as captured:
        console.print(shown)
    return captured.get()
