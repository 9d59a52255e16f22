"""Growing past one machine: moving a site's log to PostgreSQL and back, adding nodes, and giving a restored log what it lacks.

See `docs/how-to/grow-to-postgresql.md`. Knows no command line.
"""

import json
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sync import PrivateKey, moving
from sync.errors import StoreError
from sync.moving import Moved
from sync.postgres import PostgresLog
from sync.replica import forget_log
from sync.shared import PRIVATE, shared_tables
from workshop.db import open_writer
from workshop.filelock import FileLock
from workshop.folder import DATABASE, ISSUER_KEY, KEY, LESSONS, LOCK, SEAL_KEY, SETTINGS, make_private
from workshop.logs import SETTING, bare, log_url
from workshop.site import Site
from workshop.verify import verify_site

COPIED = (SETTINGS, KEY, ISSUER_KEY, SEAL_KEY)
RUNS_AT_ONCE = 50
TRIES = 5


@dataclass(frozen=True)
class Pushed:
    """What a node had that the log lacked."""

    ops: int
    rows: int
    epoch: str


def move_to_postgres(folder: Path, url: str) -> Moved:
    """Put the log of the site in `folder` on PostgreSQL; the folder becomes its first node. The server must be stopped.

    Raises StoreError: backup_faults when the log is not whole, log_of_another_site, log_differs, log_away.
    """
    site = Site(folder, alone=True)
    shared = PostgresLog(url.replace("{device}", site.device))
    try:
        with site.locked() as node:
            found = verify_site(node)
            if found.faults:
                raise StoreError("log_faults", faults=found.faults[:5])
            _make_keys(site)
            moved = moving.copy_in(node.db.conn, shared, site.device)
            set_log_url(
                folder, url
            )  # before the next line: a folder that follows a log must know where it is
            moving.follow(node.db.conn, shared)
            return moved
    finally:
        shared.close()
        site.close()


def move_to_file(folder: Path) -> None:
    """Make the node in `folder` the site's only one again, its log in its own file. All nodes must be stopped; the others are left behind.

    Raises StoreError: log_moved_on, log_away, log_of_another_site.
    """
    url = _url_of(folder)
    shared = PostgresLog(url)
    try:
        for last in (n == TRIES - 1 for n in range(TRIES)):
            if not shared.newest().closed:
                Site(folder).close()  # takes all that is newer
            try:
                _leave(folder, shared)
                break
            except StoreError as error:
                if error.code != "log_moved_on" or last:
                    raise
    finally:
        shared.close()
    set_log_url(folder, None)


def join_log(of: Path, folder: Path) -> int:
    """Make `folder` one more node of the site in the folder `of`: settings, keys and lessons are copied, the log is taken from where
    it lies. The number of ops. A campus's keys that were not needed yet are made before, so that no two nodes make their own.

    Raises StoreError: folder_not_empty, log_not_shared, log_away; issuer_key_elsewhere, seal_key_elsewhere when the folder `of` lacks
    a key that another node has.
    """
    _check_empty(folder)
    _url_of(of)
    if (of / DATABASE).exists() and not all((of / name).exists() for name in (ISSUER_KEY, SEAL_KEY)):
        site = Site(of)
        try:
            _make_keys(site)
        finally:
            site.close()
    return _copy_node(of, folder)


def _copy_node(of: Path, folder: Path) -> int:
    """One more node with the keys that `of` has."""
    _check_empty(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)  # it may have been there, open for others: keys come into it
    for name in COPIED:
        if (of / name).exists():
            shutil.copy2(of / name, folder / name)
    if (of / LESSONS).exists():
        shutil.copytree(of / LESSONS, folder / LESSONS)
    make_private(folder)
    site = Site(folder)
    try:
        return int(site.db.execute("select count(*) from op_log").fetchone()[0])
    finally:
        site.close()


def push(folder: Path) -> Pushed:
    """Give a log that was put back from an older copy what the node in `folder` has and it lacks. The node begins anew from it.

    Ops go as they come from any other site, checked and in their chains; the site begins a new epoch, since its last numbers may be
    taken. Of the site's own rows those go that the log does not know at all; of others the log's word stands.
    """
    _url_of(folder)
    with tempfile.TemporaryDirectory(dir=folder.absolute().parent, prefix=".push-") as scratch:
        copy, fresh = Path(scratch) / "was", Path(scratch) / "new"
        _copy_alone(folder, copy)
        _copy_node(folder, fresh)
        old, new = Site(copy, alone=True), Site(fresh)
        try:
            pushed = _give(old, new)
        finally:
            old.close()
            new.close()
        lock = FileLock(folder / LOCK)
        with lock():
            _drop_database(folder)
            (fresh / DATABASE).rename(folder / DATABASE)
        lock.close()
    return pushed


