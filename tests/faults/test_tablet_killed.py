"""The tablet dies: between tap and commit, between commit and tick, after sending, after each of 40 taps, and by a power cut.

A real browser on a real register; SIGKILL for all of its processes. What showed its tick is there when it is opened again, once.
"""

import random
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import at_work as work
from tests.browser.conftest import Tablet
from tests.browser.lossy_line import LossyLine
from tests.browser.servers import TRAINEES, TwoSites
from tests.faults.conftest import Figures
from tests.faults.patience import eventually, removed

pytestmark = pytest.mark.browser
Chromium = Callable[..., Tablet]
STATUSES = ("present", "absent", "late", "excused")
CUTS = 6

# The next write to the store of ops is kept open for ever: its transaction never completes.
STALL = """() => {
  const add = IDBObjectStore.prototype.add;
  IDBObjectStore.prototype.add = function (...given) {
    const request = add.apply(this, given);
    const again = () => { globalThis.stalled = true; this.count().onsuccess = again; };
    if (this.name === "ops") request.addEventListener("success", again);
    return request;
  };
}"""
# The page never hears that an op's transaction completed.
DEAF = """() => {
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    const tx = begin.call(this, stores, mode, options);
    if (mode === "readwrite" && [stores].flat().includes("ops")) Object.defineProperty(tx, "oncomplete", { set() {} });
    return tx;
  };
}"""
STORED = """() => new Promise((resolve) => {
  const request = indexedDB.open("luban");
  request.onsuccess = () => {
    const all = request.result.transaction("ops").objectStore("ops").getAll();
    all.onsuccess = () => { resolve(all.result.map(({ ep, part, seq, op, cells }) => [ep, part, seq, op, cells])); request.result.close(); };
  };
})"""


@pytest.fixture
def tablet(chromium: Chromium, two_sites: TwoSites) -> Tablet:
    """Prepared for the class, closed again."""
    made = chromium("one")
    work.ready_tablet(made.open(None, viewport=work.WIDE), two_sites.workshop)
    return made


def register(tablet: Tablet, sites: TwoSites) -> Page:
    """Open the register, on a new browser if there is none."""
    page = (
        tablet.open(work.register_url(sites.workshop.url), viewport=work.WIDE)
        if tablet.context is None
        else tablet.context.pages[0]
    )
    if not page.url.endswith("/register/T01/1"):
        page.goto(work.register_url(sites.workshop.url))
    page.wait_for_selector('li[data-record="attendance"]')
    return page


def ops(page: Page) -> list[Any]:
    return list(page.evaluate(STORED))


def tap(page: Page, trainee: str, status: str) -> None:
    """A tap, without waiting for what comes of it."""
    work.row(page, trainee).locator(f".marks button[value={status}]").click()


def shown(page: Page) -> dict[str, str]:
    return {trainee: status for trainee, (status, _) in work.marks_shown(page).items() if status != "none"}


def marked(page: Page, number: int) -> None:
    """So many rows show a mark: the page has laid this tablet's ops over what it was served."""
    expect(page.locator("[data-count=none]")).to_have_text(str(len(TRAINEES) - number))


def test_fault_01_tablet_killed_between_tap_and_commit(
    tablet: Tablet, two_sites: TwoSites, figures: Figures
) -> None:
    page = register(tablet, two_sites)
    work.mark(page, "t01", "present")
    page.evaluate(STALL)
    tap(page, "t02", "absent")
    eventually(lambda: page.evaluate("globalThis.stalled"))
    said = shown(page)
    assert said == {"t01": "present"}, "the screen has not said that it is saved"
    tablet.kill()
    page = register(tablet, two_sites)
    marked(page, 1)
    assert shown(page) == {"t01": "present"}
    assert [op[2] for op in ops(page)] == [1]
    figures.did(taps=2, kills=1)
    figures.found(lost=1 - len(shown(page)), said_too_early=len(said) - 1)


def test_fault_02_tablet_killed_after_the_commit_before_the_tick(
    tablet: Tablet, two_sites: TwoSites, figures: Figures
) -> None:
    two_sites.workshop.stop()
    page = register(tablet, two_sites)
    page.evaluate(DEAF)
    tap(page, "t02", "absent")
    eventually(lambda: len(ops(page)) == 1)
    assert shown(page) == {}, "the page has not heard of it"
    tablet.kill()
    page = register(tablet, two_sites)
    marked(page, 1)
    assert shown(page) == {"t02": "absent"}
    assert [op[2] for op in ops(page)] == [1], "once"
    figures.did(taps=1, kills=1)
    figures.found(lost=1 - len(shown(page)), twice=len(ops(page)) - 1)


@pytest.fixture
def line(two_sites: TwoSites) -> Iterator[LossyLine]:
    made = LossyLine(two_sites.workshop.port)
    yield made
    made.close()


