"""The local_ tables of devices: who asks to be enrolled, invitations, and what each device said at its last contact."""

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
