"""The local_ table of bundles: what each file that was written or brought here did. Local: another site's stick is its own affair."""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("exchange")


@migrations()
def bundles(db: Database) -> None:
    """One row a file. `token` names it in addresses; `device`, `role`, `made_at` say who wrote it and when by that clock; `code` and
    `refused` (JSON, [[code, how many runs]]) what was not taken.
    """
    db.execute(
        "create table local_bundle (id integer primary key, token text not null unique, at integer not null,"
        " state text not null check (state in ('written', 'taken', 'refused')), actor text not null, part text,"
        " bytes integer not null, sealed integer not null, sha256 text not null, device text, role text, made_at integer,"
        " ops integer not null, new integer not null, receipts integer not null, code text, refused text not null) strict"
    )
    db.execute("create index local_bundle_sha256 on local_bundle (sha256)")
