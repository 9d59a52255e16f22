"""A contact without news costs one small request: what the tablet holds is not told again."""

from flask.testing import FlaskClient

from sync import wire
from sync.messages import read_receipt
from sync.receipts import held_digest
from tests.integration.simulated import SimulatedTablet
from workshop.site import Site


def test_receipts_are_told_once_and_again_when_they_grow(client: FlaskClient, site: Site) -> None:
    tablet = SimulatedTablet(7, wall=site.now())
    tablet.mark("tone")
    told = [read_receipt(item) for item in tablet.exchange(client)["receipts"]]
    assert told
    again = tablet.send(client, [], held=held_digest(told))
    assert wire.unpack(wire.inflate(again.data))[0].get("receipts", []) == []
    tablet.mark("ttwo")
    grown = tablet.send(client, tablet.runs(2), held=held_digest(told))
    assert [item["seq"] for item in wire.unpack(wire.inflate(grown.data))[0]["receipts"]] == [2]


def test_a_tablet_that_holds_nothing_is_told_everything(client: FlaskClient, site: Site) -> None:
    tablet = SimulatedTablet(8, wall=site.now())
    tablet.mark("tone")
    tablet.exchange(client)
    fresh = tablet.send(client, [], held=held_digest([]))
    assert len(wire.unpack(wire.inflate(fresh.data))[0]["receipts"]) == 1
