"""What people do with a tablet on the real pages of a running site, and what the databases of both sites say about it. No assertions
but those without which the next step would make no sense."""

import contextlib
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as TooLong

from tests.browser.servers import CLASS, PASSWORD, RunningSite
from workshop.admission import SYSTEM
from workshop.devices import commands as devices
from workshop.exchange import background
from workshop.site import Site

CALL = """async ([file, name, args]) => {
  const module = await import(`/static/${document.body.dataset.build}/js/${file}`);
  return module[name](...args);
}"""
SMALL = {"width": 360, "height": 740}
WIDE = {"width": 800, "height": 1100}
STATUSES = ("present", "late", "excused", "absent", "none")


def call(page: Page, file: str, name: str, *args: Any) -> Any:
    """What an exported function of one of the page's modules gives."""
    return page.evaluate(CALL, [file, name, list(args)])


def eventually(check: Callable[[], Any], seconds: float = 10, what: str = "it did not happen in time") -> Any:
    """The first true value of `check`."""
    deadline = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return value


def sign_in(
    page: Page, url: str, username: str, password: str = PASSWORD, lang: str = "en", on_tablet: bool = False
) -> None:
    """By the form. `on_tablet`: only once the enrolled tablet's script has taken the form over, which binds the person to it."""
    form = page.locator("form[data-sign-in=tablet]" if on_tablet else "form[data-sign-in]")
    for _ in range(4):
        page.goto(f"{url}/{lang}/sign-in")
        # Where an answer takes longer than the worker's four seconds, its stand-in comes: a person loads the page again.
        with contextlib.suppress(TooLong):
            form.wait_for(timeout=8_000)
            break
    page.fill("#f-username", username)
    page.fill("#f-password", password)
    page.click("form[data-sign-in] button")
    page.wait_for_url(f"{url}/{lang}/")


def enrol(page: Page, site: RunningSite, name: str = "Tablet 1") -> str:
    """The tablet asks, an administrator compares the code and approves, the tablet hears of it. Gives the device's id."""
    if not page.url.startswith(site.url):
        page.goto(f"{site.url}/en/sign-in")
    asked = page.evaluate(
        """async (name) => {
          const { enrolDevice } = await import(`/static/${document.body.dataset.build}/js/lib/device.js`);
          const { id, code } = await enrolDevice(name);
          return { id, code };
        }""",
        name,
    )
    with opened(site) as here:
        devices.approve(here, asked["id"], asked["code"], SYSTEM)
    eventually(lambda: call(page, "lib/device.js", "pollEnrolment")["state"] == "enrolled")
    return str(asked["id"])


def ready_tablet(page: Page, site: RunningSite, username: str = "akello", lang: str = "en") -> str:
    """An enrolled tablet with one person signed in on it and the class prepared for work without a network."""
    device = enrol(page, site)
    sign_in(page, site.url, username, lang=lang, on_tablet=True)
    prepare_class(page, site.url, lang)
    return device


def prepare_class(page: Page, url: str, lang: str = "en", class_id: str = CLASS) -> None:
    page.goto(f"{url}/{lang}/classes/{class_id}")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.locator("[data-prepare]").click()
    expect(page.locator("[data-prepare-said]")).to_contain_text(
        "without a network" if lang == "en" else "没有网络", timeout=20_000
    )


def register_url(url: str, number: int = 1, lang: str = "en") -> str:
    return f"{url}/{lang}/register/{CLASS}/{number}"


def row(page: Page, trainee: str, number: int = 1) -> Any:
    return row_of(page, f"{CLASS}.{number}.{trainee}")


def marks_shown(page: Page) -> dict[str, tuple[str, str]]:
    """{trainee: (status, where it is)} as the rows say."""
    rows = page.evaluate(
        """() => [...document.querySelectorAll('li[data-record="attendance"]')]
          .map(({ dataset }) => [dataset.id, dataset.status, dataset.at ?? ''])"""
    )
    return {id_.split(".")[2]: (status, at) for id_, status, at in rows}


