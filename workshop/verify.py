"""Proving that a site's log is whole: every link recomputed, every signature checked, the database file sound. Changes nothing."""

from dataclasses import dataclass, field

from sync import ops, signing
from sync.node import Node
from sync.ops import ChainName


@dataclass
class Verification:
    """What was checked, and what is wrong in words for an engineer."""

    ops: int = 0
    chains: int = 0
    signatures: int = 0
    faults: list[str] = field(default_factory=list)


def verify_site(node: Node) -> Verification:
    """Walk every chain from its beginning. Memory stays small: one chain's last link at a time."""
    found = Verification()
    sound = node.db.execute("pragma integrity_check").fetchone()[0]
    if sound != "ok":
        found.faults.append(f"database: {sound}")
    for branch in node.log.chains():
        found.chains += 1
        _verify_chain(node, branch.id, branch.name, branch.fork_at, branch.parent, found)
    return found


def _verify_chain(
    node: Node, chain: int, name: ChainName, fork_at: int | None, parent: int | None, found: Verification
) -> None:
    label = "/".join(name)
    link = ops.first_link(name)
    if parent is not None and fork_at is not None and fork_at > 1:
        row = node.db.execute(
            "select link from op_log where chain = ? and seq = ?", (parent, fork_at - 1)
        ).fetchone()
        link = bytes(row[0]) if row else b""
    key = node.log.key_of(name[0]) or ""
    signed = dict(
        node.db.execute("select seq, signature from op_signature where chain = ?", (chain,)).fetchall()
    )
    expected = fork_at or 1
    for seq, stored, header, body, body_hash in node.db.execute(
        "select seq, link, header, body, body_hash from op_log where chain = ? order by seq", (chain,)
    ):
        digest = body_hash if body is None else ops.body_hash(body.encode())
        link = ops.next_link(link, header.encode(), digest)
        if seq != expected or link != stored:
            found.faults.append(f"{label} seq {seq}: link does not follow")
            return
        if seq in signed:
            found.signatures += 1
            if not signing.verify(key, signed[seq], ops.head_statement(name, seq, link)):
                found.faults.append(f"{label} seq {seq}: signature is not good")
        found.ops += 1
        expected += 1
    if expected > (fork_at or 1) and expected - 1 not in signed:
        found.faults.append(f"{label} seq {expected - 1}: head is not signed")
