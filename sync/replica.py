"""One node's copy of a shared log: notes what a transaction changed here and gives it, takes what other nodes changed. Knows no merge.

The shared log is committed first, the node's own file after it. A node that dies in between lacks what the log has, never the other way;
it takes it at its next contact. So a node's file may be lost at any time.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sync.errors import StoreError
from sync.log import SqliteLog, StoredOp
from sync.shared import KEY_COLUMNS_MAX, PRIVATE, Head, Mark, Rows, SharedLog, Table, shared_tables

NOWHERE = Mark(0, "")
CHUNK_ROWS = 200
PLACES = "abcdef"[:KEY_COLUMNS_MAX]
"""Columns for the parts of a changed row's key."""


def make_tables(connection: sqlite3.Connection) -> None:
    """What every store has: its life, and where it stands in a shared log, if it follows one."""
    connection.execute(
        "create table if not exists local_node (name text primary key, value text not null) strict"
    )
    connection.execute(
        f"create table if not exists {PRIVATE} (name text primary key, value text not null) strict"
    )


def follows(connection: sqlite3.Connection) -> str | None:
    """The id of the shared log that a store is a replica of; None for a store of its own."""
    return _private(connection, "log")


def forget_log(connection: sqlite3.Connection) -> None:
    """From now on the store is a log of its own. Only for a store that has everything."""
    connection.execute(f"delete from {PRIVATE}")


def mark_of(connection: sqlite3.Connection) -> Mark:
    """How far a store has come in the shared log that it follows."""
    version, token = _private(connection, "version"), _private(connection, "token")
    return Mark(int(version), token) if version and token is not None else NOWHERE


def stand_at(connection: sqlite3.Connection, tables: Sequence[Table], head: Head, mark: Mark) -> None:
    """Note that a store is a replica of this log, and how far it has come with which tables."""
    told = {
        "log": head.log,
        "tables": json.dumps([_shape(table) for table in tables]),
        "version": str(mark.version),
        "token": mark.token,
    }
    connection.executemany(f"insert or replace into {PRIVATE} values (?, ?)", told.items())


