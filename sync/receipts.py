"""Receipts: signed statements of servers about what they hold, and their one table. Knows no op and no record."""

import sqlite3
from dataclasses import dataclass, replace

from sync import signing
from sync.errors import MessageError
from sync.ops import ChainName


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
    """The receipts that a store keeps: the highest of each site for each chain."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def keep(self, receipt: Receipt) -> bool:
        """Keep a receipt when it is genuine, fits what is here and is higher than the one held; True when kept."""
        if not receipt.is_genuine():
            raise MessageError("bad_receipt")
        row = self._db.execute(
            "insert into op_receipt (site, role, device, epoch, part, seq, link, at, key, signature)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (site, device, epoch, part) do update set"
            " seq = excluded.seq, link = excluded.link, at = excluded.at, role = excluded.role, signature = excluded.signature"
            " where excluded.seq > seq returning seq",
            (
                receipt.site,
                receipt.role,
                *receipt.chain,
                receipt.seq,
                receipt.link,
                receipt.at,
                receipt.key,
                receipt.signature,
            ),
        ).fetchone()
        return row is not None

    def held(self, device: str | None = None, role: str | None = None) -> list[Receipt]:
        """Receipts of other sites held here, for one device's chains or for all."""
        rows = self._db.execute(
            "select site, role, device, epoch, part, seq, link, at, key, signature from op_receipt"
            " where (?1 is null or device = ?1) and (?2 is null or role = ?2) order by site, device, epoch, part",
            (device, role),
        )
        return [Receipt(r[0], r[1], (r[2], r[3], r[4]), *r[5:]) for r in rows]


def give_receipt(
    key: signing.PrivateKey, role: str, chain: ChainName, seq: int, link: bytes, at: int
) -> Receipt:
    """This server's own receipt for a chain's tip. Only for what is committed."""
    bare = Receipt(key.device, role, chain, seq, link, at, key.public, b"")
    return replace(bare, signature=key.sign(bare.statement()))
