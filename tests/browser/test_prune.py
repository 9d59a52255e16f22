"""A tablet lets go of ops that the home campus has receipted and that are older than 30 days; of nothing else, and its chain goes on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import at_work as work
from tests.browser.conftest import Tablet
from tests.browser.servers import CLASS, TwoSites

pytestmark = pytest.mark.browser
Chromium = Callable[..., Tablet]


def seqs(page: Page) -> list[int]:
    return [op["seq"] for op in work.call(page, "lib/db.js", "readAll", "ops")]


def record(page: Page, trainee: str) -> None:
    change = ["attendance", f"{CLASS}.1.{trainee}", {"status": "present", "minutes": None}]
    work.call(page, "sync/outbox.js", "record", "attendance.mark", [change])


def send(page: Page) -> None:
    found: dict[str, Any] = work.call(page, "sync/client.js", "sendNow")
    assert found["ok"], found


def days_later(page: Page, days: int) -> None:
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=days))


def test_only_what_the_campus_has_and_is_old_goes(chromium: Chromium, two_sites: TwoSites) -> None:
    site = two_sites.workshop
    page = chromium().open(None)
    device = work.ready_tablet(page, site)
    for trainee in ("t01", "t02", "t03"):
        record(page, trainee)
    send(page)

    days_later(page, 45)
    send(page)
    assert seqs(page) == [1, 2, 3], "the workshop alone has them"

    work.exchange_sites(site)
    work.exchange_sites(site)
    days_later(page, 29)
    send(page)
    assert seqs(page) == [1, 2, 3], "not old enough"

    days_later(page, 31)
    send(page)
    assert seqs(page) == [3], "the last one of a chain stays"
    assert work.call(page, "sync/outbox.js", "pending") == 0

    record(page, "t04")
    send(page)
    assert [seq for seq, _ in work.ops_of(site, device)] == [1, 2, 3, 4]
    assert work.call(page, "lib/db.js", "readOne", "meta", "refused") == []
    [chain] = work.call(page, "lib/db.js", "readAll", "chains")
    assert (chain["seq"], chain["ep"]) == (4, work.call(page, "lib/db.js", "readOne", "meta", "epoch"))


def test_a_pruned_tablet_still_carries_what_is_new_by_file(chromium: Chromium, two_sites: TwoSites) -> None:
    site = two_sites.workshop
    page = chromium().open(None)
    work.ready_tablet(page, site)
    record(page, "t01")
    record(page, "t02")
    send(page)
    work.exchange_sites(site)
    work.exchange_sites(site)
    days_later(page, 31)
    send(page)
    assert seqs(page) == [2]
    record(page, "t03")
    assert (
        page.evaluate(
            """async () => {
          const { makeBundle } = await import(`/static/${document.body.dataset.build}/js/sync/bundle.js`);
          return (await makeBundle()).ops;
        }"""
        )
        == 1
    )
