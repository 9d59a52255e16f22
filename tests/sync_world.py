"""The cast of the sync tests: a campus and a workshop on real SQLite files, simulated tablets, and replicas in memory. One clock, moved by hand."""

import itertools
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from sync import Change, Node, PrivateKey, exchange, wire
from sync.author import Author
from sync.exchange import Conversation, Outcome
from sync.http import synchronise
from sync.shared import SharedLog
from sync.wire import Run
from workshop.admission import SYSTEM, RecordAdmission
from workshop.logs import log_url, open_log
from workshop.registry import REGISTRY
from workshop.site import Site

_replicas = itertools.count()
_opened: list[SharedLog] = []
REPLICAS_OPEN_MAX = 20  # one that was closed connects anew when it is used
NOON_MS = 1_763_719_200_000  # 2025-11-21 10:00 UTC
PART = "mbale"
PARTS = ["common", PART]


class Clock:
    """UTC ms; goes one millisecond on at every reading, so that no two ops stand at the same time by accident."""

    def __init__(self, now: int = NOON_MS) -> None:
        self.now = now

    def __call__(self) -> int:
        self.now += 1
        return self.now


def key(name: str) -> PrivateKey:
    """The same key for the same name, in every run."""
    return PrivateKey(name.encode().ljust(32, b".")[:32])


def mark(
    trainee: str, status: str = "present", minutes: int | None = None, base: Sequence[str] = ()
) -> Change:
    return Change("attendance", f"T01.1.{trainee}", {"status": status, "minutes": minutes}, tuple(base))


def device(of: str, public: str, kind: str = "tablet", site: str = PART, **fields: Any) -> Change:
    return Change(
        "device", of, {"name": kind, "key": public, "kind": kind, "site": site, "enrolled": True, **fields}
    )


def grant(person: str, role: str = "instructor", scope: str = "all") -> Change:
    return Change("grant", f"{person}.{role}.{scope}", {"active": True})


def bind(device_id: str, person: str) -> Change:
    return Change("device_person", f"{device_id}.{person}", {"active": True})


def replica(root: str, clock: Callable[[], int], name: str = "replica", role: str = "campus") -> Node:
    """A store in memory that takes whatever it is given, with the real records and the real admission. When the environment names a
    shared log, it is a replica of one of its own there.
    """
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    admission = RecordAdmission(lambda: connection, REGISTRY, root)
    url = log_url({}, f"{next(_replicas)}_{key(name).device}")
    shared = open_log(url) if url else None
    if shared:
        _opened.append(shared)
        if len(_opened) > REPLICAS_OPEN_MAX:
            _opened.pop(0).close()
    return Node(Database(connection), key(name), role, REGISTRY, admission, clock, shared=shared)


def close_shared() -> None:
    """Let go of the logs on PostgreSQL that replicas were given."""
    while _opened:
        _opened.pop().close()


def rows(node: Node, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in node.db.execute(sql, values).fetchall()]


def quarantine(node: Node) -> dict[str, str]:
    """{op id: code}."""
    return dict(rows(node, "select op, code from rm_quarantine"))  # type: ignore[arg-type]


def status(node: Node, trainee: str) -> str | None:
    found = rows(node, "select status from rm_attendance where id = ?", f"T01.1.{trainee}")
    return found[0][0] if found else None


def assert_sound(node: Node) -> None:
    """The tables are what the log says, and the file is whole."""
    before, after = node.rebuild()
    assert before == after, "incremental tables differ from rebuilt ones"
    assert rows(node, "pragma integrity_check") == [("ok",)]
    assert rows(node, "pragma foreign_key_check") == []


