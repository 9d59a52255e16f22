"""Registers and signed attempts with all that belongs to them: how each stands, what it rests on, what was returned to whom. SELECTs.

A list of many is standing.py: here an item brings the ids of all ops behind it, too much for more than a page of them.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlite_utils import Database

from workshop.privacy.queries import originals, seen_as
from workshop.review.log import held_ops
from workshop.review.rules import Reason, State, digest_of, hindrance, state_of
from workshop.site import Site

HELD_LOOKED_AT = 5_000
read_heads = msgspec.json.Decoder(dict[str, list[str]]).decode
read_seen = msgspec.json.Decoder(list[str]).decode
Key = tuple[str, str]
"""("register", session) or ("attempt", attempt)."""


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
        return state_of(
            self.review["decision"], read_seen(seen) if seen else None, self.heads, newer=self.newer
        )

    @property
    def digest(self) -> str:
        return digest_of(self.heads)

    @property
    def hindrance(self) -> Reason | None:
        return hindrance(self.state, conflict=self.conflict, held=self.held)


_REVIEW = "r.decision, r.comment, r.seen, r.actor, r.wall, r.heads as review_heads, coalesce(r.conflict, 0) as review_conflict"
# `cross join` keeps the order: the few ids first, then what lies under each of them.
_ASKED = "from json_each(:ids) j cross join"


def items(site: Site, part: str, keys: Collection[Key]) -> list[Item]:
    """Those of the keys that are closed, signed or decided on, in the order of the keys."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for kind, record in keys:
        by_kind[kind].append(record)
    found = _registers(site.db, part, by_kind["register"]) | _attempts(site.db, part, by_kind["attempt"])
    if again := originals(site.db):
        for item in found.values():
            item.heads = seen_as(again, item.heads)
    _mark_held(site.db, part, found.values(), mentions=next(iter(keys))[1] if len(keys) == 1 else "")
    for item in found.values():
        item.newer = bool(
            item.review["decision"]
            and not item.review["seen"]
            and is_newer(site.db, part, item.kind, item.id)
        )
    return [found[key] for key in keys if key in found]


def one_item(site: Site, part: str, kind: str, record: str) -> Item | None:
    return next(iter(items(site, part, [(kind, record)])), None)


def class_ids(db: Database, part: str) -> list[str]:
    """Classes with a closed register or an attempt, the latest first."""
    rows = db.execute(
        "select id from rm_training_class c where part = ? and (exists (select 1 from rm_session s where s.part = c.part"
        " and s.id >= c.id || '.' and s.id < c.id || '/' and s.register = 'closed') or exists (select 1 from rm_attempt a"
        " where a.part = c.part and a.class_id = c.id)) order by first_day desc, id",
        (part,),
    )
    return [row[0] for row in rows]


def is_newer(db: Database, part: str, kind: str, record: str) -> bool:
    """For a review that does not say what it saw: did anything arrive here after it?"""
    own, below = ("session", "attendance") if kind == "register" else ("attempt", "attempt_step")
    row = db.execute(
        "select coalesce(max(n), 0) > coalesce((select max(n) from rm_change where part = :part and type = 'review'"
        " and id = :review), 0) from (select n from rm_change where part = :part and type = :own and id = :id"
        " union all select n from rm_change where part = :part and type = :below and id >= :id || '.' and id < :id || '/')"
        " where n not in (select n from rm_again)",
        {"part": part, "review": f"{kind}.{record}", "own": own, "below": below, "id": record},
    ).fetchone()
    return bool(row[0])


