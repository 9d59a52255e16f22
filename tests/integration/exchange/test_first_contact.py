"""A tablet brings marks at the very moment when the workshop talks to its campus for the first time."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from waitress.server import create_server

from sync import Change, exchange, wire
from sync.exchange import Conversation
from sync.http import synchronise
from workshop.admission import COMMON, SYSTEM
from workshop.config import SERVER
from workshop.exchange.background import add_peer, exchange_with
from workshop.factory import create_app
from workshop.setup import begin_campus, join_workshop
from workshop.site import Site

PART = "mbale"


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    """A workshop and its campus that hold the same and have not talked over the network yet."""
    campus = Site.create(tmp_path / "campus", "tianjin", "campus", tz_minutes=480)
    begin_campus(campus, "Home campus", "天津校本部")
    workshop = Site.create(tmp_path / PART, PART, "workshop", root=campus.device, tz_minutes=180)
    join_workshop(campus, workshop.key.public, PART, "Mbale workshop", "姆巴莱工坊", 180)

    def carrier(data: bytes, signature: str) -> bytes:
        with campus.locked() as node:
            caller = exchange.open_request(data, signature, campus.device)
            return wire.compress(exchange.answer(node, caller, [COMMON, PART]))

    synchronise(workshop.node, Conversation(), carrier, workshop.parts)
    yield workshop, campus
    workshop.close()
    campus.close()


def test_what_comes_during_the_first_contact_goes_with_the_next(sites: tuple[Site, Site]) -> None:
    workshop, campus = sites
    application = create_app(campus)
    waiting = [Change("staff", "sakello", {"name_en": "Akello Grace", "name_zh": "阿凯洛"})]

    def meanwhile(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        if waiting:
            workshop.record(actor=SYSTEM, intent="staff.add", changes=[waiting.pop()])
        return application(environ, start)

    server = create_server(meanwhile, host="127.0.0.1", port=0, **SERVER)
    threading.Thread(target=server.run, daemon=True).start()
    address = f"http://127.0.0.1:{server.effective_port}"
    add_peer(workshop, address, campus.device)
    try:
        sent = [exchange_with(workshop, address).sent for _ in range(3)]
    finally:
        server.close()
    assert (sum(sent), sent[-1]) == (1, 0)
    assert campus.db.execute("select name_en from rm_staff where part = ?", (PART,)).fetchall() == [
        ("Akello Grace",)
    ]
