"""A person is erased at the campus: at the next contact the words are gone from a tablet too, and its chain goes on."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import at_work as work
from tests.browser.conftest import Tablet
from tests.browser.servers import CLASS, PART, TwoSites
from workshop.admission import SYSTEM
from workshop.privacy import commands

pytestmark = pytest.mark.browser
Chromium = Callable[..., Tablet]

HELD = """async (word) => {
  const found = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request, { ignoreVary: true });
      if ((await answer.text()).includes(word)) found.push(request.url);
    }
  }
  return found;
}"""


def bodies(page: Page) -> list[str]:
    return [op["body"] for op in work.call(page, "lib/db.js", "readAll", "ops")]


def erase(sites: TwoSites, person: str, number: str) -> None:
    with work.opened(sites.campus) as campus:
        commands.erase(campus, PART, SYSTEM, person, typed=number, reason="asked")
    work.exchange_sites(sites.workshop)


def send(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = work.call(page, "sync/client.js", "sendNow")
    assert found["ok"], found
    return found


def test_the_words_go_from_the_tablet_and_its_chain_goes_on(chromium: Chromium, two_sites: TwoSites) -> None:
    site = two_sites.workshop
    page = chromium().open(None)
    device = work.ready_tablet(page, site)
    page.goto(work.register_url(site.url))
    note = ["attendance", f"{CLASS}.1.t01", {"status": "late", "minutes": 5, "note": "Okot was ill"}]
    other = ["attendance", f"{CLASS}.1.t02", {"status": "present", "minutes": None}]
    work.call(page, "sync/outbox.js", "record", "attendance.mark", [note])
    work.call(page, "sync/outbox.js", "record", "attendance.mark", [other])
    send(page)
    work.exchange_sites(site)
    held = page.evaluate(HELD, "Okot James")
    assert held
    erase(two_sites, "t01", "001")
    send(page)

    first, second = bodies(page)
    assert first.startswith('"') and len(first) == 45
    assert second.startswith("[")
    assert page.evaluate(HELD, "Okot James") == []
    assert set(held) <= set(page.evaluate(HELD, "Erased person t01"))
    page.goto(work.register_url(site.url))
    row = work.row_of(page, f"{CLASS}.1.t01")
    assert row.get_attribute("data-status") == "late"
    assert "Erased person" in row.inner_text()

    # The chain goes on, and the erased op can be sent again to whoever holds it.
    work.mark(page, "t03", "absent")
    send(page)
    page.evaluate("""async () => {
      const { transact } = await import(`/static/${document.body.dataset.build}/js/lib/db.js`);
      await transact(["receipts"], "readwrite", (tx) => { tx.objectStore("receipts").clear(); });
    }""")
    send(page)
    assert work.call(page, "lib/db.js", "readOne", "meta", "refused") == []
    assert [seq for seq, _ in work.ops_of(site, device)] == [1, 2, 3]
    assert work.call(page, "sync/outbox.js", "pending") == 0


def test_a_tablet_that_has_done_so_is_told_nothing_more(chromium: Chromium, two_sites: TwoSites) -> None:
    page = chromium().open(None)
    work.ready_tablet(page, two_sites.workshop)
    work.call(
        page,
        "sync/outbox.js",
        "record",
        "attendance.mark",
        [["attendance", f"{CLASS}.1.t01", {"note": "Okot"}]],
    )
    send(page)
    work.exchange_sites(two_sites.workshop)
    erase(two_sites, "t01", "001")
    send(page)
    with page.expect_response("**/sync/v1/exchange") as told:
        send(page)
    answer = told.value.body()
    assert b"erased" not in answer
    assert len(answer) < 1024


def test_a_tablet_that_is_away_keeps_its_pages_until_it_calls(
    chromium: Chromium, two_sites: TwoSites
) -> None:
    """What cannot be fetched anew goes; what names nobody erased stays."""
    page = chromium().open(None)
    work.ready_tablet(page, two_sites.workshop)
    held = len(work.call(page, "lib/worker.js", "heldOffline"))
    page.context.set_offline(True)
    assert page.evaluate(HELD, "Okot James")
    page.context.set_offline(False)
    assert work.call(page, "lib/worker.js", "renewHeld", ["t99"]) == 0
    assert len(work.call(page, "lib/worker.js", "heldOffline")) == held
    two_sites.workshop.stop()
    assert work.call(page, "lib/worker.js", "renewHeld", ["t01"]) > 0
    assert page.evaluate(HELD, "Okot James") == []
