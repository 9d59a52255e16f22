"""SELECTs for the pages of devices: each device with what it said, what arrived, and what a person should hear of it."""

import json
from collections import defaultdict
from typing import Any

from sqlite_utils import Database

from sync.errors import MessageError
from sync.ops import unb64
from workshop.devices.rules import DeviceLine, Missing, News, joined
from workshop.devices.statement import read_statement


def devices(db: Database, parts: list[str], device: str | None = None) -> list[dict[str, Any]]:
    """All devices of the given parts, or one of them, with what their last contact told; newest contact first."""
    return list(
        db.query(
            "select d.part, d.id, d.name, d.kind, d.site, d.revoked_at, d.replaces, c.at as contact_at, c.clock_offset_ms, c.state,"
            " (select max(l.received_at) from op_chain k join op_log l on l.chain = k.id and l.seq = k.seq"
            "  where k.device = d.id) as news_at,"
            " (select sum(k.seq - coalesce(k.fork_at - 1, 0)) from op_chain k where k.device = d.id) as ops,"
            " (select count(*) from rm_quarantine q where q.device = d.id) as held_back,"
            " (select min(r.id) from rm_device r where r.replaces = d.id and r.enrolled = 1) as replaced_by"
            " from rm_device d left join local_contact c on c.device = d.id"
            f" where d.part in ({_marks(parts)}) and d.enrolled = 1 and (?{len(parts) + 1} is null or d.id = ?{len(parts) + 1})"
            " order by coalesce(c.at, 0) desc, d.name",
            [*parts, device],
        )
    )


def device_lines(db: Database, parts: list[str], lang: str, device: str | None = None) -> list[DeviceLine]:
    """The same for a page, with what is missing, who uses each, and what there is to hear."""
    lacking, told = missing(db, device), defaultdict(list)
    for each in news(db, device):
        told[each.device].append(each)
    people = _people(db, parts, lang)
    return [
        DeviceLine(
            id=row["id"],
            part=row["part"],
            name=row["name"] or row["id"],
            kind=row["kind"],
            site=row["site"],
            contact_at=row["contact_at"],
            news_at=row["news_at"],
            clock_offset_ms=row["clock_offset_ms"] or 0,
            ops=row["ops"] or 0,
            held_back=row["held_back"],
            revoked=row["revoked_at"] is not None,
            replaces=row["replaces"],
            replaced_by=row["replaced_by"],
            late=late_ops(db, row["part"], row["id"]) if row["revoked_at"] is not None else 0,
            said=read_statement(row["state"]),
            missing=lacking.get(row["id"], ()),
            people=tuple(people.get(row["id"], ())),
            news=tuple(told.get(row["id"], ())),
        )
        for row in devices(db, parts, device)
    ]


def waiting(db: Database) -> list[dict[str, Any]]:
    """Devices that wait for approval, oldest first. The code is not among it: the admin reads it off the tablet.

    `was`: the tablet that this one probably was before its store was wiped, by its own memory or by an equal name.
    """
    return list(
        db.query(
            "select e.device, e.name, e.asked_at, (select coalesce(sum(c.seq), 0) from op_chain c"
            " where c.device = e.device and c.parent is null) as ops,"
            " coalesce((select d.id from rm_device d where d.id = e.was and d.kind = 'tablet' and d.enrolled = 1),"
            "  (select d.id from rm_device d where d.kind = 'tablet' and d.enrolled = 1 and d.id <> e.device and lower(d.name) = lower(e.name)"
            "  order by d.revoked_at is null desc, d.received_at desc limit 1)) as was, e.was is not null as remembers"
            " from local_enrolment e where e.state = 'waiting' order by e.asked_at"
        )
    )


def unknown_devices(db: Database) -> list[dict[str, Any]]:
    """Devices whose ops arrived but that were never enrolled and do not ask to be: `device`, `ops`, `contact_at`."""
    return list(
        db.query(
            "select k.device, sum(k.seq) as ops, max(c.at) as contact_at from op_chain k"
            " left join local_contact c on c.device = k.device"
            " where k.parent is null and k.device not in (select id from rm_device where enrolled = 1)"
            " and k.device not in (select device from local_enrolment where state = 'waiting')"
            " group by k.device order by ops desc"
        )
    )


