"""Measures the register of forty in real Chromium as a slow tablet sees it. Prints one JSON object.

    python bench/first_page.py [ROUNDS]

First visit with an empty cache, visits with the worker, without a network, and the time from a tap to the tick that says "on disk".
"""

import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from browser import Line, Tablet, chromium, percentile
from meter import circumstances, judged, medians, neat
from playwright.sync_api import Browser
from proxy import Proxy
from servers import Server, Visitor, free_port, served
from workload import CLASSES, PASSWORD, SESSIONS, SESSIONS_MORE, USERNAME, seed

ROUNDS = 3
SLOW, SLOWER = Line(400, 400), Line(800, 120)
REGISTER = f"/en/register/{CLASSES[0]}/{SESSIONS + SESSIONS_MORE}"
KIB = 1024

FIRST_BARS: dict[str, float] = {"bytes": 60 * KIB, "requests": 8, "ready_s": 4}
BARS: dict[str, dict[str, float]] = {
    "first": FIRST_BARS,
    "first_slower": {"ready_s": 15},
    "first_on_a_line": FIRST_BARS,
    "again_with_worker": {"ready_s": 1, "bytes_on_line": 5000},
    "again_prepared": {"ready_s": 1, "bytes_on_line": 5000},
    "offline": {"ready_s": 1},
}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        seeded = seed(Path(folder), free_port())
        workshop = stack.enter_context(served(seeded.workshop))
        visitor = Visitor(workshop.port)
        visitor.sign_in(USERNAME, PASSWORD)
        browser = stack.enter_context(chromium())
        found = [measure(browser, workshop, visitor) for _ in range(rounds)]
    cases = {name: judged(medians([pages[name] for pages, _ in found]), bars) for name, bars in BARS.items()}
    ticks, frames = ([tap[kind] for _, taps in found for tap in taps] for kind in (0, 1))
    firsts = sorted(taps[0][0] for _, taps in found)
    taps = {
        "taps": len(ticks),
        "p50_ms": neat(percentile(ticks, 50)),
        "p95_ms": neat(percentile(ticks, 95)),
        "most_ms": neat(max(ticks)),
        "first_tap_ms": neat(firsts[len(firsts) // 2]),
        "frame_p95_ms": neat(percentile(frames, 95)),
    }
    about = circumstances(load) | {"rounds": rounds, "browser": browser.version}
    result = {"first_page": about, "cases": cases, "tap_to_durable_tick": judged(taps, {"p95_ms": 100})}
    print(json.dumps(result, indent=1))


def measure(
    browser: Browser, workshop: Server, visitor: Visitor
) -> tuple[dict[str, dict[str, float]], list[tuple[float, float]]]:
    """One round: the cases' figures, and (tick, frame) in ms of each tap."""
    cases = {
        "first": first(browser, workshop.port, visitor, SLOW),
        "first_slower": first(browser, workshop.port, visitor, SLOWER),
    }
    # The developer tools slow the page down, not its worker. A proxy slows down both, and opening connections too.
    line = Proxy(free_port(), workshop.port, SLOW.rtt_ms, SLOW.kbit)
    tablet = Tablet(browser, visitor)
    try:
        url = f"http://127.0.0.1:{line.port}{REGISTER}"
        cases["first_on_a_line"] = tablet.open(url)
        tablet.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        tablet.settle()
        cases["first_on_a_line"]["bytes_with_worker"] = line.total()
        cases["again_with_worker"] = again(tablet, url, line)
        tablet.take_along(REGISTER)
        cases["again_prepared"] = again(tablet, url, line)
        taps = tablet.tap_all()
        line.stop()
        found = tablet.open(url)
        cases["offline"] = {name: found[name] for name in ("ready_s", "first_paint_s")}
    finally:
        tablet.close()
        line.stop()
    return cases, taps


def again(tablet: Tablet, url: str, line: Proxy) -> dict[str, float]:
    """A visit with the worker. What it fetches is not the page's own: the line itself is asked for the bytes, both directions."""
    before = line.total()
    found = tablet.open(url)
    tablet.settle()
    times = {name: found[name] for name in ("ready_s", "first_paint_s")}
    return times | {"bytes_on_line": line.total() - before}


def first(browser: Browser, port: int, visitor: Visitor, line: Line) -> dict[str, float]:
    """A first visit with nothing held, the line as the developer tools make it."""
    tablet = Tablet(browser, visitor)
    try:
        tablet.on_line(line)
        return tablet.open(f"http://127.0.0.1:{port}{REGISTER}")
    finally:
        tablet.close()


if __name__ == "__main__":
    main()
