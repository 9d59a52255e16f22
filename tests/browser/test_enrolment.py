"""Enrolment, sign-in and shared use of a tablet, in Chromium against real server processes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.browser.conftest import Tablet, chromium_path
from tests.browser.servers import PASSWORD, PINS, TwoSites
from workshop.devices import commands
from workshop.site import Site

pytestmark = pytest.mark.browser

Make = Callable[..., Tablet]
CALL = """async ([file, name, args]) => {
  const module = await import(`/static/${document.body.dataset.build}/js/${file}`);
  return module[name](...args);
}"""
WORKER_READY = "() => navigator.serviceWorker.ready.then(() => true)"


def call(page: Page, file: str, name: str, *args: Any) -> Any:
    return page.evaluate(CALL, [file, name, list(args)])


def mark(page: Page, trainee: str) -> Any:
    """A mark as the register's script records it."""
    change = ["attendance", f"T01.1.{trainee}", {"status": "present", "minutes": None}]
    return call(page, "sync/outbox.js", "record", "attendance.mark", [change])


def sign_in(page: Page, url: str, username: str, lang: str = "en") -> None:
    page.goto(f"{url}/{lang}/sign-in")
    page.fill("#f-username", username)
    page.fill("#f-password", PASSWORD)
    page.click("form[data-sign-in] button")
    page.wait_for_url(f"{url}/{lang}/")


def invitation(sites: TwoSites) -> str:
    """A code, as an administrator makes one on another machine."""
    site = Site(sites.workshop.folder)
    try:
        return commands.invite(site, "smukasa")
    finally:
        site.close()


def enrol(page: Page, sites: TwoSites, name: str = "UTC tablet 1", lang: str = "en") -> None:
    """By an invitation that came with the address, as from the picture."""
    page.goto(f"{sites.workshop.url}/{lang}/tablet#invite={invitation(sites)}")
    page.fill("#f-name", name)
    page.click("form[data-enrol] button")
    expect(page.locator("[data-tell=state]")).to_have_text("Enrolled" if lang == "en" else "已登记")


def add(page: Page, username: str) -> None:
    """A person signs in on the tablet's own page."""
    page.click("[data-add] summary")
    page.fill("#f-username", username)
    page.fill("#f-password", PASSWORD)
    page.click("[data-add-form] button")


def unlock(page: Page, name: str, pin: str) -> None:
    page.click(f"[data-people] button:has-text('{name}')")
    page.fill("#f-pin", pin)
    page.click("[data-unlock]")


def quarantined(sites: TwoSites) -> list[tuple[str, str]]:
    site = Site(sites.workshop.folder)
    try:
        return [tuple(row) for row in site.db.execute("select actor, code from rm_quarantine")]
    finally:
        site.close()


def marks(sites: TwoSites) -> dict[str, str]:
    """{trainee: who marked} at the workshop."""
    site = Site(sites.workshop.folder)
    try:
        return dict(site.db.execute("select trainee_id, actor from rm_attendance").fetchall())
    finally:
        site.close()


@pytest.fixture
def office(playwright: Playwright) -> Any:
    """Makes browser windows of other people, by what they are: no worker, nothing kept."""
    chrome = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
    contexts: list[BrowserContext] = []

    def window() -> Page:
        contexts.append(chrome.new_context(service_workers="block"))
        return contexts[-1].new_page()

    yield window
    chrome.close()


def test_six_digits_and_what_was_recorded_before_them(
    chromium: Make, two_sites: TwoSites, office: Callable[[], Page]
) -> None:
    url = two_sites.workshop.url
    page = chromium().open()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if "Content Security" in m.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, url, "akello")
    mark(page, "t01")
    page.click("footer a:has-text('This tablet')")
    expect(page.locator("[data-tell=state]")).to_have_text("Not enrolled yet")
    page.fill("#f-name", "UTC tablet 1")
    page.click("form[data-enrol] button")
    digits = page.locator(".digits")
    expect(digits).not_to_be_empty()
    code = digits.inner_text()
    assert len(code) == 6 and code.isdigit()

    admin = office()
    sign_in(admin, url, "mukasa")
    admin.goto(f"{url}/en/devices")
    assert code not in admin.content()
    admin.fill("input[name=code]", code)
    admin.click("text=Approve")
    expect(admin.locator(".notice[role=status]")).to_be_visible()

    # Nobody touches the tablet: it learns of the approval, and Akello is bound to it without another password.
    expect(page.locator("[data-tell=state]")).to_have_text("Enrolled", timeout=15_000)
    expect(page.locator("[data-people]")).to_contain_text("Akello Grace", timeout=15_000)
    expect(page.locator("[data-tell=waiting]")).to_have_text("nothing")
    expect(page.locator("[data-refused]")).to_be_hidden(timeout=15_000)
    assert marks(two_sites) == {"t01": "sakello"} and quarantined(two_sites) == []
    assert complaints == []


