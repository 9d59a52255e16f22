"""The print log: which certificates went to paper at this site, and how often. Local: another site's printer has its own."""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("certificates")


@migrations()
def print_log(db: Database) -> None:
    """`serials` is a JSON list in the order of the pages; what is in an earlier job is a copy in a later one."""
    db.execute(
        "create table local_certificate_print (id integer primary key, part text not null, batch_id text not null,"
        " serials text not null, at integer not null, actor text not null) strict"
    )
    db.execute("create index local_certificate_print_batch on local_certificate_print (part, batch_id)")
