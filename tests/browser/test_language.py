"""The two languages: the switch keeps the page, and the choice stays through a restart and without a network."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import at_work as work
from tests.browser.conftest import Tablet
from tests.browser.servers import TwoSites

pytestmark = pytest.mark.browser


def test_the_switch_keeps_the_page_and_the_choice_stays(
    chromium: Callable[..., Tablet], two_sites: TwoSites
) -> None:
    site, tablet = two_sites.workshop, chromium("one")
    page = tablet.open(None, viewport=work.SMALL)
    work.ready_tablet(page, site)
    page.goto(work.register_url(site.url))
    work.mark(page, "t01", "present")
    page.locator("[data-lang-switch]").click()
    expect(page).to_have_url(work.register_url(site.url, lang="zh"))
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator("h1")).to_have_text("数控铣削一班")
    expect(work.row(page, "t01")).to_have_attribute("data-status", "present")
    expect(work.row(page, "t01").locator("[data-cycle-button]")).to_contain_text("出勤")

    two_sites.workshop.stop()
    tablet.close()
    page = tablet.open(work.register_url(site.url, lang="zh"))
    expect(page.locator("[data-act=remaining] button")).to_contain_text("39")
    work.mark(page, "t02", "absent")
    expect(page.locator("[data-strip]")).to_contain_text("没有网络")
    page.locator("[data-lang-switch]").click()  # the other language is held too
    expect(page).to_have_url(work.register_url(site.url))
    expect(work.row(page, "t02")).to_have_attribute("data-status", "absent")
    page.locator("[data-lang-switch]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")

    tablet.close()
    page = tablet.open(
        f"{site.url}/"
    )  # what the app's icon opens: the choice of the last time, also without a server
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page).to_have_url(f"{site.url}/zh/")
