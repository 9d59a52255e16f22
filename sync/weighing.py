"""Which ops may be applied: asks admission for each, and asks again when what the answers rest on has changed.

The answer for a log is one and the same in whatever order its ops came. It is made in layers: ops of rank 0 (the root of trust)
decide what higher ranks rest on, never the other way; within a rank more records can only allow more. So starting from
nothing and adding what is allowed, until nothing more is, ends at one result: `settle` does that, and everything else here is
a shorter way to the same result. See `docs/decisions/0002-monotone-admission.md`.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from sync import ops
from sync.errors import AdmissionError, MessageError
from sync.folding import Folder, Place, Touched, Waiting
from sync.log import SqliteLog, StoredOp
from sync.ops import Change, Header, decode_body
from sync.records import Registry

AGAIN = "erased/"
"""How `via` begins in an op that says an erased one again."""

SHAPE_CODES = ("unknown_type", "bad_id", "bad_fields", "rule_broken")
"""An op that was refused for one of these is refused whatever else is known."""


def said_again(base: Sequence[str]) -> Sequence[str]:
    """The erased ops that an op says again: the first of its base, and those up to where that one stands a second time."""
    return base[: base.index(base[0], 1)] if base[:1] and base[0] in base[1:] else base[:1]


class Admission(Protocol):
    """Who may write what: the program's rules, asked for every op at every site alike. It reads records of the types in `basis`."""

    basis: frozenset[str]

    def check(self, header: Header, changes: Sequence[Change]) -> None:
        """Raise AdmissionError when the op may not be applied."""

    def refresh(self) -> None:
        """Forget what was remembered of the records in `basis`."""

    def rank(self, header: Header) -> int:
        """The layer of an op that changes records in `basis`; its answer rests on its own layer and on lower ones only."""

    def standing(self, kind: str, place: Place) -> Any:
        """What the answers rest on in a record. From None to something may only allow more, within every rank."""

    def concerns(self, kind: str, record: str) -> str | None:
        """The device whose ops a record is about; None when it may be anybody's."""

    def receipt_role(self, device: str) -> str | None:
        """The role in which a device's receipts count; None when they count for nothing."""


