"""The same sign-in for a tablet's script: who the person is, and a PIN record only for an enrolled tablet that proves itself."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sync import Change, PrivateKey
from sync.ops import b64
from tests.integration.conftest import PASSWORD, add_staff
from workshop.accounts import commands
from workshop.admission import SYSTEM
from workshop.site import Site

TABLET = PrivateKey(b"\x01" * 32)
STRANGE = PrivateKey(b"\x02" * 32)


@pytest.fixture
def tablet(site: Site) -> PrivateKey:
    fields = {"name": "Tablet 1", "key": TABLET.public, "kind": "tablet", "site": "mbale", "enrolled": True}
    change = Change("device", TABLET.device, {**fields, "revoked_at": None})
    site.record(actor=SYSTEM, intent="device.enrol", changes=[change], part="mbale")
    return TABLET


def post(client: FlaskClient, body: Any, **headers: str) -> TestResponse:
    return client.post("/en/sign-in/tablet", json=body, headers={"X-Luban": "1", **headers})


def signed(key: PrivateKey, username: str = "akello", **more: str) -> dict[str, str]:
    text = f"luban-signin-1\n{key.device}\n{username}"
    body = {
        "username": username,
        "password": PASSWORD,
        "device": key.device,
        "sig": b64(key.sign(text.encode())),
    }
    return {**body, **more}


def test_an_enrolled_tablet_gets_the_person_and_the_pin_record(
    client: FlaskClient, site: Site, tablet: PrivateKey
) -> None:
    commands.set_pin(site, "akello", "402815")
    answer = post(client, signed(tablet))
    assert answer.status_code == 200 and answer.json is not None
    given = dict(answer.json)
    pin = given.pop("pin")
    assert given == {
        "person": "sakello",
        "username": "akello",
        "kind": "staff",
        "name_en": "Akello Grace",
        "name_zh": "阿凯洛",
        "roles": ["instructor"],
        "site": "mbale",
        "since": site.now(),
        "until": site.now() + 30 * 86_400_000,
    }
    assert (pin["alg"], pin["iterations"]) == ("PBKDF2-SHA256", 300_000)
    assert len(pin["hash"]) == 43 and "=" not in pin["hash"] + pin["salt"]
    assert client.get("/en/account").status_code == 200


def test_it_lets_the_persons_records_come_from_that_tablet(
    client: FlaskClient, site: Site, tablet: PrivateKey
) -> None:
    post(client, signed(tablet))
    post(client, signed(tablet))
    rows = list(site.db.query("select part, device_id, staff_id, active from rm_device_person"))
    assert rows == [{"part": "mbale", "device_id": tablet.device, "staff_id": "sakello", "active": 1}]
    assert site.db.execute("select count(*) from rm_device_person").fetchone()[0] == 1


def test_a_tablet_has_ten_people(client: FlaskClient, site: Site, tablet: PrivateKey) -> None:
    for number in range(10):
        change = Change("device_person", f"{tablet.device}.s{number}", {"active": True})
        site.record(actor=SYSTEM, intent="device.sign_in", changes=[change], part="mbale")
    answer = post(client, signed(tablet))
    assert answer.status_code == 409 and answer.json is not None
    assert answer.json["what"] == "Ten people use this tablet already."


def test_without_a_device_there_is_no_pin(client: FlaskClient) -> None:
    answer = post(client, {"username": "akello", "password": PASSWORD})
    assert answer.status_code == 200 and answer.json is not None
    assert answer.json["pin"] is None


def test_a_strange_device_a_borrowed_name_and_a_forged_signature_are_refused(
    client: FlaskClient, tablet: PrivateKey
) -> None:
    strange = post(client, signed(STRANGE))
    borrowed = post(client, {**signed(STRANGE), "device": tablet.device})
    other_person = post(client, {**signed(tablet, "mukasa"), "username": "akello"})
    damaged = post(client, signed(tablet, sig="!!"))
    assert [a.status_code for a in (strange, borrowed, other_person, damaged)] == [403, 403, 403, 400]
    assert client.get("/en/account").status_code == 303


def test_a_revoked_tablet_gets_nothing(client: FlaskClient, site: Site, tablet: PrivateKey) -> None:
    base = tuple(_heads(site, tablet))
    change = Change("device", tablet.device, {"revoked_at": {}}, base)
    site.record(actor=SYSTEM, intent="device.revoke", changes=[change], part="mbale")
    assert post(client, signed(tablet)).status_code == 403


def _heads(site: Site, tablet: PrivateKey) -> list[str]:
    [row] = site.db.query("select heads from rm_device where id = ?", [tablet.device])
    return json.loads(row["heads"])["revoked_at"]


def test_a_wrong_password_is_refused_in_words(client: FlaskClient, tablet: PrivateKey) -> None:
    answer = client.post(
        "/zh/sign-in/tablet", json=signed(tablet, password="not this one"), headers={"X-Luban": "1"}
    )
    assert answer.status_code == 422 and answer.json is not None
    assert answer.json["code"] == "sign_in_wrong"
    assert answer.json["what"] == "用户名或密码不正确。"


@pytest.mark.parametrize(
    "body", [[], "x", {"username": 1, "password": "x"}, {"username": {}, "password": []}]
)
def test_a_body_that_is_something_else_is_refused(client: FlaskClient, body: Any) -> None:
    assert post(client, body).status_code == 400


def test_another_site_cannot_send_it(client: FlaskClient) -> None:
    """No token is asked for; instead a header and a type that a foreign page cannot send without our leave."""
    body = {"username": "akello", "password": PASSWORD}
    assert client.post("/en/sign-in/tablet", json=body).status_code == 400
    assert client.post("/en/sign-in/tablet", data=body, headers={"X-Luban": "1"}).status_code == 400


def test_trainees_sign_in_with_the_role_trainee(client: FlaskClient, site: Site) -> None:
    add_staff(site, "sreg", "Registrar", "", "admin")
    site.record(
        actor="sadmin", intent="trainee.add", part="mbale",
        changes=[Change("trainee", "tokot", {"number": "UTC/ME/24/00017", "name": "Okot Peter", "category": "local_student"})],
    )  # fmt: skip
    with site.writing() as db:
        commands.create_account(db, "okot", "tokot", PASSWORD, site.now(), kind="trainee")
    answer = post(client, {"username": "okot", "password": PASSWORD})
    assert answer.json is not None
    assert (answer.json["name_en"], answer.json["roles"]) == ("Okot Peter", ["trainee"])
