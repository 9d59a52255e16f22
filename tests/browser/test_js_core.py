"""The tablet's core in a real Chromium against a small server that speaks the wire format. Each test is a promise to a person."""

import base64
import gzip
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.fake_workshop import (
    FakeServer,
    Signer,
    b64,
    device_id,
    first_link,
    is_signed,
    next_link,
    read_runs,
    unb64,
)

pytestmark = pytest.mark.browser

HTML = """<!doctype html><html lang="en"><head><title>t</title>{head}
<script type="module" src="/static/t/js/{script}"></script></head>
<body data-site="mbale" data-actor="pakello0001"><div data-strip><p data-strip-text></p></div>{body}</body></html>"""


def html(body: str = "", head: str = "", script: str = "app.js") -> str:
    return HTML.format(body=body, head=head, script=script)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    running = FakeServer()
    running.workshop.pages["/en/t"] = (html(), '"1"')
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def page(chromium: Callable[..., Any], server: FakeServer) -> Page:
    opened: Page = chromium().open(f"{server.url}/en/t")
    return opened


CALL = """async ([file, name, args]) => {
  const module = await import(`/static/t/js/${file}`);
  try { return {ok: await module[name](...args)}; } catch (error) { return {code: error.code ?? String(error)}; }
}"""


def call(page: Page, file: str, name: str, *args: Any) -> Any:
    """What an exported function of a module gives; a refusal fails the test."""
    answer = page.evaluate(CALL, [file, name, list(args)])
    assert "code" not in answer, answer
    return answer.get("ok")


def refusal(page: Page, file: str, name: str, *args: Any) -> Any:
    """The code that an exported function refuses with."""
    return page.evaluate(CALL, [file, name, list(args)])["code"]


def mark(
    page: Page, trainee: str = "p1", status: str = "present", base: list[str] | None = None
) -> dict[str, Any]:
    fields = {"status": status, "minutes": None}
    changes = [["attendance", f"T01.3.{trainee}", fields, *([base] if base else [])]]
    made: dict[str, Any] = call(page, "sync/outbox.js", "record", "attendance.mark", changes)
    return made


def eventually(check: Callable[[], Any], seconds: float = 8) -> Any:
    """The first true value of `check`."""
    deadline = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return value


def send(page: Page) -> dict[str, Any]:
    """Exchange now, after any exchange that is under way."""
    eventually(lambda: not call(page, "sync/client.js", "isSending"))
    answer: dict[str, Any] = call(page, "sync/client.js", "sendNow")
    return answer


def stored(page: Page) -> list[dict[str, Any]]:
    """This device's ops as they lie in the store, with links as b64."""
    rows = page.evaluate(
        """async () => {
          const { readAll } = await import("/static/t/js/lib/db.js");
          const { b64url } = await import("/static/t/js/lib/canonical.js");
          return (await readAll("ops")).map((op) => ({ ...op, link: b64url(op.link) }));
        }"""
    )
    return list(rows)


def key_text(page: Page) -> str:
    return str(
        page.evaluate(
            "async () => (await (await import('/static/t/js/lib/device.js')).thisDevice()).key.text"
        )
    )


def strip(page: Page) -> tuple[str, str]:
    found = page.locator("[data-strip]")
    return str(found.get_attribute("data-kind")), found.inner_text()


# Links, ids, signatures


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


# Nothing recorded is lost


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


# Exchange and receipts


def test_a_record_is_sent_by_itself_and_the_strip_tells_the_truth(page: Page, server: FakeServer) -> None:
    server.workshop.mode = "down"
    mark(page)
    eventually(
        lambda: strip(page) == ("offline", "No connection. Marks are saved on this tablet (1 waiting)")
    )
    assert call(page, "sync/outbox.js", "pending") == 1
    server.workshop.mode = "ours"
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    eventually(lambda: strip(page)[1].startswith("All sent, "))
    mark(page, "p2")
    eventually(lambda: call(page, "sync/outbox.js", "pending") == 0)
    [links] = server.workshop.links.values()
    assert b64(links[-1]) == stored(page)[-1]["link"]


