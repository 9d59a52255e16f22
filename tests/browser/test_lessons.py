"""Lessons in a real browser: choices stay, a tapped term is explained where it stands, a kept lesson opens without a network."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from waitress.server import create_server

from tests.browser.conftest import Tablet
from workshop.config import SERVER
from workshop.factory import create_app
from workshop.lessons.store import import_lessons, lesson_list
from workshop.site import Site

pytestmark = pytest.mark.browser

SLUG = "workpiece-coordinates"
Chromium = Callable[[str], Tablet]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    site = Site.create(tmp_path / "mbale", "mbale", "workshop", tz_minutes=180)
    import_lessons(site.folder)
    served = create_server(create_app(site), host="127.0.0.1", port=0, **SERVER)
    thread = threading.Thread(target=served.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.effective_port}"
    served.close()
    site.close()


def test_language_and_pinyin_are_remembered(server: str, chromium: Chromium) -> None:
    tablet = chromium("one")
    page = tablet.open(f"{server}/en/lessons/{SLUG}/")
    page.locator("[data-show=zh].button").click()
    page.locator("[data-pinyin].button").click()
    expect(page.locator(".lesson-en h2").first).to_be_hidden()
    expect(page.locator(".lesson-text rt").first).to_be_visible()
    other = f"{server}/en/lessons/start-stop-circuit/"
    page.goto(other)
    expect(page.locator("[data-lesson]")).to_have_attribute("data-show", "zh")
    expect(page.locator("[data-lesson]")).to_have_attribute("data-pinyin", "on")
    page.goto(f"{other}?show=en")
    expect(page.locator("[data-lesson]")).to_have_attribute("data-show", "en")


def test_a_tapped_term_opens_below_and_closes_back_to_its_place(server: str, chromium: Chromium) -> None:
    page = chromium("one").open(f"{server}/en/lessons/{SLUG}/", viewport={"width": 360, "height": 740})
    term = page.locator("a.lesson-term", has_text="reference return").first
    term.click()
    sheet = page.locator("[data-sheet]")
    expect(sheet).to_contain_text("huí cānkǎodiǎn")
    expect(sheet).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(term).to_be_focused()


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_lesson_scrolls_sideways(server: str, chromium: Chromium, tmp_path: Path, width: int) -> None:
    page = chromium("one").open(viewport={"width": width, "height": 740})
    for manifest in lesson_list(tmp_path / "mbale"):
        for lang in ("en", "zh"):
            page.goto(f"{server}/{lang}/lessons/{manifest.slug}/?pinyin=on")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (manifest.slug, lang)


def test_a_kept_lesson_opens_whole_without_a_network(server: str, chromium: Chromium) -> None:
    tablet = chromium("one")
    page = tablet.open(f"{server}/en/lessons/{SLUG}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.reload()
    page.locator("[data-keep-button]").click()
    expect(page.locator("[data-keep-text]")).to_have_text("Kept on this tablet", timeout=20_000)
    assert tablet.context
    tablet.context.set_offline(True)
    for lang in ("en", "zh"):
        page.goto(f"{server}/{lang}/lessons/{SLUG}/")
        expect(page.locator(".lesson-row").last).to_be_attached()
        assert drawn(page) == 3
    page.goto(f"{server}/zh/lessons/")
    expect(page.locator(f'a[href="/zh/lessons/{SLUG}/"]')).to_be_visible()


def drawn(page: Page) -> int:
    """How many figures of the page have been loaded and drawn."""
    page.wait_for_load_state("load")
    images = page.locator(".lesson-figure img").all()
    return sum(bool(image.evaluate("i => i.complete && i.naturalWidth > 0")) for image in images)
