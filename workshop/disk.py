"""Telling a full disk from other trouble. Looks at errors and at the folder; frees nothing and words nothing."""

import errno
import shutil
import sqlite3
from pathlib import Path
from typing import Final

ROOM_MIN: Final = 256 * 1024
"""With less than this, an I/O error of SQLite's means no room: its small helper files could not grow."""

_NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_PRIMARY: Final = 0xFF  # an extended code's low byte is its kind


def is_full(error: BaseException, folder: Path | None = None) -> bool:
    """True when this error says that the disk under the site's folder has no room left. Without a folder only the error is asked."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    if not isinstance(error, sqlite3.OperationalError):
        return False
    kind = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if kind == sqlite3.SQLITE_FULL:
        return True
    helpers = kind in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
    return helpers and folder is not None and _free(folder) < ROOM_MIN


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
