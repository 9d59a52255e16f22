"""SELECTs about devices, their enrolment, and what single questions of the exchange need."""

import json

from sqlite_utils import Database

from workshop.devices.rules import Enrolment


def enrolment(db: Database, device: str) -> Enrolment | None:
    """How far a device's enrolment is. A device that was revoked is told that it was refused."""
    row = db.execute(
        "select e.device, e.state, e.code, exists (select 1 from rm_device d where d.id = e.device"
        " and d.revoked_at is not null), r.replaces, r.name from local_enrolment e"
        " left join rm_device r on r.id = e.device and r.enrolled = 1 where e.device = ?",
        (device,),
    ).fetchone()
    if row is None:
        return None
    state = "refused" if row[3] else row[1]
    return Enrolment(row[0], state, row[2] if state == "waiting" else None, row[4], row[5])


def waiting_count(db: Database) -> int:
    return int(db.execute("select count(*) from local_enrolment where state = 'waiting'").fetchone()[0])


def tablet_part(db: Database, parts: list[str], device: str) -> str | None:
    """The part that a tablet's record is in; None for what is no enrolled tablet of these parts."""
    row = db.execute(
        "select part from rm_device where id = ? and kind = 'tablet' and enrolled = 1"
        f" and part in ({', '.join('?' * len(parts))})",
        (device, *parts),
    ).fetchone()
    return row[0] if row else None


def device_name(db: Database, device: str) -> str:
    """What people call it; its short number while it has no name here."""
    row = db.execute("select name from rm_device where id = ? and name is not null", (device,)).fetchone()
    return str(row[0]) if row else device[1:7].upper()


def people_on(db: Database, part: str, device: str) -> list[str]:
    """The staff ids of those who use a tablet."""
    rows = db.execute(
        "select staff_id from rm_device_person where part = ? and device_id = ? and active = 1 order by 1",
        (part, device),
    )
    return [row[0] for row in rows]


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


def announced_seqs(db: Database, device: str) -> dict[str, int]:
    """{"epoch/part": highest seq that it said it has}."""
    rows = db.execute(
        "select epoch || '/' || part, max(seq) from local_announced where device = ? group by 1", (device,)
    )
    return {name: seq for name, seq in rows}  # noqa: C416 - rows of two


def is_enrolled(db: Database, part: str, device: str) -> bool:
    row = db.execute(
        "select 1 from rm_device where part = ? and id = ? and enrolled = 1", (part, device)
    ).fetchone()
    return row is not None


def newest_note(db: Database, part: str, device: str, epoch: str) -> tuple[int, int]:
    """(first op, clock offset in ms) of the newest clock note of a chain; (0, 0) without one."""
    row = db.execute(
        "select cast(seq as integer), offset_ms from rm_clock where part = ? and device_id = ? and epoch = ? order by 1 desc limit 1",
        (part, device, epoch),
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def last_seq_before(db: Database, part: str, device: str, epoch: str, moment: int) -> int:
    """The highest op of a chain that had come before a moment; 0 without one."""
    row = db.execute(
        "select max(l.seq) from op_log l join op_chain c on c.id = l.chain"
        " where c.device = ? and c.epoch = ? and c.part = ? and l.received_at < ?",
        (device, epoch, part, moment),
    ).fetchone()
    return int(row[0] or 0)


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
