"""Open conflicts: two values for one thing, neither made in view of the other. What they are, and who may decide."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from sync import Registry
from workshop.accounts.queries import Actor
from workshop.review.log import Clocks, LogOp, ops_of_many
from workshop.review.rules import Made

EVERYWHERE = frozenset({"admin", "reviewer", "supervisor"})
"""Roles that decide about everything that they may write; an instructor decides about her own sessions."""


ANSWERED_ELSEWHERE = frozenset({"duplicate"})
"""Whether two records are one person is more than one value: its own page answers it."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the values that stand."""

    op: str
    value: dict[str, Any]
    actor: str
    device: str
    made: Made
    winner: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """`owner` is the instructor of the session or class that the record belongs to."""

    part: str
    type: str
    id: str
    group: str
    sides: tuple[Side, ...]
    owner: str
    class_id: str

    @property
    def heads(self) -> list[str]:
        return [side.op for side in self.sides]


def count(db: Database, parts: Sequence[str]) -> int:
    row = db.execute(
        f"select count(*) from rm_conflict where winner = 1 and part in ({', '.join('?' * len(parts))})",
        tuple(parts),
    ).fetchone()
    return int(row[0])


def open_conflicts(db: Database, parts: Sequence[str], *, limit: int, skip: int = 0) -> list[Conflict]:
    """The newest first."""
    places = db.execute(
        f"select part, type, id, grp from rm_conflict where part in ({', '.join('?' * len(parts))})"
        " group by part, type, id, grp order by max(received_at) desc, part, type, id, grp limit ? offset ?",
        (*parts, limit, skip),
    ).fetchall()
    return _load(db, [tuple(row) for row in places])


def conflicts_of(db: Database, part: str, type_: str, record: str, *, prefix: bool = False) -> list[Conflict]:
    """The conflicts of one record, or of all whose id begins with it and a dot."""
    where = "id >= ? and id < ?" if prefix else "id = ?"
    ids = (record + ".", record + "/") if prefix else (record,)
    places = db.execute(
        f"select distinct part, type, id, grp from rm_conflict where part = ? and type = ? and {where} order by id, grp",
        (part, type_, *ids),
    ).fetchall()
    return _load(db, [tuple(row) for row in places])


def may_decide(registry: Registry, actor: Actor | None, conflict: Conflict) -> bool:
    """Only with a role that may write the record at all; admission asks for that again."""
    if actor is None or conflict.type in ANSWERED_ELSEWHERE:
        return False
    roles = actor.roles & registry.by_name[conflict.type].writers
    return bool(roles & EVERYWHERE) or bool(roles and conflict.owner == actor.id)


def _load(db: Database, places: list[tuple[str, ...]]) -> list[Conflict]:
    clocks = Clocks(db, sorted({place[0] for place in places}))
    found = []
    for part, type_, record, group in places:
        ops = {op.id: op for op in ops_of_many(db, part, type_, [record]).get(record, [])}
        rows = db.execute(
            "select op, value, actor, device, wall, received_at, winner from rm_conflict"
            " where part = ? and type = ? and id = ? and grp = ? order by winner desc, wall, op",
            (part, type_, record, group),
        )
        sides = tuple(
            Side(
                op, json.loads(value), actor, device, _made(ops.get(op), clocks, wall, received), bool(winner)
            )
            for op, value, actor, device, wall, received, winner in rows
        )
        class_id, owner = _owner(db, part, type_, record)
        found.append(Conflict(part, type_, record, group, sides, owner, class_id))
    return found


def _made(op: LogOp | None, clocks: Clocks, wall: int, received: int) -> Made:
    return clocks.made(op) if op else Made(wall, 0, received)


def _owner(db: Database, part: str, type_: str, record: str) -> tuple[str, str]:
    """(class, its or the session's instructor) of a record; empty for what belongs to no class."""
    pieces = record.split(".")
    if type_ in ("attempt", "attempt_step"):
        row = db.execute(
            "select class_id from rm_attempt where part = ? and id = ?", (part, pieces[0])
        ).fetchone()
        class_id = str(row[0] or "") if row else ""
    elif type_ == "training_class" or type_ in ("attendance", "session", "enrolment"):
        class_id = pieces[0]
    else:
        return "", ""
    session = ".".join(pieces[:2]) if type_ in ("attendance", "session") else ""
    row = db.execute(
        "select coalesce((select instructor_id from rm_session where part = c.part and id = ?), c.instructor_id)"
        " from rm_training_class c where c.part = ? and c.id = ?",
        (session, part, class_id),
    ).fetchone()
    return class_id, str(row[0] or "") if row else ""
