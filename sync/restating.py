"""What erasures leave to do at a server: say again what erased bodies had said besides personal values, and erase what turned up since.

Called after whatever took ops, outside of that transaction. Only the root says again what it holds; another server what the root never
had: so nothing is said twice, and a mark that lay beside a word about a person is not lost with it.
"""

import hashlib
import json
from typing import Any

from sync import limits
from sync.erasing import COMMON, ERASURE
from sync.errors import AdmissionError
from sync.log import StoredOp
from sync.node import Draft, Node
from sync.ops import Change, Header, b64, decode_body
from sync.weighing import AGAIN

SYSTEM = "system"
CHANGES_MAX = 100


def settle(node: Node) -> int:
    """Do what is owed; how many ops that made."""
    if not node.model.eraser.owes:
        return 0
    if not (node.model.eraser.named() or _is_left(node)):
        node.model.eraser.owes = False
        return 0
    leads = _is_root(node, node.device)
    if not (_is_left(node) or (leads and _turned_up(node))):
        node.model.eraser.owes = False
        return 0
    with node.write():
        made = len(node.author(_turned_up(node))) if leads else 0
        made += _say_again(node, leads)
        node.model.eraser.owes = _is_left(node)
    return made


def original(via: str) -> tuple[str, str, int] | None:
    """(device, epoch, seq) of the erased op that an op with this `via` says again."""
    pieces = via.removeprefix(AGAIN).split("/")
    if not via.startswith(AGAIN) or len(pieces) != 3 or not pieces[2].isdecimal():
        return None
    return pieces[0], pieces[1], int(pieces[2])


def erased_for(node: Node, device: str) -> dict[str, Any] | None:
    """What a tablet must let go of: its own erased ops and the people erased in its parts, and a mark by which it tells that it has.

    None when nobody was erased. Of more than a message should hold the newest are told.
    """
    if not node.model.eraser.named():
        return None
    rows = node.db.execute(
        "select substr(l.link, 1, 12) from op_log l join op_chain c on c.id = l.chain where c.device = ? and l.body is null"
        " order by l.n desc limit ?",
        (device, limits.ERASED_TOLD),
    )
    ops = [b64(row[0]) for row in rows]
    parts = [
        row[0] for row in node.db.execute("select distinct part from op_chain where device = ?", (device,))
    ]
    rows = node.db.execute(
        f"select id from rm_{ERASURE} where [of] is null and part in ({', '.join('?' * (len(parts) + 1))})"
        " order by received_at desc, id limit ?",
        (COMMON, *parts, limits.ERASED_TOLD),
    )
    people = [row[0] for row in rows]
    if not ops and not people:
        return None
    mark = b64(hashlib.sha256("\n".join([*sorted(ops), "", *sorted(people)]).encode()).digest()[:12])
    return {"ops": ops, "people": people, "mark": mark}


def _is_root(node: Node, device: str) -> bool:
    """Whether a device is the root of trust. Asked of admission, not of the erasures: the one who erased may have been erased since."""
    asks = Header(v=1, dev=device, ep="a" * 8, part=COMMON, seq=1, wall=0, tz=0, actor=SYSTEM, intent="")
    return node.admission.rank(asks) == 0


def _say_again(node: Node, leads: bool) -> int:
    made = 0
    for n, body in node.db.execute("select n, body from op_residue order by n").fetchall():
        [op] = node.log.read([n])
        if leads or not _is_held_by_root(node, op):
            left = [change for change in decode_body(body.encode()) if not _is_said(node, op, change)]
            changes = [change for change in left if not _would_silence(node, op, change)]
            try:
                node.admission.check(op.header, changes)
                with node.write():
                    node.author(_drafts(op, changes))
            except AdmissionError:
                continue  # its author is not known yet, or never will be: it may still be let in later
            made += bool(changes)
        node.db.execute("delete from op_residue where n = ?", (n,))
    return made


def _is_held_by_root(node: Node, op: StoredOp) -> bool:
    """The root has the op by its own word, and says again what is to be said of it."""
    rows = node.db.execute(
        "select site from op_receipt where chain = ? and seq >= ?", (op.chain, op.header.seq)
    ).fetchall()
    return any(_is_root(node, site) for site in (op.header.dev, *(row[0] for row in rows)))


def _is_said(node: Node, op: StoredOp, change: Change) -> bool:
    """Another node of this site has said it already."""
    rows = node.db.execute(
        "select l.header ->> 'via' from rm_change r join op_log l on l.n = r.n join op_chain c on c.id = l.chain"
        " where r.part = ? and r.type = ? and r.id = ? and c.device = ?",
        (op.header.part, change.type, change.id, node.device),
    )
    return any(row[0] == _via(op) for row in rows)


def _would_silence(node: Node, op: StoredOp, change: Change) -> bool:
    """A later value of this very server stands beside it, in conflict. One device holds no conflict with itself, so that one stays."""
    declared = node.registry.by_name[change.type]
    row = node.db.execute(
        f"select heads from rm_{change.type} where part = ? and id = ?", (op.header.part, change.id)
    ).fetchone()
    groups = {declared.group_of[name] for name in change.fields}
    heads = (
        {head for group, ops in json.loads(row[0]).items() if group in groups for head in ops}
        if row
        else set()
    )
    numbers = node.db.execute(
        "select n from rm_change where part = ? and type = ? and id = ?",
        (op.header.part, change.type, change.id),
    )
    standing = node.log.read([found[0] for found in numbers.fetchall()]) if heads - set(change.base) else []
    return any(
        one.id in heads - set(change.base)
        and one.header.dev == node.device
        and node.model.time(one.header) > node.model.time(op.header)
        for one in standing
    )


def _via(op: StoredOp) -> str:
    return f"{AGAIN}{op.header.dev}/{op.header.ep}/{op.header.seq}"


def _drafts(op: StoredOp, changes: list[Change]) -> list[Draft]:
    h = op.header
    return [
        Draft(h.actor, h.intent, changes[start : start + CHANGES_MAX], h.part, via=_via(op), of=h)
        for start in range(0, len(changes), CHANGES_MAX)
    ]


def _is_left(node: Node) -> bool:
    return node.db.execute("select 1 from op_residue limit 1").fetchone() is not None


def _turned_up(node: Node) -> list[Draft]:
    """For the root: what erases things that have turned up since about an erased person and have an id of their own, such as a late test."""
    found: dict[str, list[Change]] = {}
    for declared in node.registry.types:
        columns = [name for name in declared.subject if name in declared.columns]
        for column in columns if "id" in declared.subject else ():
            rows = node.db.execute(
                f"select distinct t.part, t.id, t.{column} from rm_{declared.name} t join rm_{ERASURE} e on e.id = t.{column}"
                f" and e.part in (t.part, ?) where not exists (select 1 from rm_{ERASURE} x where x.part = t.part and x.id = t.id)"
                " order by 1, 2",
                (COMMON,),
            )
            for part, record, person in rows.fetchall():
                found.setdefault(part, []).append(Change(ERASURE, record, {"of": person}))
    return [
        Draft(SYSTEM, "person.erase", changes[start : start + CHANGES_MAX], part)
        for part, changes in found.items()
        for start in range(0, len(changes), CHANGES_MAX)
    ]
