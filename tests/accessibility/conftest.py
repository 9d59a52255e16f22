"""One browser, and one signed-in context for each person, over the demonstration's two servers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.accessibility.pages import Visit, facts_of, roster_file
from tests.browser.at_work import sign_in
from tests.browser.conftest import chromium_path
from tests.browser.demo import Demo, demo_built, demo_read

__all__ = ["demo_built", "demo_read"]


LARGE = "--blink-settings=defaultFontSize=32,defaultFixedFontSize=26"


@dataclass
class Looker:
    """Opens pages as anybody of the demonstration and keeps what the browser complained about. `large`: a browser whose letters
    are twice as large, as its settings allow."""

    browser: Browser
    large: Browser
    demo: Demo
    facts: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    _pages: dict[tuple[str, str | None, bool], Page] = field(default_factory=dict)

    def page(self, site: str, who: str | None, *, large: bool = False) -> Page:
        """The one page of this person in that browser; signed in at the first call."""
        key = (site, who, large)
        if key not in self._pages:
            state = self.page(site, who).context.storage_state() if large else None
            page = self._new_page(self.large if large else self.browser, state)
            self._listen(page, self.demo.site(site).url)
            if who and not large:
                sign_in(page, self.demo.site(site).url, who, self.demo.password(who))
            self._pages[key] = page
        return self._pages[key]

    def address(self, visit: Visit, lang: str) -> str:
        return f"{self.demo.site(visit.site).url}/{lang}{visit.path.format(**self.facts)}"

    def close(self) -> None:
        self.browser.close()
        self.large.close()

    def _new_page(self, browser: Browser, state: Any) -> Page:
        context = browser.new_context(
            service_workers="block", timezone_id="Africa/Kampala", storage_state=state
        )
        return context.new_page()

    def _listen(self, page: Page, own: str) -> None:
        page.on("console", lambda said: self._note(said.type == "error", f"console: {said.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", lambda asked: self._note(_is_foreign(asked.url, own), f"foreign: {asked.url}"))

    def _note(self, wrong: bool, text: str) -> None:
        if wrong:
            self.complaints.append(text)


def _is_foreign(url: str, own: str) -> bool:
    return not url.startswith((f"{own}/", "data:", "blob:"))


@pytest.fixture(scope="session")
def looker(playwright: Playwright, demo_read: Demo) -> Iterator[Looker]:
    def launch(*more: str) -> Browser:
        args = ["--no-sandbox", "--disable-dev-shm-usage", *more]
        return playwright.chromium.launch(executable_path=chromium_path(), args=args)

    eyes = Looker(launch(), launch(LARGE), demo_read)
    eyes.facts |= facts_of(demo_read.sites.workshop.folder, demo_read.told)
    eyes.facts |= {"upload": _uploaded(eyes), "batch": _proposed(eyes), "brought": _brought(eyes)}
    yield eyes
    eyes.close()


def _brought(eyes: Looker) -> str:
    """A file of the campus, brought in at the workshop."""
    url = eyes.demo.site("campus").url
    made = eyes.page("campus", "wang").request.get(f"{url}/en/exchange/bundle.luban?site=mbale")
    page = eyes.page("workshop", "wandera")
    page.goto(f"{eyes.demo.site('workshop').url}/en/exchange")
    file: Any = {"name": "campus.luban", "mimeType": "application/gzip", "buffer": made.body()}
    page.locator("input[name=file]").set_input_files(file)
    page.locator("form[data-bring] button").click()
    page.wait_for_url("**/exchange/file/*")
    return page.url.rpartition("/")[2]


def _uploaded(eyes: Looker) -> str:
    """A list that was brought and not taken yet."""
    page = eyes.page("workshop", "wandera")
    page.goto(f"{eyes.demo.sites.workshop.url}/en/roster")
    file: Any = {"name": "list.xlsx", "mimeType": "application/octet-stream", "buffer": roster_file()}
    page.locator("input[name=file]").set_input_files(file)
    page.locator("form[action$='/upload'] button[type=submit]").click()
    page.wait_for_url("**/roster/upload/*")
    return page.url.rpartition("/")[2]


def _proposed(eyes: Looker) -> str:
    """Certificates that were proposed and wait for approval."""
    page = eyes.page("workshop", "akello")
    page.goto(f"{eyes.demo.sites.workshop.url}/en/certificates/class/{eyes.facts['tested_class']}")
    page.locator("form[action$='/propose'] button[type=submit]").click()
    page.wait_for_url("**/certificates/b*")
    return page.url.rpartition("/")[2].partition("?")[0]
