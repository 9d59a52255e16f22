"""Open questions on a phone: decide, take it back, repair what is held back; from the keyboard; and what the page says without a network."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from sync import Change, PrivateKey
from sync.author import Author
from tests.browser import at_work as work
from tests.browser.conftest import Tablet
from tests.browser.servers import CLASS, PART, RunningSite, TwoSites
from workshop.admission import SYSTEM

pytestmark = pytest.mark.browser
Chromium = Callable[..., Tablet]
PHONE = {"width": 360, "height": 740}
RECORD = f"{CLASS}.1.t05"
PAGE = f"/en/review/attendance/{RECORD}"


class Clock:
    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        self.now += 1_000
        return self.now


def tablets_disagree(site: RunningSite) -> None:
    """Two tablets, one of them three hours ahead, marked one trainee differently; a third mark is impossible."""
    with work.opened(site) as here:
        now = here.now()
        one, two = (
            Author(PrivateKey(name.encode() * 8), "aaaaaaaa", Clock(at), tz=180)
            for name, at in (("aaaa", now - 60_000), ("bbbb", now + (3 * 60 + 12) * 60_000))
        )
        for tablet, name, person in ((one, "Tablet one", "sakello"), (two, "Tablet two", "smukasa")):
            facts = {"name": name, "key": tablet.key.public, "kind": "tablet", "site": PART, "enrolled": True}
            bound = Change("device_person", f"{tablet.device}.{person}", {"active": True})
            here.record(
                actor=SYSTEM, intent="device.enrol", changes=[Change("device", tablet.device, facts), bound]
            )
        note = Change("clock", f"{two.device}.{two.epoch}.1", {"offset_ms": (3 * 60 + 12) * 60_000})
        here.record(actor=SYSTEM, intent="device.clock", changes=[note])
        one.record(PART, "sakello", "attendance.mark", [Change("attendance", RECORD, {"status": "present"})])
        impossible = Change("attendance", f"{CLASS}.1.t06", {"status": "present", "minutes": 7})
        one.record(PART, "sakello", "attendance.mark", [impossible])
        two.record(PART, "smukasa", "attendance.mark", [Change("attendance", RECORD, {"status": "absent"})])
        for tablet in (one, two):
            assert here.node.take(tablet.runs(PART))[1] == []


def fits(page: Page) -> None:
    """No sideways scrolling, and every control can be hit with a thumb."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = page.evaluate(
        "[...document.querySelectorAll('main button, main .button, main summary, main select')]"
        ".filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML)"
    )
    assert small == []


def test_decide_take_back_and_repair_on_a_phone(two_sites: TwoSites, desk: Callable[[], Page]) -> None:
    site = two_sites.workshop
    tablets_disagree(site)
    page = desk()
    page.set_viewport_size(PHONE)
    work.sign_in(page, site.url, "akello")
    page.get_by_role("link", name="Conflicts 1").click()
    page.get_by_role("link", name="Compare and decide").click()
    fits(page)
    main = page.locator("main")
    expect(main).to_contain_text("3 h 12 min ahead; time corrected")
    expect(main).to_contain_text("it is the value of the session's own instructor")

    # By keyboard alone: to the second value, and decide.
    button = page.get_by_role("button", name="This is right: Absent, Mukasa Paul")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#decided")).to_contain_text("Absent")
    assert work.marks_stored(site)["t05"] == ("absent", None)
    fits(page)

    undo = page.locator("#decided details")
    undo.locator("summary").focus()
    page.keyboard.press("Enter")
    undo.get_by_label("Reason, if you like").fill("Wrong button")
    page.keyboard.press("Enter")
    expect(page.locator(".compare-card")).to_have_count(2)
    expect(main).to_contain_text("Took a decision back")
    expect(main).to_contain_text("Wrong button")
    assert work.marks_stored(site)["t05"] == ("present", None)
    assert work.rows_in(site.folder, "select count(*) from rm_conflict") == [(2,)]

    # Another value, which needs a reason.
    other = page.locator("main details", has=page.get_by_text("Something else is right"))
    other.locator("summary").click()
    other.get_by_label("State").select_option("late")
    other.get_by_label("Minutes").fill("10")
    other.get_by_label("Reason").fill("He came after the fire drill")
    fits(page)
    other.get_by_role("button", name="Decide for this value").click()
    expect(page.locator("#decided")).to_contain_text("Late, 10 min")
    assert work.marks_stored(site)["t05"] == ("late", 10)

    # What is held back is repaired in her own name.
    page.goto(f"{site.url}/en/review/held")
    page.get_by_role("link", name="Open it: Marked, Akello Grace").click()
    fits(page)
    page.get_by_label("State").select_option("late")
    page.locator("#repair-reason").fill("I pressed present by mistake")
    page.get_by_role("button", name="Repair and enter").click()
    expect(main).to_contain_text("Repaired by Akello Grace")
    assert work.marks_stored(site)["t06"] == ("late", 7)
    assert work.rows_in(site.folder, "select code from rm_quarantine") == [("rule_broken",)]
    page.goto(f"{site.url}/en/review/held")
    expect(main).to_contain_text("Nothing is held back")

    # The campus sees the same, and may take the decision back as well.
    work.exchange_sites(site)
    wang = desk()
    wang.set_viewport_size(PHONE)
    work.sign_in(wang, two_sites.campus.url, "wang", lang="zh")
    wang.goto(f"{two_sites.campus.url}/zh/review/attendance/{RECORD}?site={PART}")
    fits(wang)
    expect(wang.locator("#decided")).to_contain_text("He came after the fire drill")
    wang.locator("#decided summary").click()
    wang.locator("#decided").get_by_role("button", name="撤销").click()
    expect(wang.locator(".compare-card")).to_have_count(2)
    fits(wang)
    work.exchange_sites(site)
    assert work.marks_stored(site)["t05"] == ("present", None)