def test_much_goes_in_batches_of_500_and_nothing_new_is_one_small_request(
    page: Page, server: FakeServer
) -> None:
    server.workshop.mode = "portal"
    page.evaluate(
        """async () => {
          const { record } = await import("/static/t/js/sync/outbox.js");
          for (let n = 0; n < 1203; n += 1) await record("attendance.mark", [["attendance", `T01.3.p${n}`, { status: "late" }]]);
        }"""
    )
    assert send(page)["code"] == "stranger"
    assert call(page, "sync/outbox.js", "pending") == 1203
    server.workshop.mode = "ours"
    assert send(page)["ok"]
    assert [run["count"] for request in server.workshop.requests for run in request["runs"]] == [
        500,
        500,
        203,
    ]
    assert call(page, "sync/outbox.js", "pending") == 0
    server.workshop.requests.clear()
    assert send(page)["ok"]
    [nothing] = server.workshop.requests
    assert nothing["runs"] == []
    assert nothing["raw"] < 600
    assert nothing["head"] == {"mbale": [[stored(page)[0]["ep"], 1203, stored(page)[-1]["link"]]]}


def test_a_batch_that_is_too_large_is_halved_until_it_fits(page: Page, server: FakeServer) -> None:
    server.workshop.mode = "down"
    for n in range(7):
        mark(page, f"p{n}")
    page.evaluate("async () => { (await import('/static/t/js/sync/client.js')).LIMITS.ops = 6; }")
    server.workshop.mode, server.workshop.most_ops = "ours", 2
    for _ in range(12):
        if send(page)["ok"]:
            break
    assert call(page, "sync/outbox.js", "pending") == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda receipt: {**receipt, "sig": b64(b"\0" * 64)},
        lambda receipt: {**receipt, "seq": receipt["seq"] + 1},
        lambda receipt: Signer().receipt(tuple(receipt["run"]), 1, b"\1" * 32, receipt["at"]),
        lambda receipt: Signer("campus").receipt(tuple(receipt["run"]), 1, b"\1" * 32, receipt["at"]),
        lambda receipt: {**receipt, "key": Signer().key},
        lambda receipt: {**receipt, "role": "campus"},
        lambda receipt: {**receipt, "run": ["d" + "a" * 19, *receipt["run"][1:]]},
        lambda receipt: {"run": 5},
    ],
    ids=[
        "signature",
        "number",
        "other link",
        "other link of a campus",
        "other key",
        "role",
        "other device",
        "nonsense",
    ],
)
def test_a_forged_receipt_changes_nothing(page: Page, server: FakeServer, spoil: Any) -> None:
    server.workshop.spoil = spoil
    mark(page)
    assert send(page)["ok"]
    assert call(page, "sync/outbox.js", "pending") == 1


def test_a_second_workshop_cannot_speak_for_the_first(page: Page, server: FakeServer) -> None:
    mark(page)
    send(page)
    chain, links = next(iter(server.workshop.links.items()))
    mark(page, "p2")
    send(page)
    stranger = Signer().receipt(chain, 1, links[1], 1)
    taken = page.evaluate(
        """async (receipt) => {
          const { takeReceipts } = await import("/static/t/js/sync/receipts.js");
          const { thisDevice } = await import("/static/t/js/lib/device.js");
          return takeReceipts(await thisDevice(), [receipt], { pin: true });
        }""",
        stranger,
    )
    assert (taken["taken"], taken["refused"]) == (0, 1)


def test_places_follow_receipts_up_to_the_campus(page: Page, server: FakeServer) -> None:
    mark(page)
    send(page)
    state = call(page, "sync/status.js", "summary")
    assert (state["waiting"], state["atWorkshop"], state["atCampus"]) == (0, 1, 0)
    server.workshop.relays_campus = True
    send(page)
    state = call(page, "sync/status.js", "summary")
    assert (state["waiting"], state["atWorkshop"], state["atCampus"]) == (0, 0, 1)


def test_a_server_that_forgot_is_sent_everything_again(page: Page, server: FakeServer) -> None:
    for n in range(3):
        mark(page, f"p{n}")
    send(page)
    server.workshop.links.clear()  # restored to before it knew this tablet
    mark(page, "p9")
    send(page)
    [links] = server.workshop.links.values()
    assert len(links) == 5
    assert call(page, "sync/outbox.js", "pending") == 0


