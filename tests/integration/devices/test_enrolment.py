"""A tablet asks, an administrator compares six digits; or an invitation, once; what revoking and taking it back do."""

import re

from flask.testing import FlaskClient

from sync import Change
from tests.integration.conftest import Clock, SignIn
from tests.integration.devices.conftest import Post, marked
from tests.integration.simulated import SimulatedTablet
from workshop.admission import SYSTEM
from workshop.factory import create_app
from workshop.site import Site


def state(client: FlaskClient, tablet: SimulatedTablet) -> str:
    answer = client.get(f"/sync/v1/enrol/{tablet.id}")
    assert answer.json is not None
    return str(answer.json["state"])


def test_it_waits_with_six_digits_until_they_are_typed(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site
) -> None:
    asked = tablet.enrol(client).json
    assert asked is not None
    assert asked["state"] == "waiting" and re.fullmatch(r"\d{6}", asked["code"])
    assert asked["site"]["device"] == site.device and asked["site"]["code"] == "mbale"

    wrong = str((int(asked["code"]) + 1) % 1_000_000).zfill(6)
    refused = admin("approve", device=tablet.id, code=wrong)
    assert refused.status_code == 422
    assert "The six digits are not those on the tablet" in refused.text
    assert state(client, tablet) == "waiting"

    done = admin("approve", device=tablet.id, code=f" {asked['code']} ")
    assert done.status_code == 303 and "done=approved" in done.location
    assert state(client, tablet) == "enrolled"
    row = site.db.execute("select name, kind, site, enrolled from rm_device where id = ?", [tablet.id])
    assert row.fetchone() == ("Tablet 1", "tablet", "mbale", 1)


def test_the_digits_are_not_on_the_administrators_page(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post
) -> None:
    asked = tablet.enrol(client).json
    page = client.get("/en/devices").text
    assert asked is not None
    assert "Tablet 1" in page and tablet.id[1:7].upper() in page
    assert asked["code"] not in page


def test_a_refused_device_may_ask_again(client: FlaskClient, tablet: SimulatedTablet, admin: Post) -> None:
    tablet.enrol(client)
    admin("refuse", device=tablet.id)
    assert state(client, tablet) == "refused"
    tablet.enrol(client, "Tablet one")
    assert state(client, tablet) == "waiting"


def invitation(page: str) -> str:
    found = re.search(r"invite-code[^>]*>([a-z2-9-]{14})<", page)
    assert found
    return found[1]


def test_an_invitation_enrols_one_device_once(
    client: FlaskClient, tablet: SimulatedTablet, other: SimulatedTablet, admin: Post
) -> None:
    page = admin("invite")
    assert page.status_code == 200 and 'src="data:image/svg+xml' in page.text
    code = invitation(page.text)
    assert tablet.enrol(client, code=code.upper()).status_code == 200
    assert state(client, tablet) == "enrolled"
    again = other.enrol(client, code=code)
    assert again.status_code == 422 and again.json is not None and again.json["code"] == "invite_bad"
    assert client.get(f"/sync/v1/enrol/{other.id}").status_code == 404


def test_an_invitation_ends_after_a_day(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, clock: Clock
) -> None:
    code = invitation(admin("invite").text)
    clock.forward(24 * 3600 * 1000 + 1)
    assert tablet.enrol(client, code=code).status_code == 422


def test_nobody_asks_in_anothers_name(
    client: FlaskClient, tablet: SimulatedTablet, other: SimulatedTablet
) -> None:
    forged = other.post(client, "/sync/v1/enrol", tablet.ask("Mallory's"))
    assert forged.status_code == 400
    assert client.get(f"/sync/v1/enrol/{tablet.id}").status_code == 404


def test_only_an_administrator_approves(
    client: FlaskClient, tablet: SimulatedTablet, sign_in: SignIn
) -> None:
    tablet.enrol(client)
    sign_in("akello")
    assert client.get("/en/devices").status_code == 403


def enrolled(site: Site, client: FlaskClient, tablet: SimulatedTablet, admin: Post) -> None:
    asked = tablet.enrol(client).json
    assert asked is not None
    admin("approve", device=tablet.id, code=asked["code"])
    binding = Change("device_person", f"{tablet.id}.sakello", {"active": True})
    site.record(actor=SYSTEM, intent="device.sign_in", changes=[binding])


def test_what_came_before_the_revocation_counts_and_what_comes_later_waits(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site
) -> None:
    enrolled(site, client, tablet, admin)
    tablet.mark("t01")
    tablet.exchange(client)
    assert admin("revoke", device=tablet.id).status_code == 303
    tablet.mark("t02")
    told = tablet.exchange(client)
    assert [code for _, code in told["quarantined"]] == ["device_revoked"]
    assert marked(site) == ["t01"]
    assert state(client, tablet) == "refused"
    assert tablet.enrol(client).status_code == 403

    assert "is held back" in client.get("/en/devices").text
    admin("restore", device=tablet.id)
    assert marked(site) == ["t01", "t02"]
    assert state(client, tablet) == "enrolled"


def test_what_was_recorded_before_the_approval_counts_from_then_on(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site
) -> None:
    tablet.mark("t01")
    told = tablet.exchange(client)
    assert [code for _, code in told["quarantined"]] == ["unknown_device"]
    assert marked(site) == []
    enrolled(site, client, tablet, admin)
    assert marked(site) == ["t01"]


def test_a_campus_enrols_no_tablets(tmp_path: object, tablet: SimulatedTablet, site: Site) -> None:
    campus = Site.create(site.folder.parent / "campus", "tianjin", "campus", clock=site.now)
    client = create_app(campus, TESTING=True).test_client()
    answer = tablet.enrol(client)
    assert answer.status_code == 409 and answer.json is not None
    assert answer.json["code"] == "enrol_campus"
    campus.close()
