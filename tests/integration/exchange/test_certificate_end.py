"""The end of the server's certificate: read from the proxy's file, told to tablets at every contact and to people in time."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.integration.conftest import PASSWORD, Clock, csrf_of
from tests.integration.simulated import SimulatedTablet
from workshop.factory import create_app
from workshop.site import Site
from workshop.tls import Certificate

DAY_MS = 24 * 3600 * 1000


def write(path: Path, end_ms: int, changed: int = 1) -> None:
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mbale.luban.example")])
    end = datetime.fromtimestamp(end_ms / 1000, UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(end - timedelta(days=90)).not_valid_after(end)
    path.write_bytes(made.sign(key, None).public_bytes(Encoding.PEM))
    os.utime(path, (changed, changed))


def test_the_end_is_read_again_when_the_file_changes(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "chain.pem"
    certificate = Certificate(path)
    assert certificate.until() is None
    write(path, clock.now, changed=1)
    assert certificate.until() == clock.now
    write(path, clock.now + DAY_MS, changed=2)
    assert certificate.until() == clock.now + DAY_MS
    path.write_text("no certificate")
    os.utime(path, (3, 3))
    assert certificate.until() is None
    assert Certificate(None).until() is None


def test_a_tablet_is_told_at_every_contact(site: Site, tmp_path: Path, clock: Clock) -> None:
    write(tmp_path / "chain.pem", clock.now + DAY_MS)
    tablet = SimulatedTablet(1, wall=clock.now)
    told = create_app(site, CERTIFICATE=tmp_path / "chain.pem").test_client()
    assert tablet.send(told).headers["Luban-Certificate-Until"] == str(clock.now + DAY_MS)
    assert "Luban-Certificate-Until" not in tablet.send(create_app(site).test_client()).headers


def test_the_start_page_warns_three_weeks_before(site: Site, tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "chain.pem"
    write(path, clock.now + 22 * DAY_MS)
    client = create_app(site, TESTING=True, CERTIFICATE=path).test_client()
    form = {"csrf": csrf_of(client, "/en/sign-in"), "username": "mukasa", "password": PASSWORD}
    client.post("/en/sign-in", data=form)
    assert "certificate of this server" not in client.get("/en/").text
    clock.forward(2 * DAY_MS)
    page = client.get("/en/").text
    assert "address ends on 2025-12-13 13:00" in page, page[1500:]
    assert "证书将于" in client.get("/zh/").text
