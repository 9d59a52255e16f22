"""Two tabs at once, a new version in the middle of an exchange, an expired certificate."""

import datetime
import http.client
import ipaddress
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import Page, expect

from tests.browser import at_work as work
from tests.browser.conftest import Tablet, chromium_path
from tests.browser.fake_workshop import FakeServer
from tests.browser.servers import RunningSite, TwoSites, free_port
from tests.browser.tablet_page import call, html, mark, refusal, stored
from tests.faults.conftest import Figures
from tests.faults.patience import eventually

pytestmark = pytest.mark.browser
Chromium = Callable[..., Tablet]
ROOT = Path(__file__).parents[2]


def test_fault_31_two_tabs_tap_at_once(chromium: Chromium, two_sites: TwoSites, figures: Figures) -> None:
    tablet, url = chromium("one"), work.register_url(two_sites.workshop.url)
    page = tablet.open(None, viewport=work.WIDE)
    device = work.ready_tablet(page, two_sites.workshop)
    pages = [page, tablet.open()]
    for each in pages:
        each.goto(url)
        each.wait_for_selector('li[data-record="attendance"]')
    tap = """(trainees) => trainees.forEach((trainee) => document
      .querySelector(`li[data-record="attendance"][data-id="T01.1.${trainee}"] .marks button[value=present]`).click())"""
    halves = [[f"t{number:02}" for number in range(start, 41, 2)] for start in (1, 2)]
    for each, half in zip(pages, halves, strict=True):
        each.evaluate(
            f"(trainees) => {{ setTimeout(() => ({tap})(trainees), 50 - (performance.now() % 50)); }}", half
        )
    eventually(lambda: len(work.ops_of(two_sites.workshop, device)) == 40, 40)
    assert [seq for seq, _ in work.ops_of(two_sites.workshop, device)] == list(range(1, 41)), (
        "each has a number of its own"
    )
    assert len(work.marks_stored(two_sites.workshop)) == 40
    figures.did(tabs=2, taps=40)
    seqs = [seq for seq, _ in work.ops_of(two_sites.workshop, device)]
    figures.found(lost=40 - len(set(seqs)), twice=len(seqs) - len(set(seqs)))


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    running = FakeServer()
    running.workshop.pages["/en/t"] = (html(), '"1"')
    yield running
    running.shutdown()
    running.server_close()


def test_fault_32_worker_updated_in_mid_sync_and_an_old_tab_writes(
    chromium: Chromium, fake: FakeServer, figures: Figures
) -> None:
    """A new version arrives while a batch is on its way; then a newer page lays out the store anew, and the old tab taps."""
    tablet = chromium("one")
    page = tablet.open(f"{fake.url}/en/t")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    fake.workshop.most_ops = 7
    page.context.set_offline(True)
    for number in range(30):
        mark(page, f"p{number}")
    page.context.set_offline(False)
    fake.workshop.sw_build = "two"
    page.evaluate(
        """async () => {
          const client = await import("/static/t/js/sync/client.js");
          globalThis.sent = client.sendNow();
          await (await navigator.serviceWorker.getRegistration()).update();
        }"""
    )
    eventually(
        lambda: page.evaluate(
            "async () => Boolean((await navigator.serviceWorker.getRegistration()).waiting)"
        )
    )
    eventually(
        lambda: (call(page, "sync/client.js", "sendNow"), call(page, "sync/outbox.js", "pending"))[1] == 0, 30
    )
    newer = tablet.open(f"{fake.url}/en/t")
    newer.evaluate(
        """() => new Promise((resolve, reject) => {
          const request = indexedDB.open("luban", 99);
          request.onsuccess = () => { request.result.close(); resolve(); };
          request.onblocked = () => reject(new Error("the old tab holds the store"));
        })"""
    )
    newer.close()
    assert (
        refusal(page, "sync/outbox.js", "record", "x", [["attendance", "T01.3.p99", {"status": "late"}]])
        == "storage_newer"
    )
    kept = page.evaluate(
        """() => new Promise((resolve) => { indexedDB.open("luban").onsuccess = ({ target }) => {
          target.result.transaction("ops").objectStore("ops").count().onsuccess = (event) => resolve(event.target.result); }; })"""
    )
    [held] = [ops for chain, ops in fake.workshop.ops.items()]
    assert (kept, len(held)) == (30, 30), "no op is lost, and none is sent twice"
    assert stored is not None
    figures.did(updates=1, ops=30)
    figures.found(lost=30 - len(held), written_by_old_code=kept - 30)


