"""`qarnot-job list`."""

from __future__ import annotations

from itertools import islice
from typing import Any

import click

from qarnot_domain.cli._command import command
from qarnot_domain.cli._print import print_objects
from qarnot_domain.cli._select import Conditions, finding
from qarnot_domain.cli._session import Session


@command("list")
@finding
@click.option(
    "--order-by",
    metavar="FIELD",
    default="-creation_date",
    show_default=True,
    help="Sort by creation_date, name or state; with - before it, from the highest.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most this many.")
def list_command(session: Session, order_by: str, limit: int | None, **given: Any) -> None:  # noqa: ANN401
    """List jobs: all of the account, or those that meet all conditions.

    Nothing found is an empty list, and no error.
    """
    from qarnot_domain.cli._plain import members
    from qarnot_domain.cli._tables import jobs_table

    with session.connection() as connection:
        jobs = list(islice(Conditions(**given).search(connection, order_by), limit))
        for job in jobs:
            job.auto_update = False
        if not jobs and session.options.output == "table":
            session.note("No jobs")
        print_objects(session.options, [members(job) for job in jobs], lambda: jobs_table(jobs))
