"""The history of any record: every op that touched it, what it changed, and whether that still stands. Works for every declared type."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sync import Registry
from sync.log import SqliteLog
from sync.merge import UNDO
from workshop.admission import COMMON
from workshop.review.decisions import reasons
from workshop.review.log import Clocks, LogOp, Target, held_ops, ops_of, receipted
from workshop.review.rules import Made, Step, in_order
from workshop.site import Site

Standing = Literal["stands", "replaced", "winner", "conflict", "held", "undo"]
HELD_SHOWN = 200
COMPOSED = ("register", "attempt")


@dataclass(frozen=True, slots=True)
class Touch:
    """What an op did to one merge group of one record. `old` is None where it had nothing in view; `by` replaced it."""

    type: str
    id: str
    group: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any]
    standing: Standing
    by: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One op of the history. `held` is the code of an op that is held back; `at` "workshop" or "campus"; `reason` as a person gave it."""

    op: str
    part: str
    intent: str
    actor: str
    device: str
    via: str
    made: Made
    at: str
    held: str
    erased: bool
    touches: tuple[Touch, ...]
    reason: str


@dataclass(slots=True)
class _Fact:
    op: LogOp
    values: Mapping[str, Any]
    base: frozenset[str]


Place = tuple[str, str, str, str]
"""(part, type, id, group)"""


def targets(kind: str, record: str) -> list[Target]:
    """The records that belong together on a page: a register is its session and all marks, an attempt also its steps."""
    if kind == "register":
        return [
            Target("session", record),
            Target("attendance", record, prefix=True),
            Target("review", f"register.{record}"),
        ]
    if kind == "attempt":
        return [
            Target("attempt", record),
            Target("attempt_step", record, prefix=True),
            Target("review", f"attempt.{record}"),
        ]
    return [Target(kind, record)]


def history(site: Site, part: str, about: Sequence[Target]) -> list[Entry]:
    """All ops about the records, oldest first; what is held back stands among them. Empty for records that nobody knows."""
    parts = list(dict.fromkeys((part, COMMON)))
    ops: dict[str, LogOp] = {}
    for target in about:
        ops.update((op.id, op) for op in ops_of(site.db, parts, target))
    codes = _held(site, parts, about)
    clocks = Clocks(site.db, parts)
    facts = _facts(site.node.registry, about, ops.values())
    standing = _Standings(site, facts)
    touched: dict[str, list[Touch]] = defaultdict(list)
    for place, made in facts.items():
        for fact in made:
            touched[fact.op.id].append(standing.touch(place, fact))
    for op, _code in codes:
        touched[op.id] = [
            Touch(place[1], place[2], place[3], None, fact.values, "held")
            for place, made in _facts(site.node.registry, about, [op]).items()
            for fact in made
        ]
    known = {**ops, **{op.id: op for op, _ in codes}}
    held = {op.id: code for op, code in codes}
    order = in_order(_step(op, clocks, about) for op in known.values())
    home = _at_campus(site, known)
    return [_entry(site, known[op], clocks, held.get(op, ""), touched[op], home=op in home) for op in order]


def _at_campus(site: Site, ops: Mapping[str, LogOp]) -> set[str]:
    """Ops that the campus holds: its own, and those that it has given a receipt for."""
    if site.role == "campus":
        return set(ops)
    given = receipted(site.db, site.root)
    return {
        id_
        for id_, op in ops.items()
        if op.header.dev == site.root or given.get(op.chain, 0) >= op.header.seq
    }


def _held(site: Site, parts: Sequence[str], about: Sequence[Target]) -> list[tuple[LogOp, str]]:
    """Held back ops that would have touched the records."""
    found: dict[str, tuple[LogOp, str]] = {}
    for record in dict.fromkeys(target.id for target in about):
        for op, code in held_ops(site.db, parts, mentions=record, limit=HELD_SHOWN):
            if any(target.covers(c.type, c.id) for c in op.changes() for target in about):
                found[op.id] = (op, code)
    return list(found.values())


