"""The worklist: every closed register and signed attempt of a part, how each stands, and what was returned to whom. SELECTs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlite_utils import Database

from workshop.privacy.queries import originals, seen_as
from workshop.review.log import held_ops
from workshop.review.rules import Reason, State, digest_of, hindrance, state_of
from workshop.site import Site

HELD_LOOKED_AT = 5_000
_heads = msgspec.json.Decoder(dict[str, list[str]]).decode
_texts = msgspec.json.Decoder(list[str]).decode


@dataclass(slots=True)
class Item:
    """A register or an attempt. `owner` is the person it would be returned to; `shown_op` the op that closed or signed it."""

    kind: str
    id: str
    class_id: str
    day: str
    start_minute: int
    owner: str
    shown_op: str
    received: int
    conflict: bool
    review: Mapping[str, Any]
    trainee_id: str = ""
    rubric_id: str = ""
    outcome: str = ""
    void: bool = False
    marks: dict[str, int] = field(default_factory=dict)
    heads: set[str] = field(default_factory=set)
    held: bool = False
    newer: bool = False

    @property
    def key(self) -> str:
        """The id of its review."""
        return f"{self.kind}.{self.id}"

    @property
    def state(self) -> State:
        seen = self.review["seen"]
        return state_of(self.review["decision"], _texts(seen) if seen else None, self.heads, newer=self.newer)

    @property
    def digest(self) -> str:
        return digest_of(self.heads)

    @property
    def hindrance(self) -> Reason | None:
        return hindrance(self.state, conflict=self.conflict, held=self.held)


_REVIEW = "r.decision, r.comment, r.seen, r.actor, r.wall, r.heads as review_heads, coalesce(r.conflict, 0) as review_conflict"


def items(site: Site, part: str, *, class_id: str = "", only: tuple[str, str] | None = None) -> list[Item]:
    """All of a part; of one class; or `only` one, as (kind, id)."""
    found: list[Item] = []
    if only is None or only[0] == "register":
        found += _registers(site.db, part, class_id, only[1] if only else "")
    if only is None or only[0] == "attempt":
        found += _attempts(site.db, part, class_id, only[1] if only else "")
    if again := originals(site.db):
        for item in found:
            item.heads = seen_as(again, item.heads)
    _mark_held(site.db, part, found, only)
    _mark_newer(
        site.db, part, [item for item in found if item.review["decision"] and not item.review["seen"]]
    )
    return found


def one_item(site: Site, part: str, kind: str, record: str) -> Item | None:
    return next(iter(items(site, part, only=(kind, record))), None)


def class_ids(db: Database, part: str) -> list[str]:
    """Classes with a closed register or an attempt, the latest first."""
    rows = db.execute(
        "select id from rm_training_class c where part = ? and (exists (select 1 from rm_session s where s.part = c.part"
        " and s.id >= c.id || '.' and s.id < c.id || '/' and s.register = 'closed') or exists (select 1 from rm_attempt a"
        " where a.part = c.part and a.class_id = c.id)) order by first_day desc, id",
        (part,),
    )
    return [row[0] for row in rows]


def _registers(db: Database, part: str, class_id: str, session: str) -> list[Item]:
    rows = db.query(
        "select s.id, s.class_id, coalesce(s.day, '') as day, coalesce(s.start_minute, 0) as start_minute,"
        " coalesce(s.instructor_id, c.instructor_id, '') as owner, s.heads, s.conflict, s.received_at, "
        + _REVIEW
        + " from rm_session s join rm_training_class c on c.part = s.part and c.id = s.class_id"
        " left join rm_review r on r.part = s.part and r.id = 'register.' || s.id"
        " where s.part = :part and (s.register = 'closed' or r.decision is not null)"
        " and (:class = '' or s.id >= :class || '.' and s.id < :class || '/') and (:one = '' or s.id = :one)",
        {"part": part, "class": class_id, "one": session},
    )
    found = {}
    for row in rows:
        heads = _heads(row["heads"])
        found[row["id"]] = Item(
            "register", row["id"], row["class_id"], row["day"], row["start_minute"], row["owner"],
            _first(heads.get("register")), row["received_at"], _is_open(row), row, heads=_all(heads),
        )  # fmt: skip
    _add_marks(db, part, found, session or class_id)
    return list(found.values())


def _add_marks(db: Database, part: str, found: Mapping[str, Item], within: str) -> None:
    """The marks of the registers: counted, and what they rest on."""
    rows = db.execute(
        "select class_id || '.' || number, status, heads, conflict, received_at from rm_attendance where part = ?"
        " and (? = '' or id >= ? || '.' and id < ? || '/') order by id",
        (part, within, within, within),
    )
    known: dict[str, dict[str, list[str]]] = {}
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    last = ""
    for session, status, heads, conflict, received in rows:
        item = found.get(session)
        if item is None:
            continue
        if session != last:  # what one register rests on is of no use to the next: memory stays bounded
            last = session
            known.clear()
        decoded = known.get(heads)
        if decoded is None:  # most of a register rests on one op, so most texts are equal
            decoded = known[heads] = _heads(heads)
        for ops in decoded.values():
            item.heads.update(ops)
        item.conflict = item.conflict or bool(conflict)
        item.received = max(item.received, received)
        if status:
            counts[session][status] += 1
    for session, counted in counts.items():
        found[session].marks = dict(counted)


def _attempts(db: Database, part: str, class_id: str, attempt: str) -> list[Item]:
    rows = db.query(
        "select a.id, a.class_id, a.trainee_id, a.rubric_id, a.result ->> 'outcome' as outcome, a.void is not null as void,"
        " a.heads, a.conflict, a.received_at, coalesce(a.started_at, a.wall) as started, a.actor as owner, "
        + _REVIEW
        + " from rm_attempt a left join rm_review r on r.part = a.part and r.id = 'attempt.' || a.id"
        " where a.part = :part and (a.result is not null or r.decision is not null)"
        " and (:class = '' or a.class_id = :class) and (:one = '' or a.id = :one)",
        {"part": part, "class": class_id, "one": attempt},
    )
    found = {}
    for row in rows:
        heads = _heads(row["heads"])
        found[row["id"]] = Item(
            "attempt", row["id"], row["class_id"] or "", "", 0, row["owner"],
            _first(heads.get("void") or heads.get("result")), row["received_at"], _is_open(row), row,
            trainee_id=row["trainee_id"] or "", rubric_id=row["rubric_id"] or "", outcome=row["outcome"] or "",
            void=bool(row["void"]), heads=_all(heads),
        )  # fmt: skip
    within = attempt
    steps = db.execute(
        "select attempt_id, heads, conflict, received_at from rm_attempt_step where part = ?"
        " and (? = '' or id >= ? || '.' and id < ? || '/')",
        (part, within, within, within),
    )
    for attempt_id, heads_text, conflict, received in steps:
        item = found.get(attempt_id)
        if item is not None:
            item.heads |= _all(_heads(heads_text))
            item.conflict = item.conflict or bool(conflict)
            item.received = max(item.received, received)
    return list(found.values())


def _mark_held(db: Database, part: str, found: Iterable[Item], only: tuple[str, str] | None) -> None:
    """Which of the items have something held back beside them."""
    touched = set()
    for op, _code in held_ops(
        db, [part], mentions=only[1] if only else "", limit=HELD_LOOKED_AT, open_only=True
    ):
        for change in op.changes():
            touched.add(item_key(change.type, change.id))
    for item in found:
        item.held = item.key in touched


def item_key(type_: str, record: str) -> str:
    """The item that a record belongs to: a mark to its register, a step to its attempt; "" for others."""
    pieces = record.split(".")
    if type_ in ("attendance", "session"):
        return "register." + ".".join(pieces[:2])
    return f"attempt.{pieces[0]}" if type_ in ("attempt", "attempt_step") else ""


def _mark_newer(db: Database, part: str, unsure: Sequence[Item]) -> None:
    """For reviews that do not say what they saw: did anything arrive here after them?"""
    if not unsure:
        return
    latest: dict[str, int] = defaultdict(int)
    reviewed: dict[str, int] = {}
    rows = db.execute(
        "select type, id, max(n) from rm_change where part = ? and type in ('session', 'attendance', 'attempt', 'attempt_step',"
        " 'review') and (type = 'review' or n not in (select n from rm_again)) group by type, id",
        (part,),
    )
    for type_, record, n in rows:
        if type_ == "review":
            reviewed[record] = n
        else:
            key = item_key(type_, record)
            latest[key] = max(latest[key], n)
    for item in unsure:
        item.newer = latest[item.key] > reviewed.get(item.key, 0)


def _is_open(row: Mapping[str, Any]) -> bool:
    return bool(row["conflict"] or row["review_conflict"])


def _all(heads: Mapping[str, Sequence[str]]) -> set[str]:
    return {op for ops in heads.values() for op in ops}


def _first(ops: Sequence[str] | None) -> str:
    return ops[0] if ops else ""