class Replica:
    """Ties a node's connection to a shared log. `apply` takes new ops into the tables, `blank` an erased one out of them, `rebuild`
    makes all tables anew. All calls but `watch` are inside a transaction on the node's file.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        shared: SharedLog,
        site: str,
        apply: Callable[[Sequence[StoredOp]], None],
        blank: Callable[[int], None],
        rebuild: Callable[[], None],
    ) -> None:
        self._db, self._shared, self._site = connection, shared, site
        self._log = SqliteLog(connection)
        self._apply, self._blank, self._rebuild = apply, blank, rebuild
        self._tables = shared_tables(connection)

    # -- at the start

    def watch(self) -> None:
        """From now on every changed row is noted, by triggers that this connection alone has. A store of its own pays nothing."""
        for pragma in ("recursive_triggers = on", "temp_store = memory"):
            self._db.execute(f"pragma {pragma}")
        self._db.execute(
            f"create temp table changed_row (tbl text not null, {', '.join(f'{place} not null' for place in PLACES)},"
            f" primary key (tbl, {', '.join(PLACES)})) without rowid"
        )
        for table in self._tables:
            for event, sides in (("insert", ["new"]), ("update", ["old", "new"]), ("delete", ["old"])):
                notes = "".join(f" {_note(table, side)};" for side in sides)
                self._db.execute(
                    f"create temp trigger {table.name}_{event} after {event} on main.{table.name} begin{notes} end"
                )

    def attach(self) -> None:
        """Make an empty store follow the shared log. Raises StoreError("log_not_moved") for one that has a log of its own."""
        if follows(self._db) is not None:
            return
        if self._db.execute("select 1 from op_log").fetchone():
            raise StoreError("log_not_moved")
        self._shared.create(self._site)
        stand_at(self._db, [], self._shared.newest(), NOWHERE)

    def start(self) -> None:
        """The first write after an opening: begin, and note the site's own rows that the shared log does not have in this shape. A new
        program brings new tables with something in them, and new columns.
        """
        known = self._known()
        self.begin()
        for table in self._tables:
            if table.name.startswith("local_"):
                there = self._shared.keys(table) if _shape(table) in known else set()
                here = self._db.execute(f"select {', '.join(table.key)} from main.{table.name}").fetchall()
                lacking = [(table.name, *_padded(key)) for key in here if tuple(key) not in there]
                self._db.executemany(
                    f"insert or ignore into changed_row values (?{', ?' * len(PLACES)})", lacking
                )

    # -- one transaction

    def begin(self) -> bool:
        """Become the only writer of all nodes, and take what is newer than what is here; True when something was."""
        return self._take(self._shared.begin(write=True))

    def commit(self) -> None:
        """Give what was noted, and make it durable there. The node's own commit follows."""
        touched = {row[0] for row in self._db.execute("select distinct tbl from changed_row")}
        if not touched:
            self._shared.rollback()
            return
        for table in self._tables:
            for rows in self._changed(table) if table.name in touched else ():
                self._shared.put(rows)
        self._db.execute("delete from changed_row")
        mark = self._shared.commit()
        self._db.executemany(
            f"update {PRIVATE} set value = ? where name = ?",
            [(str(mark.version), "version"), (mark.token, "token")],
        )

    def rollback(self) -> None:
        self._shared.rollback()

    def catch_up(self) -> bool:
        """Take what is newer than what is here, without keeping others from writing; True when something was."""
        try:
            return self._take(self._shared.begin(write=False))
        finally:
            self._shared.rollback()

    def close(self) -> None:
        self._shared.close()

    def mark(self) -> Mark:
        """Where this node stands."""
        return mark_of(self._db)

    # -- giving

    def _changed(self, table: Table) -> Iterator[Rows]:
        """What changed in a table, some rows at a time: memory stays bounded however much comes at once."""
        on = " and ".join(f"t.{name} = x.{place}" for name, place in zip(table.key, PLACES, strict=False))
        columns = ", ".join(f"t.{name}" for name in table.columns)
        order = ", ".join(f"t.{name}" for name in table.key)
        cursor = self._db.execute(
            f"select {columns} from changed_row x join main.{table.name} t on {on} where x.tbl = ? order by {order}",
            (table.name,),
        )
        while rows := cursor.fetchmany(CHUNK_ROWS):
            yield Rows(table, rows)
        gone = self._db.execute(
            f"select {', '.join(f'x.{place}' for place in PLACES)} from changed_row x where x.tbl = ? and not exists (select 1 from main.{table.name} t where {on})",
            (table.name,),
        ).fetchall()
        if gone:
            yield Rows(table, [], [tuple(key[: len(table.key)]) for key in gone])

    # -- taking

    def _take(self, head: Head) -> bool:
        """Raises StoreError: log_of_another_site, log_closed, log_behind."""
        if head.site != self._site or head.log != follows(self._db):
            raise StoreError("log_of_another_site", site=head.site)
        if head.closed:
            raise StoreError("log_closed")
        mine = self.mark()
        known = {shape.partition("(")[0] for shape in self._known()}
        new = [table for table in self._tables if table.name not in known]
        if head.mark == mine and not new:
            return False
        if head.mark.version < mine.version or not self._shared.holds(mine):
            raise StoreError("log_behind", here=mine.version, there=head.mark.version)
        news = self._shared.news(0 if new else mine.version)
        self._db.execute("pragma defer_foreign_keys = on")
        for table in self._tables:
            if table.name in news:
                self._take_table(table, 0 if table in new else mine.version)
        self._db.execute("delete from changed_row")
        stand_at(self._db, self._tables, head, head.mark)
        return True

    def _take_table(self, table: Table, version: int) -> None:
        chunks = self._shared.since(version, table)
        if table.name == "op_log":
            self._take_ops(table, chunks)
            return
        for found in chunks:
            where = " and ".join(f"{name} = ?" for name in table.key)
            self._db.executemany(f"delete from main.{table.name} where {where}", found.gone)
            self._write(table, found.rows)

    def _take_ops(self, table: Table, chunks: Iterable[Rows]) -> None:
        """New ops are merged as they were where they came in; an empty store is filled first and merged once."""
        top = self._db.execute("select max(n) from op_log").fetchone()[0]
        blanked: list[int] = []
        for found in chunks:
            fresh = [row for row in found.rows if top is None or row[0] > top]
            blanked += [row[0] for row in found.rows if top is not None and row[0] <= top]
            self._write(table, fresh)
            if top is not None and fresh:
                self._apply(self._log.read([row[0] for row in fresh]))
        if top is None:
            self._rebuild()
        for n in blanked:
            self._blank(n)

    def _write(self, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert or update. Never `or replace`: that would take along the rows that refer to one."""
        others = [name for name in table.columns if name not in table.key]
        change = ", ".join(f"{name} = excluded.{name}" for name in others)
        self._db.executemany(
            f"insert into main.{table.name} ({', '.join(table.columns)}) values ({', '.join('?' * len(table.columns))})"
            f" on conflict ({', '.join(table.key)}) do {f'update set {change}' if change else 'nothing'}",
            rows,
        )

    def _known(self) -> set[str]:
        return set(json.loads(_private(self._db, "tables") or "[]"))


def _private(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute(f"select value from {PRIVATE} where name = ?", (name,)).fetchone()
    return str(row[0]) if row else None


def _shape(table: Table) -> str:
    return f"{table.name}({', '.join(table.columns)})"


def _note(table: Table, side: str) -> str:
    """Notes a key once. Not by `or ignore`: inside a trigger the statement outside decides what a conflict does."""
    # The plus takes the column's affinity away: else the key of changed_row could not be looked up, and 20,000 notes cost 5 s.
    places = _padded([f"+{side}.{name}" for name in table.key], "''")
    known = " and ".join(f"{name} = {place}" for name, place in zip(PLACES, places, strict=True))
    return (
        f"insert into changed_row select '{table.name}', {', '.join(places)}"
        f" where not exists (select 1 from changed_row where tbl = '{table.name}' and {known})"
    )


def _padded(key: Sequence[Any], empty: Any = "") -> list[Any]:
    return [*key, *[empty] * (len(PLACES) - len(key))]
