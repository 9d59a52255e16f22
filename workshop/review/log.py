"""Ops behind records: read from the log by record, with the clock notes and receipts that tell when and where. SELECTs only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from sync.errors import MessageError
from sync.ops import Change, Header, decode_body, decode_header, op_id
from workshop.review.rules import Made, offset_at

_CHUNK = 400
_COLUMNS = "l.n, l.chain, l.link, l.header, l.body, l.received_at"
_JOIN = " from {table} r join op_log l on l.n = r.n"


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
        f"select distinct {_COLUMNS}{_JOIN.format(table='rm_change')} where r.part in ({_marks(parts)})"
        f" and r.type = ? and {where} order by l.n",
        (*parts, target.type, *ids),
    )
    return map(_op, rows)


def ops_of_many(db: Database, part: str, type_: str, ids: Sequence[str]) -> dict[str, list[LogOp]]:
    """The applied ops of many records: {record id: ops by arrival}."""
    found: dict[str, list[LogOp]] = {}
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        rows = db.execute(
            f"select {_COLUMNS}, r.id{_JOIN.format(table='rm_change')} where r.part = ? and r.type = ?"
            f" and r.id in ({_marks(chunk)}) order by l.n",
            (part, type_, *chunk),
        )
        for row in rows:
            found.setdefault(row[-1], []).append(_op(row))
    return found


def held_ops(
    db: Database,
    parts: Sequence[str],
    *,
    mentions: str = "",
    actor: str | None = None,
    limit: int,
    skip: int = 0,
) -> list[tuple[LogOp, str]]:
    """Ops that are held back, newest first, each with its code; of one person; with a text in their body."""
    rows = db.execute(
        f"select {_COLUMNS}, r.code{_JOIN.format(table='rm_quarantine')} where r.part in ({_marks(parts)})"
        " and (? is null or r.actor = ?) and (? = '' or instr(l.body, ?)) order by r.n desc limit ? offset ?",
        (*parts, actor, actor, mentions, mentions, limit, skip),
    )
    return [(_op(row), row[-1]) for row in rows]


def held_count(db: Database, parts: Sequence[str], actor: str | None = None) -> int:
    row = db.execute(
        f"select count(*) from rm_quarantine where part in ({_marks(parts)}) and (? is null or actor = ?)",
        (*parts, actor, actor),
    ).fetchone()
    return int(row[0])


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
        return Made(op.header.wall, offset_at(notes, op.header.seq), op.received)


def _op(row: Sequence[object]) -> LogOp:
    n, chain, link, header, body, received = row[:6]
    assert isinstance(n, int) and isinstance(chain, int) and isinstance(link, bytes)  # noqa: S101 - STRICT tables say so
    assert isinstance(header, str) and isinstance(received, int)  # noqa: S101
    text = body if isinstance(body, str) else None
    return LogOp(op_id(link), n, chain, decode_header(header.encode()), text, received)


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
