"""Nothing leaves the tablet: it says why and what to do, in words; and one tap writes what support needs, with nobody's data in it."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import at_work
from tests.browser.fake_workshop import FakeServer
from tests.browser.servers import TwoSites
from tests.browser.tablet_page import call, eventually, mark, send, strip

pytestmark = pytest.mark.browser

NOW = 1_763_719_200_000
DAY = 24 * 3600 * 1000
CALM: dict[str, Any] = {
    "waiting": 2, "oldest": NOW - 3_600_000, "problem": None, "failures": 0, "barren": 0, "last": NOW - 60_000, "enrolment": "enrolled",
}  # fmt: skip


@pytest.fixture
def server(fake_server: FakeServer) -> FakeServer:
    return fake_server


@pytest.fixture
def page(core_page: Page) -> Page:
    return core_page


@pytest.mark.parametrize(
    ("state", "here", "reason"),
    [
        ({}, {}, None),
        ({"waiting": 0, "problem": "stranger", "failures": 9}, {}, None),
        ({"problem": "offline", "failures": 1}, {}, None),
        ({"problem": "offline", "failures": 3}, {"online": False}, "no_network"),
        ({"problem": "offline", "failures": 3}, {}, "unanswered"),
        ({"problem": "timeout", "failures": 3}, {}, "slow"),
        ({"problem": "offline", "failures": 1}, {"wall": 5_000}, "clock"),
        ({"problem": "offline", "failures": 1, "until": NOW - 1}, {}, "certificate"),
        ({"problem": "offline", "failures": 1, "until": NOW + 1}, {}, None),
        ({"problem": "stranger", "failures": 1}, {}, "portal"),
        ({"problem": "other_server", "failures": 1}, {}, "other_server"),
        ({"problem": "disk_full", "failures": 1}, {}, "disk_full"),
        ({"problem": "unknown_version", "failures": 1}, {}, "version"),
        ({"problem": "server_trouble", "failures": 2}, {}, None),
        ({"problem": "server_trouble", "failures": 3}, {}, "refuses"),
        ({"barren": 2}, {}, None),
        ({"barren": 3}, {}, "not_taken"),
        ({"enrolment": "waiting"}, {}, "not_enrolled"),
    ],
)
def test_the_reason(page: Page, state: dict[str, Any], here: dict[str, Any], reason: str | None) -> None:
    found = call(page, "sync/watchdog.js", "stuckReason", CALM | state, {"wall": NOW, "online": True} | here)
    assert (found and found["reason"]) == reason
    if reason:
        words = call(page, "sync/watchdog.js", "reasonWords", reason)
        assert len(words["what"]) > 10
        assert len(words["act"]) > 10


def test_three_days_are_long(page: Page) -> None:
    state = CALM | {"problem": "stranger", "failures": 3}
    here = {"wall": NOW, "online": True}
    assert call(page, "sync/watchdog.js", "stuckReason", state, here)["long"] is False
    late = state | {"oldest": NOW - 3 * DAY - 1}
    assert call(page, "sync/watchdog.js", "stuckReason", late, here)["long"] is True


def test_a_network_that_asks_for_a_sign_in_is_told_on_the_strip(page: Page, server: FakeServer) -> None:
    server.workshop.mode = "portal"
    mark(page)
    assert send(page)["code"] == "stranger"
    told = ("waiting", "This is not the workshop's network. Marks are saved on this tablet (1 waiting). Open")
    eventually(lambda: strip(page) == told)
    server.workshop.mode = "ours"
    assert send(page)["ok"]
    eventually(lambda: strip(page)[1].startswith("All sent"))


def test_a_server_that_answers_and_takes_nothing_is_noticed_after_three_contacts(
    page: Page, server: FakeServer
) -> None:
    server.workshop.spoil = lambda receipt: receipt | {"sig": receipt["sig"][:-4] + "AAAA"}
    mark(page)
    for _ in range(5):
        assert send(page)["ok"]
    told = "The server does not take the marks. They are saved on this tablet (1 waiting). Open"
    eventually(lambda: strip(page) == ("waiting", told))
    server.workshop.spoil = lambda receipt: receipt
    send(page)
    eventually(lambda: strip(page)[1].startswith("All sent"))
    assert call(page, "sync/trail.js", "lastExchange")["barren"] == 0


def test_the_trail_counts_what_repeats_and_stays_short(page: Page, server: FakeServer) -> None:
    server.workshop.mode = "down"
    mark(page)
    for _ in range(3):
        send(page)
    server.workshop.mode = "portal"
    send(page)
    steps = call(page, "sync/trail.js", "trail")
    assert [step["code"] for step in steps][-2:] == ["offline", "stranger"]
    assert steps[-2]["times"] >= 3
    for number in range(40):
        call(page, "sync/trail.js", "noteTrouble", f"storage_{number}")
    assert len(call(page, "sync/trail.js", "trail")) == 30


def test_the_diagnostic_file_tells_states_and_nobody(chromium: Any, two_sites: TwoSites) -> None:
    site = two_sites.workshop
    tablet = chromium("diagnosed")
    page = tablet.open(f"{site.url}/en/sign-in")
    at_work.ready_tablet(page, site)
    page.goto(at_work.register_url(site.url))
    expect(page.locator("li[data-record]").first).to_be_visible()
    names = [name.strip() for name in page.locator("li[data-record] .name").all_inner_texts()]
    ids = page.locator("li[data-record]").evaluate_all("(rows) => rows.map((row) => row.dataset.id)")
    site.stop()
    at_work.mark(page, ids[0].split(".")[2], "absent")
    page.goto(f"{site.url}/en/tablet")
    for _ in range(3):
        page.get_by_role("button", name="Send now").click()
        expect(page.locator("[data-where-said]")).to_contain_text("No connection")
        expect(page.get_by_role("button", name="Send now")).to_be_enabled()
    stuck = page.locator("[data-stuck]")
    expect(stuck).to_be_visible()
    expect(stuck).to_contain_text("the server does not answer")
    expect(stuck).to_contain_text("safe on this tablet")
    with page.expect_download() as loading:
        page.get_by_role("button", name="Save a diagnostic file").click()
    assert loading.value.suggested_filename.startswith("luban-diagnostic-d")
    text = loading.value.path().read_text("utf-8")
    told = json.loads(text)
    assert (told["luban-diagnostic"], told["stuck"], told["counts"]["waiting"]) == (1, "unanswered", 1)
    assert told["exchange"]["problem"] == "offline"
    assert told["chains"][0]["seq"] == 1
    assert len(names) > 5
    for private in [*names, *ids, "akello", "absent", "attendance"]:
        assert private.lower() not in text.lower(), private
    page.goto(f"{site.url}/zh/tablet")
    expect(page.locator("[data-stuck]")).to_contain_text("服务器没有应答")