def test_a_server_restored_to_last_week_gets_what_it_lacks(page: Page, server: FakeServer) -> None:
    for n in range(4):
        mark(page, f"p{n}")
    send(page)
    [chain] = server.workshop.links
    server.workshop.links[chain] = server.workshop.links[chain][:3]
    send(page)
    assert call(page, "sync/outbox.js", "pending") == 2
    send(page)
    assert call(page, "sync/outbox.js", "pending") == 0
    assert len(server.workshop.links[chain]) == 5


def test_a_fork_begins_a_new_epoch_and_keeps_what_waits(page: Page, server: FakeServer) -> None:
    first = mark(page)
    server.workshop.extra = {"fork": True}
    send(page)
    second = mark(page, "p2")
    assert second["ep"] != first["ep"]
    assert second["seq"] == 1
    send(page)
    assert call(page, "sync/outbox.js", "pending") == 0
    assert {chain[1] for chain in server.workshop.links} == {first["ep"], second["ep"]}


def test_a_tablet_restored_from_an_old_copy_begins_a_new_epoch(page: Page, server: FakeServer) -> None:
    old = mark(page)
    send(page)
    [chain] = server.workshop.links
    server.workshop.links[chain] += [
        b"\7" * 32
    ]  # the server has an op that this copy of the store never made
    send(page)
    assert mark(page, "p2")["ep"] != old["ep"]


def test_refused_and_quarantined_are_told_and_do_not_stop_the_rest(page: Page, server: FakeServer) -> None:
    made = mark(page)
    server.workshop.extra = {"quarantined": [[made["op"], "role_missing"]]}
    send(page)
    eventually(lambda: strip(page) == ("refused", "1 mark was not accepted. Open"))
    server.workshop.extra = {"quarantined": [[made["op"], "unknown_device"]]}
    mark(page, "p2")
    send(page)
    eventually(lambda: strip(page)[1] == "This tablet waits for approval. Marks are kept (1 so far)")
    assert call(page, "sync/outbox.js", "pending") == 0


def test_a_refused_chain_does_not_hold_up_another(page: Page, server: FakeServer) -> None:
    real = server.workshop.take
    server.workshop.take = lambda run, pairs: (  # type: ignore[method-assign]
        {"run": run["run"], "code": "wrong_site", "data": {}}
        if run["run"][2] == "jinja"
        else real(run, pairs)
    )
    for n in range(3):
        call(page, "sync/outbox.js", "record", "x", [["attendance", f"a{n}", {}]], {"part": "jinja"})
    mark(page)
    page.evaluate("async () => { (await import('/static/t/js/sync/client.js')).LIMITS.ops = 2; }")
    for _ in range(4):
        send(page)
    assert call(page, "sync/outbox.js", "pending") == 3
    assert [chain[2] for chain in server.workshop.ops] == ["mbale"]


def test_waits_double_up_to_a_quarter_of_an_hour(page: Page) -> None:
    waits = [call(page, "sync/client.js", "backOff", n, 1) for n in range(1, 12)]
    assert waits[:4] == [5000, 10000, 20000, 40000]
    assert waits[-1] == 15 * 60 * 1000
    assert call(page, "sync/client.js", "backOff", 3, 0) == 10000


def test_enrolment_is_asked_for_polled_and_pins_the_site(page: Page, server: FakeServer) -> None:
    device = call_enrol(page, "Tablet 3")
    assert (device["state"], device["code"]) == ("waiting", "123456")
    signer = server.workshop.signer
    site = {"device": signer.device, "key": signer.key, "code": "mbale", "name": "Mbale"}
    server.workshop.enrolment = {"state": "enrolled", "site": site}
    mark(page)
    send(page)
    assert call(page, "sync/status.js", "summary")["enrolment"] == "enrolled"
    assert server.workshop.requests[-1]["to"] == signer.device
    server.workshop.signer = Signer()  # another box answers under the same address
    assert send(page)["code"] == "other_server"


