"""What notebooks and rich show: objects, lists of them, pages, and waiting that goes on."""

from __future__ import annotations

import io
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from qarnot_domain import Connection, Job
from qarnot_domain.emulator import Emulator


@pytest.fixture
def jobs(qarnot_connection: Connection) -> list[Job]:
    """Two jobs, as a list of them is retrieved."""
    for name in ("one", "<two>"):
        job = qarnot_connection.create_job(name)
        job.tags = ["a", "b"]
        job.submit()
    return qarnot_connection.jobs(order_by="name")


def printed(thing: object) -> str:
    """What rich prints of it."""
    console = Console(file=io.StringIO(), width=200, color_system=None)
    console.print(thing)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_notebook_shows_a_list_as_a_table(jobs: Any, qarnot_emulator: Emulator) -> None:
    """A row for each object, escaped, and without asking the server."""
    sent = len(qarnot_emulator.requests)
    shown = jobs._repr_html_()
    assert shown.count("<tr>") == 3
    assert "<th>shortname</th>" in shown
    assert "&lt;two&gt;" in shown
    assert "<td>a, b</td>" in shown
    assert len(qarnot_emulator.requests) == sent


def test_lists_are_lists(jobs: list[Job]) -> None:
    """Whatever shows them, they are equal to, and printed as, any list of the same objects."""
    assert jobs == list(jobs)
    assert repr(jobs) == repr(list(jobs))


def test_every_list_is_shown_so(qarnot_connection: Connection, jobs: list[Job]) -> None:
    """Of tasks and pools too, and those of a job or pool; an empty one is an empty table."""
    pool = qarnot_connection.create_pool("pool", "docker-batch")
    pool.submit()
    lists: list[Any] = [
        *(qarnot_connection.tasks(), qarnot_connection.pools(), jobs[0].tasks),
        *(pool.tasks, pool.jobs),
    ]
    assert ["<table>" in listed._repr_html_() for listed in lists] == [True] * 5


def test_notebook_shows_a_page(qarnot_connection: Connection, jobs: list[Job]) -> None:
    """As the list of what is on it, and whether there is more."""
    first = qarnot_connection.jobs_page(maximum=1)
    assert first._repr_html_().endswith("</table><p>…</p>")
    last = qarnot_connection.jobs_page(first.next_token, maximum=1)
    assert last._repr_html_().endswith("</table>")


def test_rich_prints_a_list_as_a_table(jobs: list[Job]) -> None:
    """What looks like markup in a name is printed as it is."""
    text = printed(jobs)
    assert "shortname" in text.splitlines()[1]
    assert "<two>" in text
    assert len(text.splitlines()) == 6


def test_rich_prints_an_object_by_its_members(jobs: list[Job]) -> None:
    """As `repr` does, without asking the server."""
    assert "".join(printed(jobs[0]).split()).startswith("Job(name='<two>',")


def test_progress_in_a_notebook_is_shown_below_the_cell(
    qarnot_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By IPython's own display, which needs no other package; each look updates the same line."""
    shown: list[Any] = []

    def display(thing: object, display_id: bool) -> SimpleNamespace:
        assert display_id
        shown.append(thing)
        return SimpleNamespace(update=shown.append)

    ipython, displaying = ModuleType("IPython"), ModuleType("IPython.display")
    vars(ipython)["get_ipython"] = lambda: SimpleNamespace(kernel=object())
    vars(displaying)["display"] = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", displaying)

    job = qarnot_connection.create_job("<b>job</b>")
    job.submit()
    qarnot_connection.create_task("task", "docker-batch", job=job).submit()
    assert job.wait(progress=True)
    assert repr(shown[0]) == "<b>job</b>  0/0  "
    assert repr(shown[-1]) == "<b>job</b>  1/1  Success 1"
    html = shown[-1]._repr_html_()
    assert html.startswith('&lt;b&gt;job&lt;/b&gt; <progress max="1" value="1"></progress>')
    assert len(shown) > 3