def test_an_invitation_from_the_picture_enrols_at_once_and_leaves_the_address(
    chromium: Make, two_sites: TwoSites
) -> None:
    page = chromium().open()
    enrol(page, two_sites, lang="zh")
    assert "#" not in page.url
    expect(page.locator("[data-tell=name]")).to_have_text("UTC tablet 1")
    expect(page.locator("[data-tell=site]")).to_have_text("mbale")
    expect(page.locator("form[data-enrol]")).to_be_hidden()


def test_a_wrong_invitation_is_told_in_words(chromium: Make, two_sites: TwoSites) -> None:
    page = chromium().open(f"{two_sites.workshop.url}/en/tablet#invite=aaaa-bbbb-cccc")
    page.fill("#f-name", "UTC tablet 1")
    page.click("form[data-enrol] button")
    expect(page.locator("[data-enrol-said]")).to_contain_text(
        "The invitation code is wrong, used, or older than a day."
    )
    expect(page.locator("[data-tell=state]")).to_have_text("Not enrolled yet")


def test_two_people_share_a_tablet_and_the_one_unlocks_without_a_network(
    chromium: Make, two_sites: TwoSites
) -> None:
    tablet = chromium()
    page = tablet.open()
    enrol(page, two_sites)
    page.evaluate(WORKER_READY)
    add(page, "nandutu")
    expect(page.locator("[data-add-said]")).to_contain_text("can unlock this tablet")
    page.click("[data-add] summary")
    add(page, "akello")
    expect(page.locator("[data-tell=acting]")).to_have_text("Akello Grace records on this tablet now.")
    mark(page, "t01")
    assert call(page, "sync/client.js", "sendNow")["ok"]

    two_sites.workshop.kill()
    mark(page, "t02")
    tablet.kill()  # a power cut: the next one opens the app with no server at all
    page = tablet.open(f"{two_sites.workshop.url}/en/tablet")
    expect(page.locator("[data-tell=waiting]")).to_have_text("1 record")
    unlock(page, "Nandutu", "111111")
    expect(page.locator("[data-pin-said]")).to_have_text("This PIN is not right. Try again")
    page.fill("#f-pin", PINS["nandutu"])
    page.click("[data-unlock]")
    expect(page.locator("[data-tell=acting]")).to_have_text("Nandutu Sarah records on this tablet now.")
    mark(page, "t03")
    expect(page.locator("[data-people] button:has-text('Akello')")).to_contain_text("1 record not sent")
    expect(page.locator("[data-people] button:has-text('Nandutu')")).to_contain_text("1 record not sent")

    # Somebody whose records wait cannot be taken off.
    page.click("[data-people] button:has-text('Akello')")
    page.click("[data-forget]")
    expect(page.locator("[data-pin-said]")).to_contain_text("not sent yet")
    page.click("#pin-sheet [data-sheet-close]")

    page.goto(f"{two_sites.workshop.url}/zh/tablet")
    expect(page.locator("[data-tell=acting]")).to_contain_text("南杜图")


def test_each_ones_work_arrives_under_the_right_name(chromium: Make, two_sites: TwoSites) -> None:
    tablet = chromium()
    page = tablet.open()
    enrol(page, two_sites)
    add(page, "mukasa")
    expect(page.locator("[data-add-said]")).to_contain_text("can unlock")
    page.click("[data-add] summary")
    add(page, "akello")
    expect(page.locator("[data-tell=acting]")).to_contain_text("Akello")
    mark(page, "t01")
    unlock(page, "Mukasa", PINS["mukasa"])
    expect(page.locator("[data-tell=acting]")).to_contain_text("Mukasa")
    mark(page, "t02")
    page.click("[data-send]")
    expect(page.locator("[data-where-said]")).to_have_text("All that is recorded here has left this tablet.")
    assert marks(two_sites) == {"t01": "sakello", "t02": "smukasa"} and quarantined(two_sites) == []

    # The server still knows Akello, who signed in there last: the page says who records here.
    page.goto(f"{two_sites.workshop.url}/en/account")
    expect(page.locator(".account-link span")).to_have_text("Mukasa Paul")


