"""An opened site folder: settings, key, log and read model. What every feature reads from and writes through; knows no Flask."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from sync import Change, Draft, Node, PrivateKey, Registry, restating
from sync.errors import StoreError
from sync.shared import Head
from workshop.admission import COMMON, RecordAdmission
from workshop.db import open_reader, open_writer
from workshop.filelock import FileLock
from workshop.folder import DATABASE, KEY, LOCK, SETTINGS, make_private
from workshop.logs import Watch, log_url, open_log
from workshop.registry import REGISTRY

migrations = Migrations("site")


@migrations()
def settings(db: Database) -> None:
    db.execute(
        "create table local_setting (name text primary key, value text not null) strict, without rowid"
    )
    db.execute(
        "create table local_peer (address text primary key, device text, has text, last_ok integer, last_try integer,"
        " last_error text, waits integer not null default 0) strict, without rowid"
    )


def system_clock() -> int:
    return time.time_ns() // 1_000_000


class Site:
    """One site of ours. `clock` gives UTC ms and is an argument so that tests and the demonstration own it; `registry` is one so
    that a new record type can be tried before it is listed. `alone` opens the folder as a site whose log is its own file, whatever
    address of a shared log is set: for backups and for moving.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], int] = system_clock,
        registry: Registry = REGISTRY,
        *,
        alone: bool = False,
    ) -> None:
        if not (folder / SETTINGS).exists():
            raise StoreError("no_site", path=str(folder))
        self.folder = folder
        self.now = clock
        self._settings: dict[str, Any] = json.loads((folder / SETTINGS).read_text())
        self.code: str = self._settings["code"]
        self.role: str = self._settings["role"]
        self.tz_minutes: int = self._settings["tz_minutes"]
        if (folder / DATABASE).exists() and not (folder / KEY).exists():
            # A new key would be another device: the campus would not know it, and nobody would know why.
            raise StoreError("key_missing", path=str(folder / KEY))
        make_private(folder)
        self.key = PrivateKey.load_or_create(folder / KEY)
        self.root: str = self._settings.get("root") or self.key.device
        self.log_url = None if alone else log_url(self._settings, self.key.device)
        self.log_away = False
        shared = open_log(self.log_url) if self.log_url else None
        self._watch = Watch(self.log_url, clock) if self.log_url else None
        self._lock = FileLock(folder / LOCK)
        self._readers = threading.local()
        self._all_readers: list[Database] = []
        writer = open_writer(folder / DATABASE)
        admission = RecordAdmission(lambda: writer.conn, registry, self.root)
        with self._lock():
            migrations.apply(writer)
            for more in local_migrations():
                more.apply(writer)
        self.node = Node(
            writer,
            self.key,
            self.role,
            registry,
            admission,
            clock,
            tz=self.tz_minutes,
            lock=self._lock,
            shared=shared,
        )

    # -- making one

    @classmethod
    def create(
        cls,
        folder: Path,
        code: str,
        role: str,
        *,
        root: str | None = None,
        tz_minutes: int = 0,
        clock: Callable[[], int] = system_clock,
        registry: Registry = REGISTRY,
    ) -> "Site":
        """A new site in an empty or missing folder. `root` is the campus's device id; a campus is its own root.

        Raises StoreError("already_a_site").
        """
        if (folder / SETTINGS).exists():
            raise StoreError("already_a_site", path=str(folder))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps({"code": code, "role": role, "root": root, "tz_minutes": tz_minutes}, indent=1)
        (folder / SETTINGS).write_text(text + "\n")
        return cls(folder, clock, registry)

    # -- what it is

    @property
    def device(self) -> str:
        return self.key.device

    @property
    def part(self) -> str:
        """The part that this site's own forms write to; a campus's forms name the site they are about."""
        return COMMON if self.role == "campus" else self.code

    @property
    def parts(self) -> list[str]:
        """What this site replicates."""
        if self.role != "campus":
            return [COMMON, self.code]
        rows = self.db.execute("select id from rm_site where role = 'workshop' order by id")
        return [COMMON, *(row[0] for row in rows)]

    @property
    def site_parts(self) -> list[str]:
        """The parts with people and marks in them."""
        return [part for part in self.parts if part != COMMON]

    # -- reading

    @property
    def db(self) -> Database:
        """This thread's reading connection. It cannot write."""
        if not hasattr(self._readers, "db"):
            self._readers.db = open_reader(self.folder / DATABASE)
            self._all_readers.append(self._readers.db)
        found: Database = self._readers.db
        return found

    def setting(self, name: str, default: Any = None) -> Any:
        row = self.db.execute("select value from local_setting where name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def catch_up(self) -> None:
        """Take what other nodes of this site have written. Called before a page is made, so that a person finds on every node what
        was saved on another. While the shared log cannot be reached (`log_away`) this node's copy is read as it is.
        """
        if self._watch is None:
            return
        head = self._watch.newest()
        self.log_away = head is None
        try:
            if head is not None and head.mark != self.node.mark:
                with self._lock():
                    self.node.catch_up()
                    if self.node.model.eraser.blanked:
                        self.settle_erasures()
        except StoreError:
            self.log_away = True  # told on every page; whoever writes is told the reason

    def shared_head(self) -> Head | None:
        """What the shared log says of itself; None without one, and while it cannot be reached."""
        return self._watch.newest() if self._watch is not None else None

    def leads(self) -> bool:
        """Whether this process does what only one node of the site may do: exchange with peers, and the daily chores."""
        return self._watch is None or self._watch.leads()

    # -- writing

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """A transaction on the writer, for local_ tables and for several writes that belong together."""
        with self._lock(), self.node.write():
            yield self.node.db

    def set_setting(self, name: str, value: Any) -> None:
        with self.writing() as db:
            db.execute("insert or replace into local_setting values (?, ?)", (name, json.dumps(value)))

    def record(
        self,
        *,
        actor: str,
        intent: str,
        changes: Sequence[Change],
        part: str | None = None,
        via: str | None = None,
    ) -> str:
        """Make one op, admitted, appended and merged in one transaction; its id.

        Raises AdmissionError when the actor may not do this, or the values are not what the record allows.
        """
        return self.record_many([Draft(actor, intent, changes, part or self.part, via)])[0]

    def record_many(self, drafts: Sequence[Draft]) -> list[str]:
        """Several ops in one transaction: all or none."""
        with self._lock():
            made = self.node.author(drafts)
            self.settle_erasures()
            return made

    @contextmanager
    def locked(self) -> Iterator[Node]:
        """The node for an exchange or a bundle, with nobody else on its connection."""
        with self._lock():
            yield self.node
            self.settle_erasures()

    def settle_erasures(self) -> None:
        """Say again what erased bodies had said besides personal values, and leave no page of the file that holds an old one."""
        restating.settle(self.node)
        if self.node.model.eraser.blanked and not self.node.db.conn.in_transaction:
            self.node.model.eraser.blanked = 0
            forget_erased(self)
            self.node.db.conn.execute("pragma wal_checkpoint(truncate)")

    def close(self) -> None:
        """Checkpoint and let go of the files."""
        with self._lock():
            self.node.db.conn.execute("pragma wal_checkpoint(truncate)")
            self.node.db.close()
            self.node.close()
        for reader in self._all_readers:
            reader.close()
        self._lock.close()
        if self._watch is not None:
            self._watch.close()


def forget_erased(site: Site) -> None:
    """Empty the local_ tables of what they hold about erased people: accounts, rows of rosters, files that wait to be taken."""
    with site.writing() as db:
        db.execute("delete from local_upload")
        db.execute("delete from local_roster_row where trainee_id in (select id from rm_erasure)")
        db.execute("delete from local_account where person_id in (select id from rm_erasure)")


def local_migrations() -> list[Migrations]:
    """The local_ tables of the features, in order."""
    from workshop.accounts.schema import migrations as accounts
    from workshop.certificates.schema import migrations as certificates
    from workshop.devices.schema import migrations as devices
    from workshop.exchange.schema import migrations as exchange
    from workshop.roster.schema import migrations as roster

    return [accounts, devices, roster, certificates, exchange]
