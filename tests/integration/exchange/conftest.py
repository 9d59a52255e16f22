"""A campus and a workshop that has joined it, opened in one process, each with its application and a signed-in browser."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from waitress.server import create_server

from sync import Change, exchange, wire
from sync.exchange import Conversation
from sync.http import synchronise
from tests.integration.conftest import PASSWORD, Clock, add_staff, csrf_of
from tests.integration.simulated import SimulatedTablet
from workshop.accounts import commands
from workshop.admission import COMMON, SYSTEM
from workshop.config import SERVER
from workshop.factory import create_app
from workshop.setup import begin_campus, join_workshop
from workshop.site import Site

Desk = Callable[[Site, str], FlaskClient]


@pytest.fixture
def campus(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    made = Site.create(tmp_path / "campus", "tianjin", "campus", tz_minutes=480, clock=clock)
    begin_campus(made, "Home campus", "天津校本部")
    staff = [
        Change("staff", "swang", {"name_en": "Wang Lihua", "name_zh": "王丽华"}),
        Change("grant", "swang.reviewer.all", {"active": True}),
    ]
    made.record(actor=SYSTEM, intent="staff.add", changes=staff)
    with made.writing() as db:
        commands.create_account(db, "wang", "swang", PASSWORD, clock.now)
    yield made
    made.close()


@pytest.fixture
def mbale(tmp_path: Path, clock: Clock, campus: Site) -> Iterator[Site]:
    """Joined to the campus and met once; with Akello (instructor), Mukasa (administrator) and Nabirye (supervisor)."""
    made = Site.create(tmp_path / "ws", "mbale", "workshop", root=campus.device, tz_minutes=180, clock=clock)
    join_workshop(campus, made.key.public, "mbale", "Mbale workshop", "姆巴莱工坊", 180)
    meet(made, campus)
    for staff_id, username, role in (
        ("sakello", "akello", "instructor"),
        ("smukasa", "mukasa", "admin"),
        ("snabirye", "nabirye", "supervisor"),
    ):
        add_staff(made, staff_id, username.title(), "", role)
        with made.writing() as db:
            commands.create_account(db, username, staff_id, PASSWORD, clock.now)
    yield made
    made.close()


def meet(site: Site, campus: Site) -> None:
    """One exchange over a carrier that is a function call."""

    def carrier(data: bytes, signature: str) -> bytes:
        with campus.locked() as node:
            caller = exchange.open_request(data, signature, campus.device)
            return wire.compress(exchange.answer(node, caller, [COMMON, site.code]))

    synchronise(site.node, Conversation(), carrier, site.parts)


@pytest.fixture
def desk() -> Desk:
    """`desk(site, "akello")`: a client of that site's application, signed in."""

    def signed_in(site: Site, username: str) -> FlaskClient:
        client = create_app(site, TESTING=True).test_client()
        form = {"csrf": csrf_of(client, "/en/sign-in"), "username": username, "password": PASSWORD}
        assert client.post("/en/sign-in", data=form).status_code == 303
        return client

    return signed_in


@pytest.fixture
def campus_address(campus: Site) -> Iterator[str]:
    """The campus answering on loopback."""
    served = create_server(create_app(campus), host="127.0.0.1", port=0, **SERVER)
    thread = threading.Thread(target=served.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.effective_port}"
    served.close()
    thread.join(5)


@pytest.fixture
def tablet(mbale: Site, clock: Clock) -> SimulatedTablet:
    """Enrolled at Mbale, with Akello on it."""
    made = SimulatedTablet(7, wall=clock.now)
    fields = {"name": "Tablet 7", "key": made.key.public, "kind": "tablet", "site": "mbale", "enrolled": True}
    changes = [
        Change("device", made.id, fields),
        Change("device_person", f"{made.id}.sakello", {"active": True}),
    ]
    mbale.record(actor=SYSTEM, intent="device.enrol", changes=changes)
    return made
