"""A server's disk as real files, torn at a commit: the frames that were on their way to the log when the power went are there in part."""

import shutil
import sqlite3
from pathlib import Path
from random import Random

from tests.simulation.disk import Crash, ServerDisk

SECTOR = 512


class FileDisk(ServerDisk):
    """SQLite in WAL mode with `synchronous = full`, as workshop/db.py sets it.
    Checkpoints are left to the end of a life, as if none fell into it: what a torn one leaves, the log still has.
    """

    torn = False

    def tear_in(self, commits: int, rng: Random) -> None:
        """The power goes during the n-th commit from now."""
        self._commits, self._rng, self.torn = commits, rng, False

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        if sql == "commit" and self.__dict__.get("_commits", 0) > 0 and not self.dead:
            self._commits -= 1
            if self._commits == 0:
                self._tear(self._rng)
        return super().execute(sql, *values)

    def durable(self) -> Path:  # type: ignore[override]
        """The folder that the next life finds."""
        if not self.dead:
            self._copy(None)
        return self.after

    def _tear(self, rng: Random) -> None:
        """Let the commit write, then keep a part of what it wrote; nobody was told that it was done."""
        log = self.path.with_name(self.path.name + "-wal")
        before = log.stat().st_size if log.exists() else 0
        super().execute("commit")
        written = log.stat().st_size
        self._copy((before, rng.randint(before, written)) if written > before else None)
        self.dead = self.torn = True
        raise Crash

    def _copy(self, part: tuple[int, int] | None) -> None:
        """The files as they stand; of the log everything that was synced, and `part` of the last write with its last sector spoilt."""
        self.after = self.path.parent.with_name(f"{self.path.parent.name}+")
        self.after.mkdir()
        for name in (self.path.name, self.path.name + "-wal"):
            if (self.path.parent / name).exists():
                shutil.copy(self.path.parent / name, self.after / name)
        if part is not None:
            synced, kept = part
            log = self.after / (self.path.name + "-wal")
            data = bytearray(log.read_bytes()[:kept])
            for at in range(max(synced, kept - SECTOR), kept):
                data[at] ^= 0x5A
            log.write_bytes(bytes(data))

    @property
    def path(self) -> Path:
        return Path(sqlite3.Connection.execute(self, "pragma database_list").fetchone()[2])


def settle(image: bytes, folder: Path) -> Path:
    """Put a disk from memory into files."""
    folder.mkdir()
    memory, file = sqlite3.connect(":memory:"), sqlite3.connect(folder / "site.db")
    memory.deserialize(image)
    memory.backup(file)
    file.close()
    memory.close()
    return folder


def open_files(folder: Path) -> FileDisk:
    disk = sqlite3.connect(
        folder / "site.db", check_same_thread=False, factory=FileDisk, isolation_level=None
    )
    for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on", "wal_autocheckpoint = 0"):
        disk.execute(f"pragma {pragma}")
    return disk
