"""Moving a store's log into an empty shared one, and back out. All rows or none; what was copied is read back and compared.

No node may write meanwhile: the caller holds the store's lock.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sync.errors import StoreError
from sync.replica import follows, forget_log, mark_of, stand_at
from sync.shared import Key, Rows, SharedLog, Table, shared_tables

CHUNK_ROWS = 2000


@dataclass(frozen=True)
class Moved:
    """How many rows of each table are now in the other place."""

    rows: dict[str, int]

    @property
    def ops(self) -> int:
        return self.rows["op_log"]


def copy_in(connection: sqlite3.Connection, shared: SharedLog, site: str) -> Moved:
    """Put everything enduring into the shared log in one transaction, and prove it. Called again after a crash it finds its own work.

    Raises StoreError: log_of_another_site, log_differs (data: table).
    """
    shared.create(site)
    tables = shared_tables(connection)
    try:
        head = shared.begin(write=True)
        if head.site != site or head.closed:
            raise StoreError("log_of_another_site", site=head.site)
        if head.mark.version == 0:
            for table in tables:
                for chunk in _chunks(connection, table):
                    shared.put(Rows(table, chunk))
            shared.commit()
        shared.rollback()
        shared.begin(write=False)
        return Moved({table.name: _compared(connection, shared, table) for table in tables})
    finally:
        shared.rollback()


def follow(connection: sqlite3.Connection, shared: SharedLog) -> None:
    """From now on the store, which has all that the log has, is a replica of it."""
    head = shared.newest()
    stand_at(connection, shared_tables(connection), head, head.mark)
    connection.commit()


def leave(connection: sqlite3.Connection, shared: SharedLog) -> None:
    """Close the shared log for every node and make this one, which must have all of it, a store of its own.

    Raises StoreError: log_of_another_site, log_moved_on when another node has written since.
    """
    try:
        head = shared.begin(write=True)
        if head.log != follows(connection):
            raise StoreError("log_of_another_site", site=head.site)
        if head.mark != mark_of(connection):
            raise StoreError("log_moved_on")
        shared.shut()
    finally:
        shared.rollback()
    forget_log(connection)
    connection.commit()


def _chunks(connection: sqlite3.Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    cursor = connection.execute(
        f"select {', '.join(table.columns)} from {table.name} order by {', '.join(table.key)}"
    )
    while found := cursor.fetchmany(CHUNK_ROWS):
        yield found


def _compared(connection: sqlite3.Connection, shared: SharedLog, table: Table) -> int:
    """The number of rows of a table, which are the same on both sides."""
    ours: Iterator[tuple[Any, ...]] = (row for chunk in _chunks(connection, table) for row in chunk)
    theirs: Iterator[tuple[Any, ...]] = (row for found in shared.since(0, table) for row in found.rows)
    if table.name != "op_log":  # small, and not in one order on both sides
        ours, theirs = iter(_by_key(table, ours)), iter(_by_key(table, theirs))
    count = 0
    for here in ours:
        if next(theirs, None) != here:
            raise StoreError("log_differs", table=table.name, row=count)
        count += 1
    if next(theirs, None) is not None:
        raise StoreError("log_differs", table=table.name, row=count)
    return count


def _by_key(table: Table, rows: Iterator[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    found: dict[Key, tuple[Any, ...]] = {table.key_of(row): row for row in rows}
    return [found[key] for key in sorted(found)]
