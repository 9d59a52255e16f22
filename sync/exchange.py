"""The exchange: what to ask, how to answer, what to take from an answer. No network: bytes in, bytes out.

One round trip a batch: the request carries ops and what the caller has, the answer carries receipts and the ops for the caller.
"""

from dataclasses import dataclass, field
from typing import Any

from sync import limits, signing, wire
from sync.errors import CarrierError, MessageError, SyncError
from sync.log import Vector
from sync.messages import (
    PROTOCOL,
    Answer,
    Hello,
    encode_receipt,
    fitted,
    read_answer,
    read_hello,
    read_receipt,
    read_vector,
    request_statement,
)
from sync.node import Node
from sync.ops import ChainName, b64, unb64
from sync.receipts import Receipt, held_digest
from sync.restating import erased_for
from sync.wire import Run

LIMITS = {
    "ops": limits.OPS_PER_MESSAGE,
    "raw": limits.MESSAGE_RAW_BYTES,
    "gzip": limits.MESSAGE_GZIP_BYTES,
    "run": limits.RUN_RAW_BYTES,
}


@dataclass
class Caller:
    """Who calls, as far as the first line and its signature prove it. `hello` is that line as it came, `said` what it says."""

    device: str
    role: str
    hello: dict[str, Any]
    said: Hello
    runs: list[Run]


@dataclass
class Outcome:
    """What one round trip did. `refused` are codes with their data; `more` asks for another trip at once."""

    sent: int = 0
    taken: int = 0
    more: bool = False
    refused: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    receipts: int = 0
    fork: bool = False

    def add(self, trip: "Outcome") -> None:
        """Count one more round trip in."""
        self.sent += trip.sent
        self.taken += trip.taken
        self.receipts += trip.receipts
        self.refused += trip.refused
        self.fork |= trip.fork
        self.more = trip.more


# -- the side that answers


def open_request(data: bytes, signature: str, here: str) -> Caller:
    """Check a request's size, form and signature.

    Raises MessageError `too_large`, `op_too_large`, `bad_message`, `bad_signature`, `unknown_version`, `wrong_site`.
    """
    raw = wire.inflate(data)
    found, lines = wire.unpack(raw)
    said = read_hello(found)
    if not signing.verify(said.key, unb64(signature, 64), request_statement(raw)):
        raise MessageError("bad_signature", what="request")
    if said.to not in (None, here):
        raise MessageError("wrong_site", here=here)
    runs = list(wire.read_runs(lines, limits.OPS_PER_MESSAGE))
    return Caller(said.device, said.role, found, said, runs)


def answer(node: Node, caller: Caller, parts: list[str]) -> bytes:
    """Take the caller's runs and build the answer, not yet compressed.

    `parts` are those that this server lets the caller replicate; none for a tablet, which brings its own chains only.
    """
    receipts = [read_receipt(item) for item in caller.said.receipts]
    if caller.role == "tablet":
        _, refused = node.take(caller.runs, device=caller.device)
    else:
        _, refused = node.take(caller.runs, parts=parts)
    _, bad = node.keep_receipts(receipts)
    first: dict[str, Any] = {
        "luban": PROTOCOL,
        "device": node.device,
        "key": node.key.public,
        "role": node.role,
        "now": node.clock(),
        "limits": LIMITS,
    }
    told = [{"run": list(run.chain), "code": error.code, "data": error.data} for run, error in refused]
    told += [{"run": list(receipt.chain), "code": "bad_receipt", "data": {}} for receipt in bad]
    if told:
        first["refused"] = told
    return (
        _for_tablet(node, caller, first)
        if caller.role == "tablet"
        else _for_server(node, caller, parts, first)
    )


def _for_tablet(node: Node, caller: Caller, first: dict[str, Any]) -> bytes:
    said = caller.said
    rows = node.db.execute("select distinct part from op_chain where device = ?", (said.device,))
    receipts = node.own_receipts([row[0] for row in rows.fetchall()], said.device)
    receipts += node.receipts_within(_stated(said))
    receipts += node.receipts.held(said.device)
    if said.held == held_digest(receipts):
        receipts = []
    elif lacking := _lacking(node, caller):
        first["refused"] = [*first.get("refused", []), *lacking]
    if quarantined := _quarantined(node, said.device):
        first["quarantined"] = quarantined
    if _forked(node, said):
        first["fork"] = True
    if (erased := erased_for(node, said.device)) and erased["mark"] != said.erased:
        first["erased"] = erased
    return fitted(first, receipts, None)[0]