def test_without_a_network_the_page_says_that_nothing_was_decided(
    chromium: Chromium, two_sites: TwoSites
) -> None:
    """Deciding is done at a server; the tablet says so instead of pretending, and the question stays open."""
    site = two_sites.workshop
    tablet = chromium("one")
    page = tablet.open(None, viewport=PHONE)
    work.ready_tablet(page, site)
    tablets_disagree(site)
    page.goto(f"{site.url}{PAGE}")
    assert tablet.context is not None
    tablet.context.set_offline(True)
    page.get_by_role("button", name="This is right: Absent, Mukasa Paul").click()
    said = page.locator("[data-not-sent]")
    expect(said).to_contain_text("Nothing was changed, and what you entered is still here", timeout=20_000)
    assert page.url.endswith(PAGE)
    fits(page)
    assert work.rows_in(site.folder, "select count(*) from rm_conflict") == [(2,)]
    tablet.context.set_offline(False)
    page.get_by_role("button", name="This is right: Absent, Mukasa Paul").click()
    expect(page.locator("#decided")).to_contain_text("Absent", timeout=20_000)
    assert work.marks_stored(site)["t05"] == ("absent", None)


def test_the_tablet_lists_what_was_not_accepted_and_leads_to_the_road_out(
    chromium: Chromium, two_sites: TwoSites
) -> None:
    site = two_sites.workshop
    tablet = chromium("one")
    page = tablet.open(None, viewport=PHONE)
    device = work.ready_tablet(page, site)
    impossible = [["attendance", f"{CLASS}.1.t07", {"status": "present", "minutes": 9}]]
    work.call(page, "sync/outbox.js", "record", "attendance.mark", impossible)
    page.goto(f"{site.url}/en/tablet")
    page.get_by_role("button", name="Send now").click()
    told = page.locator("[data-refused]")
    expect(told).to_contain_text("1 × A value in it is not possible", timeout=20_000)
    expect(told).to_contain_text(f"Attendance mark · class {CLASS}, session 1")
    expect(told).to_contain_text("Akello Grace")
    expect(told).to_contain_text("All of it is still on this tablet, whatever a server answers.")
    fits(page)
    told.get_by_role("link", name="Repair it or set it aside (while connected)").click()
    page.locator("main details", has_text="Set it aside").locator("summary").click()
    page.locator("#aside-reason").fill("A test of the tablet")
    page.get_by_role("button", name="Set it aside").click()
    expect(page.locator("main")).to_contain_text("Set aside by Akello Grace", timeout=20_000)
    page.goto(f"{site.url}/en/tablet")
    page.get_by_role("button", name="Send now").click()
    expect(told).to_be_hidden(timeout=20_000)
    kept = work.rows_in(site.folder, "select intent, code from rm_quarantine where device = ?", device)
    assert kept == [("attendance.mark", "rule_broken")]
