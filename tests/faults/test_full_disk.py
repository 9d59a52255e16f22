"""The server's disk is full: it says so in words, keeps nothing half, and is read as before; with room again all goes on."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import at_work as work
from tests.browser.conftest import Tablet as Browser
from tests.browser.servers import CLASS, PART, RunningSite, start_site
from tests.faults.conftest import Figures
from tests.faults.door import Door
from tests.faults.holdings import is_sound, rows_in, verified
from tests.faults.patience import eventually
from tests.sync_world import Tablet
from workshop.site import system_clock

OPS = 60


@pytest.fixture
def cramped(seeded_sites: tuple[Path, Path, int], small_disk: Path) -> Iterator[RunningSite]:
    """A workshop with a class of 40 on the small disk, served by a process of its own."""
    running = start_site(Path(shutil.copytree(seeded_sites[1], small_disk / "mbale")))
    yield running
    running.kill()


def fill(disk: Path) -> Path:
    """A file that takes all the room there is."""
    path = disk / "a film"
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return path


@pytest.mark.browser
def test_fault_21_server_disk_full(
    cramped: RunningSite,
    small_disk: Path,
    chromium,
    desk,
    figures: Figures,  # type: ignore[no-untyped-def]
) -> None:
    tablet: Browser = chromium("one")
    page = tablet.open(None, viewport=work.WIDE)
    device = work.ready_tablet(page, cramped)
    office: Page = desk()
    work.sign_in(office, cramped.url, "mukasa")
    page.goto(work.register_url(cramped.url))
    work.mark(page, "t01", "present")
    eventually(lambda: work.marks_shown(page)["t01"][1] == "workshop")

    with work.opened(cramped) as opened:
        here = opened.device
    film = fill(small_disk)
    before = rows_in(cramped.folder, "select count(*) from op_log")
    refused = send_until_refused(cramped, device_of=here)
    assert refused["status"] == 507 and refused["code"] == "disk_full"
    work.mark(page, "t02", "absent")
    expect(page.locator("[data-strip]")).to_contain_text(
        "The server is full. Marks are saved on this tablet", timeout=20_000
    )
    assert work.marks_shown(page)["t02"] == ("absent", "tablet"), "the tablet keeps it and waits"
    for path in (
        "/en/classes",
        f"/zh/classes/{CLASS}",
        f"/en/register/{CLASS}/1",
        "/en/exchange",
        "/en/devices",
    ):
        assert office.goto(cramped.url + path).status == 200, path  # type: ignore[union-attr]
    for lang, words in (
        ("en", "The server's disk is full. Nothing was saved."),
        ("zh", "服务器磁盘已满，本次没有保存。"),
    ):
        assert words in form_refused(office, cramped, lang)
    assert is_sound(cramped.folder)
    half = rows_in(cramped.folder, "select count(*) from op_log")[0][0] - before[0][0] - refused["stored"]
    assert half == 0, "nothing of what was refused is stored"

    film.unlink()
    eventually(lambda: send_again(page, "t02"), 40)
    assert work.marks_stored(cramped)["t02"] == ("absent", None)
    office.goto(f"{cramped.url}/en/register/{CLASS}/1")
    assert [seq for seq, _ in work.ops_of(cramped, device)] == [1, 2]
    cramped.stop()
    assert verified(cramped.folder).faults == []
    figures.did(ops_refused=refused["refused"], pages_read=5)
    lost = 2 - len({"t01", "t02"} & set(work.marks_stored(cramped)))
    figures.found(half_stored=half, lost=lost)


def send_until_refused(site: RunningSite, device_of: str) -> dict[str, int | str]:
    """A strange tablet sends batch after batch into what room the log still had; what came of it."""

    stranger = Tablet("stranger", system_clock)
    door, stored = Door(site.port, device_of, site.process.pid), 0
    for number in range(60):
        for n in range(30):
            stranger.mark(f"p{number}x{n}")
        reply = door.send(stranger)
        if reply.status != 200:
            unsent = sum(len(run.lines) for run in stranger.unsent(device_of))
            return {"status": reply.status, "code": reply.code or "", "stored": stored, "refused": unsent}
        stored += 30
    raise AssertionError("the disk is not full")


def form_refused(office: Page, site: RunningSite, lang: str) -> str:
    """A mark by the plain form, until the log has no room: the page that comes."""
    for _ in range(40):
        office.goto(f"{site.url}/{lang}/register/{CLASS}/1")
        answer = office.request.post(
            f"{site.url}/{lang}/register/{CLASS}/1/mark",
            form={
                "csrf": office.locator("input[name=csrf]").first.get_attribute("value") or "",
                **one_mark(office),
            },
            headers={"Accept": "text/html"},
        )
        if answer.status == 507:
            return re.sub(r"\s+", " ", answer.text()).replace("&#39;", "'")
        assert answer.status in (200, 303), answer.status
    raise AssertionError("the disk is not full")


def one_mark(office: Page) -> dict[str, str]:
    form = office.locator('li[data-record="attendance"] form').first
    fields = form.locator("input[type=hidden]:not([name=csrf])")
    found = {str(f.get_attribute("name")): str(f.get_attribute("value")) for f in fields.all()}
    return found | {"status": "present"}


def send_again(page: Page, trainee: str) -> bool:
    """A person presses "send now" on the tablet's page, as the words say."""
    work.call(page, "sync/client.js", "sendNow")
    return bool(work.marks_shown(page)[trainee][1] == "workshop")


def test_the_small_disk_is_really_full(small_disk: Path) -> None:
    """The tests above would prove nothing on a disk with room."""
    fill(small_disk)
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "more").write_bytes(b"x" * 4096)
    assert os.statvfs(small_disk).f_bavail == 0
    assert PART == "mbale"
