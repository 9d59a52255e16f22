"""The exchange: what to ask, how to answer, what to take from an answer. No network: bytes in, bytes out.

One round trip a batch: the request carries ops and what the caller has, the answer carries receipts and the ops for the caller.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from sync import limits, ops, signing, wire
from sync.errors import CarrierError, MessageError, SyncError
from sync.log import Vector
from sync.node import Node
from sync.ops import b64, unb64
from sync.receipts import Receipt
from sync.wire import Run

PROTOCOL = 1
LIMITS = {"ops": limits.OPS_PER_MESSAGE, "raw": limits.MESSAGE_RAW_BYTES, "gzip": limits.MESSAGE_GZIP_BYTES}


def request_statement(raw: bytes) -> bytes:
    """What the caller signs: the lines before compression."""
    return b"luban-request-1\n" + hashlib.sha256(raw).hexdigest().encode()


@dataclass
class Caller:
    """Who calls, as far as the first line and its signature prove it."""

    device: str
    role: str
    hello: dict[str, Any]
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

    Raises MessageError `too_large`, `bad_message`, `bad_signature`, `unknown_version`, `wrong_site`.
    """
    raw = wire.inflate(data)
    hello, lines = wire.unpack(raw)
    if hello.get("luban") != PROTOCOL:
        raise MessageError("unknown_version", version=hello.get("luban"))
    key, device = hello.get("key"), hello.get("device")
    if not isinstance(key, str) or signing.device_id(key) != device:
        raise MessageError("bad_signature", what="key")
    if not signing.verify(key, unb64(signature, 64), request_statement(raw)):
        raise MessageError("bad_signature", what="request")
    if hello.get("to") not in (None, here):
        raise MessageError("wrong_site", here=here)
    role = hello.get("role")
    if role not in ("tablet", "workshop", "campus"):
        raise MessageError("bad_message", what="role")
    return Caller(str(device), role, hello, list(wire.read_runs(lines, limits.OPS_PER_MESSAGE)))


def answer(node: Node, caller: Caller, parts: list[str]) -> bytes:
    """Take the caller's runs and build the answer, not yet compressed.

    `parts` are those that this server lets the caller replicate; none for a tablet.
    """
    own_only = caller.device if caller.role == "tablet" else None
    _, refused = node.take(caller.runs, own_only)
    node.keep_receipts(_receipts(caller.hello))
    first: dict[str, Any] = {
        "luban": PROTOCOL,
        "device": node.device,
        "key": node.key.public,
        "role": node.role,
        "now": node.clock(),
        "limits": LIMITS,
    }
    if refused:
        first["refused"] = [
            {"run": list(run.chain), "code": error.code, "data": error.data} for run, error in refused
        ]
    runs: list[Run] = []
    if caller.role == "tablet":
        first |= _for_tablet(node, caller)
    else:
        first_more, runs = _for_server(node, caller, parts)
        first |= first_more
    return wire.pack(first, runs)


def _for_tablet(node: Node, caller: Caller) -> dict[str, Any]:
    told = node.own_receipts(_all_parts(node), caller.device)
    told += [r for r in node.receipts.held(caller.device) if r.site != node.device]
    found: dict[str, Any] = {"receipts": [encode_receipt(r) for r in told]}
    quarantined = node.db.execute(
        "select op, code from rm_quarantine where device = ? order by n desc limit ?",
        (caller.device, limits.QUARANTINE_TOLD),
    ).fetchall()
    if quarantined:
        found["quarantined"] = [list(row) for row in quarantined]
    if _forked(node, caller):
        found["fork"] = True
    return found


def _forked(node: Node, caller: Caller) -> bool:
    """True when the epoch that the caller writes in has two branches here, or ran further here than the caller knows."""
    heads = caller.hello.get("head")
    for part, tips in (heads if isinstance(heads, dict) else {}).items():
        for tip in tips if isinstance(tips, list) else ():
            if not (isinstance(tip, list) and len(tip) == 3 and tip[0] == caller.hello.get("epoch")):
                continue
            branches = node.log.branches((caller.device, str(tip[0]), str(part)))
            if len(branches) > 1 or any(branch.seq > tip[1] for branch in branches):
                return True
    return False


def _for_server(node: Node, caller: Caller, parts: list[str]) -> tuple[dict[str, Any], list[Run]]:
    asked = caller.hello.get("parts")
    shared = sorted(set(parts) & set(asked if isinstance(asked, list) else []))
    vector = node.log.vector(shared)
    found: dict[str, Any] = {"digest": wire.digest(vector)}
    runs: list[Run] = []
    have = caller.hello.get("have")
    if have is not None:
        spare = limits.MESSAGE_RAW_BYTES - 200_000
        runs, more = node.log.missing_for(read_vector(have), shared, limits.OPS_PER_MESSAGE, spare)
        if more:
            found["more"] = True
    if caller.hello.get("digest") != found["digest"]:
        found["have"] = vector
    grown = {run.chain for run in caller.runs}
    told = [r for r in node.own_receipts(shared) if r.chain in grown or have is not None]
    if have is not None:
        told += [r for r in node.receipts.held() if r.chain[2] in shared and r.site != caller.device]
    found["receipts"] = [encode_receipt(r) for r in told]
    return found, runs


# -- the side that calls


@dataclass
class Conversation:
    """A server's talk with one peer: what it knows the peer to have. Kept between calls so that nothing new costs one request."""

    peer: str | None = None
    peer_has: Vector | None = None
    tell_vector: bool = True


