"""The tablet is full, or its store is gone: the person is told in words before the screen changes, and what had arrived comes back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import at_work as work
from tests.browser.conftest import Tablet
from tests.browser.servers import TwoSites
from tests.faults.conftest import Figures
from tests.faults.patience import eventually

pytestmark = pytest.mark.browser
Chromium = Callable[..., Tablet]
FILL = """async (bytes) => {
  const cache = await caches.open("lessons");
  await cache.put("/media/film.opus", new Response(new Uint8Array(bytes), { headers: { "X-Luban": "1" } }));
}"""
FILMS = """async () => (await (await caches.open("lessons")).keys()).length"""


def allow(page: Page, origin: str, quota: int | None) -> None:
    """What the browser may keep for this address."""
    session = page.context.new_cdp_session(page)
    session.send(
        "Storage.overrideQuotaForOrigin",
        {"origin": origin, **({"quotaSize": quota} if quota is not None else {})},
    )


def opened_with(tablet: Tablet, url: str, quota: int) -> Page:
    """The register in a new browser that was told first: it remembers for half a minute how much was free."""
    page = tablet.open("about:blank", viewport=work.WIDE, accept_downloads=True)
    allow(page, url, quota)
    page.goto(work.register_url(url))
    return page


def usage(page: Page) -> int:
    return int(page.evaluate("async () => (await navigator.storage.estimate()).usage"))


def test_fault_20_tablet_full(
    chromium: Chromium, two_sites: TwoSites, tmp_path: Path, figures: Figures
) -> None:
    tablet, url = chromium("one"), two_sites.workshop.url
    page = tablet.open(None, viewport=work.WIDE, accept_downloads=True)
    device = work.ready_tablet(page, two_sites.workshop)
    page.goto(work.register_url(url))
    work.mark(page, "t01", "present")
    eventually(lambda: work.marks_shown(page)["t01"][1] == "workshop")
    two_sites.workshop.stop()
    taken = 0
    tablet.close()
    page = opened_with(tablet, url, 1000)
    page.wait_for_selector('li[data-record="attendance"]')
    refused, strip = "", page.locator("[data-strip]")
    for trainee in [
        f"t{number:02}" for number in range(2, 41)
    ]:  # the browser grants a little before it counts
        before = work.marks_shown(page)[trainee]
        work.row(page, trainee).locator(".marks button[value=absent]").click()
        eventually(
            lambda t=trainee, b=before: (
                work.marks_shown(page)[t] != b or strip.get_attribute("data-kind") == "full"
            )
        )
        if strip.get_attribute("data-kind") == "full":
            refused = trainee
            assert work.marks_shown(page)[trainee] == before, "the row says nothing that is not so"
            break
        taken += 1
    assert refused, "it was never full"
    expect(page.locator("[data-strip]")).to_contain_text("Tablet is full. This mark was NOT saved")

    two_sites.workshop = work_again(two_sites)
    outcome = work.call(page, "sync/client.js", "sendNow")
    stored = work.ops_of(two_sites.workshop, device)
    assert len(stored) == 1 + taken, f"what was taken before is sent all the same: {outcome}"
    page.goto(f"{url}/en/tablet")
    page.evaluate("() => { navigator.canShare = undefined; }")
    with page.expect_download() as saved:
        page.click("[data-export]")
    file = tmp_path / "full.luban"
    saved.value.save_as(file)
    assert file.stat().st_size > 200, "and written to a file"
    allow(page, url, None)
    page.goto(work.register_url(url))
    said = [t for t, (status, _) in work.marks_shown(page).items() if status != "none"]
    work.mark(page, refused, "absent")
    figures.did(taps=taken + 2, refused_in_words=1)
    figures.found(
        said_saved_and_was_not=len(set(said) - {"t01", *marked_there(two_sites)}),
        lost=1 + taken - len(stored),
    )


def marked_there(sites: TwoSites) -> set[str]:
    return set(work.marks_stored(sites.workshop))


def work_again(sites: TwoSites):  # type: ignore[no-untyped-def]
    from tests.browser.servers import start_site

    return start_site(sites.workshop.folder, sites.workshop.port)


def test_fault_20_films_give_way_before_a_mark_is_refused(
    chromium: Chromium, two_sites: TwoSites, figures: Figures
) -> None:
    tablet, url = chromium("one"), two_sites.workshop.url
    page = tablet.open(None, viewport=work.WIDE)
    work.ready_tablet(page, two_sites.workshop)
    page.evaluate(FILL, 3_000_000)
    held = page.evaluate(FILMS)
    two_sites.workshop.stop()
    quota = usage(page) - 2_000_000
    tablet.close()
    page = opened_with(tablet, url, quota)
    page.wait_for_selector('li[data-record="attendance"]')
    for number in range(1, 41):
        work.mark(page, f"t{number:02}", "present")
        if page.evaluate(FILMS) < held:
            break
    assert page.evaluate(FILMS) == 0 < held, "lessons' media went"
    assert page.locator("[data-strip]").get_attribute("data-kind") != "full", "and no mark was refused"
    shown = [status for status, _ in work.marks_shown(page).values() if status == "present"]
    figures.did(taps=number)
    figures.found(lost=number - len(shown))


@pytest.mark.parametrize("how", ["evicted", "corrupt"])
def test_fault_22_store_evicted_or_corrupt(
    chromium: Chromium, two_sites: TwoSites, desk: Callable[[], Page], how: str, figures: Figures
) -> None:
    """The browser empties the store by itself, or finds it damaged and begins a new one. The tablet says so, and is enrolled again."""
    tablet, url = chromium("one"), two_sites.workshop.url
    page = tablet.open(None, viewport=work.WIDE)
    device = work.ready_tablet(page, two_sites.workshop)
    page.goto(work.register_url(url))
    for trainee in ("t01", "t02"):
        work.mark(page, trainee, "present")
    eventually(lambda: {work.marks_shown(page)[t][1] for t in ("t01", "t02")} == {"workshop"})
    page.route("**/sync/**", lambda route: route.abort())
    page.context.set_offline(True)
    work.mark(page, "t03", "absent")
    context = page.context
    page.close()  # before the network is back: this mark is to be lost
    context.set_offline(False)
    if how == "evicted":
        bare = tablet.open("about:blank")
        bare.context.new_cdp_session(bare).send(
            "Storage.clearDataForOrigin",
            {"origin": url, "storageTypes": "indexeddb,cache_storage,service_workers"},
        )
        tablet.close()
    else:
        tablet.close()
        damage(tablet.profile)
    page = tablet.open(f"{url}/en/tablet", viewport=work.WIDE)
    told = page.locator("[data-emptied]")
    expect(told).to_be_visible(timeout=15_000)
    expect(told).to_contain_text("What had been sent is safe at the workshop.")
    expect(told).to_contain_text(device[1:7].upper())
    page.goto(f"{url}/zh/tablet")
    expect(page.locator("[data-emptied]")).to_contain_text("工坊")
    new = work.enrol(page, two_sites.workshop)  # Akello is still signed in at the server
    page.goto(f"{url}/en/")
    eventually(lambda: work.call(page, "sync/client.js", "sendNow")["ok"])
    assert new != device, "a new key, and with it new numbers"
    page.goto(work.register_url(url))
    eventually(
        lambda: work.marks_shown(work.newest(page))["t01"][0] == "present", what="it did not come back"
    )
    back = {t: work.marks_shown(page)[t] for t in ("t01", "t02", "t03")}
    assert back == {"t01": ("present", "workshop"), "t02": ("present", "workshop"), "t03": ("none", "")}
    work.mark(page, "t03", "absent")
    eventually(lambda: work.marks_shown(page)["t03"][1] == "workshop")
    assert [seq for seq, _ in work.ops_of(two_sites.workshop, device)] == [1, 2]
    assert [seq for seq, _ in work.ops_of(two_sites.workshop, new)] == [1]
    office = desk()
    work.sign_in(office, url, "mukasa")
    office.goto(f"{url}/en/devices")
    expect(office.locator("main")).to_contain_text("Its store was emptied")
    figures.did(stores_gone=1)
    figures.found(
        lost_of_what_had_arrived=2 - sum(back[t] == ("present", "workshop") for t in ("t01", "t02"))
    )


def damage(profile: Path) -> None:
    """Every file of the browser's database for the address is filled with something else."""
    files = [path for path in profile.glob("Default/IndexedDB/http_127.0.0.1_*/*") if path.is_file()]
    assert files
    for path in files:
        path.write_bytes(b"\xff" * max(path.stat().st_size, 64))
