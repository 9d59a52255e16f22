"""Job 2: a class prepared, the network gone, the register taken, the browser killed, the work sent by itself when a server is back.
What the rows say is compared with the databases of both sites."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import at_work as work
from tests.browser.conftest import Tablet
from tests.browser.lossy_line import LossyLine
from tests.browser.servers import CLASS, TRAINEES, TwoSites, start_site

pytestmark = pytest.mark.browser
Chromium = Callable[..., Tablet]


class ServerStopped:
    """The workshop's server does not run: the box has no power."""

    def __init__(self, sites: TwoSites) -> None:
        self.sites = sites

    def cut(self, context: BrowserContext) -> None:
        self.sites.workshop.stop()

    def reopened(self, context: BrowserContext) -> None:
        """It is still off."""

    def mend(self, context: BrowserContext) -> None:
        self.sites.workshop = start_site(self.sites.workshop.folder, self.sites.workshop.port)


class NetworkOff(ServerStopped):
    """The tablet is out of reach of the network; the server runs."""

    def cut(self, context: BrowserContext) -> None:
        context.set_offline(True)

    def reopened(self, context: BrowserContext) -> None:
        context.set_offline(True)

    def mend(self, context: BrowserContext) -> None:
        context.set_offline(False)


def reopen(tablet: Tablet, before: Callable[[BrowserContext], None], **options: Any) -> Page:
    page = tablet.open(None, **options)
    assert tablet.context is not None
    before(tablet.context)
    return page


def place_in_truth(sites: TwoSites, trainee: str) -> str:
    """Where a mark is, by the databases alone."""
    record = f"{CLASS}.1.{trainee}"
    for place, site in (("campus", sites.campus), ("workshop", sites.workshop)):
        sql = "select 1 from rm_change where type = 'attendance' and id = ?"
        if work.rows_in(site.folder, sql, record):
            return place
    return "tablet"


def assert_true(page: Page, sites: TwoSites) -> None:
    """No row says more than the databases."""
    rank = {"": -1, "tablet": 0, "workshop": 1, "campus": 2}
    for trainee, (_, at) in work.marks_shown(page).items():
        assert rank[at] <= rank[place_in_truth(sites, trainee)], trainee


def all_at(page: Page, place: str, sites: TwoSites) -> None:
    """Every row comes to say `place`, and none ever says more than is true."""

    def there() -> bool:
        assert_true(page, sites)
        return {at for _, at in work.marks_shown(page).values()} == {place}

    work.eventually(there, 30, f"not every row came to say {place}")
    assert {place_in_truth(sites, trainee) for trainee in TRAINEES} == {place}


@pytest.mark.parametrize(
    ("trouble", "screen"), [(ServerStopped, work.SMALL), (NetworkOff, work.WIDE)], ids=["server", "network"]
)
def test_the_register_is_taken_without_a_network_and_arrives_by_itself(
    chromium: Chromium, two_sites: TwoSites, trouble: type[ServerStopped], screen: dict[str, int]
) -> None:
    sites, tablet = two_sites, chromium("one")
    url = work.register_url(sites.workshop.url)
    page = tablet.open(None, viewport=screen)
    device = work.ready_tablet(page, sites.workshop)
    network = trouble(sites)
    assert tablet.context is not None
    network.cut(tablet.context)

    page.goto(url)
    expect(page.locator("h1")).to_have_text("CNC milling, group 1")
    assert work.counts_shown(page)["none"] == 40
    work.mark(page, "t01", "present")
    work.mark_late(page, "t02", 15)
    work.mark_from_sheet(page, "t03", "excused")
    work.mark(page, "t04", "absent")
    assert work.counts_shown(page) == {"present": 1, "late": 1, "excused": 1, "absent": 1, "none": 36}
    remaining = page.locator("[data-act=remaining] button")
    expect(remaining).to_have_text("Mark the remaining 36 as present")
    remaining.click()
    expect(page.locator("[data-count=none]")).to_have_text("0")
    page.locator("[data-undo] button").click()
    expect(page.locator("[data-count=none]")).to_have_text("36")
    remaining.click()
    expect(page.locator("[data-count=present]")).to_have_text("37")
    page.locator("[data-act=close] button").click()
    expect(page.locator("[data-closed-here]")).to_be_visible()
    waiting = (
        "No connection. Marks are saved on this tablet (41 waiting)"  # forty marks and the closed register
    )
    expect(page.locator("[data-strip]")).to_contain_text(waiting)
    taken = work.marks_shown(page)
    assert work.counts_shown(page) == work.counted(taken)
    assert {at for _, at in taken.values()} == {"tablet"}
    assert work.marks_stored(sites.workshop) == {}

    tablet.kill()
    page = reopen(tablet, network.reopened, viewport=screen)
    page.goto(url)
    expect(page.locator("[data-closed-here]")).to_be_visible()
    assert work.marks_shown(page) == taken
    assert work.counts_shown(page) == {"present": 37, "late": 1, "excused": 1, "absent": 1, "none": 0}

    assert tablet.context is not None
    network.mend(tablet.context)
    all_at(page, "workshop", sites)
    stored = work.marks_stored(sites.workshop)
    assert {trainee: status for trainee, (status, _) in stored.items()} == {
        t: s for t, (s, _) in taken.items()
    }
    assert stored["t02"] == ("late", 15)
    closed = work.rows_in(
        sites.workshop.folder, "select state, register from rm_session where id = ?", f"{CLASS}.1"
    )
    assert closed == [("held", "closed")]
    rest = ["attendance.mark_rest", "attendance.undo", "attendance.mark_rest", "register.close"]
    taps = 5 if screen == work.SMALL else 4  # "absent" is two taps of the wide button
    assert work.intents(sites.workshop, device) == ["attendance.mark"] * taps + rest

    work.exchange_sites(sites.workshop)
    assert {at for _, at in work.marks_shown(page).values()} == {"workshop"}  # nobody has told the tablet yet
    page.reload()
    all_at(page, "campus", sites)
    assert work.marks_stored(sites.campus) == stored