class Tablet(Author):
    """A tablet as the wire format asks for it: keeps what it wrote, believes only genuine receipts that fit its own links."""

    def __init__(self, name: str, clock: Callable[[], int], epoch: str = "aaaaaaaa") -> None:
        super().__init__(key(name), epoch, clock, tz=180)
        self.received: dict[tuple[str, str, str], int] = {}  # (site, epoch, part) -> seq
        self.forked = False
        self.quarantined: list[list[str]] = []
        self.refused: list[dict[str, Any]] = []

    def mark(self, trainee: str, status: str = "present", actor: str = "pak", **fields: Any) -> str:
        return self.record(PART, actor, "attendance.mark", [mark(trainee, status, **fields)])

    def at(self, site: str, part: str = PART, epoch: str | None = None) -> int:
        """Up to which seq a server has receipted a chain."""
        return self.received.get((site, epoch or self.epoch, part), 0)

    def unsent(self, site: str, most: int = 500) -> list[Run]:
        """Runs of everything that a server has not receipted, oldest epoch first, as many ops as a message takes."""
        runs: list[Run] = []
        for epoch, part in self.chains():
            for run in self.runs(part, self.at(site, part, epoch), most=most, epoch=epoch):
                if sum(len(r.lines) for r in runs) + len(run.lines) <= 500:
                    runs.append(run)
        return runs

    def take_answer(self, raw: bytes) -> None:
        """Receipts, refusals and the word of a fork, as a browser takes them."""
        first, _ = wire.unpack(raw)
        for item in first.get("receipts", []):
            receipt = exchange.read_receipt(item)
            _, epoch, part = receipt.chain
            if receipt.is_genuine() and self.link(part, receipt.seq, epoch) == receipt.link:
                place = (receipt.site, epoch, part)
                self.received[place] = max(receipt.seq, self.received.get(place, 0))
        self.quarantined = first.get("quarantined", [])
        self.refused = first.get("refused", [])
        for refusal in self.refused:
            if refusal["code"] in ("chain_gap", "chain_mismatch"):
                self.received.pop((first["device"], refusal["run"][1], refusal["run"][2]), None)
        if first.get("fork"):
            self.forked = True
            self.begin_epoch("".join(chr(ord("b") + (ord(c) - ord("a")) % 20) for c in self.epoch))

    def send(self, site: Site, *, lose_reply: bool = False, runs: list[Run] | None = None) -> bytes:
        """One round trip with a server; the raw answer."""
        data, signature = self.request(site.device, self.unsent(site.device) if runs is None else runs)
        raw = serve(site.node, data, signature, [])
        if not lose_reply:
            self.take_answer(raw)
        return raw

    def clone(self) -> "Tablet":
        bare = super().clone()
        twin = Tablet("", self.clock, self.epoch)
        twin.key, twin._chains, twin._hybrid = self.key, bare._chains, bare._hybrid
        twin.received = dict(self.received)
        return twin


def serve(node: Node, data: bytes, signature: str, parts: list[str]) -> bytes:
    """What the HTTP door does, without HTTP; checks every answer against the limits."""
    assert len(data) <= 256 * 1024
    raw = exchange.answer(node, exchange.open_request(data, signature, node.device), parts)
    assert len(raw) <= 1024 * 1024
    assert len(wire.compress(raw)) <= 256 * 1024
    return raw


@dataclass
class Line:
    """The way between two servers. `trips` counts; `cut_after` loses that many requests' answers from the end."""

    to: Node
    parts: list[str]
    trips: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, data: bytes, signature: str) -> bytes:
        raw = serve(self.to, data, signature, self.parts)
        reply = wire.compress(raw)
        self.trips += 1
        self.bytes_out += len(data)
        self.bytes_in += len(reply)
        self.answers.append(wire.unpack(raw)[0])
        return reply


class World:
    """A campus, the workshop in Mbale, and two tablets of Akello (`pak`); Wang (`pwang`) reviews, Mukasa (`pmuk`) administers."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.campus = Site.create(folder / "campus", "campus", "campus", clock=self.clock)
        self.workshop = Site.create(
            folder / PART, PART, "workshop", root=self.campus.device, tz_minutes=180, clock=self.clock
        )
        self.one, self.two = Tablet("tablet one", self.clock), Tablet("tablet two", self.clock)
        self.talk = Conversation()
        self.introduce()

    def introduce(self) -> None:
        """The campus certifies the workshop's key; the two meet."""
        names = {"name_en": "Mbale", "name_zh": "姆巴莱", "role": "workshop", "tz_minutes": 180}
        changes = [
            Change("site", PART, names),
            device(self.workshop.device, self.workshop.key.public, "workshop"),
        ]
        self.campus.record(actor=SYSTEM, intent="site.add", changes=changes)
        self.exchange()

    def enrol(self, *tablets: Author, people: Sequence[str] = ("pak",)) -> None:
        changes = [grant(person) for person in people]
        for tablet in tablets:
            changes += [device(tablet.device, tablet.key.public)]
            changes += [bind(tablet.device, person) for person in people]
        self.workshop.record(actor=SYSTEM, intent="device.enrol", changes=changes)

    def exchange(self) -> Outcome:
        """Workshop and campus talk until nothing is left to say."""
        self.line = Line(self.campus.node, PARTS)
        return synchronise(self.workshop.node, self.talk, self.line, PARTS)

    def agree(self) -> None:
        """After an exchange both hold the same ops and say the same, and both are what their logs say."""
        assert self.workshop.node.log.vector(PARTS) == self.campus.node.log.vector(PARTS)
        assert self.workshop.node.model.state_hash() == self.campus.node.model.state_hash()
        for site in (self.workshop, self.campus):
            assert_sound(site.node)

    def close(self) -> None:
        self.campus.close()
        self.workshop.close()


def give(node: Node, *runs: Run) -> list[str]:
    """Hand runs to a store; the codes of those refused."""
    _, refused = node.take(runs)
    return [error.code for _, error in refused]
