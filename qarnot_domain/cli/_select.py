"""Which jobs a command is about: those that are named, or those that meet all conditions.

Nothing else ever: an id that matches nothing is an error, and so are conditions that do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import reduce
from operator import and_, eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import click
from click.shell_completion import CompletionItem

from qarnot_domain.cli._outcome import Code, Complaint, concerns_all
from qarnot_domain.cli._session import Session, usage
from qarnot_domain.exceptions import MissingJobException, QarnotException
from qarnot_domain.states import JobState, State

if TYPE_CHECKING:
    from qarnot_domain import Connection, Job
    from qarnot_domain.filters import Condition, Fields

    _ParamType = click.ParamType[str]
else:  # Only type checkers, and newer releases of click, know its argument.
    _ParamType = click.ParamType

F = TypeVar("F", bound=Callable[..., Any])

_COMPARISON: Final = re.compile(r"\s*(\w+)\s*(==|!=|<=|>=|=~|=|<|>)\s*(.*?)\s*", re.DOTALL)

_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": eq,
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


@attrs.frozen
class Conditions:
    """What was given to find jobs by."""

    name: str | None
    name_matches: str | None
    state: tuple[str, ...]
    tag: tuple[str, ...]
    tag_intersect: tuple[str, ...]
    pool: str | None
    where: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether any was given."""
        return any(attrs.astuple(self))

    def search(self, connection: Connection, order_by: str | None = None) -> Iterator[Job]:
        """The jobs that meet all of them, asking for each page when it is needed."""
        from qarnot_domain import JobFields

        with usage():
            asked = [condition(JobFields, text) for text in self.where]
            if self.name is not None:
                asked.append(JobFields.name == self.name)
            if self.name_matches is not None:
                asked.append(JobFields.name.matches(self.name_matches))
            if self.state:
                asked.append(JobFields.state.is_in(self.state))
            if self.pool is not None:
                asked.append(JobFields.pool_uuid == self.pool)
            return connection.all_jobs(
                self.tag or None,
                self.tag_intersect or None,
                where=reduce(and_, asked) if asked else None,
                order_by=order_by,
            )


def finding(function: F) -> F:
    """Have a command take conditions, which it gets as `conditions`."""
    for option in reversed(
        (
            click.option("-n", "--name", metavar="TEXT", help="Only jobs of exactly this name."),
            click.option(
                "--name-matches",
                metavar="REGEX",
                help="Only jobs in whose name this regular expression is found.",
            ),
            state_option(JobState, "jobs"),
            click.option(
                "--tag", multiple=True, metavar="TEXT", help="Only jobs with any of these tags."
            ),
            click.option(
                "--tag-intersect",
                multiple=True,
                metavar="TEXT",
                help="Only jobs with all of these tags.",
            ),
            click.option("--pool", metavar="UUID", help="Only jobs in this pool."),
            where_option("JobFields", "creation_date>2026-01-31"),
        )
    ):
        function = option(function)
    return function


def state_option(kind: type[State], things: str) -> Callable[[F], F]:
    """The option for states, in any case of letters."""
    named = _StateName(kind)
    return click.option(
        "--state",
        multiple=True,
        type=named,
        metavar="STATE",
        help=f"Only {things} in this state: {', '.join(named.states)}. Repeat it for one of "
        "several.",
    )


class _StateName(_ParamType):
    """A state that the server may be in, in any case of letters."""

    name = "state"

    def __init__(self, kind: type[State]) -> None:
        self.states = [state for state in kind.known() if state != "UnSubmitted"]

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        states = {state.lower(): state for state in self.states}
        if value.lower() not in states:
            self.fail(f"{value!r} is not one of {', '.join(self.states)}", param, ctx)
        return states[value.lower()]

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - as click has it
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        begun = incomplete.lower()
        return [CompletionItem(state) for state in self.states if state.lower().startswith(begun)]


def where_option(fields: str, example: str) -> Callable[[F], F]:
    """The option for conditions on any field that the API filters on."""
    return click.option(
        "--where",
        multiple=True,
        metavar="CONDITION",
        help=f"Only those that meet this: a field of {fields}, one of = != < <= > >= =~ "
        f"(=~: a regular expression is found in it), and a value, as '{example}'; repeat it "
        "for several that must all hold.",
    )