def test_signing_out_waits_for_what_is_not_sent(chromium: Make, two_sites: TwoSites) -> None:
    tablet = chromium()
    page = tablet.open()
    enrol(page, two_sites)
    sign_in(page, two_sites.workshop.url, "akello")
    page.goto(f"{two_sites.workshop.url}/en/account")
    expect(page.locator("[data-strip]")).to_contain_text("All sent")
    page.route("**/sync/**", lambda route: route.abort())
    mark(page, "t01")
    page.click("form[data-sign-out] button")
    expect(page.locator("[data-unsent]")).to_contain_text("1 record is not sent yet, so you stay signed in.")
    assert page.url.endswith("/en/account")
    page.unroute("**/sync/**")
    assert call(page, "sync/client.js", "sendNow")["ok"]
    page.click("form[data-sign-out] button")
    page.wait_for_url("**/en/sign-in")
    page.goto(f"{two_sites.workshop.url}/en/tablet")
    expect(page.locator("[data-tell=acting]")).to_contain_text("Nobody is signed in")


def test_a_file_carries_the_marks_and_brings_the_receipt(
    chromium: Make, two_sites: TwoSites, office: Callable[[], Page], tmp_path: Any
) -> None:
    tablet = chromium()
    page = tablet.open(accept_downloads=True)
    enrol(page, two_sites)
    add(page, "akello")
    expect(page.locator("[data-tell=acting]")).to_contain_text("Akello")
    assert call(page, "sync/client.js", "sendNow")["ok"]
    page.route("**/sync/**", lambda route: route.abort())
    mark(page, "t01")
    mark(page, "t02")
    page.evaluate("() => { navigator.canShare = undefined; }")
    with page.expect_download() as saved:
        page.click("[data-export]")
    file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(file)
    expect(page.locator("[data-where-said]")).to_contain_text(
        re.compile(r"2 records written to the file luban-\S*UTC-tablet-1")
    )
    expect(page.locator("[data-tell=waiting]")).to_have_text("2 records")

    desk, url = office(), two_sites.workshop.url
    sign_in(desk, url, "mukasa")
    desk.goto(f"{url}/en/exchange")
    desk.set_input_files("#f-file", file)
    desk.click("text=Bring it in")
    expect(desk.locator("main")).to_contain_text("2 new records were taken in.")
    with desk.expect_download() as receipts:
        desk.click("text=Receipts for the tablet")
    back = tmp_path / receipts.value.suggested_filename
    receipts.value.save_as(back)
    page.set_input_files("[data-import]", back)
    expect(page.locator("[data-where-said]")).to_have_text(
        "2 records are known to have arrived by this file."
    )
    expect(page.locator("[data-tell=waiting]")).to_have_text("nothing")
    expect(page.locator("[data-tell=workshop]")).to_contain_text("2 records")


def test_a_prepared_class_is_listed_opens_without_a_server_and_can_be_removed(
    chromium: Make, two_sites: TwoSites
) -> None:
    url = two_sites.workshop.url
    tablet = chromium()
    page = tablet.open()
    enrol(page, two_sites)
    sign_in(page, url, "akello")
    page.evaluate(WORKER_READY)
    page.goto(f"{url}/en/classes/T01")
    page.click("[data-prepare]")
    expect(page.locator("[data-prepare-said]")).to_contain_text("Ready.", timeout=30_000)
    two_sites.workshop.kill()
    page.goto(f"{url}/en/tablet")
    held = page.locator("[data-held] li", has_text="Class T01").first
    expect(held).to_contain_text("pages and files")
    expect(page.locator("[data-held] > li").first.locator("button")).to_have_count(0)
    page.goto(f"{url}/en/classes/T99")
    expect(page.locator("[data-elsewhere]")).to_be_visible(timeout=15_000)
    held.locator("a", has_text="T01").first.or_(held.locator("a").nth(1)).first.click()
    expect(page.locator("[data-elsewhere]")).to_have_count(0)
    page.goto(f"{url}/en/tablet")
    page.click("[data-held-remove]")
    expect(page.locator("[data-held-none]")).to_be_visible()
