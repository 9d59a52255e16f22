"""The world of one seed: a campus, two workshops, tablets and sticks, one clock, one source of chance, and what must be true of them.

The acts are in steps.py, the truths in invariants.py, the telling of a whole story in story.py.
"""

import random
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from sync import Change, PrivateKey
from sync.errors import SyncError
from sync.http import synchronise
from tests.simulation import invariants
from tests.simulation.disk import Crash
from tests.simulation.network import Message, Network, damaged
from tests.simulation.remembered import remember
from tests.simulation.server import COMMON, Server
from tests.simulation.tablet import Tablet, TabletOp
from tests.sync_world import NOON_MS, bind, device, grant
from workshop.admission import SYSTEM

Step = tuple[str, int]
"""A step's name and the number from which all its chance comes."""

SITES = ("mbale", "jinja")
TABLETS = (("one", "mbale"), ("two", "mbale"), ("three", "mbale"), ("four", "jinja"), ("late", "jinja"))
TABLETS_MAX = 8
STICKS_MAX = 6


@dataclass(frozen=True, slots=True)
class Saved:
    """An op that a screen showed as saved."""

    chain: tuple[str, str, str]
    seq: int
    link: bytes


@lru_cache(maxsize=64)
def key(name: str) -> PrivateKey:
    return PrivateKey(name.encode().ljust(32, b".")[:32])


@dataclass
class Stick:
    """A file on its way by hand."""

    data: bytes
    of: str
    reads: int = 0


class World:
    """Everything that one seed owns. `count` says what happened in it."""

    def __init__(self, seed: int) -> None:
        remember()
        self.seed = seed
        self.now = NOON_MS
        self.choose: Callable[[str], str] = random.Random(f"epochs of {seed}").choice
        self.count: Counter[str] = Counter()
        self.network = Network()
        self.sticks: list[Stick] = []
        self.saved: dict[str, Saved] = {}
        self.forbidden: dict[bytes, str] = {}
        self.lost: set[bytes] = set()
        self.backups: dict[str, list[dict[str, dict[object, object]]]] = {}
        self.touched: set[str] = set()
        self.servers = {name: self._server(name, image, seed) for name, image in template().items()}
        campus = self.servers["campus"].device
        self.tablets = [
            Tablet(
                name, key(name), part, self.servers[part].device, campus, self.tablet_clock(name), self.choose
            )
            for name, part in TABLETS
        ]
        self.offsets: dict[str, int] = {}
        self.stranger = key("mallory")

    def _server(self, name: str, image: bytes, seed: int) -> Server:
        role = "campus" if name == "campus" else "workshop"
        part = COMMON if name == "campus" else name
        late = zlib.crc32(f"{seed} {name}".encode()) % 3 != 0
        return Server(
            name, key(name), role, part, key("campus").device, image, self.clock, self.choose, int(not late)
        )

    # -- time

    def clock(self) -> int:
        """UTC ms; goes on by one at every reading, so that no two ops stand at one time by accident."""
        self.now += 1
        return self.now

    def tablet_clock(self, name: str) -> Callable[[], int]:
        return lambda: self.clock() + self.offsets.get(name, 0)

    # -- what is seen

    def tell(self, what: str) -> None:
        self.count[what] += 1

    def saw(self, tablet: Tablet, place: tuple[str, str, int], op: TabletOp) -> None:
        """A screen shows this op as saved."""
        epoch, part, seq = place
        self.saved[op.id] = Saved((tablet.device, epoch, part), seq, op.link)
        self.tell("ops on tablets")

    # -- machines that may stop

    @contextmanager
    def at(self, server: Server) -> Iterator[None]:
        """Whatever is done at a server is done in here: the machine may stop, or its disk be full, at any statement."""
        self.touched.add(server.name)
        try:
            yield
        except Crash:
            self.tell("server stopped")
            self.restart(server)
        except sqlite3.OperationalError as error:
            if server.disk.hit != "full":
                raise
            self.tell("server disk full")
            if "full" not in str(error):
                raise

    def restart(self, server: Server) -> None:
        """The machine starts again, with what its disk held."""
        server.open(server.stop())
        self.touched.add(server.name)
        invariants.promises_hold(self, server)

    @contextmanager
    def on(self, tablet: Tablet) -> Iterator[None]:
        """The same for a tablet: the browser may be killed at any transaction's border."""
        try:
            yield
        except Crash:
            self.tell("tablet killed")
            tablet.put_back(tablet.disk.after_stop())

    # -- the network

    def call(self, tablet: Tablet, most: int | None = None) -> None:
        with self.on(tablet):
            data, signature = tablet.request(most)
            tablet.called = self.network.new_call()
            server = next(s for s in self.servers.values() if s.device == tablet.server)
            self.post(Message(tablet.called, tablet.name, server.name, False, data, signature))

    def ask(self, server: Server) -> None:
        with self.at(server):
            data, signature, sent = server.ask()
            server.asking = (self.network.new_call(), sent)
            self.post(Message(server.asking[0], server.name, "campus", False, data, signature, sent))

    def post(self, message: Message) -> None:
        invariants.message_is_bounded(message)
        self.network.post(message)

    def deliver(self, message: Message, fate: str, rng: random.Random) -> None:
        if self.network.is_cut(message):
            self.tell("message cut off")
            return
        if fate != "ok":
            self.tell(f"message: {fate}")
        if fate == "drop":
            return
        if fate == "duplicate":
            self.network.post(message)
        message = damaged(message, fate, rng, self.stranger, key("campus"))
        if message.is_answer:
            self._take_answer(message)
        else:
            self._answer(message)

    def _answer(self, message: Message) -> None:
        server = self.servers[message.target]
        data = b""
        with self.at(server):
            try:
                data = server.answer(message.data, message.signature)
            except SyncError as error:
                self.tell(f"refused: {error.code}")
            self.post(Message(message.call, server.name, message.source, True, data, sent=message.sent))
            self.tell("requests answered")

    def _take_answer(self, message: Message) -> None:
        if message.target in self.servers:
            self._server_takes(self.servers[message.target], message)
            return
        for tablet in self.tablets:
            if tablet.name == message.target and tablet.called == message.call:
                tablet.called = None
                self._tablet_takes(tablet, message.data)

    def _server_takes(self, server: Server, message: Message) -> None:
        if server.asking != (message.call, message.sent):
            return
        server.asking = None
        if not message.data:
            return
        with self.at(server):
            try:
                outcome = server.absorb(message.data, message.sent)
            except SyncError as error:
                self.tell(f"answer refused: {error.code}")
                return
            if outcome.fork:
                self.tell("server began a new life")
            if outcome.more:
                self.ask(server)

    def _tablet_takes(self, tablet: Tablet, data: bytes) -> None:
        epoch = tablet.epoch
        if data:
            with self.on(tablet):
                try:
                    tablet.take_answer(data)
                except SyncError as error:
                    self.tell(f"answer refused: {error.code}")
        if tablet.epoch != epoch:
            self.tell("tablet began a new epoch")
        invariants.receipts_are_true(self, tablet)

    def tablet_by(self, rng: random.Random) -> Tablet:
        return rng.choice(self.tablets)

    # -- what a fire or a bad copy takes with it

    def places(self) -> set[bytes]:
        """Links of all ops that lie somewhere on a disk."""
        found = {op.link for tablet in self.tablets for op in tablet.disk.tables["ops"].values()}
        return found.union(*(server.links() for server in self.servers.values()))

    @contextmanager
    def loss(self) -> Iterator[None]:
        """An older copy is put in a disk's place: what lay there alone is gone, and nobody can bring it back."""
        before = self.places()
        yield
        self.lost |= before - self.places()


