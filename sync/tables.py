"""The derived tables' definitions, made from the declarations. A change of any of them is met by a rebuild, never by a migration."""

import hashlib
import sqlite3
from typing import Any, get_args, get_type_hints

import msgspec

from sync import ops
from sync.records import RecordType, Registry

VERSION = 2
"""Raise it when the meaning of a derived row changes without a change of its columns."""

SHARED = """
create table rm_change (
    part text not null, type text not null, id text not null, n integer not null, primary key (part, type, id, n)
) strict, without rowid;
create index rm_change_n on rm_change (n);
create table rm_conflict (
    part text not null, type text not null, id text not null, grp text not null, op text not null, value text not null,
    actor text not null, device text not null, wall integer not null, received_at integer not null, winner integer not null,
    primary key (part, type, id, grp, op)
) strict, without rowid;
create table rm_quarantine (
    n integer primary key, op text not null, part text not null, code text not null, data text not null, actor text not null,
    device text not null, wall integer not null, received_at integer not null, intent text not null
) strict;
create table rm_newer (
    n integer primary key, op text not null, part text not null, v integer not null, device text not null,
    received_at integer not null
) strict;
create table rm_again (op text not null, was text not null, n integer not null, primary key (op, was)) strict, without rowid;
create table rm_meta (name text primary key, value text not null) strict, without rowid;
"""


def statements(registry: Registry) -> list[str]:
    """All DDL of the derived tables."""
    made = [line.strip() for line in SHARED.split(";") if line.strip()]
    for declared in registry.types:
        made += _table(declared)
    return made


def fingerprint(registry: Registry) -> str:
    """Changes with any table, field, policy or writer, and with the op version understood: a read model with another one is rebuilt. Rules are code: raise VERSION."""
    told = [
        (
            t.name,
            sorted(t.policies.items()),
            sorted(t.groups.items()),
            t.authority,
            t.parts,
            sorted(t.writers),
            t.server_only,
            t.root_only,
            sorted(t.personal),
            t.subject,
            msgspec.json.encode(msgspec.json.schema(t.fields), order="deterministic"),
        )
        for t in registry.types
    ]
    return hashlib.sha256(repr((VERSION, ops.VERSION, statements(registry), told)).encode()).hexdigest()


def create_tables(connection: sqlite3.Connection, registry: Registry) -> None:
    for statement in statements(registry):
        connection.execute(statement)
    connection.execute("insert into rm_meta values ('fingerprint', ?)", (fingerprint(registry),))


def drop_tables(connection: sqlite3.Connection, registry: Registry) -> None:
    """Drop every rm_ table, also those of types that are declared no more."""
    names = connection.execute(
        "select name from sqlite_schema where type = 'table' and name like 'rm\\_%' escape '\\'"
    ).fetchall()
    for (name,) in names:
        connection.execute(f'drop table "{name}"')


def is_current(connection: sqlite3.Connection, registry: Registry) -> bool:
    """True when the tables there were made for exactly this registry."""
    there = connection.execute("select 1 from sqlite_schema where name = 'rm_meta'").fetchone()
    if not there:
        return False
    row = connection.execute("select value from rm_meta where name = 'fingerprint'").fetchone()
    return bool(row) and row[0] == fingerprint(registry)


def insert_sql(declared: RecordType) -> str:
    count = 2 + len(declared.pieces) + len(declared.columns) + 6
    return f"insert into rm_{declared.name} values ({', '.join('?' * count)})"


def _table(declared: RecordType) -> list[str]:
    kinds = get_type_hints(declared.fields)
    columns = [f"{piece} text not null" for piece in declared.pieces]
    columns += [f"{name} {'integer' if _is_number(kinds[name]) else 'text'}" for name in declared.columns]
    table = f"rm_{declared.name}"
    made = [
        (
            f"create table {table} (part text not null, id text not null, {', '.join([*columns, ''])}"
            "heads text not null, conflict integer not null, last_op text not null, actor text not null,"
            " wall integer not null, received_at integer not null, primary key (part, id)) strict, without rowid"
        ),
        f"create index {table}_conflict on {table} (part, id) where conflict = 1",
    ]
    indexes = (
        f"create index {table}_{'_'.join(names)} on {table} (part, {', '.join(names)})"
        for names in declared.indexes
    )
    return [*made, *indexes]


def _is_number(kind: Any) -> bool:
    return bool({int, bool} & set(get_args(kind) or (kind,)))
