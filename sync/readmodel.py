"""The read model: tables derived from the log, one for each record type. Can be thrown away and rebuilt to the same hash.

Nothing here depends on the order in which ops arrive: admission asks only what never shrinks (or names a seq), merge is a pure
function of a record's facts, and whoever's change touches what others rest on has those weighed again.
"""

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec

from sync import limits
from sync.errors import AdmissionError, MessageError
from sync.log import SqliteLog, StoredOp, iterate
from sync.merge import Fact, Merged, merge
from sync.ops import Change, Header, decode_body
from sync.records import RecordType, Registry
from sync.tables import create_tables, drop_tables, insert_sql

Place = tuple[str, str]
"""(part, record id) within one type."""

_json = msgspec.json.Encoder(order="deterministic").encode


class Admission(Protocol):
    """Who may write what: the program's rules, asked for every op at every site alike.

    The answer may only depend on records, and only so that a `no` can become a `yes` when records are added;
    `unsettled` names what has to be asked again.
    """

    basis: frozenset[str]

    def check(self, header: Header, changes: Sequence[Change]) -> None:
        """Raise AdmissionError when the op may not be applied."""

    def refresh(self) -> None:
        """Forget what was remembered of the records in `basis`."""


class ReadModel:
    """Applies ops to the rm_ tables. The only code that writes them. Every call must be inside a transaction."""

    def __init__(
        self, connection: sqlite3.Connection, log: SqliteLog, registry: Registry, admission: Admission
    ) -> None:
        self._db = connection
        self._log = log
        self._registry = registry
        self._admission = admission
        self._insert = {t.name: insert_sql(t) for t in registry.types}
        self._offsets: dict[tuple[str, str, str], list[tuple[int, int]]] | None = None

    # -- public

    def apply(self, stored: Sequence[StoredOp]) -> None:
        """Take ops that were just appended, in arrival order."""
        waiting: dict[str, dict[Place, list[tuple[StoredOp, Change]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for op in stored:
            changes = self._admitted(op)
            for change in changes:
                waiting[change.type][op.header.part, change.id].append((op, change))
            if any(change.type in self._admission.basis or change.type == "clock" for change in changes):
                self._flush(waiting)
        self._flush(waiting)

    def rebuild(self) -> None:
        """Throw the tables away and make them anew from the whole log."""
        drop_tables(self._db, self._registry)
        create_tables(self._db, self._registry)
        self._admission.refresh()
        self._offsets = None
        for chunk in iterate(self._log):
            self.apply(chunk)

    def forget(self) -> None:
        """Forget what was remembered of the tables: another process may have written."""
        self._offsets = None

    def state_hash(self) -> str:
        """SHA-256 over every derived row that all sites share: equal ops give an equal hash, whatever the order of arrival."""
        total = hashlib.sha256()
        for declared in sorted(self._registry.types, key=lambda t: t.name):
            columns = ["part", "id", *declared.columns, "heads", "conflict", "last_op", "actor", "wall"]
            self._hash_rows(
                total, declared.name, f"select {', '.join(columns)} from rm_{declared.name} order by part, id"
            )
        self._hash_rows(
            total,
            "conflict",
            "select part, type, id, grp, op, value, winner from rm_conflict order by part, type, id, grp, op",
        )
        self._hash_rows(total, "quarantine", "select op, code from rm_quarantine order by op")
        return total.hexdigest()

    def admit(self, header: Header, changes: Sequence[Change]) -> None:
        """Raise AdmissionError when an op may not be applied: shape first, then who may do it."""
        for change in changes:
            declared = self._registry.by_name.get(change.type)
            if declared is None:
                raise AdmissionError("unknown_type", type=change.type)
            if declared.parts != "any" and (declared.parts == "common") != (header.part == "common"):
                raise AdmissionError("wrong_part", type=change.type, part=header.part)
            declared.check(change)
        self._admission.check(header, changes)

    # -- admission

    def _admitted(self, op: StoredOp) -> list[Change]:
        """The op's changes if it may be applied; else it goes to quarantine, or lies still when it was erased or is newer."""
        if op.body is None or op.header.v > 1:
            return []
        try:
            changes = decode_body(op.body)
            self.admit(op.header, changes)
        except (AdmissionError, MessageError) as error:
            self._quarantine(op, error.code, error.data)
            return []
        self._db.executemany(
            "insert or ignore into rm_change (part, type, id, n) values (?, ?, ?, ?)",
            [(op.header.part, change.type, change.id, op.n) for change in changes],
        )
        return changes

    def _quarantine(self, op: StoredOp, code: str, data: dict[str, Any]) -> None:
        h = op.header
        self._db.execute(
            "insert or replace into rm_quarantine (n, op, part, code, data, actor, device, wall, received_at, intent)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (op.n, op.id, h.part, code, json.dumps(data), h.actor, h.dev, h.wall, op.received_at, h.intent),
        )

    def _weigh_again(self, touched: dict[str, list[Place]]) -> None:
        """Records that admission rests on have changed: ask again for every op whose answer may be another now."""
        self._admission.refresh()
        numbers = [row[0] for row in self._db.execute("select n from rm_quarantine order by n")]
        if devices := [place[1] for place in touched.get("device", [])]:
            marks = ", ".join("?" * len(devices))
            rows = self._db.execute(
                "select l.n from op_log l join op_chain c on c.id = l.chain"
                f" join rm_device d on d.id = c.device and d.revoked_at is not null where c.device in ({marks})",
                devices,
            )
            numbers += [row[0] for row in rows]
        again: dict[str, dict[Place, list[tuple[StoredOp, Change]]]] = defaultdict(lambda: defaultdict(list))
        for op in self._log.read(sorted(set(numbers))):
            was = [tuple(r) for r in self._db.execute("select type, id from rm_change where n = ?", (op.n,))]
            self._db.execute("delete from rm_quarantine where n = ?", (op.n,))
            changes = self._admitted(op)
            if was and not changes:
                self._db.execute("delete from rm_change where n = ?", (op.n,))
            for kind, record in was if bool(was) != bool(changes) else []:
                again[kind][op.header.part, record] = []
            for change in changes if not was else []:
                again[change.type][op.header.part, change.id] = []
        for kind, places in again.items():
            self._fold(self._registry.by_name[kind], list(places))
        if again:
            self._see_to_what_rests_on({kind: list(places) for kind, places in again.items()})

    # -- merging

    def _flush(self, waiting: dict[str, dict[Place, list[tuple[StoredOp, Change]]]]) -> None:
        """Merge what waits into the tables, then see to what rests on it."""
        touched = {name: list(places) for name, places in waiting.items() if places}
        for name, places in waiting.items():
            self._merge_in(self._registry.by_name[name], places)
        waiting.clear()
        self._see_to_what_rests_on(touched)

    def _see_to_what_rests_on(self, touched: dict[str, list[Place]]) -> None:
        for name in self._registry.children.keys() & touched.keys():
            for child in self._registry.children[name]:
                self._fold(child, self._contested_children(child, touched[name]))
        if "clock" in touched:
            self._offsets = None
            self._fold_after_clock(touched["clock"])
        if self._admission.basis & touched.keys():
            self._weigh_again(touched)

    def _merge_in(self, declared: RecordType, places: dict[Place, list[tuple[StoredOp, Change]]]) -> None:
        """New changes of one type. A record's first change, or one that names all that stands, needs no history."""
        standing = self._heads(declared, places.keys())
        rows, slow = [], []
        for place, found in places.items():
            op, change = found[0]
            if len(found) == 1 and place not in standing and not change.base:
                rows.append(self._first_row(declared, op, change))
            else:
                slow.append(place)
        self._db.executemany(self._insert[declared.name], rows)
        self._fold(declared, slow)

    def _first_row(self, declared: RecordType, op: StoredOp, change: Change) -> tuple[Any, ...]:
        fields = change.fields
        groups = {declared.group_of[name] for name in fields}
        heads = "{" + ",".join(f'"{group}":["{op.id}"]' for group in sorted(groups)) + "}"
        values = [_column(fields.get(name)) for name in declared.columns]
        pieces = change.id.split(".") if declared.pieces else []
        h = op.header
        return (h.part, change.id, *pieces, *values, heads, 0, op.id, h.actor, h.wall, op.received_at)

    def _heads(self, declared: RecordType, places: Iterable[Place]) -> set[Place]:
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

    def _fold(self, declared: RecordType, places: Sequence[Place]) -> None:
        """Merge records anew from all their facts."""
        for place in places:
            history = self._history(declared.name, place)
            self._db.execute(f"delete from rm_{declared.name} where part = ? and id = ?", place)
            self._db.execute(
                "delete from rm_conflict where part = ? and type = ? and id = ?",
                (place[0], declared.name, place[1]),
            )
            if history:
                facts = [fact for _, fact in history]
                merged = merge(declared, facts, self._before, self._authority(declared, place))
                self._write(declared, place, merged, {op.id: op for op, _ in history})

    def _history(self, kind: str, place: Place) -> list[tuple[StoredOp, Fact]]:
        declared = self._registry.by_name[kind]
        rows = self._db.execute(
            "select n from rm_change where part = ? and type = ? and id = ?", (place[0], kind, place[1])
        )
        found = []
        for op in self._log.read([row[0] for row in rows]):
            if op.body is None:
                continue
            changes = [c for c in decode_body(op.body) if c.type == kind and c.id == place[1]]
            values: dict[str, tuple[Any, ...]] = {}
            for change in changes:
                values.update(declared.touched(change))
            base = frozenset(named for change in changes for named in change.base)
            h = op.header
            found.append(
                (op, Fact(op.id, op.chain, h.seq, self._time(h), h.dev, h.actor, h.intent, values, base))
            )
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

    def _contested_children(self, child: RecordType, parents: Sequence[Place]) -> list[Place]:
        found: list[Place] = []
        for part, parent in parents:
            rows = self._db.execute(
                f"select id from rm_{child.name} where part = ? and conflict = 1 and id >= ? and id < ?",
                (part, parent + ".", parent + "/"),
            )
            found += [(part, row[0]) for row in rows]
        return found

    # -- clocks

    def _time(self, header: Header) -> int:
        """Hybrid time, mended by the clock note that covers the op."""
        if self._offsets is None:
            self._offsets = defaultdict(list)
            if "clock" not in self._registry.by_name:
                return header.hybrid
            for part, device, epoch, seq, offset in self._db.execute(
                "select part, device_id, epoch, seq, offset_ms from rm_clock order by part, device_id, epoch, cast(seq as integer)"
            ):
                self._offsets[device, epoch, part].append((int(seq), offset))
        time = header.hybrid
        for seq, offset in self._offsets.get(header.chain, ()):
            if seq <= header.seq:
                time = header.hybrid - offset * 1000
        return time

    def _fold_after_clock(self, notes: Sequence[Place]) -> None:
        """A clock note changes the order of what its chain wrote: merge the contested and the `latest` records again."""
        timed = {
            t.name
            for t in self._registry.types
            if "latest" in t.policies.values() or "once" in t.policies.values()
        }
        for part, note in notes:
            device, epoch, seq = note.split(".")
            rows = self._db.execute(
                "select distinct r.type, r.id from op_log l join op_chain c on c.id = l.chain join rm_change r on r.n = l.n"
                " where c.device = ? and c.epoch = ? and c.part = ? and l.seq >= ?",
                (device, epoch, part, int(seq)),
            ).fetchall()
            contested = {
                tuple(row)
                for row in self._db.execute(
                    "select distinct type, id from rm_conflict where part = ?", (part,)
                )
            }
            for kind, record in rows:
                if (kind in timed and kind != "clock") or (kind, record) in contested:
                    self._fold(self._registry.by_name[kind], [(part, record)])

    def _hash_rows(self, total: "hashlib._Hash", name: str, sql: str) -> None:
        total.update(name.encode() + b"\n")
        for row in self._db.execute(sql):
            total.update(_json(row) + b"\n")


def _column(value: Any) -> Any:
    """How a field stands in its column: booleans as 0 and 1, lists and objects as JSON text."""
    if isinstance(value, bool):
        return int(value)
    return _json(value).decode() if isinstance(value, (list, dict)) else value


def clock_is_off(offset_ms: int) -> bool:
    """True when a device's clock is so far off that people must be told."""
    return abs(offset_ms) >= limits.CLOCK_OFF_MS
