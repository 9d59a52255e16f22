"""Every page, as the people who use it see it, in both languages, narrow and wide: axe finds nothing, nothing scrolls sideways, even with
letters twice as large, targets are large enough for a glove, and the browser complains of nothing."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.accessibility.conftest import Looker
from tests.accessibility.pages import NOT_PAGES, VISITS, Visit, vendored, words_of
from workshop.factory import create_app

pytestmark = pytest.mark.browser

AXE = vendored(Path(__file__).parents[1] / "vendor")
RUN = "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
HTML_LANG = {"en": "en", "zh": "zh-Hans"}
TALL = 6000  # a sticky dock covers rows of a page that is higher than the screen
TARGET_PX = 48

SIDEWAYS = """() => {
  const wide = document.documentElement.scrollWidth;
  if (wide <= innerWidth) return [];
  return [...document.querySelectorAll("body *")]
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest("[data-sideways], .table-wide"))
    .slice(0, 3).map((each) => `${wide} > ${innerWidth}: ${each.outerHTML.slice(0, 120)}`);
}"""

# What stands alone and can be tapped; a link within a sentence, a cell or a list of links is as high as its line.
SMALL_TARGETS = """(least) => {
  const alone = "button, .button, summary, input:not([type=hidden]):not(.vh), select, textarea, nav a, .brand, .lang-switch, .card-link a, .tile";
  const found = [];
  for (const each of document.querySelectorAll(alone)) {
    if (!each.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || each.closest("[hidden], template")) continue;
    const whole = each.matches(".card-link a") ? each.closest(".card-link")
      : each.matches("[type=checkbox], [type=radio]") ? each.closest("label, .choice, td, th, li") ?? each : each;
    const { width, height } = whole.getBoundingClientRect();
    if (width && height && height < least - 0.5) found.push(`${Math.round(width)} x ${Math.round(height)}: ${each.outerHTML.slice(0, 120)}`);
  }
  return found.slice(0, 5);
}"""


def test_every_page_of_the_application_is_looked_at() -> None:
    rules = create_app(None).url_map.iter_rules()
    asked = {rule.endpoint for rule in rules if "GET" in (rule.methods or ())}
    looked_at = {visit.endpoint for visit in VISITS}
    assert asked - looked_at - NOT_PAGES.keys() == set()
    assert NOT_PAGES.keys() - asked == set()
    assert looked_at - asked == {"problem"}


def test_the_checks_see_what_is_wrong(looker: Looker) -> None:
    page = looker.browser.new_page(viewport={"width": 360, "height": 740})
    page.set_content(
        "<html lang=en><title>t</title><main><h1>t</h1><img src='data:,'><button style='height:20px'>Go</button>"
        "<p style='width:900px'>wide</p></main>"
    )
    page.evaluate(AXE)
    assert "image-alt" in str(words_of(page.evaluate(RUN)))
    assert page.evaluate(SMALL_TARGETS, TARGET_PX)
    assert page.evaluate(SIDEWAYS)
    page.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.id)
def test_page(looker: Looker, visit: Visit, lang: str) -> None:
    page = looker.page(visit.site, visit.who)
    page.set_viewport_size({"width": 360, "height": 740})
    looker.complaints.clear()
    answer = page.goto(looker.address(visit, lang))
    assert answer is not None
    assert answer.status == visit.status
    assert page.locator("html").get_attribute("lang") == HTML_LANG[lang]
    if visit.status >= 400:
        looker.complaints[:] = [each for each in looker.complaints if str(visit.status) not in each]

    page.evaluate(AXE)
    found: dict[str, Any] = {}
    for width in (360, 800):
        page.set_viewport_size({"width": width, "height": tall(page)})
        found[f"axe at {width}"] = words_of(page.evaluate(RUN))
        found[f"small at {width}"] = page.evaluate(SMALL_TARGETS, TARGET_PX)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 740})
        found[f"sideways at {width}"] = page.evaluate(SIDEWAYS)
    found["complaints"] = list(looker.complaints)
    wrong = [f"{what}: {word}" for what, words in found.items() for word in words]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.id)
def test_page_with_letters_twice_as_large(looker: Looker, visit: Visit) -> None:
    page = looker.page(visit.site, visit.who, large=True)
    wrong = []
    for lang in ("en", "zh"):
        page.set_viewport_size({"width": 640, "height": 740})
        page.goto(looker.address(visit, lang))
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        for width in (640, 800):
            page.set_viewport_size({"width": width, "height": 740})
            wrong += [f"{lang} {width}: {each}" for each in page.evaluate(SIDEWAYS)]
    assert not wrong, "\n".join(wrong)


def tall(page: Page) -> int:
    """High enough for the whole page, within reason."""
    height: int = page.evaluate("document.documentElement.scrollHeight")
    return min(max(height, 740), TALL)
