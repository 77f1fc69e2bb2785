"""`qarnot-job emulator`: the program of `python -m qarnot_domain.emulator`, by another name."""

from __future__ import annotations

import click

from qarnot_domain.cli._outcome import Code


@click.command(
    name="emulator",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def emulator_command(arguments: tuple[str, ...]) -> int:
    """Serve an emulated cloud on this machine, until Ctrl-C."""
    from qarnot_domain.emulator import __main__ as emulator

    served = emulator.main(arguments, program="qarnot-job emulator")
    return Code.UNREACHABLE if served else Code.DONE
