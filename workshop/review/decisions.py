"""Decisions about conflicts: which there are, why, and whether they still stand. SELECTs only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from sync import Registry
from sync.merge import UNDO
from workshop.review import conflicts
from workshop.review.conflicts import Spot
from workshop.review.held import heads
from workshop.review.log import LogOp, op_named
from workshop.review.wanted import class_in

LISTED_MAX = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """`value` is what was decided; `undone` the op that took it back, if one did, and its reason."""

    op: LogOp
    spot: Spot
    value: dict[str, Any]
    reason: str
    stands: bool
    undone_by: str
    undone_reason: str


def decisions(
    db: Database, registry: Registry, parts: Sequence[str], person: str | None = None
) -> list[Decision]:
    """The last decision about every conflict that was decided here or elsewhere, the latest first; with a person only hers."""
    rows = db.execute(
        "select a.part, a.about, a.reason, a.last_op, u.last_op, u.reason from rm_answer a"
        " left join rm_answer u on u.part = a.part and u.id = a.last_op and u.kind = 'undone'"
        f" where a.kind = 'decided' and a.part in ({', '.join('?' * len(parts))})"
        " order by a.received_at desc, a.id limit ?",
        (*parts, LISTED_MAX),
    ).fetchall()
    named = [((row[1] or "") + "//").split("/")[:2] for row in rows]
    classes = conflicts.attempt_classes(db, parts, [(type_, record) for type_, record in named])
    found = []
    for part, about, reason, op, undone_by, undone_reason in rows:
        type_, record, group = ((about or "") + "//").split("/")[:3]
        made = op_named(db, op)
        if made is None or type_ not in registry.by_name:
            continue
        class_id = class_in(type_, record, classes)
        owner = conflicts.owner_of(db, part, type_, record, class_id)
        spot = Spot(
            part, type_, record, group, frozenset({made.header.actor}), frozenset({made.header.dev}), owner, class_id
        )  # fmt: skip
        if person is None or spot.concerns(person):
            stands = op in heads(db, part, type_, record).get(group, ())
            found.append(
                Decision(made, spot, _value(registry, made, spot), reason or "", stands, undone_by or "", undone_reason or "")
            )  # fmt: skip
    return found


def _value(registry: Registry, made: LogOp, spot: Spot) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for change in made.changes():
        if (change.type, change.id) == (spot.type, spot.id):
            fields.update(change.fields)
    return {name: fields.get(name) for name in registry.by_name[spot.type].members.get(spot.group, ())}


def reasons(db: Database, made: LogOp) -> list[str]:
    """Why, in the words of whoever answered: what an op says of it itself; of an undo, what was said beside it."""
    said = [change.fields.get("reason") for change in made.changes() if change.type == "answer"]
    if made.header.intent == UNDO:
        for op in sorted({named for change in made.changes() for named in change.base}):
            row = db.execute(
                "select reason from rm_answer where part = ? and id = ? and kind = 'undone'",
                (made.header.part, op),
            ).fetchone()
            said += [row[0]] if row else []
    return [text for text in said if isinstance(text, str) and text]
