"""The shared log on PostgreSQL. The only code that knows PostgreSQL; what the rows mean is not known here.

Needs psycopg (the optional extra `postgres`), and only once it is used. The log lives in the schema that the connection's search_path
names first, which is made when it is missing: one database may hold the logs of several sites.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from sync.errors import StoreError
from sync.ops import b64, unb64
from sync.shared import Head, Key, Mark, Rows, Table

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

T = TypeVar("T")
FORMAT = 1
CHUNK_OPS = 2000
LEADER = 0x4C4241  # with the schema's name: who does the daily chores
CONNECT_S = 3

TYPED: dict[str, dict[str, str]] = {
    "op_chain": {
        "id": "bigint", "device": "text", "epoch": "text", "part": "text", "parent": "bigint", "fork_at": "bigint",
        "seq": "bigint", "link": "bytea",
    },
    # A body may be any bytes that a device signed, a zero among them, which PostgreSQL takes in no text.
    "op_log": {
        "n": "bigint", "chain": "bigint", "seq": "bigint", "link": "bytea", "header": "text", "body": "bytea",
        "body_hash": "bytea", "received_at": "bigint",
    },
    "op_signature": {"chain": "bigint", "seq": "bigint", "signature": "bytea"},
    "op_key": {"device": "text", "key": "text"},
    "op_receipt": {
        "site": "text", "chain": "bigint", "role": "text", "device": "text", "epoch": "text", "part": "text",
        "seq": "bigint", "link": "bytea", "at": "bigint", "key": "text", "signature": "bytea",
    },
}  # fmt: skip
KEYS = {
    "op_chain": "id",
    "op_log": "n",
    "op_signature": "chain, seq",
    "op_key": "device",
    "op_receipt": "site, chain",
}
SESSION = {
    "synchronous_commit": "on",  # acknowledged means on PostgreSQL's disk, whatever the role's default is
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "5min",  # a node that hangs must not keep the others from writing for ever
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


class PostgresLog:
    """One connection to a shared log; it is made when it is needed, and made anew when it broke between two transactions.

    `quick_ms` limits every statement: for looking whether there is news while a person waits.
    """

    def __init__(self, url: str, quick_ms: int = 0) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise StoreError("psycopg_missing") from error
        self._psycopg = psycopg
        self._url, self._quick_ms = url, quick_ms
        self._connection: Connection[Any] | None = None
        self._version = 0
        self._begun = False

    # -- about the log

    def create(self, site: str) -> None:
        with self._told():
            connection = self._connected()
            with connection.transaction():
                connection.execute("select pg_advisory_xact_lock(%s, hashtext('create'))", (LEADER,))
                _make_schema(connection)
                if _exists(connection):
                    return
                connection.execute("; ".join(_statements()))
                connection.execute(
                    "insert into log_site (site, log, format, version, token, closed) values (%s, %s, %s, 0, '', false)",
                    (site, secrets.token_hex(8), FORMAT),
                )

    def newest(self) -> Head:
        with self._told():
            return self._again(lambda: self._head(""))

    def leads(self) -> bool:
        """Whether this connection is the one that does what only one node may do. It stays so until the connection ends."""
        with self._told():
            ask = "select pg_try_advisory_lock(%s, hashtext(current_schema()))"
            return bool(self._again(lambda: self._one(ask, (LEADER,)))[0])

    # -- one transaction

    def begin(self, *, write: bool) -> Head:
        with self._told():
            return self._again(lambda: self._begin(write))

    def holds(self, mark: Mark) -> bool:
        if mark.version == 0:
            return True
        with self._told():
            row = self._execute(
                "select token from log_version where version = %s", (mark.version,)
            ).fetchone()
            return row is not None and row[0] == mark.token

    def news(self, version: int) -> set[str]:
        each = [
            f"select '{name}' where exists (select 1 from {name} where version > %(v)s)" for name in TYPED
        ]
        each.append("select distinct tbl from shared_row where version > %(v)s")
        with self._told():
            return {row[0] for row in self._inside(" union all ".join(each), {"v": version})}

    def since(self, version: int, table: Table) -> Iterator[Rows]:
        if table.name == "op_log":
            yield from self._ops_since(version, table)
        elif table.name in TYPED:
            sql = f"select {', '.join(table.columns)} from {table.name} where version > %s order by {KEYS[table.name]}"
            with self._told():
                found = self._inside(sql, (version,)).fetchall()
            yield Rows(table, found)
        else:
            sql = "select pk, data from shared_row where tbl = %s and version > %s order by version, pk"
            with self._told():
                found = self._inside(sql, (table.name, version)).fetchall()
            gone = [_key(pk) for pk, data in found if data is None]
            yield Rows(table, [_unpacked(table, data) for _, data in found if data is not None], gone)

    def keys(self, table: Table) -> set[Key]:
        with self._told():
            rows = self._inside("select pk from shared_row where tbl = %s", (table.name,))
            return {_key(row[0]) for row in rows}

    def put(self, changed: Rows) -> None:
        table = changed.table
        with self._told():
            if table.name in TYPED:
                if changed.gone:
                    raise StoreError("log_refused", what=f"a row of {table.name} was deleted")
                self._put_typed(table, changed)
            else:
                self._put_rows(table, changed)

    def commit(self) -> Mark:
        token = secrets.token_hex(8)
        with self._told():
            self._inside("insert into log_version (version, token) values (%s, %s)", (self._version, token))
            self._inside("update log_site set version = %s, token = %s", (self._version, token))
        with self._told("log_unsure"):
            self._inside("commit")
        self._begun = False
        return Mark(self._version, token)

    def shut(self) -> None:
        """In a transaction that was begun to write: from now on no node may follow this log."""
        with self._told():
            self._inside("update log_site set closed = true")
            self._inside("commit")

    def rollback(self) -> None:
        self._begun = False
        if self._connection is None or self._connection.closed:
            return
        try:
            if self._connection.info.transaction_status != 0:
                self._connection.execute("rollback")
        except self._psycopg.Error:
            self._drop()

    def close(self) -> None:
        self.rollback()
        with suppress(self._psycopg.Error):
            if self._connection is not None:
                self._connection.execute(
                    "select pg_advisory_unlock_all()"
                )  # now, not when the server notices
        self._drop()

    # -- inside

    def _begin(self, write: bool) -> Head:
        if self._connection is not None:
            self.rollback()
        self._execute("begin" if write else "begin isolation level repeatable read read only")
        # Everybody who writes holds this row: one writer over all nodes, and the next one sees all that is committed.
        self._begun = True
        head = self._head(" for update" if write else "")
        self._version = head.mark.version + 1
        return head

    def _head(self, lock: str) -> Head:
        row = self._one(f"select site, log, version, token, closed, format from log_site{lock}")
        if row[5] > FORMAT:
            raise StoreError("log_newer", format=row[5])
        return Head(row[0], row[1], Mark(row[2], row[3]), row[4])

    def _ops_since(self, version: int, table: Table) -> Iterator[Rows]:
        body = table.columns.index("body")
        sql = f"select {', '.join(table.columns)} from op_log where version > %s and n > %s order by n limit {CHUNK_OPS}"
        n = 0
        while True:
            with self._told():
                found = self._inside(sql, (version, n)).fetchall()
            if not found:
                return
            n = found[-1][0]
            yield Rows(
                table, [(*r[:body], r[body].decode() if r[body] else r[body], *r[body + 1 :]) for r in found]
            )

    def _put_typed(self, table: Table, changed: Rows) -> None:
        """One statement for all rows: arrays are some ten times quicker than a statement a row."""
        kinds, key = TYPED[table.name], KEYS[table.name]
        columns = [list(column) for column in zip(*changed.rows, strict=True)]
        if "body" in table.columns:
            at = table.columns.index("body")
            columns[at] = [None if text is None else text.encode() for text in columns[at]]
        arrays = ", ".join(f"%s::{kinds[name]}[]" for name in table.columns)
        news = ", ".join(f"{name} = excluded.{name}" for name in [*table.columns, "version"])
        self._inside(
            f"insert into {table.name} ({', '.join(table.columns)}, version) select *, %s::bigint from unnest({arrays})"
            f" on conflict ({key}) do update set {news}",
            (self._version, *columns),
        )

    def _put_rows(self, table: Table, changed: Rows) -> None:
        pairs: list[tuple[str, str | None]] = [
            (json.dumps(table.key_of(row)), _packed(table, row)) for row in changed.rows
        ]
        pairs += [(json.dumps(key), None) for key in changed.gone]
        self._inside(
            "insert into shared_row (tbl, pk, data, version) select %s, pk, data, %s from unnest(%s::text[], %s::text[]) as t (pk, data)"
            " on conflict (tbl, pk) do update set data = excluded.data, version = excluded.version",
            (table.name, self._version, [pk for pk, _ in pairs], [data for _, data in pairs]),
        )

    def _one(self, sql: str, values: Any = None) -> tuple[Any, ...]:
        row = self._execute(sql, values).fetchone()
        if row is None:
            raise StoreError("log_missing")
        return tuple(row)

    def _execute(self, sql: str, values: Any = None) -> "Cursor[Any]":
        return self._connected().execute(sql, values)

    def _inside(self, sql: str, values: Any = None) -> "Cursor[Any]":
        """A statement of the transaction that was begun: never on another connection, where nothing would be locked."""
        if not self._begun or self._connection is None:
            raise StoreError("log_away", what="the connection broke")
        return self._connection.execute(sql, values)

    def _again(self, act: Callable[[], T]) -> T:
        """A connection that broke while nothing was under way is made anew, once."""
        fresh = self._connection is None
        try:
            return act()
        except (self._psycopg.OperationalError, self._psycopg.InterfaceError):
            broken = self._connection is None or self._connection.closed
            self._drop()
            if fresh or not broken:
                raise
            return act()

    def _connected(self) -> "Connection[Any]":
        if self._connection is None or self._connection.closed:
            made = self._psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=CONNECT_S,
                keepalives_idle=10,
                keepalives_interval=5,
                keepalives_count=3,
                application_name="workshop",
            )
            settings = SESSION | ({"statement_timeout": str(self._quick_ms)} if self._quick_ms else {})
            calls = ", ".join(["set_config(%s, %s, false)"] * len(settings))
            made.execute(f"select {calls}", [word for pair in settings.items() for word in pair])
            self._connection = made
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._begun = None, False

    @contextmanager
    def _told(self, code: str = "log_away") -> Iterator[None]:
        """Whatever psycopg says becomes one of our errors; after one the connection is not used again."""
        try:
            yield
        except self._psycopg.errors.UndefinedTable as error:
            self._drop()
            raise StoreError("log_missing") from error
        except (self._psycopg.OperationalError, self._psycopg.InterfaceError) as error:
            self._drop()
            raise StoreError(
                code
            ) from error  # what it says names the database's address: for the server's own log only
        except self._psycopg.Error as error:
            self._drop()
            raise StoreError("log_refused", what=_first_line(error)) from error


def _statements() -> list[str]:
    made = [
        (
            "create table log_site (one boolean primary key default true check (one), site text not null, log text not null,"
            " format integer not null, version bigint not null, token text not null, closed boolean not null)"
        ),
        "create table log_version (version bigint primary key, token text not null)",
        (
            "create table shared_row (tbl text not null, pk text not null, data text, version bigint not null,"
            " primary key (tbl, pk))"
        ),
        "create index shared_row_version on shared_row (version)",
    ]
    for name, columns in TYPED.items():
        listed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        made.append(f"create table {name} ({listed}, version bigint not null, primary key ({KEYS[name]}))")
        made.append(f"create index {name}_version on {name} (version)")
    return [*made, "create unique index op_log_seq on op_log (chain, seq)"]


def _make_schema(connection: "Connection[Any]") -> None:
    row = connection.execute("select current_schema(), current_setting('search_path')").fetchone()
    if row and row[0] is None:
        name = row[1].split(",")[0].strip().strip('"').replace('"', '""')
        connection.execute(f'create schema if not exists "{name}"')


def _exists(connection: "Connection[Any]") -> bool:
    row = connection.execute(
        "select 1 from pg_tables where schemaname = current_schema() and tablename = 'log_site'"
    )
    return row.fetchone() is not None


def _packed(table: Table, row: tuple[Any, ...]) -> str:
    """A row as JSON text: {column: value}, bytes as {"b64": text}."""
    values = [{"b64": b64(value)} if isinstance(value, bytes) else value for value in row]
    return json.dumps(dict(zip(table.columns, values, strict=True)))


def _unpacked(table: Table, text: str) -> tuple[Any, ...]:
    found = json.loads(text)
    return tuple(
        unb64(value["b64"]) if isinstance(value, dict) else value
        for value in (found.get(name) for name in table.columns)
    )


def _key(text: str) -> Key:
    return tuple(json.loads(text))


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]
