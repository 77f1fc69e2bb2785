"""The options that every command takes, before its name or after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from qarnot_domain._clock import Clock

F = TypeVar("F", bound=Callable[..., Any])

OUTPUTS: Final = ("table", "json", "jsonl")


@dataclass
class Options:
    """What was given, or else its default; `None` leaves it to the other sources."""

    clock: Clock | None = None
    config: str | None = None
    token_file: str | None = None
    cluster_url: str | None = None
    cluster_unsafe: bool | None = None
    cluster_custom_certificate: str | None = None
    cluster_timeout: float | None = None
    retry_count: int | None = None
    deadline: float | None = None
    output: str = "table"
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False


def options_of(context: click.Context) -> Options:
    """What was given to this run of the program."""
    return context.ensure_object(Options)


def _keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep what is given, wherever: what stands after the command's name comes last and wins."""
    name = str(parameter.name)
    if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
        setattr(options_of(context), name, value)


def _common(*names: str, **settings: Any) -> Callable[[F], F]:  # noqa: ANN401 - click's own
    return click.option(
        *names, callback=_keep, expose_value=False, is_eager=True, default=None, **settings
    )


def common(*, hidden: bool) -> Callable[[F], F]:
    """Have a command take these options; hidden where the help of `qarnot-job` is enough."""

    def add(function: F) -> F:
        for option in reversed(
            (
                _common(
                    "--config",
                    metavar="FILE",
                    hidden=hidden,
                    help="Settings: an ini file with sections `cluster` and `client`.",
                ),
                _common(
                    "--token-file",
                    metavar="FILE",
                    hidden=hidden,
                    help="The API token, alone in a file. No option takes the token itself: every "
                    "user of a machine can read its command lines.",
                ),
                _common("--cluster-url", metavar="URL", hidden=hidden, help="The API's URL."),
                _common(
                    "--cluster-unsafe",
                    is_flag=True,
                    hidden=hidden,
                    help="Do not verify the server's certificate.",
                ),
                _common(
                    "--cluster-custom-certificate",
                    metavar="PATH",
                    hidden=hidden,
                    help="A CA file or folder to trust instead of the usual.",
                ),
                _common(
                    "--cluster-timeout",
                    type=float,
                    metavar="SECONDS",
                    hidden=hidden,
                    help="How long one request may stay without progress.",
                ),
                _common(
                    "--retry-count",
                    type=int,
                    metavar="N",
                    hidden=hidden,
                    help="How often a request that may be repeated is repeated.",
                ),
                _common(
                    "--deadline",
                    type=float,
                    metavar="SECONDS",
                    hidden=hidden,
                    help="How long one operation may take, with all its attempts.",
                ),
                _common(
                    "-o",
                    "--output",
                    type=click.Choice(OUTPUTS),
                    hidden=hidden,
                    help="How to print results: for people, as JSON, or as a JSON object a line.",
                ),
                _common(
                    "--no-color",
                    is_flag=True,
                    hidden=hidden,
                    help="No colours, as with the variable NO_COLOR.",
                ),
                _common(
                    "-q",
                    "--quiet",
                    is_flag=True,
                    hidden=hidden,
                    help="Of results the uuids alone, and neither progress nor notes.",
                ),
                _common(
                    "-v",
                    "--verbose",
                    is_flag=True,
                    hidden=hidden,
                    help="Show each request, and each retry with its reason.",
                ),
                _common(
                    "--debug",
                    is_flag=True,
                    hidden=hidden,
                    help="Show the traceback of an error.",
                ),
            )
        ):
            function = option(function)
        return function

    return add