@pytest.mark.parametrize("screen", [work.SMALL, work.WIDE], ids=["360", "800"])
def test_forty_with_five_exceptions_take_at_most_twelve_taps(
    chromium: Chromium, two_sites: TwoSites, screen: dict[str, int]
) -> None:
    page = chromium("one").open(None, viewport=screen)
    work.ready_tablet(page, two_sites.workshop)
    page.goto(work.register_url(two_sites.workshop.url))
    page.evaluate(
        """() => { globalThis.taps = 0;
          addEventListener("click", (event) => { globalThis.taps += Number(event.isTrusted); }, { capture: true }); }"""
    )
    work.mark(page, "t07", "absent")
    work.mark(page, "t29", "absent")
    work.mark_late(page, "t11", 20)
    work.mark_late(page, "t40", 5)
    work.mark_from_sheet(page, "t16", "excused")
    page.locator("[data-act=remaining] button").click()
    expect(page.locator("[data-count=none]")).to_have_text("0")
    page.locator("[data-act=close] button").click()
    expect(page.locator("[data-closed-here]")).to_be_visible()
    assert work.counts_shown(page) == {"present": 35, "late": 2, "excused": 1, "absent": 2, "none": 0}
    assert page.evaluate("globalThis.taps") <= 12


def test_no_mark_that_had_its_tick_is_lost_by_a_kill(chromium: Chromium, two_sites: TwoSites) -> None:
    tablet, url = chromium("one"), work.register_url(two_sites.workshop.url)
    work.ready_tablet(tablet.open(None, viewport=work.WIDE), two_sites.workshop)
    two_sites.workshop.stop()
    made: dict[str, str] = {}
    for trainee, status in zip(
        TRAINEES[:5], ("present", "absent", "late", "excused", "present"), strict=True
    ):
        page = reopen(tablet, lambda _: None, viewport=work.WIDE)
        page.goto(url)
        work.mark(page, trainee, status)
        tablet.kill()
        made[trainee] = status
    page = tablet.open(url)
    expect(page.locator("[data-count=none]")).to_have_text("35")
    assert {t: status for t, (status, _) in work.marks_shown(page).items() if status != "none"} == made


@pytest.fixture
def line(two_sites: TwoSites) -> Iterator[LossyLine]:
    made = LossyLine(two_sites.workshop.port)
    yield made
    made.close()


@pytest.mark.parametrize("server_dies", [False, True], ids=["reply lost", "server killed"])
def test_a_reply_lost_after_the_commit_makes_no_duplicate_and_no_false_status(
    chromium: Chromium, two_sites: TwoSites, line: LossyLine, server_dies: bool
) -> None:
    sites = two_sites
    near = replace(sites.workshop, port=line.port)
    page = chromium("one").open(None, viewport=work.WIDE)
    device = work.ready_tablet(page, near)
    page.goto(work.register_url(near.url))
    if server_dies:
        line.on_loss = sites.workshop.kill
    line.losing = lambda: bool(work.ops_of(sites.workshop, device))  # the server has committed
    work.mark(page, "t01", "present")
    work.mark(page, "t02", "absent")
    work.eventually(lambda: line.lost, what="nothing was sent")
    assert {work.marks_shown(page)[t][1] for t in ("t01", "t02")} == {"tablet"}  # no receipt, no claim
    line.losing = lambda: False
    if server_dies:
        sites.workshop = start_site(sites.workshop.folder, sites.workshop.port)
    work.mark(page, "t03", "late")
    all_three = ("t01", "t02", "t03")
    work.eventually(lambda: {work.marks_shown(page)[t][1] for t in all_three} == {"workshop"}, 40)
    assert [seq for seq, _ in work.ops_of(sites.workshop, device)] == [1, 2, 3]
    stored = {trainee: status for trainee, (status, _) in work.marks_stored(sites.workshop).items()}
    assert stored == {"t01": "present", "t02": "absent", "t03": "late"}
