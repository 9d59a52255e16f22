"""The enduring tables of the log, as a migration set. Append-only but for a chain's tip, a receipt's height and erased bodies."""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("sync")


@migrations()
def log(db: Database) -> None:
    script = """
        create table op_chain (
            id integer primary key,
            device text not null, epoch text not null, part text not null,
            parent integer references op_chain(id), fork_at integer,
            seq integer not null default 0, link blob not null
        ) strict;
        create index op_chain_name on op_chain (device, epoch, part);
        create index op_chain_part on op_chain (part);
        create table op_log (
            n integer primary key,
            chain integer not null references op_chain(id),
            seq integer not null check (seq > 0),
            link blob not null,
            header text not null,
            body text,
            body_hash blob,
            received_at integer not null,
            unique (chain, seq),
            check ((body is null) = (body_hash is not null))
        ) strict;
        create table op_signature (
            chain integer not null references op_chain(id), seq integer not null, signature blob not null,
            primary key (chain, seq)
        ) strict, without rowid;
        create table op_key (device text primary key, key text not null) strict, without rowid;
        create table op_receipt (
            site text not null, chain integer not null references op_chain(id),
            role text not null, device text not null, epoch text not null, part text not null,
            seq integer not null, link blob not null, at integer not null, key text not null, signature blob not null,
            primary key (site, chain)
        ) strict, without rowid;
        """
    for statement in filter(str.strip, script.split(";")):
        db.execute(statement)


@migrations()
def residue(db: Database) -> None:
    """What an erased body had said besides personal values, until it is said again: see `sync/restating.py`."""
    db.execute("create table op_residue (n integer primary key, body text not null) strict")
    db.execute("create index op_log_erased on op_log (chain) where body is null")
