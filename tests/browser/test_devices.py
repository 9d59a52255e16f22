"""Looking after tablets, in Chromium against real server processes: replacing one, a copied store, an emptied store, what each states of itself."""

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import segno
from playwright.sync_api import Page, expect

from tests.accessibility.pages import vendored, words_of
from tests.browser.at_work import call, marks_stored, opened, ready_tablet, register_url, sign_in
from tests.browser.conftest import Tablet
from tests.browser.servers import CLASS, PASSWORD, TwoSites
from tests.browser.test_enrolment import mark
from workshop.devices import lines
from workshop.devices.rules import DeviceLine
from workshop.lessons.store import import_lessons

pytestmark = pytest.mark.browser
AXE = vendored(Path(__file__).parents[1] / "vendor")

Make = Callable[..., Tablet]
EMPTY_STORE = {"storageTypes": "indexeddb,cache_storage,service_workers"}


def accessible(page: Page) -> None:
    """Nothing that axe-core finds wrong, with what the page shows now."""
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations")
    assert words_of(found) == []


def line_of(sites: TwoSites, device: str) -> DeviceLine:
    with opened(sites.workshop) as site:
        [line] = lines.device_lines(site.db, ["mbale"], "en", device)
    return line


def send(page: Page) -> None:
    assert call(page, "sync/client.js", "sendNow")["ok"]


def sign_in_here(page: Page, username: str) -> None:
    """In the form that the page has opened for it."""
    expect(page.locator("details[data-add]")).to_have_attribute("open", "")
    page.fill("#f-username", username)
    page.fill("#f-password", PASSWORD)
    page.click("[data-add-form] button")


def administrator(desk: Callable[[], Page], sites: TwoSites) -> Page:
    page = desk()
    sign_in(page, sites.workshop.url, "mukasa")
    return page


