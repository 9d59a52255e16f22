"""The frame in a real browser: nothing breaks the policy, forms work without scripts, and a dead server is told in words."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Blueprint, Response, render_template_string
from playwright.sync_api import Browser, Page, Playwright, expect
from waitress.server import create_server

from sync import Change
from tests.browser.conftest import chromium_path
from workshop.accounts import commands
from workshop.admission import SYSTEM
from workshop.config import SERVER
from workshop.factory import create_app
from workshop.i18n import PREFIX
from workshop.problems import Problem
from workshop.site import Site

pytestmark = pytest.mark.browser

PASSWORD = "four mango trees"
PROBE = """{% set htmx = true %}{% extends "base.html" %}{% block title %}Probe{% endblock %}{% block content %}<h1>Probe</h1>
<button id="ask" class="button" hx-get="{{ url }}" hx-target="#answer">Ask</button><div id="answer">before</div>{% endblock %}"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site.create(tmp_path / "mbale", "mbale", "workshop", tz_minutes=180)
    changes = [
        Change("staff", "sakello", {"name_en": "Akello Grace", "name_zh": "阿凯洛"}),
        Change("grant", "sakello.instructor.all", {"active": True}),
    ]
    made.record(actor=SYSTEM, intent="staff.add", changes=changes, part="mbale")
    with made.writing() as db:
        commands.create_account(db, "akello", "sakello", PASSWORD, made.now())
    yield made
    made.close()


@pytest.fixture
def server(site: Site) -> Iterator[str]:
    app = create_app(site)
    app.register_blueprint(probe(), url_prefix=PREFIX)
    served = create_server(app, host="127.0.0.1", port=0, **SERVER)
    thread = threading.Thread(target=served.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.effective_port}"
    served.close()


def probe() -> Blueprint:
    bp = Blueprint("probe", __name__)

    @bp.get("/probe/<kind>")
    def page(kind: str) -> str:
        return render_template_string(PROBE, url=f"answer/{kind}")

    @bp.get("/probe/answer/<kind>")
    def answer(kind: str) -> Response:
        if kind == "refused":
            raise Problem("never_worded", 409)
        return Response("<b>after</b>", mimetype="text/html")

    return bp


@pytest.fixture
def chrome(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    context = chrome.new_context(service_workers="block")
    yield context.new_page()
    context.close()


def complaints(page: Page) -> list[str]:
    """What the browser says about the policy, about scripts, and about files that are not there."""
    found: list[str] = []
    page.on("console", lambda m: found.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: found.append(str(e)))
    page.on("response", lambda r: found.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    return found


def sign_in(page: Page, server: str, lang: str = "en") -> None:
    page.goto(f"{server}/{lang}/sign-in")
    page.fill("#f-username", "akello")
    page.fill("#f-password", PASSWORD)
    page.click("form[data-sign-in] button")
    page.wait_for_url(f"{server}/{lang}/")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_page_breaks_the_policy(page: Page, server: str, lang: str) -> None:
    found = complaints(page)
    sign_in(page, server, lang)
    for path in ("/", "/account", "/probe/good"):
        page.goto(f"{server}/{lang}{path}", wait_until="networkidle")
    assert found == []


def test_nothing_comes_from_elsewhere(page: Page, server: str) -> None:
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.goto(f"{server}/zh/sign-in", wait_until="networkidle")
    assert [url for url in asked if not url.startswith((server, "data:", "blob:"))] == []


def test_signing_in_and_switching_need_no_script(chrome: Browser, server: str) -> None:
    page = chrome.new_context(java_script_enabled=False).new_page()
    page.goto(f"{server}/zh/account?saved=pin")
    page.fill("#f-username", "akello")
    page.fill("#f-password", PASSWORD)
    page.click("form[data-sign-in] button")
    assert page.url == f"{server}/zh/account?saved=pin"
    expect(page.locator("main")).to_contain_text("阿凯洛")
    page.click("[data-lang-switch]")
    assert page.url == f"{server}/en/account?saved=pin"
    expect(page.locator("main")).to_contain_text("Akello Grace")
    page.click("[data-sign-out] button")
    assert page.url == f"{server}/en/sign-in"


def test_the_strip_holds_its_place_from_the_first_paint(chrome: Browser, server: str) -> None:
    heights = []
    for scripts in (False, True):
        page = chrome.new_context(java_script_enabled=scripts, service_workers="block").new_page()
        page.goto(f"{server}/en/sign-in", wait_until="networkidle")
        heights.append(page.locator("#content").bounding_box()["y"])  # type: ignore[index]
    assert heights[0] == heights[1] > 0


def test_an_answer_of_ours_is_put_in(page: Page, server: str) -> None:
    page.goto(f"{server}/en/probe/good")
    page.click("#ask")
    expect(page.locator("#answer")).to_have_text("after")
    expect(page.locator("#htmx-problem")).to_have_count(0)


def test_a_dead_server_is_told_and_can_be_tried_again(page: Page, server: str) -> None:
    page.goto(f"{server}/zh/probe/good", wait_until="networkidle")
    page.route("**/answer/*", lambda route: route.abort("connectionrefused"))
    page.click("#ask")
    notice = page.locator("#htmx-problem")
    expect(notice).to_contain_text("没有网络连接")
    expect(notice).to_contain_text("没有任何改动。")
    expect(page.locator("#answer")).to_have_text("before")
    page.unroute("**/answer/*")
    notice.get_by_role("button", name="重试").click()
    expect(page.locator("#answer")).to_have_text("after")
    expect(notice).to_be_hidden()


def test_a_portals_page_is_never_put_into_ours(page: Page, server: str) -> None:
    page.goto(f"{server}/en/probe/good", wait_until="networkidle")
    page.route(
        "**/answer/*",
        lambda route: route.fulfill(status=200, content_type="text/html", body="<h1>Buy airtime</h1>"),
    )
    page.click("#ask")
    expect(page.locator("#htmx-problem")).to_contain_text("No connection")
    expect(page.locator("#answer")).to_have_text("before")


def test_a_refusal_of_ours_is_told_in_our_words(page: Page, server: str) -> None:
    page.goto(f"{server}/en/probe/refused", wait_until="networkidle")
    page.click("#ask")
    notice = page.locator("#htmx-problem")
    expect(notice).to_contain_text("The record was not accepted.")
    expect(notice).to_contain_text("Load the page again")
    expect(notice.get_by_role("button")).to_have_count(0)