def _facts(registry: Registry, about: Sequence[Target], ops: Iterable[LogOp]) -> dict[Place, list[_Fact]]:
    """By merge group: what each op says of it, by arrival."""
    found: dict[Place, list[_Fact]] = defaultdict(list)
    for op in sorted(ops, key=lambda op: op.n):
        for change in op.changes():
            declared = registry.by_name.get(change.type)
            if declared is None or not any(target.covers(change.type, change.id) for target in about):
                continue
            groups = dict.fromkeys(declared.group_of.get(name, name) for name in change.fields)
            for group in groups:
                members = declared.members.get(group, (group,))
                values = {name: change.fields.get(name) for name in members}
                place = (op.header.part, change.type, change.id, group)
                found[place].append(_Fact(op, values, frozenset(change.base)))
    return found


class _Standings:
    """What stands, read from the read model; what replaced the rest, told from base and chain."""

    def __init__(self, site: Site, facts: Mapping[Place, list[_Fact]]) -> None:
        self._facts = facts
        self._log = SqliteLog(site.db.conn)
        self._heads: dict[tuple[str, str, str], dict[str, list[str]]] = {}
        self._winners: dict[tuple[str, str, str, str, str], bool] = {}
        for part, type_, record in {place[:3] for place in facts}:
            row = site.db.execute(
                f"select heads, conflict from rm_{type_} where part = ? and id = ?", (part, record)
            ).fetchone()
            self._heads[part, type_, record] = json.loads(row[0]) if row else {}
            if row and row[1]:
                rows = site.db.execute(
                    "select grp, op, winner from rm_conflict where part = ? and type = ? and id = ?",
                    (part, type_, record),
                )
                for group, op, winner in rows:
                    self._winners[part, type_, record, group, op] = bool(winner)

    def touch(self, place: Place, fact: _Fact) -> Touch:
        part, type_, record, group = place
        old = self._old(place, fact)
        if fact.op.header.intent == UNDO and fact.base:
            return Touch(type_, record, group, fact.values, self._now(place), "undo")
        if fact.op.id in self._heads[part, type_, record].get(group, ()):
            winner = self._winners.get((part, type_, record, group, fact.op.id))
            standing: Standing = "stands" if winner is None else "winner" if winner else "conflict"
            return Touch(type_, record, group, old, fact.values, standing)
        return Touch(type_, record, group, old, fact.values, "replaced", self._replaced_by(place, fact))

    def _now(self, place: Place) -> Mapping[str, Any]:
        """The values that stand; of several, the one that counts for now."""
        heads = self._heads[place[:3]].get(place[3], ())
        said = {fact.op.id: fact.values for fact in self._facts[place]}
        first = sorted(heads, key=lambda op: not self._winners.get((*place, op), False))
        return next((said[op] for op in first if op in said), {})

    def _old(self, place: Place, fact: _Fact) -> Mapping[str, Any] | None:
        """What the author had in view: the newest value among its base, else the device's own one before."""
        seen = [
            other
            for other in self._facts[place]
            if other is not fact and (other.op.id in fact.base or self._before(other, fact))
        ]
        return seen[-1].values if seen else None

    def _replaced_by(self, place: Place, fact: _Fact) -> str:
        others = [other for other in self._facts[place] if other is not fact]
        named = [other.op.id for other in others if fact.op.id in other.base or self._before(fact, other)]
        later = [other.op.id for other in others if other.op.n > fact.op.n]
        return next(iter(named or later[-1:]), "")

    def _before(self, one: _Fact, other: _Fact) -> bool:
        return self._log.lies_before(one.op.chain, one.op.header.seq, other.op.chain, other.op.header.seq)


def _step(op: LogOp, clocks: Clocks, about: Sequence[Target]) -> Step:
    base = frozenset(
        named
        for c in op.changes()
        if any(target.covers(c.type, c.id) for target in about)
        for named in c.base
    )
    time = op.header.hybrid - clocks.made(op).offset * 1000
    return Step(op.id, op.chain, op.header.seq, op.n, time, base)


def _entry(
    site: Site, op: LogOp, clocks: Clocks, held: str, touches: Sequence[Touch], *, home: bool
) -> Entry:
    h = op.header
    return Entry(
        op.id, h.part, h.intent, h.actor, h.dev, h.via if isinstance(h.via, str) else "", clocks.made(op),
        "campus" if home else "workshop", held, op.body is None, tuple(touches), " · ".join(reasons(site.db, op)),
    )  # fmt: skip
