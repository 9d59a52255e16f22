"""Files that only the campus opens: its key made at first need and kept, its public half known to the workshops, the seal by page and command."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sync import Change, sealed
from sync.bundle import check_bundle
from tests.integration.exchange.conftest import Desk, meet
from tests.integration.exchange.test_files import bring, fetch, total
from tests.integration.exchange.test_status import counts, plain
from workshop.admission import SYSTEM
from workshop.backup import restore_backup, write_backup
from workshop.cli import main
from workshop.exchange import queries, sealing
from workshop.exchange.problems import problems
from workshop.folder import SEAL_KEY
from workshop.setup import begin_campus
from workshop.site import Site


def command(site: Site, *words: str) -> Result:
    return CliRunner().invoke(main, ["--data", str(site.folder), "bundle", *words])


@pytest.fixture
def known(mbale: Site, campus: Site) -> str:
    """The campus's public half, which the workshop has heard of."""
    recipient = sealing.publish_recipient(campus)
    meet(mbale, campus)
    assert recipient is not None
    return recipient


def test_the_campuss_first_file_makes_its_key_and_tells_the_workshop(
    mbale: Site, campus: Site, desk: Desk
) -> None:
    assert not (campus.folder / SEAL_KEY).exists()
    assert "It can be encrypted as soon as" in plain(desk(mbale, "akello").get("/en/exchange").text)
    file = fetch(desk(campus, "wang"))
    assert stat.S_IMODE((campus.folder / SEAL_KEY).stat().st_mode) == 0o600
    secret = (campus.folder / SEAL_KEY).read_text().strip()
    bring(desk(mbale, "akello"), file)
    assert queries.recipient(mbale.db) == sealed.recipient_of(secret)
    assert secret not in "".join(str(row) for row in mbale.db.execute("select body from op_log").fetchall())
    assert not (mbale.folder / SEAL_KEY).exists()


def test_the_key_is_stated_once_and_stays(campus: Site) -> None:
    first = sealing.publish_recipient(campus)
    before = total(campus)
    assert sealing.publish_recipient(campus) == first and total(campus) == before


def test_a_new_key_after_a_loss_takes_the_old_ones_place(mbale: Site, campus: Site, known: str) -> None:
    (campus.folder / SEAL_KEY).unlink()
    new = sealing.publish_recipient(campus)
    meet(mbale, campus)
    assert new != known and queries.recipient(mbale.db) == new
    assert mbale.db.execute("select count(*) from rm_conflict where type = 'site'").fetchone()[0] == 0


def test_a_sealed_file_goes_in_at_the_campus_and_nowhere_else(
    mbale: Site, campus: Site, desk: Desk, known: str
) -> None:
    akello, wang = desk(mbale, "akello"), desk(campus, "wang")
    mbale.record(actor=SYSTEM, intent="staff.add", changes=[Change("staff", "snew", {"name_en": "New"})])
    page = akello.get("/en/exchange").text
    assert "Only the home campus" in page and 'name="seal" value="1" id="f-seal" checked' in page
    answer = akello.get("/en/exchange/bundle.luban?seal=0&seal=1", buffered=True)
    assert answer.data.startswith(sealed.AGE_START) and ".luban.age" in answer.headers["Content-Disposition"]
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert not fetch(akello, seal="0").startswith(sealed.AGE_START)
    back = bring(akello, answer.data)
    assert back.status_code == 422 and problems["bundle_sealed"].what in back.text
    taken = plain(bring(wang, answer.data).text)
    assert "New here 1" in taken and "encrypted" in taken
    bring(akello, fetch(wang))
    assert counts(mbale)[1] == 0


def test_sealed_files_that_were_damaged_or_are_for_another_campus_are_refused_whole(
    mbale: Site, campus: Site, desk: Desk, known: str, tmp_path: Path
) -> None:
    wang, akello = desk(campus, "wang"), desk(mbale, "akello")
    good, before = fetch(akello, seal="1"), total(campus)
    flipped = good[:-40] + bytes([good[-40] ^ 1]) + good[-39:]
    for bad, code in (
        (flipped, "bundle_damaged"),
        (good[:-9], "bundle_damaged"),
        (good[:60], "bundle_damaged"),
    ):
        answer = bring(wang, bad)
        assert answer.status_code == 422 and problems[code].what in answer.text
    with (campus.folder / SEAL_KEY).open("w") as file:
        file.write(sealed.new_identity())
    answer = bring(wang, good)
    assert answer.status_code == 422 and problems["bundle_sealed_other"].what in answer.text
    (campus.folder / SEAL_KEY).write_text("nonsense")
    assert problems["seal_key_damaged"].what in bring(wang, good).text
    assert total(campus) == before
    assert [path.name for path in campus.folder.iterdir() if path.is_dir()] in ([], ["lessons"])


