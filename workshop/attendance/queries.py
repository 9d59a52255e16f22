"""SELECTs of the register."""

import json
from dataclasses import dataclass
from typing import Any

from workshop.privacy.names import name_of, name_zh_of
from workshop.receipts import at_campus
from workshop.site import Site


@dataclass(frozen=True)
class Row:
    """One person of a register. `number` is the place in the list, `register_number` the person's own. `base` are the ops that an edit has in view; `at` is "", "workshop" or "campus"."""

    id: str
    number: str
    name: str
    name_zh: str
    value: dict[str, Any] | None
    note: str | None
    base: list[str]
    at: str
    conflict: bool
    withdrawn: bool
    register_number: str = ""
    more_url: str = ""
    decide_url: str | None = None


def day_sheet(site: Site, part: str, class_id: str, number: str) -> list[Row]:
    """Everybody who belongs into a session's register: the enrolled, and whoever was marked and has left since."""
    rows = list(
        site.db.query(
            f"select t.id as trainee, coalesce(t.number, '') as number, {name_of()} as name, {name_zh_of()} as name_zh, e.state,"
            " a.status, a.minutes, a.note, a.heads, coalesce(a.conflict, 0) as conflict, a.id as record from rm_enrolment e"
            " join rm_trainee t on t.part = e.part and t.id = e.trainee_id"
            " left join rm_attendance a on a.part = e.part and a.id = e.class_id || '.' || :number || '.' || e.trainee_id"
            " where e.part = :part and e.id >= :class || '.' and e.id < :class || '/' and (e.state = 'enrolled' or a.status is not null)"
            " order by t.number is null, t.number, t.name, t.id",
            {"part": part, "class": class_id, "number": number},
        )
    )
    marked = [row["record"] for row in rows if row["record"]]
    home = at_campus(site, part, "attendance", marked)
    return [
        _row(place, row, f"{class_id}.{number}.{row['trainee']}", home) for place, row in enumerate(rows, 1)
    ]


def _row(place: int, row: dict[str, Any], record: str, home: set[str]) -> Row:
    heads = json.loads(row["heads"]) if row["heads"] else {}
    value = {"status": row["status"], "minutes": row["minutes"]} if row["status"] else None
    at = ("campus" if record in home else "workshop") if row["record"] else ""
    return Row(
        record,
        str(place),
        row["name"],
        row["name_zh"],
        value,
        row["note"],
        heads.get("mark", []),
        at,
        bool(row["conflict"]),
        row["state"] == "withdrawn",
        row["number"],
    )


def rests_on(site: Site, part: str, class_id: str, number: str, op: str) -> list[tuple[str, list[str]]]:
    """Records of a session whose mark still rests on one op: (record id, base)."""
    rows = site.db.query(
        "select id, heads from rm_attendance where part = ?1 and id >= ?2 || '.' and id < ?2 || '/' and status is not null",
        (part, f"{class_id}.{number}"),
    )
    found = [(row["id"], json.loads(row["heads"]).get("mark", [])) for row in rows]
    return [(record, base) for record, base in found if base == [op]]


def session_base(site: Site, part: str, class_id: str, number: str, field: str) -> tuple[str, ...]:
    row = site.db.execute(
        "select heads from rm_session where part = ? and id = ?", (part, f"{class_id}.{number}")
    ).fetchone()
    return tuple(json.loads(row[0]).get(field, ())) if row else ()


def closed_at(site: Site, part: str, class_id: str, number: str) -> int | None:
    """When the register was closed, by the clock of who closed it (UTC ms)."""
    row = site.db.execute(
        "select max(l.header ->> 'wall') from rm_change r join op_log l on l.n = r.n where r.part = ? and r.type = 'session'"
        " and r.id = ? and l.header ->> 'intent' = 'register.close'",
        (part, f"{class_id}.{number}"),
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else None
