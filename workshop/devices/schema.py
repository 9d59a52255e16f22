"""The local_ tables of devices: who asks to be enrolled, invitations, what each device said of itself, and what a person has seen of it."""

import json

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("devices")

TABLES = (
    """
    create table local_enrolment (
        device text primary key, key text not null, name text not null, code text not null, asked_at integer not null,
        state text not null check (state in ('waiting', 'enrolled', 'refused'))
    ) strict, without rowid
    """,
    """
    create table local_invite (
        code_hash text primary key, made_by text not null, expires_at integer not null, used_by text
    ) strict, without rowid
    """,
    """
    create table local_contact (
        device text primary key, at integer not null, clock_offset_ms integer not null, heads text not null,
        state text not null default '{}'
    ) strict, without rowid
    """,
)


@migrations()
def tables(db: Database) -> None:
    for statement in TABLES:
        db.execute(statement)


ANNOUNCED = (
    """
    create table local_announced (
        device text not null, epoch text not null, part text not null, seq integer not null, link text not null,
        at integer not null, primary key (device, epoch, part, link)
    ) strict, without rowid
    """,
    """
    create table local_device_news (
        device text not null, epoch text not null, kind text not null check (kind in ('fork', 'restored', 'twin', 'wiped')),
        at integer not null, other text, seen_at integer, seen_by text, primary key (device, epoch, kind)
    ) strict, without rowid
    """,
    "alter table local_enrolment add column was text",
    "alter table local_invite add column replaces text",
    "alter table local_invite add column how text",
)
"""`local_announced`: the highest op of a chain that a device said it has, kept when it says less later. `local_device_news`: what a
person should hear of a device, until one says that they have. `was`: the device that this browser remembers to have been."""


@migrations()
def announced(db: Database) -> None:
    for statement in ANNOUNCED:
        db.execute(statement)
    for device, at, text in db.execute("select device, at, heads from local_contact").fetchall():
        for part, tips in json.loads(text).items():
            db.conn.executemany(
                "insert or ignore into local_announced values (?, ?, ?, ?, ?, ?)",
                [(device, tip[0], str(part), tip[1], tip[2], at) for tip in tips if _is_tip(tip)],
            )


def _is_tip(tip: object) -> bool:
    return isinstance(tip, list) and [type(each) for each in tip] == [str, int, str]
