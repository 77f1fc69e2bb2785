"""What every command is made of."""

from __future__ import annotations

from collections.abc import Callable

import click

from qarnot_domain.cli._options import common, options_of
from qarnot_domain.cli._session import Session

_MORE = "The options of every command: qarnot-job --help"


def command(name: str) -> Callable[[Callable[..., object]], click.Command]:
    """A command that gets a `Session` first and ends with the code of it."""

    def make(function: Callable[..., object]) -> click.Command:
        def run(**given: object) -> int:
            session = Session(options_of(click.get_current_context()))
            function(session, **given)
            return session.code

        made = click.Command(
            name,
            callback=run,
            params=list(reversed(getattr(function, "__click_params__", []))),
            help=function.__doc__,
            epilog=_MORE,
        )
        return common(hidden=True)(made)

    return make