def call_enrol(page: Page, name: str) -> dict[str, Any]:
    found = page.evaluate(
        """async (name) => {
          const { state, code, persisted } = await (await import("/static/t/js/lib/device.js")).enrolDevice(name);
          return { state, code, persisted };
        }""",
        name,
    )
    return dict(found)


# The page: overlay, people, file, worker


def cells(page: Page) -> list[dict[str, Any]]:
    found = page.evaluate(
        """async () => {
          const { cellsOn } = await import("/static/t/js/sync/overlay.js");
          return [...(await cellsOn()).values()].map(({ element, ...cell }) => cell);
        }"""
    )
    return list(found)


CELL = """<li data-record="attendance" data-id="T01.3.{0}" data-base='{1}' data-value='{{"status":"{2}","minutes":null}}'
 data-at="{3}">x</li>"""


def test_own_later_marks_lie_over_the_page_and_name_what_they_replace(
    chromium: Any, server: FakeServer
) -> None:
    body = CELL.format("p1", '["serveropserverop"]', "absent", "campus") + CELL.format("p2", "[]", "", "")
    server.workshop.pages["/en/t"] = (html(body), '"3"')
    tablet = chromium()
    page = tablet.open(f"{server.url}/en/t")
    [cell, empty] = cells(page)
    server.workshop.mode = "down"
    assert (cell["value"]["status"], cell["at"], cell["base"], cell["own"]) == (
        "absent",
        "campus",
        ["serveropserverop"],
        False,
    )
    assert (empty["at"], empty["base"]) == (None, [])
    mark(page, "p1", "late", cell["base"])
    second = mark(page, "p1", "present")
    note = call(
        page, "sync/outbox.js", "record", "attendance.note", [["attendance", "T01.3.p1", {"note": "bus"}]]
    )
    [cell, _] = cells(page)
    assert cell["value"] == {"status": "present", "minutes": None, "note": "bus"}
    assert (cell["at"], cell["base"]) == ("tablet", [second["op"], note["op"]])
    server.workshop.mode = "ours"
    send(page)
    assert cells(page)[0]["at"] == "workshop"
    # A newer page contains the marks; a receipt of the campus that comes later shows without another page.
    vector = json.dumps({f"{device_id(key_text(page))}/{second['ep']}/mbale": 3})
    body = CELL.format("p1", json.dumps([second["op"]]), "present", "workshop")
    server.workshop.pages["/en/t"] = (html(body, f"<meta name='luban-vector' content='{vector}'>"), '"4"')
    server.workshop.relays_campus = True
    page.goto(f"{server.url}/en/t")
    send(page)
    [cell] = cells(page)
    assert (cell["own"], cell["at"], cell["base"]) == (False, "campus", [second["op"]])


def test_a_pin_tells_colleagues_apart_and_a_guesser_has_to_wait(page: Page) -> None:
    hashed = hashlib.pbkdf2_hmac("sha256", b"246810", b"salt of sixteen.", 1000, 32)
    pin = {"alg": "PBKDF2-SHA256", "salt": b64(b"salt of sixteen."), "hash": b64(hashed), "iterations": 1000}
    assert call(
        page, "sync/identity.js", "keepPerson", {"id": "swang", "name": "Wang", "roles": ["reviewer"]}, pin
    )
    here = call(page, "sync/identity.js", "peopleHere")
    assert here == [{"id": "swang", "name": "Wang", "roles": ["reviewer"], "hasPin": True}]
    mark(page)
    for _ in range(4):
        assert refusal(page, "sync/identity.js", "signInHere", "swang", "111111") == "pin_wrong"
    assert call(page, "sync/identity.js", "signInHere", "swang", "246810")["name"] == "Wang"
    mark(page, "p2")
    assert [json.loads(op["header"])["actor"] for op in stored(page)] == ["pakello0001", "swang"]
    for _ in range(5):
        assert refusal(page, "sync/identity.js", "signInHere", "swang", "111111") == "pin_wrong"
    assert refusal(page, "sync/identity.js", "signInHere", "swang", "246810") == "pin_wait"
    others = [{"id": f"p{n}", "name": str(n), "roles": []} for n in range(10)]
    kept = [call(page, "sync/identity.js", "keepPerson", person, None) for person in others]
    assert kept == [True] * 9 + [False]


