"""SELECTs about personal data: who is here, what is held about a person, who was erased."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from workshop.admission import COMMON
from workshop.courses.identity import roots
from workshop.privacy.names import name_of, name_zh_of

FOUND_MAX = 50
ACTS_MAX = 200


@dataclass(frozen=True)
class Person:
    """A trainee or a member of the staff as the records have them. `erased`: the words are gone. `ids`: all records of the one person."""

    part: str
    id: str
    kind: str
    number: str
    name: str
    name_zh: str
    erased: bool
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Act:
    """An erasure as it was done; `at` in UTC ms. `sites` have said by a signed receipt that they hold it: there it is done too."""

    part: str
    id: str
    kind: str
    reason: str
    asked_on: str
    actor: str
    at: int
    op: str
    sites: tuple[str, ...] = ()


_TRAINEE = (
    f"select t.part, t.id, 'trainee' as kind, coalesce(t.number, '') as number, {name_of()} as name, {name_zh_of()} as name_zh,"
    " exists (select 1 from rm_erasure x where x.part = t.part and x.id = t.id) as erased from rm_trainee t"
)
_STAFF = (
    "select s.part, s.id, 'staff' as kind, '' as number, coalesce(s.name_en, s.id) as name, coalesce(s.name_zh, '') as name_zh,"
    " exists (select 1 from rm_erasure x where x.part in (s.part, 'common') and x.id = s.id) as erased from rm_staff s"
)


def search(db: Database, parts: Sequence[str], words: str) -> list[Person]:
    """People whose number, name or id holds the words; at most FOUND_MAX. Nobody without words."""
    if not words.strip():
        return []
    marks = ", ".join(f":p{n}" for n in range(len(parts)))
    names = {f"p{n}": part for n, part in enumerate(parts)}
    values = {**names, "like": f"%{words.strip()}%", "id": words.strip(), "most": FOUND_MAX, "common": COMMON}
    rows = list(
        db.query(
            f"{_TRAINEE} where t.part in ({marks}) and (t.number like :like or t.name like :like or t.name_zh like :like or t.id = :id)"
            " order by t.number is null, t.number, t.id limit :most",
            values,
        )
    )
    rows += db.query(
        f"{_STAFF} where s.part in ({marks}, :common) and (s.name_en like :like or s.name_zh like :like or s.id = :id)"
        " order by s.name_en, s.id limit :most",
        values,
    )
    return [_person(db, row) for row in rows[:FOUND_MAX]]


def one_person(db: Database, part: str, person: str) -> Person | None:
    """A trainee or a member of the staff, by id."""
    for sql, table in ((_TRAINEE, "t"), (_STAFF, "s")):
        row = next(iter(db.query(f"{sql} where {table}.part = ? and {table}.id = ?", (part, person))), None)
        if row:
            return _person(db, row)
    return None


def by_number(db: Database, parts: Sequence[str], number: str) -> list[Person]:
    """Everybody with a number in the register, or with an id."""
    marks = ", ".join("?" * len(parts))
    rows = list(
        db.query(
            f"{_TRAINEE} where t.part in ({marks}) and (t.number = ? or t.id = ?) order by t.part, t.id",
            (*parts, number, number),
        )
    )
    rows += db.query(f"{_STAFF} where s.part in ({marks}, 'common') and s.id = ?", (*parts, number))
    return [_person(db, row) for row in rows]


def things_of(db: Database, part: str, ids: Sequence[str]) -> list[str]:
    """Ids of the records about a person that have an id of their own: tests, their reviews, certificates."""
    marks = ", ".join("?" * len(ids))
    rows = db.execute(
        f"select id from rm_attempt where part = ? and trainee_id in ({marks})"
        f" union select 'attempt.' || id from rm_attempt where part = ? and trainee_id in ({marks})"
        f" union select id from rm_certificate where part = ? and trainee_id in ({marks}) order by 1",
        (part, *ids, part, *ids, part, *ids),
    )
    return [row[0] for row in rows]


def counts(db: Database, part: str, ids: Sequence[str]) -> dict[str, int]:
    """How many records of each kind are held about a person."""
    marks = ", ".join("?" * len(ids))
    found: dict[str, int] = {}
    for kind in ("enrolment", "attendance", "attempt", "certificate"):
        row = db.execute(
            f"select count(*) from rm_{kind} where part = ? and trainee_id in ({marks})", (part, *ids)
        ).fetchone()
        found[kind] = row[0]
    return found


def acts(db: Database, parts: Sequence[str]) -> list[Act]:
    """Erasures done, the latest first. They name nobody."""
    marks = ", ".join("?" * len(parts))
    rows = db.query(
        "select part, id, coalesce(kind, '') as kind, coalesce(reason, '') as reason, coalesce(asked_on, '') as asked_on, actor,"
        f" wall as at, last_op as op from rm_erasure where part in ({marks}, 'common') and [of] is null order by wall desc, id limit ?",
        (*parts, ACTS_MAX),
    )
    return [Act(**row, sites=_confirmed(db, row["part"], row["id"])) for row in rows]


def _confirmed(db: Database, part: str, erasure: str) -> tuple[str, ...]:
    rows = db.execute(
        "select distinct d.site from rm_change r join op_log l on l.n = r.n join op_receipt p on p.chain = l.chain and p.seq >= l.seq"
        " join rm_device d on d.part = 'common' and d.id = p.site and d.kind = 'workshop'"
        " where r.part = ? and r.type = 'erasure' and r.id = ? order by 1",
        (part, erasure),
    )
    return tuple(row[0] for row in rows)


def originals(db: Database) -> dict[str, set[str]]:
    """{op: the erased ops that it says again}. What somebody had in view when the words still stood are those."""
    again: dict[str, set[str]] = {}
    for op, was in db.execute("select op, was from rm_again").fetchall():
        again.setdefault(op, set()).add(was)
    for op, was in again.items():
        while further := was & again.keys() - {op}:
            was = was - further | {one for each in further for one in again[each]}
        again[op] = was
    return again


def seen_as(again: dict[str, set[str]], ops: Iterable[str]) -> set[str]:
    """Ops under the names under which they were seen before an erasure."""
    return {one for op in ops for one in again.get(op, {op})}


def _person(db: Database, row: dict[str, Any]) -> Person:
    ids: tuple[str, ...] = (row["id"],)
    if row["kind"] == "trainee":
        same = db.execute(
            "select id, same_as from rm_trainee where part = ? and same_as is not null", (row["part"],)
        ).fetchall()
        root_of = roots(dict(same))
        root = root_of.get(row["id"], row["id"])
        ids = tuple(sorted({row["id"], root, *(one for one, end in root_of.items() if end == root)}))
    return Person(**{**row, "erased": bool(row["erased"])}, ids=ids)
