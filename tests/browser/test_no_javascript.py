"""With scripts off everything is a form: sign in, mark, mark the rest, undo, close, read the report, check a certificate. The server records
the same ops under its own key, and says so. The practical test by forms is in test_assessment_offline.py."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from tests.browser import at_work as work
from tests.browser.conftest import chromium_path
from tests.browser.demo import Demo
from tests.browser.servers import CLASS, TwoSites

pytestmark = pytest.mark.browser


@pytest.fixture
def page(playwright: Playwright) -> Iterator[Page]:
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
    yield browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}).new_page()
    browser.close()


def row(page: Page, trainee: str) -> Locator:
    return work.row(page, trainee)


def test_a_register_by_forms_alone(page: Page, two_sites: TwoSites) -> None:
    site = two_sites.workshop
    work.sign_in(page, site.url, "akello")
    page.locator("a[href$='/register/T01/1']").first.click()
    expect(row(page, "t01")).to_have_attribute("data-status", "none")
    work.mark(page, "t01", "present")
    row(page, "t02").locator("[data-more]").click()
    page.locator("dialog#sheet button[name=minutes][value='15']").click()
    expect(row(page, "t02")).to_have_attribute("data-status", "late")
    expect(row(page, "t02").locator("[data-minutes]")).to_have_text("15 min")
    page.locator("[data-act=remaining] button").click()
    assert work.counts_shown(page) == {"present": 39, "late": 1, "excused": 0, "absent": 0, "none": 0}
    page.locator("[data-undo] button").click()
    assert work.counts_shown(page) == {"present": 1, "late": 1, "excused": 0, "absent": 0, "none": 38}
    page.locator("[data-act=remaining] button").click()
    page.locator("[data-act=close] button").click()
    expect(page.get_by_text("This register is closed").locator("visible=true").first).to_be_visible()
    stored = work.marks_stored(site)
    assert len(stored) == 40
    assert stored["t02"] == ("late", 15)
    closed = work.rows_in(site.folder, "select register from rm_session where id = ?", f"{CLASS}.1")
    assert closed == [("closed",)]
    [(via,)] = work.rows_in(
        site.folder,
        "select distinct l.header ->> 'via' from op_log l where l.header ->> 'intent' = 'attendance.mark'",
    )
    assert via == "form"


def test_the_report_and_a_certificate_are_read_without_scripts(page: Page, demo_read: Demo) -> None:
    url = demo_read.sites.campus.url
    work.sign_in(page, url, "ouyang", demo_read.password("ouyang"))
    page.goto(f"{url}/en/reports/training")
    expect(page.locator("section[aria-labelledby=table-category] tfoot td").first).to_have_text("1,846")
    page.locator("section[aria-labelledby=table-category] tbody a", has_text="821").first.click()
    expect(page.locator("caption")).to_have_text("821 person-times")
    [(code,)] = work.rows_in(
        demo_read.sites.campus.folder,
        "select code from rm_certificate where status = 'issued' and code is not null order by id limit 1",
    )
    page.goto(f"{url}/en/verify")
    page.locator("textarea").fill(code)
    page.locator("[data-form] button").click()
    expect(page.locator("[data-result] .notice")).to_have_attribute("data-state", "valid")