def test_a_cached_page_does_not_change_who_acts_but_a_newer_sign_in_does(page: Page) -> None:
    def adopt(session: int, actor: str | None) -> str | None:
        call(
            page,
            "sync/identity.js",
            "adoptActor",
            {"session": str(session), **({"actor": actor} if actor else {})},
        )
        found = call(page, "sync/identity.js", "currentActor")
        return found["id"] if found else None

    assert adopt(10, "pakello0001") == "pakello0001"
    assert adopt(20, "pwang000001") == "pwang000001"
    assert adopt(10, "pakello0001") == "pwang000001"
    assert adopt(30, None) is None


def test_the_file_holds_what_the_campus_lacks_and_brings_receipts_back(
    page: Page, server: FakeServer
) -> None:
    assert take(page, b"no file of ours") == {"code": "bundle_damaged"}
    server.workshop.mode = "portal"
    for n in range(3):
        mark(page, f"p{n}")
    data = base64.b64decode(
        page.evaluate(
            """async () => {
              const { file } = await (await import("/static/t/js/sync/bundle.js")).makeBundle();
              const bytes = new Uint8Array(await file.arrayBuffer());
              return btoa(String.fromCharCode(...bytes));
            }"""
        )
    )
    raw = gzip.decompress(data)
    lines = raw.decode().splitlines()
    first, last = json.loads(lines[0]), json.loads(lines[-1])
    assert (first["luban-bundle"], first["role"], first["parts"]) == (1, "tablet", ["mbale"])
    assert last == {
        "end": True,
        "runs": 1,
        "ops": 3,
        "sha256": hashlib.sha256(raw[: raw.rindex(b"\n", 0, -1) + 1]).hexdigest(),
    }
    [(run, pairs)] = read_runs(lines[1:-1])
    assert server.workshop.take(run, pairs) is None
    assert unb64(first["have"]["/".join(run["run"])][0][1]) == server.workshop.links[tuple(run["run"])][3]

    # The trusted workshop gives its receipt in a file.
    server.workshop.mode = "ours"
    mark(page, "p8")
    send(page)
    server.workshop.mode = "portal"
    mark(page, "p9")
    [chain] = server.workshop.links
    link = unb64(stored(page)[-1]["link"])
    good = bundle([server.workshop.signer.receipt(chain, 5, link, 9)])
    stranger = bundle([Signer().receipt(chain, 5, link, 9)])
    assert take(page, good[:-9]) == {"code": "bundle_damaged"}
    assert take(page, gzip.compress(gzip.decompress(good).replace(b'"seq": 5', b'"seq": 6'))) == {
        "code": "bundle_damaged"
    }
    assert take(page, stranger)["ok"] == {"taken": 0, "refused": 1}
    assert call(page, "sync/outbox.js", "pending") == 1
    assert take(page, good)["ok"] == {"taken": 1, "refused": 0}
    assert call(page, "sync/outbox.js", "pending") == 0


def bundle(receipts: list[dict[str, Any]]) -> bytes:
    first = json.dumps({"luban-bundle": 1, "receipts": receipts}) + "\n"
    last = {"end": True, "runs": 0, "ops": 0, "sha256": hashlib.sha256(first.encode()).hexdigest()}
    return gzip.compress((first + json.dumps(last) + "\n").encode())


def take(page: Page, data: bytes) -> dict[str, Any]:
    found = page.evaluate(
        """async (text) => {
          const { takeBundle } = await import("/static/t/js/sync/bundle.js");
          const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
          return takeBundle(new Blob([bytes])).then((ok) => ({ ok }), (error) => ({ code: error.code }));
        }""",
        base64.b64encode(data).decode(),
    )
    return dict(found)


def test_the_joined_file_does_the_same_in_one_request(chromium: Any, server: FakeServer) -> None:
    server.workshop.pages["/en/t"] = (html(script="app.core.js"), '"5"')
    page = chromium().open(f"{server.url}/en/t")
    eventually(lambda: page.evaluate("() => navigator.serviceWorker.getRegistration().then(Boolean)"))
    assert [path for path in server.workshop.asked if path.startswith("/static/")] == [
        "/static/t/js/app.core.js"
    ]
