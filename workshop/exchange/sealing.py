"""The campus's key for sealed files: made at first need, kept in its folder and its backups, its public half stated for every workshop."""

import json
import os

from sqlite_utils import Database

from sync import Change, sealed
from sync.errors import StoreError
from workshop.admission import COMMON, SYSTEM
from workshop.exchange import queries
from workshop.folder import SEAL_KEY
from workshop.site import Site


def identity_of(site: Site) -> str | None:
    """The secret key that opens sealed files here; None at a workshop, and at a campus that never needed one."""
    path = site.folder / SEAL_KEY
    return path.read_text() if path.exists() else None


def publish_recipient(site: Site) -> str | None:
    """See to it that workshops can seal for this campus: its key exists and its public half is stated in its `site` record.

    Gives the public half; None at a workshop. Raises BundleError("seal_key_damaged"), and StoreError("seal_key_elsewhere") on a node
    of a shared log whose records name another node's key: what is sealed for one must open on all.
    """
    if site.role != "campus":
        return None
    with site.writing() as db:
        stated, known = queries.recipient(db), identity_of(site)
        if site.log_url and stated and (known is None or sealed.recipient_of(known) != stated):
            raise StoreError("seal_key_elsewhere", path=str(site.folder / SEAL_KEY))
        recipient = sealed.recipient_of(known or _new_key(site))
        if stated != recipient:
            change = Change("site", site.code, {"seal_to": recipient}, _standing(db, site.code))
            site.record(actor=SYSTEM, intent="site.seal_key", changes=[change], part=COMMON)
    return recipient


def _new_key(site: Site) -> str:
    """On disk before anybody seals for it."""
    identity = sealed.new_identity()
    with os.fdopen(os.open(site.folder / SEAL_KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(identity + "\n")
        file.flush()
        os.fsync(file.fileno())
    return identity


def _standing(db: Database, code: str) -> tuple[str, ...]:
    """The ops whose value a new key replaces: after a campus lost its folder and its backups."""
    row = db.execute("select heads ->> '$.seal_to' from rm_site where part = ? and id = ?", (COMMON, code))
    found = row.fetchone()
    return tuple(json.loads(found[0])) if found and found[0] else ()
