"""All the text by which an exception can come to be seen."""

from __future__ import annotations

import traceback

from rich.traceback import Traceback


def everything_shown(error: BaseException) -> str:
    """What logs and terminals show of it and of its causes, with attributes and every local."""
    plain = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = [*traceback.format_exception(error), *plain.format()]
    return "\n".join([*shown, *_texts(error), *_locals_with_rich(error)])


def _texts(error: BaseException) -> list[str]:
    shown = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    own = f"{error}\n{error!r}\n{error.args!r}\n{vars(error)!r}"
    return [own, *(_texts(shown) if shown else ())]


def _locals_with_rich(error: BaseException) -> list[str]:
    """The locals as rich shows them, which looks into objects by itself."""
    seen = Traceback.extract(
        type(error),
        error,
        error.__traceback__,
        show_locals=True,
        locals_max_length=100,
        locals_max_string=10_000,
    )
    frames = [frame for stack in seen.stacks for frame in stack.frames]
    return [str(local) for frame in frames for local in (frame.locals or {}).values()]
