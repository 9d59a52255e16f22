"""What the files did, on the page and by command; how far a file is while it comes in; a restored server and its own old file."""

import io
import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from sync import Change, sealed
from tests.integration.conftest import csrf_of
from tests.integration.exchange.conftest import Desk
from tests.integration.exchange.test_files import bring, fetch, total
from tests.integration.exchange.test_status import plain
from tests.integration.simulated import SimulatedTablet
from workshop.admission import SYSTEM
from workshop.backup import restore_backup, write_backup
from workshop.cli import main
from workshop.exchange import files as routes
from workshop.exchange import history, queries
from workshop.site import Site


def test_the_page_tells_what_the_next_file_holds_and_what_the_last_ones_did(
    mbale: Site, campus: Site, desk: Desk, tablet: SimulatedTablet
) -> None:
    akello, wang = desk(mbale, "akello"), desk(campus, "wang")
    for trainee in ("t01", "t02", "t03"):
        tablet.mark(trainee)
    bring(akello, tablet.bundle())
    page = plain(akello.get("/en/exchange").text)
    assert "Tablet 7 3" in page and "Brought in" in page and "3 new of 3 records" in page
    bring(akello, tablet.bundle())
    assert "nothing new in 3 records" in plain(akello.get("/en/exchange").text)
    bring(akello, b"nonsense")
    assert "Not taken in" in plain(akello.get("/en/exchange").text)
    bring(wang, fetch(akello))
    bring(akello, fetch(wang))
    page = plain(akello.get("/en/exchange").text)
    assert "The other side has confirmed everything." in page and "receipts" in page and "Made here" in page
    zh = plain(akello.get("/zh/exchange").text)
    assert "Made here" not in zh and "Not taken in" not in zh


def test_the_same_stick_again_is_told_with_its_day(mbale: Site, desk: Desk, tablet: SimulatedTablet) -> None:
    akello = desk(mbale, "akello")
    tablet.mark("t01")
    bring(akello, tablet.bundle())
    page = plain(bring(akello, tablet.bundle()).text)
    assert "There was nothing new in it. All of it was here already." in page
    assert "This very file was brought in before, on 20" in page


def test_people_who_may_not_carry_see_no_files(mbale: Site, desk: Desk, tablet: SimulatedTablet) -> None:
    tablet.mark("t01")
    bring(desk(mbale, "akello"), tablet.bundle())
    token = queries.files(mbale.db, 1)[0].token
    nabirye = desk(mbale, "nabirye")
    assert "What the last files did" not in nabirye.get("/en/exchange").text
    assert nabirye.get(f"/en/exchange/file/{token}").status_code == 403
    assert desk(mbale, "akello").get("/en/exchange/file/nobody").status_code == 404


def test_a_file_on_its_way_in_is_shown_and_asked_after(
    mbale: Site, desk: Desk, tablet: SimulatedTablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is held, as by another import; the answer comes at once and the page asks again until the file is in."""
    monkeypatch.setattr(routes, "AT_ONCE_S", 0)
    akello = desk(mbale, "akello")
    tablet.mark("t01")
    form = {"csrf": csrf_of(akello, "/en/exchange"), "file": (io.BytesIO(tablet.bundle()), "x.luban")}
    with mbale.locked():
        where = akello.post("/en/exchange/bundle", data=form).location
        page = akello.get(where)
        assert "The file is being taken in" in page.text and 'hx-trigger="every 1s"' in page.text
        assert page.headers["Cache-Control"] == "no-store"
        part = akello.get(where, headers={"HX-Request": "true"})
        assert part.text.lstrip().startswith("<div") and "<progress" in part.text
    deadline = time.monotonic() + 10
    while (part := akello.get(where, headers={"HX-Request": "true"})).status_code != 204:
        assert time.monotonic() < deadline
    assert part.headers["HX-Refresh"] == "true"
    assert "1 new record was taken in." in plain(akello.get(where).text)


def test_the_table_stays_small(mbale: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT", 3)
    for number in range(5):
        row = history.Row(state="refused", at=number, actor="", bytes=1, sha256=str(number)).named("")
        history.note(mbale, row)
    assert [file.at for file in queries.files(mbale.db, 10)] == [4, 3, 2]


def test_the_command_lists_them(mbale: Site, campus: Site, tmp_path: Path) -> None:
    run = CliRunner()
    assert run.invoke(main, ["--data", str(mbale.folder), "bundle", "list"]).output == "none\n"
    run.invoke(main, ["--data", str(mbale.folder), "bundle", "export", str(tmp_path / "a.luban")])
    told = run.invoke(main, ["--data", str(campus.folder), "bundle", "import", str(tmp_path / "a.luban")])
    assert told.exit_code == 0
    listed = json.loads(
        run.invoke(main, ["--data", str(campus.folder), "bundle", "list", "--format", "json"]).output
    )["files"]
    assert [(file["state"], file["from"]) for file in listed] == [("taken", mbale.device)]
    assert "written" in run.invoke(main, ["--data", str(mbale.folder), "bundle", "list"]).output


def test_a_restored_server_takes_its_own_old_file_back(mbale: Site, campus: Site, tmp_path: Path) -> None:
    """What it wrote after the backup is on the stick; it begins a new epoch, and a second time the file is told to be its own."""
    write_backup(mbale, tmp_path / "mbale.backup")
    mbale.record(actor=SYSTEM, intent="staff.add", changes=[Change("staff", "slate", {"name_en": "Late"})])
    stick, run = tmp_path / "own.luban", CliRunner()
    run.invoke(main, ["--data", str(mbale.folder), "bundle", "export", str(stick)])
    restore_backup(tmp_path / "mbale.backup", tmp_path / "restored")
    again = run.invoke(main, ["--data", str(tmp_path / "restored"), "bundle", "import", str(stick)])
    assert again.exit_code == 0 and " 1 new of " in again.output
    twice = run.invoke(main, ["--data", str(tmp_path / "restored"), "bundle", "import", str(stick)])
    assert twice.exit_code == 1 and "bundle_own" in twice.output
    restored = Site(tmp_path / "restored")
    assert restored.db.execute("select name_en from rm_staff where id = 'slate'").fetchone()[0] == "Late"
    assert total(restored) == total(mbale)
    restored.close()


def test_a_chat_app_gets_text_and_names_tell_no_person(mbale: Site, desk: Desk, campus: Site) -> None:
    akello = desk(mbale, "akello")
    answer = akello.get("/en/exchange/bundle.luban?text=1", buffered=True)
    assert answer.mimetype == "text/plain" and answer.data.startswith(sealed.TEXT_START)
    assert answer.data.isascii() and max(map(len, answer.data.splitlines())) <= 64
    name = answer.headers["Content-Disposition"].split("filename=")[1].strip('"')
    assert name.startswith("luban-mbale-20") and name.endswith(".luban.txt")
    assert "akello" not in name.lower()
    assert "new records were taken in." in plain(bring(desk(campus, "wang"), answer.data).text)
