"""Open conflicts: two values for one thing, neither made in view of the other. What they are, whose, and who may decide."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from sync.merge import DECIDE
from workshop.accounts.queries import Actor
from workshop.admission import COMMON
from workshop.review.log import Clocks, LogOp, ops_of_many
from workshop.review.rules import Made, Why, why_for_now
from workshop.review.wanted import Wanted, class_in
from workshop.site import Site

EVERYWHERE = frozenset({"admin", "reviewer", "supervisor"})
"""Roles that see every conflict, and decide about everything that they may write; an instructor decides about her own sessions."""


_CHUNK = 400

ANSWERED_ELSEWHERE = frozenset({"duplicate"})
"""Whether two records are one person is more than one value: its own page answers it."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the values that stand. `via` as in the op's header; `decides`: it is itself a decision."""

    op: str
    value: dict[str, Any]
    actor: str
    device: str
    made: Made
    winner: bool
    via: str
    decides: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a conflict is, and whose: `owner` is the instructor of the session or class, `people` said the values, on `devices`."""

    part: str
    type: str
    id: str
    group: str
    people: frozenset[str]
    devices: frozenset[str]
    owner: str
    class_id: str

    def concerns(self, person: str) -> bool:
        return person == self.owner or person in self.people


@dataclass(frozen=True, slots=True)
class Conflict:
    """`owner` is the instructor of the session or class that the record belongs to; `why` the winner counts for now."""

    part: str
    type: str
    id: str
    group: str
    sides: tuple[Side, ...]
    owner: str
    class_id: str
    why: Why

    @property
    def heads(self) -> list[str]:
        return [side.op for side in self.sides]


def spots(db: Database, parts: Sequence[str], person: str | None = None) -> list[Spot]:
    """All open conflicts, what waits longest first; with a person only hers: of her sessions, or with a value of hers."""
    rows = db.execute(
        "select part, type, id, grp, json_group_array(actor), json_group_array(device) from rm_conflict"
        f" where part in ({', '.join('?' * len(parts))}) group by part, type, id, grp"
        " order by min(received_at), part, type, id, grp",
        tuple(parts),
    ).fetchall()
    classes = attempt_classes(db, parts, [(row[1], row[2]) for row in rows])
    found = []
    for part, type_, record, group, people, devices in rows:
        class_id = class_in(type_, record, classes)
        owner = owner_of(db, part, type_, record, class_id)
        spot = Spot(
            part, type_, record, group, frozenset(json.loads(people)), frozenset(json.loads(devices)), owner, class_id
        )  # fmt: skip
        if person is None or spot.concerns(person):
            found.append(spot)
    return found


def count(db: Database, parts: Sequence[str], person: str | None = None) -> int:
    if person is not None:
        return len(spots(db, parts, person))
    row = db.execute(
        f"select count(*) from rm_conflict where winner = 1 and part in ({', '.join('?' * len(parts))})",
        tuple(parts),
    ).fetchone()
    return int(row[0])


def takes(wanted: Wanted, spot: Spot) -> bool:
    """Does the filter let it through?"""
    return (
        (not wanted.class_id or wanted.class_id == spot.class_id)
        and (not wanted.kind or wanted.kind == spot.type)
        and (not wanted.device or wanted.device in spot.devices)
    )


def load(site: Site, chosen: Sequence[Spot]) -> list[Conflict]:
    """The values of some conflicts, in the order given."""
    clocks = Clocks(site.db, sorted({spot.part for spot in chosen}))
    return [_load(site, spot, clocks) for spot in chosen]


def conflicts_of(site: Site, part: str, type_: str, record: str, *, prefix: bool = False) -> list[Conflict]:
    """The conflicts of one record, or of all whose id begins with it and a dot."""

    def fits(id_: str) -> bool:
        return id_.startswith(record + ".") if prefix else id_ == record

    has = site.db.execute("select 1 from rm_conflict where part = ? and type = ?", (part, type_)).fetchone()
    found = spots(site.db, [part]) if has else []
    here = [spot for spot in found if spot.type == type_ and fits(spot.id)]
    return load(site, sorted(here, key=lambda spot: (spot.id, spot.group)))


def may_decide(site: Site, actor: Actor | None, part: str, type_: str, owner: str) -> bool:
    """Only with a role that may write the record at all, and where this site may write it; admission asks for that again."""
    if actor is None or type_ in ANSWERED_ELSEWHERE or (part == COMMON and site.role != "campus"):
        return False
    roles = actor.roles & site.node.registry.by_name[type_].writers
    return bool(roles & EVERYWHERE) or bool(roles and owner == actor.id)


def attempt_classes(db: Database, parts: Sequence[str], records: Iterable[tuple[str, str]]) -> dict[str, str]:
    """{attempt: class} of those among (type, id) that are attempts or steps of one."""
    wanted = sorted({id_.split(".")[0] for type_, id_ in records if type_ in ("attempt", "attempt_step")})
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows = db.execute(
            f"select id, coalesce(class_id, '') from rm_attempt where part in ({', '.join('?' * len(parts))})"
            f" and id in ({', '.join('?' * len(chunk))})",
            (*parts, *chunk),
        )
        found.update(rows.fetchall())
    return found


def owner_of(db: Database, part: str, type_: str, record: str, class_id: str) -> str:
    """The session's or the class's instructor; "" for what belongs to no class."""
    session = ".".join(record.split(".")[:2]) if type_ in ("attendance", "session") else ""
    row = db.execute(
        "select coalesce((select instructor_id from rm_session where part = c.part and id = ?), c.instructor_id)"
        " from rm_training_class c where c.part = ? and c.id = ?",
        (session, part, class_id),
    ).fetchone()
    return str(row[0] or "") if row and class_id else ""


def _load(site: Site, spot: Spot, clocks: Clocks) -> Conflict:
    ops = {op.id: op for op in ops_of_many(site.db, spot.part, spot.type, [spot.id]).get(spot.id, [])}
    rows = site.db.execute(
        "select op, value, actor, device, wall, received_at, winner from rm_conflict"
        " where part = ? and type = ? and id = ? and grp = ? order by winner desc, wall, op",
        (spot.part, spot.type, spot.id, spot.group),
    )
    sides = tuple(_side(ops.get(row[0]), clocks, row) for row in rows)
    declared = site.node.registry.by_name[spot.type]
    others = [side.actor for side in sides if not side.winner]
    authority = spot.owner if declared.authority is not None else None
    winner = next((side.actor for side in sides if side.winner), "")
    why = why_for_now(winner, others, authority, declared.policy(spot.group))
    return Conflict(spot.part, spot.type, spot.id, spot.group, sides, spot.owner, spot.class_id, why)


def _side(op: LogOp | None, clocks: Clocks, row: Sequence[Any]) -> Side:
    id_, value, actor, device, wall, received, winner = row
    made = clocks.made(op) if op else Made(wall, 0, received)
    via = op.header.via if op and isinstance(op.header.via, str) else ""
    decides = op is not None and op.header.intent == DECIDE
    return Side(id_, json.loads(value), actor, device, made, bool(winner), via, decides)
