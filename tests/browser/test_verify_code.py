"""The checking page in Chromium, in the real shell with its real policy, against codes made by Python."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cbor2
import msgspec
import pytest
from flask import Blueprint, Response, request
from playwright.sync_api import Page, Route, expect
from werkzeug.serving import make_server

from sync.signing import PrivateKey
from workshop import factory
from workshop.certificates.code import Code, Payload, check_code, sign_certificate
from workshop.certificates.qr import qr_png
from workshop.certificates.serial import make_serial
from workshop.certificates.trust import (
    Issuer,
    Withdrawn,
    open_trust,
    page_data,
    sign_trust,
    sign_withdrawn,
)
from workshop.certificates.words import check_page_words
from workshop.web import render

pytestmark = pytest.mark.browser
CAMPUS, WORKSHOP, MALLORY = (PrivateKey(letter * 32) for letter in (b"c", b"w", b"m"))
SERIALS = [make_serial("LBW-UG", 2026, number) for number in (1, 2, 3)]
TRUST = sign_trust(
    [Issuer("Uganda Luban Workshop", "乌干达鲁班工坊", WORKSHOP.public, "2026-01-01", "2027-12-31")],
    "2026-09-10",
    CAMPUS,
)
WITHDRAWN = sign_withdrawn(
    [Withdrawn(SERIALS[1], "2026-09-01"), Withdrawn(SERIALS[2], "2026-09-02", "replaced")],
    "2026-09-11",
    CAMPUS,
)
OPENED = open_trust(TRUST, WITHDRAWN, CAMPUS.public)
GOOD = Payload(
    SERIALS[0], "Ŋora Ng'ang'a <b>", "欧阳娜", "PLC-01", "Programmable Logic Controllers", "可编程控制器",
    40, "competent", "2026-08-01", 1, bytes(range(16)),
)  # fmt: skip


def signed(key: PrivateKey = WORKSHOP, **change: Any) -> Code:
    return sign_certificate(msgspec.structs.replace(GOOD, **change), key)


def altered() -> Code:
    parts = list(cbor2.loads(signed().cose).value)
    parts[2] = parts[2].replace(b"PLC-01", b"PLC-02")
    return Code(cbor2.dumps(cbor2.CBORTag(18, parts)))


CODES = {
    "valid": signed().text,
    "altered": altered().text,
    "unknown_issuer": signed(MALLORY).text,
    "withdrawn": signed(serial=SERIALS[1]).text,
    "replaced": signed(serial=SERIALS[2]).text,
    "unreadable": "LBW1:HELLO",
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    bp = Blueprint("check", __name__)
    lists = {
        "good": page_data(TRUST, WITHDRAWN, CAMPUS.public),
        "forged": page_data(TRUST, WITHDRAWN, MALLORY.public),
    }

    @bp.route("/check/<kind>", methods=["GET", "POST"])
    def check(kind: str) -> Response:
        code = request.form.get("code", "")
        verdict = check_code(code, OPENED, "2026-09-12") if code else None
        return render(
            "certificates/verify.html",
            words=check_page_words(),
            lists=lists[kind],
            action=request.path,
            code=code,
            verdict=verdict,
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            factory, "FEATURES", ("devices",)
        )  # the frame links to the tablet's page; no other feature, no site
        app = factory.create_app(None)
    app.register_blueprint(bp, url_prefix="/<any(en,zh):lang>")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_page(chromium: Callable[[str], Any], address: str) -> Iterator[Callable[..., Page]]:
    errors: list[str] = []

    def opened(
        path: str = "/en/check/good", before: str = "", day: str = "2026-09-12", **options: Any
    ) -> Page:
        page: Page = chromium("stranger").open(None, **options)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.clock.set_fixed_time(f"{day}T09:00:00Z")
        if before:
            page.add_init_script(before)
        page.goto(address + path)
        return page

    yield opened
    assert errors == []


def paste(page: Page, text: str) -> str:
    page.locator("textarea").fill(text)
    page.locator("[data-form] button").click()
    notice = page.locator("[data-result] .notice").first
    notice.wait_for()
    return notice.get_attribute("data-state") or ""


def test_every_verdict_is_the_servers_in_both_languages(open_page: Callable[..., Page]) -> None:
    page = open_page()
    for state, text in CODES.items():
        page.evaluate("document.querySelector('[data-result]').replaceChildren()")
        assert paste(page, text) == state == check_code(text, OPENED, "2026-09-12").state
        assert page.locator("[data-result] [data-state=stale]").count() == 0
    assert paste(page, CODES["valid"]) == "valid"
    result = page.locator("[data-result]")
    for words in (
        "This certificate is genuine.",
        "Ŋora Ng'ang'a <b>",
        "欧阳娜",
        "可编程控制器",
        "40",
        SERIALS[0],
        "乌干达鲁班工坊",
        "2026-09-10",
    ):
        expect(result).to_contain_text(words)
    chinese = page.locator("[data-result] .notice-title[lang=zh-Hans]").inner_text()
    assert re.search(r"[\u4e00-\u9fff]", chinese)


def test_withdrawn_says_since_when(open_page: Callable[..., Page]) -> None:
    page = open_page()
    paste(page, CODES["withdrawn"])
    expect(page.locator("[data-f=since]")).to_have_text("2026-09-01")


def test_no_byte_can_be_changed_unseen(open_page: Callable[..., Page]) -> None:
    """cose.js and code.py say the same about every code with one bit wrong."""
    page = open_page()
    cose = signed().cose
    spoiled = [Code(cose[:at] + bytes([cose[at] ^ 1]) + cose[at + 1 :]).text for at in range(len(cose))]
    found = page.evaluate(
        """async ([codes, address]) => {
          const { checkCode, openTrust } = await import(address);
          const trust = await openTrust(JSON.parse(document.querySelector('#certificate-lists').textContent));
          return Promise.all(codes.map((code) => checkCode(code, trust, '2026-09-12').then(({ state, payload }) => [state, payload])));
        }""",
        [spoiled, module_address(page, "verify/trust.js")],
    )
    for text, (state, payload) in zip(spoiled, found, strict=True):
        assert payload is None
        # Text that is no longer good UTF-8 and such: refused by both, not always under the same name.
        assert state in ("altered", "unreadable", "unknown_issuer")
        assert (state == "unknown_issuer") == (
            check_code(text, OPENED, "2026-09-12").state == "unknown_issuer"
        )


def module_address(page: Page, path: str) -> str:
    build = page.locator("body").get_attribute("data-build")
    return f"/static/{build}/js/{path}"


def test_an_old_list_is_told(open_page: Callable[..., Page]) -> None:
    page = open_page(day="2026-12-10")
    assert paste(page, CODES["valid"]) == "valid"
    expect(page.locator("[data-result] [data-state=stale]")).to_contain_text("The list used is old.")


def test_a_list_that_the_campus_did_not_sign_checks_nothing(open_page: Callable[..., Page]) -> None:
    assert paste(open_page("/en/check/forged"), CODES["valid"]) == "no_list"


def test_the_address_of_the_code_is_enough_and_stays_on_the_device(
    open_page: Callable[..., Page], address: str
) -> None:
    sent: list[str] = []
    fragment = signed().url("x").partition("#")[2]
    page = open_page("/zh/check/good")
    page.on("request", lambda request: sent.append(request.url + (request.post_data or "")))
    page.goto(address + "/zh/check/good?fresh#" + fragment)
    expect(page.locator("[data-result] .notice")).to_have_attribute("data-state", "valid")
    expect(page.locator("[data-result] .notice-title[lang=en]")).to_have_text("This certificate is genuine.")
    assert sent
    assert not [each for each in sent if fragment[:40] in each]


@pytest.mark.parametrize(
    "without",
    [
        pytest.param("Object.defineProperty(crypto, 'subtle', { value: undefined });", id="plain HTTP"),
        pytest.param(
            "const real = crypto.subtle.importKey.bind(crypto.subtle);"
            "crypto.subtle.importKey = (format, key, algorithm, ...rest) => algorithm.name === 'Ed25519' || algorithm === 'Ed25519'"
            " ? Promise.reject(new DOMException('none', 'NotSupportedError')) : real(format, key, algorithm, ...rest);",
            id="old browser",
        ),
    ],
)
def test_it_checks_without_the_browsers_help(open_page: Callable[..., Page], without: str) -> None:
    page = open_page(before=without)
    assert paste(page, CODES["valid"]) == "valid"
    assert paste(page, CODES["altered"]) in ("valid", "altered")  # the old verdict may stand for a moment
    expect(page.locator("[data-result] .notice")).to_have_attribute("data-state", "altered")


def test_a_photo_is_read_here(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page(before="delete globalThis.BarcodeDetector;")
    picture = photo(page, signed().url("https://luban.example/en/verify"), tmp_path)
    page.locator("[data-photo]").set_input_files(picture)
    expect(page.locator("[data-result] .notice")).to_have_attribute("data-state", "valid")
    expect(page.locator("[data-progress]")).to_be_hidden()


def test_a_photo_without_a_code_is_told(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page()
    page.screenshot(path=tmp_path / "page.png")
    page.locator("[data-photo]").set_input_files(tmp_path / "page.png")
    expect(page.locator("[data-progress]")).to_contain_text("No code was found")
    assert page.locator("[data-result] .notice").count() == 0


def photo(page: Page, text: str, folder: Path) -> Path:
    """The code as it lies on a desk: small, a little turned, grey."""
    import base64

    drawn = base64.b64encode(qr_png(text)).decode()
    other = page.context.new_page()
    other.set_content(
        f'<body style="background:#8a8273"><img src="data:image/png;base64,{drawn}" '
        'style="margin:90px;padding:20px;background:#eee;width:400px;transform:rotate(7deg);image-rendering:pixelated">'
    )
    other.screenshot(path=folder / "photo.png")
    other.close()
    return folder / "photo.png"


def test_once_open_it_needs_no_network(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.route("**/*", _cut)
    assert paste(page, CODES["valid"]) == "valid"


def _cut(route: Route) -> None:
    route.abort()


def test_without_script_the_form_asks_the_server(open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    page.locator("textarea").fill(CODES["withdrawn"])
    page.locator("[data-form] button").click()
    notice = page.locator("[data-result] .notice")
    expect(notice).to_have_attribute("data-state", "withdrawn")
    expect(page.locator("[data-f=name_zh]")).to_have_text("欧阳娜")
    expect(page.locator("[data-f=grade]")).to_contain_text("Competent")
