"""Folding records into their rows: reads a record's facts, merges them, writes row and conflicts. Asks nobody whether an op may be applied."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from sync.log import SqliteLog, StoredOp
from sync.merge import Fact, Merged, merge
from sync.ops import Change, Header, decode_body
from sync.records import RecordType, Registry
from sync.tables import insert_sql

CLOCK = "clock"
"""The record type of clock notes; its ids are device.epoch.seq, its field `offset_ms`."""

Place = tuple[str, str]
"""(part, record id) within one type."""

Touched = dict[str, set[Place]]
"""Places by record type."""

Waiting = dict[str, dict[Place, list[tuple[StoredOp, Change]]]]
"""New changes by record type and place."""

_json = msgspec.json.Encoder(order="deterministic").encode


class Folder:
    """Writes the tables of records and `rm_conflict`.

    `unmended` are types whose times are taken as they stand: clock notes themselves, and what admission rests on.
    """

    def __init__(
        self, connection: sqlite3.Connection, log: SqliteLog, registry: Registry, unmended: Collection[str]
    ) -> None:
        self._db = connection
        self._log = log
        self._registry = registry
        self._unmended = frozenset(unmended) | {CLOCK}
        self._insert = {t.name: insert_sql(t) for t in registry.types}
        self._offsets: dict[tuple[str, str, str], list[tuple[int, int]]] | None = None

    def forget(self) -> None:
        """Forget what was remembered of the tables."""
        self._offsets = None

    def merge_in(self, waiting: Waiting) -> Touched:
        """Take new changes into the tables, and see to the records whose merge rests on those; what was touched."""
        touched = {name: set(places) for name, places in waiting.items() if places}
        for name, places in waiting.items():
            declared = self._registry.by_name[name]
            there = self._existing(declared, places)
            rows, slow = [], []
            for place, found in places.items():
                if len(found) == 1 and place not in there and not found[0][1].base:
                    rows.append(self._first_row(declared, *found[0]))
                else:
                    slow.append(place)
            self._db.executemany(self._insert[name], rows)
            self._fold_all(declared, slow)
        waiting.clear()
        self._follow(touched)
        return touched

    def fold(self, touched: Mapping[str, Iterable[Place]]) -> None:
        """Merge records anew from all their facts, and then those whose merge rests on them."""
        found = {name: set(places) for name, places in touched.items() if places}
        for name in sorted(found):
            self._fold_all(self._registry.by_name[name], sorted(found[name]))
        self._follow(found)

    def time(self, header: Header, kind: str | None = None) -> int:
        """Hybrid time of an op's change of such a record, mended by the clock note that covers the op."""
        if self._offsets is None:
            self._offsets = self._load_offsets()
        time = header.hybrid
        if kind not in self._unmended:
            for seq, offset in self._offsets.get(header.chain, ()):
                if seq <= header.seq:
                    time = header.hybrid - offset * 1000
        return time

    # -- what rests on what

    def _follow(self, touched: Touched) -> None:
        """A parent names who has authority over its children's conflicts; a clock note moves the times of a chain."""
        for name in self._registry.children.keys() & touched.keys():
            for child in self._registry.children[name]:
                self._fold_all(child, self._contested_children(child, touched[name]))
        if CLOCK in touched:
            self._offsets = None
            for part, note in sorted(touched[CLOCK]):
                self._fold_after_clock(part, note)

    def _contested_children(self, child: RecordType, parents: Iterable[Place]) -> list[Place]:
        found: list[Place] = []
        for part, parent in sorted(parents):
            # One range: with an "or" in it, SQLite 3.40 reads the whole part for every parent.
            rows = self._db.execute(
                f"select id from rm_{child.name} where part = ? and conflict = 1 and id >= ? and id < ?",
                (part, parent, parent + "/"),
            )
            found += [(part, row[0]) for row in rows if row[0] == parent or row[0].startswith(parent + ".")]
        return found

    def _fold_after_clock(self, part: str, note: str) -> None:
        """Merge again what the note's chain wrote from there on, where more than one value stands: only there time decides."""
        covered = _covered(note)
        if covered is None:
            return
        device, epoch, seq = covered
        rows = self._db.execute(
            "select distinct r.type, r.id from op_log l join op_chain c on c.id = l.chain join rm_change r on r.n = l.n"
            " where c.device = ? and c.epoch = ? and c.part = ? and l.seq >= ?",
            (device, epoch, part, seq),
        ).fetchall()
        for kind, record in rows:
            if kind in self._unmended:
                continue
            several = self._db.execute(
                f"select 1 from rm_{kind} where part = ? and id = ? and instr(heads, ',') > 0", (part, record)
            ).fetchone()
            if several:
                self._fold_all(self._registry.by_name[kind], [(part, record)])

    def _load_offsets(self) -> dict[tuple[str, str, str], list[tuple[int, int]]]:
        found: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
        if CLOCK in self._registry.by_name:
            rows = self._db.execute(f"select part, id, offset_ms from rm_{CLOCK}").fetchall()
            for part, note, offset in rows:
                if (covered := _covered(note)) is not None:
                    found[covered[0], covered[1], part].append((covered[2], offset or 0))
        return {chain: sorted(notes) for chain, notes in found.items()}

    # -- one record

    def _existing(self, declared: RecordType, places: Iterable[Place]) -> set[Place]:
        by_part: dict[str, list[str]] = defaultdict(list)
        for part, record in places:
            by_part[part].append(record)
        found: set[Place] = set()
        for part, ids in by_part.items():
            for start in range(0, len(ids), 500):
                chunk = ids[start : start + 500]
                rows = self._db.execute(
                    f"select id from rm_{declared.name} where part = ? and id in ({', '.join('?' * len(chunk))})",
                    (part, *chunk),
                )
                found.update((part, row[0]) for row in rows)
        return found

    def _first_row(self, declared: RecordType, op: StoredOp, change: Change) -> tuple[Any, ...]:
        fields = change.fields
        groups = {declared.group_of[name] for name in fields}
        heads = "{" + ",".join(f'"{group}":["{op.id}"]' for group in sorted(groups)) + "}"
        values = [_column(fields.get(name)) for name in declared.columns]
        pieces = change.id.split(".") if declared.pieces else []
        h = op.header
        return (h.part, change.id, *pieces, *values, heads, 0, op.id, h.actor, h.wall, op.received_at)

    def _fold_all(self, declared: RecordType, places: Sequence[Place]) -> None:
        for place in places:
            history = self._history(declared, place)
            self._db.execute(f"delete from rm_{declared.name} where part = ? and id = ?", place)
            self._db.execute(
                "delete from rm_conflict where part = ? and type = ? and id = ?",
                (place[0], declared.name, place[1]),
            )
            if history:
                facts = [fact for _, fact in history]
                merged = merge(declared, facts, self._before, self._authority(declared, place))
                self._write(declared, place, merged, {op.id: op for op, _ in history})

    def _history(self, declared: RecordType, place: Place) -> list[tuple[StoredOp, Fact]]:
        rows = self._db.execute(
            "select n from rm_change where part = ? and type = ? and id = ?",
            (place[0], declared.name, place[1]),
        )
        found = []
        for op in self._log.read([row[0] for row in rows]):
            if op.body is None:
                continue
            changes = [c for c in decode_body(op.body) if c.type == declared.name and c.id == place[1]]
            values: dict[str, tuple[Any, ...]] = {}
            for change in changes:
                values.update(declared.touched(change))
            base = frozenset(named for change in changes for named in change.base)
            h = op.header
            time = self.time(h, declared.name)
            fact = Fact(op.id, op.chain, h.seq, time, h.dev, h.actor, h.intent, values, base)
            found.append((op, fact))
        return found

    def _write(
        self, declared: RecordType, place: Place, merged: dict[str, Merged], ops: dict[str, StoredOp]
    ) -> None:
        values: dict[str, Any] = {}
        for group, state in merged.items():
            values.update(zip(declared.members[group], state.winner.values[group], strict=True))
        last = max(
            (state.winner for state in merged.values()), key=lambda fact: (fact.time, fact.device, fact.op)
        )
        heads = {group: [fact.op for fact in state.heads] for group, state in merged.items()}
        row = (
            *place,
            *(place[1].split(".") if declared.pieces else []),
            *(_column(values.get(name)) for name in declared.columns),
            _json(heads).decode(),
            int(any(state.conflict for state in merged.values())),
            last.op,
            last.actor,
            ops[last.op].header.wall,
            ops[last.op].received_at,
        )
        self._db.execute(self._insert[declared.name], row)
        for group, state in merged.items():
            for fact in state.heads if state.conflict else ():
                value = dict(zip(declared.members[group], fact.values[group], strict=True))
                self._db.execute(
                    "insert into rm_conflict (part, type, id, grp, op, value, actor, device, wall, received_at, winner)"
                    " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        place[0], declared.name, place[1], group, fact.op, _json(value).decode(), fact.actor, fact.device,
                        ops[fact.op].header.wall, ops[fact.op].received_at, int(fact is state.winner),
                    ),
                )  # fmt: skip

    def _before(self, a: Fact, b: Fact) -> bool:
        return self._log.lies_before(a.chain, a.seq, b.chain, b.seq)

    def _authority(self, declared: RecordType, place: Place) -> str | None:
        if declared.authority is None:
            return None
        parent, count, column = declared.authority
        key = ".".join(place[1].split(".")[:count])
        row = self._db.execute(
            f"select {column} from rm_{parent} where part = ? and id = ?", (place[0], key)
        ).fetchone()
        return row[0] if row else None


def _covered(note: str) -> tuple[str, str, int] | None:
    """(device, epoch, first seq) of a clock note's id; None when the id says nothing."""
    device, epoch, seq = note.split(".")
    return (device, epoch, int(seq)) if seq.isascii() and seq.isdigit() and len(seq) <= 16 else None


def _column(value: Any) -> Any:
    """How a field stands in its column: booleans as 0 and 1, lists and objects as JSON text."""
    if isinstance(value, bool):
        return int(value)
    return _json(value).decode() if isinstance(value, (list, dict)) else value