def detach(folder: Path) -> None:
    """Make a copy of a node a site of its own, with the log in its own file. For a backup that is put back, when PostgreSQL is lost too."""
    if SETTING in json.loads((folder / SETTINGS).read_text()):
        set_log_url(folder, None)
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        if connection.execute("select 1 from sqlite_schema where name = ?", (PRIVATE,)).fetchone():
            forget_log(connection)
            connection.commit()


def set_log_url(folder: Path, url: str | None) -> None:
    """Note in a site's settings where its log lies; None for its own file."""
    settings = json.loads((folder / SETTINGS).read_text())
    settings.pop(SETTING, None)
    if url:
        settings[SETTING] = url
    part = folder / (SETTINGS + ".part")
    part.touch(mode=0o600)  # the address may hold a password
    part.write_text(json.dumps(settings, indent=1) + "\n")
    part.replace(folder / SETTINGS)


# -- inside


def _check_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise StoreError("folder_not_empty", path=str(folder))


def _make_keys(site: Site) -> None:
    """At a campus: the keys for certificates and for sealed files, made and stated, before they lie in several folders."""
    from workshop.certificates.issuer import issuer_key
    from workshop.exchange.sealing import publish_recipient

    if site.role == "campus":
        publish_recipient(site)
        with site.writing() as db:
            issuer_key(site, db)


def _url_of(folder: Path) -> str:
    settings = json.loads((folder / SETTINGS).read_text())
    url = log_url(settings, PrivateKey.load_or_create(folder / KEY).device)
    if url is None:
        raise StoreError("log_not_shared", path=str(folder))
    return url


def _leave(folder: Path, shared: PostgresLog) -> None:
    lock = FileLock(folder / LOCK)
    database = open_writer(folder / DATABASE)
    try:
        with lock():
            moving.leave(database.conn, shared)
    finally:
        database.close()
        lock.close()


def _copy_alone(folder: Path, copy: Path) -> None:
    """A copy of a node as a site of its own, for reading what it holds."""
    copy.mkdir(mode=0o700)
    for name in (SETTINGS, KEY):
        shutil.copy2(folder / name, copy / name)
    with (
        closing(sqlite3.connect(folder / DATABASE)) as here,
        closing(sqlite3.connect(copy / DATABASE)) as there,
    ):
        here.backup(there)
    detach(copy)


def _give(old: Site, new: Site) -> Pushed:
    parts = [row[0] for row in old.db.execute("select distinct part from op_chain order by part")]
    taken = 0
    with old.locked() as giver, new.locked() as taker:
        runs = list(giver.log.all_missing_for(taker.log.vector(parts), parts))
        with taker.write():
            for start in range(0, len(runs), RUNS_AT_ONCE):
                count, refused = taker.take(runs[start : start + RUNS_AT_ONCE])
                taken += count
                if refused:
                    raise StoreError("log_refused", what=refused[0][1].code)
            taker.keep_receipts(giver.receipts.held())
            rows = _give_rows(giver.db.conn, taker.db.conn)
            return Pushed(taken, rows, taker.begin_epoch())


def _give_rows(here: sqlite3.Connection, there: sqlite3.Connection) -> int:
    there.execute("pragma defer_foreign_keys = on")
    given = 0
    for table in shared_tables(here):
        if table.name.startswith("local_") and table.name != "local_node":
            rows = here.execute(f"select {', '.join(table.columns)} from {table.name}").fetchall()
            cursor = there.executemany(
                f"insert into {table.name} ({', '.join(table.columns)}) values ({', '.join('?' * len(table.columns))})"
                " on conflict do nothing",
                rows,
            )
            given += cursor.rowcount
    return given


def _drop_database(folder: Path) -> None:
    for end in ("", "-wal", "-shm"):
        (folder / (DATABASE + end)).unlink(missing_ok=True)


__all__ = ["Moved", "Pushed", "bare", "join_log", "move_to_file", "move_to_postgres", "push", "set_log_url"]
