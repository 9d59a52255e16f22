"""Erasure: which bodies go because a person was erased, and what of them must be said again. Part of the read model; asks nobody.

An op's body is erased if and only if an applied record of type `erasure` names whom or what its personal values are about. That rests on
the set of ops alone, never on their order, and never turns back: only the root may erase. See `docs/decisions/erasure.md`.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sync import limits, ops
from sync.errors import MessageError
from sync.folding import Place
from sync.log import SqliteLog, StoredOp
from sync.merge import DECIDE
from sync.ops import Change, decode_body
from sync.records import RecordType, Registry
from sync.weighing import SHAPE_CODES, Weigher

ERASURE = "erasure"
"""The record type of erasures. A record's id is that of a person or of a thing about one; its field `of` then names the person."""

COMMON = "common"
Named = frozenset[tuple[str, str]]
"""(part, id) of all that is erased."""


@dataclass(frozen=True)
class _Stood:
    """A record as it stood: the heads of each group, the provisional winners, and all ops behind it by their id."""

    heads: Mapping[str, Sequence[str]]
    winners: Mapping[str, str]
    last: str
    facts: Mapping[str, StoredOp]


class Eraser:
    """Blanks bodies and keeps in `op_residue` what they said besides personal values, until a server says it again."""

    def __init__(
        self, connection: sqlite3.Connection, log: SqliteLog, registry: Registry, weigher: Weigher
    ) -> None:
        self._db, self._log, self._registry, self._weigher = connection, log, registry, weigher
        self._on = ERASURE in registry.by_name
        self._named: Named | None = None
        self.owes = self._on
        """True when `restating.settle` may have something to do."""
        self.blanked = 0
        """How many bodies went since somebody last set this to 0."""

    def forget(self) -> None:
        """Forget what was remembered of the tables: another process may have written."""
        self._named = None
        self.owes = self._on

    def named(self) -> Named:
        """All that is erased, as the tables say now."""
        if not self._on:
            return frozenset()
        if self._named is None or ERASURE in self._weigher.noted:
            self._weigher.noted.discard(ERASURE)
            self._named = frozenset(self._db.execute(f"select part, id from rm_{ERASURE}").fetchall())
        return self._named

    def take(self, fresh: Sequence[StoredOp], known: Named) -> None:
        """After new ops were taken: blank those that are due, and older ones that have just become so."""
        named = self.named()
        if not named:
            return
        said = {op.n: self._changes(op) for op in fresh}
        due = {op.n: op for op in fresh if self._is_due(op, named, said[op.n])}
        for part, what in sorted(named - known):
            mentioning = self._log.read(self._log.mentioning(what))
            due |= {op.n: op for op in mentioning if self._is_due(op, frozenset({(part, what)}))}
        self._blank([due[n] for n in sorted(due)], named)
        if self.named() - named:  # what was blanked had kept an erasure from being applied
            self.take([], named)
        self.owes = self.owes or any(self._turns_up(op, named, said[op.n]) for op in fresh)

    def take_all(self, chunks: Iterable[Sequence[StoredOp]]) -> None:
        """Blank all that is due in the whole log. A newer program may know more of what is personal."""
        named = self.named()
        for chunk in chunks if named else ():
            self._blank([op for op in chunk if self._is_due(op, named)], named)

    # -- which

    def _is_due(self, op: StoredOp, named: Named, said: Sequence[Change] | None = None) -> bool:
        changes = self._changes(op) if said is None else said
        return any(self._is_about(op.header.part, change, named) for change in changes)

    def _turns_up(self, op: StoredOp, named: Named, said: Sequence[Change]) -> bool:
        """An op makes something about an erased person that has an id of its own."""
        part = op.header.part
        for change in said:
            declared = self._registry.by_name.get(change.type)
            if declared is None or "id" not in declared.subject or (part, change.id) in named:
                continue
            if any((place, who) in named for who in declared.subjects(change) for place in (part, COMMON)):
                return True
        return False

    def _is_about(self, part: str, change: Change, named: Named) -> bool:
        """A change holds personal values of somebody who is erased."""
        declared = self._registry.by_name.get(change.type)
        if declared is None or not declared.tells(change):
            return False
        return any((place, who) in named for who in declared.subjects(change) for place in (part, COMMON))

    def _changes(self, op: StoredOp) -> list[Change]:
        if op.body is None or op.header.v > ops.VERSION:
            return []
        try:
            return decode_body(op.body)
        except MessageError:
            return []

    # -- blanking

    def _blank(self, due: Sequence[StoredOp], named: Named) -> None:
        if not due:
            return
        stood: dict[tuple[str, Place], _Stood] = {}
        for op in due:
            for kind, places in self._weigher.touched_by(op.n, op.header.part).items():
                for place in places:
                    stood.setdefault((kind, place), self._standing(kind, place))
        waiting = [op for op in due if self._may_be_let_out(op.n)]
        for op in due:
            self._log.erase_body(op.n)
        self._weigher.withdraw(due)
        self.blanked += len(due)
        self.owes = True
        gone = {op.id for op in due}
        for (kind, place), was in sorted(stood.items()):
            self._keep(self._said_again(self._registry.by_name[kind], place, was, gone, named))
        for op in waiting:
            self._keep(self._whole(op, named))

    def _standing(self, kind: str, place: Place) -> _Stood:
        heads, last = self._row(kind, place) or ({}, "")
        winners = self._db.execute(
            "select grp, op from rm_conflict where part = ? and type = ? and id = ? and winner = 1",
            (place[0], kind, place[1]),
        ).fetchall()
        numbers = self._db.execute(
            "select n from rm_change where part = ? and type = ? and id = ?", (place[0], kind, place[1])
        ).fetchall()
        facts = {op.id: op for op in self._log.read([row[0] for row in numbers])}
        return _Stood(heads, dict(winners), last, facts)

    def _row(self, kind: str, place: Place) -> tuple[dict[str, list[str]], str] | None:
        row = self._db.execute(
            f"select heads, last_op from rm_{kind} where part = ? and id = ?", place
        ).fetchone()
        return (json.loads(row[0]), row[1]) if row else None

    def _may_be_let_out(self, n: int) -> bool:
        row = self._db.execute("select code from rm_quarantine where n = ?", (n,)).fetchone()
        return row is not None and row[0] not in SHAPE_CODES

    # -- what must be said again

    def _said_again(
        self, declared: RecordType, place: Place, was: _Stood, gone: set[str], named: Named
    ) -> list[tuple[StoredOp, Change]]:
        """What has to be said of a record so that it stands as before, without the personal values; each with the op that said it."""
        now = self._row(declared.name, place)
        said = []
        for group, heads in was.heads.items():
            back = [op for op in (now[0] if now else {}).get(group, ()) if op not in heads]
            for op, base in self._speakers(declared, group, was, gone & set(heads), back):
                source = was.facts[op]
                fields, own = self._values(declared, place, source, named)
                fields = {name: fields[name] for name in declared.members[group] if name in fields}
                if fields:
                    replaced = [*back, *own] if op in gone else back
                    said.append((source, Change(declared.name, place[1], fields, _base(op, base, replaced))))
        if not said and now is None and declared.emptied and was.last in was.facts:
            # A record that says nothing any more still stands, and is counted.
            empty = {min(declared.emptied): None}
            said.append(
                (was.facts[was.last], Change(declared.name, place[1], empty, _base(was.last, [], was.facts)))
            )
        return said

    def _speakers(
        self, declared: RecordType, group: str, was: _Stood, gone: set[str], back: list[str]
    ) -> list[tuple[str, list[str]]]:
        """The ops whose value of a group must be said again, each with other ops that it then replaces.

        A value declared `once` only gives way to a decision, so each is said again. Of others one device cannot hold a conflict with
        itself, so the provisional winner is.
        """
        heads = was.heads[group]
        if declared.policy(group) == "once":
            decided = [op for op in heads if was.facts[op].header.intent == DECIDE]
            lost = gone | set(decided if back else ())
            return sorted(((op, []) for op in lost), key=lambda pair: was.facts[pair[0]].header.hybrid)
        standing = [op for op in heads if op not in gone]
        winner = was.winners.get(group) or (standing or sorted(gone) or list(heads))[0]
        if not gone:
            return [(winner, [])] if back else []
        best = max(gone, key=lambda op: (op == winner, was.facts[op].header.hybrid, op))
        return [(best, sorted(gone - {best}))]

    def _values(
        self, declared: RecordType, place: Place, op: StoredOp, named: Named
    ) -> tuple[dict[str, Any], list[str]]:
        """What an op said of a record, without what it told of people who are erased; and the base of that."""
        fields: dict[str, Any] = {}
        base: list[str] = []
        for change in self._changes(op):
            if (change.type, change.id) == (declared.name, place[1]):
                about = self._is_about(place[0], change, named)
                fields |= declared.impersonal(change.fields) if about else change.fields
                base += change.base
        return fields, base

    def _whole(self, op: StoredOp, named: Named) -> list[tuple[StoredOp, Change]]:
        """All that an op said which had not been let in yet: it may be, once its author is known."""
        said = []
        for change in self._changes(op):
            declared = self._registry.by_name[change.type]
            about = self._is_about(op.header.part, change, named)
            fields = declared.impersonal(change.fields) if about else change.fields
            if fields:
                said.append((op, Change(change.type, change.id, fields, _base(op.id, [], change.base))))
        return said

    def _keep(self, said: Iterable[tuple[StoredOp, Change]]) -> None:
        found: dict[int, list[Change]] = defaultdict(list)
        for op, change in said:
            found[op.n].append(change)
        for n, changes in found.items():
            row = self._db.execute("select body from op_residue where n = ?", (n,)).fetchone()
            before = decode_body(row[0].encode()) if row else []
            self._db.execute(
                "insert into op_residue values (?, ?) on conflict (n) do update set body = excluded.body",
                (n, msgspec.json.encode([*before, *changes]).decode()),
            )


def _base(op: str, others: Sequence[str], replaced: Iterable[str]) -> tuple[str, ...]:
    """The op said again, others that go with it, the first once more where there are any (`weighing.said_again`), and what it replaces."""
    said = [op, *others, op] if others else [op]
    return (*said, *dict.fromkeys(one for one in replaced if one not in said))[: limits.BASE_PER_CHANGE]
