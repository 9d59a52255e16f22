"""Who did what with an attempt, when and on which device: read from the ops behind it. SELECTs only."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from sync.ops import op_id
from sync.restating import original
from workshop.privacy.queries import originals


@dataclass(frozen=True)
class OpRow:
    """One op with its changes of the attempt: {record id: fields}. `hybrid` orders ops of one device whatever its clock did.

    `was` are the ops that this one says again without personal words, on the `device` of the first.
    """

    op: str
    actor: str
    device: str
    wall: int
    hybrid: int
    received_at: int
    intent: str
    via: str
    changes: Mapping[str, Mapping[str, Any]]
    base: tuple[str, ...]
    was: frozenset[str] = frozenset()


@dataclass(frozen=True)
class AttemptOps:
    """The three acts that matter; None where it has not happened (or its body was erased)."""

    started: OpRow | None = None
    signed: OpRow | None = None
    voided: OpRow | None = None

    def signed_knows(self, later: "AttemptOps") -> bool:
        """Was this attempt's signature known to whoever began the later one?"""
        if self.signed is None or later.started is None:
            return False
        same_device = self.signed.device == later.started.device
        named = {self.signed.op, *self.signed.was} & set(later.started.base)
        return bool(named) or (same_device and self.signed.hybrid < later.started.hybrid)


def ops_of(db: Database, part: str, ids: Sequence[str]) -> dict[str, AttemptOps]:
    """The acts of many attempts at once. Of several that say the same the first counts, as for the record itself."""
    found: dict[str, AttemptOps] = {}
    for start in range(0, len(ids), 400):
        chunk = ids[start : start + 400]
        marks = ", ".join("?" * len(chunk))
        where = f"r.part = ? and r.type = 'attempt' and r.id in ({marks})"
        for record, row in _read(db, where, (part, *chunk)):
            acts, fields = found.get(record, AttemptOps()), row.changes[record]
            found[record] = AttemptOps(
                started=_first(acts.started, row, fields, "started_at"),
                signed=_first(acts.signed, row, fields, "result"),
                voided=_first(acts.voided, row, fields, "void"),
            )
    return found


def history(db: Database, part: str, attempt_id: str) -> list[OpRow]:
    """Every op that changed the attempt or one of its steps, in the order in which they were made, as far as clocks tell."""
    where = (
        "r.part = ? and ((r.type = 'attempt' and r.id = ?)"
        " or (r.type = 'attempt_step' and r.id >= ? and r.id < ?))"
    )
    by_op: dict[str, OpRow] = {}
    for _record, row in _read(db, where, (part, attempt_id, attempt_id + ".", attempt_id + "/")):
        by_op[row.op] = row
    return sorted(by_op.values(), key=lambda row: (row.hybrid, row.device, row.op))


def _first(known: OpRow | None, row: OpRow, fields: Mapping[str, Any], name: str) -> OpRow | None:
    if fields.get(name) is None or (known is not None and known.hybrid <= row.hybrid):
        return known
    return row


def _read(db: Database, where: str, values: tuple[str, ...]) -> Iterator[tuple[str, OpRow]]:
    rows = db.query(
        "select r.id as record, l.link, l.header, l.body, l.received_at, c.device from rm_change r"
        " join op_log l on l.n = r.n join op_chain c on c.id = l.chain"
        f" where {where} and l.body is not null order by l.n",
        values,
    )
    again = originals(db)
    for row in rows:
        header, body = json.loads(row["header"]), json.loads(row["body"])
        own = [change for change in body if change[0] in ("attempt", "attempt_step")]
        yield (
            row["record"],
            OpRow(
                op=op_id(row["link"]),
                actor=header["actor"],
                device=place[0] if (place := original(header.get("via", ""))) else row["device"],
                wall=header["wall"],
                hybrid=header.get("hlc", header["wall"] * 1000),
                received_at=row["received_at"],
                intent=header["intent"],
                via=header.get("via", ""),
                changes={change[1]: change[2] for change in own},
                base=tuple(op for change in own if len(change) > 3 for op in change[3]),
                was=frozenset(again.get(op_id(row["link"]), ())),
            ),
        )
