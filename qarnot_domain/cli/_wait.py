"""`qarnot-job wait`."""

from __future__ import annotations

from typing import Any

import click

from qarnot_domain.cli._command import command
from qarnot_domain.cli._select import Conditions, selected, selecting
from qarnot_domain.cli._session import Session
from qarnot_domain.cli._watch import wait_for

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Wait at most this long, then end with code 124. The jobs go on.",
)


@command("wait")
@selecting
@timeout_option
def wait_command(
    session: Session,
    ids: tuple[str, ...],
    everything: bool,
    timeout: float | None,
    **given: Any,  # noqa: ANN401
) -> None:
    """Wait until all tasks of jobs have ended, and tell whether all succeeded.

    ID is a uuid or a shortname. Interrupted, or cut off from the network, it can be run again at
    any time: the jobs go on by themselves.
    """
    with session.connection() as connection:
        jobs = selected(session, connection, ids, Conditions(**given), everything=everything)
        for job in jobs.values():
            # Its name and the like do not change, and its end is asked for by `wait`.
            job.auto_update = False
        if jobs:
            wait_for(session, connection, jobs, timeout)
