"""A new workshop's first exchange: it takes all by one stream, by itself; an old or a failing server costs batches, never ops."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from waitress.server import create_server

from sync import Change, PrivateKey, exchange, snapshot, wire
from sync.author import Author
from sync.errors import CarrierError
from sync.exchange import Conversation
from sync.http import HttpCarrier, seal, synchronise
from workshop import syncapi
from workshop.admission import SYSTEM
from workshop.config import SERVER
from workshop.exchange.background import add_peer, exchange_with
from workshop.factory import create_app
from workshop.setup import begin_campus, join_workshop
from workshop.site import Site

PART, OPS = "mbale", 7200
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@pytest.fixture
def campus(tmp_path: Path) -> Iterator[Site]:
    """Holds what Mbale wrote in years: its old server's records, and a tablet's marks."""
    made = Site.create(tmp_path / "campus", "tianjin", "campus", tz_minutes=480)
    begin_campus(made, "Home campus", "天津校本部")
    server = Author(PrivateKey(b"old box".ljust(32)), "aaaaaaaa", made.now, 180)
    tablet = Author(PrivateKey(b"tablet".ljust(32)), "aaaaaaaa", made.now, 180)
    join_workshop(made, server.key.public, PART, "Mbale workshop", "姆巴莱工坊", 180)
    fields = {"name": "Tablet", "key": tablet.key.public, "kind": "tablet", "site": PART, "enrolled": True}
    for change in (
        Change("staff", "sakello", {"name_en": "Akello Grace"}),
        Change("grant", "sakello.instructor.all", {"active": True}),
        Change("device", tablet.device, fields),
        Change("device_person", f"{tablet.device}.sakello", {"active": True}),
    ):
        server.record(PART, SYSTEM, "setup", [change])
    for number in range(OPS):
        mark = Change("attendance", f"T{number // 40}.1.p{number % 40}", {"status": "present"})
        tablet.record(PART, "sakello", "attendance.mark", [mark])
    with made.locked() as node:
        assert not node.take([*server.runs(PART), *tablet.runs(PART)])[1]
    yield made
    made.close()


@pytest.fixture
def box(tmp_path: Path, campus: Site) -> Iterator[Site]:
    """Mbale's new server: it has joined, and holds nothing."""
    made = Site.create(tmp_path / PART, PART, "workshop", root=campus.device, tz_minutes=180)
    join_workshop(campus, made.key.public, PART, "Mbale workshop", "姆巴莱工坊", 180)
    yield made
    made.close()


class Door:
    """The campus's application, with its requests counted; `instead` answers first loads in its place, by their number from 0 on."""

    def __init__(self, site: Site) -> None:
        self.application: Application = create_app(site)
        self.asked: list[str] = []
        self.instead: Callable[[int, Application], Application] = lambda _, application: application

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        number = self.asked.count(path)
        self.asked.append(path)
        application = self.application
        if path == snapshot.PATH:
            application = self.instead(number, application)
        return application(environ, start)

    @property
    def loads(self) -> int:
        return self.asked.count(snapshot.PATH)


@pytest.fixture
def door(campus: Site) -> Door:
    return Door(campus)


@pytest.fixture
def address(door: Door) -> Iterator[str]:
    served = create_server(door, host="127.0.0.1", port=0, **SERVER)
    thread = threading.Thread(target=served.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.effective_port}"
    served.task_dispatcher.shutdown()  # a thread may still be busy with the end of a stream
    served.close()
    thread.join(5)