def condition(fields: type[Fields], text: str) -> Condition[Any]:
    """The condition in a text; raises `ValueError` or `TypeError` for what is none."""
    from qarnot_domain import filters

    match = _COMPARISON.fullmatch(text)
    if match is None:
        raise ValueError(f"--where {text!r} is no condition: write field, =, and value")
    name, operator, value = match.groups()
    try:
        field: Any = fields.named(name)
        if operator == "=~" and isinstance(field, filters.TextField):
            return field.matches(value)
        if operator in ("=", "==") and isinstance(field, filters.TextsField):
            return field.contains(value)
        compared: Condition[Any] = _OPERATORS[operator](field, _value(field, value))
    except (KeyError, TypeError):
        raise ValueError(f"--where {text!r}: {name} cannot be compared by {operator}") from None
    except ValueError as error:
        raise ValueError(f"--where {text!r}: {error}") from None
    return compared


def _value(field: object, text: str) -> object:
    """What a field of this kind is compared with."""
    from qarnot_domain import filters

    if isinstance(field, filters.FlagField):
        if text.lower() not in ("true", "false"):
            raise ValueError(f"{field!r} must be true or false, not {text!r}")
        return text.lower() == "true"
    if isinstance(field, filters.NumberField):
        return float(text)
    if isinstance(field, filters.DateField):
        date = datetime.fromisoformat(text)
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    return None if isinstance(field, filters.OptionalTextField) and text == "null" else text


def selecting(function: F) -> F:
    """Have a command take ids, or conditions, or `--all`: `ids`, `conditions` and `everything`."""
    function = click.option(
        "-a", "--all", "everything", is_flag=True, help="All jobs of the account."
    )(function)
    return click.argument("ids", nargs=-1, metavar="[ID]...")(finding(function))


def selected(
    session: Session,
    connection: Connection,
    ids: Sequence[str],
    conditions: Conditions,
    *,
    everything: bool,
) -> dict[str, Job]:
    """The jobs that were asked for, by what they were asked for by, each once.

    Ids that match nothing are complained of, and so the command ends with their exit code.
    """
    ways = [bool(ids), bool(conditions), everything]
    if sum(ways) != 1:
        problem = "nothing says which jobs" if not any(ways) else "several things say which jobs"
        raise Complaint(
            Code.USAGE,
            f"{problem}: give ids, or conditions such as --name or --tag, or --all",
        )
    if ids:
        return named(session, connection, ids)
    found = {str(job.uuid): job for job in conditions.search(connection)}
    if not found and not everything:
        raise Complaint(Code.NOT_FOUND, "no job meets these conditions")
    return found


def named(session: Session, connection: Connection, ids: Sequence[str]) -> dict[str, Job]:
    found: dict[str, Job] = {}
    known: set[Job] = set()
    for given in dict.fromkeys(ids):
        try:
            with usage(f"ID {given!r}"):
                job = connection.retrieve_job(given)
            if given.lower() not in (str(job.uuid).lower(), (job.shortname or "").lower()):
                raise MissingJobException("the server answered with another job")
        except QarnotException as error:
            if concerns_all(error):
                raise
            session.complain(error, given)
            continue
        if job not in known:
            known.add(job)
            found[given] = job
    return found


def each(
    session: Session, jobs: dict[str, Job], act: Callable[[Job], None]
) -> list[tuple[str, Job, QarnotException | None]]:
    """Do something with each job, and give what went wrong with which.

    After a failure that any other job would meet as well, no more are tried.
    """
    outcomes: list[tuple[str, Job, QarnotException | None]] = []
    for given, job in jobs.items():
        failure = None
        try:
            act(job)
        except QarnotException as error:
            session.complain(error, given)
            failure = error
        outcomes.append((given, job, failure))
        if failure is not None and concerns_all(failure):
            left = len(jobs) - len(outcomes)
            if left:
                session.note(f"Not tried: {left} more")
            break
    return outcomes