def test_fault_03_tablet_killed_after_sending_before_the_answer(
    chromium: Chromium, two_sites: TwoSites, line: LossyLine, figures: Figures
) -> None:
    """The server has committed and answered; the answer is held on the line until the tablet is dead."""
    sites, tablet, dead = two_sites, chromium("one"), threading.Event()
    near = replace(sites.workshop, port=line.port)
    page = tablet.open(None, viewport=work.WIDE)
    device = work.ready_tablet(page, near)
    page.goto(work.register_url(near.url))
    line.on_loss = lambda: dead.wait(30) and None
    line.losing = lambda: bool(work.ops_of(sites.workshop, device))
    work.mark(page, "t01", "present")
    eventually(lambda: work.ops_of(sites.workshop, device), what="nothing was sent")
    assert work.marks_shown(page)["t01"] == ("present", "tablet")
    tablet.kill()
    dead.set()
    line.losing = lambda: False
    held = work.ops_of(sites.workshop, device)
    page = tablet.open(work.register_url(near.url), viewport=work.WIDE)
    eventually(lambda: work.marks_shown(page)["t01"] == ("present", "workshop"), 30)
    assert work.ops_of(sites.workshop, device) == held, "the server stored it once"
    figures.did(taps=1, kills=1)
    stored = work.ops_of(sites.workshop, device)
    figures.found(lost=1 - len(set(stored)), twice=len(stored) - 1)


@pytest.mark.timeout(300)
def test_fault_02_killed_after_each_of_40_taps(tablet: Tablet, two_sites: TwoSites, figures: Figures) -> None:
    """Tap, tick, SIGKILL at once; opened again each time on the same profile, without a network."""
    two_sites.workshop.stop()
    made: dict[str, str] = {}
    for number, trainee in enumerate(TRAINEES):
        page = register(tablet, two_sites)
        marked(page, number)
        assert shown(page) == made
        tap(page, trainee, STATUSES[number % 4])
        work.row(page, trainee).and_(page.locator(f"[data-status={STATUSES[number % 4]}]")).wait_for()
        tablet.kill()
        made[trainee] = STATUSES[number % 4]
    page = register(tablet, two_sites)
    marked(page, len(TRAINEES))
    lost = {t: s for t, s in made.items() if shown(page).get(t) != s}
    stored = ops(page)
    cells = [cell for op in stored for cell in op[4]]
    assert not lost
    assert [op[2] for op in stored] == list(range(1, 41)) and len({op[0] for op in stored}) == 1
    assert sorted(cells) == sorted(f"attendance/T01.1.{trainee}" for trainee in TRAINEES), "one op a tap"
    figures.did(taps=len(made), kills=len(made))
    figures.found(lost=len(lost), twice=len(cells) - len(set(cells)))


def log_of(tablet: Tablet) -> Path:
    """The file that the browser's database appends to."""
    logs = list(tablet.profile.glob("Default/IndexedDB/*.leveldb/*.log"))
    return max(logs, key=lambda path: path.stat().st_mtime_ns)


def test_fault_07_power_cut_on_the_tablet(
    tablet: Tablet, two_sites: TwoSites, tmp_path: Path, figures: Figures
) -> None:
    """What the browser had not synced is cut off at any byte, or is zeros where a file system had only given room. Each op was asked for
    strictly, so its tick means: on the disk. (A wrong checksum in the log is no power cut but a damaged store: fault 22.)
    """
    rng = random.Random(7)
    two_sites.workshop.stop()
    page = register(tablet, two_sites)
    page.evaluate(
        """() => { globalThis.asked = []; const begin = IDBDatabase.prototype.transaction;
          IDBDatabase.prototype.transaction = function (stores, mode, options) {
            const tx = begin.call(this, stores, mode, options);
            if (mode === "readwrite" && [stores].flat().includes("ops")) globalThis.asked.push(tx.durability);
            return tx; }; }"""
    )
    for trainee in TRAINEES[:5]:
        work.mark(page, trainee, "present")
    log, synced = log_of(tablet), log_of(tablet).stat().st_size
    work.mark(page, "t06", "absent")
    assert page.evaluate("globalThis.asked") == ["strict"] * 6
    assert log_of(tablet) == log, "the log was not begun anew meanwhile"
    tablet.kill()
    whole, kept = log.read_bytes(), tmp_path / "as it was"
    assert len(whole) > synced
    shutil.copytree(tablet.profile, kept, symlinks=True)
    lost = 0
    for number in range(CUTS):
        removed(tablet.profile)
        shutil.copytree(kept, tablet.profile, symlinks=True)
        at = (synced, synced, len(whole) - 1)[number] if number < 3 else rng.randrange(synced, len(whole))
        zeros = bytes(len(whole) - at) if number == 1 else b""
        log.write_bytes(whole[:at] + zeros)
        page = register(tablet, two_sites)
        eventually(
            lambda page=page: len(shown(page)) >= 5, what=f"cut {number} at {at} of {synced}..{len(whole)}"
        )
        assert {t: s for t, s in shown(page).items() if t != "t06"} == dict.fromkeys(TRAINEES[:5], "present")
        lost += len(set(TRAINEES[:5]) - set(shown(page)))
        seqs = [op[2] for op in ops(page)]
        assert seqs in ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6])
        work.mark(page, "t07", "late")
        tablet.kill()
    figures.did(power_cuts=CUTS, taps=6)
    figures.found(lost=lost)
