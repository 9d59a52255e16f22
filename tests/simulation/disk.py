"""Disks that can stop at any moment: SQLite for a server, a model of IndexedDB with strict transactions for a tablet.

A server's disk holds what was committed, and nothing else, when the machine stops; `torn.py` does the same with files.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Tables = dict[str, dict[Any, Any]]

WRITES = ("insert", "update", "delete", "replace", "commit")


class Crash(BaseException):
    """The machine stopped. No program can catch that and go on, so it is no Exception."""


class ServerDisk(sqlite3.Connection):
    """A database in memory. `stop_in(n)`: the machine stops before the n-th statement from now; `full_in(n)`: the first write after
    n statements finds no room.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.dead = False
        self._left = -1
        self._how = ""
        self.hit = ""

    def stop_in(self, statements: int) -> None:
        self._left, self._how, self.hit = statements, "crash", ""

    def full_in(self, statements: int) -> None:
        self._left, self._how, self.hit = statements, "full", ""

    def calm(self) -> None:
        self._left = -1

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if self._left >= 0 or self.dead:
            self._count(sql)
        return super().execute(sql, *values)

    def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if self._left >= 0 or self.dead:
            self._count(sql)
        return super().executemany(sql, *values)

    def durable(self) -> bytes:
        """The bytes that a machine finds after it stopped: what was not committed is gone."""
        if sqlite3.Connection.in_transaction.__get__(self):
            sqlite3.Connection.rollback(self)
        return self.serialize()

    def _count(self, sql: str) -> None:
        if self.dead:
            raise Crash
        if self._left > 0:
            self._left -= 1
            return
        if self._how == "crash":
            self.dead, self.hit = True, "crash"
            raise Crash
        if sql[:7].lower().startswith(WRITES):
            self._left, self.hit = -1, "full"
            raise sqlite3.OperationalError("database or disk is full")


def open_disk(image: bytes | None = None) -> ServerDisk:
    disk = sqlite3.connect(":memory:", check_same_thread=False, factory=ServerDisk)
    if image is not None:
        disk.deserialize(image)
    disk.execute("pragma foreign_keys = on")
    return disk


class KeyTaken(Exception):
    """IndexedDB's ConstraintError: `add` met a key that is there."""


class Transaction:
    """Writes that are not on disk yet."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.draft: Tables = {}
        self._gone: set[tuple[str, Any]] = set()

    def get(self, table: str, key: Any) -> Any:
        if (table, key) in self._gone:
            return None
        drafted = self.draft.get(table, {})
        return drafted[key] if key in drafted else self._tables[table].get(key)

    def add(self, table: str, key: Any, value: Any) -> None:
        if self.get(table, key) is not None:
            raise KeyTaken(table, key)
        self.put(table, key, value)

    def put(self, table: str, key: Any, value: Any) -> None:
        self.draft.setdefault(table, {})[key] = value
        self._gone.discard((table, key))

    def delete(self, table: str, key: Any) -> None:
        self.draft.get(table, {}).pop(key, None)
        self._gone.add((table, key))

    def commit(self) -> None:
        for table, rows in self.draft.items():
            self._tables[table].update(rows)
        for table, key in self._gone:
            self._tables[table].pop(key, None)


class TabletDisk:
    """A tablet's IndexedDB. Every transaction is strict: it is on disk before anybody hears of it. `stop_in(n)` counts yield points:
    before a transaction, before its commit, after its commit.
    """

    TABLES = ("meta", "chains", "ops", "receipts")

    def __init__(self, tables: Tables | None = None) -> None:
        self.tables: Tables = {name: dict((tables or {}).get(name, {})) for name in self.TABLES}
        self._left = -1

    def copy(self) -> Tables:
        """All that is on disk, as a backup or a clone has it. Rows are never changed in place."""
        return {name: dict(rows) for name, rows in self.tables.items()}

    def after_stop(self) -> Tables:
        """What a killed browser finds when it starts again."""
        return self.copy()

    def stop_in(self, points: int) -> None:
        self._left = points

    def calm(self) -> None:
        self._left = -1

    @contextmanager
    def transact(self) -> Iterator[Transaction]:
        self._pause()
        work = Transaction(self.tables)
        yield work
        self._pause()
        self._commit(work)
        self._pause()

    def _commit(self, work: Transaction) -> None:
        work.commit()

    def _pause(self) -> None:
        if self._left == 0:
            self._left = -1
            raise Crash
        if self._left > 0:
            self._left -= 1
