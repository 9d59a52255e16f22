"""SELECTs about the exchange: how many ops are here, how many the other side has receipted, when it was heard of, what files did."""

import json
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from sync.log import Vector
from sync.ops import b64
from workshop.admission import COMMON
from workshop.site import Site


@dataclass(frozen=True)
class Counts:
    """Ops of some parts here, and how many of them the other side is known to hold by its signed receipts."""

    here: int
    receipted: int
    waiting_since: int | None
    """When the oldest of those that wait arrived here, UTC ms."""

    @property
    def waiting(self) -> int:
        return self.here - self.receipted


@dataclass(frozen=True)
class Workshop:
    """A workshop as its campus knows it; times in UTC ms."""

    part: str
    device: str
    contact_at: int | None
    news_at: int | None


def other_side(site: Site, part: str | None) -> str | None:
    """The device id of the server that this one exchanges a part with: the campus, or the workshop of `part`."""
    if site.role != "campus":
        return site.root if site.root != site.device else None
    row = site.db.execute(
        "select id from rm_device where part = 'common' and kind = 'workshop' and site = ? and enrolled = 1"
        " and revoked_at is null",
        (part,),
    ).fetchone()
    return row[0] if row else None


@dataclass(frozen=True)
class File:
    """A bundle that was written or brought here; `Row` of the history module says what stands in it."""

    token: str
    at: int
    state: str
    part: str | None
    bytes: int
    sealed: bool
    device: str | None
    name: str | None
    role: str | None
    made_at: int | None
    ops: int
    new: int
    receipts: int
    code: str | None
    refused: tuple[tuple[str, int], ...]
    before: int | None
    """When the very same file was brought the last time, UTC ms."""


def counts(db: Database, parts: list[str], other: str | None) -> Counts:
    """What is here of these parts and what `other` has. An op that `other` wrote itself needs no receipt."""
    rows = db.execute(
        "select c.id, c.device, coalesce(c.fork_at - 1, 0), c.seq, coalesce(r.seq, 0) from op_chain c"
        " left join op_receipt r on r.chain = c.id and r.site = ?"
        f" where c.part in ({', '.join('?' * len(parts))})",
        (other, *parts),
    ).fetchall()
    here = receipted = 0
    since: list[int] = []
    for chain, device, start, tip, known in rows:
        has = tip if device == other else max(start, min(known, tip))
        here, receipted = here + tip - start, receipted + has - start
        if has < tip:
            first = "select received_at from op_log where chain = ? and seq = ?"
            since.append(db.execute(first, (chain, has + 1)).fetchone()[0])
    return Counts(here, receipted, min(since, default=None))


def receipted(db: Database, other: str) -> Vector | None:
    """What a server surely holds, as a vector: chains of its own as far as they are here, others as far as its receipts go."""
    rows = db.execute(
        "select device, epoch, part, seq, link from op_receipt where site = ?1"
        " union all select device, epoch, part, seq, link from op_chain where device = ?1",
        (other,),
    ).fetchall()
    vector: Vector = {}
    for device, epoch, part, seq, link in rows:
        vector.setdefault(f"{device}/{epoch}/{part}", []).append((seq, b64(link)))
    return vector or None


def workshops(db: Database) -> list[Workshop]:
    """The workshops of a campus, by code, with when they last called and when the newest of their ops came."""
    rows = db.execute(
        "select d.site, d.id, c.at, (select max(l.received_at) from op_chain k join op_log l on l.chain = k.id and l.seq = k.seq"
        f" where k.part = d.site) from rm_device d left join local_contact c on c.device = d.id"
        f" where d.part = '{COMMON}' and d.kind = 'workshop' and d.enrolled = 1 and d.revoked_at is null order by d.site"
    )
    return [Workshop(*row) for row in rows]


def device_name(db: Database, device: str) -> str | None:
    row = db.execute("select name from rm_device where id = ? and enrolled = 1", (device,)).fetchone()
    return row[0] if row else None


def waiting_by_device(db: Database, parts: list[str], other: str | None) -> list[tuple[str, str | None, int]]:
    """(device, its name, ops) for each device with ops that `other` has not receipted, most first: what the next file holds."""
    rows = db.execute(
        "select device, name, sum(n) from (select c.device, d.name, case when c.device = ?1 then 0 else"
        " max(0, c.seq - max(coalesce(c.fork_at - 1, 0), min(c.seq, coalesce(r.seq, 0)))) end as n"
        " from op_chain c left join op_receipt r on r.chain = c.id and r.site = ?1"
        " left join (select id, max(name) as name from rm_device group by id) d on d.id = c.device"
        f" where c.part in ({', '.join(f'?{n + 2}' for n in range(len(parts)))}))"
        " group by device having sum(n) > 0 order by sum(n) desc, device",
        (other, *parts),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def recipient(db: Database) -> str | None:
    """What a sealed file is encrypted to: the campus's age recipient, as the campus states it."""
    row = db.execute(
        f"select seal_to from rm_site where part = '{COMMON}' and role = 'campus' and seal_to is not null order by id limit 1"
    ).fetchone()
    return row[0] if row else None


def can_seal(site: Site) -> bool:
    """True where a file goes to a campus that has said what to seal it with."""
    return site.role == "workshop" and recipient(site.db) is not None


_FILE = (
    "select b.token, b.at, b.state, b.part, b.bytes, b.sealed, b.device, (select max(name) from rm_device where id = b.device),"
    " b.role, b.made_at, b.ops, b.new, b.receipts, b.code, b.refused, (select max(o.at) from local_bundle o"
    " where o.sha256 = b.sha256 and o.state = 'taken' and o.id < b.id) from local_bundle b"
)


def files(db: Database, limit: int) -> list[File]:
    """The newest files first."""
    return [_file(row) for row in db.execute(f"{_FILE} order by b.id desc limit ?", (limit,))]


def one_file(db: Database, token: str) -> File | None:
    row = db.execute(f"{_FILE} where b.token = ?", (token,)).fetchone()
    return _file(row) if row else None


def _file(row: tuple[Any, ...]) -> File:
    refused = tuple((str(code), int(count)) for code, count in json.loads(row[14]))
    values = [*row[:5], bool(row[5]), *row[6:14], refused, row[15]]
    return File(*values)