def test_a_lost_tablet_is_replaced_with_its_people_classes_and_lessons(
    chromium: Make, two_sites: TwoSites, desk: Callable[[], Page]
) -> None:
    url = two_sites.workshop.url
    import_lessons(two_sites.workshop.folder)
    old = chromium("old").open()
    lost = ready_tablet(old, two_sites.workshop)
    mark(old, "t01")
    send(old)
    chromium("old").close()
    admin = administrator(desk, two_sites)

    begun = time.monotonic()
    admin.goto(f"{url}/en/devices")
    admin.click("main li h3 a:has-text('Tablet 1')")
    admin.check("input[name=how][value=lost]")
    admin.click("text=Make the code for the new tablet")
    code = admin.locator(".invite-code").inner_text()
    link = f"{url}/en/tablet#invite={code}&name={quote('Tablet 1')}"
    picture = segno.make(link, error="m").svg_data_uri(scale=6, border=4, dark="#000", light="#fff")
    assert admin.locator(".invite-picture").get_attribute("src") == picture

    accessible(admin)

    page = chromium("new").open(link)
    expect(page.locator("#f-name")).to_have_value("Tablet 1")
    page.click("form[data-enrol] button")
    expect(page.locator("[data-tell=state]")).to_have_text("Enrolled")
    expect(page.locator("[data-tell=replaces]")).to_have_text("This tablet takes the place of Tablet 1.")
    expect(page.locator("[data-people] button")).to_have_count(1)
    expect(page.locator("[data-tell=takeover]")).to_contain_text("The lessons are here.", timeout=60_000)
    sign_in_here(page, "akello")
    expect(page.locator("[data-tell=takeover]")).to_contain_text(
        "Ready: 1 classes and 4 lessons", timeout=60_000
    )
    print(f"replaced, with classes and lessons, in {time.monotonic() - begun:.1f} s")  # noqa: T201 - a figure for docs, with -s
    accessible(page)
    new = call(page, "lib/device.js", "knownDevice")["id"]

    two_sites.workshop.kill()
    page.goto(register_url(url))
    expect(page.locator('li[data-record="attendance"]')).to_have_count(40)
    page.goto(f"{url}/zh/lessons/start-stop-circuit/")
    expect(page.locator("[data-elsewhere]")).to_have_count(0)
    line = line_of(two_sites, lost)
    assert line.revoked and line.replaced_by == new


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_copied_store_is_told_on_the_tablet_and_to_the_administrator(
    chromium: Make, two_sites: TwoSites, desk: Callable[[], Page], lang: str
) -> None:
    url = two_sites.workshop.url
    first = chromium("first")
    page = first.open()
    device = ready_tablet(page, two_sites.workshop)
    mark(page, "t01")
    send(page)
    first.close()
    second = chromium("second")
    shutil.copytree(first.profile, second.profile, ignore=shutil.ignore_patterns("Singleton*"))

    for tablet, trainee in ((first, "t02"), (second, "t03")):
        page = tablet.open()
        page.route("**/sync/**", lambda route: route.abort())  # both work on before either is heard
        page.goto(f"{url}/{lang}/tablet")
        expect(page.locator("[data-tell=state]")).to_have_text("Enrolled" if lang == "en" else "已登记")
        mark(page, trainee)
        page.unroute("**/sync/**")
        send(page)
        expect(page.locator("[data-tell=waiting]")).to_have_text("nothing" if lang == "en" else "无")
    expect(page.locator("[data-life]")).to_contain_text(
        "Nothing is lost: both lines of work are kept" if lang == "en" else "没有任何丢失：两边的记录都已保留"
    )
    expect(page.locator("[data-strip-text]")).to_have_text(
        "This tablet's store was copied or put back. Open"
        if lang == "en"
        else "本平板的存储曾被复制或恢复，查看"
    )
    accessible(page)
    mark(page, "t04")  # in the new life
    send(page)
    assert set(marks_stored(two_sites.workshop)) == {"t01", "t02", "t03", "t04"}
    page.click("[data-life-read]")
    expect(page.locator("[data-life]")).to_be_hidden()
    expect(page.locator("[data-strip-text]")).not_to_contain_text("copied" if lang == "en" else "复制")

    admin = administrator(desk, two_sites)
    admin.goto(f"{url}/{lang}/")
    expect(admin.locator(".notice[data-kind=warn]")).to_contain_text(
        "1 tablet needs a look" if lang == "en" else "有 1 台平板需要查看"
    )
    admin.goto(f"{url}/{lang}/devices/{device}")
    expect(admin.locator("main")).to_contain_text(
        "Two different continuations of its records arrived."
        if lang == "en"
        else "收到了它的两种不同的后续记录。"
    )
    admin.click("form[action$=seen] button")
    expect(admin.locator(".notice[role=status]")).to_be_visible()
    admin.goto(f"{url}/{lang}/")
    expect(admin.locator(".notice[data-kind=warn]")).to_have_count(0)


def test_an_emptied_store_is_told_and_what_is_gone_is_reported(
    chromium: Make, two_sites: TwoSites, desk: Callable[[], Page]
) -> None:
    url = two_sites.workshop.url
    page = chromium().open()
    lost = ready_tablet(page, two_sites.workshop)
    mark(page, "t01")
    send(page)
    # The next three are announced, and the line breaks before they are taken: the server hears of them and has none.
    mark(page, "t02")
    with opened(two_sites.workshop) as site, site.writing() as db:
        db.execute("update local_announced set seq = seq + 3, link = ? where device = ?", ("A" * 43, lost))
    page.goto("about:blank")
    session = page.context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": url, **EMPTY_STORE})

    page.goto(f"{url}/en/tablet")
    expect(page.locator("[data-emptied]")).to_contain_text("The browser's store on this tablet was emptied.")
    expect(page.locator("[data-tell=emptied-number]")).to_have_text(lost[1:7].upper())
    accessible(page)
    page.fill("#f-name", "Tablet one")
    page.click("form[data-enrol] button")
    expect(page.locator(".digits")).not_to_be_empty()

    admin = administrator(desk, two_sites)
    admin.goto(f"{url}/en/devices")
    expect(admin.locator("main")).to_contain_text(
        "This browser was that tablet before; its store was emptied."
    )
    expect(admin.locator("select[name=replaces]")).to_have_value(lost)
    admin.fill("input[name=code]", page.locator(".digits").inner_text())
    admin.click("text=Approve")
    expect(page.locator("[data-tell=state]")).to_have_text("Enrolled", timeout=15_000)
    expect(page.locator("[data-emptied]")).to_be_hidden()
    expect(page.locator("[data-people] button:has-text('Akello')")).to_be_visible(timeout=15_000)

    admin.click("text=Announced and never delivered")
    report = admin.locator("main section").first
    for words in (
        "Tablet 1",
        "3 records",
        "its store was emptied",
        "Akello Grace",
        "CNC milling, group 1",
        "09:00",
    ):
        expect(report).to_contain_text(words)
    accessible(admin)
    sign_in_here(page, "akello")
    expect(page.locator("[data-tell=takeover]")).to_contain_text("Ready: 1 classes", timeout=60_000)


