"""A tablet's store is copied, or put back from an old copy: real browser profiles, real servers. Nothing is lost, nobody is fooled."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import at_work as work
from tests.browser.conftest import Tablet
from tests.browser.servers import TwoSites, start_site
from tests.faults.conftest import Figures
from tests.faults.patience import eventually, removed

pytestmark = pytest.mark.browser
Chromium = Callable[..., Tablet]


def copied(tablet: Tablet, folder: Path) -> None:
    """The profile as it lies on the disk, of a browser that was closed."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(tablet.profile, folder, symlinks=True, ignore=shutil.ignore_patterns("Singleton*"))


def register(tablet: Tablet, sites: TwoSites) -> Page:
    page = tablet.open(work.register_url(sites.workshop.url), viewport=work.WIDE)
    page.wait_for_selector('li[data-record="attendance"]')
    return page


def sent(page: Page, *trainees: str) -> None:
    """These marks are at the workshop, by its own receipts."""
    eventually(
        lambda: {work.marks_shown(page)[t][1] for t in trainees} == {"workshop"},
        30,
        f"not at the workshop: {trainees}",
    )


def epochs(sites: TwoSites, device: str) -> list[str]:
    sql = "select distinct epoch from op_chain where device = ?"
    return [row[0] for row in work.rows_in(sites.workshop.folder, sql, device)]


def forks(sites: TwoSites) -> int:
    return int(
        work.rows_in(sites.workshop.folder, "select count(*) from op_chain where parent is not null")[0][0]
    )


def test_fault_16_two_tablets_from_one_restored_backup(
    chromium: Chromium, two_sites: TwoSites, desk: Callable[[], Page], figures: Figures
) -> None:
    one, two = chromium("one"), chromium("two")
    device = work.ready_tablet(one.open(None, viewport=work.WIDE), two_sites.workshop)
    page = register(one, two_sites)
    work.mark(page, "t01", "present")
    sent(page, "t01")
    one.close()
    copied(one, two.profile)

    two_sites.workshop.stop()
    first, second = register(one, two_sites), register(two, two_sites)
    work.mark(first, "t02", "present")
    work.mark(second, "t02", "absent")
    work.mark(second, "t03", "late")
    two_sites.workshop = start_site(two_sites.workshop.folder, two_sites.workshop.port)
    for page, trainees in ((first, ("t02",)), (second, ("t02", "t03"))):
        eventually(lambda page=page: work.call(page, "sync/client.js", "sendNow")["ok"], 30)
        sent(page, *trainees)
    assert forks(two_sites) == 1, "both branches are kept"
    work.mark(first, "t04", "excused")
    work.mark(second, "t05", "present")
    sent(first, "t04")
    sent(second, "t05")
    eventually(lambda: len(epochs(two_sites, device)) >= 2, what="nobody began a new epoch")
    stored = work.marks_stored(two_sites.workshop)
    assert set(stored) == {"t01", "t02", "t03", "t04", "t05"}, "whatever either of them recorded is here"
    sql = "select conflict from rm_attendance where trainee_id = 't02'"
    assert work.rows_in(two_sites.workshop.folder, sql) == [(1,)], "and where they differ a person decides"
    office = desk()
    work.sign_in(office, two_sites.workshop.url, "mukasa")
    for lang, words in (("en", "Its store was copied or restored."), ("zh", "它的存储曾被复制或恢复过。")):
        office.goto(f"{two_sites.workshop.url}/{lang}/devices")
        expect(office.locator("main")).to_contain_text(words)
    figures.did(twins=2)
    figures.found(lost=5 - len(stored))


def test_fault_17_one_tablet_restored_to_last_week(
    chromium: Chromium, two_sites: TwoSites, tmp_path: Path, figures: Figures
) -> None:
    tablet, last_week = chromium("one"), tmp_path / "last week"
    device = work.ready_tablet(tablet.open(None, viewport=work.WIDE), two_sites.workshop)
    page = register(tablet, two_sites)
    work.mark(page, "t01", "present")
    sent(page, "t01")
    tablet.close()
    copied(tablet, last_week)
    page = register(tablet, two_sites)
    work.mark(page, "t02", "absent")
    work.mark(page, "t03", "late")
    sent(page, "t02", "t03")
    tablet.close()
    removed(tablet.profile)
    shutil.copytree(last_week, tablet.profile, symlinks=True)

    page = register(tablet, two_sites)
    eventually(
        lambda: work.marks_shown(work.newest(page))["t03"][0] == "late",
        what="what it had sent did not come back",
    )
    eventually(lambda: work.call(page, "sync/client.js", "sendNow")["ok"])
    work.mark(page, "t04", "excused")
    sent(page, "t04")
    assert len(epochs(two_sites, device)) == 2 and forks(two_sites) == 0, (
        "a new epoch, before it wrote anything"
    )
    stored = {trainee: status for trainee, (status, _) in work.marks_stored(two_sites.workshop).items()}
    assert stored == {"t01": "present", "t02": "absent", "t03": "late", "t04": "excused"}
    page.goto(f"{two_sites.workshop.url}/zh/tablet")
    expect(page.locator("[data-life]")).to_contain_text("复制")
    figures.did(stores_put_back=1)
    figures.found(lost=4 - len(stored))
