"""Only the owner of a site's folder can read it: names, marks and the keys that sign are in it."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workshop.certificates.issuer import issuer_key
from workshop.setup import begin_campus
from workshop.site import Site

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
FILES = {"site.db", "site.db-wal", "site.db-shm", "site.key", "issuer.key", "site.lock"}


@pytest.fixture(autouse=True)
def careless() -> Iterator[None]:
    """A service that was started with `umask 0`."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(site: Site) -> dict[str, int]:
    return {path.name: mode(path) for path in site.folder.iterdir() if path.name in FILES}


def campus(folder: Path) -> Site:
    site = Site.create(folder, "tianjin", "campus")
    begin_campus(site, "Home campus", "校本部")
    with site.writing() as db:
        issuer_key(site, db)
    assert site.db.execute("select count(*) from op_log").fetchone()[0] > 0
    return site


def test_a_new_site_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for name in ("new", "there"):
        site = campus(tmp_path / name)
        assert mode(site.folder) == 0o700
        assert modes(site) == dict.fromkeys(FILES, 0o600)
        site.close()


def test_a_site_that_an_older_version_left_open_is_closed_when_it_is_opened(tmp_path: Path) -> None:
    """Also while a server runs: its files are mended under it."""
    site = campus(tmp_path / "old")
    site.folder.chmod(0o755)
    for name in FILES:
        (site.folder / name).chmod(0o644)
    (site.folder / "lessons").mkdir()
    again = Site(site.folder)
    assert mode(site.folder) == 0o700
    assert modes(again) == dict.fromkeys(FILES, 0o600)
    again.set_setting("x", 1)
    assert site.setting("x") == 1
    again.close()
    site.close()


def test_a_folder_that_is_stricter_stays_so(tmp_path: Path) -> None:
    site = campus(tmp_path / "strict")
    (site.folder / "site.key").chmod(0o400)
    site.close()
    Site(site.folder).close()
    assert mode(site.folder / "site.key") == 0o400