def counts_shown(page: Page) -> dict[str, int]:
    return {status: int(page.locator(f"[data-count={status}]").inner_text()) for status in STATUSES}


def counted(marks: dict[str, tuple[str, str]]) -> dict[str, int]:
    found = Counter(status for status, _ in marks.values())
    return {status: found[status] for status in STATUSES}


def mark(page: Page, trainee: str, status: str, number: int = 1) -> None:
    """One tap where the screen has the four buttons, else as often as the wide button needs; waits for the tick."""
    line = row(page, trainee, number)
    button = line.locator(f".marks button[value={status}]")
    if button.is_visible():
        button.click()
    else:
        while line.get_attribute("data-status") != status:
            before = line.get_attribute("data-status") or ""
            line.locator("[data-cycle-button]").click()
            expect(line).not_to_have_attribute("data-status", before)
    expect(line).to_have_attribute("data-status", status)


def mark_late(page: Page, trainee: str, minutes: int, number: int = 1) -> None:
    line = row(page, trainee, number)
    line.locator("[data-more]").click()
    page.locator(f"dialog#sheet button[name=minutes][value='{minutes}']").click()
    expect(line).to_have_attribute("data-status", "late")


def mark_from_sheet(page: Page, trainee: str, status: str, number: int = 1) -> None:
    """A rare state; on a wide screen it has a button of its own."""
    line = row(page, trainee, number)
    if line.locator(f".marks button[value={status}]").is_visible():
        mark(page, trainee, status, number)
        return
    line.locator("[data-more]").click()
    page.locator(f"dialog#sheet .marks button[value={status}]").click()
    expect(line).to_have_attribute("data-status", status)


@contextlib.contextmanager
def opened(site: RunningSite) -> Iterator[Site]:
    """The same folder opened beside the server, as the command line does."""
    here = Site(site.folder)
    try:
        yield here
    finally:
        here.close()


def rows_in(folder: Path, sql: str, *values: Any) -> list[Any]:
    """Rows of a site's database, read beside the running server."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'site.db'}?mode=ro", uri=True)) as db:
        return db.execute(sql, values).fetchall()


def marks_stored(site: RunningSite, number: int = 1) -> dict[str, tuple[str, int | None]]:
    """{trainee: (status, minutes)} in the site's read model."""
    sql = "select trainee_id, status, minutes from rm_attendance where class_id = ? and number = ? and status is not null"
    return {t: (status, minutes) for t, status, minutes in rows_in(site.folder, sql, CLASS, str(number))}


def ops_of(site: RunningSite, device: str) -> list[tuple[int, str]]:
    """(seq, header hash) of each op of a device that the site holds, once for each time it holds it."""
    sql = "select l.seq, l.header from op_log l join op_chain c on c.id = l.chain where c.device = ? order by l.seq"
    return rows_in(site.folder, sql, device)


def intents(site: RunningSite, device: str) -> list[str]:
    return [json.loads(header)["intent"] for _, header in ops_of(site, device)]


def exchange_sites(workshop: RunningSite) -> None:
    """One exchange of the workshop with its campus, as `workshop sync` makes it."""
    with opened(workshop) as here:
        for peer in background.peers(here):
            background.exchange_with(here, peer.address)


def exchange_now(page: Page, url: str) -> None:
    """The workshop's page Exchange, its button, and the words that it went well."""
    page.goto(f"{url}/en/exchange")
    page.get_by_role("button", name="Exchange now").click()
    expect(page.get_by_text("Exchanged just now.")).to_be_visible(timeout=20_000)


def row_of(page: Page, record: str) -> Any:
    """One person's row of a register by the id of the mark."""
    return page.locator(f'li[data-record="attendance"][data-id="{record}"]')


def newest(page: Page) -> Page:
    """A prepared page is shown at once and refreshed behind: take the newer one when the page offers it."""
    if page.locator("[data-newer]").is_visible():
        page.reload()
    return page