class Weigher:
    """Keeps `rm_change` (what is applied) and `rm_quarantine` (what is not, and why)."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        log: SqliteLog,
        registry: Registry,
        admission: Admission,
        folder: Folder,
    ) -> None:
        self._db, self._log, self._registry = connection, log, registry
        self._admission, self._folder = admission, folder
        self.noted: set[str] = set()  # types of which a change was applied since somebody last emptied this

    def check_shape(self, header: Header, changes: Sequence[Change]) -> None:
        """Raise AdmissionError when an op is not what its record types allow, whoever made it."""
        for change in changes:
            declared = self._registry.by_name.get(change.type)
            if declared is None:
                raise AdmissionError("unknown_type", type=change.type)
            if declared.parts != "any" and (declared.parts == "common") != (header.part == "common"):
                raise AdmissionError("wrong_part", type=change.type, part=header.part)
            declared.check(change)

    def check(self, header: Header, changes: Sequence[Change]) -> None:
        """Raise AdmissionError when an op may not be applied: shape first, then who may do it."""
        self.check_shape(header, changes)
        self._admission.check(header, changes)

    # -- ops that were just appended

    def take(self, stored: Sequence[StoredOp]) -> None:
        """Weigh and apply new ops in order, and then those others for which they change the answer."""
        changed: dict[tuple[str, Place], Any] = {}
        waiting: Waiting = defaultdict(lambda: defaultdict(list))
        for op in stored:
            self._weigh(op, waiting, changed)
        self._folder.merge_in(waiting)
        self._follow(changed, [op.n for op in stored])

    def take_all(self, chunks: Iterable[Sequence[StoredOp]], basis_ops: Sequence[int]) -> None:
        """Weigh and apply a whole log into empty tables. `basis_ops` are the numbers of all ops that may change the basis."""
        settled = self._settle(basis_ops)
        for chunk in chunks:
            waiting: Waiting = defaultdict(lambda: defaultdict(list))
            for op in chunk:
                if op.n not in settled:
                    self._weigh(op, waiting, {})
            self._folder.merge_in(waiting)

    def withdraw(self, taken: Sequence[StoredOp]) -> None:
        """Take ops out of the tables: their bodies were erased."""
        was: Touched = defaultdict(set)
        for op in taken:
            for kind, places in self.touched_by(op.n, op.header.part).items():
                was[kind] |= places
            self._db.execute("delete from rm_change where n = ?", (op.n,))
            self._db.execute("delete from rm_quarantine where n = ?", (op.n,))
        changed = self._standings(was)
        self._folder.fold(was)
        self._admission.refresh()
        self._follow(changed, [])

    # -- one op

    def _weigh(self, op: StoredOp, waiting: Waiting, changed: dict[tuple[str, Place], Any]) -> bool:
        """Weigh an op that is neither applied nor in quarantine; True when it may be applied. `changed` gets the former standing of
        the basis records that it touches.
        """
        changes = self._allowed(op)
        for change in changes:
            waiting[change.type][op.header.part, change.id].append((op, change))
        basis = {c.type for c in changes} & self._admission.basis
        if basis:
            touched = {kind: set(waiting[kind]) for kind in basis}
            for key, standing in self._standings(touched).items():
                changed.setdefault(key, standing)
        if basis or any(change.type == "clock" for change in changes):
            self._folder.merge_in(waiting)
            self._admission.refresh()
        return bool(changes)

    def _allowed(self, op: StoredOp) -> list[Change]:
        """The op's changes if it may be applied; else it goes to quarantine, or lies still when it was erased or is newer."""
        if op.header.v > ops.VERSION:
            self._lay_by(op)
            return []
        if op.body is None:
            return []
        try:
            changes = decode_body(op.body)
            self.check(op.header, changes)
        except (AdmissionError, MessageError) as error:
            self._quarantine(op, error.code, error.data)
            return []
        self._note_applied(op, changes)
        return changes

    def _lay_by(self, op: StoredOp) -> None:
        """A newer program wrote this op: it is stored and relayed, and applied when this one is upgraded, by a rebuild."""
        self._db.execute(
            "insert or replace into rm_newer (n, op, part, v, device, received_at) values (?, ?, ?, ?, ?, ?)",
            (op.n, op.id, op.header.part, op.header.v, op.header.dev, op.received_at),
        )

    def _note_applied(self, op: StoredOp, changes: Sequence[Change]) -> None:
        if isinstance(op.header.via, str) and op.header.via.startswith(AGAIN):
            said = {(op.id, was, op.n) for change in changes for was in said_again(change.base)}
            self._db.executemany("insert or ignore into rm_again values (?, ?, ?)", sorted(said))
        self.noted.update(change.type for change in changes)
        self._db.executemany(
            "insert or ignore into rm_change (part, type, id, n) values (?, ?, ?, ?)",
            [(op.header.part, change.type, change.id, op.n) for change in changes],
        )

    def _quarantine(self, op: StoredOp, code: str, data: dict[str, Any]) -> None:
        h = op.header
        self._db.execute(
            "insert or replace into rm_quarantine (n, op, part, code, data, actor, device, wall, received_at, intent)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (op.n, op.id, h.part, code, json.dumps(data), h.actor, h.dev, h.wall, op.received_at, h.intent),
        )

    # -- when the basis has changed

    def _follow(self, changed: dict[tuple[str, Place], Any], fresh: Sequence[int]) -> None:
        """`changed` holds the former standing of every basis record that was touched since all was settled."""
        moved = {key: was for key, was in changed.items() if self._admission.standing(*key) != was}
        if not moved:
            return
        numbers = list(fresh)
        if all(was is None for was in moved.values()) and self._let_out(changed, numbers):
            return
        before = self._all_standings() | changed
        settled = self._settle(self._basis_ops())
        after = self._all_standings()
        moved = {
            key: before.get(key) for key in before.keys() | after.keys() if before.get(key) != after.get(key)
        }
        self._weigh_again(self._affected(moved, numbers), settled)

    def _let_out(self, changed: dict[tuple[str, Place], Any], let_out: list[int]) -> bool:
        """The basis has only grown: apply what is allowed now out of quarantine, until nothing more is. Adds to both arguments.

        False when that changed the basis in another way than by growing.
        """
        while True:
            before: dict[tuple[str, Place], Any] = {}
            waiting: Waiting = defaultdict(lambda: defaultdict(list))
            for op in self._read(self._quarantined()):
                if self._weigh(op, waiting, before):
                    self._db.execute("delete from rm_quarantine where n = ?", (op.n,))
                    let_out.append(op.n)
            self._folder.merge_in(waiting)
            moved = [was for key, was in before.items() if self._admission.standing(*key) != was]
            for key, was in before.items():
                changed.setdefault(key, was)
            if not moved:
                return True
            if any(was is not None for was in moved):
                return False

    def _settle(self, numbers: Sequence[int]) -> set[int]:
        """Weigh all ops that change the basis anew, from an empty basis, rank by rank; their numbers."""
        waiting = self._withdraw_basis(numbers)
        touched: Touched = defaultdict(set)
        for op, _ in waiting:
            for kind, places in self.touched_by(op.n, op.header.part).items():
                touched[kind] |= places
            self._db.execute("delete from rm_change where n = ?", (op.n,))
            self._db.execute("delete from rm_quarantine where n = ?", (op.n,))
        self._admission.refresh()
        for rank in sorted({self._admission.rank(op.header) for op, _ in waiting}):
            left = [pair for pair in waiting if self._admission.rank(pair[0].header) == rank]
            while more := self._allow_what_may(left, touched):
                left = [pair for pair in left if pair[0].n not in more]
        for op, _ in waiting:
            if not self.touched_by(op.n, op.header.part):
                self._allowed(op)
        self._folder.fold(touched)
        self._admission.refresh()
        return {op.n for op, _ in waiting}

    def _withdraw_basis(self, numbers: Sequence[int]) -> list[tuple[StoredOp, list[Change]]]:
        """Empty the basis tables; of the numbers, the ops that change the basis and are well formed, with their changes."""
        for kind in sorted(self._admission.basis):
            self._db.execute(f"delete from rm_{kind}")
            self._db.execute("delete from rm_conflict where type = ?", (kind,))
        found = []
        for op in self._read(numbers):
            if op.body is None or op.header.v > ops.VERSION:
                continue
            try:
                changes = decode_body(op.body)
                self.check_shape(op.header, changes)
            except (AdmissionError, MessageError):
                continue
            if any(change.type in self._admission.basis for change in changes):
                found.append((op, changes))
        return found

    def _allow_what_may(self, left: Sequence[tuple[StoredOp, list[Change]]], touched: Touched) -> set[int]:
        """One pass over ops that are not applied yet: apply those that may be; their numbers."""
        done = set()
        for op, changes in left:
            try:
                self._admission.check(op.header, changes)
            except AdmissionError:
                continue
            self._note_applied(op, changes)
            done.add(op.n)
            basis: Touched = defaultdict(set)
            for change in changes:
                kinds = (touched, basis) if change.type in self._admission.basis else (touched,)
                for places in kinds:
                    places[change.type].add((op.header.part, change.id))
            self._folder.fold(basis)
            self._admission.refresh()
        return done

    def _weigh_again(self, numbers: Sequence[int], settled: set[int]) -> None:
        """Ask again for ops that do not change the basis, and merge anew where the answer is another one."""
        touched: Touched = defaultdict(set)
        for op in self._read([n for n in numbers if n not in settled]):
            was = self.touched_by(op.n, op.header.part)
            self._db.execute("delete from rm_quarantine where n = ?", (op.n,))
            changes = self._allowed(op)
            if was and not changes:
                self._db.execute("delete from rm_change where n = ?", (op.n,))
            if bool(was) != bool(changes):
                for kind, places in (was or self.touched_by(op.n, op.header.part)).items():
                    touched[kind] |= places
        self._folder.fold(touched)

    # -- what to ask again

    def _standings(self, touched: Touched) -> dict[tuple[str, Place], Any]:
        return {
            (kind, place): self._admission.standing(kind, place)
            for kind in touched.keys() & self._admission.basis
            for place in touched[kind]
        }

    def _all_standings(self) -> dict[tuple[str, Place], Any]:
        return self._standings(
            {
                kind: {(row[0], row[1]) for row in self._db.execute(f"select part, id from rm_{kind}")}
                for kind in self._admission.basis
            }
        )

    def _affected(self, moved: dict[tuple[str, Place], Any], fresh: Sequence[int]) -> list[int]:
        """Numbers of ops whose answer may be another: what is in quarantine, what is new, and all of the devices concerned."""
        numbers = {*fresh, *self._quarantined()}
        for (kind, (_, record)), was in moved.items():
            if was is None:
                continue
            device = self._admission.concerns(kind, record)
            rows = self._db.execute(
                "select l.n from op_log l join op_chain c on c.id = l.chain where ?1 is null or c.device = ?1",
                (device,),
            )
            numbers.update(row[0] for row in rows)
        return sorted(numbers)

    def _quarantined(self) -> list[int]:
        marks = ", ".join("?" * len(SHAPE_CODES))
        rows = self._db.execute(
            f"select n from rm_quarantine where code not in ({marks}) order by n", SHAPE_CODES
        )
        return [row[0] for row in rows]

    def _basis_ops(self) -> list[int]:
        found = set(self._quarantined())
        for (part,) in self._db.execute("select distinct part from op_chain").fetchall():
            for kind in self._admission.basis:
                rows = self._db.execute(
                    "select distinct n from rm_change where part = ? and type = ?", (part, kind)
                )
                found.update(row[0] for row in rows)
        return sorted(found)

    def touched_by(self, n: int, part: str) -> Touched:
        """The records that an applied op changes."""
        found: Touched = defaultdict(set)
        for kind, record in self._db.execute("select type, id from rm_change where n = ?", (n,)):
            found[kind].add((part, record))
        return found

    def _read(self, numbers: Sequence[int]) -> Iterator[StoredOp]:
        for start in range(0, len(numbers), 500):
            yield from self._log.read(numbers[start : start + 500])