def refusing(status: str, *headers: tuple[str, str]) -> Application:
    def application(_: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start(status, [("Content-Type", "text/plain"), ("Content-Length", "2"), *headers])
        return [b"no"]

    return application


def cut_after(size: int, application: Application) -> Application:
    def cut(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        left = size
        pieces = application(environ, start)
        try:
            for piece in pieces:
                yield piece[:left]
                left -= len(piece)
                if left <= 0:
                    raise ConnectionError("the line was cut")
        finally:
            pieces.close()  # type: ignore[attr-defined]

    return cut


def same(box: Site, campus: Site) -> None:
    assert box.node.log.vector(box.parts) == campus.node.log.vector(box.parts)
    assert box.node.model.state_hash() == campus.node.model.state_hash()
    assert box.db.execute("select count(*) from rm_attendance").fetchone()[0] == OPS
    assert not box.node.receipts.lacks_some_of(campus.device, box.parts)


def test_a_new_server_loads_by_one_stream(box: Site, campus: Site, door: Door, address: str) -> None:
    add_peer(box, address, campus.device)
    outcome = exchange_with(box, address)
    same(box, campus)
    assert door.loads == 1 and len(door.asked) <= 4
    assert outcome.taken == box.db.execute("select count(*) from op_log").fetchone()[0]
    assert exchange_with(box, address).taken == 0
    assert door.loads == 1


@pytest.mark.parametrize(
    "answer",
    [
        refusing("404 Not Found", ("X-Luban", "1")),
        refusing("404 Not Found"),
        refusing("503 Service Unavailable", ("X-Luban", "1"), ("Luban-Code", "busy")),
        refusing("200 OK", ("X-Luban", "1")),
    ],
    ids=["an old server", "a proxy", "a busy one", "nonsense"],
)
def test_a_server_without_streams_gives_batches(
    box: Site, campus: Site, door: Door, address: str, answer: Application
) -> None:
    door.instead = lambda _, application: answer
    add_peer(box, address, campus.device)
    exchange_with(box, address)
    same(box, campus)
    assert door.loads == 1 and len(door.asked) > OPS // 500


def test_after_a_cut_the_stream_goes_on_from_there(box: Site, campus: Site, door: Door, address: str) -> None:
    door.instead = lambda number, application: application if number else cut_after(15_000, application)
    add_peer(box, address, campus.device)
    exchange_with(box, address)
    same(box, campus)
    assert door.loads == 2 and len(door.asked) <= 6


def test_the_campus_holds_no_lock_while_a_stream_waits(box: Site, campus: Site, address: str) -> None:
    _meet(box, campus)
    with box.locked() as node:
        data, signature = seal(node, snapshot.ask(node, box.parts, campus.device))
    with closing(HttpCarrier(address)) as carrier:
        pieces = carrier.stream(snapshot.PATH, data, signature)
        assert next(pieces)
        campus.record(actor=SYSTEM, intent="x", changes=[Change("course", "cnc", {"title_en": "CNC"})])
        assert sum(map(len, pieces)) > 0


def test_only_so_many_at_once(box: Site, campus: Site) -> None:
    _meet(box, campus)
    client = create_app(campus).test_client()

    def ask() -> Any:
        with box.locked() as node:
            data, signature = seal(node, snapshot.ask(node, box.parts, campus.device))
        return client.post(snapshot.PATH, data=data, headers={"Luban-Signature": signature}, buffered=False)

    with ExitStack() as stack:
        open_ones = [stack.enter_context(closing(ask())) for _ in range(syncapi.LOADS_MAX)]
        assert [answer.status_code for answer in open_ones] == [200, 200]
        refused = ask()
        assert (refused.status_code, refused.headers["Luban-Code"]) == (503, "busy")
    with closing(ask()) as again:
        assert again.status_code == 200


def test_who_may_not_replicate_gets_nothing(box: Site, campus: Site, address: str) -> None:
    stranger = Author(PrivateKey(b"stranger".ljust(32)), "aaaaaaaa", campus.now)
    first = {"luban": 1, "device": stranger.device, "epoch": "aaaaaaaa", "key": stranger.key.public}
    with closing(HttpCarrier(address)) as carrier:
        for role in ("tablet", "workshop", "campus"):
            raw = wire.pack(first | {"role": role, "parts": ["common", PART], "have": {}}, [])
            signature = exchange.b64(stranger.key.sign(exchange.request_statement(raw)))
            with pytest.raises(CarrierError) as refused:
                list(carrier.stream(snapshot.PATH, wire.compress(raw), signature))
            assert refused.value.code == "not_enrolled"
        with box.locked() as node:
            data, _ = seal(node, snapshot.ask(node, box.parts, campus.device))
        with pytest.raises(CarrierError) as unsigned:
            list(carrier.stream(snapshot.PATH, data, signature))
        assert unsigned.value.code == "bad_signature"
        no_vector = wire.pack(first | {"role": "workshop", "parts": ["common"]}, [])
        signature = exchange.b64(stranger.key.sign(exchange.request_statement(no_vector)))
        with pytest.raises(CarrierError):
            list(carrier.stream(snapshot.PATH, wire.compress(no_vector), signature))


def test_another_workshops_part_never_leaves(tmp_path: Path, campus: Site, address: str) -> None:
    with _workshop(tmp_path, campus, "jinja") as jinja, closing(HttpCarrier(address)) as carrier:
        _meet(jinja, campus)
        with jinja.locked() as node:
            data, signature = seal(node, snapshot.ask(node, ["common", PART, "jinja"], campus.device))
        raw = wire.inflate(b"".join(carrier.stream(snapshot.PATH, data, signature)))
        first, *lines = raw.split(b"\n")
        assert json.loads(first)["parts"] == ["common", "jinja"]
        assert not [line for line in lines if f'"{PART}"'.encode() in line and b'"run"' in line]


@contextmanager
def _workshop(folder: Path, campus: Site, code: str) -> Iterator[Site]:
    made = Site.create(folder / code, code, "workshop", root=campus.device, tz_minutes=180)
    join_workshop(campus, made.key.public, code, code, code, 180)
    yield made
    made.close()


def _meet(box: Site, campus: Site) -> None:
    """What the two say to each other of `common`, without a network."""

    def carrier(data: bytes, signature: str) -> bytes:
        with campus.locked() as node:
            caller = exchange.open_request(data, signature, campus.device)
            return wire.compress(exchange.answer(node, caller, ["common"]))

    synchronise(box.node, Conversation(), carrier, ["common"])
