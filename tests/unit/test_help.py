"""What `help` and editors' tooltips say of the members that users read and set."""

from __future__ import annotations

import inspect
import pydoc

import pytest

from qarnot_domain import Job, Pool, Task

MEMBERS = [
    (owner, name)
    for owner in (Job, Task, Pool)
    for name, member in inspect.getmembers(owner, inspect.isdatadescriptor)
    if not name.startswith("_")
]


def plain_help(owner: type) -> str:
    """What `help` prints, without the overstrikes that make it bold."""
    return pydoc.plain(pydoc.render_doc(owner))


@pytest.mark.parametrize(
    ("owner", "name"), MEMBERS, ids=[f"{owner.__name__}.{name}" for owner, name in MEMBERS]
)
def test_member_explains_itself(owner: type, name: str) -> None:
    """Its documentation is its own, not that of the kind of member it is."""
    member = inspect.getattr_static(owner, name)
    text = inspect.getdoc(getattr(owner, name))
    assert text
    assert text != type(member).__doc__


def test_help_shows_what_stands_below_a_member() -> None:
    """`help(Job)` says under each member what the source says below it, each line in its place."""
    shown = plain_help(Job)
    assert (
        " |  use_dependencies\n"
        " |      Whether its tasks may depend on each other: `bool`, settable until submission.\n"
    ) in shown


def test_help_does_without_the_source() -> None:
    """A class whose source is nowhere to be read can still be shown."""
    namespace: dict[str, type] = {}
    exec(  # noqa: S102 - a class that comes from no file
        "from qarnot_domain._fields import ServerField\n"
        "from qarnot_domain import _codecs\n"
        "class Sourceless:\n"
        "    '''It says what it is.'''\n"
        "    member: ServerField = ServerField('member', _codecs.BOOLEAN, False)\n"
        "    '''Lost with the source.'''\n",
        namespace,
    )
    shown = plain_help(namespace["Sourceless"])
    assert "It says what it is." in shown
    assert "member" in shown
