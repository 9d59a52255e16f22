"""A site in one file, and back: nothing is lost that was in it, no number is used twice, and a bad file leaves nothing behind."""

import io
import json
import sqlite3
import stat
import sys
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sync import Change
from tests.integration.conftest import PASSWORD, csrf_of
from workshop.admission import SYSTEM
from workshop.certificates.issuer import issuer_key
from workshop.cli import main
from workshop.exchange.background import add_peer, exchange_with
from workshop.factory import create_app
from workshop.lessons.store import import_lessons, lesson_list
from workshop.site import Site

Members = dict[str, bytes]


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--data", str(folder), *words])


def told(folder: Path, *words: str) -> dict[str, object]:
    answer = run(folder, *words, "--format", "json")
    assert answer.exit_code == 0, answer.output
    return dict(json.loads(answer.output))


def add_person(site: Site, staff_id: str) -> None:
    change = Change("staff", staff_id, {"name_en": staff_id})
    site.record(actor=SYSTEM, intent="staff.add", changes=[change], part=site.part)


def members(path: Path) -> Members:
    with tarfile.open(path) as tar:
        return {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]


def write_members(path: Path, content: Members) -> None:
    with tarfile.open(path, "w") as tar:
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


@pytest.fixture
def kept(mbale: Site, tmp_path: Path) -> Path:
    """A backup of the workshop in Mbale."""
    path = tmp_path / "mbale.tar"
    assert run(mbale.folder, "backup", str(path)).exit_code == 0
    return path


def test_what_was_saved_is_there_again(mbale: Site, tmp_path: Path) -> None:
    import_lessons(mbale.folder)
    path, ops = tmp_path / "mbale.tar", mbale.db.execute("select count(*) from op_log").fetchone()[0]
    path.write_bytes(b"an older backup")
    assert told(mbale.folder, "backup", str(path))["site"] == "mbale"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or sys.platform == "win32"
    assert not list(tmp_path.glob("*.part")) and not list(mbale.folder.glob("backup-*"))
    back = told(tmp_path / "deep" / "back", "restore", str(path))
    assert (back["site"], back["device"], back["ops"]) == ("mbale", mbale.device, ops)
    site = Site(tmp_path / "deep" / "back")
    assert (site.code, site.role, site.root, site.key.public) == (
        "mbale",
        "workshop",
        mbale.root,
        mbale.key.public,
    )
    assert site.node.model.state_hash() == mbale.node.model.state_hash()
    assert [each.slug for each in lesson_list(site.folder)] == [
        each.slug for each in lesson_list(mbale.folder)
    ]
    client = create_app(site, TESTING=True).test_client()
    form = {"csrf": csrf_of(client, "/en/sign-in"), "username": "akello", "password": PASSWORD}
    assert client.post("/en/sign-in", data=form).status_code == 303
    site.close()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["back"]
    assert {p.name for p in site.folder.iterdir()} == {
        "site.json",
        "site.key",
        "site.db",
        "site.lock",
        "lessons",
    }


def test_a_campus_keeps_the_key_of_its_certificates(campus: Site, tmp_path: Path) -> None:
    with campus.writing() as db:
        issuer_key(campus, db)
    run(campus.folder, "backup", str(tmp_path / "c.tar"))
    assert "every workshop" in run(tmp_path / "back", "restore", str(tmp_path / "c.tar")).output
    assert (tmp_path / "back" / "issuer.key").read_bytes() == (campus.folder / "issuer.key").read_bytes()


def test_what_was_sent_after_the_backup_comes_back_and_no_number_is_used_twice(
    mbale: Site, campus: Site, campus_address: str, tmp_path: Path
) -> None:
    add_peer(mbale, campus_address, campus.device)
    exchange_with(mbale, campus_address)
    path = tmp_path / "mbale.tar"
    run(mbale.folder, "backup", str(path))
    add_person(mbale, "slater")
    exchange_with(mbale, campus_address)
    life = mbale.node.epoch
    back = told(tmp_path / "back", "restore", str(path))
    site = Site(tmp_path / "back", mbale.now)
    assert back["epoch"] == site.node.epoch != life
    add_person(site, "shasty")  # somebody did not wait for the exchange
    exchange_with(site, campus_address)
    for here in (site, campus):
        ids = {row[0] for row in here.db.execute("select id from rm_staff where part = 'mbale'")}
        assert {"slater", "shasty"} <= ids
        assert here.db.execute("select count(*) from op_chain where parent is not null").fetchone()[0] == 0
    assert site.node.log.vector(site.parts) == campus.node.log.vector(site.parts)
    site.close()