class TlsLine:
    """https in front of a server, with a certificate that is good or has ended. Tells the server that it was https."""

    def __init__(self, to: int, folder: Path, days_left: int, port: int = 0) -> None:
        self.to, (self.certificate, self.pin) = to, certificate(folder, days_left)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else the thread that waits in it keeps the port
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with (
            suppress(OSError),
            self._context.wrap_socket(plain, server_side=True) as client,
            socket.create_connection(("127.0.0.1", self.to)) as server,
        ):
            threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
            while data := server.recv(65536):
                client.sendall(data)

    def _pass_on(self, client: ssl.SSLSocket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if data.startswith((b"GET ", b"POST ")):
                    data = data.replace(b"\r\n", b"\r\nX-Forwarded-Proto: https\r\n", 1)
                server.sendall(data)


def certificate(folder: Path, days_left: int) -> tuple[Path, str]:
    """A certificate for 127.0.0.1 that ends in so many days, with its key; and the pin by which a browser may be told to take it."""
    import base64
    import hashlib

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mbale.luban.example")])
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days_left)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(end - datetime.timedelta(days=60)).not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / f"{days_left}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return path, base64.b64encode(hashlib.sha256(public).digest()).decode()


class Trusting(Tablet):
    """A tablet that takes certificates with this pin while they last, as one on which the campus's root is installed does."""

    pin = ""

    def open(self, url: str | None = None, **options: object) -> Page:
        if self.context is None:
            self.context = self._playwright.chromium.launch_persistent_context(
                str(self.profile),
                executable_path=chromium_path(),
                args=[
                    "--no-sandbox",
                    "--disable-dev-shm-usage",
                    *([f"--ignore-certificate-errors-spki-list={self.pin}"] if self.pin else []),
                ],
                timezone_id="Africa/Kampala",
                **options,  # type: ignore[arg-type]
            )
        page = self.context.pages[0]
        if url:
            page.goto(url)
        return page


@pytest.fixture
def behind(seeded_sites: tuple[Path, Path, int], tmp_path: Path) -> Iterator[RunningSite]:
    """The workshop behind a proxy that speaks TLS for it."""
    import shutil

    folder, port = Path(shutil.copytree(seeded_sites[1], tmp_path / "mbale")), free_port()
    command = [sys.executable, "-c", "from workshop.cli import main; main()", "--data", str(folder)]
    with (folder / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "serve", "--port", str(port), "--every", "0", "--behind-proxy"],
            stdout=log,
            stderr=log,
            cwd=ROOT,
        )
    running = RunningSite(process, folder, port)

    def answers() -> bool:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            line.request("GET", "/healthz")
            return line.getresponse().status == 200
        except OSError:
            return False
        finally:
            line.close()

    eventually(answers, 20)
    yield running
    running.kill()


def test_fault_33_certificate_expired(
    playwright, behind: RunningSite, tmp_path: Path, figures: Figures
) -> None:  # type: ignore[no-untyped-def]
    """The tablet was at work when the server's certificate ended. It opens from what it keeps, records, says so, and writes its file."""
    good = TlsLine(behind.port, tmp_path, days_left=10)
    site = type("Https", (RunningSite,), {"url": property(lambda self: f"https://127.0.0.1:{good.port}")})(
        behind.process, behind.folder, good.port
    )
    tablet = Trusting(playwright, tmp_path / "profile")
    tablet.pin = good.pin
    page = tablet.open(None, viewport=work.WIDE, accept_downloads=True)
    device = work.ready_tablet(page, site)
    page.goto(work.register_url(site.url))
    work.mark(page, "t01", "present")
    eventually(lambda: work.marks_shown(page)["t01"][1] == "workshop")
    tablet.close()
    good.close()
    ended = TlsLine(behind.port, tmp_path, days_left=-1, port=good.port)
    tablet.pin = ""
    try:
        page = tablet.open(work.register_url(site.url), viewport=work.WIDE, accept_downloads=True)
        work.mark(page, "t02", "absent")
        work.mark(page, "t03", "late")
        strip = page.locator("[data-strip]")
        expect(strip).to_contain_text("Marks are saved on this tablet (2 waiting)", timeout=20_000)
        assert len(work.ops_of(behind, device)) == 1, "nothing goes over a line that cannot be trusted"
        page.goto(f"{site.url}/en/tablet")
        page.evaluate("() => { navigator.canShare = undefined; }")
        with page.expect_download() as saved:
            page.click("[data-export]")
        file = tmp_path / "by-hand.luban"
        saved.value.save_as(file)
        assert file.stat().st_size > 200
        page.goto(work.register_url(site.url))
        page.wait_for_selector('li[data-record="attendance"]')
        eventually(lambda: len(kept_marks(page)) == 3)
        lost = 3 - len(kept_marks(page))
    finally:
        tablet.close()
        ended.close()
    figures.did(taps=3, files=1)
    figures.found(lost=lost)


def kept_marks(page: Page) -> list[str]:
    return [trainee for trainee, (status, _) in work.marks_shown(page).items() if status != "none"]
