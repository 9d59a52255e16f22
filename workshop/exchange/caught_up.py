"""After a campus was put back from a backup: which workshops have since shown what they hold, so that certificates can be issued again.

What a workshop states counts only when all of it is here: then nothing of it that was lost is still out there. Knows no Flask.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from sqlite_utils import Database

from sync import wire
from sync.bundle import Taken
from sync.exchange import Caller, read_vector
from sync.log import Vector
from workshop.admission import COMMON
from workshop.exchange import queries
from workshop.exchange.queries import Workshop
from workshop.site import Site

SETTING: Final = "caught_up"
"""{"epoch": the life that began, "since": UTC ms, "seen": {device of a workshop: UTC ms}}. Another epoch: nobody was seen yet."""


def behind(site: Site, db: Database) -> list[Workshop]:
    """The workshops whose word this campus still needs since it was put back; none where it never was."""
    if site.role != "campus" or not was_restored(site, db):
        return []
    state = _state(site, db)
    seen = state["seen"]
    gone = {
        row[0] for row in db.execute("select device from rm_gone_workshop where epoch = ?", (_epoch(db),))
    }
    awaited = [*queries.workshops(db), *_revoked_since(db, state["since"])]
    return [one for one in awaited if one.device not in seen and one.device not in gone]


def was_restored(site: Site, db: Database) -> bool:
    """True when this store has lived before: some of its own ops are of another epoch than the one that it writes in now."""
    row = db.execute(
        "select 1 from op_chain where device = ? and epoch <> ? limit 1", (site.device, _epoch(db))
    ).fetchone()
    return row is not None


def begin(site: Site) -> None:
    """Note when the present life began. Files that were written before say nothing of what was given away since the backup."""
    with site.writing() as db:
        if _stored(db).get("epoch") != _epoch(db):
            _keep(db, _state(site, db))


def note_contact(site: Site, caller: Caller) -> None:
    """A server called and its ops were taken: if all that it says it has is here, it is caught up with. Call after the answer is made."""

    def all_here() -> bool:
        parts, said = sorted(set(caller.said.parts) & set(site.parts)), caller.said
        if said.digest == wire.digest(site.node.log.vector(parts)):
            return True
        return said.have is not None and site.node.log.knows(read_vector(said.have))

    _note(site, caller.device, caller.said.parts, all_here)


def note_peer(site: Site, device: str | None, parts: list[str], has: Vector | None) -> None:
    """The same after this campus called a workshop; `has` is what the answer said."""
    _note(site, device, parts, lambda: has is not None and site.node.log.knows(has))


def note_file(site: Site, taken: Taken) -> None:
    """The same for a file, if it was written after this life began: by its date, or because its writer knew of this life already."""
    info = taken.info

    def all_here() -> bool:
        here = f"{site.device}/{site.node.epoch}/"
        fresh = info.at >= _state(site, site.node.db)["since"] or any(
            name.startswith(here) for name in taken.have
        )
        return fresh and site.node.log.knows(taken.have)

    _note(site, info.device, info.parts, all_here)


# -- inside


def _revoked_since(db: Database, since: int) -> list[Workshop]:
    """What a workshop has that was revoked only in this life may be newer than the backup. One revoked before had nothing since."""
    rows = db.execute(
        f"select site, id from rm_device where part = '{COMMON}' and kind = 'workshop' and enrolled = 1"
        " and revoked_at is not null and received_at >= ? order by site",
        (since,),
    )
    return [Workshop(part, device, None, None) for part, device in rows]


def _note(site: Site, device: str | None, parts: list[str], all_here: Callable[[], bool]) -> None:
    if site.role != "campus" or not was_restored(site, site.db):
        return
    begin(site)
    waiting = {one.device: one.part for one in behind(site, site.db)}
    if device is None or device not in waiting or not {COMMON, waiting[device]} <= set(parts):
        return
    with site.writing() as db:
        if all_here():
            state = _state(site, db)
            _keep(db, {**state, "seen": {**state["seen"], device: site.now()}})


def _epoch(db: Database) -> str:
    return str(db.execute("select value from local_node where name = 'epoch'").fetchone()[0])


def _stored(db: Database) -> dict[str, Any]:
    row = db.execute("select value from local_setting where name = ?", (SETTING,)).fetchone()
    return dict(json.loads(row[0])) if row else {}


def _state(site: Site, db: Database) -> dict[str, Any]:
    stored, epoch = _stored(db), _epoch(db)
    return stored if stored.get("epoch") == epoch else {"epoch": epoch, "since": site.now(), "seen": {}}


def _keep(db: Database, state: dict[str, Any]) -> None:
    db.execute("insert or replace into local_setting values (?, ?)", (SETTING, json.dumps(state)))