def missing(db: Database, device: str | None = None) -> dict[str, tuple[Missing, ...]]:
    """{device: what it announced and what never came}. By link, not by number: a copied store uses the same numbers again."""
    tips: dict[tuple[str, str, str], list[tuple[int, bytes]]] = defaultdict(list)
    for name, epoch, part, seq, link in db.execute(
        "select device, epoch, part, seq, link from op_chain where ?1 is null or device = ?1", (device,)
    ):
        tips[name, epoch, part].append((seq, link))
    found: dict[str, list[Missing]] = defaultdict(list)
    for name, epoch, part, seq, text, at in db.execute(
        "select device, epoch, part, seq, link, at from local_announced where ?1 is null or device = ?1",
        (device,),
    ):
        here = tips[name, epoch, part]
        if not _is_here(db, (name, epoch, part), seq, text, here):
            below = max((tip for tip, _ in here if tip < seq), default=0 if not here else seq - 1)
            found[name].append(Missing(epoch, part, below + 1, seq, at))
    return {name: joined(each) for name, each in found.items()}


def news(db: Database, device: str | None = None) -> list[News]:
    """What a person should hear of devices, newest first: forks as the log has them, the rest as contacts noted it."""
    rows = db.execute(
        "select f.device, f.epoch, 'fork', f.at, null, s.seen_at from (select c.device, c.epoch, min(l.received_at) as at"
        "  from op_chain c join op_log l on l.chain = c.id and l.seq = c.fork_at where c.parent is not null"
        "  group by c.device, c.epoch) f"
        " left join local_device_news s on s.device = f.device and s.epoch = f.epoch and s.kind = 'fork' where ?1 is null or f.device = ?1"
        " union all select device, epoch, kind, at, other, seen_at from local_device_news n where kind <> 'fork'"
        " and (?1 is null or device = ?1) and not exists (select 1 from op_chain c where c.device = n.device and c.epoch = n.epoch"
        "  and c.parent is not null) order by 4 desc",
        (device,),
    )
    return [News(*row) for row in rows]


def unheard_tablets(db: Database, parts: list[str]) -> int:
    """How many tablets of these parts have something that nobody has read yet."""
    known = {
        row[0]
        for row in db.execute(
            f"select id from rm_device where kind = 'tablet' and enrolled = 1 and part in ({_marks(parts)})",
            parts,
        )
    }
    return len({each.device for each in news(db) if each.seen_at is None} & known)


def late_ops(db: Database, part: str, device: str) -> int:
    """How many ops of a revoked device lie before its revocation and came after it. They count; somebody should know."""
    row = db.execute(
        "select heads, revoked_at from rm_device where part = ? and id = ?", (part, device)
    ).fetchone()
    ops = json.loads(row[0]).get("revoked_at", ()) if row and row[1] is not None else ()
    if not ops:
        return 0
    told = db.execute(
        "select max(l.received_at) from rm_change r join op_log l on l.n = r.n where r.part = ? and r.type = 'device' and r.id = ?"
        f" and substr(l.link, 1, 12) in ({_marks(ops)})",
        (part, device, *(unb64(op, 12) for op in ops)),
    ).fetchone()[0]
    found = db.execute(
        "select count(*) from op_chain c join op_log l on l.chain = c.id where c.device = ? and l.received_at > ?"
        " and l.seq <= coalesce((select value from json_each(?) where key = c.epoch || '/' || c.part), 0)",
        (device, told, row[1]),
    ).fetchone()
    return int(found[0]) if told is not None else 0


def _is_here(
    db: Database, chain: tuple[str, str, str], seq: int, text: str, tips: list[tuple[int, bytes]]
) -> bool:
    try:
        link = unb64(text, 32)
    except MessageError:
        return any(seq <= tip for tip, _ in tips)
    if (seq, link) in tips:
        return True
    if not any(seq <= tip for tip, _ in tips):
        return False
    row = db.execute(
        "select 1 from op_chain c join op_log l on l.chain = c.id where c.device = ? and c.epoch = ? and c.part = ?"
        " and l.seq = ? and l.link = ?",
        (*chain, seq, link),
    ).fetchone()
    return row is not None


def _people(db: Database, parts: list[str], lang: str) -> dict[str, list[tuple[str, str]]]:
    """{device: [(staff id, name)]} of those who may use it."""
    first, second = ("name_zh", "name_en") if lang == "zh" else ("name_en", "name_zh")
    rows = db.execute(
        f"select p.device_id, p.staff_id, coalesce(max(nullif(s.{first}, '')), max(s.{second}), p.staff_id)"
        " from rm_device_person p left join rm_staff s on s.id = p.staff_id and s.part in (p.part, 'common')"
        f" where p.part in ({_marks(parts)}) and p.active = 1 group by p.device_id, p.staff_id order by 3",
        parts,
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for device, staff, name in rows:
        found.setdefault(device, []).append((staff, name))
    return found


def _marks(values: list[str]) -> str:
    return ", ".join("?" * len(values))
