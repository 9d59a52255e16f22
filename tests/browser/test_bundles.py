"""Files by USB stick and chat, from the real pages of both servers and of a tablet: every road there and back, and what the tablet may say."""

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.accessibility.pages import vendored, words_of
from tests.browser import at_work as work
from tests.browser.conftest import Tablet
from tests.browser.servers import RunningSite, TwoSites

pytestmark = pytest.mark.browser
Chromium = Callable[..., Tablet]

AXE = "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
SHARES = """
  window.shared = [];
  navigator.canShare = (data) => data.files.every((file) => file.type === "text/plain" && file.name.endsWith(".txt"));
  navigator.share = async (data) => {
    if (window.refusal) throw new DOMException("no", window.refusal);
    const text = await data.files[0].text();
    window.shared.push({ name: data.files[0].name, title: data.title, text: data.text, content: text });
  };
"""
"""What a system with a share sheet has and Chromium without one lacks; it takes only what Chromium's list of file types lets through."""


def tablet_at_register(chromium: Chromium, site: RunningSite) -> Page:
    """Akello's tablet at the register, enrolled, and now without a network."""
    tablet = chromium("one")
    page = tablet.open(None, viewport=work.WIDE)
    work.enrol(page, site, "Tablet 1")
    work.sign_in(page, site.url, "akello", on_tablet=True)
    work.prepare_class(page, site.url)
    assert tablet.context is not None
    tablet.context.set_offline(True)
    page.goto(work.register_url(site.url))
    return page


def exported(page: Page, url: str, stick: Path) -> Path:
    page.goto(f"{url}/en/tablet")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export to a file").click()
    return saved(waiting.value, stick)


def saved(download: Any, stick: Path) -> Path:
    path = stick / str(download.suggested_filename)
    download.save_as(path)
    return path


def made(page: Page, url: str, stick: Path, button: str = "File with what is new", **query: str) -> Path:
    if url:
        page.goto(f"{url}/en/exchange")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return saved(waiting.value, stick)


def brought(page: Page, url: str, file: Path, lang: str = "en") -> None:
    page.goto(f"{url}/{lang}/exchange")
    page.locator("input[name=file]").set_input_files(file)
    page.locator("form[data-bring] button").click()
    page.wait_for_url("**/exchange/file/*")


def imported(page: Page, file: Path) -> str:
    """What the tablet says of a file that it was given."""
    place = page.locator("[data-where-said]")
    place.evaluate("(place) => { place.textContent = ''; }")
    page.locator("[data-import]").set_input_files(file)
    work.eventually(place.inner_text)
    return place.inner_text()


def places(page: Page) -> tuple[int, int, int]:
    """How many records are (only on the tablet, at the workshop but no further, at the campus), as the tablet's page says."""
    counts = []
    for name in ("waiting", "workshop", "campus"):
        text = page.locator(f"[data-tell={name}]").first.inner_text()
        counts.append(int("".join(c for c in text if c.isdigit()) or "0"))
    return counts[0], counts[1], counts[2]


def test_tablet_to_workshop_to_campus_and_the_answer_all_the_way_back(
    chromium: Chromium, two_sites: TwoSites, desk: Callable[[], Page], tmp_path: Path
) -> None:
    workshop, campus = two_sites.workshop, two_sites.campus
    tablet = tablet_at_register(chromium, workshop)
    for trainee in ("t05", "t06"):
        work.mark(tablet, trainee, "present")
    first = exported(tablet, workshop.url, tmp_path)
    work.eventually(lambda: places(tablet)[0] == 2)
    _, _, known = places(tablet)
    assert first.name.startswith("luban-mbale-Tablet-1-20") and first.name.endswith(".luban")

    akello, wang = desk(), desk()
    work.sign_in(akello, workshop.url, "akello")
    work.sign_in(wang, campus.url, "wang")
    brought(akello, workshop.url, first)
    expect(akello.get_by_text("new records were taken in.")).to_be_visible()
    receipt = made(akello, "", tmp_path, "Receipts for the tablet")
    assert "are known to have arrived" in imported(tablet, receipt)
    work.eventually(lambda: places(tablet)[0] == 0)
    assert places(tablet)[1] >= 2 and places(tablet)[2] == known, "no word of the campus yet"

    # The campus's first file tells the workshop what to seal with; from then on its own are sealed unless somebody says otherwise.
    brought(akello, workshop.url, made(wang, campus.url, tmp_path))
    up = made(akello, workshop.url, tmp_path)
    assert up.name.endswith(".luban.age") and up.read_bytes().startswith(b"age-encryption.org/v1\n")
    assert "is sealed for the home campus" in imported(tablet, up)
    brought(akello, workshop.url, up)
    expect(akello.locator(".error-summary")).to_contain_text("only the home campus can open it")
    brought(wang, campus.url, up)
    expect(wang.get_by_text("encrypted")).to_be_visible()
    answer = made(wang, "", tmp_path, "File for the other side")
    brought(akello, workshop.url, answer)
    akello.goto(f"{workshop.url}/en/exchange")
    expect(akello.get_by_text("The other side has confirmed everything.")).to_be_visible()

    # The very answer that went to the workshop serves the tablet as well.
    assert "Known by this file to be at the home campus" in imported(tablet, answer)
    work.eventually(lambda: places(tablet)[:2] == (0, 0))
    all_of_it = places(tablet)
    assert all_of_it[2] >= 2
    assert imported(tablet, receipt) == "The file is sound, but holds no news for this tablet."
    assert places(tablet) == all_of_it, "an old file takes nothing back"