def _quarantined(node: Node, device: str) -> list[list[str]]:
    """A device's own ops that are held back, the newest first, without those that a person has answered for."""
    answering = node.registry.answering
    answered = (
        f"exists (select 1 from rm_{answering.name} a where a.part = q.part and a.id = q.op and a.kind <> 'open')"
        if answering
        else "0"
    )
    rows = node.db.execute(
        f"select q.op, q.code from rm_quarantine q where q.device = ? and not {answered} order by q.n desc limit ?",
        (device, limits.QUARANTINE_TOLD),
    )
    return [list(row) for row in rows]


def _lacking(node: Node, caller: Caller) -> list[dict[str, Any]]:
    """Word of the chains that a caller states, sends nothing of, and of which this store lacks the tip: it was put back to an earlier
    time, and no receipt for what it holds now need fit the caller's branch. The caller would believe the old one for ever.
    """
    sent = {run.chain for run in caller.runs}
    return [
        {
            "run": list(chain),
            "code": "chain_gap",
            "data": {"have": max((b.seq for b in node.log.branches(chain)), default=0)},
        }
        for chain, seq, link in _stated(caller.said)
        if chain not in sent and node.log.holding(chain, seq, link) is None
    ]


def _stated(said: Hello) -> list[tuple[ChainName, int, bytes]]:
    """The tips of its own chains as a caller states them."""
    return [
        ((said.device, epoch, part), seq, unb64(link, 32))
        for part, tips in said.head.items()
        for epoch, seq, link in tips
    ]


def _forked(node: Node, said: Hello) -> bool:
    """True when a chain of the epoch that the caller writes in has two branches here, or another or a longer one than the caller's.

    A caller states its head as it stands when it asks, so a resent message never looks like this.
    """
    for part, tips in said.head.items():
        for epoch, seq, link in tips:
            branches = node.log.branches((said.device, epoch, part)) if epoch == said.epoch else []
            if len(branches) > 1 or any(
                b.seq > seq or (b.seq == seq and b64(b.link) != link) for b in branches
            ):
                return True
    return False


def _for_server(node: Node, caller: Caller, parts: list[str], first: dict[str, Any]) -> bytes:
    shared = sorted(set(parts) & set(caller.said.parts))
    vector = node.log.vector(shared)
    first["digest"] = wire.digest(vector)
    have = caller.said.have
    if caller.said.digest != first["digest"]:
        first["have"] = vector
    grown = {run.chain for run in caller.runs}
    if have is not None:
        told = [*reversed(node.own_receipts(shared))]
        told += [r for r in node.receipts.held() if r.chain[2] in shared and r.site != caller.device]
    else:  # each costs a signature: only for what came in
        came = sorted({(part, device) for device, _, part in grown if part in shared})
        told = [r for part, device in came for r in node.own_receipts([part], device) if r.chain in grown]
    told.sort(key=lambda receipt: receipt.chain not in grown)
    if have is None:
        return fitted(first, told, None)[0]
    tips = read_vector(have)
    return fitted(first, told, lambda room: node.log.missing_for(tips, shared, limits.OPS_PER_MESSAGE, room))[
        0
    ]


# -- the side that calls


@dataclass
class Conversation:
    """A server's talk with one peer: what it knows the peer to have. Kept between calls so that nothing new costs one request."""

    peer: str | None = None
    peer_has: Vector | None = None
    tell_vector: bool = True


