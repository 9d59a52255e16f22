"""Job 5: two tablets mark one trainee differently without a network. Nothing is lost and nothing is decided in silence: over the network,
by file with the line down, and the same on both sides."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import at_work as work
from tests.browser.conftest import Tablet
from tests.browser.servers import CLASS, PART, RunningSite, TwoSites, start_site

pytestmark = pytest.mark.browser
Chromium = Callable[..., Tablet]
DISPUTED = f"{CLASS}.1.t05"


def read_model_hash(site: RunningSite) -> str:
    """What `workshop rebuild --check` says: the derived tables, made anew, are what they were; their hash."""
    command = [
        sys.executable,
        "-m",
        "workshop",
        "--data",
        str(site.folder),
        "rebuild",
        "--check",
        "--format",
        "json",
    ]
    done = subprocess.run(command, capture_output=True, check=True, cwd=Path(__file__).parents[2])
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["equal"]
    return str(told["hash"])


def two_tablets(chromium: Chromium, site: RunningSite) -> tuple[Page, Page]:
    """Akello's and Mukasa's, each at the register of the same session, both without a network."""
    pages = []
    for name, username in (("one", "akello"), ("two", "mukasa")):
        tablet = chromium(name)
        page = tablet.open(None, viewport=work.WIDE)
        work.enrol(page, site, f"Tablet {name}")
        work.sign_in(page, site.url, username, on_tablet=True)
        work.prepare_class(page, site.url)
        assert tablet.context is not None
        tablet.context.set_offline(True)
        page.goto(work.register_url(site.url))
        pages.append(page)
    return pages[0], pages[1]


def conflict_of(page: Page, url: str) -> tuple[set[str], int]:
    """(the values that stand side by side, how many conflicts) on the page of open conflicts."""
    page.goto(f"{url}/en/review/conflicts")
    cards = page.locator("main li.card")
    return {
        side.strip() for side in page.locator("main li.card .changes strong").all_inner_texts()
    }, cards.count()


def carry(giver: Page, giver_url: str, taker: Page, taker_url: str, stick: Path) -> None:
    """A file from one server's page to the other's, as on a USB stick."""
    giver.goto(f"{giver_url}/en/exchange")
    with giver.expect_download() as waiting:
        giver.get_by_role("button", name="File with what is new").click()
    waiting.value.save_as(stick)
    taker.goto(f"{taker_url}/en/exchange")
    taker.locator("input[name=file]").set_input_files(stick)
    taker.get_by_role("button", name="Bring it in").click()
    taker.wait_for_url("**/exchange/file/*")  # the page before has a heading as well
    expect(taker.locator(".error-summary")).to_have_count(0)


def test_two_tablets_one_trainee_by_network_and_by_file(
    chromium: Chromium, two_sites: TwoSites, desk: Callable[[], Page], tmp_path: Path
) -> None:
    sites = two_sites
    one, two = two_tablets(chromium, sites.workshop)
    for page, status in ((one, "present"), (two, "absent")):
        work.mark(page, "t05", status)
        work.mark(page, "t06", "late")  # the same on both: no question
    for page in (one, two):
        page.context.set_offline(False)
        work.eventually(lambda page=page: work.marks_shown(page)["t05"][1] == "workshop", 30)

    akello, wang = desk(), desk()
    work.sign_in(akello, sites.workshop.url, "akello")
    work.sign_in(wang, sites.campus.url, "wang")
    work.exchange_now(akello, sites.workshop.url)
    for page, site in ((akello, sites.workshop), (wang, sites.campus)):
        assert conflict_of(page, site.url) == ({"Present", "Absent"}, 1)
        assert work.rows_in(site.folder, "select id, conflict from rm_attendance where conflict = 1") == [
            (DISPUTED, 1)
        ]
    for page in (one, two):
        page.reload()
        sign = work.row(page, "t05").get_by_text("Needs a decision")
        work.eventually(lambda page=page, sign=sign: work.newest(page) and sign.is_visible(), 20)
    # Provisionally the value of the session's own instructor counts, on both sides.
    for site in (sites.workshop, sites.campus):
        assert work.marks_stored(site)["t05"] == ("present", None)
        assert work.marks_stored(site)["t06"] == ("late", None)
    assert read_model_hash(sites.workshop) == read_model_hash(sites.campus)

    # The line is down: the campus answers elsewhere, where the workshop does not find it.
    sites.campus.stop()
    sites.campus = start_site(sites.campus.folder)
    akello.goto(f"{sites.workshop.url}/en/exchange")
    akello.get_by_role("button", name="Exchange now").click()
    expect(akello.locator(".error-summary")).to_be_visible(timeout=30_000)
    work.mark(one, "t07", "excused")
    work.eventually(lambda: work.marks_shown(one)["t07"][1] == "workshop", 30)
    wang.goto(f"{sites.campus.url}/en/review/attendance/{DISPUTED}?site={PART}")
    wang.locator(".compare > *", has_text="Mukasa Paul").get_by_role("button", name="This is right").click()
    expect(wang.locator(".compare")).to_have_count(0)
    carry(akello, sites.workshop.url, wang, sites.campus.url, tmp_path / "up.luban")
    carry(wang, sites.campus.url, akello, sites.workshop.url, tmp_path / "down.luban")
    for page, site in ((akello, sites.workshop), (wang, sites.campus)):
        assert conflict_of(page, site.url) == (set(), 0)
        assert work.marks_stored(site)["t05"] == ("absent", None)
        assert work.marks_stored(site)["t07"] == ("excused", None)
    assert read_model_hash(sites.workshop) == read_model_hash(sites.campus)
    for page in (one, two):  # prepared pages are refreshed behind: the second look shows it
        page.reload()
        work.eventually(lambda page=page: work.marks_shown(work.newest(page))["t05"][0] == "absent", 20)
