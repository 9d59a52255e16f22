"""What pages build on: this device's ops over a page, people and their PINs, the file, the joined script."""

import base64
import gzip
import hashlib
import json
import time
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.fake_workshop import (
    FakeServer,
    Signer,
    b64,
    device_id,
    read_runs,
    unb64,
)
from tests.browser.tablet_page import (
    call,
    eventually,
    html,
    key_text,
    mark,
    refusal,
    send,
    stored,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def server(fake_server: FakeServer) -> FakeServer:
    return fake_server


@pytest.fixture
def page(core_page: Page) -> Page:
    return core_page


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
    later = int(time.time() * 1000) + 60_000
    good = bundle([server.workshop.signer.receipt(chain, 5, link, later)])
    former_life = bundle([server.workshop.signer.receipt(chain, 5, link, 9)])
    stranger = bundle([Signer().receipt(chain, 5, link, later)])
    assert take(page, good[:-9]) == {"code": "bundle_damaged"}
    assert take(page, gzip.compress(gzip.decompress(good).replace(b'"seq": 5', b'"seq": 6'))) == {
        "code": "bundle_damaged"
    }
    assert take(page, stranger)["ok"] == {"taken": 0, "refused": 1}
    take(page, former_life)  # said before what is held: that server was put back since
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
