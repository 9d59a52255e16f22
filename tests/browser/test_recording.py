"""Recording on a tablet: ops are those of the wire format, and nothing that was shown as saved is lost."""

import hashlib
import json
import time
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.fake_workshop import FakeServer, Signer, b64, device_id, first_link, is_signed, next_link
from tests.browser.tablet_page import (
    CALL,
    call,
    eventually,
    html,
    key_text,
    mark,
    refusal,
    send,
    stored,
    strip,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def server(fake_server: FakeServer) -> FakeServer:
    return fake_server


@pytest.fixture
def page(core_page: Page) -> Page:
    return core_page


def test_links_and_names_are_those_of_the_wire_format(page: Page) -> None:
    mark(page)
    mark(page, "阿凯洛-2".encode("punycode").decode().replace("-", "x"), "absent")
    call(
        page,
        "sync/outbox.js",
        "record",
        "note.write",
        [["attendance", "T01.3.p1", {"note": '迟到 🙂 "quoted"\n'}, ["abcdefghijklmnop"]]],
    )
    key = key_text(page)
    ops = stored(page)
    chain = (device_id(key), ops[0]["ep"], "mbale")
    link = first_link(chain)
    for number, op in enumerate(ops, 1):
        link = next_link(link, op["header"], op["body"])
        header = json.loads(op["header"])
        assert (header["dev"], header["ep"], header["part"], header["seq"]) == (*chain, number)
        assert (op["link"], op["op"]) == (b64(link), b64(link[:12]))
        assert header["tz"] == 180
        assert header["actor"] == "pakello0001"
    assert json.loads(ops[2]["body"]) == [
        ["attendance", "T01.3.p1", {"note": '迟到 🙂 "quoted"\n'}, ["abcdefghijklmnop"]]
    ]


def test_sha_256_is_right_at_every_length_around_a_block(page: Page) -> None:
    texts = ["a" * n for n in (0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000)] + ["阿凯洛🙂" * 50]
    found = page.evaluate(
        """async (texts) => {
          const { sha256, hex } = await import("/static/t/js/lib/canonical.js");
          return texts.map((text) => hex(sha256(text)));
        }""",
        texts,
    )
    assert found == [hashlib.sha256(text.encode()).hexdigest() for text in texts]


@pytest.mark.parametrize("lacking", [False, True], ids=["ed25519", "p256 where the browser lacks it"])
def test_a_signature_verifies_elsewhere_and_the_key_cannot_leave(
    chromium: Any, server: FakeServer, lacking: bool
) -> None:
    page = chromium().open()
    if lacking:
        page.add_init_script(
            """const make = crypto.subtle.generateKey.bind(crypto.subtle);
            crypto.subtle.generateKey = (algorithm, ...rest) => algorithm.name === "Ed25519"
              ? Promise.reject(new DOMException("no", "NotSupportedError")) : make(algorithm, ...rest);"""
        )
    page.goto(f"{server.url}/en/t")
    signed = page.evaluate(
        """async () => {
          const { thisDevice } = await import("/static/t/js/lib/device.js");
          const { signText } = await import("/static/t/js/lib/signing.js");
          const device = await thisDevice();
          return { id: device.id, key: device.key.text, sig: await signText(device.key, "statement"),
            leaves: await crypto.subtle.exportKey("pkcs8", device.key.secret).then(() => true, () => false) };
        }"""
    )
    assert signed["key"].startswith("p256:" if lacking else "ed25519:")
    assert is_signed(signed["key"], "statement", signed["sig"])
    assert not is_signed(signed["key"], "another", signed["sig"])
    assert signed["id"] == device_id(signed["key"])
    assert not signed["leaves"]
    mark(page)
    assert send(page)["ok"]
    assert call(page, "sync/outbox.js", "pending") == 0


def test_ed25519_receipts_are_checked_also_where_the_browser_cannot(
    chromium: Any, server: FakeServer
) -> None:
    page = chromium().open()
    page.add_init_script(
        """const take = crypto.subtle.importKey.bind(crypto.subtle);
        crypto.subtle.importKey = (form, raw, algorithm, ...rest) => algorithm.name === "Ed25519"
          ? Promise.reject(new DOMException("no", "NotSupportedError")) : take(form, raw, algorithm, ...rest);"""
    )
    page.goto(f"{server.url}/en/t")
    signer = Signer()
    good = b64(signer.secret.sign(b"statement"))
    assert call(page, "lib/signing.js", "verifyText", signer.key, "statement", good) is True
    assert call(page, "lib/signing.js", "verifyText", signer.key, "another", good) is False
    assert any("noble-ed25519" in path for path in server.workshop.asked)


def test_half_a_character_does_not_make_the_run_unreadable(page: Page, server: FakeServer) -> None:
    page.evaluate(
        """async () => {
          const { record } = await import("/static/t/js/sync/outbox.js");
          await record("note", [["attendance", "T01.3.p1", { note: "cut \\ud83d" }]]);
        }"""
    )
    assert json.loads(stored(page)[0]["body"])[0][2] == {"note": "cut \ufffd"}
    assert send(page)["ok"]
    assert call(page, "sync/outbox.js", "pending") == 0


@pytest.mark.parametrize("fields", [{"score": 1.5}, {"big": 2**53}], ids=["float", "too big for an integer"])
def test_what_the_format_cannot_carry_is_refused_at_once(page: Page, fields: dict[str, Any]) -> None:
    assert refusal(page, "sync/outbox.js", "record", "x", [["attendance", "a", fields]]) == "bad_fields"
    assert (
        refusal(page, "sync/outbox.js", "record", "x", [["attendance", "a", {"note": "x" * 17000}]])
        == "op_too_large"
    )
    assert stored(page) == []


def test_two_tabs_at_once_never_share_a_number(chromium: Any, server: FakeServer) -> None:
    tablet = chromium()
    pages = [tablet.open(f"{server.url}/en/t") for _ in range(2)]
    server.workshop.mode = "down"
    for each in pages:
        each.evaluate(
            """async () => {
              const { record } = await import("/static/t/js/sync/outbox.js");
              globalThis.done = Promise.all(Array.from({ length: 20 }, (_, n) =>
                record("attendance.mark", [["attendance", `T01.3.p${n}`, { status: "late" }]])));
            }"""
        )
    made = [op for each in pages for op in each.evaluate("() => globalThis.done")]
    assert sorted(op["seq"] for op in made) == list(range(1, 41))
    assert len({op["ep"] for op in made}) == 1
    ops = stored(pages[0])
    link = first_link((device_id(key_text(pages[1])), ops[0]["ep"], "mbale"))
    for op in ops:
        link = next_link(link, op["header"], op["body"])
    assert ops[-1]["link"] == b64(link)


@pytest.mark.parametrize("delay_ms", [0, 10, 60])
def test_a_mark_that_was_shown_as_saved_survives_a_kill(
    chromium: Any, server: FakeServer, delay_ms: int
) -> None:
    tablet = chromium()
    page = tablet.open(f"{server.url}/en/t")
    server.workshop.mode = "down"
    made = [mark(page, f"p{n}")["op"] for n in range(3)]
    time.sleep(delay_ms / 1000)
    tablet.kill()
    server.workshop.mode = "ours"
    again = tablet.open(f"{server.url}/en/t")
    assert [op["op"] for op in stored(again)] == made
    assert mark(again, "p9")["seq"] == 4


def test_a_full_tablet_says_that_the_mark_was_not_saved(chromium: Any, server: FakeServer) -> None:
    tablet = chromium()
    page = tablet.open(
        f"{server.url}/nothing-here"
    )  # the browser remembers for seconds how much was free: tell it first
    session = tablet.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": 100_000})
    page.goto(f"{server.url}/en/t")
    mark(page, "p0")
    changes = [["attendance", "T01.3.p1", {"note": "x" * 4000}]]
    code = None
    for _ in range(60):  # the browser grants a little before it counts
        answer = page.evaluate(CALL, ["sync/outbox.js", "record", ["attendance.mark", changes]])
        if code := answer.get("code"):
            break
    assert code == "storage_full"
    eventually(lambda: strip(page) == ("full", "Tablet is full. This mark was NOT saved"))
    kept = [op["seq"] for op in stored(page)]
    assert kept == list(range(1, len(kept) + 1))
    session.send("Storage.overrideQuotaForOrigin", {"origin": server.url})
    assert mark(page, "p2")["seq"] == len(kept) + 1
    eventually(lambda: strip(page)[0] != "full")


def test_an_old_page_stops_writing_when_a_newer_version_wants_the_store(page: Page) -> None:
    mark(page)
    page.evaluate(
        """() => new Promise((resolve, reject) => {
          const request = indexedDB.open("luban", 2);
          request.onsuccess = () => { request.result.close(); resolve(); };
          request.onblocked = () => reject(new Error("blocked"));
        })"""
    )
    assert refusal(page, "sync/outbox.js", "record", "x", [["attendance", "a", {}]]) == "storage_newer"


def test_nobody_signed_in_means_nothing_recorded(chromium: Any, server: FakeServer) -> None:
    server.workshop.pages["/en/t"] = (html().replace(' data-actor="pakello0001"', ""), '"2"')
    page = chromium().open(f"{server.url}/en/t")
    assert refusal(page, "sync/outbox.js", "record", "x", [["attendance", "a", {}]]) == "no_actor"
