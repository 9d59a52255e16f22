"""Several nodes of one campus sign and open with the same keys: made before a folder is copied, copied with it, never made a second time."""

import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.errors import StoreError
from tests.integration.conftest import Clock
from tests.postgres.conftest import AddNode
from workshop.certificates.issuer import issuer_key
from workshop.exchange.sealing import publish_recipient
from workshop.folder import ISSUER_KEY, LESSONS, SEAL_KEY
from workshop.growing import join_log, move_to_postgres
from workshop.setup import begin_campus
from workshop.site import Site

KEYS = (ISSUER_KEY, SEAL_KEY)


def begun(folder: Path, clock: Clock) -> Path:
    """A campus that needed neither key yet."""
    site = Site.create(folder, "tianjin", "campus", tz_minutes=480, clock=clock)
    begin_campus(site, "Home campus", "天津校本部")
    site.close()
    return folder


def stated(site: Site) -> tuple[int, int]:
    issuers = site.db.execute("select count(*) from rm_issuer where key is not null").fetchone()[0]
    return issuers, site.db.execute("select count(*) from rm_site where seal_to is not null").fetchone()[0]


def use_issuer(site: Site) -> None:
    with site.writing() as db:
        issuer_key(site, db)


def test_a_move_makes_both_keys_and_a_join_copies_them_with_the_lessons(
    tmp_path: Path, clock: Clock, url: str
) -> None:
    one, two = begun(tmp_path / "one", clock), tmp_path / "two"
    assert not any((one / name).exists() for name in KEYS)
    move_to_postgres(one, url)
    (one / LESSONS / "plc").mkdir(parents=True)
    (one / LESSONS / "plc" / "lesson.md").write_text("start and stop")
    two.mkdir(mode=0o755)
    join_log(one, two)
    for name in KEYS:
        assert (one / name).read_bytes() == (two / name).read_bytes()
        assert stat.S_IMODE((two / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(two.stat().st_mode) == 0o700
    assert (two / LESSONS / "plc" / "lesson.md").read_text() == "start and stop"
    for folder in (one, two):
        site = Site(folder, clock)
        use_issuer(site)
        publish_recipient(site)
        assert stated(site) == (1, 1)
        site.close()


def test_a_join_makes_what_an_older_move_left_out(
    moved: Site, tmp_path: Path, clock: Clock, url: str
) -> None:
    """As after a move by a program that did not make the keys: nothing is stated yet, and no node has one."""
    with moved.writing() as db:
        db.execute("delete from rm_issuer")
        db.execute("update rm_site set seal_to = null")
    for name in KEYS:
        (moved.folder / name).unlink()
    join_log(moved.folder, tmp_path / "two")
    for name in KEYS:
        assert (moved.folder / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_join_from_copied_files_without_a_database(moved: Site, tmp_path: Path) -> None:
    """As the how-to says: settings, keys and lessons are enough; no second copy of the log is made on the stick."""
    stick = tmp_path / "stick"
    stick.mkdir()
    for name in ("site.json", "site.key", *KEYS):
        shutil.copy2(moved.folder / name, stick / name)
    join_log(stick, tmp_path / "two")
    assert sorted(path.name for path in stick.iterdir()) == sorted(("site.json", "site.key", *KEYS))
    assert (tmp_path / "two" / ISSUER_KEY).read_bytes() == (moved.folder / ISSUER_KEY).read_bytes()


@pytest.mark.parametrize(
    ("name", "use", "code"),
    [(ISSUER_KEY, use_issuer, "issuer_key_elsewhere"), (SEAL_KEY, publish_recipient, "seal_key_elsewhere")],
)
def test_a_node_without_the_key_that_the_records_name_makes_no_other(
    add_node: AddNode, moved: Site, tmp_path: Path, name: str, use: Callable[[Site], object], code: str
) -> None:
    two = add_node("two")
    before = stated(moved)
    key = (two.folder / name).read_bytes()
    (two.folder / name).unlink()
    with pytest.raises(StoreError, match=code):
        use(two)
    assert not (two.folder / name).exists() and stated(two) == before
    with pytest.raises(StoreError, match=code):
        join_log(two.folder, tmp_path / "three")
    assert not (tmp_path / "three").exists()
    (two.folder / name).write_bytes(key)
    use(two)
    use(moved)
    assert stated(two) == before


def test_a_node_with_another_key_than_the_records_name_is_refused_too(add_node: AddNode, moved: Site) -> None:
    two = add_node("two")
    before = stated(moved)
    (two.folder / ISSUER_KEY).write_bytes(b"x" * 32)
    with pytest.raises(StoreError, match="issuer_key_elsewhere"):
        use_issuer(two)
    assert stated(two) == before
