"""The emulator's page for people, as people see it."""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from qarnot_domain import Connection
from qarnot_domain.emulator import Emulator, ManualClock

from .conftest import DESKTOP, PHONE, Look

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "dashboard.png"
INTERVAL = 2_000
"""How often the page looks, in ms."""
HOSTILE = "<img src=x onerror=alert(1)><script>document.title='taken'</script>&amp;"


@pytest.fixture
def dashboard(look: Look, qarnot_emulator: Emulator) -> Page:
    """The page, opened with the token."""
    page = look()
    unlock(page, qarnot_emulator)
    return page


def unlock(page: Page, cloud: Emulator) -> None:
    """Open the page and give it the token."""
    page.goto(cloud.url)
    page.get_by_label("Token").fill(cloud.token)
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()


def refresh(page: Page) -> None:
    """Let the page look once more, by its own clock."""
    with page.expect_response("**/_emulator/overview"):
        page.clock.run_for(INTERVAL)


def work(connection: Connection, cloud: Emulator) -> None:
    """A few jobs and tasks in different states."""
    archive = connection.create_job("Archive of March")
    archive.tags = ["archive"]
    archive.submit()
    archive.terminate()
    pool = connection.create_pool("Render farm", "docker-batch", 3)
    pool.submit()
    job = connection.create_job("Rendering of the spring catalogue")
    job.tags = ["render", "catalogue"]
    job.submit()
    for name, seconds, failing, instances in (
        ("Geometry", "1", "", 4),
        ("Textures", "1", "1", 2),
        ("Frames", "60", "", 12),
    ):
        task = connection.create_task(name, "docker-batch", instances, job=job)
        task.constants["EMULATOR_EXECUTION_TIME"] = seconds
        if failing:
            task.constants["EMULATOR_FAILING_INSTANCES"] = failing
        task.submit()
    cloud.advance(timedelta(seconds=24))
    connection.create_task("Thumbnails", "docker-batch", 1, job=job).submit()


def test_it_shows_nothing_without_the_token(look: Look, qarnot_emulator: Emulator) -> None:
    """A wrong one is said to be wrong, and the right one opens it then."""
    page = look()
    page.goto(qarnot_emulator.url)
    page.get_by_label("Token").fill("a guess")
    with page.expect_response("**/_emulator/overview") as answer:
        page.get_by_role("button", name="Look").click()
    assert answer.value.status == 401
    expect(page.get_by_role("status")).to_have_text("That is not the token.")
    expect(page.get_by_role("table")).to_have_count(0)
    page.get_by_label("Token").fill(qarnot_emulator.token)
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    expect(page.get_by_label("Token")).to_be_hidden()


def test_it_refreshes_by_itself(
    dashboard: Page, qarnot_emulator: Emulator, qarnot_connection: Connection
) -> None:
    """What is created appears, and its state, progress and output follow."""
    expect(dashboard.get_by_role("row")).to_have_count(0)
    job = qarnot_connection.create_job("a job")
    job.submit()
    task = qarnot_connection.create_task("a task", "docker-batch", 1, job=job)
    task.submit()
    refresh(dashboard)
    row = dashboard.get_by_role("row").filter(has_text="a task")
    expect(row).to_contain_text("Submitted")
    expect(row).to_contain_text("a job")
    qarnot_emulator.advance(timedelta(seconds=1))
    refresh(dashboard)
    expect(row).to_contain_text("FullyExecuting")
    dashboard.get_by_text("Output").click()
    expect(dashboard.locator("pre")).to_have_text("[0] started\n")
    qarnot_emulator.advance(timedelta(seconds=10))
    refresh(dashboard)
    expect(row).to_contain_text("Success")
    expect(row).to_contain_text("100 %")
    expect(dashboard.locator("pre")).to_have_text("[0] started\n[0] done\n")
    job.delete(forceAbort=True)
    qarnot_emulator.advance(timedelta(seconds=2))
    refresh(dashboard)
    expect(row).to_have_count(0)


def test_looking_on_disturbs_nothing(
    dashboard: Page, qarnot_emulator: Emulator, qarnot_connection: Connection
) -> None:
    """What is selected stays selected while other things change."""
    first, second = (qarnot_connection.create_job(name) for name in ("first", "second"))
    first.submit()
    second.submit()
    refresh(dashboard)
    dashboard.get_by_text("first", exact=True).dblclick()
    selected = "getSelection().toString().trim()"
    assert dashboard.evaluate(selected) == "first"
    second.terminate()
    qarnot_connection.create_job("third").submit()
    refresh(dashboard)
    expect(dashboard.get_by_text("third")).to_be_visible()
    assert dashboard.evaluate(selected) == "first"


def test_it_says_when_the_emulator_is_gone(dashboard: Page, qarnot_emulator: Emulator) -> None:
    """And goes on once it is back."""
    dashboard.route("**/_emulator/overview", lambda route: route.fulfill(body="no JSON"))
    refresh(dashboard)
    expect(dashboard.get_by_role("status")).to_have_text("The emulator does not answer.")
    dashboard.unroute("**/_emulator/overview")
    refresh(dashboard)
    expect(dashboard.get_by_role("status")).to_contain_text("emulated")


def test_names_are_text_whatever_they_are(dashboard: Page, qarnot_connection: Connection) -> None:
    """HTML in names and tags is shown, and does nothing."""
    job = qarnot_connection.create_job(HOSTILE)
    job.tags = [HOSTILE]
    job.submit()
    qarnot_connection.create_task(HOSTILE, "docker-batch", 1, job=job).submit()
    refresh(dashboard)
    expect(dashboard.get_by_text(HOSTILE, exact=True)).to_have_count(4)
    expect(dashboard.locator("img, main script")).to_have_count(0)
    expect(dashboard).to_have_title("Emulated Qarnot cloud")


@pytest.mark.parametrize("width", [DESKTOP, PHONE, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_window(
    look: Look, qarnot_emulator: Emulator, qarnot_connection: Connection, width: int, scheme: str
) -> None:
    """Nothing is cut off or needs scrolling sideways, with long names too."""
    work(qarnot_connection, qarnot_emulator)
    qarnot_connection.create_job("x" * 300).submit()
    page = look(width, scheme=scheme)
    unlock(page, qarnot_emulator)
    for element in ("document.documentElement", "document.body"):
        assert page.evaluate(f"{element}.scrollWidth <= innerWidth")
    cut_off = "[...document.querySelectorAll('td')].filter(e => e.scrollWidth > e.clientWidth)"
    assert page.evaluate(f"{cut_off}.map(e => e.textContent)") == []
    expect(page.get_by_text("Rendering of the spring catalogue").first).to_be_visible()


def test_its_picture(look: Look) -> None:
    """The one in the docs is of this very page."""
    clock = ManualClock()
    with (
        Emulator(clock=clock) as cloud,
        Connection(cluster_url=cloud.url, client_token=cloud.token, clock=clock) as connection,
    ):
        work(connection, cloud)
        page = look(height=720)
        unlock(page, cloud)
        page.get_by_text("Output").nth(1).click()
        expect(page.locator("pre").filter(has_text="failed")).to_be_visible()
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE, full_page=True, animations="disabled")
