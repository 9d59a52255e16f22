"""A person who signed in before the tablet was enrolled is bound to it by the session and the tablet's signature together."""

import json

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sync import Change
from tests.integration.conftest import SignIn
from tests.integration.simulated import SimulatedTablet
from workshop.accounts import commands
from workshop.admission import SYSTEM
from workshop.site import Site


def enrol(site: Site, tablet: SimulatedTablet) -> None:
    fields = {
        "name": "Tablet 1",
        "key": tablet.key.public,
        "kind": "tablet",
        "site": "mbale",
        "enrolled": True,
    }
    site.record(actor=SYSTEM, intent="device.enrol", changes=[Change("device", tablet.id, fields)])


def here(client: FlaskClient, tablet: SimulatedTablet, device: str | None = None) -> TestResponse:
    return tablet.post(client, "/sync/v1/here", {"device": device or tablet.id})


def bound(site: Site) -> list[str]:
    return [row[0] for row in site.db.execute("select staff_id from rm_device_person where active = 1")]


def test_marks_made_before_count_without_another_password(
    client: FlaskClient, site: Site, tablet: SimulatedTablet, sign_in: SignIn
) -> None:
    commands.set_pin(site, "akello", "402815")
    sign_in("akello")
    tablet.mark("t01")
    enrol(site, tablet)
    assert [code for _, code in tablet.exchange(client)["quarantined"]] == ["actor_not_on_device"]
    answer = here(client, tablet)
    assert answer.status_code == 200 and answer.json is not None
    assert (answer.json["person"], answer.json["kind"]) == ("sakello", "staff")
    assert answer.json["pin"]["iterations"] == 300_000
    assert bound(site) == ["sakello"]
    assert "quarantined" not in tablet.exchange(client)
    assert here(client, tablet).status_code == 200
    assert bound(site) == ["sakello"]


def test_neither_the_session_nor_the_signature_alone_is_enough(
    client: FlaskClient, site: Site, tablet: SimulatedTablet, other: SimulatedTablet, sign_in: SignIn
) -> None:
    enrol(site, tablet)
    assert here(client, tablet).status_code == 401
    sign_in("akello")
    assert here(client, other).status_code == 403
    assert here(client, other, device=tablet.id).status_code == 403
    forged = client.post("/sync/v1/here", json={"device": tablet.id}, headers={"Luban-Signature": "A" * 86})
    assert forged.status_code == 403
    assert bound(site) == []


def test_who_was_taken_off_can_come_back_without_a_conflict(
    client: FlaskClient, site: Site, tablet: SimulatedTablet, sign_in: SignIn
) -> None:
    enrol(site, tablet)
    sign_in("akello")
    here(client, tablet)
    name = f"{tablet.id}.sakello"
    [heads] = site.db.query("select heads from rm_device_person where id = ?", [name])
    base = tuple(json.loads(heads["heads"])["active"])
    site.record(
        actor="sadmin",
        intent="device.unbind",
        changes=[Change("device_person", name, {"active": False}, base)],
    )
    assert bound(site) == []
    here(client, tablet)
    assert site.db.execute("select active, conflict from rm_device_person").fetchall() == [(1, 0)]
