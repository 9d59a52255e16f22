"""Receipts: signed statements of servers about what they hold, and their one table. Knows no op and no record."""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sync import signing
from sync.errors import MessageError
from sync.ops import ChainName, b64


@dataclass(frozen=True, slots=True)
class Receipt:
    """A server's signed statement: I hold this chain up to this op, on disk. `at` is the server's UTC ms."""

    site: str
    role: str
    chain: ChainName
    seq: int
    link: bytes
    at: int
    key: str
    signature: bytes

    def statement(self) -> bytes:
        fields = (*self.chain, str(self.seq), self.link.hex(), str(self.at), self.site, self.role)
        return ("luban-receipt-1\n" + "\n".join(fields)).encode()

    def is_genuine(self) -> bool:
        return signing.device_id(self.key) == self.site and signing.verify(
            self.key, self.signature, self.statement()
        )


class Receipts:
    """The receipts that a store keeps: the newest word of each site about each branch of a chain."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def keep(self, receipt: Receipt, branch: int, *, carried: bool = False) -> bool:
        """Keep a receipt for the branch on which its op lies; True when it was news.

        A lower seq counts when it was said later: that server was restored, and holds less than before. What was `carried` in a
        file may be as old as it likes: it counts only when it was said after what is held.
        Raises MessageError("bad_receipt") when it is not genuine.
        """
        held = self._db.execute(
            "select seq, at from op_receipt where site = ? and chain = ?", (receipt.site, branch)
        ).fetchone()
        if held and receipt.seq == held[0]:
            return False
        if held and receipt.at <= held[1] and receipt.seq < held[0]:
            return False
        if held and carried and receipt.at < held[1]:
            return False
        if not receipt.is_genuine():
            raise MessageError("bad_receipt", run=list(receipt.chain))
        self._db.execute(
            "insert or replace into op_receipt (site, chain, role, device, epoch, part, seq, link, at, key, signature)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                receipt.site,
                branch,
                receipt.role,
                *receipt.chain,
                receipt.seq,
                receipt.link,
                receipt.at,
                receipt.key,
                receipt.signature,
            ),
        )
        return True

    def held(self, device: str | None = None, role: str | None = None) -> list[Receipt]:
        """Receipts of other sites held here, for one device's chains or for all."""
        rows = self._db.execute(
            "select site, role, device, epoch, part, seq, link, at, key, signature from op_receipt"
            " where (?1 is null or device = ?1) and (?2 is null or role = ?2) order by site, chain",
            (device, role),
        )
        return [Receipt(r[0], r[1], (r[2], r[3], r[4]), *r[5:]) for r in rows]

    def lacks_some_of(self, site: str, parts: Sequence[str]) -> bool:
        """True when `site` has not receipted every chain of these parts up to its tip. Its own chains need none."""
        row = self._db.execute(
            "select 1 from op_chain c left join op_receipt r on r.chain = c.id and r.site = ?"
            f" where c.device <> ? and c.part in ({', '.join('?' * len(parts))}) and coalesce(r.seq, 0) < c.seq limit 1",
            (site, site, *parts),
        ).fetchone()
        return row is not None


def give_receipt(
    key: signing.PrivateKey, role: str, chain: ChainName, seq: int, link: bytes, at: int
) -> Receipt:
    """This server's own receipt for a chain's tip. Only for what is committed."""
    bare = Receipt(key.device, role, chain, seq, link, at, key.public, b"")
    return replace(bare, signature=key.sign(bare.statement()))


def held_digest(receipts: Iterable[Receipt]) -> str:
    """What a tablet and a server compare before receipts are told again: b64 of SHA-256 over the sorted lines `site/epoch/part/seq`."""
    lines = sorted({"/".join((r.site, r.chain[1], r.chain[2], str(r.seq))) for r in receipts})
    return b64(hashlib.sha256("\n".join(lines).encode()).digest())
