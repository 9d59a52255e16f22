"""SELECTs about devices, their enrolment and their contacts."""

import json
from typing import Any

from sqlite_utils import Database

from workshop.devices.rules import DeviceLine, Enrolment, announced_heads, missing_ops


def enrolment(db: Database, device: str) -> Enrolment | None:
    """How far a device's enrolment is. A device that was revoked is told that it was refused."""
    row = db.execute(
        "select e.device, e.state, e.code, exists (select 1 from rm_device d where d.id = e.device"
        " and d.revoked_at is not null) from local_enrolment e where e.device = ?",
        (device,),
    ).fetchone()
    if row is None:
        return None
    state = "refused" if row[3] else row[1]
    return Enrolment(row[0], state, row[2] if state == "waiting" else None)


def waiting_count(db: Database) -> int:
    return int(db.execute("select count(*) from local_enrolment where state = 'waiting'").fetchone()[0])


def waiting(db: Database) -> list[dict[str, Any]]:
    """Devices that wait for approval, oldest first. The code is not among it: the admin reads it off the tablet."""
    return list(
        db.query(
            "select e.device, e.name, e.asked_at, (select coalesce(sum(c.seq), 0) from op_chain c"
            " where c.device = e.device and c.parent is null) as ops"
            " from local_enrolment e where e.state = 'waiting' order by e.asked_at"
        )
    )


def devices(db: Database, parts: list[str]) -> list[dict[str, Any]]:
    """All devices of the given parts with what their last contact told; newest contact first."""
    rows = db.query(
        "select d.part, d.id, d.name, d.kind, d.site, d.revoked_at, c.at as contact_at, c.clock_offset_ms, c.heads,"
        " (select max(l.received_at) from op_chain k join op_log l on l.chain = k.id and l.seq = k.seq"
        "  where k.device = d.id) as news_at,"
        " (select sum(k.seq - coalesce(k.fork_at - 1, 0)) from op_chain k where k.device = d.id) as ops,"
        " (select count(*) from op_chain k where k.device = d.id and k.parent is not null) as forks,"
        " (select count(*) from rm_quarantine q where q.device = d.id) as held_back"
        " from rm_device d left join local_contact c on c.device = d.id"
        f" where d.part in ({_marks(parts)}) and d.enrolled = 1 order by coalesce(c.at, 0) desc, d.name",
        parts,
    )
    return list(rows)


def device_lines(db: Database, parts: list[str], lang: str) -> list[DeviceLine]:
    """The same for a page, with what is missing and who uses each."""
    held = _held_seqs(db)
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
            forks=row["forks"],
            held_back=row["held_back"],
            revoked=row["revoked_at"] is not None,
            missing=missing_ops(announced_heads(row["heads"]), held.get(row["id"], {})),
            people=tuple(people.get(row["id"], ())),
        )
        for row in devices(db, parts)
    ]


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


def tablet_part(db: Database, parts: list[str], device: str) -> str | None:
    """The part that a tablet's record is in; None for what is no enrolled tablet of these parts."""
    row = db.execute(
        f"select part from rm_device where id = ? and kind = 'tablet' and enrolled = 1 and part in ({_marks(parts)})",
        (device, *parts),
    ).fetchone()
    return row[0] if row else None


def _held_seqs(db: Database) -> dict[str, dict[tuple[str, str], int]]:
    """{device: {(epoch, part): highest seq here}}"""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for device, epoch, part, seq in db.execute(
        "select device, epoch, part, max(seq) from op_chain group by device, epoch, part"
    ):
        found.setdefault(device, {})[epoch, part] = seq
    return found


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


def heads(db: Database, part: str, device: str, group: str) -> tuple[str, ...]:
    """The ops that a field of a device's record rests on."""
    row = db.execute("select heads from rm_device where part = ? and id = ?", (part, device)).fetchone()
    return tuple(json.loads(row[0]).get(group, ())) if row else ()


def all_heads(db: Database, part: str, device: str) -> tuple[str, ...]:
    row = db.execute("select heads from rm_device where part = ? and id = ?", (part, device)).fetchone()
    return tuple(sorted({op for ops in json.loads(row[0]).values() for op in ops})) if row else ()


def is_revoked(db: Database, device: str) -> bool:
    row = db.execute("select 1 from rm_device where id = ? and revoked_at is not null", (device,)).fetchone()
    return row is not None


def last_seqs(db: Database, device: str) -> dict[str, int]:
    """{"epoch/part": highest seq here} of a device's chains."""
    rows = db.execute(
        "select epoch || '/' || part, max(seq) from op_chain where device = ? group by 1", (device,)
    )
    return {name: seq for name, seq in rows}  # noqa: C416 - rows of two


def is_enrolled(db: Database, part: str, device: str) -> bool:
    row = db.execute(
        "select 1 from rm_device where part = ? and id = ? and enrolled = 1", (part, device)
    ).fetchone()
    return row is not None


def noted_offset(db: Database, part: str, device: str, epoch: str) -> int:
    """The clock offset in ms that the newest note for this chain states; 0 without one."""
    row = db.execute(
        "select offset_ms from rm_clock where part = ? and device_id = ? and epoch = ? order by cast(seq as integer) desc limit 1",
        (part, device, epoch),
    ).fetchone()
    return int(row[0]) if row else 0


def first_seq_since_noted(db: Database, part: str, device: str, epoch: str, head: int) -> int:
    """From which op on a new clock note holds: after the last op that an earlier contact already covered."""
    row = db.execute(
        "select max(l.seq) from op_log l join op_chain c on c.id = l.chain join local_contact k on k.device = c.device"
        " where c.device = ? and c.epoch = ? and c.part = ? and l.received_at < k.at",
        (device, epoch, part),
    ).fetchone()
    return min(int(row[0] or 0) + 1, head)


def is_heard_of(db: Database, device: str) -> bool:
    """True for a device with a record, or that has asked to be enrolled here."""
    row = db.execute(
        "select 1 from rm_device where id = ?1 union all select 1 from local_enrolment where device = ?1 limit 1",
        (device,),
    ).fetchone()
    return row is not None


def strangers(db: Database, device: str, servers: tuple[str, str]) -> tuple[int, int]:
    """How many devices that nobody has heard of have ops here, and how many ops this one has. `servers`: this one and its campus."""
    count = db.execute(
        "select count(distinct device) from op_chain where device not in (select id from rm_device)"
        " and device not in (select device from local_enrolment) and device not in (?, ?)",
        servers,
    ).fetchone()[0]
    own = db.execute("select coalesce(sum(seq), 0) from op_chain where device = ?", (device,)).fetchone()[0]
    return int(count), int(own)
