"""A tablet as the browser's code makes it: outbox.js, runs.js, exchange.js, receipts.js, prune.js in the same order of steps.

Keeps its own ops only, commits before it shows, holds as pending what comes after the last receipt. What a model gets wrong here is not
found in the browser's code: the worked cases in tests/vectors and the browser tests hold both to one format.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sync import limits, messages, ops, wire
from sync.errors import MessageError
from sync.messages import PROTOCOL, request_statement
from sync.ops import Change, Header, b64, body_hash, first_link, head_statement, next_link, op_id
from sync.receipts import Receipt, held_digest
from sync.signing import PrivateKey
from sync.wire import Run
from tests.simulation.disk import KeyTaken, Tables, TabletDisk, Transaction

KEEP_MS = 30 * 24 * 3600 * 1000
TABLET_RAW_BYTES = 1024 * 1024 - 16 * 1024
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True)
class Tip:
    seq: int
    link: bytes
    hlc: int


@dataclass(frozen=True, slots=True)
class TabletOp:
    header: bytes
    body: bytes
    link: bytes
    hlc: int

    @property
    def id(self) -> str:
        return op_id(self.link)


class Refused(Exception):
    """The tablet did not take a tap, and said why."""


class Tablet:
    """One device. `server` and `campus` are the device ids named at its enrolment, `clock` its own wall clock."""

    def __init__(
        self, name: str, key: PrivateKey, part: str, server: str, campus: str,
        clock: Callable[[], int], choose: Callable[[str], str],
    ) -> None:  # fmt: skip
        self.name, self.key, self.part, self.server, self.campus = name, key, part, server, campus
        self.clock, self._choose = clock, choose
        self.disk = TabletDisk()
        self.tab_tips: dict[int, Tip] = {}
        self.ops_most = limits.OPS_PER_MESSAGE
        self.called: int | None = None
        self.called_epoch = ""

    @property
    def device(self) -> str:
        return self.key.device

    @property
    def epoch(self) -> str:
        return str(self.disk.tables["meta"].get("epoch", ""))

    # -- recording

    def record(
        self, actor: str, intent: str, changes: Sequence[Change], part: str | None = None, tab: int = 0,
        version: int = 1,
    ) -> tuple[tuple[str, str, int], TabletOp]:  # fmt: skip
        """One tap. Returns only when the disk has it: then it may show as saved."""
        body = ops.encode_body(changes)
        try:
            return self._append(part or self.part, actor, intent, body, tab, version)
        except KeyTaken as error:
            raise Refused("storage") from error

    def _append(
        self, part: str, actor: str, intent: str, body: bytes, tab: int, version: int
    ) -> tuple[tuple[str, str, int], TabletOp]:
        with self.disk.transact() as tx:
            epoch = tx.get("meta", "epoch")
            if not epoch:
                tx.put("meta", "epoch", epoch := self._random_name())
            tip = self._tip(tx, epoch, part, tab)
            wall = self.clock()
            hlc = max(tip.hlc + 1, wall * 1000)
            header = Header(
                v=version, dev=self.device, ep=epoch, part=part, seq=tip.seq + 1, wall=wall, tz=180,
                actor=actor, intent=intent,
            )  # fmt: skip
            if hlc != wall * 1000:
                header.hlc = hlc
            line = ops.encode_header(header)
            op = TabletOp(line, body, next_link(tip.link, line, body_hash(body)), hlc)
            place = (epoch, part, header.seq)
            self._store(tx, place, op)
            tx.put("chains", (epoch, part), Tip(header.seq, op.link, hlc))
            self.tab_tips[tab] = Tip(header.seq, op.link, hlc)
        return place, op

    def _tip(self, tx: Transaction, epoch: str, part: str, tab: int) -> Tip:
        """The number is taken inside the transaction: two tabs cannot get the same one."""
        return tx.get("chains", (epoch, part)) or Tip(0, first_link((self.device, epoch, part)), 0)

    def _store(self, tx: Transaction, place: tuple[str, str, int], op: TabletOp) -> None:
        tx.add("ops", place, op)

    def _random_name(self) -> str:
        return "".join(self._choose(ALPHABET) for _ in range(8))

    # -- what waits

    def arrived(self, epoch: str, part: str, by: str | None = None) -> int:
        """Up to which number a chain has arrived: anywhere, or at one server."""
        return max(
            (
                receipt.seq
                for (ep, at, site), receipt in self.disk.tables["receipts"].items()
                if (ep, at) == (epoch, part) and by in (None, site)
            ),
            default=0,
        )

    def pending(self) -> int:
        chains = self.disk.tables["chains"].items()
        return sum(max(0, tip.seq - self.arrived(*chain)) for chain, tip in chains)

    def runs(
        self, by: str | None, late: set[tuple[str, str]], most: int, to_campus: bool = False
    ) -> list[Run]:
        """Runs of what a receiver lacks, the chain with the oldest tip first, those refused before last."""
        found: list[Run] = []
        left, raw = most, 0
        chains = sorted(self.disk.tables["chains"].items(), key=lambda row: (row[0] in late, row[1].hlc))
        for (epoch, part), tip in chains:
            since = self.arrived(epoch, part, by)
            while since < tip.seq and (epoch, part, since + 1) not in self.disk.tables["ops"]:
                since += 1  # let go of long ago; the server will say that it lacks them
            lines = self._fitting((epoch, part), since, tip.seq, left, TABLET_RAW_BYTES - raw, bool(found))
            if lines:
                end = since + len(lines)
                link = self.disk.tables["ops"][epoch, part, end].link
                name = (self.device, epoch, part)
                signature = self.key.sign(head_statement(name, end, link))
                found.append(Run(name, since + 1, link, signature, self.key.public, lines))
                left, raw = left - len(lines), raw + sum(len(h) + len(b) + 2 for h, b in lines)
            if since + len(lines) < tip.seq:
                break
        return found

    def _fitting(
        self, chain: tuple[str, str], since: int, last: int, most: int, raw: int, some: bool
    ) -> list[tuple[bytes, bytes]]:
        """Lines of the ops after `since` that fit one run; the first op of a message goes in any case."""
        lines: list[tuple[bytes, bytes]] = []
        size = 512
        for seq in range(since + 1, min(last, since + most) + 1):
            op = self.disk.tables["ops"].get((*chain, seq))
            if op is None:
                break
            size += len(op.header) + len(op.body) + 2
            if (size > raw or size > limits.RUN_RAW_BYTES) and (lines or some):
                break
            lines.append((op.header, op.body))
        return lines

    # -- the exchange

    def request(self, most: int | None = None) -> tuple[bytes, str]:
        """What exchange.js posts: compressed, and its signature."""
        meta = self.disk.tables["meta"]
        runs = self.runs(self.server, set(meta.get("refused", ())), most or self.ops_most)
        heads: dict[str, list[list[Any]]] = {}
        for (epoch, part), tip in self.disk.tables["chains"].items():
            heads.setdefault(part, []).append([epoch, tip.seq, b64(tip.link)])
        first = {
            "luban": PROTOCOL, "device": self.device, "epoch": self.epoch, "key": self.key.public,
            "role": "tablet", "to": self.server, "now": self.clock(), "head": heads,
            "held": held_digest(self.disk.tables["receipts"].values()),
        }  # fmt: skip
        self.called_epoch = self.epoch
        raw = wire.pack(first, runs)
        return wire.compress(raw), b64(self.key.sign(request_statement(raw)))

    def take_answer(self, data: bytes) -> tuple[bool, bool]:
        """Receipts, refusals, the word of a fork; (the server gets further, it lacks what came before). Raises MessageError for what is none of ours."""
        told, _ = wire.unpack(wire.inflate(data))
        if told.get("luban") != PROTOCOL or told.get("device") != self.server:
            raise MessageError("bad_message", what="other server")
        grown, ahead = self.take_receipts(told.get("receipts") or [], direct=told["device"])
        refused = [each for each in told.get("refused") or [] if isinstance(each.get("run"), list)]
        gaps = [each for each in refused if each.get("code") in ("chain_gap", "chain_mismatch")]
        for each in gaps:
            with self.disk.transact() as tx:
                tx.delete("receipts", (each["run"][1], each["run"][2], told["device"]))
        epoch = self.called_epoch
        writing = any(ep == epoch for ep, _ in self.disk.tables["chains"])
        if writing and (told.get("fork") is True or epoch in ahead):
            self._begin_epoch(epoch)
        with self.disk.transact() as tx:
            tx.put("meta", "refused", tuple((each["run"][1], each["run"][2]) for each in refused))
        return grown, bool(gaps)

    def _begin_epoch(self, old: str) -> None:
        with self.disk.transact() as tx:
            if tx.get("meta", "epoch") in (None, old):
                tx.put("meta", "epoch", self._random_name())

    def take_receipts(self, told: Sequence[Any], direct: str | None = None) -> tuple[bool, set[str]]:
        """(a server holds more than before, epochs of which a server holds more than this store: it is an old copy)."""
        grown, ahead = False, set()
        for item in told:
            try:
                receipt = messages.read_receipt(item)
            except MessageError:
                continue
            if receipt.chain[0] != self.device or not self._genuine(receipt):
                continue
            outcome = self._keep(receipt, newest=receipt.site == direct)
            grown |= outcome == "grown"
            if outcome == "ahead":
                ahead.add(receipt.chain[1])
        return grown, ahead

    def _genuine(self, receipt: Receipt) -> bool:
        return receipt.is_genuine()

    def _keep(self, receipt: Receipt, *, newest: bool) -> str:
        _, epoch, part = receipt.chain
        role = {self.server: "workshop", self.campus: "campus"}.get(receipt.site)
        if role != receipt.role:
            return "refused"
        with self.disk.transact() as tx:
            tip = tx.get("chains", (epoch, part))
            if tip is None:
                return "refused"
            if receipt.seq > tip.seq:
                return "ahead"
            mine = tip if receipt.seq == tip.seq else tx.get("ops", (epoch, part, receipt.seq))
            if mine is None or mine.link != receipt.link:
                return "refused"
            held = tx.get("receipts", (epoch, part, receipt.site))
            if held and not newest and receipt.seq <= held.seq and receipt.at <= held.at:
                return "taken"
            tx.put("receipts", (epoch, part, receipt.site), receipt)
            return "grown" if receipt.seq > (held.seq if held else 0) else "taken"

    # -- files, pruning, other lives

    def bundle(self) -> bytes:
        """What bundle.js saves: all that the campus has not receipted."""
        chains = self.disk.tables["chains"].items()
        about = {
            "role": "tablet",
            "parts": sorted({part for (_, part), _ in chains}),
            "have": {f"{self.device}/{ep}/{part}": [[tip.seq, b64(tip.link)]] for (ep, part), tip in chains},
            "receipts": [messages.encode_receipt(r) for r in self.disk.tables["receipts"].values()],
        }
        return self.bundle_of(self.runs(self.campus, set(), limits.OPS_PER_MESSAGE), about)

    def bundle_of(self, runs: Sequence[Run], about: dict[str, Any]) -> bytes:
        first = {
            "luban-bundle": 1,
            "device": self.device,
            "key": self.key.public,
            "at": self.clock(),
            **about,
        }
        text = wire.encode_object(first) + b"\n" + b"".join(run.encode() for run in runs)
        end = {
            "end": True, "runs": len(runs), "ops": sum(len(run.lines) for run in runs),
            "sha256": hashlib.sha256(text).hexdigest(),
        }  # fmt: skip
        return wire.compress(text + wire.encode_object(end) + b"\n")

    def prune(self) -> int:
        """Let go of what the campus has receipted and is older than 30 days; a chain's last op stays."""
        before, gone = (self.clock() - KEEP_MS) * 1000, 0
        with self.disk.transact() as tx:
            for (epoch, part), tip in self.disk.tables["chains"].items():
                for seq in range(1, min(self.arrived(epoch, part, self.campus), tip.seq - 1) + 1):
                    op = tx.get("ops", (epoch, part, seq))
                    if op is None:
                        continue
                    if op.hlc >= before:
                        break
                    tx.delete("ops", (epoch, part, seq))
                    gone += 1
        return gone

    def put_back(self, tables: Tables) -> None:
        """The store is another one now: a backup, a copy, or nothing at all."""
        self.disk, self.called = TabletDisk(tables), None
        self.tab_tips.clear()
