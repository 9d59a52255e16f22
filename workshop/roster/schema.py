"""The local_ tables of rosters: uploads waiting to be taken, and which person a row turned out to be."""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("roster")

TABLES = (
    # `data` is emptied once the list is taken; the whole row goes after a day: it holds personal data of many.
    """
    create table local_upload (
        id text primary key, actor text not null, part text not null, filename text not null,
        sha256 text not null check (length(sha256) = 64),
        data blob check (data is null or length(data) <= 5242880),
        encoding text, class_id text, answers text not null default '{}', outcome text,
        created_at integer not null
    ) strict, without rowid
    """,
    # A row that names somebody too loosely is asked about once, not each time the list comes again. Only a hash is kept.
    """
    create table local_roster_row (
        part text not null, row_hash text not null, trainee_id text not null, primary key (part, row_hash)
    ) strict, without rowid
    """,
)


@migrations()
def tables(db: Database) -> None:
    for statement in TABLES:
        db.execute(statement)
