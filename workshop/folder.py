"""A site's folder on the disk: the names of its files, and that its owner alone can read them. What is in them is not known here."""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

SETTINGS: Final = "site.json"
DATABASE: Final = "site.db"
KEY: Final = "site.key"
ISSUER_KEY: Final = "issuer.key"
SEAL_KEY: Final = "seal.key"
LOCK: Final = "site.lock"
LESSONS: Final = "lessons"
PRIVATE: Final = (DATABASE, DATABASE + "-wal", DATABASE + "-shm", KEY, ISSUER_KEY, SEAL_KEY, LOCK)
OTHERS: Final = 0o077


def make_private(folder: Path) -> None:
    """Take group's and others' rights away from the folder and its files, whatever the umask was when they were made.

    The database is made here if it is missing: SQLite gives the files beside it (-wal, -shm) the rights that it has itself.
    """
    database = folder / DATABASE
    if not database.exists():
        database.touch(mode=0o600)
    if sys.platform == "win32":
        return
    for path in (folder, *(folder / name for name in PRIVATE)):
        with suppress(FileNotFoundError):  # the files beside the database come and go
            found = path.stat()
            mode = stat.S_IMODE(found.st_mode)
            if mode & OTHERS and os.geteuid() in (0, found.st_uid):
                path.chmod(mode & ~OTHERS)