@lru_cache(maxsize=1)
def template() -> dict[str, bytes]:
    """The disks of the three servers as every world begins: keys known, people and tablets enrolled, one session each."""
    now = [NOON_MS - 24 * 3600 * 1000]

    def clock() -> int:
        now[0] += 1
        return now[0]

    choose = random.Random("the beginning").choice
    root = key("campus").device
    campus = Server("campus", key("campus"), "campus", COMMON, root, None, clock, choose)
    shops = [Server(name, key(name), "workshop", name, root, None, clock, choose) for name in SITES]
    changes = [grant("pwang", "reviewer"), grant("pmuk", "admin")]
    for shop in shops:
        names = {"name_en": shop.name, "name_zh": shop.name, "role": "workshop", "tz_minutes": 180}
        changes.append(Change("site", shop.name, names))
        changes.append(device(shop.device, shop.key.public, "workshop", shop.name))
    campus.record(SYSTEM, "site.add", changes)
    for shop in shops:
        introduce(campus, shop)
        changes = [grant("pak"), Change("session", "T01.1", {"instructor_id": "pak", "day": "2025-11-21"})]
        for name, part in TABLETS:
            if part == shop.name and name != "late":
                changes += [
                    device(key(name).device, key(name).public, site=part),
                    bind(key(name).device, "pak"),
                ]
        shop.record(SYSTEM, "device.enrol", changes)
        introduce(campus, shop)
    return {server.name: server.stop() for server in (campus, *shops)}


def introduce(campus: Server, shop: Server) -> None:
    def carry(data: bytes, signature: str) -> bytes:
        return campus.answer(data, signature)

    synchronise(shop.node, shop.talk, carry, shop.parts)
