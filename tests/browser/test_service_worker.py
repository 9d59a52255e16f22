"""The service worker in a real Chromium: what was prepared opens without a network, and nothing of a stranger is ever kept."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from tests.browser.fake_workshop import FakeServer
from tests.browser.tablet_page import eventually

pytestmark = pytest.mark.browser

HTML = """<!doctype html><html lang="en"><head><title>{0}</title><script type="module" src="/static/{1}/js/app.core.js"></script></head>
<body><h1>{0}</h1><div data-strip><p data-strip-text></p></div></body></html>"""


@pytest.fixture
def server() -> Iterator[FakeServer]:
    running = FakeServer()
    shop = running.workshop
    shop.pages |= {f"/{lang}/tablet": (HTML.format(f"tablet {lang}", "one"), '"t"') for lang in ("en", "zh")}
    shop.pages["/en/register"] = (HTML.format("register", "one"), '"r1"')
    shop.pages["/en/reports"] = (HTML.format("reports", "one"), '"p1"')
    shop.files["/media/hello.ogg"] = bytes(range(256)) * 20
    shop.sw_shell = ["/en/tablet", "/zh/tablet", "/static/one/js/app.core.js"]
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def page(chromium: Callable[..., Any], server: FakeServer) -> Page:
    opened: Page = chromium().open(f"{server.url}/en/reports")
    eventually(lambda: opened.evaluate("() => Boolean(navigator.serviceWorker.controller)"))
    return opened


def ask(page: Page, name: str, *args: Any) -> Any:
    return page.evaluate(
        "async ([name, args]) => (await import('/static/one/js/lib/worker.js'))[name](...args)",
        [name, list(args)],
    )


def heading(page: Page, url: str) -> str:
    page.goto(url)
    return page.locator("h1").inner_text()


@pytest.mark.parametrize("mode", ["down", "portal", "silent"])
def test_a_prepared_page_opens_whole_whatever_the_network_says(
    page: Page, server: FakeServer, mode: str
) -> None:
    done = ask(page, "prepare", ["/en/register", "/media/hello.ogg"], "class T01")
    assert (done["held"], done["failed"]) == (2, [])
    server.workshop.mode = mode
    page.add_init_script("document.addEventListener('luban:state', () => { globalThis.started = true; });")
    start = time.monotonic()
    assert heading(page, f"{server.url}/en/register") == "register"
    eventually(lambda: page.evaluate("() => globalThis.started"))
    assert time.monotonic() - start < 3
    held = {item["url"]: item for item in ask(page, "heldOffline")}
    assert held["/en/register"]["label"] == "class T01"
    assert held["/media/hello.ogg"]["bytes"] == 5120
    assert ask(page, "forgetPrepared", "class T01") == 2
    assert ask(page, "heldOffline") == []


@pytest.mark.parametrize("mode", ["down", "portal"])
def test_a_page_seen_before_opens_and_another_gives_the_tablets_own_page(
    page: Page, server: FakeServer, mode: str
) -> None:
    page.goto(f"{server.url}/en/reports")  # once under the worker
    server.workshop.mode = mode
    assert heading(page, f"{server.url}/en/reports") == "reports"
    assert heading(page, f"{server.url}/zh/never-seen") == "tablet zh"


def test_nothing_of_a_captive_portal_is_kept(page: Page, server: FakeServer) -> None:
    assert ask(page, "heldOffline") == []
    server.workshop.mode = "portal"
    done = ask(page, "prepare", ["/en/register"], "class T01")
    assert done["failed"] == [{"url": "/en/register", "code": "not_ours"}]
    assert ask(page, "heldOffline") == []


def test_the_page_is_told_when_it_changed_behind(page: Page, server: FakeServer) -> None:
    ask(page, "prepare", ["/en/register"], "class T01")
    page.add_init_script(
        "document.addEventListener('luban:page-changed', (event) => { globalThis.changed = event.detail.url; });"
    )
    assert heading(page, f"{server.url}/en/register") == "register"
    page.wait_for_timeout(400)
    assert page.evaluate("() => globalThis.changed ?? null") is None
    server.workshop.pages["/en/register"] = (HTML.format("register 2", "one"), '"r2"')
    assert heading(page, f"{server.url}/en/register") == "register"
    assert eventually(lambda: page.evaluate("() => globalThis.changed")) == f"{server.url}/en/register"
    server.workshop.mode = "down"
    assert heading(page, f"{server.url}/en/register") == "register 2"
    assert ask(page, "heldOffline")[0]["label"] == "class T01"


def test_media_are_cut_from_the_held_file_for_a_player(page: Page, server: FakeServer) -> None:
    ask(page, "prepare", ["/media/hello.ogg"], "lesson 1")
    server.workshop.mode = "down"
    answers = page.evaluate(
        """async () => Promise.all(["bytes=256-259", "bytes=5116-", "bytes=-4", "bytes=9999-"].map(async (range) => {
          const response = await fetch("/media/hello.ogg", { headers: { Range: range } });
          return [response.status, response.headers.get("Content-Range"), [...new Uint8Array(await response.arrayBuffer())]];
        }))"""
    )
    assert answers == [
        [206, "bytes 256-259/5120", [0, 1, 2, 3]],
        [206, "bytes 5116-5119/5120", [252, 253, 254, 255]],
        [206, "bytes 5116-5119/5120", [252, 253, 254, 255]],
        [416, "bytes */5120", []],
    ]


def test_a_new_version_waits_until_it_is_asked_and_keeps_files_that_pages_need(
    page: Page, server: FakeServer
) -> None:
    ask(page, "prepare", ["/en/register"], "class T01")
    server.workshop.sw_build = "two"
    server.workshop.sw_shell = ["/en/tablet", "/zh/tablet", "/static/two/js/app.core.js"]
    page.evaluate("async () => { await (await navigator.serviceWorker.getRegistration()).update(); }")
    eventually(
        lambda: page.evaluate(
            "async () => Boolean((await navigator.serviceWorker.getRegistration()).waiting)"
        )
    )
    page.wait_for_timeout(300)
    assert page.evaluate("async () => Boolean((await navigator.serviceWorker.getRegistration()).waiting)")
    assert "shell-one" in page.evaluate("() => caches.keys()")
    with page.expect_navigation():
        ask_update(page)
    names = eventually(
        lambda: [name for name in page.evaluate("() => caches.keys()") if name.startswith("shell-")]
    )
    assert sorted(names) == ["shell-one", "shell-two"]
    server.workshop.mode = "down"
    assert heading(page, f"{server.url}/en/register") == "register"


def ask_update(page: Page) -> None:
    try:
        ask(page, "applyUpdate")
    except Error as error:  # the page is loaded anew under the call
        assert "context was destroyed" in str(error)


def test_a_post_goes_past_the_worker(page: Page, server: FakeServer) -> None:
    server.workshop.mode = "down"
    failed = page.evaluate(
        "() => fetch('/en/reports', { method: 'POST', body: 'x' }).then(() => false, () => true)"
    )
    assert failed
