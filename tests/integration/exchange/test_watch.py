"""What the start page says of the exchange by itself: late news with its reason, silent workshops, records of a newer program."""

import re

from sync import Change
from sync.ops import Header, encode_body, encode_header
from tests.integration.conftest import Clock
from tests.integration.exchange.conftest import Desk, meet
from tests.integration.simulated import SimulatedTablet
from workshop.admission import SYSTEM
from workshop.devices.contacts import note_contact
from workshop.exchange.background import add_peer, exchange_with
from workshop.exchange.watch import watch
from workshop.site import Site

DAY_MS = 24 * 3600 * 1000


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def record(site: Site) -> None:
    site.record(actor=SYSTEM, intent="test.act", changes=[Change("trainee", "tokot00000", {"name": "Okot"})])


def test_late_news_is_told_with_its_reason_and_goes_when_it_has_arrived(
    mbale: Site, campus: Site, desk: Desk, clock: Clock
) -> None:
    meet(mbale, campus)
    akello = desk(mbale, "akello")
    record(mbale)
    clock.forward(2 * DAY_MS)
    assert watch(mbale).late is None
    assert "waited for the home campus" not in akello.get("/en/").text
    clock.forward(2 * DAY_MS)
    add_peer(mbale, "http://127.0.0.1:1")
    try:
        exchange_with(mbale, "http://127.0.0.1:1", timeout_s=1)
    except Exception as error:  # noqa: BLE001 - any failure will do, the page tells which
        assert getattr(error, "code", "") == "unreachable"
    page = plain(akello.get("/en/").text)
    assert "1 record has waited for the home campus for more than three days" in page
    assert "The other server cannot be reached." in page
    assert "4 days ago" in page
    assert "已等待" in akello.get("/zh/").text
    meet(mbale, campus)
    assert not watch(mbale)
    assert "waited for the home campus" not in akello.get("/en/").text


def test_the_campus_notices_a_workshop_that_does_not_call(
    mbale: Site, campus: Site, desk: Desk, clock: Clock
) -> None:
    hello = {"device": mbale.device, "epoch": mbale.node.epoch, "now": campus.now()}
    note_contact(campus, hello, campus.now())
    wang = desk(campus, "wang")
    assert watch(campus).silent == ()
    clock.forward(8 * DAY_MS)
    assert [part for part, _ in watch(campus).silent] == ["mbale"]
    assert "The workshop mbale has not called for more than a week." in plain(wang.get("/en/").text)


def test_records_of_a_newer_program_are_told(
    mbale: Site, tablet: SimulatedTablet, desk: Desk, clock: Clock
) -> None:
    header = Header(
        v=2, dev=tablet.id, ep=tablet.chain[1], part="mbale", seq=1, wall=clock.now, tz=180, actor="sakello", intent="x"
    )  # fmt: skip
    lines = (
        encode_header(header),
        encode_body([Change("attendance", "T01.1.tokot00000", {"status": "present"})]),
    )
    tablet.append(*lines)
    mbale.node.take(tablet.runs())
    assert watch(mbale).newer == 1
    assert "1 record was made by a newer version of the program." in plain(
        desk(mbale, "mukasa").get("/en/").text
    )
