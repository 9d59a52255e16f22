"""SELECTs about batches of certificates: proposals, approvals, what was issued, which classes wait."""

import json
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from workshop.admission import COMMON
from workshop.certificates.standing import SIDES, Approval

# Whose word counts for a side: (where the grant must be, roles). `:part` is the workshop's own part.
APPROVERS = {"site": ("instructor", "admin"), "campus": ("reviewer", "supervisor")}


@dataclass(frozen=True)
class Batch:
    """A proposal as it was made; `at` in UTC ms."""

    part: str
    id: str
    class_id: str
    rule_id: str
    people: tuple[str, ...]
    facts_hash: str
    proposer: str
    at: int
    class_en: str
    class_zh: str
    approvals: tuple[Approval, ...]
    issued: int
    withdrawn: int

    def name(self, lang: str) -> str:
        return self.class_zh if lang == "zh" else self.class_en


@dataclass(frozen=True)
class Certificate:
    """An issued certificate or statement of hours. `standing_base`: the ops that a withdrawal has in view."""

    part: str
    serial: str
    batch_id: str
    trainee_id: str
    facts: dict[str, Any]
    code: str
    status: str
    reason: str
    at: int
    standing_base: tuple[str, ...]

    @property
    def is_statement(self) -> bool:
        return bool(self.facts.get("kind") == "statement")


@dataclass(frozen=True)
class ClassRow:
    """A class that could have certificates."""

    id: str
    name_en: str
    name_zh: str
    first_day: str
    last_day: str
    people: int
    held: int
    planned: int
    certificates: int

    def name(self, lang: str) -> str:
        return self.name_zh if lang == "zh" else self.name_en


_BATCH = """
    select b.part, b.id, b.class_id, coalesce(b.rule_id, '') as rule_id, coalesce(b.people, '[]') as people,
        coalesce(b.facts_hash, '') as facts_hash, b.actor as proposer, b.wall as at,
        coalesce(c.name_en, b.class_id) as class_en, coalesce(c.name_zh, c.name_en, b.class_id) as class_zh,
        (select count(*) from rm_certificate x where x.part = b.part and x.batch_id = b.id) as issued,
        (select count(*) from rm_certificate x where x.part = b.part and x.batch_id = b.id and x.status = 'withdrawn') as withdrawn
    from rm_certificate_batch b left join rm_training_class c on c.part = b.part and c.id = b.class_id
    where b.part = ? and b.class_id is not null
"""


def batches(db: Database, part: str, limit: int = 200) -> list[Batch]:
    """The latest proposal first."""
    rows = db.query(_BATCH + " order by b.wall desc, b.id limit ?", (part, limit))
    return [_batch(db, row) for row in rows]


def one_batch(db: Database, part: str, batch_id: str) -> Batch | None:
    row = next(iter(db.query(_BATCH + " and b.id = ?", (part, batch_id))), None)
    return _batch(db, row) if row else None


def certificates_of(db: Database, part: str, batch_id: str) -> list[Certificate]:
    """In the order of their serials, which is the order of the pages."""
    rows = db.query(
        "select * from rm_certificate where part = ? and batch_id = ? order by id", (part, batch_id)
    )
    return [
        Certificate(
            part=row["part"],
            serial=row["id"],
            batch_id=row["batch_id"],
            trainee_id=row["trainee_id"],
            facts=json.loads(row["facts"]),
            code=row["code"],
            status=row["status"] or "issued",
            reason=row["reason"] or "",
            at=row["wall"],
            standing_base=tuple(json.loads(row["heads"]).get("standing", ())),
        )
        for row in rows
    ]


