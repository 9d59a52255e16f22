"""The server's power goes in a commit. SIGKILL is no power cut: what the system had not yet written to the disk is lost, torn or written
out of order. So the files are copied at every point where they are known to be on disk, and what was written since is kept by chance.
"""

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.conftest import Figures
from tests.faults.holdings import is_sound, links_of, own_links, verified
from tests.sync_world import PART, World
from workshop.folder import DATABASE

SECTOR = 512
COMMITS, CUTS_EACH, SITES_OPENED = 60, 8, 24
COMMITS_BETWEEN = 4  # checkpoints; the program leaves them to SQLite, at 1000 pages: here they must happen often, to be cut as well
WAL = DATABASE + "-wal"


@dataclass(frozen=True)
class Disk:
    """The database and its write-ahead log as they were at a moment when both were synced."""

    database: bytes
    wal: bytes


def disk_of(folder: Path) -> Disk:
    return Disk((folder / DATABASE).read_bytes(), (folder / WAL).read_bytes())


def cut(before: bytes, after: bytes, rng: random.Random) -> bytes:
    """A file of which everything up to `before` was synced and `after` was being written: each changed sector is the old one, the new
    one, or torn; the file may have its new length, its old one, or one between.
    """
    if before == after:
        return before
    found = bytearray(before)
    if len(after) > len(before):
        length = rng.choice([len(before), len(after), rng.randrange(len(before), len(after) + 1)])
        found += bytes(length - len(before))
    kept = rng.choice([0.0, 0.5, 0.9, 1.0])
    for at in range(0, len(found), SECTOR):
        new = after[at : at + SECTOR][: len(found) - at]
        if new == found[at : at + SECTOR] or rng.random() > kept:
            continue
        upto = rng.randrange(len(new) + 1) if rng.random() < 0.1 else len(new)
        found[at : at + upto] = new[:upto]
    return bytes(found)


def cuts(before: Disk, after: Disk, rng: random.Random) -> Iterator[tuple[Disk, bool]]:
    """What the disk may hold after a cut in this commit or in this checkpoint, and whether the commit itself had been synced by then.

    A commit writes the log and syncs it. A checkpoint copies pages from the log into the database, which it syncs before the log is used
    from its beginning again: so the two are looked at apart, and never is one of them cut while the other is.
    """
    for _ in range(CUTS_EACH):
        if before.database == after.database:
            yield Disk(before.database, cut(before.wal, after.wal, rng)), False
        else:
            yield Disk(cut(before.database, after.database, rng), after.wal), True


def put(disk: Disk, site: Path, folder: Path) -> None:
    """A site's folder as it stands when the power comes back. The index of the log is not on disk; it is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in site.iterdir():
        if path.is_file() and not path.name.startswith(DATABASE):
            shutil.copy(path, folder)
    (folder / DATABASE).write_bytes(disk.database)
    (folder / WAL).write_bytes(disk.wal)


def test_fault_06_power_cut_in_a_commit(world: World, tmp_path: Path, figures: Figures) -> None:
    rng = random.Random(6)
    world.enrol(world.one)
    writer = world.workshop.node.db.conn
    assert writer.execute("pragma synchronous").fetchone() == (2,), "each commit must be synced"
    writer.execute("pragma wal_autocheckpoint = 0")
    site, cold = world.workshop.folder, tmp_path / "after the cut"
    disk, acked = disk_of(site), 0
    tried = checkpoints = opened = lost = torn = 0
    for number in range(COMMITS):
        for _ in range(rng.randint(1, 5)):
            world.one.mark(f"p{rng.randrange(40)}", rng.choice(["present", "absent"]))
        sent = sum(world.one.chains().values())
        world.one.send(world.workshop)
        now = disk_of(site)
        steps = [(disk, now)]
        if number % COMMITS_BETWEEN == COMMITS_BETWEEN - 1:
            writer.execute("pragma wal_checkpoint(passive)")
            steps.append((now, now := disk_of(site)))
            checkpoints += 1
        for found, synced in (each for step in steps for each in cuts(*step, rng)):
            put(found, site, cold)
            with contextlib.closing(sqlite3.connect(cold / DATABASE)) as recovering:
                recovering.execute("select count(*) from op_log").fetchone()
            assert is_sound(cold)
            held = links_of(cold, world.one)
            lost += max(0, (sent if synced else acked) - len(held))
            torn += held != own_links(world.one, PART, len(held))
            assert torn == 0
            assert len(held) in ((sent,) if synced else (acked, sent)), "the commit is whole or absent"
            tried += 1
            if number % (COMMITS // SITES_OPENED) == 0 and opened < SITES_OPENED:
                assert verified(cold).faults == []
                opened += 1
        disk, acked = now, world.one.at(world.workshop.device)
        assert acked == sent
    assert checkpoints >= 5, "too few checkpoints to say anything of them"
    figures.did(power_cuts=tried, in_a_checkpoint=checkpoints * CUTS_EACH, acknowledged=acked)
    figures.found(lost=lost, torn=torn)