def _registers(db: Database, part: str, ids: Sequence[str]) -> dict[Key, Item]:
    asked = {"part": part, "ids": json.dumps(ids)}
    rows = db.query(
        "select s.id, s.class_id, coalesce(s.day, '') as day, coalesce(s.start_minute, 0) as start_minute,"
        f" coalesce(s.instructor_id, c.instructor_id, '') as owner, s.heads, s.conflict, s.received_at, {_REVIEW}"
        f" {_ASKED} rm_session s on s.part = :part and s.id = j.value"
        " join rm_training_class c on c.part = s.part and c.id = s.class_id"
        " left join rm_review r on r.part = s.part and r.id = 'register.' || s.id"
        " where s.register = 'closed' or r.decision is not null",
        asked,
    )
    found = {}
    for row in rows:
        heads = read_heads(row["heads"])
        found["register", row["id"]] = Item(
            "register", row["id"], row["class_id"], row["day"], row["start_minute"], row["owner"],
            _first(heads.get("register")), row["received_at"], _is_open(row), row, heads=ops_in(heads),
        )  # fmt: skip
    marks = db.execute(
        f"select j.value, m.status, m.heads, m.conflict, m.received_at {_ASKED} rm_attendance m"
        " on m.part = :part and m.id >= j.value || '.' and m.id < j.value || '/'",
        asked,
    )
    for session, status, heads_text, conflict, received in marks:
        if item := found.get(("register", session)):
            _rests_also_on(item, heads_text, conflict, received)
            if status:
                item.marks[status] = item.marks.get(status, 0) + 1
    return found


def _attempts(db: Database, part: str, ids: Sequence[str]) -> dict[Key, Item]:
    asked = {"part": part, "ids": json.dumps(ids)}
    rows = db.query(
        "select a.id, a.class_id, a.trainee_id, a.rubric_id, a.result ->> 'outcome' as outcome, a.void is not null as void,"
        f" a.heads, a.conflict, a.received_at, a.actor as owner, {_REVIEW}"
        f" {_ASKED} rm_attempt a on a.part = :part and a.id = j.value"
        " left join rm_review r on r.part = a.part and r.id = 'attempt.' || a.id"
        " where a.result is not null or r.decision is not null",
        asked,
    )
    found = {}
    for row in rows:
        heads = read_heads(row["heads"])
        found["attempt", row["id"]] = Item(
            "attempt", row["id"], row["class_id"] or "", "", 0, row["owner"],
            _first(heads.get("void") or heads.get("result")), row["received_at"], _is_open(row), row,
            trainee_id=row["trainee_id"] or "", rubric_id=row["rubric_id"] or "", outcome=row["outcome"] or "",
            void=bool(row["void"]), heads=ops_in(heads),
        )  # fmt: skip
    steps = db.execute(
        f"select j.value, s.heads, s.conflict, s.received_at {_ASKED} rm_attempt_step s"
        " on s.part = :part and s.id >= j.value || '.' and s.id < j.value || '/'",
        asked,
    )
    for attempt, heads_text, conflict, received in steps:
        if item := found.get(("attempt", attempt)):
            _rests_also_on(item, heads_text, conflict, received)
    return found


def _rests_also_on(item: Item, heads: str, conflict: int, received: int) -> None:
    """A mark of the register, a step of the attempt."""
    item.heads |= ops_in(read_heads(heads))
    item.conflict = item.conflict or bool(conflict)
    item.received = max(item.received, received)


def _mark_held(db: Database, part: str, found: Collection[Item], mentions: str) -> None:
    """Which of the items have something held back beside them."""
    touched = set[str]()
    if found:
        for op, _code in held_ops(db, [part], mentions=mentions, limit=HELD_LOOKED_AT, open_only=True):
            touched.update(item_key(change.type, change.id) for change in op.changes())
    for item in found:
        item.held = item.key in touched


def item_key(type_: str, record: str) -> str:
    """The item that a record belongs to: a mark to its register, a step to its attempt; "" for others."""
    pieces = record.split(".")
    if type_ in ("attendance", "session"):
        return "register." + ".".join(pieces[:2])
    return f"attempt.{pieces[0]}" if type_ in ("attempt", "attempt_step") else ""


def ops_in(*heads: Mapping[str, Iterable[str]]) -> set[str]:
    """The ops that records rest on, of each its heads."""
    return {op for each in heads for ops in each.values() for op in ops}


def _is_open(row: Mapping[str, Any]) -> bool:
    return bool(row["conflict"] or row["review_conflict"])


def _first(ops: Sequence[str] | None) -> str:
    return ops[0] if ops else ""
