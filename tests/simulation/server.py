"""A server of the simulation: a real `sync.Node` with the real records and the real admission, on a disk that can stop.

What the program's web layer does around an exchange is done here as it does it there: who may replicate what, clock notes, what is kept
of a peer between contacts.
"""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from sync import Change, Draft, Node, PrivateKey, exchange, limits, restating, wire
from sync.bundle import read_bundle
from sync.errors import MessageError
from sync.exchange import Caller, Conversation
from sync.http import seal
from sync.ops import unb64
from tests.simulation.disk import ServerDisk, open_disk
from tests.simulation.files import open_files
from tests.simulation.records import REGISTRIES
from workshop.admission import SYSTEM, RecordAdmission

COMMON = "common"
ChainName = tuple[str, str, str]


class Server:
    """One site. `promised` is all that it ever gave a receipt for, so it must be there after any stop."""

    def __init__(
        self, name: str, key: PrivateKey, role: str, part: str, root: str, image: bytes | None,
        now: Callable[[], int], choose: Callable[[str], str], generation: int = 0,
    ) -> None:  # fmt: skip
        self.name, self.key, self.role, self.part, self.root = name, key, role, part, root
        self._now, self._choose = now, choose
        self.offset_ms, self.latest_ms = 0, now()
        self.generation = generation
        self.promised: dict[tuple[ChainName, int], bytes] = {}
        self.went_back = False
        self.contacts: dict[str, int] = {}
        self.backups: list[bytes] = []
        self.asking: tuple[int, int] | None = None
        self.open(image)

    def open(self, image: bytes | Path | None) -> None:
        """Start the program on what the disk holds. What it knew of its peer by heart is gone."""
        self.disk: ServerDisk = open_files(image) if isinstance(image, Path) else open_disk(image)
        registry = REGISTRIES[self.generation]
        admission = RecordAdmission(lambda: self.disk, registry, self.root)
        self.node = Node(
            Database(self.disk),
            self.key,
            self.role,
            registry,
            admission,
            self.clock,
            tz=180,
            choose=self._choose,
        )
        self.talk = Conversation()
        self.asking = None

    @property
    def device(self) -> str:
        return self.key.device

    def clock(self) -> int:
        now = self._now() + self.offset_ms
        self.latest_ms = max(self.latest_ms, now)
        return now

    @property
    def parts(self) -> list[str]:
        if self.role != "campus":
            return [COMMON, self.part]
        rows = self.disk.execute("select id from rm_site where role = 'workshop' order by id")
        return [COMMON, *(row[0] for row in rows)]

    # -- people at this server

    def record(self, actor: str, intent: str, changes: list[Change], part: str | None = None) -> str:
        """What a form does. Raises AdmissionError."""
        made = self.node.author([Draft(actor, intent, changes, part or self.part, "form")])[0]
        restating.settle(self.node)
        return made

    def heads(self, kind: str, part: str, record: str) -> tuple[str, ...]:
        """The ops that a page shows of a record: what an edit has in view."""
        row = self.disk.execute(
            f"select heads from rm_{kind} where part = ? and id = ?", (part, record)
        ).fetchone()
        return heads_in(row)

    def good_seqs(self, device: str) -> dict[str, int]:
        rows = self.disk.execute(
            "select epoch || '/' || part, max(seq) from op_chain where device = ? group by 1", (device,)
        )
        return dict(rows.fetchall())

    # -- the door

    def answer(self, data: bytes, signature: str) -> bytes:
        """What workshop/syncapi.py does with a request. Raises SyncError: a refusal."""
        caller = exchange.open_request(data, signature, self.device)
        raw = exchange.answer(self.node, caller, self._shared_parts(caller))
        restating.settle(self.node)
        self._note_contact(caller)
        self.promise(raw)
        return wire.compress(raw)

    def _shared_parts(self, caller: Caller) -> list[str]:
        if caller.role == "tablet":
            return []
        if caller.device == self.root:
            return self.parts
        row = self.disk.execute(
            "select kind, site from rm_device where id = ? and part = 'common' and enrolled = 1 and revoked_at is null",
            (caller.device,),
        ).fetchone()
        if row is None or row[0] == "tablet":
            raise MessageError("not_enrolled", device=caller.device)
        return self.parts if row[0] == "campus" else [COMMON, row[1]]

    def _note_contact(self, caller: Caller) -> None:
        """A clock that is off, or right again, is told in a record that travels; as in workshop/devices/contacts.py."""
        now = self.clock()
        offset = caller.said.now - now
        known = self.disk.execute(
            "select part from rm_device where id = ? and enrolled = 1", (caller.device,)
        ).fetchone()
        for part, tips in caller.said.head.items() if known else ():
            for epoch, seq, _ in tips:
                if epoch == caller.said.epoch and part == known[0]:
                    self._note_clock(part, caller.device, epoch, seq, offset)
        self.contacts[caller.device] = now

    def _note_clock(self, part: str, device: str, epoch: str, head: int, offset: int) -> None:
        row = self.disk.execute(
            "select cast(seq as integer), offset_ms from rm_clock where part = ? and device_id = ? and epoch = ? order by 1 desc limit 1",
            (part, device, epoch),
        ).fetchone()
        newest, noted = (int(row[0]), int(row[1])) if row else (0, 0)
        off = offset if abs(offset) >= limits.CLOCK_OFF_MS else 0
        if abs(off - noted) < limits.CLOCK_OFF_MS:
            return
        covered = self.disk.execute(
            "select max(l.seq) from op_log l join op_chain c on c.id = l.chain where c.device = ? and c.epoch = ? and c.part = ?"
            " and l.received_at < ?",
            (device, epoch, part, self.contacts.get(device, 0)),
        ).fetchone()[0]
        if int(covered or 0) >= head == newest:
            return
        first = max(min(int(covered or 0) + 1, head), newest)
        note = Change("clock", f"{device}.{epoch}.{first}", {"offset_ms": off})
        self.record(SYSTEM, "device.clock", [note], part)

    def promise(self, raw: bytes) -> None:
        """Remember the receipts of a message or a file that goes out: from now on they bind."""
        for item in json.loads(raw.split(b"\n", 1)[0]).get("receipts", ()):
            if item["by"] == self.device:
                self.promised[tuple(item["run"]), item["seq"]] = unb64(item["link"])

    # -- calling the campus

    def ask(self) -> tuple[bytes, str, int]:
        """A sealed request, and how many ops it carries."""
        raw, sent = exchange.ask(self.node, self.talk, self.parts)
        self.promise(raw)
        return (*seal(self.node, raw), sent)

    def absorb(self, data: bytes, sent: int) -> exchange.Outcome:
        outcome = exchange.absorb(self.node, self.talk, wire.inflate(data), self.parts, sent)
        restating.settle(self.node)
        return outcome

    def read_file(self, path: Path) -> None:
        """Take a bundle in. Raises SyncError."""
        read_bundle(self.node, path, self.parts)
        restating.settle(self.node)

    # -- stops and restores

    def stop(self) -> Any:
        """The machine stops now; what its disk holds."""
        image = self.disk.durable()
        self.disk.close()
        return image

    def restore(self, image: bytes, *, told: bool) -> None:
        """An older copy is put back: `told` by the program's own command, else behind its back. Promises made since cannot hold."""
        self.disk.close()
        self.open(image)
        self.went_back = True
        self.promised = {
            (chain, seq): link for (chain, seq), link in self.promised.items() if self.holds(chain, seq, link)
        }
        if told:
            self.node.begin_epoch()

    def holds(self, chain: ChainName, seq: int, link: bytes) -> bool:
        rows = self.rows(
            "select l.link from op_log l join op_chain c on c.id = l.chain where c.device = ? and c.epoch = ? and c.part = ?"
            " and l.seq = ?",
            *chain,
            seq,
        )
        return any(row[0] == link for row in rows)

    def links(self) -> set[bytes]:
        """Links of all ops here."""
        return {row[0] for row in self.rows("select link from op_log")}

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look without a statement being counted: the eye of the test, not the program."""
        return sqlite3.Connection.execute(self.disk, sql, values).fetchall()


def heads_in(row: tuple[str] | None) -> tuple[str, ...]:
    """The op ids in a row's `heads`."""
    return tuple(sorted({op for ops in json.loads(row[0]).values() for op in ops})) if row else ()