def test_a_tablet_goes_straight_to_the_campus_and_believes_its_receipt_only(
    chromium: Chromium, two_sites: TwoSites, desk: Callable[[], Page], tmp_path: Path
) -> None:
    workshop, campus = two_sites.workshop, two_sites.campus
    tablet = tablet_at_register(chromium, workshop)
    work.exchange_sites(workshop)  # so that the campus knows the tablet
    work.mark(tablet, "t07", "late")
    file = exported(tablet, workshop.url, tmp_path)
    work.eventually(lambda: places(tablet)[0] == 1)
    wang = desk()
    work.sign_in(wang, campus.url, "wang")
    brought(wang, campus.url, file)
    expect(wang.get_by_text("Tablet 1")).to_be_visible()
    receipt = made(wang, "", tmp_path, "Receipts for the tablet")

    lines = gzip.decompress(receipt.read_bytes()).decode().splitlines()
    forged = json.loads(lines[0])
    for each in forged["receipts"]:
        each["seq"] += 1
    fake = tmp_path / "forged.luban"
    body = json.dumps(forged) + "\n"
    fake.write_bytes(gzip.compress((body + end_of(body)).encode()))
    assert imported(tablet, fake) == "The file is sound, but holds no news for this tablet."
    assert places(tablet)[0] == 1

    assert imported(tablet, receipt) == "Known by this file to be at the home campus: 1 record."
    work.eventually(lambda: places(tablet)[0] == 0)
    tablet.goto(work.register_url(workshop.url))
    work.eventually(lambda: work.marks_shown(tablet)["t07"] == ("late", "campus"))
    assert work.marks_stored(workshop).get("t07") is None, "the workshop has not seen it yet"


def end_of(body: str) -> str:
    return (
        json.dumps({"end": True, "runs": 0, "ops": 0, "sha256": hashlib.sha256(body.encode()).hexdigest()})
        + "\n"
    )


def test_a_file_goes_through_a_chat_app_as_text(
    chromium: Chromium, two_sites: TwoSites, desk: Callable[[], Page], tmp_path: Path
) -> None:
    workshop, campus = two_sites.workshop, two_sites.campus
    tablet = tablet_at_register(chromium, workshop)
    work.mark(tablet, "t08", "excused")
    tablet.goto(f"{workshop.url}/en/tablet")
    button = tablet.get_by_role("button", name="Send by a chat app")
    expect(button).to_be_hidden()
    tablet.add_init_script(SHARES)
    tablet.reload()
    tablet.evaluate("() => { window.refusal = 'AbortError'; }")
    button.click()
    expect(tablet.locator("[data-where-said]")).to_have_text("Not sent. All of it is still here")
    tablet.evaluate("() => { window.refusal = null; }")
    button.click()
    expect(tablet.locator("[data-where-said]")).to_contain_text(
        "handed over in the file luban-mbale-Tablet-1-"
    )
    [shared] = tablet.evaluate("() => window.shared")
    assert shared["name"].endswith(".luban.txt") and "page Exchange" in shared["text"]
    chat = tmp_path / "renamed by the app (1).txt"
    chat.write_bytes(shared["content"].replace("\n", "\r\n").encode())  # as a mail program may do

    akello = desk()
    akello.context.add_init_script(SHARES)
    work.sign_in(akello, workshop.url, "akello")
    brought(akello, workshop.url, chat)
    expect(akello.get_by_text("new record")).to_be_visible()
    assert work.marks_stored(workshop)["t08"] == ("excused", None)
    akello.get_by_role("button", name="Send by a chat app").click()
    expect(akello.locator("[data-said]").first).to_contain_text("handed over")
    [back] = akello.evaluate("() => window.shared")
    reply = tmp_path / "reply.txt"
    reply.write_text(back["content"])
    assert "are known to have arrived" in imported(tablet, reply)
    del campus


def test_without_a_share_sheet_that_works_the_file_is_saved(
    two_sites: TwoSites, desk: Callable[[], Page], tmp_path: Path
) -> None:
    akello = desk()
    akello.context.add_init_script(SHARES)
    work.sign_in(akello, two_sites.workshop.url, "akello")
    akello.goto(f"{two_sites.workshop.url}/en/exchange")
    akello.evaluate("() => { window.refusal = 'DataError'; }")
    file = made(akello, "", tmp_path, "Send by a chat app")
    assert file.name.endswith(".luban.txt") and file.read_text().startswith("-----BEGIN LUBAN BUNDLE-----\n")
    expect(akello.locator("form[data-make] [data-said]")).to_contain_text("among the downloads")


@pytest.mark.parametrize("script", [True, False])
def test_a_long_way_in_is_shown_and_others_read_meanwhile(
    two_sites: TwoSites, playwright: Any, desk: Callable[[], Page], tmp_path: Path, script: bool
) -> None:
    """The writer's lock is held from outside, as a long import would."""
    workshop, campus = two_sites.workshop, two_sites.campus
    wang, akello = desk(), desk()
    work.sign_in(wang, campus.url, "wang")
    work.sign_in(akello, workshop.url, "akello")
    file = made(wang, campus.url, tmp_path)
    if not script:
        browser = akello.context.browser
        assert browser is not None
        bare = browser.new_context(java_script_enabled=False, storage_state=akello.context.storage_state())
        akello = bare.new_page()
    with work.opened(workshop) as here, here.locked():
        brought(akello, workshop.url, file)
        expect(akello.locator("h1")).to_have_text("The file is being taken in")
        expect(akello.locator("progress")).to_be_visible()
        if script:
            akello.evaluate(vendored(Path(__file__).parents[1] / "vendor"))
            assert words_of(akello.evaluate(AXE)) == []
        other = desk()
        other.goto(f"{workshop.url}/en/sign-in")
        expect(other.locator("h1")).to_be_visible()
    expect(akello.locator("h1")).to_have_text("The file is in", timeout=20_000)