def test_without_the_campuss_word_nothing_is_sealed(mbale: Site, campus: Site, desk: Desk) -> None:
    for client in (desk(mbale, "akello"), desk(campus, "wang")):
        answer = client.get("/en/exchange/bundle.luban?seal=1")
        assert answer.status_code == 422 and problems["no_seal_key"].what in answer.text
    told = command(mbale, "export", str(mbale.folder / "x.luban"), "--seal")
    assert told.exit_code == 1 and "no_seal_key" in told.output
    assert not (mbale.folder / "x.luban").exists()


def test_by_command(mbale: Site, campus: Site, known: str, tmp_path: Path) -> None:
    mbale.record(actor=SYSTEM, intent="staff.add", changes=[Change("staff", "snew", {"name_en": "New"})])
    file, text = tmp_path / "up.luban.age", tmp_path / "up.txt"
    told = command(mbale, "export", str(file), "--seal")
    assert told.exit_code == 0 and "sealed for the campus" in told.output
    assert command(mbale, "export", str(text), "--seal", "--text").exit_code == 0
    assert text.read_text().startswith("-----BEGIN AGE ENCRYPTED FILE-----\n")
    assert command(mbale, "import", str(file)).exit_code == 1
    taken = json.loads(command(campus, "import", str(text), "--format", "json").output)
    assert taken["taken"] > 0 and taken["sealed"]
    again = command(campus, "import", str(file))
    assert again.exit_code == 0 and f"0 new of {taken['ops']} ops; all was here already" in again.output
    assert command(campus, "seal-key").output.strip() == known == command(mbale, "seal-key").output.strip()


def test_any_age_program_with_the_key_opens_it(mbale: Site, campus: Site, known: str, tmp_path: Path) -> None:
    """The file is age's own format with nothing of ours around it."""
    import pyrage

    file = tmp_path / "up.age"
    command(mbale, "export", str(file), "--seal")
    key = pyrage.x25519.Identity.from_str((campus.folder / SEAL_KEY).read_text().strip())
    (tmp_path / "open").write_bytes(pyrage.decrypt(file.read_bytes(), [key]))
    assert check_bundle(tmp_path / "open")[0].device == mbale.device


def test_the_key_is_in_the_backup(mbale: Site, campus: Site, known: str, tmp_path: Path) -> None:
    write_backup(campus, tmp_path / "campus.backup")
    restore_backup(tmp_path / "campus.backup", tmp_path / "restored")
    assert (tmp_path / "restored" / SEAL_KEY).read_text() == (campus.folder / SEAL_KEY).read_text()
    assert stat.S_IMODE((tmp_path / "restored" / SEAL_KEY).stat().st_mode) == 0o600


def test_a_file_of_another_campus_is_refused_whole(
    mbale: Site, campus: Site, desk: Desk, tmp_path: Path
) -> None:
    """The same codes, the same parts: only the root of trust tells them apart."""
    other = Site.create(tmp_path / "other", "tianjin", "campus", tz_minutes=480, clock=campus.now)
    begin_campus(other, "Another", "别的")
    theirs = Site.create(tmp_path / "their-mbale", "mbale", "workshop", root=other.device, clock=campus.now)
    file = tmp_path / "theirs.luban"
    assert command(theirs, "export", str(file)).exit_code == 0
    before = total(mbale), total(campus)
    for site, name in ((mbale, "akello"), (campus, "wang")):
        for lang, words in (("en", problems["bundle_other_campus"].what), ("zh", "另一所国内院校")):
            answer = bring(desk(site, name), file.read_bytes(), lang)
            assert answer.status_code == 422 and words in answer.text
    assert before == (total(mbale), total(campus))
    other.close()
    theirs.close()