def classes_with_sessions(db: Database, part: str, limit: int = 60) -> list[ClassRow]:
    """Training classes of which something was held; those without certificates first, then the latest."""
    rows = db.query(
        "with s as (select class_id, sum(state = 'held') as held, sum(coalesce(state, 'planned') = 'planned') as planned,"
        "  max(case when state = 'held' then day end) as last_day, min(case when state = 'held' then day end) as first_day"
        "  from rm_session where part = :part group by class_id having held > 0),"
        " issued as (select b.class_id, count(*) as certificates from rm_certificate x join rm_certificate_batch b"
        "  on b.part = x.part and b.id = x.batch_id where x.part = :part and x.status = 'issued' group by b.class_id)"
        " select c.id, coalesce(c.name_en, c.id) as name_en, coalesce(c.name_zh, c.name_en, c.id) as name_zh,"
        " s.first_day, s.last_day, s.held, s.planned, coalesce(i.certificates, 0) as certificates,"
        " (select count(*) from rm_enrolment e where e.part = c.part and e.class_id = c.id and e.state = 'enrolled') as people"
        " from s join rm_training_class c on c.part = :part and c.id = s.class_id left join issued i on i.class_id = c.id"
        " where coalesce(c.kind, 'training') = 'training'"
        " order by i.certificates is not null, s.planned > 0, s.last_day desc, c.id limit :limit",
        {"part": part, "limit": limit},
    )
    return [ClassRow(**row) for row in rows]


def may_approve(db: Database, part: str, person: str, side: str, *, now: bool = True) -> bool:
    """Whether a person may speak for a side. `now`: with a role that has not ended; else a role once held is enough."""
    where = part if side == "site" else COMMON
    roles = APPROVERS[side]
    row = db.execute(
        f"select 1 from rm_grant where part = ? and staff_id = ? and role in ({', '.join('?' * len(roles))})"
        " and (? = 0 or active = 1) limit 1",
        (where, person, *roles, int(now)),
    ).fetchone()
    return row is not None


def used_numbers(db: Database, prefix: str, year: int) -> list[int]:
    """The numbers of all serials ever given of a prefix and year, also of withdrawn ones."""
    start = f"{prefix}-{year:04d}-"
    rows = db.execute("select id from rm_certificate where id >= ? and id < ?", (start, start + "~"))
    return sorted(int(row[0][len(start) : len(start) + 5]) for row in rows)


def last_number(db: Database, year: int) -> int:
    """The highest number of a year under any prefix."""
    rows = db.execute("select id from rm_certificate where id like ?", (f"%-{year:04d}-%",))
    return max((int(row[0].split("-")[3]) for row in rows), default=0)


def next_status_index(db: Database) -> int:
    """Above all that are known, and above those that a workshop may have taken along for good."""
    found = db.execute(
        "select max((select coalesce(max(status_index), 0) from rm_certificate),"
        " (select coalesce(max(status_index), 0) from rm_gone_workshop)) + 1"
    )
    return int(found.fetchone()[0])


def number_floor(db: Database, year: int) -> int:
    """The number of a year up to which all may have been given out, as somebody said of a workshop that is gone; 0 for none."""
    row = db.execute(
        "select coalesce(max(last_number), 0) from rm_gone_workshop where year = ?", (year,)
    ).fetchone()
    return int(row[0])


def site_names(db: Database, code: str) -> tuple[str, str]:
    row = db.execute(
        "select name_en, name_zh from rm_site where part = 'common' and id = ?", (code,)
    ).fetchone()
    return (row[0] or code, row[1] or row[0] or code) if row else (code, code)


def campus_names(db: Database) -> tuple[str, str]:
    row = db.execute(
        "select id from rm_site where part = 'common' and role = 'campus' order by id limit 1"
    ).fetchone()
    return site_names(db, row[0]) if row else ("", "")


def _batch(db: Database, row: dict[str, Any]) -> Batch:
    given = db.query(
        "select side, decision, facts_hash, comment, actor, wall, conflict from rm_approval where part = ? and id in (?, ?)",
        (row["part"], *(f"{row['id']}.{side}" for side in SIDES)),
    )
    approvals = tuple(
        Approval(
            side=one["side"],
            decision=one["decision"] or "",
            facts_hash=one["facts_hash"] or "",
            comment=one["comment"] or "",
            actor=one["actor"],
            at=one["wall"],
            disputed=bool(one["conflict"]),
            entitled=may_approve(db, row["part"], one["actor"], one["side"], now=False),
        )
        for one in given
    )
    return Batch(**{**row, "people": tuple(json.loads(row["people"]))}, approvals=approvals)