def ask(node: Node, talk: Conversation, parts: list[str]) -> tuple[bytes, int]:
    """The next request, not yet compressed, and how many ops it carries.

    Raises MessageError("too_large") when there are more chains than a message can name.
    """
    node.notice_other_writers()
    vector = node.log.vector(parts)
    has = talk.peer_has
    first: dict[str, Any] = {
        "luban": PROTOCOL,
        "device": node.device,
        "epoch": node.epoch,
        "key": node.key.public,
        "role": node.role,
        "now": node.clock(),
        "head": _own_heads(node, parts),
        "parts": parts,
        "digest": wire.digest(vector),
    }
    if talk.peer:
        first["to"] = talk.peer
    idle = has is not None and (has == vector or not node.log.is_behind(has, parts))
    receipts: list[Receipt] = []
    if talk.tell_vector or (idle and talk.peer and node.receipts.lacks_some_of(talk.peer, parts)):
        first["have"] = vector
        receipts = list(reversed(node.own_receipts(parts)))
    if has is None or idle:
        return fitted(first, receipts, None)[:2]
    message = fitted(
        first,
        receipts,
        lambda room: (node.log.missing_for(has, parts, limits.OPS_PER_MESSAGE, room)[0], False),
    )
    return message[:2]


def absorb(node: Node, talk: Conversation, raw: bytes, parts: list[str], sent: int) -> Outcome:
    """Take an answer: ops, receipts, and what the peer has now. Raises MessageError when it is not one of ours."""
    found, lines = wire.unpack(raw)
    said = read_answer(found)
    if talk.peer not in (None, said.device):
        raise CarrierError("wrong_peer", expected=talk.peer, found=said.device)
    receipts = [read_receipt(item) for item in said.receipts]
    outcome, life = Outcome(sent=sent), node.epoch
    outcome.taken, refused = node.take(list(wire.read_runs(lines, limits.OPS_PER_MESSAGE)), parts=parts)
    outcome.receipts, bad = node.keep_receipts(receipts)
    outcome.refused = [(error.code, error.data) for _, error in refused]
    outcome.refused += [("bad_receipt", {"run": list(receipt.chain)}) for receipt in bad]
    outcome.refused += [(refusal.code, refusal.data) for refusal in said.refused]
    before = (talk.peer, talk.peer_has, talk.tell_vector)
    same = _note_peer(node, talk, said, parts)
    if talk.peer_has is not None and _restored(node, talk.peer_has):
        node.begin_epoch()
    outcome.fork = node.epoch != life
    moved = outcome.taken or outcome.receipts or before != (talk.peer, talk.peer_has, talk.tell_vector)
    outcome.more = not same and bool(moved)
    return outcome


def _note_peer(node: Node, talk: Conversation, said: Answer, parts: list[str]) -> bool:
    """Keep what the peer has now, and whether to tell it our vector next time; True when there is nothing left to say."""
    mine = node.log.vector(parts)
    talk.peer = said.device
    if said.have is not None:
        talk.peer_has = read_vector(said.have)
    if said.digest == wire.digest(mine):
        talk.peer_has, talk.tell_vector = mine, False
        return True
    has = talk.peer_has
    behind = has is not None and node.log.is_behind(has, parts)
    lacking = has is not None and not node.log.knows(has)
    talk.tell_vector = lacking or not behind
    return has is not None and not (behind or lacking or said.more)


def _own_heads(node: Node, parts: list[str]) -> dict[str, list[list[Any]]]:
    """The tips of this server's own chains of its present epoch: a peer can tell from them that a store went back in time."""
    heads: dict[str, list[list[Any]]] = {}
    for part in parts:
        for branch in node.log.branches((node.device, node.epoch, part)):
            heads.setdefault(part, []).append([node.epoch, branch.seq, b64(branch.link)])
    return heads


def _restored(node: Node, peer_has: Vector) -> bool:
    """True when a peer holds ops of this very server's present epoch that its own store lacks: it was restored, and must not
    reuse their numbers.
    """
    mine = {name: tips for name, tips in peer_has.items() if name.split("/")[:2] == [node.device, node.epoch]}
    return not node.log.knows(mine)


__all__ = [
    "Caller",
    "Conversation",
    "Outcome",
    "SyncError",
    "absorb",
    "answer",
    "ask",
    "encode_receipt",
    "open_request",
    "read_receipt",
    "read_vector",
    "request_statement",
]
