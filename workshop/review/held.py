"""What is held back, as a work list: whose, since when, why, what it wanted beside what stands, and what somebody did about it. SELECTs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from sync import Registry
from sync.ops import Change
from workshop.review.log import ANSWERED, COLUMNS, STILL_OPEN, LogOp, read_op
from workshop.review.wanted import Wanted, class_in

LOOKED_AT = 2_000
"""So many of the oldest are looked through when a list is filtered; what is behind them comes up as they are settled."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody did about it: "repaired", "set_aside", or "open" again; `by` is the op that says so."""

    kind: str
    reason: str
    actor: str
    wall: int
    by: str


@dataclass(frozen=True, slots=True)
class Held:
    op: LogOp
    code: str
    answer: Answer | None

    @property
    def is_open(self) -> bool:
        return self.answer is None or self.answer.kind == "open"

    @property
    def id(self) -> str:
        return self.op.id


_SELECT = (
    f"select {COLUMNS}, r.code, a.kind, a.reason, a.actor, a.wall, a.last_op from rm_quarantine r"
    f" join op_log l on l.n = r.n{ANSWERED}"
)


def count(db: Database, parts: Sequence[str], actor: str | None = None) -> int:
    """How many are open; of one person."""
    row = db.execute(
        f"select count(*) from rm_quarantine r{ANSWERED} where r.part in ({_marks(parts)})"
        f" and (? is null or r.actor = ?) and {STILL_OPEN}",
        (*parts, actor, actor),
    ).fetchone()
    return int(row[0])


def held(db: Database, parts: Sequence[str], actor: str | None, *, answered: bool = False) -> list[Held]:
    """The open ones, or those that somebody answered for; the oldest first."""
    rows = db.execute(
        f"{_SELECT} where r.part in ({_marks(parts)}) and (? is null or r.actor = ?) and {STILL_OPEN} = ?"
        " order by r.n limit ?",
        (*parts, actor, actor, not answered, LOOKED_AT),
    )
    return [_held(row) for row in rows]


def one(db: Database, parts: Sequence[str], op: str) -> Held | None:
    row = db.execute(f"{_SELECT} where r.op = ? and r.part in ({_marks(parts)})", (op, *parts)).fetchone()
    return _held(row) if row else None


def takes(wanted: Wanted, item: Held, classes: Mapping[str, str]) -> bool:
    """Does the filter let it through? `classes` names the class of each attempt."""
    changes = item.op.changes()
    return (
        (not wanted.device or wanted.device == item.op.header.dev)
        and (not wanted.kind or any(change.type == wanted.kind for change in changes))
        and (not wanted.class_id or any(class_of(change, classes) == wanted.class_id for change in changes))
    )


def class_of(change: Change, classes: Mapping[str, str]) -> str:
    named = change.fields.get("class_id") if isinstance(change.fields, dict) else None
    return named if isinstance(named, str) else class_in(change.type, change.id, classes)


def standing(db: Database, registry: Registry, part: str, change: Change) -> dict[str, Any] | None:
    """What the record says now of the fields that an op wanted to change; None for a record or a type that is not known."""
    declared = registry.by_name.get(change.type)
    if declared is None:
        return None
    groups = {declared.group_of[name] for name in change.fields if name in declared.group_of}
    names = [name for name in declared.columns if declared.group_of[name] in groups]
    if not names:
        return None
    row = db.execute(
        f"select {', '.join(names)} from rm_{change.type} where part = ? and id = ?", (part, change.id)
    ).fetchone()
    return dict(zip(names, row, strict=True)) if row else None


def heads(db: Database, part: str, type_: str, record: str) -> dict[str, list[str]]:
    """The ops that a record's groups rest on."""
    row = db.execute(f"select heads from rm_{type_} where part = ? and id = ?", (part, record)).fetchone()
    found: dict[str, list[str]] = json.loads(row[0]) if row else {}
    return found


def _held(row: Sequence[Any]) -> Held:
    code, kind, reason, actor, wall, by = row[6:]
    answer = Answer(kind, reason or "", actor, wall, by) if kind else None
    return Held(read_op(row), code, answer)


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
