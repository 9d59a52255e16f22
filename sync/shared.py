"""What a log that several nodes share must offer, and the shapes in which rows pass between it and a node. No store is known here.

A node is a site's folder with a replica of the log in its own SQLite file; see `sync/replica.py`. One number, the version, counts the
transactions of a shared log; a token tells two logs apart that came to the same number, as after a restore of an older copy.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Key = tuple[Any, ...]

FIRST = ("op_chain", "op_key", "op_signature", "op_receipt", "op_log")
"""The log's own tables, in the order in which they are taken: an op is applied when all that it needs is there."""

PRIVATE = "local_replica"
"""What a node keeps for itself: where it stands."""

KEY_COLUMNS_MAX = 6


@dataclass(frozen=True, slots=True)
class Table:
    """An enduring table. `key` names its primary key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    def key_of(self, row: Sequence[Any]) -> Key:
        return tuple(row[self.columns.index(name)] for name in self.key)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table as they now are, in the order of its columns; and the keys of rows that are no more."""

    table: Table
    rows: Sequence[tuple[Any, ...]]
    gone: Sequence[Key] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A state of a shared log: `version` transactions, the last one called `token`."""

    version: int
    token: str


@dataclass(frozen=True, slots=True)
class Head:
    """What a shared log says of itself. `site` is the device id of the site, `log` a random id; `closed` when it was moved away."""

    site: str
    log: str
    mark: Mark
    closed: bool = False


class SharedLog(Protocol):
    """One authority for several nodes. Raises StoreError("log_away") whenever it cannot be reached."""

    def create(self, site: str) -> None:
        """Make an empty log for a site where there is none yet."""

    def newest(self) -> Head:
        """The newest committed state, quickly, outside of any transaction."""

    def begin(self, *, write: bool) -> Head:
        """Begin a transaction: to write, as the only writer of all nodes; or to read one moment of the log."""

    def holds(self, mark: Mark) -> bool:
        """Whether the log once stood at this mark."""

    def news(self, version: int) -> Collection[str]:
        """The names of tables with rows that changed after a version."""

    def since(self, version: int, table: Table) -> Iterator[Rows]:
        """Rows of a table that changed after a version, oldest first, in chunks."""

    def keys(self, table: Table) -> set[Key]:
        """Keys of all rows of a table of the site's own (`local_`), also of those that are no more."""

    def put(self, changed: Rows) -> None:
        """Write rows in the transaction that was begun to write."""

    def commit(self) -> Mark:
        """Make all that was put durable; the mark where the log now stands. Raises StoreError("log_unsure") when nobody knows whether it
        was done.
        """

    def shut(self) -> None:
        """End the transaction that was begun to write, and let no node follow this log any more."""

    def rollback(self) -> None:
        """Leave the transaction, if there is one. Never raises."""

    def close(self) -> None:
        """Let go of the connection."""


def shared_tables(connection: sqlite3.Connection) -> list[Table]:
    """All enduring tables of a node's file that are the same at every node, in the order in which they are taken."""
    names = [
        row[0]
        for row in connection.execute(
            "select name from sqlite_schema where type = 'table' and (name like 'op\\_%' escape '\\'"
            " or name like 'local\\_%' escape '\\') and name <> ? order by name",
            (PRIVATE,),
        )
    ]
    return [_table(connection, name) for name in [*FIRST, *(name for name in names if name not in FIRST)]]


def _table(connection: sqlite3.Connection, name: str) -> Table:
    columns = connection.execute("select name, pk from pragma_table_info(?) order by cid", (name,)).fetchall()
    key = tuple(column for column, _ in sorted((c for c in columns if c[1]), key=lambda c: int(c[1])))
    if not 1 <= len(key) <= KEY_COLUMNS_MAX:
        raise ValueError(f"{name} needs a primary key of one to {KEY_COLUMNS_MAX} columns")
    return Table(name, tuple(column for column, _ in columns), key)
