"""The read model: tables derived from the log, one for each record type. Can be thrown away and rebuilt to the same hash.

Nothing here depends on the order in which ops arrive: admission (weighing.py) and merge (folding.py) are functions of the set of ops.
Every call must be inside a transaction.
"""

import hashlib
import sqlite3
from collections.abc import Sequence

import msgspec

from sync import limits
from sync.erasing import Eraser
from sync.folding import Folder
from sync.log import SqliteLog, StoredOp, iterate
from sync.ops import Change, Header
from sync.records import Registry
from sync.tables import create_tables, drop_tables
from sync.weighing import Admission, Weigher

_json = msgspec.json.Encoder(order="deterministic").encode


class ReadModel:
    """Applies ops to the rm_ tables. The only code that writes them."""

    def __init__(
        self, connection: sqlite3.Connection, log: SqliteLog, registry: Registry, admission: Admission
    ) -> None:
        self._db = connection
        self._log = log
        self._registry = registry
        self._admission = admission
        self._folder = Folder(connection, log, registry, admission.basis)
        self._weigher = Weigher(connection, log, registry, admission, self._folder)
        self.eraser = Eraser(connection, log, registry, self._weigher)
        self.admit = self._weigher.check
        self.time = self._folder.time

    def apply(self, stored: Sequence[StoredOp]) -> None:
        """Take ops that were just appended, in arrival order."""
        known = self.eraser.named()
        self._weigher.take(stored)
        self.eraser.take(stored, known)

    def erase(self, op: StoredOp) -> None:
        """Take an op out whose body has just been erased."""
        known = self.eraser.named()
        self._weigher.withdraw([op])
        self.eraser.take([], known)

    def rebuild(self) -> None:
        """Throw the tables away and make them anew from the whole log."""
        drop_tables(self._db, self._registry)
        create_tables(self._db, self._registry)
        self.forget()
        self._weigher.take_all(iterate(self._log), self._log.naming(sorted(self._admission.basis)))
        self.eraser.take_all(iterate(self._log))

    def forget(self) -> None:
        """Forget what was remembered of the tables: another process may have written."""
        self._folder.forget()
        self.eraser.forget()
        self._admission.refresh()

    def state_hash(self) -> str:
        """SHA-256 over every derived row that all sites share: equal ops give an equal hash, whatever the order of arrival."""
        total = hashlib.sha256()
        for declared in sorted(self._registry.types, key=lambda t: t.name):
            columns = ["part", "id", *declared.columns, "heads", "conflict", "last_op", "actor", "wall"]
            self._hash_rows(
                total, declared.name, f"select {', '.join(columns)} from rm_{declared.name} order by part, id"
            )
        self._hash_rows(
            total,
            "conflict",
            "select part, type, id, grp, op, value, winner from rm_conflict order by part, type, id, grp, op",
        )
        self._hash_rows(total, "quarantine", "select op, code from rm_quarantine order by op")
        return total.hexdigest()

    def _hash_rows(self, total: "hashlib._Hash", name: str, sql: str) -> None:
        total.update(name.encode() + b"\n")
        for row in self._db.execute(sql):
            total.update(_json(row) + b"\n")


def clock_is_off(offset_ms: int) -> bool:
    """True when a device's clock is so far off that people must be told."""
    return abs(offset_ms) >= limits.CLOCK_OFF_MS


__all__ = ["Admission", "Change", "Header", "ReadModel", "clock_is_off"]
