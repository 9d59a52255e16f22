"""SELECTs about devices, their enrolment and their contacts."""

import json
from typing import Any

from sqlite_utils import Database

from workshop.devices.rules import Enrolment


def enrolment(db: Database, device: str) -> Enrolment | None:
    row = db.execute("select device, state, code from local_enrolment where device = ?", (device,)).fetchone()
    return Enrolment(row[0], row[1], row[2] if row[1] == "waiting" else None) if row else None


def waiting_count(db: Database) -> int:
    return int(db.execute("select count(*) from local_enrolment where state = 'waiting'").fetchone()[0])


def waiting(db: Database) -> list[dict[str, Any]]:
    """Devices that wait for approval, oldest first. The code is not among it: the admin reads it off the tablet."""
    return list(
        db.query(
            "select device, name, asked_at from local_enrolment where state = 'waiting' order by asked_at"
        )
    )


def devices(db: Database, parts: list[str]) -> list[dict[str, Any]]:
    """All devices of the given parts with what their last contact told; newest contact first."""
    marks = ", ".join("?" * len(parts))
    rows = db.query(
        "select d.part, d.id, d.name, d.kind, d.site, d.revoked_at, c.at as contact_at, c.clock_offset_ms, c.heads,"
        " (select max(l.received_at) from op_log l join op_chain k on k.id = l.chain where k.device = d.id) as news_at,"
        " (select sum(k.seq) from op_chain k where k.device = d.id) as ops"
        " from rm_device d left join local_contact c on c.device = d.id"
        f" where d.part in ({marks}) order by coalesce(c.at, 0) desc, d.name",
        parts,
    )
    return [{**row, "announced": _announced(row["heads"])} for row in rows]


def _announced(heads: str | None) -> int:
    try:
        found = json.loads(heads or "{}")
        return sum(tip[1] for tips in found.values() for tip in tips)
    except (ValueError, TypeError, AttributeError, IndexError):
        return 0


def heads(db: Database, part: str, device: str, group: str) -> tuple[str, ...]:
    """The ops that a field of a device's record rests on."""
    row = db.execute("select heads from rm_device where part = ? and id = ?", (part, device)).fetchone()
    return tuple(json.loads(row[0]).get(group, ())) if row else ()


def all_heads(db: Database, part: str, device: str) -> tuple[str, ...]:
    row = db.execute("select heads from rm_device where part = ? and id = ?", (part, device)).fetchone()
    return tuple(sorted({op for ops in json.loads(row[0]).values() for op in ops})) if row else ()


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