def test_it_is_one_moment_of_a_server_that_goes_on_writing(mbale: Site, tmp_path: Path) -> None:
    busy, ended, failed = threading.Event(), threading.Event(), list[BaseException]()

    def record() -> None:
        other = Site(mbale.folder, mbale.now)
        try:
            for number in range(400):
                add_person(other, f"s{number}")
                busy.set()
                if ended.is_set():
                    break
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)
        finally:
            busy.set()
            other.close()

    thread = threading.Thread(target=record)
    thread.start()
    busy.wait(30)
    answers = [run(mbale.folder, "backup", str(tmp_path / f"{n}.tar")) for n in range(3)]
    ended.set()
    thread.join(30)
    assert failed == [] and [each.exit_code for each in answers] == [0, 0, 0]
    for number in range(3):
        assert told(tmp_path / "none", "restore", str(tmp_path / f"{number}.tar"), "--check")["epoch"] is None
    assert not (tmp_path / "none").exists()


def changed(name: str, content: bytes) -> Callable[[Members], None]:
    return lambda found: found.update({name: content})


def listed(change: Callable[[dict[str, str]], object]) -> Callable[[Members], None]:
    """A list that names other files."""

    def act(found: Members) -> None:
        contents = json.loads(found["backup.json"])
        change(contents["files"])
        found["backup.json"] = json.dumps(contents).encode()

    return act


@pytest.mark.parametrize(
    "damage",
    [
        changed("site.json", b"{}"),
        changed("site.key", b"x" * 32),
        changed("more", b"x"),
        changed("backup.json", b"[]"),
        lambda found: found.pop("site.key"),
        lambda found: found.pop("backup.json"),
        listed(lambda files: files.pop("site.db")),
        listed(lambda files: files.update({"../outside": "0" * 64})),
        listed(lambda files: files.update({"lessons/../../outside": "0" * 64})),
    ],
)
def test_a_file_that_was_changed_is_refused_and_leaves_nothing(
    kept: Path, tmp_path: Path, damage: Callable[[Members], object]
) -> None:
    content = members(kept)
    damage(content)
    write_members(kept, content)
    answer = run(tmp_path / "x" / "back", "restore", str(kept))
    assert answer.exit_code == 1 and "backup_damaged" in answer.output
    assert list((tmp_path / "x").iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"hello", b"\0" * 4096])
def test_what_is_no_backup_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.tar").write_bytes(data)
    answer = run(tmp_path / "back", "restore", str(tmp_path / "x.tar"))
    assert answer.exit_code == 1 and "The backup is damaged or not complete." in answer.output
    assert [path.name for path in tmp_path.iterdir()] == ["x.tar"]


def test_a_file_that_was_cut_short_or_flipped_anywhere_is_refused(kept: Path, tmp_path: Path) -> None:
    good = kept.read_bytes()
    sums = [(len(good) * n // 9, 1 << n % 8) for n in range(1, 9)]
    bad = [good[: len(good) // 2], good[: len(good) * 9 // 10]]
    for at, bit in sums:
        bad.append(good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :])
    for data in bad:
        kept.write_bytes(data)
        assert run(tmp_path / "back", "restore", str(kept)).exit_code == 1
    assert not (tmp_path / "back").exists()


def test_a_log_that_does_not_hold_is_refused_in_words(mbale: Site, tmp_path: Path) -> None:
    with mbale.writing() as db:
        db.execute("update op_log set body = replace(body, 'Akello', 'Mallory')")
    path = tmp_path / "bad.tar"
    assert run(mbale.folder, "backup", str(path)).exit_code == 0, "what is left is still worth keeping"
    for more in ([], ["--check"]):
        answer = run(tmp_path / "back", "restore", str(path), *more)
        assert answer.exit_code == 1 and "link does not follow" in answer.output
    assert not (tmp_path / "back").exists()


def test_a_key_of_another_server_does_not_fit(mbale: Site, campus: Site, kept: Path, tmp_path: Path) -> None:
    import hashlib

    content = members(kept)
    content["site.key"] = (campus.folder / "site.key").read_bytes()
    listed(lambda files: files.update({"site.key": hashlib.sha256(content["site.key"]).hexdigest()}))(content)
    write_members(kept, content)
    assert "backup_damaged" in run(tmp_path / "back", "restore", str(kept)).output
    assert not (tmp_path / "back").exists()


def test_a_folder_with_anything_in_it_is_left_alone(mbale: Site, kept: Path, tmp_path: Path) -> None:
    before = (mbale.folder / "site.json").read_bytes()
    answer = run(mbale.folder, "restore", str(kept))
    assert answer.exit_code == 1 and "folder_not_empty" in answer.output
    assert (mbale.folder / "site.json").read_bytes() == before
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", "restore", str(kept)).exit_code == 0
    with sqlite3.connect(tmp_path / "empty" / "site.db") as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    db.close()
