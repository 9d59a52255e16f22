"""The tablet's side of an exchange: what a browser would send, over a counted connection, and what must be in the answer."""

import sqlite3
from pathlib import Path
from typing import Any

from meter import CountedConnection
from workload import PART

from sync import wire
from sync.http import HttpCarrier
from sync.messages import read_receipt
from sync.ops import ChainName
from sync.receipts import Receipt, held_digest
from sync.wire import Run
from workshop.demo.tablet import Tablet


class TabletLine:
    """A tablet that talks to the server at a port; `to` is the server's device id."""

    def __init__(self, tablet: Tablet, port: int, to: str) -> None:
        self.connection = CountedConnection(port)
        self._carrier = HttpCarrier(f"http://127.0.0.1:{port}")
        self._carrier._connection = self.connection
        self.tablet, self._to = tablet, to
        self._receipts: dict[tuple[str, ChainName], Receipt] = {}

    def send_all(self) -> int:
        """Everything unsent, batch after batch; how many ops. Raises RuntimeError when the server has not receipted all of it."""
        sent = 0
        for run in self.tablet.unsent():
            answer = self.trip(run)
            receipted = max(r["seq"] for r in answer.get("receipts", []) if r["role"] == "workshop")
            if answer.get("refused") or answer.get("quarantined") or receipted != run.end:
                raise RuntimeError(f"not taken: {answer}")
            sent += len(run.lines)
        self.tablet.receipt()
        return sent

    def nothing(self) -> int:
        """One contact without news."""
        self.trip(None)
        return 0

    def trip(self, run: Run | None) -> dict[str, Any]:
        """One request; the first line of its answer."""
        tablet = self.tablet
        digest = held_digest(self._receipts.values())
        data, signature = tablet.request(self._to, [run] if run else [], held=digest)
        answer = wire.unpack(wire.inflate(self._carrier(data, signature)))[0]
        for receipt in map(read_receipt, answer.get("receipts", [])):
            self._receipts[receipt.site, receipt.chain] = receipt
        return answer


def held(folder: Path) -> dict[str, int]:
    """What a site's read model holds, read beside the running server."""
    db = sqlite3.connect(f"file:{folder / 'site.db'}?mode=ro", uri=True)
    try:
        counted = {}
        for name in ("rm_attendance", "rm_conflict", "rm_quarantine"):
            [(counted[name],)] = db.execute(f"select count(*) from {name} where part = ?", (PART,))
        return counted
    finally:
        db.close()
