"""`qarnot-job completion`."""

from __future__ import annotations

from collections.abc import Mapping

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from qarnot_domain.cli._command import command
from qarnot_domain.cli._session import Session

_SHELLS: Mapping[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
}


@command("completion")
@click.argument("shell", type=click.Choice(list(_SHELLS)))
def completion_command(session: Session, shell: str) -> None:
    r"""Print what makes a shell complete commands and options.

    \b
    bash: eval "$(qarnot-job completion bash)"     in ~/.bashrc
    zsh:  eval "$(qarnot-job completion zsh)"      in ~/.zshrc
    fish: qarnot-job completion fish | source      in ~/.config/fish/config.fish
    """
    del session
    root = click.get_current_context().find_root().command
    script = _SHELLS[shell](root, {}, "qarnot-job", "_QARNOT_JOB_COMPLETE")
    click.echo(script.source())