def test_a_tablet_states_its_version_storage_and_what_it_holds(
    chromium: Make, two_sites: TwoSites, desk: Callable[[], Page]
) -> None:
    url = two_sites.workshop.url
    page = chromium().open()
    device = ready_tablet(page, two_sites.workshop)
    page.goto(f"{url}/en/tablet")
    page.evaluate(
        "async () => (await import(`/static/${document.body.dataset.build}/js/lib/db.js`)).deleteOne('meta', 'view')"
    )
    sizes: list[int] = []
    page.on(
        "request", lambda r: sizes.append(len(r.post_data_buffer or b"")) if "exchange" in r.url else None
    )
    send(page)
    said = line_of(two_sites, device).said
    assert said.build == page.locator("body").get_attribute("data-build")
    assert said.kept is not None and said.used is not None and said.quota
    assert said.pages and said.pages >= 6 and said.view
    assert said.oldest is None
    assert sizes and sizes[-1] <= 700, "with the answer's 300 B: nothing new costs 1 kB"
    admin = administrator(desk, two_sites)
    admin.goto(f"{url}/en/devices/{device}")
    state = admin.locator("section[aria-labelledby=state-title]")
    expect(state).to_contain_text("up to date")
    expect(state).to_contain_text(re.compile(r"\d+ pages; the oldest fetched"))
    expect(state.locator("a", has_text="CNC milling")).to_have_count(0)
    mark(page, "t01")
    send(page)
    admin.reload()
    expect(state.locator(f"a[href$='/classes/{CLASS}']")).to_be_visible()


def test_a_revocation_is_shown_before_it_is_done(
    chromium: Make, two_sites: TwoSites, desk: Callable[[], Page]
) -> None:
    url = two_sites.workshop.url
    page = chromium().open()
    device = ready_tablet(page, two_sites.workshop)
    mark(page, "t01")
    send(page)
    admin = administrator(desk, two_sites)
    admin.goto(f"{url}/en/devices/{device}")
    admin.check("input[name=until][value=before]")
    admin.fill("#f-time", "00:00")
    admin.click("text=Show what this would do")
    expect(admin.locator("[data-holds]")).to_contain_text("1 record")
    assert not line_of(two_sites, device).revoked
    admin.go_back()
    admin.check("input[name=until][value=arrived]")
    admin.click("text=Show what this would do")
    expect(admin.locator("[data-keeps]")).to_contain_text("1 record")
    admin.click("button:has-text('Revoke this tablet')")
    expect(admin.locator("main")).to_contain_text("Taken out of service.")
    mark(page, "t02")
    send(page)
    page.goto(f"{url}/en/tablet")
    expect(page.locator("[data-refused-list]")).to_contain_text(
        "An administrator took this tablet out of service"
    )
    admin.reload()
    expect(admin.locator("main")).to_contain_text("1 record from it is held back.")
    assert set(marks_stored(two_sites.workshop)) == {"t01"}


def test_a_new_name_reaches_the_tablet(chromium: Make, two_sites: TwoSites, desk: Callable[[], Page]) -> None:
    url = two_sites.workshop.url
    page = chromium().open()
    device = ready_tablet(page, two_sites.workshop)
    admin = administrator(desk, two_sites)
    admin.goto(f"{url}/en/devices/{device}")
    admin.fill("#f-name", "Hall 2, left")
    admin.click("button:has-text('Rename')")
    expect(admin.locator("h1")).to_have_text("Hall 2, left")
    page.goto(f"{url}/en/tablet")
    expect(page.locator("[data-tell=name]")).to_have_text("Hall 2, left")
