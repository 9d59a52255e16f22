"""Ops behind records: read from the log by record, with the clock notes and receipts that tell when and where. SELECTs only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from sync.errors import MessageError
from sync.log import SqliteLog
from sync.ops import OP_ID, Change, Header, decode_body, decode_header, op_id
from workshop.review.rules import Made, made_by

_CHUNK = 400
COLUMNS = "l.n, l.chain, l.link, l.header, l.body, l.received_at"
_JOIN = " from {table} r join op_log l on l.n = r.n"
ANSWERED = " left join rm_answer a on a.part = r.part and a.id = r.op"
STILL_OPEN = "(coalesce(a.kind, 'open') = 'open')"


@dataclass(frozen=True, slots=True)
class LogOp:
    """An op of the log. `body` is None when it was erased."""

    id: str
    n: int
    chain: int
    header: Header
    body: str | None
    received: int

    def changes(self) -> list[Change]:
        """What it says; nothing when it was erased or cannot be read."""
        try:
            return decode_body(self.body.encode()) if self.body is not None else []
        except MessageError:
            return []


@dataclass(frozen=True, slots=True)
class Target:
    """Records of one type: one of them, or with `prefix` all whose id begins with `id` and a dot."""

    type: str
    id: str
    prefix: bool = False

    def covers(self, type_: str, record: str) -> bool:
        return type_ == self.type and (record.startswith(self.id + ".") if self.prefix else record == self.id)


def ops_of(db: Database, parts: Sequence[str], target: Target) -> Iterator[LogOp]:
    """The applied ops that touched records, by arrival."""
    where = "r.id >= ? and r.id < ?" if target.prefix else "r.id = ?"
    ids = (target.id + ".", target.id + "/") if target.prefix else (target.id,)
    rows = db.execute(
        f"select distinct {COLUMNS}{_JOIN.format(table='rm_change')} where r.part in ({_marks(parts)})"
        f" and r.type = ? and {where} order by l.n",
        (*parts, target.type, *ids),
    )
    return map(read_op, rows)


def ops_of_many(db: Database, part: str, type_: str, ids: Sequence[str]) -> dict[str, list[LogOp]]:
    """The applied ops of many records: {record id: ops by arrival}."""
    found: dict[str, list[LogOp]] = {}
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        rows = db.execute(
            f"select {COLUMNS}, r.id{_JOIN.format(table='rm_change')} where r.part = ? and r.type = ?"
            f" and r.id in ({_marks(chunk)}) order by l.n",
            (part, type_, *chunk),
        )
        for row in rows:
            found.setdefault(row[-1], []).append(read_op(row))
    return found


def held_ops(
    db: Database,
    parts: Sequence[str],
    *,
    mentions: str = "",
    limit: int,
    open_only: bool = False,
) -> list[tuple[LogOp, str]]:
    """Ops that are held back, oldest first, each with its code: with a text in their body; only those that nobody has answered for."""
    rows = db.execute(
        f"select {COLUMNS}, r.code{_JOIN.format(table='rm_quarantine')}{ANSWERED} where r.part in ({_marks(parts)})"
        f" and (? = '' or instr(l.body, ?)) and (not ? or {STILL_OPEN}) order by r.n limit ?",
        (*parts, mentions, mentions, open_only, limit),
    )
    return [(read_op(row), row[-1]) for row in rows]


def op_named(db: Database, op: str) -> LogOp | None:
    """An op of the log by its id, applied or not."""
    n = SqliteLog(db.conn).number_of(op) if OP_ID.fullmatch(op) else None
    row = db.execute(f"select {COLUMNS} from op_log l where l.n = ?", (n,)).fetchone() if n else None
    return read_op(row) if row else None


def receipted(db: Database, root: str) -> dict[int, int]:
    """{chain: highest seq} that the campus itself has given a receipt for; `root` is its device id."""
    rows = db.execute("select chain, seq from op_receipt where site = ?", (root,))
    return dict(rows.fetchall())


class Clocks:
    """The clock notes of some parts."""

    def __init__(self, db: Database, parts: Sequence[str]) -> None:
        self._notes: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        rows = db.execute(
            f"select device_id, epoch, part, cast(seq as integer), offset_ms from rm_clock where part in ({_marks(parts)})",
            tuple(parts),
        )
        for device, epoch, part, seq, offset in rows:
            self._notes.setdefault((device, epoch, part), []).append((seq, offset))

    def made(self, op: LogOp) -> Made:
        notes = self._notes.get(op.header.chain, ())
        return made_by(notes, op.header.seq, op.header.wall, op.received)


def read_op(row: Sequence[object]) -> LogOp:
    n, chain, link, header, body, received = row[:6]
    assert isinstance(n, int) and isinstance(chain, int) and isinstance(link, bytes)  # noqa: S101 - STRICT tables say so
    assert isinstance(header, str) and isinstance(received, int)  # noqa: S101
    text = body if isinstance(body, str) else None
    return LogOp(op_id(link), n, chain, decode_header(header.encode()), text, received)


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