def ask(node: Node, talk: Conversation, parts: list[str]) -> tuple[bytes, int]:
    """The next request, not yet compressed, and how many ops it carries."""
    vector = node.log.vector(parts)
    first: dict[str, Any] = {
        "luban": PROTOCOL,
        "device": node.device,
        "epoch": node.epoch,
        "key": node.key.public,
        "role": node.role,
        "now": node.clock(),
        "parts": parts,
        "digest": wire.digest(vector),
    }
    if talk.peer:
        first["to"] = talk.peer
    runs: list[Run] = []
    if talk.peer_has is not None:
        spare = limits.MESSAGE_RAW_BYTES - 200_000
        runs, _ = node.log.missing_for(talk.peer_has, parts, limits.OPS_PER_MESSAGE, spare)
    if talk.tell_vector:
        first["have"] = vector
        first["receipts"] = [encode_receipt(r) for r in node.own_receipts(parts)]
    return wire.pack(first, runs), sum(len(run.lines) for run in runs)


def absorb(node: Node, talk: Conversation, raw: bytes, parts: list[str], sent: int) -> Outcome:
    """Take an answer: ops, receipts, and what the peer has now. Raises MessageError when it is not one of ours."""
    hello, lines = wire.unpack(raw)
    key = hello.get("key")
    if (
        hello.get("luban") != PROTOCOL
        or not isinstance(key, str)
        or signing.device_id(key) != hello.get("device")
    ):
        raise MessageError("bad_message", what="answer")
    if talk.peer not in (None, hello["device"]):
        raise CarrierError("wrong_peer", expected=talk.peer, found=hello["device"])
    outcome = Outcome(sent=sent)
    outcome.taken, refused = node.take(list(wire.read_runs(lines, limits.OPS_PER_MESSAGE)))
    outcome.receipts = node.keep_receipts(_receipts(hello))
    outcome.refused = [(error.code, error.data) for _, error in refused]
    outcome.refused += [
        (str(r.get("code")), dict(r.get("data") or {}))
        for r in hello.get("refused", [])
        if isinstance(r, dict)
    ]
    talk.peer = str(hello["device"])
    mine = node.log.vector(parts)
    if "have" in hello:
        talk.peer_has = read_vector(hello["have"])
        outcome.fork = _restored(node, talk.peer_has)
    if same := hello.get("digest") == wire.digest(mine):
        talk.peer_has = mine
    behind = talk.peer_has is not None and node.log.is_behind(talk.peer_has, parts)
    lacking = talk.peer_has is not None and not node.log.knows(talk.peer_has)
    talk.tell_vector = not same and (lacking or not behind)
    stuck = bool(outcome.refused) and not outcome.taken
    outcome.more = not same and not stuck and (behind or lacking or bool(hello.get("more")))
    if outcome.fork:
        node.begin_epoch()
    return outcome


def _restored(node: Node, peer_has: Vector) -> bool:
    """True when a peer holds ops of this very server that its own store lacks: it was restored, and must not reuse their numbers."""
    for name, tips in peer_has.items():
        device, epoch, part = name.split("/")
        if device == node.device and epoch == node.epoch:
            branches = node.log.branches((device, epoch, part))
            if any(not any(b.seq >= seq for b in branches) for seq, _ in tips) or len(tips) > 1:
                return True
    return False


# -- forms of vectors and receipts


def read_vector(found: Any) -> Vector:
    """A vector from the wire. Raises MessageError("bad_message")."""
    if not isinstance(found, dict) or len(found) > limits.CHAINS_PER_VECTOR:
        raise MessageError("bad_message", what="vector")
    result: Vector = {}
    for name, tips in found.items():
        if name.count("/") != 2 or not isinstance(tips, list):
            raise MessageError("bad_message", what="vector")
        result[name] = []
        for tip in tips:
            if not (isinstance(tip, list) and len(tip) == 2 and isinstance(tip[0], int)):
                raise MessageError("bad_message", what="vector")
            unb64(str(tip[1]), 32)
            result[name].append((tip[0], str(tip[1])))
    return result


def encode_receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "run": list(receipt.chain),
        "seq": receipt.seq,
        "link": b64(receipt.link),
        "at": receipt.at,
        "by": receipt.site,
        "role": receipt.role,
        "key": receipt.key,
        "sig": b64(receipt.signature),
    }


def _receipts(hello: dict[str, Any]) -> list[Receipt]:
    found = hello.get("receipts", [])
    if not isinstance(found, list) or len(found) > limits.RECEIPTS_PER_MESSAGE:
        raise MessageError("bad_message", what="receipts")
    return [read_receipt(item) for item in found]


def read_receipt(item: Any) -> Receipt:
    """A receipt from the wire, its form checked; `is_genuine` tells about the signature. Raises MessageError("bad_receipt")."""
    try:
        device, epoch, part = (str(piece) for piece in item["run"])
        link, signature = unb64(item["link"], 32), unb64(item["sig"], 64)
        seq, at = int(item["seq"]), int(item["at"])
        if not (ops.DEVICE.fullmatch(device) and ops.PART.fullmatch(part)):
            raise MessageError("bad_receipt")
        return Receipt(
            str(item["by"]),
            str(item["role"]),
            (device, epoch, part),
            seq,
            link,
            at,
            str(item["key"]),
            signature,
        )
    except (KeyError, TypeError, ValueError, SyncError) as error:
        raise MessageError("bad_receipt") from error


def _all_parts(node: Node) -> list[str]:
    return [row[0] for row in node.db.execute("select distinct part from op_chain")]
