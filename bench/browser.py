"""Chromium as a slow tablet: a profile that is signed in and otherwise empty, slow processor, slow line, and what its pages tell of time and bytes."""

import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright
from servers import Visitor

SLOW_DOWN = 4
SETTLE_MS = 4000
READY = "() => performance.getEntriesByName('register:ready').length > 0"
TIMES = """() => ({
  ready_s: performance.getEntriesByName('register:ready')[0].startTime / 1000,
  first_paint_s: (performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0) / 1000,
})"""
TAKE_ALONG = """async (url) => {
  await navigator.serviceWorker.ready;
  const { prepare } = await import(`/static/${document.body.dataset.build}/js/lib/worker.js`);
  return (await prepare([url], "bench")).failed;
}"""
WATCH_TAPS = """() => {
  globalThis.benchTaps = [];
  addEventListener("click", ({ target, timeStamp }) => {
    const row = target.closest("li[data-record]");
    const before = row?.dataset.status;
    const watch = new MutationObserver(() => {
      if (row.dataset.status === before) return;
      watch.disconnect();
      const tick = performance.now() - timeStamp;
      requestAnimationFrame(() => setTimeout(() => globalThis.benchTaps.push([tick, performance.now() - timeStamp])));
    });
    if (row) watch.observe(row, { attributes: true, attributeFilter: ["data-status"] });
  }, { capture: true });
}"""


@dataclass(frozen=True)
class Line:
    """A radio link as the developer tools make it: `rtt_ms` is added to each request, `kbit` a second up and down."""

    rtt_ms: int
    kbit: int


class Tablet:
    """A page of a signed-in, otherwise empty profile on a processor four times slower."""

    def __init__(self, browser: Browser, visitor: Visitor) -> None:
        self.context: BrowserContext = browser.new_context(viewport={"width": 600, "height": 960})
        for cookie in visitor.cookies:
            self.context.add_cookies(
                [{"name": cookie.name, "value": cookie.value or "", "domain": "127.0.0.1", "path": "/"}]
            )
        self.page: Page = self.context.new_page()
        self._tools: CDPSession = self.context.new_cdp_session(self.page)
        self._tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_DOWN})
        self._tools.send("Network.enable")
        self._seen: dict[str, dict[str, Any]] = {}
        self._tools.on("Network.requestWillBeSent", self._sent)
        self._tools.on("Network.loadingFinished", self._finished)

    def on_line(self, line: Line) -> None:
        speed = line.kbit * 125
        conditions = {"offline": False, "latency": line.rtt_ms}
        self._tools.send(
            "Network.emulateNetworkConditions",
            conditions | {"downloadThroughput": speed, "uploadThroughput": speed},
        )

    def open(self, url: str) -> dict[str, float]:
        """Seconds until the first paint and until the register's script has taken over; requests begun and bytes come until then."""
        self._seen.clear()
        self.page.goto(url, wait_until="commit", timeout=120_000)
        self.page.wait_for_function(READY, timeout=120_000)
        found: dict[str, float] = self.page.evaluate(TIMES)
        asked = list(self._seen.values())
        # Everything the page asked for before it was ready, whether or not it has come: the rest is on its way too.
        self.page.wait_for_load_state("networkidle", timeout=120_000)
        begun = asked[0]["at"]
        before = [each for each in asked if each["at"] - begun <= found["ready_s"]]
        return found | {
            "requests": len(before),
            "bytes": sum(each["bytes"] for each in before),
            "requests_in_all": len(self._seen),
            "bytes_in_all": sum(each["bytes"] for each in self._seen.values()),
        }

    def take_along(self, url: str) -> None:
        """As the button on the class page does: the worker fetches the page and holds it."""
        if failed := self.page.evaluate(TAKE_ALONG, url):
            raise RuntimeError(f"not held: {failed}")

    def tap_all(self) -> list[tuple[float, float]]:
        """Mark everybody, one after another: milliseconds from the tap to the tick, and to the frame that shows it."""
        self.page.evaluate(WATCH_TAPS)
        rows = self.page.locator("li[data-record]")
        for index in range(rows.count()):
            rows.nth(index).locator("button[name=status]:visible").first.click()
            self.page.wait_for_function("n => globalThis.benchTaps.length === n", arg=index + 1)
        taps: list[tuple[float, float]] = self.page.evaluate("globalThis.benchTaps")
        return taps

    def settle(self) -> None:
        """Wait until nothing is on its way any more, the worker's own requests and the exchange included."""
        self.page.wait_for_timeout(SETTLE_MS)

    def close(self) -> None:
        self.context.close()

    def _sent(self, event: dict[str, Any]) -> None:
        self._seen[event["requestId"]] = {"at": event["timestamp"], "bytes": 0}

    def _finished(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._seen:
            self._seen[event["requestId"]]["bytes"] = int(event["encodedDataLength"])


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, or Playwright's own."""
    with sync_playwright() as playwright:
        names = ("chromium", "chromium-browser", "google-chrome")
        path = next((found for name in names if (found := shutil.which(name))), None)
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            browser.close()


def percentile(values: list[float], share: int) -> float:
    """The value that `share` of 100 do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]
