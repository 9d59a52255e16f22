"""The tables of sign-in. Local to the site: never in the log, never in a bundle. Changes come as further migrations."""

import secrets

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("accounts")

TABLES = """
create table local_secret (
    name text primary key,
    value blob not null check (length(value) >= 32)
) strict;

create table local_account (
    username text primary key check (length(username) between 1 and 64),
    person_id text not null unique,
    kind text not null check (kind in ('staff', 'trainee')),
    password_hash text not null,
    pin_salt text,
    pin_hash text,
    pin_iterations integer,
    active integer not null default 1 check (active in (0, 1)),
    changed_at integer not null,
    check ((pin_hash is null) = (pin_salt is null) and (pin_hash is null) = (pin_iterations is null))
) strict;

-- Only the hash of a session's token is kept: whoever reads the file cannot sign in with it.
create table local_session (
    token_hash text primary key,
    username text not null references local_account (username) on delete cascade on update cascade,
    created_at integer not null,
    seen_at integer not null,
    expires_at integer not null
) strict;

create index local_session_username on local_session (username);

create table local_throttle (
    key text primary key,
    failures integer not null check (failures >= 0),
    last_at integer not null,
    until_at integer not null
) strict;
"""


@migrations()
def sign_in_tables(db: Database) -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            db.execute(statement)
    db.execute(
        "insert into local_secret (name, value) values (?, ?)", ["form_signing", secrets.token_bytes(32)]
    )
