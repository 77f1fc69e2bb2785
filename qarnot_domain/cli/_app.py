"""The program `qarnot-job`: its commands, each in a module that is loaded when it is wanted."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING

import click

from qarnot_domain._version import __version__
from qarnot_domain.cli._options import Options, common
from qarnot_domain.cli._outcome import MEANINGS, Code, Complaint, complaint_of
from qarnot_domain.cli._session import say, telling

if TYPE_CHECKING:
    from qarnot_domain._clock import Clock

COMMANDS = {
    "create": ("_create", "Create a job, with its tasks."),
    "list": ("_list", "List jobs."),
    "info": ("_info", "Show all that is known of jobs."),
    "tasks": ("_tasks", "List the tasks of jobs."),
    "wait": ("_wait", "Wait until all tasks of jobs have ended."),
    "terminate": ("_end", "Terminate jobs, aborting what still runs."),
    "delete": ("_end", "Delete jobs."),
    "emulator": ("_emulator", "Serve an emulated cloud on this machine."),
    "doctor": ("_doctor", "Show the configuration, and whether the cluster answers."),
    "completion": ("_completion", "Print what makes a shell complete commands."),
}
"""Each command: the module that has it, and what it does."""

ALIASES = {"abort": "terminate", "infos": "info"}
"""What the official command line calls them."""


class _Commands(click.Group):
    """Loads a command when it is wanted: the help of the program needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        module = import_module(f"qarnot_domain.cli.{COMMANDS[name][0]}")
        command: click.Command = getattr(module, f"{name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), text) for code, text in MEANINGS.items()])


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="qarnot-job COMMAND --help says more. These options may also stand after the command.",
)
@common(hidden=False)
@click.version_option(__version__, prog_name="qarnot-job")
def app() -> None:
    """Run batches of compute jobs on Qarnot's cloud. Independent and unofficial.

    The token comes from QARNOT_CLIENT_TOKEN, and the cluster from QARNOT_CLUSTER_URL, unless
    options say otherwise. To try it without an account: qarnot-job emulator.
    """


def run(arguments: list[str], clock: Clock | None) -> int:
    """Run one command and give its exit code; whatever fails becomes a line and a hint."""
    options = Options(clock=clock)
    try:
        with telling(options):
            code = app.main(arguments, prog_name="qarnot-job", obj=options, standalone_mode=False)
        return int(code or Code.DONE)
    except BrokenPipeError:
        # Whoever read the output has seen enough: the shell's own code for that.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else Code.USAGE
    except Exception as error:  # noqa: BLE001 - no traceback, ever, unless it is asked for
        complaint = _complaint(error)
        if options.debug:
            click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
        say(complaint)
        return complaint.code


def _complaint(error: Exception) -> Complaint:
    from qarnot_domain import QarnotException

    match error:
        case Complaint():
            complaint = error
        case QarnotException():
            complaint = complaint_of(error)
        case click.Abort():
            complaint = Complaint(Code.INTERRUPTED, "interrupted")
        case click.ClickException():
            context = error.ctx if isinstance(error, click.UsageError) else None
            hint = None if context is None else f"{context.command_path} --help"
            complaint = Complaint(Code.USAGE, error.format_message(), hint)
        case ModuleNotFoundError():
            hint = "pip install 'qarnot-domain[cli,emulator]'"
            complaint = Complaint(Code.USAGE, str(error), hint)
        case _:
            line = f"{type(error).__name__}: {error}"
            complaint = Complaint(Code.BUG, line, "this is a bug; --debug shows where")
    return complaint
