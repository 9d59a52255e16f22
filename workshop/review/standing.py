"""How every closed register and signed attempt of a part stands, one at a time, for a list of any length. SELECTs.

What an item rests on is read only where a review says what it saw, and is forgotten with the item: a part may have a million marks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlite_utils import Database

from workshop.privacy.queries import originals, seen_as
from workshop.review.queries import Key, is_newer, ops_in, read_heads, read_seen
from workshop.review.rules import State, state_of

_list_of_heads = msgspec.json.Decoder(list[dict[str, list[str]]]).decode


@dataclass(frozen=True, slots=True)
class Standing:
    """As much of an item as its place in a list needs. `received`: the latest of its records, UTC ms."""

    kind: str
    id: str
    class_id: str
    day: str
    start_minute: int
    rubric_id: str
    received: int
    state: State

    @property
    def key(self) -> Key:
        return self.kind, self.id

    @property
    def place(self) -> tuple[object, ...]:
        """In its class: registers before tests, by day."""
        return self.kind != "register", self.day, self.start_minute, self.rubric_id, self.received, self.id


_UNDER = "from rm_{below} b where b.part = {own}.part and b.id >= {own}.id || '.' and b.id < {own}.id || '/'"
_REST = (
    " as rubric_id, max({own}.received_at, coalesce((select max(b.received_at) "
    + _UNDER
    + "), 0)) as received,"
    " r.decision, r.seen, {own}.heads, case when r.decision is not null and r.seen is not null then"
    " (select '[' || group_concat(b.heads) || ']' " + _UNDER + ") end as below"
)
_REGISTERS = (
    "select 'register' as kind, s.id, s.class_id, coalesce(s.day, '') as day, coalesce(s.start_minute, 0) as start_minute, ''"
    + _REST.format(own="s", below="attendance")
    + " from rm_session s join rm_training_class c on c.part = s.part and c.id = s.class_id"
    " left join rm_review r on r.part = s.part and r.id = 'register.' || s.id"
    " where s.part = :part and (s.register = 'closed' or r.decision is not null)"
)
_ATTEMPTS = (
    "select 'attempt' as kind, a.id, coalesce(a.class_id, '') as class_id, '' as day, 0 as start_minute, coalesce(a.rubric_id, '')"
    + _REST.format(own="a", below="attempt_step")
    + " from rm_attempt a left join rm_review r on r.part = a.part and r.id = 'attempt.' || a.id"
    " where a.part = :part and (a.result is not null or r.decision is not null)"
)
_IN_CLASS = {
    "register": " and s.id >= :class || '.' and s.id < :class || '/'",
    "attempt": " and a.class_id is nullif(:class, '')",
}


def standings(db: Database, part: str, *, kind: str = "", class_id: str | None = None) -> Iterator[Standing]:
    """All of a part; of one kind; of one class, "" being the attempts of none. In no order."""
    again = originals(db)
    for one, sql in (("register", _REGISTERS), ("attempt", _ATTEMPTS)):
        if kind in ("", one):
            within = "" if class_id is None else _IN_CLASS[one]
            for row in db.query(sql + within, {"part": part, "class": class_id}):
                yield Standing(
                    row["kind"], row["id"], row["class_id"], row["day"], row["start_minute"], row["rubric_id"],
                    row["received"], _state(db, part, row, again),
                )  # fmt: skip


def _state(db: Database, part: str, row: Mapping[str, Any], again: dict[str, set[str]]) -> State:
    if not row["decision"]:
        return "waiting"
    if not row["seen"]:
        return state_of(row["decision"], None, (), newer=is_newer(db, part, row["kind"], row["id"]))
    below = _list_of_heads(row["below"]) if row["below"] else []
    heads = ops_in(read_heads(row["heads"]), *below)
    return state_of(row["decision"], read_seen(row["seen"]), seen_as(again, heads) if again else heads)
