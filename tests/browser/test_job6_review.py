"""Job 6: Wang at the home campus settles a conflict, returns a register with a comment and approves the rest in one go; Akello sees it on
the tablet, puts it right without a network, and Wang sees that. On the demonstration's year, both sites as real processes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import at_work as work
from tests.browser.conftest import Tablet
from tests.browser.demo import PART, Demo

pytestmark = pytest.mark.browser
COMMENT = "Two names are missing on the paper list. Please look again."


def sign_in(page: Page, demo: Demo, site: str, username: str, *, on_tablet: bool = False) -> str:
    url = demo.site(site).url
    work.sign_in(page, url, username, demo.password(username), on_tablet=on_tablet)
    return url


def test_wang_decides_returns_and_approves_and_akello_answers_from_the_tablet(
    demo: Demo, desk: Callable[[], Page], chromium: Callable[..., Tablet]
) -> None:
    sites, class_id = demo.sites, demo.told["tour_class"]
    [(disputed,)] = work.rows_in(
        sites.campus.folder, "select min(id) from rm_conflict where type = 'attendance' and grp = 'mark'"
    )
    registers = [
        row[0]
        for row in work.rows_in(
            sites.campus.folder,
            "select id from rm_session where class_id = ? and register = 'closed' order by cast(number as integer)",
            class_id,
        )
    ]
    returned = registers[-1]

    wang = desk()
    campus = sign_in(wang, demo, "campus", "wang")
    wang.goto(f"{campus}/en/review/conflicts")
    before = wang.locator("main li.card").count()
    wang.goto(f"{campus}/en/review/attendance/{disputed}?site={PART}")
    card = wang.locator(".compare > *").last
    chosen = card.locator(".compare-value").inner_text().strip().split(",")[0]
    assert chosen in ("Present", "Late", "Excused", "Absent")
    card.get_by_role("button", name="This is right").click()
    expect(wang.locator(".compare")).to_have_count(0)
    wang.goto(f"{campus}/en/review/conflicts")
    expect(wang.locator("main li.card")).to_have_count(before - 1)

    wang.goto(f"{campus}/en/review/register/{returned}?site={PART}")
    wang.get_by_role("button", name="Return with the comment").click()
    expect(wang.locator("main")).to_contain_text("Whoever gets the work back needs to know why.")
    wang.goto(f"{campus}/en/review/register/{returned}?site={PART}")
    wang.fill("#f-comment", COMMENT)
    wang.get_by_role("button", name="Return with the comment").click()
    expect(wang.locator("main")).to_contain_text(COMMENT)

    wang.goto(f"{campus}/en/review?class={class_id}&teaching=own&kind=register")
    ticks = wang.locator("input[name=pick]")
    expect(ticks).to_have_count(len(registers) - 1)
    for tick in ticks.all():
        tick.check()
    wang.get_by_role("button", name="Approve the ticked").click()
    expect(wang.get_by_text(f"{len(registers) - 1} records approved")).to_be_visible()

    wandera = desk()
    workshop = sign_in(wandera, demo, "workshop", "wandera")
    work.exchange_now(wandera, workshop)
    approved = work.rows_in(
        sites.workshop.folder,
        "select id from rm_review where decision = 'approved' and id like ?",
        f"register.{class_id}.%",
    )
    assert {row[0] for row in approved} == {f"register.{one}" for one in registers[:-1]}

    tablet = chromium("one")
    page = tablet.open(None, viewport=work.SMALL)
    work.enrol(page, sites.workshop)
    sign_in(page, demo, "workshop", "akello", on_tablet=True)
    page.goto(f"{workshop}/en/review")
    expect(page.locator("main")).to_contain_text(COMMENT)
    class_of_disputed, number, _ = disputed.split(".")
    page.goto(f"{workshop}/en/register/{class_of_disputed}/{number}")
    expect(work.row_of(page, disputed)).to_contain_text(chosen)
    expect(work.row_of(page, disputed)).not_to_contain_text("Needs a decision")

    work.prepare_class(page, workshop, class_id=class_id)
    assert tablet.context is not None
    tablet.context.set_offline(True)
    page.goto(f"{workshop}/en/register/{returned.replace('.', '/')}")
    expect(page.locator("main")).to_contain_text("The home campus returned this register")
    expect(page.locator("main")).to_contain_text(COMMENT)
    row = page.locator("li[data-record=attendance][data-status=present]").first
    corrected = str(row.get_attribute("data-id"))
    row.locator("[data-cycle-button]").click()
    expect(work.row_of(page, corrected)).to_have_attribute("data-status", "absent")
    expect(work.row_of(page, corrected)).to_have_attribute("data-at", "tablet")
    tablet.context.set_offline(False)
    work.eventually(lambda: work.row_of(page, corrected).get_attribute("data-at") == "workshop", 30)
    work.exchange_now(wandera, workshop)

    wang.goto(f"{campus}/en/review/register/{returned}?site={PART}")
    expect(wang.locator("main")).to_contain_text("Answered since it was returned")
    mark = work.rows_in(sites.campus.folder, "select status from rm_attendance where id = ?", corrected)
    assert mark == [("absent",)]
